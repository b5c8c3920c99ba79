//! The watches of all jobs: which job is polled next, and how many polls are under way. This is the
//! part of the watch that its owner uses.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::job_watch::{JobWatch, State};
use super::{DeadlineTooSoon, End, Event, Job, Now, PollError, ResumeToken, Settings};
use crate::clock::{LEAST_WAIT, is_past, later};
use crate::{Millis, RequestLogs};

/// The default for how many polls may be under way at once.
pub const DEFAULT_CONCURRENCY: NonZeroUsize = NonZeroUsize::new(64).expect("not zero");

/// More memory than for this many updates is freed when there are none.
const MOST_ROOM: usize = 1024;

/// What happened in the watch of a job.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Update<J: Job, E> {
    /// The watch has seen or decided something.
    Event {
        /// The job.
        job: J,
        /// What it has seen or decided.
        event: Event<J::Task>,
        /// The body of the last response, byte for byte. Empty if no poll succeeded yet.
        body: Bytes,
    },
    /// The watch has ended. This is its last update.
    Ended {
        /// The job.
        job: J,
        /// How it ended; an error at once if the rate limit allows no poll before the deadline.
        end: Result<End<J, E>, DeadlineTooSoon>,
    },
}

/// Without the body, which may be long and comes with each event.
impl<J: Job, E: fmt::Debug> fmt::Debug for Update<J, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event { job, event, .. } => {
                f.debug_struct("Event").field("job", job).field("event", event).finish_non_exhaustive()
            }
            Self::Ended { job, end } => f.debug_struct("Ended").field("job", job).field("end", end).finish(),
        }
    }
}

/// A poll that the owner sends.
#[derive(Debug)]
pub struct Poll<J: Job> {
    job: J,
    request: J::Request,
    timeout: Duration,
    number: u64,
    watch: u64,
}

impl<J: Job> Poll<J> {
    /// The job that is polled.
    pub fn job(&self) -> &J {
        &self.job
    }

    /// What to send.
    pub fn request(&self) -> &J::Request {
        &self.request
    }

    /// How long the poll may take. After that the owner gives it up, which is a failure.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// What the owner of watches does next. Exhaustive, so that an owner thinks of each case.
#[allow(clippy::large_enum_variant, reason = "there is one at a time, and it is passed on at once")]
#[derive(Debug)]
pub enum Next<J: Job, E> {
    /// Handle this update, and poll again at once.
    Tell(Update<J, E>),
    /// Send this, and poll again at once. When the response is there, call
    /// [`Watches::handle_response`] or [`Watches::handle_failure`].
    Send(Poll<J>),
    /// Wait until then, or until a response is there, whichever comes first. Then poll again. The time
    /// is at least a millisecond from now.
    Wait(Instant),
    /// No job is watched.
    Idle,
}

/// The watches of any number of jobs of one kind. The job that waits longest is polled first. The
/// number of polls that are under way at once is limited. The jobs do not affect each other.
///
/// A job that is given twice is watched once. Jobs can be added at any time.
///
/// When the deadline comes, each job that has not ended is polled once more, if its rate limit allows
/// it. For all jobs with the same deadline that takes [`LAST_POLL`](super::LAST_POLL) at most. A job
/// that had no turn by then ends without a last poll.
///
/// ```
/// # use std::time::{Duration, Instant, SystemTime};
/// use kore_protocol::{RequestLogs, ResponseError};
/// use kore_protocol::watch::{Next, Now, Settings, Update, Watches};
/// use kore_types::{BotImport, BotImportId, Status};
///
/// let mut now = Now { instant: Instant::now(), wall: SystemTime::now() };
/// let mut watches: Watches<BotImportId, ResponseError> =
///     Watches::new(RequestLogs::default(), Settings::default());
/// for id in ["bir-1", "bir-2", "bir-1"] {
///     watches.watch(id.parse()?, Duration::from_secs(60), now);
/// }
/// assert_eq!(watches.len(), 2);
/// let mut ended = 0;
/// loop {
///     match watches.poll(now) {
///         // A real owner sends it and asks again, up to 64 times before the first response.
///         Next::Send(poll) => {
///             let import = BotImport::new(poll.request().import_id.clone(), Status::Success);
///             watches.handle_response(now, &poll, import);
///         }
///         Next::Tell(update) => ended += usize::from(matches!(update, Update::Ended { .. })),
///         Next::Wait(until) => now.instant = until,
///         Next::Idle => break,
///     }
/// }
/// assert_eq!(ended, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Watches<J: Job, E> {
    settings: Arc<Settings>,
    logs: RequestLogs<Millis>,
    concurrency: usize,
    /// By number, which is smaller than a job, since it stands in the sets below too.
    entries: HashMap<u64, Watched<J, E>>,
    numbers: HashMap<J, u64>,
    /// How many watches were begun; the next one has this number.
    begun: u64,
    /// The watches that rest, by when they are to be polled again.
    due: BTreeSet<(Instant, u64)>,
    /// All watches, by when they end at the latest.
    ends: BTreeSet<(Instant, u64)>,
    polling: usize,
    /// How many polls were sent; the last one has this number.
    polls: u64,
    updates: VecDeque<Update<J, E>>,
}

#[derive(Debug)]
struct Watched<J: Job, E> {
    watch: JobWatch<J, E>,
    /// Its time in the set `ends`.
    ends: Instant,
    /// Its time in the set `due`; `None` while a poll is under way.
    due: Option<Instant>,
    /// The number of its last poll.
    poll: u64,
}

impl<J: Job, E: PollError> Watches<J, E> {
    /// Watches of no job yet. The logs say which rate limits there are and what was sent before.
    pub fn new(logs: RequestLogs<Millis>, settings: Settings) -> Self {
        Self {
            settings: Arc::new(settings),
            logs,
            concurrency: DEFAULT_CONCURRENCY.get(),
            entries: HashMap::new(),
            numbers: HashMap::new(),
            begun: 0,
            due: BTreeSet::new(),
            ends: BTreeSet::new(),
            polling: 0,
            polls: 0,
            updates: VecDeque::new(),
        }
    }

    /// Sets how many polls may be under way at once. The default is [`DEFAULT_CONCURRENCY`].
    #[must_use]
    pub fn concurrency(mut self, polls: NonZeroUsize) -> Self {
        self.concurrency = polls.get();
        self
    }

    /// How many jobs are watched.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether no job is watched.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// How many polls are under way.
    pub fn polling(&self) -> usize {
        self.polling
    }

    /// Watches a job for at most `timeout` from now. If it is watched already, its deadline moves, if
    /// that makes it later.
    pub fn watch(&mut self, job: J, timeout: Duration, now: Now) {
        self.begin(job, Duration::ZERO, timeout, now);
    }

    /// Resumes where another watch has ended, for `timeout` from now, or for the time that the other
    /// watch had left. If the job is watched already, the requests of the other watch count too.
    pub fn resume(&mut self, token: &ResumeToken<J>, timeout: Option<Duration>, now: Now) {
        token.count_in(&self.logs, now);
        self.settings.host.note(token.origin());
        self.begin(token.job.clone(), token.waited_by(now.wall), timeout.unwrap_or(token.left()), now);
    }

    fn begin(&mut self, job: J, waited: Duration, timeout: Duration, now: Now) {
        if let Some(&number) = self.numbers.get(&job) {
            self.change(number, now, |watch| watch.extend(timeout, now.instant));
            return;
        }
        let number = self.begun;
        self.begun += 1;
        // Each watch has its own jitter.
        let seed = self.settings.seed.wrapping_add(number << 32);
        let settings = Arc::clone(&self.settings);
        match JobWatch::begin(job.clone(), waited, timeout, &self.logs, settings, seed, now.instant) {
            Ok(watch) => {
                let (ends, due) = (watch.ends(), now.instant);
                self.entries.insert(number, Watched { watch, ends, due: Some(due), poll: 0 });
                self.numbers.insert(job, number);
                self.due.insert((due, number));
                self.ends.insert((ends, number));
            }
            Err(too_soon) => self.updates.push_back(Update::Ended { job, end: Err(too_soon) }),
        }
    }

    /// Ends the watch of one job.
    pub fn cancel(&mut self, job: &J, now: Now) {
        if let Some(&number) = self.numbers.get(job) {
            self.change(number, now, |watch| watch.cancel(now.instant));
        }
    }

    /// Ends all watches. Call this before the watches are dropped: then polls that are under way count
    /// as sent, and not as under way for ever.
    pub fn cancel_all(&mut self, now: Now) {
        let mut numbers: Vec<_> = self.entries.keys().copied().collect();
        numbers.sort_unstable();
        for number in numbers {
            self.change(number, now, |watch| watch.cancel(now.instant));
        }
    }

    /// What to do now. Updates come before the next poll.
    pub fn poll(&mut self, now: Now) -> Next<J, E> {
        if let Some(update) = self.updates.pop_front() {
            return Next::Tell(update);
        }
        while let Some(&(_, number)) = self.ends.first().filter(|(ends, _)| is_past(*ends, now.instant)) {
            self.change(number, now, |watch| watch.see(now.instant));
        }
        let is_due = |(due, _): &&(Instant, u64)| *due <= now.instant;
        while self.polling < self.concurrency
            && let Some(&(_, number)) = self.due.first().filter(is_due)
        {
            if let Some(poll) = self.next_poll(number, now) {
                return Next::Send(poll);
            }
        }
        if let Some(update) = self.updates.pop_front() {
            return Next::Tell(update);
        }
        if self.updates.capacity() > MOST_ROOM {
            self.updates = VecDeque::new();
        }
        let due = self.due.first().filter(|_| self.polling < self.concurrency);
        let Some(&(ends, _)) = self.ends.first() else { return Next::Idle };
        let until = due.map_or(ends, |(due, _)| (*due).max(later(now.instant, LEAST_WAIT)));
        Next::Wait(until.min(ends))
    }

    /// A poll succeeded. If its watch has ended meanwhile, nothing happens.
    pub fn handle_response(&mut self, now: Now, poll: &Poll<J>, response: impl Into<J::Response>) {
        if self.is_under_way(poll) {
            let response = response.into();
            self.change(poll.watch, now, |watch| watch.handle_response(now, response));
        }
    }

    /// A poll failed. If its watch has ended meanwhile, nothing happens.
    pub fn handle_failure(&mut self, now: Now, poll: &Poll<J>, error: E) {
        if self.is_under_way(poll) {
            self.change(poll.watch, now, |watch| watch.handle_failure(now, error));
        }
    }

    fn is_under_way(&self, poll: &Poll<J>) -> bool {
        self.entries.get(&poll.watch).is_some_and(|entry| entry.due.is_none() && entry.poll == poll.number)
    }

    /// The poll of the watch whose turn it is, if the rate limit allows it.
    fn next_poll(&mut self, number: u64, now: Now) -> Option<Poll<J>> {
        let request = self.change(number, now, |watch| watch.poll(now.instant))??;
        let entry = self.entries.get(&number)?;
        let (job, timeout) = (entry.watch.job().clone(), self.settings.poll_timeout);
        Some(Poll { job, request, timeout, number: entry.poll, watch: number })
    }

    /// Changes a watch, and updates all that follows from its state.
    fn change<R>(
        &mut self,
        number: u64,
        now: Now,
        change: impl FnOnce(&mut JobWatch<J, E>) -> R,
    ) -> Option<R> {
        let entry = self.entries.get_mut(&number)?;
        let due = entry.due.take();
        match due {
            Some(due) => drop(self.due.remove(&(due, number))),
            None => self.polling -= 1,
        }
        let changed = change(&mut entry.watch);
        if entry.watch.ends() != entry.ends {
            self.ends.remove(&(entry.ends, number));
            entry.ends = entry.watch.ends();
            self.ends.insert((entry.ends, number));
        }
        let events = entry.watch.take_events();
        let (job, last) = (entry.watch.job(), entry.watch.last());
        let body = || last.map(J::body).unwrap_or_default();
        let update = |event| Update::Event { job: job.clone(), event, body: body() };
        self.updates.extend(events.into_iter().map(update));
        match entry.watch.state() {
            State::Resting { until } => {
                entry.due = Some(*until);
                self.due.insert((*until, number));
            }
            State::Polling { .. } => {
                self.polling += 1;
                if due.is_some() {
                    self.polls += 1;
                    entry.poll = self.polls;
                }
            }
            State::Ended(_) => self.end(number, now),
        }
        Some(changed)
    }

    fn end(&mut self, number: u64, now: Now) {
        let Some(Watched { watch, ends, .. }) = self.entries.remove(&number) else { return };
        self.ends.remove(&(ends, number));
        let job = watch.job().clone();
        self.numbers.remove(&job);
        if let Some(end) = watch.into_end(&self.logs, now) {
            self.updates.push_back(Update::Ended { job, end: Ok(end) });
        }
        if self.numbers.is_empty() {
            // Memory for 100,000 watches is not kept for the next few.
            (self.entries, self.numbers) = (HashMap::new(), HashMap::new());
        }
    }
}

#[cfg(test)]
mod tests;
