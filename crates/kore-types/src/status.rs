//! The word for the state of an import or of one of its tasks, and what it means.

use crate::open_enum;

open_enum! {
    /// `status`, of an import or of an entry of its log.
    ///
    /// The set is open. Match on [`Status::outcome`], which compares without case, and not on the
    /// variants, which stand for one exact spelling each.
    ///
    /// ```
    /// use kore_types::{Outcome, Status};
    /// let status = Status::from("SUCCESS");
    /// assert_eq!(status.outcome(), Outcome::Succeeded);
    /// assert_eq!(status.as_str(), "SUCCESS");
    /// ```
    pub enum Status {
        /// Accepted and not finished (documented for the import call).
        Pending = "pending",
        /// Running (documented for sibling jobs).
        InProgress = "inprogress",
        /// Ended well (documented).
        Success = "success",
        /// Ended well (documented for sibling jobs).
        Successful = "successful",
        /// Ended badly (expected by the vendor's test suite of 2022).
        Failed = "failed",
        /// Ended badly (expected by the vendor's test suite of 2022).
        Failure = "failure",
    }
}

/// What a [`Status`] means for someone who waits.
///
/// Exhaustive: these four are all that a wait can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// It has not ended.
    Running,
    /// It ended well.
    Succeeded,
    /// It ended badly.
    Failed,
    /// The word is missing, or this version does not know it. Nothing is concluded from it.
    Unknown,
}

impl Outcome {
    /// Whether the job has ended: succeeded or failed.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }

    /// `running`, `succeeded`, `failed` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl Status {
    /// Whether the word says that a person has to approve the job before it goes on:
    /// `awaitingApproval`, as the start of a publish has it, in any spelling, since no source shows the
    /// word in a status document. Its outcome is [`Outcome::Unknown`].
    pub fn awaits_approval(&self) -> bool {
        let word: String = self.as_str().chars().filter(char::is_ascii_alphabetic).collect();
        ["awaitingapproval", "waitingforapproval", "pendingapproval", "approvalpending"]
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known))
    }

    /// What the word means, compared without case.
    ///
    /// A sibling job's `Finished` is [`Outcome::Unknown`] here: it says that the job ended, not
    /// how, and no document shows it for an import.
    pub fn outcome(&self) -> Outcome {
        const WORDS: [(&str, Outcome); 10] = [
            ("pending", Outcome::Running),
            ("inprogress", Outcome::Running),
            ("in_progress", Outcome::Running),
            ("in-progress", Outcome::Running),
            ("in progress", Outcome::Running),
            ("running", Outcome::Running),
            ("success", Outcome::Succeeded),
            ("successful", Outcome::Succeeded),
            ("failed", Outcome::Failed),
            ("failure", Outcome::Failed),
        ];
        match self {
            Self::Pending | Self::InProgress => Outcome::Running,
            Self::Success | Self::Successful => Outcome::Succeeded,
            Self::Failed | Self::Failure => Outcome::Failed,
            Self::Other(word) => WORDS
                .iter()
                .find(|(known, _)| word.as_str().eq_ignore_ascii_case(known))
                .map_or(Outcome::Unknown, |(_, outcome)| *outcome),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_change_the_outcome_but_is_kept() {
        for (word, outcome) in [
            ("pending", Outcome::Running),
            ("InProgress", Outcome::Running),
            ("IN_PROGRESS", Outcome::Running),
            ("in-progress", Outcome::Running),
            ("In Progress", Outcome::Running),
            ("Running", Outcome::Running),
            ("SUCCESS", Outcome::Succeeded),
            ("Successful", Outcome::Succeeded),
            ("FAILED", Outcome::Failed),
            ("Failure", Outcome::Failed),
            ("Finished", Outcome::Unknown),
            ("success ", Outcome::Unknown),
            ("", Outcome::Unknown),
        ] {
            let status = Status::from(word);
            assert_eq!(status.outcome(), outcome, "{word:?}");
            assert_eq!(status.as_str(), word);
        }
    }

    #[test]
    fn every_known_word_has_an_outcome() {
        for word in Status::KNOWN {
            assert_ne!(Status::from(*word).outcome(), Outcome::Unknown, "{word}");
        }
    }
}
