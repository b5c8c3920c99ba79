//! A file that holds the imports, and that a crash leaves whole.
//!
//! It begins with a snapshot. Behind it stand changes, one a line, each batch written and synced
//! before anyone is told of it: a crash may cut the last one short, of which nobody was told. When
//! the changes outgrow the snapshot, and at the start and the end, a new snapshot is written beside
//! the file, synced and put in its place.

mod saver;

use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use kore_types::BotImportId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub(crate) use saver::{Progress, Saver};

use crate::InputError;
use crate::holdings::{Held, ToSave};
use crate::input;
use crate::scenario::{self, AsFile};
use crate::snapshot::{self, ReadImport, Scenarios, Snapshot, WrittenImport};

/// Changes of that size are kept behind a snapshot that is smaller.
const FEW: u64 = 4 * 1024 * 1024;

/// The file, locked for this process.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    _lock: File,
    /// Those that the file has, in its order.
    scenarios: Scenarios,
    /// The file that has the snapshot, to add to. `None` before the first.
    file: Option<File>,
    snapshot_len: u64,
    changes_len: u64,
}

/// All imports in order.
type Imports = Vec<(BotImportId, Held)>;

/// A change, behind the snapshot.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    /// The next of the scenarios.
    Scenario(scenario::File<Box<RawValue>>),
    Put(ReadImport),
    Delete(String),
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum WrittenChange<'a> {
    Scenario(AsFile<'a>),
    Put(WrittenImport<'a>),
    Delete(&'a str),
}

impl StateFile {
    /// Takes the file for this process and reads it; `None` if there is none yet, or an empty one.
    pub(crate) fn open(path: &Path) -> Result<(Self, Option<Imports>), InputError> {
        // A link stays one, and two names of a file share one lock.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let shown = path.display().to_string();
        let refused = |problem: String| input::refused(&shown, &problem);
        // Before anything is made: what is replaced at the first save must be a file.
        match (fs::metadata(&path), fs::symlink_metadata(&path)) {
            (Ok(found), _) if !found.is_file() => {
                return Err(refused(
                    "expected a file, or a name that is free: it is no regular file".to_owned(),
                ));
            }
            (Err(_), Ok(found)) if found.is_symlink() => {
                return Err(refused(
                    "expected a file, or a name that is free: it is a link to nothing".to_owned(),
                ));
            }
            _ => {}
        }
        let lock_path = beside(&path, "lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&lock_path);
        let lock =
            lock.map_err(|error| refused(format!("cannot make the lock {}: {error}", lock_path.display())))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                refused("another emulator has this file: stop that one, or take another file".to_owned())
            }
            TryLockError::Error(error) => refused(format!("cannot be locked: {error}")),
        })?;
        let text = match File::open(&path) {
            Ok(mut file) => {
                let mut text = String::new();
                file.read_to_string(&mut text)
                    .map_err(|error| refused(format!("cannot be read: {error}; it was left as it is")))?;
                text
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(refused(format!("cannot be read: {error}"))),
        };
        let imports = if text.trim().is_empty() { None } else { Some(read(&text, &shown)?) };
        let file = Self {
            path,
            _lock: lock,
            scenarios: Scenarios::default(),
            file: None,
            snapshot_len: 0,
            changes_len: 0,
        };
        Ok((file, imports))
    }

    /// Whether the next is to be a snapshot.
    pub(crate) fn wants_all(&self) -> bool {
        self.file.is_none() || self.changes_len > FEW.max(self.snapshot_len.saturating_mul(2))
    }

    /// When it returns, a crash takes nothing of it away.
    pub(crate) fn save(&mut self, what: &ToSave, now: SystemTime) -> io::Result<()> {
        let saved = match what {
            ToSave::All(imports) => self.save_all(imports, now),
            ToSave::Some(changes) => self.add(changes),
        };
        if saved.is_err() {
            // It may end with half a change now, behind which nothing can stand.
            self.file = None;
        }
        saved
    }

    fn save_all(&mut self, imports: &[(BotImportId, Held)], now: SystemTime) -> io::Result<()> {
        let new = beside(&self.path, "new");
        let mut scenarios = Scenarios::default();
        // One that a crash left, or a link that someone put there, is not written through.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut writer = BufWriter::new(File::options().write(true).create_new(true).open(&new)?);
        snapshot::write(imports, &mut scenarios, now, &mut writer)?;
        writer.write_all(b"\n")?;
        let file = writer.into_inner()?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        sync_folder(&self.path)?;
        (self.snapshot_len, self.changes_len) = (file.metadata()?.len(), 0);
        (self.scenarios, self.file) = (scenarios, Some(file));
        Ok(())
    }

    fn add(&mut self, changes: &[(BotImportId, Option<Held>)]) -> io::Result<()> {
        let mut lines = Vec::new();
        let mut line = |change: &WrittenChange<'_>| {
            serde_json::to_writer(&mut lines, change)?;
            lines.push(b'\n');
            io::Result::Ok(())
        };
        for (id, held) in changes {
            let Some(held) = held else {
                line(&WrittenChange::Delete(id.as_str()))?;
                continue;
            };
            if let Held::Living(life) = held
                && let (_, true) = self.scenarios.place(life.scenario())
            {
                line(&WrittenChange::Scenario(AsFile(life.scenario())))?;
            }
            let put = snapshot::written(id, held, |scenario| self.scenarios.place(scenario).0);
            line(&WrittenChange::Put(put))?;
        }
        let file = self.file.as_mut().ok_or_else(|| io::Error::other("there is no snapshot to add to"))?;
        file.write_all(&lines)?;
        file.sync_data()?;
        self.changes_len += lines.len() as u64;
        Ok(())
    }
}

/// `imports.json.lock` for `imports.json`.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{extension}"));
    name.into()
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

fn read(text: &str, source: &str) -> Result<Imports, InputError> {
    // What a crash of the whole machine may leave in place of what was not synced.
    let text = text.trim_end_matches('\0');
    let end = {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
        match values.next() {
            Some(Ok(first)) => first.get().len() + (values.byte_offset() - first.get().len()),
            // Reads it again, for the place of the error.
            _ => text.len(),
        }
    };
    let (first, rest) = text.split_at(end);
    let Snapshot { mut scenarios, imports } = snapshot::read(first, source, None)?;
    let mut held = crate::holdings::Holdings::default();
    imports.into_iter().for_each(|(id, import)| held.put(id, import));
    // A last line without its end was cut short by a crash.
    let whole = rest.rfind('\n').map_or("", |last| &rest[..last]);
    let first_line = 1 + first.matches('\n').count();
    for (n, line) in whole.split('\n').enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let refused = |problem: &str| {
            input::refused(source, &format!("line {}: {problem}; the file was left as it is", first_line + n))
        };
        match serde_json::from_str(line).map_err(|error| refused(&error.to_string()))? {
            Change::Scenario(file) => {
                scenarios.push(file.into_scenario().map_err(|error| refused(&error.to_string()))?);
            }
            Change::Put(import) => {
                let (id, import) = import.held(&scenarios).map_err(|problem| refused(&problem))?;
                held.put(id, import);
            }
            Change::Delete(id) => {
                let id = BotImportId::new(id).map_err(|error| refused(&error.to_string()))?;
                held.remove(&id);
            }
        }
    }
    Ok(held.iter().map(|(id, entry)| (id.clone(), entry.held.clone())).collect())
}

#[cfg(test)]
mod tests;
