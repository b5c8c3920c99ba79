//! What a watch is to watch: the jobs that are named, and those of each `--resume`.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;

use kore_sdk::watch::ResumeToken;

use crate::failure::Failure;
use crate::output::messages::warn;
use crate::text::{noun, plural};
use crate::watch::{Shown, read_resumed};

/// The jobs that are asked for, those of `--resume` among them, each id once; and the tokens. What an
/// earlier run knew of a job counts before its id alone.
#[allow(clippy::type_complexity, reason = "jobs and their tokens")]
pub(super) fn resumed<J: Shown>(
    mut jobs: Vec<J>,
    arguments: &[OsString],
) -> Result<(Vec<J>, Vec<ResumeToken<J>>), Failure> {
    let (mut tokens, mut skipped) = (HashMap::new(), Vec::new());
    let mut places: HashMap<_, _> = jobs.iter().map(|job| job.id().to_owned()).zip(0..).collect();
    for argument in arguments {
        let read = read_resumed::<J>(argument)?;
        for job in read.jobs {
            match places.get(job.id()) {
                Some(&place) => jobs[place] = job,
                None => {
                    places.insert(job.id().to_owned(), jobs.len());
                    jobs.push(job);
                }
            }
        }
        tokens.extend(read.tokens.into_iter().map(|token| (token.job.clone(), token)));
        skipped.extend(read.skipped);
    }
    let nouns = plural(noun(J::KIND));
    if jobs.is_empty() && !skipped.is_empty() {
        let skipped = skipped.join("; ");
        return Err(Failure::usage(format!("nothing to resume, all {nouns} succeeded: {skipped}")));
    }
    skipped.iter().for_each(|skipped| warn(skipped));
    let tokens = jobs.iter().filter_map(|job| tokens.remove(job)).collect();
    Ok((jobs, tokens))
}

/// The files among the arguments of `--resume`, each with what names it.
pub(super) fn resumed_files(arguments: &[OsString]) -> Vec<(String, PathBuf)> {
    let files = arguments.iter().map(PathBuf::from).filter(|path| path.is_file());
    files.map(|path| ("--resume".to_owned(), path)).collect()
}
