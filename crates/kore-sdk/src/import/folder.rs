//! The files of an export in a folder, by their names. The command finds its files by the same names.

use std::io;
use std::path::{Path, PathBuf};

use super::{ImportFile, ImportFiles};

/// What a file of an export is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ImportFileKind {
    /// `appDefinition.json` or `botDefinition.json`.
    Definition,
    /// `config.json`.
    Config,
    /// `icon.png`.
    Icon,
    /// Any `.js`.
    Functions,
}

impl ImportFileKind {
    /// By the name of the file. Some tools write it in another case of letters.
    pub fn of_name(name: &str) -> Option<Self> {
        match &*name.to_lowercase() {
            "appdefinition.json" | "botdefinition.json" => Some(Self::Definition),
            "config.json" => Some(Self::Config),
            "icon.png" => Some(Self::Icon),
            name if name.ends_with(".js") => Some(Self::Functions),
            _ => None,
        }
    }
}

impl ImportFiles {
    /// The files of a folder as an export unzips: a definition, its `config.json`, and an `icon.png` and
    /// functions (`*.js`) if there are any. Other files are left out. Each is opened when it is sent.
    ///
    /// # Errors
    /// If the folder cannot be read, lacks the definition or the configuration, has two files for one of
    /// these or for the icon, or has one that is no regular file.
    pub fn from_folder(folder: impl AsRef<Path>) -> io::Result<Self> {
        let folder = folder.as_ref();
        let entries = std::fs::read_dir(folder).map_err(|error| told(folder, error.kind(), error))?;
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        let of = |kind: ImportFileKind| -> Vec<PathBuf> {
            let is_of = |path: &&PathBuf| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                ImportFileKind::of_name(&name) == Some(kind)
            };
            paths.iter().filter(is_of).cloned().collect()
        };
        let one = |kind, what: &str| match &of(kind)[..] {
            [] => Ok(None),
            [one] => ImportFile::from_path(one).map(Some),
            [one, two, ..] => {
                let why = format!("expected one {what}, found {} and {}", one.display(), two.display());
                Err(told(folder, io::ErrorKind::InvalidInput, why))
            }
        };
        let needed = |kind, what: &str| {
            one(kind, what)?.ok_or_else(|| {
                told(folder, io::ErrorKind::NotFound, format!("expected a file {what}, found none"))
            })
        };
        let definition = needed(ImportFileKind::Definition, "appDefinition.json or botDefinition.json")?;
        let mut files = Self::new(definition, needed(ImportFileKind::Config, "config.json")?);
        if let Some(icon) = one(ImportFileKind::Icon, "icon.png")? {
            files = files.icon(icon);
        }
        let mut functions = of(ImportFileKind::Functions).into_iter();
        functions.try_fold(files, |files, path| Ok(files.function(ImportFile::from_path(path)?)))
    }
}

fn told(folder: &Path, kind: io::ErrorKind, why: impl std::fmt::Display) -> io::Error {
    io::Error::new(kind, format!("{}: {why}", folder.display()))
}
