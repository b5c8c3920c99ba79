//! A life as JSON.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use kore_types::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Life, Mode, Speed, Steered};
use crate::Scenario;

/// All of an import that lives, but its id and its scenario.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedLife {
    mode: ModeWord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    speed: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    each: Option<NonZeroU32>,
    created: Time,
    since: Time,
    #[serde(default)]
    from: u32,
    #[serde(default)]
    looks: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    steered: Option<Steered>,
}

/// What moves an import on, in a word.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ModeWord {
    AtOnce,
    Time,
    Looks,
}

impl ModeWord {
    /// The mode; `speed` is for time alone, `each` for looks alone.
    pub(crate) fn mode(self, speed: Option<f64>, each: Option<NonZeroU32>) -> Result<Mode, String> {
        match (self, speed, each) {
            (Self::AtOnce, None, None) => Ok(Mode::AtOnce),
            (Self::Looks, None, each) => Ok(Mode::Looks { each: each.unwrap_or(NonZeroU32::MIN) }),
            (Self::Time, speed, None) => match Speed::new(speed.unwrap_or(1.0)) {
                Ok(speed) => Ok(Mode::Time { speed }),
                Err(error) => Err(format!("`speed`: {error}")),
            },
            (_, Some(_), _) => Err("`speed` is for the mode \"time\" alone".to_owned()),
            (_, _, Some(_)) => Err("`each` is for the mode \"looks\" alone".to_owned()),
        }
    }

    pub(crate) fn of(mode: Mode) -> (Self, Option<f64>, Option<NonZeroU32>) {
        match mode {
            Mode::AtOnce => (Self::AtOnce, None, None),
            Mode::Time { speed } => (Self::Time, Some(speed.factor()), None),
            Mode::Looks { each } => (Self::Looks, None, Some(each)),
        }
    }
}

impl Life {
    pub(crate) fn saved(&self) -> SavedLife {
        let (mode, speed, each) = ModeWord::of(self.mode);
        SavedLife {
            mode,
            speed,
            each,
            created: Time(self.created),
            since: Time(self.since),
            from: self.from,
            looks: self.looks,
            steered: self.steered,
        }
    }
}

impl SavedLife {
    pub(crate) fn into_life(self, scenario: Arc<Scenario>) -> Result<Life, String> {
        let tasks = scenario.task_count();
        if self.from as usize > tasks {
            return Err(format!(
                "`from`: expected at most {tasks}, the tasks of its scenario, found {}",
                self.from
            ));
        }
        Ok(Life {
            mode: self.mode.mode(self.speed, self.each)?,
            scenario,
            created: self.created.0,
            since: self.since.0,
            from: self.from,
            looks: self.looks,
            steered: self.steered,
        })
    }

    /// As far at `now` as it was at `then`.
    pub(crate) fn moved(mut self, then: SystemTime, now: SystemTime) -> Self {
        let ran = then.duration_since(self.since.0).unwrap_or_default();
        self.since.0 = now.checked_sub(ran).unwrap_or(UNIX_EPOCH);
        self
    }
}

/// A time in RFC 3339 to the nanosecond, from 1970 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) SystemTime);

impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_rfc3339_nanos(Timestamp::nearest(self.0)))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_rfc3339(&text).map(Self).map_err(|error| {
            serde::de::Error::custom(format!("expected a time such as 2026-07-29T07:24:17.5Z: {error}"))
        })
    }
}
