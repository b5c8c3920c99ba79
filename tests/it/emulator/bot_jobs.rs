//! Exports and publishes of the emulator, as kore-sdk asks for them.

mod files;
mod hostile;
mod steering;
mod strict;

use std::path::Path;
use std::time::Duration;

use kore_emulator::{Emulator, JobKind, Mode, Scenario, ScenarioBuilder, Task, scenarios};
use kore_sdk::protocol::bot_export::{self, ExportRun};
use kore_sdk::protocol::bot_publish;
use kore_sdk::types::{BotExport, BotId, BotPublish, ExportType};
use kore_sdk::watch::{Backoff, End, Pacing};
use kore_sdk::{Client, Outcome};

use super::{client, emulator};

/// In which nothing has to be waited for.
const MOMENT: Duration = Duration::from_millis(1);

fn bot() -> BotId {
    "st-1f".parse().unwrap()
}

async fn start() -> Emulator {
    emulator().bot(bot()).started_mode(Mode::AtOnce).start().await.unwrap()
}

fn export_of(bot: BotId) -> bot_export::start::Request {
    bot_export::start::Request::new(bot, ExportType::Latest)
}

fn publish_of(bot: BotId) -> bot_publish::start::Request {
    bot_publish::start::Request::new(bot, "new update")
}

async fn export_status(client: &Client, bot: BotId) -> BotExport {
    client.send(&bot_export::get_status::Request::new(bot)).await.unwrap().response.export
}

async fn publish_status(client: &Client, bot: BotId) -> BotPublish {
    client.send(&bot_publish::get_status::Request::new(bot)).await.unwrap().response.publish
}

/// Exports a bot into a file of that folder.
async fn exported(client: &Client, bot: BotId, folder: &Path) -> Vec<u8> {
    client.start_export(&export_of(bot.clone())).await.unwrap();
    let path = folder.join("export.zip");
    client.download_export(&export_status(client, bot).await, &path).await.unwrap();
    std::fs::read(path).unwrap()
}

fn words(publish: &BotPublish) -> Vec<&str> {
    publish.tasks().iter().map(|task| task.status.as_ref().unwrap().as_str()).collect()
}

#[tokio::test]
async fn an_export_runs_for_some_polls_and_then_names_its_file() {
    let emulator = emulator().bot(bot()).started_mode(Mode::LOOKS).start().await.unwrap();
    let client = client(&emulator);
    let run = client.start_export(&export_of(bot())).await.unwrap();
    let running = export_status(&client, bot()).await;
    assert_eq!((running.outcome(), running.download(), running.bytes()), (Outcome::Running, None, None));
    let over = export_status(&client, bot()).await;
    assert_eq!(
        (over.outcome(), over.id.clone(), over.bot_id.clone()),
        (Outcome::Succeeded, run.export_id, Some(bot()))
    );
    assert_eq!(
        (over.request_type.as_deref(), &over.export_type),
        (Some("Botexport"), &Some(ExportType::Latest))
    );
    assert!(over.id.as_ref().unwrap().as_str().starts_with("ber-"));
    let folder = tempfile::tempdir().unwrap();
    let bytes = client.download_export(&over, folder.path().join("a.zip")).await.unwrap();
    assert_eq!(Some(bytes), over.bytes());
    // As in the vendor's documents: the keys of the start and those of the status.
    let start = client.send(&export_of(bot())).await.unwrap().response.export;
    assert_eq!((start.stream_id, start.bot_id, start.download_url), (Some(bot()), None, None));
    assert!(
        over.store.is_some() && over.file_id.is_some() && over.version == Some(0) && over.extra.is_empty()
    );
}

#[tokio::test]
async fn a_publish_moves_on_part_by_part() {
    let emulator = emulator().bot(bot()).started_mode(Mode::LOOKS).start().await.unwrap();
    let client = client(&emulator);
    let started = client.start_publish(&publish_of(bot())).await.unwrap();
    assert!(!started.awaits_approval());
    assert_eq!(started.response.resources.items.len(), 4);
    let mut percents = Vec::new();
    for _ in 0..4 {
        let publish = publish_status(&client, bot()).await;
        assert_eq!(publish.status.as_ref().unwrap().as_str(), "inprogress");
        percents.push(publish.percentage_complete.unwrap());
    }
    assert_eq!(percents, [0, 25, 50, 75]);
    let over = publish_status(&client, bot()).await;
    assert_eq!((over.status.as_ref().unwrap().as_str(), over.percentage_complete), ("successful", Some(100)));
    assert_eq!(words(&over), ["SUCCESS"; 4]);
    assert_eq!((over.stream_id.clone(), over.job_type.as_deref()), (Some(bot()), Some("PUBLISH_BOT")));
    assert!(over.id.as_ref().unwrap().as_str().starts_with("ds-"));
    assert!(over.requested_time.is_some() && over.last_modified_on.is_some() && over.extra.is_empty());
}

#[tokio::test]
async fn a_watch_ends_as_the_scenario_does() {
    for (scenario, expected) in [
        (scenarios::export_success(), "succeeded"),
        (scenarios::export_failure(), "failed"),
        (scenarios::publish_success(), "succeeded"),
        (scenarios::publish_failure(), "failed"),
        (scenarios::export_stuck(), "deadline"),
        (scenarios::publish_stuck(), "deadline"),
        (scenarios::publish_awaiting_approval(), "awaits approval"),
    ] {
        let (name, job) = (scenario.name().to_owned(), scenario.job());
        let emulator = emulator().bot(bot()).started(scenario, Mode::LOOKS).start().await.unwrap();
        let client = client(&emulator);
        let word = if job == JobKind::Export {
            let run = client.start_export(&export_of(bot())).await.unwrap();
            ends(&watched(&client, &run).await)
        } else {
            let started = client.start_publish(&publish_of(bot())).await.unwrap();
            assert_eq!(started.awaits_approval(), name == "publish-awaiting-approval", "{name}");
            ends(&watched(&client, &started.run).await)
        };
        assert_eq!(word, expected, "{name}");
    }
}

async fn watched<J: kore_sdk::watch::Job>(client: &Client, run: &J) -> End<J, kore_sdk::Error>
where
    J::Request: Sync,
    J::Response: Send,
{
    let watch = client.watch(run).deadline(Duration::from_millis(500));
    watch
        .pacing(Pacing::fixed(MOMENT))
        .backoff(Backoff::new(MOMENT, MOMENT))
        .await
        .expect("the rate limit has room")
}

fn ends<J: kore_sdk::watch::Job>(end: &End<J, kore_sdk::Error>) -> &'static str {
    match end {
        End::Succeeded(_) => "succeeded",
        End::Failed(_) => "failed",
        End::DeadlineReached(_) => "deadline",
        End::AwaitsApproval(_) => "awaits approval",
        End::Cancelled(_) | End::CouldNotPoll { .. } => "unwatched",
    }
}

#[tokio::test]
async fn the_words_are_the_scenarios_in_every_spelling() {
    let one = |job| Scenario::builder("words").job(job).task(Task::new("NL", "Natural Language"));
    for word in [
        "success",
        "SUCCESS",
        "Success",
        "successful",
        "Successful",
        "failed",
        "failure",
        "Failed",
        "Finished",
    ] {
        let made = |builder: ScenarioBuilder| builder.status(word).pending("IN_PROGRESS").build().unwrap();
        let emulator = emulator().bot(bot()).started(made(one(JobKind::Export)), Mode::LOOKS);
        let emulator = emulator.started(made(one(JobKind::Publish)), Mode::LOOKS).start().await.unwrap();
        let client = client(&emulator);
        client.start_export(&export_of(bot())).await.unwrap();
        client.start_publish(&publish_of(bot())).await.unwrap();
        for expected in ["IN_PROGRESS", word] {
            assert_eq!(export_status(&client, bot()).await.status.unwrap().as_str(), expected);
            assert_eq!(publish_status(&client, bot()).await.status.unwrap().as_str(), expected);
        }
    }
}

#[tokio::test]
async fn the_older_spelling_of_an_export_names_the_bot_and_the_file_otherwise() {
    let older = Scenario::builder("older").job(JobKind::Export).older_spelling(true).build().unwrap();
    let emulator = emulator().bot(bot()).started(older, Mode::AtOnce).start().await.unwrap();
    let client = client(&emulator);
    client.start_export(&export_of(bot())).await.unwrap();
    let export = export_status(&client, bot()).await;
    assert_eq!((&export.bot_id, &export.stream_id), (&None, &Some(bot())));
    assert!(export.download_url.is_none() && export.download().is_some());
    let folder = tempfile::tempdir().unwrap();
    client.download_export(&export, folder.path().join("a.zip")).await.unwrap();
}

#[tokio::test]
async fn the_status_is_that_of_the_last_job_and_one_that_is_overtaken_is_told() {
    let emulator = emulator().bot(bot()).started_mode(Mode::TIME).start().await.unwrap();
    let client = client(&emulator);
    let first = client.start_export(&export_of(bot())).await.unwrap();
    let second = client.start_export(&export_of(bot())).await.unwrap();
    assert_eq!(export_status(&client, bot()).await.id, second.export_id);
    let asked = bot_export::get_status::Request::from(first);
    let error = client.send(&asked).await.expect_err("another one");
    assert!(error.to_string().contains(second.export_id.unwrap().as_str()), "{error}");

    // The status still tells of the publish before until the next one is started.
    client.start_publish(&publish_of(bot())).await.unwrap();
    emulator.finish_job(&bot(), JobKind::Publish).unwrap();
    let before = publish_status(&client, bot()).await;
    let next = client.start_publish(&publish_of(bot())).await.unwrap();
    assert_eq!(next.run.before, Some((&before).into()));
    emulator.finish_job(&bot(), JobKind::Publish).unwrap();
    assert_eq!(ends(&watched(&client, &next.run).await), "succeeded");
}

#[tokio::test]
async fn jobs_are_steered_and_the_next_start_is_prepared() {
    let emulator = emulator().bot(bot()).started_mode(Mode::TIME).start().await.unwrap();
    let client = client(&emulator);
    assert!(emulator.fail_job(&bot(), JobKind::Export).is_err(), "there is none");
    client.start_export(&export_of(bot())).await.unwrap();
    client.start_publish(&publish_of(bot())).await.unwrap();
    emulator.advance_job(&bot(), JobKind::Publish).unwrap();
    assert_eq!(words(&publish_status(&client, bot()).await), ["SUCCESS", "inprogress"]);
    emulator.fail_job(&bot(), JobKind::Publish).unwrap();
    assert_eq!(words(&publish_status(&client, bot()).await), ["SUCCESS", "failed"]);
    emulator.fail_job(&bot(), JobKind::Export).unwrap();
    let failed = export_status(&client, bot()).await;
    assert_eq!((failed.outcome(), failed.download()), (Outcome::Failed, None));

    assert!(emulator.prepare_next(scenarios::export_stuck(), Mode::AtOnce));
    assert!(emulator.prepare_next(scenarios::export_failure(), Mode::AtOnce));
    for expected in [Outcome::Running, Outcome::Failed, Outcome::Running] {
        let run: ExportRun = client.start_export(&export_of(bot())).await.unwrap();
        let export = export_status(&client, bot()).await;
        assert_eq!((export.id, export.status.unwrap().outcome()), (run.export_id, expected));
    }
}
