//! Ids that the emulator makes up.

use kore_types::BotImportId;

use crate::app::random_hex;

/// An id of the documented form: a uuid behind the prefix.
pub(crate) fn made_up_id() -> BotImportId {
    let id = format!("{}{}", BotImportId::PREFIX, made_up_uuid());
    BotImportId::new(id).expect("hexadecimal digits are safe")
}

pub(crate) fn made_up_uuid() -> String {
    let hex = random_hex::<16>();
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}
