//! The reports of a watch for the pipeline in which it runs: JUnit, Markdown, and lines for GitHub.

pub(crate) mod annotations;
mod file;
mod junit;
mod markdown;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use junit::junit;
use markdown::markdown;

use crate::args::ReportArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::messages::{self, warn};
use crate::watch::Ending;

/// The variable in which GitHub names the file for the summary of a step.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// How long that file may be, in bytes. GitHub drops the whole of a longer one, and it is a fair
/// bound for any page.
const MAX_SUMMARY: usize = 1024 * 1024;

/// The reports that are asked for, each in a place of its own that can be written.
#[derive(Debug)]
pub(crate) struct Reports {
    /// The last word of the command that runs: `run` or `watch`.
    step: &'static str,
    junit: Option<PathBuf>,
    summary: Option<PathBuf>,
    step_summary: Option<PathBuf>,
}

impl Reports {
    /// Finds out before the watch what could not be written after it. `step_summary` is the value of
    /// the variable that GitHub sets: what is wrong with it is a warning, since the user did not ask
    /// for it.
    pub(crate) fn new(
        step: &'static str,
        args: ReportArgs,
        step_summary: Option<OsString>,
    ) -> Result<Self, Failure> {
        let ReportArgs { junit, mut summary } = args;
        let mut step_summary = step_summary.filter(|path| !path.is_empty()).map(PathBuf::from);
        for (flag, path) in [("--junit", &junit), ("--summary", &summary)] {
            let Some(path) = path else { continue };
            let refused =
                |why: &dyn fmt::Display| Failure::usage(format!("{flag} {}: {why}", path.display()));
            if path == Path::new("-") {
                return Err(refused(&"standard output has what --output says")
                    .hint("a report goes to a file; ./- is one of that name"));
            }
            if let Some(stream) = crate::output::stream_to(|stream| file::is_same(path, stream)) {
                return Err(refused(&format_args!("{stream} goes there already")).hint("name another file"));
            }
            file::check(path).map_err(|why| refused(&why))?;
        }
        let same = |one: &Option<PathBuf>, other: &Option<PathBuf>| match (one, other) {
            (Some(one), Some(other)) => file::is_same(one, other),
            _ => false,
        };
        let one_file = |what: &str| {
            let path = junit.as_deref().unwrap_or(Path::new("")).display();
            Failure::usage(format!("--junit {path}: the file of {what} is the same"))
                .hint("a report needs a file of its own")
        };
        if same(&junit, &summary) {
            return Err(one_file("--summary"));
        }
        if same(&junit, &step_summary) {
            return Err(one_file(STEP_SUMMARY));
        }
        if same(&summary, &step_summary) {
            // It is added there, once.
            summary = None;
        }
        if let Some(Err(why)) = step_summary.as_deref().map(file::check) {
            warn(&format!("no summary for GitHub: {STEP_SUMMARY}: {why}"));
            step_summary = None;
        }
        Ok(Self { step, junit, summary, step_summary })
    }

    /// Refuses a report whose file is one of those that were read: it would be replaced by it.
    pub(crate) fn keep_off(&self, files: &[(String, PathBuf)]) -> Result<(), Failure> {
        let check = |(flag, path): (_, &PathBuf)| never_replaced(flag, path, "a report", files);
        self.flags().try_for_each(check)
    }

    /// Refuses a report in the place of a file that the run itself writes.
    pub(crate) fn keep_off_out(&self, out: &[PathBuf]) -> Result<(), Failure> {
        for (flag, path) in self.flags() {
            if out.iter().any(|out| file::is_same(path, out)) {
                let path = path.display();
                return Err(Failure::usage(format!("{flag} {path}: --out names that file too"))
                    .hint("a report needs a file of its own"));
            }
        }
        Ok(())
    }

    fn flags(&self) -> impl Iterator<Item = (&'static str, &PathBuf)> {
        let flags = [("--junit", self.junit.as_ref()), ("--summary", self.summary.as_ref())];
        flags.into_iter().filter_map(|(flag, path)| Some((flag, path?)))
    }

    /// Writes them for a job that was not started, or whose start is in doubt: what reads the reports of
    /// a pipeline looks there, and not at its log.
    pub(crate) fn write_not_started(
        &self,
        kind: &'static str,
        target: &str,
        failure: &Failure,
        elapsed: Duration,
    ) {
        let ending = Ending::not_started(kind, target, failure, elapsed);
        self.write(&[ending], None).iter().for_each(messages::error);
    }

    /// Writes them all; what could not be written is given back.
    pub(crate) fn write(&self, endings: &[Ending], resume_command: Option<&str>) -> Vec<Failure> {
        let mut failures = Vec::new();
        let mut write = |flag: &str, path: &Path, content: &str| {
            if let Err(error) = file::write(path, content) {
                let message = format!("cannot write {flag} {}: {error}", path.display());
                failures.push(Failure::new(Exit::Output, message));
            }
        };
        if let Some(path) = &self.junit {
            write("--junit", path, &junit(self.step, endings));
        }
        if let Some(path) = &self.summary {
            write("--summary", path, &markdown(endings, resume_command, MAX_SUMMARY));
        }
        if let Some(path) = &self.step_summary {
            // What earlier commands of the step have written counts.
            let taken =
                std::fs::metadata(path).map_or(0, |is| usize::try_from(is.len()).unwrap_or(usize::MAX));
            let summary = markdown(endings, resume_command, MAX_SUMMARY.saturating_sub(taken));
            if summary.is_empty() {
                warn(&format!("no summary for GitHub: the file of {STEP_SUMMARY} is full, a step has 1 MiB"));
            } else if let Err(error) = file::append(path, &summary) {
                // The job has another page; the step's outcome is not worse for it.
                warn(&format!("cannot add to {STEP_SUMMARY}: {error}"));
            }
        }
        failures
    }
}

/// Refuses to write `what` to a file that is one of those that were read: it would be replaced.
pub(crate) fn never_replaced(
    flag: &str,
    path: &Path,
    what: &str,
    read: &[(String, PathBuf)],
) -> Result<(), Failure> {
    match read.iter().find(|(_, read)| file::is_same(path, read)) {
        None => Ok(()),
        Some((of, _)) => Err(Failure::usage(format!(
            "{flag} {}: {of} is read from that file, and {what} would replace it",
            path.display()
        ))
        .hint(format!("{what} needs a file of its own"))),
    }
}
