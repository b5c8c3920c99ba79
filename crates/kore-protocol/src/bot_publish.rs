//! The calls around the publish of a bot, one file each.

pub mod get_status;
pub mod start;

pub use get_status::{PublishMark, PublishRun};
