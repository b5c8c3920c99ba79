//! The files that were uploaded, for the imports that name them.
//!
//! Of each file a [`Summary`] is here, and not what is in it: an import needs no more, and neither a
//! snapshot nor the page can show a secret of its configuration. The contents are elsewhere, for exports:
//! in [`Kept`](crate::kept::Kept).

mod summary;

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher as _};

use kore_protocol::file::upload::Form;
use kore_types::{FileId, UploadedFile};
use serde::{Deserialize, Serialize};

pub(crate) use summary::{Component, Summary};

use crate::app::random_hex;
use crate::ids::made_up_uuid;
use crate::shown::cut;

/// How many files are kept. Those that came first go first.
const MAX_FILES: usize = 10_000;

/// A file, as a snapshot has it too.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) id: FileId,
    /// The name under which it was sent, as it is shown.
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) extension: Option<String>,
    pub(crate) context: String,
    pub(crate) size: u64,
    pub(crate) hash: String,
    pub(crate) summary: Summary,
}

impl File {
    /// Reads a file that came. One that is large takes a while.
    pub(crate) fn read(form: &Form) -> Self {
        // What a server has read is in memory.
        let content = form.file.to_bytes().unwrap_or_default();
        Self {
            id: made_up_file_id(),
            name: cut(form.file.name()),
            extension: form.extension.as_deref().map(cut),
            context: cut(form.context.as_str()),
            size: content.len() as u64,
            hash: hash(&content),
            summary: match form.extension.as_deref() {
                Some("zip") => Summary::of_zip(&content),
                _ if content.starts_with(b"PK\x03\x04") => Summary::of_zip(&content),
                _ => Summary::of(&content),
            },
        }
    }

    /// The answer to its upload. The platform gives it a name of its own.
    pub(crate) fn uploaded(&self) -> UploadedFile {
        let mut uploaded = UploadedFile::default();
        uploaded.id = Some(self.id.clone());
        uploaded.hash = Some(self.hash.clone());
        uploaded.file_name = Some(format!("f-{}", made_up_uuid()));
        uploaded
    }
}

/// 24 hexadecimal digits, as the documented ones have.
pub(crate) fn made_up_file_id() -> FileId {
    FileId::new(random_hex::<12>()).expect("hexadecimal digits are safe")
}

/// 40 hexadecimal digits, the same for the same bytes. No source says of which digest the platform's
/// are.
fn hash(content: &[u8]) -> String {
    let digest = |n: u8, content: &[u8]| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(n);
        hasher.write(content);
        hasher.finish()
    };
    let whole = digest(0, content).to_be_bytes();
    (1..=3).map(|n| format!("{:016x}", digest(n, &whole))).collect::<String>()[..40].to_owned()
}

/// All files that are kept, the newest at the end.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) all: VecDeque<File>,
    /// How often they changed, for the state file.
    pub(crate) changes: u64,
}

impl Files {
    pub(crate) fn put(&mut self, file: File) {
        self.changes += 1;
        if self.all.len() >= MAX_FILES {
            self.all.pop_front();
        }
        self.all.push_back(file);
    }

    pub(crate) fn get(&self, id: &FileId) -> Option<&File> {
        // Those that are named were uploaded just before.
        self.all.iter().rev().find(|file| file.id == *id)
    }
}

#[cfg(test)]
mod tests {
    use kore_protocol::Content;

    use super::*;

    #[test]
    fn the_oldest_of_too_many_files_goes_and_a_hash_is_that_of_the_bytes() {
        let file = |bytes: &'static str| File::read(&Form::new(Content::from_bytes("a.json", bytes)));
        let (mut files, first) = (Files::default(), file("{}"));
        files.put(first.clone());
        (1..MAX_FILES).for_each(|_| files.put(file("[]")));
        assert!(files.get(&first.id).is_some());
        let last = file("{}");
        files.put(last.clone());
        assert!(files.get(&first.id).is_none() && files.get(&last.id).is_some());
        assert_eq!((first.hash.len(), &first.hash), (40, &last.hash));
        assert!(first.hash != file("{} ").hash && first.id != last.id);
    }
}
