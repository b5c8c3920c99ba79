//! The bodies of requests, read within a bound for each and one for all, and those of answers.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Channel, Either, Full};
use hyper::body::{Body as _, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The body of an answer: at once, or piece by piece until its sender is dropped or breaks it off.
pub(crate) type AnswerBody = Either<Full<Bytes>, Channel<Bytes, io::Error>>;

pub(crate) fn whole(body: impl Into<Bytes>) -> AnswerBody {
    Either::Left(Full::new(body.into()))
}

/// The most of one body of a call, but an upload: the start of an import names its files alone.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// The most of all bodies that are being read, in bytes: a snapshot of any length, and others beside.
const ROOM: usize = 96 * 1024 * 1024;

/// The room for bodies. Each takes as much of it as has arrived, so that one that is owed, or comes
/// slowly, keeps no other out.
#[derive(Debug)]
pub(crate) struct Bodies(Arc<Semaphore>);

/// A body and its share of the room.
#[derive(Debug)]
pub(crate) struct ReadBody {
    bytes: Bytes,
    _share: Share,
}

impl ReadBody {
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    TooLong,
    /// Others have the room.
    NoRoom,
    Late,
    /// The connection ended within it.
    Broken,
}

impl Default for Bodies {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ROOM)))
    }
}

impl Bodies {
    /// The whole body. One whose length is told and is too long is not waited for.
    pub(crate) async fn read(
        &self,
        body: Incoming,
        most: usize,
        patience: Duration,
    ) -> Result<ReadBody, Unread> {
        if body.size_hint().lower() > most as u64 {
            return Err(Unread::TooLong);
        }
        timeout(patience, self.collect(body, most)).await.unwrap_or(Err(Unread::Late))
    }

    async fn collect(&self, mut body: Incoming, most: usize) -> Result<ReadBody, Unread> {
        let mut read = Vec::new();
        let mut share = self.share();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
            if read.len() + data.len() > most {
                return Err(Unread::TooLong);
            }
            share.grow(data.len())?;
            read.extend_from_slice(&data);
        }
        Ok(ReadBody { bytes: read.into(), _share: share })
    }

    pub(crate) fn share(&self) -> Share {
        Share { room: Arc::clone(&self.0), taken: None }
    }
}

/// What a body has of the room.
#[derive(Debug)]
pub(crate) struct Share {
    room: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
}

impl Share {
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Unread> {
        let bytes = bytes.try_into().map_err(|_| Unread::TooLong)?;
        let more = Arc::clone(&self.room).try_acquire_many_owned(bytes).map_err(|_| Unread::NoRoom)?;
        match &mut self.taken {
            Some(taken) => taken.merge(more),
            None => self.taken = Some(more),
        }
        Ok(())
    }
}
