//! One call with settings of its own, as the async and the blocking client make it. Only sending and
//! waiting are apart, in `awaited` and `blocking`.

mod awaited;
mod blocking;

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use kore_protocol::{Body, OutgoingRequest};
use kore_transport::{Phase, RequestTimeout, TransportError};

use crate::attempts::{Again, Attempts};
use crate::call::{Core, Exchange};
use crate::extra_headers::ExtraHeaders;
use crate::{Answer, Error};

/// One call, to be awaited, or to be `run` on a blocking client, once it is set as it should be.
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

    /// How long the call may take in all: with its retries, and what it waits before them and for its
    /// rate limit. Without retries it replaces the client's
    /// [`timeout`](crate::ClientBuilder::timeout), whether it is longer or shorter; with retries, each
    /// request has that one.
    ///
    /// A transport of one's own reads it from the request's [`RequestTimeout`]. One that does not is
    /// given up when the time is over; on a blocking client its thread then goes on by itself.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout);
        self
    }

    /// How often the request is sent again after it failed in a way that may pass
    /// ([`Error::is_retryable`]), or was refused by a rate limit: never by default. Between two are 1 s
    /// to 30 s, after a rate limit 5 s to 60 s, or as long as the platform asks for.
    ///
    /// A request that is not [repeatable](OutgoingRequest::is_repeatable), such as the start of an import,
    /// is repeated only if the platform certainly did not take it.
    pub fn retries(mut self, retries: u32) -> Self {
        self.settings.retries = retries;
        self
    }

    /// Adds a header to the requests of this call, in the place of the client's of that name. See
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
    core: &'a Core,
    request: &'a R,
    exchange: Exchange<'a, R>,
    attempts: Attempts,
    limit: Option<Limit>,
    /// When it is no longer waited for room in the rate limit.
    patience: Option<Instant>,
    /// Each request may take all the time that is left.
    is_alone: bool,
    /// What the request failed with that is to be repeated.
    trouble: Option<Error>,
}

/// How long a call may take.
#[derive(Clone, Copy)]
struct Limit {
    timeout: Duration,
    deadline: Instant,
}

/// What a call does next.
enum Step<T> {
    Send,
    Wait(Instant),
    End(Box<Result<T, Error>>),
}

impl<'a, R: OutgoingRequest> Sending<'a, R> {
    fn new(core: &'a Core, request: &'a R, settings: Settings, now: Instant) -> Result<Self, Error> {
        let Settings { timeout, retries, headers } = settings;
        let limit = timeout.and_then(|timeout| Some(Limit { timeout, deadline: now.checked_add(timeout)? }));
        let mut exchange = Exchange::new(core, request);
        exchange.headers(headers.checked()?);
        let deadline = limit.map(|limit| limit.deadline);
        Ok(Self {
            core,
            request,
            exchange,
            attempts: Attempts::new(request.is_repeatable(), retries, deadline),
            limit,
            patience: core.longest_wait.and_then(|wait| now.checked_add(wait)),
            is_alone: retries == 0,
            trouble: None,
        })
    }

    /// Counts the request that is about to be sent, if there is room for it.
    fn begin<T>(&self, now: Instant) -> Step<T> {
        let Some(longest) = self.core.longest_wait else {
            self.core.count(self.request, now);
            return Step::Send;
        };
        let Err(free_at) = self.core.reserve(self.request, now) else { return Step::Send };
        let deadline = self.limit.map(|limit| limit.deadline);
        let last = self.patience.into_iter().chain(deadline).min();
        match last {
            Some(last) if free_at > last => {
                let left = last.saturating_duration_since(now).min(longest);
                let error = Error::no_room(free_at.saturating_duration_since(now), left);
                Step::End(Box::new(Err(error)))
            }
            _ => Step::Wait(free_at),
        }
    }

    /// Tells the transport how long the request may take.
    fn limited(&self, request: &mut Request<Body>, now: Instant) {
        if let Some(limit) = self.limit.filter(|_| self.is_alone) {
            let left = limit.deadline.saturating_duration_since(now);
            request.extensions_mut().insert(RequestTimeout::new(left));
        }
    }

    /// Takes the response to the request that was sent last.
    fn received(
        &mut self,
        response: Result<Response<Bytes>, TransportError>,
        now: Instant,
    ) -> Step<Answer<R::Response>> {
        let error = match self.exchange.read(response) {
            Ok(answer) => return Step::End(Box::new(Ok(answer))),
            Err(error) => error,
        };
        match self.attempts.next(&error, now, SystemTime::now()) {
            Some(again) => {
                tracing::debug!(parent: &self.exchange.span, %error, "the request is sent again");
                self.trouble = Some(error);
                match again {
                    Again::Now => self.begin(now),
                    Again::At(until) => Step::Wait(until),
                }
            }
            None => Step::End(Box::new(Err(error))),
        }
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
