//! What a second run needs to know of a first.

use std::time::{Duration, Instant};

use kore_types::BotImportId;
use serde::{Deserialize, Serialize};

use super::machine::LATEST_ARRIVAL;
use super::{Quota, Windows};

/// What a second watch of the same import needs, in this process or another, to stay within the
/// platform's windows. It holds no secret.
///
/// It holds ages and no times of day, and what passes between the two watches is not counted: the
/// clock of the wall may be set meanwhile, and a slot that frees late does no harm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ResumeToken {
    #[serde(rename = "v")]
    version: Version,
    /// The import that is watched.
    pub id: BotImportId,
    /// How long it has been waited for, in milliseconds.
    #[serde(rename = "waited")]
    waited_ms: u64,
    /// What was left until the deadline, in milliseconds.
    #[serde(rename = "left")]
    left_ms: u64,
    /// The ledger that knows these looks already, if it has a name.
    #[serde(rename = "ledger", default, skip_serializing_if = "Option::is_none")]
    pub(super) ledger: Option<u64>,
    /// Looks as age in milliseconds and count, the oldest first; looks of more than a minute ago
    /// stand together by the minute, with the age of the youngest. One that may still arrive has a
    /// negative age.
    looks: Vec<(i64, u32)>,
}

/// The one version so far; another one is refused by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version;

impl Version {
    const NUMBER: u32 = 1;
}

impl Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(Self::NUMBER)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            Self::NUMBER => Ok(Self),
            other => Err(serde::de::Error::custom(format!(
                "this is version {other} of the resume token; this version of the program reads {}",
                Self::NUMBER
            ))),
        }
    }
}

impl ResumeToken {
    pub(super) fn new(
        id: BotImportId,
        waited: Duration,
        left: Duration,
        windows: &Windows,
        now: Instant,
    ) -> Self {
        const MINUTE: i64 = 60_000;
        let mut looks: Vec<(i64, u32)> = Vec::new();
        // A look that counts as younger frees its slot later, which does no harm.
        for age in windows.ages(now) {
            match looks.last_mut() {
                Some((last, count)) if age >= MINUTE && *last / MINUTE == age / MINUTE => {
                    *last = age;
                    *count += 1;
                }
                Some((last, count)) if *last == age => *count += 1,
                _ => looks.push((age, 1)),
            }
        }
        let ledger = windows.ledger();
        Self { version: Version, id, waited_ms: millis(waited), left_ms: millis(left), ledger, looks }
    }

    /// How long the import has been waited for.
    pub fn waited(&self) -> Duration {
        Duration::from_millis(self.waited_ms)
    }

    /// What was left until the deadline.
    pub fn left(&self) -> Duration {
        Duration::from_millis(self.left_ms)
    }

    /// The age of each look in milliseconds, the youngest first. A token from outside may name more
    /// looks than any window holds, or later ones than may arrive; those that make no difference
    /// are left out.
    pub(super) fn ages(&self, quotas: [Quota; 2]) -> impl Iterator<Item = i64> {
        let most = quotas[0].requests.max(quotas[1].requests) as usize;
        let latest = i64::try_from(LATEST_ARRIVAL.as_millis()).unwrap_or(i64::MAX);
        let mut looks = self.looks.clone();
        looks.sort_unstable();
        let ages = looks.into_iter().map(move |(age, count)| (age.max(-latest), most.min(count as usize)));
        ages.flat_map(|(age, count)| std::iter::repeat_n(age, count)).take(most)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
