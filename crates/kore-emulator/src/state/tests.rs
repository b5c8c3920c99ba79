use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use kore_protocol::IncomingResponse as _;
use kore_protocol::bot_import::get_status;
use serde_json::value::RawValue;

use super::*;
use crate::life::Life;
use crate::{Mode, Scenario, Task, samples, scenarios};

fn id(text: &str) -> BotImportId {
    BotImportId::new(text).expect("valid")
}

fn living(scenario: &Arc<Scenario>, mode: Mode) -> Held {
    Held::Living(Life::new(Arc::clone(scenario), mode, UNIX_EPOCH + Duration::from_nanos(1_234_567_891)))
}

fn put(name: &str, held: &Held) -> ToSave {
    ToSave::Some(vec![(id(name), Some(held.clone()))])
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

    /// The ids that the file has, or why it cannot be read.
    fn ids(&self) -> Result<Vec<String>, String> {
        let (_, imports) = StateFile::open(&self.file()).map_err(|error| error.to_string())?;
        Ok(imports.unwrap_or_default().iter().map(|(id, _)| id.to_string()).collect())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A file with a snapshot of one import and changes behind it.
fn with_changes(folder: &Folder) -> StateFile {
    let shared = Arc::new(scenarios::stuck());
    let other = Arc::new(scenarios::failure());
    let (mut file, none) = StateFile::open(&folder.file()).expect("new");
    assert!(none.is_none() && file.wants_all());
    let fixed = Held::fixed(samples::succeeded());
    let first = samples::succeeded().id.expect("it has one");
    for what in [
        ToSave::All(vec![(first, fixed), (id("bir-a"), living(&shared, Mode::TIME))]),
        put("bir-b", &living(&shared, Mode::LOOKS)),
        put("bir-c", &living(&other, Mode::AtOnce)),
        ToSave::Some(vec![(id("bir-a"), None), (id("bir-d"), Some(living(&other, Mode::TIME)))]),
    ] {
        file.save(&what, UNIX_EPOCH).expect("saved");
    }
    assert!(!file.wants_all());
    file
}

#[test]
fn changes_behind_the_snapshot_are_read_and_a_scenario_stands_there_once() {
    let folder = Folder::new("changes");
    drop(with_changes(&folder));
    assert_eq!(folder.ids().expect("valid")[1..], ["bir-b", "bir-c", "bir-d"]);
    let text = folder.text();
    for name in ["stuck", "failure"] {
        assert_eq!(text.matches(&format!("\"name\":\"{name}\"")).count(), 1, "{name}");
    }
}

/// As a crash may leave it: each start of the file with the whole snapshot loads, with each change
/// whose line is whole.
#[test]
fn a_file_cut_short_behind_its_snapshot_loads_with_what_is_whole() {
    let folder = Folder::new("cut");
    drop(with_changes(&folder));
    let text = folder.text();
    let snapshot = text.find('\n').expect("a line");
    for end in (snapshot..=text.len()).filter(|end| text.is_char_boundary(*end)) {
        fs::write(folder.file(), &text[..end]).expect("written");
        let ids = folder.ids().unwrap_or_else(|error| panic!("cut at {end}: {error}"));
        for name in ["bir-b", "bir-c", "bir-d"] {
            let line = text.find(&format!("{{\"put\":{{\"id\":\"{name}\"")).expect("there");
            let whole = line + text[line..].find('\n').expect("its end") < end;
            assert_eq!(ids.contains(&name.to_owned()), whole, "{name}, cut at {end}");
        }
    }
    fs::write(folder.file(), format!("{text}\0\0\0")).expect("written");
    assert_eq!(folder.ids().expect("valid").len(), 4);
}

#[test]
fn a_file_that_cannot_be_read_is_told_and_left_as_it_is() {
    let folder = Folder::new("damaged");
    drop(with_changes(&folder));
    let good = folder.text();
    let (snapshot, changes) = good.split_once('\n').expect("lines");
    for (text, says) in [
        ("{\"format\":".to_owned(), "line 1, column 10"),
        ("not JSON".to_owned(), "line 1"),
        (snapshot[..snapshot.len() - 9].to_owned(), "line 1"),
        (snapshot.replace("emulator/1", "emulator/9"), "expected \"kore-emulator/1\""),
        (format!("{snapshot}\n{{}}\n{changes}"), "line 2"),
        (format!("{snapshot}\n{}", changes.replace("bir-b", "b r")), "line 2"),
        (format!("{snapshot}\n{}", changes.replace("\"scenario\":1", "\"scenario\":9")), "found 9"),
        (snapshot.replace("\"mode\":\"time\"", "\"mode\":\"tim\""), "`at-once`, `time`, `looks`"),
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
    let file = with_changes(&folder);
    let error = folder.ids().expect_err("locked");
    assert!(error.contains("another emulator") && error.contains("state.json"), "{error}");
    drop(file);
    folder.ids().expect("free again");
}

#[cfg(unix)]
#[test]
fn a_link_to_the_file_stays_one_and_shares_its_lock() {
    let folder = Folder::new("link");
    drop(with_changes(&folder));
    let link = folder.0.join("link.json");
    std::os::unix::fs::symlink(folder.file(), &link).expect("a link");
    let (mut file, _) = StateFile::open(&link).expect("free");
    assert!(folder.ids().is_err(), "the same file by its other name");
    file.save(&ToSave::All(Vec::new()), UNIX_EPOCH).expect("saved");
    assert!(link.is_symlink());
    drop(file);
    assert!(folder.ids().expect("valid").is_empty());
}

#[test]
fn what_could_not_be_written_is_followed_by_a_whole_snapshot() {
    let folder = Folder::new("full");
    let mut file = with_changes(&folder);
    let name = folder.0.join("state.json.new");
    fs::create_dir(&name).expect("in the way");
    file.save(&ToSave::All(Vec::new()), UNIX_EPOCH).expect_err("a folder is in the way");
    assert!(file.wants_all(), "nothing is added behind what may be half a line");
    fs::remove_dir(&name).expect("empty");
    file.save(&ToSave::All(Vec::new()), UNIX_EPOCH).expect("saved");
    drop(file);
    assert!(folder.ids().expect("valid").is_empty());
}

/// Everything that a scenario can have.
fn rich() -> Scenario {
    let raw = |text: &str| RawValue::from_string(text.to_owned()).expect("JSON");
    let day = Duration::from_secs(86_400);
    Scenario::builder("rich \"<b>\"")
        .about("All.")
        .bot("Shop")
        .status("Concluded")
        .pending("Queued")
        .running("Underway")
        .failed("Broken")
        .older_spelling(true)
        .document("__v", raw("1.50"))
        .document("zeta", raw("1e400"))
        .at_end("alpha", ["x"])
        .task(Task::new("Dialog", "a").lasting(Duration::from_nanos(1_000_000_001)))
        .task(Task::new("New Type", "b").lasting(day * 3 + Duration::from_millis(5)))
        .task(Task::new("Form", "c").forever().outcome("FAILED").extra("n", raw("12345678901234567890.10")))
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
        life.look();
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

    let mut text = Vec::new();
    snapshot::write(&imports, &mut Scenarios::default(), start, &mut text).expect("written");
    let text = String::from_utf8(text).expect("UTF-8");
    let read = snapshot::read(&text, "snapshot", None).expect("valid").imports;
    assert_eq!(read.len(), imports.len());
    for ((id, before), (same, after)) in imports.iter().zip(&read) {
        assert_eq!(id, same);
        for millis in [0, 1000, 1001, 2000, 100_000_000, 259_201_400, 259_202_000, 400_000_000] {
            let now = start + Duration::from_millis(millis);
            let shown = |held: &Held| match held {
                Held::Fixed(fixed) => String::from_utf8(fixed.json().to_vec()).expect("JSON"),
                Held::Living(life) => life.document(id, now),
            };
            assert_eq!(shown(before), shown(after), "{id} after {millis} ms");
        }
    }
    let mut again = Vec::new();
    snapshot::write(&read, &mut Scenarios::default(), start, &mut again).expect("written");
    assert_eq!(String::from_utf8(again).expect("UTF-8"), text);
}

#[test]
fn each_scenario_of_the_library_is_read_as_it_was_written() {
    for scenario in scenarios::all() {
        let text = serde_json::to_string(&AsFile(&scenario)).expect("encodes");
        let read = Scenario::from_json(&text, scenario.name()).expect("valid");
        assert_eq!(serde_json::to_string(&AsFile(&read)).expect("encodes"), text);
        assert_eq!(format!("{read:?}"), format!("{scenario:?}"));
    }
}

#[test]
fn a_restored_import_is_as_far_as_it_was_when_the_snapshot_was_taken() {
    let scenario = Arc::new(Scenario::builder("one").task(Task::new("Dialog", "a")).build().expect("valid"));
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    let imports = [(id("bir-1"), Held::Living(Life::new(scenario, Mode::TIME, at(100))))];
    let mut text = Vec::new();
    let taken = at(100) + Duration::from_millis(600);
    snapshot::write(&imports, &mut Scenarios::default(), taken, &mut text).expect("written");
    let text = String::from_utf8(text).expect("UTF-8");
    let is_over = |restored, now| {
        let read = snapshot::read(&text, "snapshot", restored).expect("valid");
        let Held::Living(life) = &read.imports[0].1 else { panic!("it lives") };
        life.document(&id("bir-1"), now).contains(r#""status":"success","streamRefId""#)
    };
    assert!(!is_over(Some(at(5000)), at(5000) + Duration::from_millis(399)));
    assert!(is_over(Some(at(5000)), at(5000) + Duration::from_millis(400)));
    assert!(is_over(None, at(5000)), "in a state file time goes on");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_and_no_link_beside_it_is_written_through() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new("links");
    let at = |name: &str| folder.0.join(name);
    symlink("/dev/null", at("device")).expect("a link");
    symlink(at("nothing"), at("dangling")).expect("a link");
    for name in ["device", "dangling"] {
        let error = StateFile::open(&at(name)).expect_err(name).to_string();
        assert!(error.contains("expected a file, or a name that is free"), "{error}");
    }
    assert!(!fs::metadata("/dev/null").expect("a device").is_file());

    fs::write(at("victim"), "mine").expect("written");
    symlink(at("victim"), at("state.json.new")).expect("a link");
    let mut file = with_changes(&folder);
    file.save(&ToSave::All(Vec::new()), UNIX_EPOCH).expect("saved");
    assert_eq!(fs::read_to_string(at("victim")).expect("a file"), "mine");
}
