//! The traits of an endpoint: a request and a response, each mapped to HTTP in both directions. Clients
//! and servers are built from the same implementations.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use kore_types::TokenRefusal;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{
    BaseUrl, Body, BodyLimit, Limited, Metadata, OtherJob, OwnRefusal, Query, RateLimit, Refusal,
    ResponseError, query, response_error,
};

/// The header of the JWT, without a scheme such as `Bearer` (documented).
pub const AUTH_HEADER: HeaderName = HeaderName::from_static("auth");

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const JSON_UTF8: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// A call of the API. Its request type implements this.
pub trait Endpoint: Sized {
    /// The method, path, scope and rate limit.
    const METADATA: Metadata;
    /// The response.
    type Response;
}

/// A request that a client sends.
pub trait OutgoingRequest: Endpoint<Response: IncomingResponse> {
    /// The values of the path's variables, in order.
    fn path_values(&self) -> Vec<&str>;

    /// The names and values of the query, in order. By default there is none.
    fn query(&self) -> Vec<(&str, Cow<'_, str>)> {
        Vec::new()
    }

    /// The body. By default there is none.
    fn to_body(&self) -> Body {
        Body::empty()
    }

    /// Whether sending the request a second time does no harm if the platform took the first one. By
    /// default the method says so: a `POST` may start something. A client repeats other requests only if
    /// the platform certainly did not take them, and sends them over new connections.
    fn is_repeatable(&self) -> bool {
        Self::METADATA.method.is_idempotent()
    }

    /// The HTTP request. `auth` comes from [`auth_header`].
    fn to_http(&self, base: &BaseUrl, auth: HeaderValue) -> http::Request<Body> {
        let metadata = Self::METADATA;
        let body = self.to_body();
        let mut request = http::Request::new(Body::empty());
        *request.method_mut() = metadata.method;
        let mut path = metadata.path.fill(&self.path_values());
        query::push(&mut path, &self.query());
        *request.uri_mut() = base.join(path);
        let headers = request.headers_mut();
        headers.insert(AUTH_HEADER, auth);
        headers.insert(ACCEPT, JSON);
        if !body.is_empty() {
            headers.insert(CONTENT_TYPE, body.content_type().cloned().unwrap_or(JSON));
        }
        *request.body_mut() = body;
        request
    }

    /// The key under which the request counts for the rate limit of the call: the id of an import or of
    /// a bot, as [`Metadata::rate_limit`] says. By default it is the first value of the path,
    /// or nothing if requests are counted for the app: then all of the call count together.
    fn rate_limit_key(&self) -> Option<&str> {
        match Self::METADATA.rate_limit {
            RateLimit::PerImport | RateLimit::PerBot => self.path_values().into_iter().next(),
            RateLimit::PerApp => None,
        }
    }

    /// The keys of the response whose values grant access by themselves, such as a signed address. An
    /// error keeps only the part of a body before them. An empty key conceals the whole body. By
    /// default there are none.
    fn concealed_keys(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether a message of the platform may repeat a secret of this request, such as a value of a file.
    /// An error keeps only the code of such a message, unless it is that of a known [`Refusal`]. By
    /// default no message does.
    fn may_quote(&self, _message: &str) -> bool {
        false
    }

    /// Checks that a response is about what was asked for. By default it is.
    ///
    /// # Errors
    /// [`OtherJob`] if it is about another job.
    fn check(&self, _response: &Self::Response) -> Result<(), OtherJob> {
        Ok(())
    }

    /// Reads the HTTP response to this request.
    ///
    /// # Errors
    /// As [`IncomingResponse::from_http`], and if the response is not about what was asked for
    /// ([`ResponseError::is_other_job`]).
    fn read_response(
        &self,
        response: &http::Response<Bytes>,
        limit: BodyLimit,
    ) -> Result<Self::Response, ResponseError> {
        let read = read(response, limit).and_then(|read| match self.check(&read) {
            Ok(()) => Ok(read),
            Err(other) => Err(ResponseError::other_job(response, other)),
        });
        read.map_err(|mut error: ResponseError| {
            error.conceal(self.concealed_keys());
            error.conceal_quotes(|message| self.may_quote(message));
            error
        })
    }
}

fn read<R: IncomingResponse>(response: &http::Response<Bytes>, limit: BodyLimit) -> Result<R, ResponseError> {
    ResponseError::check(response, limit, R::MAY_BE_EMPTY)?;
    let body = response.body();
    let json = body.slice_ref(response_error::without_bom(body));
    R::from_body(&json).map_err(|error| ResponseError::not_json(response, error))
}

/// A request that a server receives.
pub trait IncomingRequest: Endpoint {
    /// Reads the request from the values of the path's variables, in order, the query and the body.
    ///
    /// # Errors
    /// [`RequestError::Refused`] with the platform's refusal.
    fn from_parts(path_values: &[&str], query: Query<'_>, body: &Bytes) -> Result<Self, RequestError>;

    /// Reads the HTTP request. The server verifies its token before.
    ///
    /// # Errors
    /// If the path or the method is another one, or their values are not valid.
    fn from_http(request: &http::Request<Bytes>) -> Result<Self, RequestError> {
        let metadata = Self::METADATA;
        let values = metadata.path.values(request.uri().path()).ok_or(RequestError::OtherPath)?;
        if *request.method() != metadata.method {
            return Err(RequestError::OtherMethod { allowed: vec![metadata.method] });
        }
        let values: Vec<&str> = values.iter().map(Cow::as_ref).collect();
        Self::from_parts(&values, Query::of(request.uri()), request.body())
    }
}

/// A response that a client receives.
pub trait IncomingResponse: Sized {
    /// Whether a success may come without a body, such as a 204. By default it may not.
    const MAY_BE_EMPTY: bool = false;

    /// Reads the body of a success, without a byte order mark.
    ///
    /// # Errors
    /// If the body is not the JSON of the endpoint.
    fn from_body(body: &Bytes) -> serde_json::Result<Self>;

    /// Reads the HTTP response without the check that it is about the request, for which clients use
    /// [`OutgoingRequest::read_response`]. A byte order mark before the JSON is skipped.
    ///
    /// # Errors
    /// [`ResponseError`] for a status that is not a success, and for a body that is over the limit,
    /// empty, cut short, an error body in spite of the status, or not the expected JSON.
    fn from_http(response: http::Response<Bytes>, limit: BodyLimit) -> Result<Self, ResponseError> {
        read(&response, limit)
    }
}

/// A response that a server sends.
pub trait OutgoingResponse {
    /// The body of the success.
    ///
    /// # Errors
    /// If a value cannot be written as JSON, which no type of `kore-types` does.
    fn to_body(&self) -> serde_json::Result<Vec<u8>>;

    /// The HTTP response.
    fn to_http(&self) -> http::Response<Bytes> {
        match self.to_body() {
            Ok(body) => json_response(StatusCode::OK, body),
            Err(_) => Refusal::InternalServerError.to_http(),
        }
    }
}

/// A response that is read and written by serde as it is: `impl JsonResponse for Backups {}`.
pub trait JsonResponse: Serialize + DeserializeOwned {}

impl<T: JsonResponse> IncomingResponse for T {
    fn from_body(body: &Bytes) -> serde_json::Result<Self> {
        serde_json::from_slice(body)
    }
}

impl<T: JsonResponse> OutgoingResponse for T {
    fn to_body(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }
}

/// The response of a call that answers with a 204. Whatever a success holds is passed over.
impl IncomingResponse for () {
    const MAY_BE_EMPTY: bool = true;

    fn from_body(_: &Bytes) -> serde_json::Result<Self> {
        Ok(())
    }
}

impl OutgoingResponse for () {
    fn to_body(&self) -> serde_json::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn to_http(&self) -> http::Response<Bytes> {
        let mut response = http::Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NO_CONTENT;
        response
    }
}

pub(crate) fn json_response(status: StatusCode, body: Vec<u8>) -> http::Response<Bytes> {
    let mut response = http::Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON_UTF8);
    response
}

/// Why a server cannot take a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// The path is not that of the endpoint, or of any of the [`Routes`](crate::Routes).
    OtherPath,
    /// The path has only other methods.
    OtherMethod {
        /// The methods that the path has.
        allowed: Vec<Method>,
    },
    /// The platform refuses such a request.
    Refused(Refusal),
    /// An endpoint of one's own refuses what the request asks for.
    RefusedOwn(OwnRefusal),
    /// A rate limit is reached.
    Limited(Limited),
}

impl RequestError {
    /// The response of the platform. Its response to an unknown path is not known; here it is a 404.
    pub fn to_http(&self) -> http::Response<Bytes> {
        match self {
            Self::OtherPath => Refusal::UnknownPath.to_http(),
            Self::OtherMethod { allowed } => {
                let mut response = Refusal::MethodNotAllowed.to_http();
                if let Ok(allowed) = HeaderValue::from_str(&list(allowed)) {
                    response.headers_mut().insert(ALLOW, allowed);
                }
                response
            }
            Self::Refused(refusal) => refusal.to_http(),
            Self::RefusedOwn(refusal) => refusal.to_http(),
            Self::Limited(limited) => limited.to_http(),
        }
    }
}

fn list(methods: &[Method]) -> String {
    methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ")
}

impl From<Refusal> for RequestError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<OwnRefusal> for RequestError {
    fn from(refusal: OwnRefusal) -> Self {
        Self::RefusedOwn(refusal)
    }
}

impl From<Limited> for RequestError {
    fn from(limited: Limited) -> Self {
        Self::Limited(limited)
    }
}

impl From<TokenRefusal> for RequestError {
    fn from(refusal: TokenRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherPath => f.write_str("another path than that of the endpoint"),
            Self::OtherMethod { allowed } => write!(f, "another method than {}", list(allowed)),
            Self::Refused(refusal) => f.write_str(refusal.msg()),
            Self::RefusedOwn(refusal) => f.write_str(refusal.msg()),
            Self::Limited(limited) => limited.fmt(f),
        }
    }
}

impl std::error::Error for RequestError {}

/// The error of a text that is not a JWT, since it cannot stand in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidToken;

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the token cannot be sent in a header: expected a JWT, found other characters (a line break, perhaps)")
    }
}

impl std::error::Error for InvalidToken {}

/// The value of the header `auth` for a JWT, marked sensitive so that no log shows it.
///
/// # Errors
/// [`InvalidToken`] if the text is empty or has other characters than visible ASCII.
pub fn auth_header(token: &str) -> Result<HeaderValue, InvalidToken> {
    if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(InvalidToken);
    }
    let mut value = HeaderValue::from_str(token).map_err(|_| InvalidToken)?;
    value.set_sensitive(true);
    Ok(value)
}
