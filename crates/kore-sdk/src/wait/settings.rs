//! The builder of a wait: which jobs to watch, and how. Both clients give it back from their `watch`
//! methods.

use std::collections::{HashMap, HashSet};
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::time::Duration;

use kore_protocol::watch::{
    Backoff, DEFAULT_CONCURRENCY, Event, Job, Pacing, ResumeToken, Settings, Update, Watches,
};
use kore_types::Outcome;

use super::DEFAULT_DEADLINE;
use super::updates::{Gathered, OnUpdate, Polls, Updates};
use crate::Error;

/// What sets the watch of a job that is started first: an import, an export or a publish.
pub(crate) type SetWatch<'a, C, J> = Box<dyn FnOnce(Wait<'a, C, J>) -> Wait<'a, C, J> + Send + 'a>;

/// A wait for the end of one job, or of several (with `Vec<J>` as `Ends`). Await it, or `run` it if the
/// client is blocking. Use `updates` to get its events one by one instead.
///
/// ```no_run
/// # async fn example(client: kore_sdk::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use kore_sdk::watch::End;
///
/// let end = client
///     .watch_import(&"bir-1f".parse()?)
///     .deadline(Duration::from_secs(600))
///     .on_event(|event| println!("{event:?}"))
///     .await?;
/// match end {
///     End::Succeeded(_) => println!("imported"),
///     End::Failed(response) => response.import.failed_entries().for_each(|task| println!("failed: {task:?}")),
///     End::DeadlineReached(unended) => println!("not over: {:?}", unended.last),
///     End::Cancelled(_) => println!("cancelled"),
///     End::AwaitsApproval(_) => println!("someone has to approve it: no import does"),
///     End::CouldNotPoll { error, .. } => println!("{error}"),
/// }
/// # Ok(())
/// # }
/// ```
///
/// Several jobs share a deadline. Each has its own outcome:
///
/// ```no_run
/// # async fn example(client: kore_sdk::Client, ids: Vec<kore_sdk::BotImportId>) {
/// for (id, end) in client.watch_imports(ids).concurrency(16.try_into().expect("not zero")).await {
///     println!("{id}: {end:?}");
/// }
/// # }
/// ```
#[must_use = "it does nothing until it is awaited or run"]
pub struct Wait<'a, C, J: Job, Ends = J> {
    client: C,
    jobs: Vec<J>,
    deadline: Option<Duration>,
    resume: Vec<ResumeToken<J>>,
    settings: Settings,
    concurrency: NonZeroUsize,
    keeps_headers: bool,
    on_update: OnUpdate<'a, J>,
    ends: PhantomData<fn() -> Ends>,
}

impl<'a, C, J: Job, Ends> Wait<'a, C, J, Ends> {
    pub(crate) fn new(client: C, jobs: Vec<J>) -> Self {
        let mut settings = Settings::default();
        settings.seed = crate::call::random();
        Self {
            client,
            jobs,
            deadline: None,
            resume: Vec::new(),
            settings,
            concurrency: DEFAULT_CONCURRENCY,
            keeps_headers: false,
            on_update: Box::new(|_| {}),
            ends: PhantomData,
        }
    }

    /// How long to wait for all jobs together. The default is [`DEFAULT_DEADLINE`]; if all jobs are
    /// resumed, it is the longest time that one of them had left. At the deadline, each job that has not
    /// ended is polled once more if its rate limit allows it. For all jobs that takes
    /// [`LAST_POLL`](kore_protocol::watch::LAST_POLL) at most.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How often to poll. The default is every 1 s to 5 s. The rate limit holds in any case.
    pub fn pacing(mut self, pacing: Pacing) -> Self {
        self.settings.pacing = pacing;
        self
    }

    /// How long to wait after a poll that failed for the network or the server. The default is 1 s,
    /// doubling to 30 s.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.settings.transient = backoff;
        self
    }

    /// How long one poll may take. The default is 30 s.
    pub fn poll_timeout(mut self, timeout: Duration) -> Self {
        self.settings.poll_timeout = timeout;
        self
    }

    /// Keeps the headers of the last response about each job, for
    /// [`Updates::headers`](crate::Updates::headers). By default they are not kept: those of many jobs
    /// take memory.
    pub fn keep_headers(mut self) -> Self {
        self.keeps_headers = true;
        self
    }

    /// What a status means that this version does not know.
    pub fn word(mut self, word: impl Into<String>, outcome: Outcome) -> Self {
        self.settings.words.push((word.into(), outcome));
        self
    }

    /// The default deadline: the time that resumed watches had left, if all jobs are resumed.
    fn deadline_left(&self) -> Duration {
        let resumed: HashSet<_> = self.resume.iter().map(|token| &token.job).collect();
        let left = self.resume.iter().map(ResumeToken::left).max().filter(|left| !left.is_zero());
        left.filter(|_| self.jobs.iter().all(|job| resumed.contains(job))).unwrap_or(DEFAULT_DEADLINE)
    }
}

impl<'a, C: Polls, J: Job, Ends> Wait<'a, C, J, Ends> {
    /// The updates one by one, in place of the outcome.
    pub fn updates(self) -> Updates<C, J> {
        self.begin().0
    }

    /// Begins to watch the jobs, in the order in which they were given, each once.
    pub(super) fn begin(mut self) -> (Updates<C, J>, Gathered<'a, J>) {
        let now = C::now();
        let core = self.client.core();
        self.settings.host = core.host.clone();
        let timeout = self.deadline.unwrap_or_else(|| self.deadline_left());
        let mut watches = Watches::new(core.requests.clone(), self.settings).concurrency(self.concurrency);
        let mut tokens = HashMap::new();
        let mut jobs = self.jobs;
        for token in self.resume {
            jobs.push(token.job.clone());
            if let Some(earlier) = tokens.insert(token.job.clone(), token) {
                earlier.count_in(&core.requests, now);
            }
        }
        let mut known = HashSet::new();
        jobs.retain(|job| known.insert(job.clone()));
        for job in &jobs {
            match tokens.get(job) {
                Some(token) => watches.resume(token, Some(timeout), now),
                None => watches.watch(job.clone(), timeout, now),
            }
        }
        (Updates::new(self.client, watches, timeout, self.keeps_headers), Gathered::new(jobs, self.on_update))
    }
}

impl<'a, C, J: Job> Wait<'a, C, J> {
    /// Resumes where another watch has ended, within the rate limit. The job is that of the token.
    pub fn resume(mut self, token: ResumeToken<J>) -> Self {
        self.jobs = vec![token.job.clone()];
        self.resume = vec![token];
        self
    }

    /// Sets what is done with each event, before the wait that it announces. It has no effect on
    /// `updates`.
    pub fn on_event(mut self, mut on_event: impl FnMut(&Event<J::Task>) + Send + 'a) -> Self {
        self.on_update = Box::new(move |update| {
            if let Update::Event { event, .. } = update {
                on_event(event);
            }
        });
        self
    }
}

impl<'a, C, J: Job> Wait<'a, C, J, Vec<J>> {
    /// Resumes where the watch of one job has ended, within the rate limit. A job that was not given is
    /// added. May be called for several jobs.
    pub fn resume(mut self, token: ResumeToken<J>) -> Self {
        self.resume.push(token);
        self
    }

    /// How many polls may be under way at once. The default is 64.
    pub fn concurrency(mut self, polls: NonZeroUsize) -> Self {
        self.concurrency = polls;
        self
    }

    /// Sets what is done with each update, before the wait that it announces. It has no effect on
    /// `updates`.
    pub fn on_update(mut self, on_update: impl FnMut(&Update<J, Error>) + Send + 'a) -> Self {
        self.on_update = Box::new(on_update);
        self
    }
}
