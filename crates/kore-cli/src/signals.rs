//! Signals that end a command: Ctrl-C, SIGTERM, and SIGHUP, whose terminal is gone. Windows has
//! Ctrl-C, Ctrl-Break (which a runner sends to end a step, as SIGTERM elsewhere) and the events of a
//! console that is closed, a user who logs off and a system that shuts down.
//!
//! The first ends what the command does, so that it can say how far it came; a second Ctrl-C or
//! SIGTERM ends the process at once. A second SIGHUP does not: a shell whose terminal is gone sends
//! its own beside that of the system. What was ignored when the process began (`nohup`, the
//! background jobs of a script) stays ignored.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Exit;
use crate::failure::Failure;

#[cfg(unix)]
pub(crate) use unix::Signals;
#[cfg(windows)]
pub(crate) use windows::Signals;

impl Signals {
    /// Signals cannot be heard.
    pub(crate) fn cannot(error: io::Error) -> Failure {
        Failure::usage(format!("cannot wait for Ctrl-C: {error}"))
    }
}

/// Whether the next signal ends the process at once.
#[derive(Clone, Default)]
struct Ends {
    /// The next Ctrl-C or SIGTERM does.
    is_second: Arc<AtomicBool>,
    /// The next SIGHUP does.
    is_over: Arc<AtomicBool>,
}

impl Ends {
    /// What is set if a signal with this exit code ends the process.
    fn by(&self, exit: Exit) -> &Arc<AtomicBool> {
        if exit == Exit::HungUp { &self.is_over } else { &self.is_second }
    }

    /// All is over but for the output: no signal is waited for any more, and the next one ends the
    /// process.
    fn all_is_over(&self) {
        let had_one = self.is_second.swap(true, Ordering::SeqCst);
        self.is_over.store(!had_one, Ordering::SeqCst);
    }
}

#[cfg(unix)]
mod unix {
    use std::task::Poll;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::flag;
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::{Arc, Ends, Exit, io};

    const SIGNALS: [(i32, Exit); 3] =
        [(SIGHUP, Exit::HungUp), (SIGINT, Exit::Interrupted), (SIGTERM, Exit::Terminated)];

    pub(crate) struct Signals {
        heard: Vec<(Signal, Exit)>,
        ends: Ends,
    }

    impl Signals {
        /// Listens from now on.
        pub(crate) fn new() -> io::Result<Self> {
            let ignored = ignored();
            let ends = Ends::default();
            let mut heard = Vec::new();
            for (number, exit) in SIGNALS {
                if ignored & (1 << (number - 1)) != 0 {
                    continue;
                }
                // First, so that none is lost that comes meanwhile.
                heard.push((signal(SignalKind::from_raw(number))?, exit));
                // In the handler itself, whatever the process is at.
                flag::register_conditional_shutdown(number, exit as i32, Arc::clone(ends.by(exit)))?;
                flag::register(number, Arc::clone(&ends.is_second))?;
            }
            Ok(Self { heard, ends })
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

    impl Drop for Signals {
        fn drop(&mut self) {
            self.ends.all_is_over();
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

#[cfg(windows)]
mod windows {
    use std::thread;

    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::{Ends, Exit, Ordering, io};

    pub(crate) struct Signals {
        heard: UnboundedReceiver<Exit>,
        ends: Ends,
    }

    impl Signals {
        /// Listens from now on. A thread of its own hears the events, so that a second one ends the
        /// process whatever it is at; it listens for as long as the process lives, as nothing else
        /// gives the exit code.
        ///
        /// After the last three events the system ends the process, some seconds later.
        pub(crate) fn new() -> io::Result<Self> {
            let (mut interrupted, mut broken) = (ctrl_c()?, ctrl_break()?);
            let (mut closed, mut logged_off, mut shut_down) =
                (ctrl_close()?, ctrl_logoff()?, ctrl_shutdown()?);
            let runtime = tokio::runtime::Builder::new_current_thread().build()?;
            let ends = Ends::default();
            let (tells, heard) = unbounded_channel();
            let seen = ends.clone();
            thread::Builder::new().name("signals".to_owned()).spawn(move || {
                loop {
                    let exit = runtime.block_on(async {
                        tokio::select! {
                            _ = interrupted.recv() => Exit::Interrupted,
                            _ = broken.recv() => Exit::Terminated,
                            _ = closed.recv() => Exit::HungUp,
                            _ = logged_off.recv() => Exit::HungUp,
                            _ = shut_down.recv() => Exit::Terminated,
                        }
                    });
                    if seen.by(exit).load(Ordering::SeqCst) {
                        std::process::exit(exit as i32);
                    }
                    seen.is_second.store(true, Ordering::SeqCst);
                    // Nobody hears it if all is over.
                    let _ = tells.send(exit);
                }
            })?;
            Ok(Self { heard, ends })
        }

        /// The exit code of the first signal.
        pub(crate) async fn next(&mut self) -> Exit {
            match self.heard.recv().await {
                Some(exit) => exit,
                None => std::future::pending().await,
            }
        }
    }

    impl Drop for Signals {
        fn drop(&mut self) {
            self.ends.all_is_over();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(ends: &Ends, exit: Exit) -> bool {
        ends.by(exit).load(Ordering::SeqCst)
    }

    #[test]
    fn once_all_is_over_the_next_signal_ends_the_process() {
        let none = Ends::default();
        for exit in [Exit::Interrupted, Exit::Terminated, Exit::HungUp] {
            assert!(!ends(&none, exit));
        }
        none.all_is_over();
        for exit in [Exit::Interrupted, Exit::Terminated, Exit::HungUp] {
            assert!(ends(&none, exit));
        }
    }

    #[test]
    fn a_second_hang_up_never_ends_it() {
        let one = Ends::default();
        one.is_second.store(true, Ordering::SeqCst);
        assert!(ends(&one, Exit::Interrupted) && !ends(&one, Exit::HungUp));
        one.all_is_over();
        assert!(ends(&one, Exit::Terminated) && !ends(&one, Exit::HungUp));
    }
}
