//! The examples of kore-sdk, each run as a process against an emulator, as their users run them.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

use kore_emulator::{App, Emulator, Mode, Scenario, Task, samples};
use kore_sdk::auth::Secret;
use tokio::runtime::Runtime;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/kore-sdk/examples");

const BOT: &str = "st-7c1e";

const SECRET: &str = "the-secret-of-the-examples";

/// The folder of the programs. Cargo builds them when all tests are run, and not when a few are; so
/// it is asked once more, with the same features, which leaves nothing to do if they are there.
fn programs() -> &'static PathBuf {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "--workspace", "--all-features"]);
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        names().iter().for_each(|name| {
            cargo.args(["--example", name]);
        });
        // The inner cargo must not inherit the variables that the outer one sets for this package.
        let outer = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(outer)) {
            cargo.env_remove(name);
        }
        assert!(cargo.current_dir(FOLDER).status().expect("cargo starts").success(), "{cargo:?}");
        let this = std::env::current_exe().expect("this program has a path");
        let deps = this.parent().expect("it is in a folder");
        deps.parent().expect("deps is in a folder").join("examples")
    })
}

fn names() -> Vec<String> {
    let files = std::fs::read_dir(FOLDER).expect("the folder is there");
    let stem = |file: std::io::Result<std::fs::DirEntry>| {
        let path = file.expect("it can be listed").path();
        path.file_stem().expect("a name").to_str().expect("a plain name").to_owned()
    };
    files.map(stem).collect()
}

/// An emulator with an import that succeeded, one that runs and one that failed.
struct Platform {
    runtime: Runtime,
    emulator: Emulator,
}

impl Platform {
    fn start() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let app = App::new("cs-1f".parse().expect("valid"), Secret::new(SECRET).expect("not empty"));
        let emulator = Emulator::builder()
            .app(app)
            .bot(BOT.parse().expect("valid"))
            .import(samples::succeeded())
            .import(samples::running())
            .import(samples::failed());
        let emulator = runtime.block_on(emulator.start()).expect("a free port");
        Self { runtime, emulator }
    }

    fn ids(&self) -> [String; 3] {
        let ids = self.emulator.import_ids().iter().map(ToString::to_string).collect::<Vec<_>>();
        ids.try_into().expect("three imports")
    }

    /// What the example prints, and whether it ended well; it never prints the secret.
    fn run(&self, example: &str, arguments: &[&str]) -> (String, bool) {
        let Output { status, stdout, stderr } = Command::new(programs().join(example))
            .args(arguments)
            .env("KORE_HOST", self.emulator.url())
            .env("KORE_CLIENT_ID", "cs-1f")
            .env("KORE_CLIENT_SECRET", SECRET)
            .output()
            .expect("the example starts");
        let stderr = String::from_utf8(stderr).expect("text");
        let stdout = String::from_utf8(stdout).expect("text");
        assert!(!format!("{stdout}{stderr}").contains(SECRET), "{stdout}{stderr}");
        assert_eq!(stderr, "", "{example}: {stdout}");
        (stdout, status.success())
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        // The emulator ends its tasks on the runtime.
        let _guard = self.runtime.enter();
    }
}

#[test]
fn each_example_has_a_test() {
    let source = include_str!("examples.rs");
    for name in names() {
        assert!(source.contains(&format!("run(\"{name}\"")), "no test here runs the example {name}");
    }
}

#[test]
fn status_tells_how_each_import_is_going() {
    let platform = Platform::start();
    let [good, running, bad] = &platform.ids();
    assert_eq!(platform.run("status", &[good]), (format!("{good} succeeded\n"), true));
    assert_eq!(platform.run("status", &[running]), (format!("{running} is not over\n"), true));
    let (text, _) = platform.run("status", &[bad]);
    assert!(text.starts_with(&format!("{bad} failed\n  Some(")), "{text}");
}

#[test]
fn watch_ends_with_the_import() {
    let platform = Platform::start();
    let [good, _, bad] = &platform.ids();
    let (text, is_ok) = platform.run("watch", &[good]);
    assert!(is_ok && text.contains(": Some(Success)\n"), "{text}");
    assert!(text.ends_with(&format!("{good} succeeded\n")), "{text}");
    let (text, is_ok) = platform.run("watch", &[bad]);
    assert!(!is_ok && text.contains(&format!("{bad} failed\n  StatusLog")), "{text}");

    let pay = Task::new("Dialog", "Pay").outcome("failed").extra("error", "no entity");
    let scenario = Scenario::builder("pay").task(pay).build().expect("a scenario");
    // The first poll sees the dialog run, the second one that it failed.
    let live = platform.emulator.create(scenario, Mode::LOOKS).to_string();
    let (text, is_ok) = platform.run("watch", &[&live]);
    assert!(
        !is_ok && text.contains("Some(\"Pay\"): Some(InProgress)\nSome(\"Pay\"): now Some(Failed)\n"),
        "{text}"
    );
    assert!(text.contains(&format!("{live} failed\n")) && text.contains("no entity"), "{text}");
}

#[test]
fn watch_many_tells_of_each_import() {
    let platform = Platform::start();
    let [good, _, bad] = &platform.ids();
    let (text, is_ok) = platform.run("watch_many", &[good, bad]);
    assert!(is_ok && text.ends_with("1 succeeded\n"), "{text}");
    assert!(text.contains(&format!("{good} succeeded\n")), "{text}");
    assert!(text.contains(&format!("{bad} failed, in ")), "{text}");
}

#[test]
fn blocking_does_the_same_without_a_runtime() {
    let platform = Platform::start();
    let [good, _, bad] = &platform.ids();
    let (text, is_ok) = platform.run("blocking", &[good]);
    assert_eq!((&*text, is_ok), (&*format!("{good} has the status Some(Success)\n{good} succeeded\n"), true));
    let (text, _) = platform.run("blocking", &[bad]);
    assert!(text.contains(&format!("{bad} failed, in ")), "{text}");
}

#[test]
fn own_transport_sends_what_the_sdk_asks_for() {
    let platform = Platform::start();
    let [good, ..] = &platform.ids();
    let (text, is_ok) = platform.run("own_transport", &[good]);
    assert!(is_ok, "{text}");
    assert!(text.starts_with(&format!("/api/public/bot/import/status/{good}: 200 OK in ")), "{text}");
    assert!(text.ends_with(&format!("\n{good} has the status Some(Success)\n")), "{text}");
}

#[test]
fn import_bot_goes_from_a_folder_to_the_end() {
    let platform = Platform::start();
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("botDefinition.json", r#"{"dialogs":[{"localeData":{"en":{"name":"Pay"}}}]}"#);
    write("config.json", r#"{"name":"Shop","envVariables":[]}"#);
    let path = folder.path().to_str().expect("a plain name");
    let (text, is_ok) = platform.run("import_bot", &[BOT, path]);
    assert!(is_ok, "{text}");
    for line in ["botDefinition.json: ", "config.json: ", "starting\nbir-"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(text.ends_with(" started\nsucceeded\n"), "{text}");

    let (text, is_ok) = platform.run("import_bot", &["st-unknown", path]);
    assert!(!is_ok && text.contains("not started: "), "{text}");
}

#[test]
fn own_endpoint_lists_watches_and_deletes() {
    let (text, is_ok) = Platform::start().run("own_endpoint", &[]);
    let steps = r#"[Step { name: "Dialogs", status: Success }]"#;
    let lines = [
        r#"backups: ["b-1", "b-2"]"#,
        &format!("made: {steps}"),
        "deleted: 204 No Content",
        "unknown: the platform answered 404 Not Found: Unknown backup (code 404)",
    ];
    assert_eq!((text, is_ok), (lines.join("\n") + "\n", true));
}
