//! The import of a bot in one call: uploads the files, starts the import and, if asked, watches it to
//! its end.
//!
//! [`Client::import_bot`](crate::Client::import_bot) of both clients returns the builder that is
//! defined here. Both share `plan` and `attempts`. Sending and waiting differ: they are in `run` for the
//! async client and in `blocking` for the blocking one.

mod attempts;
pub(crate) mod blocking;
mod event;
mod files;
mod folder;
mod plan;
mod run;
mod watched;

use std::num::NonZeroUsize;
use std::time::Duration;

use kore_protocol::ExactJson;
use kore_types::{BotId, ImportOptions, Purpose};

pub use self::event::ImportEvent;
use self::event::OnEvent;
pub use self::files::{ImportFile, ImportFiles};
pub use self::folder::ImportFileKind;
use self::plan::Target;
pub use self::watched::WatchedImport;
use crate::DEFAULT_DEADLINE;

/// The most files that are uploaded at once.
const MOST_AT_ONCE: usize = 4;

/// The files of an import whose target is not chosen yet.
#[must_use = "it does nothing until its target is chosen and it is awaited or run"]
#[derive(Debug)]
pub struct ImportBot<'a, C> {
    client: &'a C,
    files: ImportFiles,
}

/// How an import changes a bot that exists. There is no default: a full import deletes.
#[allow(clippy::large_enum_variant, reason = "there is one of it for an import")]
#[derive(Clone, Debug, PartialEq)]
pub enum ImportMode {
    /// The bot becomes what the files hold. Whatever the files lack is deleted from it. No
    /// `importOptions` are sent.
    Full,
    /// The bot keeps what the files lack. These options say what is imported. They are sent unchanged,
    /// even if they are empty.
    Incremental(ImportOptions),
    /// The same with options that someone wrote as JSON, such as a file: they are sent byte for byte.
    ExactIncremental(ExactJson),
}

impl<'a, C> ImportBot<'a, C> {
    pub(crate) fn new(client: &'a C, files: ImportFiles) -> Self {
        Self { client, files }
    }

    /// Makes a new bot of that name. An import of single files needs an icon.
    pub fn new_bot(self, name: impl Into<String>) -> Import<'a, C> {
        self.into(Target::New { name: name.into(), purpose: None })
    }

    /// Imports into a bot that exists. The call takes no icon, so that an icon is not sent. It takes no
    /// zip either: that is an error.
    pub fn into_bot(self, bot_id: BotId, mode: ImportMode) -> Import<'a, C> {
        self.into(Target::Existing { bot_id, mode })
    }

    fn into(self, target: Target) -> Import<'a, C> {
        Import {
            client: self.client,
            files: self.files,
            target,
            at_once: 1,
            deadline: DEFAULT_DEADLINE,
            on_event: OnEvent::new(|_| {}),
        }
    }
}

/// An import that is ready to start. Await it, or `run` it on a blocking client. The result is the
/// import that the platform accepted. To wait for its end too, call [`watch`](Self::watch) first.
///
/// An upload that fails on the way is sent again. The start is sent again only if the platform certainly
/// did not take it: the connection failed, a rate limit was reached, or the token was refused and
/// renewed. After any other failure of the start,
/// [`Error::may_have_started`](crate::Error::may_have_started) is true.
///
/// ```no_run
/// # async fn example(client: kore_sdk::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use kore_sdk::{ImportEvent, ImportFiles, ImportMode};
///
/// let accepted = client
///     .import_bot(ImportFiles::from_folder("export")?)
///     .into_bot("st-1f".parse()?, ImportMode::Full)
///     .on_event(|event| match event {
///         ImportEvent::Uploading { name, sent, length, .. } => println!("{name}: {sent} of {length}"),
///         ImportEvent::Starting => println!("starting …"),
///         _ => {}
///     })
///     .await;
/// match accepted {
///     Ok(accepted) => println!("{}", accepted.import_id),
///     Err(error) if error.may_have_started() => println!("look in the builder: {error}"),
///     Err(error) => println!("not started: {error}"),
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "it does nothing until it is awaited or run"]
pub struct Import<'a, C> {
    client: &'a C,
    files: ImportFiles,
    target: Target,
    at_once: usize,
    deadline: Duration,
    on_event: OnEvent<'a>,
}

impl<'a, C> Import<'a, C> {
    /// Whom a new bot is for. By default its definition decides.
    pub fn purpose(mut self, for_whom: Purpose) -> Self {
        if let Target::New { purpose, .. } = &mut self.target {
            *purpose = Some(for_whom);
        }
        self
    }

    /// How many files are uploaded at once: one by default, four at the most.
    pub fn uploads_at_once(mut self, files: NonZeroUsize) -> Self {
        self.at_once = files.get().min(MOST_AT_ONCE);
        self
    }

    /// How long it may take until the platform accepts the import: 30 minutes by default. Nothing is
    /// sent after the deadline. The response to a start that was sent before is still awaited. The
    /// requests of a blocking client that are under way end by the time limits of its transport.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Is called with each event, before the step that the event announces.
    pub fn on_event(mut self, on_event: impl FnMut(&ImportEvent) + Send + 'a) -> Self {
        self.on_event = OnEvent::new(on_event);
        self
    }
}
