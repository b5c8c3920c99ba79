//! How imports end is the exit code.

use super::script::{Script, document, failed, running, succeeded};
use crate::run::Kore;
use crate::server::Server;

/// One import of each kind.
fn script() -> Script {
    Script::new()
        .import("bir-good", &succeeded("bir-good"))
        .import("bir-bad", &failed("bir-bad"))
        .import("bir-slow", &running("bir-slow"))
        .import("bir-other", &succeeded("bir-good"))
        .refuses("bir-auth", "401 Unauthorized")
        .refuses("bir-lost", "404 Not Found")
}

#[test]
fn of_several_ends_the_documented_one_counts() {
    let script = script();
    for (ids, code) in [
        (&["bir-good"][..], 0),
        (&["bir-bad"], 1),
        (&["bir-slow"], 3),
        (&["bir-auth"], 4),
        (&["bir-lost"], 5),
        (&["bir-other"], 5),
        (&["bir-good", "bir-slow"], 3),
        (&["bir-slow", "bir-lost", "bir-good"], 5),
        (&["bir-lost", "bir-auth", "bir-slow"], 4),
        (&["bir-auth", "bir-slow", "bir-lost", "bir-bad", "bir-good"], 1),
    ] {
        let run = script.watch(ids).args(["--timeout", "300ms"]).run();
        assert_eq!(run.code, code, "{ids:?}: {} {}", run.stdout, run.stderr);
    }
}

#[test]
fn no_answer_is_6_for_good_or_until_the_deadline() {
    let talkative = Server::greeting(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let run =
        Kore::watch(&format!("localhost:{}", talkative.port), &["bir-1"]).args(["--timeout", "2s"]).run();
    assert_eq!(run.code, 6, "{}", run.stderr);
    run.says(&["hint: no scheme means https://"]);
    let silent = Server::silent();
    let run = Kore::watch(&silent.0.url, &["bir-1"])
        .args(["--timeout", "500ms", "--request-timeout", "100ms"])
        .run();
    assert_eq!(run.code, 6, "{}", run.stderr);
    assert!(run.stdout.contains("no poll went well; the last poll failed: "), "{}", run.stdout);
    run.says(&["hint: --request-timeout 60s waits longer"]);
    let run = Kore::watch("https://bots.kore.invalid", &["bir-1"]).args(["--timeout", "500ms"]).run();
    assert_eq!(run.code, 6, "{}", run.stderr);
    // An answer that says to come back is one.
    let busy = Server::answering("503 Service Unavailable", "", "");
    let run = Kore::watch(&busy.url, &["bir-1"]).args(["--timeout", "500ms"]).run();
    assert_eq!(run.code, 3, "{}", run.stderr);
}

#[test]
fn a_word_that_is_not_known_is_no_end() {
    let script = Script::new().import("bir-1", &[document("bir-1", "Finished", &[])]);
    let run = script.watch(&["bir-1"]).args(["--timeout", "300ms"]).run();
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stdout.contains("its status was Finished"), "{}", run.stdout);
}

#[test]
fn one_that_cannot_be_looked_at_does_not_stop_the_others() {
    let script = script().import("bir-1", &[running("bir-1"), running("bir-1"), succeeded("bir-1")].concat());
    let run = script.watch(&["bir-lost", "bir-1"]).run();
    assert_eq!(run.code, 5);
    assert!(run.stdout.contains("bir-lost cannot be polled after 0 s: "), "{}", run.stdout);
    assert!(run.stdout.contains("bir-1 succeeded after "), "{}", run.stdout);
    assert!(run.stdout.ends_with("2 imports: 1 succeeded, 1 cannot be polled\n"), "{}", run.stdout);
    run.says(&["hint: check the host and its path (KORE_HOST)"]);
    assert!(!run.stderr.contains("--resume"), "it would fail there too: {}", run.stderr);
}

#[test]
fn an_answer_about_another_import_is_no_success() {
    let run = script().watch(&["bir-other"]).run();
    assert!(
        run.stdout.contains("expected a response about bir-other, found one about bir-good"),
        "{}",
        run.stdout
    );
    assert_eq!(run.code, 5);
}

#[test]
fn fail_fast_gives_the_others_up() {
    let run = script().watch(&["bir-slow", "bir-bad"]).arg("--fail-fast").run();
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("bir-slow given up after "), "{}", run.stdout);
    let resumed = run.resumed();
    assert!(resumed.contains("\"id\":\"bir-slow\"") && resumed.contains("\"bir-bad\""), "{resumed}");
    let run = script().watch(&["bir-slow", "bir-good"]).args(["--fail-fast", "--timeout", "300ms"]).run();
    assert!(
        run.stdout.contains("bir-slow not over at the deadline"),
        "a success is no reason: {}",
        run.stdout
    );
    assert_eq!(run.code, 3);
}

#[test]
fn each_change_is_one_line_and_nothing_is_told_twice() {
    let script = Script::new().import(
        "bir-1",
        &[
            document("bir-1", "pending", &[("a", "inprogress")]),
            document("bir-1", "pending", &[("a", "inprogress")]),
            document("bir-1", "success", &[("a", "success"), ("b", "success")]),
        ],
    );
    let run = script.watch(&["bir-1"]).succeeds();
    let lines: Vec<_> = run.stdout.lines().map(|line| line.split_once(' ').expect("a time").1).collect();
    assert_eq!(
        lines,
        [
            "bir-1 status pending",
            "bir-1 Dialog a: inprogress",
            "bir-1 status pending -> success",
            "bir-1 Dialog a: inprogress -> success",
            "bir-1 Dialog b: success",
            "bir-1 succeeded after 0 s: 2 tasks: 2 succeeded",
        ]
    );
    assert!(run.stderr.is_empty(), "{}", run.stderr);
}

#[test]
fn a_warning_tells_of_failed_tasks_in_a_success() {
    let script =
        Script::new().import("bir-1", &[document("bir-1", "success", &[("a", "failed"), ("b", "success")])]);
    script
        .watch(&["bir-1"])
        .succeeds()
        .says(&["warning: bir-1: the platform says that the import succeeded"]);
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_is_7_unless_an_import_says_more() {
    let script = script();
    for (id, code) in [("bir-good", 7), ("bir-bad", 1)] {
        for output in ["human", "json", "ndjson"] {
            let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
            let (mut command, _home) = script.watch(&[id]).args(["--output", output]).into_command();
            let run = command.stdout(full).output().expect("it ends");
            assert_eq!(run.status.code(), Some(code), "{output}");
            let stderr = String::from_utf8_lossy(&run.stderr);
            assert!(stderr.contains("error: cannot write to standard output"), "{stderr}");
        }
        let run = script.watch(&[id]).args(["--junit", "/dev/full"]).run();
        assert_eq!(run.code, code);
        run.says(&["error: cannot write --junit /dev/full: "]);
    }
}

#[test]
fn what_is_about_nothing_or_means_two_things_is_no_success() {
    for (body, code) in [
        (r#"{"_id":"bir-2","status":"success"}"#, 5),
        (r#"{"_id":"bir-1","status":"success","status":"failed"}"#, 3),
    ] {
        let server = Server::json(body);
        let run = Kore::watch(&server.url, &["bir-1"]).args(["--timeout", "300ms"]).run();
        assert_eq!(run.code, code, "{body}: {} {}", run.stdout, run.stderr);
    }
}

#[test]
fn a_log_of_equal_names_that_turns_over_and_vanishes_is_followed_and_reported() {
    // What costs a part of a second costs minutes where each of them is compared with each.
    let entry = |n: usize, status: &str| {
        format!(r#"{{"taskType":"D","taskName":"same\ufffe {}","status":"{status}"}}"#, n % 7)
    };
    let log = |range: std::ops::Range<usize>, status: &str| {
        range.map(|n| entry(n, status)).collect::<Vec<_>>().join(",")
    };
    let document =
        |status: &str, log: String| format!(r#"{{"_id":"bir-1","status":"{status}","statusLogs":[{log}]}}"#);
    let script = Script::new().import(
        "bir-1",
        &[document("pending", log(0..20_000, "inprogress")), document("failed", log(0..10_000, "failed"))],
    );
    let kore = script.watch(&["bir-1", "--output", "ndjson", "--junit", "report.xml"]);
    let home = kore.home().to_owned();
    let (mut command, _home) = kore.into_command();
    let run = command.current_dir(&home).output().expect("it ends");
    assert_eq!(run.status.code(), Some(1));
    let stdout = String::from_utf8(run.stdout).expect("UTF-8");
    assert_eq!(stdout.matches("task_vanished").count(), 10_000);
    let report = std::fs::read_to_string(home.join("report.xml")).expect("a report");
    assert!(!report.contains('\u{fffe}') && report.contains("(1429)"), "equal names are numbered");
}

/// The codes in lines that begin with them, `3` or `130, 143`.
#[cfg(target_os = "linux")]
fn codes<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<i32> {
    let code = |word: &str| word.trim_end_matches(',').parse().ok();
    let mut codes: Vec<_> = lines.flat_map(|line| line.split(' ').map_while(code)).collect();
    codes.sort_unstable();
    codes
}

#[cfg(target_os = "linux")]
#[test]
fn each_code_of_the_tables_has_a_case() {
    use std::process::Stdio;

    use rustix::process::Signal;

    use crate::process::{code, send, until};

    let script = script();
    let soon = |id: &str| script.watch(&[id]).args(["--timeout", "300ms"]).run().code;
    let stopped = |signal| {
        let script = Script::new().import("bir-1", &running("bir-1"));
        let (mut command, _home) = script.watch_slowly(&["bir-1"]).into_command();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
        until("it looks", || script.looks("bir-1") > 0);
        send(&child, signal);
        code(&mut child)
    };
    let cases = [
        (0, soon("bir-good")),
        (1, soon("bir-bad")),
        (2, soon("no/id")),
        (3, soon("bir-slow")),
        (4, soon("bir-auth")),
        (5, soon("bir-lost")),
        (6, Kore::watch("http://127.0.0.1:1", &["bir-1"]).args(["--timeout", "300ms"]).run().code),
        (7, script.watch(&["bir-good", "--junit", "/dev/full"]).run().code),
        (129, stopped(Signal::HUP)),
        (130, stopped(Signal::INT)),
        (143, stopped(Signal::TERM)),
    ];
    for (documented, found) in cases {
        assert_eq!(found, documented);
    }
    let all: Vec<_> = cases.iter().map(|(code, _)| *code).collect();

    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md"));
    let readme = readme.expect("it is there");
    let (_, table) = readme.split_once("| exit code | meaning |\n|---|---|\n").expect("a table");
    let rows = table.lines().map_while(|line| line.strip_prefix("| "));
    // 8 is no code of watch: the tests of starting an import have it.
    let readme = codes(rows);
    assert!(readme.contains(&8), "README.md");
    assert_eq!(readme.into_iter().filter(|code| *code != 8).collect::<Vec<_>>(), all, "README.md");
    let help = Kore::new(["import", "watch", "--help"]).succeeds().stdout;
    let (_, table) = help.split_once("\nExit codes").expect("a table");
    let rows = table.lines().skip(1).map_while(|line| line.strip_prefix("  "));
    assert_eq!(codes(rows), all, "{help}");
}
