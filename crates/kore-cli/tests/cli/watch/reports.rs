//! `--junit`, `--summary` and what GitHub Actions is told.

use std::process::Command;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus};

use super::script::{Script, document, failed, running, succeeded};

const HOSTILE: &str = r#"{"_id":"bir-x","status":"failed","statusLogs":[
    {"taskType":"Dialog","taskName":"a\u0000\u001b[31m]]>&<b>\"'","status":"success"},
    {"taskType":"Dialog","taskName":"same","status":"success"},
    {"taskType":"Dialog","taskName":"same (2)","status":"success"},
    {"taskType":"Dialog","taskName":"same","status":"pending"},
    {"taskType":"Form","taskName":"same","status":"odd"},
    {"taskType":"Fo|rm","taskName":"`x`|<img src=x>\n::error::y, 50%","status":"failed","error":"line 1\r\nline \u0007 2","code":7},
    {"taskType":7,"status":"failed"}]}"#;

fn script() -> Script {
    Script::new()
        .import("bir-good", &succeeded("bir-good"))
        .import("bir-bad", &failed("bir-bad"))
        .import("bir-slow", &running("bir-slow"))
        .import("bir-x", &[HOSTILE.to_owned()])
        .import("bir-silent", &[document("bir-silent", "failed", &[("a", "success")])])
        .import("bir-empty", &[document("bir-empty", "success", &[])])
}

/// The text of the report for these imports.
fn junit(ids: &[&str]) -> String {
    let kore = script().watch(ids).args(["--timeout", "300ms", "--junit"]);
    let path = kore.home().join("junit.xml");
    let mut kore = kore.arg(&path);
    kore.run();
    std::fs::read_to_string(path).expect("written")
}

fn cases(xml: &str) -> Vec<TestCase> {
    let report = Report::deserialize_from_str(xml).expect("JUnit");
    report.test_suites.into_iter().flat_map(|suite| suite.test_cases).collect()
}

fn names(cases: &[TestCase]) -> Vec<(&str, &str)> {
    let class = |case: &TestCase| case.classname.as_ref().map(|class| class.as_str().to_owned());
    assert!(cases.iter().all(|case| class(case).is_some()));
    cases.iter().map(|case| (case.classname.as_ref().expect("seen").as_str(), case.name.as_str())).collect()
}

#[test]
fn each_task_is_a_test_case_and_a_failure_says_why() {
    let xml = junit(&["bir-x"]);
    let cases = cases(&xml);
    assert_eq!(
        names(&cases),
        [
            ("Dialog", r#"a\u{0}\u{1b}[31m]]>&<b>"'"#),
            ("Dialog", "same"),
            ("Dialog", "same (2)"),
            ("Dialog", "same (3)"),
            ("Form", "same"),
            ("Fo|rm", r"`x`|<img src=x>\n::error::y, 50%"),
            ("7", "-"),
        ]
    );
    assert!(matches!(cases[3].status, TestCaseStatus::Skipped { .. }));
    assert!(matches!(cases[4].status, TestCaseStatus::Skipped { .. }));
    let TestCaseStatus::NonSuccess { kind, message, description, .. } = &cases[5].status else {
        panic!("it failed: {xml}")
    };
    assert_eq!(*kind, NonSuccessKind::Failure);
    assert_eq!(message.as_ref().expect("a message").as_str(), "line 1");
    let body = description.as_ref().expect("a body").as_str();
    assert_eq!(body, "status: failed\nerror: line 1\nline \\u{7} 2\ncode: 7");
}

#[test]
fn a_report_is_green_only_for_a_success() {
    for (id, bad, count) in [
        ("bir-good", 0, 1),
        ("bir-empty", 0, 1),
        ("bir-bad", 1, 2),
        ("bir-silent", 1, 2),
        ("bir-slow", 1, 3),
        ("bir-none", 1, 1),
    ] {
        let cases = cases(&junit(&[id]));
        let not =
            cases.iter().filter(|case| matches!(case.status, TestCaseStatus::NonSuccess { .. })).count();
        assert_eq!((not, cases.len()), (bad, count), "{id}");
    }
}

/// The schema is our own wording of what the readers agree on; it knows GitLab's rule that class
/// and name together are unique.
#[test]
#[allow(clippy::print_stderr, reason = "that nothing was checked has to be seen")]
fn reports_are_valid_junit() {
    let xmllint = || Command::new("xmllint");
    if xmllint().arg("--version").output().is_err() {
        // `cargo xtask ci` says it at its end too.
        eprintln!("SKIPPED: the schema of JUnit because xmllint is not installed (libxml2-utils)");
        return;
    }
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/watch/junit.xsd");
    let directory = tempfile::TempDir::new().expect("a directory");
    let valid = |xml: &str| {
        let path = directory.path().join("junit.xml");
        std::fs::write(&path, xml).expect("written");
        let output = xmllint().args(["--noout", "--schema", schema]).arg(path).output().expect("it runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let xml = junit(&["bir-good", "bir-bad", "bir-slow", "bir-x", "bir-silent", "bir-empty", "bir-none"]);
    let (is_valid, why) = valid(&xml);
    assert!(is_valid, "{why}");
    let (is_valid, _) = valid(&xml.replace("same (3)", "same"));
    assert!(!is_valid, "the schema does not see names that repeat");
}

#[test]
fn a_summary_is_markdown_in_which_no_name_means_anything() {
    let kore = script().watch(&["bir-x", "bir-slow"]).args(["--timeout", "300ms"]);
    let (own, steps) = (kore.home().join("own.md"), kore.home().join("steps.md"));
    std::fs::write(&steps, "before\n").expect("written");
    let mut kore = kore.arg("--summary").arg(&own).env("GITHUB_STEP_SUMMARY", &steps);
    kore.run();
    let summary = std::fs::read_to_string(own).expect("written");
    assert_eq!(std::fs::read_to_string(steps).expect("there"), format!("before\n{summary}"));
    assert!(summary.contains("2 imports: 1 failed, 1 not over at the deadline"), "{summary}");
    assert!(!summary.contains("<img") && !summary.contains("`x`"), "{summary}");
    let row = summary.lines().find(|line| line.contains("50&#37;")).expect("the failed task");
    assert_eq!(row.matches('|').count(), 6, "{row}");
    assert!(summary.contains("```sh\n") && summary.contains(" --resume "), "{summary}");
}

#[test]
fn a_summary_that_is_the_one_of_the_job_is_added_once() {
    let kore = script().watch(&["bir-good"]);
    let steps = kore.home().join("steps.md");
    let mut kore = kore.arg("--summary").arg(&steps).env("GITHUB_STEP_SUMMARY", &steps);
    kore.succeeds();
    let summary = std::fs::read_to_string(steps).expect("written");
    assert_eq!(summary.matches("## Bot import").count(), 1, "{summary}");
}

#[test]
fn failed_tasks_are_annotations_on_github() {
    let annotations = |ids: &[&str], args: &[&str], stderr: bool| {
        let mut kore =
            script().watch(ids).args(["--timeout", "300ms"]).args(args).env("GITHUB_ACTIONS", "true");
        let run = kore.run();
        let text = if stderr { run.stderr } else { run.stdout };
        text.lines().filter(|line| line.starts_with("::")).map(str::to_owned).collect::<Vec<_>>()
    };
    let lines = annotations(&["bir-x"], &[], false);
    assert_eq!(
        lines[0],
        "::error title=Fo|rm `x`|<img src=x>\\n%3A%3Aerror%3A%3Ay%2C 50%25 failed in bot import bir-x\
         ::Fo|rm `x`|<img src=x>\\n::error::y, 50%25: failed%0Aerror: line 1%0Aline \\u{7} 2%0Acode: 7"
    );
    assert_eq!(lines.len(), 2);
    let slow = annotations(&["bir-slow"], &["--output", "json"], true);
    assert_eq!(slow.len(), 1);
    assert!(slow[0].starts_with("::error title=Bot import bir-slow::not over at the deadline: "), "{slow:?}");
    assert!(annotations(&["bir-good"], &[], false).is_empty());
}

/// A report replaces its file; a secret or a configuration that stood there would be gone.
#[cfg(unix)]
#[test]
fn a_report_never_replaces_a_file_that_is_read() {
    let script = script();
    let running = script.watch(&["bir-slow", "--timeout", "300ms", "-o", "json"]).run();
    let config = "[profiles.dev]\nclient_secret_file = 'secret.txt'\n";
    let (_, ca) = crate::tls::authority("another");
    let all = || {
        let kore = script.watch(&["bir-good"]).file("secret.txt", crate::run::SECRET);
        let kore = kore.file("config.toml", config).file("ended.json", &running.stdout).file("ca.pem", &ca);
        std::fs::hard_link(kore.home().join("secret.txt"), kore.home().join("hard.txt")).expect("linked");
        std::os::unix::fs::symlink("secret.txt", kore.home().join("link.txt")).expect("linked");
        kore
    };
    let path = |kore: &crate::run::Kore, name: &str| kore.home().join(name).display().to_string();
    for (option, name, report) in [
        ("--client-secret-file", "secret.txt", "secret.txt"),
        ("--client-secret-file", "secret.txt", "hard.txt"),
        ("--client-secret-file", "secret.txt", "link.txt"),
        ("--config", "config.toml", "config.toml"),
        // Read by way of the profile.
        ("--config", "config.toml", "secret.txt"),
        ("--resume", "ended.json", "ended.json"),
        ("--ca-file", "ca.pem", "ca.pem"),
    ] {
        for flag in ["--junit", "--summary"] {
            let kore = all();
            let before = std::fs::read(kore.home().join(report)).expect("there");
            let values = [path(&kore, name), path(&kore, report)];
            let mut kore = kore.args([option, &*values[0], flag, &*values[1]]);
            if option == "--config" {
                kore = kore.env("KORE_PROFILE", "dev").env("KORE_CLIENT_SECRET", "");
            }
            let run = kore.run();
            assert_eq!(run.code, 2, "{option} {report}: {}{}", run.stdout, run.stderr);
            run.says(&[&format!("error: {flag} "), "is read from that file", "hint: a report needs"]);
            assert_eq!(std::fs::read(kore.home().join(report)).expect("there"), before, "{option}");
        }
    }
}
