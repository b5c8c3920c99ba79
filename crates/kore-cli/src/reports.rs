//! Files and lines for the pipelines in which a watch runs.

pub(crate) mod annotations;
mod file;
mod junit;
mod markdown;

pub(crate) use file::{append, check, write_atomically};
pub(crate) use junit::junit;
pub(crate) use markdown::markdown;
