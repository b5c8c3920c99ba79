//! What an uploaded file says of the import that will name it: the name of the bot, and its parts.
//!
//! A definition may have 50 MB. It is read in one pass that keeps names alone, from within a zip too.

use std::fmt;
use std::io::{BufReader, Cursor, Read as _};

use kore_types::TaskType;
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// The keys of a definition that make tasks, in the order in which the documented log has them; each
/// with the task type that mirrors it, and whether each element is a task or all are one.
const PARTS: [(&str, TaskType, bool); 9] = [
    ("idpConfigurations", TaskType::IdpConfigurations, false),
    ("customTemplates", TaskType::CustomTemplates, false),
    ("widgets", TaskType::Widget, true),
    ("dialogs", TaskType::Dialog, true),
    ("botEvents", TaskType::Event, true),
    ("knowledgeTasks", TaskType::KnowledgeTasks, false),
    ("sentences", TaskType::Utterences, false),
    ("patterns", TaskType::Patterns, false),
    ("smallTalk", TaskType::SmallTalk, false),
];

/// How many characters are kept of a name.
const MAX_NAME: usize = 300;

/// The most that is read of a file in a zip.
const MAX_UNZIPPED: u64 = 256 * 1024 * 1024;

/// What is kept of a file.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Summary {
    /// Why it is no JSON object, or no zip with one, if it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    /// The name of the bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bot: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) components: Vec<Component>,
    /// The names of the tasks that the export left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) unexported: Vec<String>,
    /// Whether it is a configuration with variables.
    #[serde(default)]
    pub(crate) has_variables: bool,
    /// Whether it is a zip with functions.
    #[serde(default)]
    pub(crate) has_functions: bool,
}

/// A part of a bot, which is a task of its import.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Component {
    #[serde(rename = "type")]
    pub(crate) task_type: TaskType,
    pub(crate) name: String,
}

impl Component {
    pub(crate) fn new(task_type: TaskType, name: impl Into<String>) -> Self {
        Self { task_type, name: name.into() }
    }
}

impl Summary {
    pub(crate) fn of(content: &[u8]) -> Self {
        let json = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        match serde_json::from_slice(json) {
            Ok(Document(summary)) => summary,
            // An icon and a script are none, and need not be; the start of an import tells.
            Err(error) => Self::problem(format!("expected a JSON object: {error}")),
        }
    }

    fn problem(problem: impl Into<String>) -> Self {
        Self { problem: Some(problem.into()), ..Self::default() }
    }

    /// Of what an export packed: its definition, and whether it has variables and functions.
    pub(crate) fn of_zip(content: &[u8]) -> Self {
        let mut zip = match zip::ZipArchive::new(Cursor::new(content)) {
            Ok(zip) => zip,
            Err(error) => return Self::problem(format!("expected a zip: {error}")),
        };
        let names = zip.file_names().map(|name| name.unwrap_or_default().to_ascii_lowercase());
        let names: Vec<String> = names.collect();
        let mut read = |wanted: &[&str]| -> Option<Self> {
            let is_it = |name: &String| wanted.iter().any(|wanted| name.rsplit('/').next() == Some(wanted));
            let file = zip.by_index(names.iter().position(is_it)?);
            let document = file.map_err(|error| error.to_string()).and_then(|file| {
                serde_json::from_reader(BufReader::new(file.take(MAX_UNZIPPED)))
                    .map_err(|error| format!("expected a JSON object in {}: {error}", wanted.join(" or ")))
            });
            Some(document.map_or_else(Self::problem, |Document(summary)| summary))
        };
        let definition = read(&["appdefinition.json", "botdefinition.json"]);
        let definition = definition.unwrap_or_else(|| Self::problem("expected a definition in the zip"));
        let config = read(&["config.json"]).unwrap_or_default();
        Self {
            problem: definition.problem.or(config.problem),
            bot: config.bot.or(definition.bot),
            has_variables: config.has_variables,
            has_functions: names.iter().any(|name| name.ends_with(".js")),
            ..definition
        }
    }
}

/// A definition or a configuration. What is of another form than expected is passed over.
struct Document(Summary);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(DocumentVisitor).map(Self)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Summary;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Summary, M::Error> {
        let mut summary = Summary::default();
        let mut found: [Vec<Option<String>>; PARTS.len()] = Default::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "name" => summary.bot = map.next_value::<Any>()?.name.or(summary.bot),
                "localeData" => summary.bot = summary.bot.or(map.next_value::<Any>()?.first_element()),
                "unexportedTasks" => summary.unexported = named(map.next_value::<Any>()?, "a task"),
                "envVariables" => summary.has_variables = !map.next_value::<Any>()?.elements.is_empty(),
                key => match PARTS.iter().position(|(part, ..)| *part == key) {
                    Some(part) => found[part] = map.next_value::<Any>()?.elements,
                    None => drop(map.next_value::<IgnoredAny>()?),
                },
            }
        }
        for ((_, task_type, is_each), elements) in PARTS.into_iter().zip(found) {
            let most = if is_each { elements.len() } else { elements.len().min(1) };
            summary.components.extend(elements.into_iter().take(most).map(|name| {
                let name = name.filter(|_| is_each).unwrap_or_else(|| task_type.as_str().to_owned());
                Component::new(task_type.clone(), name)
            }));
        }
        Ok(summary)
    }
}

fn named(any: Any, otherwise: &str) -> Vec<String> {
    any.elements.into_iter().map(|name| name.unwrap_or_else(|| otherwise.to_owned())).collect()
}

/// Any value: a name that it has, and its elements, each with the name that it has. Those of an
/// object are its values.
#[derive(Default)]
struct Any {
    name: Option<String>,
    elements: Vec<Option<String>>,
}

impl Any {
    fn first_element(self) -> Option<String> {
        self.elements.into_iter().flatten().next()
    }
}

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyVisitor)
    }
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Any;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Any, E> {
        let name = (!text.is_empty()).then(|| text.chars().take(MAX_NAME).collect::<String>());
        Ok(Any { elements: name.iter().cloned().map(Some).collect(), name })
    }

    fn visit_unit<E: Error>(self) -> Result<Any, E> {
        Ok(Any::default())
    }

    fn visit_bool<E: Error>(self, is_there: bool) -> Result<Any, E> {
        Ok(Any { name: None, elements: vec![None; usize::from(is_there)] })
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Any, E> {
        self.visit_bool(true)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Any, E> {
        self.visit_bool(true)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Any, E> {
        self.visit_bool(true)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Any, S::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element::<Any>()? {
            elements.push(element.name);
        }
        Ok(Any { name: None, elements })
    }

    /// Its `name`, else that in its first language: `{"localeData": {"en": {"name": "Pay"}}}`.
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Any, M::Error> {
        let (mut name, mut local, mut elements) = (None, None, Vec::new());
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value::<Any>()?;
            elements.push(value.name.clone());
            match key.as_str() {
                "name" | "lname" => name = name.or(value.name),
                "localeData" => local = value.first_element(),
                _ => {}
            }
        }
        Ok(Any { name: name.or(local), elements })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str) -> String {
        let summary = Summary::of(json.as_bytes());
        let components = summary.components.iter();
        let shown: Vec<_> =
            components.map(|part| format!("{}: {}", part.task_type.as_str(), part.name)).collect();
        format!("{} | {}", summary.bot.as_deref().unwrap_or("-"), shown.join(", "))
    }

    #[test]
    fn each_part_of_a_definition_is_a_task_in_the_order_of_the_documented_log() {
        let definition = r#"{
            "_id": "st-1", "localeData": {"en": {"name": "Shop", "color": "blue"}}, "smallTalk": [{}],
            "patterns": {"en": ["a"]}, "sentences": [{"intent": "x"}, {"intent": "y"}],
            "dialogs": [{"name": "Pay", "nodes": [{"name": "n"}]}, {"localeData": {"en": {"name": "Ask"}}}, 7],
            "widgets": [{"lname": "chart"}], "botEvents": ["WELCOME"], "knowledgeTasks": [{"name": "faq"}],
            "customTemplates": [], "idpConfigurations": null, "unexportedTasks": [], "mlParams": {"a": [1]}
        }"#;
        assert_eq!(
            shown(definition),
            "Shop | Widget: chart, Dialog: Pay, Dialog: Ask, Dialog: Dialog, Event: WELCOME, \
             KnowledgeTasks: KnowledgeTasks, Utterences: Utterences, Patterns: Patterns, SmallTalk: SmallTalk"
        );
        let left_out = Summary::of(br#"{"unexportedTasks": [{"name": "Pay"}, "Ask", 5]}"#);
        assert_eq!(left_out.unexported, ["Pay", "Ask", "a task"]);
    }

    #[test]
    fn a_zip_is_what_is_in_it() {
        let zip = |files: &[(&str, &str)]| {
            let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
            for (name, text) in files {
                zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a file");
                std::io::Write::write_all(&mut zip, text.as_bytes()).expect("written");
            }
            Summary::of_zip(&zip.finish().expect("a zip").into_inner())
        };
        let definition = r#"{"localeData": {"en": {"name": "Old"}}, "dialogs": [{"name": "Pay"}]}"#;
        let config = r#"{"name": "Shop", "envVariables": [{"key": "k", "value": "s3cret"}]}"#;
        let whole = zip(&[("appDefinition.json", definition), ("Config.json", config), ("a.JS", "")]);
        assert_eq!((whole.bot.as_deref(), &whole.problem), (Some("Shop"), &None));
        assert!(whole.has_variables && whole.has_functions);
        assert_eq!(whole.components, [Component::new(TaskType::Dialog, "Pay")]);
        assert!(!format!("{whole:?}").contains("s3cret"));
        for (broken, says) in [
            (zip(&[("export/botDefinition.json", "{"), ("config.json", config)]), "botdefinition.json: EOF"),
            (zip(&[("config.json", config)]), "a definition in the zip"),
            (Summary::of_zip(b"PK"), "expected a zip"),
        ] {
            assert!(broken.problem.as_deref().is_some_and(|problem| problem.contains(says)), "{broken:?}");
        }
    }

    #[test]
    fn of_a_configuration_no_value_is_kept() {
        let config = br#"{"name": "Shop", "envVariables": [{"key": "k", "value": "s3cret"}]}"#;
        let summary = Summary::of(config);
        assert!(summary.has_variables && summary.bot.as_deref() == Some("Shop"));
        assert!(!format!("{summary:?}").contains("s3cret"));
        assert!(!Summary::of(br#"{"name": "Shop", "envVariables": []}"#).has_variables);
    }

    #[test]
    fn what_is_no_object_says_so_and_odd_values_hide_nothing() {
        for none in ["", "{", "[]", "7", "\u{1}PNG", "function a() {}"] {
            assert!(Summary::of(none.as_bytes()).problem.is_some(), "{none}");
        }
        assert_eq!(shown("\u{feff}{\"name\": \"Shop\", \"dialogs\": 1.5}"), "Shop | Dialog: Dialog");
        assert_eq!(shown(r#"{"name": {"a": 1}, "dialogs": {"x": {"name": "Pay"}}}"#), "- | Dialog: Pay");
        let deep = format!("{{\"dialogs\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Summary::of(deep.as_bytes()).problem.is_some(), "it is refused, and breaks nothing");
    }
}
