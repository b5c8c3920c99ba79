//! The updates of a watch as a stream.

use std::collections::HashMap;
use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use futures_core::Stream as _;
use futures_util::future::{AbortHandle, Aborted, abortable};
use futures_util::stream::FuturesUnordered;
use kore_protocol::bot_import::get_status;
use kore_protocol::watch::{End, Look, Now, DeadlineTooSoon, Update};
use kore_types::BotImportId;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

use super::driver::{Driver, Task};
use super::settings::{OnUpdate, WatchImport, in_order};
use crate::{Client, Error};

/// The updates of a watch, as they come: a `Stream`, and [`next`](Self::next) for those who have
/// no use for that trait.
///
/// The watch goes on while it is polled, on a tokio runtime with its timer. Dropping it cancels the
/// looks that are under way; what was sent counts for the next watch of the same client.
///
/// ```no_run
/// # async fn example(client: kore_sdk::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use kore_sdk::watch::Update;
///
/// let mut updates = client.watch_import(&"bir-1f".parse()?).updates();
/// while let Some(update) = updates.next().await {
///     match update {
///         Update::Event { id, event, .. } => println!("{id}: {event:?}"),
///         Update::Ended { id, end } => println!("{id} ended: {end:?}"),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "the watch goes on only while its updates are asked for"]
pub struct Updates {
    client: Client,
    driver: Driver,
    looks: FuturesUnordered<Pin<Box<dyn Future<Output = Answered> + Send>>>,
    /// With them a look is dropped before its time.
    handles: HashMap<BotImportId, AbortHandle>,
    sleep: Option<Pin<Box<Sleep>>>,
}

/// A look, and the answer unless its time ran out; nothing if it was given up.
type Answered = Result<(Look, Option<Result<get_status::Response, Error>>), Aborted>;

/// tokio's clock, so that its pause works in tests.
fn now() -> Now {
    Now { instant: Instant::now().into_std(), wall: SystemTime::now() }
}

impl Updates {
    /// The next update; none when nothing is watched any more.
    pub async fn next(&mut self) -> Option<Update<Error>> {
        poll_fn(|context| self.poll_update(context)).await
    }

    /// How many imports are watched.
    pub fn len(&self) -> usize {
        self.driver.len()
    }

    /// Whether no import is watched any more. There may be updates that were not taken yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Watches one more import from now on, for as long as the others were to be watched. One that
    /// is watched already goes on for so long.
    pub fn watch(&mut self, id: &BotImportId) {
        self.driver.watch(id.clone(), now());
    }

    /// Gives the watch of one import up, which is its last update.
    pub fn cancel(&mut self, id: &BotImportId) {
        self.driver.cancel(id, now());
    }

    /// Gives all watches up, which are the last updates.
    pub fn cancel_all(&mut self) {
        self.driver.cancel_all(now());
        self.forget_looks();
    }

    fn forget_looks(&mut self) {
        self.looks.clear();
        self.handles.clear();
    }

    pub(super) fn poll_update(&mut self, context: &mut Context<'_>) -> Poll<Option<Update<Error>>> {
        loop {
            // An answer that is there counts, however late its consumer asks; and no look waits to
            // be sent while something else is told.
            self.take_answers(context);
            match self.driver.next(now()) {
                Task::Tell(update) => {
                    self.drop_look_of(&update);
                    return Poll::Ready(Some(update));
                }
                Task::Send(look, until) => self.send(look, until.into()),
                Task::Wait(until) => ready!(self.poll_wait(until.into(), context)),
                Task::Nothing => {
                    // Looks of watches that have ended are of no use.
                    self.forget_looks();
                    return Poll::Ready(None);
                }
            }
        }
    }

    /// A look that is under way when its watch ends is of no use.
    fn drop_look_of(&mut self, update: &Update<Error>) {
        if let Update::Ended { id, .. } = update
            && let Some(handle) = self.handles.remove(id)
        {
            handle.abort();
        }
    }

    fn send(&mut self, look: Look, until: Instant) {
        let client = self.client.clone();
        let id = look.request().import_id.clone();
        let (sending, handle) = abortable(async move {
            let answer = timeout_at(until, client.look(look.request())).await;
            (look, answer.ok())
        });
        self.looks.push(Box::pin(sending));
        self.handles.insert(id, handle);
    }

    fn take_answers(&mut self, context: &mut Context<'_>) {
        while let Poll::Ready(Some(answered)) = Pin::new(&mut self.looks).poll_next(context) {
            if let Ok((look, answer)) = answered {
                self.handles.remove(&look.request().import_id);
                self.driver.answered(now(), &look, answer);
            }
        }
    }

    /// Ready when the time has come. An answer that comes first wakes as well.
    fn poll_wait(&mut self, until: Instant, context: &mut Context<'_>) -> Poll<()> {
        // Made anew, since the runtime may be another one than before.
        self.sleep.insert(Box::pin(sleep_until(until))).as_mut().poll(context)
    }
}

impl Drop for Updates {
    fn drop(&mut self) {
        // What is under way is noted as sent, and not as under way for ever.
        self.driver.cancel_all(now());
    }
}

impl fmt::Debug for Updates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Updates").field("watched", &self.len()).finish_non_exhaustive()
    }
}

impl<'a, Ids> WatchImport<'a, Client, Ids> {
    /// The updates one by one, in place of the outcome alone.
    pub fn updates(self) -> Updates {
        self.start().0
    }

    fn start(self) -> (Updates, Vec<BotImportId>, OnUpdate<'a>) {
        let client = self.client.clone();
        let (driver, ids, on_update) = self.begin(&client.core, now());
        let updates =
            Updates { client, driver, looks: FuturesUnordered::new(), handles: HashMap::new(), sleep: None };
        (updates, ids, on_update)
    }
}

impl<'a> IntoFuture for WatchImport<'a, Client> {
    type Output = Result<End<Error>, DeadlineTooSoon>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            let (mut updates, _, mut on_update) = self.start();
            loop {
                let update = updates.next().await.expect("the last update is the end");
                on_update.call(&update);
                if let Update::Ended { end, .. } = update {
                    return end;
                }
            }
        })
    }
}

impl<'a> IntoFuture for WatchImport<'a, Client, Vec<BotImportId>> {
    type Output = Vec<(BotImportId, Result<End<Error>, DeadlineTooSoon>)>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            let (mut updates, ids, mut on_update) = self.start();
            let mut ends = HashMap::new();
            while let Some(update) = updates.next().await {
                on_update.call(&update);
                if let Update::Ended { id, end } = update {
                    ends.insert(id, end);
                }
            }
            in_order(ids, ends)
        })
    }
}
