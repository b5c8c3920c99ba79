//! How long a request may take.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::task::{Unconstrained, unconstrained};
use tokio::time::{Sleep, sleep};

use super::Seconds;
use crate::send_body::Sending;
use crate::{Phase, TransportError};

/// The time limit of a request. A body that is sent in pieces may take longer: the limit begins anew
/// as long as pieces were taken while it ran. So the last of them has at least the whole limit to
/// leave the buffers of the system.
pub(super) struct TimeLimit<'a> {
    /// Without a budget, so that a host which never stops sending does not hold the limit off. One
    /// timer serves for all parts of a call.
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

    /// `timer` is one of that limit.
    pub(super) fn new(
        timer: Pin<&'a mut Unconstrained<Sleep>>,
        limit: Duration,
        sending: &'a Sending,
    ) -> Self {
        Self { timer, limit, sending, taken: 0 }
    }

    /// What the future gives, unless the limit comes first.
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
