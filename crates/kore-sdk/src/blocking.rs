//! The blocking client, for programs without an async runtime. It has the methods of the async one.

use std::fmt;
use std::sync::Arc;

use kore_protocol::bot_import::get_status;
use kore_protocol::watch::Job;
use kore_protocol::{BaseUrl, OutgoingRequest};
use kore_transport::BlockingTransport;
use kore_types::{BotImport, BotImportId};

use crate::call::{Core, Exchange};
use crate::{Answer, Call, ClientBuilder, Error, ImportBot, ImportFiles, Wait};

/// A client of the platform that blocks the calling thread. Cheap to clone; clones share
/// connections and the kept token.
///
/// ```no_run
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = kore_sdk::blocking::Client::builder()
///     .host("https://bots.kore.ai")
///     .credentials("cs-1f…", std::env::var("KORE_CLIENT_SECRET")?)
///     .build_blocking()?;
/// let import = client.bot_import_status(&"bir-5f…".parse()?)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) core: Arc<Core>,
    pub(crate) transport: Arc<dyn BlockingTransport>,
}

impl Client {
    /// Starts with the defaults of [`ClientBuilder`]; end with [`ClientBuilder::build_blocking`].
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// The client that [variables](crate::variables) of the environment set up, the same as for the
    /// command `kore`. For more settings, begin with [`ClientBuilder::from_env`].
    ///
    /// # Errors
    /// If a variable is missing or wrong; [`Error::is_config`] is true.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build_blocking()
    }

    /// Polls the status of an import once.
    ///
    /// # Errors
    /// If the platform refuses, cannot be reached, or responds about another import. The `is_…` methods
    /// of [`Error`] say which. A failed import is not an error: ask [`BotImport::outcome`].
    pub fn bot_import_status(&self, id: &BotImportId) -> Result<BotImport, Error> {
        let request = get_status::Request::new(id.clone());
        Ok(self.send(&request)?.response.import)
    }

    /// Imports a bot: say where to, and run it. Nothing is sent before that.
    pub fn import_bot(&self, files: ImportFiles) -> ImportBot<'_, Self> {
        ImportBot::new(self, files)
    }

    /// Waits for the end of an import, for 30 minutes unless a deadline is set, when it is run.
    pub fn watch_import(&self, id: &BotImportId) -> Wait<'static, Self, BotImportId> {
        self.watch(id)
    }

    /// Waits for the ends of several imports, up to 100,000.
    pub fn watch_imports(
        &self,
        ids: impl IntoIterator<Item = BotImportId>,
    ) -> Wait<'static, Self, BotImportId, Vec<BotImportId>> {
        self.watch_all(ids)
    }

    /// Waits for the end of any job, as [`watch_import`](Self::watch_import) does for an import.
    pub fn watch<J: Job>(&self, job: &J) -> Wait<'static, Self, J> {
        Wait::new(self.clone(), vec![job.clone()])
    }

    /// Waits for the ends of several jobs of one kind, up to 100,000.
    pub fn watch_all<J: Job>(&self, jobs: impl IntoIterator<Item = J>) -> Wait<'static, Self, J, Vec<J>> {
        Wait::new(self.clone(), jobs.into_iter().collect())
    }

    /// Makes any call of `kore-protocol`, and gives back its response with body, status and headers. Its
    /// requests count for the rate limits of this client's watches. It waits for those limits only with
    /// [`ClientBuilder::wait_for_rate_limit`]. A token that the platform refuses is renewed once; nothing
    /// else is repeated.
    ///
    /// # Errors
    /// As for every call.
    pub fn send<R: OutgoingRequest>(&self, request: &R) -> Result<Answer<R::Response>, Error> {
        self.call(request).run()
    }

    /// The same as [`send`](Self::send), with its own timeout, retries or headers: set them, and run it.
    pub fn call<'a, R: OutgoingRequest>(&self, request: &'a R) -> Call<'a, Self, R> {
        Call::new(self.clone(), request)
    }

    /// The base URL of the platform.
    pub fn base_url(&self) -> &BaseUrl {
        self.core.base()
    }
}

impl Client {
    /// One request of a watch, as in the async client.
    pub(crate) fn poll<R: OutgoingRequest>(&self, request: &R) -> Result<Answer<R::Response>, Error> {
        let mut exchange = Exchange::new(&self.core, request);
        let http = exchange.request_blocking()?;
        let response = exchange.span.clone().in_scope(|| self.transport.send(http));
        let mut result = exchange.read(response);
        exchange.finish(&mut result);
        result
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("core", &self.core).finish_non_exhaustive()
    }
}
