//! The action for GitHub in `.github/actions/kore`, run as a runner runs a composite action: its inputs
//! become the variables that action.yml maps them to, and its outputs are read from the file that the
//! runner reads.

mod step;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use kore_emulator::samples;
use rustix::process::Signal;
use serde_json::Value;

use crate::import::platform::{ID, Platform, Start};
use crate::process::{code, send, until};
use crate::run::{self, Kore};
use step::{Step, action, folder, names};

/// An input with a value that its command takes.
const IMPORT: [(&str, &str); 3] = [("path", "bot"), ("into", "st-1"), ("options", "o.json")];
const NEW: [(&str, &str); 2] = [("path", "bot"), ("new", "Shop")];

#[test]
fn an_import_that_succeeds() {
    let platform = Platform::new(Start::Accepted);
    let step = Step::importing(&platform.url, &[&NEW[..], &[("interval", "50ms")]].concat());
    let ran = step.run();
    assert_eq!((ran.code, &*ran.outputs["outcome"]), (0, "succeeded"), "{}", ran.log);
    let json: Value = serde_json::from_str(&ran.outputs["json"]).expect("one document");
    assert_eq!(
        (&json["imports"][0]["id"], &json["imports"][0]["outcome"]),
        (&ID.into(), &"succeeded".into())
    );
    let file = fs::read_to_string(&ran.outputs["json-file"]).expect("a file");
    assert_eq!(file.trim_end(), ran.outputs["json"]);
    assert!(ran.summary.contains(ID), "{}", ran.summary);
    // The log has what happens.
    assert!(ran.log.contains("uploaded config.json") && ran.log.contains("Dialog"), "{}", ran.log);
}

#[test]
fn an_import_that_fails_fails_the_step_and_is_on_its_page() {
    let platform = run::Platform::start(|emulator| emulator.import(samples::failed()));
    let id = platform.emulator.import_ids()[0].to_string();
    let ran = Step::importing(&platform.emulator.url(), &[("command", "watch"), ("id", &id)]).run();
    assert_eq!((ran.code, &*ran.outputs["outcome"]), (1, "failed"), "{}", ran.log);
    assert!(ran.outputs["json"].contains("\"outcome\":\"failed\""), "{}", ran.outputs["json"]);
    assert!(ran.log.contains("\n::error ") && ran.summary.contains(&id), "{}", ran.log);
}

#[test]
fn a_start_in_doubt_is_told_so() {
    let platform = Platform::new(Start::Lost);
    let ran = Step::importing(&platform.url, &NEW).run();
    assert_eq!(
        (ran.code, &*ran.outputs["outcome"], &*ran.outputs["json"]),
        (8, "in_doubt", ""),
        "{}",
        ran.log
    );
}

#[test]
fn settings_that_are_missing_and_a_token_that_is_refused() {
    let ran = Step::new(&NEW).run();
    assert_eq!((ran.code, &*ran.outputs["outcome"]), (2, "wrong_settings"), "{}", ran.log);
    let platform = run::Platform::start(|emulator| emulator);
    let watch = [("command", "watch"), ("id", "bir-1")];
    let mut step = Step::importing(&platform.emulator.url(), &watch);
    let ran = step.env("KORE_CLIENT_SECRET", "another-one").run();
    assert_eq!((ran.code, &*ran.outputs["outcome"]), (4, "refused"), "{}", ran.log);
}

#[test]
fn an_input_that_cannot_be_used_is_an_error_that_repeats_no_value() {
    let more = |inputs: &[(&'static str, &'static str)]| [&IMPORT[..], inputs].concat();
    for (inputs, says) in [
        (more(&[("full", "::set-env name=x::yes")]), "full: expected true or false"),
        (more(&[("command", "::x")]), "command: expected import, watch, export or publish"),
        (more(&[("path", "")]), "path: expected a value"),
        (more(&[("path", "\r\n\n")]), "path: expected a value"),
        (more(&[("comment", "::x")]), "comment is not for this command"),
        (more(&[("kore", "::x")]), "kore: expected a command on PATH, or its path"),
        (vec![("command", "watch"), ("id", "bir-1"), ("full", "true")], "full is not for this command"),
    ] {
        let ran = Step::new(&inputs).run();
        assert_eq!((ran.code, &*ran.outputs["outcome"]), (2, "wrong_settings"), "{inputs:?}");
        assert_eq!(ran.log, format!("::error title=kore::the input {}\n", full(says, &ran.log)));
    }
}

/// The message that begins so.
fn full<'a>(says: &'a str, log: &'a str) -> &'a str {
    let message = log.trim_end().rsplit("the input ").next().unwrap_or_default();
    assert!(message.starts_with(says) && !message.contains("::"), "{log}");
    message
}

#[test]
fn each_input_reaches_its_command_as_a_flag_that_it_has() {
    let action = action();
    let mut left = names(&action, "inputs");
    left.retain(|name| !matches!(&**name, "command" | "kore" | "path" | "id" | "bot"));
    // Neither a secret nor a way to it but a file.
    assert!(!left.iter().any(|name| name.contains("jwt") || name == "client-secret"), "{left:?}");
    for (command, subcommand, positional) in [
        ("import", "import", "path"),
        ("watch", "import", "id"),
        ("export", "export", "bot"),
        ("publish", "publish", "bot"),
    ] {
        let verb = if command == "watch" { "watch" } else { "run" };
        let help = Kore::new([subcommand, verb, "--help"]).succeeds().stdout;
        let takes = |name: &str, end: &str| help.contains(&format!("--{name}{end}"));
        let taken: Vec<_> = names(&action, "inputs")
            .into_iter()
            .filter(|name| !matches!(&**name, "command" | "kore" | "path" | "id" | "bot"))
            .filter(|name| takes(name, " <") || takes(name, "\n"))
            .collect();
        let value = |name: &str| if takes(name, " <") { format!("a {name}") } else { "true".to_owned() };
        let given: Vec<_> = taken.iter().map(|name| (name.clone(), value(name))).collect();
        let mut inputs: Vec<_> = given.iter().map(|(name, value)| (&**name, &**value)).collect();
        inputs.extend([("command", command), (positional, "one\ntwo")]);
        let step = Step::instead(&inputs, "");
        let ran = step.run();
        assert_eq!(ran.code, 0, "{command}: {}", ran.log);
        let arguments = step.arguments();
        assert_eq!(arguments[..2], [subcommand, verb]);
        assert_eq!(arguments[arguments.len() - 3..], ["--", "one", "two"]);
        for (name, value) in &given {
            let flag = if value == "true" { format!("--{name}") } else { format!("--{name}={value}") };
            assert!(arguments.contains(&flag), "{command}: no {flag} in {arguments:?}");
            left.retain(|left| left != name);
        }
        // Beside these there are only those that the script adds itself.
        let own = arguments.iter().filter(|argument| argument.starts_with("--") && *argument != "--");
        let own = own.filter(|argument| !given.iter().any(|(name, _)| argument[2..].starts_with(&**name)));
        assert!(own.clone().all(|own| matches!(&**own, "--yes" | "--output")), "{arguments:?}");
    }
    assert!(left.is_empty(), "no command has a flag for {left:?}");
}

#[test]
fn no_value_is_run_split_expanded_or_taken_for_a_flag() {
    let hostile = [
        "$(touch pwned)",
        "`touch pwned`",
        "\"; touch pwned; \"",
        "'; touch pwned; '",
        "${{ secrets.X }}",
        "$HOME",
        "--full",
        "-x",
        "a b  c",
        "*",
        "a\nb",
        "::set-output name=x::y",
        "\\",
        "é\u{202e}",
    ];
    for value in hostile {
        let inputs =
            [("new", value), ("timeout", value), ("jwe-kid", value), ("host", value), ("path", value)];
        let step = Step::instead(&inputs, "ls >listed");
        assert_eq!(step.run().code, 0, "{value}");
        let mut expected: Vec<_> = ["import", "run", "--yes", "--output", "json"].map(str::to_owned).into();
        expected.extend(["new", "timeout", "host", "jwe-kid"].map(|flag| format!("--{flag}={value}")));
        expected.push("--".to_owned());
        expected.extend(value.lines().map(str::to_owned));
        assert_eq!(step.arguments(), expected, "{value}");
        assert!(!step.home.path().join("pwned").exists(), "{value}");
    }
    let step = Step::instead(&[("new", "x"), ("path", "one\r\n\r\n two \r\n-3")], "");
    step.run();
    assert_eq!(step.arguments()[6..], ["--", "one", " two ", "-3"]);
    for (name, value) in names(&action(), "inputs")
        .iter()
        .filter(|name| *name != "command")
        .map(|name| (name, "$(touch pwned)"))
    {
        let step = Step::new(&[(name, value), ("path", "bot")]);
        step.command().output().expect("bash");
        assert!(!step.home.path().join("pwned").exists(), "{name}");
    }
}

#[test]
fn expressions_stand_in_variables_alone() {
    let action = action();
    assert!(!action["runs"]["steps"][0]["run"].as_str().expect("a script").contains("${{"));
    let script = fs::read_to_string(folder().join("run.sh")).expect("the script");
    assert!(!script.contains("${{") && !script.contains("eval"), "{script}");
    for of in ["inputs", "outputs"] {
        for name in names(&action, of) {
            assert!(action[of][&name]["description"].as_str().is_some_and(|text| text.len() > 8), "{name}");
        }
    }
}

#[test]
fn each_exit_code_is_kept_and_told_in_a_word() {
    let known = [
        (0, "succeeded"),
        (1, "failed"),
        (2, "wrong_settings"),
        (3, "not_over"),
        (4, "refused"),
        (5, "other_response"),
        (6, "no_response"),
        (7, "not_written"),
        (8, "in_doubt"),
        (129, "stopped"),
        (130, "stopped"),
        (143, "stopped"),
        (99, "unknown"),
    ];
    for (code, word) in known {
        let ran = Step::instead(&IMPORT, &format!("exit {code}")).run();
        assert_eq!((ran.code, &*ran.outputs["outcome"]), (code, word), "{}", ran.log);
        let documented = action()["outputs"]["outcome"]["description"].as_str().expect("a text").to_owned();
        assert!(documented.contains(word), "{word}");
    }
}

#[test]
fn no_document_can_end_its_output_or_set_another() {
    for document in ["EOF\nexit-code=0\noutcome<<x\nsucceeded\nx", "a\n\n b ", "end-\nend-00", "{}"] {
        let step = Step::instead(&IMPORT, &format!("printf '%s\\n' {}; exit 1", quoted(document)));
        let ran = step.run();
        assert_eq!((ran.code, &*ran.outputs["outcome"]), (1, "failed"), "{document}");
        assert_eq!(ran.outputs["json"], document);
        assert_eq!(fs::read_to_string(&ran.outputs["json-file"]).expect("a file"), format!("{document}\n"));
    }
    let long = Step::instead(&IMPORT, "head -c 500000 /dev/zero | tr '\\0' x");
    let ran = long.run();
    assert_eq!((ran.code, &*ran.outputs["json"]), (0, ""));
    assert!(ran.log.contains("too large for the output json"), "{}", ran.log);
    assert_eq!(fs::metadata(&ran.outputs["json-file"]).expect("a file").len(), 500_000);
}

fn quoted(text: &str) -> String {
    format!("'{text}'")
}

#[test]
fn a_dry_run_is_shown() {
    let ran = Step::importing("https://kore.invalid", &[&NEW[..], &[("dry-run", "true")]].concat()).run();
    assert_eq!((ran.code, &*ran.outputs["outcome"]), (0, "succeeded"), "{}", ran.log);
    assert!(ran.log.contains("appDefinition.json"), "{}", ran.log);
}

#[test]
fn a_job_that_is_cancelled_ends_kore_in_order() {
    for signal in [Signal::INT, Signal::TERM] {
        let platform = run::Platform::start(|emulator| emulator.import(samples::running()));
        let id = platform.emulator.import_ids()[0].to_string();
        let step = Step::importing(&platform.emulator.url(), &[("command", "watch"), ("id", &id)]);
        let path = step.home.path().join("log");
        let log = fs::File::create(&path).expect("a file");
        // Whatever this process ignores, the script of a runner does not.
        let plain = step.command();
        let mut command = Command::new("/usr/bin/env");
        command.args(["--default-signal=INT,TERM", "--"]).arg(plain.get_program()).args(plain.get_args());
        command.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(step.home.path()).stdin(Stdio::null());
        command.stdout(log.try_clone().expect("a handle")).stderr(log);
        let mut child = command.spawn().expect("bash");
        let read = || fs::read_to_string(&path).expect("the log");
        until("it is polled", || read().contains(&id));
        send(&child, signal);
        let code = code(&mut child);
        let ran = step.ran(code, read());
        assert_eq!((ran.code, &*ran.outputs["outcome"]), (143, "stopped"), "{}", ran.log);
        assert!(ran.log.contains("To resume"), "{}", ran.log);
        assert!(ran.outputs["json"].contains("\"outcome\":\"cancelled\""), "{}", ran.outputs["json"]);
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "whoever reads the output is to see that something was not checked")]
fn shellcheck_finds_nothing() {
    let Ok(found) = Command::new("shellcheck").arg("--severity=style").arg(folder().join("run.sh")).output()
    else {
        eprintln!("SKIPPED: shellcheck of the action's script because it is not installed");
        return;
    };
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stdout));
}

#[test]
fn the_documented_steps_have_its_inputs_and_outputs() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pipelines.md");
    let page = fs::read_to_string(page).expect("the page");
    let blocks = page.split("```yaml\n").skip(1).filter_map(|block| block.split("```").next());
    let action = action();
    let mut seen = 0;
    for block in blocks.filter(|block| block.contains("actions/kore")) {
        let steps: Value = serde_saphyr::from_str(block).expect("YAML");
        for step in steps.as_array().expect("steps").iter().filter(|step| !step["with"].is_null()) {
            for name in names(step, "with") {
                assert!(!action["inputs"][&name].is_null(), "no input {name}");
                seen += 1;
            }
        }
        for output in block.split(".outputs.").skip(1) {
            let name = output.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().expect("a name");
            assert!(!action["outputs"][name].is_null(), "no output {name}");
            seen += 1;
        }
    }
    assert!(seen >= 4, "only {seen} were found");
}
