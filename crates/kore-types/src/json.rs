//! Reading JSON objects so that nothing of them is lost.

mod extra;
mod field;
mod layout;
mod object;
mod read;
#[cfg(feature = "schemars")]
mod schema;
mod verbatim;

pub use extra::Extra;
pub use field::Field;
pub(crate) use field::read_field;
pub(crate) use layout::{Layout, OTHER_SPELLING};
pub(crate) use object::{By, InPlace, Object, ObjectVisitor, object, read_object, write_object};
pub(crate) use read::{FromJson, FromText, TextVisitor, text_of};
#[cfg(feature = "schemars")]
pub(crate) use schema::{Key, first_paragraph, object_schema};
pub use verbatim::Verbatim;
