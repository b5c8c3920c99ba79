//! A file under another name until it is whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::error::Kind;
use super::{Check, DownloadError};

/// A file beside the one that is to be written. Dropped before it is finished, it is gone.
pub(crate) struct Unfinished {
    file: NamedTempFile,
    /// The path as it was given, for messages.
    path: PathBuf,
    /// Where it leads, through links.
    place: PathBuf,
}

impl Unfinished {
    /// A new, empty file beside `path`. A device or a pipe would lose its place to a file, and one that
    /// nobody may write would be no obstacle to that: neither is taken.
    pub(crate) fn beside(path: &Path) -> Result<Self, DownloadError> {
        let cannot = |why: &dyn std::fmt::Display| cannot_write(path, why);
        if is_folder(path) && !path.is_dir() {
            return Err(cannot(&"expected a file, or a folder that exists: there is no such folder"));
        }
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let before = fs::metadata(&place).ok();
        match &before {
            Some(is) if is.is_dir() => return Err(cannot(&"it is a folder")),
            Some(is) if !is.is_file() => return Err(cannot(&"expected a file, found a device or a pipe")),
            Some(_) => drop(
                fs::OpenOptions::new().append(true).open(&place).map_err(|error| cannot(&error.kind()))?,
            ),
            None => {}
        }
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".kore-export-").suffix(".part");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // As any program would make it: the umask counts, or the mode of the file that was there.
            let mode = before.as_ref().map_or(0o666, |before| before.permissions().mode());
            builder.permissions(fs::Permissions::from_mode(mode));
        }
        // Not the whole error: it names a file that the user does not know.
        let file = builder.tempfile_in(folder).map_err(|error| cannot(&error.kind()))?;
        Ok(Self { file, path: path.to_owned(), place })
    }

    pub(super) fn writer(&self) -> Result<fs::File, DownloadError> {
        self.file.as_file().try_clone().map_err(|error| cannot_write(&self.path, &error.kind()))
    }

    /// Gives the file its name, if the check does not refuse it.
    pub(super) fn finish(self, check: &Check<'_>) -> Result<(), DownloadError> {
        let Self { file, path, place } = self;
        check(file.path()).map_err(|why| {
            DownloadError::new(Kind::NoFile, format!("what came as the file of the export: {why}"))
        })?;
        let cannot = |error: io::Error| cannot_write(&path, &error.kind());
        file.as_file().sync_all().map_err(cannot)?;
        file.persist(place).map(drop).map_err(|error| cannot(error.error))
    }
}

/// Whether a path can only be that of a folder, by how it ends.
fn is_folder(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let end = text.strip_suffix('.').filter(|start| start.ends_with(std::path::is_separator));
    end.unwrap_or(&text).ends_with(std::path::is_separator)
}

fn cannot_write(path: &Path, why: &dyn std::fmt::Display) -> DownloadError {
    DownloadError::new(Kind::Output, format!("cannot write {}: {why}", path.display()))
}
