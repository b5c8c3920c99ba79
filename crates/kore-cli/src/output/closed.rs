//! Whether this process was started without a standard output, as `kore … >&-` does.
//!
//! Rust opens `/dev/null` in place of a stream that is closed, before `main` begins: what is written
//! there is lost, and nothing tells it from the `>/dev/null` of a user who wants it lost (Python and
//! Node open that one for reading and writing too, as Rust does). So it is looked at before `main`.

/// Whether standard output was closed when the process began.
#[cfg(unix)]
pub(super) fn stdout_was_closed() -> bool {
    before_main::STDOUT_WAS_CLOSED.load(std::sync::atomic::Ordering::Relaxed)
}

#[cfg(not(unix))]
pub(super) fn stdout_was_closed() -> bool {
    false
}

#[cfg(unix)]
mod before_main {
    use std::sync::atomic::{AtomicBool, Ordering};

    pub(super) static STDOUT_WAS_CLOSED: AtomicBool = AtomicBool::new(false);

    /// Runs before Rust's own start: one system call, and nothing of `std` that needs it.
    #[ctor::ctor]
    fn look() {
        let is_closed = rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err();
        STDOUT_WAS_CLOSED.store(is_closed, Ordering::Relaxed);
    }
}
