//! `kore publish`: its own end and no other, and what awaits approval.

use super::{STARTED, kore, platform};
use crate::server::{Server, response};

#[test]
fn a_publish_ends_as_its_own_status_says() {
    let before = r#"{"_id":"ds-1","status":"successful"}"#;
    let of = |status: &str| {
        format!(
            r#"{{"_id":"ds-2","status":"{status}","statusSummary":[{{"resourceType":"NL","name":"Natural Language","status":"{status}"}}]}}"#
        )
    };
    let (running, succeeded, failed) = (of("inprogress"), of("successful"), of("failed"));
    let awaiting = of("awaitingApproval");
    for (name, start, polls, code, words) in [
        ("succeeds", "[]", vec![before, before, &running, &succeeded], 0, "succeeded"),
        ("fails", "[]", vec![before, &running, &failed], 1, "Natural Language"),
        ("tells of the one before", "[]", vec![before], 3, "not over at the deadline"),
        (
            "awaits approval",
            r#"[{"status":"SUCCESS","result":{"state":"awaitingApproval"}}]"#,
            vec![before],
            3,
            "awaits approval",
        ),
        ("awaits approval later", "[]", vec![before, &awaiting], 3, "awaitingApproval"),
    ] {
        let server = platform(start, &polls);
        let timeout = if code == 3 && name.contains("before") { "300ms" } else { "60s" };
        let args = ["publish", "run", "st-1", "--comment", "new", "--interval", "10ms", "--timeout", timeout];
        let run = kore(&server, &args).run();
        assert_eq!(run.code, code, "{name}: {} {}", run.stdout, run.stderr);
        assert!(
            format!("{}{}", run.stdout, run.stderr).contains(words),
            "{name}: {} {}",
            run.stdout,
            run.stderr
        );
    }
}

#[test]
fn the_last_publish_of_a_bot_is_watched_and_starts_print_what_they_started() {
    let server = platform("[]", &[r#"{"_id":"ds-1","status":"failed"}"#]);
    assert_eq!(kore(&server, &["publish", "watch", "st-1"]).run().code, 1);
    let run = kore(&server, &["publish", "start", "st-1", "--comment", "new", "--train"]).run();
    assert_eq!((run.code, &*run.stdout), (0, "st-1\n"), "{}", run.stderr);
    let server = platform(STARTED, &[STARTED]);
    let run = kore(&server, &["export", "start", "st-1", "--published"]).run();
    assert_eq!((run.code, &*run.stdout), (0, "ber-2\n"), "{}", run.stderr);
    for args in [
        &["export", "watch"][..],
        &["publish", "watch", "bir-1"],
        &["publish", "start", "st-1", "--comment", ""],
    ] {
        assert_eq!(kore(&server, args).run().code, 2, "{args:?}");
    }
}

#[test]
fn approval_that_is_awaited_is_said_at_once_and_in_every_report() {
    let before = r#"{"_id":"ds-1","status":"successful"}"#;
    let at_start = r#"[{"status":"SUCCESS"},{"status":"SUCCESS","result":{"state":"awaitingApproval"}}]"#;
    let part = r#"{"_id":"ds-2","status":"inprogress","statusSummary":[{"name":"NL","status":"AWAITING_APPROVAL"}]}"#;
    let whole = r#"{"_id":"ds-2","status":"awaitingApproval"}"#;
    for (name, start, polls) in [
        ("at the start", at_start, vec![before]),
        ("of a part", "[]", vec![before, before, part]),
        ("as a whole", "[]", vec![before, whole]),
    ] {
        for output in ["json", "ndjson", "human"] {
            let reports = tempfile::tempdir().expect("a folder");
            let (junit, summary) = (reports.path().join("x.xml"), reports.path().join("x.md"));
            let server = platform(start, &polls);
            let args = ["publish", "run", "st-1", "--comment", "new", "--interval", "10ms", "-o", output];
            let mut kore = kore(&server, &args).arg("--junit").arg(&junit).arg("--summary").arg(&summary);
            let run = kore.run();
            assert_eq!(run.code, 3, "{name}: {} {}", run.stdout, run.stderr);
            let junit = std::fs::read_to_string(junit).expect("written");
            assert!(junit.contains("type=\"awaits_approval\"") && junit.contains("errors=\"1\""), "{junit}");
            let summary = std::fs::read_to_string(summary).expect("written");
            assert!(summary.contains("awaits approval"), "{summary}");
            match output {
                "human" => assert!(run.stdout.contains("st-1 awaits approval after "), "{}", run.stdout),
                _ => assert!(run.stdout.contains(r#""outcome":"awaits_approval""#), "{}", run.stdout),
            }
            assert!(!run.stdout.contains("not a word that is known"), "{}", run.stdout);
            assert!(run.stderr.contains("publish watch --resume"), "{}", run.stderr);
        }
    }
    let run = kore(&platform(at_start, &[before]), &["publish", "start", "st-1", "--comment", "new"]).run();
    assert_eq!((run.code, &*run.stdout), (3, "st-1\n"), "{}", run.stderr);
}

#[test]
fn a_start_without_a_certain_response_is_8_and_is_not_sent_again() {
    for (job, args) in [
        ("export", &["export", "run", "st-1", "--out", "x.zip"][..]),
        ("export", &["export", "start", "st-1"]),
        ("publish", &["publish", "run", "st-1", "--comment", "new"]),
        ("publish", &["publish", "start", "st-1", "--comment", "new"]),
    ] {
        for (name, answer) in [
            ("no answer", Vec::new()),
            ("a page", response("200 OK", "", b"<html>")),
            ("an error of a proxy", response("502 Bad Gateway", "", b"")),
        ] {
            let starts = std::sync::Arc::new(std::sync::Mutex::new(0));
            let count = starts.clone();
            let server = Server::start(move |head| {
                if head.starts_with("POST ") {
                    *count.lock().expect("no panic") += 1;
                    return answer.clone();
                }
                response("200 OK", "", br#"{"_id":"ds-1","status":"successful"}"#)
            });
            let run = { kore(&server, args).in_home() }.run();
            assert_eq!(
                (run.code, *starts.lock().expect("no panic")),
                (8, 1),
                "{args:?} {name}: {}",
                run.stderr
            );
            run.says(&["it may have started all the same", &format!("whether it is being {job}ed")]);
        }
    }
}

#[test]
fn hints_name_the_scopes_of_the_job_and_help_no_other_job() {
    let refusal = r#"{"errors":[{"msg":"Permission denied. Scope is incorrect!","code":4002}]}"#;
    let server = Server::answering("401 Unauthorized", "", refusal);
    for (args, scope) in [
        (&["export", "start", "st-1"][..], "Bot Export"),
        (&["export", "watch", "st-1"], "Bot Export"),
        (&["publish", "start", "st-1", "--comment", "new"], "Publish Status"),
        (&["publish", "watch", "st-1"], "Publish Status"),
    ] {
        let run = kore(&server, args).run();
        assert_eq!(run.code, 4, "{}", run.stderr);
        assert!(run.stderr.contains(scope) && !run.stderr.contains("Bot Import"), "{args:?}: {}", run.stderr);
    }
    for (job, step) in
        ["run", "start", "watch"].into_iter().flat_map(|step| [("export", step), ("publish", step)])
    {
        let help = crate::run::Kore::new([job, step, "--help"]).succeeds().stdout;
        // Where the rest is told.
        let help = help.replace("kore import watch --help", "");
        assert!(!help.contains("import"), "{job} {step}: {help}");
    }
}

#[test]
fn a_part_that_failed_in_a_publish_that_succeeded_is_a_warning_in_shell_and_report_alike() {
    let publish = r#"{"_id":"ds-2","status":"successful","statusSummary":[{"resourceType":"NL","name":"Words","status":"FAILED"}]}"#;
    let import = r#"{"_id":"bir-1","status":"success","statusLogs":[{"taskType":"NL","taskName":"Words","status":"failed"}]}"#;
    for (job, id, document) in [("publish", "st-1", publish), ("import", "bir-1", import)] {
        let reports = tempfile::tempdir().expect("a folder");
        let junit = reports.path().join("x.xml");
        let server = platform("", &[document]);
        let kore = kore(&server, &[job, "watch", id, "--junit"]).arg(&junit);
        let run = kore.env("GITHUB_ACTIONS", "true").run();
        assert_eq!(run.code, 0, "{job}: {}", run.stderr);
        let warned = format!("the platform says that the {job} succeeded, and that 1 of its tasks failed");
        assert!(run.stderr.contains(&warned), "{job}: {}", run.stderr);
        assert!(
            run.stdout.contains("::warning title=NL Words") && !run.stdout.contains("::error"),
            "{}",
            run.stdout
        );
        let junit = std::fs::read_to_string(junit).expect("written");
        assert!(junit.contains(r#"failures="0""#) && junit.contains(r#"errors="0""#), "{job}: {junit}");
        assert!(junit.contains("<system-out>warning: it failed"), "{job}: {junit}");
    }
}
