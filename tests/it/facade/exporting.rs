//! Exports and publishes against servers on real sockets: the run that was started and no other, and the
//! file from wherever its address leads.

mod downloads;
mod refused;
mod whole;

use std::sync::{Arc, Mutex};

use kore_sdk::Status;
use kore_sdk::protocol::{bot_export, bot_publish};
use kore_sdk::types::ExportType;
use kore_sdk::watch::{End, Event};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::builder;
use crate::servers::{Server, hostile};

/// The requests that a server received: each head with its body.
type Asked = Arc<Mutex<Vec<String>>>;

/// Answers the requests with these bodies, one after the other. The last one is repeated for ever.
fn platform(bodies: &[&str]) -> (Server, Asked) {
    let bodies: Arc<Vec<String>> = Arc::new(bodies.iter().map(|body| (*body).to_owned()).collect());
    let asked = Asked::default();
    let seen = asked.clone();
    let server = Server::start(move |mut stream| {
        let (bodies, asked) = (bodies.clone(), seen.clone());
        async move {
            let mut request = hostile::read_head(&mut stream).await;
            let length = request.lines().find_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
            stream.read_exact(&mut body).await.unwrap();
            request.push_str(&String::from_utf8(body).unwrap());
            let at = {
                let mut asked = asked.lock().unwrap();
                asked.push(request);
                asked.len().min(bodies.len()) - 1
            };
            let length = bodies[at].len();
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
            let _ = stream.write_all(format!("{head}{}", bodies[at]).as_bytes()).await;
        }
    });
    (server, asked)
}

fn export_request() -> bot_export::start::Request {
    bot_export::start::Request::new("st-1".parse().unwrap(), ExportType::Latest)
}

#[tokio::test]
async fn an_export_is_started_watched_and_not_confused_with_the_one_before_or_the_next() {
    const STARTED: &str = r#"{"_id":"ber-2","status":"pending","createdOn":"2026-01-01T00:00:02.000Z"}"#;
    const BEFORE: &str = r#"{"_id":"ber-1","status":"success","createdOn":"2026-01-01T00:00:01.000Z"}"#;
    const OWN: &str = r#"{"_id":"ber-2","status":"success","downloadURL":"https://x/?sig=abc"}"#;
    const NEXT: &str = r#"{"_id":"ber-3","status":"success","createdOn":"2026-01-01T00:00:03.000Z"}"#;
    let (server, asked) = platform(&[STARTED, BEFORE, OWN]);
    let client = builder(&server.url("")).build().unwrap();
    let run = client.start_export(&export_request()).await.unwrap();
    let mut statuses = Vec::new();
    let end = client.watch(&run).on_event(|event| {
        if let Event::StatusChanged { now, .. } = event {
            statuses.push(now.clone());
        }
    });
    let End::Succeeded(response) = end.await.unwrap() else { panic!("it succeeded") };
    assert_eq!(response.export.download(), Some("https://x/?sig=abc"));
    assert_eq!(statuses, [None, Some(Status::Success)], "the export before is not taken for this one");
    let asked = asked.lock().unwrap().clone();
    assert!(asked[0].starts_with("POST /api/public/bot/st-1/export HTTP"), "{asked:?}");
    assert!(asked[0].ends_with(r#"{"exportType":"latest"}"#), "{asked:?}");
    assert!(asked[1].starts_with("GET /api/public/bot/st-1/export/status HTTP"), "{asked:?}");

    let (server, _) = platform(&[STARTED, NEXT]);
    let client = builder(&server.url("")).build_blocking().unwrap();
    let end = tokio::task::spawn_blocking(move || {
        let run = client.start_export(&export_request()).unwrap();
        client.watch(&run).run().unwrap()
    });
    let End::CouldNotPoll { error, .. } = end.await.unwrap() else { panic!("another one came between") };
    assert!(error.is_other_job(), "{error}");
    assert_eq!(error.to_string(), "expected a response about ber-2, found one about ber-3");
}

#[tokio::test]
async fn a_publish_ends_with_its_own_end_and_not_with_that_of_the_one_before() {
    const BEFORE: &str =
        r#"{"_id":"ds-1","status":"successful","lastModifiedOn":"2026-01-01T00:00:01.000Z"}"#;
    const RUNNING: &str = r#"{"_id":"ds-1","status":"inprogress","percentageComplete":50}"#;
    const FAILED: &str = r#"{"_id":"ds-1","status":"failed","lastModifiedOn":"2026-01-01T00:00:09.000Z"}"#;
    let request = bot_publish::start::Request::new("st-1".parse().unwrap(), "new");
    let (server, asked) = platform(&[BEFORE, "[]", BEFORE, RUNNING, FAILED]);
    let client = builder(&server.url("")).build().unwrap();
    let started = client.start_publish(&request).await.unwrap();
    assert!(!started.awaits_approval());
    let End::Failed(response) = client.watch(&started.run).await.unwrap() else { panic!("it failed") };
    assert_eq!(response.publish.status, Some(Status::Failed));
    assert!(asked.lock().unwrap()[1].ends_with(r#"{"versionComment":"new"}"#));

    // It waits for approval, and the status still tells of the publish before: unconfirmed.
    let (server, _) = platform(&[BEFORE, bot_publish::start::SAMPLE, BEFORE]);
    let client = builder(&server.url("")).build_blocking().unwrap();
    let (started, end) = tokio::task::spawn_blocking(move || {
        let started = client.start_publish(&request).unwrap();
        let end = client.watch(&started.run).deadline(std::time::Duration::from_secs(2)).run().unwrap();
        (started, end)
    })
    .await
    .unwrap();
    assert!(started.awaits_approval());
    assert!(matches!(end, End::DeadlineReached(_)), "{end:?}");
}

#[tokio::test]
async fn a_start_that_may_have_been_taken_is_not_repeated_and_says_so() {
    let server = hostile::closes_before_it_answers();
    let client = builder(&server.url("")).build().unwrap();
    let error = client.start_export(&export_request()).await.unwrap_err();
    assert!(error.may_have_started() && error.attempts() == 1, "{error}");
    assert!(error.to_string().contains("it may have started all the same"), "{error}");
    assert_eq!(server.connections(), 1);
}
