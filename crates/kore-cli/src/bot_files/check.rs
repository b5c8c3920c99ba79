//! What can be said of a file before it is sent: whether its JSON can be read, and whether it is of a
//! size that the platform's own dialog takes.
//!
//! No message shows what a file holds: the configuration has the values of variables, which may be
//! secrets.

use std::fs::File;
use std::io::{self, BufReader, Read};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{BotFile, Content, Role, bytes, shown};
use crate::failure::Failure;
use crate::shell::Shell;
use crate::text::word;

/// What was found in a file.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) version: Option<String>,
    pub(super) warnings: Vec<String>,
}

/// The keys of a definition that are told.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    environment_version_info: Option<Value>,
    unexported_tasks: Option<Value>,
}

/// The most that the dialog of the builder takes, in bytes. Nothing is documented for the API.
fn dialog_takes(role: Role) -> Option<u64> {
    match role {
        Role::Zip => Some(50_000_000),
        Role::Config | Role::Functions => Some(500_000),
        Role::Icon => Some(80_000),
        Role::Definition => None,
    }
}

/// A warning about a file that is larger than the dialog of the builder takes.
pub(super) fn size(file: &BotFile) -> Option<String> {
    let most = dialog_takes(file.role).filter(|most| file.length > *most)?;
    Some(format!(
        "{} has {}: the builder's dialog takes {} of a {}, and the API may take no more either",
        word(&file.name),
        bytes(file.length),
        bytes(most),
        file.role.noun()
    ))
}

/// `zip` is the archive that the file is from, for messages.
pub(super) fn check(file: &BotFile, zip: &str) -> Result<Checked, Failure> {
    let mut checked = Checked { warnings: size(file).into_iter().collect(), ..Checked::default() };
    let fails = |why: &dyn std::fmt::Display| {
        Failure::usage(format!("{}: {why}", crate::text::harmless(shown(file, zip))))
    };
    if file.length == 0 {
        return Err(fails(&"it is empty"));
    }
    if file.role != Role::Icon && file.role != Role::Zip {
        let mut start = [0; 4];
        let read = open(file).and_then(|input| start_of(input, &mut start)).map_err(|error| fails(&error))?;
        if let Some(found) = other_encoding(&start[..read], file.role) {
            let refused = fails(&format!("expected UTF-8 without a byte order mark, found {found}"));
            return Err(refused.hint_if(saved_as_utf8(file)));
        }
    }
    match file.role {
        Role::Definition => {
            let found: Definition = object(file).map_err(|why| fails(&why))?;
            checked.version = match found.environment_version_info {
                Some(Value::String(version)) => Some(word(&version)),
                Some(Value::Null) | None => None,
                Some(other) => Some(word(&other.to_string())),
            };
            let unexported = found.unexported_tasks.as_ref().and_then(Value::as_array).map_or(0, Vec::len);
            if unexported > 0 {
                checked.warnings.push(format!(
                    "{}: {unexported} tasks were not exported (unexportedTasks); what depends on them may fail",
                    word(&file.name)
                ));
            }
        }
        Role::Config => {
            object::<IgnoredAny>(file).map_err(|why| fails(&why))?;
        }
        Role::Icon => {
            let mut start = [0; 8];
            let read = open(file).and_then(|input| start_of(input, &mut start));
            read.map_err(|error| fails(&error))?;
            if start != *b"\x89PNG\r\n\x1a\n" {
                checked.warnings.push(format!("{}: it does not begin as a PNG does", word(&file.name)));
            }
        }
        Role::Functions | Role::Zip => {
            open(file).map_err(|error| fails(&error))?;
        }
    }
    Ok(checked)
}

fn open(file: &BotFile) -> io::Result<Box<dyn Read>> {
    Ok(match &file.content {
        Content::Path(path) => Box::new(File::open(path)?),
        Content::Bytes(bytes) => Box::new(io::Cursor::new(bytes.clone())),
    })
}

/// Reads as many bytes of the start as there are.
fn start_of(input: impl Read, start: &mut [u8]) -> io::Result<usize> {
    let mut bytes = Vec::new();
    input.take(start.len() as u64).read_to_end(&mut bytes)?;
    start[..bytes.len()].copy_from_slice(&bytes);
    Ok(bytes.len())
}

/// How a text is written that the platform would not read: files go up as they are.
fn other_encoding(start: &[u8], role: Role) -> Option<&'static str> {
    match start {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => Some("UTF-16"),
        // JavaScript skips it.
        [0xef, 0xbb, 0xbf, ..] if role != Role::Functions => Some("UTF-8 with a mark"),
        _ => None,
    }
}

/// The way to UTF-8 in the shell that writes the others: `>` of the PowerShell of Windows writes UTF-16,
/// and its `-Encoding UTF8` a mark.
fn saved_as_utf8(file: &BotFile) -> Option<String> {
    let Content::Path(path) = &file.content else { return None };
    let path = Shell::PowerShell.quoted(&path.to_string_lossy());
    Some(format!("in PowerShell: [IO.File]::WriteAllText((Resolve-Path {path}), (Get-Content -Raw {path}))"))
}

/// Reads JSON that is an object, a piece at a time.
fn object<T: for<'de> Deserialize<'de>>(file: &BotFile) -> Result<T, String> {
    let mut input =
        BufReader::new(Utf8 { input: open(file).map_err(|error| error.to_string())?, tail: Vec::new() });
    let start = io::BufRead::fill_buf(&mut input).map_err(|error| error.to_string())?;
    match start.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') | None => {}
        Some(_) => return Err("expected a JSON object, found something else".to_owned()),
    }
    serde_json::from_reader(input).map_err(|error| match error.classify() {
        serde_json::error::Category::Io => io::Error::from(error).to_string(),
        // It may repeat a value.
        serde_json::error::Category::Data => {
            format!(
                "expected a JSON object with each key once, found something else in line {}",
                error.line()
            )
        }
        _ => format!("it is no JSON: {error}"),
    })
}

/// Passes on what is UTF-8: the parser does not check texts that nobody asked for.
struct Utf8<R> {
    input: R,
    /// The start of a character whose rest is in the next piece.
    tail: Vec<u8>,
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        let broken = || io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8");
        if read == 0 {
            return if self.tail.is_empty() { Ok(0) } else { Err(broken()) };
        }
        self.tail.extend_from_slice(&buffer[..read]);
        let good = match std::str::from_utf8(&self.tail) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Err(broken()),
        };
        self.tail.drain(..good);
        Ok(read)
    }
}
