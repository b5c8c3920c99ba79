//! A call on the calling thread.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Instant;

use bytes::Bytes;
use http::{Request, Response};
use kore_protocol::{Body, OutgoingRequest};
use kore_transport::{BlockingTransport, Phase, TransportError};

use super::{Call, Limit, Sending, Step};
use crate::blocking::Client;
use crate::{Answer, Error};

impl<R: OutgoingRequest> Call<'_, Client, R> {
    /// Makes the call on the calling thread.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn run(self) -> Result<Answer<R::Response>, Error> {
        let Self { client, request, settings } = self;
        let mut sending = Sending::new(&client.core, request, settings, Instant::now())?;
        let span = sending.exchange.span.clone();
        let result = span.in_scope(|| sending.drive_blocking(&client));
        sending.exchange.finish(result)
    }
}

impl<R: OutgoingRequest> Sending<'_, R> {
    fn drive_blocking(&mut self, client: &Client) -> Result<Answer<R::Response>, Error> {
        let mut step = self.begin(Instant::now());
        loop {
            step = match step {
                Step::Send => {
                    let mut request = self.exchange.request_blocking()?;
                    self.limited(&mut request, Instant::now());
                    let response = match self.limit {
                        None => client.transport.send(request),
                        Some(limit) => match send_until(&client.transport, request, limit) {
                            Some(response) => response,
                            None => return Err(self.timed_out(limit)),
                        },
                    };
                    self.received(response, Instant::now())
                }
                Step::Wait(until) => {
                    thread::sleep(until.saturating_duration_since(Instant::now()));
                    self.begin(Instant::now())
                }
                Step::End(result) => return *result,
            };
        }
    }
}

/// Sends on a thread of its own, since a transport that blocks cannot be stopped; none if the time is
/// over before it is done.
fn send_until(
    transport: &Arc<dyn BlockingTransport>,
    request: Request<Body>,
    limit: Limit,
) -> Option<Result<Response<Bytes>, TransportError>> {
    let (sender, receiver) = sync_channel(1);
    let (transport, span) = (transport.clone(), tracing::Span::current());
    let send = move || {
        let response = span.in_scope(|| transport.send(request));
        // Whoever waited for it may have gone.
        let _ = sender.send(response);
    };
    if let Err(error) = thread::Builder::new().name("kore-call".to_owned()).spawn(send) {
        let why = format!("no thread could be started for the request: {error}");
        return Some(Err(TransportError::new(Phase::Refused, why)));
    }
    match receiver.recv_timeout(limit.deadline.saturating_duration_since(Instant::now())) {
        Ok(response) => Some(response),
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => None,
        Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => {
            Some(Err(TransportError::new(Phase::Exchange, "the transport panicked")))
        }
    }
}
