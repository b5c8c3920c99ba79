//! Writing a file so that nobody reads half of it.

use std::io::{self, Write as _};
use std::path::Path;

/// Whether a file can be written there, as far as that shows before it is.
pub(crate) fn check(path: &Path) -> Result<(), String> {
    if path.is_dir() {
        return Err("it is a folder: expected a file".to_owned());
    }
    match path.parent().filter(|parent| *parent != Path::new("")) {
        Some(parent) if !parent.is_dir() => Err(format!("there is no folder {}", parent.display())),
        _ => Ok(()),
    }
}

/// Writes a file under another name and gives it its own at the end.
pub(crate) fn write_atomically(path: &Path, content: &str) -> io::Result<()> {
    // A link stays one, and what it points to is replaced.
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if path.exists() && !path.is_file() {
        // A pipe or /dev/stderr has no other name to be given.
        return std::fs::write(path, content);
    }
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".kore-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any program would make it: the umask counts.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    // Its name says nothing to one who has not asked for that file.
    let mut file = builder.tempfile_in(directory).map_err(|error| io::Error::from(error.kind()))?;
    file.write_all(content.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Adds to the end of a file, in one write.
pub(crate) fn append(path: &Path, content: &str) -> io::Result<()> {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(content.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let directory = tempfile::TempDir::new().expect("a directory");
        let path = directory.path().join("report.xml");
        for content in ["first, and longer", "second"] {
            write_atomically(&path, content).expect("written");
            assert_eq!(std::fs::read_to_string(&path).expect("read"), content);
        }
        assert_eq!(std::fs::read_dir(directory.path()).expect("listed").count(), 1);
        assert!(write_atomically(&directory.path().join("no/such/report.xml"), "x").is_err());
    }
}
