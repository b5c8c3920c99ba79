//! Sends a call and waits on tokio, for the async client.

use std::future::IntoFuture;
use std::pin::Pin;

use kore_protocol::OutgoingRequest;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::Instrument as _;

use super::{Call, Sending};
use crate::{Answer, Client, Error};

impl<'a, R> IntoFuture for Call<'a, Client, R>
where
    R: OutgoingRequest<Response: Send> + Sync,
{
    type Output = Result<Answer<R::Response>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<R> Call<'_, Client, R>
where
    R: OutgoingRequest<Response: Send> + Sync,
{
    pub(crate) async fn send(self) -> Result<Answer<R::Response>, Error> {
        let Self { client, request, settings } = self;
        let mut sending = Sending::new(&client.core, request, settings, now())?;
        let span = sending.exchange.span.clone();
        let mut result = match sending.limit {
            None => sending.drive(&client).instrument(span).await,
            Some(limit) => {
                let driving = sending.drive(&client).instrument(span);
                match timeout_at(limit.deadline.into(), driving).await {
                    Ok(result) => result,
                    Err(_) => Err(sending.timed_out(limit)),
                }
            }
        };
        sending.exchange.finish(&mut result);
        result
    }
}

impl<R> Sending<'_, R>
where
    R: OutgoingRequest<Response: Send> + Sync,
{
    async fn drive(&mut self, client: &Client) -> Result<Answer<R::Response>, Error> {
        loop {
            while let Some(until) = self.begin(now())? {
                sleep_until(until.into()).await;
            }
            let mut request = self.exchange.request().await?;
            self.limited(&mut request, now());
            let response = client.transport.send(request).await;
            let error = match self.exchange.read(response) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if let Some(until) = self.again(error, now())? {
                sleep_until(until.into()).await;
            }
        }
    }
}

/// tokio's clock, so that its pause works in tests.
fn now() -> std::time::Instant {
    Instant::now().into_std()
}
