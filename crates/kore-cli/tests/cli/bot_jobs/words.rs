//! What `kore export` and `kore publish` say: each line names the real thing, and none contradicts another.

use super::export::succeeded;
use super::{STARTED, kore, platform};
use crate::server::Server;

const BEFORE: &str = r#"{"_id":"ds-1","status":"successful"}"#;

/// Runs an export to the folder of its own, which is answered with that.
fn export(poll: &str) -> crate::run::Run {
    let server = platform(STARTED, &[poll]);
    let args = ["export", "run", "st-1", "--out", "x.zip", "--interval", "10ms", "--timeout", "300ms"];
    kore(&server, &args).in_home().run()
}

#[test]
fn a_status_that_does_not_count_is_said_with_what_was_expected() {
    for (id, found) in [(r#""_id":null,"#, "none"), (r#""_id":7,"#, "7"), ("", "none")] {
        let run = export(&format!(r#"{{{id}"status":"success"}}"#));
        assert_eq!(run.code, 3, "{} {}", run.stdout, run.stderr);
        let expected = format!(
            "the last response says success, and does not count: expected the _id ber-2, found {found}"
        );
        assert!(run.stdout.contains(&expected), "{}", run.stdout);
        assert!(!run.stdout.contains("its status was"), "{}", run.stdout);
    }
    let server = platform("[]", &[BEFORE]);
    let run = kore(&server, &["publish", "run", "st-1", "--comment", "new", "--timeout", "300ms"]).run();
    let expected = "the last response still tells of the publish before (successful), and does not count";
    assert!(run.code == 3 && run.stdout.contains(expected), "{}", run.stdout);
}

#[test]
fn commands_name_the_bot_and_the_file_and_what_is_over_is_not_resumed() {
    let other = r#"{"_id":"ber-3","status":"pending","createdOn":"2026-01-01T00:00:03.000Z"}"#;
    let server = platform(STARTED, &[STARTED, other]);
    let args = ["export", "run", "st-1", "--out", "x.zip", "--interval", "10ms"];
    let run = { kore(&server, &args).in_home() }.run();
    assert_eq!(run.code, 5, "{}", run.stderr);
    assert!(run.stdout.contains("to watch it: kore export watch st-1 --out x.zip"), "{}", run.stdout);
    run.says(&["kore export watch st-1 --out FILE watches that one"]);
    assert!(!run.stderr.contains("To resume") && !run.stderr.contains("--resume"), "{}", run.stderr);
    // Over, and only its file is missing: another request may fetch it, or only another export helps.
    let refused = Server::answering("403 Forbidden", "", "no");
    let run = export(&succeeded(&refused.url, "4"));
    assert_eq!(run.code, 5, "{}", run.stderr);
    run.says(&["To fetch the file of the export that succeeded:", "kore export run makes another"]);
    assert!(!run.stderr.contains("not over"), "{}", run.stderr);
}

#[test]
fn a_watch_without_out_says_that_no_file_was_fetched() {
    let server = platform("", &[&succeeded("http://127.0.0.1:1", "4")]);
    let run = kore(&server, &["export", "watch", "st-1"]).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.says(&["no file was fetched; with --out FILE it is"]);
}

#[test]
fn parts_that_await_approval_are_counted_as_such_and_a_hint_says_what_to_do() {
    let own = r#"{"_id":"ds-2","status":"inprogress","statusSummary":[{"name":"NL","status":"AWAITING_APPROVAL"}]}"#;
    let server = platform("[]", &[BEFORE, own]);
    let run = kore(&server, &["publish", "run", "st-1", "--comment", "new", "--interval", "10ms"]).run();
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stdout.contains("1 task: 1 awaiting approval"), "{}", run.stdout);
    assert!(!run.stdout.contains("unknown status"), "{}", run.stdout);
    run.says(&["hint: have it approved, then run the command that is printed"]);
}

#[test]
fn a_report_is_named_after_the_command_and_a_start_is_no_hint() {
    let server = platform("[]", &[BEFORE, r#"{"_id":"ds-2","status":"successful"}"#]);
    for (step, more) in [("run", &["--comment", "new"][..]), ("watch", &[])] {
        let folder = tempfile::tempdir().expect("a folder");
        let junit = folder.path().join("x.xml");
        let args = [&["publish", step, "st-1", "--interval", "10ms"], more, &["--junit"]].concat();
        let run = kore(&server, &args).arg(&junit).run();
        assert_eq!(run.code, 0, "{}", run.stderr);
        let junit = std::fs::read_to_string(junit).expect("written");
        assert!(junit.contains(&format!(r#"name="kore publish {step}""#)), "{junit}");
    }
    for args in [&["publish", "start", "st-1", "--comment", "new"][..], &["export", "start", "st-1"]] {
        let server = platform(if args[0] == "export" { STARTED } else { "[]" }, &[BEFORE]);
        let run = kore(&server, args).run();
        assert!(run.stderr.contains("starting a") && !run.stderr.contains("hint"), "{}", run.stderr);
    }
}

#[test]
fn what_another_kind_of_job_left_is_named() {
    let server = platform("", &[STARTED]);
    let run = kore(&server, &["export", "watch", "st-1", "-o", "json", "--timeout", "300ms"]).run();
    let told = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(told.path(), &run.stdout).expect("written");
    for (job, jobs) in [("import", "imports"), ("publish", "publishes")] {
        let run = kore(&server, &[job, "watch", "--resume"]).arg(told.path()).run();
        assert_eq!(run.code, 2, "{}", run.stderr);
        run.says(&[&format!("expected {jobs}, found exports, which kore export watch --resume takes")]);
    }
}
