//! Reading other libraries' errors, for one message whichever client it was.

use std::error::Error;
use std::io;

use http::Uri;
use kore_protocol::{ContentError, Excerpt};

use crate::{Phase, TransportError, http_words, tls_words};

/// The error and what caused it, outermost first. An `io::Error` hides the error that it holds
/// from `source`, so that is looked up as well.
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

/// What is wrong with a file that was to be sent, if that is what the error is about.
pub(crate) fn content(error: &(dyn Error + 'static)) -> Option<TransportError> {
    find::<ContentError>(error).map(|error| TransportError::new(Phase::Content, error.to_string()))
}

/// A body that could not be read.
#[cfg(any(feature = "hyper", feature = "reqwest"))]
pub(crate) fn unread(error: &io::Error) -> TransportError {
    content(error).unwrap_or_else(|| TransportError::new(Phase::Content, innermost(error)))
}

/// The error of the operating system, if it is one.
fn io_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a io::Error> {
    chain(error).filter_map(|error| error.downcast_ref::<io::Error>()).last()
}

/// No connection to `peer`: its name was not found, or the machine was not reached.
pub(crate) fn connect(peer: &str, error: &(dyn Error + 'static)) -> TransportError {
    // Names are looked up by the C library in each of the clients; its failures have no kind.
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
            let why = io.map_or_else(|| "no reason given".to_owned(), ToString::to_string);
            TransportError::new(Phase::Connect, format!("{peer}: {why}"))
        }
    }
}

/// The name of `peer` was not found.
pub(crate) fn unknown_host(peer: &str) -> TransportError {
    TransportError::new(Phase::Dns, format!("{peer}: check the name, and that there is a network"))
}

/// Whether the words are those of TLS, for a client whose TLS library is not known here.
pub(crate) fn tls_from_text(error: &(dyn Error + 'static), host: &str) -> Option<TransportError> {
    let text = innermost(error);
    // Broken off, and not refused.
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
    /// Everything, without a user and a password that it accepts.
    Password,
    /// A way to the host. Whether for good, the clients' errors do not tell.
    Host,
}

/// Whether the words are those of a proxy that refused; no client's error has a kind for it.
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

/// The error for a client whose proxy is its own business.
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

/// The words of the error that caused all others.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let text = chain(error).last().unwrap_or(error).to_string();
    Excerpt::new(text.as_bytes()).to_string()
}

/// Sent to `peer`, and no answer.
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
    /// The error of a client that found no way to the host of that URI: its name is not known, no
    /// machine answered, TLS failed, a proxy refused. Which one it was is read from the error and what
    /// caused it; a time limit of the client is for the client to tell ([`timeout`](Self::timeout)).
    pub fn from_connect(uri: &Uri, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error = error.into();
        let (peer, cause) = (peer(uri), &*error as &(dyn Error + 'static));
        let told = proxy_from_text(cause).or_else(|| tls_from_text(cause, &peer));
        told.unwrap_or_else(|| connect(&peer, cause)).with_source(error)
    }

    /// The error of a client that had a connection to the host of that URI, and received no response.
    /// The request may have been processed. A client that does not tell whether it had a connection
    /// uses this, too.
    pub fn from_exchange(uri: &Uri, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error = error.into();
        let (peer, cause) = (peer(uri), &*error as &(dyn Error + 'static));
        let told = content(cause).or_else(|| tls_from_text(cause, &peer).map(Self::perhaps_processed));
        told.unwrap_or_else(|| exchange(&peer, cause)).with_source(error)
    }
}

/// Host and port of a URI, to name it in a message.
pub(crate) fn peer(uri: &Uri) -> String {
    let host = uri.host().unwrap_or("?");
    match uri.port_u16() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
