//! Which profile of the configuration file counts, if any.

use std::io;
use std::path::{Path, PathBuf};

use super::config_file::{self, Config};
use super::values::Level;
use crate::args::IdentityArgs;
use crate::environment::{self, Environment};
use crate::failure::Failure;
use crate::origin::{Origin, Source};
use crate::unexpanded;

/// The configuration file, for a hint about settings that it could give.
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// The profiles to choose from, if there are some and none is chosen.
    unchosen: Vec<String>,
}

impl Place {
    pub(crate) fn new(path: PathBuf, unchosen: Vec<String>) -> Self {
        Self { path, unchosen }
    }

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

/// The profile that is asked for, or the file's default one; and where the file is or could be.
pub(crate) fn chosen(
    args: &IdentityArgs,
    environment: &Environment,
) -> Result<(Option<Level>, Option<Place>), Failure> {
    let flag = args.config.clone().map(|path| (path, Origin::flag("config")));
    let origin = Origin { source: Source::Environment, key: "config" };
    let variable = || Some((environment.os(environment::CONFIG)?.into(), origin));
    let (path, origin) = match (flag.or_else(variable), config_file::usual_path()) {
        (Some((path, origin)), _) => (path, Some(origin)),
        (None, Some(path)) => (path, None),
        (None, None) => return Ok((None, None)),
    };
    let config = match (config_file::read(&path)?, origin) {
        (Some(config), _) => config,
        (None, Some(origin)) => {
            let hint = unexpanded::path_hint(&path, &origin, &io::ErrorKind::NotFound.into());
            let message = format!("there is no configuration file {}", path.display());
            return Err(Failure::usage(message).hint_if(hint));
        }
        (None, None) => Config::default(),
    };
    let asked = match &args.profile {
        Some(name) => Some((name.clone(), "--profile")),
        None => environment.text(environment::PROFILE)?.map(|name| (name, environment::PROFILE)),
    };
    let asked = asked.or_else(|| Some((config.default_profile.clone()?, "default_profile")));
    Ok(match asked {
        Some((name, by)) => (Some(pick(config, name, by, &path)?), Some(Place::new(path, Vec::new()))),
        None => (None, Some(Place::new(path, config.profiles.into_keys().collect()))),
    })
}

fn pick(mut config: Config, name: String, by: &str, path: &Path) -> Result<Level, Failure> {
    let shown = path.display();
    match config.profiles.remove(&name) {
        Some(values) => Ok(Level::of_profile(name, values, path.parent().unwrap_or(Path::new("")))),
        None => {
            let there = match config.profiles.into_keys().collect::<Vec<_>>() {
                none if none.is_empty() => format!("add [profiles.{name}] to {shown}"),
                names => format!("{shown} has: {}", names.join(", ")),
            };
            Err(Failure::usage(format!("{by}: there is no profile {name}")).hint(there))
        }
    }
}
