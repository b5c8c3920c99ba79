//! What a second run needs to know of a first.

use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Job, Now};
use crate::clock::wall_millis;
use crate::request_log::{LATEST_ARRIVAL, RequestLog};
use crate::{Millis, Origin, Quota, RequestLogs};

/// What a second watch of the same job needs, in this process or another, to stay within the
/// platform's rate limit. It holds no secret, and is refused by a watch of another kind of job.
///
/// It holds the ages of requests, and when it was written by the clock on the wall, so that the
/// time between the two watches counts. A clock that was set back meanwhile counts as no time: a
/// slot that frees late does no harm. A clock that was set ahead is taken for time that passed, so
/// keep it right between the two: requests would be taken for older than they are, and the
/// platform may refuse some that come too soon, which the watch waits out. What the first watch had
/// left until its deadline does not get less between the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "")]
#[non_exhaustive]
pub struct ResumeToken<J: Job> {
    #[serde(rename = "v", deserialize_with = "read_version")]
    version: u32,
    /// Before the job, so that a job of another kind is refused by its kind. One that is not written
    /// is taken for the kind that is expected.
    #[serde(default, serialize_with = "write_kind", deserialize_with = "read_kind")]
    kind: PhantomData<J>,
    /// The job that is watched.
    #[serde(rename = "id")]
    pub job: J,
    /// When it was written, in milliseconds since 1970, rounded up.
    #[serde(rename = "at")]
    at_ms: i64,
    /// How long the job had been waited for, in milliseconds.
    #[serde(rename = "waited")]
    waited_ms: u64,
    /// What was left until the deadline, in milliseconds.
    #[serde(rename = "left")]
    left_ms: u64,
    /// The logs that count these requests already, if they have a name.
    #[serde(rename = "ledger", default, skip_serializing_if = "Option::is_none")]
    logs: Option<u64>,
    /// Whether the host had answered as the platform does. The token does not name the host: given
    /// to another one, what that one answers is an outage until the deadline.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    platform: bool,
    /// Requests as age in milliseconds and count, the oldest first; those of more than a minute ago
    /// stand together by the minute, with the age of the youngest. One that may still arrive has a
    /// negative age.
    requests: Vec<(i64, u32)>,
}

/// The one version that is read; another one is refused by its number. Version 1 had no time.
const VERSION: u32 = 2;

fn read_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        VERSION => Ok(VERSION),
        other => Err(D::Error::custom(format!(
            "this is version {other} of the resume token; this version of the program reads {VERSION}: \
             start the watch anew"
        ))),
    }
}

fn write_kind<J: Job, S: Serializer>(_: &PhantomData<J>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(J::KIND)
}

fn read_kind<'de, J: Job, D: Deserializer<'de>>(deserializer: D) -> Result<PhantomData<J>, D::Error> {
    let kind = String::deserialize(deserializer)?;
    if kind == J::KIND {
        return Ok(PhantomData);
    }
    let expected = J::KIND;
    Err(D::Error::custom(format!("expected the resume token of a {expected}, found that of a {kind:?}")))
}

impl<J: Job> ResumeToken<J> {
    pub(super) fn new(
        job: J,
        waited: Duration,
        left: Duration,
        log: &RequestLog<Millis>,
        logs: Option<u64>,
        platform: bool,
        now: Now,
    ) -> Self {
        const MINUTE: i64 = 60_000;
        let mut requests: Vec<(i64, u32)> = Vec::new();
        // One that counts as younger frees its slot later, which does no harm.
        for age in log.ages(now.instant) {
            match requests.last_mut() {
                Some((last, count)) if age >= MINUTE && *last / MINUTE == age / MINUTE => {
                    *last = age;
                    *count += 1;
                }
                Some((last, count)) if *last == age => *count += 1,
                _ => requests.push((age, 1)),
            }
        }
        let (waited_ms, left_ms, at_ms) =
            (millis(waited), millis(left), wall_millis(now.wall).saturating_add(1));
        Self { version: VERSION, kind: PhantomData, job, at_ms, waited_ms, left_ms, logs, platform, requests }
    }

    /// How long the job had been waited for.
    pub fn waited(&self) -> Duration {
        Duration::from_millis(self.waited_ms)
    }

    /// What was left until the deadline.
    pub fn left(&self) -> Duration {
        Duration::from_millis(self.left_ms)
    }

    /// Counts the requests of the other watch in logs that do not know them yet. A watch that
    /// resumes does so itself.
    pub fn count_in(&self, logs: &RequestLogs<Millis>, now: Now) {
        if self.logs.is_none() || self.logs != logs.name() {
            let ages = self.ages(logs.quotas(), now.wall);
            logs.log(&self.job.request(), now.instant).lock().add_ages(now.instant, ages);
        }
    }

    /// What the watch that goes on knows of the host.
    pub(super) fn origin(&self) -> Origin {
        if self.platform { Origin::Platform } else { Origin::Unknown }
    }

    /// How long after it was written the rate limits allow a request, as they are documented; a
    /// deadline that is sooner is refused.
    pub fn free_in(&self) -> Duration {
        let ages: Vec<_> = self.ages_after(0, Quota::DOCUMENTED).collect();
        let waits = Quota::DOCUMENTED.map(|Quota { requests, period }| {
            let oldest = ages.get((requests as usize).saturating_sub(1));
            oldest.map_or(0, |age| i64::try_from(period.as_millis()).unwrap_or(i64::MAX).saturating_sub(*age))
        });
        Duration::from_millis(waits[0].max(waits[1]).max(0).unsigned_abs())
    }

    /// How long the job has been waited for by then, the time since it was written included.
    pub(super) fn waited_by(&self, wall: SystemTime) -> Duration {
        let passed = Duration::from_millis(self.passed_ms(wall).unsigned_abs());
        self.waited().saturating_add(passed)
    }

    /// How many milliseconds have passed since it was written; none if the clock was set back.
    fn passed_ms(&self, wall: SystemTime) -> i64 {
        wall_millis(wall).saturating_sub(self.at_ms).max(0)
    }

    /// The age of each request in milliseconds by then, the youngest first. A token from outside may
    /// name more requests than any window holds, or later ones than may arrive; those that make no
    /// difference are left out.
    pub(super) fn ages(&self, quotas: [Quota; 2], wall: SystemTime) -> impl Iterator<Item = i64> {
        self.ages_after(self.passed_ms(wall), quotas)
    }

    fn ages_after(&self, passed: i64, quotas: [Quota; 2]) -> impl Iterator<Item = i64> + use<J> {
        let most = quotas[0].requests.max(quotas[1].requests) as usize;
        let latest = i64::try_from(LATEST_ARRIVAL.as_millis()).unwrap_or(i64::MAX);
        let mut requests = self.requests.clone();
        requests.sort_unstable();
        let age = move |age: i64| age.max(-latest).saturating_add(passed);
        let ages = requests.into_iter().map(move |(at, count)| (age(at), most.min(count as usize)));
        ages.flat_map(|(age, count)| std::iter::repeat_n(age, count)).take(most)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
