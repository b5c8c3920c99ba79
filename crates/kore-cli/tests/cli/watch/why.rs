//! Why an import failed, in each form that a document may have, wherever people look.

use serde_json::Value;

use super::script::Script;
use crate::run::Kore;

/// No other text of a run holds it.
const WHY: &str = "no entity of that name";

const KEYS: [&str; 12] = [
    "error",
    "errMsg",
    "message",
    "msg",
    "comments",
    "reason",
    "description",
    "errors",
    "Message",
    "whatever",
    "statusDetail",
    "::set-output",
];

/// Documents of a failed import that say why in their own way.
fn documents() -> Vec<String> {
    let success = r#"{"taskType":"Dialog","taskName":"a","status":"success"}"#;
    let texts = [
        format!("\"{WHY}\""),
        format!(r#"{{"code":7,"text":"{WHY}"}}"#),
        format!(r#"["x","{WHY}"]"#),
        format!(r#"[{{"code":7,"msg":"{WHY}"}}]"#),
    ];
    let mut documents = Vec::new();
    for text in &texts {
        documents.extend(
            KEYS.map(|key| format!(r#"{{"status":"failed","{key}":{text},"statusLogs":[{success}]}}"#)),
        );
        documents.push(format!(r#"{{"status":"failed","error":{text}}}"#));
        let failed = r#"{"taskName":"b","status":"failed"}"#;
        documents.push(format!(r#"{{"status":"failed","error":{text},"statusLogs":[{failed}]}}"#));
        for status in ["\"failed\"", "\"Failure\"", "\"error\"", "\"inprogress\"", "7", "null"] {
            let entry = format!(r#"{{"taskName":"b","status":{status},"errMsg":{text}}}"#);
            documents.push(format!(r#"{{"status":"failed","statusLogs":[{success},{entry}]}}"#));
        }
        documents.push(format!(r#"{{"status":"failed","statusLogs":[{success},[{text}]]}}"#));
    }
    documents.push(format!(r#"{{"status":"failed","statusLogs":"{WHY}"}}"#));
    documents.push(format!(r#"{{"status":"failed","statusLogs":{{"a":"{WHY}"}}}}"#));
    documents.push(format!(r#"{{"status":"failed","statusLogs":["{WHY}",{success}]}}"#));
    documents.push(format!(r#"{{"status":"failed","statusLogs":[null,{success}],"x":"{WHY}"}}"#));
    documents.push(format!(r#"{{"status":"failed","error":[],"statusLogs":[],"message":"{WHY}"}}"#));
    documents
}

/// What each place that people look at shows for a document.
fn places(document: &str) -> [(&'static str, String); 6] {
    let id = "bir-1";
    let script = Script::new().import(id, &[document.to_owned()]);
    let status = Kore::status(&script.server.url, id).succeeds().stdout;
    let kore = script.watch(&[id, "--output", "json"]).env("GITHUB_ACTIONS", "true");
    let [junit, summary] = ["junit.xml", "summary.md"].map(|name| kore.home().join(name));
    let mut kore = kore.arg("--junit").arg(&junit).arg("--summary").arg(&summary);
    let run = kore.run();
    assert_eq!(run.code, 1, "{}", run.stderr);
    let read = |path| std::fs::read_to_string(path).expect("written");
    let (annotations, lines): (Vec<_>, Vec<_>) =
        run.stderr.lines().partition(|line| line.starts_with("::error "));
    assert!(!lines.iter().any(|line| line.trim_start().starts_with("::")), "{lines:#?}");
    let json: Value = serde_json::from_str(&run.stdout).expect("JSON");
    [
        ("status", status),
        ("lines", lines.join("\n")),
        ("junit", read(&junit)),
        ("summary", read(&summary)),
        ("annotations", annotations.join("\n")),
        ("message", json["imports"][0]["message"].to_string()),
    ]
}

#[test]
fn each_place_shows_each_form() {
    let mut missing = Vec::new();
    for document in documents() {
        for (place, shown) in places(&document) {
            if !shown.contains(WHY) {
                missing.push(format!("{place} of {document}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Whoever sees the end of a log alone learns what failed.
#[test]
fn the_end_of_a_log_says_once_more_what_failed() {
    let tasks = r#"{"taskType":"Dialog","taskName":"a","status":"success"},
        {"taskType":"Dialog","taskName":"Pay","status":"failed","error":"no entity of that name"},
        {"taskType":"Form","taskName":"Sign","status":"failed"}"#;
    let first = format!(r#"{{"status":"pending","statusLogs":[{tasks}]}}"#);
    let last = format!(r#"{{"status":"failed","statusLogs":[{tasks}]}}"#);
    let script = Script::new().import("bir-1", &[first, last]);
    let run = script.watch(&["bir-1"]).run();
    assert_eq!(run.code, 1);
    let end = run.stdout.split(" failed after ").nth(1).expect("an end");
    assert!(end.contains("bir-1   Dialog Pay: failed (error: no entity of that name)\n"), "{}", run.stdout);
    assert!(end.ends_with("bir-1   Form Sign: failed\n"), "{}", run.stdout);
    assert!(!end.contains("Dialog a"), "{}", run.stdout);
    let json = script.watch(&["bir-1", "-o", "json"]).run();
    let document: Value = serde_json::from_str(&json.stdout).expect("JSON");
    let message = document["imports"][0]["message"].as_str().expect("a text");
    assert!(message.ends_with("; Dialog Pay: error: no entity of that name; and 1 more"), "{message}");
}

/// In the view the row of an import that has ended says why, while others go on.
#[cfg(unix)]
#[test]
fn the_view_says_why() {
    use super::screen::Screen;

    for document in [
        format!(r#"{{"status":"failed","message":"{WHY}","statusLogs":[]}}"#),
        format!(r#"{{"status":"failed","statusLogs":"{WHY}"}}"#),
        format!(r#"{{"status":"failed","statusLogs":["{WHY}"]}}"#),
        format!(r#"{{"status":"failed","statusLogs":[{{"taskName":"a","status":"failed","msg":"{WHY}"}}]}}"#),
    ] {
        let script = Script::new().import("bir-1", std::slice::from_ref(&document));
        let kore = script.watch(&["bir-1", "--output", "json"]);
        let file = std::fs::File::create(kore.home().join("out.json")).expect("created");
        let (code, rows) = Screen::start(kore, 120, 20, Some(file)).end();
        assert_eq!(code, 1);
        assert!(rows[0].starts_with("✗ bir-1  failed  ") && rows[0].contains(WHY), "{document}: {rows:#?}");
    }
}

/// What is left on a terminal at the end.
#[cfg(unix)]
#[test]
fn the_end_on_a_terminal_says_why() {
    use super::screen::Screen;

    let document = format!(r#"{{"status":"failed","message":"{WHY}","statusLogs":[]}}"#);
    let script = Script::new()
        .import("bir-1", std::slice::from_ref(&document))
        .import("bir-2", std::slice::from_ref(&document));
    for ids in [&["bir-1"][..], &["bir-1", "bir-2"]] {
        let (code, rows) = Screen::start(script.watch(ids), 120, 20, None).end();
        assert_eq!(code, 1);
        for id in ids {
            let row = rows.iter().find(|row| row.starts_with(&format!("{id} failed after ")));
            assert!(row.is_some_and(|row| row.contains(WHY)), "{rows:#?}");
        }
    }
}

/// It may be the word for an end that is not known yet.
#[test]
fn a_word_that_is_not_known_is_told_with_what_stands_beside_it() {
    let document = format!(r#"{{"status":"aborted","reason":"{WHY}"}}"#);
    let run = Script::new().import("bir-1", &[document]).watch(&["bir-1", "--timeout", "300ms"]).run();
    assert_eq!(run.code, 3, "{}", run.stderr);
    let last = run.stdout.lines().last().expect("lines");
    assert!(last.contains("its status was aborted") && last.contains(WHY), "{last}");
}

/// The platform's own page writes names as HTML.
#[test]
fn html_in_names_and_reasons_is_text() {
    let html = "<b onclick='x()'>Pay</b> &amp; <script>y</script>";
    let entry = serde_json::json!({"taskType": html, "taskName": html, "status": "failed", "error": html});
    let document = serde_json::json!({"status": "failed", "message": html, "statusLogs": [entry]});
    for (place, shown) in places(&document.to_string()) {
        match place {
            "junit" => {
                assert!(!shown.contains("<b ") && !shown.contains("<script"), "{shown}");
                let report = quick_junit::Report::deserialize_from_str(&shown).expect("JUnit");
                assert_eq!(report.test_suites[0].test_cases[0].name.as_str(), html);
            }
            // What is left of HTML is the line ends of cells.
            "summary" => {
                assert!(
                    !shown.replace("<br>", "").contains(['<', '>']) && !shown.contains("&amp;"),
                    "{shown}"
                );
            }
            _ => assert!(shown.contains(html), "{place}: {shown}"),
        }
    }
}
