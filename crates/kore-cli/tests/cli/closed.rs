//! A standard output that is closed, and one that is meant to be lost.

use std::process::{Command, Stdio};

use kore_emulator::samples;

use crate::run::{CLIENT_ID, Kore, Platform, SECRET};

/// The exit code and standard error behind a redirection of a shell.
fn run(kore: Kore, redirected: &str) -> (i32, String) {
    let (kore, _home) = kore.into_plain_command();
    let mut sh = Command::new("sh");
    sh.args(["-c", &format!("exec \"$@\" {redirected}"), "sh"]).arg(kore.get_program()).args(kore.get_args());
    let set = kore.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let output = sh.env_clear().envs(set).stdin(Stdio::null()).output().expect("sh starts");
    (output.status.code().expect("no signal"), String::from_utf8(output.stderr).expect("UTF-8"))
}

fn token() -> Kore {
    Kore::new(["token"]).env("KORE_CLIENT_ID", CLIENT_ID).env("KORE_CLIENT_SECRET", SECRET)
}

#[test]
fn a_closed_output_is_7_and_one_that_is_meant_to_be_lost_is_not() {
    let platform = Platform::start(|emulator| emulator.import(samples::succeeded()));
    let (url, id) = (platform.emulator.url(), platform.emulator.import_ids()[0].to_string());
    let commands: [&dyn Fn() -> Kore; 8] = [
        &|| platform.status(),
        &|| platform.status().args(["--output", "json"]),
        &token,
        &|| Kore::watch(&url, &[&id]),
        &|| Kore::watch(&url, &[&id]).args(["--output", "json"]),
        &|| Kore::new(["completions", "bash"]),
        &|| Kore::new(["--help"]),
        &|| Kore::new(["--version"]),
    ];
    for command in commands {
        let (code, stderr) = run(command(), ">&-");
        assert_eq!(code, 7, "{stderr}");
        assert!(stderr.contains("error: cannot write to standard output: it is closed"), "{stderr}");
        // As shells, Python and Node open it.
        for lost in [">/dev/null", "1<>/dev/null"] {
            let (code, stderr) = run(command(), lost);
            assert_eq!(code, 0, "{lost}: {stderr}");
        }
        // Nobody is told then, and nothing else is lost.
        assert_eq!(run(command(), "2>&-").0, 0);
    }
    assert_eq!(run(Kore::new(["emulator"]), ">&-").0, 7);
}

#[test]
fn an_output_that_is_lost_hides_no_failed_import() {
    let platform = Platform::start(|emulator| emulator.import(samples::failed()));
    for redirected in [">&-", ">/dev/full"] {
        let (code, stderr) = run(platform.status().arg("--exit-status"), redirected);
        assert_eq!(code, 1, "{redirected}: {stderr}");
        assert!(stderr.contains("cannot write to standard output"), "{redirected}: {stderr}");
    }
}
