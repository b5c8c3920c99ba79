//! How the platform is reached: the host, and the certificates that are trusted beside the system's.

use std::path::PathBuf;
use std::time::Duration;

use kore_sdk::protocol::BaseUrl;
use kore_sdk::transport::HyperTransport;

use super::key::Key;
use super::values::{Level, first};
use crate::failure::Failure;
use crate::origin::Sourced;
use crate::plain_text::{bounded, open, trimmed, utf8};
use crate::unexpanded::{self, Unexpanded};

/// The most that is read of certificates. All public authorities together take a small part of it.
const MAX_CA_LEN: u64 = 16 * 1024 * 1024;

/// How the platform is reached.
pub(crate) struct Connection {
    pub(crate) host: Sourced<BaseUrl>,
    /// The host's text has no scheme, so that `https` is a guess.
    pub(crate) assumes_https: bool,
    pub(crate) ca_file: Option<Sourced<PathBuf>>,
    pub(crate) allow_http: bool,
    pub(crate) timeout: Option<Duration>,
}

pub(super) struct Host {
    pub(super) base: Sourced<BaseUrl>,
    pub(super) assumes_https: bool,
}

pub(super) fn host(levels: &[Level]) -> Result<Option<Host>, Failure> {
    let Some(Sourced { value, origin }) = first(levels, |level| level.text(Key::Host)) else {
        return Ok(None);
    };
    Unexpanded::refuse(&value, &origin)?;
    let text = trimmed(&value);
    let base = BaseUrl::parse(text).map_err(|error| Failure::usage(format!("{origin}: {error}")))?;
    Ok(Some(Host { base: Sourced::new(base, origin), assumes_https: !text.contains("://") }))
}

/// The PEM of a file. It is tried alone first, so that an error names this file and no other setting.
pub(crate) fn ca_pem(file: &Sourced<PathBuf>) -> Result<Vec<u8>, Failure> {
    let Sourced { value: path, origin } = file;
    let place = format!("{origin} ({})", path.display());
    let pem = open(path).and_then(|file| utf8(bounded(file, MAX_CA_LEN)?)).map_err(|error| {
        let hint = unexpanded::path_hint(path, &origin.source, &error);
        Failure::usage(format!("cannot read {place}: {error}")).hint_if(hint)
    })?;
    match HyperTransport::builder().add_ca_pem(&*pem).build() {
        Ok(_) => Ok(pem),
        Err(error) => Err(Failure::usage(format!("{place}: {error}"))
            .hint(format!("set {origin} to a PEM file with the certificate of the CA"))),
    }
}
