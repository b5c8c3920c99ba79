//! Which files an import uploads, and the request that starts it. Both clients use it.

use std::sync::Arc;

use kore_protocol::bot_import::{start_existing, start_new};
use kore_protocol::file::upload;
use kore_protocol::{Boundary, Content};
use kore_types::{BotId, FileId, Purpose};

use super::files::Set;
use super::{ImportEvent, ImportFiles, ImportMode};
use crate::{Error, random_jti};

/// Where an import goes.
#[allow(clippy::large_enum_variant, reason = "there is one of it for an import")]
#[derive(Debug)]
pub(super) enum Target {
    New { name: String, purpose: Option<Purpose> },
    Existing { bot_id: BotId, mode: ImportMode },
}

/// The request that starts an import.
#[allow(clippy::large_enum_variant, reason = "there is one of it for an import")]
pub(super) enum Start {
    New(start_new::Request),
    Existing(start_existing::Request),
}

/// A file to upload, and its place among the files of the import.
#[derive(Clone)]
pub(super) struct Upload {
    file: usize,
    content: Content,
}

/// The uploads of an import.
///
/// # Errors
/// If the target does not take such files: then a setting is wrong.
pub(super) fn uploads(files: &ImportFiles, target: &Target) -> Result<Vec<Upload>, Error> {
    let is_new = matches!(target, Target::New { .. });
    let skipped = match &files.0 {
        Set::Zip(_) if !is_new => {
            return Err(Error::config(
                "files: expected single ones to import into a bot, found a zip, which only a new bot takes",
            ));
        }
        Set::Single { icon: None, .. } if is_new => {
            return Err(Error::config("files: expected an icon for a new bot, found none"));
        }
        // The icon comes after the definition and the configuration.
        Set::Single { icon: Some(_), .. } if !is_new => Some(2),
        _ => None,
    };
    let all = files.iter().enumerate().filter(|(file, _)| Some(*file) != skipped);
    Ok(all.map(|(file, content)| Upload { file, content: content.0.clone() }).collect())
}

/// The start of an import, with the ids of its uploads in order.
pub(super) fn start(files: &ImportFiles, target: Target, ids: Vec<FileId>) -> Start {
    let mut ids = ids.into_iter();
    let mut next = || ids.next().expect("an id for each upload");
    match target {
        Target::New { name, purpose } => {
            let mut request = match files.0 {
                Set::Zip(_) => start_new::Request::of_zip(next()),
                Set::Single { .. } => {
                    let (definition, config, icon) = (next(), next(), next());
                    start_new::Request::of_files(definition, config, icon, ids.collect())
                }
            };
            (request.import.name, request.import.purpose) = (Some(name), purpose);
            Start::New(request)
        }
        Target::Existing { bot_id, mode } => {
            let (options, exact) = match mode {
                ImportMode::Full => (None, None),
                ImportMode::Incremental(options) => (Some(options), None),
                ImportMode::ExactIncremental(options) => (None, Some(options.under("importOptions"))),
            };
            let (definition, config) = (next(), next());
            let mut request =
                start_existing::Request::new(bot_id, definition, config, ids.collect(), options);
            request.exact = exact;
            Start::Existing(request)
        }
    }
}

impl Upload {
    /// The request. It reports how much of the file was read, each time that it is sent.
    pub(super) fn request(&self, tell: impl Fn(ImportEvent) + Send + Sync + 'static) -> upload::Request {
        let this = self.clone();
        let content = self.content.clone().reporting(move |sent| tell(this.uploading(sent)));
        let boundary = Boundary::new(random_jti()).expect("hexadecimal digits");
        upload::Request::new(upload::Form::new(content), boundary)
    }

    pub(super) fn uploading(&self, sent: u64) -> ImportEvent {
        ImportEvent::Uploading { file: self.file, name: self.name(), sent, length: self.content.len() }
    }

    /// The id of the uploaded file, and the event for it. A response without an id was refused before.
    pub(super) fn uploaded(&self, response: upload::Response) -> (FileId, ImportEvent) {
        let id = response.file.id.expect("a response is read only with an id");
        let event = ImportEvent::Uploaded {
            file: self.file,
            name: self.name(),
            length: self.content.len(),
            id: id.clone(),
        };
        (id, event)
    }

    fn name(&self) -> Arc<str> {
        self.content.name().into()
    }
}
