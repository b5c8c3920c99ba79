//! How long ago something was.

use std::time::SystemTime;

/// `3 min ago`; for a time that is still to come, that the clocks differ.
pub(crate) fn age(then: SystemTime, now: SystemTime) -> String {
    match now.duration_since(then) {
        Ok(age) => format!("{} ago", span(age.as_secs())),
        Err(error) if error.duration().as_secs() == 0 => "0 s ago".to_owned(),
        Err(error) => {
            format!("in {}: this machine's clock is behind the platform's", span(error.duration().as_secs()))
        }
    }
}

/// The largest unit of which there are two or more, down to minutes.
fn span(seconds: u64) -> String {
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
    use std::time::{Duration, UNIX_EPOCH};

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
}
