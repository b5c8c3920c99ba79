//! Durations that a user writes.

use std::time::Duration;

/// The longest that is taken: far from what a clock cannot add.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Reads `20s`, `1m 30s`, `500ms`. A unit is needed, and zero is refused.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("the unit is missing: write {text}s for seconds"));
    }
    let duration = humantime::parse_duration(text)
        .map_err(|error| format!("expected a duration such as 20s or 1m30s: {error}"))?;
    if duration.is_zero() {
        return Err("expected more than zero, such as 20s".to_owned());
    }
    if duration > LONGEST {
        return Err("expected at most 365days".to_owned());
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read() {
        assert_eq!(parse("20s"), Ok(Duration::from_secs(20)));
        assert_eq!(parse(" 1m 30s "), Ok(Duration::from_secs(90)));
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
    }

    #[test]
    fn a_missing_unit_says_what_to_write() {
        assert_eq!(parse("20"), Err("the unit is missing: write 20s for seconds".to_owned()));
    }

    #[test]
    fn zero_nonsense_and_ages_are_refused() {
        for text in ["", "0s", "0ms", "-1s", "s", "1 parsec", "99999999999999999999s", "1000years"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
