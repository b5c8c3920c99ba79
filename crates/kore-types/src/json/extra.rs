//! The keys of an object that this version does not know.

use serde_json::value::RawValue;

use super::Verbatim;

/// The keys that this version does not know, with their values, in the order in which they came.
///
/// A key that an object holds twice is known the first time only; the second stands here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extra(Vec<(Box<str>, Verbatim)>);

impl Extra {
    pub(crate) const EMPTY: &'static Self = &Self(Vec::new());

    /// The value of the first key of that name.
    pub fn get(&self, key: &str) -> Option<&RawValue> {
        self.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// All keys and values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(name, value)| (&**name, value.as_raw()))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn push(&mut self, key: &str, value: &RawValue) {
        self.0.push((key.into(), value.into()));
    }

    /// Replaces the first value of that key, or adds it at the end.
    pub(crate) fn set(&mut self, key: &str, value: &RawValue) {
        match self.0.iter_mut().find(|(name, _)| **name == *key) {
            Some((_, kept)) => *kept = value.into(),
            None => self.push(key, value),
        }
    }
}
