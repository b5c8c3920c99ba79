//! What an import has to tell while its files are uploaded and it is started.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use kore_protocol::watch::Event;
use kore_types::{BotImportId, FileId, StatusLog};

/// Something that an import does, or has seen.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ImportEvent {
    /// Some of a file was handed over to be sent; the first time none of it. If it is sent again, it
    /// begins anew.
    Uploading {
        /// The place of the file in [`ImportFiles::iter`](super::ImportFiles::iter).
        file: usize,
        /// Its name.
        name: Arc<str>,
        /// How many bytes of it were handed over.
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
        /// What the platform calls it.
        id: FileId,
    },
    /// A request waits, to be sent for the first time or again.
    Waiting {
        /// Why, on one line.
        because: String,
        /// Until when.
        until: Instant,
    },
    /// The start is sent next. From now on the import may exist, whatever happens here.
    Starting,
    /// The platform accepted the import.
    Started {
        /// What its status is asked for by.
        import_id: BotImportId,
        /// The response as it came.
        body: Bytes,
    },
    /// The import is watched.
    Watch(Event<StatusLog>),
}

/// What is done with each event.
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
