//! The contents of files, for exports: of those that were uploaded, and of those that an export packed.
//!
//! They are in memory alone, within a budget: what came first goes first. Neither a snapshot nor the
//! page has them, nor does any `Debug` show one, since a configuration may hold secrets.

use std::collections::{HashMap, VecDeque};
use std::fmt;

use bytes::Bytes;
use kore_types::FileId;

use crate::app::random_hex;

/// What a content takes beside its bytes, at the most.
const OVERHEAD: u64 = 512;

/// A content, and what opens it.
#[derive(Clone)]
pub(crate) struct Content {
    pub(crate) bytes: Bytes,
    /// Nobody can guess it.
    pub(crate) signature: Box<str>,
}

/// The contents that are kept.
pub(crate) struct Kept {
    budget: u64,
    used: u64,
    by_id: HashMap<FileId, Content>,
    /// The oldest first.
    order: VecDeque<FileId>,
}

impl Kept {
    /// At most so many bytes.
    pub(crate) fn new(budget: u64) -> Self {
        Self { budget, used: 0, by_id: HashMap::new(), order: VecDeque::new() }
    }

    pub(crate) fn budget(&self) -> u64 {
        self.budget
    }

    pub(crate) fn get(&self, id: &FileId) -> Option<&Content> {
        self.by_id.get(id)
    }

    /// Keeps a content, and drops the oldest until all are within the budget. One that is larger than
    /// the budget is not kept.
    pub(crate) fn put(&mut self, id: FileId, bytes: Bytes) {
        let takes = bytes.len() as u64 + OVERHEAD;
        if takes > self.budget {
            let (size, budget) = (bytes.len(), self.budget);
            tracing::warn!(
                file = id.as_str(),
                size,
                budget,
                "the content of a file is larger than the budget and is not kept; no export has it"
            );
            return;
        }
        while self.used + takes > self.budget {
            let Some(oldest) = self.order.pop_front() else { break };
            let Some(dropped) = self.by_id.remove(&oldest) else { continue };
            self.used -= dropped.bytes.len() as u64 + OVERHEAD;
            let (size, budget) = (dropped.bytes.len(), self.budget);
            tracing::warn!(
                file = oldest.as_str(),
                size,
                budget,
                "the oldest content of a file is dropped to stay within the budget; no export has it any more"
            );
        }
        self.used += takes;
        self.order.push_back(id.clone());
        let signature = random_hex::<32>().into();
        self.by_id.insert(id, Content { bytes, signature });
    }

    /// Drops those that are of no account any more.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(&FileId) -> bool) {
        self.order.retain(&is_kept);
        self.by_id.retain(|id, _| is_kept(id));
        self.used = self.by_id.values().map(|content| content.bytes.len() as u64 + OVERHEAD).sum();
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Kept");
        shown.field("budget", &self.budget).field("used", &self.used).field("files", &self.by_id.len());
        shown.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: usize) -> FileId {
        FileId::new(format!("{n}")).expect("valid")
    }

    #[test]
    fn the_oldest_go_until_all_are_within_the_budget() {
        let mut kept = Kept::new(4 * (1000 + OVERHEAD));
        for n in 0..1000 {
            kept.put(id(n), Bytes::from(vec![0; 1000]));
            assert!(kept.used <= kept.budget, "{kept:?}");
        }
        let there: Vec<_> = (0..1000).filter(|n| kept.get(&id(*n)).is_some()).collect();
        assert_eq!((there, kept.order.len()), (vec![996, 997, 998, 999], 4));
        // One of three drops as many as it takes.
        kept.put(id(1000), Bytes::from(vec![0; 3000]));
        assert!(kept.get(&id(1000)).is_some() && kept.get(&id(997)).is_none(), "{kept:?}");
    }

    #[test]
    fn one_that_is_larger_than_the_budget_drops_no_other_and_is_not_kept() {
        let mut kept = Kept::new(2000);
        kept.put(id(1), Bytes::from_static(b"s3cret"));
        kept.put(id(2), Bytes::from(vec![0; 2001]));
        assert!(kept.get(&id(1)).is_some() && kept.get(&id(2)).is_none());
        assert!(!format!("{kept:?}").contains("s3cret"), "{kept:?}");
    }

    #[test]
    fn contents_without_a_byte_take_room_too() {
        let mut kept = Kept::new(100 * OVERHEAD);
        (0..10_000).for_each(|n| kept.put(id(n), Bytes::new()));
        assert_eq!((kept.by_id.len(), kept.order.len()), (100, 100));
    }
}
