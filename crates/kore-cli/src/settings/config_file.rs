//! The configuration file: profiles in TOML. It is read here, and what it says is never shown: it may
//! hold a secret.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use kore_sdk::types::Printable;
use toml::de::{DeTable, DeValue};

use super::Problem;
use super::key::Key;
use super::values::{Found, Value, Values};
use crate::failure::Failure;
use crate::file_name::is_missing;
use crate::plain_text::{self, bounded, open};

/// The most that is read of the file.
const MAX_LEN: u64 = 1024 * 1024;

/// The whole file.
#[derive(Default)]
pub(crate) struct Config {
    /// With its line.
    pub(crate) default_profile: Option<(String, usize)>,
    pub(crate) profiles: BTreeMap<String, Values>,
    /// What is wrong in it. The settings that it is about are left out above.
    pub(crate) problems: Vec<Problem>,
}

impl Config {
    fn holds_a_secret(&self) -> bool {
        let mut profiles = self.profiles.values();
        profiles.any(|values| values.contains_key(&Key::ClientSecret) || values.contains_key(&Key::Jwt))
    }
}

/// The usual place: below `$XDG_CONFIG_HOME` or `~/.config`, on Windows below `%APPDATA%`. `None` if there
/// is no home directory.
pub(crate) fn usual_path() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("kore").join("config.toml"))
}

/// The file's content; `None` if there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<Config>, Failure> {
    let cannot = |error: io::Error| {
        Failure::usage(format!("cannot read the configuration file {}: {error}", path.display()))
    };
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if is_missing(error.kind()) => return Ok(None),
        Err(error) => return Err(cannot(error)),
    };
    let text = bounded(&file, MAX_LEN).and_then(plain_text::text).map_err(cannot)?;
    let mut config = parse(&text, path)?;
    if config.holds_a_secret()
        && let Err(failure) = private(&file, path)
    {
        config.problems.push(Problem { key: Key::Config, failure });
    }
    Ok(Some(config))
}

/// Reads the TOML. An error names the line, and never shows one: it may hold a secret.
pub(super) fn parse(text: &str, path: &Path) -> Result<Config, Failure> {
    let line_of = |at: usize| 1 + text[..at].matches('\n').count();
    let at_line = |line: Option<usize>, what: &str| {
        let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
        Failure::usage(format!("{}{line}: {}", path.display(), Printable::new(what.as_bytes(), 400)))
    };
    let table = DeTable::parse(text)
        .map_err(|error| at_line(error.span().map(|span| line_of(span.start)), error.message()))?;
    let mut config = Config::default();
    let mut problem = |key, line, what: &str| {
        config.problems.push(Problem { key, failure: at_line(Some(line), what) });
    };
    for (name, value) in table.get_ref() {
        let line = line_of(name.span().start);
        match (name.get_ref().as_ref(), value.get_ref()) {
            ("default_profile", DeValue::String(profile)) => {
                config.default_profile = Some((profile.to_string(), line));
            }
            ("default_profile", _) => {
                problem(Key::Profile, line, "default_profile: expected a string in quotes");
            }
            ("profiles", DeValue::Table(profiles)) => {
                for (name, profile) in profiles {
                    let line = line_of(name.span().start);
                    let DeValue::Table(settings) = profile.get_ref() else {
                        problem(Key::Config, line, "expected a profile, as in [profiles.dev]");
                        continue;
                    };
                    let mut values = Values::new();
                    for (name, value) in settings {
                        let line = line_of(name.span().start);
                        match found(name.get_ref(), value.get_ref()) {
                            Ok((key, value)) => _ = values.insert(key, Found::in_file(value, line)),
                            Err((key, what)) => problem(key, line, &what),
                        }
                    }
                    config.profiles.insert(name.get_ref().to_string(), values);
                }
            }
            ("profiles", _) => {
                problem(Key::Config, line, "profiles: expected profiles, as in [profiles.dev]");
            }
            (unknown, _) => {
                let what = format!("unknown field `{unknown}`, expected `default_profile` or `profiles`");
                problem(Key::Config, line, &what);
            }
        }
    }
    Ok(config)
}

/// A setting of a profile, or what is wrong with it.
fn found(name: &str, value: &DeValue<'_>) -> Result<(Key, Value), (Key, String)> {
    let Some(key) = Key::of_profiles().find(|key| key.name() == name) else {
        let known: Vec<_> = Key::of_profiles().map(|key| format!("`{}`", key.name())).collect();
        return Err((Key::Config, format!("unknown field `{name}`, expected one of {}", known.join(", "))));
    };
    let value = Value::of_toml(key.named().form, value);
    value.map(|value| (key, value)).map_err(|what| (key, format!("{name}: {what}")))
}

#[cfg(unix)]
fn private(file: &File, path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = file.metadata().map(|data| data.permissions().mode()).unwrap_or(0o777);
    // Who can write it can send the secret elsewhere.
    if mode & 0o066 == 0 {
        return Ok(());
    }
    let path = path.display();
    let mode = mode & 0o777;
    Err(Failure::usage(format!(
        "{path} holds a secret, and others than you can read or write it (mode {mode:04o})"
    ))
    .hint(format!("run: chmod 600 '{path}'")))
}

/// Who may read a file is not checked on Windows: its lists of access take another language to say.
#[cfg(windows)]
fn private(_: &File, _: &Path) -> Result<(), Failure> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        let config = match parse(text, Path::new("c.toml")) {
            Ok(config) => config,
            Err(failure) => return failure.to_string(),
        };
        let problem = config.problems.first().unwrap_or_else(|| panic!("expected an error for {text}"));
        problem.failure.to_string()
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_accepted_ones() {
        let problem = problem("[profiles.dev]\nhost = 'x'\nhots = 'y'\n");
        assert!(problem.starts_with("c.toml, line 3: unknown field `hots`"), "{problem}");
        assert!(problem.contains("`client_secret_file`") && problem.contains("`timeout`"), "{problem}");
        assert!(!problem.contains("`profile`"), "{problem}");
    }

    #[test]
    fn a_timeout_without_a_unit_says_what_to_write() {
        let problem = problem("[profiles.dev]\ntimeout = 20\n");
        assert!(problem.contains("line 2: timeout: ") && problem.contains("write \"20s\""), "{problem}");
    }

    #[test]
    fn what_is_wrong_with_one_setting_hides_no_other() {
        let text = "default_profile = 'a'\n[profiles.a]\njti = 1\nhost = 'x'\n[profiles.b]\ntimeout = true\n";
        let config = parse(text, Path::new("c.toml")).unwrap_or_else(|failure| panic!("{failure}"));
        let problems: Vec<_> = config.problems.iter().map(|problem| problem.failure.to_string()).collect();
        assert_eq!(
            problems,
            [
                "c.toml, line 3: jti: expected true or false",
                "c.toml, line 6: timeout: expected a duration such as \"20s\"",
            ]
        );
        assert_eq!(config.default_profile, Some(("a".to_owned(), 1)));
        assert_eq!(config.profiles["a"].keys().collect::<Vec<_>>(), [&Key::Host]);
    }

    #[test]
    fn no_message_shows_a_secret() {
        for text in [
            "[profiles.dev]\nclient_secret = 'hunter2\n",
            "[profiles.dev]\nclient_secret = hunter2\n",
            "[profiles.dev]\nclient_secret = \"hunter2\\q\"\n",
            "[profiles.dev]\nclient_secret = ['hunter2']\n",
            "[profiles.dev]\nclient_secret = 'hunter2' jti\n",
            "[profiles.dev]\nclient_secret 'hunter2'\n",
            "[profiles.dev]\nclient_secret = 'a'\nclient_secret = 'hunter2'\n",
            "[profiles.dev]\njwt = { hunter2 = 1 }\n",
            "[profiles]\nclient_secret = 'hunter2'\n",
            "profiles.a = 'hunter2'\n",
            "profiles = 'hunter2'\n",
            "[profiles.dev]\njti = 'hunter2, expected x'\n",
        ] {
            assert!(!problem(text).contains("hunter2"), "{}", problem(text));
        }
        assert!(!problem("[profiles.dev]\nclient_secret = 73195\n").contains("73195"));
    }
}
