//! A call on tokio.

use std::future::IntoFuture;
use std::pin::Pin;

use kore_protocol::OutgoingRequest;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::Instrument as _;

use super::{Call, Sending, Step};
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
        let result = match sending.limit {
            None => sending.drive(&client).instrument(span).await,
            Some(limit) => {
                let driving = sending.drive(&client).instrument(span);
                match timeout_at(limit.deadline.into(), driving).await {
                    Ok(result) => result,
                    Err(_) => Err(sending.timed_out(limit)),
                }
            }
        };
        sending.exchange.finish(result)
    }
}

impl<R> Sending<'_, R>
where
    R: OutgoingRequest<Response: Send> + Sync,
{
    async fn drive(&mut self, client: &Client) -> Result<Answer<R::Response>, Error> {
        let mut step = self.begin(now());
        loop {
            step = match step {
                Step::Send => {
                    let mut request = self.exchange.request().await?;
                    self.limited(&mut request, now());
                    let response = client.transport.send(request).await;
                    self.received(response, now())
                }
                Step::Wait(until) => {
                    sleep_until(until.into()).await;
                    self.begin(now())
                }
                Step::End(result) => return *result,
            };
        }
    }
}

/// tokio's clock, so that its pause works in tests.
fn now() -> std::time::Instant {
    Instant::now().into_std()
}
