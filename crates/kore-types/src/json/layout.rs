//! What an object needs beside its known fields to be written back as it came.

use serde_json::value::RawValue;

use super::Extra;

/// The code of a known key's other spelling is that of the key with this bit.
pub(crate) const OTHER_SPELLING: u8 = 0x40;
/// Stands in an order for "the next unknown key".
pub(crate) const NEXT_EXTRA: u8 = 0xff;

/// The unknown keys, and the order of all keys where it is not the documented one.
///
/// Eight bytes for an object whose keys are all known and in order, as nearly all are.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Layout(Option<Box<Kept>>);

#[derive(Clone, Debug, Default, PartialEq)]
struct Kept {
    /// Empty when known keys come first in the documented order and spelling.
    order: Vec<u8>,
    extra: Extra,
}

impl Layout {
    pub(crate) fn extra(&self) -> &Extra {
        self.0.as_ref().map_or(Extra::EMPTY, |kept| &kept.extra)
    }

    pub(crate) fn extra_mut(&mut self) -> &mut Extra {
        &mut self.0.get_or_insert_default().extra
    }

    pub(crate) fn order(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |kept| &kept.order)
    }
}

/// Follows the keys of one object as they are read, and allocates nothing while they come as
/// documented.
#[derive(Default)]
pub(crate) struct Tracker {
    /// A bit for each known key that was there.
    seen: u64,
    /// The known key that may come next without leaving the documented order.
    next: u8,
    /// The order so far, once it is not the documented one.
    order: Option<Vec<u8>>,
    extra: Extra,
}

impl Tracker {
    /// Takes note of a known key; false if the object had it before.
    #[inline]
    pub(crate) fn known(&mut self, code: u8) -> bool {
        let documented = code >= self.next && code < OTHER_SPELLING && self.extra.is_empty();
        if !documented || self.order.is_some() {
            return self.out_of_order(code);
        }
        self.seen |= 1 << code;
        self.next = code + 1;
        true
    }

    /// A key that is not the documented next, or comes after one that was not.
    #[cold]
    fn out_of_order(&mut self, code: u8) -> bool {
        let slot = code & !OTHER_SPELLING;
        if self.seen & (1 << slot) != 0 {
            return false;
        }
        let known = (0..64).filter(|slot| self.seen & (1 << slot) != 0);
        let extras = std::iter::repeat_n(NEXT_EXTRA, self.extra.len());
        self.order.get_or_insert_with(|| known.chain(extras).collect()).push(code);
        self.seen |= 1 << slot;
        true
    }

    /// Takes note of a key that is unknown, or was there before.
    pub(crate) fn unknown(&mut self, key: &str, value: &RawValue) {
        self.extra.push(key, value);
        if let Some(order) = &mut self.order {
            order.push(NEXT_EXTRA);
        }
    }

    pub(crate) fn finish(self) -> Layout {
        if self.order.is_none() && self.extra.is_empty() {
            return Layout(None);
        }
        Layout(Some(Box::new(Kept { order: self.order.unwrap_or_default(), extra: self.extra })))
    }
}
