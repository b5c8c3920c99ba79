//! Rolling windows, exact to the millisecond.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::clock::later;

/// So many requests in any period of that length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Quota {
    /// How many requests.
    pub requests: u32,
    /// In how long a period, whenever it begins.
    pub period: Duration,
}

impl Quota {
    /// So many requests in any period of that length.
    pub const fn new(requests: u32, period: Duration) -> Self {
        Self { requests, period }
    }

    /// 60 requests in any 60 s (documented).
    pub const PER_MINUTE: Self = Self::new(60, Duration::from_secs(60));
    /// 1800 requests in any 3600 s (documented).
    pub const PER_HOUR: Self = Self::new(1800, Duration::from_secs(3600));
}

/// Two rolling windows over the same requests, as a log of instants: a request takes a slot in
/// both, or is not sent.
///
/// A slot frees one period after the *answer* arrived: whatever the latency, the server saw the
/// request before that, so it never counts one more than is counted here. A request without an
/// answer frees one period after it was given up.
///
/// At rest it takes four bytes for each request of the longer period.
#[derive(Clone, Debug)]
pub struct Windows {
    quotas: [Quota; 2],
    /// What the log counts from.
    origin: Instant,
    /// When requests were answered or given up, in milliseconds since `origin`, rounded up; the
    /// oldest first.
    log: VecDeque<u32>,
    in_flight: u32,
    /// The name of the ledger that keeps them.
    ledger: Option<u64>,
}

impl Windows {
    /// The documented windows of the status call, with nothing sent so far.
    pub fn new(now: Instant) -> Self {
        Self::with_quotas(now, [Quota::PER_MINUTE, Quota::PER_HOUR])
    }

    /// Other windows, with nothing sent so far.
    pub fn with_quotas(now: Instant, quotas: [Quota; 2]) -> Self {
        Self { quotas, origin: now, log: VecDeque::new(), in_flight: 0, ledger: None }
    }

    /// Counts requests of those ages in milliseconds too; what is under way has a negative one.
    pub(super) fn add_ages(&mut self, now: Instant, ages: impl Iterator<Item = i64>) {
        let longest = i64::try_from(self.longest().as_millis()).unwrap_or(i64::MAX);
        let most = self.quotas[0].requests.max(self.quotas[1].requests) as usize;
        let mut ages: Vec<_> = ages.filter(|age| *age < longest).chain(self.ages(now)).collect();
        ages.sort_unstable_by(|a, b| b.cmp(a));
        // Older ones than the longer window holds make no difference.
        ages.drain(..ages.len().saturating_sub(most));
        let oldest = ages.first().copied().unwrap_or(0).max(0);
        // A monotonic clock may have begun after the oldest request; all are counted as younger then.
        let origin = now.checked_sub(Duration::from_millis(oldest.unsigned_abs()));
        self.origin = origin.unwrap_or(now);
        let oldest = if origin.is_some() { oldest } else { 0 };
        let stamp = |age: &i64| u32::try_from(oldest.saturating_sub(*age).max(0)).unwrap_or(u32::MAX);
        self.log = ages.iter().map(stamp).collect();
    }

    /// Windows that a ledger keeps.
    pub(super) fn of_ledger(mut self, name: Option<u64>) -> Self {
        self.ledger = name;
        self
    }

    /// The name of the ledger that keeps them, if it has one.
    pub(super) fn ledger(&self) -> Option<u64> {
        self.ledger
    }

    /// Counts a request that nobody asked about; it may reach the platform as late as `latest`.
    pub(super) fn count(&mut self, now: Instant, latest: Instant) {
        self.in_flight += 1;
        self.abandon(now, latest);
    }

    /// Whether no request counts any more, and none is under way.
    pub(super) fn is_idle(&self, now: Instant) -> bool {
        self.in_flight == 0 && self.ages(now).next().is_none()
    }

    /// The quotas of the windows.
    pub fn quotas(&self) -> [Quota; 2] {
        self.quotas
    }

    /// How many requests may still be sent at `now`, window by window.
    pub fn left(&self, now: Instant) -> [u32; 2] {
        self.quotas.map(|quota| quota.requests.saturating_sub(self.used(now, quota)))
    }

    /// When the next request may be sent: `now`, or as soon as a slot is free in both windows.
    pub fn free_at(&self, now: Instant) -> Instant {
        let free = |quota: Quota| {
            let used = self.used(now, quota);
            if used < quota.requests {
                return now;
            }
            // So many of the oldest in the window have to leave it.
            let leaving = (used - quota.requests) as usize;
            let first = self.log.len() - (used - self.in_flight) as usize;
            match self.log.get(first + leaving) {
                Some(&stamp) => later(self.instant(stamp), quota.period),
                // They are still under way: not before a period after now.
                None => later(now, quota.period),
            }
        };
        self.quotas.map(free).into_iter().max().unwrap_or(now)
    }

    /// Takes a slot in both windows for a request that is sent at `now`.
    ///
    /// # Errors
    /// If there is none: when there will be one. No slot is taken then.
    pub fn take(&mut self, now: Instant) -> Result<(), Instant> {
        let free = self.free_at(now);
        if free > now {
            return Err(free);
        }
        self.in_flight += 1;
        Ok(())
    }

    /// A request for which a slot was taken is answered, or its time has run out: the slot frees
    /// one period from now.
    pub fn release(&mut self, now: Instant) {
        self.abandon(now, now);
    }

    /// A request for which a slot was taken is given up before its time: it may reach the platform
    /// as late as `latest`, and its slot frees one period after that.
    pub fn abandon(&mut self, now: Instant, latest: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.tidy(now);
        let stamp = self.millis(now.max(latest));
        // At the end, unless one that was abandoned counts for longer.
        let at = self.log.partition_point(|known| *known <= stamp);
        self.log.insert(at, stamp);
    }

    /// How long ago each request was answered or given up, in milliseconds, the oldest first; what
    /// may still arrive has a negative age. What no window counts any more is left out.
    pub fn ages(&self, now: Instant) -> impl Iterator<Item = i64> {
        let longest = self.longest().as_millis();
        let now = self.floor_millis(now);
        let ages =
            self.log.iter().map(move |stamp| i64::try_from(now).unwrap_or(i64::MAX) - i64::from(*stamp));
        ages.skip_while(move |age| u128::try_from(*age).is_ok_and(|age| age >= longest))
    }

    /// How many slots of a window are taken at `now`.
    fn used(&self, now: Instant, quota: Quota) -> u32 {
        let gone = self.log.partition_point(|stamp| self.has_left(*stamp, quota.period, now));
        self.in_flight + (self.log.len() - gone) as u32
    }

    /// Whether a request counts no more in a period.
    fn has_left(&self, stamp: u32, period: Duration, now: Instant) -> bool {
        now.checked_duration_since(self.instant(stamp)).is_some_and(|age| age >= period)
    }

    fn longest(&self) -> Duration {
        self.quotas[0].period.max(self.quotas[1].period)
    }

    fn instant(&self, stamp: u32) -> Instant {
        later(self.origin, Duration::from_millis(stamp.into()))
    }

    fn floor_millis(&self, now: Instant) -> u128 {
        now.saturating_duration_since(self.origin).as_millis()
    }

    fn millis(&self, now: Instant) -> u32 {
        let since = now.saturating_duration_since(self.origin);
        u32::try_from(since.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
    }

    /// Drops what no window counts any more, and moves the origin on before stamps run out of bits.
    fn tidy(&mut self, now: Instant) {
        let longest = self.longest();
        while self.log.front().is_some_and(|stamp| self.has_left(*stamp, longest, now)) {
            self.log.pop_front();
        }
        if self.millis(now) > u32::MAX / 2 {
            let by = self.log.front().copied().unwrap_or(0);
            self.origin = if self.log.is_empty() { now } else { self.instant(by) };
            self.log.iter_mut().for_each(|stamp| *stamp -= by);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Sends and is answered at once.
    fn request(windows: &mut Windows, at: Instant) -> Result<(), Instant> {
        windows.take(at)?;
        windows.release(at);
        Ok(())
    }

    #[test]
    fn the_61st_of_a_minute_waits_until_the_first_is_a_minute_old() {
        let start = Instant::now();
        let mut windows = Windows::new(start);
        for n in 0..60 {
            assert_eq!(windows.left(start + n * SECOND / 2)[0], 60 - n);
            request(&mut windows, start + n * SECOND / 2).expect("a free slot");
        }
        let free = start + 60 * SECOND;
        assert_eq!(windows.take(start + 30 * SECOND), Err(free));
        assert_eq!(windows.take(free - Duration::from_millis(1)), Err(free));
        request(&mut windows, free).expect("a slot frees after exactly the period");
        assert_eq!(windows.take(free), Err(free + SECOND / 2));
    }

    #[test]
    fn the_1801st_of_an_hour_waits_although_the_minute_has_room() {
        let start = Instant::now();
        let mut windows = Windows::new(start);
        for n in 0..1800 {
            request(&mut windows, start + n * SECOND).expect("a free slot");
        }
        let now = start + 1800 * SECOND;
        assert_eq!(windows.left(now), [1, 0]);
        assert_eq!(windows.take(now), Err(start + 3600 * SECOND));
        assert_eq!(windows.left(now), [1, 0], "a refusal takes no slot");
    }

    #[test]
    fn a_slot_frees_a_period_after_the_answer_and_not_after_the_request() {
        let start = Instant::now();
        let mut windows = Windows::with_quotas(start, [Quota::new(1, 10 * SECOND), Quota::PER_HOUR]);
        windows.take(start).expect("a free slot");
        assert_eq!(windows.take(start + 20 * SECOND), Err(start + 30 * SECOND), "it is under way");
        windows.release(start + 4 * SECOND);
        assert_eq!(windows.take(start + 13 * SECOND), Err(start + 14 * SECOND));
        assert_eq!(windows.take(start + 14 * SECOND), Ok(()));
    }

    #[test]
    fn parts_of_a_millisecond_are_rounded_to_the_safe_side() {
        let start = Instant::now();
        let mut windows = Windows::with_quotas(start, [Quota::new(1, SECOND), Quota::PER_HOUR]);
        request(&mut windows, start + Duration::from_micros(1)).expect("a free slot");
        assert_eq!(windows.take(start + SECOND), Err(start + SECOND + Duration::from_millis(1)));
    }

    #[test]
    fn ages_make_the_same_windows_again() {
        let start = Instant::now();
        let mut windows = Windows::new(start);
        for n in 0..40 {
            request(&mut windows, start + n * SECOND).expect("a free slot");
        }
        windows.take(start + 40 * SECOND).expect("a free slot");
        windows.abandon(start + 40 * SECOND, start + 70 * SECOND);
        let now = start + 41 * SECOND;
        let ages: Vec<_> = windows.ages(now).collect();
        assert_eq!((ages[0], ages[39], ages[40]), (41_000, 2_000, -29_000));
        let mut again = Windows::with_quotas(now, windows.quotas());
        again.add_ages(now, ages.into_iter());
        assert_eq!(again.left(now), windows.left(now));
        for _ in 0..19 {
            request(&mut again, now).expect("a free slot");
        }
        assert_eq!(again.take(now), Err(start + 60 * SECOND));
        assert_eq!(again.left(now + 88 * SECOND)[0], 59, "what was under way counts for a minute more");
    }

    #[test]
    fn a_request_that_may_still_arrive_frees_no_other() {
        let start = Instant::now();
        let mut windows = Windows::with_quotas(start, [Quota::PER_MINUTE, Quota::new(2, 100 * SECOND)]);
        request(&mut windows, start).expect("a free slot");
        windows.take(start + 80 * SECOND).expect("a free slot");
        windows.abandon(start + 80 * SECOND, start + 110 * SECOND);
        assert_eq!(windows.take(start + 81 * SECOND), Err(start + 100 * SECOND));
    }

    #[test]
    fn a_year_of_silence_changes_nothing() {
        let start = Instant::now();
        let mut windows = Windows::with_quotas(start, [Quota::new(1, 10 * SECOND), Quota::PER_HOUR]);
        let later = start + 366 * 86_400 * SECOND;
        request(&mut windows, later).expect("a free slot");
        assert_eq!(windows.take(later + SECOND), Err(later + 10 * SECOND));
    }

    #[test]
    fn the_log_is_bounded_and_outlives_its_origin() {
        let start = Instant::now();
        let mut windows = Windows::new(start);
        // 60 days, with a request every half hour.
        for n in 0..60 * 48 {
            request(&mut windows, start + n * 1800 * SECOND).expect("a free slot");
            assert!(windows.log.len() <= 3);
        }
        let last = start + (60 * 48 - 1) * 1800 * SECOND;
        assert_eq!(windows.ages(last).collect::<Vec<_>>(), [1_800_000, 0]);
    }
}
