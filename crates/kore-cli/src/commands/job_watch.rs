//! Watches jobs of any kind until they end, shows what happens, and reports. Each command that waits for
//! a job does it by a [`Watch`], and so does the demo.

mod display;
mod finish;

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use kore_sdk::Client;
use kore_sdk::watch::{End, Pacing, ResumeToken, Update};

use crate::args::flags_of_watch;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::hint::{self, Context};
use crate::output;
use crate::output::messages::{self, say, warn};
use crate::reports::{self, Reports};
use crate::settings::{Connection, Identity};
use crate::shell::Shell;
use crate::signals::Signals;
use crate::text::noun;
use crate::watch::{Board, Ending, Shown, Verdict, command, exit_code, timeout_that_works};

pub(super) use display::Display;
pub(super) use finish::Finish;

/// A watch of jobs: with which client, how often, for how long.
pub(super) struct Watch<'a, J: Shown> {
    pub(super) client: &'a Client,
    pub(super) pacing: Option<Pacing>,
    pub(super) poll_timeout: Option<Duration>,
    pub(super) timeout: Duration,
    pub(super) fail_fast: bool,
    pub(super) tokens: &'a [ResumeToken<J>],
    /// A signal that came before: nothing is polled any more.
    pub(super) signal: Option<Exit>,
}

pub(super) fn explain(
    connection: &Connection,
    identity: &Identity,
    asked: &'static hint::Asked,
    error: &kore_sdk::Error,
) -> Failure {
    let (now, timeout_flag) = (SystemTime::now(), "--request-timeout");
    Context { connection, identity, asked, timeout_flag, now }.failure(error)
}

impl<J: Shown> Watch<'_, J> {
    /// Until each job has ended, and then the reports; with them stands the timeout that a resumed run
    /// gets.
    pub(super) async fn run_and_report(
        &self,
        jobs: &[J],
        mut signals: Signals,
        display: &mut Display,
        (reports, timeout): (&Reports, Duration),
        explain: &impl Fn(&kore_sdk::Error) -> Failure,
        finish: &impl Finish<J>,
    ) -> Exit {
        let (endings, signal) = self.run(jobs, &mut signals, display, explain, finish).await;
        drop(signals);
        output::end();
        let exit = signal.unwrap_or_else(|| exit_code(&endings));
        let resume = resume_command::<J>(&endings, timeout);
        report::<J>(reports, &endings, display, exit, resume.as_deref())
    }

    /// Until each job has ended, one way or another; in the order of the jobs.
    pub(super) async fn run(
        &self,
        jobs: &[J],
        signals: &mut Signals,
        display: &mut Display,
        explain: &impl Fn(&kore_sdk::Error) -> Failure,
        finish: &impl Finish<J>,
    ) -> (Vec<Ending>, Option<Exit>) {
        let mut watch = self.client.watch_all(jobs.iter().cloned()).deadline(self.timeout);
        if let Some(pacing) = self.pacing {
            watch = watch.pacing(pacing);
        }
        if let Some(timeout) = self.poll_timeout {
            watch = watch.poll_timeout(timeout);
        }
        for token in self.tokens {
            watch = watch.resume(token.clone());
        }
        let given: HashMap<_, _> = self.tokens.iter().map(|token| (&token.job, token)).collect();
        let began = Instant::now();
        let mut board = Board::new(jobs, began);
        let mut updates = watch.updates();
        let mut ticks = tokio::time::interval(display.tick());
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut endings = Vec::new();
        let mut signal = self.signal;
        if signal.is_some() {
            updates.cancel_all();
        }
        loop {
            let update = tokio::select! {
                update = updates.next() => update,
                _ = ticks.tick() => {
                    display.tick_passed(&board, Instant::now());
                    continue;
                }
                exit = signals.next(), if signal.is_none() => {
                    signal = Some(exit);
                    updates.cancel_all();
                    continue;
                }
            };
            match update {
                None => break,
                Some(Update::Event { job, event, body }) => {
                    board.event(&job, &event);
                    display.event(&job, &event, &body, Instant::now());
                }
                Some(Update::Ended { job, end }) => {
                    let mut known = job.clone();
                    let mut undone = None;
                    if let Ok(End::Succeeded(response)) = &end {
                        known = job.learned(response).unwrap_or(known);
                        finish.words(&job).iter().for_each(|words| display.note(words));
                        let left = self.timeout.saturating_sub(began.elapsed());
                        let finishing = finish.finish(self.client, &job, response, left);
                        let finished = tokio::select! {
                            finished = finishing => finished,
                            exit = signals.next(), if signal.is_none() => {
                                signal = Some(exit);
                                updates.cancel_all();
                                Err(Failure::new(exit, "a signal came before its file was here"))
                            }
                        };
                        match finished {
                            Ok(words) => words.iter().for_each(|words| display.note(words)),
                            Err(failure) => undone = Some(failure),
                        }
                    }
                    let given = given.get(&job).copied();
                    let mut ending = Ending::new(&job, end, began.elapsed(), given, explain);
                    if let Some(failure) = undone {
                        ending.undone(&known, &failure);
                    }
                    board.ended(&ending);
                    display.ended(&ending, Instant::now());
                    if self.fail_fast && !ending.succeeded() {
                        updates.cancel_all();
                    }
                    endings.push(ending);
                }
                Some(_) => {}
            }
        }
        display.all_over(&board, Instant::now());
        let places: HashMap<_, _> = jobs.iter().map(J::id).zip(0_usize..).collect();
        endings.sort_by_key(|ending| places.get(&*ending.id).copied());
        (endings, signal)
    }
}

/// Writes reports, results and hints at the end. A file that cannot be written changes the exit code
/// only if it would have been that of a success.
pub(super) fn report<J: Shown>(
    reports: &Reports,
    endings: &[Ending],
    display: &mut Display,
    exit: Exit,
    resume: Option<&str>,
) -> Exit {
    let mut failures = reports.write(endings, resume);
    let github = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    let annotations = if github { reports::annotations::annotations(endings) } else { String::new() };
    let unless_lost = |is_lost| if exit == Exit::Success && is_lost { Exit::Output } else { exit };
    // The documents name the exit code that this run will have.
    let told = unless_lost(!failures.is_empty() || output::has_left_out());
    display.finish(endings, told, resume, &annotations);
    for warning in endings.iter().filter_map(|ending| Some((&ending.id, ending.warning()?))) {
        warn(&format!("{}: {}", warning.0, warning.1));
    }
    let mut hints: Vec<_> = endings.iter().filter_map(|ending| ending.hint.as_deref()).collect();
    hints.sort_unstable();
    hints.dedup();
    hints.into_iter().for_each(say);
    if let Some(command) = resume {
        let count = |is: fn(&Ending) -> bool| endings.iter().filter(|ending| is(ending)).count();
        let unfetched = count(|ending| ending.verdict == Verdict::NotDownloaded);
        let unended = count(Ending::is_unended) - unfetched;
        output::resume(noun(J::KIND), unended, unfetched, count(Ending::is_lost), command);
    }
    failures.extend(output::drain());
    failures.iter().for_each(messages::error);
    unless_lost(!failures.is_empty())
}

/// The command that resumes the jobs that have not ended, if there are any. It also watches those that
/// ended without success, so that the success of a later run does not hide them. Its `--timeout` is the
/// one of this run, or as long as the rate limits need it to be.
pub(super) fn resume_command<J: Shown>(endings: &[Ending], timeout: Duration) -> Option<String> {
    if !endings.iter().any(Ending::is_unended) {
        return None;
    }
    let again: Vec<_> = endings.iter().filter_map(Ending::again).collect();
    let longer = timeout_that_works(timeout, &again);
    let mut without = vec!["ids", "resume"];
    without.extend(longer.map(|_| "timeout"));
    // With --fail-fast the run would end at the first poll of a job that is known to have failed.
    without.extend(endings.iter().any(Ending::is_lost).then_some("fail_fast"));
    let mut words = flags_of_watch(std::env::args_os(), noun(J::KIND), &without);
    words.extend(longer.map(|timeout| format!("--timeout={}s", timeout.as_secs()).into()));
    let program = std::env::args_os().next().unwrap_or_else(|| "kore".into());
    Some(command(Shell::of_process(), &program, J::KIND, &words, &again))
}
