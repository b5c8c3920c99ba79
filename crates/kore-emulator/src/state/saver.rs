//! The thread that writes the file: many changes share one write.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::SystemTime;

use super::StateFile;
use crate::clock::Clock;
use crate::platform::Platform;

/// How far saving has come, in numbers of changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    pub(crate) tried: u64,
    pub(crate) saved: u64,
    /// Why the last try failed.
    pub(crate) error: Option<Arc<str>>,
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
    pub(crate) fn start(platform: Arc<Platform>, mut file: StateFile, clock: Clock) -> io::Result<Self> {
        let now = move || clock.now().wall;
        platform.start_saving();
        save(&platform, &mut file, now())?;
        let saved = Arc::clone(&platform);
        let thread = std::thread::Builder::new().name("kore-emulator-state".to_owned());
        let thread = thread.spawn(move || {
            while saved.wait_for_unsaved() {
                if let Err(error) = save(&saved, &mut file, now()) {
                    tracing::error!(%error, "the state cannot be saved");
                }
            }
            saved.save_all_later();
            if let Err(error) = save(&saved, &mut file, now()) {
                tracing::error!(%error, "the state cannot be saved");
            }
        })?;
        Ok(Self { platform, thread: Some(thread) })
    }
}

fn save(platform: &Platform, file: &mut StateFile, now: SystemTime) -> io::Result<()> {
    let Some(batch) = platform.take_unsaved(file.wants_all()) else { return Ok(()) };
    let result = file.save(&batch.what, now);
    platform.progress(|progress| {
        progress.tried = batch.changes;
        match &result {
            Ok(()) => (progress.saved, progress.error) = (batch.changes, None),
            Err(error) => progress.error = Some(error.to_string().into()),
        }
    });
    if result.is_err() {
        platform.save_all_later();
    }
    result
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
