//! Durations as users write them in flags and in the configuration file.

use std::time::Duration;

/// Reads `20s`, `1m 30s`, `500ms`. A unit is needed, and zero is refused.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    over_zero(text, "")
}

/// The same in a file, where text stands in quotes.
pub(crate) fn parse_quoted(text: &str) -> Result<Duration, String> {
    over_zero(text, "\"")
}

fn over_zero(text: &str, quote: &str) -> Result<Duration, String> {
    match kore_emulator::parse_duration(text, quote)? {
        Duration::ZERO => Err(format!("expected more than zero, such as {quote}20s{quote}")),
        duration => Ok(duration),
    }
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
