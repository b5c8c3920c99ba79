//! Ids, tokens and flags.

use super::script::{Script, running, succeeded};
use crate::run::{Kore, SECRET};

fn refused(kore: Kore, says: &[&str]) {
    let run = { kore }.run();
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stdout.is_empty(), "{}", run.stdout);
    run.says(says);
}

fn watch(ids: &[&str]) -> Kore {
    Kore::watch("http://127.0.0.1:1", ids)
}

#[test]
fn ids_come_from_standard_input_too_and_are_watched_once() {
    let script = Script::new().import("bir-1", &succeeded("bir-1")).import("bir-2", &succeeded("bir-2"));
    let run = script.watch(&["bir-2", "-", "bir-2"]).stdin(b"\r\nbir-1\r\n\nbir-2\nbir-1").succeeds();
    assert!(run.stdout.ends_with("2 imports: 2 succeeded\n"), "{}", run.stdout);
    assert_eq!((script.looks("bir-1"), script.looks("bir-2")), (1, 1));
}

#[test]
fn what_is_wrong_with_the_input_is_told() {
    refused(watch(&[]), &["error: no import id given", "hint: run: kore import watch bir-…"]);
    refused(
        Kore::new(["import", "watch"]),
        &["no import id, no host, no client id and no client secret given"],
    );
    refused(watch(&["-"]).stdin(b"bir-1\n../x\n"), &["error: standard input, line 2: ", "hint: "]);
    refused(watch(&["-"]), &["error: there is no import id on standard input"]);
    refused(watch(&["a/b"]), &["error: ", "hint: the response of the import call"]);
    let both = watch(&["-"]).args(["--client-secret-file", "-"]).stdin(SECRET.as_bytes());
    refused(both, &["standard input cannot hold the ids and the client secret both"]);
    refused(
        watch(&["-", "--resume", "-"]),
        &["standard input cannot hold the ids and --resume both", "hint: "],
    );
    let both = watch(&["--resume", "-"]).args(["--client-secret-file", "-"]).stdin(SECRET.as_bytes());
    refused(both, &["standard input cannot hold --resume and the client secret both"]);
    refused(watch(&["--resume", "-"]).stdin(b"[1]"), &["--resume: standard input: not resume tokens"]);
    refused(watch(&["bir-1", "--timeout", "20"]), &["write 20s"]);
}

#[test]
fn a_token_that_is_none_says_what_was_expected() {
    refused(watch(&["--resume", "[1]"]), &["error: --resume: not resume tokens", "hint: expected what"]);
    refused(
        watch(&["--resume", "/no/such"]),
        &["error: --resume: cannot read /no/such", "hint: expected what"],
    );
    refused(watch(&["--resume", r#"{"v":9}"#]), &["version 9 of the resume token"]);
    let kore = watch(&["--resume"]).file("t.json", "{");
    let path = kore.home().join("t.json");
    refused(kore.arg(path), &["t.json: not resume tokens"]);
}

#[test]
fn what_an_earlier_run_wrote_is_resumed_from_standard_input() {
    let script = Script::new().import("bir-1", &running("bir-1")).import("bir-2", &succeeded("bir-2"));
    let run = script.watch(&["bir-1", "bir-2", "-o", "json", "--timeout", "300ms"]).run();
    assert_eq!(run.code, 3, "{}", run.stderr);
    script.answer("bir-1", &succeeded("bir-1"));
    let run = script.watch(&["--resume", "-"]).stdin(run.stdout.as_bytes()).succeeds();
    assert!(run.stdout.contains("bir-1 succeeded after ") && !run.stdout.contains("bir-2"), "{}", run.stdout);
    run.says(&["standard input: not watched again: bir-2 (succeeded)"]);
}

#[test]
fn a_request_and_the_whole_have_limits_of_their_own() {
    let (server, _listener) = crate::server::Server::silent();
    let kore = Kore::watch(&server.url, &["bir-1"]).args(["--timeout", "600ms", "--request-timeout=100ms"]);
    let run = { kore }.run();
    assert_eq!(run.code, 6);
    assert!(run.stdout.contains("the poll failed"), "{}", run.stdout);
}

/// More than fits into a command: the tokens are in a file.
#[cfg(unix)]
#[test]
fn many_tokens_are_kept_in_a_file_of_the_user() {
    use std::os::unix::fs::PermissionsExt as _;

    let ids: Vec<_> = (0..40).map(|n| format!("bir-{n:04}-0000-4000-8000-00000000000a")).collect();
    let script = ids.iter().fold(Script::new(), |script, id| script.import(id, &running(id)));
    let kore = script.watch(&["-", "--timeout", "1s"]).stdin(ids.join("\n").as_bytes());
    let temporary = kore.home().to_owned();
    let mut kore = kore.env("TMPDIR", &temporary);
    let run = kore.run();
    assert_eq!(run.code, 3, "{}", run.stderr);
    let command = run.stderr.lines().last().expect("the command");
    let path = command.split("--resume ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a path");
    let path = std::path::Path::new(path);
    assert!(path.starts_with(&temporary), "{command}");
    assert_eq!(std::fs::metadata(path).expect("written").permissions().mode() & 0o777, 0o600);
    assert!(command.ends_with(" --timeout=1s --interval=50ms"), "{command}");
    for id in &ids {
        script.answer(id, &succeeded(id));
    }
    let run = script.watch(&[]).arg("--resume").arg(path).succeeds();
    assert!(run.stdout.ends_with("40 imports: 40 succeeded\n"), "{}", run.stdout);
}
