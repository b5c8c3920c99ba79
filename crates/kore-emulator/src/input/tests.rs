use std::path::Path;

use crate::{Faults, Scenario};

fn refused_toml(text: &str) -> String {
    Scenario::from_toml(text, "a.toml").expect_err(text).to_string()
}

fn refused_json(text: &str) -> String {
    Scenario::from_json(text, "a.json").expect_err(text).to_string()
}

fn says(error: &str, parts: &[&str]) {
    for part in parts {
        assert!(error.contains(part), "{part:?} is not in {error:?}");
    }
    assert!(!error.contains('\n'), "{error:?}");
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_accepted_ones() {
    let task = "tasks = []\n\n[[tasks2]]\n";
    says(&refused_toml(task), &["a.toml, line 3, column ", "unknown field `tasks2`", "`older_spelling`"]);
    let nested = "[[tasks]]\ntype = 'Dialog'\nname = 'Pay'\nduraton = '1s'\n";
    says(&refused_toml(nested), &["a.toml, line 4, column 1: tasks[0]", "`duraton`", "`duration`"]);
    let json = "{\"tasks\": [\n{\"type\": \"Dialog\", \"name\": \"Pay\",\n \"duraton\": 1}]}";
    says(&refused_json(json), &["a.json, line 3, column ", "tasks[0].duraton: unknown field `duraton`"]);
}

#[test]
fn a_missing_key_is_named() {
    says(&refused_toml("[[tasks]]\nname = 'Pay'\n"), &["a.toml, line 1", "tasks[0]: missing field `type`"]);
    says(&refused_toml(""), &["missing field `tasks`"]);
    says(&refused_json("{}"), &["a.json, line 1", "missing field `tasks`"]);
}

#[test]
fn a_value_of_another_type_is_named_with_its_key() {
    let text = "tasks = []\nolder_spelling = 'yes'\n";
    says(&refused_toml(text), &["line 2", "older_spelling: invalid type: string", "expected a boolean"]);
    let json = "{\"tasks\": [],\n\"bot\": 7}";
    says(&refused_json(json), &["line 2", "bot: invalid type: integer `7`, expected a string"]);
}

#[test]
fn a_duration_without_a_unit_says_what_to_write() {
    for duration in ["5", "'5'"] {
        let text = format!("[[tasks]]\ntype = 'Dialog'\nname = 'Pay'\nduration = {duration}\n");
        says(&refused_toml(&text), &["line 4", "tasks[0].duration", "the unit is missing: write \"5s\""]);
    }
    let text = "[[tasks]]\ntype = 'Dialog'\nname = 'Pay'\nduration = 'soon'\n";
    says(&refused_toml(text), &["line 4", "expected a duration such as \"20s\""]);
    let text = "[[tasks]]\ntype = 'Dialog'\nname = 'Pay'\nduration = '9999years'\n";
    says(&refused_toml(text), &["at most \"365days\""]);
    let json = r#"{"tasks": [{"type": "Dialog", "name": "Pay", "duration": 5}]}"#;
    says(&refused_json(json), &["tasks[0].duration: the unit is missing: write \"5s\""]);
    let json = r#"{"tasks": [{"type": "Dialog", "name": "Pay", "duration": true}]}"#;
    says(&refused_json(json), &["expected a duration such as \"20s\" or \"500ms\", or \"forever\""]);
}

#[test]
fn a_key_that_is_set_in_another_way_says_how() {
    let text = "tasks = []\n[document]\nstatus = 'success'\n";
    says(&refused_toml(text), &["a.toml, line ", "document", "`status` cannot stand here", "`pending`"]);
    let text = "[[tasks]]\ntype = 'Dialog'\nname = 'Pay'\nextra = { status = 'failed' }\n";
    says(&refused_toml(text), &["line 4", "tasks[0].extra", "`outcome` of the task gives it"]);
    let task = crate::Task::new("Dialog", "Pay").extra("taskName", 1);
    let built = Scenario::builder("a").task(task).build().expect_err("reserved").to_string();
    says(&built, &["task 1 (\"Pay\")", "`taskName`", "`name` of the task"]);
    let built = Scenario::builder("a").document("_id", 1).build().expect_err("reserved").to_string();
    says(&built, &["scenario \"a\"", "`_id`"]);
}

#[test]
fn what_is_not_toml_or_json_at_all_is_told_with_its_place() {
    says(&refused_toml("tasks = [\nname"), &["a.toml, line 2"]);
    says(&refused_json("{\"tasks\": [],\n]"), &["a.json, line 2, column 1"]);
    says(&refused_json("{\"tasks\": []} more"), &["a.json, line 1", "trailing characters"]);
}

#[test]
fn values_of_any_kind_are_read_and_a_date_is_a_text() {
    let json = r#"{"tasks": [], "document": {"z": 12, "a": 1.5, "n": null, "o": {"b":1,"a":[2.0]}}}"#;
    let toml = "tasks = []\n[document]\nz = 12\na = 1.5\nd = 2022-07-29T07:24:17.496Z\no = { b = 1, a = [true, 2022-07-29] }\n";
    let values = |scenario: Scenario| serde_json::to_string(scenario.keys().0).expect("encodes");
    assert_eq!(
        values(Scenario::from_json(json, "").expect("valid")),
        r#"{"a":1.5,"n":null,"o":{"a":[2.0],"b":1},"z":12}"#
    );
    assert_eq!(
        values(Scenario::from_toml(toml, "").expect("valid")),
        r#"{"a":1.5,"d":"2022-07-29T07:24:17.496Z","o":{"a":[true,"2022-07-29"],"b":1},"z":12}"#
    );
}

#[test]
fn what_is_left_out_null_or_written_by_its_default_is_the_same() {
    let task = r#""type": "Dialog", "name": "Pay""#;
    let left_out = format!(r#"{{"tasks": [{{{task}}}]}}"#);
    let null = format!(
        r#"{{"bot": null, "status": null, "pending": null, "running": null, "failed": null,
            "tasks": [{{{task}, "duration": null, "outcome": null}}]}}"#
    );
    let written = format!(
        r#"{{"name": "", "about": "", "bot": "SampleBot", "status": "success", "pending": "pending",
            "running": "inprogress", "failed": "failed", "older_spelling": false, "document": {{}},
            "at_end": {{}}, "tasks": [{{{task}, "duration": "1s", "outcome": "success", "extra": {{}}}}]}}"#
    );
    let shown = |json: &str| {
        let scenario = Scenario::from_json(json, "").expect("valid");
        let words = scenario.words();
        let words = [words.pending, words.running, words.end, words.failed].map(ToString::to_string);
        let log = serde_json::to_string(&scenario.log(1, None)).expect("encodes");
        (scenario.name().to_owned(), scenario.duration(), scenario.has_older_spelling(), words, log)
    };
    assert_eq!(shown(&left_out), shown(&null));
    assert_eq!(shown(&left_out), shown(&written));
}

#[test]
fn a_file_is_read_by_its_extension_and_names_the_scenario() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scenarios");
    let stuck = Scenario::from_file(folder.join("stuck.toml")).expect("a scenario");
    assert_eq!((stuck.name(), stuck.duration()), ("stuck", None));
    let refused = |path: &str| Scenario::from_file(path).expect_err(path).to_string();
    says(&refused("a.yaml"), &["a.yaml: expected a name that ends in .toml or .json"]);
    says(&refused("/no/such.toml"), &["/no/such.toml: the file cannot be read"]);
}

/// As Notepad and PowerShell write them.
#[test]
fn a_file_is_read_in_each_encoding() {
    let folder = std::env::temp_dir().join(format!("kore-input-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let bytes = |text: &str, unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<_>>();
    for (extension, text) in [
        ("toml", "about = 'Prüfung 😀'\r\ntasks = []\r\n"),
        ("json", "{\"about\": \"Prüfung 😀\", \"tasks\": []}\r\n"),
    ] {
        let path = folder.join(format!("a.{extension}"));
        let marked = format!("\u{feff}{text}");
        let written = [
            text.as_bytes().to_vec(),
            marked.clone().into_bytes(),
            bytes(&marked, u16::to_le_bytes),
            bytes(&marked, u16::to_be_bytes),
        ];
        for written in written {
            std::fs::write(&path, written).expect("written");
            let scenario = Scenario::from_file(&path).expect("a scenario");
            assert_eq!((scenario.name(), scenario.about()), ("a", "Prüfung 😀"));
        }
        std::fs::write(&path, b"\xff\xfea").expect("written");
        let refused = Scenario::from_file(&path).expect_err("no text").to_string();
        says(&refused, &["the file cannot be read: it begins as UTF-16"]);
    }
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn faults_in_a_file_are_checked_likewise() {
    let refused = |fault: &str| {
        let text = format!("[[faults]]\n{fault}\n");
        Faults::from_toml(&text, "f.toml").expect_err(fault).to_string()
    };
    says(&refused("effect = 'rest'"), &["f.toml, line 2", "unknown variant `rest`", "`reset`"]);
    says(&refused("effect = 'reset'\nfrist = 1"), &["line 3", "`frist`", "`first`"]);
    says(&refused("effect = 'reset'\nroute = 'status'"), &["line 3", "`bot_import::get_status`"]);
    says(&refused("effect = 'reset'\nprobability = 2.0"), &["faults[0].probability", "from 0 to 1, found 2"]);
    says(&refused("effect = 'reset'\nfirst = -1"), &["faults[0].first", "-1"]);
    says(&refused("effect = 'reset'\nfrom = '2s'\nuntil = '1s'"), &["fault 1", "`until`"]);
    says(&refused("effect.answer = { status = 99 }"), &["from 200 to 599, found 99"]);
    says(&refused("effect.answer = { status = 503, bdy = '' }"), &["`bdy`", "`body`"]);
    says(
        &refused("effect.answer = { status = 503, headers = { 'a b' = '' } }"),
        &["\"a b\" is not the name"],
    );
    says(&refused("effect.drip = { bytes = 0, pause = '1s' }"), &["faults[0].effect.drip.bytes"]);
}

#[test]
fn a_probability_may_be_written_without_a_point() {
    for probability in ["0", "1"] {
        let text = format!("[[faults]]\neffect = 'reset'\nprobability = {probability}");
        Faults::from_toml(&text, "").expect("valid");
    }
    Faults::from_json(r#"{"faults": [{"effect": {"latency": "1s"}, "probability": 1}]}"#, "").expect("valid");
}
