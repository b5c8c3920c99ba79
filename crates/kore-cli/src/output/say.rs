//! How a text or a frame gets to a stream: through the queue where it waits.

use std::sync::{Arc, OnceLock};

use super::queue::Queue;
use super::screen::Frame;
use super::stream::Stream;

impl Stream {
    /// To be written as it is, behind all that waits.
    pub(crate) fn raw(self, text: impl Into<Vec<u8>>) {
        self.queue().text(self, text.into());
    }

    /// The same; colours stay only where they are wanted.
    pub(crate) fn styled(self, text: &str) {
        self.raw(self.in_its_colours(text));
    }

    /// A line that is left out if too much waits; `told` says later how many were.
    pub(crate) fn line(self, line: &str, told: fn(u64) -> String) {
        self.queue().line(self, self.in_its_colours(line), told);
    }

    /// A frame of the view; one that still waits is dropped for it.
    pub(super) fn frame(self, frame: Frame) {
        self.queue().frame(self, frame);
    }

    /// The last frame of a view, which is never dropped.
    pub(super) fn last_frame(self, frame: Frame) {
        self.queue().last_frame(self, frame);
    }

    fn in_its_colours(self, text: &str) -> String {
        if self.has_colours() { text.to_owned() } else { anstream::adapter::strip_str(text).to_string() }
    }

    /// Where its text waits. If both streams go to the same place they share a queue, so that all
    /// stands there in the order in which it was said.
    pub(super) fn queue(self) -> &'static Arc<Queue> {
        static QUEUES: OnceLock<[Arc<Queue>; 2]> = OnceLock::new();
        let queues = QUEUES.get_or_init(|| {
            let stdout = Queue::start(Self::write);
            let stderr = if are_one() { Arc::clone(&stdout) } else { Queue::start(Self::write) };
            [stdout, stderr]
        });
        &queues[self as usize]
    }
}

/// Whether both go to the same terminal, pipe or file.
#[cfg(unix)]
fn are_one() -> bool {
    let place = |fd| rustix::fs::fstat(fd).map(|stat| (stat.st_dev, stat.st_ino));
    match (place(rustix::stdio::stdout()), place(rustix::stdio::stderr())) {
        (Ok(stdout), Ok(stderr)) => stdout == stderr,
        _ => false,
    }
}

#[cfg(windows)]
fn are_one() -> bool {
    use std::io;

    use winapi_util::{HandleRef, file};

    // Pipes are never found to be one: the system gives them no number.
    let place = |stream: HandleRef| {
        let is = file::information(&stream)?;
        let is_file = file::typ(&stream)?.is_disk();
        Ok::<_, io::Error>(is_file.then(|| (is.volume_serial_number(), is.file_index())))
    };
    match (place(HandleRef::stdout()), place(HandleRef::stderr())) {
        (Ok(Some(stdout)), Ok(Some(stderr))) => stdout == stderr,
        _ => Stream::BOTH.iter().all(|stream| stream.is_terminal()),
    }
}
