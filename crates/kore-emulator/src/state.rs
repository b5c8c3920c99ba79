//! The file that keeps the imports from one run to the next: `--state`.
//!
//! It is a snapshot. Each change has all of it written beside the file, synced and put in its place,
//! so that a crash at any moment leaves either the old file or the new one. Requests that wait for
//! their changes share one write; a thread of its own does it.

mod file;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use kore_types::BotImportId;

use crate::InputError;
use crate::clock::Clock;
use crate::holdings::{Held, Holdings};
use crate::platform::Platform;
use crate::snapshot;
use file::StateFile;

/// What the last try to save came to.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    /// The number of the last change in it.
    pub(crate) changes: u64,
    pub(crate) result: Result<(), Arc<str>>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { changes: 0, result: Ok(()) }
    }
}

/// A file that is locked for this emulator and was read.
#[derive(Debug)]
pub(crate) struct Taken {
    file: StateFile,
    /// `None` if there is no file yet, or an empty one.
    pub(crate) imports: Option<Vec<(BotImportId, Held)>>,
}

/// Takes the file for this emulator and reads it.
pub(crate) fn take(path: &Path) -> Result<Taken, InputError> {
    let (file, text) = StateFile::open(path)?;
    // What a crash of the whole machine may leave in place of what was not synced.
    let text = text.trim_end_matches('\0');
    let imports = match text.trim().is_empty() {
        true => None,
        false => Some(snapshot::read(text, &path.display().to_string(), None)?),
    };
    Ok(Taken { file, imports })
}

/// Saves what changes. Dropping it saves everything and lets go of the file.
#[derive(Debug)]
pub(crate) struct Saver {
    platform: Arc<Platform>,
    thread: Option<JoinHandle<()>>,
}

impl Saver {
    /// Writes the file once, so that one that cannot be written is known at once, and then what
    /// changes.
    pub(crate) fn start(platform: Arc<Platform>, taken: Taken, clock: Clock) -> io::Result<Self> {
        let Taken { file, .. } = taken;
        let all = Arc::clone(&platform);
        let save = move || {
            let now = clock.now().wall;
            file.replace(|to| snapshot::Writer::new(Arc::clone(&all), now).write_to(to))
        };
        let mut saved = Some(platform.with(Holdings::changes));
        save()?;
        platform.start_saving();
        let progress = Arc::clone(&platform);
        let thread = std::thread::Builder::new().name("kore-emulator-state".to_owned());
        let thread = thread.spawn(move || {
            loop {
                let (changes, ends) = progress.wait_for_changes();
                if saved != Some(changes) {
                    let result = save();
                    saved = result.is_ok().then_some(changes);
                    let result = result.map_err(|error| {
                        tracing::error!(%error, "the state cannot be saved");
                        error.to_string().into()
                    });
                    progress.progress(Progress { changes, result });
                }
                if ends {
                    return;
                }
            }
        })?;
        Ok(Self { platform, thread: Some(thread) })
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        self.platform.stop_saving();
        if let Some(thread) = self.thread.take() {
            // That it panicked was said there.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
