//! The kinds of jobs that a scenario can be the course of, and the words of each.
//!
//! A [`Scenario`](crate::Scenario) has one, and the platform asks by it for the scenario that the next
//! start follows.

use std::sync::LazyLock;

use kore_types::Status;
use serde::{Deserialize, Serialize};

/// What a client can start and poll.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum JobKind {
    /// The import of a bot.
    #[default]
    Import,
    /// The export of a bot.
    Export,
    /// The publish of a bot.
    Publish,
}

/// The words of a job whose scenario says none.
#[derive(Debug)]
pub(crate) struct UsualWords {
    /// Of the job before its end.
    pub(crate) pending: Status,
    /// Of a task before its end. No document shows it for any job.
    pub(crate) running: Status,
    /// Of a task that ended well.
    pub(crate) done: Status,
    /// Of the job that ended well.
    pub(crate) end: Status,
    /// Of the job and the task that failed.
    pub(crate) failed: Status,
}

static OF_IMPORT_AND_EXPORT: UsualWords = UsualWords {
    pending: Status::Pending,
    running: Status::InProgress,
    done: Status::Success,
    end: Status::Success,
    failed: Status::Failed,
};

static OF_PUBLISH: LazyLock<UsualWords> = LazyLock::new(|| UsualWords {
    pending: Status::InProgress,
    running: Status::InProgress,
    done: Status::from("SUCCESS"),
    end: Status::Successful,
    failed: Status::Failed,
});

impl JobKind {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Import, Self::Export, Self::Publish];

    pub(crate) fn usual(self) -> &'static UsualWords {
        match self {
            Self::Import | Self::Export => &OF_IMPORT_AND_EXPORT,
            Self::Publish => &OF_PUBLISH,
        }
    }

    /// `import`, `export` or `publish`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Export => "export",
            Self::Publish => "publish",
        }
    }

    /// In a sentence: "an import".
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Import => "an import",
            Self::Export => "an export",
            Self::Publish => "a publish",
        }
    }

    pub(crate) fn is_import(&self) -> bool {
        *self == Self::Import
    }
}
