//! Opening a zip that may be hostile: nothing is written to disk, only the files of a bot are unpacked,
//! and no more of them than a bot has.

use std::fs::File;
use std::io::{self, Read as _};

use bytes::Bytes;
use kore_sdk::types::Printable;
use zip::ZipArchive;
use zip::read::ZipFile;

use super::Role;

/// How many entries a zip may have; an export has a handful.
const MAX_ENTRIES: usize = 10_000;

/// The most that all entries may unpack to, in bytes. The largest definitions seen have 4 MB.
const MAX_UNPACKED: u64 = 256 * 1024 * 1024;

/// The files of a bot in a zip, and the names of the others.
pub(super) struct Unpacked {
    pub(super) files: Vec<(String, Bytes)>,
    pub(super) left_out: Vec<String>,
}

/// Unpacks the files of a bot. The error says what is wrong with the zip.
pub(super) fn unpack(file: File) -> Result<Unpacked, String> {
    unpack_at_most(file, MAX_UNPACKED)
}

fn unpack_at_most(file: File, limit: u64) -> Result<Unpacked, String> {
    let mut archive = ZipArchive::new(io::BufReader::new(file))
        .map_err(|error| format!("it is no zip that can be read: {error}"))?;
    if archive.len() > MAX_ENTRIES {
        return Err(format!("the zip has {} entries: expected at most {MAX_ENTRIES}", archive.len()));
    }
    if archive.has_duplicate_names() {
        return Err("the zip has two entries of one name".to_owned());
    }
    // What its headers say; what they hide is found when it is read.
    if archive.decompressed_size().is_none_or(|size| size > u128::from(limit)) {
        return Err(too_large(limit));
    }
    let mut names = Vec::new();
    for at in 0..archive.len() {
        let entry = archive.by_index_raw(at).map_err(|error| error.to_string())?;
        let name = checked_name(&entry)?;
        // What the archiver of macOS adds.
        if !entry.is_dir() && !name.starts_with("__MACOSX/") {
            names.push((at, name));
        }
    }
    let folder = common_folder(&names);
    let (mut files, mut left_out, mut room) = (Vec::new(), Vec::new(), limit);
    for (at, name) in names {
        let short = &name[folder..];
        if short.contains('/') || Role::of(short).is_none() {
            left_out.push(name);
            continue;
        }
        let entry = archive.by_index(at).map_err(|error| format!("{name}: {error}"))?;
        let mut bytes = Vec::new();
        entry.take(room + 1).read_to_end(&mut bytes).map_err(|error| format!("{name}: {error}"))?;
        room = room.checked_sub(bytes.len() as u64).ok_or_else(|| too_large(limit))?;
        files.push((short.to_owned(), bytes.into()));
    }
    Ok(Unpacked { files, left_out })
}

fn too_large(limit: u64) -> String {
    format!("the zip unpacks to more than {} MiB", limit / 1024 / 1024)
}

/// A name that stays where it is unpacked, of an entry that is a plain file or a folder.
fn checked_name<R: io::Read>(entry: &ZipFile<'_, R>) -> Result<String, String> {
    let shown = Printable::new(entry.name_raw(), 200);
    let name = std::str::from_utf8(entry.name_raw())
        .map_err(|_| format!("the zip has a name that is not UTF-8: \"{shown}\""))?;
    let climbs = name.split(['/', '\\']).any(|part| part == "..");
    let is_absolute = name.starts_with(['/', '\\']) || name.chars().nth(1) == Some(':');
    if climbs || is_absolute || name.contains('\\') {
        return Err(format!("the zip has a path that leads out of its folder: \"{shown}\""));
    }
    if entry.is_symlink() {
        return Err(format!("the zip has a link: \"{shown}\""));
    }
    if entry.encrypted() {
        return Err(format!("the zip is encrypted: \"{shown}\" cannot be read"));
    }
    Ok(name.to_owned())
}

/// How long the folder is in which all files are, its `/` with it: some tools zip the folder itself.
fn common_folder(names: &[(usize, String)]) -> usize {
    let Some((_, first)) = names.first() else { return 0 };
    let Some(end) = first.find('/') else { return 0 };
    let folder = &first[..=end];
    if names.iter().all(|(_, name)| name.starts_with(folder)) { folder.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, Write as _};

    use super::*;

    /// A zip bomb whose headers say that it is small: only reading it shows what it is.
    #[test]
    fn a_zip_that_hides_its_size_is_read_no_further_than_the_limit() {
        let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        writer.start_file("config.json", zip::write::SimpleFileOptions::default()).expect("an entry");
        writer.write_all(&vec![b' '; 3 * 1024 * 1024]).expect("written");
        let bytes = writer.finish().expect("a zip").into_inner();
        // The lengths in both headers.
        let lies: Vec<u8> = {
            let (from, to) = (3 * 1024 * 1024_u32, 5_u32);
            let mut bytes = bytes.clone();
            let places: Vec<_> =
                (0..bytes.len() - 4).filter(|at| bytes[*at..*at + 4] == from.to_le_bytes()).collect();
            assert!(!places.is_empty());
            places.iter().for_each(|at| bytes[*at..*at + 4].copy_from_slice(&to.to_le_bytes()));
            bytes
        };
        for (bytes, limit, is_taken) in
            [(&bytes, 4 << 20, true), (&bytes, 2 << 20, false), (&lies, 2 << 20, false)]
        {
            let mut file = tempfile::tempfile().expect("a file");
            file.write_all(bytes).expect("written");
            file.rewind().expect("at the start");
            let unpacked = unpack_at_most(file, limit);
            assert_eq!(unpacked.is_ok(), is_taken, "{limit}: {:?}", unpacked.err());
        }
    }
}
