//! The imports that are held, in their order, and which of them a state file does not have yet.

use std::collections::{BTreeMap, HashMap, HashSet};
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
    unsaved: Option<Unsaved>,
}

/// What a state file does not have yet.
#[derive(Debug, Default)]
struct Unsaved {
    ids: HashSet<BotImportId>,
    /// Everything was replaced, or the file has to be written anew.
    all: bool,
    /// Someone waits for it. Looks alone can wait for a while.
    urgent: bool,
    /// Raised with each change.
    changes: u64,
}

/// What is to be saved next.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The number of the last change in it.
    pub(crate) changes: u64,
    pub(crate) what: ToSave,
}

#[derive(Debug)]
pub(crate) enum ToSave {
    All(Vec<(BotImportId, Held)>),
    /// `None` if it is held no more.
    Some(Vec<(BotImportId, Option<Held>)>),
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
        self.changed(&id);
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
        self.changed(id);
        true
    }

    /// Holds these imports and no other.
    pub(crate) fn replace(&mut self, imports: impl IntoIterator<Item = (BotImportId, Held)>) {
        self.imports.clear();
        self.order.clear();
        // A place is given once, so that a page of a list never shows another's imports.
        imports.into_iter().for_each(|(id, held)| self.put(id, held));
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.ids.clear();
            (unsaved.all, unsaved.urgent) = (true, true);
            unsaved.changes += 1;
        }
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
        self.changed(id);
        Ok(())
    }

    /// Takes note of a look.
    pub(crate) fn look(&mut self, id: &BotImportId) {
        let Some(Entry { held: Held::Living(life), .. }) = self.imports.get_mut(id) else { return };
        life.look();
        if let Some(unsaved) = self.unsaved.as_mut().filter(|_| life.lives_by_looks()) {
            unsaved.ids.insert(id.clone());
            unsaved.changes += 1;
        }
    }

    /// All imports in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&BotImportId, &Entry)> {
        self.order.values().filter_map(|id| self.imports.get_key_value(id))
    }

    /// Those before a place, the newest first.
    pub(crate) fn newest(&self, before: u64) -> impl Iterator<Item = (&BotImportId, &Entry)> {
        self.order.range(..before).rev().filter_map(|(_, id)| self.imports.get_key_value(id))
    }

    fn changed(&mut self, id: &BotImportId) {
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.ids.insert(id.clone());
            unsaved.urgent = true;
            unsaved.changes += 1;
        }
    }
}

/// For a state file.
impl Holdings {
    /// Keeps track of changes from now on; all there is counts as one.
    pub(crate) fn track(&mut self) {
        self.unsaved = Some(Unsaved { all: true, urgent: true, changes: 1, ..Unsaved::default() });
    }

    /// The number of the last change; `None` if nothing is saved.
    pub(crate) fn changes(&self) -> Option<u64> {
        self.unsaved.as_ref().map(|unsaved| unsaved.changes)
    }

    pub(crate) fn is_urgent(&self) -> bool {
        self.unsaved.as_ref().is_some_and(|unsaved| unsaved.urgent)
    }

    /// What is to be saved, as if it were: all of it if `all`.
    pub(crate) fn take_unsaved(&mut self, all: bool) -> Option<Batch> {
        let unsaved = self.unsaved.as_mut()?;
        let all = std::mem::take(&mut unsaved.all) || all;
        let ids = std::mem::take(&mut unsaved.ids);
        unsaved.urgent = false;
        let changes = unsaved.changes;
        let what = if all {
            ToSave::All(self.iter().map(|(id, entry)| (id.clone(), entry.held.clone())).collect())
        } else if ids.is_empty() {
            return None;
        } else {
            // In the order in which they are held, so that a list is the same after a restart.
            let mut some: Vec<_> = ids.into_iter().map(|id| (self.imports.get(&id), id)).collect();
            some.sort_by_key(|(entry, _)| entry.map(|entry| entry.number));
            ToSave::Some(some.into_iter().map(|(entry, id)| (id, entry.map(|e| e.held.clone()))).collect())
        };
        Some(Batch { changes, what })
    }

    /// What was taken could not be saved: all of it is to be written anew.
    pub(crate) fn save_all_later(&mut self) {
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.all = true;
        }
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
        holdings.iter().map(|(id, _)| id.as_str()).collect()
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
        holdings.replace([(id("bir-9"), fixed())]);
        assert_eq!(holdings.newest(u64::MAX).map(|(_, entry)| entry.number).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn what_is_unsaved_is_everything_at_first_and_then_what_changed() {
        let mut holdings = Holdings::default();
        holdings.put(id("bir-1"), fixed());
        assert!(holdings.take_unsaved(true).is_none(), "nobody asked to keep track");
        holdings.track();
        let batch = holdings.take_unsaved(false).expect("everything");
        assert!(matches!(&batch.what, ToSave::All(all) if all.len() == 1));
        assert!(holdings.take_unsaved(false).is_none() && !holdings.is_urgent());
        holdings.put(id("bir-2"), fixed());
        holdings.remove(&id("bir-1"));
        assert!(holdings.is_urgent());
        let batch = holdings.take_unsaved(false).expect("two");
        assert_eq!(Some(batch.changes), holdings.changes());
        let ToSave::Some(some) = batch.what else { panic!("not all") };
        let some: Vec<_> = some.iter().map(|(id, held)| (id.as_str(), held.is_some())).collect();
        assert_eq!(some, [("bir-1", false), ("bir-2", true)]);
        holdings.save_all_later();
        assert!(matches!(holdings.take_unsaved(false).expect("all").what, ToSave::All(_)));
    }
}
