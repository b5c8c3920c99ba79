//! The calls for the export of a bot: its start and its status, one file each.

pub mod get_status;
pub mod start;

pub use get_status::ExportRun;
