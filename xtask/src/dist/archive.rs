//! Writes an archive that depends on what is in it alone: sorted, with one time, without an owner.

use std::io::{Cursor, Write as _};

use anyhow::Context;
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};
use tar::{EntryType, Header};
use time::{OffsetDateTime, PrimitiveDateTime};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::target::Target;

#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_program: bool,
}

impl Entry {
    pub(crate) fn file(name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.to_owned(), bytes: bytes.into(), is_program: false }
    }

    fn mode(&self) -> u32 {
        if self.is_program { 0o755 } else { 0o644 }
    }
}

/// An archive in which everything is below one folder.
pub(crate) fn write(
    target: &Target,
    folder: &str,
    mut entries: Vec<Entry>,
    modified: u64,
) -> anyhow::Result<Vec<u8>> {
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    if target.is_windows() { zip(folder, &entries, modified) } else { tar_gz(folder, &entries, modified) }
}

fn tar_gz(folder: &str, entries: &[Entry], modified: u64) -> anyhow::Result<Vec<u8>> {
    // The head of gzip has no time and no name.
    let mut tar = tar::Builder::new(GzBuilder::new().write(Vec::new(), Compression::best()));
    for entry in entries {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(entry.mode());
        header.set_mtime(modified);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(entry.bytes.len() as u64);
        tar.append_data(&mut header, format!("{folder}/{}", entry.name), &entry.bytes[..])
            .with_context(|| format!("cannot add {}", entry.name))?;
    }
    Ok(tar.into_inner()?.finish()?)
}

fn zip(folder: &str, entries: &[Entry], modified: u64) -> anyhow::Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(dos_time(modified)?);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        zip.start_file(format!("{folder}/{}", entry.name), options.unix_permissions(entry.mode()))?;
        zip.write_all(&entry.bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// A zip knows no time zone; this is UTC. Nor does it know a year before 1980.
fn dos_time(seconds: u64) -> anyhow::Result<DateTime> {
    let time = OffsetDateTime::from_unix_timestamp(i64::try_from(seconds)?)?;
    let time = PrimitiveDateTime::new(time.date(), time.time());
    DateTime::try_from(time).with_context(|| format!("a zip cannot bear the time {time}"))
}

/// A line as `sha256sum --check` reads it.
pub(crate) fn sum(bytes: &[u8], name: &str) -> String {
    let digest = Sha256::digest(bytes);
    let hexadecimal = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("{hexadecimal}  {name}\n")
}
