//! A point in time that keeps the text in which it came, such as `createdOn` of an import.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A timestamp as the platform wrote it, for example `2022-07-29T07:24:17.496Z`.
///
/// Any text is kept; [`to_system_time`](Self::to_system_time) reads those that are RFC 3339.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Timestamp(Box<str>);

/// A text that is not an RFC 3339 timestamp between the years 1970 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidTimestamp;

impl fmt::Display for InvalidTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected an RFC 3339 timestamp from 1970 on, such as 2022-07-29T07:24:17.496Z")
    }
}

impl std::error::Error for InvalidTimestamp {}

/// The last second of the year 9999, counted from 1970.
const LAST: Duration = Duration::from_secs(253_402_300_799);

impl Timestamp {
    /// The time itself, or the nearest one from 1970 to the end of 9999. A wrong clock may give a
    /// time outside of these years, for which libraries that write dates panic or fail.
    pub fn nearest(time: SystemTime) -> SystemTime {
        UNIX_EPOCH + time.duration_since(UNIX_EPOCH).unwrap_or_default().min(LAST)
    }

    /// The text as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The instant that the text names.
    ///
    /// # Errors
    /// [`InvalidTimestamp`] for a text that is not RFC 3339, or names an instant before 1970.
    pub fn to_system_time(&self) -> Result<SystemTime, InvalidTimestamp> {
        parse(self.0.as_bytes()).ok_or(InvalidTimestamp)
    }
}

/// In UTC, with milliseconds. A time outside of the years 1970 to 9999 becomes the
/// [`nearest`](Timestamp::nearest) one.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let since = Self::nearest(time).duration_since(UNIX_EPOCH).unwrap_or_default();
        let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
        let (year, month, day) = civil_from_days(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let millis = since.subsec_millis();
        Self(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z").into())
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl AsRef<str> for Timestamp {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.into())
    }
}

crate::__text! { Timestamp }

impl crate::Lenient for Timestamp {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.into())
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)`, with RFC 3339's lower-case letters and space too.
fn parse(text: &[u8]) -> Option<SystemTime> {
    let (date_time, rest) = text.split_at_checked(19)?;
    let number = |from: usize, to: usize| digits(&date_time[from..to]);
    if [date_time[4], date_time[7], date_time[13], date_time[16]] != *b"--::"
        || !matches!(date_time[10], b'T' | b't' | b' ')
    {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // RFC 3339 allows second 60 for a leap second.
    if !(1..=12).contains(&month)
        || !(1..=days_in(year, month)).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }

    let (nanos, zone) = fraction(rest)?;
    let offset = offset_seconds(zone)?;
    let seconds = days_from_civil(year, month, day)? * 86_400 + hour * 3600 + minute * 60 + second;
    let seconds = u64::try_from(i64::try_from(seconds).ok()? - offset).ok()?;
    UNIX_EPOCH.checked_add(Duration::new(seconds, nanos))
}

fn digits(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0u64, |n, b| b.is_ascii_digit().then(|| n * 10 + u64::from(b - b'0')))
}

fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let Some(text) = text.strip_prefix(b".") else { return Some((0, text)) };
    let count = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if count == 0 {
        return None;
    }
    let nanos = (0..9).fold(0, |n, i| n * 10 + if i < count { u32::from(text[i] - b'0') } else { 0 });
    Some((nanos, &text[count..]))
}

fn offset_seconds(zone: &[u8]) -> Option<i64> {
    match zone {
        b"Z" | b"z" => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
            let seconds = i64::try_from(hours * 3600 + minutes * 60).ok()?;
            (hours < 24 && minutes < 60).then_some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, in years that begin in March so that
/// the leap day comes last.
fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let month = (month + 9) % 12;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    days.checked_sub(719_468)
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let mut year = 1970 + days / 366;
    while days_from_civil(year + 1, 1, 1).is_some_and(|first| first <= days) {
        year += 1;
    }
    let mut day = days - days_from_civil(year, 1, 1).unwrap_or(0);
    let mut month = 1;
    while day >= days_in(year, month) {
        day -= days_in(year, month);
        month += 1;
    }
    (year, month, day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<(u64, u32)> {
        let since = Timestamp::from(text).to_system_time().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some((since.as_secs(), since.subsec_nanos()))
    }

    #[test]
    fn a_time_of_any_clock_is_written_and_read_back() {
        let day = Duration::from_secs(86_400);
        for (time, text) in [
            (UNIX_EPOCH - day * 365 * 100, "1970-01-01T00:00:00.000Z"),
            (UNIX_EPOCH + LAST, "9999-12-31T23:59:59.000Z"),
            (UNIX_EPOCH + LAST + Duration::from_secs(1), "9999-12-31T23:59:59.000Z"),
            (UNIX_EPOCH + day * 365 * 1_000_000, "9999-12-31T23:59:59.000Z"),
        ] {
            let written = Timestamp::from(time);
            assert_eq!(written.as_str(), text);
            assert_eq!(written.to_system_time(), Ok(Timestamp::nearest(time)));
        }
    }

    #[test]
    fn the_documented_timestamp_is_read() {
        // `date -u -d 2022-07-29T07:24:17Z +%s`
        assert_eq!(seconds("2022-07-29T07:24:17.496Z"), Some((1_659_079_457, 496_000_000)));
    }

    #[test]
    fn zones_fractions_and_leap_years_are_read() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some((0, 0)));
        assert_eq!(seconds("2000-02-29T12:00:00+05:30"), Some((951_805_800, 0)));
        assert_eq!(seconds("2000-02-29t12:00:00.1234567891-01:00"), Some((951_829_200, 123_456_789)));
        assert_eq!(seconds("9999-12-31T23:59:59Z"), Some((253_402_300_799, 0)));
    }

    #[test]
    fn a_text_that_is_no_timestamp_is_refused() {
        for text in [
            "",
            "2022",
            "2022-07-29",
            "2022-07-29T07:24:17",
            "2022-07-29T07:24:17.Z",
            "2022-13-29T07:24:17Z",
            "2022-02-29T07:24:17Z",
            "2022-07-29T24:00:00Z",
            "2022-07-29T07:24:17+0530",
            "1969-12-31T23:59:59Z",
            "2022-07-29T07:24:17.496Zx",
            "२०२२-07-29T07:24:17Z",
            "0000-01-01T00:00:00Z",
        ] {
            assert_eq!(seconds(text), None, "{text:?}");
        }
    }

    #[test]
    fn writing_and_reading_agree_on_every_day_of_eight_centuries() {
        for day in 0..292_194 {
            let time = UNIX_EPOCH + Duration::from_millis(day * 86_400_000 + 12_345_678);
            assert_eq!(Timestamp::from(time).to_system_time(), Ok(time));
        }
    }
}
