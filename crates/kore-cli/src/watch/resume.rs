//! What a run leaves behind for the next one, and the command that goes on with it: the imports that
//! have not ended, and those that ended without success, so that the next verdict is one on all.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::time::Duration;

use kore_sdk::BotImportId;
use kore_sdk::watch::ResumeToken;
use serde::Serialize;

use crate::shell::quoted;

mod read;

pub(crate) use read::read;

/// An import that the next run watches.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Again {
    /// With what is known of its watch.
    Token(ResumeToken<BotImportId>),
    /// One that ended without success, or that was never polled.
    Id(BotImportId),
}

impl Again {
    pub(crate) fn id(&self) -> &BotImportId {
        match self {
            Self::Token(token) => &token.job,
            Self::Id(id) => id,
        }
    }

    pub(crate) fn token(&self) -> Option<&ResumeToken<BotImportId>> {
        match self {
            Self::Token(token) => Some(token),
            Self::Id(_) => None,
        }
    }
}

/// The longest text of them that stands in a command; a longer one goes to a file.
const MAX_IN_COMMAND: usize = 2000;

/// What a deadline has left for polls when the rate limit allows the first one.
const FOR_POLLS: Duration = Duration::from_secs(10);

/// The `--timeout` that leaves room for a poll of each import, if the one that was given does not.
/// As if no time passed until the command is run: it may be run at once.
pub(crate) fn timeout_that_works(given: Duration, again: &[Again]) -> Option<Duration> {
    let free_in = again.iter().filter_map(|again| Some(again.token()?.free_in())).max().unwrap_or_default();
    let needed = Duration::from_secs(free_in.as_secs() + 1) + FOR_POLLS;
    (!free_in.is_zero() && given < needed).then_some(needed)
}

/// The command that goes on, for a POSIX shell. Many imports are kept in a file that only the
/// user can read; if it cannot be written, they stand in the command all the same.
pub(crate) fn command(program: &OsStr, flags: &[OsString], again: &[Again]) -> String {
    let text = serde_json::to_string(again).expect("text and numbers");
    let again = match text.len() {
        0..=MAX_IN_COMMAND => text,
        _ => match file_with(&text) {
            Ok(path) => path,
            Err(_) => text,
        },
    };
    let words = [program.to_owned(), "import".into(), "watch".into(), "--resume".into(), again.into()];
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

    fn token(id: &str, requests: &str) -> Again {
        let json =
            format!(r#"{{"v":2,"id":"{id}","at":5,"waited":1000,"left":2000,"requests":[{requests}]}}"#);
        Again::Token(serde_json::from_str(&json).expect("a token"))
    }

    fn imports(text: &str) -> Vec<Again> {
        read(OsStr::new(text)).expect("tokens").imports
    }

    #[test]
    fn a_command_holds_its_tokens_and_flags() {
        let again = [token("bir-1", "[10,1]"), Again::Id("bir-2".parse().expect("valid"))];
        let command = command(OsStr::new("kore"), &["--interval=2s".into()], &again);
        assert_eq!(
            command,
            "kore import watch --resume \
             '[{\"v\":2,\"kind\":\"bot import\",\"id\":\"bir-1\",\"at\":5,\"waited\":1000,\"left\":2000,\"requests\":[[10,1]]},\"bir-2\"]' --interval=2s"
        );
        let json = command.split('\'').nth(1).expect("quoted");
        assert_eq!(imports(json), again);
        let one = json[1..].strip_suffix(",\"bir-2\"]").expect("behind the token");
        assert_eq!(imports(one), again[..1]);
    }

    #[test]
    fn many_tokens_go_to_a_file_that_only_the_user_reads() {
        let many: Vec<_> = (0..40).map(|n| token(&format!("bir-{n}"), "[10,1]")).collect();
        let command = command(OsStr::new("kore"), &[], &many);
        let path = command.split(' ').next_back().expect("a path");
        assert_eq!(imports(path), many);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(path).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::remove_file(path).expect("removed");
    }

    #[test]
    fn a_timeout_that_leaves_no_room_for_a_poll_is_another_one() {
        let seconds = Duration::from_secs;
        let (free, used) = (token("bir-1", "[10,59]"), token("bir-2", "[10000,60]"));
        assert_eq!(timeout_that_works(seconds(1), std::slice::from_ref(&free)), None);
        assert_eq!(timeout_that_works(seconds(1), &[free, used.clone()]), Some(seconds(61)));
        assert_eq!(timeout_that_works(seconds(61), &[used]), None);
        let hour = token("bir-3", "[600000,1800]");
        assert_eq!(timeout_that_works(seconds(1800), &[hour]), Some(seconds(3011)));
    }
}
