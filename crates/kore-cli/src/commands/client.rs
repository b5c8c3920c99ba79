//! Makes the client of the commands that ask the platform from their settings.

use kore_sdk::{Client, ClientBuilder};

use crate::failure::Failure;
use crate::settings::{Connection, Credentials, Identity, Settings, ca_pem};

/// The `User-Agent`, by which firewalls and the platform's logs recognise the command.
pub(super) const USER_AGENT: &str = concat!("kore/", env!("CARGO_PKG_VERSION"));

pub(super) fn builder(
    settings: &Settings,
    connection: &Connection,
    identity: &Identity,
) -> Result<ClientBuilder, Failure> {
    let mut builder = Client::builder()
        .host(connection.host.value.clone())
        .user_agent(USER_AGENT)
        .jti(settings.jti())
        .allow_http(connection.allow_http);
    builder = match identity {
        Identity::Jwt(jwt) => builder.token(jwt.value.clone()),
        Identity::Credentials(Credentials { id, secret }) => {
            builder.credentials(id.value.clone(), secret.value.clone())
        }
    };
    if let Some(encrypter) = settings.encrypter(identity)? {
        builder = builder.encrypt_tokens(encrypter);
    }
    if let Some(subject) = settings.subject() {
        builder = builder.subject(subject);
    }
    if let Some(timeout) = connection.timeout {
        // Connecting is part of a request, so a longer timeout is for a slow connection too.
        builder = builder.timeout(timeout).connect_timeout(timeout);
    }
    if let Some(file) = &connection.ca_file {
        builder = builder.add_ca_pem(ca_pem(file)?);
    }
    Ok(builder)
}
