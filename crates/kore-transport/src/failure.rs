//! Reads the errors of HTTP clients, so that a failure has the same message with each of them. The
//! adapters use it.

use std::error::Error;
use std::io;

use http::Uri;
use kore_protocol::{ContentError, Excerpt};

use crate::{Phase, TransportError, http_words, tls_words};

/// The error and its causes, outermost first. `source` of an `io::Error` skips the error inside of it,
/// so that one is added.
pub(crate) fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    })
}

/// The first error of a type.
pub(crate) fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// What is wrong with a file of the request, if the error is about one.
pub(crate) fn content(error: &(dyn Error + 'static)) -> Option<TransportError> {
    find::<ContentError>(error).map(|error| TransportError::new(Phase::Content, error.to_string()))
}

/// A body that could not be read.
#[cfg(any(feature = "hyper", feature = "reqwest"))]
pub(crate) fn unread(error: &io::Error) -> TransportError {
    content(error).unwrap_or_else(|| TransportError::new(Phase::Content, innermost(error)))
}

/// The error of the operating system, if there is one.
fn io_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a io::Error> {
    chain(error).filter_map(|error| error.downcast_ref::<io::Error>()).last()
}

/// The error of a failed connection to `peer`: its name was not found, or it was not reached.
pub(crate) fn connect(peer: &str, error: &(dyn Error + 'static)) -> TransportError {
    // Each client looks names up with the C library, whose failures have no kind, only a text.
    let is_dns = chain(error).any(|error| {
        let text = error.to_string();
        text.starts_with("dns error") || text.starts_with("failed to lookup address")
    });
    if is_dns {
        return unknown_host(peer);
    }
    let io = io_error(error);
    match io.map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => TransportError::new(
            Phase::Connect,
            format!("{peer} refused the connection: check the port, and that a server runs there"),
        ),
        Some(io::ErrorKind::TimedOut) => TransportError::timeout(
            Phase::Connect,
            format!("the operating system's limit: {peer} does not answer, perhaps a firewall is on the way"),
        ),
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
            TransportError::new(Phase::Connect, format!("there is no way to {peer}: check the network"))
        }
        _ => {
            let why = io.map_or_else(|| innermost(error), ToString::to_string);
            TransportError::new(Phase::Connect, format!("{peer}: {why}"))
        }
    }
}

/// The error of a name that was not found.
pub(crate) fn unknown_host(peer: &str) -> TransportError {
    TransportError::new(Phase::Dns, format!("{peer}: check the name, and that there is a network"))
}

/// Whether a text is about TLS, for a client whose TLS library is not known here.
pub(crate) fn tls_from_text(error: &(dyn Error + 'static), host: &str) -> Option<TransportError> {
    let text = innermost(error);
    // The connection broke off; TLS did not refuse it.
    if text == "tls handshake eof" {
        return None;
    }
    let is_tls = ["certificate", "tls", "handshake", "corrupt message", "fatal alert", "peer is"];
    let lower = text.to_ascii_lowercase();
    is_tls
        .iter()
        .any(|words| lower.contains(words))
        .then(|| TransportError::new(Phase::Tls, tls_words::explain(&text, host)))
}

/// What a proxy refused.
pub(crate) enum Refused {
    /// Every request without a user and a password that it accepts.
    Password,
    /// The connection to the host. The errors of the clients do not say whether that is permanent.
    Host,
}

/// What a proxy refused, by the text of the error: no client has a kind for it.
pub(crate) fn refused_by_proxy(error: &(dyn Error + 'static)) -> Option<Refused> {
    let text = innermost(error);
    if text.contains("proxy authorization required") || text.contains("proxy server responded 407") {
        Some(Refused::Password)
    } else if text.starts_with("tunnel error: unsuccessful") {
        Some(Refused::Host)
    } else {
        None
    }
}

/// The error of a proxy, for a client that chooses its proxy itself.
pub(crate) fn proxy_from_text(error: &(dyn Error + 'static)) -> Option<TransportError> {
    Some(match refused_by_proxy(error)? {
        Refused::Password => TransportError::new(
            Phase::Proxy,
            "it wants a user and a password: give them in its URL, http://user:password@host:port",
        ),
        Refused::Host => TransportError::new(
            Phase::Connect,
            "the proxy opens no way to the host: it may not be allowed, or not reached from there",
        ),
    })
}

/// The text of the innermost error.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let text = chain(error).last().unwrap_or(error).to_string();
    Excerpt::new(text.as_bytes()).to_string()
}

/// The error of a request to `peer` without a response.
pub(crate) fn exchange(peer: &str, error: &(dyn Error + 'static)) -> TransportError {
    let message = match io_error(error) {
        Some(io) if is_closed(io) => "the connection was closed before an answer came".to_owned(),
        _ => {
            let text = innermost(error);
            http_words::explain(&text, peer).unwrap_or(text)
        }
    };
    TransportError::new(Phase::Exchange, message)
}

fn is_closed(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

impl TransportError {
    /// The error of a client that got no connection to the host of that URI: the name is not known, the
    /// host was not reached, TLS failed, or a proxy refused. This is read from the error and its causes. A
    /// client reports its own time limits with [`timeout`](Self::timeout).
    pub fn from_connect(uri: &Uri, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error = error.into();
        let (peer, cause) = (peer(uri), &*error as &(dyn Error + 'static));
        let told = proxy_from_text(cause).or_else(|| tls_from_text(cause, &peer));
        told.unwrap_or_else(|| connect(&peer, cause)).with_source(error)
    }

    /// The error of a client that had a connection to the host of that URI and received no response. The
    /// request may have been processed. A client that does not say whether it had a connection uses this
    /// too.
    pub fn from_exchange(uri: &Uri, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error = error.into();
        let (peer, cause) = (peer(uri), &*error as &(dyn Error + 'static));
        let told = content(cause).or_else(|| tls_from_text(cause, &peer).map(Self::perhaps_processed));
        told.unwrap_or_else(|| exchange(&peer, cause)).with_source(error)
    }
}

/// Host and port of a URI, for messages.
pub(crate) fn peer(uri: &Uri) -> String {
    let host = uri.host().unwrap_or("?");
    match uri.port_u16() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
