//! Help, version, completions, and arguments that are wrong.

use crate::run::{Kore, SECRET};

#[test]
fn durations_need_a_unit_and_more_than_zero() {
    for (value, says) in [("20", "write 20s"), ("0s", "more than zero"), ("soon", "such as 20s")] {
        let run = Kore::new(["import", "status", "bir-1", "--timeout", value]).run();
        assert_eq!(run.code, 2);
        run.says(&[says, "--timeout"]);
    }
}

#[test]
fn a_secret_cannot_be_an_argument() {
    let run = Kore::new(["import", "status", "bir-1", &format!("--client-secret={SECRET}")]).run();
    assert_eq!(run.code, 2);
    run.says(&["--client-secret-file"]);
}

#[test]
fn help_says_what_counts_and_shows_no_value_of_the_environment() {
    let help = |args: &[&str]| {
        let mut kore = Kore::new(args).env("KORE_CLIENT_SECRET", SECRET).env("KORE_JWT", "eyJ.a.b");
        kore.succeeds().stdout
    };
    let whole = help(&["--help"]);
    let variables =
        ["HOST", "CLIENT_ID", "CLIENT_SECRET", "CLIENT_SECRET_FILE", "JWT", "SUBJECT", "JTI=1", "PROFILE"];
    for name in variables {
        assert!(whole.contains(&format!("  KORE_{name} ")), "{name}: {whole}");
    }
    for help in [whole, help(&["import", "status", "--help"])] {
        for code in 0..=7 {
            assert!(help.contains(&format!("\n  {code}  ")), "{code}: {help}");
        }
        assert!(help.contains("Examples:"), "{help}");
    }
}

#[test]
fn the_help_of_a_command_lists_the_variables_that_no_flag_stands_for() {
    for command in [&["import", "status", "--help"][..], &["import", "watch", "--help"], &["token", "--help"]]
    {
        let help = Kore::new(command).succeeds().stdout;
        for name in ["KORE_CLIENT_SECRET", "KORE_JWT"] {
            assert!(help.contains(&format!("\n  {name} ")), "{name}: {help}");
        }
    }
}

#[test]
fn the_help_of_a_watch_has_its_codes_and_the_keys_of_its_documents() {
    let help = Kore::new(["import", "watch", "--help"]).succeeds().stdout;
    for text in (0..=7).map(|code| format!("\n  {code}  ")).chain([
        "\n  129, 130, 143  ".to_owned(),
        "<BIR>…".to_owned(),
        "about_another".to_owned(),
        "finished (exit_code, resume_command)".to_owned(),
    ]) {
        assert!(help.contains(&text), "{text}: {help}");
    }
    assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
}

#[test]
fn the_help_shows_the_id_as_needed() {
    let help = Kore::new(["import", "status", "--help"]).succeeds().stdout;
    assert!(help.contains("status [OPTIONS] <BIR>\n") && help.contains("\n  <BIR>\n"), "{help}");
    assert!(help.contains("a newline is added"), "{help}");
}

#[test]
fn what_is_nearly_right_is_told_with_what_is_right() {
    for (args, says) in [
        (&["status", "bir-1"][..], "'import status'"),
        (&["watch", "bir-1"], "'import watch'"),
        (&["run", "bot"], "'import run'"),
        (&["start", "bot"], "'import start'"),
        (&["import", "run", "bot", "--json"], "'--output json'"),
        (&["import", "watch", "bir-1", "--json"], "'--output json'"),
        (&["import", "status", "bir-1", "--json"], "'--output json'"),
        (&["import", "status", "--json"], "'--output json'"),
        (&["import", "stauts"], "'status'"),
    ] {
        let run = Kore::new(args).run();
        assert_eq!(run.code, 2);
        run.says(&["error: ", "tip: ", " similar ", says]);
        assert!(!run.stderr.contains("as a value"), "{}", run.stderr);
    }
    // It has no output to choose.
    assert!(!Kore::new(["token", "--json"]).run().stderr.contains("--output"));
}

#[test]
fn an_argument_that_another_command_needs_is_still_needed() {
    let run = Kore::new(["completions"]).run();
    assert_eq!(run.code, 2);
    run.says(&["required", "<SHELL>"]);
}

#[test]
fn a_command_without_its_own_command_shows_its_help() {
    for args in [&[][..], &["import"][..]] {
        let run = Kore::new(args).run();
        assert_eq!(run.code, 2);
        run.says(&["Usage: kore", "Commands:"]);
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let run = Kore::new(["--version"]).succeeds();
    assert_eq!(run.stdout, format!("kore {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_name_the_commands_for_each_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = Kore::new(["completions", shell]).succeeds();
        assert!(run.stdout.contains("emulator") && run.stdout.contains("exit-status"), "{shell}");
    }
    assert_eq!(Kore::new(["completions", "csh"]).run().code, 2);
}

#[test]
fn a_log_filter_that_is_none_is_a_warning() {
    let run = Kore::new(["demo"]).env("RUST_LOG", "kore=loud").succeeds();
    run.says(&["warning: no log: RUST_LOG is not a filter"]);
}

#[test]
fn the_help_of_the_command_speaks_of_each_kind_of_job() {
    let help = Kore::new(["--help"]).succeeds().stdout;
    for text in [
        "Imports, exports and publishes bots",
        "of imports, exports and publishes alike",
        "  1  the job failed",
    ] {
        assert!(help.contains(text), "{text:?} in {help}");
    }
}
