//! The bodies of requests and answers.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until, timeout};

use super::connection::{Busy, Connection};
use super::room::Room;

/// A body of an answer: its connection is not idle until all of it is sent.
#[derive(Debug)]
pub(super) struct Kept<B> {
    body: B,
    _busy: Busy,
}

impl<B> Kept<B> {
    pub(super) fn new(body: B, busy: Busy) -> Self {
        Self { body, _busy: busy }
    }
}

impl<B: Body + Unpin> Body for Kept<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The most of one body of a call: none that is served here has one, this is room for those to come.
pub(super) const MAX_BODY: usize = 1024 * 1024;

/// The most of all bodies that are being read, in KiB: a snapshot of any length, and others beside.
const ROOM: usize = 96 * 1024;

/// How long a body may be slow before others may have its room, and how many bytes bring another
/// second.
const START: Duration = Duration::from_secs(1);
const BYTES_IN_A_SECOND: u64 = 256 * 1024;

/// The bodies that are being read. One that is slow gives way when others need the room.
#[derive(Debug)]
pub(crate) struct Bodies(Room);

/// A body and its share of the room.
#[derive(Debug)]
pub(crate) struct ReadBody {
    bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
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
    /// Others needed the room.
    GaveWay,
    Late,
    /// The connection ended within it.
    Broken,
}

impl Default for Bodies {
    fn default() -> Self {
        Self(Room::new(ROOM))
    }
}

impl Bodies {
    /// The whole body. One whose length is told and is too long is not waited for.
    pub(crate) async fn read(
        &self,
        body: Incoming,
        most: usize,
        patience: Duration,
        connection: &Connection,
    ) -> Result<ReadBody, Unread> {
        if body.is_end_stream() {
            return Ok(ReadBody { bytes: Bytes::new(), _share: None });
        }
        let most = match body.size_hint().exact() {
            Some(told) if told > most as u64 => return Err(Unread::TooLong),
            Some(told) => told as usize,
            None => most,
        };
        timeout(patience, self.collect(body, most, connection)).await.unwrap_or(Err(Unread::Late))
    }

    async fn collect(
        &self,
        mut body: Incoming,
        most: usize,
        connection: &Connection,
    ) -> Result<ReadBody, Unread> {
        // All of it at once: of two that grow, each would wait for the other.
        let share = self.0.take(most.div_ceil(1024).try_into().map_err(|_| Unread::TooLong)?).await;
        let mut read = Vec::new();
        let mut slow = Instant::now() + START;
        loop {
            let gives_way = async {
                sleep_until(slow).await;
                self.0.wanted().await;
            };
            let frame = tokio::select! {
                frame = body.frame() => frame,
                () = gives_way => return Err(Unread::GaveWay),
            };
            let Some(frame) = frame else { break };
            let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
            connection.stirs();
            if read.len() + data.len() > most {
                return Err(Unread::TooLong);
            }
            read.extend_from_slice(&data);
            slow += Duration::from_secs(1) * data.len() as u32 / BYTES_IN_A_SECOND as u32;
        }
        Ok(ReadBody { bytes: read.into(), _share: share.into() })
    }
}
