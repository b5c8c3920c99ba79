//! One call with settings of its own. The async and the blocking client share what is here. Sending and
//! waiting differ: they are in `awaited` and `blocking`.

mod awaited;
mod blocking;

use std::time::{Duration, Instant, SystemTime};

use http::{HeaderName, HeaderValue, Request};
use kore_protocol::{Body, OutgoingRequest};
use kore_transport::{Phase, RequestTimeout, TransportError};

use crate::Error;
use crate::attempts::{Again, Attempts};
use crate::call::{Core, Exchange};
use crate::extra_headers::ExtraHeaders;

/// One call, with its settings. Await it, or `run` it on a blocking client.
///
/// ```no_run
/// # async fn example(client: kore_sdk::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use kore_sdk::protocol::bot_import::get_status;
///
/// let request = get_status::Request::new("bir-1f".parse()?);
/// let answer = client
///     .call(&request)
///     .header("x-correlation-id", "build-1742")
///     .timeout(Duration::from_secs(60))
///     .retries(3)
///     .await?;
/// println!("{:?}, {}", answer.response.import.status, answer.status);
/// # Ok(())
/// # }
/// ```
#[must_use = "it does nothing until it is awaited or run"]
pub struct Call<'a, C, R> {
    client: C,
    request: &'a R,
    settings: Settings,
}

#[derive(Default)]
struct Settings {
    timeout: Option<Duration>,
    retries: u32,
    headers: ExtraHeaders,
}

impl<'a, C, R: OutgoingRequest> Call<'a, C, R> {
    pub(crate) fn new(client: C, request: &'a R) -> Self {
        Self { client, request, settings: Settings::default() }
    }

    /// How long the call may take in all, with its retries, and with the waits before them and for the
    /// rate limit. Without retries it replaces the client's [`timeout`](crate::ClientBuilder::timeout),
    /// whether it is longer or shorter. With retries, the client's timeout holds for each request.
    ///
    /// A transport of one's own should read it from the request's [`RequestTimeout`]. If it does not, the
    /// call ends anyway when the time is over. On a blocking client the thread of the transport then goes
    /// on by itself.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout);
        self
    }

    /// How often the request is sent again if it fails in a way that may pass ([`Error::is_retryable`]),
    /// or if a rate limit refuses it. By default it is not. The waits are 1 s to 30 s, after a rate limit
    /// 5 s to 60 s, or as long as the platform asks for.
    ///
    /// A request that is not [repeatable](OutgoingRequest::is_repeatable), such as the start of an import,
    /// is repeated only if the platform certainly did not take it.
    pub fn retries(mut self, retries: u32) -> Self {
        self.settings.retries = retries;
        self
    }

    /// Adds a header to the requests of this call. It replaces the client's header of that name. See
    /// [`ClientBuilder::header`](crate::ClientBuilder::header).
    pub fn header(
        mut self,
        name: impl TryInto<HeaderName, Error: Into<http::Error>>,
        value: impl TryInto<HeaderValue, Error: Into<http::Error>>,
    ) -> Self {
        self.settings.headers.set(name, value);
        self
    }
}

/// A call that is under way.
struct Sending<'a, R> {
    exchange: Exchange<'a, R>,
    attempts: Attempts,
    limit: Option<Limit>,
    /// How long to wait for room in the rate limit.
    patience: Option<Instant>,
    /// Whether there are no retries, so that the request may take all the time that is left.
    is_alone: bool,
    /// The error of the last attempt, if the request is sent again.
    trouble: Option<Error>,
}

/// How long a call may take.
#[derive(Clone, Copy)]
struct Limit {
    timeout: Duration,
    deadline: Instant,
}

impl<'a, R: OutgoingRequest> Sending<'a, R> {
    fn new(core: &'a Core, request: &'a R, settings: Settings, now: Instant) -> Result<Self, Error> {
        let Settings { timeout, retries, headers } = settings;
        let limit = timeout.and_then(|timeout| Some(Limit { timeout, deadline: now.checked_add(timeout)? }));
        let mut exchange = Exchange::new(core, request);
        exchange.headers(headers.checked()?);
        let deadline = limit.map(|limit| limit.deadline);
        Ok(Self {
            exchange,
            attempts: Attempts::new(request.is_repeatable(), retries, deadline),
            limit,
            patience: core.longest_wait.and_then(|wait| now.checked_add(wait)),
            is_alone: retries == 0,
            trouble: None,
        })
    }

    /// Counts the request that is about to be sent, or gives back until when the rate limit has no room
    /// for it.
    ///
    /// # Errors
    /// If the call may not wait that long.
    fn begin(&self, now: Instant) -> Result<Option<Instant>, Error> {
        let Exchange { core, request, .. } = &self.exchange;
        let Some(longest) = core.longest_wait else {
            core.count(*request, now);
            return Ok(None);
        };
        let Err(free_at) = core.reserve(*request, now) else { return Ok(None) };
        let deadline = self.limit.map(|limit| limit.deadline);
        let last = self.patience.into_iter().chain(deadline).min();
        match last {
            Some(last) if free_at > last => {
                let left = last.saturating_duration_since(now).min(longest);
                Err(Error::no_room(free_at.saturating_duration_since(now), left))
            }
            _ => Ok(Some(free_at)),
        }
    }

    /// Tells the transport how long the request may take.
    fn limited(&self, request: &mut Request<Body>, now: Instant) {
        if let Some(limit) = self.limit.filter(|_| self.is_alone) {
            let left = limit.deadline.saturating_duration_since(now);
            request.extensions_mut().insert(RequestTimeout::new(left));
        }
    }

    /// Until when to wait before the request that failed with this error is sent again; `None` if it is
    /// sent at once.
    ///
    /// # Errors
    /// The error, if the request is not sent again.
    fn again(&mut self, error: Error, now: Instant) -> Result<Option<Instant>, Error> {
        let Some(again) = self.attempts.next(&error, now, SystemTime::now()) else { return Err(error) };
        tracing::debug!(parent: &self.exchange.span, %error, "the request is sent again");
        self.trouble = Some(error);
        Ok(match again {
            Again::Now => None,
            Again::At(until) => Some(until),
        })
    }

    /// The error of a call whose time is over.
    fn timed_out(&mut self, limit: Limit) -> Error {
        let waited = format!("{} s for the call", limit.timeout.as_secs_f64());
        let error = TransportError::timeout(Phase::Exchange, waited);
        match self.trouble.take() {
            Some(trouble) => error.with_source(trouble).into(),
            None => error.into(),
        }
    }
}
