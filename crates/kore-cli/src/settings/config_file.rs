//! The configuration file: profiles in TOML. It is read here, and what it says is never shown: it may
//! hold a secret.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use kore_sdk::types::Printable;
use serde::Deserialize;

use super::values::Values;
use crate::failure::Failure;
use crate::file_name::is_missing;
use crate::plain_text::{self, bounded};

/// The most that is read of the file.
const MAX_LEN: u64 = 1024 * 1024;

/// The whole file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) default_profile: Option<String>,
    #[serde(default)]
    pub(crate) profiles: BTreeMap<String, Values>,
}

impl Config {
    fn holds_a_secret(&self) -> bool {
        self.profiles.values().any(|values| values.client_secret.is_some() || values.jwt.is_some())
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
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_missing(error.kind()) => return Ok(None),
        Err(error) => return Err(cannot(error)),
    };
    let text = bounded(&file, MAX_LEN).and_then(plain_text::text).map_err(cannot)?;
    let config = parse(&text).map_err(|problem| Failure::usage(format!("{}{problem}", path.display())))?;
    if config.holds_a_secret() {
        private(&file, path)?;
    }
    Ok(Some(config))
}

/// Reads the TOML. The error begins with the line, and never shows one: it may hold a secret.
fn parse(text: &str) -> Result<Config, String> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let line = error.span().map(|span| 1 + text[..span.start].matches('\n').count());
        let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
        format!("{line}: {}", Printable::new(without_found(error.message()).as_bytes(), 400))
    })
}

/// A message without the value that was found, which may be a secret in the wrong place:
/// `invalid type: string "…", expected …`.
fn without_found(message: &str) -> String {
    let kind =
        ["invalid type", "invalid value", "invalid length"].iter().find(|kind| message.starts_with(*kind));
    match (kind, message.rfind(", expected ")) {
        (Some(kind), Some(expected)) => format!("{kind}{}", &message[expected..]),
        (Some(kind), None) => (*kind).to_string(),
        (None, _) => message.to_owned(),
    }
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
    use std::time::Duration;

    use super::*;

    fn problem(text: &str) -> String {
        parse(text).err().unwrap_or_else(|| panic!("expected an error for {text}"))
    }

    #[test]
    fn a_profile_is_read() {
        let config = parse(
            "default_profile = 'dev'\n[profiles.dev]\nhost = 'bots.kore.ai'\njti = true\ntimeout = '20s'\n",
        );
        let config = config.expect("valid");
        let dev = &config.profiles["dev"];
        assert_eq!(config.default_profile.as_deref(), Some("dev"));
        assert_eq!((dev.host.as_deref(), dev.jti), (Some("bots.kore.ai"), Some(true)));
        assert_eq!(dev.timeout, Some(Duration::from_secs(20)));
        assert!(!config.holds_a_secret());
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_accepted_ones() {
        let problem = problem("[profiles.dev]\nhost = 'x'\nhots = 'y'\n");
        assert!(problem.starts_with(", line 3: unknown field `hots`"), "{problem}");
        assert!(problem.contains("`client_secret_file`") && problem.contains("`timeout`"), "{problem}");
    }

    #[test]
    fn a_timeout_without_a_unit_says_what_to_write() {
        let problem = problem("[profiles.dev]\ntimeout = 20\n");
        assert!(problem.contains("write \"20s\""), "{problem}");
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
