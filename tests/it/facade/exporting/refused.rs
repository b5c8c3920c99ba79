//! What is no file of an export though it looks like one: a body without an end, one that may be a part,
//! and an address that is not asked.

use std::time::Duration;

use super::downloads::{clients, downloaded, export, names};
use crate::servers::hostile;

#[tokio::test]
async fn a_file_that_drips_is_given_up_at_the_deadline() {
    let server = hostile::drips(1, Duration::from_millis(20));
    let export = export(&server.url("/f?sig=abc"), None);
    let folder = tempfile::tempdir().unwrap();
    let (client, blocking) = clients();
    let time = Duration::from_millis(500);
    let both = async {
        let path = folder.path().join("x.zip");
        let first = client.download_export(&export, &path).deadline(time).await;
        let export = export.clone();
        let run = move || blocking.download_export(&export, path).deadline(time).run();
        [first.unwrap_err(), tokio::task::spawn_blocking(run).await.unwrap().unwrap_err()]
    };
    // It would go on until 1 GiB has come.
    for error in tokio::time::timeout(Duration::from_secs(120), both).await.expect("it is given up") {
        assert!(error.is_no_response() && error.to_string().contains("timed out"), "{error}");
    }
    assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
}

#[tokio::test]
async fn a_file_whose_end_nothing_marks_may_be_a_part() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/zip\r\n";
    let chunks = format!("{head}transfer-encoding: chunked\r\n\r\n4\r\nPK12\r\n0\r\n\r\n");
    for (response, size, is_taken) in [
        (format!("{head}\r\nPK12"), None, false),
        (format!("{head}\r\nPK12").replace("/1.1", "/1.0"), None, false),
        (format!("{head}\r\nPK12"), Some("4"), true),
        (format!("{head}\r\nPK12"), Some("1e999"), false),
        (chunks, None, true),
    ] {
        let server = hostile::says(response);
        let folder = tempfile::tempdir().unwrap();
        let result = downloaded(&export(&server.url("/f?sig=abc"), size), folder.path()).await;
        assert_eq!(names(folder.path()).len(), usize::from(is_taken), "{size:?}: {result:?}");
        if !is_taken {
            let error = result.unwrap_err();
            assert!(error.is_no_response(), "{error:?}");
            assert!(error.to_string().contains("the 4 bytes that came may be a part"), "{error}");
        }
    }
}

#[tokio::test]
async fn an_address_with_a_password_or_over_plain_http_is_not_asked() {
    let folder = tempfile::tempdir().unwrap();
    let server = hostile::says("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nPK12");
    for user in ["joe:hunter2@", "joe@", "@", "a@b:hunter2@"] {
        let url = server.url("/f?sig=abc").replace("://", &format!("://{user}"));
        let error = downloaded(&export(&url, Some("4")), folder.path()).await.unwrap_err();
        assert!(!error.is_no_response() && error.to_string().contains("downloadURL"), "{url}: {error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
    assert_eq!(server.connections(), 0);
    let plain = export("http://files.example/?sig=abc", None);
    let error = downloaded(&plain, folder.path()).await.unwrap_err();
    assert!(error.is_plain_http() && !error.is_no_response(), "{error:?}");
    assert!(!error.to_string().contains("token"), "none is sent with a download: {error}");
    let error = downloaded(&export("ftp://files.example/x", None), folder.path()).await.unwrap_err();
    assert!(!error.is_plain_http() && !error.is_no_response(), "{error:?}");
    assert!(names(folder.path()).is_empty());
}
