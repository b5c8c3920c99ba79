//! What is otherwise on Windows. These run there, or under wine.

use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt as _;

use kore_emulator::samples;

use crate::run::{CLIENT_ID, Kore, Platform, SECRET, USUAL};

#[test]
fn help_says_where_the_configuration_is_and_what_is_not_checked() {
    let help = Kore::new(["--help"]).succeeds().stdout;
    assert!(help.contains(r"kore\config.toml below %APPDATA%"), "{help}");
    assert!(help.contains("is not checked on Windows") && !help.contains("chmod"), "{help}");
}

#[test]
fn a_profile_names_a_file_with_a_drive_and_its_text_is_as_powershell_writes_it() {
    let platform = Platform::start(|emulator| emulator.import(samples::succeeded()));
    let utf16 = |text: &str| {
        format!("\u{feff}{text}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()
    };
    let kore = platform.status();
    let secret = kore.home().join("a folder").join("secret.txt");
    let profile = format!(
        "default_profile = 'dev'\r\n[profiles.dev]\r\nclient_id = '{CLIENT_ID}'\r\nclient_secret_file = '{}'",
        secret.display()
    );
    let kore = kore.env("KORE_CLIENT_ID", "").env("KORE_CLIENT_SECRET", "");
    kore.file_of(USUAL, &utf16(&profile)).file_of("a folder/secret.txt", &utf16(SECRET)).succeeds();
}

#[test]
fn a_report_has_a_name_that_windows_allows() {
    for (name, says) in
        [("NUL", "a device of Windows"), ("aa:b.xml", "allows no ':'"), ("a?.xml", "allows no '?'")]
    {
        let kore = Kore::watch("http://127.0.0.1:1", &["bir-1"]).in_home().args(["--junit", name]);
        { kore }.fails(2).says(&["--junit", says]);
    }
}

#[test]
fn an_argument_that_is_no_unicode_is_refused() {
    let lone = OsString::from_wide(&[u16::from(b'b'), 0xd800]);
    Kore::new(["import", "status"]).arg(lone).fails(2);
}

#[test]
fn files_with_a_path_longer_than_260_are_read() {
    let kore = Kore::new(["import", "run", "--dry-run", "--into", "st-1", "--full"]);
    let deep = ["a".repeat(100), "b".repeat(100), "c".repeat(100)].join("/");
    let files = [("appDefinition.json", "{}"), ("config.json", "{}")];
    let kore = files.iter().fold(kore, |kore, (name, text)| kore.file(&format!("{deep}/{name}"), text));
    let folder = kore.home().join(deep);
    kore.arg(folder).succeeds();
}

#[test]
fn completions_for_powershell_are_printed() {
    let script = Kore::new(["completions", "powershell"]).succeeds().stdout;
    assert!(script.contains("Register-ArgumentCompleter"), "{script}");
}
