//! The events of an import, from the upload of its files to the end of its watch.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use kore_protocol::watch::Event;
use kore_types::{BotImportId, FileId, StatusLog};

/// A step of an import.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ImportEvent {
    /// A file is being uploaded. The first event of a file has `sent` at 0. If the upload is repeated,
    /// `sent` begins at 0 again.
    Uploading {
        /// The place of the file in [`ImportFiles::iter`](super::ImportFiles::iter).
        file: usize,
        /// Its name.
        name: Arc<str>,
        /// How many of its bytes were read to be sent.
        sent: u64,
        /// How many it has.
        length: u64,
    },
    /// The platform has a file.
    Uploaded {
        /// The place of the file in [`ImportFiles::iter`](super::ImportFiles::iter).
        file: usize,
        /// Its name.
        name: Arc<str>,
        /// How many bytes it has.
        length: u64,
        /// The id that the platform gave it.
        id: FileId,
    },
    /// The next request has to wait.
    Waiting {
        /// Why, on one line.
        because: String,
        /// Until when.
        until: Instant,
    },
    /// The start is sent next. From now on the import may exist, even if an error follows.
    Starting,
    /// The platform accepted the import.
    Started {
        /// The id of the import, to ask for its status.
        import_id: BotImportId,
        /// The body of the response, byte for byte.
        body: Bytes,
    },
    /// An event of the watch.
    Watch(Event<StatusLog>),
}

/// The function that the user set for events.
pub(super) struct OnEvent<'a>(Box<dyn FnMut(&ImportEvent) + Send + 'a>);

impl<'a> OnEvent<'a> {
    pub(super) fn new(on_event: impl FnMut(&ImportEvent) + Send + 'a) -> Self {
        Self(Box::new(on_event))
    }

    pub(super) fn tell(&mut self, event: ImportEvent) {
        tracing::debug!(?event, "import");
        (self.0)(&event);
    }
}
