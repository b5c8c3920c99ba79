//! How the watch of one job ended, for every report and for the exit code.

use std::time::{Duration, SystemTime};

use kore_sdk::watch::{DeadlineTooSoon, End, ResumeToken, Unended};
use kore_sdk::{Error, Outcome};
use serde_json::value::RawValue;

use super::{Again, Document, Shown, Task};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::reasons::{self, Reason};
use crate::text::{noun, word};

/// What came of a job, as the words of every output name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Succeeded,
    /// The job succeeded, and its file is not here.
    NotDownloaded,
    Failed,
    AwaitsApproval,
    DeadlineReached,
    Cancelled,
    CouldNotPoll,
    AboutAnother,
    /// Its start was sent, and nothing certain came back.
    MayHaveStarted,
    NotStarted,
}

impl Verdict {
    /// The word of the JSON documents.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::NotDownloaded => "not_downloaded",
            Self::Failed => "failed",
            Self::AwaitsApproval => "awaits_approval",
            Self::DeadlineReached => "deadline_reached",
            Self::Cancelled => "cancelled",
            Self::CouldNotPoll => "could_not_look",
            Self::AboutAnother => "about_another",
            Self::MayHaveStarted => "may_have_started",
            Self::NotStarted => "not_started",
        }
    }

    /// Whether the platform said it.
    pub(crate) fn is_of_platform(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }

    /// The words for people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::NotDownloaded => "succeeded without its file",
            Self::Failed => "failed",
            Self::AwaitsApproval => "awaits approval",
            Self::DeadlineReached => "not over at the deadline",
            Self::Cancelled => "given up",
            Self::CouldNotPoll => "cannot be polled",
            Self::AboutAnother => "got a response about another one",
            Self::MayHaveStarted => "may have started",
            Self::NotStarted => "not started",
        }
    }
}

/// How the watch of one job ended.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) id: String,
    /// The kind of job: `bot import`.
    pub(crate) kind: &'static str,
    pub(crate) verdict: Verdict,
    /// What the last response said.
    pub(crate) document: Option<Document>,
    /// Why, for anything but a success.
    pub(crate) message: Option<String>,
    /// Why the job failed, in the platform's words, apart from the tasks that failed.
    pub(crate) why: Option<String>,
    /// What to do about it.
    pub(crate) hint: Option<String>,
    pub(crate) elapsed: Duration,
    /// Another job took its place: no later run finds it.
    is_replaced: bool,
    again: Option<Again>,
    exit: Exit,
}

impl Ending {
    /// `given` is the token that the user gave for this job.
    pub(crate) fn new<J: Shown>(
        job: &J,
        end: Result<End<J, Error>, DeadlineTooSoon>,
        elapsed: Duration,
        given: Option<&ResumeToken<J>>,
        explain: impl FnOnce(&Error) -> Failure,
    ) -> Self {
        let mut ending = Self {
            id: job.id().to_owned(),
            kind: J::KIND,
            verdict: Verdict::Succeeded,
            document: None,
            message: None,
            why: None,
            hint: None,
            elapsed,
            is_replaced: false,
            again: None,
            exit: Exit::Success,
        };
        let mut resume = None;
        match end {
            Ok(End::Succeeded(response)) => ending.saw::<J>(&response),
            Ok(End::Failed(response)) => {
                ending.saw::<J>(&response);
                ending.failed();
            }
            Ok(End::AwaitsApproval(unended)) => {
                ending.unended(Verdict::AwaitsApproval, Exit::ImportNotOver, &unended);
                ending.hint = Some(
                    "have it approved, then run the command that is printed: it waits for the end".to_owned(),
                );
                resume = Some(unended.resume);
            }
            Ok(End::DeadlineReached(unended)) => {
                // Nothing was ever seen: that is no matter of time alone. Without an error the first
                // poll had no response in the time that there was.
                let never = unended.trouble.as_ref().filter(|_| unended.last.is_none()).map(explain);
                let exit = match (&unended.last, &never) {
                    (None, None) => Exit::NoResponse,
                    (None, Some(failure)) if failure.exit == Exit::NoResponse => Exit::NoResponse,
                    _ => Exit::ImportNotOver,
                };
                ending.hint = never.and_then(|failure| failure.advice().map(str::to_owned));
                ending.unended(Verdict::DeadlineReached, exit, &unended);
                resume = Some(unended.resume);
            }
            Ok(End::Cancelled(unended)) => {
                ending.unended(Verdict::Cancelled, Exit::ImportNotOver, &unended);
                resume = Some(unended.resume);
            }
            Ok(End::CouldNotPoll { error, unended }) => {
                let failure = explain(&error);
                let verdict =
                    if error.is_other_job() { Verdict::AboutAnother } else { Verdict::CouldNotPoll };
                ending.unended(verdict, failure.exit, &unended);
                ending.message = Some(failure.message());
                let replaced = job.replaced().filter(|_| error.is_other_job());
                ending.is_replaced = replaced.is_some();
                ending.hint = replaced.or_else(|| failure.advice().map(str::to_owned));
                resume = Some(unended.resume);
            }
            Err(too_soon) => {
                ending.message = Some(too_soon.to_string());
                ending.hint = Some("a longer --timeout leaves room for a poll".to_owned());
                ending.verdict = Verdict::DeadlineReached;
                ending.exit = Exit::ImportNotOver;
                resume = given.cloned();
            }
        }
        ending.again = (!ending.succeeded()).then(|| Again::new(job, resume.as_ref()));
        ending
    }

    /// The job succeeded, and what was to be done then could not be done; `job` is it as its last response
    /// knows it.
    pub(crate) fn undone<J: Shown>(&mut self, job: &J, failure: &Failure) {
        (self.verdict, self.exit) = (Verdict::NotDownloaded, failure.exit);
        self.message = Some(failure.message());
        self.hint = failure.advice().map(str::to_owned);
        self.again = Some(Again::new(job, None));
    }

    /// A job that was not started, or has no id that is known. `target` says where it was to go.
    pub(crate) fn not_started(
        kind: &'static str,
        target: &str,
        failure: &Failure,
        elapsed: Duration,
    ) -> Self {
        let is_in_doubt = failure.exit == Exit::MayHaveStarted;
        let verdict = if is_in_doubt { Verdict::MayHaveStarted } else { Verdict::NotStarted };
        Self {
            id: target.to_owned(),
            kind,
            verdict,
            document: None,
            message: Some(format!("{}: {}", verdict.words(), failure.message())),
            why: None,
            hint: failure.advice().map(str::to_owned),
            elapsed,
            is_replaced: false,
            again: None,
            exit: failure.exit,
        }
    }

    fn saw<J: Shown>(&mut self, response: &J::Response) {
        self.document = Some(J::document(response, SystemTime::now()));
    }

    fn failed(&mut self) {
        let Some(document) = &self.document else { return };
        let noun = noun(self.kind);
        let so = match document.tasks_with(Outcome::Failed).next() {
            None if document.tasks.is_none() => format!("the {noun} failed"),
            None => format!("the {noun} failed, and no task says that it did"),
            Some(_) => {
                format!("the {noun} failed: {}", document.plainly_counted().unwrap_or_default())
            }
        };
        let why = document.in_short();
        self.message = Some(match &why {
            Some(why) => format!("{so}; {why}"),
            None => so,
        });
        // Of tasks that failed there are lines of their own.
        let has_own = !document.reasons.is_empty() || document.tasks_with(Outcome::Failed).next().is_none();
        self.why = why.filter(|_| has_own);
        self.verdict = Verdict::Failed;
        self.exit = Exit::ImportFailed;
    }

    fn unended<J: Shown>(&mut self, verdict: Verdict, exit: Exit, unended: &Unended<J, Error>) {
        self.verdict = verdict;
        self.exit = exit;
        if let Some(last) = &unended.last {
            self.saw::<J>(last);
        }
        let trouble = unended.trouble.as_ref().map(Error::to_string);
        let uncounted = unended.last.as_ref().and_then(|last| unended.resume.job.uncounted(last));
        let status = match &self.document {
            None if verdict == Verdict::AwaitsApproval => "the response to the start says so".to_owned(),
            None if trouble.is_none() => "no poll had a response in time".to_owned(),
            None => "no poll went well".to_owned(),
            Some(_) if uncounted.is_some() => uncounted.unwrap_or_default(),
            Some(Document { status: None, .. }) => "the last response had no status".to_owned(),
            Some(document @ Document { status: Some(status), .. }) => {
                let tasks =
                    document.plainly_counted().map(|tasks| format!(", with {tasks}")).unwrap_or_default();
                // Perhaps the word for an end, which is not known here.
                let said = match document.outcome {
                    Outcome::Unknown if !document.reasons.is_empty() => {
                        format!("; {}", reasons::line(&document.reasons))
                    }
                    _ => String::new(),
                };
                format!("its status was {status}{tasks}{said}")
            }
        };
        let trouble = trouble.map(|because| format!("; the last poll failed: {}", word(&because)));
        self.message = Some(format!("{}: {status}{}", verdict.words(), trouble.unwrap_or_default()));
    }

    pub(crate) fn succeeded(&self) -> bool {
        self.verdict == Verdict::Succeeded
    }

    /// Whether another run can resume it. What was never seen, and cannot be polled, would fail there
    /// too.
    pub(crate) fn is_unended(&self) -> bool {
        match self.verdict {
            Verdict::Succeeded | Verdict::Failed | Verdict::MayHaveStarted | Verdict::NotStarted => false,
            Verdict::NotDownloaded
            | Verdict::AwaitsApproval
            | Verdict::DeadlineReached
            | Verdict::Cancelled => true,
            Verdict::CouldNotPoll | Verdict::AboutAnother => self.document.is_some() && !self.is_replaced,
        }
    }

    /// Whether it ended without success, and another run would say the same of it.
    pub(crate) fn is_lost(&self) -> bool {
        !self.succeeded() && !self.is_unended()
    }

    /// What the next run watches of it: all but a success, so that its verdict covers this one too.
    pub(crate) fn again(&self) -> Option<&Again> {
        self.again.as_ref()
    }

    /// The token to resume with, as JSON.
    pub(crate) fn resume(&self) -> Option<&RawValue> {
        self.again.as_ref()?.token()
    }

    /// The job as the next run takes it, if it has no token and its id says too little.
    pub(crate) fn run(&self) -> Option<&RawValue> {
        self.again.as_ref()?.run()
    }

    /// The tasks of the last response.
    pub(crate) fn tasks(&self) -> &[Task] {
        self.document.as_ref().map(Document::tasks).unwrap_or_default()
    }

    /// The tasks that failed, or that say more of a job that did.
    pub(crate) fn blamed(&self) -> impl Iterator<Item = &Task> {
        self.document.iter().flat_map(Document::blamed)
    }

    /// What the document of a job that failed says of it as a whole.
    pub(crate) fn reasons(&self) -> &[Reason] {
        let failed = self.document.as_ref().filter(|_| self.verdict == Verdict::Failed);
        failed.map(|document| &*document.reasons).unwrap_or_default()
    }

    /// What is odd about it, whatever the verdict.
    pub(crate) fn warning(&self) -> Option<&str> {
        self.document.as_ref()?.warning.as_deref()
    }
}

/// The exit code for all jobs together. What went wrong with one counts in the order of
/// `--help`: that a job failed is never hidden by one that could not be polled.
pub(crate) fn exit_code<'a>(endings: impl IntoIterator<Item = &'a Ending>) -> Exit {
    const ORDER: [Exit; 7] = [
        Exit::Usage,
        Exit::ImportFailed,
        Exit::Auth,
        Exit::OtherResponse,
        Exit::NoResponse,
        Exit::ImportNotOver,
        Exit::Output,
    ];
    let exits: Vec<_> = endings.into_iter().map(|ending| ending.exit).collect();
    ORDER.into_iter().find(|exit| exits.contains(exit)).unwrap_or(Exit::Success)
}
