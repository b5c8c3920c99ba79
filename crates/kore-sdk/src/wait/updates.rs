//! The updates of a watch, and what is made of them: all that the async and the blocking client
//! share. Only sending and waiting are apart, in `awaited` and `blocking`.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use kore_protocol::watch::{DeadlineTooSoon, End, Job, Next, Now, Poll, Update, Watches};

use crate::Error;
use crate::call::Core;

/// The updates of a watch, as they come.
///
/// Those of the async client are a `Stream`, and have [`next`](Self::next) for those who have no use
/// for that trait. The watch goes on while it is polled, on a tokio runtime with its timer.
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
/// Those of the blocking client are an `Iterator`. Each poll has a thread of its own while it is
/// under way, so that the deadline holds whatever the transport does. How long a poll may take is a
/// matter of the transport: a thread cannot be stopped, so its poll counts as under way until it
/// ends.
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
/// Dropping it gives the watch up; what was sent counts for the next watch of the same client.
#[must_use = "the watch goes on only while its updates are asked for"]
pub struct Updates<C: Polls, J: Job> {
    pub(super) client: C,
    watches: Watches<J, Error>,
    /// How long a job is waited for that is added later.
    timeout: Duration,
    pub(super) under_way: C::UnderWay<J>,
}

/// A client, as a watch uses it. Nobody else can name it.
pub trait Polls: Clone {
    /// The polls that are under way.
    type UnderWay<J: Job>: Default;

    /// What the calls of the client share.
    fn core(&self) -> &Core;

    /// What its clocks show.
    fn now() -> Now;
}

impl<C: Polls, J: Job> Updates<C, J> {
    pub(super) fn new(client: C, watches: Watches<J, Error>, timeout: Duration) -> Self {
        Self { client, watches, timeout, under_way: Default::default() }
    }

    /// How many jobs are watched.
    pub fn len(&self) -> usize {
        self.watches.len()
    }

    /// Whether no job is watched any more. There may be updates that were not taken yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Watches one more job from now on, for as long as the others were to be watched. One that
    /// is watched already goes on for so long.
    pub fn watch(&mut self, job: &J) {
        self.watches.watch(job.clone(), self.timeout, C::now());
    }

    /// Gives the watch of one job up, which is its last update.
    pub fn cancel(&mut self, job: &J) {
        self.watches.cancel(job, C::now());
    }

    /// Gives all watches up, which are the last updates.
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

    pub(super) fn received(&mut self, poll: &Poll<J>, response: Result<J::Response, Error>) {
        match response {
            Ok(response) => self.watches.handle_response(C::now(), poll, response),
            Err(error) => self.watches.handle_failure(C::now(), poll, error),
        }
    }
}

impl<C: Polls, J: Job> Drop for Updates<C, J> {
    fn drop(&mut self) {
        // What is under way is noted as sent, and not as under way for ever.
        self.watches.cancel_all(C::now());
    }
}

impl<C: Polls, J: Job> fmt::Debug for Updates<C, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Updates").field("watched", &self.len()).finish_non_exhaustive()
    }
}

/// What is done with each update before it counts.
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
