//! The files of an import, from paths, bytes or functions that open them.

use std::fs::{File, metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use kore_protocol::Content;

/// A file to upload, from a path, from bytes, or from a function that opens it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ImportFile(pub(super) Content);

impl ImportFile {
    /// A file at a path. It is opened when it is sent, and must not change until then.
    ///
    /// # Errors
    /// If there is no regular file, or it cannot be read.
    pub fn from_path(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let (length, modified) = regular(&path).map_err(named)?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let open = move || {
            // Checked before it is opened, since opening a pipe would block.
            let (_, now) = regular(&path)?;
            let unchanged = Unchanged { file: File::open(&path)?, modified };
            unchanged.check(now)?;
            Ok(Box::new(unchanged) as Box<dyn Read + Send>)
        };
        Ok(Self::from_opener(name, length, open))
    }

    /// Bytes with a name.
    pub fn from_bytes(name: impl Into<Arc<str>>, bytes: impl Into<Bytes>) -> Self {
        Self(Content::from_bytes(name, bytes))
    }

    /// A file that `open` reads from the beginning. `open` is called each time the file is sent, on a
    /// thread that may block. Each time it must give `length` bytes.
    pub fn from_opener(
        name: impl Into<Arc<str>>,
        length: u64,
        open: impl Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync + 'static,
    ) -> Self {
        Self(Content::from_opener(name, length, open))
    }

    /// The same file under another name. The platform takes the kind of the file from the end of the
    /// name: `.json`, `.js`, `.png` or `.zip`.
    #[must_use]
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        Self(self.0.named(name))
    }

    /// The name under which it is uploaded.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Its length in bytes.
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Whether its length is zero.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// For a call of one's own.
impl From<ImportFile> for Content {
    fn from(file: ImportFile) -> Self {
        file.0
    }
}

/// The length of a regular file, and when it was changed last.
fn regular(path: &Path) -> io::Result<(u64, Option<SystemTime>)> {
    let found = metadata(path)?;
    if !found.is_file() {
        let what = if found.is_dir() { "a folder" } else { "something else" };
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("expected a regular file, found {what}"),
        ));
    }
    Ok((found.len(), found.modified().ok()))
}

/// A file that must not change while it is read. The body of the request checks its length.
struct Unchanged {
    file: File,
    modified: Option<SystemTime>,
}

impl Unchanged {
    fn check(&self, now: Option<SystemTime>) -> io::Result<()> {
        if self.modified == now {
            Ok(())
        } else {
            Err(io::Error::other("it was changed before it was sent whole"))
        }
    }
}

impl Read for Unchanged {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buf)?;
        if read == 0 && !buf.is_empty() {
            self.check(self.file.metadata()?.modified().ok())?;
        }
        Ok(read)
    }
}

/// The files of an import: single files, or a zip of them.
#[derive(Clone, Debug)]
pub struct ImportFiles(pub(super) Set);

#[derive(Clone, Debug)]
pub(super) enum Set {
    Single {
        definition: ImportFile,
        config: ImportFile,
        icon: Option<ImportFile>,
        functions: Vec<ImportFile>,
    },
    Zip(ImportFile),
}

impl ImportFiles {
    /// The definition of a bot, `appDefinition.json` or `botDefinition.json`, and its `config.json`.
    pub fn new(definition: ImportFile, config: ImportFile) -> Self {
        Self(Set::Single { definition, config, icon: None, functions: Vec::new() })
    }

    /// A zip, such as an export makes. Only a new bot can be made from one.
    pub fn zip(zip: ImportFile) -> Self {
        Self(Set::Zip(zip))
    }

    /// The icon, a PNG. A new bot needs one, unless it is in a zip.
    #[must_use]
    pub fn icon(mut self, file: ImportFile) -> Self {
        if let Set::Single { icon, .. } = &mut self.0 {
            *icon = Some(file);
        }
        self
    }

    /// A file with functions of the bot. May be called more than once. A zip has its own functions.
    #[must_use]
    pub fn function(mut self, file: ImportFile) -> Self {
        if let Set::Single { functions, .. } = &mut self.0 {
            functions.push(file);
        }
        self
    }

    /// The files in the order of their upload: definition, configuration, icon, functions; or the zip.
    pub fn iter(&self) -> impl Iterator<Item = &ImportFile> {
        let (first, rest, functions) = match &self.0 {
            Set::Single { definition, config, icon, functions } => {
                (definition, [Some(config), icon.as_ref()], &functions[..])
            }
            Set::Zip(zip) => (zip, [None, None], &[][..]),
        };
        std::iter::once(first).chain(rest.into_iter().flatten()).chain(functions)
    }
}
