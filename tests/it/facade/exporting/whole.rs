//! An export and a publish from their start to their end, in one call of either client.

use kore_sdk::protocol::bot_publish;
use kore_sdk::watch::{End, Event};
use kore_sdk::{ExportEnd, Status};

use super::super::builder;
use super::{export_request, platform};

const STARTED: &str = r#"{"_id":"ber-2","status":"pending","createdOn":"2026-01-01T00:00:02.000Z"}"#;
const BEFORE: &str = r#"{"_id":"ds-1","status":"successful"}"#;

fn succeeded(file: &str) -> String {
    format!(r#"{{"_id":"ber-2","status":"success","downloadURL":"{file}","fileSize":"4"}}"#)
}

#[tokio::test]
async fn an_export_goes_from_its_start_to_its_file() {
    let (files, _) = platform(&["PK12"]);
    let (server, asked) = platform(&[STARTED, &succeeded(&files.url("/f?sig=abc"))]);
    let folder = tempfile::tempdir().unwrap();
    let client = builder(&server.url("")).build().unwrap();
    let (mut started, mut statuses) = (None, Vec::new());
    let request = export_request();
    let export = client.export_bot(&request, folder.path()).on_started(|run| started = run.export_id.clone());
    let export = export.watch(|wait| {
        wait.on_event(|event| {
            if let Event::StatusChanged { now, .. } = event {
                statuses.push(now.clone());
            }
        })
    });
    let ExportEnd::Downloaded { path, bytes, response } = export.await.unwrap() else {
        panic!("it is there")
    };
    assert_eq!((path, bytes), (folder.path().join("st-1.zip"), 4));
    assert_eq!(std::fs::read(folder.path().join("st-1.zip")).unwrap(), b"PK12");
    assert_eq!((response.export.id, statuses), (started, vec![Some(Status::Success)]));
    // The document that ended the watch is the one with the address: it is not asked for once more.
    assert_eq!(asked.lock().unwrap().len(), 2);

    let (server, _) = platform(&[STARTED, &succeeded(&files.url("/f?sig=abc"))]);
    let client = builder(&server.url("")).build_blocking().unwrap();
    let path = folder.path().join("again.zip");
    let end = tokio::task::spawn_blocking(move || client.export_bot(&export_request(), path).run().unwrap());
    assert!(matches!(end.await.unwrap(), ExportEnd::Downloaded { bytes: 4, .. }));
}

#[tokio::test]
async fn an_export_without_its_file_says_which_of_the_two_went_wrong() {
    let (files, _) = platform(&["PK123"]);
    let (server, _) = platform(&[STARTED, &succeeded(&files.url("/f?sig=abc"))]);
    let folder = tempfile::tempdir().unwrap();
    let (client, request) = (builder(&server.url("")).build().unwrap(), export_request());
    let end = client.export_bot(&request, folder.path()).await.unwrap();
    assert!(!format!("{end:?}").contains("sig="), "{end:?}");
    let ExportEnd::NotDownloaded { response, error } = end else { panic!("{end:?}") };
    assert!(error.is_wrong_size() && response.export.download().is_some(), "{error}");

    let (server, _) = platform(&[STARTED, &STARTED.replace("pending", "failed")]);
    let client = builder(&server.url("")).build().unwrap();
    let end = client.export_bot(&request, folder.path()).await.unwrap();
    assert!(matches!(end, ExportEnd::NotExported(End::Failed(_))), "{end:?}");

    // A place that takes no file is found out before anything is sent.
    let (server, asked) = platform(&[STARTED]);
    let client = builder(&server.url("")).build().unwrap();
    let error = client.export_bot(&request, "/no/such/folder/x.zip").await.unwrap_err();
    assert!(error.is_config() && error.to_string().contains("/no/such/folder/x.zip"), "{error}");
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_publish_goes_from_its_start_to_its_end() {
    const OWN: &str = r#"{"_id":"ds-2","status":"successful"}"#;
    let request = bot_publish::start::Request::new("st-1".parse().unwrap(), "new");
    let (server, asked) = platform(&[BEFORE, "[]", BEFORE, OWN]);
    let client = builder(&server.url("")).build().unwrap();
    let end = client.publish_bot(&request).await.unwrap();
    assert!(matches!(end, End::Succeeded(_)), "{end:?}");
    assert_eq!(asked.lock().unwrap().len(), 4);
    let (server, _) = platform(&[BEFORE, "[]", &OWN.replace("successful", "failed")]);
    let client = builder(&server.url("")).build_blocking().unwrap();
    let end = tokio::task::spawn_blocking(move || client.publish_bot(&request).run().unwrap());
    assert!(matches!(end.await.unwrap(), End::Failed(_)));
}

#[tokio::test]
async fn a_publish_that_awaits_approval_ends_its_watch_at_once() {
    let request = bot_publish::start::Request::new("st-1".parse().unwrap(), "new");
    // The response to the start says so: nothing is polled.
    let (server, asked) = platform(&[BEFORE, bot_publish::start::SAMPLE, BEFORE]);
    let client = builder(&server.url("")).build().unwrap();
    let end = client.publish_bot(&request).await.unwrap();
    let End::AwaitsApproval(unended) = &end else { panic!("{end:?}") };
    assert!(unended.last.is_none() && end.resume().is_some(), "{unended:?}");
    assert_eq!(asked.lock().unwrap().len(), 2);
    // What was sent counts for the watch that resumes, and what the status told before the start.
    let token = serde_json::to_string(&unended.resume).unwrap();
    assert!(token.contains(r#""before":{"id":"ds-1","ended":true}"#), "{token}");
    let json: serde_json::Value = serde_json::from_str(&token).unwrap();
    let sent = json["requests"].as_array().unwrap().iter().map(|request| request[1].as_u64().unwrap());
    assert_eq!(sent.sum::<u64>(), 1, "the status was asked for before the start: {token}");

    for (name, status) in [
        ("as a whole", r#"{"_id":"ds-2","status":"awaitingApproval"}"#),
        (
            "in a part of what has succeeded",
            r#"{"_id":"ds-2","status":"successful","statusSummary":[{"status":"AWAITING_APPROVAL"}]}"#,
        ),
    ] {
        let (server, asked) = platform(&[BEFORE, "[]", status]);
        let client = builder(&server.url("")).build_blocking().unwrap();
        let request = request.clone();
        let end = tokio::task::spawn_blocking(move || client.publish_bot(&request).run().unwrap());
        let End::AwaitsApproval(unended) = end.await.unwrap() else { panic!("{name}") };
        assert!(unended.last.is_some_and(|last| last.publish.awaits_approval()), "{name}");
        assert_eq!(asked.lock().unwrap().len(), 3, "{name}");
    }
    // One that has failed waits for nobody.
    let failed = r#"{"_id":"ds-2","status":"failed","statusSummary":[{"status":"awaitingApproval"}]}"#;
    let (server, _) = platform(&[BEFORE, "[]", failed]);
    let client = builder(&server.url("")).build().unwrap();
    assert!(matches!(client.publish_bot(&request).await.unwrap(), End::Failed(_)));
}
