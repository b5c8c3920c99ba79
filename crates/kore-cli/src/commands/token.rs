//! `kore token`: prints a JWT, for those who call the API with another tool.

use std::time::SystemTime;

use kore_sdk::auth::{Credentials as Signer, MAX_JTI_LIFETIME, TokenSource};

use crate::args::{ConnectionArgs, TokenArgs};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::settings::{Credentials, Identity, Settings};

pub(crate) fn token(args: TokenArgs) -> Result<Exit, Failure> {
    let settings = Settings::read(args.identity, ConnectionArgs::default(), &Environment::of_process())?;
    settings.complete(None, false)?;
    if settings.jti() && args.lifetime > MAX_JTI_LIFETIME {
        return Err(Failure::usage("--lifetime: a token with a jti is good for at most 1h")
            .hint("say less, or leave --jti and KORE_JTI away if the app does not enforce JTI"));
    }
    let identity = settings.identity()?;
    let encrypter = settings.encrypter(&identity)?;
    let Credentials { id, secret } = match identity {
        Identity::Credentials(credentials) => credentials,
        Identity::Jwt(jwt) => {
            return Err(Failure::usage(format!("{} is a ready token: there is nothing to sign", jwt.origin))
                .hint("use it as it is, or give --client-id and --client-secret-file to sign another"));
        }
    };
    let signer = Signer::new(id.value, secret.value);
    let subject = settings.subject().unwrap_or_else(|| kore_sdk::DEFAULT_SUBJECT.to_owned());
    let mut source = if settings.jti() {
        TokenSource::per_request(signer, subject)
    } else {
        TokenSource::kept(signer, subject)
    };
    if let Some(encrypter) = encrypter {
        source = source.encrypted(encrypter, kore_sdk::random_content_key);
    }
    let issued = source
        .lifetime(args.lifetime)
        .token(SystemTime::now(), kore_sdk::random_jti)
        .map_err(Failure::usage)?;
    output::text(&format!("{}\n", issued.token.expose()))?;
    Ok(Exit::Success)
}
