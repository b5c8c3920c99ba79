//! Settings as Windows and pipelines write them.

use kore_emulator::samples;

use crate::run::{CLIENT_ID, Kore, Platform, SECRET, USUAL};

/// A host that is never asked: each run here ends before.
const HOST: &str = "https://kore.invalid";

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";

/// A text in each form in which tools write one.
pub(crate) fn written(text: &str) -> Vec<Vec<u8>> {
    let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect();
    let marked = format!("\u{feff}{text}");
    vec![
        text.as_bytes().to_vec(),
        marked.as_bytes().to_vec(),
        utf16(&marked, u16::to_le_bytes),
        utf16(&marked, u16::to_be_bytes),
        utf16(text, u16::to_le_bytes),
    ]
}

fn platform() -> Platform {
    Platform::start(|emulator| emulator.import(samples::succeeded()))
}

/// `kore import status`, without credentials.
fn asking(platform: &Platform) -> Kore {
    let id = platform.emulator.import_ids()[0].clone();
    Kore::new(["import", "status", id.as_str()]).env("KORE_HOST", platform.emulator.url())
}

/// How a message names a way to give a secret, and the way.
type Given = (&'static str, fn(Kore, &[u8]) -> Kore);

/// Ways to give a secret that stands in bytes.
const SECRETS: [Given; 4] = [
    ("--client-secret-file (", |kore, bytes| {
        let kore = kore.file_of("secret.txt", bytes);
        let path = kore.home().join("secret.txt");
        kore.arg("--client-secret-file").arg(path)
    }),
    ("--client-secret-file (standard input)", |kore, bytes| {
        kore.stdin(bytes).args(["--client-secret-file", "-"])
    }),
    ("KORE_CLIENT_SECRET_FILE (", |kore, bytes| {
        let kore = kore.file_of("secret.txt", bytes);
        let path = kore.home().join("secret.txt");
        kore.env("KORE_CLIENT_SECRET_FILE", path)
    }),
    ("client_secret_file of profile dev (", |kore, bytes| {
        let profile = "default_profile = 'dev'\n[profiles.dev]\nclient_secret_file = 'secret.txt'\n";
        kore.file(USUAL, profile).file_of(".config/kore/secret.txt", bytes)
    }),
];

#[test]
fn a_secret_is_read_as_each_tool_writes_it() {
    let platform = platform();
    for (place, give) in SECRETS {
        for end in ["", "\r\n"] {
            for bytes in written(&format!("{SECRET}{end}")) {
                let mut kore = give(asking(&platform).env("KORE_CLIENT_ID", CLIENT_ID), &bytes);
                assert_eq!(kore.run().code, 0, "{place} {bytes:?}");
            }
        }
    }
}

#[test]
fn a_token_is_signed_with_the_secret_that_is_meant() {
    let platform = platform();
    for bytes in written(&format!("{SECRET}\r\n")) {
        for (_, give) in SECRETS {
            let token = give(Kore::new(["token"]).env("KORE_CLIENT_ID", CLIENT_ID), &bytes).run_unchecked();
            assert_eq!(token.code, 0, "{}", token.stderr);
            asking(&platform).env("KORE_JWT", token.stdout).succeeds();
        }
    }
}

#[test]
fn a_secret_that_no_one_means_so_is_told_with_file_and_line_and_not_shown() {
    for (text, says) in [
        (format!(" {SECRET}\n"), ", line 1: a blank stands in front"),
        (format!("\t{SECRET}"), ", line 1: a blank stands in front"),
        (format!("\u{a0}{SECRET}"), ", line 1: a blank stands in front"),
        (format!("{SECRET} \r\n"), ", line 1: a blank stands behind"),
        (format!("{SECRET}\n{SECRET}\n"), ", line 2: expected the client secret alone"),
        (format!("\n{SECRET}"), ", line 2: expected the client secret alone"),
        (format!("{SECRET}\r\nuser=x"), ", line 2: expected the client secret alone"),
    ] {
        for (place, give) in SECRETS {
            for bytes in written(&text) {
                let kore = Kore::new(["import", "status", "bir-1", "--host", HOST, "--client-id", CLIENT_ID]);
                let run = give(kore, &bytes).fails(2);
                run.says(&[place, says]);
            }
        }
        let token = Kore::new(["token", "--client-id", CLIENT_ID]).env("KORE_CLIENT_SECRET", &text).fails(2);
        token.says(&["KORE_CLIENT_SECRET, line "]);
    }
    let broken = [b"\xff\xfe".as_slice(), SECRET.as_bytes(), b"x"].concat();
    let kore = Kore::new(["token", "--client-id", CLIENT_ID]);
    (SECRETS[0].1)(kore, &broken).fails(2).says(&["begins as UTF-16", "secret.txt"]);
}

#[test]
fn blanks_and_marks_around_a_setting_are_no_part_of_it() {
    let platform = platform();
    let url = platform.emulator.url();
    let import = platform.emulator.import_ids()[0].to_string();
    for (before, after) in [(" ", " "), ("", "\r\n"), ("\u{feff}", ""), ("\u{feff}\t", " \r")] {
        let around = |text: &str| format!("{before}{text}{after}");
        let kore = Kore::new(["import", "status"]).arg(around(&import));
        let kore = kore.env("KORE_HOST", around(&url)).env("KORE_CLIENT_ID", around(CLIENT_ID));
        kore.env("KORE_CLIENT_SECRET", format!("{SECRET}\r\n")).succeeds();
        let kore = asking(&platform).args(["--host", &around(&url), "--client-id", &around(CLIENT_ID)]);
        kore.env("KORE_CLIENT_SECRET", format!("\u{feff}{SECRET}")).succeeds();
        let profile = format!(
            "default_profile = 'dev'\n[profiles.dev]\nclient_id = {}\n",
            serde_json::to_string(&around(CLIENT_ID)).expect("a text")
        );
        asking(&platform).file(USUAL, &profile).env("KORE_CLIENT_SECRET", SECRET).succeeds();
        let token = Kore::new(["token", "--client-id", CLIENT_ID]).env("KORE_CLIENT_SECRET", SECRET);
        let token = { token }.run_unchecked().stdout;
        asking(&platform).env("KORE_JWT", around(token.trim_end())).succeeds();
    }
    let kore = asking(&platform).env("KORE_CLIENT_ID", CLIENT_ID).file("secret", SECRET);
    let path = format!("{}\r", kore.home().join("secret").display());
    kore.env("KORE_CLIENT_SECRET_FILE", path).env("KORE_JTI", "1\r").succeeds();
}

#[test]
fn the_configuration_is_read_as_each_tool_writes_it() {
    let platform = platform();
    let url = platform.emulator.url();
    let config = format!(
        "default_profile = 'dev'\r\n[profiles.dev]\r\nhost = '{url}'\r\nclient_id = '{CLIENT_ID}'\r\nclient_secret = '{SECRET}'\r\n"
    );
    for bytes in written(&config) {
        Kore::new(["import", "status", platform.emulator.import_ids()[0].as_str()])
            .file_of(USUAL, &bytes)
            .succeeds();
    }
    let kore = Kore::new(["token"]).file_of(USUAL, b"\xff\xfeab\n");
    { kore }.fails(2).says(&["cannot read the configuration file", "config.toml: it begins as UTF-16"]);
}

#[test]
fn ids_are_read_as_each_tool_writes_them() {
    let platform = platform();
    let id = platform.emulator.import_ids()[0].to_string();
    for bytes in written(&format!("{id}\r\n\r\n {id} \r\n")) {
        let run = Kore::watch(&platform.emulator.url(), &["-"]).stdin(&bytes).succeeds();
        assert!(run.stdout.contains(&format!("{id} succeeded")), "{}", run.stdout);
    }
}

/// The tokens of a document that PowerShell wrote.
#[test]
fn resume_tokens_are_read_as_each_tool_writes_them() {
    let token = r#"[{"v":9}]"#;
    for bytes in written(token) {
        let kore = Kore::watch(HOST, &["--resume"]).file_of("t.json", &bytes);
        let path = kore.home().join("t.json");
        kore.arg(path).fails(2).says(&["version 9 of the resume token"]);
    }
}

const FORMS: [&str; 8] = [
    "$(KORE_VALUE)",
    "${KORE_VALUE}",
    "%KORE_VALUE%",
    "${{ secrets.KORE_VALUE }}",
    "${{secrets.KORE_VALUE}}",
    "$KORE_VALUE",
    "$env:KORE_VALUE",
    " $(KORE_VALUE)\r\n",
];

/// A place for a value, by what a message names it, and how it is given. `{}` stands for the value
/// in arguments, variables and the profile.
struct Place {
    named: &'static str,
    arguments: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
    profile: &'static str,
    stdin: bool,
}

const fn flag(named: &'static str, arguments: &'static [&'static str]) -> Place {
    Place { named, arguments, variables: &[], profile: "", stdin: false }
}

const fn variable(named: &'static str, variables: &'static [(&'static str, &'static str)]) -> Place {
    Place { named, arguments: &[], variables, profile: "", stdin: false }
}

const fn key(named: &'static str, profile: &'static str) -> Place {
    Place { named, arguments: &[], variables: &[], profile, stdin: false }
}

const PLACES: [Place; 25] = [
    flag("--host", &["--host", "{}"]),
    flag("--client-id", &["--client-id", "{}"]),
    flag("--client-secret-file", &["--client-secret-file", "{}"]),
    flag("--ca-file", &["--ca-file", "{}"]),
    flag("no configuration file", &["--config", "{}"]),
    Place { stdin: true, ..flag("--client-secret-file (standard input)", &["--client-secret-file", "-"]) },
    variable("KORE_HOST", &[("KORE_HOST", "{}")]),
    variable("KORE_CLIENT_ID", &[("KORE_CLIENT_ID", "{}")]),
    variable("KORE_CLIENT_SECRET", &[("KORE_CLIENT_SECRET", "{}")]),
    variable("KORE_CLIENT_SECRET_FILE", &[("KORE_CLIENT_SECRET", ""), ("KORE_CLIENT_SECRET_FILE", "{}")]),
    variable("KORE_JWT", &[("KORE_JWT", "{}")]),
    variable("KORE_CA_FILE", &[("KORE_CA_FILE", "{}")]),
    variable("KORE_JTI", &[("KORE_JTI", "{}")]),
    variable("HTTPS_PROXY", &[("HTTPS_PROXY", "{}")]),
    variable("https_proxy", &[("https_proxy", "{}")]),
    variable("ALL_PROXY", &[("ALL_PROXY", "{}")]),
    Place {
        arguments: &["--allow-http"],
        ..variable("HTTP_PROXY", &[("KORE_HOST", "http://kore.invalid"), ("HTTP_PROXY", "{}")])
    },
    key("host of profile dev", "host = '{}'"),
    key("client_id of profile dev", "client_id = '{}'"),
    key("client_secret of profile dev", "client_secret = '{}'"),
    key("client_secret_file of profile dev", "client_secret_file = '{}'"),
    key("jwt of profile dev", "jwt = '{}'"),
    key("ca_file of profile dev", "ca_file = '{}'"),
    flag("the import id", &["{}"]),
    Place { stdin: true, ..flag("standard input, line 1", &["-"]) },
];

impl Place {
    fn is_id(&self) -> bool {
        self.named.starts_with("the import id") || self.named.starts_with("standard input")
    }

    /// `kore import status` or `watch`, with all settings but for the one of this place.
    fn kore(&self, command: &str, value: &str) -> Kore {
        let arguments = self.arguments.iter().map(|text| text.replace("{}", value));
        let mut kore = Kore::new(["import", command]).args(arguments);
        if !self.is_id() {
            kore = kore.arg("bir-1");
        }
        let usual = [
            ("KORE_HOST", "host", HOST),
            ("KORE_CLIENT_ID", "client_id", CLIENT_ID),
            ("KORE_CLIENT_SECRET", "client_secret", SECRET),
        ];
        for (name, key, usual) in usual {
            // A profile counts only for what the environment leaves out.
            let is_jwt = self.profile.starts_with("jwt") && key != "host";
            if !self.profile.starts_with(key) && !is_jwt {
                kore = kore.env(name, usual);
            }
        }
        for (name, text) in self.variables {
            kore = kore.env(name, text.replace("{}", value));
        }
        if !self.profile.is_empty() {
            let line = self.profile.replace("{}", value.trim());
            kore = kore.file(USUAL, &format!("default_profile = 'dev'\n[profiles.dev]\n{line}\n"));
        }
        if self.stdin { kore.stdin(value.as_bytes()) } else { kore }
    }
}

#[test]
fn a_variable_in_the_place_of_its_value_is_named_before_anything_is_sent() {
    for place in &PLACES {
        // One that reads it otherwise would show in the first.
        for (command, forms) in [("status", &FORMS[..]), ("watch", &FORMS[..1])] {
            if command == "status" && place.named == "standard input, line 1" {
                continue;
            }
            for form in forms {
                let run = place.kore(command, form).fails(2);
                run.says(&[place.named, "KORE_VALUE"]);
                let is_told = ["is the variable ", "nothing put its value"]
                    .iter()
                    .any(|told| run.stderr.contains(told));
                assert!(is_told, "{} {form}: {}", place.named, run.stderr);
            }
        }
    }
}

#[test]
fn a_variable_where_it_does_not_count_stops_nothing() {
    let platform = platform();
    let kore = platform.status().env("KORE_SUBJECT", "$(Build.RequestedFor)");
    let kore = kore.env("HTTPS_PROXY", "").args(["--host", &platform.emulator.url()]);
    kore.env("KORE_HOST", "$(KORE_HOST)").succeeds();
    let expression = Kore::new(["import", "status", "bir-1", "--host", "${{ secrets.A || 'hunter2' }}"]);
    let run = { expression }.env("KORE_JWT", JWT).fails(2);
    run.says(&["--host is an expression ${{…}}"]);
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
}
