//! Signals that end a command: Ctrl-C, SIGTERM, and SIGHUP, whose terminal is gone.
//!
//! The first ends what the command does, so that it can say how far it came; a second Ctrl-C or
//! SIGTERM ends the process at once. A second SIGHUP does not: a shell whose terminal is gone sends
//! its own beside that of the system. What was ignored when the process began (`nohup`, the
//! background jobs of a script) stays ignored.

use std::io;

use crate::exit::Exit;
use crate::failure::Failure;

#[cfg(unix)]
pub(crate) use unix::Signals;
#[cfg(not(unix))]
pub(crate) use windows::Signals;

impl Signals {
    /// Signals cannot be heard.
    pub(crate) fn cannot(error: io::Error) -> Failure {
        Failure::usage(format!("cannot wait for Ctrl-C: {error}"))
    }
}

#[cfg(unix)]
mod unix {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::Poll;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::flag;
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::{Exit, io};

    const SIGNALS: [(i32, Exit); 3] =
        [(SIGHUP, Exit::HungUp), (SIGINT, Exit::Interrupted), (SIGTERM, Exit::Terminated)];

    pub(crate) struct Signals {
        heard: Vec<(Signal, Exit)>,
        /// The next Ctrl-C or SIGTERM ends the process.
        is_second: Arc<AtomicBool>,
        /// The next SIGHUP does.
        is_over: Arc<AtomicBool>,
    }

    impl Signals {
        /// Listens from now on.
        pub(crate) fn new() -> io::Result<Self> {
            let ignored = ignored();
            let (is_second, is_over): (Arc<AtomicBool>, Arc<AtomicBool>) = Default::default();
            let mut heard = Vec::new();
            for (number, exit) in SIGNALS {
                if ignored & (1 << (number - 1)) != 0 {
                    continue;
                }
                // First, so that none is lost that comes meanwhile.
                heard.push((signal(SignalKind::from_raw(number))?, exit));
                let ends = if number == SIGHUP { &is_over } else { &is_second };
                // In the handler itself, whatever the process is at.
                flag::register_conditional_shutdown(number, exit as i32, Arc::clone(ends))?;
                flag::register(number, Arc::clone(&is_second))?;
            }
            Ok(Self { heard, is_second, is_over })
        }

        /// The exit code of the first signal.
        pub(crate) async fn next(&mut self) -> Exit {
            std::future::poll_fn(|context| {
                let mut heard = self.heard.iter_mut();
                heard
                    .find_map(|(signal, exit)| signal.poll_recv(context).is_ready().then_some(*exit))
                    .map_or(Poll::Pending, Poll::Ready)
            })
            .await
        }
    }

    /// All is over but for the output: no signal is waited for any more, and the next one ends the
    /// process.
    impl Drop for Signals {
        fn drop(&mut self) {
            let had_one = self.is_second.swap(true, Ordering::SeqCst);
            self.is_over.store(!had_one, Ordering::SeqCst);
        }
    }

    /// The signals that this process ignored when it began, a bit each. Only Linux tells them in a
    /// file; elsewhere none is known.
    fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
    }
}

#[cfg(not(unix))]
mod windows {
    use super::{Exit, io};

    pub(crate) struct Signals;

    impl Signals {
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub(crate) async fn next(&mut self) -> Exit {
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
}
