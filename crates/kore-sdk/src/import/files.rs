//! The files of an import.

use std::fs::{File, metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use kore_protocol::Content;

/// A file to upload: from a path, bytes, or whatever can be read. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ImportFile(pub(super) Content);

impl ImportFile {
    /// A file at a path. It is opened when it is sent, and must be as it was until then.
    ///
    /// # Errors
    /// If there is no regular file, or it cannot be read.
    pub fn from_path(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let (length, modified) = regular(&path).map_err(named)?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let open = move || {
            // Looked at before it is opened: a pipe would block.
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

    /// What `open` gives, which is called each time the file is sent, on a thread that may block, and
    /// must give that many bytes each time.
    pub fn from_opener(
        name: impl Into<Arc<str>>,
        length: u64,
        open: impl Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync + 'static,
    ) -> Self {
        Self(Content::from_opener(name, length, open))
    }

    /// The same under another name. Its end says what the file is: `.json`, `.js`, `.png`, `.zip`.
    #[must_use]
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        Self(self.0.named(name))
    }

    /// The name that it is uploaded under.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// How many bytes it has.
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Whether it has none.
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

/// The length of a file and when it was changed last, if it is one.
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

/// A file that must not change while it is read. Its length is checked by the one who reads it.
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

/// What is imported: single files, or a zip of them.
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

    /// A zip as an export makes it. Only a new bot takes one.
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

    /// Functions of the bot. May be used more than once. A zip holds its own.
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
