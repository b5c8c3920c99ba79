//! One call, without the sending: what the async and the blocking client share.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderValue, Request, Response};
use kore_auth::{Issued, TokenSource};
use kore_protocol::watch::{Host, PollError as _};
use kore_protocol::{
    BaseUrl, Body, BodyLimit, Millis, Origin, OutgoingRequest, Refusal, RequestLogs, ResponseError,
};
use kore_transport::TransportError;
use tracing::Span;
use tracing::field::Empty;

use crate::Error;
use crate::tokens::Tokens;

/// What a call answered, as a type and as it came.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WithBody<R> {
    /// The answer as a type.
    pub response: R,
    /// The body as it came, byte for byte.
    pub body: Bytes,
}

/// How long after it began a request outside of any watch is taken to reach the platform.
const LATEST_SINGLE: Duration = Duration::from_secs(30);

/// What all calls of a client share.
#[derive(Debug)]
pub struct Core {
    base: BaseUrl,
    /// The requests of all watches and single calls.
    pub(crate) requests: RequestLogs<Millis>,
    /// What is known of the host.
    pub(crate) host: Host,
    tokens: Tokens,
    body_limit: BodyLimit,
    user_agent: HeaderValue,
}

impl Core {
    pub(crate) fn new(
        base: BaseUrl,
        source: TokenSource,
        body_limit: BodyLimit,
        user_agent: HeaderValue,
    ) -> Self {
        Self {
            base,
            requests: RequestLogs::default().named(random()),
            host: Host::default(),
            tokens: Tokens::new(source),
            body_limit,
            user_agent,
        }
    }

    /// Takes note of a request outside of any watch, so that the watches of this client leave it
    /// room.
    pub(crate) fn count<R: OutgoingRequest>(&self, request: &R, now: Instant) {
        self.requests.count(request, now, now + LATEST_SINGLE);
    }

    /// Takes note of a request that is sent now, if the rate limit leaves room for it.
    ///
    /// # Errors
    /// When there is room.
    pub(crate) fn reserve<R: OutgoingRequest>(&self, request: &R, now: Instant) -> Result<(), Instant> {
        self.requests.reserve(request, now, now + LATEST_SINGLE)
    }

    pub(crate) fn base(&self) -> &BaseUrl {
        &self.base
    }
}

/// One call: at most two requests, the second only after a 401 on a token that was kept.
pub(crate) struct Call<'a, R> {
    core: &'a Core,
    request: &'a R,
    issued: Option<Issued>,
    attempts: u32,
    /// Known if someone wants to know how long it took.
    began: Option<Instant>,
    pub(crate) span: Span,
}

impl<'a, R: OutgoingRequest> Call<'a, R> {
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
            issued: None,
            attempts: 0,
            began: (!span.is_disabled()).then(Instant::now),
            span,
        }
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
        request.headers_mut().insert(USER_AGENT, self.core.user_agent.clone());
        self.issued = Some(issued);
        self.attempts += 1;
        request
    }

    /// Takes the answer to the request that was sent last; says whether another one is to be sent.
    pub(crate) fn handle(
        &mut self,
        answer: Result<Response<Bytes>, TransportError>,
    ) -> ControlFlow<Result<WithBody<R::Response>, Error>> {
        let result = self.read(answer);
        if result.as_ref().is_err_and(Error::is_worth_a_new_token) && self.attempts == 1 {
            tracing::debug!(parent: &self.span, "the platform refused the kept token; signing a new one");
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(self.finish(result))
    }

    /// Takes the answer to the request that was sent last, which is the only one of this call.
    pub(crate) fn handle_only(
        &mut self,
        answer: Result<Response<Bytes>, TransportError>,
    ) -> Result<WithBody<R::Response>, Error> {
        let result = self.read(answer);
        self.finish(result)
    }

    fn read(
        &mut self,
        answer: Result<Response<Bytes>, TransportError>,
    ) -> Result<WithBody<R::Response>, Error> {
        let mut result = answer.map_err(Error::from).and_then(|response| {
            self.span.record("status", response.status().as_u16());
            let read = self.request.read_response(&response, self.core.body_limit)?;
            Ok(WithBody { response: read, body: response.into_body() })
        });
        self.core.host.note(match &result {
            Ok(_) => Origin::Platform,
            Err(error) => error.origin(),
        });
        if let (Err(error), Some(issued)) = (&mut result, &self.issued) {
            // The parts by themselves too: the last one is the signature.
            let token = issued.token.expose();
            error.mask(&[token].into_iter().chain(token.split('.')).collect::<Vec<_>>());
        }
        if let Err(error) = &mut result {
            self.note_a_refused_token(error);
        }
        result
    }

    /// Notes how the call ended.
    pub(crate) fn finish<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        let result = result.map_err(|error| error.after(self.attempts));
        if let Some(began) = self.began {
            self.span.record("attempts", self.attempts);
            self.span.record("duration_ms", began.elapsed().as_secs_f64() * 1000.0);
            if let Err(error) = &result {
                self.span.record("error", tracing::field::display(error));
            }
            // An event, so that a plain log shows what the span has gathered.
            tracing::debug!(parent: &self.span, "call ended");
        }
        result
    }

    /// Forgets the token if it may be what is wrong, and tells the error whether a new one may be
    /// better.
    fn note_a_refused_token(&self, error: &mut Error) {
        let Some(issued) = self.issued.as_ref().filter(|_| error.is_auth()) else { return };
        if error.response().and_then(ResponseError::refusal) != Some(Refusal::WrongScope) {
            self.core.tokens.forget(&issued.token);
            error.set_worth_a_new_token(issued.is_kept);
        }
    }
}

/// 64 random bits, or the same ones each time where there is no randomness: good for jitter.
pub(crate) fn random() -> u64 {
    let mut bits = [0; 8];
    // A failure leaves zeros, which make a jitter too.
    let _ = getrandom::fill(&mut bits);
    u64::from_be_bytes(bits)
}
