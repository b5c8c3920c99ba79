//! Reading other libraries' errors, for one message whichever client it was.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use http::Uri;

use crate::{Phase, TransportError};

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
        return TransportError::new(
            Phase::Dns,
            format!("{peer}: check the name, and that there is a network"),
        );
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

/// Sent, and no answer.
pub(crate) fn exchange(error: &(dyn Error + 'static)) -> TransportError {
    let message = match io_error(error) {
        Some(io) if is_closed(io) => "the connection was closed before an answer came".to_owned(),
        Some(io) => io.to_string(),
        None => "the connection failed before an answer came".to_owned(),
    };
    TransportError::new(Phase::Exchange, message)
}

fn is_closed(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// Host and port of a URI, to name it in a message.
pub(crate) fn peer(uri: &Uri) -> String {
    let host = uri.host().unwrap_or("?");
    match uri.port_u16() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// "30 s", "0.25 s".
pub(crate) struct Seconds(pub(crate) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0.as_secs_f64())
    }
}
