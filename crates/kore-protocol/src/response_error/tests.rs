//! What the error of an unexpected response says.

use super::*;
use crate::OutgoingRequest as _;
use crate::bot_import::get_status;

const REFUSAL: &str = r#"{"errors":[{"msg":"no","code":1}]}"#;
const PAGE: &str = "\n<html><h1>Log in</h1></html>";

fn read(status: u16, body: &[u8]) -> Result<get_status::Response, ResponseError> {
    let mut response = http::Response::new(Bytes::copy_from_slice(body));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    let request = get_status::Request::new("bir-1".parse().expect("valid"));
    request.read_response(&response, BodyLimit::DEFAULT)
}

fn error(status: u16, body: &str) -> ResponseError {
    read(status, body.as_bytes()).expect_err("no success")
}

#[test]
fn what_may_pass_is_every_5xx_but_those_that_a_server_never_does() {
    for status in 300..600 {
        let expected = matches!(status, 408 | 425 | 429 | 500 | 502..=504 | 506..=599);
        for body in ["", PAGE, REFUSAL] {
            assert_eq!(error(status, body).is_retryable(), expected, "{status} {body}");
        }
    }
}

#[test]
fn a_page_is_distinguished_from_a_refusal_of_the_platform() {
    for status in [200, 201, 400, 401, 403, 404, 412, 500, 503] {
        assert_eq!(error(status, REFUSAL).origin(), Origin::Platform, "{status}");
        assert_eq!(error(status, PAGE).origin(), Origin::Elsewhere, "{status}");
    }
    for (status, body) in
        [(200, ""), (204, ""), (302, ""), (307, PAGE), (403, ""), (404, "Not Found"), (200, "[]"), (407, "")]
    {
        assert_eq!(error(status, body).origin(), Origin::Elsewhere, "{status} {body}");
    }
    let other = error(200, r#"{"_id":"bir-2","status":"success"}"#);
    assert!(other.is_other_job() && !other.is_retryable());
    assert_eq!((other.origin(), other.status()), (Origin::Platform, StatusCode::OK));
    for cut in
        [error(200, r#"{"_id""#), ResponseError::too_large(&http::Response::default(), BodyLimit::DEFAULT)]
    {
        assert_eq!(cut.origin(), Origin::Unknown, "{cut}");
    }
}

#[test]
fn a_page_is_neither_a_refused_token_nor_an_unknown_import() {
    for (status, body, is_auth) in [
        (401, REFUSAL, true),
        (401, "", true),
        (401, "Unauthorized", true),
        (401, PAGE, false),
        (403, REFUSAL, true),
        (403, PAGE, false),
        (403, "", false),
        (403, r#"{"message":"Forbidden"}"#, false),
    ] {
        assert_eq!(error(status, body).is_auth(), is_auth, "{status} {body}");
    }
    assert!(error(404, REFUSAL).is_not_found() && !error(404, PAGE).is_not_found());
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let import = read(200, "\u{feff}{\"_id\":\"bir-1\",\"status\":\"success\"}".as_bytes());
    assert!(import.expect("an import").import.is_over());
    let refused = error(401, "\u{feff}{\"errors\":[{\"msg\":\"Invalid SDK credentials\",\"code\":4002}]}");
    assert_eq!(refused.refusal(), Some(Refusal::InvalidSdkCredentials));
    assert_eq!(error(200, &format!("\u{feff}{REFUSAL}")).origin(), Origin::Platform);
    assert!(error(200, "\u{feff}{\"_id\"").is_cut_short());
    assert!(error(200, "\u{feff} ").to_string().contains("an empty body"));
    assert!(error(200, &format!("\u{feff}{PAGE}")).is_html());
}

#[test]
fn a_secret_within_another_id_is_masked() {
    let mut error = error(200, r#"{"_id":"bir-hunter2hunter2","status":"success"}"#);
    error.mask(&["hunter2hunter2"]);
    assert_eq!(error.to_string(), "expected a response about bir-1, found one about bir-[secret]");
    assert!(!String::from_utf8_lossy(error.body()).contains("hunter2"));
}
