//! Keys with values of any form, which a scenario adds to a document or to an entry of its log.

use serde::{Deserialize as _, Deserializer, Serialize, de::Error as _};
use serde_json::{Map, Value};

/// How the TOML reader calls a date in a table of one key.
const TOML_DATE: &str = "$__toml_private_datetime";

/// Keys that are set in another way, each with what sets it.
pub(crate) type Reserved = [(&'static str, &'static str)];

fn check(key: &str, reserved: &Reserved) -> Result<(), String> {
    match reserved.iter().find(|(name, _)| *name == key) {
        Some((_, by)) => Err(format!("`{key}` cannot stand here: {by}")),
        None => Ok(()),
    }
}

/// Reads them from a file, TOML or JSON.
pub(crate) fn read<'de, D: Deserializer<'de>>(
    deserializer: D,
    reserved: &Reserved,
) -> Result<Map<String, Value>, D::Error> {
    let mut keys = Map::deserialize(deserializer)?;
    keys.keys().try_for_each(|key| check(key, reserved)).map_err(D::Error::custom)?;
    keys.values_mut().for_each(write_dates);
    Ok(keys)
}

/// Gives a key a value, in place of the one that it has.
pub(crate) fn put(
    keys: &mut Map<String, Value>,
    key: &str,
    value: &(impl Serialize + ?Sized),
    reserved: &Reserved,
) -> Result<(), String> {
    check(key, reserved)?;
    keys.insert(key.to_owned(), serde_json::to_value(value).map_err(|error| error.to_string())?);
    Ok(())
}

/// JSON has no dates: one of TOML becomes a text.
fn write_dates(value: &mut Value) {
    match value {
        Value::Object(keys) => match keys.remove(TOML_DATE) {
            Some(date) => *value = date,
            None => keys.values_mut().for_each(write_dates),
        },
        Value::Array(elements) => elements.iter_mut().for_each(write_dates),
        _ => {}
    }
}
