//! The calls for the publish of a bot: its start and its status, one file each.

pub mod get_status;
pub mod start;

pub use get_status::{PublishMark, PublishRun};
