//! The imports that the emulator holds, by their ids and in the order in which they were given.
//!
//! The platform answers from them, and the control lists them. There may be a million: what is large
//! is shared.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use kore_protocol::bot_import::get_status;
use kore_types::{BotImport, BotImportId};

use crate::SteerError;
use crate::life::Life;

/// An import: a document that stays as it is, or one that lives.
#[derive(Clone, Debug)]
pub(crate) enum Held {
    Fixed(Arc<Fixed>),
    Living(Life),
}

impl Held {
    pub(crate) fn fixed(document: impl Into<get_status::Response>) -> Self {
        Self::Fixed(Arc::new(document.into().into()))
    }

    /// As it is at the start; one that lives begins now.
    pub(crate) fn begun(&self, now: SystemTime) -> Self {
        match self {
            Self::Fixed(fixed) => Self::Fixed(Arc::clone(fixed)),
            Self::Living(life) => Self::Living(Life::new(Arc::clone(life.scenario()), life.mode(), now)),
        }
    }
}

/// A document, and its JSON as it came, without white space between the values.
#[derive(Debug)]
pub(crate) struct Fixed {
    pub(crate) import: BotImport,
    pub(crate) json: Bytes,
}

impl From<get_status::Response> for Fixed {
    fn from(document: get_status::Response) -> Self {
        Self { json: document.json(), import: document.import }
    }
}

/// An import with its place in the order.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) held: Held,
}

/// All imports.
#[derive(Debug, Default)]
pub(crate) struct Imports {
    by_id: HashMap<BotImportId, Entry>,
    order: BTreeMap<u64, BotImportId>,
    /// A number is given once, so that a page of a list never shows another's imports.
    next: u64,
    /// The number of the last change, for the state file.
    changes: u64,
}

impl Imports {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn get(&self, id: &BotImportId) -> Option<&Entry> {
        self.by_id.get(id)
    }

    /// Holds an import, in place of one with the same id and at its place.
    pub(crate) fn put(&mut self, id: BotImportId, held: Held) {
        self.changes += 1;
        if let Some(entry) = self.by_id.get_mut(&id) {
            entry.held = held;
            return;
        }
        let number = self.next;
        self.next += 1;
        self.order.insert(number, id.clone());
        self.by_id.insert(id, Entry { number, held });
    }

    /// Whether it was held.
    pub(crate) fn remove(&mut self, id: &BotImportId) -> bool {
        let Some(entry) = self.by_id.remove(id) else { return false };
        self.order.remove(&entry.number);
        self.changes += 1;
        true
    }

    /// Holds these and no other.
    pub(crate) fn replace(&mut self, imports: Vec<(BotImportId, Held)>) {
        self.by_id.clear();
        self.order.clear();
        self.changes += 1;
        imports.into_iter().for_each(|(id, held)| self.put(id, held));
    }

    /// Changes the life of an import.
    pub(crate) fn steer(
        &mut self,
        id: &BotImportId,
        change: impl FnOnce(&mut Life) -> Result<(), SteerError>,
    ) -> Result<(), SteerError> {
        match self.by_id.get_mut(id) {
            Some(Entry { held: Held::Living(life), .. }) => change(life)?,
            Some(_) => return Err(SteerError::Fixed),
            None => return Err(SteerError::Unknown),
        }
        self.changes += 1;
        Ok(())
    }

    /// Counts a poll, and gives the import as it was before: a poll counts from the next one on.
    pub(crate) fn poll(&mut self, id: &BotImportId) -> Option<Held> {
        let entry = self.by_id.get_mut(id)?;
        let seen = entry.held.clone();
        if let Held::Living(life) = &mut entry.held
            && life.poll()
        {
            self.changes += 1;
        }
        Some(seen)
    }

    /// All of them, in order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&BotImportId, &Entry)> {
        self.order.values().filter_map(|id| self.by_id.get_key_value(id))
    }

    /// Those before a place, the newest first.
    pub(crate) fn newest(&self, before: u64) -> impl Iterator<Item = (&BotImportId, &Entry)> {
        self.order.range(..before).rev().filter_map(|(_, id)| self.by_id.get_key_value(id))
    }

    /// The number of the last change.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_takes_little_room() {
        // A full table has room for up to 16/7 of its entries, and an id stands in it and in the
        // order, each time with its text: of 40 bytes, in a block of 48 at most. A node of the order
        // is half full at least, once it is not alone.
        let id = size_of::<BotImportId>();
        let entry = size_of::<(BotImportId, Entry)>();
        let each = 16 * (entry + 1) / 7 + 2 * (id + 48) + 2 * (id + size_of::<u64>());
        assert!(each <= 512, "{each} bytes");
    }

    fn id(text: &str) -> BotImportId {
        BotImportId::new(text).expect("valid")
    }

    fn fixed() -> Held {
        Held::fixed(BotImport::default())
    }

    fn ids(imports: &Imports) -> Vec<&str> {
        imports.all().map(|(id, _)| id.as_str()).collect()
    }

    #[test]
    fn the_order_is_that_of_giving_and_survives_a_removal_and_a_replacement() {
        let mut imports = Imports::default();
        for name in ["bir-1", "bir-2", "bir-3", "bir-1"] {
            imports.put(id(name), fixed());
        }
        assert_eq!(ids(&imports), ["bir-1", "bir-2", "bir-3"]);
        assert!(imports.remove(&id("bir-2")) && !imports.remove(&id("bir-2")));
        assert_eq!(imports.newest(u64::MAX).map(|(_, entry)| entry.number).collect::<Vec<_>>(), [2, 0]);
        imports.replace(vec![(id("bir-9"), fixed())]);
        assert_eq!(imports.newest(u64::MAX).map(|(_, entry)| entry.number).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn a_change_is_counted_and_so_is_a_poll_that_moves_the_import_on() {
        let mut imports = Imports::default();
        let scenario = Arc::new(crate::scenarios::stuck());
        for (name, mode) in [("bir-1", crate::Mode::TIME), ("bir-2", crate::Mode::LOOKS)] {
            let life = Life::new(Arc::clone(&scenario), mode, std::time::UNIX_EPOCH);
            imports.put(id(name), Held::Living(life));
        }
        let mut before = imports.changes();
        for (name, counts) in [("bir-1", 0), ("bir-2", 1), ("bir-3", 0)] {
            assert_eq!(imports.poll(&id(name)).is_some(), name != "bir-3");
            assert_eq!(imports.changes() - before, counts, "{name}");
            before = imports.changes();
        }
        imports.remove(&id("bir-1"));
        assert_eq!(imports.changes(), before + 1);
    }
}
