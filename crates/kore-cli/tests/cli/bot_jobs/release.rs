//! A whole release between two emulators, by real processes: what is exported from one, imported into
//! the other and published there is what was imported at first.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;

use crate::emulator::Running;

const FILES: [(&str, &[u8]); 4] = [
    (
        "botDefinition.json",
        br#"{"dialogs": [{"localeData": {"en": {"name": "Pay"}}}], "big": 1.00000000000000000001}"#,
    ),
    (
        "config.json",
        br#"{"name": "Shop", "envVariables": [{"key": "url", "value": "https://shop.example"}]}"#,
    ),
    ("icon.png", b"\x89PNG\r\n\x1a\n\x00\xff"),
    ("functions.js", b"function total(cart) { return cart.sum; }\n"),
];

/// The files of an archive, by their names.
fn unzipped(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).expect("it is there")).expect("a zip");
    let mut files = BTreeMap::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).expect("a file");
        let mut content = Vec::new();
        file.read_to_end(&mut content).expect("whole");
        files.insert(file.name().expect("a name").into_owned(), content);
    }
    files
}

#[test]
fn a_release_goes_from_one_environment_to_the_next() {
    // Three settings and three imports.
    let staging = Running::of(&["--mode", "looks"], 6, Stdio::inherit());
    let production = Running::of(&["--mode", "looks", "--bot", "st-prod"], 6, Stdio::inherit());
    let folder = tempfile::tempdir().expect("a folder");
    let bot_folder = folder.path().join("shop");
    std::fs::create_dir(&bot_folder).expect("made");
    FILES.iter().for_each(|(name, content)| std::fs::write(bot_folder.join(name), content).expect("written"));
    let expected: BTreeMap<_, _> =
        FILES.iter().map(|(name, content)| ((*name).to_owned(), content.to_vec())).collect();

    let run = |environment: &Running, args: &[&str], path: &Path| {
        let mut kore = environment.kore(args).arg(path).args(["--interval", "20ms"]);
        let run = kore.run();
        assert_eq!(run.code, 0, "{args:?}: {} {}", run.stdout, run.stderr);
        run
    };
    let imported = run(&staging, &["import", "run", "--new", "Shop", "-o", "json"], &bot_folder);
    let said = imported.stderr;
    let imported: serde_json::Value = serde_json::from_str(&imported.stdout).expect("a document");
    let bot = imported["imports"][0]["last"]["streamId"].as_str().expect("the bot").to_owned();
    assert!(said.contains(&format!("the new bot is {bot}")), "{said}");

    let exported = folder.path().join("release.zip");
    run(&staging, &["export", "run", &bot, "--out"], &exported);
    assert_eq!(unzipped(&exported), expected);
    run(&production, &["import", "run", "--into", "st-prod", "--full", "--yes"], &exported);
    let published = ["publish", "run", "st-prod", "--comment", "release 7", "--train", "--junit"];
    let junit = folder.path().join("publish.xml");
    run(&production, &published, &junit);
    let junit = std::fs::read_to_string(junit).expect("written");
    assert!(junit.contains("errors=\"0\"") && junit.contains("failures=\"0\""), "{junit}");

    let again = folder.path().join("again.zip");
    run(&production, &["export", "run", "st-prod", "--published", "--out"], &again);
    let again = unzipped(&again);
    // The call that imports into a bot takes no icon.
    for (name, content) in expected.iter().filter(|(name, _)| *name != "icon.png") {
        assert_eq!(again.get(name), Some(content), "{name}");
    }
}
