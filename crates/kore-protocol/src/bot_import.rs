//! The calls around the import of a bot, one file each.

pub mod get_status;
pub mod start_existing;
pub mod start_new;
