//! What each status word of the documents makes of each kind of job, in every spelling: in the status of
//! a job, of one of its tasks, and in the response to its start.

use std::time::{Duration, Instant, SystemTime};

use kore_types::{
    BotExport, BotImport, BotImportId, BotPublish, List, Outcome, PublishResult, PublishTask,
    PublishedResource, Status,
};

use self::Then::{Awaits, Failed, GoesOn, Succeeded};
use crate::bot_export::{self, ExportRun};
use crate::bot_publish::{self, PublishMark, PublishRun};
use crate::watch::{End, Job, Next, Now, Settings, Update, Watches};
use crate::{RequestLogs, ResponseError};

/// What a watch does when it sees a word.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    Succeeded,
    Failed,
    GoesOn,
    /// Ends a publish as unconfirmed, and tells nothing of any other job.
    Awaits,
}

/// The words, what they mean, and what the watch of a job does with that status.
const WORDS: [(&str, Outcome, Then); 21] = [
    ("pending", Outcome::Running, GoesOn),
    ("inprogress", Outcome::Running, GoesOn),
    ("inProgress", Outcome::Running, GoesOn),
    ("in-progress", Outcome::Running, GoesOn),
    ("in progress", Outcome::Running, GoesOn),
    ("in_progress", Outcome::Running, GoesOn),
    ("running", Outcome::Running, GoesOn),
    ("success", Outcome::Succeeded, Succeeded),
    ("successful", Outcome::Succeeded, Succeeded),
    ("failed", Outcome::Failed, Failed),
    ("failure", Outcome::Failed, Failed),
    ("awaitingApproval", Outcome::Unknown, Awaits),
    ("awaiting_approval", Outcome::Unknown, Awaits),
    ("awaiting-approval", Outcome::Unknown, Awaits),
    ("awaiting approval", Outcome::Unknown, Awaits),
    // They say that a job of another kind ended, or was taken, and not how this one stands.
    ("finished", Outcome::Unknown, GoesOn),
    ("completed", Outcome::Unknown, GoesOn),
    ("accepted", Outcome::Unknown, GoesOn),
    ("passed", Outcome::Unknown, GoesOn),
    ("training queued.", Outcome::Unknown, GoesOn),
    ("", Outcome::Unknown, GoesOn),
];

/// A word as documents write it: without capitals, in capitals, and with one at its head.
fn spellings(word: &str) -> [String; 4] {
    let capitalised = word.get(..1).unwrap_or_default().to_uppercase() + word.get(1..).unwrap_or_default();
    [word.to_owned(), word.to_lowercase(), word.to_uppercase(), capitalised]
}

/// What a watch does after that response, and after none before it.
fn then<J: Job>(job: &J, response: J::Response) -> Then {
    let now = Now { instant: Instant::now(), wall: SystemTime::now() };
    let mut watches: Watches<J, ResponseError> = Watches::new(RequestLogs::default(), Settings::default());
    watches.watch(job.clone(), Duration::from_secs(60), now);
    let mut response = Some(response);
    loop {
        match watches.poll(now) {
            Next::Send(poll) => watches.handle_response(now, &poll, response.take().expect("one poll")),
            Next::Tell(Update::Ended { end: Ok(end), .. }) => {
                return match end {
                    End::Succeeded(_) => Succeeded,
                    End::Failed(_) => Failed,
                    End::AwaitsApproval(unended) => {
                        assert!(unended.last.is_some());
                        Awaits
                    }
                    other => panic!("{other:?}"),
                };
            }
            Next::Tell(Update::Event { .. }) => {}
            Next::Wait(_) => {
                assert!(response.is_none(), "it goes on without a poll");
                return GoesOn;
            }
            other => panic!("{other:?}"),
        }
    }
}

fn export(status: &Status) -> BotExport {
    let mut export = BotExport::default();
    (export.id, export.status) = ("ber-1".parse().ok(), Some(status.clone()));
    export
}

fn publish(status: &Status, part: Option<&Status>) -> bot_publish::get_status::Response {
    let mut publish = BotPublish::default();
    (publish.id, publish.status) = ("ds-1".parse().ok(), Some(status.clone()));
    publish.status_summary = part.map(|status| {
        let mut task = PublishTask::default();
        task.status = Some(status.clone());
        List::from_iter([task])
    });
    bot_publish::get_status::Response::new(publish)
}

/// The publish that was started after one of that id had ended.
fn publish_after(before: &str) -> PublishRun {
    let mut mark = PublishMark::default();
    (mark.id, mark.ended) = (Some(before.to_owned()), true);
    PublishRun::after("st-1".parse().expect("valid"), mark)
}

fn each(mut check: impl FnMut(&str, &Status, Then)) {
    for (word, outcome, expected) in WORDS {
        for word in spellings(word) {
            let status = Status::from(word.as_str());
            assert_eq!(status.outcome(), outcome, "{word:?}");
            assert_eq!(status.awaits_approval(), expected == Awaits, "{word:?}");
            check(&word, &status, expected);
        }
    }
}

#[test]
fn each_word_of_the_documents_ends_a_job_or_does_not_in_every_spelling() {
    each(|word, status, expected| {
        // Only a publish is approved.
        let of_others = if expected == Awaits { GoesOn } else { expected };
        let id: BotImportId = "bir-1".parse().expect("valid");
        let response = BotImport::new(id.clone(), status.clone()).into();
        assert_eq!(then(&id, response), of_others, "an import, {word:?}");

        let mut run = ExportRun::last("st-1".parse().expect("valid"));
        run.export_id = "ber-1".parse().ok();
        let response = bot_export::get_status::Response::new(export(status));
        assert_eq!(then(&run, response), of_others, "an export, {word:?}");

        assert_eq!(then(&publish_after("ds-0"), publish(status, None)), expected, "a publish, {word:?}");
        let before = then(&publish_after("ds-1"), publish(status, None));
        // That the publish of that id runs again, or waits, is news: it had ended.
        let of_before = if expected == Awaits { Awaits } else { GoesOn };
        assert_eq!(before, of_before, "the publish before, {word:?}");
    });
}

#[test]
fn the_word_of_a_part_holds_up_a_publish_only_if_it_awaits_approval() {
    each(|word, status, expected| {
        for (whole, of_whole) in
            [(Status::InProgress, GoesOn), (Status::Successful, Succeeded), (Status::Failed, Failed)]
        {
            let found = then(&publish_after("ds-0"), publish(&whole, Some(status)));
            let expected = if expected == Awaits && of_whole != Failed { Awaits } else { of_whole };
            assert_eq!(found, expected, "{whole:?} with a part {word:?}");
        }
    });
}

#[test]
fn no_word_in_the_response_to_a_start_ends_a_job_but_approval_that_is_awaited() {
    each(|word, status, expected| {
        let bot = || "st-1".parse().expect("valid");
        let response = bot_export::start::Response::new(export(status)).expect("an id");
        let run = ExportRun::started(bot(), &response);
        let pending = bot_export::get_status::Response::new(export(&Status::Pending));
        assert_eq!(then(&run, pending), GoesOn, "an export started with {word:?}");

        for is_status in [true, false] {
            let (mut part, mut result) = (PublishedResource::default(), PublishResult::default());
            if is_status {
                part.status = Some(status.clone());
            } else {
                result.state = Some(word.to_owned());
                (part.status, part.result) = (Some(Status::Success), Some(result));
            }
            let response = bot_publish::start::Response::new([part]);
            let awaits = response.awaiting_approval().count() == 1;
            assert_eq!(awaits, expected == Awaits, "a publish started with {word:?}");
        }
    });
}
