//! Which profile counts, if any.

use std::path::{Path, PathBuf};

use crate::args::IdentityArgs;
use crate::config::{self, Config, Profile};
use crate::environment::{self, Environment};
use crate::failure::Failure;

/// A profile, its name, and the directory that its paths are relative to.
pub(crate) struct Chosen {
    pub(crate) profile: Profile,
    pub(crate) name: String,
    pub(crate) directory: PathBuf,
}

/// The profile that is asked for, or the file's default one; and where the file is or could be.
pub(crate) fn chosen(
    args: &IdentityArgs,
    environment: &Environment,
) -> Result<(Option<Chosen>, Option<PathBuf>), Failure> {
    let named = args.config.clone().or_else(|| environment.os(environment::CONFIG).map(PathBuf::from));
    let is_named = named.is_some();
    let Some(path) = named.or_else(config::usual_path) else { return Ok((None, None)) };
    let config = match config::read(&path)? {
        Some(config) => config,
        None if is_named => {
            return Err(Failure::usage(format!("there is no configuration file {}", path.display())));
        }
        None => Config::default(),
    };
    let asked = match &args.profile {
        Some(name) => Some((name.clone(), "--profile")),
        None => environment.text(environment::PROFILE)?.map(|name| (name, environment::PROFILE)),
    };
    let asked = asked.or_else(|| Some((config.default_profile.clone()?, "default_profile")));
    let chosen = asked.map(|(name, by)| pick(config, name, by, &path)).transpose()?;
    Ok((chosen, Some(path)))
}

fn pick(mut config: Config, name: String, by: &str, path: &Path) -> Result<Chosen, Failure> {
    let shown = path.display();
    match config.profiles.remove(&name) {
        Some(profile) => {
            let directory = path.parent().unwrap_or(Path::new("")).to_owned();
            Ok(Chosen { profile, name, directory })
        }
        None => {
            let there = match config.profiles.into_keys().collect::<Vec<_>>() {
                none if none.is_empty() => format!("add [profiles.{name}] to {shown}"),
                names => format!("{shown} has: {}", names.join(", ")),
            };
            Err(Failure::usage(format!("{by}: there is no profile {name}")).hint(there))
        }
    }
}
