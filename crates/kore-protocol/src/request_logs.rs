//! The request logs of all jobs. A client has one table for all its watches and single calls, a
//! server one for all the requests that it admits.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::clock::later;
use crate::request_log::{LATEST_ARRIVAL, RequestLog};
use crate::{Limited, Millis, OutgoingRequest, Quota, Refusal, Stamp};

/// Fewer logs than this are not worth a search for idle ones.
const LEAST_SWEPT: usize = 64;

/// The requests of each job, for the rate limits of a minute and of an hour. A request counts for
/// both limits, or is not sent. Clones share the logs.
///
/// A server asks whether a request is within both limits:
///
/// ```
/// use std::time::{Duration, Instant};
/// use kore_protocol::bot_import::get_status::Request;
/// use kore_protocol::{Nanos, Refusal, RequestLogs};
///
/// let (request, other) = (Request::new("bir-1f".parse()?), Request::new("bir-2e".parse()?));
/// let logs = RequestLogs::<Nanos>::default();
/// let now = Instant::now();
/// for _ in 0..60 {
///     assert!(logs.admit(&request, now).is_ok());
/// }
/// let limited = logs.admit(&request, now).unwrap_err();
/// assert_eq!(limited.refusal(), Refusal::MinuteLimit);
/// assert_eq!(limited.free_in(), Duration::from_secs(60));
/// assert!(logs.admit(&other, now).is_ok());
/// # Ok::<(), kore_types::InvalidId>(())
/// ```
///
/// A client hands its logs (of [`Millis`]) to its [watches](crate::watch::Watches). Watches of the
/// same job stay within its rate limit together, whether they run side by side or one after the
/// other.
///
/// A log costs about 200 bytes, and four ([`Millis`]) or eight ([`Nanos`](crate::Nanos)) bytes for
/// each request within the longer period: at most 8 KiB or 16 KiB with the documented quotas. Idle
/// logs are dropped by the first request after a sixth of that period, or when their number has
/// doubled. Nothing else bounds their number, so a server should admit requests for known jobs only,
/// and not for whatever id a client makes up.
#[derive(Clone)]
pub struct RequestLogs<S> {
    quotas: [Quota; 2],
    name: Option<u64>,
    table: Arc<Mutex<Table<S>>>,
}

/// What requests are counted under: the path of their call, and the key that the request names.
#[derive(PartialEq, Eq, Hash)]
struct Key(&'static str, Box<str>);

struct Table<S> {
    logs: HashMap<Key, SharedLog<S>>,
    /// The number of logs at which idle ones are dropped: twice what was left, so that it costs little
    /// on average.
    sweep_at: usize,
    /// When idle logs were dropped last.
    swept: Option<Instant>,
}

/// A log that several watches of the same job may share.
#[derive(Clone, Debug)]
pub(crate) struct SharedLog<S>(Arc<Mutex<RequestLog<S>>>);

impl<S> SharedLog<S> {
    pub(crate) fn lock(&self) -> MutexGuard<'_, RequestLog<S>> {
        // No method of a log panics while it is changing it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Stamp> RequestLogs<S> {
    /// Logs without requests. A request over the first quota is refused with
    /// [`Refusal::MinuteLimit`], over the second with [`Refusal::HourLimit`], whatever their periods.
    pub fn new(quotas: [Quota; 2]) -> Self {
        let table = Table { logs: HashMap::new(), sweep_at: LEAST_SWEPT, swept: None };
        Self { quotas, name: None, table: Arc::new(Mutex::new(table)) }
    }

    /// Counts a request that a server receives at `now`. If an earlier call for the same job had a later
    /// time, that time counts for this request too.
    ///
    /// # Errors
    /// [`Limited`] if a rate limit is reached. The request is not counted then.
    pub fn admit<R: OutgoingRequest>(&self, request: &R, now: Instant) -> Result<(), Limited> {
        let log = self.log(request, now);
        let mut log = log.lock();
        // Another thread may have read the clock later and still come first.
        let now = log.newest().map_or(now, |newest| newest.max(now));
        if log.take(now).is_ok() {
            log.release(now);
            return Ok(());
        }
        let [minute, hour] = log.each_free_at(now);
        let (refusal, free) =
            if minute > hour { (Refusal::MinuteLimit, minute) } else { (Refusal::HourLimit, hour) };
        Err(Limited::new(refusal, free.saturating_duration_since(now)))
    }

    /// How many jobs have a log.
    pub fn len(&self) -> usize {
        self.table().logs.len()
    }

    /// Whether no job has a log.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The log that a request is counted in.
    pub(crate) fn log<R: OutgoingRequest>(&self, request: &R, now: Instant) -> SharedLog<S> {
        let key = Key(R::METADATA.path.as_str(), request.rate_limit_key().unwrap_or_default().into());
        let sweep_after = self.quotas[0].period.max(self.quotas[1].period) / 6;
        let table = &mut *self.table();
        let is_due = now.saturating_duration_since(*table.swept.get_or_insert(now)) >= sweep_after;
        if is_due || table.logs.len() >= table.sweep_at {
            table.sweep(now);
        }
        let log = table.logs.entry(key);
        log.or_insert_with(|| SharedLog(Arc::new(Mutex::new(RequestLog::new(self.quotas, now))))).clone()
    }

    fn table(&self) -> MutexGuard<'_, Table<S>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestLogs<Millis> {
    /// Gives the logs a name, which should be a random number. Resume tokens carry it, so that a watch
    /// that resumes with the same logs does not count their requests twice.
    pub fn named(mut self, name: u64) -> Self {
        self.name = Some(name);
        self
    }

    pub(crate) fn name(&self) -> Option<u64> {
        self.name
    }

    pub(crate) fn quotas(&self) -> [Quota; 2] {
        self.quotas
    }

    /// Counts a request that a client sends outside of a watch. It may reach the platform as late as
    /// `latest`.
    pub fn count<R: OutgoingRequest>(&self, request: &R, now: Instant, latest: Instant) {
        self.log(request, now).lock().count(now, latest.min(later(now, LATEST_ARRIVAL)));
    }

    /// Counts such a request if its rate limit leaves room for it.
    ///
    /// # Errors
    /// When there is room. The request is not counted then.
    pub fn reserve<R: OutgoingRequest>(
        &self,
        request: &R,
        now: Instant,
        latest: Instant,
    ) -> Result<(), Instant> {
        let log = self.log(request, now);
        let mut log = log.lock();
        let free = log.free_at(now);
        if free > now {
            return Err(free);
        }
        log.count(now, latest.min(later(now, LATEST_ARRIVAL)));
        Ok(())
    }
}

impl<S: Stamp> Table<S> {
    /// Drops idle logs, except those of a running watch.
    fn sweep(&mut self, now: Instant) {
        self.logs.retain(|_, log| {
            let is_kept = Arc::strong_count(&log.0) > 1 || !log.lock().is_idle(now);
            if is_kept {
                log.lock().shrink(now);
            }
            is_kept
        });
        if self.logs.len() < self.logs.capacity() / 4 {
            self.logs.shrink_to_fit();
        }
        self.sweep_at = (self.logs.len() * 2).max(LEAST_SWEPT);
        self.swept = Some(now);
    }
}

impl<S: Stamp> Default for RequestLogs<S> {
    /// With the documented quotas: 60 requests in any 60 s and 1800 in any 3600 s.
    fn default() -> Self {
        Self::new(Quota::DOCUMENTED)
    }
}

impl<S: Stamp> fmt::Debug for RequestLogs<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestLogs")
            .field("quotas", &self.quotas)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
