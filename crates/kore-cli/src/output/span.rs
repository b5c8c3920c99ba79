//! How long something takes, for people.

use std::time::{Duration, Instant};

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

#[cfg(test)]
mod tests {
    use super::*;

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
