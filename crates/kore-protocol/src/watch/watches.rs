//! Many watches in one machine: whose turn it is, and how many looks are under way.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use kore_types::BotImportId;

use super::clock::{LEAST_WAIT, is_past, later};
use super::machine::Standing;
use super::{End, Event, Ledger, PollError, Now, ResumeToken, Settings, Step, DeadlineTooSoon, Watch};
use crate::bot_import::get_status;

/// How many looks may be under way at once unless told otherwise.
pub const DEFAULT_CONCURRENCY: NonZeroUsize = NonZeroUsize::new(64).expect("not zero");

/// The most room that is kept for updates while there are none.
const MOST_ROOM: usize = 1024;

/// What a watch among many has to tell.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Update<E> {
    /// Something was seen or decided.
    Event {
        /// The import.
        id: BotImportId,
        /// What it was.
        event: Event,
        /// The last document as it came, byte for byte; empty if no look went well yet.
        body: Bytes,
    },
    /// The watch of this import is over, and its last update this one.
    Ended {
        /// The import.
        id: BotImportId,
        /// How it ended; or that the platform's windows have no look before the deadline, which is
        /// said at once.
        end: Result<End<E>, DeadlineTooSoon>,
    },
}

/// Without the bytes, which may be many, and come with each event.
impl<E: fmt::Debug> fmt::Debug for Update<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event { id, event, .. } => {
                f.debug_struct("Event").field("id", id).field("event", event).finish_non_exhaustive()
            }
            Self::Ended { id, end } => f.debug_struct("Ended").field("id", id).field("end", end).finish(),
        }
    }
}

/// A look that is to be sent.
#[derive(Debug)]
pub struct Look {
    request: get_status::Request,
    index: u32,
    number: u64,
}

impl Look {
    /// What to send.
    pub fn request(&self) -> &get_status::Request {
        &self.request
    }
}

/// What the owner of many watches is to do next. Exhaustive: an owner has to think of each.
#[derive(Debug)]
pub enum Next {
    /// Send this, ask again at once, and when the answer is there call
    /// [`Watches::handle_response`] or [`Watches::handle_failure`].
    Look(Look),
    /// Do nothing until then, at least a millisecond from now, or until an answer is there; in any
    /// case poll then.
    Wait(Instant),
    /// Nothing is watched.
    Idle,
}

/// The watches of many imports. Who is to look next looks first, only so many looks are under way
/// at once, and one that ends leaves the others alone.
///
/// An import that is given twice is watched once: one look is for all who wait for it. More can be
/// given at any time. Updates are to be taken before each wait.
///
/// When the deadline comes, each import that has not ended is polled once more if its rate limit
/// allows, as many at once as before. That takes [`LAST_POLL`](super::LAST_POLL) at most for all
/// that have the same deadline; one that has had no turn by then ends without.
///
/// ```
/// # use std::time::{Duration, Instant, SystemTime};
/// use kore_protocol::ResponseError;
/// use kore_protocol::watch::{Ledger, Next, Now, Settings, Update, Watches};
/// use kore_types::{BotImport, Status};
///
/// let mut now = Now { instant: Instant::now(), wall: SystemTime::now() };
/// let mut watches: Watches<ResponseError> = Watches::new(Ledger::default(), Settings::default());
/// for id in ["bir-1", "bir-2", "bir-1"] {
///     watches.watch(id.parse()?, Duration::from_secs(60), now);
/// }
/// assert_eq!(watches.len(), 2);
/// let mut ended = 0;
/// loop {
///     match watches.poll(now) {
///         // A real owner sends it and asks again, up to 64 times before the first answer.
///         Next::Send(look) => {
///             let import = BotImport::new(look.request().import_id.clone(), Status::Success);
///             watches.handle_response(now, &look, import);
///         }
///         Next::Wait(until) => now.instant = until,
///         Next::Idle => break,
///     }
///     while let Some(update) = watches.poll_update() {
///         ended += usize::from(matches!(update, Update::Ended { .. }));
///     }
/// }
/// assert_eq!(ended, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Watches<E> {
    settings: Arc<Settings>,
    ledger: Ledger,
    concurrency: usize,
    entries: Vec<Option<Entry<E>>>,
    free: Vec<u32>,
    by_id: HashMap<BotImportId, u32>,
    /// Those that rest, by when they are to be asked again.
    due: BTreeSet<(Instant, u32)>,
    /// All, by when they end: at the deadline, or once the time for the last poll is over.
    ends: BTreeSet<(Instant, u32)>,
    looking: usize,
    /// How many looks there were, which numbers them.
    looks: u64,
    updates: VecDeque<Update<E>>,
}

#[derive(Debug)]
struct Entry<E> {
    watch: Watch<E>,
    /// As it stands in the set.
    ends: Instant,
    phase: Phase,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Until then, as it stands in the set.
    Resting(Instant),
    /// The number of the look.
    Looking(u64),
}

impl<E: PollError> Watches<E> {
    /// With nothing to watch. The quotas are those of the ledger, whatever the settings say.
    pub fn new(ledger: Ledger, settings: Settings) -> Self {
        Self {
            settings: Arc::new(settings),
            ledger,
            concurrency: DEFAULT_CONCURRENCY.get(),
            entries: Vec::new(),
            free: Vec::new(),
            by_id: HashMap::new(),
            due: BTreeSet::new(),
            ends: BTreeSet::new(),
            looking: 0,
            looks: 0,
            updates: VecDeque::new(),
        }
    }

    /// How many looks may be under way at once, in place of [`DEFAULT_CONCURRENCY`].
    #[must_use]
    pub fn concurrency(mut self, looks: NonZeroUsize) -> Self {
        self.concurrency = looks.get();
        self
    }

    /// How many imports are watched.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether no import is watched.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// How many looks are under way.
    pub fn looking(&self) -> usize {
        self.looking
    }

    /// The watch of an import, until it ends.
    pub fn get(&self, id: &BotImportId) -> Option<&Watch<E>> {
        self.entry(*self.by_id.get(id)?).map(|entry| &entry.watch)
    }

    /// Watches an import from now on, for at most `timeout`. If it is watched already, that watch
    /// goes on for so long if it would end before.
    pub fn watch(&mut self, id: BotImportId, timeout: Duration, now: Now) {
        self.begin(id, Duration::ZERO, timeout, now);
    }

    /// Goes on where another watch has ended, for `timeout` from now on, or for what that one had
    /// left. If the import is watched already, the looks of the other watch are counted too.
    pub fn resume(&mut self, token: &ResumeToken, timeout: Option<Duration>, now: Now) {
        self.ledger.note(token, now);
        self.settings.host.note(token.origin());
        self.begin(token.id.clone(), token.waited_by(now.wall), timeout.unwrap_or(token.left()), now);
    }

    fn begin(&mut self, id: BotImportId, waited: Duration, timeout: Duration, now: Now) {
        if let Some(&index) = self.by_id.get(&id) {
            return self.change(index, |watch| watch.extend(timeout, now));
        }
        let windows = self.ledger.windows(&id, now.instant);
        let index = self.free.pop().unwrap_or(self.entries.len() as u32);
        // Each with a jitter of its own.
        let seed = self.settings.seed.wrapping_add(self.looks).wrapping_add(u64::from(index) << 32);
        let settings = Arc::clone(&self.settings);
        match Watch::begin(id.clone(), waited, timeout, windows, settings, seed, now) {
            Ok(watch) => {
                let ends = watch.ends();
                let entry = Entry { watch, ends, phase: Phase::Resting(now.instant) };
                match self.entries.get_mut(index as usize) {
                    Some(free) => *free = Some(entry),
                    None => self.entries.push(Some(entry)),
                }
                self.by_id.insert(id, index);
                self.due.insert((now.instant, index));
                self.ends.insert((ends, index));
            }
            Err(too_soon) => {
                self.free.push(index);
                if self.entries.len() <= index as usize {
                    self.entries.push(None);
                }
                self.updates.push_back(Update::Ended { id, end: Err(too_soon) });
            }
        }
    }

    /// Gives one watch up.
    pub fn cancel(&mut self, id: &BotImportId, now: Now) {
        if let Some(&index) = self.by_id.get(id) {
            self.change(index, |watch| watch.cancel(now));
        }
    }

    /// Gives all watches up. Looks that are under way count as sent; call this before the watches
    /// are dropped, since the ledger takes them for looks under way otherwise.
    pub fn cancel_all(&mut self, now: Now) {
        for index in 0..self.entries.len() as u32 {
            self.change(index, |watch| watch.cancel(now));
        }
    }

    /// What there is to tell, the oldest first.
    pub fn poll_update(&mut self) -> Option<Update<E>> {
        if self.updates.is_empty() && self.updates.capacity() > MOST_ROOM {
            self.updates = VecDeque::new();
        }
        self.updates.pop_front()
    }

    /// What to do now.
    pub fn poll(&mut self, now: Now) -> Next {
        while let Some(&(_, index)) = self.ends.first().filter(|(ends, _)| is_past(*ends, now.instant)) {
            self.change(index, |watch| watch.see(now));
        }
        while let Some(&(_, index)) =
            self.due.first().filter(|(at, _)| *at <= now.instant && self.looking < self.concurrency)
        {
            if let Some(look) = self.ask(index, now) {
                return Next::Send(look);
            }
        }
        let due = self.due.first().filter(|_| self.looking < self.concurrency);
        let Some(&(ends, _)) = self.ends.first() else { return Next::Idle };
        let until = due.map_or(ends, |(due, _)| (*due).max(later(now.instant, LEAST_WAIT)));
        Next::Wait(until.min(ends))
    }

    /// The look went well. One whose watch has ended meanwhile is of no account.
    pub fn handle_response(&mut self, now: Now, look: &Look, response: impl Into<get_status::Response>) {
        if self.is_under_way(look) {
            self.change(look.index, |watch| watch.handle_response(now, response));
        }
    }

    /// The look failed. One whose watch has ended meanwhile is of no account.
    pub fn handle_failure(&mut self, now: Now, look: &Look, error: E) {
        if self.is_under_way(look) {
            self.change(look.index, |watch| watch.handle_failure(now, error));
        }
    }

    fn entry(&self, index: u32) -> Option<&Entry<E>> {
        self.entries.get(index as usize)?.as_ref()
    }

    fn is_under_way(&self, look: &Look) -> bool {
        let entry = self.entry(look.index);
        entry.is_some_and(|entry| matches!(entry.phase, Phase::Polling(number) if number == look.number))
    }

    /// Asks a watch what to do; a look is given back.
    fn ask(&mut self, index: u32, now: Now) -> Option<Look> {
        let mut step = Step::Ended;
        self.change(index, |watch| step = watch.poll(now));
        let phase = self.entry(index)?.phase;
        match (step, phase) {
            (Step::Poll(request), Phase::Polling(number)) => Some(Look { request, index, number }),
            _ => None,
        }
    }

    /// Does something to a watch, and takes note of what became of it.
    fn change(&mut self, index: u32, change: impl FnOnce(&mut Watch<E>)) {
        let Some(entry) = self.entries.get_mut(index as usize).and_then(Option::as_mut) else { return };
        match entry.phase {
            Phase::Resting(until) => drop(self.due.remove(&(until, index))),
            Phase::Polling(_) => self.looking = self.looking.saturating_sub(1),
        }
        change(&mut entry.watch);
        if entry.watch.ends() != entry.ends {
            self.ends.remove(&(entry.ends, index));
            entry.ends = entry.watch.ends();
            self.ends.insert((entry.ends, index));
        }
        let events = entry.watch.take_events();
        let (id, last) = (entry.watch.id(), entry.watch.last());
        let body = || last.map(|response| response.body.clone()).unwrap_or_default();
        let told = |event| Update::Event { id: id.clone(), event, body: body() };
        self.updates.extend(events.into_iter().map(told));
        match entry.watch.standing() {
            Standing::Resting(until) => {
                entry.phase = Phase::Resting(until);
                self.due.insert((until, index));
            }
            Standing::Polling => {
                self.looking += 1;
                if let Phase::Resting(_) = entry.phase {
                    self.looks += 1;
                    entry.phase = Phase::Polling(self.looks);
                }
            }
            Standing::Ended => self.end(index),
        }
    }

    fn end(&mut self, index: u32) {
        let Some(Entry { watch, ends, .. }) = self.entries.get_mut(index as usize).and_then(Option::take)
        else {
            return;
        };
        self.free.push(index);
        self.ends.remove(&(ends, index));
        let id = watch.id().clone();
        self.by_id.remove(&id);
        if let Ok(end) = watch.into_end() {
            self.updates.push_back(Update::Ended { id, end: Ok(end) });
        }
        if self.by_id.is_empty() {
            // What many needed is not kept for few.
            (self.entries, self.free, self.by_id) = (Vec::new(), Vec::new(), HashMap::new());
        }
    }
}

#[cfg(test)]
mod tests;
