//! What an import would do, for people: `--dry-run` prints it and sends nothing.

use kore_sdk::types::BotId;
use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

use super::{BotFile, BotFiles};
use crate::text::{pad, word};

/// Where the files go.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A bot that comes to exist, by its name.
    New(String),
    /// A bot that exists, and how it is changed: by a file of options, or as a whole.
    Into(BotId, Option<std::path::PathBuf>),
}

impl Target {
    /// `a new bot "Shop"`
    pub(crate) fn words(&self) -> String {
        match self {
            Self::New(name) => format!("a new bot \"{}\"", word(name)),
            Self::Into(id, _) => format!("the bot {id}"),
        }
    }

    /// The words of the JSON.
    fn mode_word(&self) -> &'static str {
        match self {
            Self::New(_) => "new",
            Self::Into(_, None) => "full",
            Self::Into(_, Some(_)) => "incremental",
        }
    }

    fn mode(&self) -> String {
        match self {
            Self::New(_) => "new: the platform makes the bot".to_owned(),
            Self::Into(_, None) => "full: what the files lack is deleted in the bot".to_owned(),
            Self::Into(_, Some(path)) => {
                format!("incremental, with the options of {}", word(&path.display().to_string()))
            }
        }
    }
}

/// `1.5 MB`, `418 bytes`: in powers of ten, as the platform's pages count.
pub(crate) fn bytes(count: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
    match count {
        0..1_000 => format!("{count} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", count as f64 / 1e3),
        _ => format!("{:.1} MB", count as f64 / 1e6),
    }
}

/// Files, target and mode.
pub(crate) fn plan(files: &BotFiles, target: &Target) -> String {
    let names: Vec<_> = files.files.iter().map(|file| word(&file.name)).collect();
    let width = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let mut out = "Files\n".to_owned();
    for (file, name) in files.files.iter().zip(&names) {
        out.push_str(&format!("  {}  {}  {}\n", pad(name, width), file.role.noun(), bytes(file.length)));
    }
    if !files.left_out.is_empty() {
        let names: Vec<_> = files.left_out.iter().take(10).map(|name| word(name)).collect();
        let more = files.left_out.len().saturating_sub(names.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        out.push_str(&format!("Left out  {}{more}\n", names.join(", ")));
    }
    let version = files.version.as_deref().unwrap_or("the definition does not say");
    out.push_str(&format!("Exported by  version {version} of the platform\n"));
    out.push_str(&format!("Target  {}\nMode  {}\n", target.words(), target.mode()));
    out
}

/// The same for programs, on one line.
pub(crate) fn plan_json(files: &BotFiles, target: &Target) -> String {
    let (bot, options) = match target {
        Target::New(name) => (json!({ "new_bot": name }), None),
        Target::Into(id, options) => (json!({ "bot": id.as_str() }), options.as_ref()),
    };
    let of = |file: &BotFile| json!({"name": file.name, "role": file.role.noun(), "bytes": file.length});
    let plan = json!({
        "dry_run": true,
        "target": bot,
        "mode": target.mode_word(),
        "options": options.map(|path| path.display().to_string()),
        "files": files.files.iter().map(of).collect::<Vec<_>>(),
        "left_out": files.left_out,
        "exported_by": files.version,
        "warnings": files.warnings,
    });
    format!("{plan}\n")
}
