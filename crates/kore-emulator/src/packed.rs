//! The zip that an export gives, of the files that an import named, or of a bot that is made up.
//!
//! The start of an export packs it.

use std::io::{Cursor, Write as _};

use bytes::Bytes;
use kore_types::{BotId, FileId};
use serde_json::json;
use zip::result::ZipResult;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::files::File;
use crate::ids::made_up_uuid;

/// One transparent pixel.
const ICON: &[u8] = include_bytes!("packed/icon.png");

/// Under which names the files of an import stand in its export.
#[derive(Debug, Default)]
pub(crate) struct Names(Vec<(String, FileId)>);

impl Names {
    /// The definition under its newer name if it was uploaded so, else under the older one.
    pub(crate) fn definition(&mut self, file: &File) {
        let is_newer = file.name.to_ascii_lowercase().ends_with("appdefinition.json");
        let name = if is_newer { "appDefinition.json" } else { "botDefinition.json" };
        self.0.push((name.to_owned(), file.id.clone()));
    }

    pub(crate) fn config(&mut self, file: &File) {
        self.0.push(("config.json".to_owned(), file.id.clone()));
    }

    pub(crate) fn icon(&mut self, file: &FileId) {
        self.0.push(("icon.png".to_owned(), file.clone()));
    }

    /// A script, under the name of its upload as far as a zip may have it.
    pub(crate) fn functions(&mut self, file: &File) {
        let name = file.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let is_fine = |c: char| c.is_alphanumeric() || " .-_()".contains(c);
        let name: String = name.chars().filter(|c| is_fine(*c)).collect();
        let stem = name.strip_suffix(".js").unwrap_or(&name).trim_matches([' ', '.']);
        let stem = if stem.is_empty() { "BotFunctions" } else { stem };
        let numbered = (2..).map(|n| format!("{stem}-{n}.js"));
        let mut names = std::iter::once(format!("{stem}.js")).chain(numbered);
        let is_free = |name: &String| self.0.iter().all(|(other, _)| !other.eq_ignore_ascii_case(name));
        let name = names.find(is_free).expect("one of so many numbers is free");
        self.0.push((name, file.id.clone()));
    }

    pub(crate) fn into_list(self) -> Vec<(String, FileId)> {
        self.0
    }
}

/// The zip of these files; an icon that is made up is added if there is none.
///
/// # Errors
/// If a zip cannot have files of these names, which a snapshot may say.
pub(crate) fn zip(files: Vec<(String, Bytes)>) -> ZipResult<Bytes> {
    let has_icon = files.iter().any(|(name, _)| name == "icon.png");
    let icon = (!has_icon).then(|| ("icon.png".to_owned(), Bytes::from_static(ICON)));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files.into_iter().chain(icon) {
        zip.start_file(name, SimpleFileOptions::default())?;
        zip.write_all(&bytes)?;
    }
    let mut bytes = zip.finish()?.into_inner();
    bytes.shrink_to_fit();
    Ok(bytes.into())
}

/// A bot that no import made: small and made up, and fit to be imported elsewhere.
pub(crate) fn made_up_bot(id: &BotId, name: Option<&str>) -> Vec<(String, Bytes)> {
    let name = name.unwrap_or(id.as_str());
    let definition = json!({
        "_id": id.as_str(),
        "refId": made_up_uuid(),
        "type": "default",
        "purpose": "customer",
        "defaultLanguage": "en",
        "supportedLanguages": ["en"],
        "localeData": {"en": {"name": name}},
        "dialogs": [{"name": "Welcome", "localeData": {"en": {"name": "Welcome"}}}],
        "knowledgeTasks": [],
        "sentences": [],
        "unexportedTasks": [],
    });
    let config = json!({"name": name, "envVariables": []});
    let file = |name: &str, json: serde_json::Value| (name.to_owned(), Bytes::from(json.to_string()));
    vec![file("botDefinition.json", definition), file("config.json", config)]
}
