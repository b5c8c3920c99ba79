//! One request and its response, without the sending. All calls of both clients use it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use kore_auth::{Issued, TokenSource};
use kore_protocol::watch::{Host, PollError as _};
use kore_protocol::{
    BaseUrl, Body, BodyLimit, Millis, Origin, OutgoingRequest, Refusal, RequestLogs, ResponseError,
    mask_headers,
};
use kore_transport::{NewConnection, TransportError};
use tracing::Span;
use tracing::field::Empty;

use crate::tokens::Tokens;
use crate::{Answer, Error};

/// A request outside of a watch is taken to reach the platform within this time.
const LATEST_SINGLE: Duration = Duration::from_secs(30);

/// What all calls of a client share.
#[derive(Debug)]
pub struct Core {
    base: BaseUrl,
    /// The requests of all watches and single calls.
    pub(crate) requests: RequestLogs<Millis>,
    /// Whether the host is the platform, as far as responses have shown.
    pub(crate) host: Host,
    tokens: Tokens,
    body_limit: BodyLimit,
    /// The headers of each request, with the user agent.
    headers: HeaderMap,
    /// How long a single call waits until its rate limit allows it. `None` if it does not ask the limit.
    pub(crate) longest_wait: Option<Duration>,
}

impl Core {
    pub(crate) fn new(
        base: BaseUrl,
        source: TokenSource,
        body_limit: BodyLimit,
        headers: HeaderMap,
        longest_wait: Option<Duration>,
    ) -> Self {
        Self {
            base,
            requests: RequestLogs::default().named(random()),
            host: Host::default(),
            tokens: Tokens::new(source),
            body_limit,
            headers,
            longest_wait,
        }
    }

    /// Counts a request outside of a watch, since the watches of this client share its rate limit.
    pub(crate) fn count<R: OutgoingRequest>(&self, request: &R, now: Instant) {
        self.requests.count(request, now, now + LATEST_SINGLE);
    }

    /// Counts a request that is sent now, if the rate limit allows it.
    ///
    /// # Errors
    /// The time at which the rate limit allows the request.
    pub(crate) fn reserve<R: OutgoingRequest>(&self, request: &R, now: Instant) -> Result<(), Instant> {
        self.requests.reserve(request, now, now + LATEST_SINGLE)
    }

    pub(crate) fn user_agent(&self) -> Option<&HeaderValue> {
        self.headers.get(http::header::USER_AGENT)
    }

    pub(crate) fn base(&self) -> &BaseUrl {
        &self.base
    }
}

/// One request and its response. If the call is repeated, the next ones too.
pub(crate) struct Exchange<'a, R> {
    pub(crate) core: &'a Core,
    pub(crate) request: &'a R,
    /// The headers of this call, beside those of the client.
    headers: HeaderMap,
    issued: Option<Issued>,
    attempts: u32,
    /// Read only if a subscriber is interested in the span.
    began: Option<Instant>,
    pub(crate) span: Span,
}

impl<'a, R: OutgoingRequest> Exchange<'a, R> {
    pub(crate) fn new(core: &'a Core, request: &'a R) -> Self {
        let span = tracing::debug_span!(
            "kore.request",
            method = %R::METADATA.method,
            path = R::METADATA.path.as_str(),
            status = Empty,
            attempts = Empty,
            duration_ms = Empty,
            error = Empty,
        );
        Self {
            core,
            request,
            headers: HeaderMap::new(),
            issued: None,
            attempts: 0,
            began: (!span.is_disabled()).then(Instant::now),
            span,
        }
    }

    /// Adds these headers to those of the client. They replace those of the same name.
    pub(crate) fn headers(&mut self, headers: HeaderMap) {
        self.headers = headers;
    }

    /// The request to send next.
    pub(crate) async fn request(&mut self) -> Result<Request<Body>, Error> {
        let issued = self.core.tokens.issue().await?;
        Ok(self.request_with(issued))
    }

    /// The same on the calling thread.
    pub(crate) fn request_blocking(&mut self) -> Result<Request<Body>, Error> {
        let issued = self.core.tokens.issue_blocking()?;
        Ok(self.request_with(issued))
    }

    fn request_with(&mut self, (issued, auth): (Issued, HeaderValue)) -> Request<Body> {
        let mut request = self.request.to_http(&self.core.base, auth);
        for (name, value) in self.core.headers.iter().chain(&self.headers) {
            request.headers_mut().insert(name, value.clone());
        }
        if !self.request.is_repeatable() {
            NewConnection::mark(&mut request);
        }
        self.issued = Some(issued);
        self.attempts += 1;
        request
    }

    /// Reads the response to the last request.
    pub(crate) fn read(
        &mut self,
        response: Result<Response<Bytes>, TransportError>,
    ) -> Result<Answer<R::Response>, Error> {
        let result = response.map_err(Error::from).and_then(|response| {
            self.span.record("status", response.status().as_u16());
            let read = self.request.read_response(&response, self.core.body_limit)?;
            let (head, body) = response.into_parts();
            let (status, headers) = (head.status, head.headers);
            Ok(Answer { response: read, body, status, headers, attempts: self.attempts })
        });
        self.core.host.note(match &result {
            Ok(_) => Origin::Platform,
            Err(error) => error.origin(),
        });
        self.without_secrets(result).map_err(|mut error| {
            error.conceal(self.request.concealed_keys(), |message| self.request.may_quote(message));
            self.note_a_refused_token(&mut error);
            error.of_scope(R::METADATA.scope).after(self.attempts)
        })
    }

    /// Masks the token in an error, since a server may echo what it received.
    fn without_secrets<T>(&self, mut result: Result<Answer<T>, Error>) -> Result<Answer<T>, Error> {
        let Some(issued) = &self.issued else { return result };
        // Its parts too, since the last one is the signature.
        let token = issued.token.expose();
        let sent = self.core.headers.values().chain(self.headers.values());
        let sensitive = sent.filter(|value| value.is_sensitive()).filter_map(|value| value.to_str().ok());
        let secrets: Vec<_> = [token].into_iter().chain(token.split('.')).chain(sensitive).collect();
        match &mut result {
            Ok(answer) => mask_headers(&mut answer.headers, &secrets),
            Err(error) => error.mask(&secrets),
        }
        result
    }

    /// Notes how the call ended.
    pub(crate) fn finish<T>(&self, result: &mut Result<T, Error>) {
        if let Err(error) = result {
            error.set_attempts(self.attempts);
        }
        let Some(began) = self.began else { return };
        self.span.record("attempts", self.attempts);
        self.span.record("duration_ms", began.elapsed().as_secs_f64() * 1000.0);
        if let Err(error) = result {
            self.span.record("error", tracing::field::display(error));
        }
        // An event, so that a log without spans shows the fields of the span too.
        tracing::debug!(parent: &self.span, "call ended");
    }

    /// If the token may be at fault, forgets it and marks the error when a new one may help.
    fn note_a_refused_token(&self, error: &mut Error) {
        let Some(issued) = self.issued.as_ref().filter(|_| error.is_auth()) else { return };
        if error.response().and_then(ResponseError::refusal) != Some(Refusal::WrongScope) {
            self.core.tokens.forget(&issued.token);
            // No source knows a token that is refused with a 403: the app may not do it.
            let is_unauthorized = error.status() == Some(StatusCode::UNAUTHORIZED);
            error.set_worth_a_new_token(issued.is_kept && is_unauthorized);
        }
    }
}

/// 64 random bits for jitter and names; zeros if the operating system gives no randomness.
pub(crate) fn random() -> u64 {
    let mut bits = [0; 8];
    // After a failure they stay zero, which is good enough for jitter.
    let _ = getrandom::fill(&mut bits);
    u64::from_be_bytes(bits)
}
