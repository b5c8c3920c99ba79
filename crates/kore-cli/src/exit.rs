//! The exit codes: what a pipeline decides by.

use std::process::ExitCode;

/// How a run ended, for the program that started it. `args.rs` documents each for `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// What was asked for was done.
    Success = 0,
    /// The import failed, or one of those that are watched; of `status` with `--exit-status` alone.
    ImportFailed = 1,
    /// The arguments or the settings are wrong; nothing was sent.
    Usage = 2,
    /// The import has not ended, or its word for that is not known; of `status` with
    /// `--exit-status` alone.
    ImportNotOver = 3,
    /// The platform refused the token or its scope.
    Auth = 4,
    /// Any other response than the one that was asked for.
    OtherResponse = 5,
    /// No response at all.
    NoResponse = 6,
    /// There is a result, and it could not be written.
    Output = 7,
    /// The start of an import was sent, and nothing certain came back: it may exist.
    MayHaveStarted = 8,
    /// SIGHUP ended a watch: its terminal is gone.
    HungUp = 129,
    /// Ctrl-C ended a watch.
    Interrupted = 130,
    /// SIGTERM ended a watch.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
