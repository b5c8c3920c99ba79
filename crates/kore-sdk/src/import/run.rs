//! Uploads the files and starts an import on the async client.

use std::future::IntoFuture;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use kore_protocol::OutgoingRequest;
use kore_protocol::bot_import::start_new;
use kore_transport::{Phase, TransportError};
use kore_types::FileId;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::attempts::Sending;
use super::event::OnEvent;
use super::plan::{self, Start, Upload};
use super::{Import, ImportEvent};
use crate::{Client, Error};

/// How long after the deadline the response to a start may still come.
const GRACE: Duration = Duration::from_secs(60);

impl<'a> Import<'a, Client> {
    /// Gives the accepted import, and the handler of events for the watch that may follow.
    pub(super) async fn start(self) -> Result<(start_new::Response, OnEvent<'a>), Error> {
        let Self { client, files, target, at_once, deadline, mut on_event } = self;
        let uploads = plan::uploads(&files, &target)?;
        let now = Instant::now();
        // A deadline beyond the range of the clock becomes one in a year.
        let deadline = now.checked_add(deadline).unwrap_or(now + Duration::from_secs(365 * 86_400));
        let ids = upload_all(client, uploads, at_once, deadline, &mut on_event).await?;
        let sending = Sending::of_start(deadline.into_std());
        let accepted = match plan::start(&files, target, ids) {
            Start::New(request) => start(client, &request, sending, deadline, &mut on_event).await?,
            Start::Existing(request) => start(client, &request, sending, deadline, &mut on_event).await?,
        };
        let (import_id, body) = (accepted.import_id.clone(), accepted.body.clone());
        on_event.tell(ImportEvent::Started { import_id, body });
        Ok((accepted, on_event))
    }
}

impl<'a> IntoFuture for Import<'a, Client> {
    type Output = Result<start_new::Response, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { Ok(self.start().await?.0) })
    }
}

/// Uploads the files in order, some at once. Gives their ids in order.
async fn upload_all(
    client: &Client,
    uploads: Vec<Upload>,
    at_once: usize,
    deadline: Instant,
    on_event: &mut OnEvent<'_>,
) -> Result<Vec<FileId>, Error> {
    let (events, mut told) = unbounded_channel();
    let mut ids = vec![None; uploads.len()];
    let mut waiting = uploads.into_iter().enumerate();
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < at_once
            && let Some((at, file)) = waiting.next()
        {
            let events = events.clone();
            running.push(async move { (at, upload(client, file, deadline, events).await) });
        }
        // Events come before the end that they led to.
        let ended = match select(pin!(told.recv()), running.next()).await {
            Either::Left((event, _)) => {
                on_event.tell(event.expect("it is sent from here"));
                continue;
            }
            Either::Right((ended, _)) => ended,
        };
        while let Ok(event) = told.try_recv() {
            on_event.tell(event);
        }
        match ended {
            Some((at, id)) => ids[at] = Some(id?),
            None => return Ok(ids.into_iter().flatten().collect()),
        }
    }
}

async fn upload(
    client: &Client,
    file: Upload,
    deadline: Instant,
    events: UnboundedSender<ImportEvent>,
) -> Result<FileId, Error> {
    // Fails only if the caller is gone.
    let tell = Arc::new(move |event| drop(events.send(event)));
    let reported = tell.clone();
    let request = file.request(move |event| reported(event));
    let sending = send(client, &request, Sending::of_upload(deadline.into_std()), |waiting| {
        tell(waiting.unwrap_or_else(|| file.uploading(0)));
    });
    let response = timeout_at(deadline, sending).await.unwrap_or_else(|_| {
        Err(TransportError::timeout(Phase::Exchange, "the deadline came before the file was uploaded").into())
    })?;
    let (id, event) = file.uploaded(response);
    tell(event);
    Ok(id)
}

async fn start<R: OutgoingRequest<Response = start_new::Response> + Sync>(
    client: &Client,
    request: &R,
    sending: Sending,
    deadline: Instant,
    on_event: &mut OnEvent<'_>,
) -> Result<start_new::Response, Error> {
    let mut is_told = false;
    let sending = send(client, request, sending, |waiting| match waiting {
        Some(waiting) => on_event.tell(waiting),
        None if is_told => {}
        None => {
            is_told = true;
            on_event.tell(ImportEvent::Starting);
        }
    });
    let late = timeout_at(deadline + GRACE, sending).await;
    late.unwrap_or_else(|_| {
        let limit = "the deadline came before the response to the start";
        Err(Error::from(TransportError::timeout(Phase::Exchange, limit)).in_doubt())
    })
}

/// Sends a request, and again as often as it may. `tell` is called with an event before each wait, and
/// with `None` just before each request.
async fn send<R: OutgoingRequest + Sync>(
    client: &Client,
    request: &R,
    mut sending: Sending,
    mut tell: impl FnMut(Option<ImportEvent>) + Send,
) -> Result<R::Response, Error> {
    loop {
        let now = Instant::now().into_std();
        let again = match client.core.reserve(request, now) {
            Err(free_at) => Some(sending.throttled(free_at)?),
            Ok(()) => {
                tell(None);
                sending.sent();
                match client.poll(request).await {
                    Ok(answer) => return Ok(answer.response),
                    Err(error) => sending.failed(error, Instant::now().into_std(), SystemTime::now())?,
                }
            }
        };
        if let Some(waiting) = again {
            tell(Some(waiting.event()));
            sleep_until(waiting.until.into()).await;
        }
    }
}
