//! Which files go up, and what is refused before anything is sent.

use std::io::{Cursor, Write as _};
use std::path::Path;

use zip::write::SimpleFileOptions;

use crate::run::{Kore, Run};

pub(crate) const DEFINITION: &str =
    r#"{"localeData":{"en":{"name":"Shop"}},"environmentVersionInfo":"9.1.7","dialogs":[]}"#;

/// Its value is a secret, which nothing may print.
pub(crate) const CONFIG: &str =
    r#"{"name":"Shop","envVariables":[{"key":"k","value":"hunter2-is-the-client-secret"}]}"#;

pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

/// What a command does that has neither a host nor credentials, so that nothing can be sent.
fn dry(args: &[&str]) -> Kore {
    Kore::new(["import", "run", "--dry-run"]).args(args)
}

pub(crate) fn export(kore: Kore) -> Kore {
    kore.file("bot/appDefinition.json", DEFINITION)
        .file("bot/config.json", CONFIG)
        .file_of("bot/Icon.png", PNG)
        .file("bot/functions.js", "function f() {}")
}

fn path(kore: &Kore, name: &str) -> String {
    kore.home().join(name).display().to_string()
}

/// Runs with these paths of its home behind the other arguments.
fn with_paths(kore: Kore, names: &[&str]) -> Run {
    let paths: Vec<_> = names.iter().map(|name| kore.home().join(name)).collect();
    { kore }.args(paths).run()
}

#[track_caller]
fn refused(kore: Kore, names: &[&str], says: &[&str]) {
    let run = with_paths(kore, names);
    assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.is_empty(), "{}", run.stdout);
    run.says(says);
}

/// A zip of these entries, in their order.
pub(super) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).expect("an entry");
        writer.write_all(bytes).expect("written");
    }
    writer.finish().expect("a zip").into_inner()
}

fn whole(extra: &[(&str, &[u8])]) -> Vec<u8> {
    let files = [("botDefinition.json", DEFINITION.as_bytes()), ("config.json", CONFIG.as_bytes())];
    zip(&[&files[..], extra].concat())
}

/// The same bytes with one text in place of another of the same length, in headers too.
fn patched(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<_> = (0..=bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
    assert!(!places.is_empty());
    places.into_iter().for_each(|at| bytes[at..at + from.len()].copy_from_slice(to));
    bytes
}

#[test]
fn a_plan_names_files_sizes_target_and_mode_and_sends_nothing() {
    let run = with_paths(export(dry(&["--new", "Shop"])).file("bot/README.md", "x"), &["bot"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for part in [
        "  appDefinition.json  definition  83 bytes\n",
        "  config.json         configuration  ",
        "  Icon.png            icon  12 bytes\n",
        "  functions.js        functions  15 bytes\n",
        "Left out  README.md\n",
        "Exported by  version 9.1.7 of the platform\n",
        "Target  a new bot \"Shop\"\nMode  new: ",
        "Nothing was sent.\n",
    ] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    let run = with_paths(export(dry(&["--into", "st-1", "--full"])), &["bot"]);
    assert!(
        run.stdout.contains("Target  the bot st-1\nMode  full: what the files lack is deleted"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("Left out  Icon.png\n"), "an existing bot has one: {}", run.stdout);
    let kore = export(dry(&["--into", "st-1", "--options"])).file("o.json", r#"{"tasks":["botTask"],"x":1}"#);
    let run = with_paths(kore, &["o.json", "bot"]);
    assert!(run.stdout.contains("Mode  incremental, with the options of "), "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_dry_run_prints_json_for_programs() {
    let kore = |command, output| {
        let kore = Kore::new(["import", command, "--dry-run", "--into", "st-1", "-o", output, "--options"]);
        export(kore).file("o.json", "{}").file("bot/README.md", "x")
    };
    for (command, output) in [("run", "json"), ("run", "ndjson"), ("start", "json")] {
        let run = with_paths(kore(command, output), &["o.json", "bot"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let plan: serde_json::Value = serde_json::from_str(&run.stdout).expect("one document");
        assert_eq!((&plan["dry_run"], &plan["mode"]), (&true.into(), &"incremental".into()), "{plan}");
        assert_eq!(
            (&plan["target"]["bot"], &plan["exported_by"]),
            (&"st-1".into(), &"9.1.7".into()),
            "{plan}"
        );
        let first = serde_json::json!({"name": "appDefinition.json", "role": "definition", "bytes": 83});
        assert_eq!(plan["files"][0], first, "{plan}");
        assert_eq!(plan["left_out"], serde_json::json!(["README.md", "Icon.png"]), "{plan}");
        assert!(plan["options"].as_str().is_some_and(|path| path.ends_with("o.json")), "{plan}");
    }
    let run = with_paths(export(dry(&["--new", "Shop", "-o", "json"])), &["bot"]);
    assert!(
        run.stdout.contains(r#""new_bot":"Shop""#) && run.stdout.contains(r#""mode":"new""#),
        "{}",
        run.stdout
    );
}

#[test]
fn files_are_given_one_by_one_as_well() {
    let names = ["bot/config.json", "bot/functions.js", "bot/appDefinition.json"];
    let run = with_paths(export(dry(&["--into", "st-1", "--full"])), &names);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stdout.matches(" bytes\n").count(), 3, "{}", run.stdout);
    refused(export(dry(&["--new", "x"])), &names, &["there is no icon.png, which a new bot needs"]);
    let kore = export(dry(&["--new", "x"])).file("bot/notes.txt", "x");
    refused(
        kore,
        &["bot/notes.txt"],
        &["the name does not say what the file is for", "hint: expected a folder"],
    );
}

#[test]
fn the_target_is_never_guessed() {
    for (args, says) in [
        (&[][..], "<--new <NAME>|--into <BOT_ID>>"),
        (&["--new", "x", "--into", "st-1"], "cannot be used with"),
        (&["--new", "x", "--full"], "cannot be used with"),
        (&["--into", "st-1", "--full", "--options", "x"], "cannot be used with"),
        (&["--into", "st-1"], "--into: expected --full or --options FILE, found neither"),
        (&["--into", "bot", "--full"], "--into: not a"),
        (&["--into", "$(BOT)", "--full"], "--into is the variable $(BOT)"),
        (&["--new", ""], "--new: expected the name of the bot, found a blank one"),
        (&["--new", "a \"b\""], "--new: expected the name of the bot, found a quote"),
        (&["--new", "a\nb"], "found a line break"),
    ] {
        refused(export(dry(args)), &["bot"], &[says]);
    }
    let options = |text: &str| export(dry(&["--into", "st-1", "--options"])).file("o.json", text);
    for text in ["", "[]", "{", "\"x\""] {
        refused(options(text), &["o.json", "bot"], &["o.json: expected a JSON object"]);
    }
    let twice = r#"{"tasks":["botTask"],"options":{"patterns":{"append":true,"append":false}}}"#;
    refused(
        options(twice),
        &["o.json", "bot"],
        &["o.json: expected", "options.patterns.append stands twice"],
    );
}

#[test]
fn a_folder_that_lacks_something_or_has_it_twice_is_refused() {
    let bot = || dry(&["--into", "st-1", "--full"]);
    let empty = bot();
    std::fs::create_dir(empty.home().join("bot")).expect("created");
    refused(empty, &["bot"], &["bot: the folder is empty", "hint: expected a folder"]);
    refused(bot(), &["no-such"], &["cannot read ", "no-such: "]);
    refused(
        bot().file("bot/x.txt", "x"),
        &["bot"],
        &["there is no appDefinition.json or botDefinition.json"],
    );
    refused(bot().file("bot/botDefinition.json", "{}"), &["bot"], &["there is no config.json"]);
    let two = export(bot()).file("bot/botDefinition.json", "{}");
    refused(two, &["bot"], &["two files for the definition: ", "appDefinition.json and "]);
    let again = export(bot()).file("other/functions.js", "x");
    refused(again, &["bot", "other/functions.js"], &["two files for the functions"]);
}

#[test]
fn a_file_that_is_no_json_is_named_and_not_shown() {
    let bot = || export(dry(&["--into", "st-1", "--full"]));
    for (text, says) in [
        (&b""[..], "it is empty"),
        (b"{", "it is no JSON: EOF"),
        (b" [] ", "expected a JSON object"),
        (b"\"hunter2-is-the-client-secret\"", "expected a JSON object"),
        (b"{\"a\": \"hunter2-is-the-client-secret\"", "it is no JSON: EOF"),
        (b"{\"a\": \"\xff\"}", "it is not UTF-8"),
        (b"{\"a\": \"\xc3", "it is not UTF-8"),
        (b"\xef\xbb\xbf{}", "expected UTF-8 without a byte order mark, found UTF-8 with a mark"),
        (b"{} {}", "it is no JSON: trailing"),
    ] {
        for name in ["appDefinition.json", "config.json"] {
            refused(bot().file_of(&format!("bot/{name}"), text), &["bot"], &[name, says]);
        }
    }
    // A character may stand where a piece of the reading ends.
    let long = format!(r#"{{"a": "{}é{}"}}"#, "x".repeat(8183), "é".repeat(5000));
    let run = with_paths(bot().file("bot/config.json", &long), &["bot"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn a_file_as_powershell_writes_it_is_refused_with_the_way_out() {
    let bot = || export(dry(&["--into", "st-1", "--full"]));
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    for (name, text) in [
        ("appDefinition.json", utf16("\u{feff}{}\r\n")),
        ("config.json", utf16("\u{feff}{}")),
        ("config.json", utf16("{}")),
        ("functions.js", utf16("\u{feff}function f() {}")),
        ("functions.js", utf16("function f() {}")),
    ] {
        let kore = bot().file_of(&format!("bot/{name}"), &text);
        refused(kore, &["bot"], &[name, "found UTF-16", "in PowerShell: [IO.File]::WriteAllText("]);
    }
    let marked = bot().file_of("bot/functions.js", b"\xef\xbb\xbffunction f() {}");
    let run = with_paths(marked, &["bot"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn what_the_dialog_would_not_take_is_a_warning() {
    let functions = "x".repeat(500_001);
    let definition = r#"{"unexportedTasks": [{}, {}]}"#;
    let kore = export(dry(&["--into", "st-1", "--full"])).file("bot/functions.js", &functions);
    let run = with_paths(kore.file("bot/appDefinition.json", definition), &["bot"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.says(&[
        "warning: functions.js has 500.0 kB: the builder's dialog takes 500.0 kB",
        "warning: appDefinition.json: 2 tasks were not exported",
    ]);
    assert!(run.stdout.contains("Exported by  version the definition does not say"), "{}", run.stdout);
    let icon = export(dry(&["--new", "x"])).file("bot/Icon.png", "GIF89a");
    with_paths(icon, &["bot"]).says(&["warning: Icon.png: it does not begin as a PNG does"]);
}

#[cfg(unix)]
#[test]
#[allow(clippy::print_stderr, reason = "that nothing was checked has to be seen")]
fn a_file_that_cannot_be_read_is_named() {
    use rustix::fs::{CWD, Mode, mkfifoat};

    let bot = || export(dry(&["--into", "st-1", "--full"]));
    let pipe = bot();
    std::fs::remove_file(pipe.home().join("bot/config.json")).expect("removed");
    mkfifoat(CWD, pipe.home().join("bot/config.json"), Mode::RWXU).expect("a pipe");
    refused(pipe, &["bot"], &["config.json: expected a regular file"]);
    for name in ["a\"b.js", "a\nb.js"] {
        let says = "the name of a file holds a quote or a control character";
        refused(bot().file(&format!("bot/{name}"), "x"), &["bot"], &[says]);
    }
    let closed = bot();
    closed.mode("bot/config.json", 0);
    if std::fs::File::open(closed.home().join("bot/config.json")).is_ok() {
        eprintln!("SKIPPED: a file without permission, since root may read all");
        return;
    }
    refused(closed, &["bot"], &["config.json: Permission denied"]);
}

#[test]
fn a_zip_is_opened_for_a_bot_that_exists_and_goes_up_whole_for_a_new_one() {
    let files: [(&str, &[u8]); 4] =
        [("icon.png", PNG), ("f.js", b"x"), ("notes.txt", b"x"), ("__MACOSX/config.json", b"x")];
    let kore = dry(&["--into", "st-1", "--full"]).file_of("bot.zip", &whole(&files));
    let run = with_paths(kore, &["bot.zip"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for part in [
        "  botDefinition.json  definition",
        "  config.json",
        "  f.js",
        "version 9.1.7",
        "Left out  notes.txt, icon.png",
    ] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    let run = with_paths(dry(&["--new", "x"]).file_of("bot.ZIP", &whole(&files)), &["bot.ZIP"]);
    assert!(run.stdout.contains("Files\n  bot.ZIP  zip of an export  "), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("version 9.1.7") && !run.stdout.contains("Left out"), "{}", run.stdout);
    // Some tools zip the folder itself.
    let inside = zip(&[("bot/botDefinition.json", DEFINITION.as_bytes()), ("bot/config.json", b"{}")]);
    let run = with_paths(dry(&["--into", "st-1", "--full"]).file_of("b.zip", &inside), &["b.zip"]);
    assert!(run.stdout.contains("  botDefinition.json  definition"), "{}{}", run.stdout, run.stderr);
    let two = export(dry(&["--new", "x"])).file_of("b.zip", &inside);
    refused(two, &["bot", "b.zip"], &["a zip holds all files"]);
}

#[test]
fn a_hostile_zip_is_refused() {
    let climbing = patched(whole(&[("xx/evil.js", b"x")]), b"xx/evil.js", b"../evil.js");
    let absolute = patched(whole(&[("x/evil.js", b"x")]), b"x/evil.js", b"//evil.js");
    let windows = patched(whole(&[("xxx/evil.js", b"x")]), b"xxx/evil.js", br"..\\evil.js");
    let drive = patched(whole(&[("xx/evil.js", b"x")]), b"xx/evil.js", b"C:/evil.js");
    let twice = patched(whole(&[("confih.json", b"{}")]), b"confih.json", b"config.json");
    let in_two_cases = whole(&[("CONFIG.json", b"{}")]);
    let two = whole(&[("appDefinition.json", b"{}")]);
    let length = 64 * 1024_u32;
    let big = whole(&[("x.txt", &vec![b'x'; length as usize])]);
    let bomb = patched(big, &length.to_le_bytes(), &u32::MAX.wrapping_sub(1).to_le_bytes());
    let link = {
        let mut writer = zip::ZipWriter::new_append(Cursor::new(whole(&[]))).expect("a zip");
        writer.add_symlink("f.js", "/etc/passwd", SimpleFileOptions::default()).expect("a link");
        writer.finish().expect("a zip").into_inner()
    };
    for (bytes, says) in [
        (climbing, "a path that leads out of its folder: \"../evil.js\""),
        (absolute, "a path that leads out"),
        (windows, "a path that leads out"),
        (drive, "a path that leads out"),
        (twice, "two entries of one name"),
        (in_two_cases, "two files for the configuration"),
        (two, "two files for the definition"),
        (bomb, "unpacks to more than 256 MiB"),
        (link, "the zip has a link: \"f.js\""),
        (zip(&[]), "there is no appDefinition.json"),
        (whole(&[])[..80].to_vec(), "it is no zip that can be read"),
        (Vec::new(), "it is no zip that can be read"),
        (zip(&[("botDefinition.json", b""), ("config.json", b"{}")]), "botDefinition.json: it is empty"),
    ] {
        for target in [&["--into", "st-1", "--full"][..], &["--new", "x"]] {
            refused(dry(target).file_of("b.zip", &bytes), &["b.zip"], &["b.zip", says]);
        }
    }
    assert!(!Path::new("/evil.js").exists());
    let kore = dry(&["--new", "x"]);
    let missing = path(&kore, "none.zip");
    refused(kore, &["none.zip"], &["cannot read", &missing]);
}
