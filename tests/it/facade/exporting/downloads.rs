//! The file of an export, from wherever its address leads: whole or not there, and its address in no
//! message and no log.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use kore_sdk::transport::{Phase, TransportError};
use kore_sdk::types::BotExport;
use kore_sdk::{Client, DownloadError, blocking};
use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;

use super::super::builder;
use super::platform;
use crate::servers::{Ca, Server, hostile, https};

pub(super) fn export(url: &str, size: Option<&str>) -> BotExport {
    let mut export = BotExport::default();
    export.download_url = Some(url.into());
    export.file_size = size.map(Into::into);
    export
}

pub(super) fn clients() -> (Client, blocking::Client) {
    let builder = || builder("https://bots.kore.ai").header("x-own", "for-the-platform-alone");
    (builder().build().unwrap(), builder().build_blocking().unwrap())
}

/// By both clients, which do the same.
pub(super) async fn downloaded(export: &BotExport, folder: &Path) -> Result<u64, DownloadError> {
    let (client, blocking) = clients();
    let path = folder.join("bot.zip");
    let first = client.download_export(export, &path).retries(0).await;
    let (export, again) = (export.clone(), path.clone());
    let second =
        tokio::task::spawn_blocking(move || blocking.download_export(&export, again).retries(0).run())
            .await
            .unwrap();
    assert_eq!(first.as_ref().ok(), second.as_ref().ok());
    assert_eq!(first.as_ref().err().map(ToString::to_string), second.err().map(|error| error.to_string()));
    first
}

pub(super) fn names(folder: &Path) -> Vec<String> {
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
    let ca = Ca::new();
    for (name, identity, words) in [
        ("of an unknown CA", Ca::new().issue(&["localhost"]), "unknown issuer"),
        ("for another name", ca.issue(&["files.example"]), "another host than localhost"),
        ("that is expired", ca.issue_expired(&["localhost"]), "expired"),
    ] {
        let server = https::serve(identity, &["h2", "http/1.1"]);
        let export = export(&server.https_url("localhost", "/f?sig=abc"), None);
        let folder = tempfile::tempdir().unwrap();
        let builder = || builder("https://bots.kore.ai").add_ca_pem(ca.pem());
        let (client, blocking) = (builder().build().unwrap(), builder().build_blocking().unwrap());
        // It is asked once: no certificate gets better.
        let error = client.download_export(&export, folder.path().join("x.zip")).await.unwrap_err();
        assert!(error.is_no_response() && error.to_string().contains(words), "{name}: {error}");
        assert!(!format!("{error:?} {error}").contains("sig="), "{name}: {error:?}");
        assert_eq!(server.connections(), 1, "{name}");
        let again = export.clone();
        let path = folder.path().join("x.zip");
        let same = tokio::task::spawn_blocking(move || blocking.download_export(&again, path).run());
        assert_eq!(same.await.unwrap().unwrap_err().to_string(), error.to_string(), "{name}");
        assert!(names(folder.path()).is_empty(), "{name}");
    }
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

/// A client whose hosts answer with these in turn, and how often it was asked.
fn answering(
    responses: Vec<Result<(u16, &'static str), TransportError>>,
) -> (Client, Arc<Mutex<Vec<Instant>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (seen, responses) = (asked.clone(), Mutex::new(responses.into_iter()));
    let transport = move |_: http::Request<kore_sdk::protocol::Body>| {
        seen.lock().unwrap().push(Instant::now());
        let response = responses.lock().unwrap().next().expect("asked no more");
        let response = response.map(|(status, body)| {
            let response = http::Response::builder().status(status).header("retry-after", "7");
            response.body(Bytes::from(body)).unwrap()
        });
        std::future::ready(response)
    };
    (builder("https://bots.kore.ai").transport(transport).build().unwrap(), asked)
}

fn cut() -> TransportError {
    let start = http::Response::new(Bytes::from_static(b"PK"));
    TransportError::cut_short(&start)
}

fn no_connection() -> TransportError {
    TransportError::new(Phase::Connect, "refused")
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_asked_for_again_within_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bot.zip");
    let export = export("https://files.example/?sig=abc", Some("4"));

    let (client, asked) =
        answering(vec![Err(no_connection()), Ok((503, "no")), Err(cut()), Ok((200, "PK12"))]);
    assert_eq!(client.download_export(&export, &path).await.unwrap(), 4);
    assert_eq!(std::fs::read(&path).unwrap(), b"PK12");
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 4);
    assert!(asked[2] - asked[1] >= Duration::from_secs(7), "the host asked for 7 s");

    let (client, asked) = answering(vec![Err(cut()), Err(cut()), Err(cut()), Err(cut()), Err(cut())]);
    let error = client.download_export(&export, &path).await.unwrap_err();
    assert!(error.is_no_response() && error.to_string().ends_with("(after 5 requests)"), "{error}");
    assert_eq!(asked.lock().unwrap().len(), 5);
    assert_eq!(std::fs::read(&path).unwrap(), b"PK12", "what was there stays");

    // The next attempt would begin after the deadline.
    let (client, asked) = answering(vec![Ok((503, "no"))]);
    let began = Instant::now();
    let download = client.download_export(&export, &path).deadline(Duration::from_secs(6));
    assert!(download.await.unwrap_err().to_string().contains("found 503"));
    assert_eq!((asked.lock().unwrap().len(), began.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn what_would_come_again_is_asked_for_once() {
    let folder = tempfile::tempdir().unwrap();
    let untrusted = || TransportError::new(Phase::Tls, "unknown issuer");
    for (name, response, words) in [
        ("redirected", Ok((302, "")), "a redirect; none is followed"),
        ("refused", Ok((403, "sig=abc")), "found 403"),
        ("a token is wanted", Ok((401, "")), "found 401"),
        ("gone", Ok((404, "")), "found 404"),
        ("never built", Ok((501, "")), "found 501"),
        ("too long", Ok((200, "PK123")), "4 bytes at the most"),
        ("too short", Ok((200, "PK1")), "expected 4 bytes, as"),
        ("a page", Ok((200, "\u{feff} \n<html>sig=abc</html>")), "a page of HTML or XML"),
        ("untrusted", Err(untrusted()), "unknown issuer"),
    ] {
        let (client, asked) = answering(vec![response]);
        // Of a size that nobody says a page could be the file.
        let size = if name == "a page" { None } else { Some("4") };
        let export = export("https://files.example/?sig=abc", size);
        let error = client.download_export(&export, folder.path().join("x.zip")).await.unwrap_err();
        assert!(error.to_string().contains(words), "{name}: {error}");
        assert!(!format!("{error} {error:?}").contains("sig="), "{name}: {error:?}");
        assert_eq!((asked.lock().unwrap().len(), names(folder.path()).len()), (1, 0), "{name}");
    }
}

#[tokio::test]
async fn an_attempt_begins_with_an_empty_file() {
    let asked = Arc::new(Mutex::new(0));
    let server = Server::start(move |mut stream| {
        let asked = asked.clone();
        async move {
            hostile::read_head(&mut stream).await;
            let is_first = {
                let mut asked = asked.lock().unwrap();
                *asked += 1;
                *asked % 2 == 1
            };
            let body = if is_first { "cut" } else { "PK12" };
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\n";
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        }
    });
    let (client, blocking) = clients();
    let export = export(&server.url("/f?sig=abc"), Some("4"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bot.zip");
    assert_eq!(client.download_export(&export, &path).await.unwrap(), 4);
    assert_eq!(std::fs::read(&path).unwrap(), b"PK12");
    std::fs::remove_file(&path).unwrap();
    let again = path.clone();
    let bytes = tokio::task::spawn_blocking(move || blocking.download_export(&export, again).run().unwrap());
    assert_eq!((bytes.await.unwrap(), std::fs::read(&path).unwrap()), (4, b"PK12".to_vec()));
    assert_eq!(server.connections(), 4);
}

#[tokio::test]
#[cfg(unix)]
async fn a_file_keeps_its_place_and_a_folder_gets_one() {
    use std::os::unix::fs::PermissionsExt as _;

    let (server, _) = platform(&["PK12"]);
    let mut export = export(&server.url("/f?sig=abc"), Some("4"));
    export.bot_id = Some("st-1".parse().unwrap());
    let (client, _) = clients();
    let folder = tempfile::tempdir().unwrap();
    client.download_export(&export, folder.path()).await.unwrap();
    assert_eq!(names(folder.path()), ["st-1.zip"]);
    let (old, link) = (folder.path().join("old.zip"), folder.path().join("link.zip"));
    std::fs::write(&old, "old").unwrap();
    std::fs::set_permissions(&old, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("old.zip", &link).unwrap();
    client.download_export(&export, &link).await.unwrap();
    assert_eq!(std::fs::read(&old).unwrap(), b"PK12", "the file that the link leads to");
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::metadata(&old).unwrap().permissions().mode() & 0o777, 0o640);

    // A device would lose its place.
    let error = client.download_export(&export, "/dev/null").await.unwrap_err();
    assert!(error.is_output() && error.to_string().contains("a device or a pipe"), "{error}");
    export.bot_id = None;
    let error = client.download_export(&export, folder.path()).await.unwrap_err();
    assert!(error.is_output() && error.to_string().contains("it is a folder"), "{error}");
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_full_disk_is_said_and_is_no_reason_to_ask_again() {
    let (server, asked) = platform(&["PK12"]);
    let export = export(&server.url("/f?sig=abc"), Some("4"));
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (client, blocking) = clients();
    let error = client.download_export_into(&export, full()).await.unwrap_err();
    assert!(error.is_output() && error.to_string().contains("No space left"), "{error}");
    let again = tokio::task::spawn_blocking(move || blocking.download_export_into(&export, full()));
    assert!(again.await.unwrap().unwrap_err().is_output());
    assert_eq!(asked.lock().unwrap().len(), 2);
}
