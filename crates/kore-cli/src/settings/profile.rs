//! Which profile of the configuration file counts, if any.

use std::io;
use std::path::{Path, PathBuf};

use super::Problem;
use super::config_file::{self, Config};
use super::key::Key;
use super::values::{Level, first};
use crate::failure::Failure;
use crate::origin::{Origin, Source, Sourced};
use crate::unexpanded;

/// The configuration file and the profile of it that counts.
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// What names the file; `None` for the usual one.
    pub(crate) named: Option<Origin>,
    pub(crate) exists: bool,
    pub(crate) profile: Option<Sourced<String>>,
    /// The profiles to choose from, if there are some and none is chosen.
    pub(crate) unchosen: Vec<String>,
}

impl Place {
    /// How to get what is missing: by these variables, or by a profile.
    pub(crate) fn hint(&self, variables: &str) -> String {
        let path = self.path.display();
        match &*self.unchosen {
            [] => format!("{variables}, or a profile in {path}"),
            names => format!(
                "{path} has the profile{} {}: choose one with --profile, KORE_PROFILE or default_profile; or {variables}",
                if names.len() == 1 { "" } else { "s" },
                names.join(", ")
            ),
        }
    }
}

/// The profile that is asked for, or the file's default one; and where the file is or could be. What
/// goes wrong is a problem, and leaves the profile out.
pub(crate) fn chosen(levels: &[Level], problems: &mut Vec<Problem>) -> (Level, Option<Place>) {
    let named = first(levels, |level| level.file(Key::Config));
    let (path, named) = match (named, config_file::usual_path()) {
        (Some(Sourced { value, origin }), _) => (value, Some(origin)),
        (None, Some(path)) => (path, None),
        (None, None) => return (Level::default(), None),
    };
    let mut place = Place { path, named, exists: true, profile: None, unchosen: Vec::new() };
    let mut config = match config_file::read(&place.path) {
        Ok(Some(config)) => config,
        Ok(None) => {
            place.exists = false;
            problems.extend(place.named.as_ref().map(|origin| missing(&place.path, origin)));
            Config::default()
        }
        Err(failure) => {
            problems.push(Problem { key: Key::Config, failure });
            return (Level::default(), Some(place));
        }
    };
    problems.append(&mut config.problems);
    let default = config.default_profile.take().map(|(name, line)| {
        let origin = Origin { source: Source::File, key: Key::Profile, line: Some(line) };
        Sourced::new(name, origin)
    });
    place.profile = first(levels, |level| level.text(Key::Profile)).or(default);
    let level = match &place.profile {
        Some(profile) => pick(config, profile, &place.path).unwrap_or_else(|failure| {
            // A file that is not there is told, and all that is missing with it.
            if place.exists || place.named.is_none() {
                problems.push(Problem { key: Key::Profile, failure });
            }
            Level::default()
        }),
        None => {
            place.unchosen = config.profiles.into_keys().collect();
            Level::default()
        }
    };
    (level, Some(place))
}

fn missing(path: &Path, origin: &Origin) -> Problem {
    let hint = unexpanded::path_hint(path, &origin.source, &io::ErrorKind::NotFound.into());
    let failure = Failure::usage(format!("there is no configuration file {}", path.display()));
    Problem { key: Key::Config, failure: failure.hint_if(hint) }
}

fn pick(mut config: Config, profile: &Sourced<String>, path: &Path) -> Result<Level, Failure> {
    let Sourced { value: name, origin } = profile;
    let shown = path.display();
    match config.profiles.remove(name) {
        Some(values) => {
            let folder = path.parent().unwrap_or(Path::new(""));
            Ok(Level::of_profile(name.clone(), values, folder))
        }
        None => {
            let there = match config.profiles.into_keys().collect::<Vec<_>>() {
                none if none.is_empty() => format!("add [profiles.{name}] to {shown}"),
                names => format!("{shown} has: {}", names.join(", ")),
            };
            Err(Failure::usage(format!("{origin}: there is no profile {name}")).hint(there))
        }
    }
}
