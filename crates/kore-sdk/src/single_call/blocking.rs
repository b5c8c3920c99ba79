//! Sends a call and waits on the calling thread, for the blocking client.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Instant;

use bytes::Bytes;
use http::{Request, Response};
use kore_protocol::{Body, OutgoingRequest};
use kore_transport::{BlockingTransport, Phase, TransportError};

use super::{Call, Limit, Sending};
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
        let mut result = span.in_scope(|| sending.drive_blocking(&client));
        sending.exchange.finish(&mut result);
        result
    }
}

impl<R: OutgoingRequest> Sending<'_, R> {
    fn drive_blocking(&mut self, client: &Client) -> Result<Answer<R::Response>, Error> {
        loop {
            while let Some(until) = self.begin(Instant::now())? {
                sleep_until(until);
            }
            let mut request = self.exchange.request_blocking()?;
            self.limited(&mut request, Instant::now());
            let response = match self.limit {
                None => client.transport.send(request),
                Some(limit) => match send_until(&client.transport, request, limit) {
                    Some(response) => response,
                    None => return Err(self.timed_out(limit)),
                },
            };
            let error = match self.exchange.read(response) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if let Some(until) = self.again(error, Instant::now())? {
                sleep_until(until);
            }
        }
    }
}

fn sleep_until(until: Instant) {
    thread::sleep(until.saturating_duration_since(Instant::now()));
}

/// Sends on a thread of its own, since a transport that blocks cannot be stopped. `None` if the time is
/// over first.
fn send_until(
    transport: &Arc<dyn BlockingTransport>,
    request: Request<Body>,
    limit: Limit,
) -> Option<Result<Response<Bytes>, TransportError>> {
    let (sender, receiver) = sync_channel(1);
    let (transport, span) = (transport.clone(), tracing::Span::current());
    let send = move || {
        let response = span.in_scope(|| transport.send(request));
        // The receiver is gone if the time is over.
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
