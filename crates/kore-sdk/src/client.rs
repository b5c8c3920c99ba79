//! The async client. Its methods are a few lines each: calls, watches and imports live in their own
//! modules, which the blocking client shares.

use std::fmt;
use std::sync::Arc;

use kore_protocol::bot_import::get_status;
use kore_protocol::watch::Job;
use kore_protocol::{BaseUrl, OutgoingRequest};
use kore_transport::Transport;
use kore_types::{BotImport, BotImportId};
use tracing::Instrument as _;

use crate::call::{Core, Exchange};
use crate::{Answer, Call, ClientBuilder, Error, ImportBot, ImportFiles, Wait};

/// A client of the platform. Cheap to clone; clones share connections and the kept token.
#[derive(Clone)]
pub struct Client {
    pub(crate) core: Arc<Core>,
    pub(crate) transport: Arc<dyn Transport>,
}

impl Client {
    /// Starts with the defaults of [`ClientBuilder`].
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// The client that [variables](crate::variables) of the environment set up, the same as for the
    /// command `kore`. For more settings, begin with [`ClientBuilder::from_env`].
    ///
    /// # Errors
    /// If a variable is missing or wrong; [`Error::is_config`] is true.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }

    /// Polls the status of an import once.
    ///
    /// # Errors
    /// If the platform refuses, cannot be reached, or responds about another import. The `is_…` methods
    /// of [`Error`] say which. A failed import is not an error: ask [`BotImport::outcome`].
    pub async fn bot_import_status(&self, id: &BotImportId) -> Result<BotImport, Error> {
        let request = get_status::Request::new(id.clone());
        Ok(self.send(&request).await?.response.import)
    }

    /// Imports a bot: say where to, and await it. Nothing is sent before that.
    pub fn import_bot(&self, files: ImportFiles) -> ImportBot<'_, Self> {
        ImportBot::new(self, files)
    }

    /// Waits for the end of an import, for 30 minutes unless a deadline is set. Await it here, or in a
    /// task of its own (`tokio::spawn(wait.into_future())`).
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
    pub async fn send<R>(&self, request: &R) -> Result<Answer<R::Response>, Error>
    where
        R: OutgoingRequest<Response: Send> + Sync,
    {
        self.call(request).send().await
    }

    /// The same as [`send`](Self::send), with its own timeout, retries or headers: set them, and await it.
    pub fn call<'a, R: OutgoingRequest>(&self, request: &'a R) -> Call<'a, Self, R> {
        Call::new(self.clone(), request)
    }

    /// The base URL of the platform.
    pub fn base_url(&self) -> &BaseUrl {
        self.core.base()
    }
}

impl Client {
    /// One request of a watch. It does not repeat a refused token: the watch does, and counts it.
    pub(crate) async fn poll<R: OutgoingRequest>(&self, request: &R) -> Result<Answer<R::Response>, Error> {
        let mut exchange = Exchange::new(&self.core, request);
        let http = exchange.request().await?;
        let response = self.transport.send(http).instrument(exchange.span.clone()).await;
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
