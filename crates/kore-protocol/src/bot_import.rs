//! The calls around the import of a bot: two start one, one asks for its status.

pub mod get_status;
pub mod start_existing;
pub mod start_new;
