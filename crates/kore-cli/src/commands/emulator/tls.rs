//! `--tls`, `--tls-cert` and `--tls-key`: the certificate.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use kore_emulator::{Emulator, EmulatorBuilder};
use tempfile::TempDir;

use crate::args::EmulatorArgs;
use crate::failure::Failure;
use crate::plain_text::{bounded, utf8};

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
    File::open(path)
        .and_then(|file| utf8(bounded(file, MAX_LEN)?))
        .map_err(|error| Failure::usage(format!("cannot read {flag} ({}): {error}", path.display())))
}

/// A file with the authority to be trusted. It goes when this is dropped.
pub(super) struct CaFile {
    path: PathBuf,
    _directory: TempDir,
}

impl CaFile {
    /// `None` if there is no authority of the emulator's own.
    pub(super) fn of(emulator: &Emulator) -> Result<Option<Self>, Failure> {
        let Some(pem) = emulator.ca_pem() else { return Ok(None) };
        let written = || -> io::Result<Self> {
            // Nobody else can write to it: who could would be trusted by clients.
            let directory = tempfile::Builder::new().prefix("kore-emulator-").tempdir()?;
            let path = directory.path().join("ca.pem");
            File::create_new(&path)?.write_all(pem.as_bytes())?;
            Ok(Self { path, _directory: directory })
        };
        let cannot = |error| Failure::usage(format!("cannot write the certificate of --tls: {error}"));
        written().map(Some).map_err(cannot)
    }

    pub(super) fn path(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }
}
