//! The updates of a watch, and the outcome that is gathered from them: what both clients share. Only
//! sending and waiting differ, in `awaited` and `blocking`.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use kore_protocol::watch::{DeadlineTooSoon, End, Job, Next, Now, Poll, Update, Watches};

use crate::call::Core;
use crate::{Answer, Error};

/// The updates of a watch, as they come.
///
/// With the async client they are a `Stream`, and have a method [`next`](Self::next) that needs no
/// trait. The watch makes progress while it is polled, on a tokio runtime with its timer.
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
///
/// With the blocking client they are an `Iterator`. Each poll runs in a thread of its own, so that the
/// deadline holds whatever the transport does. The transport limits the time of a poll: a thread cannot
/// be stopped, so its poll counts as under way until it ends.
///
/// ```no_run
/// # fn example(client: kore_sdk::blocking::Client) -> Result<(), Box<dyn std::error::Error>> {
/// for update in client.watch_import(&"bir-1f".parse()?).updates() {
///     println!("{update:?}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// Dropping them ends the watch. What was sent counts for the next watch of the same client.
#[must_use = "the watch makes progress only while its updates are taken"]
pub struct Updates<C: Polls, J: Job> {
    pub(super) client: C,
    watches: Watches<J, Error>,
    /// The deadline of jobs that are added later.
    timeout: Duration,
    pub(super) under_way: C::UnderWay<J>,
    /// Of the last response about each job, if they are to be kept.
    headers: Option<HashMap<J, HeaderMap>>,
}

/// What a watch needs of a client. Users cannot name this trait.
pub trait Polls: Clone {
    /// The polls that are under way.
    type UnderWay<J: Job>: Default;

    /// What the calls of the client share.
    fn core(&self) -> &Core;

    /// The time by its clocks.
    fn now() -> Now;
}

impl<C: Polls, J: Job> Updates<C, J> {
    pub(super) fn new(client: C, watches: Watches<J, Error>, timeout: Duration, keeps_headers: bool) -> Self {
        let headers = keeps_headers.then(HashMap::new);
        Self { client, watches, timeout, under_way: Default::default(), headers }
    }

    /// How many jobs are watched.
    pub fn len(&self) -> usize {
        self.watches.len()
    }

    /// Whether no job is watched any more. There may still be updates to take.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Watches one more job from now, for as long as the first jobs. If it is watched already, its
    /// deadline moves.
    pub fn watch(&mut self, job: &J) {
        self.watches.watch(job.clone(), self.timeout, C::now());
    }

    /// Ends the watch of one job, with a last update.
    pub fn cancel(&mut self, job: &J) {
        self.watches.cancel(job, C::now());
    }

    /// The headers of the last response about a job, if
    /// [`keep_headers`](crate::Wait::keep_headers) was set. Among them is the id of the request for a
    /// support ticket. Those of a response that is an error are in the [`Error`].
    pub fn headers(&self, job: &J) -> Option<&HeaderMap> {
        self.headers.as_ref()?.get(job)
    }

    /// Ends the watches of all jobs, each with a last update.
    pub fn cancel_all(&mut self) {
        self.watches.cancel_all(C::now());
        self.under_way = Default::default();
    }

    pub(super) fn step(&mut self) -> Next<J, Error> {
        let next = self.watches.poll(C::now());
        if let Next::Tell(update) = &next {
            tracing::debug!(?update, "watch");
        }
        next
    }

    pub(super) fn received(&mut self, poll: &Poll<J>, answer: Result<Answer<J::Response>, Error>) {
        match answer {
            Ok(answer) => {
                if let Some(kept) = &mut self.headers {
                    kept.insert(poll.job().clone(), answer.headers);
                }
                self.watches.handle_response(C::now(), poll, answer.response);
            }
            Err(error) => self.watches.handle_failure(C::now(), poll, error),
        }
    }
}

impl<C: Polls, J: Job> Drop for Updates<C, J> {
    fn drop(&mut self) {
        // Else polls that are under way would count for ever.
        self.watches.cancel_all(C::now());
    }
}

impl<C: Polls, J: Job> fmt::Debug for Updates<C, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Updates").field("watched", &self.len()).finish_non_exhaustive()
    }
}

/// What the user does with each update.
pub(super) type OnUpdate<'a, J> = Box<dyn FnMut(&Update<J, Error>) + Send + 'a>;

/// The ends of a wait for jobs, gathered from its updates.
pub(super) struct Gathered<'a, J: Job> {
    jobs: Vec<J>,
    on_update: OnUpdate<'a, J>,
    ends: HashMap<J, Result<End<J, Error>, DeadlineTooSoon>>,
}

impl<'a, J: Job> Gathered<'a, J> {
    pub(super) fn new(jobs: Vec<J>, on_update: OnUpdate<'a, J>) -> Self {
        Self { jobs, on_update, ends: HashMap::new() }
    }

    pub(super) fn take(&mut self, update: Update<J, Error>) {
        (self.on_update)(&update);
        if let Update::Ended { job, end } = update {
            self.ends.insert(job, end);
        }
    }

    /// The end of the one job.
    pub(super) fn one(self) -> Result<End<J, Error>, DeadlineTooSoon> {
        self.all().pop().expect("one job is watched").1
    }

    /// The end of each job, in the order in which the jobs were given.
    #[allow(clippy::type_complexity, reason = "each job with its end")]
    pub(super) fn all(mut self) -> Vec<(J, Result<End<J, Error>, DeadlineTooSoon>)> {
        let end_of = |job: J| {
            let end = self.ends.remove(&job).expect("each watch ends once");
            (job, end)
        };
        self.jobs.into_iter().map(end_of).collect()
    }
}
