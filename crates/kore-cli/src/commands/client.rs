//! Makes the client of the commands that ask the platform from their settings.

use std::fs::File;
use std::path::PathBuf;

use kore_sdk::transport::HyperTransport;
use kore_sdk::{Client, ClientBuilder};

use crate::failure::Failure;
use crate::origin::Sourced;
use crate::plain_text::{bounded, utf8};
use crate::settings::{Connection, Credentials, Identity, Settings};
use crate::unexpanded;

/// The most that is read of certificates. All public authorities together take a small part of it.
const MAX_CA_LEN: u64 = 16 * 1024 * 1024;

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

/// The PEM of a file. It is tried alone first, so that an error names this file and no other setting.
fn ca_pem(file: &Sourced<PathBuf>) -> Result<Vec<u8>, Failure> {
    let Sourced { value: path, origin } = file;
    let place = format!("{origin} ({})", path.display());
    let pem = File::open(path).and_then(|file| utf8(bounded(file, MAX_CA_LEN)?)).map_err(|error| {
        let hint = unexpanded::path_hint(path, origin, &error);
        Failure::usage(format!("cannot read {place}: {error}")).hint_if(hint)
    })?;
    match HyperTransport::builder().add_ca_pem(&*pem).build() {
        Ok(_) => Ok(pem),
        Err(error) => Err(Failure::usage(format!("{place}: {error}"))
            .hint(format!("set {origin} to a PEM file with the certificate of the CA"))),
    }
}
