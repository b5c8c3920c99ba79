//! `--tls`, `--tls-cert` and `--tls-key`: the certificate.

use std::path::Path;

use kore_emulator::{Emulator, EmulatorBuilder};

use super::client_file::ClientFile;
use crate::args::EmulatorArgs;
use crate::failure::Failure;
use crate::plain_text::{bounded, open, utf8};

/// The most that is read of a certificate or a key.
const MAX_LEN: u64 = 1024 * 1024;

pub(super) fn of(args: &EmulatorArgs, emulator: EmulatorBuilder) -> Result<EmulatorBuilder, Failure> {
    match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => {
            Ok(emulator.tls(read("--tls-cert", certificate)?, read("--tls-key", key)?))
        }
        _ if args.tls => Ok(emulator.self_signed()),
        _ => Ok(emulator),
    }
}

fn read(flag: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    open(path)
        .and_then(|file| utf8(bounded(file, MAX_LEN)?))
        .map_err(|error| Failure::usage(format!("cannot read {flag} ({}): {error}", path.display())))
}

/// A file with the authority to be trusted; `None` if there is no authority of the emulator's own.
pub(super) fn ca_file(emulator: &Emulator) -> Result<Option<ClientFile>, Failure> {
    let written = emulator.ca_pem().map(|pem| ClientFile::new("ca.pem", pem)).transpose();
    written.map_err(|error| Failure::usage(format!("cannot write the certificate of --tls: {error}")))
}
