//! The updates of a watch as a stream.

use std::collections::HashMap;
use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use futures_core::Stream as _;
use futures_util::future::{AbortHandle, Aborted, abortable};
use futures_util::stream::FuturesUnordered;
use kore_protocol::watch::{DeadlineTooSoon, End, Job, Now, Poll as Sent, Update};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

use super::driver::{Driver, Task};
use super::settings::{OnUpdate, Wait, in_order};
use crate::{Client, Error};

/// The updates of a watch, as they come: a `Stream`, and [`next`](Self::next) for those who have
/// no use for that trait.
///
/// The watch goes on while it is polled, on a tokio runtime with its timer. Dropping it cancels the
/// polls that are under way; what was sent counts for the next watch of the same client.
///
/// ```no_run
/// # async fn example(client: kore_sdk::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use kore_sdk::watch::Update;
///
/// let mut updates = client.watch_import(&"bir-1f".parse()?).updates();
/// while let Some(update) = updates.next().await {
///     match update {
///         Update::Event { job, event, .. } => println!("{job}: {event:?}"),
///         Update::Ended { job, end } => println!("{job} ended: {end:?}"),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "the watch goes on only while its updates are asked for"]
pub struct Updates<J: Job> {
    client: Client,
    driver: Driver<J>,
    polls: FuturesUnordered<Pin<Box<dyn Future<Output = Received<J>> + Send>>>,
    /// With them a poll is dropped before its time.
    handles: HashMap<J, AbortHandle>,
    sleep: Option<Pin<Box<Sleep>>>,
}

/// A poll, and the response unless its time ran out; nothing if it was given up.
type Received<J> = Result<(Sent<J>, Option<Result<<J as Job>::Response, Error>>), Aborted>;

/// tokio's clock, so that its pause works in tests.
fn now() -> Now {
    Now { instant: Instant::now().into_std(), wall: SystemTime::now() }
}

impl<J: Job> Updates<J> {
    /// The next update; none when nothing is watched any more.
    pub async fn next(&mut self) -> Option<Update<J, Error>> {
        poll_fn(|context| self.poll_update(context)).await
    }

    /// How many jobs are watched.
    pub fn len(&self) -> usize {
        self.driver.len()
    }

    /// Whether no job is watched any more. There may be updates that were not taken yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Watches one more job from now on, for as long as the others were to be watched. One that
    /// is watched already goes on for so long.
    pub fn watch(&mut self, job: &J) {
        self.driver.watch(job.clone(), now());
    }

    /// Gives the watch of one job up, which is its last update.
    pub fn cancel(&mut self, job: &J) {
        self.driver.cancel(job, now());
    }

    /// Gives all watches up, which are the last updates.
    pub fn cancel_all(&mut self) {
        self.driver.cancel_all(now());
        self.forget_polls();
    }

    fn forget_polls(&mut self) {
        self.polls.clear();
        self.handles.clear();
    }

    pub(super) fn poll_update(&mut self, context: &mut Context<'_>) -> Poll<Option<Update<J, Error>>> {
        loop {
            // A response that is there counts, however late its consumer asks; and no poll waits to
            // be sent while something else is told.
            self.take_responses(context);
            match self.driver.next(now()) {
                Task::Tell(update) => {
                    self.drop_poll_of(&update);
                    return Poll::Ready(Some(update));
                }
                Task::Send(poll, until) => self.send(poll, until.into()),
                Task::Wait(until) => ready!(self.poll_wait(until.into(), context)),
                Task::Nothing => {
                    // Polls of watches that have ended are of no use.
                    self.forget_polls();
                    return Poll::Ready(None);
                }
            }
        }
    }

    /// A poll that is under way when its watch ends is of no use.
    fn drop_poll_of(&mut self, update: &Update<J, Error>) {
        if let Update::Ended { job, .. } = update
            && let Some(handle) = self.handles.remove(job)
        {
            handle.abort();
        }
    }

    fn send(&mut self, sent: Sent<J>, until: Instant) {
        let client = self.client.clone();
        let job = sent.job().clone();
        let (sending, handle) = abortable(async move {
            let response = timeout_at(until, client.poll(sent.request())).await;
            (sent, response.ok())
        });
        self.polls.push(Box::pin(sending));
        self.handles.insert(job, handle);
    }

    fn take_responses(&mut self, context: &mut Context<'_>) {
        while let Poll::Ready(Some(received)) = Pin::new(&mut self.polls).poll_next(context) {
            if let Ok((sent, response)) = received {
                self.handles.remove(sent.job());
                self.driver.received(now(), &sent, response);
            }
        }
    }

    /// Ready when the time has come. A response that comes first wakes as well.
    fn poll_wait(&mut self, until: Instant, context: &mut Context<'_>) -> Poll<()> {
        // Made anew, since the runtime may be another one than before.
        self.sleep.insert(Box::pin(sleep_until(until))).as_mut().poll(context)
    }
}

impl<J: Job> Drop for Updates<J> {
    fn drop(&mut self) {
        // What is under way is noted as sent, and not as under way for ever.
        self.driver.cancel_all(now());
    }
}

impl<J: Job> fmt::Debug for Updates<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Updates").field("watched", &self.len()).finish_non_exhaustive()
    }
}

impl<'a, J: Job, Ends> Wait<'a, Client, J, Ends> {
    /// The updates one by one, in place of the outcome alone.
    pub fn updates(self) -> Updates<J> {
        self.start().0
    }

    fn start(self) -> (Updates<J>, Vec<J>, OnUpdate<'a, J>) {
        let client = self.client.clone();
        let (driver, jobs, on_update) = self.begin(&client.core, now());
        let updates =
            Updates { client, driver, polls: FuturesUnordered::new(), handles: HashMap::new(), sleep: None };
        (updates, jobs, on_update)
    }
}

impl<'a, J: Job> IntoFuture for Wait<'a, Client, J> {
    type Output = Result<End<J, Error>, DeadlineTooSoon>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            let (mut updates, _, mut on_update) = self.start();
            loop {
                let update = updates.next().await.expect("the last update is the end");
                on_update.call(&update);
                if let Update::Ended { end, .. } = update {
                    return end;
                }
            }
        })
    }
}

impl<'a, J: Job> IntoFuture for Wait<'a, Client, J, Vec<J>> {
    type Output = Vec<(J, Result<End<J, Error>, DeadlineTooSoon>)>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            let (mut updates, jobs, mut on_update) = self.start();
            let mut ends = HashMap::new();
            while let Some(update) = updates.next().await {
                on_update.call(&update);
                if let Update::Ended { job, end } = update {
                    ends.insert(job, end);
                }
            }
            in_order(jobs, ends)
        })
    }
}
