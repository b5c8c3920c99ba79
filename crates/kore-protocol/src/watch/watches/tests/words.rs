//! What each status word of the documents makes of each kind of job, in every spelling.

use std::time::{Duration, Instant, SystemTime};

use kore_types::{BotExport, BotImport, BotImportId, BotPublish, Outcome, Status};

use crate::bot_export::{self, ExportRun};
use crate::bot_publish::{self, PublishMark, PublishRun};
use crate::watch::{End, Job, Next, Now, Settings, Update, Watches};
use crate::{RequestLogs, ResponseError};

/// What a job is after a response with that word.
fn outcome_of<J: Job>(job: &J, response: J::Response) -> Outcome {
    let now = Now { instant: Instant::now(), wall: SystemTime::now() };
    let mut watches: Watches<J, ResponseError> = Watches::new(RequestLogs::default(), Settings::default());
    watches.watch(job.clone(), Duration::from_secs(60), now);
    let mut response = Some(response);
    loop {
        match watches.poll(now) {
            Next::Send(poll) => watches.handle_response(now, &poll, response.take().expect("one poll")),
            Next::Tell(Update::Ended { end: Ok(End::Succeeded(_)), .. }) => return Outcome::Succeeded,
            Next::Tell(Update::Ended { end: Ok(End::Failed(_)), .. }) => return Outcome::Failed,
            Next::Tell(Update::Event { .. }) => {}
            Next::Wait(_) => return Outcome::Running,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn each_word_of_the_documents_ends_a_job_or_does_not_in_every_spelling() {
    use Outcome::{Failed, Running, Succeeded, Unknown};
    let words = [
        ("pending", Running),
        ("inprogress", Running),
        ("in-progress", Running),
        ("in progress", Running),
        ("in_progress", Running),
        ("running", Running),
        ("success", Succeeded),
        ("successful", Succeeded),
        ("failed", Failed),
        ("failure", Failed),
        // They say that a job of another kind ended, or was taken, and not how this one stands.
        ("finished", Unknown),
        ("completed", Unknown),
        ("accepted", Unknown),
        ("passed", Unknown),
        ("awaitingApproval", Unknown),
        ("", Unknown),
    ];
    let capitalised =
        |word: &str| word.get(..1).unwrap_or_default().to_uppercase() + word.get(1..).unwrap_or_default();
    let camel = |word: &str| word.replace("inprogress", "InProgress");
    let bot = || "st-1".parse().expect("valid");
    for (word, expected) in words {
        for word in [word.to_owned(), word.to_uppercase(), capitalised(word), camel(word)] {
            let status = Status::from(word.as_str());
            assert_eq!(status.outcome(), expected, "{word:?}");
            // A word that is not known ends nothing.
            let of_watch = if expected == Unknown { Running } else { expected };

            let id: BotImportId = "bir-1".parse().expect("valid");
            let response = BotImport::new(id.clone(), status.clone()).into();
            assert_eq!(outcome_of(&id, response), of_watch, "an import, {word:?}");

            let mut export = BotExport::default();
            (export.id, export.status) = ("ber-1".parse().ok(), Some(status.clone()));
            let mut run = ExportRun::last(bot());
            run.export_id = export.id.clone();
            let response = bot_export::get_status::Response::new(export);
            assert_eq!(outcome_of(&run, response), of_watch, "an export, {word:?}");

            let mut publish = BotPublish::default();
            (publish.id, publish.status) = ("ds-1".parse().ok(), Some(status));
            let response = bot_publish::get_status::Response::new(publish);
            for (before, of_watch) in [("ds-0", of_watch), ("ds-1", Running)] {
                let mut mark = PublishMark::default();
                (mark.id, mark.ended) = (Some(before.to_owned()), true);
                let run = PublishRun::after(bot(), mark);
                assert_eq!(
                    outcome_of(&run, response.clone()),
                    of_watch,
                    "a publish after {before}, {word:?}"
                );
            }
        }
    }
}
