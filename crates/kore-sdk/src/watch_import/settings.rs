//! What to watch, and how.

use std::collections::{HashMap, HashSet};
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::time::Duration;

use kore_protocol::watch::{
    Backoff, DEFAULT_CONCURRENCY, End, Event, Now, Pacing, ResumeToken, Settings, DeadlineTooSoon, Update, Watches,
};
use kore_types::{BotImportId, Outcome};

use super::DEFAULT_DEADLINE;
use super::driver::Driver;
use crate::Error;
use crate::call::Core;

/// A wait for the end of one import, or of several (`Vec<BotImportId>`): await it, or `run` that of
/// a blocking client. `updates` gives its events one by one instead.
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
///     End::Cancelled(_) => println!("given up"),
///     End::CouldNotPoll { error, .. } => println!("{error}"),
/// }
/// # Ok(())
/// # }
/// ```
///
/// Several imports have one deadline together and an outcome each, whatever becomes of the others:
///
/// ```no_run
/// # async fn example(client: kore_sdk::Client, ids: Vec<kore_sdk::BotImportId>) {
/// for (id, end) in client.watch_imports(ids).concurrency(16.try_into().expect("not zero")).await {
///     println!("{id}: {end:?}");
/// }
/// # }
/// ```
#[must_use = "it does nothing until it is awaited or run"]
pub struct WatchImport<'a, C, Ids = BotImportId> {
    pub(super) client: &'a C,
    ids: Vec<BotImportId>,
    deadline: Option<Duration>,
    resume: Vec<ResumeToken>,
    settings: Settings,
    concurrency: NonZeroUsize,
    on_update: OnUpdate<'a>,
    of: PhantomData<fn(Ids)>,
}

/// What is done with each update before it counts.
#[allow(clippy::type_complexity, reason = "it has this name")]
pub(super) struct OnUpdate<'a>(Box<dyn FnMut(&Update<Error>) + Send + 'a>);

impl OnUpdate<'_> {
    pub(super) fn call(&mut self, update: &Update<Error>) {
        self.0(update);
    }
}

impl<'a, C, Ids> WatchImport<'a, C, Ids> {
    pub(crate) fn new(client: &'a C, ids: Vec<BotImportId>) -> Self {
        let mut settings = Settings::default();
        settings.seed = crate::call::random();
        Self {
            client,
            ids,
            deadline: None,
            resume: Vec::new(),
            settings,
            concurrency: DEFAULT_CONCURRENCY,
            on_update: OnUpdate(Box::new(|_| {})),
            of: PhantomData,
        }
    }

    /// How long to wait at the most, for all imports together; [`DEFAULT_DEADLINE`] unless told
    /// otherwise, or the longest that resumed watches had left if there are no others. An import that
    /// has not ended by then is polled once more if its rate limit allows, which takes
    /// [`LAST_POLL`](kore_protocol::watch::LAST_POLL) at most for all; after a cancel it is not.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How often to look, in place of every 1 s to 5 s. The platform's windows hold in any case.
    pub fn pacing(mut self, pacing: Pacing) -> Self {
        self.settings.pacing = pacing;
        self
    }

    /// How long to wait after a look that failed on the way, in place of 1 s doubling to 30 s.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.settings.transient = backoff;
        self
    }

    /// How long one look may take, 30 s unless told otherwise.
    pub fn poll_timeout(mut self, timeout: Duration) -> Self {
        self.settings.poll_timeout = timeout;
        self
    }

    /// What a word of the status means that this version does not know.
    pub fn word(mut self, word: impl Into<String>, outcome: Outcome) -> Self {
        self.settings.words.push((word.into(), outcome));
        self
    }

    /// What resumed watches had left, if nothing else is watched and they had anything left.
    fn deadline_left(&self) -> Duration {
        let resumed: HashSet<_> = self.resume.iter().map(|token| &token.id).collect();
        let left = self.resume.iter().map(ResumeToken::left).max().filter(|left| !left.is_zero());
        left.filter(|_| self.ids.iter().all(|id| resumed.contains(id))).unwrap_or(DEFAULT_DEADLINE)
    }

    /// The machine, and the ids in it, each once, in the order in which they were given.
    pub(super) fn begin(mut self, core: &Core, now: Now) -> (Driver, Vec<BotImportId>, OnUpdate<'a>) {
        let ledger = &core.ledger;
        self.settings.host = core.host.clone();
        let poll_timeout = self.settings.poll_timeout;
        let timeout = self.deadline.unwrap_or_else(|| self.deadline_left());
        let mut watches = Watches::new(ledger.clone(), self.settings).concurrency(self.concurrency);
        let mut tokens = HashMap::new();
        let mut ids = self.ids;
        for token in self.resume {
            ids.push(token.id.clone());
            if let Some(earlier) = tokens.insert(token.id.clone(), token) {
                ledger.note(&earlier, now);
            }
        }
        let mut known = HashSet::new();
        ids.retain(|id| known.insert(id.clone()));
        for id in &ids {
            match tokens.get(id) {
                Some(token) => watches.resume(token, Some(timeout), now),
                None => watches.watch(id.clone(), timeout, now),
            }
        }
        (Driver::new(watches, poll_timeout, timeout), ids, self.on_update)
    }
}

impl<'a, C> WatchImport<'a, C> {
    /// Goes on where another watch has ended, within the platform's windows. The import is that of
    /// the token.
    pub fn resume(mut self, token: ResumeToken) -> Self {
        self.ids = vec![token.id.clone()];
        self.resume = vec![token];
        self
    }

    /// What is to be done with each event, before the waiting that it announces. For `updates` it
    /// is of no use.
    pub fn on_event(mut self, mut on_event: impl FnMut(&Event) + Send + 'a) -> Self {
        self.on_update = OnUpdate(Box::new(move |update| {
            if let Update::Event { event, .. } = update {
                on_event(event);
            }
        }));
        self
    }
}

impl<'a, C> WatchImport<'a, C, Vec<BotImportId>> {
    /// Goes on where the watch of one import has ended, within the platform's windows. The import
    /// is watched too if it was not given. May be used more than once.
    pub fn resume(mut self, token: ResumeToken) -> Self {
        self.resume.push(token);
        self
    }

    /// How many looks may be under way at once, 64 unless told otherwise.
    pub fn concurrency(mut self, looks: NonZeroUsize) -> Self {
        self.concurrency = looks;
        self
    }

    /// What is to be done with each update, before the waiting that it announces. For `updates` it
    /// is of no use.
    pub fn on_update(mut self, on_update: impl FnMut(&Update<Error>) + Send + 'a) -> Self {
        self.on_update = OnUpdate(Box::new(on_update));
        self
    }
}

/// The outcome of each import, in the order of the ids.
pub(super) fn in_order(
    ids: Vec<BotImportId>,
    mut ends: HashMap<BotImportId, Result<End<Error>, DeadlineTooSoon>>,
) -> Vec<(BotImportId, Result<End<Error>, DeadlineTooSoon>)> {
    let of = |id: BotImportId| {
        let end = ends.remove(&id).expect("each watch ends once");
        (id, end)
    };
    ids.into_iter().map(of).collect()
}
