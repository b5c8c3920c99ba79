//! Sending and waiting on tokio, for the async client.

use std::collections::HashMap;
use std::future::{IntoFuture, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use futures_util::future::{AbortHandle, Aborted, abortable};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use kore_protocol::watch::{DeadlineTooSoon, End, Job, Next, Now, Poll as Sent, Update};
use kore_transport::{Phase, TransportError};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::settings::Wait;
use super::updates::{Polls, Updates};
use crate::call::Core;
use crate::{Answer, Client, Error};

/// The polls that are under way, and the time that is waited for.
pub struct UnderWay<J: Job> {
    polls: FuturesUnordered<Pin<Box<dyn Future<Output = Received<J>> + Send>>>,
    /// By job, to drop a poll whose watch has ended.
    handles: HashMap<J, AbortHandle>,
    sleep: Option<Pin<Box<Sleep>>>,
}

/// A poll and its response, unless the poll was dropped.
type Received<J> = Result<(Sent<J>, Result<Answer<<J as Job>::Response>, Error>), Aborted>;

impl<J: Job> Default for UnderWay<J> {
    fn default() -> Self {
        Self { polls: FuturesUnordered::new(), handles: HashMap::new(), sleep: None }
    }
}

impl Polls for Client {
    type UnderWay<J: Job> = UnderWay<J>;

    fn core(&self) -> &Core {
        &self.core
    }

    /// The clock of tokio, so that tests can pause it.
    fn now() -> Now {
        Now { instant: Instant::now().into_std(), wall: SystemTime::now() }
    }
}

impl<J: Job> Updates<Client, J> {
    /// The next update. `None` when no job is watched any more.
    pub async fn next(&mut self) -> Option<Update<J, Error>> {
        poll_fn(|context| self.poll_update(context)).await
    }

    pub(super) fn poll_update(&mut self, context: &mut Context<'_>) -> Poll<Option<Update<J, Error>>> {
        loop {
            // First, so that a response counts even if the user takes updates late.
            self.take_responses(context);
            match self.step() {
                Next::Tell(update) => {
                    self.drop_poll_of(&update);
                    return Poll::Ready(Some(update));
                }
                Next::Send(poll) => self.send(poll),
                Next::Wait(until) => ready!(self.poll_wait(until.into(), context)),
                Next::Idle => {
                    // Polls of watches that have ended are useless.
                    self.under_way = UnderWay::default();
                    return Poll::Ready(None);
                }
            }
        }
    }

    /// A poll that is under way when its watch ends is useless.
    fn drop_poll_of(&mut self, update: &Update<J, Error>) {
        if let Update::Ended { job, .. } = update
            && let Some(handle) = self.under_way.handles.remove(job)
        {
            handle.abort();
        }
    }

    fn send(&mut self, sent: Sent<J>) {
        let client = self.client.clone();
        let job = sent.job().clone();
        let (sending, handle) = abortable(async move {
            let response = timeout(sent.timeout(), client.poll(sent.request())).await;
            let response = response.unwrap_or_else(|_| {
                let limit = format!("{} s for one poll", sent.timeout().as_secs_f64());
                Err(TransportError::timeout(Phase::Exchange, limit).into())
            });
            (sent, response)
        });
        self.under_way.polls.push(Box::pin(sending));
        self.under_way.handles.insert(job, handle);
    }

    fn take_responses(&mut self, context: &mut Context<'_>) {
        while let Poll::Ready(Some(received)) = self.under_way.polls.poll_next_unpin(context) {
            if let Ok((sent, response)) = received {
                self.under_way.handles.remove(sent.job());
                self.received(&sent, response);
            }
        }
    }

    /// Ready when the time has come. An earlier response wakes the task too.
    fn poll_wait(&mut self, until: Instant, context: &mut Context<'_>) -> Poll<()> {
        // Made anew, since the runtime may be another one than at the last call.
        self.under_way.sleep.insert(Box::pin(sleep_until(until))).as_mut().poll(context)
    }
}

/// None of its fields is pinned in place.
impl<J: Job> Unpin for Updates<Client, J> {}

impl<'a, J: Job> IntoFuture for Wait<'a, Client, J> {
    type Output = Result<End<J, Error>, DeadlineTooSoon>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            let (mut updates, mut ends) = self.begin();
            while let Some(update) = updates.next().await {
                ends.take(update);
            }
            ends.one()
        })
    }
}

impl<'a, J: Job> IntoFuture for Wait<'a, Client, J, Vec<J>> {
    type Output = Vec<(J, Result<End<J, Error>, DeadlineTooSoon>)>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            let (mut updates, mut ends) = self.begin();
            while let Some(update) = updates.next().await {
                ends.take(update);
            }
            ends.all()
        })
    }
}
