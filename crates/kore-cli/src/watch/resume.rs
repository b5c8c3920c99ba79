//! Tokens that a run leaves behind, and the command that goes on with them.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::path::Path;

use kore_sdk::watch::ResumeToken;

use crate::failure::Failure;
use crate::plain_text;
use crate::shell::quoted;

/// The longest text of tokens that stands in a command; a longer one goes to a file.
const MAX_IN_COMMAND: usize = 2000;

/// The most that is read of a file with tokens: some hundred thousand of them, each of a long watch.
const MAX_FILE: u64 = 1024 * 1024 * 1024;

const EXPECTED: &str = "expected what an earlier run printed behind --resume: JSON that begins with [ or {, or the file that it wrote";

/// The tokens of one `--resume`. A text that begins like JSON is the tokens themselves, any other
/// is the path of a file with them: no file that this program writes begins so.
pub(crate) fn parse_tokens(argument: &OsStr) -> Result<Vec<ResumeToken>, Failure> {
    let text = argument.to_string_lossy();
    let (text, place) = match text.trim_start() {
        json if json.starts_with(['[', '{']) => (json.to_owned(), "--resume".to_owned()),
        _ => {
            let shown = Path::new(argument).display();
            let file = std::fs::File::open(argument).and_then(bounded).map_err(|error| {
                Failure::usage(format!("--resume: cannot read {shown}: {error}")).hint(EXPECTED)
            })?;
            (file, format!("--resume {shown}"))
        }
    };
    let tokens = if text.trim_start().starts_with('[') {
        serde_json::from_str::<Vec<ResumeToken>>(&text)
    } else {
        serde_json::from_str::<ResumeToken>(&text).map(|token| vec![token])
    };
    tokens.map_err(|error| Failure::usage(format!("{place}: not resume tokens: {error}")).hint(EXPECTED))
}

fn bounded(file: std::fs::File) -> io::Result<String> {
    plain_text::bounded(file, MAX_FILE).and_then(plain_text::text)
}

/// The command that goes on, for a POSIX shell. Many tokens are kept in a file that only the user
/// can read; if it cannot be written, the tokens stand in the command all the same.
pub(crate) fn command(program: &OsStr, flags: &[OsString], tokens: &[&ResumeToken]) -> String {
    let text = serde_json::to_string(tokens).expect("text and numbers");
    let tokens = match text.len() {
        0..=MAX_IN_COMMAND => text,
        _ => match file_with(&text) {
            Ok(path) => path,
            Err(_) => text,
        },
    };
    let words = [program.to_owned(), "import".into(), "watch".into(), "--resume".into(), tokens.into()];
    let words = words.iter().chain(flags).map(|word| quoted(&word.to_string_lossy()));
    words.collect::<Vec<_>>().join(" ")
}

/// Written with a name that nobody can know before, and mode 0600 where there are modes.
fn file_with(text: &str) -> io::Result<String> {
    let mut file = tempfile::Builder::new().prefix("kore-resume-").suffix(".json").tempfile()?;
    file.write_all(text.as_bytes())?;
    let (_, path) = file.keep().map_err(|error| error.error)?;
    path.into_os_string().into_string().map_err(|_| io::Error::other("the path is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(id: &str) -> ResumeToken {
        let json = format!(r#"{{"v":1,"id":"{id}","waited":1000,"left":2000,"looks":[[10,1]]}}"#);
        serde_json::from_str(&json).expect("a token")
    }

    fn told(text: &str) -> String {
        parse_tokens(OsStr::new(text)).expect_err("no token").to_string()
    }

    #[test]
    fn a_command_holds_its_tokens_and_flags() {
        let command = command(OsStr::new("kore"), &["--interval=2s".into()], &[&token("bir-1")]);
        assert_eq!(
            command,
            "kore import watch --resume \
             '[{\"v\":1,\"id\":\"bir-1\",\"waited\":1000,\"left\":2000,\"looks\":[[10,1]]}]' --interval=2s"
        );
        let json = command.split('\'').nth(1).expect("quoted");
        assert_eq!(parse_tokens(OsStr::new(json)).expect("tokens"), [token("bir-1")]);
        assert_eq!(parse_tokens(OsStr::new(&json[1..json.len() - 1])).expect("a token"), [token("bir-1")]);
    }

    #[test]
    fn many_tokens_go_to_a_file_that_only_the_user_reads() {
        let tokens: Vec<_> = (0..40).map(|n| token(&format!("bir-{n}"))).collect();
        let command = command(OsStr::new("kore"), &[], &tokens.iter().collect::<Vec<_>>());
        let path = command.split(' ').next_back().expect("a path");
        assert_eq!(parse_tokens(OsStr::new(path)).expect("tokens"), tokens);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(path).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::remove_file(path).expect("removed");
    }

    #[test]
    fn what_is_no_token_is_told_with_what_was_expected() {
        for text in ["[{}]", "{\"v\":2}", "[1", "/no/such/file", ""] {
            let told = told(text);
            assert!(told.contains("--resume") && told.contains("expected what an earlier run"), "{told}");
        }
        assert!(told("{\"v\":2}").contains("version 2 of the resume token"));
    }
}
