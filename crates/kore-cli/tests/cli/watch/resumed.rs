//! Going on with what an earlier run left.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use super::script::{Script, failed, running, succeeded};
use crate::run::{CLIENT_ID, Kore, Run, SECRET};

/// A token of a watch that had sent 60 requests, the last a second before that time.
fn used_up(id: &str, written_ago: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    let at = i64::try_from(now).expect("soon") - written_ago * 1000;
    format!(
        r#"[{{"v":2,"kind":"bot import","id":"{id}","at":{at},"waited":60000,"left":0,"requests":[[1000,60]]}}]"#
    )
}

fn printed_command(run: &Run) -> &str {
    run.stderr.lines().last().expect("the command").trim()
}

#[test]
fn a_resumed_watch_keeps_the_rate_limit_and_the_time_between_counts() {
    let script = Script::new().import("bir-1", &succeeded("bir-1"));
    // An hour ahead: the clock was set back since.
    for written_ago in [0, -3600] {
        let token = used_up("bir-1", written_ago);
        let run = script.watch(&["--resume", &token, "--timeout", "300ms"]).run();
        assert_eq!((run.code, script.looks("bir-1")), (3, 0), "{}", run.stdout);
        assert!(run.stdout.contains("the platform's rate limit allows the next poll in "), "{}", run.stdout);
        let command = printed_command(&run);
        assert!(run.resumed().contains(&token), "{command}");
        assert!(command.contains("--timeout=70s") && !command.contains("300ms"), "{command}");
    }
    script.watch(&["--resume", &used_up("bir-1", 61), "--timeout", "2s"]).succeeds();
    assert_eq!(script.looks("bir-1"), 1);
}

#[test]
fn the_command_of_a_watch_that_used_its_requests_has_a_deadline_that_works() {
    let script = Script::new().import("bir-1", &running("bir-1"));
    let run = Kore::watch(&script.server.url, &["bir-1", "--interval", "10ms", "--timeout", "5s"]).run();
    assert_eq!((run.code, script.looks("bir-1")), (3, 60), "{}", run.stdout);
    let command = printed_command(&run);
    let timeout = command.split("--timeout=").nth(1).and_then(|rest| rest.split('s').next()).expect("a flag");
    assert!((60..=71).contains(&timeout.parse::<u64>().expect("seconds")), "{command}");
    assert_eq!(command.matches("--timeout").count(), 1, "{command}");
}

#[test]
fn the_output_of_a_run_is_gone_on_with() {
    for format in ["json", "ndjson"] {
        let script = Script::new()
            .import("bir-1", &succeeded("bir-1"))
            .import("bir-2", &running("bir-2"))
            .import("bir-3", &failed("bir-3"))
            .import("bir-4", &running("bir-4"));
        let ids = ["bir-1", "bir-2", "bir-3", "bir-4"];
        let run = script.watch(&ids).args(["--timeout", "300ms", "-o", format]).run();
        assert_eq!(run.code, 1, "{}", run.stderr);
        let polls = ids.map(|id| script.looks(id));
        script.answer("bir-2", &succeeded("bir-2"));
        script.answer("bir-4", &succeeded("bir-4"));
        let kore = script.watch(&["--resume", "f"]).file("f", &run.stdout);
        let (mut command, home) = kore.into_command();
        let run = command.current_dir(home.path()).output().expect("it ends");
        let (stdout, stderr) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        assert_eq!(run.status.code(), Some(1), "{stderr}");
        assert!(stdout.contains("3 imports: 2 succeeded, 1 failed"), "{stdout}");
        assert!(stderr.contains("f: not watched again: bir-1 (succeeded)\n"), "{stderr}");
        assert_eq!([script.looks("bir-1"), script.looks("bir-3")], [polls[0], polls[2] + 1]);
    }
}

#[test]
fn a_file_whose_imports_have_all_succeeded_is_told() {
    let script = Script::new().import("bir-1", &succeeded("bir-1"));
    let run = script.watch(&["bir-1", "-o", "json"]).succeeds();
    let kore = script.watch(&["--resume", "f"]).file("f", &run.stdout);
    let (mut command, home) = kore.into_command();
    let run = command.current_dir(home.path()).output().expect("it ends");
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(2), "{stderr}");
    assert!(stderr.starts_with("error: nothing to resume, all imports succeeded: "), "{stderr}");
    assert!(stderr.contains("bir-1 (succeeded)"), "{stderr}");
}

/// What is printed is a command for a shell.
#[test]
fn what_is_printed_at_the_deadline_goes_on() {
    let script = Script::new().import("bir-1", &running("bir-1"));
    let run = script.watch_slowly(&["bir-1", "--timeout", "600ms"]).run();
    assert_eq!(run.code, 3, "{}", run.stdout);
    script.answer("bir-1", &succeeded("bir-1"));
    let resumed = in_shell(&script, printed_command(&run));
    assert_eq!(resumed.status.code(), Some(0), "{}", String::from_utf8_lossy(&resumed.stderr));
}

fn in_shell(script: &Script, command: &str) -> std::process::Output {
    let mut shell = shell(command);
    crate::run::clear(&mut shell);
    shell
        .envs([("KORE_HOST", &*script.server.url), ("KORE_CLIENT_ID", CLIENT_ID)])
        .env("KORE_CLIENT_SECRET", SECRET)
        .output()
        .expect("a shell starts")
}

#[cfg(unix)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]);
    shell
}

/// What is printed for PowerShell is good for cmd too, if its words are plain.
#[cfg(windows)]
fn shell(command: &str) -> Command {
    use std::os::windows::process::CommandExt as _;

    let mut shell = Command::new("cmd");
    shell.args(["/D", "/C"]).raw_arg(command);
    shell
}

/// The verdict and the reports of a resumed run cover all imports: those that ended in earlier runs
/// too, however many runs there were.
#[test]
fn what_failed_before_fails_the_run_that_goes_on() {
    let script = Script::new()
        .import("bir-1", &failed("bir-1"))
        .import("bir-2", &running("bir-2"))
        .import("bir-3", &succeeded("bir-3"));
    let dir = tempfile::TempDir::new().expect("a directory");
    let junit = dir.path().join("r.xml");
    let run = script
        .watch(&["bir-1", "bir-2", "bir-3", "bir-4", "--timeout", "600ms", "-o", "json"])
        .arg("--junit")
        .arg(&junit)
        .run();
    assert_eq!(run.code, 1, "{}", run.stderr);
    run.says(&["To resume the import that is not over (2 that did not succeed: polled again"]);
    script.answer("bir-2", &succeeded("bir-2"));
    std::fs::remove_file(&junit).expect("written");
    let printed = printed_command(&run);
    let resumed = in_shell(&script, printed);
    let (stdout, stderr) =
        (String::from_utf8_lossy(&resumed.stdout), String::from_utf8_lossy(&resumed.stderr));
    assert_eq!(resumed.status.code(), Some(1), "{printed}: {stderr}");
    assert!(stdout.contains(r#""id":"bir-1","outcome":"failed""#), "{stdout}");
    assert!(stdout.contains(r#""id":"bir-2","outcome":"succeeded""#), "{stdout}");
    assert!(stdout.contains(r#""id":"bir-4","outcome":"could_not_look""#), "{stdout}");
    assert!(!stdout.contains("bir-3"), "it succeeded before: {stdout}");
    let report = std::fs::read_to_string(&junit).expect("written");
    assert!(report.contains("<failure") && report.contains("bir-1"), "{report}");
    // Of its output only what did not succeed is left: it never becomes a success.
    let file = dir.path().join("r.json");
    std::fs::write(&file, &resumed.stdout).expect("written");
    let again = script.watch(&[]).arg("--resume").arg(&file).run();
    assert_eq!(again.code, 1, "{}", again.stderr);
    again.says(&["not watched again: bir-2 (succeeded)"]);
    assert!(again.stdout.contains("2 imports: 1 failed, 1 cannot be polled"), "{}", again.stdout);
}

/// With it the first poll of what failed would give the others up, again and again.
#[test]
fn a_failure_that_stopped_the_others_does_not_stop_them_twice() {
    let script = Script::new().import("bir-1", &failed("bir-1")).import("bir-2", &running("bir-2"));
    let run = script.watch(&["bir-1", "bir-2", "--fail-fast"]).run();
    assert_eq!(run.code, 1, "{}", run.stderr);
    let command = printed_command(&run);
    let again = run.resumed();
    assert!(again.contains("bir-1") && again.contains("bir-2"), "{again}");
    assert!(!command.contains("--fail-fast"), "{command}");
}
