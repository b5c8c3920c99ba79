//! Starting an import: its requests, its events and its result.

mod double;
mod faults;
mod files;
mod idle;
mod quotes;
mod rules;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kore_sdk::protocol::Refusal;
use kore_sdk::watch::{End, Event};
use kore_sdk::{ImportEvent, ImportFile, ImportFiles, ImportMode, ImportOptions, Purpose};
use serde_json::{Value, json};

use self::double::{ACCEPTED, Double, IMPORT_ID};

fn file(name: &str) -> ImportFile {
    ImportFile::from_bytes(name.to_owned(), format!("the bytes of {name}"))
}

fn files() -> ImportFiles {
    ImportFiles::new(file("botDefinition.json"), file("config.json"))
}

fn whole() -> ImportFiles {
    files().icon(file("icon.png")).function(file("a.js")).function(file("b.js"))
}

/// The events as lines, without the bytes that come between the first and the last of a file.
fn lines(events: &Mutex<Vec<ImportEvent>>) -> Vec<String> {
    let line = |event: &ImportEvent| match event {
        ImportEvent::Uploading { name, sent, .. } if *sent == 0 => Some(format!("uploading {name}")),
        ImportEvent::Uploading { name, sent, length, .. } if sent == length => Some(format!("sent {name}")),
        ImportEvent::Uploading { .. } => None,
        ImportEvent::Uploaded { name, id, .. } => Some(format!("uploaded {name} as {id}")),
        ImportEvent::Waiting { because, .. } => Some(format!("waiting: {because}")),
        ImportEvent::Starting => Some("starting".to_owned()),
        ImportEvent::Started { import_id, .. } => Some(format!("started {import_id}")),
        ImportEvent::Watch(Event::StatusChanged { now, .. }) => Some(format!("status {}", now.as_ref()?)),
        _ => None,
    };
    events.lock().unwrap().iter().filter_map(line).collect()
}

#[tokio::test]
async fn a_new_bot_is_made_of_its_files_in_order() {
    let expected = [
        "uploading botDefinition.json",
        "sent botDefinition.json",
        "uploaded botDefinition.json as f-botDefinition-json",
        "uploading config.json",
        "sent config.json",
        "uploaded config.json as f-config-json",
        "uploading icon.png",
        "sent icon.png",
        "uploaded icon.png as f-icon-png",
        "uploading a.js",
        "sent a.js",
        "uploaded a.js as f-a-js",
        "uploading b.js",
        "sent b.js",
        "uploaded b.js as f-b-js",
        "starting",
        "started bir-1",
    ];
    let events = Mutex::new(Vec::new());
    let double = Double::default();
    let accepted = double
        .client()
        .import_bot(whole())
        .new_bot("shop")
        .purpose(Purpose::Customer)
        .on_event(|event| events.lock().unwrap().push(event.clone()))
        .await
        .unwrap();
    assert_eq!((accepted.import_id.as_str(), &accepted.body[..]), (IMPORT_ID, ACCEPTED.as_bytes()));
    assert_eq!(lines(&events), expected);
    let start = json!({
        "uploadMode": "JSON", "botDefinition": "f-botDefinition-json", "configInfo": "f-config-json",
        "icon": "f-icon-png", "botFunctions": ["f-a-js", "f-b-js"], "name": "shop", "purpose": "customer",
    });
    assert_eq!(double.starts(), [("/api/public/bot/import".to_owned(), start.clone())]);
    assert!(double.uploads().iter().all(|upload| upload.contains("\r\n\r\nbulkImport\r\n")));

    // The same without a runtime.
    let (blocking, events) = (Double::default(), Mutex::new(Vec::new()));
    let client = blocking.blocking_client();
    let import = client.import_bot(whole()).new_bot("shop").purpose(Purpose::Customer);
    let accepted = import.on_event(|event| events.lock().unwrap().push(event.clone())).run().unwrap();
    assert_eq!(
        (accepted.import_id.as_str(), lines(&events)),
        (IMPORT_ID, expected.map(str::to_owned).to_vec())
    );
    assert_eq!(blocking.starts()[0].1, start);
}

#[tokio::test]
async fn a_zip_goes_up_whole_for_a_new_bot() {
    let double = Double::default();
    double.client().import_bot(ImportFiles::zip(file("shop.zip"))).new_bot("shop").await.unwrap();
    let start = json!({"uploadMode": "ZIP", "zipInfo": "f-shop-zip", "name": "shop"});
    assert_eq!(double.starts(), [("/api/public/bot/import".to_owned(), start)]);
    assert!(double.uploads()[0].contains("name=\"fileExtension\"\r\n\r\nzip\r\n"));
}

#[tokio::test]
async fn an_import_into_a_bot_is_full_or_has_its_options_as_they_are() {
    let options: Value =
        json!({"tasks": ["botTask"], "later": {"x": [1]}, "options": {"utterances": {"append": true}}});
    let incremental = |options: &Value| {
        ImportMode::Incremental(serde_json::from_value::<ImportOptions>(options.clone()).unwrap())
    };
    let ids = json!({"botDefinition": "f-botDefinition-json", "configInfo": "f-config-json", "botFunctions": ["f-a-js", "f-b-js"]});
    let with = |options: &Value| {
        let mut body = ids.clone();
        body["importOptions"] = options.clone();
        body
    };
    for (mode, body) in [
        (ImportMode::Full, ids.clone()),
        (incremental(&options), with(&options)),
        (incremental(&json!({})), with(&json!({}))),
    ] {
        let double = Double::default();
        double.client().import_bot(whole()).into_bot("st-1".parse().unwrap(), mode).await.unwrap();
        assert_eq!(double.starts(), [("/api/public/bot/st-1/import".to_owned(), body)]);
        assert_eq!(double.uploads().len(), 4, "the icon is not sent");
    }
}

#[tokio::test]
async fn what_the_target_does_not_take_is_refused_before_anything_is_sent() {
    let double = Double::default();
    let client = double.client();
    let no_icon = client.import_bot(files()).new_bot("shop").await.unwrap_err();
    assert!(no_icon.is_config() && no_icon.to_string().contains("expected an icon"), "{no_icon}");
    let zip = client.import_bot(ImportFiles::zip(file("a.zip")));
    let zip = zip.into_bot("st-1".parse().unwrap(), ImportMode::Full).await.unwrap_err();
    assert!(zip.is_config() && zip.to_string().contains("found a zip"), "{zip}");
    assert_eq!((double.uploads().len(), double.starts().len()), (0, 0));
    assert!(!no_icon.may_have_started() && !zip.may_have_started());
}

#[tokio::test]
async fn starting_is_told_before_the_start_is_sent() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let at_start = Arc::new(Mutex::new(Vec::new()));
    let (seen, noted) = (told.clone(), at_start.clone());
    let double = Double::default().on_start(move || *noted.lock().unwrap() = seen.lock().unwrap().clone());
    let client = double.client();
    let import = client.import_bot(files()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
    import.on_event(|event| told.lock().unwrap().push(event.clone())).await.unwrap();
    assert_eq!(at_start.lock().unwrap().last(), Some(&ImportEvent::Starting));
}

#[tokio::test]
async fn up_to_four_files_go_up_at_once_and_keep_their_places() {
    let mut many = files();
    for n in 0..20 {
        many = many.function(file(&format!("{n}.js")));
    }
    for (at_once, most) in [(1, 1), (3, 3), (4, 4), (100, 4)] {
        let at_once = NonZeroUsize::new(at_once).unwrap();
        let double = Double::default().slow();
        let client = double.client();
        let import = client.import_bot(many.clone()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
        import.uploads_at_once(at_once).await.unwrap();
        let functions: Vec<_> = (0..20).map(|n| format!("f-{n}-js")).collect();
        assert_eq!(double.starts()[0].1["botFunctions"], json!(functions));
        assert_eq!(double.most_at_once(), most);

        let double = Double::default().slow();
        let client = double.blocking_client();
        let import = client.import_bot(many.clone()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
        import.uploads_at_once(at_once).run().unwrap();
        assert_eq!(double.starts()[0].1["botFunctions"], json!(functions));
        assert!(double.most_at_once() <= most);
    }
}

#[tokio::test(start_paused = true)]
async fn an_import_goes_on_as_a_watch_to_its_end_with_the_events_of_both() {
    let events = Mutex::new(Vec::new());
    let double = Double::default().statuses(["pending", "inprogress", "success"]);
    let client = double.client();
    let import = client.import_bot(files()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
    let import = import.on_event(|event| events.lock().unwrap().push(event.clone()));
    let end = import.watch(|wait| wait.deadline(Duration::from_secs(600))).await.unwrap();
    assert!(matches!(end, End::Succeeded(_)), "{end:?}");
    let told = lines(&events);
    assert_eq!(
        told[told.len() - 5..],
        ["starting", "started bir-1", "status pending", "status inprogress", "status success"]
    );
}

#[test]
fn an_import_is_watched_without_a_runtime_too() {
    let double = Double::default().statuses(["failed"]);
    let client = double.blocking_client();
    let import = client.import_bot(files()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
    let end = import.watch(|wait| wait.deadline(Duration::from_secs(600))).run().unwrap();
    assert!(matches!(end, End::Failed(_)), "{end:?}");
}

#[tokio::test]
async fn a_file_that_the_platform_does_not_want_is_an_error_and_nothing_is_started() {
    let double = Double::default().uploads_answer(|| Ok(Refusal::InvalidArguments.to_http()));
    let client = double.client();
    let import = client.import_bot(files()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
    let error = import.await.unwrap_err();
    assert_eq!(error.response().and_then(|response| response.refusal()), Some(Refusal::InvalidArguments));
    assert!(!error.may_have_started() && error.attempts() == 1, "{error}");
    assert_eq!(double.starts().len(), 0);
}

#[tokio::test]
async fn an_import_that_is_given_up_before_its_start_starts_nothing() {
    let double = Double::default().uploads_answer(|| Err(double::never()));
    let client = double.client();
    let import = client.import_bot(files()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
    let given_up = tokio::time::timeout(Duration::from_millis(50), import.into_future()).await;
    assert!(given_up.is_err());
    assert_eq!(double.starts().len(), 0);
}
