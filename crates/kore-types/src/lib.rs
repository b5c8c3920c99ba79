//! Models of the Kore.ai bot-import API, for clients and servers alike.
//!
//! Three promises, each held by tests:
//!
//! * **Nothing is lost.** Decoding and encoding again gives back every key, word and digit, known
//!   or not, in the order in which they came. A value that is not of the documented form is kept
//!   as it came ([`Field::Other`]) instead of failing the whole document.
//! * **Open words.** A status or task type that this version does not know is kept as sent, and
//!   [`Status::outcome`] says `Unknown` for it: nothing is taken for a success that the platform
//!   did not call one.
//! * **Nothing else.** No HTTP, no clock, no randomness; `serde` and `serde_json` are the only
//!   dependencies.
//!
//! ```
//! use kore_types::{BotImport, Outcome};
//!
//! let import = BotImport::from_json(r#"{
//!     "_id": "bir-1f", "status": "failed", "__v": 0,
//!     "statusLogs": [
//!         {"taskType": "importRequest", "taskName": "Shop", "status": "success"},
//!         {"taskType": "Dialog", "taskName": "Pay", "status": "failed", "reason": "no entity"}
//!     ]
//! }"#)?;
//!
//! assert_eq!(import.outcome(), Outcome::Failed);
//! let failed = import.failed_entries().next().unwrap();
//! assert_eq!(failed.task_name.get().unwrap(), "Pay");
//! assert_eq!(failed.extra().get("reason").unwrap().get(), r#""no entity""#);
//! # Ok::<(), serde_json::Error>(())
//! ```
#![forbid(unsafe_code)]

mod bot_import;
mod error_body;
mod id;
mod json;
mod open_enum;
mod printable;
mod status;
mod task_type;
mod timestamp;
mod token_refusal;

#[cfg(all(test, feature = "schemars"))]
mod schema_tests;

pub use bot_import::{BotImport, OutcomeCounts, StatusLog, StatusLogs};
pub use error_body::{ErrorBody, ErrorCode, ErrorDetail, ErrorDetails};
pub use id::{BotId, BotImportId, ClientId, InvalidId, MAX_ID_LEN, StreamRefId, UserId};
pub use json::{Extra, Field, Verbatim};
pub use open_enum::KeptWord;
pub use printable::Printable;
/// serde_json's type for a value that is kept as its text.
pub use serde_json::value::RawValue;
pub use status::{Outcome, Status};
pub use task_type::TaskType;
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use token_refusal::TokenRefusal;
