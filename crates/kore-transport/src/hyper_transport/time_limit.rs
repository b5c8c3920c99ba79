//! The time limit of a request, which begins anew while files are sent.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::task::{Unconstrained, unconstrained};
use tokio::time::{Sleep, sleep};

use super::seconds::Seconds;
use crate::send_body::Sending;
use crate::{Phase, TransportError};

/// The time limit of a request. If it runs out and pieces of the body were taken meanwhile, it begins
/// anew. So the last piece has at least the whole limit to leave the buffers of the system.
pub(super) struct TimeLimit<'a> {
    /// Outside of tokio's budget, so that a host that never stops sending cannot delay it. One timer
    /// serves all parts of a call.
    timer: Pin<&'a mut Unconstrained<Sleep>>,
    limit: Duration,
    sending: &'a Sending,
    /// How many pieces were taken when the timer was set.
    taken: u64,
}

impl<'a> TimeLimit<'a> {
    pub(super) fn timer(limit: Duration) -> Unconstrained<Sleep> {
        unconstrained(sleep(limit))
    }

    /// `timer` was set to that limit.
    pub(super) fn new(
        timer: Pin<&'a mut Unconstrained<Sleep>>,
        limit: Duration,
        sending: &'a Sending,
    ) -> Self {
        Self { timer, limit, sending, taken: 0 }
    }

    /// The output of the future, unless the limit comes first.
    pub(super) async fn before<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Poll::Ready(value) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(value));
            }
            while self.timer.as_mut().poll(cx).is_ready() {
                match self.sending.taken() {
                    Some(taken) if taken > self.taken => self.taken = taken,
                    _ => return Poll::Ready(None),
                }
                self.timer.set(Self::timer(self.limit));
            }
            Poll::Pending
        })
        .await
    }

    pub(super) fn error(&self, phase: Phase) -> TransportError {
        let whole = if self.taken == 0 { "for the whole request" } else { "without progress" };
        TransportError::timeout(phase, format_args!("{} {whole}", Seconds(self.limit)))
    }
}
