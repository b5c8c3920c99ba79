//! What a run leaves behind for the next one, and the command that resumes it: the jobs that have not
//! ended, and those that ended without success, so that the next verdict is one on all.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::time::Duration;

use kore_sdk::watch::{Job, ResumeToken};
use serde_json::value::{RawValue, to_raw_value};

use crate::shell::Shell;
use crate::text::noun;

mod read;

pub(crate) use read::read;

/// A job that the next run watches: with its token, or by its id if it ended without success or was
/// never polled.
#[derive(Clone, Debug)]
pub(crate) struct Again {
    json: Box<RawValue>,
    is_token: bool,
    free_in: Duration,
}

impl Again {
    pub(crate) fn new<J: Job>(job: &J, token: Option<&ResumeToken<J>>) -> Self {
        let json = match token {
            Some(token) => to_raw_value(token),
            None => to_raw_value(job),
        };
        Self {
            json: json.expect("text and numbers"),
            is_token: token.is_some(),
            free_in: token.map(ResumeToken::free_in).unwrap_or_default(),
        }
    }

    pub(crate) fn run(&self) -> Option<&RawValue> {
        (!self.is_token && self.json.get().starts_with('{')).then_some(&*self.json)
    }

    pub(crate) fn token(&self) -> Option<&RawValue> {
        self.is_token.then_some(&*self.json)
    }
}

/// The longest text of them that stands in a command; a longer one goes to a file.
const MAX_IN_COMMAND: usize = 2000;

/// What a deadline has left for polls when the rate limit allows the first one.
const FOR_POLLS: Duration = Duration::from_secs(10);

/// The `--timeout` that leaves room for a poll of each job, if the one that was given does not.
/// As if no time passed until the command is run: it may be run at once.
pub(crate) fn timeout_that_works(given: Duration, again: &[&Again]) -> Option<Duration> {
    let free_in = again.iter().map(|again| again.free_in).max().unwrap_or_default();
    let needed = Duration::from_secs(free_in.as_secs() + 1) + FOR_POLLS;
    (!free_in.is_zero() && given < needed).then_some(needed)
}

/// The command that resumes jobs of a kind. Many jobs are kept in a file that only the user can read, and
/// so is each if the shell may spoil a text with quotes; if the file cannot be written, they stand in
/// the command all the same.
pub(crate) fn command(
    shell: Shell,
    program: &OsStr,
    kind: &str,
    flags: &[OsString],
    again: &[&Again],
) -> String {
    let again: Vec<_> = again.iter().map(|again| &again.json).collect();
    let text = serde_json::to_string(&again).expect("text and numbers");
    let is_spoilt = text.len() > MAX_IN_COMMAND || shell.loses_quotes();
    let again = if is_spoilt { file_with(&text).unwrap_or(text) } else { text };
    let words = [program.to_owned(), noun(kind).into(), "watch".into(), "--resume".into(), again.into()];
    shell.command(&words.iter().chain(flags).collect::<Vec<_>>())
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
    use kore_sdk::BotImportId;

    use super::*;

    fn token(id: &str, requests: &str) -> Again {
        let json =
            format!(r#"{{"v":2,"id":"{id}","at":5,"waited":1000,"left":2000,"requests":[{requests}]}}"#);
        let token: ResumeToken<BotImportId> = serde_json::from_str(&json).expect("a token");
        Again::new(&token.job, Some(&token))
    }

    fn ids(text: &str) -> Vec<String> {
        let resumed = read::<BotImportId>(OsStr::new(text)).expect("tokens");
        resumed.jobs.iter().map(|job| job.as_str().to_owned()).collect()
    }

    #[test]
    fn a_command_holds_its_tokens_and_flags() {
        let id: BotImportId = "bir-2".parse().expect("valid");
        let again = [&token("bir-1", "[10,1]"), &Again::new(&id, None)];
        let command =
            command(Shell::Posix, OsStr::new("kore"), "bot import", &["--interval=2s".into()], &again);
        assert_eq!(
            command,
            "kore import watch --resume \
             '[{\"v\":2,\"kind\":\"bot import\",\"id\":\"bir-1\",\"at\":5,\"waited\":1000,\"left\":2000,\"requests\":[[10,1]]},\"bir-2\"]' --interval=2s"
        );
        let json = command.split('\'').nth(1).expect("quoted");
        assert_eq!(ids(json), ["bir-1", "bir-2"]);
        let one = json[1..].strip_suffix(",\"bir-2\"]").expect("behind the token");
        assert_eq!(ids(one), ["bir-1"]);
    }

    #[test]
    fn many_tokens_go_to_a_file_that_only_the_user_reads() {
        let many: Vec<_> = (0..40).map(|n| token(&format!("bir-{n}"), "[10,1]")).collect();
        let command =
            command(Shell::Posix, OsStr::new("kore"), "bot import", &[], &many.iter().collect::<Vec<_>>());
        let path = command.split(' ').next_back().expect("a path").trim_matches('\'');
        assert_eq!(ids(path).len(), 40);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(path).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::remove_file(path).expect("removed");
    }

    #[test]
    fn a_shell_that_takes_quotes_away_gets_a_file() {
        let again = [&token("bir-1", "[10,1]")];
        let command = command(Shell::PowerShell, OsStr::new("kore"), "bot import", &[], &again);
        assert!(command.starts_with("kore import watch --resume ") && !command.contains('{'), "{command}");
        let path = command.rsplit(' ').next().expect("a path").trim_matches('"').to_owned();
        assert_eq!(ids(&path), ["bir-1"]);
        std::fs::remove_file(path).expect("removed");
    }

    #[test]
    fn a_timeout_that_leaves_no_room_for_a_poll_is_another_one() {
        let seconds = Duration::from_secs;
        let (free, used) = (token("bir-1", "[10,59]"), token("bir-2", "[10000,60]"));
        assert_eq!(timeout_that_works(seconds(1), &[&free]), None);
        assert_eq!(timeout_that_works(seconds(1), &[&free, &used]), Some(seconds(61)));
        assert_eq!(timeout_that_works(seconds(61), &[&used]), None);
        let hour = token("bir-3", "[600000,1800]");
        assert_eq!(timeout_that_works(seconds(1800), &[&hour]), Some(seconds(3011)));
    }
}
