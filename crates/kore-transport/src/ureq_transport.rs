//! A ureq agent as a blocking transport, for programs that have one already.

use std::io::{self, Read};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Request, Response};
use kore_protocol::{Body, BodyLimit};
use ureq::{AsSendBody, RequestExt, SendBody, Timeout};

use crate::failure::{self, peer};
use crate::plain_http::is_loopback;
use crate::{BlockingTransport, NewConnection, Phase, PlainHttp, RequestTimeout, TransportError, tls_words};

/// How much is read of a body whose headers say that it is too long: enough for a message.
const START: u64 = 512;

/// A [`ureq::Agent`] as a blocking transport. TLS, proxies and timeouts are those of the agent, which has
/// no timeout by default. Its redirects and its errors for statuses are switched off for each request.
/// So is its proxy for requests to this machine.
///
/// ```
/// use std::time::Duration;
/// use kore_transport::UreqTransport;
///
/// let agent = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(30))).build();
/// let transport = UreqTransport::new(agent.new_agent());
/// ```
#[derive(Clone, Debug)]
pub struct UreqTransport {
    agent: ureq::Agent,
    limit: BodyLimit,
    plain_http: PlainHttp,
}

impl UreqTransport {
    /// Takes an agent, with the default limits.
    pub fn new(agent: ureq::Agent) -> Self {
        Self { agent, limit: BodyLimit::DEFAULT, plain_http: PlainHttp::default() }
    }

    /// The longest body of a response. The default is [`BodyLimit::DEFAULT`].
    #[must_use]
    pub fn body_limit(mut self, limit: BodyLimit) -> Self {
        self.limit = limit;
        self
    }

    /// Where plain `http://` may go. The default is [`PlainHttp::Loopback`].
    #[must_use]
    pub fn plain_http(mut self, allowed: PlainHttp) -> Self {
        self.plain_http = allowed;
        self
    }

    fn run(&self, request: Request<impl AsSendBody>) -> Result<Response<ureq::Body>, ureq::Error> {
        let is_loopback = is_loopback(request.uri());
        let own = RequestTimeout::of(&request);
        let of_sink = crate::BodySink::of(&request).and_then(|sink| sink.time());
        let timeout = own.into_iter().chain(of_sink).min();
        let is_new = NewConnection::is_wanted(&request);
        let mut request =
            request.with_agent(&self.agent).configure().max_redirects(0).http_status_as_error(false);
        if timeout.is_some() {
            request = request.timeout_global(timeout);
        }
        if is_new {
            // No idle connection is young enough.
            request = request.max_idle_age(Duration::ZERO);
        }
        // By default an agent uses the proxy of the environment, which would read the token.
        if is_loopback { request.proxy(None).run() } else { request.run() }
    }

    fn collect(&self, response: Response<ureq::Body>) -> Result<Response<Bytes>, TransportError> {
        let (head, body) = response.into_parts();
        let limit = self.limit.get() as u64;
        let is_too_long = body.content_length().is_some_and(|length| length > limit);
        let enough = if is_too_long { START.min(limit) } else { limit };
        let mut taken = Vec::new();
        // After an error the vector has the part that arrived.
        let end = body.into_reader().take(enough.saturating_add(1)).read_to_end(&mut taken);
        let is_too_long = is_too_long || taken.len() as u64 > limit;
        let response = Response::from_parts(head, Bytes::from(taken));
        match end.map_err(ureq::Error::from) {
            _ if is_too_long => Err(TransportError::too_large(&response, self.limit)),
            Ok(_) => Ok(response),
            Err(ureq::Error::Timeout(which)) => Err(timeout(which, Phase::Body)),
            Err(error) => Err(TransportError::cut_short(&response).with_source(error)),
        }
    }
}

impl BlockingTransport for UreqTransport {
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        self.plain_http.check(request.uri())?;
        let peer = peer(request.uri());
        let (mut head, body) = request.into_parts();
        let response = match body.as_bytes() {
            Some(bytes) if bytes.is_empty() => self.run(Request::from_parts(head, SendBody::none())),
            Some(bytes) => self.run(Request::from_parts(head, &bytes[..])),
            None => {
                // Else ureq sends chunks, which not every server accepts.
                head.headers.insert(CONTENT_LENGTH, body.len().into());
                self.run(Request::from_parts(head, SendBody::from_owned_reader(body.reader())))
            }
        };
        self.collect(response.map_err(|error| failed(error, &peer))?)
    }
}

fn failed(error: ureq::Error, peer: &str) -> TransportError {
    use ureq::Error as E;
    let own = match &error {
        E::Timeout(which) => return timeout(*which, Phase::Exchange),
        E::HostNotFound => failure::unknown_host(peer),
        E::ConnectProxyFailed(_) => failure::proxy_from_text(&error)
            .unwrap_or_else(|| TransportError::new(Phase::Proxy, failure::innermost(&error))),
        E::ConnectionFailed => TransportError::new(Phase::Connect, peer),
        E::TlsRequired => TransportError::new(
            Phase::Refused,
            format!("ureq has no TLS, so it cannot call {peer}: switch a feature for it on, such as rustls"),
        ),
        E::BadUri(_) | E::Http(_) | E::RequireHttpsOnly(_) | E::InvalidProxyUrl => {
            TransportError::new(Phase::Refused, failure::innermost(&error))
        }
        E::Tls(_) => tls(&error, peer),
        E::Io(io) => failure::content(io)
            .or_else(|| failure::tls_from_text(io, peer))
            .unwrap_or_else(|| of_io(io, peer)),
        E::Protocol(broken) => failure::exchange(peer, broken),
        // Some variants exist only with features of ureq, such as those of the TLS libraries.
        _ => failure::tls_from_text(&error, peer).unwrap_or_else(|| failure::exchange(peer, &error)),
    };
    own.with_source(error)
}

/// An error of the operating system. ureq does not say whether it came while connecting.
fn of_io(error: &io::Error, peer: &str) -> TransportError {
    use io::ErrorKind as K;
    match error.kind() {
        K::UnexpectedEof | K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe => {
            failure::exchange(peer, error)
        }
        K::ConnectionRefused | K::HostUnreachable | K::NetworkUnreachable | K::AddrNotAvailable => {
            failure::connect(peer, error)
        }
        _ => match failure::connect(peer, error) {
            unknown if unknown.phase() == Phase::Dns => unknown,
            other => other.perhaps_processed(),
        },
    }
}

fn tls(error: &ureq::Error, peer: &str) -> TransportError {
    failure::tls_from_text(error, peer).unwrap_or_else(|| {
        TransportError::new(Phase::Tls, tls_words::explain(&failure::innermost(error), peer))
    })
}

/// `phase` is the one that a limit for the whole request falls into.
fn timeout(which: Timeout, phase: Phase) -> TransportError {
    let (phase, limit) = match which {
        Timeout::Resolve => (Phase::Dns, "looking the name up"),
        Timeout::Connect => (Phase::Connect, "connecting"),
        Timeout::Global | Timeout::PerCall => (phase, "the whole request"),
        _ => (phase, "a part of the exchange"),
    };
    TransportError::timeout(phase, format_args!("the limit that the ureq agent has for {limit}"))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use ureq::unversioned::resolver::DefaultResolver;
    use ureq::unversioned::transport::TcpConnector;

    use super::*;

    #[test]
    fn https_without_tls_is_refused_and_says_what_is_missing() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("https://{}/", listener.local_addr().expect("an address"));
        let connector = TcpConnector::default();
        let agent = ureq::Agent::with_parts(Default::default(), connector, DefaultResolver::default());
        let request = Request::get(url).body(Body::empty()).expect("a request");
        let error = UreqTransport::new(agent).send(request).expect_err("there is no TLS");
        assert_eq!((error.phase(), error.is_retryable()), (Phase::Refused, false), "{error}");
        assert!(error.to_string().contains("ureq has no TLS"), "{error}");
    }
}
