//! `--app`: who may call.

use std::path::{Path, PathBuf};

use kore_emulator::{App, Emulator};
use kore_sdk::auth::Algorithm;
use kore_sdk::types::{ClientId, Printable};
use kore_sdk::variables::{CLIENT_ID, CLIENT_SECRET, CLIENT_SECRET_FILE, JTI};

use super::client_file::ClientFile;
use crate::failure::Failure;
use crate::origin::Source;
use crate::plain_text::trimmed;
use crate::settings::{SecretSource, secret};
use crate::unexpanded::Unexpanded;

/// What an app is beside its credentials.
const OPTIONS: [&str; 4] = ["jti", "hs512", "jwe", "no-scope"];

const FORM: &str = "expected CLIENT-ID:SECRET-FILE or CLIENT-ID:SECRET-FILE:OPTIONS";

/// The apps, and what a client sets to be the first of them.
pub(super) struct Apps {
    pub(super) apps: Vec<App>,
    pub(super) settings: Vec<(&'static str, String)>,
}

impl Apps {
    /// Those of the arguments; without any, one that is made up.
    pub(super) fn of(arguments: &[String]) -> Result<Self, Failure> {
        let (mut apps, mut settings) = (Vec::<App>::new(), Vec::new());
        for argument in arguments {
            let written = Written::parse(argument)?;
            let app = written.app()?;
            if apps.iter().any(|other| other.client_id() == app.client_id()) {
                return Err(Failure::usage(format!("--app: {} is given twice", app.client_id())));
            }
            if apps.is_empty() {
                settings = written.settings();
            }
            apps.push(app);
        }
        if apps.is_empty() {
            let app = App::made_up();
            let secret = String::from_utf8_lossy(app.secret().expose()).into_owned();
            settings = vec![(CLIENT_ID, app.client_id().to_string()), (CLIENT_SECRET, secret)];
            apps.push(app);
        }
        Ok(Self { apps, settings })
    }
}

/// A file with the public key that clients encrypt their tokens to; `None` if no app enforces JWE. It
/// is good for all apps, so a client sets it whichever it is.
pub(super) fn jwk_file(emulator: &Emulator) -> Result<Option<ClientFile>, Failure> {
    let written = emulator.jwk().map(|jwk| ClientFile::new("jwk.json", jwk)).transpose();
    written.map_err(|error| Failure::usage(format!("cannot write the public key of --app: {error}")))
}

/// An app as it stands in an argument.
struct Written<'a> {
    id: ClientId,
    file: &'a Path,
    options: Vec<&'a str>,
}

impl<'a> Written<'a> {
    fn parse(argument: &'a str) -> Result<Self, Failure> {
        // Never the whole of it: it may be a secret in the wrong place.
        let form = || Failure::usage(format!("--app: {FORM}")).hint("the file holds the client secret");
        let (id, rest) = argument.split_once(':').ok_or_else(form)?;
        Unexpanded::refuse(id, "the client id of --app")?;
        let id = ClientId::new(trimmed(id)).map_err(|error| Failure::usage(format!("--app: {error}")))?;
        // A path may have a colon in it too, and begins with one on Windows: `C:\…`.
        let (file, options) = match rest.rsplit_once(':') {
            Some((file, options)) if !options.contains(['/', '\\']) && !Path::new(rest).exists() => {
                (file, options.split(',').collect())
            }
            _ => (rest, Vec::new()),
        };
        if file.is_empty() {
            return Err(form());
        }
        if let Some(unknown) = options.iter().find(|option| !OPTIONS.contains(option)) {
            let unknown = Printable::new(unknown.as_bytes(), 32);
            return Err(Failure::usage(format!(
                "--app: expected options out of {}, found \"{unknown}\"",
                OPTIONS.join(", ")
            )));
        }
        Ok(Self { id, file: Path::new(file), options })
    }

    fn has(&self, option: &str) -> bool {
        self.options.contains(&option)
    }

    fn app(&self) -> Result<App, Failure> {
        let source = SecretSource::file_or_stdin(self.file.to_owned());
        let secret = secret::read(&source, "--app", &Source::Flags)?;
        if self.file != Path::new("-") {
            self.warn_of_others();
        }
        let app = App::new(self.id.clone(), secret).enforce_jti(self.has("jti")).enforce_jwe(self.has("jwe"));
        let app = if self.has("no-scope") { app.scopes([]) } else { app };
        if !self.has("hs512") {
            return Ok(app);
        }
        app.algorithm(Algorithm::Hs512).map_err(|error| Failure::usage(format!("--app: {error}")))
    }

    /// It is a test double's secret, which is no reason to refuse it; but it may be a real one.
    #[cfg(unix)]
    fn warn_of_others(&self) {
        use std::os::unix::fs::PermissionsExt as _;

        let Ok(found) = std::fs::metadata(self.file) else { return };
        let mode = found.permissions().mode() & 0o777;
        // A pipe, as a shell makes it for <(…), is nobody else's.
        if found.is_file() && mode & 0o066 != 0 {
            let file = self.file.display();
            crate::output::messages::warn(&format!(
                "--app: others than you can read or write {file}, which holds a secret (mode {mode:04o}); \
                 run: chmod 600 '{file}'"
            ));
        }
    }

    /// It is not checked on Windows.
    #[cfg(windows)]
    fn warn_of_others(&self) {}

    /// A secret from standard input is nowhere to be read again.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![(CLIENT_ID, self.id.to_string())];
        if self.file != Path::new("-") {
            let file = std::path::absolute(self.file).unwrap_or_else(|_| PathBuf::from(self.file));
            settings.push((CLIENT_SECRET_FILE, file.to_string_lossy().into_owned()));
        }
        if self.has("jti") {
            settings.push((JTI, "1".to_owned()));
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_an_id_a_file_and_perhaps_options() {
        let parts = |argument| {
            let Written { id, file, options } = Written::parse(argument).expect(argument);
            (id.to_string(), file.display().to_string(), options.join(" "))
        };
        let is = |id: &str, file: &str, options: &str| (id.to_owned(), file.to_owned(), options.to_owned());
        assert_eq!(parts("cs-1f:secret"), is("cs-1f", "secret", ""));
        assert_eq!(parts("cs-1f:a/b.txt:jti,hs512"), is("cs-1f", "a/b.txt", "jti hs512"));
        assert_eq!(parts("cs-1f:a:b:no-scope"), is("cs-1f", "a:b", "no-scope"));
        assert_eq!(parts(r"cs-1f:C:\a.txt"), is("cs-1f", r"C:\a.txt", ""));
        assert_eq!(parts(r"cs-1f:C:\a.txt:jti"), is("cs-1f", r"C:\a.txt", "jti"));
        assert_eq!(parts("cs-1f:C:/a.txt"), is("cs-1f", "C:/a.txt", ""));
    }

    #[test]
    fn what_is_no_app_is_told_without_what_may_be_a_secret() {
        for (argument, says) in [
            ("hunter2", "CLIENT-ID:SECRET-FILE"),
            ("cs-1f:", "CLIENT-ID:SECRET-FILE"),
            ("cs-1f::jti", "CLIENT-ID:SECRET-FILE"),
            (":hunter2", "--app: "),
            ("cs-1f:secret:jit", "jti, hs512, jwe, no-scope, found \"jit\""),
        ] {
            let failure = Written::parse(argument).err().expect(argument).to_string();
            assert!(failure.contains(says) && !failure.contains("hunter2"), "{failure}");
        }
    }
}
