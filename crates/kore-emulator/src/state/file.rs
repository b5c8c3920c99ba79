//! The file of the state, its lock, and replacing it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use crate::InputError;
use crate::{input, plain_text};

/// The file, locked for this process.
#[derive(Debug)]
pub(super) struct StateFile {
    path: PathBuf,
    _lock: File,
}

impl StateFile {
    /// Locks the file and reads it; there may be none yet.
    pub(super) fn open(path: &Path) -> Result<(Self, String), InputError> {
        // A link stays one, and two names of a file share one lock.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let shown = path.display().to_string();
        let refused = |problem: String| input::refused(&shown, &problem);
        let open = || {
            open_existing(&path, false).map_err(|problem| refused(format!("{problem}; it was left as it is")))
        };
        // No lock is made beside what is no file.
        drop(open()?);
        let lock = lock(&beside(&path, "lock")).map_err(refused)?;
        // The one before may have put another in its place until it let go of the lock.
        let existing = open()?;
        let mut bytes = Vec::new();
        let read = existing.map_or(Ok(0), |mut file| file.read_to_end(&mut bytes));
        let text = read
            .and_then(|_| plain_text::text(bytes))
            .map_err(|error| refused(format!("cannot be read: {error}; it was left as it is")))?;
        Ok((Self { path, _lock: lock }, text))
    }

    /// Puts what is written in the place of the file, whose mode and owner stay. When it returns, a
    /// crash takes nothing of it away.
    pub(super) fn replace(
        &self,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> io::Result<()> {
        let new = beside(&self.path, "new");
        // One that a crash left, or a link that someone put there, is not written through.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let file = match fs::metadata(&self.path) {
            Ok(old) => {
                let file = private(&mut options).open(&new)?;
                keep(&file, &old)?;
                file
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => options.open(&new)?,
            Err(error) => return Err(error),
        };
        let mut writer = BufWriter::new(file);
        write(&mut writer)?;
        writer.write_all(b"\n")?;
        writer.into_inner()?.sync_all()?;
        fs::rename(&new, &self.path)?;
        sync_folder(&self.path)
    }
}

/// Opens what is there, unless it is no regular file; `None` if nothing is there. It never waits for
/// the other end of a pipe, nor makes what a link to nothing names.
fn open_existing(path: &Path, is_lock: bool) -> Result<Option<File>, String> {
    const EXPECTED: &str = "expected a file, or a name that is free";
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot be opened: {error}")),
        Ok(found) if found.is_symlink() => {
            let which = if path.exists() { "a link" } else { "a link to nothing" };
            return Err(format!("{EXPECTED}: it is {which}"));
        }
        Ok(found) if !found.is_file() => return Err(format!("{EXPECTED}: it is no regular file")),
        Ok(_) => {}
    }
    // Another may have taken its place since.
    let file = without_waiting(OpenOptions::new().read(true).write(is_lock)).open(path);
    let file = file.map_err(|error| format!("cannot be opened: {error}"))?;
    match file.metadata() {
        Ok(found) if found.is_file() => Ok(Some(file)),
        _ => Err(format!("{EXPECTED}: it is no regular file")),
    }
}

fn lock(path: &Path) -> Result<File, String> {
    let cannot = |problem: String| format!("its lock {} cannot be taken: {problem}", path.display());
    let lock = match open_existing(path, true).map_err(cannot)? {
        Some(lock) => lock,
        // This follows no link either.
        None => private(OpenOptions::new().write(true).create_new(true))
            .open(path)
            .or_else(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    without_waiting(OpenOptions::new().read(true).write(true)).open(path)
                }
                _ => Err(error),
            })
            .map_err(|error| cannot(error.to_string()))?,
    };
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => {
            "another emulator has this file: stop that one, or take another file".to_owned()
        }
        TryLockError::Error(error) => cannot(error.to_string()),
    })?;
    Ok(lock)
}

/// `imports.json.lock` for `imports.json`.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{extension}"));
    name.into()
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;

    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;

    options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
}

#[cfg(not(unix))]
fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Gives the new file the owner and the mode of the old one.
#[cfg(unix)]
fn keep(new: &File, old: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};

    let made = new.metadata()?;
    if (made.uid(), made.gid()) != (old.uid(), old.gid()) {
        fchown(new, Some(old.uid()), Some(old.gid())).map_err(|error| {
            let problem = format!("the owner of the file cannot be kept: {error}; run as its owner");
            io::Error::new(error.kind(), problem)
        })?;
    }
    new.set_permissions(old.permissions())
}

#[cfg(not(unix))]
fn keep(new: &File, old: &fs::Metadata) -> io::Result<()> {
    new.set_permissions(old.permissions())
}

/// The new name survives a crash only then.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Elsewhere a folder cannot be opened, and the system sees to it.
#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
