//! Where a watch writes, and what came of it.

use std::io::{self, IsTerminal as _, Write as _};

use crate::failure::Failure;

/// Standard output or standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    /// Whether a terminal shows it that can move its cursor. A console of Windows, which sets no
    /// `TERM`, is none: it may not know the sequences.
    pub(crate) fn is_screen(self) -> bool {
        let is_terminal = match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
        };
        is_terminal && std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
    }

    pub(crate) fn has_colours(self) -> bool {
        let choice = match self {
            Self::Stdout => anstream::AutoStream::choice(&io::stdout()),
            Self::Stderr => anstream::AutoStream::choice(&io::stderr()),
        };
        choice != anstream::ColorChoice::Never
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

    fn write(self, text: &str) -> io::Result<()> {
        match self {
            Self::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(text.as_bytes()).and_then(|()| out.flush())
            }
            Self::Stderr => io::stderr().lock().write_all(text.as_bytes()),
        }
    }
}

/// Writes at once, and stops writing after the first failure: the watch goes on without, since its
/// exit code is worth more than its words.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) stream: Stream,
    colours: bool,
    failed: Option<io::Error>,
}

impl Writer {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, colours: stream.has_colours(), failed: None }
    }

    /// As it is.
    pub(crate) fn raw(&mut self, text: &str) {
        if self.failed.is_none() {
            self.failed = self.stream.write(text).err();
        }
    }

    /// Colours stay only where they are wanted.
    pub(crate) fn styled(&mut self, text: &str) {
        if self.colours {
            self.raw(text);
        } else {
            self.raw(&anstream::adapter::strip_str(text).to_string());
        }
    }

    /// What the caller has to know of. A reader that has seen enough is no failure, and if standard
    /// error is closed there is no one to tell.
    pub(crate) fn failure(self) -> Option<Failure> {
        let error = self.failed.filter(|_| self.stream == Stream::Stdout)?;
        super::failure(&error)
    }

    pub(crate) fn has_colours(&self) -> bool {
        self.colours
    }
}
