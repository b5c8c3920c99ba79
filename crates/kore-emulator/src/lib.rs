//! A server of the Kore.ai bot-import API on this machine, for tests and demonstrations.
//!
//! Paths, methods, messages and models are those of `kore-protocol` and `kore-types`, tokens are
//! verified by `kore-auth`: what a client learns here holds for the platform as far as its
//! documents go.
//!
//! ```
//! # #[tokio::main] async fn main() -> std::io::Result<()> {
//! use kore_emulator::{App, Emulator, samples};
//!
//! let emulator = Emulator::builder().app(App::made_up()).import(samples::succeeded()).start().await?;
//! println!("{} holds {:?}", emulator.url(), emulator.import_ids());
//! # Ok(())
//! # }
//! ```
//!
//! The documented rate limits hold, 60 requests in any 60 s and 1800 in any 3600 s for each import,
//! unless it is [`lenient`](EmulatorBuilder::lenient); a test may bring a [`clock`](EmulatorBuilder::clock).
//!
//! One server each, many in one process; dropping the handle stops it. It listens on `127.0.0.1`
//! by default, or where it is to [`bind`](EmulatorBuilder::bind). What clients may take is bounded:
//! connections, the time for a request and for an answer, 32 KiB and 100 fields for a head, 1 MiB for
//! a body, 64 MiB for an upload, and 96 MiB for all bodies together, of which each takes what has
//! arrived of it.
//!
//! With the feature `tls` it speaks HTTPS, with a certificate of your own (`EmulatorBuilder::tls`)
//! or one that is made for it (`EmulatorBuilder::self_signed`).
//!
//! A [`Scenario`] makes an import live: its tasks start and end by time, by polls or at once
//! ([`Mode`]), and a test can steer it. [`scenarios`] has some to begin with. A [`Fault`] is what
//! goes wrong on the way.
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use kore_emulator::{App, Emulator, Fault, Mode, Scenario, Task, scenarios};
//!
//! let scenario = Scenario::builder("no-entity")
//!     .task(Task::new("Bot Definition", "Shop"))
//!     .task(Task::new("Dialog", "Pay").outcome("failed").extra("error", "no entity"))
//!     .build()?;
//! let emulator = Emulator::builder()
//!     .app(App::made_up())
//!     .scenario(scenario, Mode::LOOKS)             // the third poll sees that it failed
//!     .fault(Fault::reset().after(1).first(1))     // and the second request is reset
//!     .start()
//!     .await?;
//! let stuck = emulator.create(scenarios::stuck(), Mode::TIME);
//! emulator.fail(&stuck)?;
//! # Ok(())
//! # }
//! ```
//!
//! # From files to an import
//!
//! Clients upload files and start imports as they do on the platform, into a
//! [`bot`](EmulatorBuilder::bot) that exists, or to make one. The import is made of what was uploaded:
//! a task for each part of the definition (`idpConfigurations`, `customTemplates`, `widgets`,
//! `dialogs`, `botEvents`, `knowledgeTasks`, `sentences`, `patterns`, `smallTalk`), for the functions,
//! and for the variables of the configuration. It fails if `unexportedTasks` is not empty or the
//! definition is no JSON object, and whenever a test [says so](Emulator::fail);
//! [`started`](EmulatorBuilder::started) has it follow a scenario instead. A zip is what is in it.
//!
//! # Exports and publishes
//!
//! A bot that is there can be exported and published. Of each the last one is held: what a client starts
//! follows a scenario of that [kind](JobKind), or succeeds. An export gives back the files of the last
//! import into the bot that succeeded, from a signed address of the emulator, without a token; a bot
//! that no import made gives a small made-up one.
//!
//! Contents of files are kept in memory alone, [256 MiB](EmulatorBuilder::kept_contents) by default, the
//! newest. No snapshot, page or log has one.
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use kore_emulator::{App, Emulator, Mode, scenarios};
//!
//! let emulator = Emulator::builder().app(App::made_up()).bot("st-1f".parse()?).start().await?;
//! // The next publish that a client starts waits for approval; others succeed.
//! emulator.prepare_next(scenarios::publish_awaiting_approval(), Mode::TIME);
//! # Ok(())
//! # }
//! ```
//!
//! # Over HTTP
//!
//! On the same port, under `/_emulator/`, is a page for a browser, and the same as JSON for programs;
//! [`control(false)`](EmulatorBuilder::control) takes both away. No fault strikes these requests, no
//! limit counts them, and they need no token.
//!
//! | request, below `/_emulator` | does |
//! |---|---|
//! | `GET /` | the page: imports and their tasks, bots, files and the last requests, as they happen |
//! | `GET /health` | the version, how many imports are held and how many requests came |
//! | `GET /scenarios` | the scenarios that have names |
//! | `GET /imports?limit=50&before=7` | imports, the newest first, at most 1000; `next` leads on |
//! | `POST /imports` | creates one: `{"scenario": "failure"}`, or a scenario in the form of its file; perhaps `"mode": "time"` (`looks`, `at-once`), `"speed": 10`, `"each": 2` and `"id": "bir-1f"`. The answer has the `id` |
//! | `GET /imports/{id}` | one import with its document |
//! | `DELETE /imports/{id}` | holds it no more |
//! | `POST /imports/{id}/advance` | ends the task that runs; `finish` and `fail` end the import |
//! | `GET`, `POST /bots` | the bots, the newest first; adds one: `{"id": "st-1f"}`, and perhaps `"name"` |
//! | `DELETE /bots/{id}` | takes it away |
//! | `GET /bots/{id}/export` | its last export with its document, without what opens the file; likewise `publish` |
//! | `POST /bots/{id}/export/advance` | ends the task that runs; `finish` and `fail` end the export; likewise `publish` |
//! | `POST /next` | has the next start of the scenario's kind follow it: `{"scenario": "export-failure"}`, and what else `POST /imports` takes, but no `id`; several follow one another |
//! | `DELETE /next` | forgets what was prepared so |
//! | `GET /files` | the files that were uploaded, the newest first |
//! | `GET /requests` | the last 1000 requests of the API: each with its time, method, path, status, import, why it was refused, and what fault struck it |
//! | `GET`, `POST`, `DELETE /faults` | lists the faults, adds some in the form of a [file](Faults), clears them |
//! | `POST /reset` | as at the start: imports, bots, files, faults, limits; a token that was used stays used |
//! | `GET /snapshot` | all imports, bots and files as one document, without any secret |
//! | `PUT /snapshot` | holds those of the document and no other, each import as far as it was then |
//! | `GET /events` | what the page shows, as server-sent events: `hello`, `imports`, `bots_and_files`, `requests` |
//!
//! ```sh
//! curl -X POST "$KORE_HOST/_emulator/imports" -d '{"scenario": "failure", "mode": "looks"}'
//! ```
//!
//! A refusal is `{"error": {"expected": …, "found": …, "hint": …}}`.
//!
//! Whoever reaches the port may steer. A page from elsewhere in a browser on this machine does reach
//! it, and is kept out: `Host` must be an address or `localhost`, since a name may be made to lead
//! here by its owner; a request whose `Origin` or `Sec-Fetch-Site` is another's is refused; no answer
//! may be read by another origin or shown in a frame of it.
//!
//! [`state`](EmulatorBuilder::state) keeps the imports in a file, which a crash leaves whole.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod samples;
pub mod scenarios;

/// What the command reads in the same way.
#[doc(hidden)]
pub mod plain_text;

mod app;
mod bodies;
mod bot_jobs;
mod bots;
mod builder;
mod clock;
mod contents;
mod control;
mod emulator;
mod encryption;
mod faults;
mod files;
mod ids;
mod imports;
mod input;
mod job_kind;
mod kept;
mod life;
mod limits;
mod masked;
mod packed;
mod platform;
mod reset;
mod scenario;
mod server;
mod shown;
mod snapshot;
mod state;
#[cfg(feature = "tls")]
mod tls;

pub use app::App;
pub use builder::EmulatorBuilder;
pub use emulator::Emulator;
pub use faults::{Fault, Faults};
pub use input::InputError;
#[doc(hidden)]
pub use input::parse_duration;
pub use job_kind::JobKind;
pub use kore_protocol::watch::Now;
pub use life::{InvalidSpeed, Mode, Speed, SteerError};
pub use scenario::{Scenario, ScenarioBuilder, Task};

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
