//! What is to be imported, and where: the arguments of `run` and `start`, read and checked before anything
//! is sent.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use kore_sdk::types::BotId;
use kore_sdk::{ImportFile, ImportFiles, ImportMode};

use crate::args::BotArgs;
use crate::bot_files::{BotFile, BotFiles, Content, Role, Target, plan, plan_json};
use crate::failure::Failure;
use crate::options_file;
use crate::output::messages::warn;
use crate::output::{self, Stream};
use crate::plain_text::trimmed;
use crate::unexpanded::Unexpanded;

const FULL_OR_OPTIONS: &str =
    "a full import (--full) deletes in the bot what the files lack; --options FILE takes what it names alone";

/// Where the import goes, for the SDK.
pub(in crate::commands) enum Mode {
    New(String),
    Into(BotId, Box<ImportMode>),
}

/// Files and target, which were checked.
pub(in crate::commands) struct Asked {
    pub(in crate::commands) files: BotFiles,
    pub(in crate::commands) target: Target,
    pub(in crate::commands) mode: Mode,
    /// The files of the user that are read, the options among them.
    pub(in crate::commands) paths: Vec<PathBuf>,
}

impl Asked {
    /// `None` if that is all: for `--dry-run` the plan is printed, for programs as JSON.
    pub(in crate::commands) fn read(args: BotArgs, is_json: bool) -> Result<Option<Self>, Failure> {
        let (target, mode) = target(&args)?;
        let files = BotFiles::read(&args.paths, matches!(mode, Mode::New(_)))?;
        files.warnings.iter().for_each(|warning| warn(warning));
        if args.dry_run {
            match is_json {
                true => output::raw(plan_json(&files, &target).into_bytes())?,
                false => output::text(&format!("{}Nothing was sent.\n", plan(&files, &target)))?,
            }
            return Ok(None);
        }
        if matches!(&mode, Mode::Into(_, mode) if **mode == ImportMode::Full) && !args.yes {
            confirm(&target)?;
        }
        let paths = files.paths.iter().cloned().chain(args.options).collect();
        Ok(Some(Self { files, target, mode, paths }))
    }

    /// The files for the SDK, which opens them when it sends them.
    pub(in crate::commands) fn import_files(&self) -> Result<ImportFiles, Failure> {
        let file = |file: &BotFile| match &file.content {
            Content::Path(path) => ImportFile::from_path(path)
                .map(|content| content.named(file.name.clone()))
                .map_err(|error| Failure::usage(format!("cannot read {error}"))),
            Content::Bytes(bytes) => Ok(ImportFile::from_bytes(file.name.clone(), bytes.clone())),
        };
        let of = |role| self.files.files.iter().filter(move |file| file.role == role);
        let one = |role| of(role).next().map(file).transpose();
        if let Some(zip) = one(Role::Zip)? {
            return Ok(ImportFiles::zip(zip));
        }
        let (Some(definition), Some(config)) = (one(Role::Definition)?, one(Role::Config)?) else {
            return Err(Failure::usage("no definition and no configuration given"));
        };
        let mut files = ImportFiles::new(definition, config);
        if let Some(icon) = one(Role::Icon)? {
            files = files.icon(icon);
        }
        of(Role::Functions).try_fold(files, |files, functions| Ok(files.function(file(functions)?)))
    }
}

fn target(args: &BotArgs) -> Result<(Target, Mode), Failure> {
    if let Some(name) = &args.new {
        let name = checked_name(name)?;
        return Ok((Target::New(name.clone()), Mode::New(name)));
    }
    let id = args.into.as_deref().unwrap_or_default();
    Unexpanded::refuse(id, "--into")?;
    let id = BotId::new(trimmed(id)).map_err(|error| Failure::usage(format!("--into: {error}")))?;
    let mode = match &args.options {
        Some(path) => ImportMode::ExactIncremental(options_file::read(path)?),
        None if args.full => ImportMode::Full,
        None => {
            return Err(Failure::usage("--into: expected --full or --options FILE, found neither")
                .hint(FULL_OR_OPTIONS));
        }
    };
    Ok((Target::Into(id.clone(), args.options.clone()), Mode::Into(id, Box::new(mode))))
}

/// The builder takes no quotes in a name; a line break is the sign of a value that went wrong.
fn checked_name(name: &str) -> Result<String, Failure> {
    Unexpanded::refuse(name, "--new")?;
    let found = match name {
        name if name.trim().is_empty() => "a blank one",
        name if name.contains(char::is_control) => "a line break or another control character",
        name if name.contains(['"', '\'', '`']) => "a quote",
        name if name.trim() != name => "a blank around it",
        name => return Ok(name.to_owned()),
    };
    Err(Failure::usage(format!("--new: expected the name of the bot, found {found}"))
        .hint("the builder takes letters, digits and blanks between them in a name"))
}

/// Asks once, where a person can answer.
fn confirm(target: &Target) -> Result<(), Failure> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(());
    }
    Stream::Stderr
        .raw(format!("A full import deletes what the files lack in {}. Go on? [y/N] ", target.words()));
    output::settle();
    let mut said = String::new();
    io::stdin().read_line(&mut said).map_err(|error| Failure::usage(format!("no answer: {error}")))?;
    match &*said.trim().to_lowercase() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::usage("not confirmed: nothing was sent").hint("--yes does not ask")),
    }
}
