//! `--state`: a file keeps the imports from one emulator to the next.

use kore_emulator::{Emulator, InputError, Mode, samples, scenarios};
use kore_sdk::Outcome;

use super::Control;
use crate::emulator::{client, emulator};

async fn with(file: &std::path::Path) -> Emulator {
    let builder = emulator().state(file).import(samples::succeeded());
    builder.start().await.expect("it starts")
}

#[tokio::test]
async fn the_next_emulator_resumes_after_a_stop_or_a_drop() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let one = with(&file).await;
    let control = Control::of(&one);
    let looked = one.create(scenarios::failure(), Mode::LOOKS);
    for _ in 0..3 {
        client(&one).bot_import_status(&looked).await.expect("a status");
    }
    let failed = control.create(r#"{"scenario": "stuck"}"#).await;
    control.json("POST", &format!("/imports/{failed}/fail"), "").await;
    let gone = control.create(r#"{"scenario": "stuck"}"#).await;
    assert_eq!(control.ask("DELETE", &format!("/imports/{gone}"), "").await.status, 204);
    let ids = one.import_ids();
    let shown = control.json("GET", &format!("/imports/{looked}"), "").await;
    one.stop().await;
    let text = std::fs::read_to_string(&file).expect("there");
    assert_eq!(text.lines().count(), 1, "at its end it is a snapshot and nothing else");

    let two = with(&file).await;
    assert_eq!(two.import_ids(), ids, "those of the file alone");
    assert_eq!(Control::of(&two).json("GET", &format!("/imports/{looked}"), "").await, shown);
    let import = client(&two).bot_import_status(&failed.parse().expect("valid")).await.expect("a status");
    assert_eq!(import.outcome(), Outcome::Failed);
    two.remove(&looked);
    drop(two);
    assert_eq!(with(&file).await.import_ids().len(), ids.len() - 1);
}

#[tokio::test]
async fn an_acknowledged_change_is_in_the_file_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let emulator = with(&file).await;
    let control = Control::of(&emulator);
    for _ in 0..20 {
        let id = control.create(r#"{"scenario": "demo-success"}"#).await;
        assert!(std::fs::read_to_string(&file).expect("there").contains(&id));
    }
    let snapshot = control.ask("GET", "/snapshot", "").await.text;
    assert_eq!(control.ask("POST", "/reset", "").await.status, 204);
    let ids = |text: &str| text.matches("demo-success").count() + text.matches("\"id\":\"bir-").count();
    assert_eq!(ids(&std::fs::read_to_string(&file).expect("there")), 0);
    control.json("PUT", "/snapshot", &snapshot).await;
    assert_eq!(ids(&std::fs::read_to_string(&file).expect("there")), 21);
}

#[tokio::test]
async fn a_file_in_use_or_damaged_stops_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let one = with(&file).await;
    let error = emulator().state(&file).start().await.expect_err("taken");
    assert!(error.get_ref().is_some_and(|inner| inner.is::<InputError>()));
    assert!(error.to_string().contains("another emulator"), "{error}");
    one.stop().await;
    std::fs::write(&file, "{\"format\": 1}").expect("written");
    let error = emulator().state(&file).start().await.expect_err("damaged");
    assert!(error.to_string().contains("state.json, line 1, column 12"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).expect("there"), "{\"format\": 1}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_change_that_cannot_be_saved_is_not_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let emulator = with(&file).await;
    let control = Control::of(&emulator);
    // A replacement is written beside the file, where a folder stands in the way.
    let in_the_way = folder.path().join("state.json.new");
    std::fs::create_dir(&in_the_way).expect("a folder");
    control.ask("POST", "/reset", "").await.refuses(500, &["state file"]);
    control.ask("POST", "/imports", r#"{"scenario": "stuck"}"#).await.refuses(500, &["state file"]);
    std::fs::remove_dir(&in_the_way).expect("empty");
    let id = control.create(r#"{"scenario": "stuck"}"#).await;
    assert!(std::fs::read_to_string(&file).expect("there").contains(&id));
}
