//! Imports that run by a scenario, and what moves them on: polls, or a test that steers them.

use std::sync::Arc;

use kore_emulator::{Emulator, Mode, Scenario, SteerError, Task, samples, scenarios};
use kore_sdk::protocol::Refusal;
use kore_sdk::{BotImport, BotImportId, Client, Outcome};

use super::{client, emulator};

async fn poll(client: &Client, id: &BotImportId) -> BotImport {
    client.bot_import_status(id).await.expect("a status")
}

/// Polls until the import is over, or that often.
async fn polls(client: &Client, id: &BotImportId, most: usize) -> Vec<BotImport> {
    let mut seen = Vec::new();
    for _ in 0..most {
        seen.push(poll(client, id).await);
        if seen.last().is_some_and(BotImport::is_over) {
            break;
        }
    }
    seen
}

#[tokio::test]
async fn polls_move_each_scenario_to_its_outcome() {
    let emulator = emulator().start().await.expect("a free port");
    let client = client(&emulator);
    for (scenario, looked, outcome) in [
        (scenarios::documented_success(), 20, Outcome::Succeeded),
        (scenarios::older_spelling(), 8, Outcome::Succeeded),
        (scenarios::failure(), 8, Outcome::Failed),
        (scenarios::stuck(), 30, Outcome::Running),
        (scenarios::unknown_words(), 30, Outcome::Unknown),
        (scenarios::demo_success(), 9, Outcome::Succeeded),
        (scenarios::demo_failure(), 6, Outcome::Failed),
    ] {
        let name = scenario.name().to_owned();
        let tasks = scenario.task_count();
        let id = emulator.create(scenario, Mode::LOOKS);
        let seen = polls(&client, &id, 30).await;
        assert_eq!(seen.len(), looked, "{name}");
        assert_eq!(seen.last().map(BotImport::outcome), Some(outcome), "{name}");
        for (ended, import) in seen.iter().enumerate().take(tasks.min(2)) {
            // The import request, the tasks that have ended, and the one that runs.
            assert_eq!(import.entries().len(), ended + 2, "{name}");
            assert_eq!(import.id.as_ref(), Some(&id), "{name}");
        }
    }
}

#[tokio::test]
async fn ten_thousand_tasks_come_over_the_wire() {
    let emulator = emulator()
        .scenario(scenarios::ten_thousand_tasks(), Mode::AtOnce)
        .start()
        .await
        .expect("a free port");
    let import = poll(&client(&emulator), &emulator.import_ids()[0]).await;
    assert_eq!((import.outcome(), import.counts().succeeded), (Outcome::Succeeded, 10_001));
}

#[tokio::test]
async fn the_keys_of_a_failed_task_and_unknown_words_arrive_as_they_are() {
    let emulator = emulator().start().await.expect("a free port");
    let client = client(&emulator);
    let failed = poll(&client, &emulator.create(scenarios::failure(), Mode::AtOnce)).await;
    let why = failed.failed_entries().find_map(|entry| entry.extra.get("error")).expect("it says why");
    assert!(why.as_str().is_some_and(|why| why.contains("entity")));
    let unknown = poll(&client, &emulator.create(scenarios::unknown_words(), Mode::AtOnce)).await;
    assert_eq!(unknown.status.as_ref().map(|status| status.as_str()), Some("Concluded"));
    assert_eq!(unknown.extra["finishedBy"], "worker-7");
}

#[tokio::test]
async fn an_import_is_steered() {
    let ids = ["bir-one", "bir-two", "bir-three"].map(|id| BotImportId::new(id).expect("valid"));
    let stuck = Arc::new(scenarios::stuck());
    let builder = ids
        .iter()
        .fold(emulator(), |builder, id| builder.import_of(id.clone(), Arc::clone(&stuck), Mode::AtOnce));
    let emulator = builder.start().await.expect("a free port");
    assert_eq!(emulator.import_ids(), ids);
    let client = client(&emulator);
    let [advanced, finished, failed] = &ids;
    for id in &ids {
        assert_eq!(poll(&client, id).await.outcome(), Outcome::Running);
    }
    emulator.advance(advanced).expect("it runs");
    emulator.finish(finished).expect("it runs");
    emulator.fail(failed).expect("it runs");
    assert_eq!(poll(&client, advanced).await.outcome(), Outcome::Succeeded);
    assert_eq!(poll(&client, finished).await.outcome(), Outcome::Succeeded);
    let failed_one = poll(&client, failed).await;
    assert_eq!(failed_one.outcome(), Outcome::Failed);
    let entry = failed_one.failed_entries().next().expect("the task that ran");
    assert_eq!(entry.task_name.as_deref(), Some("KnowledgeTasks"));
    assert_eq!(emulator.fail(failed), Err(SteerError::Over));
}

#[tokio::test]
async fn a_fixed_import_cannot_be_steered_but_can_be_replaced() {
    let emulator = emulator().import(samples::succeeded()).start().await.expect("a free port");
    let client = client(&emulator);
    let id = emulator.import_ids().remove(0);
    assert_eq!(emulator.advance(&id), Err(SteerError::Fixed));
    assert_eq!(emulator.finish(&"bir-unknown".parse().expect("valid")), Err(SteerError::Unknown));
    // From a success back to pending, by a scenario and by a fixed document.
    emulator.import_of(id.clone(), scenarios::stuck(), Mode::TIME);
    assert_eq!(poll(&client, &id).await.outcome(), Outcome::Running);
    emulator.finish(&id).expect("it lives");
    let mut pending = samples::running();
    pending.id = id.clone().into();
    emulator.hold(pending).expect("an id");
    assert_eq!(poll(&client, &id).await.outcome(), Outcome::Running);
    assert_eq!(emulator.import_ids(), [id]);
}

#[tokio::test]
async fn a_refused_poll_moves_nothing_on() {
    let scenario = Scenario::builder("two").tasks([Task::new("Dialog", "a"), Task::new("Dialog", "b")]);
    let emulator = emulator()
        .scenario(scenario.build().expect("valid"), Mode::LOOKS)
        .start()
        .await
        .expect("a free port");
    let id = emulator.import_ids().remove(0);
    let stranger =
        Client::builder().host(emulator.url()).credentials("cs-1f", "wrong").build().expect("builds");
    for _ in 0..5 {
        let error = stranger.bot_import_status(&id).await.expect_err("refused");
        assert_eq!(
            error.response().and_then(|response| response.refusal()),
            Some(Refusal::InvalidSdkCredentials)
        );
    }
    assert_eq!(polls(&client(&emulator), &id, 10).await.len(), 3);
}

#[tokio::test]
async fn made_up_ids_have_the_documented_form_and_differ() {
    let emulator: Emulator = emulator().start().await.expect("a free port");
    let scenario = Arc::new(scenarios::stuck());
    let ids: Vec<_> = (0..100).map(|_| emulator.create(Arc::clone(&scenario), Mode::TIME)).collect();
    let lengths: Vec<_> = ids[0].as_str().split('-').map(str::len).collect();
    assert_eq!(lengths, [3, 8, 4, 4, 4, 12], "{}", ids[0]);
    assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), 100);
    assert_eq!(emulator.import_ids(), ids);
}
