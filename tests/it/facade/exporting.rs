//! Exports and publishes against servers on real sockets: the run that was started and no other, and the
//! file from wherever its address leads.

use std::path::Path;
use std::sync::{Arc, Mutex};

use kore_sdk::protocol::{bot_export, bot_publish};
use kore_sdk::types::{BotExport, ExportType};
use kore_sdk::watch::{End, Event};
use kore_sdk::{Client, DownloadError, Status, blocking};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::builder;
use crate::servers::{Ca, Server, hostile, https};

/// What was asked of a server: heads of requests, with the body behind them.
type Asked = Arc<Mutex<Vec<String>>>;

/// Answers one request after the other with these bodies, the last for ever.
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

fn export(url: &str, size: Option<&str>) -> BotExport {
    let mut export = BotExport::default();
    export.download_url = Some(url.into());
    export.file_size = size.map(Into::into);
    export
}

fn clients() -> (Client, blocking::Client) {
    let builder = || builder("https://bots.kore.ai").header("x-own", "for-the-platform-alone");
    (builder().build().unwrap(), builder().build_blocking().unwrap())
}

/// By both clients, which do the same.
async fn downloaded(export: &BotExport, folder: &Path) -> Result<u64, DownloadError> {
    let (client, blocking) = clients();
    let path = folder.join("bot.zip");
    let first = client.download_export(export, &path).await;
    let (export, again) = (export.clone(), path.clone());
    let second = tokio::task::spawn_blocking(move || blocking.download_export(&export, again)).await.unwrap();
    assert_eq!(first.as_ref().ok(), second.as_ref().ok());
    assert_eq!(first.as_ref().err().map(ToString::to_string), second.err().map(|error| error.to_string()));
    first
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    entries.map(|name| name.into_string().unwrap()).collect()
}

#[tokio::test]
async fn the_file_of_an_export_is_fetched_without_the_token_and_is_whole_or_not_there() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/zip\r\nconnection: close\r\n";
    let whole = format!("{head}content-length: 4\r\n\r\nPK12");
    let chunk = format!("{head}transfer-encoding: chunked\r\n\r\n4\r\nPK12\r\n");
    type Is = fn(&DownloadError) -> bool;
    let other: Is = |error| !error.is_no_response() && !error.is_wrong_size() && !error.is_output();
    type Case = (&'static str, String, Option<&'static str>, Option<(Is, &'static str)>);
    let cases: [Case; 9] = [
        ("whole", whole.clone(), Some("4"), None),
        ("of a size that nobody says", whole.clone(), None, None),
        ("cut", whole.replace(": 4", ": 9"), Some("9"), Some((DownloadError::is_no_response, "cut short"))),
        ("cut in chunks", chunk, Some("9"), Some((DownloadError::is_no_response, "cut short"))),
        ("too long", whole.clone(), Some("3"), Some((DownloadError::is_wrong_size, "3 bytes at the most"))),
        ("too short", whole.clone(), Some("5"), Some((DownloadError::is_wrong_size, "expected 5 bytes"))),
        (
            "redirected",
            "HTTP/1.1 302 Found\r\nlocation: https://elsewhere/?sig=abc\r\ncontent-length: 0\r\n\r\n"
                .to_owned(),
            None,
            Some((other, "a redirect; none is followed")),
        ),
        (
            "refused",
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 7\r\n\r\nsig=abc".to_owned(),
            None,
            Some((other, "expected 200 OK, found 403")),
        ),
        ("no answer", String::new(), None, Some((DownloadError::is_no_response, "no answer"))),
    ];
    for (name, response, size, expected) in cases {
        let server = hostile::says(response);
        let folder = tempfile::tempdir().unwrap();
        let result = downloaded(&export(&server.url("/f?sig=abc"), size), folder.path()).await;
        match expected {
            None => {
                assert_eq!(result.unwrap(), 4, "{name}");
                assert_eq!(std::fs::read(folder.path().join("bot.zip")).unwrap(), b"PK12");
                assert_eq!(names(folder.path()), ["bot.zip"], "{name}");
            }
            Some((is, words)) => {
                let error = result.unwrap_err();
                assert!(is(&error) && error.to_string().contains(words), "{name}: {error:?}");
                assert!(!format!("{error} {error:?}").contains("sig="), "{name}: {error:?}");
                assert!(names(folder.path()).is_empty(), "{name}: {:?}", names(folder.path()));
            }
        }
    }
}

#[tokio::test]
async fn the_host_of_the_file_is_sent_neither_the_token_nor_the_headers_for_the_platform() {
    let (server, asked) = platform(&["PK12"]);
    let folder = tempfile::tempdir().unwrap();
    downloaded(&export(&server.url("/f?sig=abc"), Some("4")), folder.path()).await.unwrap();
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 2, "{asked:?}");
    for request in asked.iter() {
        assert!(request.starts_with("GET /f?sig=abc HTTP/1.1"), "{request}");
        assert!(!request.contains("auth") && !request.contains("x-own"), "{request}");
        assert!(request.contains("user-agent: kore-sdk/"), "{request}");
    }
}

#[tokio::test]
async fn a_host_with_a_wrong_certificate_gives_no_file() {
    let unknown = https::serve(Ca::new().issue(&["127.0.0.1"]), &["http/1.1"]);
    let url = unknown.url("/f?sig=abc").replace("http://", "https://");
    let folder = tempfile::tempdir().unwrap();
    let error = downloaded(&export(&url, None), folder.path()).await.unwrap_err();
    assert!(error.is_no_response() && error.to_string().contains("no trusted TLS connection"), "{error}");
    assert!(!format!("{error:?}").contains("sig="), "{error:?}");
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn a_file_that_cannot_be_written_or_has_no_address_is_said() {
    let (server, _) = platform(&["PK12"]);
    let good = export(&server.url("/f?sig=abc"), None);
    let error = downloaded(&good, Path::new("/dev/null/nowhere")).await.unwrap_err();
    assert!(error.is_output() && error.to_string().contains("/dev/null/nowhere"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    for url in ["", "/f?sig=abc", "{{url}}", "http://ho st/?sig=abc"] {
        let error = downloaded(&export(url, None), folder.path()).await.unwrap_err();
        assert!(error.to_string().starts_with("the export names no file"), "{url}: {error}");
        assert!(!format!("{error:?}").contains("sig="), "{error:?}");
    }
    // The address may not lead over plain HTTP to another machine.
    let error = downloaded(&export("http://files.example/?sig=abc", None), folder.path()).await.unwrap_err();
    assert!(
        error.to_string().contains("expected https://") && !error.to_string().contains("sig="),
        "{error}"
    );
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
