//! Rolling windows on the side of a server.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::Hash;
use std::mem;
use std::time::{Duration, Instant};

use crate::watch::Quota;
use crate::{Refusal, RequestError, RetryAfter};

/// Two rolling windows for each key, an import id for instance, exact to the nanosecond: a request
/// takes a slot in both, which frees one period after the request arrived; one that is refused
/// takes none.
///
/// A key costs its own size, some fifty bytes, and eight for each request of the longer period, at
/// most 16 KiB with the documented windows. A key that has been silent for the longer period is
/// freed before another such period is over, if requests for others still come. Nothing else
/// bounds how many keys there are: count what is known to exist, and not whatever is asked for.
///
/// ```
/// use std::time::{Duration, Instant};
/// use kore_protocol::{Limiter, Refusal};
///
/// let mut limiter = Limiter::new();
/// let now = Instant::now();
/// for _ in 0..60 {
///     assert!(limiter.admit("bir-1f", now).is_ok());
/// }
/// let limited = limiter.admit("bir-1f", now).unwrap_err();
/// assert_eq!(limited.refusal(), Refusal::MinuteLimit);
/// assert_eq!(limited.free_in(), Duration::from_secs(60));
/// assert!(limiter.admit("bir-2e", now).is_ok());
/// ```
pub struct Limiter<K> {
    minute: Quota,
    hour: Quota,
    /// What logs count from, and when the generations last changed: both as of the first request.
    clock: Option<(Instant, u64)>,
    /// When the requests of a key arrived, in nanoseconds since the origin, the oldest first.
    young: HashMap<K, VecDeque<u64>>,
    /// Keys that have been silent since the generations changed.
    old: HashMap<K, VecDeque<u64>>,
}

/// A request is over a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limited {
    refusal: Refusal,
    free_in: Duration,
}

impl Limited {
    /// [`Refusal::MinuteLimit`] or [`Refusal::HourLimit`]: which window is full, and of two the one
    /// that is full for longer.
    pub fn refusal(self) -> Refusal {
        self.refusal
    }

    /// How long until both windows have a slot. No source says whether the platform tells.
    pub fn free_in(self) -> Duration {
        self.free_in
    }

    /// The response, with [`Retry-After`](RetryAfter). A server that does not want to tell sends
    /// that of [`refusal`](Self::refusal).
    pub fn to_http(self) -> http::Response<bytes::Bytes> {
        let mut response = self.refusal.to_http();
        RetryAfter::Delay(self.free_in).write(response.headers_mut());
        response
    }
}

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} A slot frees in {:?}.", self.refusal.msg(), self.free_in)
    }
}

impl std::error::Error for Limited {}

impl From<Limited> for RequestError {
    fn from(limited: Limited) -> Self {
        Self::Limited(limited)
    }
}

impl<K: Eq + Hash> Limiter<K> {
    /// The documented windows: 60 requests in any 60 s and 1800 in any 3600 s.
    pub fn new() -> Self {
        Self::with_quotas(Quota::PER_MINUTE, Quota::PER_HOUR)
    }

    /// Other windows; requests over the first are refused with [`Refusal::MinuteLimit`], over the
    /// second with [`Refusal::HourLimit`], whatever their periods.
    pub fn with_quotas(minute: Quota, hour: Quota) -> Self {
        Self { minute, hour, clock: None, young: HashMap::new(), old: HashMap::new() }
    }

    /// Takes a slot in both windows of a key for a request that arrives at `now`. A time before
    /// that of an earlier call for the key counts as that of the earlier one.
    ///
    /// # Errors
    /// [`Limited`] if a window is full. No slot is taken then.
    pub fn admit(&mut self, key: K, now: Instant) -> Result<(), Limited> {
        let now = self.tick(now);
        let log = match self.old.remove(&key) {
            Some(mut log) => {
                log.shrink_to_fit();
                self.young.entry(key).or_insert(log)
            }
            None => self.young.entry(key).or_default(),
        };
        // Others may have been given a later time while this one waited for its turn.
        let now = log.back().copied().unwrap_or(now).max(now);
        let longer = nanos(self.minute.period.max(self.hour.period));
        while log.front().is_some_and(|arrival| arrival.saturating_add(longer) <= now) {
            log.pop_front();
        }
        let full = |quota: Quota, refusal| {
            // The request that has to leave before there is room for one more.
            let leaving = log.len().checked_sub(quota.requests as usize)?;
            let free = match log.get(leaving) {
                Some(arrival) => arrival.saturating_add(nanos(quota.period)).checked_sub(now)?,
                None => nanos(quota.period),
            };
            (free > 0).then(|| Limited { refusal, free_in: Duration::from_nanos(free) })
        };
        let minute = full(self.minute, Refusal::MinuteLimit);
        let hour = full(self.hour, Refusal::HourLimit);
        match [minute, hour].into_iter().flatten().max_by_key(|limited| limited.free_in) {
            Some(limited) => Err(limited),
            None => {
                log.push_back(now);
                Ok(())
            }
        }
    }

    /// How many keys take memory.
    pub fn keys(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Nanoseconds since the origin. Changes the generations once in each longer period: what was
    /// old then has been silent for at least one, so that its windows are empty.
    fn tick(&mut self, now: Instant) -> u64 {
        let (origin, changed) = self.clock.get_or_insert((now, 0));
        let now = nanos(now.saturating_duration_since(*origin));
        let longer = nanos(self.minute.period.max(self.hour.period));
        let since = now.saturating_sub(*changed);
        if since >= longer {
            *changed = now;
            self.old = mem::take(&mut self.young);
            if since >= longer.saturating_mul(2) {
                self.old = HashMap::new();
            }
        }
        now
    }
}

/// In 64 bits that is 584 years.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl<K: Eq + Hash> Default for Limiter<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> fmt::Debug for Limiter<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter")
            .field("minute", &self.minute)
            .field("hour", &self.hour)
            .field("keys", &(self.young.len() + self.old.len()))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
