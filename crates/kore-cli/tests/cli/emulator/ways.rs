//! The ways to run it: apps, limits, addresses, certificates.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;

use super::Running;
use crate::run::Kore;

/// A folder with the file `secret`, and its path.
fn secret_file() -> (TempDir, String) {
    let directory = TempDir::new().expect("a directory");
    let path = written(&directory, "secret", "hunter2-is-the-client-secret\n");
    (directory, path)
}

fn written(directory: &TempDir, name: &str, text: &str) -> String {
    let path = directory.path().join(name);
    std::fs::write(&path, text).expect("written");
    let private = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600);
    std::fs::set_permissions(&path, private).expect("its owner");
    path.to_str().expect("UTF-8").to_owned()
}

impl Running {
    /// With so many lines of settings before three imports.
    fn set_by(settings: usize, arguments: &[&str]) -> Self {
        Self::of(arguments, settings + 3, Stdio::inherit())
    }

    /// `kore import status` of its first import, in a shell that has taken all lines over.
    fn look(&self) -> Kore {
        let settings = self.lines.iter().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
        let id = self.lines.iter().find(|line| line.starts_with("bir-")).expect("an import");
        settings.fold(Kore::new(["import", "status", id]), |kore, (name, value)| kore.env(name, value))
    }
}

#[test]
fn an_app_of_ones_own_may_call_and_its_secret_is_not_printed() {
    let (_directory, file) = secret_file();
    let emulator = Running::set_by(3, &["--app", &format!("cs-own:{file}")]);
    assert_eq!(emulator.setting("KORE_CLIENT_ID"), Some("cs-own"));
    assert_eq!(emulator.setting("KORE_CLIENT_SECRET_FILE"), Some(&*file));
    assert!(!emulator.lines.concat().contains("hunter2"));
    emulator.look().succeeds();
    emulator.look().env("KORE_CLIENT_ID", "cs-another").fails(4);
}

#[test]
fn a_secret_that_others_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_directory, file) = secret_file();
    for (mode, is_open) in [(0o600, false), (0o400, false), (0o644, true), (0o620, true), (0o604, true)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("its owner");
        let mut emulator = Running::of(&["--app", &format!("cs-own:{file}:jti")], 7, Stdio::piped());
        assert_eq!(emulator.signal("TERM"), Some(0));
        let said = std::io::read_to_string(emulator.child.stderr.take().expect("piped")).expect("UTF-8");
        let warns = said.starts_with("warning: --app: ") && said.contains(&format!("chmod 600 '{file}'"));
        assert_eq!((warns, said.is_empty()), (is_open, !is_open), "{mode:o}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn the_secret_of_an_app_is_read_as_tools_on_windows_write_it() {
    let directory = TempDir::new().expect("a directory");
    for bytes in crate::settings::written("hunter2-is-the-client-secret\r\n") {
        let file = written(&directory, "secret", "");
        std::fs::write(&file, bytes).expect("written");
        let emulator = Running::set_by(3, &["--app", &format!("cs-own:{file}")]);
        let secret = "hunter2-is-the-client-secret";
        emulator.look().env("KORE_CLIENT_SECRET_FILE", "").env("KORE_CLIENT_SECRET", secret).succeeds();
    }
}

#[test]
fn the_options_of_an_app_count() {
    let (_directory, file) = secret_file();
    let with =
        |options: &str, settings| Running::set_by(settings, &["--app", &format!("cs-own:{file}:{options}")]);
    let emulator = with("jti", 4);
    emulator.look().succeeds();
    emulator.look().env("KORE_JTI", "0").fails(4).says(&["jti"]);
    with("no-scope", 3).look().fails(4).says(&["Permission denied. Scope is incorrect!"]);
    with("hs512", 3).look().fails(4);
}

#[test]
fn of_several_apps_the_first_is_that_of_the_lines_and_each_may_call() {
    let (directory, file) = secret_file();
    let other = written(&directory, "other", "another secret");
    let emulator = Running::set_by(3, &["--app", &format!("cs-1:{file}"), "--app", &format!("cs-2:{other}")]);
    assert_eq!(emulator.setting("KORE_CLIENT_ID"), Some("cs-1"));
    emulator.look().succeeds();
    emulator.look().env("KORE_CLIENT_ID", "cs-2").fails(4);
    emulator.look().env("KORE_CLIENT_ID", "cs-2").env("KORE_CLIENT_SECRET_FILE", other).succeeds();
}

#[test]
fn an_app_that_cannot_be_is_told() {
    let (directory, file) = secret_file();
    let emulator = |arguments: &[&str]| Kore::new(["emulator"].iter().chain(arguments)).fails(2);
    emulator(&["--app", "cs-1"]).says(&["--app: expected CLIENT-ID:SECRET-FILE", "hint: "]);
    emulator(&["--app", "cs-1:/no/such"]).says(&["cannot read the client secret from --app (/no/such)"]);
    emulator(&["--app", &format!("$(KORE_ID):{file}")])
        .says(&["client id of --app is the variable $(KORE_ID)"]);
    emulator(&["--app", "cs-1:$(FILE)"]).says(&["the variable $(FILE) stands there"]);
    let unexpanded = written(&directory, "unexpanded", "$(SECRET)\r\n");
    emulator(&["--app", &format!("cs-1:{unexpanded}")]).says(&["/unexpanded) is the variable $(SECRET)"]);
    let two = written(&directory, "two", "a\nb");
    emulator(&["--app", &format!("cs-1:{two}")]).says(&["/two), line 2: expected the client secret alone"]);
    let empty = written(&directory, "empty", "\n");
    emulator(&["--app", &format!("cs-1:{empty}")]).says(&["--app (", "the client secret is empty"]);
    emulator(&["--app", &format!("cs-1:{file}:scope")]).says(&["jti, hs512, jwe, no-scope, found \"scope\""]);
    let twice = format!("cs-1:{file}");
    emulator(&["--app", &twice, "--app", &twice]).says(&["--app: cs-1 is given twice"]);
}

#[test]
fn limits_are_off_or_answered_as_asked_for() {
    let last = |emulator: &Running, looks| {
        (1..looks).for_each(|_| drop(emulator.look().succeeds()));
        emulator.look().run()
    };
    assert_eq!(last(&Running::set_by(3, &["--lenient"]), 61).code, 0);
    let limited = last(&Running::set_by(3, &["--limit-status", "503", "--retry-after"]), 61);
    assert_eq!(limited.code, 5);
    limited.says(&["503", "per-minute rate limit"]);
    for refused in [["--lenient", "--retry-after"], ["--limit-status", "200"]] {
        assert_eq!(Kore::new(["emulator"].iter().chain(&refused)).run().code, 2);
    }
}

#[test]
fn made_up_credentials_are_for_this_machine_alone() {
    let mut open = Kore::new(["emulator", "--bind", "0.0.0.0"]);
    open.fails(2).says(&["other machines can reach 0.0.0.0", "hint: ", "--app CLIENT-ID:SECRET-FILE"]);
    let (_directory, file) = secret_file();
    let app = format!("cs-1:{file}");
    let emulator = Running::set_by(3, &["--bind", "0.0.0.0", "--app", &app]);
    assert!(emulator.setting("KORE_HOST").expect("the host").starts_with("http://127.0.0.1:"));
    emulator.look().succeeds();
    let mut away = Kore::new(["emulator", "--bind", "192.0.2.1", "--app", &app]);
    away.fails(2).says(&["cannot serve on 192.0.2.1:0", "hint: --bind takes an address of this machine"]);
}

#[test]
fn over_tls_its_lines_are_enough_and_the_certificate_goes_with_it() {
    let mut emulator = Running::set_by(4, &["--tls"]);
    assert!(emulator.setting("KORE_HOST").expect("the host").starts_with("https://127.0.0.1:"));
    let file = PathBuf::from(emulator.setting("KORE_CA_FILE").expect("a file"));
    assert!(std::fs::read_to_string(&file).expect("it is there").starts_with("-----BEGIN CERTIFICATE-----"));
    emulator.look().succeeds();
    emulator.look().env("KORE_CA_FILE", "").arg("--ca-file").arg(&file).succeeds();
    emulator.look().env("KORE_CA_FILE", "").fails(6).says(&["unknown issuer", "hint: --ca-file"]);

    let folder = file.parent().expect("a folder").to_owned();
    assert_eq!(std::fs::read_dir(&folder).expect("it is there").count(), 1, "the key is in no file");
    assert_eq!(emulator.signal("TERM"), Some(0));
    assert!(!folder.exists());
}

#[test]
fn a_certificate_of_ones_own_is_taken() {
    let directory = TempDir::new().expect("a directory");
    let (certificate, key) = certificate(&directory, "localhost");
    let emulator = Running::set_by(3, &["--tls-cert", &certificate, "--tls-key", &key]);
    assert!(emulator.setting("KORE_HOST").expect("the host").starts_with("https://localhost:"));
    emulator.look().env("KORE_CA_FILE", certificate).succeeds();
}

#[test]
fn a_certificate_that_cannot_be_used_is_told() {
    let directory = TempDir::new().expect("a directory");
    let (certificate, key) = certificate(&directory, "localhost");
    let (_, other_key) = self::certificate(&directory, "other");
    let with = |certificate: &str, key: &str| {
        Kore::new(["emulator", "--tls-cert", certificate, "--tls-key", key]).fails(2)
    };
    with(&certificate, &other_key).says(&["the TLS key is not that of the certificate"]);
    with(&key, &certificate).says(&["the TLS certificate", "expected PEM", "found a key"]);
    with(&certificate, &certificate).says(&["the TLS key", "expected PEM", "found a certificate"]);
    with("/no/such", &key).says(&["cannot read --tls-cert (/no/such)"]);
    let empty = written(&directory, "empty", "");
    with(&empty, &key).says(&["found an empty file"]);
}

/// The paths of a certificate for that name, which signed itself, and of its key.
fn certificate(directory: &TempDir, name: &str) -> (String, String) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    let path = |kind: &str| Path::new(name).with_extension(kind).display().to_string();
    (
        written(directory, &path("pem"), &made.cert.pem()),
        written(directory, &path("key"), &made.signing_key.serialize_pem()),
    )
}
