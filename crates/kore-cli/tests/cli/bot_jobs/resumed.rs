//! What another run left of an export or a publish is resumed, from each output.

use super::export::succeeded;
use super::{STARTED, kore, platform};
use crate::server::Server;
use crate::tls::ZIP;

const BEFORE: &str = r#"{"_id":"ds-1","status":"successful","lastModifiedOn":"2026-01-01T00:00:01.000Z"}"#;
const OWN: &str = r#"{"_id":"ds-2","status":"successful","lastModifiedOn":"2026-01-01T00:00:09.000Z"}"#;

/// A file with that text.
fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("written");
    file
}

#[test]
fn an_export_that_is_not_over_is_resumed_by_the_command_that_is_printed() {
    let server = platform(STARTED, &[STARTED]);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("x.zip");
    let args = ["export", "run", "st-1", "--timeout", "300ms", "--out", out.to_str().expect("UTF-8")];
    let run = kore(&server, &args).run();
    assert_eq!(run.code, 3, "{}", run.stderr);
    run.says(&["export watch --resume ", "--out="]);
    let resumed = run.resumed();
    let token = resumed.split('\'').max_by_key(|part| part.len()).expect("it is the longest");
    assert!(token.contains(r#""kind":"bot export""#) && token.contains("ber-2"), "{token}");
    let files = Server::answering("200 OK", "", ZIP);
    let later = platform(STARTED, &[&succeeded(&files.url, "22")]);
    let run =
        kore(&later, &["export", "watch", "--resume", token, "--out", out.to_str().expect("UTF-8")]).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(std::fs::read(out).expect("the file"), ZIP);
}

#[test]
fn the_output_of_a_run_that_was_not_over_is_resumed_as_the_same_run() {
    let files = Server::answering("200 OK", "", ZIP);
    let next = STARTED.replace("ber-2", "ber-3").replace("02.000Z", "03.000Z").replace("pending", "success");
    let exported = succeeded(&files.url, "22");
    let jobs = [
        (&["export", "run", "st-1", "--out", "x.zip"][..], STARTED, STARTED, &*exported, &*next, 5),
        (&["publish", "run", "st-1", "--comment", "new"], "[]", BEFORE, OWN, BEFORE, 3),
    ];
    for (args, start, running, own, other, code) in jobs {
        for output in ["json", "ndjson"] {
            let server = platform(start, &[running]);
            let run = { kore(&server, args).args(["--timeout", "300ms", "-o", output]).in_home() }.run();
            assert_eq!(run.code, 3, "{args:?} {output}: {}", run.stderr);
            let told = file(&run.stdout);
            // A run that came before or after is not taken for it.
            for (now, expected) in [(own, 0), (other, code)] {
                let server = platform(start, &[now]);
                let watch = [args[0], "watch", "--timeout", "300ms", "--resume"];
                let run = { kore(&server, &watch).arg(told.path()).in_home() }.run();
                assert_eq!(run.code, expected, "{args:?} {output}: {} {}", run.stdout, run.stderr);
            }
        }
    }
}

#[test]
fn what_a_killed_run_wrote_is_enough_to_know_its_run() {
    let server = platform("[]", &[BEFORE]);
    let args = ["publish", "run", "st-1", "--comment", "new", "-o", "ndjson", "--timeout", "300ms"];
    let run = kore(&server, &args).run();
    let lines: Vec<_> = run.stdout.lines().collect();
    assert!(lines[0].contains(r#""event":"starting""#) && !lines[0].contains("st-1"), "{}", lines[0]);
    assert!(lines[1].contains(r#""event":"started""#) && lines[1].contains("ds-1"), "{}", lines[1]);
    // Killed behind the start, or behind the first poll.
    for cut in [2, 3] {
        let told = file(&lines[..cut].join("\n"));
        for (now, code) in [(BEFORE, 3), (OWN, 0)] {
            let server = platform("[]", &[now]);
            let watch = ["publish", "watch", "--timeout", "300ms", "--resume"];
            let run = { kore(&server, &watch).arg(told.path()) }.run();
            assert_eq!(run.code, code, "{cut}: {} {}", run.stdout, run.stderr);
        }
    }
    // Killed before it was known whether it had started.
    let told = file(lines[0]);
    let run = { kore(&server, &["publish", "watch", "--resume"]).arg(told.path()) }.run();
    assert_eq!(run.code, 2, "{}", run.stderr);
    run.says(&["it holds no publish that was watched"]);
}

#[test]
fn what_ended_is_polled_again_if_it_failed_and_not_if_it_succeeded() {
    let failed = OWN.replace("successful", "failed");
    for (own, again, code, words) in
        [(&*failed, &*failed, 1, "failed"), (OWN, OWN, 2, "nothing to resume, all publishes succeeded")]
    {
        for output in ["json", "ndjson"] {
            let server = platform("[]", &[BEFORE, own]);
            let run = kore(&server, &["publish", "run", "st-1", "--comment", "new", "-o", output]).run();
            let told = file(&run.stdout);
            let server = platform("[]", &[again]);
            let run = { kore(&server, &["publish", "watch", "--resume"]).arg(told.path()) }.run();
            assert_eq!(run.code, code, "{output}: {} {}", run.stdout, run.stderr);
            assert!(format!("{}{}", run.stdout, run.stderr).contains(words), "{} {}", run.stdout, run.stderr);
            // It is no import.
            let run = { kore(&server, &["import", "watch", "--resume"]).arg(told.path()) }.run();
            assert_eq!(run.code, 2, "{}", run.stderr);
        }
    }
}

#[test]
fn a_file_that_did_not_come_is_fetched_by_the_run_that_resumes() {
    let short = Server::answering("200 OK", "", "PK1");
    let files = Server::answering("200 OK", "", ZIP);
    for output in ["json", "ndjson"] {
        let server = platform(STARTED, &[&succeeded(&short.url, "22")]);
        let run =
            { kore(&server, &["export", "run", "st-1", "--out", "x.zip", "-o", output]).in_home() }.run();
        assert_eq!(run.code, 5, "{}", run.stderr);
        let told = file(&run.stdout);
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("x.zip");
        let server = platform(STARTED, &[&succeeded(&files.url, "22")]);
        let mut kore =
            kore(&server, &["export", "watch", "--resume"]).arg(told.path()).arg("--out").arg(&out);
        assert_eq!(kore.run().code, 0, "{output}");
        assert_eq!(std::fs::read(&out).expect("it is there"), ZIP);
    }
}
