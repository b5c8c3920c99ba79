//! A refusal of an upload or a start may repeat what was sent. The client's error does not.

use http::{Response, StatusCode};
use kore_sdk::protocol::{ExactJson, Refusal};
use kore_sdk::{Error, ImportMode, ImportOptions};

use super::double::{Answer, Double};
use super::files;

const SECRET: &str = "correct horse battery";

fn refusal(status: u16, body: String) -> Answer {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    Ok(response)
}

/// All that an error says.
fn told(error: &Error) -> String {
    let response = error.response().expect("a response");
    let body = String::from_utf8_lossy(response.body()).into_owned();
    format!("{error} {error:?} {body} {:?}", response.error_body())
}

async fn import(double: &Double, mode: ImportMode) -> Error {
    double.client().import_bot(files()).into_bot("st-1".parse().unwrap(), mode).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn a_refused_upload_is_told_by_its_code_or_in_words_that_are_known() {
    for body in [
        format!(r#"{{"errors":[{{"msg":"bad value {SECRET}","code":4711,"detail":"{SECRET}"}}]}}"#),
        format!(r#"{{"errors":[{{"message":"{SECRET}","code":4711}}],"echo":"{SECRET}"}}"#),
        format!(r#"{{"errors":[{{"msg":"Invalid","code":4711}},{{"msg":"x","code":"{SECRET}"}}]}}"#),
    ] {
        let double = Double::default().uploads_answer(move || refusal(400, body.clone()));
        let error = import(&double, ImportMode::Full).await;
        assert!(!told(&error).contains(SECRET) && !told(&error).contains("Invalid"), "{}", told(&error));
        assert!(
            error.to_string().contains("is not shown") && error.to_string().contains("code 4711"),
            "{error}"
        );
    }
    let double = Double::default().uploads_answer(|| Ok(Refusal::InvalidArguments.to_http()));
    let error = import(&double, ImportMode::Full).await;
    assert!(error.to_string().contains("Validation errors/ Invalid arguments"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_refused_start_repeats_no_value_of_the_options() {
    let json = format!(r#"{{"tasks":["botTask"],"variables":{{"KEY":"{SECRET}","PIN":90210}}}}"#);
    let typed: ImportOptions = serde_json::from_str(&json).unwrap();
    let exact = ExactJson::object(&json).unwrap();
    for mode in [ImportMode::Incremental(typed), ImportMode::ExactIncremental(exact)] {
        for (status, body, is_shown) in [
            (400, format!(r#"{{"errors":[{{"msg":"KEY is {SECRET}","code":4711}}]}}"#), false),
            (400, r#"{"errors":[{"msg":"near 'HORSE BATT'","code":4711}]}"#.to_owned(), false),
            (400, r#"{"errors":[{"msg":"odd PIN: 90210","code":4711}]}"#.to_owned(), false),
            (400, format!(r#"{{"errors":[{{"msg":"odd","more":"{SECRET}","code":4711}}]}}"#), false),
            (
                400,
                r#"{"errors":[{"msg":"botTask: an import of the bot is under way","code":4711}]}"#.to_owned(),
                true,
            ),
        ] {
            let double = Double::default().starts_answer([refusal(status, body.clone())]);
            let error = import(&double, mode.clone()).await;
            let told = told(&error);
            assert!(!told.contains(SECRET) && !told.contains("90210") && !told.contains("HORSE"), "{told}");
            assert!(told.contains("code 4711"), "{told}");
            assert_eq!(told.contains("is under way"), is_shown, "{told}");
        }
        // A page of someone on the way may repeat the request.
        let double = Double::default().starts_answer([refusal(502, format!("<html>{json}</html>"))]);
        let error = import(&double, mode.clone()).await;
        assert!(error.may_have_started() && !told(&error).contains(SECRET), "{}", told(&error));
    }
}
