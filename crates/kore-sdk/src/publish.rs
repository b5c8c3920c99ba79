//! The publish of a bot from its start to its end, in one call: `jobs` starts it, and `wait` watches it.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;

use kore_protocol::bot_publish::{PublishRun, start};
use kore_protocol::watch::End;

use crate::wait::SetWatch;
use crate::{Client, Error, StartedPublish, Wait, blocking};

/// A publish that is to be started and watched: await it, or `run` that of a blocking client.
///
/// ```no_run
/// # async fn example(client: kore_sdk::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use kore_sdk::protocol::bot_publish::start::Request;
/// use kore_sdk::watch::End;
///
/// match client.publish_bot(&Request::new("st-1f".parse()?, "release 7")).await? {
///     End::Succeeded(_) => println!("published"),
///     End::AwaitsApproval(_) => println!("someone has to approve it"),
///     other => println!("{other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "it does nothing until it is awaited or run"]
pub struct PublishBot<'a, C> {
    client: &'a C,
    request: &'a start::Request,
    set: SetWatch<'a, C, PublishRun>,
    on_started: Box<dyn FnOnce(&StartedPublish) + Send + 'a>,
}

impl<'a, C> PublishBot<'a, C> {
    fn new(client: &'a C, request: &'a start::Request) -> Self {
        Self { client, request, set: Box::new(|wait| wait), on_started: Box::new(|_| ()) }
    }

    /// Sets the watch: its deadline, which counts from the accepted publish, what is done with its events,
    /// and the like.
    pub fn watch(
        mut self,
        set: impl FnOnce(Wait<'a, C, PublishRun>) -> Wait<'a, C, PublishRun> + Send + 'a,
    ) -> Self {
        self.set = Box::new(set);
        self
    }

    /// What is done when the platform has accepted the publish; a program that ends before the publish
    /// does can [watch](Client::watch) that run later.
    pub fn on_started(mut self, on_started: impl FnOnce(&StartedPublish) + Send + 'a) -> Self {
        self.on_started = Box::new(on_started);
        self
    }
}

impl<'a> IntoFuture for PublishBot<'a, Client> {
    type Output = Result<End<PublishRun, Error>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            let started = self.client.start_publish(self.request).await?;
            (self.on_started)(&started);
            match started.end() {
                Some(end) => Ok(end),
                None => Ok((self.set)(self.client.watch(&started.run)).await?),
            }
        })
    }
}

impl PublishBot<'_, blocking::Client> {
    /// Publishes the bot on the calling thread.
    ///
    /// # Errors
    /// If the publish cannot be started (ask [`Error::may_have_started`]), or the rate limit allows no
    /// poll before the deadline.
    pub fn run(self) -> Result<End<PublishRun, Error>, Error> {
        let started = self.client.start_publish(self.request)?;
        (self.on_started)(&started);
        match started.end() {
            Some(end) => Ok(end),
            None => Ok((self.set)(self.client.watch(&started.run)).run()?),
        }
    }
}

impl<C> fmt::Debug for PublishBot<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishBot").field("request", &self.request).finish_non_exhaustive()
    }
}

impl Client {
    /// Publishes a bot: starts it, and watches it to its end. Nothing is sent before it is awaited.
    pub fn publish_bot<'a>(&'a self, request: &'a start::Request) -> PublishBot<'a, Self> {
        PublishBot::new(self, request)
    }
}

impl blocking::Client {
    /// As [`Client::publish_bot`], to be `run`.
    pub fn publish_bot<'a>(&'a self, request: &'a start::Request) -> PublishBot<'a, Self> {
        PublishBot::new(self, request)
    }
}
