//! The token with which another watch, perhaps in another process, resumes where one has ended.

use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Job, Now};
use crate::clock::wall_millis;
use crate::request_log::{LATEST_ARRIVAL, RequestLog};
use crate::{Millis, Origin, Quota, RequestLogs};

/// What another watch of the same job needs, in this process or another, to resume where one has
/// ended and to stay within the rate limit. It holds no secret. A watch of another kind of job
/// refuses it.
///
/// It holds the ages of requests, and the wall-clock time at which it was written, so that the time
/// between the two watches counts. If the wall clock was set back meanwhile, no time counts: then
/// requests count for too long, which does no harm. If it was set ahead, requests count for too short
/// a time: then the platform may refuse some polls, and the watch waits and polls again. The time
/// that was left until the deadline stays the same between the two watches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "")]
#[non_exhaustive]
pub struct ResumeToken<J: Job> {
    #[serde(rename = "v", deserialize_with = "read_version")]
    version: u32,
    /// Before the job, so that the error for another kind of job names that kind. A token without a
    /// kind is taken for one of the expected kind.
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
    /// Whether the host had responded as the platform does. The token does not name the host. A watch
    /// that resumes at a wrong host takes its responses for an outage, until the deadline.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    platform: bool,
    /// Requests as age in milliseconds and count, the oldest first. Those of more than a minute ago are
    /// grouped by the minute, with the age of the youngest, to keep the token short. A request that may
    /// still arrive has a negative age.
    requests: Vec<(i64, u32)>,
}

/// The only version that is read. Version 1 had no time.
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
        // A request that counts as younger counts for longer, which does no harm.
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

    /// That of a job whose watch has not begun, with the requests that these logs count for it.
    pub fn unwatched(job: J, logs: &RequestLogs<Millis>, now: Now) -> Self {
        let log = logs.log(&job.request(), now.instant);
        let (nothing, is_platform) = (Duration::ZERO, false);
        Self::new(job, nothing, nothing, &log.lock(), logs.name(), is_platform, now)
    }

    /// Of a watch that sent nothing, long ago.
    pub(super) fn of_no_requests(job: J) -> Self {
        let (version, kind, requests) = (VERSION, PhantomData, Vec::new());
        Self { version, kind, job, at_ms: 0, waited_ms: 0, left_ms: 0, logs: None, platform: false, requests }
    }

    /// How long the job had been waited for.
    pub fn waited(&self) -> Duration {
        Duration::from_millis(self.waited_ms)
    }

    /// What was left until the deadline.
    pub fn left(&self) -> Duration {
        Duration::from_millis(self.left_ms)
    }

    /// Counts the requests of the earlier watch, unless these logs counted them already. A watch that
    /// resumes does so itself.
    pub fn count_in(&self, logs: &RequestLogs<Millis>, now: Now) {
        if self.logs.is_none() || self.logs != logs.name() {
            let ages = self.ages(logs.quotas(), now.wall);
            logs.log(&self.job.request(), now.instant).lock().add_ages(now.instant, ages);
        }
    }

    /// What the next watch knows of the host.
    pub(super) fn origin(&self) -> Origin {
        if self.platform { Origin::Platform } else { Origin::Unknown }
    }

    /// How long after the token was written the documented rate limits allow a request. A deadline that
    /// comes sooner is refused.
    pub fn free_in(&self) -> Duration {
        let ages: Vec<_> = self.ages_after(0, Quota::DOCUMENTED).collect();
        let waits = Quota::DOCUMENTED.map(|Quota { requests, period }| {
            let oldest = ages.get((requests as usize).saturating_sub(1));
            oldest.map_or(0, |age| i64::try_from(period.as_millis()).unwrap_or(i64::MAX).saturating_sub(*age))
        });
        Duration::from_millis(waits[0].max(waits[1]).max(0).unsigned_abs())
    }

    /// How long the job has been waited for at `wall`, with the time since the token was written.
    pub(super) fn waited_by(&self, wall: SystemTime) -> Duration {
        let passed = Duration::from_millis(self.passed_ms(wall).unsigned_abs());
        self.waited().saturating_add(passed)
    }

    /// The milliseconds since the token was written; 0 if the clock was set back.
    fn passed_ms(&self, wall: SystemTime) -> i64 {
        wall_millis(wall).saturating_sub(self.at_ms).max(0)
    }

    /// The age of each request in milliseconds at `wall`, the youngest first. A made-up token may name
    /// billions of requests, or requests far in the future: what is out of bounds is cut.
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
