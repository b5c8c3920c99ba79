//! The calls around files. An import names files that were uploaded before.

pub mod upload;
