//! Imports bots into the Kore.ai platform, waits for the end of imports, and asks for their status.
//!
//! To ask for the status once:
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use kore_sdk::{BotImportId, Client, Outcome};
//!
//! let client = Client::builder()
//!     .host("https://bots.kore.ai")
//!     .credentials("cs-1f…", std::env::var("KORE_CLIENT_SECRET")?)
//!     .build()?;
//!
//! let import = client.bot_import_status(&BotImportId::new("bir-5f…")?).await?;
//! match import.outcome() {
//!     Outcome::Succeeded => println!("imported"),
//!     Outcome::Failed => import.failed_entries().for_each(|task| println!("failed: {task:?}")),
//!     Outcome::Running | Outcome::Unknown => println!("not over: {:?}", import.status),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! To wait for the end of an import:
//!
//! ```no_run
//! # async fn example(client: kore_sdk::Client) -> Result<(), Box<dyn std::error::Error>> {
//! use kore_sdk::watch::End;
//!
//! match client.watch_import(&"bir-5f…".parse()?).await? {
//!     End::Succeeded(_) => println!("imported"),
//!     End::Failed(response) => println!("failed: {:?}", response.import.failed_entries().collect::<Vec<_>>()),
//!     other => println!("not over: {other:?}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`blocking::Client`] does the same without an async runtime. [`ClientBuilder::transport`] sends the
//! requests through another HTTP client. The crates below have no clock and no randomness; this crate
//! brings both.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod blocking;

mod answer;
mod attempts;
mod builder;
mod call;
mod client;
mod download;
#[cfg(feature = "hyper")]
mod environment;
mod error;
mod export;
mod extra_headers;
mod import;
mod jobs;
mod publish;
mod single_call;
mod tokens;
pub mod variables;
mod wait;

pub use answer::Answer;
pub use builder::{ClientBuilder, DEFAULT_SUBJECT, DEFAULT_USER_AGENT};
pub use client::Client;
pub use download::{Download, DownloadError, can_download_to};
pub use error::Error;
pub use export::{ExportBot, ExportEnd};
pub use import::{
    Import, ImportBot, ImportEvent, ImportFile, ImportFileKind, ImportFiles, ImportMode, WatchedImport,
};
pub use jobs::StartedPublish;
pub use publish::PublishBot;
pub use single_call::Call;
pub use tokens::{random_content_key, random_jti};
pub use wait::{DEFAULT_DEADLINE, Updates, Wait};

pub use kore_auth as auth;
pub use kore_protocol as protocol;
pub use kore_protocol::watch;
pub use kore_transport as transport;
pub use kore_types as types;

pub use kore_protocol::bot_import::start_new::Response as AcceptedImport;
pub use kore_types::{
    BotId, BotImport, BotImportId, FileId, ImportOptions, Outcome, Purpose, Status, StatusLog,
};

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
