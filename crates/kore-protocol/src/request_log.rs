//! The log of the requests for one job, which knows when the rate limit allows the next one. Watches,
//! single calls and servers all count with it, since the platform's rate limits are the same for
//! each. Limiters that smooth (GCRA) are not exact: at 60 in a minute they let 119 through.

mod stamp;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::clock::later;

pub(crate) use stamp::Sealed;
pub use stamp::{Millis, Nanos, Stamp};

/// A request that was given up is taken to arrive within this time, or never.
pub(crate) const LATEST_ARRIVAL: Duration = Duration::from_secs(300);

/// A number of requests that is allowed in any period of some length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Quota {
    /// The number of requests.
    pub requests: u32,
    /// The length of the period, whenever it begins.
    pub period: Duration,
}

impl Quota {
    /// Allows that many requests in any period of that length.
    pub const fn new(requests: u32, period: Duration) -> Self {
        Self { requests, period }
    }

    /// 60 requests in any 60 s (documented).
    pub const PER_MINUTE: Self = Self::new(60, Duration::from_secs(60));
    /// 1800 requests in any 3600 s (documented).
    pub const PER_HOUR: Self = Self::new(1800, Duration::from_secs(3600));
    /// The two rate limits of each call.
    pub(crate) const DOCUMENTED: [Self; 2] = [Self::PER_MINUTE, Self::PER_HOUR];
}

/// The times of all requests within the longer of two periods, and how many requests are under way. A
/// request counts for both quotas, or is not sent.
///
/// A client does not know when its request reached the server, only that it did before the
/// response came. So a request counts until one period after its response, or after it was given
/// up: then the client never counts less than the server does, whatever the latency.
#[derive(Clone, Debug)]
pub(crate) struct RequestLog<S> {
    quotas: [Quota; 2],
    /// The time from which stamps count.
    origin: Instant,
    /// When each request was released, the oldest first.
    released: VecDeque<S>,
    under_way: u32,
}

impl<S: Sealed> RequestLog<S> {
    /// A log without requests.
    pub(crate) fn new(quotas: [Quota; 2], now: Instant) -> Self {
        Self { quotas, origin: now, released: VecDeque::new(), under_way: 0 }
    }

    /// How many requests may still be sent at `now`, for each quota.
    pub(crate) fn left(&self, now: Instant) -> [u32; 2] {
        self.quotas.map(|quota| quota.requests.saturating_sub(self.used(quota, now)))
    }

    /// When the next request may be sent: `now`, or as soon as both quotas allow it.
    pub(crate) fn free_at(&self, now: Instant) -> Instant {
        let [minute, hour] = self.each_free_at(now);
        minute.max(hour)
    }

    /// When each quota allows a request.
    pub(crate) fn each_free_at(&self, now: Instant) -> [Instant; 2] {
        self.quotas.map(|quota| {
            let used = self.used(quota, now);
            let Some(leaving) = used.checked_sub(quota.requests) else { return now };
            // The oldest requests have to leave the period before one more is allowed.
            let first = self.released.len() - (used - self.under_way) as usize;
            let last_leaving = self.released.get(first + leaving as usize);
            // A request under way stays for at least one period from now.
            later(last_leaving.map_or(now, |stamp| self.instant(*stamp)), quota.period)
        })
    }

    /// Counts a request that is sent at `now` as under way, until it is released or abandoned.
    ///
    /// # Errors
    /// The time at which the next request is allowed, if a quota is used up. Nothing is counted then.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Instant> {
        let free = self.free_at(now);
        if free > now {
            return Err(free);
        }
        self.under_way += 1;
        Ok(())
    }

    /// A request has its response, or its time has run out. It counts for one more period from now.
    pub(crate) fn release(&mut self, now: Instant) {
        self.abandon(now, now);
    }

    /// A request is given up before its time. It may reach the platform as late as `latest`, and counts
    /// for one more period from then.
    pub(crate) fn abandon(&mut self, now: Instant, latest: Instant) {
        self.under_way = self.under_way.saturating_sub(1);
        self.tidy(now);
        let stamp = self.stamp(now.max(latest));
        // Not always the end: an abandoned request may have a later stamp.
        let at = self.released.partition_point(|known| *known <= stamp);
        self.released.insert(at, stamp);
        // Single calls may exceed the rate limit. Older requests than the larger quota counts make no
        // difference.
        if self.released.len() > self.most() {
            self.released.pop_front();
        }
    }

    /// Counts a request whose response nobody awaits; it may reach the platform as late as `latest`.
    pub(crate) fn count(&mut self, now: Instant, latest: Instant) {
        self.under_way += 1;
        self.abandon(now, latest);
    }

    /// When the last request was released.
    pub(crate) fn newest(&self) -> Option<Instant> {
        self.released.back().map(|stamp| self.instant(*stamp))
    }

    /// Whether no request counts any more and none is under way.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        self.under_way == 0 && self.newest().is_none_or(|newest| has_left(newest, self.longest(), now))
    }

    /// Frees the memory that a burst of requests has left.
    pub(crate) fn shrink(&mut self, now: Instant) {
        self.tidy(now);
        if self.released.len() < self.released.capacity() / 4 {
            self.released.shrink_to_fit();
        }
    }

    /// How many requests a quota counts at `now`.
    fn used(&self, quota: Quota, now: Instant) -> u32 {
        let left = self.released.partition_point(|stamp| has_left(self.instant(*stamp), quota.period, now));
        self.under_way + (self.released.len() - left) as u32
    }

    /// The larger of the two numbers of requests.
    fn most(&self) -> usize {
        self.quotas[0].requests.max(self.quotas[1].requests) as usize
    }

    fn longest(&self) -> Duration {
        self.quotas[0].period.max(self.quotas[1].period)
    }

    fn instant(&self, stamp: S) -> Instant {
        later(self.origin, stamp.since_origin())
    }

    fn stamp(&self, time: Instant) -> S {
        S::at(time.saturating_duration_since(self.origin))
    }

    /// Drops what no quota counts any more, and moves the origin before stamps run out of bits.
    fn tidy(&mut self, now: Instant) {
        let longest = self.longest();
        while self.released.front().is_some_and(|stamp| has_left(self.instant(*stamp), longest, now)) {
            self.released.pop_front();
        }
        if now.saturating_duration_since(self.origin) > S::HALF {
            let by = self.released.front().map(|stamp| stamp.since_origin());
            self.origin = by.map_or(now, |by| later(self.origin, by));
            let by = by.unwrap_or_default();
            self.released.iter_mut().for_each(|stamp| *stamp = S::at(stamp.since_origin() - by));
        }
    }
}

/// How resume tokens carry a log from one process to the next.
impl RequestLog<Millis> {
    /// How long ago each request that counts was released, in milliseconds, the oldest first. A request
    /// that may still arrive has a negative age.
    pub(crate) fn ages(&self, now: Instant) -> impl Iterator<Item = i64> {
        let longest = signed_millis(self.longest());
        let now = signed_millis(now.saturating_duration_since(self.origin));
        let ages = self.released.iter().map(move |stamp| now - signed_millis(stamp.since_origin()));
        ages.skip_while(move |age| *age >= longest)
    }

    /// Counts requests of those ages too.
    pub(crate) fn add_ages(&mut self, now: Instant, ages: impl Iterator<Item = i64>) {
        let longest = signed_millis(self.longest());
        let most = self.most();
        let mut ages: Vec<_> = ages.filter(|age| *age < longest).chain(self.ages(now)).collect();
        ages.sort_unstable_by(|a, b| b.cmp(a));
        // More requests than the larger quota make no difference.
        ages.drain(..ages.len().saturating_sub(most));
        let oldest = ages.first().copied().unwrap_or(0).max(0);
        // A monotonic clock may have begun after the oldest request. Then all count as younger.
        let origin = now.checked_sub(Duration::from_millis(oldest.unsigned_abs()));
        let oldest = if origin.is_some() { oldest } else { 0 };
        self.origin = origin.unwrap_or(now);
        let stamp = |age: i64| {
            let since_origin = oldest.saturating_sub(age).max(0);
            Millis::at(Duration::from_millis(since_origin.unsigned_abs()))
        };
        self.released = ages.into_iter().map(stamp).collect();
    }
}

/// Whether a request counts no more in a period.
fn has_left(released: Instant, period: Duration, now: Instant) -> bool {
    now.checked_duration_since(released).is_some_and(|age| age >= period)
}

fn signed_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
