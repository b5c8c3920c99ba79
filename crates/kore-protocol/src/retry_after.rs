//! The header `Retry-After`: clients read it, servers write it.

use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue};
use kore_types::Timestamp;

/// When a server asks to be called again (RFC 9110, 10.2.3). No source says whether the platform sends
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryAfter {
    /// That long after the response.
    Delay(Duration),
    /// At that time.
    At(SystemTime),
}

impl RetryAfter {
    /// Reads the header. `None` if it is missing or malformed.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        match text.parse() {
            Ok(seconds) => Some(Self::Delay(Duration::from_secs(seconds))),
            Err(_) => httpdate::parse_http_date(text).ok().map(Self::At),
        }
    }

    /// Sets the header, for servers. A delay is rounded up to whole seconds, so that no client comes
    /// too soon.
    pub fn write(self, headers: &mut HeaderMap) {
        let value = match self {
            Self::Delay(delay) => {
                let part = u64::from(delay.subsec_nanos() > 0);
                HeaderValue::from(delay.as_secs().saturating_add(part))
            }
            Self::At(time) => {
                let date = httpdate::fmt_http_date(Timestamp::nearest(time));
                HeaderValue::from_str(&date).expect("a date is ASCII")
            }
        };
        headers.insert(RETRY_AFTER, value);
    }

    /// The time from `now` until then; zero if it has passed.
    pub fn delay(self, now: SystemTime) -> Duration {
        match self {
            Self::Delay(delay) => delay,
            Self::At(time) => time.duration_since(now).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn read(value: &str) -> Option<RetryAfter> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().expect("a header value"));
        RetryAfter::from_headers(&headers)
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(read("120"), Some(RetryAfter::Delay(Duration::from_secs(120))));
        let date = UNIX_EPOCH + Duration::from_secs(784_111_777);
        let at = read("Sun, 06 Nov 1994 08:49:37 GMT").expect("a date");
        assert_eq!(at, RetryAfter::At(date));
        assert_eq!(at.delay(date - Duration::from_secs(5)), Duration::from_secs(5));
        assert_eq!(at.delay(date + Duration::from_secs(5)), Duration::ZERO);
    }

    #[test]
    fn what_a_server_writes_is_read_back_and_never_shorter() {
        let written = |retry_after: RetryAfter| {
            let mut headers = HeaderMap::new();
            retry_after.write(&mut headers);
            RetryAfter::from_headers(&headers).expect("it was written")
        };
        for (delay, seconds) in [(0, 0), (1, 1), (1000, 1), (1001, 2), (3_599_999, 3600)] {
            let read = written(RetryAfter::Delay(Duration::from_millis(delay)));
            assert_eq!(read, RetryAfter::Delay(Duration::from_secs(seconds)), "{delay} ms");
        }
        for seconds in [0, 784_111_777, 253_402_300_799] {
            let at = RetryAfter::At(UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(written(at), at);
        }
        let year_10_000 = RetryAfter::At(UNIX_EPOCH + Duration::from_secs(253_402_300_800));
        assert!(matches!(written(year_10_000), RetryAfter::At(_)));
    }

    #[test]
    fn other_forms_are_ignored() {
        for value in ["", "soon", "-1", "1.5", "99999999999999999999999"] {
            assert_eq!(read(value), None, "{value:?}");
        }
    }
}
