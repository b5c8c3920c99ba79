//! What a response says of a job, in the form that every output shows: text fit for a terminal, tasks,
//! reasons. A kind of job fills it in ([`Shown`]); board, lines, reports and documents know no other
//! thing of a job, so that a new kind needs none of them again.

use std::time::SystemTime;

use bytes::Bytes;
use kore_sdk::types::{InvalidId, OutcomeCounts, Printable};
use kore_sdk::watch::Job;
use kore_sdk::{Outcome, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::reasons::{self, Reason};
use crate::text::counted;

/// A kind of job that the command can show.
pub(crate) trait Shown: Job<Task: Serialize + DeserializeOwned> {
    /// The key of its documents that holds the tasks; none if they tell of no tasks.
    const TASKS: Option<&'static str>;

    /// Its id, as users write it.
    fn id(&self) -> &str;

    /// The job of which the output of an earlier run tells the id alone.
    fn of_id(id: &str) -> Result<Self, InvalidId>;

    /// A task as it is shown.
    fn task(task: &Self::Task) -> Task;

    /// Why a response does not count that has a status: it is not known to be of this job.
    fn uncounted(&self, _response: &Self::Response) -> Option<String> {
        None
    }

    /// What to do if the platform tells of another job in the place of this one, and will from now on.
    fn replaced(&self) -> Option<String> {
        None
    }

    /// The body of a response as JSON on one line.
    fn json(body: &Bytes) -> Bytes;

    /// A response as it is shown; `now` is for ages.
    fn document(response: &Self::Response, now: SystemTime) -> Document;
}

/// A step of a job. All its text is fit for a terminal.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) kind: String,
    pub(crate) name: String,
    /// The word of the platform.
    pub(crate) status: String,
    pub(crate) outcome: Outcome,
    /// What it says beside these.
    pub(crate) reasons: Vec<Reason>,
}

impl Task {
    /// `Dialog ShowDiseaseList`.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }

    /// `Dialog ShowDiseaseList: error: no entity`.
    fn in_short(&self) -> String {
        match &self.reasons[..] {
            [] => self.title(),
            reasons => format!("{}: {}", self.title(), reasons::line(reasons)),
        }
    }
}

/// What a response says of a job as a whole.
#[derive(Debug)]
pub(crate) struct Document {
    /// Labels and what stands behind them, for people; in colours.
    pub(crate) facts: Vec<(String, String)>,
    /// The word for the state, fit for a terminal.
    pub(crate) status: Option<String>,
    pub(crate) outcome: Outcome,
    /// None if its kind has no tasks.
    pub(crate) tasks: Option<Vec<Task>>,
    /// Elements of the log that are no tasks, with their places.
    pub(crate) others: Vec<(usize, String)>,
    /// What it says beside the keys that are known.
    pub(crate) reasons: Vec<Reason>,
    /// Why it is not all that there is to know.
    pub(crate) warning: Option<String>,
    /// As it came, on one line.
    pub(crate) json: Bytes,
}

impl Document {
    /// The facts that are known, and behind them what the response says beside.
    pub(crate) fn facts<const N: usize>(
        known: [(&str, String); N],
        reasons: &[Reason],
    ) -> Vec<(String, String)> {
        let known = known.into_iter().map(|(label, text)| (label.to_owned(), text));
        known.chain(reasons.iter().map(|reason| (format!("{}:", reason.key), reason.line()))).collect()
    }

    /// Why a response does not tell all, if it could not be read as a whole or has no status.
    pub(crate) fn doubt(unread: Option<&str>, status: Option<&Status>) -> Option<String> {
        match (unread, status) {
            (Some(why), _) => Some(format!(
                "the response cannot be read as a whole ({}): only its id and status are shown",
                Printable::text(why)
            )),
            (None, None) => Some("the response has no status: nothing can be concluded from it".to_owned()),
            (None, Some(_)) => None,
        }
    }

    /// Why the word for the whole is not all: it succeeded, and tasks of it failed. The word decides.
    pub(crate) fn contradiction(noun: &str, outcome: Outcome, tasks: &[Task]) -> Option<String> {
        let failed = tasks.iter().filter(|task| task.outcome == Outcome::Failed).count();
        (failed > 0 && outcome == Outcome::Succeeded).then(|| {
            format!("the platform says that the {noun} succeeded, and that {failed} of its tasks failed")
        })
    }

    pub(crate) fn tasks_with(&self, outcome: Outcome) -> impl Iterator<Item = &Task> {
        self.tasks().iter().filter(move |task| task.outcome == outcome)
    }

    pub(crate) fn tasks(&self) -> &[Task] {
        self.tasks.as_deref().unwrap_or_default()
    }

    /// `3 tasks: 1 failed, 2 succeeded`; none if its kind has no tasks.
    pub(crate) fn counted(&self) -> Option<String> {
        self.tasks.as_ref().map(|tasks| {
            let awaits = |task: &&Task| {
                task.outcome == Outcome::Unknown && Status::from(&*task.status).awaits_approval()
            };
            counted(self.counts(), tasks.iter().filter(awaits).count())
        })
    }

    /// The same without colours.
    pub(crate) fn plainly_counted(&self) -> Option<String> {
        self.counted().map(|counted| anstream::adapter::strip_str(&counted).to_string())
    }

    pub(crate) fn counts(&self) -> OutcomeCounts {
        let mut counts = OutcomeCounts::default();
        for task in self.tasks() {
            *match task.outcome {
                Outcome::Running => &mut counts.running,
                Outcome::Succeeded => &mut counts.succeeded,
                Outcome::Failed => &mut counts.failed,
                Outcome::Unknown => &mut counts.unknown,
            } += 1;
        }
        counts
    }

    /// The tasks that a failure is put down to: those that failed, and those of a job that failed
    /// which have not succeeded and say more.
    pub(crate) fn blamed(&self) -> impl Iterator<Item = &Task> {
        let has_failed = self.outcome == Outcome::Failed;
        self.tasks().iter().filter(move |task| match task.outcome {
            Outcome::Failed => true,
            Outcome::Unknown | Outcome::Running => has_failed && !task.reasons.is_empty(),
            Outcome::Succeeded => false,
        })
    }

    /// Why the job failed, in a few words: its own reasons, or the first task that failed and how
    /// many more did.
    pub(crate) fn in_short(&self) -> Option<String> {
        if !self.reasons.is_empty() {
            return Some(reasons::line(&self.reasons));
        }
        let first = self.blamed().next()?.in_short();
        match self.blamed().skip(1).count() {
            0 => Some(first),
            more => Some(format!("{first}; and {more} more")),
        }
    }
}
