//! How the watch of one import ended, for every report and for the exit code.

use std::time::Duration;

use bytes::Bytes;
use kore_sdk::protocol::bot_import::get_status::Response;
use kore_sdk::watch::{DeadlineTooSoon, End, ResumeToken, Unended};
use kore_sdk::{BotImport, BotImportId, Error, Outcome, StatusLog};

use crate::commands::doubt;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{plainly_counted, word};
use crate::reasons::{self, Reason};
use crate::watch::Again;

/// What came of an import, as the words of every output name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Succeeded,
    Failed,
    DeadlineReached,
    Cancelled,
    CouldNotPoll,
    AboutAnother,
}

impl Verdict {
    /// The word of the JSON documents.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::DeadlineReached => "deadline_reached",
            Self::Cancelled => "cancelled",
            Self::CouldNotPoll => "could_not_look",
            Self::AboutAnother => "about_another",
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
            Self::Failed => "failed",
            Self::DeadlineReached => "not over at the deadline",
            Self::Cancelled => "given up",
            Self::CouldNotPoll => "cannot be looked at",
            Self::AboutAnother => "was answered for another import",
        }
    }
}

/// How the watch of one import ended.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) id: BotImportId,
    pub(crate) verdict: Verdict,
    /// The last document.
    pub(crate) import: Option<BotImport>,
    /// The same as it came, on one line.
    pub(crate) json: Option<Bytes>,
    /// Why, for anything but a success.
    pub(crate) message: Option<String>,
    /// Why the import failed, in the platform's words, apart from the tasks that failed.
    pub(crate) why: Option<String>,
    /// What to do about it.
    pub(crate) hint: Option<String>,
    /// What is odd about it, whatever the verdict.
    pub(crate) warning: Option<String>,
    pub(crate) resume: Option<ResumeToken<BotImportId>>,
    pub(crate) elapsed: Duration,
    exit: Exit,
}

impl Ending {
    /// `given` is the token that the user gave for this import.
    pub(crate) fn new(
        id: BotImportId,
        end: Result<End<BotImportId, Error>, DeadlineTooSoon>,
        elapsed: Duration,
        given: Option<&ResumeToken<BotImportId>>,
        explain: impl FnOnce(&Error) -> Failure,
    ) -> Self {
        let mut ending = Self {
            id,
            verdict: Verdict::Succeeded,
            import: None,
            json: None,
            message: None,
            why: None,
            hint: None,
            warning: None,
            resume: None,
            elapsed,
            exit: Exit::Success,
        };
        let not_over = |unended: &Unended<BotImportId, Error>, so: &str| {
            let trouble = unended.trouble.as_ref().map(Error::to_string);
            let status = match unended.last.as_ref().map(|last| (&last.import, &last.import.status)) {
                None if trouble.is_none() => "no look was answered in time".to_owned(),
                None => "no look went well".to_owned(),
                Some((_, None)) => "the last answer had no status".to_owned(),
                Some((import, Some(status))) => {
                    let tasks = plainly_counted(import.counts());
                    // Perhaps the word for an end, which is not known here.
                    let said = match import.outcome() {
                        Outcome::Unknown => reasons::of_import(import),
                        _ => Vec::new(),
                    };
                    let why = if said.is_empty() { "" } else { "; " };
                    let said = reasons::line(&said);
                    format!("its status was {}, with {tasks}{why}{said}", word(status.as_str()))
                }
            };
            let trouble = trouble.map(|because| format!("; the last look failed: {}", word(&because)));
            format!("{so}: {status}{}", trouble.unwrap_or_default())
        };
        match end {
            Ok(End::Succeeded(response)) => ending.saw(response),
            Ok(End::Failed(response)) => {
                let import = &response.import;
                let own = reasons::of_import(import);
                let (so, why) = match import.failed_entries().next() {
                    None => {
                        let so = "the import failed, and no task says that it did".to_owned();
                        (so, reasons::in_short(import))
                    }
                    Some(_) => {
                        let so = format!("the import failed: {}", plainly_counted(import.counts()));
                        (so, (!own.is_empty()).then(|| reasons::line(&own)))
                    }
                };
                ending.message = Some(match &why {
                    Some(why) => format!("{so}; {why}"),
                    None => so,
                });
                ending.why = why;
                ending.verdict = Verdict::Failed;
                ending.exit = Exit::ImportFailed;
                ending.saw(response);
            }
            Ok(End::DeadlineReached(unended)) => {
                ending.message = Some(not_over(&unended, "not over at the deadline"));
                // Nothing was ever seen: that is no matter of time alone. Without an error the first
                // look was not answered in the time that there was.
                let never = unended.trouble.as_ref().filter(|_| unended.last.is_none()).map(explain);
                let exit = match (&unended.last, &never) {
                    (None, None) => Exit::NoAnswer,
                    (None, Some(failure)) if failure.exit == Exit::NoAnswer => Exit::NoAnswer,
                    _ => Exit::ImportNotOver,
                };
                ending.hint = never.and_then(|failure| failure.advice().map(str::to_owned));
                ending.unended(Verdict::DeadlineReached, exit, unended);
            }
            Ok(End::Cancelled(unended)) => {
                ending.message = Some(not_over(&unended, "given up"));
                ending.unended(Verdict::Cancelled, Exit::ImportNotOver, unended);
            }
            Ok(End::CouldNotPoll { error, unended }) => {
                let failure = explain(&error);
                ending.message = Some(failure.message());
                ending.hint = failure.advice().map(str::to_owned);
                let verdict =
                    if error.is_other_job() { Verdict::AboutAnother } else { Verdict::CouldNotPoll };
                ending.unended(verdict, failure.exit, unended);
            }
            Err(too_soon) => {
                ending.message = Some(too_soon.to_string());
                ending.hint = Some("a longer --timeout leaves room for a poll".to_owned());
                ending.verdict = Verdict::DeadlineReached;
                ending.exit = Exit::ImportNotOver;
                ending.resume = given.cloned();
            }
        }
        ending
    }

    fn unended(&mut self, verdict: Verdict, exit: Exit, unended: Unended<BotImportId, Error>) {
        self.verdict = verdict;
        self.exit = exit;
        self.resume = Some(unended.resume);
        if let Some(last) = unended.last {
            self.saw(last);
        }
    }

    fn saw(&mut self, last: Response) {
        self.warning = doubt(&last);
        self.json = Some(last.json());
        self.import = Some(last.import);
    }

    pub(crate) fn succeeded(&self) -> bool {
        self.verdict == Verdict::Succeeded
    }

    /// Whether another run can go on with it. What was never seen, and cannot be looked at, would
    /// fail there too.
    pub(crate) fn is_unended(&self) -> bool {
        match self.verdict {
            Verdict::Succeeded | Verdict::Failed => false,
            Verdict::DeadlineReached | Verdict::Cancelled => true,
            Verdict::CouldNotPoll | Verdict::AboutAnother => self.import.is_some(),
        }
    }

    /// Whether it ended without success, and another run would say the same of it.
    pub(crate) fn is_lost(&self) -> bool {
        !self.succeeded() && !self.is_unended()
    }

    /// What the next run watches of it: all but a success, so that its verdict covers this one too.
    pub(crate) fn again(&self) -> Option<Again> {
        let known = self.resume.clone().map(Again::Token);
        (!self.succeeded()).then(|| known.unwrap_or_else(|| Again::Id(self.id.clone())))
    }

    /// The tasks that failed, or that say more of an import that did.
    pub(crate) fn blamed_entries(&self) -> impl Iterator<Item = &StatusLog> {
        self.import.iter().flat_map(reasons::blamed)
    }

    /// What the document of an import that failed says of it as a whole.
    pub(crate) fn reasons(&self) -> Vec<Reason> {
        let failed = self.import.as_ref().filter(|_| self.verdict == Verdict::Failed);
        failed.map(reasons::of_import).unwrap_or_default()
    }

    /// The log of the last document.
    pub(crate) fn entries(&self) -> &[StatusLog] {
        self.import.as_ref().map(BotImport::entries).unwrap_or_default()
    }
}

/// The exit code for all imports together. What went wrong with one counts in the order of
/// `--help`: that an import failed is never hidden by one that could not be looked at.
pub(crate) fn exit_code<'a>(endings: impl IntoIterator<Item = &'a Ending>) -> Exit {
    const ORDER: [Exit; 6] =
        [Exit::Usage, Exit::ImportFailed, Exit::Auth, Exit::OtherAnswer, Exit::NoAnswer, Exit::ImportNotOver];
    let exits: Vec<_> = endings.into_iter().map(|ending| ending.exit).collect();
    ORDER.into_iter().find(|exit| exits.contains(exit)).unwrap_or(Exit::Success)
}
