//! Finds what opens the file of an export in a document, and conceals it. The platform names it under keys
//! that are known, and may repeat it under others.

use serde_json::{Map, Value};

use crate::Concealed;

/// The shortest part of an address that is looked for elsewhere: shorter ones are words too.
const SHORTEST: usize = 7;

/// Conceals the values of keys that name an address, and these texts and their queries in all others.
/// `known` are values that were taken out before.
pub(super) fn conceal<'a>(document: &mut Value, known: impl Iterator<Item = &'a Value>) {
    let mut texts = Vec::new();
    known.for_each(|value| parts(value, &mut texts));
    find(document, &mut texts);
    // The whole before its parts.
    texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    texts.dedup();
    replace(document, &texts);
}

/// Whether the value of such a key opens the file, in any spelling.
fn is_opening(key: &str) -> bool {
    let letters = key.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase);
    let key: String = letters.collect();
    key.contains("downloadurl") || key.contains("urlparams")
}

fn find(value: &mut Value, texts: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                if is_opening(key) && !value.is_null() {
                    parts(value, texts);
                    *value = Concealed::SHOWN.into();
                } else {
                    find(value, texts);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| find(element, texts)),
        _ => {}
    }
}

/// What of a value would open the file if it stood elsewhere, also as it stands in HTML.
fn parts(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            repeatable(text).for_each(|part| texts.extend([part.to_owned(), part.replace('&', "&amp;")]));
        }
        Value::Array(elements) => elements.iter().for_each(|element| parts(element, texts)),
        Value::Object(entries) => entries.values().for_each(|value| parts(value, texts)),
        _ => {}
    }
}

/// An address, its query with the fragment and without, and each parameter of that.
fn repeatable(address: &str) -> impl Iterator<Item = &str> {
    let whole = (address.contains("://") || address.contains('=')).then(|| address.trim());
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let without_fragment = query.split('#').next().unwrap_or_default();
    let parameters = address.split(['?', '&', '#']);
    let of_query = [query, without_fragment].into_iter().chain(parameters).filter(|part| part.contains('='));
    whole.into_iter().chain(of_query).filter(|part| part.len() >= SHORTEST)
}

fn replace(value: &mut Value, texts: &[String]) {
    match value {
        Value::String(text) => replace_in(text, texts),
        Value::Array(elements) => elements.iter_mut().for_each(|element| replace(element, texts)),
        Value::Object(entries) => {
            let mut replaced = Map::new();
            for (mut key, mut value) in std::mem::take(entries) {
                replace_in(&mut key, texts);
                replace(&mut value, texts);
                replaced.insert(key, value);
            }
            *entries = replaced;
        }
        _ => {}
    }
}

fn replace_in(text: &mut String, texts: &[String]) {
    for secret in texts {
        if text.contains(secret) {
            *text = text.replace(secret, Concealed::SHOWN);
        }
    }
}
