//! Waiting for the end of an import, in real time.

use std::future::IntoFuture;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use kore_protocol::bot_import::get_status;
use kore_protocol::watch::{End, Event, Now, Pacing, ResumeToken, Settings, Step, Unfunded, Watch};
use kore_transport::{Phase, TransportError};
use kore_types::{BotImport, BotImportId, Outcome};
use tracing::Instrument as _;

use crate::call::Call;
use crate::{Client, Error, blocking};

/// How long an import is waited for unless told otherwise.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(30 * 60);

/// A wait for the end of an import: await it, or [`run`](Self::run) that of a blocking client.
///
/// ```no_run
/// # async fn example(client: kore_sdk::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use kore_sdk::watch::End;
///
/// let end = client
///     .watch_import(&"bir-1f".parse()?)
///     .deadline(Duration::from_secs(600))
///     .on_event(|event| println!("{event:?}"))
///     .await?;
/// match end {
///     End::Succeeded(_) => println!("imported"),
///     End::Failed(import) => import.failed_entries().for_each(|task| println!("failed: {task:?}")),
///     End::DeadlineReached(unended) => println!("not over: {:?}", unended.last),
///     End::Cancelled(_) => println!("given up"),
///     End::CouldNotLook { error, .. } => println!("{error}"),
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "it does nothing until it is awaited or run"]
pub struct WatchImport<'a, C> {
    client: &'a C,
    id: BotImportId,
    deadline: Option<Duration>,
    resume: Option<ResumeToken>,
    settings: Settings,
    on_event: Box<dyn FnMut(Event) + Send + 'a>,
}

impl<'a, C> WatchImport<'a, C> {
    pub(crate) fn new(client: &'a C, id: &BotImportId) -> Self {
        let mut settings = Settings::default();
        settings.seed = crate::call::random();
        Self { client, id: id.clone(), deadline: None, resume: None, settings, on_event: Box::new(|_| {}) }
    }

    /// How long to wait at the most; [`DEFAULT_DEADLINE`] unless told otherwise, or what a resumed
    /// watch had left.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Goes on where another watch has ended, within the platform's windows. The import is that of
    /// the token.
    pub fn resume(mut self, token: ResumeToken) -> Self {
        self.id = token.id.clone();
        self.resume = Some(token);
        self
    }

    /// How often to look, in place of every 1 s to 5 s. The platform's windows hold in any case.
    pub fn pacing(mut self, pacing: Pacing) -> Self {
        self.settings.pacing = pacing;
        self
    }

    /// How long one look may take, 30 s unless told otherwise.
    pub fn look_timeout(mut self, timeout: Duration) -> Self {
        self.settings.look_timeout = timeout;
        self
    }

    /// What a word of the status means that this version does not know.
    pub fn word(mut self, word: impl Into<String>, outcome: Outcome) -> Self {
        self.settings.words.push((word.into(), outcome));
        self
    }

    /// What is to be done with each event, before the waiting that it announces.
    pub fn on_event(mut self, on_event: impl FnMut(Event) + Send + 'a) -> Self {
        self.on_event = Box::new(on_event);
        self
    }

    fn begin(&mut self, now: Now) -> Result<Watch<Error>, Unfunded> {
        let settings = self.settings.clone();
        match &self.resume {
            Some(token) => Watch::resume(token, self.deadline, settings, now),
            None => Watch::new(self.id.clone(), self.deadline.unwrap_or(DEFAULT_DEADLINE), settings, now),
        }
    }

    fn tell(&mut self, watch: &mut Watch<Error>) {
        while let Some(event) = watch.poll_event() {
            tracing::debug!(?event, "watch");
            (self.on_event)(event);
        }
    }
}

fn timed_out(limit: Duration) -> Error {
    let limit = format!("{} s for one look", limit.as_secs_f64());
    TransportError::timeout(Phase::Exchange, limit).into()
}

fn handle(watch: &mut Watch<Error>, now: Now, look: Result<BotImport, Error>) {
    match look {
        Ok(import) => watch.handle_import(now, import),
        Err(error) => watch.handle_failure(now, error),
    }
}

impl<'a> WatchImport<'a, Client> {
    async fn wait(mut self) -> Result<End<Error>, Unfunded> {
        // tokio's clock, so that its pause works in tests.
        let now = || Now { instant: tokio::time::Instant::now().into_std(), wall: SystemTime::now() };
        let mut watch = self.begin(now())?;
        loop {
            let step = watch.poll(now());
            self.tell(&mut watch);
            match step {
                Step::Look(request) => {
                    let limit = self.settings.look_timeout;
                    let deadline = watch.deadline();
                    let until =
                        now().instant.checked_add(limit).map_or(deadline, |until| until.min(deadline));
                    match tokio::time::timeout_at(until.into(), self.client.look(&request)).await {
                        Ok(look) => handle(&mut watch, now(), look),
                        // Not too slow a look, but the end of the watch, which the machine sees.
                        Err(_) if until == deadline => {}
                        Err(_) => handle(&mut watch, now(), Err(timed_out(limit))),
                    }
                    self.tell(&mut watch);
                }
                Step::Wait { until, .. } => tokio::time::sleep_until(until.into()).await,
                Step::Ended => match watch.into_end() {
                    Ok(end) => return Ok(end),
                    Err(_) => unreachable!("it said that it ended"),
                },
            }
        }
    }
}

impl Client {
    /// One request: a second one with a new token is another look, and counted as one.
    async fn look(&self, request: &get_status::Request) -> Result<BotImport, Error> {
        let mut call = Call::new(&self.core, request);
        let http = call.request()?;
        let answer = self.transport.send(http).instrument(call.span.clone()).await;
        Ok(call.handle_only(answer)?.response.import)
    }
}

impl<'a> IntoFuture for WatchImport<'a, Client> {
    type Output = Result<End<Error>, Unfunded>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.wait())
    }
}

impl WatchImport<'_, blocking::Client> {
    /// Waits on the calling thread. The time of a look is that of the transport; a look that is
    /// under way at the deadline is waited for.
    ///
    /// # Errors
    /// If the platform's windows allow no look before the deadline.
    pub fn run(mut self) -> Result<End<Error>, Unfunded> {
        let now = || Now { instant: std::time::Instant::now(), wall: SystemTime::now() };
        let mut watch = self.begin(now())?;
        loop {
            let step = watch.poll(now());
            self.tell(&mut watch);
            match step {
                Step::Look(request) => {
                    let look = self.client.look(&request);
                    handle(&mut watch, now(), look);
                    self.tell(&mut watch);
                }
                Step::Wait { until, .. } => {
                    std::thread::sleep(until.saturating_duration_since(now().instant));
                }
                Step::Ended => match watch.into_end() {
                    Ok(end) => return Ok(end),
                    Err(_) => unreachable!("it said that it ended"),
                },
            }
        }
    }
}

impl blocking::Client {
    /// As the look of the async client.
    fn look(&self, request: &get_status::Request) -> Result<BotImport, Error> {
        let mut call = Call::new(&self.core, request);
        let http = call.request()?;
        let answer = call.span.clone().in_scope(|| self.transport.send(http));
        Ok(call.handle_only(answer)?.response.import)
    }
}
