#[cfg(unix)]
mod files;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kore_protocol::IncomingResponse as _;
use kore_protocol::bot_import::get_status;

use kore_types::{BotId, BotImportId, FileId};

use super::*;
use crate::bots::Bot;
use crate::files::{Component, File, Summary};
use crate::imports::Held;
use crate::life::Life;
use crate::limits::LimitRules;
use crate::platform::{Settings, Starts};
use crate::{Mode, Scenario, Task, samples, scenarios};

fn id(text: &str) -> BotImportId {
    BotImportId::new(text).expect("valid")
}

fn living(scenario: &Arc<Scenario>, mode: Mode) -> Held {
    Held::Living(Life::new(Arc::clone(scenario), mode, UNIX_EPOCH + Duration::from_nanos(1_234_567_891)))
}

fn platform(imports: Vec<(BotImportId, Held)>) -> Arc<Platform> {
    let settings = Settings {
        limits: LimitRules::default(),
        starts: Starts::default(),
        kept: 1024,
        own_url: "http://127.0.0.1:1".to_owned(),
    };
    let platform = Platform::new(Vec::new(), None, settings).expect("no app");
    platform.replace(contents(imports));
    Arc::new(platform)
}

fn contents(imports: impl Into<Vec<(BotImportId, Held)>>) -> Contents {
    Contents { imports: imports.into(), ..Contents::default() }
}

fn written(imports: &[(BotImportId, Held)], now: SystemTime) -> String {
    let mut text = Vec::new();
    snapshot::write(&contents(imports), now, &mut text).expect("written");
    String::from_utf8(text).expect("UTF-8")
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let unique = format!("kore-emulator-{name}-{}", crate::app::random_hex::<8>());
        let path = std::env::temp_dir().join(unique);
        fs::create_dir(&path).expect("a new folder");
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("state.json")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).expect("there")
    }

    /// The file with these imports in it.
    fn save(&self, imports: &[(BotImportId, Held)]) -> io::Result<()> {
        let (file, _) = StateFile::take(&self.file()).map_err(io::Error::other)?;
        file.replace(|to| snapshot::write(&contents(imports), UNIX_EPOCH, to))
    }

    /// The ids that the file has, or why it cannot be read.
    fn ids(&self) -> Result<Vec<String>, String> {
        let read = StateFile::take(&self.file()).and_then(|(file, text)| file.imports(&text));
        let imports = read.map_err(|error| error.to_string())?;
        Ok(imports.unwrap_or_default().imports.iter().map(|(id, _)| id.to_string()).collect())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn few() -> Vec<(BotImportId, Held)> {
    let shared = Arc::new(scenarios::stuck());
    let fixed = samples::succeeded();
    vec![
        (fixed.id.clone().expect("it has one"), Held::fixed(fixed)),
        (id("bir-a"), living(&shared, Mode::TIME)),
        (id("bir-b"), living(&shared, Mode::LOOKS)),
        (id("bir-c"), living(&Arc::new(scenarios::failure()), Mode::AtOnce)),
    ]
}

#[test]
fn imports_are_read_as_they_were_written_and_a_scenario_stands_there_once() {
    let folder = Folder::new("kept");
    assert!(folder.ids().expect("a free name").is_empty());
    folder.save(&few()).expect("saved");
    assert_eq!(folder.ids().expect("valid")[1..], ["bir-a", "bir-b", "bir-c"]);
    let text = folder.text();
    for name in ["stuck", "failure"] {
        assert_eq!(text.matches(&format!("\"name\":\"{name}\"")).count(), 1, "{name}");
    }
    // What an editor may make of it.
    fs::write(folder.file(), format!("\u{feff}{text}")).expect("written");
    assert_eq!(folder.ids().expect("valid").len(), 4);
}

#[test]
fn a_file_that_cannot_be_read_is_told_and_left_as_it_is() {
    let folder = Folder::new("damaged");
    folder.save(&few()).expect("saved");
    let good = folder.text();
    for (text, says) in [
        ("{\"format\":".to_owned(), "line 1, column 10"),
        ("not JSON".to_owned(), "line 1"),
        (good[..good.len() - 9].to_owned(), "line 1"),
        (good.replace("emulator/1", "emulator/9"), "expected \"kore-emulator/1\""),
        (good.replace("bir-b", "b r"), "imports[2]"),
        (good.replace("\"scenario\":1", "\"scenario\":9"), "found 9"),
        (good.replace("\"mode\":{\"time\"", "\"mode\":{\"tim\""), "`at-once`, `time`, `looks`"),
        (format!("{good}{good}"), "line 2"),
        // What a crash of the whole machine may leave, or of a disk that is full.
        (format!("{good}\0\0\0"), "found NUL bytes"),
        ("\0".repeat(100), "found NUL bytes"),
    ] {
        fs::write(folder.file(), &text).expect("written");
        let error = folder.ids().expect_err(&text);
        assert!(error.contains("state.json") && error.contains(says), "{error}");
        assert_eq!(folder.text(), text);
    }
}

#[test]
fn one_process_has_the_file_at_a_time() {
    let folder = Folder::new("lock");
    let taken = StateFile::take(&folder.file()).expect("free");
    let error = folder.ids().expect_err("locked");
    assert!(error.contains("another emulator") && error.contains("state.json"), "{error}");
    drop(taken);
    folder.ids().expect("free again");
}

#[test]
fn those_who_wait_for_their_changes_share_one_write() {
    let folder = Folder::new("shared");
    let platform = platform(Vec::new());
    let clock = Clock::default();
    let state = State::open(&folder.file(), Arc::clone(&platform), clock, contents([])).expect("free");
    let change = |name: &str| {
        platform.change(|imports| imports.put(id(name), Held::fixed(samples::succeeded())));
        platform.changes()
    };
    let wanted = ["bir-a", "bir-b", "bir-c"].map(change);
    let wrote = wanted.map(|change| state.save_up_to(change).expect("saved"));
    assert_eq!(wrote, [true, false, false], "the first saves the changes of all");
    assert!(state.save_up_to(change("bir-d")).expect("saved"));
    state.close();
    assert_eq!(folder.ids().expect("free again").len(), 4);
    state.save().expect_err("a change after the end is not acknowledged");
}

#[test]
fn what_could_not_be_written_leaves_the_file_as_it_was() {
    let folder = Folder::new("full");
    folder.save(&few()).expect("saved");
    let name = folder.0.join("state.json.new");
    fs::create_dir(&name).expect("in the way");
    folder.save(&[]).expect_err("a folder is in the way");
    assert_eq!(folder.ids().expect("valid").len(), 4);
    fs::remove_dir(&name).expect("empty");
    folder.save(&[]).expect("saved");
    assert!(folder.ids().expect("valid").is_empty());
}

/// Everything that a scenario can have.
fn rich() -> Scenario {
    let day = Duration::from_secs(86_400);
    Scenario::builder("rich \"<b>\"")
        .about("All.")
        .bot("Shop")
        .status("Concluded")
        .pending("Queued")
        .running("Underway")
        .failed("Broken")
        .older_spelling(true)
        .document("__v", 1.5)
        .document("zeta", serde_json::Value::Null)
        .at_end("alpha", ["x"])
        .task(Task::new("Dialog", "a").lasting(Duration::from_nanos(1_000_000_001)))
        .task(Task::new("New Type", "b").lasting(day * 3 + Duration::from_millis(5)))
        .task(Task::new("Form", "c").forever().outcome("FAILED").extra("n", -0.1))
        .task(Task::new("Form", "d").lasting(Duration::ZERO))
        .build()
        .expect("valid")
}

#[test]
fn a_snapshot_keeps_all_of_each_import() {
    let rich = Arc::new(rich());
    let start = UNIX_EPOCH + Duration::from_nanos(1_234_567_891);
    let speed = crate::Speed::new(2.5).expect("over 0");
    let mut lives = Vec::new();
    for mode in [Mode::TIME, Mode::LOOKS, Mode::AtOnce, Mode::Time { speed }] {
        let mut life = Life::new(Arc::clone(&rich), mode, start);
        lives.push(life.clone());
        life.poll();
        lives.push(life.clone());
        if mode != Mode::AtOnce {
            life.advance(start + Duration::from_millis(300)).expect("it runs");
            lives.push(life.clone());
        }
        let mut failed = life.clone();
        failed.fail(start).expect("it runs");
        life.finish(start).expect("it runs");
        lives.extend([life, failed]);
    }
    let mut imports: Vec<_> = lives
        .into_iter()
        .enumerate()
        .map(|(n, life)| (id(&format!("bir-{n}")), Held::Living(life)))
        .collect();
    let odd = r#"{"zeta":1.0e0,"_id":"bir-odd","status":null,"statusLogs":[null,{"x":1}],"botId":"st-1"}"#;
    let odd = get_status::Response::from_body(&odd.into()).expect("an object");
    imports.push((id("bir-odd"), Held::fixed(odd)));

    let text = written(&imports, start);
    let read = snapshot::read(&text, "snapshot", None).expect("valid").imports;
    assert_eq!(read.len(), imports.len());
    for ((id, before), (same, after)) in imports.iter().zip(&read) {
        assert_eq!(id, same);
        for millis in [0, 1000, 1001, 2000, 100_000_000, 259_201_400, 259_202_000, 400_000_000] {
            let now = start + Duration::from_millis(millis);
            let shown = |held: &Held| match held {
                Held::Fixed(fixed) => String::from_utf8(fixed.json.to_vec()).expect("JSON"),
                Held::Living(life) => life.document(id, now),
            };
            assert_eq!(shown(before), shown(after), "{id} after {millis} ms");
        }
    }
    assert_eq!(written(&read, start), text);
}

#[test]
fn each_scenario_of_the_library_is_read_as_it_was_written() {
    for scenario in scenarios::all() {
        let text = serde_json::to_string(scenario.form()).expect("encodes");
        let read = Scenario::from_json(&text, scenario.name()).expect("valid");
        assert_eq!(serde_json::to_string(read.form()).expect("encodes"), text);
        assert_eq!(format!("{read:?}"), format!("{scenario:?}"));
    }
}

#[test]
fn a_restored_import_is_as_far_as_it_was_when_the_snapshot_was_taken() {
    let scenario = Arc::new(Scenario::builder("one").task(Task::new("Dialog", "a")).build().expect("valid"));
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    let imports = [(id("bir-1"), Held::Living(Life::new(scenario, Mode::TIME, at(100))))];
    let text = written(&imports, at(100) + Duration::from_millis(600));
    let is_over = |restored, now| {
        let read = snapshot::read(&text, "snapshot", restored).expect("valid").imports;
        let Held::Living(life) = &read[0].1 else { panic!("it lives") };
        life.document(&id("bir-1"), now).contains(r#""status":"success","streamRefId""#)
    };
    assert!(!is_over(Some(at(5000)), at(5000) + Duration::from_millis(399)));
    assert!(is_over(Some(at(5000)), at(5000) + Duration::from_millis(400)));
    assert!(is_over(None, at(5000)), "in a state file time goes on");
}

#[test]
fn bots_files_and_what_is_imported_into_a_bot_are_read_as_they_were_written() {
    let bot = BotId::new("st-1f").expect("valid");
    let made = Bot { name: Some("Shop".to_owned()), made_by: Some(id("bir-1")), ..Bot::new(bot.clone()) };
    let file = File {
        id: FileId::new("5b").expect("valid"),
        name: "a \"b\".json".to_owned(),
        extension: None,
        context: "bulkImport".to_owned(),
        size: 7,
        hash: "0".repeat(40),
        summary: Summary {
            bot: Some("Shop".to_owned()),
            components: vec![Component::new("Dialog".into(), "Pay")],
            ..Summary::default()
        },
    };
    let life = Life::new(Arc::new(scenarios::failure()), Mode::AtOnce, UNIX_EPOCH).of_bot(bot);
    let before = Contents {
        imports: vec![(id("bir-1"), Held::Living(life))],
        bots: vec![made, Bot::new(BotId::new("st-2e").expect("valid"))],
        files: vec![file],
        ..Contents::default()
    };
    let written = |contents: &Contents| {
        let mut text = Vec::new();
        snapshot::write(contents, UNIX_EPOCH, &mut text).expect("written");
        String::from_utf8(text).expect("UTF-8")
    };
    let read = snapshot::read(&written(&before), "snapshot", None).expect("valid");
    assert_eq!((&read.bots, read.files[0].summary.components.len()), (&before.bots, 1));
    assert_eq!(written(&read), written(&before));
    let Held::Living(life) = &read.imports[0].1 else { panic!("it lives") };
    assert!(life.document(&id("bir-1"), UNIX_EPOCH).contains(r#""streamId":"st-1f""#));
}
