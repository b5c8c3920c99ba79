//! How long a reader that takes nothing is waited for when all is over.

use std::time::{Duration, Instant};

/// A reader that takes something within this time is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// How often it is checked whether something was taken.
pub(crate) const LOOK: Duration = Duration::from_millis(100);

/// When the reader of one stream or file took something last.
#[derive(Debug)]
pub(crate) struct Patience {
    since: Instant,
    unread: Option<u64>,
}

impl Patience {
    pub(crate) fn new(since: Instant) -> Self {
        Self { since, unread: None }
    }

    /// What is known of it now: when a piece went out last, and how much lies in its pipe.
    pub(crate) fn note(&mut self, written: Instant, unread: Option<u64>, now: Instant) {
        self.since = self.since.max(written);
        let before = std::mem::replace(&mut self.unread, unread);
        if before.is_some() && before != unread {
            self.since = self.since.max(now);
        }
    }

    pub(crate) fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= PATIENCE
    }
}

/// How much lies in a pipe that nobody has read yet.
#[cfg(unix)]
pub(crate) fn unread(fd: impl std::os::fd::AsFd) -> Option<u64> {
    use rustix::fs::{FileType, fstat};

    let is_pipe = fstat(&fd).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo);
    if is_pipe { rustix::io::ioctl_fionread(&fd).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_waited_for_while_it_takes_something() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut patience = Patience::new(start);
        patience.note(start, Some(65_536), at(4));
        assert!(!patience.is_over(at(4)) && patience.is_over(at(5)));
        // A byte was read, which is too little for the next piece to go out.
        patience.note(start, Some(65_535), at(4));
        assert!(!patience.is_over(at(8)) && patience.is_over(at(9)));
        // A piece went out.
        patience.note(at(8), Some(65_535), at(9));
        assert!(!patience.is_over(at(12)) && patience.is_over(at(13)));
    }
}
