//! A file that clients of the emulator need: the authority of its certificate, the public key of its
//! apps. It goes with the emulator.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use tempfile::TempDir;

/// A file in a folder of its own. Both go when this is dropped.
pub(super) struct ClientFile {
    path: PathBuf,
    _directory: TempDir,
}

impl ClientFile {
    /// Nobody else can write to it: who could would be trusted by clients.
    pub(super) fn new(name: &str, content: &str) -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("kore-emulator-").tempdir()?;
        let path = directory.path().join(name);
        File::create_new(&path)?.write_all(content.as_bytes())?;
        Ok(Self { path, _directory: directory })
    }

    pub(super) fn path(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }
}
