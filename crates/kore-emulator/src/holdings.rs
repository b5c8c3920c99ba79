//! The imports that are held, in their order.

use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;
use kore_protocol::bot_import::get_status;
use kore_types::{BotImport, BotImportId};

use crate::SteerError;
use crate::life::Life;

/// An import that the platform holds. There may be a million of them, so what is large is shared or
/// stands elsewhere.
#[derive(Clone, Debug)]
pub(crate) enum Held {
    Fixed(Arc<Fixed>),
    Living(Life),
}

impl Held {
    pub(crate) fn fixed(document: impl Into<get_status::Response>) -> Self {
        Self::Fixed(Arc::new(document.into().into()))
    }
}

/// A document, and its JSON as it came, without white space between the values.
#[derive(Debug)]
pub(crate) struct Fixed {
    import: BotImport,
    json: Bytes,
}

impl Fixed {
    pub(crate) fn json(&self) -> &Bytes {
        &self.json
    }
}

impl From<get_status::Response> for Fixed {
    fn from(document: get_status::Response) -> Self {
        Self { json: document.json(), import: document.import }
    }
}

impl Deref for Fixed {
    type Target = BotImport;

    fn deref(&self) -> &BotImport {
        &self.import
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
pub(crate) struct Holdings {
    imports: HashMap<BotImportId, Entry>,
    /// The order in which imports were given, for lists.
    order: BTreeMap<u64, BotImportId>,
    next: u64,
    /// Raised with each change.
    changes: u64,
    /// Someone waits until the change is saved. Polls can wait for a while.
    is_urgent: bool,
    /// Raised when all of it is replaced.
    generation: u64,
}

impl Holdings {
    pub(crate) fn len(&self) -> usize {
        self.imports.len()
    }

    pub(crate) fn get(&self, id: &BotImportId) -> Option<&Entry> {
        self.imports.get(id)
    }

    /// Holds an import, in place of one with the same id and at its place.
    pub(crate) fn put(&mut self, id: BotImportId, held: Held) {
        self.changed();
        if let Some(entry) = self.imports.get_mut(&id) {
            entry.held = held;
            return;
        }
        let number = self.next;
        self.next += 1;
        self.order.insert(number, id.clone());
        self.imports.insert(id, Entry { number, held });
    }

    /// Whether it was held.
    pub(crate) fn remove(&mut self, id: &BotImportId) -> bool {
        let Some(entry) = self.imports.remove(id) else { return false };
        self.order.remove(&entry.number);
        self.changed();
        true
    }

    /// Numbers for so many imports that are going to replace all. A number is given once, so that a
    /// page of a list never shows another's imports.
    pub(crate) fn reserve(&mut self, imports: usize) -> u64 {
        let first = self.next;
        self.next += imports as u64;
        first
    }

    /// These imports and no other, with numbers from `first` on: made without the lock, for
    /// [`swap`](Self::swap).
    pub(crate) fn of(first: u64, imports: Vec<(BotImportId, Held)>) -> Self {
        let mut holdings = Self { next: first, ..Self::default() };
        imports.into_iter().for_each(|(id, held)| holdings.put(id, held));
        holdings
    }

    /// Holds the imports of the other and no more; gives back what was held.
    pub(crate) fn swap(&mut self, mut other: Self) -> Self {
        std::mem::swap(&mut self.imports, &mut other.imports);
        std::mem::swap(&mut self.order, &mut other.order);
        self.generation += 1;
        self.changed();
        other
    }

    /// Changes the life of an import.
    pub(crate) fn steer(
        &mut self,
        id: &BotImportId,
        change: impl FnOnce(&mut Life) -> Result<(), SteerError>,
    ) -> Result<(), SteerError> {
        match self.imports.get_mut(id) {
            Some(Entry { held: Held::Living(life), .. }) => change(life)?,
            Some(_) => return Err(SteerError::Fixed),
            None => return Err(SteerError::Unknown),
        }
        self.changed();
        Ok(())
    }

    /// Takes note of a look.
    pub(crate) fn look(&mut self, id: &BotImportId) {
        let Some(Entry { held: Held::Living(life), .. }) = self.imports.get_mut(id) else { return };
        life.look();
        if life.lives_by_looks() {
            self.changes += 1;
        }
    }

    /// Those from a number on, in order.
    pub(crate) fn from(&self, number: u64) -> impl Iterator<Item = (&BotImportId, &Entry)> {
        self.order.range(number..).filter_map(|(_, id)| self.imports.get_key_value(id))
    }

    /// Those before a place, the newest first.
    pub(crate) fn newest(&self, before: u64) -> impl Iterator<Item = (&BotImportId, &Entry)> {
        self.order.range(..before).rev().filter_map(|(_, id)| self.imports.get_key_value(id))
    }

    fn changed(&mut self) {
        self.changes += 1;
        self.is_urgent = true;
    }

    /// The number of the last change.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn is_urgent(&self) -> bool {
        self.is_urgent
    }

    /// What has changed so far is being saved.
    pub(crate) fn saving(&mut self) {
        self.is_urgent = false;
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

    fn ids(holdings: &Holdings) -> Vec<&str> {
        holdings.from(0).map(|(id, _)| id.as_str()).collect()
    }

    #[test]
    fn the_order_is_that_of_giving_and_survives_a_removal_and_a_replacement() {
        let mut holdings = Holdings::default();
        for name in ["bir-1", "bir-2", "bir-3", "bir-1"] {
            holdings.put(id(name), fixed());
        }
        assert_eq!(ids(&holdings), ["bir-1", "bir-2", "bir-3"]);
        assert!(holdings.remove(&id("bir-2")) && !holdings.remove(&id("bir-2")));
        assert_eq!(holdings.newest(u64::MAX).map(|(_, entry)| entry.number).collect::<Vec<_>>(), [2, 0]);
        let first = holdings.reserve(1);
        let old = holdings.swap(Holdings::of(first, vec![(id("bir-9"), fixed())]));
        assert_eq!((old.len(), holdings.generation()), (2, 1));
        assert_eq!(holdings.newest(u64::MAX).map(|(_, entry)| entry.number).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn a_change_is_urgent_and_counted_and_a_poll_is_counted_where_it_moves_the_import_on() {
        let mut holdings = Holdings::default();
        let scenario = Arc::new(crate::scenarios::stuck());
        for (name, mode) in [("bir-1", crate::Mode::TIME), ("bir-2", crate::Mode::LOOKS)] {
            let life = Life::new(Arc::clone(&scenario), mode, std::time::UNIX_EPOCH);
            holdings.put(id(name), Held::Living(life));
        }
        assert!(holdings.is_urgent());
        holdings.saving();
        let before = holdings.changes();
        holdings.look(&id("bir-1"));
        assert_eq!((holdings.changes(), holdings.is_urgent()), (before, false));
        holdings.look(&id("bir-2"));
        assert_eq!((holdings.changes(), holdings.is_urgent()), (before + 1, false));
        holdings.remove(&id("bir-1"));
        assert_eq!((holdings.changes(), holdings.is_urgent()), (before + 2, true));
    }
}
