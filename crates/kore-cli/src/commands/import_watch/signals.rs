//! Ctrl-C and SIGTERM: the first ends the watch, the second the process.

use std::io;

use crate::exit::Exit;

#[cfg(unix)]
pub(in crate::commands) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    is_second: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on.
    pub(in crate::commands) fn new() -> io::Result<Self> {
        use std::sync::Arc;
        use std::sync::atomic::AtomicBool;

        use signal_hook::consts::{SIGINT, SIGTERM};
        use signal_hook::flag;
        use tokio::signal::unix::{SignalKind, signal};

        // In the handler itself: the process may hang in a write that nobody reads.
        let is_second = Arc::new(AtomicBool::new(false));
        for (number, exit) in [(SIGINT, Exit::Interrupted), (SIGTERM, Exit::Terminated)] {
            flag::register_conditional_shutdown(number, exit as i32, Arc::clone(&is_second))?;
        }
        for number in [SIGINT, SIGTERM] {
            flag::register(number, Arc::clone(&is_second))?;
        }
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Self { interrupt, terminate, is_second })
    }

    /// The exit code of the first signal.
    pub(in crate::commands) async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
        }
    }
}

#[cfg(not(unix))]
pub(in crate::commands) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(in crate::commands) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    pub(in crate::commands) async fn next(&mut self) -> Exit {
        // Without the signal the process ends as the system has it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::spawn(async {
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(Exit::Interrupted as i32);
            }
        });
        Exit::Interrupted
    }
}

/// The watch is over: no signal is waited for any more, and the next one ends the process.
#[cfg(unix)]
impl Drop for Signals {
    fn drop(&mut self) {
        self.is_second.store(true, std::sync::atomic::Ordering::SeqCst);
    }
}
