//! Where reports are written: files of any kind, and places that cannot be written.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::script::{Script, document, failed, succeeded};
use crate::run::Kore;

/// An ordinary user, who is not let in everywhere as root is.
const NOBODY: u32 = 65_534;

const STEP_LIMIT: usize = 1024 * 1024;

fn script() -> Script {
    Script::new().import("bir-1", &succeeded("bir-1"))
}

/// Refused with exit code 2, before the first poll.
fn refused(script: &Script, kore: Kore, says: &[&str]) {
    let run = { kore }.fails(2);
    run.says(says);
    assert_eq!(script.looks("bir-1"), 0);
}

fn is_root() -> bool {
    fs::metadata("/proc/self").expect("Linux has it").uid() == 0
}

/// Runs it as a user to whom the modes of files mean something, in its home.
fn run_as_user(kore: Kore) -> Output {
    let home = kore.home().to_owned();
    let (command, _home) = kore.into_plain_command();
    let binary = home.join("kore");
    fs::copy(command.get_program(), &binary).expect("a copy that anyone may run");
    let mut user = Command::new(&binary);
    user.args(command.get_args()).env_clear().current_dir(&home);
    user.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if is_root() {
        fs::set_permissions(&home, fs::Permissions::from_mode(0o755)).expect("changed");
        user.uid(NOBODY).gid(NOBODY);
    }
    user.output().expect("it starts")
}

/// A folder in the home in which nothing can be made anew, with a file of that mode.
fn closed_folder(kore: &Kore, mode: u32) -> PathBuf {
    let folder = kore.home().join("closed");
    fs::create_dir(&folder).expect("made");
    let report = folder.join("report.xml");
    fs::write(&report, "before").expect("written");
    fs::set_permissions(&report, fs::Permissions::from_mode(mode)).expect("changed");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).expect("changed");
    report
}

#[test]
fn a_file_in_a_folder_that_takes_no_new_ones_is_written_in_its_place() {
    let script = script();
    let kore = script.watch(&["bir-1", "--junit", "closed/report.xml"]);
    let report = closed_folder(&kore, 0o666);
    // It is read before the home goes.
    let kept = report.with_file_name("kept");
    fs::hard_link(&report, &kept).expect("linked");
    let home = kore.home().parent().expect("a folder").join(format!("kept-{}", std::process::id()));
    fs::hard_link(&report, &home).expect("linked");
    let run = run_as_user(kore);
    let text = fs::read_to_string(&home).expect("there");
    fs::remove_file(home).expect("removed");
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(text.contains("bir-1"), "{text}");
}

#[test]
fn a_place_that_cannot_be_written_is_told_before_the_first_poll() {
    let script = script();
    for (file, mode) in [("report.xml", 0o444), ("other.xml", 0o666)] {
        for flag in ["--junit", "--summary"] {
            let kore = script.watch(&["bir-1", flag, &format!("closed/{file}")]);
            closed_folder(&kore, mode);
            let run = run_as_user(kore);
            let stderr = String::from_utf8(run.stderr).expect("UTF-8");
            assert_eq!(run.status.code(), Some(2), "{stderr}");
            let told = stderr.to_lowercase();
            assert!(told.starts_with(&format!("error: {flag} closed/{file}: permission denied")), "{stderr}");
        }
    }
    assert_eq!(script.looks("bir-1"), 0);
    for place in ["/proc/report.xml", "/no/such/report.xml", "/tmp"] {
        for flag in ["--junit", "--summary"] {
            let kore = script.watch(&["bir-1", flag, place]);
            refused(&script, kore, &[&format!("error: {flag} {place}: ")]);
        }
    }
}

#[test]
fn a_step_summary_that_cannot_be_written_is_a_warning() {
    for place in ["/proc/summary.md", "/no/such/summary.md", "/tmp"] {
        let mut kore = script().watch(&["bir-1"]).env("GITHUB_STEP_SUMMARY", place);
        let run = kore.succeeds();
        run.says(&["warning: no summary for GitHub: GITHUB_STEP_SUMMARY: "]);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
}

#[test]
fn standard_output_is_no_place_for_a_report() {
    let script = script();
    for flag in ["--junit", "--summary"] {
        let says = ["error: ", " -: standard output has what --output says", "hint: "];
        refused(&script, script.watch(&["bir-1", flag, "-"]), &says);
        // It would be written over what is there.
        let kore = script.watch(&["bir-1", flag, "/dev/stdout"]);
        let file = fs::File::create(kore.home().join("out.txt")).expect("created");
        let (mut command, _home) = kore.into_command();
        let run = command.stdout(file).output().expect("it starts");
        assert_eq!(run.status.code(), Some(2));
        let stderr = String::from_utf8_lossy(&run.stderr);
        assert!(stderr.contains("/dev/stdout: standard output goes there already"), "{stderr}");
    }
    assert_eq!(script.looks("bir-1"), 0);
    let piped = script.watch(&["bir-1", "--junit", "/dev/stdout"]).succeeds();
    assert!(piped.stdout.contains("<testsuite name=\"bir-1\""), "{}", piped.stdout);
}

#[test]
fn two_reports_are_two_files() {
    let script = script();
    let both = |name: &str| {
        let kore = script.watch(&["bir-1"]);
        let home = kore.home().to_owned();
        fs::write(home.join("file"), "").expect("written");
        symlink("file", home.join("soft")).expect("linked");
        fs::hard_link(home.join("file"), home.join("hard")).expect("linked");
        symlink("new", home.join("dangling")).expect("linked");
        let [one, other] = if name == "dangling" { ["new", name] } else { ["file", name] };
        (kore, home.join(one), home.join(other))
    };
    for name in ["file", "./file", "soft", "hard", "dangling"] {
        let (kore, one, other) = both(name);
        let kore = kore.arg("--junit").arg(&one).arg("--summary").arg(&other);
        refused(&script, kore, &["error: --junit ", ": the file of --summary is the same"]);
        let (kore, one, other) = both(name);
        let kore = kore.arg("--junit").arg(&one).env("GITHUB_STEP_SUMMARY", other);
        refused(&script, kore, &["error: --junit ", ": the file of GITHUB_STEP_SUMMARY is the same"]);
    }
    script.watch(&["bir-1", "--junit", "/dev/null", "--summary", "/dev/null"]).succeeds();
}

#[test]
fn a_report_keeps_the_mode_and_the_owner_of_its_file() {
    for mode in [0o600, 0o640, 0o666] {
        let kore = script().watch(&["bir-1"]);
        let report = kore.home().join("report.xml");
        fs::write(&report, "before").expect("written");
        fs::set_permissions(&report, fs::Permissions::from_mode(mode)).expect("changed");
        if is_root() {
            chown(&report, Some(NOBODY), Some(NOBODY)).expect("changed");
        }
        let before = fs::metadata(&report).expect("there");
        let mut kore = kore.arg("--junit").arg(&report);
        kore.succeeds();
        let after = fs::metadata(&report).expect("there");
        assert_eq!(after.permissions().mode() & 0o7777, mode);
        assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
        assert!(fs::read_to_string(&report).expect("read").contains("bir-1"));
    }
}

/// As a container mounts a file of its host: another cannot take its name.
#[test]
#[allow(clippy::print_stderr, reason = "that nothing was checked has to be seen")]
fn a_report_that_is_mounted_by_itself_is_written_in_its_place() {
    let may = |flags: &str| {
        Command::new("unshare")
            .args([flags, "mount", "--bind", "/tmp", "/tmp"])
            .output()
            .is_ok_and(|run| run.status.success())
    };
    let Some(flags) = ["-m", "-rm"].into_iter().find(|flags| may(flags)) else {
        eprintln!("SKIPPED: a report that is mounted by itself, because this user may mount nothing");
        return;
    };
    for (options, code, looks) in [("bind", 0, 1), ("bind,ro", 2, 0)] {
        let script = script();
        let kore = script.watch(&["bir-1", "--junit", "report.xml", "--summary", "summary.md"]);
        let home = kore.home().to_owned();
        for file in ["report.xml", "summary.md"] {
            fs::write(home.join(file), "before, and longer than nothing").expect("written");
        }
        let mounted = format!(
            "for file in report.xml summary.md; do \
             mount --bind $file $file && mount -o remount,{options} $file || exit 99; done; exec \"$@\""
        );
        let (kore, _home) = kore.into_plain_command();
        let mut run = Command::new("unshare");
        run.args([flags, "sh", "-c", &mounted, "sh"]).arg(kore.get_program()).args(kore.get_args());
        run.envs(kore.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(&home);
        let run = run.output().expect("it starts");
        assert_eq!(run.status.code(), Some(code), "{}", String::from_utf8_lossy(&run.stderr));
        assert_eq!(script.looks("bir-1"), looks);
        for file in ["report.xml", "summary.md"] {
            let text = fs::read_to_string(home.join(file)).expect("read");
            assert_eq!(text.contains("bir-1"), code == 0, "{file}: {text}");
        }
    }
}

/// So many failed tasks, each with a reason that is long, and longer in Markdown.
fn many_failed(count: usize, length: usize) -> Script {
    let why = "*".repeat(length);
    let task =
        |n| format!(r#"{{"taskType":"Dialog","taskName":"task {n}","status":"failed","error":"{why}"}}"#);
    let tasks: Vec<_> = (0..count).map(task).collect();
    let body = format!(r#"{{"_id":"bir-1","status":"failed","statusLogs":[{}]}}"#, tasks.join(","));
    Script::new().import("bir-1", &[body])
}

fn watch_in_step(script: &Script, summary: &Path) -> crate::run::Run {
    let run = script.watch(&["bir-1"]).env("GITHUB_STEP_SUMMARY", summary).run();
    assert_eq!(run.code, 1, "{}", run.stderr);
    run
}

#[test]
fn a_step_summary_stays_below_the_limit_of_github() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let summary = folder.path().join("summary.md");
    let script = many_failed(2000, 600);
    let mut shown = Vec::new();
    for watches in 1..=3 {
        watch_in_step(&script, &summary);
        let text = fs::read_to_string(&summary).expect("written");
        assert!(text.len() <= STEP_LIMIT, "{}", text.len());
        assert_eq!(text.matches("## Bot import\n").count(), watches);
        let last = text.rsplit("## Bot import\n").next().expect("this watch");
        let tasks = last.matches("| bir-1 | Dialog | task ").count();
        let left = 2000 - tasks;
        let note = format!("… and {left} more failed tasks, left out here: --output json and --junit would");
        let is_noted = last.contains(&note) || tasks == 0 && last.contains("… all else is left out");
        assert!(is_noted, "{note}: {last}");
        shown.push(tasks);
    }
    assert!(shown[0] == 200 && (1..200).contains(&shown[1]), "what there is room for is used: {shown:?}");
}

#[test]
fn a_step_summary_without_room_is_left_as_it_is() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let summary = folder.path().join("summary.md");
    let script = Script::new().import("bir-1", &failed("bir-1"));
    for (room, is_noted) in [(0, false), (10, false), (500, true), (1_500, true)] {
        let before = "x".repeat(STEP_LIMIT - room);
        fs::write(&summary, &before).expect("written");
        let run = watch_in_step(&script, &summary);
        let after = fs::read_to_string(&summary).expect("there");
        assert!(after.starts_with(&before) && after.len() <= STEP_LIMIT);
        assert_eq!(after.len() > before.len(), is_noted, "{room}");
        assert_eq!(run.stderr.contains("warning: no summary for GitHub: "), !is_noted, "{}", run.stderr);
    }
    fs::write(&summary, "x".repeat(2 * STEP_LIMIT)).expect("written");
    watch_in_step(&script, &summary).says(&["is full"]);
}

#[test]
fn a_document_of_many_tasks_has_a_thousand_lines_and_a_count() {
    let script = many_failed(20_000, 10);
    let kore = script.watch(&["bir-1"]);
    let report = kore.home().join("report.xml");
    let mut kore = kore.arg("--junit").arg(&report);
    let run = kore.run();
    assert_eq!(run.code, 1, "{}", run.stderr);
    let tasks = run.stdout.lines().filter(|line| line.contains(" bir-1 Dialog task ")).count();
    // The end names a hundred of them again, and says how many more there are.
    assert_eq!((tasks, run.stdout.lines().count()), (1000, 1003 + 101));
    assert!(run.stdout.ends_with("bir-1   … and 19900 more that failed\n"));
    assert!(
        run.stdout.contains("bir-1 … and 19000 more changes to tasks; --output json"),
        "where the rest is"
    );
    let xml = fs::read_to_string(&report).expect("written");
    assert_eq!(xml.matches("<failure").count(), 20_000, "the report has all");
    // On standard error it is the same.
    let json = script.watch(&["bir-1", "--output", "json"]).run();
    assert!(json.stderr.lines().count() < 1010 + 101);
    // A few are all shown.
    let few = Script::new().import("bir-1", &[document("bir-1", "success", &[("a", "success"); 900])]);
    assert_eq!(few.watch(&["bir-1"]).succeeds().stdout.lines().count(), 902);
}
