//! Reading the certificate authorities that are trusted beside those of the system.

use std::fs::File;
use std::path::PathBuf;

use kore_sdk::transport::HyperTransport;

use super::{Sourced, unexpanded_path};
use crate::failure::Failure;
use crate::plain_text::{bounded, utf8};

/// The most that is read: many times what all public authorities take.
const MAX_LEN: u64 = 16 * 1024 * 1024;

/// The PEM, tried on its own: an error is then about this file, and not about another setting.
pub(crate) fn read(file: &Sourced<PathBuf>) -> Result<Vec<u8>, Failure> {
    let Sourced { value: path, origin } = file;
    let place = format!("{origin} ({})", path.display());
    let pem = File::open(path).and_then(|file| utf8(bounded(file, MAX_LEN)?)).map_err(|error| {
        let hint = unexpanded_path::hint(path, origin, &error);
        Failure::usage(format!("cannot read {place}: {error}")).hint_if(hint)
    })?;
    match HyperTransport::builder().add_ca_pem(&*pem).build() {
        Ok(_) => Ok(pem),
        Err(error) => Err(Failure::usage(format!("{place}: {error}"))
            .hint(format!("set {origin} to a PEM file with the certificate of the CA"))),
    }
}
