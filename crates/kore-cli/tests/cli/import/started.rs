//! The whole way: files go up, the import is started and, by `run`, watched.

use serde_json::{Value, json};

use super::files::{CONFIG, DEFINITION, PNG};
use super::platform::{ID, Platform, Start};
use crate::run::Kore;

#[test]
fn a_start_prints_the_id_alone() {
    let platform = Platform::new(Start::Accepted);
    let run = platform.kore("start", &["--new", "Shop"]).succeeds();
    assert_eq!(run.stdout, format!("{ID}\n"));
    run.says(&[
        "the bot was exported by version 9.1.7 of the platform\n",
        "uploading appDefinition.json (83 bytes)",
        "uploaded functions.js",
        "starting the import into a new bot \"Shop\" …\n",
    ]);
    platform.seen(|seen| {
        let (names, contents): (Vec<_>, Vec<_>) = seen.uploads.iter().cloned().unzip();
        assert_eq!(names, ["appDefinition.json", "config.json", "Icon.png", "functions.js"]);
        assert_eq!(contents, [DEFINITION.as_bytes(), CONFIG.as_bytes(), PNG, b"function f() {}"]);
        let (path, body) = &seen.starts[0];
        assert_eq!((path.as_str(), seen.starts.len(), seen.polls), ("/api/public/bot/import", 1, 0));
        let id = |n| format!("5f0000000000000000000{n:03}");
        let files =
            json!({"botDefinition": id(1), "configInfo": id(2), "icon": id(3), "botFunctions": [id(4)]});
        for (key, value) in files.as_object().expect("an object") {
            assert_eq!(&body[key], value, "{body}");
        }
        assert_eq!((&body["name"], &body["uploadMode"]), (&json!("Shop"), &json!("JSON")));
    });
}

#[test]
fn the_response_of_a_start_is_printed_as_it_came_and_its_older_form_is_read() {
    let platform = Platform::new(Start::AcceptedAsBir);
    let run = platform.kore("start", &["--into", "st-1", "--full", "-o", "json"]).succeeds();
    assert_eq!(
        run.stdout,
        format!(
            "{{\"bir\":\"{ID}\",\"status\":\"pending\",\"statusLogs\":[], \"requestType\":\"Botimport\"}}\n"
        )
    );
    let run = platform.kore("start", &["--into", "st-1", "--full"]).succeeds();
    assert_eq!(run.stdout, format!("{ID}\n"));
    // It is what a watch takes from a pipe.
    let watched = Kore::watch(&platform.url, &["-"]).stdin(run.stdout.as_bytes()).succeeds();
    assert!(watched.stdout.contains(&format!("{ID} succeeded after ")), "{}", watched.stdout);
}

/// With keys in no order, a number beyond 64 bits, and a spelling of each that a parser changes.
const OPTIONS: &str = r#"{ "tasks": ["botTask"], "newKey":{"z": 1.50,"a":123456789012345678901234567890}, "e":1E2, "u":"\u00e9" }"#;

#[test]
fn options_are_sent_byte_for_byte() {
    let platform = Platform::new(Start::Accepted);
    let kore = platform.kore("start", &["--into", "st-1"]).file("o.json", &format!("\u{feff}{OPTIONS}\n"));
    let path = kore.home().join("o.json");
    kore.arg("--options").arg(path).succeeds();
    platform.seen(|seen| {
        assert_eq!(seen.starts[0].0, "/api/public/bot/st-1/import");
        let sent = format!(r#","importOptions":{OPTIONS}}}"#);
        assert!(seen.written[0].ends_with(&sent), "{}", seen.written[0]);
        assert_eq!(seen.uploads.len(), 3, "an icon is for a new bot alone");
    });
    platform.kore("start", &["--into", "st-1", "--full"]).succeeds();
    platform.seen(|seen| assert!(seen.starts[1].1.get("importOptions").is_none(), "{}", seen.starts[1].1));
}

#[test]
fn the_options_of_an_export_are_sent_byte_for_byte_too() {
    let platform = Platform::new(Start::Accepted);
    let export = |text: &str| {
        let kore = Kore::new(["export", "start", "st-1", "--options"]).file("o.json", text);
        let path = kore.home().join("o.json");
        let kore = kore.arg(path).env("KORE_HOST", &platform.url);
        kore.env("KORE_CLIENT_ID", crate::run::CLIENT_ID).env("KORE_CLIENT_SECRET", crate::run::SECRET)
    };
    export(OPTIONS).succeeds();
    let body = format!(r#"{{"allTasks":true, "exportOptions":{OPTIONS},"later":1.0,"exportType":"latest"}}"#);
    export(&body).succeeds();
    platform.seen(|seen| {
        assert_eq!(seen.written[0], format!(r#"{{"exportType":"latest","exportOptions":{OPTIONS}}}"#));
        let values =
            format!(r#"{{"allTasks":true,"exportOptions":{OPTIONS},"later":1.0,"exportType":"latest"}}"#);
        assert_eq!(seen.written[1], values);
    });
    for (text, says) in [
        (r#"{"tasks":[],"tasks":["botTask"]}"#, "the key tasks stands twice"),
        (r#"{"exportType":"published","exportOptions":{}}"#, "its exportType is not what is asked for"),
        ("[]", "expected a JSON object"),
    ] {
        let run = export(text).run();
        assert_eq!(run.code, 2, "{text}: {}", run.stderr);
        assert!(run.stderr.contains(says), "{text}: {}", run.stderr);
    }
    platform.seen(|seen| assert_eq!(seen.written.len(), 2));
}

#[test]
fn a_run_goes_on_as_a_watch_does() {
    let platform = Platform::new(Start::Accepted);
    let kore = platform.kore("run", &["--new", "Shop"]);
    let report = kore.home().join("report.xml");
    let mut kore = kore.arg("--junit").arg(&report);
    let run = kore.succeeds();
    let lines: Vec<_> = run.stdout.lines().map(|line| line.split_once(' ').expect("a time").1).collect();
    assert_eq!(lines[0], "the bot was exported by version 9.1.7 of the platform");
    assert_eq!(lines[1], "uploading appDefinition.json (83 bytes)", "{lines:#?}");
    let starting = lines.iter().position(|line| line.starts_with("starting ")).expect("it is announced");
    assert_eq!(lines[starting + 1], format!("started {ID}"));
    assert!(lines.last().expect("lines").starts_with(&format!("{ID} succeeded after ")), "{lines:#?}");
    assert!(std::fs::read_to_string(report).expect("written").contains("name=\"a\""));
    let json = platform.kore("run", &["--into", "st-1", "--full", "-o", "json"]).succeeds();
    let document: Value = serde_json::from_str(&json.stdout).expect("one document");
    assert_eq!((&document["exit_code"], &document["imports"][0]["id"]), (&json!(0), &json!(ID)));
    json.says(&["starting the import into the bot st-1 …", &format!("started {ID}")]);
    let lines = platform.kore("run", &["--into", "st-1", "--full", "-o", "ndjson"]).succeeds();
    let events: Vec<Value> =
        lines.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let named =
        |name: &str| events.iter().find(|event| event["event"] == name).unwrap_or_else(|| panic!("{name}"));
    assert_eq!(named("uploading")["length"], 83);
    assert_eq!(named("uploaded")["file_id"].as_str().map(str::len), Some(24));
    assert_eq!(named("started")["id"], ID);
    assert_eq!(
        (&named("ended")["outcome"], &named("finished")["exit_code"]),
        (&json!("succeeded"), &json!(0))
    );
}

#[test]
fn a_start_without_a_certain_response_is_exit_code_8_and_sent_once() {
    for start in [
        Start::Lost,
        Start::Page("502 Bad Gateway"),
        Start::Page("503 Service Unavailable"),
        Start::Page("200 OK"),
    ] {
        for command in ["start", "run"] {
            let platform = Platform::new(start);
            let run = platform.kore(command, &["--into", "st-1", "--full"]).run();
            assert_eq!(run.code, 8, "{start:?}: {}{}", run.stdout, run.stderr);
            run.says(&[
                "error: ",
                "may have started",
                "no public call lists imports",
                "hint: the bot's page in the builder",
            ]);
            assert!(!run.stdout.contains(ID), "{}", run.stdout);
            assert_eq!(platform.seen(|seen| seen.starts.len()), 1, "{start:?}");
        }
    }
    let platform = Platform::new(Start::Silent);
    let run = platform.kore("start", &["--into", "st-1", "--full", "--request-timeout", "2s"]).run();
    assert_eq!(run.code, 8, "{}", run.stderr);
    assert_eq!(platform.seen(|seen| seen.starts.len()), 1);
}

#[test]
fn a_refused_start_is_as_everywhere() {
    for (start, code) in [
        (Start::Refused("400 Bad Request", "Invalid StreamId"), 5),
        (Start::Refused("401 Unauthorized", "Permission denied. Scope is incorrect!"), 4),
    ] {
        let platform = Platform::new(start);
        let run = platform.kore("start", &["--into", "st-1", "--full"]).run();
        assert_eq!(run.code, code, "{start:?}: {}", run.stderr);
        assert!(run.stdout.is_empty() && !run.stderr.contains("may have started"), "{}", run.stderr);
    }
    let nobody = Kore::new(["import", "start", "--into", "st-1", "--full"]);
    let nobody = super::files::export(nobody);
    let bot = nobody.home().join("bot");
    let run = { nobody }.arg(bot).run();
    assert_eq!(run.code, 2);
    run.says(&["no host, no client id and no client secret given"]);
}

/// The file is checked when the command begins, and read again when it is sent.
#[test]
fn a_file_that_changes_or_vanishes_while_it_is_sent_is_named_and_nothing_is_started() {
    let changes: [fn(&std::path::Path); 3] = [
        |path| std::fs::remove_file(path).expect("removed"),
        |path| std::fs::write(path, "{}").expect("written"),
        |path| std::fs::write(path, "x".repeat(100_000)).expect("written"),
    ];
    for change in changes {
        let home = tempfile::TempDir::new().expect("a directory");
        let functions = home.path().join("late.js");
        std::fs::write(&functions, "x".repeat(10_000)).expect("written");
        let changed = functions.clone();
        let platform = Platform::with(Start::Accepted, std::time::Duration::ZERO, move |uploads| {
            // The functions go up last: they are as they were until the file before them is there.
            if uploads == 1 {
                change(&changed);
            }
        });
        let run = platform.kore("start", &["--into", "st-1", "--full"]).arg(&functions).run();
        assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
        run.says(&["late.js", "hint: nothing was started"]);
        assert_eq!(platform.seen(|seen| seen.starts.len()), 0);
    }
}

#[test]
fn a_report_never_replaces_a_file_of_the_bot() {
    let platform = Platform::new(Start::Accepted);
    let kore = platform.kore("run", &["--into", "st-1", "--full"]);
    let config = kore.home().join("bot/config.json");
    let mut kore = kore.arg("--junit").arg(&config);
    let run = kore.run();
    assert_eq!(run.code, 2, "{}", run.stderr);
    run.says(&["the import is read from that file"]);
    assert_eq!(std::fs::read_to_string(config).expect("there"), CONFIG);
    assert!(platform.seen(|seen| seen.uploads.is_empty()));
}

#[test]
fn no_response_before_the_start_is_exit_code_6() {
    let free =
        std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("an address");
    let slow = Platform::with(Start::Accepted, std::time::Duration::from_secs(3600), |_| ());
    for command in ["start", "run"] {
        for host in [format!("http://{free}"), slow.url.clone()] {
            let kore =
                slow.kore(command, &["--into", "st-1", "--full", "--timeout=1s"]).env("KORE_HOST", host);
            let run = { kore }.run();
            assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
            assert!(!run.stderr.contains("may have started"), "{}", run.stderr);
        }
    }
    assert_eq!(slow.seen(|seen| seen.starts.len()), 0);
}

/// What the libraries log of a request that sends a configuration.
#[test]
fn no_log_shows_the_value_of_a_variable() {
    let platform = Platform::new(Start::Accepted);
    let run = platform.kore("start", &["--new", "Shop"]).env("RUST_LOG", "trace").run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.says(&["kore.request"]);
}

/// A zip goes up whole for a new bot, and is opened here for one that exists; what an export left out
/// fails.
#[test]
fn the_whole_way_against_an_emulator() {
    let platform = crate::run::Platform::start(|emulator| emulator.bot("st-1".parse().expect("an id")));
    let files = |definition: &str| {
        super::files::zip(&[
            ("appDefinition.json", definition.as_bytes()),
            ("config.json", CONFIG.as_bytes()),
            ("icon.png", PNG),
            ("functions.js", b"function f() {}"),
        ])
    };
    let whole = r#"{"localeData": {"en": {"name": "Shop"}}, "dialogs": [{"name": "Pay"}]}"#;
    let broken = r#"{"dialogs": [{"name": "Pay"}], "unexportedTasks": [{"name": "Refund"}]}"#;
    for (definition, target, code, says) in [
        (whole, &["--new", "Shop"][..], 0, " succeeded after "),
        (whole, &["--into", "st-1", "--full"], 0, "Dialog Pay: "),
        (broken, &["--into", "st-1", "--full"], 1, "  Dialog Refund: failed (error: "),
    ] {
        let kore = Kore::new(["import", "run"]).args(target).file_of("bot.zip", &files(definition));
        let kore = kore
            .env("KORE_HOST", platform.emulator.url())
            .env("KORE_CLIENT_ID", crate::run::CLIENT_ID)
            .env("KORE_CLIENT_SECRET", crate::run::SECRET);
        let zip = kore.home().join("bot.zip");
        let mut kore = kore.arg(zip);
        let run = kore.run();
        assert_eq!(run.code, code, "{target:?}: {}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains(says), "{says}: {}", run.stdout);
    }
    let unknown = super::files::export(Kore::new(["import", "start", "--into", "st-unknown", "--full"]))
        .env("KORE_HOST", platform.emulator.url())
        .env("KORE_CLIENT_ID", crate::run::CLIENT_ID)
        .env("KORE_CLIENT_SECRET", crate::run::SECRET);
    let bot = unknown.home().join("bot");
    let mut unknown = unknown.arg(bot);
    let run = unknown.run();
    assert_eq!(run.code, 5, "{}", run.stderr);
    run.says(&["Invalid StreamId", "check the bot id"]);
}
