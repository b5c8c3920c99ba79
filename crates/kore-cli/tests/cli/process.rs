//! Processes that run while a test looks at them.

use std::fs::File;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::fd::OwnedFd;
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{Winsize, tcsetwinsize};

/// How long something may take to come about; it ends the test, and measures nothing.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// Waits for a condition.
#[track_caller]
pub(crate) fn until(what: &str, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub(crate) fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).expect("small")).expect("not zero")
}

pub(crate) fn send(child: &Child, signal: Signal) {
    kill_process(pid(child), signal).expect("it runs");
}

/// The exit code, whatever it writes.
#[track_caller]
pub(crate) fn code(child: &mut Child) -> i32 {
    let mut ended = None;
    let start = Instant::now();
    while ended.is_none() && start.elapsed() < PATIENCE {
        ended = child.try_wait().expect("it is ours");
        std::thread::sleep(Duration::from_millis(10));
    }
    if ended.is_none() {
        child.kill().expect("it runs");
    }
    ended.expect("it ends").code().expect("an exit code, and no signal")
}

/// Whether it handles that signal itself by now.
#[cfg(target_os = "linux")]
pub(crate) fn handles(child: &Child, signal: Signal) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it runs");
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("a mask");
    u64::from_str_radix(mask.trim(), 16).expect("bits") & (1 << (signal.as_raw() - 1)) != 0
}

/// A new pseudo-terminal: the end of the person and the end of the program.
pub(crate) fn terminal(columns: usize, lines: usize) -> (OwnedFd, File) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
    grantpt(&master).expect("granted");
    unlockpt(&master).expect("unlocked");
    let name = ptsname(&master, Vec::new()).expect("a name").into_string().expect("UTF-8");
    resize(&master, columns, lines);
    let slave = File::options().read(true).write(true).open(name).expect("the other end");
    (master, slave)
}

pub(crate) fn resize(master: &OwnedFd, columns: usize, lines: usize) {
    let [columns, lines] = [columns, lines].map(|size| u16::try_from(size).expect("small"));
    let size = Winsize { ws_row: lines, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(master, size).expect("resized");
}

/// A pipe that is soon full.
#[cfg(target_os = "linux")]
pub(crate) fn small_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    rustix::pipe::fcntl_setpipe_size(&writer, 4096).expect("a page");
    (reader, writer)
}
