//! The file that keeps the imports from one run to the next: `--state`.
//!
//! It is a snapshot. A change that was acknowledged survives a kill at any moment: all of it is
//! written beside the file, synced and renamed into its place before the answer is sent. Requests
//! that wait for their changes share one write. The control saves after each request that changes
//! something; what changes otherwise is saved within a second, and at the end.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::contents::Contents;
use crate::platform::Platform;
use crate::{InputError, input, plain_text, snapshot};

/// How long a change that nobody waits for may stay unsaved.
const UNSAVED: Duration = Duration::from_secs(1);

/// The file, and what it keeps.
#[derive(Debug)]
pub(crate) struct State {
    platform: Arc<Platform>,
    clock: Clock,
    /// `None` once it is closed.
    file: Mutex<Option<StateFile>>,
}

/// The file, locked for this emulator.
#[derive(Debug)]
struct StateFile {
    path: PathBuf,
    _lock: File,
    /// The number of the last change in it; `None` if nothing was written yet.
    saved: Option<u64>,
}

impl State {
    /// Takes the file for this emulator. The platform gets its imports, or these if there is none
    /// yet. It is written once, so that one that cannot be written is known at once.
    pub(crate) fn open(
        path: &Path,
        platform: Arc<Platform>,
        clock: Clock,
        given: Contents,
    ) -> io::Result<Self> {
        let unread = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        let (file, text) = StateFile::take(path).map_err(unread)?;
        platform.replace(file.imports(&text).map_err(unread)?.unwrap_or(given));
        let state = Self { platform, clock, file: Mutex::new(Some(file)) };
        state.save().map_err(|error| {
            let problem = format!("cannot be written: {error}");
            io::Error::new(error.kind(), input::refused(&path.display().to_string(), &problem))
        })?;
        Ok(state)
    }

    /// Returns when every change up to now is saved.
    pub(crate) fn save(&self) -> io::Result<()> {
        // Read before the file is waited for: who has it now may save these changes too.
        self.save_up_to(self.platform.changes()).map(drop)
    }

    /// Whether it had to write.
    fn save_up_to(&self, change: u64) -> io::Result<bool> {
        let mut file = self.file();
        let file = file.as_mut().ok_or_else(|| io::Error::other("the emulator has stopped"))?;
        let is_due = file.saved.is_none_or(|saved| saved < change);
        if is_due {
            // A change between these two is written, and once more later.
            let changes = self.platform.changes();
            let contents = self.platform.all();
            let now = self.clock.now().wall;
            file.replace(|to| snapshot::write(&contents, now, to))?;
            file.saved = Some(changes);
        }
        Ok(is_due)
    }

    /// Saves everything, and lets go of the file.
    pub(crate) fn close(&self) {
        if self.file().is_some() {
            self.save().unwrap_or_else(not_saved);
        }
        *self.file() = None;
    }

    fn file(&self) -> MutexGuard<'_, Option<StateFile>> {
        // A write that was broken off has left the file as it was.
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Saves what changes without anyone waiting for it, for ever.
pub(crate) async fn keep_saving(state: Option<Arc<State>>) {
    let Some(state) = state else { return std::future::pending().await };
    loop {
        tokio::time::sleep(UNSAVED).await;
        let state = Arc::clone(&state);
        // A panic was told where it happened.
        let _ = tokio::task::spawn_blocking(move || state.save().unwrap_or_else(not_saved)).await;
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `unwrap_or_else`")]
fn not_saved(error: io::Error) {
    tracing::error!(%error, "the state cannot be saved");
}

impl StateFile {
    /// Locks the file and reads it; there may be none yet.
    fn take(path: &Path) -> Result<(Self, String), InputError> {
        // A link stays one, and two names of a file share one lock.
        let path = dunce::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let shown = path.display().to_string();
        let refused = |problem: String| input::refused(&shown, &problem);
        let unread = |problem: String| refused(format!("{problem}; it was left as it is"));
        // No lock is made beside what is no file.
        is_there(&path).map_err(unread)?;
        let lock = lock(&beside(&path, "lock")).map_err(refused)?;
        // The emulator before may have put another in its place until it let go of the lock.
        let text = match is_there(&path).map_err(unread)? {
            true => fs::read(&path).and_then(plain_text::text),
            false => Ok(String::new()),
        };
        let text = text.map_err(|error| unread(format!("cannot be read: {error}")))?;
        Ok((Self { path, _lock: lock, saved: None }, text))
    }

    /// The imports of its text; `None` if there is no file yet, or an empty one.
    fn imports(&self, text: &str) -> Result<Option<Contents>, InputError> {
        let shown = self.path.display().to_string();
        if text.contains('\0') {
            let problem = "expected a snapshot, found NUL bytes, as a crash of the machine leaves them; it was \
                           left as it is: put a copy in its place, or remove it to begin anew";
            return Err(input::refused(&shown, problem));
        }
        (!text.trim().is_empty()).then(|| snapshot::read(text, &shown, None)).transpose()
    }

    /// Puts what is written in the place of the file, whose mode and owner stay. When it returns, a
    /// crash takes nothing of it away.
    fn replace(&self, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
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
            Err(_) => options.open(&new)?,
        };
        let mut writer = BufWriter::new(file);
        write(&mut writer)?;
        writer.write_all(b"\n")?;
        writer.into_inner()?.sync_all()?;
        fs::rename(&new, &self.path)?;
        sync_folder(&self.path)
    }
}

/// Whether there is a file of that name; an error if there is something else, a pipe for one, for
/// whose other end a reader would wait.
fn is_there(path: &Path) -> Result<bool, String> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(format!("cannot be opened: {error}")),
        Ok(found) if found.is_file() => Ok(true),
        Ok(found) => {
            let what = if found.is_symlink() { "a link" } else { "no regular file" };
            Err(format!("expected a file, or a name that is free: it is {what}"))
        }
    }
}

fn lock(path: &Path) -> Result<File, String> {
    let cannot = |problem: String| format!("its lock {} cannot be taken: {problem}", path.display());
    is_there(path).map_err(cannot)?;
    let lock = private(OpenOptions::new().write(true).create(true).truncate(false)).open(path);
    let lock = lock.map_err(|error| cannot(error.to_string()))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err("another emulator has this file: stop that one, or take another file".to_owned())
        }
        Err(TryLockError::Error(error)) => Err(cannot(error.to_string())),
    }
}

/// `imports.json.lock` for `imports.json`.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{extension}"));
    name.into()
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
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

/// The new name survives a crash only then.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Where files have no mode and no owner, and the system itself syncs folders.
#[cfg(not(unix))]
mod elsewhere {
    use super::*;

    pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
        options
    }

    pub(super) fn keep(new: &File, old: &fs::Metadata) -> io::Result<()> {
        new.set_permissions(old.permissions())
    }

    pub(super) fn sync_folder(_path: &Path) -> io::Result<()> {
        Ok(())
    }
}
#[cfg(not(unix))]
use elsewhere::{keep, private, sync_folder};

#[cfg(test)]
mod tests;
