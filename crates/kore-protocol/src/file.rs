//! The calls around files, one file each.

pub mod upload;
