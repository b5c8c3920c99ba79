//! Writing a report where a user wants it: a file, a link to one, a file that is mounted by itself, a
//! pipe.
//!
//! A file is replaced as a whole, so that nobody reads half of it; where that cannot be, it is
//! written in its place. It keeps its mode and its owner.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Instant;

use tempfile::NamedTempFile;

use crate::file_name;
use crate::output::patience::{LOOK, PATIENCE, Patience};
use crate::time::span;

/// How many links are followed.
const MAX_LINKS: usize = 40;

/// How much is written to a pipe at a time.
const PIECE: usize = 4096;

/// Whether a report can be written there, found out without a change to what is there.
pub(super) fn check(path: &Path) -> Result<(), String> {
    if let Some(why) = file_name::refused(path) {
        return Err(why);
    }
    let place = place(path);
    match fs::metadata(&place) {
        Ok(is) if is.is_dir() => Err("it is a folder: expected a file".to_owned()),
        Ok(is) if !is.is_file() => may_write(&place).map_err(|error| error.to_string()),
        // Nothing is written, so that it is as it was.
        Ok(_) => OpenOptions::new().append(true).open(&place).map(drop).or_else(|error| {
            let is_replaced = !is_mounted(&place) && new_file(&place).is_ok();
            if is_replaced { Ok(()) } else { Err(error.to_string()) }
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = folder(&place);
            if !folder.is_dir() {
                return Err(format!("there is no folder {}", folder.display()));
            }
            new_file(&place).map(drop).map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Writes a report in place of what is there.
pub(super) fn write(path: &Path, content: &str) -> io::Result<()> {
    let place = place(path);
    let before = fs::metadata(&place).ok();
    if before.as_ref().is_some_and(|is| !is.is_file()) {
        return write_to_reader(place, content);
    }
    let Ok(mut file) = new_file(&place) else { return write_in_place(&place, content) };
    if before.is_some_and(|before| keep_owner_and_mode(file.as_file(), &before).is_err()) {
        return write_in_place(&place, content);
    }
    file.write_all(content.as_bytes())?;
    file.as_file().sync_all()?;
    // A file that is mounted by itself is busy for ever.
    file.persist(&place).map(drop).or_else(|_| write_in_place(&place, content))
}

/// Adds to the end of a file, in one write.
pub(super) fn append(path: &Path, content: &str) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|is| !is.is_file()) {
        return write_to_reader(path.to_owned(), content);
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(content.as_bytes())
}

/// Whether both paths are the same file, whether it is there or not. A device, `/dev/null` for one,
/// takes more than one report.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    let (one, other) = (place(one), place(other));
    match (fs::metadata(&one), fs::metadata(&other)) {
        (Ok(one_is), Ok(other_is)) => one == other && !is_device(&one_is) || are_one(&one_is, &other_is),
        // One of them is not there yet, whose case counts for nothing on Windows.
        _ if cfg!(windows) => one.as_os_str().eq_ignore_ascii_case(&other),
        _ => one == other,
    }
}

/// Where a path leads, through all links; the last one may lead to a file that is not there yet.
fn place(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        if let Ok(place) = dunce::canonicalize(&path) {
            return place;
        }
        if path.exists() {
            // `/dev/stdout` leads to a pipe, which has no name.
            return path;
        }
        match fs::read_link(&path) {
            Ok(target) => path = folder(&path).join(target),
            Err(_) => break,
        }
    }
    match (dunce::canonicalize(folder(&path)), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// A file beside it that is to have its name. It goes if it is not given that.
fn new_file(place: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".kore-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any program would make it: the umask counts.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    // Its name says nothing to one who has not asked for that file.
    builder.tempfile_in(folder(place)).map_err(|error| io::Error::from(error.kind()))
}

fn write_in_place(place: &Path, content: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(place)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

/// Writes to a pipe or a device, which has no other name to be given, for as long as its reader takes
/// something. Even to open a pipe takes a reader.
fn write_to_reader(path: PathBuf, content: &str) -> io::Result<()> {
    enum Said {
        Opened(File),
        Written,
        Done(io::Result<()>),
    }

    let content = content.to_owned();
    let (says, said) = channel();
    std::thread::spawn(move || {
        let write = || -> io::Result<()> {
            let mut file = OpenOptions::new().write(true).open(path)?;
            // If nobody listens any more, nobody waits for the rest.
            let _ = says.send(Said::Opened(file.try_clone()?));
            for piece in content.as_bytes().chunks(PIECE) {
                file.write_all(piece)?;
                let _ = says.send(Said::Written);
            }
            Ok(())
        };
        let done = write();
        let _ = says.send(Said::Done(done));
    });
    let mut patience = Patience::new(Instant::now());
    let (mut written, mut file) = (Instant::now(), None);
    loop {
        match said.recv_timeout(LOOK) {
            Ok(Said::Done(done)) => return done,
            Ok(Said::Opened(opened)) => file = Some(opened),
            Ok(Said::Written) => written = Instant::now(),
            Err(RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::BrokenPipe.into()),
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = Instant::now();
        patience.note(written, file.as_ref().and_then(unread), now);
        if patience.is_over(now) {
            let took = format!("its reader took nothing for {}", span(PATIENCE));
            return Err(io::Error::new(io::ErrorKind::TimedOut, took));
        }
    }
}

#[cfg(unix)]
mod system {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, fchown};

    use super::{File, Metadata, Path, io};

    pub(super) fn unread(file: &File) -> Option<u64> {
        crate::output::patience::unread(file)
    }

    pub(super) fn may_write(place: &Path) -> io::Result<()> {
        Ok(rustix::fs::access(place, rustix::fs::Access::WRITE_OK)?)
    }

    pub(super) fn keep_owner_and_mode(file: &File, before: &Metadata) -> io::Result<()> {
        let is = file.metadata()?;
        if (is.uid(), is.gid()) != (before.uid(), before.gid()) {
            fchown(file, Some(before.uid()), Some(before.gid()))?;
        }
        file.set_permissions(before.permissions())
    }

    pub(super) fn is_device(is: &Metadata) -> bool {
        is.file_type().is_char_device()
    }

    pub(super) fn are_one(one: &Metadata, other: &Metadata) -> bool {
        (one.dev(), one.ino()) == (other.dev(), other.ino()) && !is_device(one)
    }

    /// Whether it is mounted by itself, as a container mounts a file: another cannot take its name.
    #[cfg(target_os = "linux")]
    pub(super) fn is_mounted(place: &Path) -> bool {
        use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};

        statx(CWD, place, AtFlags::empty(), StatxFlags::TYPE)
            .is_ok_and(|is| is.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn is_mounted(_: &Path) -> bool {
        false
    }
}

#[cfg(windows)]
mod system {
    use super::{File, Metadata, Path, io};

    /// Windows does not tell it.
    pub(super) fn unread(_: &File) -> Option<u64> {
        None
    }

    /// It is found out by writing.
    pub(super) fn may_write(_: &Path) -> io::Result<()> {
        Ok(())
    }

    /// That a file is read-only is all there is to keep: who may read it is what its folder says.
    pub(super) fn keep_owner_and_mode(file: &File, before: &Metadata) -> io::Result<()> {
        file.set_permissions(before.permissions())
    }

    pub(super) fn is_device(_: &Metadata) -> bool {
        false
    }

    pub(super) fn are_one(_: &Metadata, _: &Metadata) -> bool {
        false
    }

    pub(super) fn is_mounted(_: &Path) -> bool {
        false
    }
}

use system::{are_one, is_device, is_mounted, keep_owner_and_mode, may_write, unread};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let directory = tempfile::TempDir::new().expect("a directory");
        let path = directory.path().join("report.xml");
        for content in ["first, and longer", "second"] {
            check(&path).expect("it can be written");
            write(&path, content).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("read"), content);
        }
        assert_eq!(fs::read_dir(directory.path()).expect("listed").count(), 1);
        assert!(write(&directory.path().join("no/such/report.xml"), "x").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn one_file_has_many_names() {
        let directory = tempfile::TempDir::new().expect("a directory");
        let name = |name: &str| directory.path().join(name);
        assert!(is_same(&name("a"), &name("./a")) && !is_same(&name("a"), &name("b")));
        std::os::unix::fs::symlink("a", name("link")).expect("linked");
        assert!(is_same(&name("a"), &name("link")), "it is not there yet");
        write(&name("link"), "text").expect("written");
        assert!(fs::symlink_metadata(name("link")).expect("there").is_symlink(), "the link stays one");
        fs::hard_link(name("a"), name("hard")).expect("linked");
        assert!(is_same(&name("hard"), &name("link")) && !is_same(&name("hard"), &name("b")));
        assert!(!is_same(Path::new("/dev/null"), Path::new("/dev/null")));
    }
}
