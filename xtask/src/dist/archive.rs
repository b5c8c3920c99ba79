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

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    const TIME: u64 = 1_700_000_000;
    const TARGETS: [&str; 2] = ["x86_64-unknown-linux-musl", "x86_64-pc-windows-gnu"];

    fn entries() -> Vec<Entry> {
        let program = Entry { name: "kore".to_owned(), bytes: b"#!".to_vec(), is_program: true };
        vec![program, Entry::file("README.md", "# kore"), Entry::file("man/man1/kore.1", ".TH")]
    }

    #[test]
    fn the_same_files_in_any_order_make_the_same_bytes() {
        for target in TARGETS.map(|name| Target::new(name, "")) {
            let mut turned = entries();
            turned.reverse();
            let [one, other] =
                [entries(), turned].map(|entries| write(&target, "kore-1", entries, TIME).expect("fits"));
            assert!(one == other, "{target}");
        }
    }

    #[test]
    fn a_file_has_its_mode_the_time_and_no_owner() {
        let bytes = write(&Target::new(TARGETS[0], ""), "kore-1", entries(), TIME).expect("fits");
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&bytes[..]));
        let mut found = Vec::new();
        for entry in archive.entries().expect("an archive") {
            let mut entry = entry.expect("an entry");
            let mut text = String::new();
            entry.read_to_string(&mut text).expect("text");
            let (path, header) = (entry.path().expect("a path").display().to_string(), entry.header());
            assert_eq!(
                (header.mtime().ok(), header.uid().ok(), header.gid().ok()),
                (Some(TIME), Some(0), Some(0))
            );
            found.push((path, header.mode().expect("a mode"), text));
        }
        let expected = [
            ("kore-1/README.md", 0o644, "# kore"),
            ("kore-1/kore", 0o755, "#!"),
            ("kore-1/man/man1/kore.1", 0o644, ".TH"),
        ];
        assert_eq!(found, expected.map(|(path, mode, text)| (path.to_owned(), mode, text.to_owned())));
    }

    #[test]
    fn a_zip_has_the_time_in_utc_and_refuses_one_that_it_cannot_bear() {
        let target = Target::new(TARGETS[1], "");
        let bytes = write(&target, "kore-1", entries(), TIME).expect("fits");
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        let time = archive.by_name("kore-1/kore").expect("it is there").last_modified().expect("a time");
        assert_eq!(time.to_string(), "2023-11-14 22:13:20");
        let error = write(&target, "kore-1", entries(), 0).expect_err("1970");
        assert!(error.to_string().contains("1970"), "{error}");
    }

    #[test]
    fn a_sum_is_a_line_of_sha256sum() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  abc.txt\n";
        assert_eq!(sum(b"abc", "abc.txt"), expected);
    }
}
