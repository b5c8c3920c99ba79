//! The files of a bot that is to be imported: found in a folder, a zip or the arguments, and checked
//! before anything is sent. `kore import run` and `kore import start` read them here.

mod archive;
mod check;
mod plan;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use kore_sdk::ImportFileKind;
use kore_sdk::types::Printable;

use crate::failure::Failure;
use crate::file_name::is_missing;

pub(crate) use plan::{Target, bytes, plan, plan_json};

const EXPECTED: &str = "expected a folder as an export unzips, a .zip, or the files themselves: appDefinition.json \
                        or botDefinition.json, config.json, icon.png for a new bot, and *.js";

/// What a file is for, which its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Definition,
    Config,
    Icon,
    Functions,
    Zip,
}

impl Role {
    fn of(name: &str) -> Option<Self> {
        match ImportFileKind::of_name(name)? {
            ImportFileKind::Definition => Some(Self::Definition),
            ImportFileKind::Config => Some(Self::Config),
            ImportFileKind::Icon => Some(Self::Icon),
            ImportFileKind::Functions => Some(Self::Functions),
            _ => None,
        }
    }

    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::Config => "configuration",
            Self::Icon => "icon",
            Self::Functions => "functions",
            Self::Zip => "zip of an export",
        }
    }
}

/// One file that goes up.
#[derive(Clone, Debug)]
pub(crate) struct BotFile {
    pub(crate) role: Role,
    pub(crate) name: String,
    pub(crate) length: u64,
    pub(crate) content: Content,
}

/// Where its bytes are.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// Read when it is sent, so that a large file costs no memory.
    Path(PathBuf),
    /// From a zip that is opened here.
    Bytes(Bytes),
}

/// The files that go up, in the order of uploading.
#[derive(Debug)]
pub(crate) struct BotFiles {
    pub(crate) files: Vec<BotFile>,
    /// What stands beside them and does not go up.
    pub(crate) left_out: Vec<String>,
    /// The version of the platform that exported the bot.
    pub(crate) version: Option<String>,
    pub(crate) warnings: Vec<String>,
    /// The files of the user that are read.
    pub(crate) paths: Vec<PathBuf>,
}

impl BotFiles {
    /// Finds and checks the files of these paths; a new bot takes a zip as it is, and needs an icon.
    pub(crate) fn read(paths: &[PathBuf], is_new: bool) -> Result<Self, Failure> {
        if let Some(zip) = paths.iter().find(|path| is_zip(path)) {
            if paths.len() > 1 {
                let shown = zip.display();
                return Err(Failure::usage(format!(
                    "{shown}: a zip holds all files: expected no other path"
                ))
                .hint(EXPECTED));
            }
            return Self::of_zip(zip, is_new);
        }
        let mut found = Found::default();
        for path in paths {
            found.path(path)?;
        }
        let place = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
        found.into_files(is_new, &place)
    }

    fn of_zip(path: &Path, is_new: bool) -> Result<Self, Failure> {
        let cannot = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", path.display()));
        let length = regular(path)?;
        let file = File::open(path).map_err(|error| cannot(&error))?;
        let archive::Unpacked { files, left_out } = archive::unpack(file).map_err(|error| cannot(&error))?;
        let mut found = Found { left_out, ..Found::default() };
        for (name, bytes) in files {
            let role = Role::of(&name).expect("no others are unpacked");
            let length = bytes.len() as u64;
            found.add(BotFile { role, name, length, content: Content::Bytes(bytes) }, path)?;
        }
        // Whether the platform takes a zip without an icon is for it to say.
        let has_icon = found.files.keys().any(|(role, _)| *role == Role::Icon);
        let mut files = found.into_files(is_new && has_icon, &path.display().to_string())?;
        files.paths = vec![path.to_owned()];
        if is_new {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let zip = BotFile { role: Role::Zip, name, length, content: Content::Path(path.to_owned()) };
            check_name(&zip.name, path)?;
            files.warnings.extend(check::size(&zip));
            (files.files, files.left_out) = (vec![zip], Vec::new());
        }
        Ok(files)
    }
}

fn is_zip(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("zip")) && !path.is_dir()
}

/// The length of a regular file.
fn regular(path: &Path) -> Result<u64, Failure> {
    match fs::metadata(path) {
        Ok(is) if is.is_file() => Ok(is.len()),
        Ok(_) => Err(Failure::usage(format!("{}: expected a regular file", path.display())).hint(EXPECTED)),
        Err(error) => Err(cannot_read(path, &error)),
    }
}

fn cannot_read(path: &Path, error: &io::Error) -> Failure {
    let hint = is_missing(error.kind()).then_some(EXPECTED);
    Failure::usage(format!("cannot read {}: {error}", path.display())).hint_if(hint)
}

/// A name that stands in a header and in a log: no sane export has such characters.
fn check_name(name: &str, path: &Path) -> Result<(), Failure> {
    let is_odd = |c: char| c.is_control() || matches!(c, '"' | '\u{fffd}');
    match name.contains(is_odd) {
        true => Err(Failure::usage(format!(
            "{}: the name of a file holds a quote or a control character, or is not UTF-8: \"{}\"",
            Printable::text(&path.to_string_lossy()),
            Printable::text(name)
        ))
        .hint("give the file another name")),
        false => Ok(()),
    }
}

/// Files as they are found, before it is known whether they are all that is needed.
#[derive(Default)]
struct Found {
    /// By role and by name without its case.
    files: BTreeMap<(Role, String), BotFile>,
    left_out: Vec<String>,
    paths: Vec<PathBuf>,
    empty: Option<PathBuf>,
}

impl Found {
    fn path(&mut self, path: &Path) -> Result<(), Failure> {
        if path.is_dir() {
            return self.folder(path);
        }
        let length = regular(path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(role) = Role::of(&name) else {
            let shown = Printable::text(&path.to_string_lossy()).to_string();
            return Err(
                Failure::usage(format!("{shown}: the name does not say what the file is for")).hint(EXPECTED)
            );
        };
        self.file(role, name, length, path)
    }

    fn folder(&mut self, folder: &Path) -> Result<(), Failure> {
        let entries = fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))?;
        let mut entries = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<_>>>()
            .map_err(|error| cannot_read(folder, &error))?;
        entries.sort();
        if entries.is_empty() {
            self.empty = Some(folder.to_owned());
        }
        for path in entries {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            match Role::of(&name) {
                Some(role) => {
                    let length = regular(&path)?;
                    self.file(role, name, length, &path)?;
                }
                None => self.left_out.push(Printable::text(&name).to_string()),
            }
        }
        Ok(())
    }

    fn file(&mut self, role: Role, name: String, length: u64, path: &Path) -> Result<(), Failure> {
        self.paths.push(path.to_owned());
        self.add(BotFile { role, name, length, content: Content::Path(path.to_owned()) }, path)
    }

    fn add(&mut self, file: BotFile, path: &Path) -> Result<(), Failure> {
        check_name(&file.name, path)?;
        let same = |other: &&BotFile| match file.role {
            Role::Functions => other.name.eq_ignore_ascii_case(&file.name),
            role => other.role == role,
        };
        if let Some(other) = self.files.values().find(same) {
            let place = path.display().to_string();
            let (what, one, two) = (file.role.noun(), shown(other, &place), shown(&file, &place));
            return Err(Failure::usage(format!("two files for the {what}: {one} and {two}"))
                .hint("expected one: leave the other out"));
        }
        self.files.insert((file.role, file.name.to_lowercase()), file);
        Ok(())
    }

    fn into_files(self, is_new: bool, place: &str) -> Result<BotFiles, Failure> {
        let has = |role| self.files.keys().any(|(found, _)| *found == role);
        let missing = |what: &str| Err(Failure::usage(format!("{place}: there is no {what}")).hint(EXPECTED));
        match () {
            () if self.files.is_empty() && self.empty.is_some() => {
                return Err(Failure::usage(format!("{place}: the folder is empty")).hint(EXPECTED));
            }
            () if !has(Role::Definition) => return missing("appDefinition.json or botDefinition.json"),
            () if !has(Role::Config) => return missing("config.json"),
            () if is_new && !has(Role::Icon) => return missing("icon.png, which a new bot needs"),
            () => {}
        }
        let (mut warnings, mut version) = (Vec::new(), None);
        let (mut files, mut left_out) = (Vec::new(), self.left_out);
        for file in self.files.into_values() {
            // An existing bot has one.
            if file.role == Role::Icon && !is_new {
                left_out.push(file.name);
                continue;
            }
            let checked = check::check(&file, place)?;
            version = version.or(checked.version);
            warnings.extend(checked.warnings);
            files.push(file);
        }
        Ok(BotFiles { files, left_out, version, warnings, paths: self.paths })
    }
}

/// Where a file is, for a message; `zip` is the archive that it is from, if it is from one.
fn shown(file: &BotFile, zip: &str) -> String {
    match &file.content {
        Content::Path(path) => path.display().to_string(),
        Content::Bytes(_) => format!("{zip}: {}", file.name),
    }
}
