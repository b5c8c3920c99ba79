//! How long something takes, until when, and how long ago, for people.

use std::time::{Duration, Instant, SystemTime};

/// `42 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// The time until then, in whole seconds that have begun.
pub(crate) fn until(then: Instant, now: Instant) -> String {
    let left = then.saturating_duration_since(now);
    span(Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0)))
}

/// `3 min ago`; for a time that is still to come, that the clocks differ.
pub(crate) fn age(then: SystemTime, now: SystemTime) -> String {
    match now.duration_since(then) {
        Ok(age) => format!("{} ago", largest_unit(age.as_secs())),
        Err(error) if error.duration().as_secs() == 0 => "0 s ago".to_owned(),
        Err(error) => {
            format!(
                "in {}: this machine's clock is behind the platform's",
                largest_unit(error.duration().as_secs())
            )
        }
    }
}

/// The largest unit of which there are two or more, down to minutes.
fn largest_unit(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        172_800..63_072_000 => format!("{} days", seconds / 86_400),
        _ => format!("{} years", seconds / 31_556_952),
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn ages_have_the_largest_unit_that_says_enough() {
        let now = UNIX_EPOCH + Duration::from_secs(2_000_000_000);
        for (seconds, expected) in [
            (0, "0 s ago"),
            (59, "59 s ago"),
            (200, "3 min ago"),
            (7_199, "119 min ago"),
            (7_200, "2 h ago"),
            (172_800, "2 days ago"),
            (100_000_000, "3 years ago"),
        ] {
            assert_eq!(age(now - Duration::from_secs(seconds), now), expected);
        }
    }

    #[test]
    fn a_time_to_come_says_that_the_clocks_differ() {
        let then = UNIX_EPOCH + Duration::from_secs(300);
        assert_eq!(age(then, UNIX_EPOCH), "in 5 min: this machine's clock is behind the platform's");
        assert_eq!(age(UNIX_EPOCH + Duration::from_millis(20), UNIX_EPOCH), "0 s ago");
    }

    #[test]
    fn spans_have_at_most_two_units() {
        for (seconds, text) in
            [(0, "0 s"), (59, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (3600, "1 h"), (7565, "2 h 6 min")]
        {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_part_of_a_second_counts_as_one() {
        let now = Instant::now();
        assert_eq!(until(now + Duration::from_millis(1), now), "1 s");
        assert_eq!(until(now, now + Duration::from_secs(1)), "0 s");
    }
}
