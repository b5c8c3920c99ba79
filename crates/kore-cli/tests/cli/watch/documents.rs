//! `--output json` and `--output ndjson`.

use serde_json::Value;

use super::script::{Script, document, running};

const EXACT: &str = r#"{"_id":"bir-1","z":1.00000000000000000001,"status":"failed","statusLogs":[{"taskName":"b","status":"failed","why":"x"}]}"#;

fn script() -> Script {
    Script::new()
        .import("bir-1", &[document("bir-1", "pending", &[("b", "inprogress")]), EXACT.to_owned()])
        .import("bir-2", &running("bir-2"))
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn json_is_one_document_with_each_last_one_as_it_came() {
    let run = script().watch(&["bir-2", "bir-1", "--output", "json", "--timeout", "400ms"]).run();
    assert_eq!(run.code, 1);
    assert_eq!(run.stdout.lines().count(), 1);
    assert!(run.stdout.contains(&format!("\"last\":{EXACT}")), "{}", run.stdout);
    let document: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(keys(&document), ["exit_code", "imports", "resume_command"]);
    assert_eq!(document["exit_code"], 1);
    let imports = document["imports"].as_array().expect("a list");
    assert_eq!([&imports[0]["id"], &imports[1]["id"]], ["bir-2", "bir-1"]);
    for import in imports {
        assert_eq!(keys(import), ["elapsed_ms", "id", "last", "message", "outcome", "resume"]);
    }
    assert_eq!([&imports[0]["outcome"], &imports[1]["outcome"]], ["deadline_reached", "failed"]);
    assert_eq!(imports[0]["resume"]["id"], "bir-2");
    assert_eq!(imports[1]["resume"], Value::Null);
    let command = document["resume_command"].as_str().expect("a command");
    assert!(run.stderr.contains(command), "{}", run.stderr);
    // Who watches the log sees how it goes.
    run.says(&["bir-1 status pending -> failed"]);
}

#[test]
fn a_document_that_no_model_can_hold_ends_a_watch_and_is_as_it_came() {
    let odd = r#"{"_id":"bir-1","x":1e400,"status":"failed","statusLogs":[{"taskName":"b","n":1.50}]}"#;
    let spaced = odd.replace(',', ",\n ");
    for output in ["json", "ndjson"] {
        let script = Script::new().import("bir-1", &[document("bir-1", "pending", &[]), spaced.clone()]);
        let run = script.watch(&["bir-1", "--output", output]).run();
        assert_eq!(run.code, 1);
        assert!(run.stdout.contains(&format!("\"last\":{odd}")), "{}", run.stdout);
        assert!(run.stderr.contains("cannot be read as a whole"), "{}", run.stderr);
    }
}

#[test]
fn ndjson_is_an_event_a_line() {
    let run = script().watch(&["bir-1", "-o", "ndjson"]).run();
    assert_eq!(run.code, 1);
    assert!(run.stderr.is_empty(), "{}", run.stderr);
    let lines: Vec<Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().expect("a word")).collect();
    assert_eq!(
        events,
        [
            "status_changed",
            "task_appeared",
            "next_look",
            "status_changed",
            "task_appeared",
            "task_vanished",
            "ended",
            "finished"
        ]
    );
    assert_eq!([&lines[3]["before"], &lines[3]["now"]], ["pending", "failed"]);
    assert_eq!(lines[1]["entry"]["taskName"], "b");
    assert_eq!(lines[6]["outcome"], "failed");
    assert!(run.stdout.contains(&format!("\"last\":{EXACT}")), "{}", run.stdout);
    assert_eq!(lines[7]["exit_code"], 1);
    for (line, is_last) in lines.iter().zip([false, false, false, false, false, false, false, true]) {
        assert!(line["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{line}");
        assert_eq!(line["id"] == "bir-1", !is_last);
    }
}

#[test]
fn a_reader_that_goes_away_changes_nothing() {
    let (mut command, _home) = script().watch(&["bir-1", "-o", "ndjson"]).into_command();
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("starts");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
}
