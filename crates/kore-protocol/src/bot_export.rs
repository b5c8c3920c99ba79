//! The calls around the export of a bot, one file each.

pub mod get_status;
pub mod start;

pub use get_status::ExportRun;
