//! The watch of jobs of bots, from the settings to the reports.

use std::path::PathBuf;
use std::pin::pin;
use std::time::{Duration, Instant};

use kore_sdk::watch::{End, Pacing, ResumeToken};
use kore_sdk::{BotId, Client, Error};

use super::super::import_start::Platform;
use super::super::job_watch::{Display, Finish, Watch, report, resume_command};
use crate::args::{ConnectionArgs, WatchHow};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::hint::Asked;
use crate::output;
use crate::output::messages::say;
use crate::reports::{Reports, never_replaced};
use crate::signals::Signals;
use crate::watch::{Ending, Shown, exit_code};

/// A watch that is about to begin.
pub(super) struct Watching {
    pub(super) platform: Platform,
    reports: Reports,
    starting: Starting,
    display: Display,
    interval: Option<Duration>,
    timeout: Duration,
    began: Instant,
}

impl Watching {
    /// `step` is the command's last word; `read` are the files that were read beside those of the settings,
    /// each with what names it; `out` are the files that `--out` names.
    pub(super) fn new(
        step: &'static str,
        how: WatchHow,
        began: Instant,
        asked: &'static Asked,
        mut read: Vec<(String, PathBuf)>,
        out: Vec<PathBuf>,
    ) -> Result<Self, Failure> {
        let WatchHow { timeout, interval, output, reports, identity, connection, request_timeout } = how;
        let reports = Reports::new(step, reports, std::env::var_os("GITHUB_STEP_SUMMARY"))?;
        let connection = ConnectionArgs { timeout: request_timeout, ..connection };
        let platform = Platform::new(identity, connection, asked)?;
        read.extend(platform.settings.files());
        reports.keep_off(&read)?;
        out.iter().try_for_each(|out| never_replaced("--out", out, "an export", &read))?;
        reports.keep_off_out(&out)?;
        let display = Display::new(output, timeout);
        Ok(Self { platform, reports, starting: Starting::new()?, display, interval, timeout, began })
    }

    /// Says that the start is sent next, so that a process that is killed has said it.
    pub(super) fn starting(&mut self, words: &str) {
        self.display.starting(words);
    }

    /// Says that the platform has accepted it, and with what it can be resumed.
    pub(super) fn started<J: Shown>(&mut self, run: &J, words: &str) {
        self.display.started(run, words);
    }

    pub(super) async fn until_started<T>(&mut self, start: impl Future<Output = T>) -> T {
        self.starting.wait(start).await
    }

    /// Reports a job that was not started, or whose start is in doubt.
    pub(super) fn not_started<J: Shown>(&self, bot: &BotId, error: &Error) -> Failure {
        let failure = self.platform.explain(error);
        self.reports.write_not_started(J::KIND, bot.as_str(), &failure, self.began.elapsed());
        failure
    }

    /// Watches the jobs to their ends, and reports.
    pub(super) async fn watch<J: Shown>(
        self,
        client: &Client,
        runs: Vec<J>,
        tokens: Vec<ResumeToken<J>>,
        download: impl Finish<J>,
    ) -> Result<Exit, Failure> {
        let Self { platform, reports, starting, mut display, interval, timeout, began } = self;
        let watch = Watch {
            client,
            pacing: interval.map(Pacing::fixed),
            poll_timeout: platform.connection.timeout,
            timeout: timeout.saturating_sub(began.elapsed()),
            fail_fast: false,
            tokens: &tokens,
            signal: starting.signal,
        };
        let explain = |error: &Error| platform.explain(error);
        let reporting = (&reports, timeout);
        Ok(watch.run_and_report(&runs, starting.signals, &mut display, reporting, &explain, &download).await)
    }

    /// Reports a job whose watch had ended before it began.
    pub(super) fn ended<J: Shown>(mut self, run: &J, end: End<J, Error>) -> Exit {
        let ending =
            Ending::new(run, Ok(end), self.began.elapsed(), None, |error| self.platform.explain(error));
        self.display.ended(&ending, Instant::now());
        output::end();
        let endings = [ending];
        let exit = self.starting.signal.unwrap_or_else(|| exit_code(&endings));
        let resume = resume_command::<J>(&endings, self.timeout);
        report::<J>(&self.reports, &endings, &mut self.display, exit, resume.as_deref())
    }
}

/// The signals while a start is under way: the first waits for its response, so that what was started is
/// known.
pub(super) struct Starting {
    signals: Signals,
    signal: Option<Exit>,
}

impl Starting {
    pub(super) fn new() -> Result<Self, Failure> {
        Ok(Self { signals: Signals::new().map_err(Signals::cannot)?, signal: None })
    }

    pub(super) async fn wait<T>(&mut self, start: impl Future<Output = T>) -> T {
        let mut start = pin!(start);
        tokio::select! {
            started = &mut start => return started,
            exit = self.signals.next() => self.signal = Some(exit),
        }
        say("the start may have been sent: this waits for its response; a second signal ends it at once");
        start.await
    }

    /// The exit code of a start that was accepted.
    pub(super) fn exit(&self) -> Exit {
        self.signal.unwrap_or(Exit::Success)
    }
}
