//! Reads and writes the documents of the Kore.ai bot-import API, for clients and servers alike.
//!
//! ```
//! use kore_types::{BotImport, Outcome};
//!
//! let import: BotImport = serde_json::from_str(r#"{
//!     "_id": "bir-1f", "status": "failed", "__v": 0,
//!     "statusLogs": [
//!         {"taskType": "importRequest", "taskName": "Shop", "status": "success"},
//!         {"taskType": "Dialog", "taskName": "Pay", "status": "failed", "reason": "no entity"}
//!     ]
//! }"#)?;
//!
//! assert_eq!(import.outcome(), Outcome::Failed);
//! let failed = import.failed_entries().next().unwrap();
//! assert_eq!(failed.task_name.as_deref(), Some("Pay"));
//! assert_eq!(failed.extra["reason"], "no entity");
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! [`model!`], [`open_enum!`] and [`id!`] declare the documents of other calls in the same way.
//!
//! # What the models promise
//!
//! * **Any format.** They read and write with every self-describing serde format (JSON, BSON,
//!   MessagePack, CBOR, YAML), and inside of `flatten`, `untagged` and `serde_json::Value`.
//! * **Nothing is lost.** Decoding and encoding again gives back every key and value, known or not.
//!   Every field is an `Option`. A key that is left out is `None`. So is one that holds `null` or
//!   another form than the documented one, and [`extra`](Extra) keeps that value. Only the order of
//!   keys and the spelling of numbers beyond 64 bits may change. (BSON refuses integers above
//!   `i64::MAX` and keys with a NUL.)
//! * **Open words.** A status or task type that this version does not know is kept as sent, and its
//!   [`Status::outcome`] is `Unknown`. Only a word that the platform is known to use for a success
//!   is a success.
//! * **Few dependencies.** `serde` and `serde_json` alone; no HTTP, no clock, no randomness.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod bot_export;
mod bot_import;
mod bot_publish;
mod concealed;
mod error_body;
mod extra;
mod id;
mod id_and_status;
mod import_options;
mod import_request;
mod list;
mod model;
mod open_enum;
mod printable;
#[cfg(feature = "schemars")]
mod schema;
mod status;
mod task_type;
mod text;
mod timestamp;
mod token_refusal;
mod value;

pub use bot_export::{
    BotExport, BotExportOrder, ExportExceptions, ExportOptions, ExportSubTasks, ExportType,
};
pub use bot_import::{BotImport, OutcomeCounts, StatusLog};
pub use bot_publish::{BotPublish, BotPublishOrder, PublishResult, PublishTask, PublishedResource};
pub use concealed::Concealed;
pub use error_body::{ErrorBody, ErrorCode, ErrorDetail};
pub use extra::Extra;
pub use id::{
    BotExportId, BotId, BotImportId, BotPublishId, ClientId, FileId, InvalidId, MAX_ID_LEN, StreamRefId,
    UserId,
};
#[doc(hidden)]
pub use id_and_status::id_and_status_alone;
pub use import_options::{
    AppendOrReplace, IgnoredVariables, ImportNlpData, ImportOptions, ImportSetting, ImportTask, MergeOptions,
    StoryBoardScenes,
};
pub use import_request::{ExistingBotImport, FileContext, NewBotImport, Purpose, UploadMode, UploadedFile};
pub use list::List;
pub use model::Lenient;
pub use open_enum::KeptWord;
pub use printable::Printable;
pub use status::{Outcome, Status};
pub use task_type::TaskType;
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use token_refusal::TokenRefusal;

/// For the macros alone.
#[doc(hidden)]
pub mod __private {
    pub use serde;
    pub use serde_json::Value;

    pub use crate::id::check;
    pub use crate::model::{Room, read_model};
    pub use crate::text::Text;

    #[cfg(feature = "schemars")]
    pub use {
        crate::schema::{first_paragraph, object_schema, value_schema},
        schemars,
    };
}

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
