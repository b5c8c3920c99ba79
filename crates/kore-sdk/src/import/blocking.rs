//! Uploads the files and starts an import on the blocking client.

use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use kore_protocol::OutgoingRequest;
use kore_protocol::bot_import::start_new;
use kore_types::FileId;

use super::attempts::Sending;
use super::event::OnEvent;
use super::plan::{self, Start, Upload};
use super::{Import, ImportEvent};
use crate::Error;
use crate::blocking::Client;

impl<'a> Import<'a, Client> {
    /// Starts the import on the calling thread, and gives back the import that the platform accepted.
    /// Files are uploaded on threads of their own.
    ///
    /// # Errors
    /// If a file cannot be uploaded, or the import cannot be started; ask
    /// [`Error::may_have_started`].
    pub fn run(self) -> Result<start_new::Response, Error> {
        Ok(self.start_blocking()?.0)
    }

    pub(super) fn start_blocking(self) -> Result<(start_new::Response, OnEvent<'a>), Error> {
        let Self { client, files, target, at_once, deadline, mut on_event } = self;
        let uploads = plan::uploads(&files, &target)?;
        let now = Instant::now();
        // A deadline beyond the range of the clock becomes one in a year.
        let deadline = now.checked_add(deadline).unwrap_or(now + Duration::from_secs(365 * 86_400));
        let ids = upload_all(client, &uploads, at_once, deadline, &mut on_event)?;
        let sending = Sending::of_start(deadline);
        let accepted = match plan::start(&files, target, ids) {
            Start::New(request) => start(client, &request, sending, &mut on_event)?,
            Start::Existing(request) => start(client, &request, sending, &mut on_event)?,
        };
        let (import_id, body) = (accepted.import_id.clone(), accepted.body.clone());
        on_event.tell(ImportEvent::Started { import_id, body });
        Ok((accepted, on_event))
    }
}

/// What the thread of an upload sends to the caller: an event, or the end of the upload with the place of
/// its file.
enum Told {
    Event(ImportEvent),
    Ended(usize, Result<FileId, Error>),
}

/// Uploads the files in order, some at once. Gives their ids in order.
fn upload_all(
    client: &Client,
    uploads: &[Upload],
    at_once: usize,
    deadline: Instant,
    on_event: &mut OnEvent<'_>,
) -> Result<Vec<FileId>, Error> {
    let waiting = Mutex::new(uploads.iter().enumerate());
    let next = || waiting.lock().ok()?.next();
    let (tell, told) = channel();
    thread::scope(|scope| {
        for _ in 0..at_once.min(uploads.len()) {
            let tell = tell.clone();
            scope.spawn(move || {
                while let Some((at, file)) = next() {
                    let id = upload(client, file, deadline, &tell);
                    let is_over = id.is_err();
                    if tell.send(Told::Ended(at, id)).is_err() || is_over {
                        return;
                    }
                }
            });
        }
        // The loop ends with the last thread. After the first error, each thread finishes its upload and
        // begins no other.
        drop(tell);
        let mut ids = vec![None; uploads.len()];
        for told in told {
            match told {
                Told::Event(event) => on_event.tell(event),
                Told::Ended(at, Ok(id)) => ids[at] = Some(id),
                Told::Ended(_, Err(error)) => {
                    while next().is_some() {}
                    return Err(error);
                }
            }
        }
        Ok(ids.into_iter().flatten().collect())
    })
}

fn upload(client: &Client, file: &Upload, deadline: Instant, told: &Sender<Told>) -> Result<FileId, Error> {
    // Fails only if the caller is gone.
    let tell = |event| drop(told.send(Told::Event(event)));
    let reported = told.clone();
    let request = file.request(move |event| drop(reported.send(Told::Event(event))));
    let response = send(client, &request, Sending::of_upload(deadline), |waiting| {
        tell(waiting.unwrap_or_else(|| file.uploading(0)));
    })?;
    let (id, event) = file.uploaded(response);
    tell(event);
    Ok(id)
}

fn start<R: OutgoingRequest<Response = start_new::Response>>(
    client: &Client,
    request: &R,
    sending: Sending,
    on_event: &mut OnEvent<'_>,
) -> Result<start_new::Response, Error> {
    let mut is_told = false;
    send(client, request, sending, |waiting| match waiting {
        Some(waiting) => on_event.tell(waiting),
        None if is_told => {}
        None => {
            is_told = true;
            on_event.tell(ImportEvent::Starting);
        }
    })
}

/// Sends a request, and again as often as it may. `tell` is called with an event before each wait, and
/// with `None` just before each request.
fn send<R: OutgoingRequest>(
    client: &Client,
    request: &R,
    mut sending: Sending,
    mut tell: impl FnMut(Option<ImportEvent>),
) -> Result<R::Response, Error> {
    loop {
        let again = match client.core.reserve(request, Instant::now()) {
            Err(free_at) => Some(sending.throttled(free_at)?),
            Ok(()) => {
                tell(None);
                sending.sent();
                match client.poll(request) {
                    Ok(answer) => return Ok(answer.response),
                    Err(error) => sending.failed(error, Instant::now(), SystemTime::now())?,
                }
            }
        };
        if let Some(waiting) = again {
            tell(Some(waiting.event()));
            thread::sleep(waiting.until.saturating_duration_since(Instant::now()));
        }
    }
}
