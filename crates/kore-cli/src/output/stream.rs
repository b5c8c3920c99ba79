//! Standard output and standard error: whether a terminal shows them, and how bytes get there.

use std::io::{self, IsTerminal as _};
use std::sync::OnceLock;
#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};

/// Standard output or standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    pub(super) const BOTH: [Self; 2] = [Self::Stdout, Self::Stderr];

    /// Whether a terminal shows it that can move its cursor. A console of Windows needs no `TERM` for
    /// that: it says itself whether it knows the sequences.
    pub(crate) fn is_screen(self) -> bool {
        let moves = match std::env::var_os("TERM") {
            Some(term) => !term.is_empty() && term != "dumb",
            None => cfg!(windows),
        };
        moves && self.is_terminal() && self.knows_sequences()
    }

    pub(super) fn is_terminal(self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
        }
    }

    pub(crate) fn has_colours(self) -> bool {
        static CHOICES: OnceLock<[bool; 2]> = OnceLock::new();
        let choices = CHOICES.get_or_init(|| {
            [anstream::AutoStream::choice(&io::stdout()), anstream::AutoStream::choice(&io::stderr())]
                .map(|choice| choice != anstream::ColorChoice::Never)
        });
        choices[self as usize] && self.knows_sequences()
    }

    /// Whether its terminal, if it has one, obeys the sequences for colours and the cursor.
    #[cfg(unix)]
    fn knows_sequences(self) -> bool {
        true
    }

    /// The same. A console of Windows shows them as characters until it is told to obey; one older than
    /// Windows 10 never does. The terminal of Git Bash is no console, and obeys.
    #[cfg(windows)]
    fn knows_sequences(self) -> bool {
        use winapi_util::console::Console;

        static KNOW: OnceLock<[bool; 2]> = OnceLock::new();
        let obeys = |console: io::Result<Console>| {
            console.map_or(true, |mut console| console.set_virtual_terminal_processing(true).is_ok())
        };
        KNOW.get_or_init(|| [obeys(Console::stdout()), obeys(Console::stderr())])[self as usize]
    }

    /// Columns and rows of the terminal.
    pub(crate) fn size(self) -> Option<(usize, usize)> {
        let size = match self {
            Self::Stdout => terminal_size::terminal_size_of(io::stdout()),
            Self::Stderr => terminal_size::terminal_size_of(io::stderr()),
        };
        // Some terminals say 0 for what they do not know.
        let (width, height) = size.map(|(width, height)| (usize::from(width.0), usize::from(height.0)))?;
        (width > 0 && height > 0).then_some((width, height))
    }

    /// How much is written at a time: what a pipe takes in one piece; less on a terminal, which lets
    /// nobody see how much of a long piece was taken.
    pub(super) fn piece(self) -> usize {
        if self.is_terminal() { 256 } else { 4096 }
    }

    /// Writes some of it, for as long as that takes.
    #[cfg(unix)]
    pub(super) fn write(self, bytes: &[u8]) -> io::Result<usize> {
        if self == Self::Stdout && before_main::STDOUT_WAS_CLOSED.load(Ordering::Relaxed) {
            return Err(io::Error::other("it is closed"));
        }
        let fd = match self {
            Self::Stdout => rustix::stdio::stdout(),
            Self::Stderr => rustix::stdio::stderr(),
        };
        Ok(rustix::io::write(fd, bytes)?)
    }

    #[cfg(windows)]
    pub(super) fn write(self, bytes: &[u8]) -> io::Result<usize> {
        use io::Write as _;

        match self {
            Self::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())?;
            }
            Self::Stderr => io::stderr().lock().write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    /// How much lies in its pipe that nobody has read yet.
    #[cfg(unix)]
    pub(super) fn unread(self) -> Option<u64> {
        match self {
            Self::Stdout => super::patience::unread(rustix::stdio::stdout()),
            Self::Stderr => super::patience::unread(rustix::stdio::stderr()),
        }
    }

    #[cfg(windows)]
    pub(super) fn unread(self) -> Option<u64> {
        None
    }
}

/// Whether this process was started without a standard output, as `kore … >&-` does.
///
/// Rust opens `/dev/null` in place of a stream that is closed, before `main` begins: what is written
/// there is lost, and nothing tells it from the `>/dev/null` of a user who wants it lost (Python and
/// Node open that one for reading and writing too, as Rust does). So it is checked before `main`.
#[cfg(unix)]
mod before_main {
    use super::{AtomicBool, Ordering};

    pub(super) static STDOUT_WAS_CLOSED: AtomicBool = AtomicBool::new(false);

    /// Runs before Rust's own start: one system call, and nothing of `std` that needs it.
    #[ctor::ctor]
    fn check() {
        let is_closed = rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err();
        STDOUT_WAS_CLOSED.store(is_closed, Ordering::Relaxed);
    }
}
