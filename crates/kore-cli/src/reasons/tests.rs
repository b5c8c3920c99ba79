use kore_sdk::BotImportId;
use kore_sdk::protocol::bot_import::get_status::Response;

use super::*;
use crate::watch::{Document, Shown as _};

fn document(json: &str) -> Document {
    let response = Response::new(serde_json::from_str(json).expect("an import"));
    BotImportId::document(&response, std::time::SystemTime::UNIX_EPOCH)
}

fn of(json: &str) -> String {
    line(&document(json).reasons)
}

#[test]
fn the_likeliest_key_comes_first_and_what_says_nothing_last() {
    let mut keys = vec![r#""fileId":"5f""#.to_owned(), r#""x":null"#.to_owned()];
    let likely: Vec<_> = LIKELY.iter().map(|key| format!("\"{key}\":\"is {key}\"")).collect();
    keys.extend(likely.into_iter().rev());
    let shown = of(&format!("{{{}}}", keys.join(",")));
    let expected: Vec<_> = LIKELY.iter().map(|key| format!("{key}: is {key}")).collect();
    assert_eq!(shown, format!("{}, fileId: 5f, x: null", expected.join(", ")));
    assert_eq!(
        of(r#"{"errors":[],"error":{},"errMsg":"","ok":false,"code":0,"Message":"why"}"#),
        r#"Message: why, code: 0, errMsg: "", error: {}, errors: [], ok: false"#
    );
}

#[test]
fn of_errors_the_messages_are_shown_and_all_else_behind_them() {
    let errors = r#"{"errors":[{"code":7,"msg":"a"},{"message":"b"},"c",{"x":"d"},5]}"#;
    assert_eq!(of(errors), r#"errors: a (code: 7); b; c; {"x":"d"}; 5"#);
    assert_eq!(of(r#"{"errors":"why"}"#), "errors: why");
    assert_eq!(of(r#"{"error":{"message": "why"}}"#), r#"error: {"message":"why"}"#);
}

#[test]
fn a_log_that_is_none_and_elements_that_are_no_entries_are_reasons() {
    assert_eq!(of(r#"{"statusLogs":"why"}"#), "statusLogs: why");
    assert_eq!(of(r#"{"statusLogs":{"why": [1]}}"#), r#"statusLogs: {"why":[1]}"#);
    assert_eq!(of(r#"{"statusLogs":[{},"why",null]}"#), "statusLogs[1]: why, statusLogs[2]: null");
    assert_eq!(of(r#"{"statusLogs":null}"#), "");
}

#[test]
fn nothing_is_without_end_or_controls_a_terminal() {
    let hostile = r"\u001b[2J\u0007\u202e\n::error::x ##vso[y]".to_owned() + &"x".repeat(100_000);
    let keys: Vec<_> = (0..100).map(|n| format!("\"{n} {hostile}\":\"{hostile}\"")).collect();
    let reasons = document(&format!("{{{}}}", keys.join(","))).reasons;
    assert_eq!(reasons.len(), MAX_KEYS + 1);
    assert_eq!(reasons.last().map(Reason::line).as_deref(), Some("and 68 more keys"));
    let (line, lines) = (line(&reasons), lines(&reasons));
    assert!(line.len() <= MAX_LINE + 3, "{}", line.len());
    assert!(!line.contains(['\x1b', '\x07', '\u{202e}', '\n']) && !line.contains("##vso["), "{line}");
    assert!(!lines.contains(['\x1b', '\x07', '\u{202e}']), "{lines}");
    assert!(lines.len() < MAX_KEYS * (MAX_TEXT + MAX_LINE), "{}", lines.len());
}

#[test]
fn a_text_keeps_its_lines_in_a_file_and_its_first_one_is_the_headline() {
    let reasons = document(r#"{"error":"\none\r\ntwo \u0007"}"#).reasons;
    assert_eq!(lines(&reasons), "error: \none\ntwo \\u{7}\n");
    assert_eq!(reasons[0].first_line(), "one");
}

#[test]
fn an_import_without_reasons_of_its_own_is_told_by_its_first_task() {
    let said = |json: &str| document(json).in_short();
    let task = r#"{"taskType":"Dialog","taskName":"Pay","status":"failed","error":"why"}"#;
    assert_eq!(
        said(&format!(r#"{{"status":"failed","statusLogs":[{task}]}}"#)).as_deref(),
        Some("Dialog Pay: error: why")
    );
    assert_eq!(
        said(&format!(r#"{{"status":"failed","statusLogs":[{task},{task},{{"status":"success"}},{task}]}}"#))
            .as_deref(),
        Some("Dialog Pay: error: why; and 2 more")
    );
    let unknown = task.replace("failed", "error");
    assert!(said(&format!(r#"{{"status":"failed","statusLogs":[{unknown}]}}"#)).is_some());
    assert_eq!(said(&format!(r#"{{"status":"pending","statusLogs":[{unknown}]}}"#)), None);
    assert_eq!(said(r#"{"status":"failed","statusLogs":[{"status":"success"}]}"#), None);
}
