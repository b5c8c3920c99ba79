use std::time::{Duration, SystemTime};

use unicode_width::UnicodeWidthStr as _;

use kore_sdk::BotImportId;
use kore_sdk::protocol::bot_import::get_status::Response;

use super::*;
use crate::watch::Shown as _;

const SAMPLE: &str = kore_sdk::protocol::bot_import::get_status::SAMPLE;

fn plain(json: &str, width: usize) -> String {
    let created =
        kore_sdk::types::Timestamp::from("2022-07-29T07:24:17.496Z").to_system_time().expect("valid");
    let styled = rendered(json, created + Duration::from_secs(200), width);
    anstream::adapter::strip_str(&styled).to_string()
}

fn rendered(json: &str, now: SystemTime, width: usize) -> String {
    let response = Response::new(serde_json::from_str(json).expect("an import"));
    render(&BotImportId::document(&response, now), width)
}

fn with_log(status: &str, entries: impl IntoIterator<Item = String>) -> String {
    let entries: Vec<_> = entries.into_iter().collect();
    format!(r#"{{"_id":"bir-1","status":"{status}","statusLogs":[{}]}}"#, entries.join(","))
}

fn entry(task_type: &str, name: impl std::fmt::Display, status: &str) -> String {
    format!(r#"{{"taskType":"{task_type}","taskName":"{name}","status":"{status}"}}"#)
}

#[test]
fn the_documented_sample() {
    let expected = "\
Import   bir-5fxxxxxx-a0xx-52xx-axxf-f3xxxxxxxxxx
Status   success
Bot      st-8axxxxxx-0xxb-5axx-9xx2-97xxxxxxxxxx
Type     Botimport
Created  2022-07-29T07:24:17.496Z (3 min ago)
Tasks    20 tasks: 20 succeeded

Succeeded
  importRequest      1  SampleBot
  Bot Definition     1  SampleBot
  IdpConfigurations  1  IdpConfigurations
  CustomTemplates    1  CustomTemplates
  BotFunctions       1  Bot Functions
  Widget             2  UnderwritingExplanation, WidgetPhysique
  Dialog             2  Test Firebase Service, ShowDiseaseList
  Form               1  BloodPressure
  Event              4  TASK_FAILURE_EVENT, WELCOME_MESSAGE_EVENT, …
  KnowledgeTasks     1  KnowledgeTasks
  Utterences         1  Utterences
  Patterns           1  Patterns
  BotVariables       1  BotVariables
  SmallTalk          1  SmallTalk
  importBot          1  SampleBot
";
    assert_eq!(plain(SAMPLE, 76), expected);
}

#[test]
fn failures_come_first_with_every_key_that_came() {
    let failed = r#"{"taskType":"Dialog","taskName":"Pay","status":"failed","error":"no entity","at":[1,2]}"#;
    let log = [
        entry("importRequest", "Shop", "success"),
        entry("Form", "Sign up", "inprogress"),
        entry("Widget", "Odd", "skipped"),
        failed.to_owned(),
    ];
    let shown = plain(&with_log("failed", log), 80);
    let expected = "\
Tasks    4 tasks: 1 failed, 1 with an unknown status, 1 running, 1 succeeded

Failed
  Dialog  Pay  failed
      error: no entity
      at: [1,2]

Unknown
  Widget  Odd  skipped

Running
  Form  Sign up  inprogress

Succeeded
  importRequest  1  Shop
";
    assert!(shown.ends_with(expected), "{shown}");
}

#[test]
fn ten_thousand_tasks_are_a_bounded_number_of_lines_and_failures_stay_in_sight() {
    let log = (0..10_000).map(|n| match n % 10 {
        0 => entry("Dialog", n, "failed"),
        1 => entry("Dialog", n, "pending"),
        2 => entry("Dialog", n, "odd"),
        _ => entry(&format!("type {n}"), n, "success"),
    });
    let shown = plain(&with_log("failed", log), 80);
    assert!(shown.lines().count() < 200, "{}", shown.lines().count());
    assert!(shown.contains("\nFailed\n  Dialog  0    failed\n"), "{shown}");
    for left in ["… and 900 more; --output json", "… and 980 more", "… and 6970 more of 6970 other types"]
    {
        assert!(shown.contains(left), "{left}: {shown}");
    }
    assert!(
        shown.contains("10000 tasks: 1000 failed, 1000 with an unknown status, 1000 running, 7000 succeeded")
    );
}

#[test]
fn lines_of_succeeded_tasks_keep_to_the_width() {
    let log = (0..500).map(|n| entry("Dialog", format!("タスク {n}"), "success"));
    for width in [40, 80, 200] {
        let shown = plain(&with_log("success", log.clone()), width);
        let line = shown.lines().last().expect("lines");
        assert!(line.width() <= width && line.width() > width - 14, "{width}: {line}");
    }
}

#[test]
fn nothing_from_the_platform_controls_the_terminal() {
    let hostile = r"\u001b[2J\u001b]0;x\u0007\u202e\r\n\u009b31m";
    let json = format!(
        r#"{{"_id":"{hostile}","status":"{hostile}","createdOn":"{hostile}","requestType":"{hostile}",
            "{hostile}":"{hostile}","statusLogs":[
            {{"taskType":"{hostile}","taskName":"{hostile}","status":"failed","{hostile}":"{hostile}"}},
            {{"taskType":"{hostile}","taskName":"{hostile}","status":"success"}}]}}"#
    );
    let styled = rendered(&json, SystemTime::UNIX_EPOCH, 80);
    // What anstyle writes is `ESC [ digits m`; nothing else may be there.
    assert!(!styled.contains("\x1b[2J") && !styled.contains("\x1b]"), "{styled:?}");
    for forbidden in ['\u{7}', '\r', '\u{202e}', '\u{9b}'] {
        assert!(!styled.contains(forbidden), "{forbidden:?}");
    }
    assert!(styled.contains(r"\u{1b}[2J"), "{styled}");
}

#[test]
fn a_missing_or_unknown_status_concludes_nothing() {
    assert!(plain("{}", 80).contains("Status   - (the response has no status: nothing can be concluded)\n"));
    let unknown = plain(r#"{"status":"Finished"}"#, 80);
    assert!(unknown.contains("Status   Finished (not a word that is known here: nothing is concluded"));
    assert!(plain(r#"{"status":42}"#, 80).contains("Status   42 (not a word"));
    assert!(plain(r#"{"status":"pending"}"#, 80).contains("Status   pending (not ended)\n"));
}

#[test]
fn values_of_other_forms_are_shown_as_they_came() {
    let shown = plain(
        r#"{"_id":5,"botRefId":"ref-1","createdOn":"yesterday","reason":{"a":1},
            "statusLogs":[null,{"taskName":7}]}"#,
        80,
    );
    for line in [
        "Import   5\n",
        "Bot ref  ref-1\n",
        "Created  yesterday\n",
        "reason:  {\"a\":1}\n",
        "  at 0: null\n",
        "  -  7  -\n",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(plain(r#"{"statusLogs":{"a":1}}"#, 80).contains("Tasks    the log is not a list: {\"a\":1}\n"));
    assert!(plain("{}", 80).contains("Tasks    the response has no log\n"));
    assert!(plain(r#"{"statusLogs":[]}"#, 80).contains("Tasks    0 tasks\n"));
}

#[test]
fn a_value_without_end_is_cut() {
    let long = "x".repeat(100_000);
    let log = [format!(r#"{{"taskName":"{long}","status":"failed","error":"{long}"}}"#)];
    let shown = plain(&with_log("failed", log), 80);
    assert!(shown.len() < 4_000, "{}", shown.len());
    assert!(shown.contains("… (100000 bytes in all)"));
}
