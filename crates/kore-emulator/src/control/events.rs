//! `GET /events`: what happens, as server-sent events for the page.
//!
//! Nothing is queued for a page: as soon as it has taken what it was sent, it is sent the newest,
//! and how much was left out. One that takes nothing for a while finds its stream ended when it
//! comes back, and asks anew.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::channel::Sender;
use http_body_util::{Channel, Either};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::OwnedSemaphorePermit;

use super::answer::Problem;
use super::base::{Control, MAX_VIEWERS};
use super::log::Seen;
use super::view::{Counts, ImportView, Much};
use crate::bodies::AnswerBody;

/// How often is looked whether something happened.
const TICK: Duration = Duration::from_millis(100);

/// How long a page may take nothing.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long nothing is sent, if nothing happens: a page that went away is noticed then.
const SILENCE: Duration = Duration::from_secs(1);

/// How many imports, bots and files are shown, the newest.
const IMPORTS: usize = 50;

/// How many requests are sent at a time, the newest.
const REQUESTS: usize = 100;

/// More imports than these are not counted at each change.
const FEW: usize = 2000;

/// How often they are counted then.
const COUNTED: Duration = Duration::from_secs(5);

/// What a page knows.
#[derive(Debug, Default)]
struct Viewer {
    /// Each import that it shows, the newest first, as it was sent.
    shown: Vec<(String, String)>,
    total: Option<usize>,
    /// The bots and files as they were sent.
    bots_and_files: String,
    counted: Option<Instant>,
    next_request: u64,
}

pub(super) fn follow(control: &Arc<Control>) -> Result<Response<AnswerBody>, Problem> {
    let place = Arc::clone(&control.viewers).try_acquire_owned().map_err(|_| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("at most {MAX_VIEWERS} pages that follow"))
            .found("as many")
            .hint("close one")
    })?;
    // One piece that waits, beside the one that is on its way.
    let (send, pieces) = Channel::new(1);
    tokio::spawn(Arc::clone(control).send_events(send, place));
    let mut response = Response::new(Either::Right(pieces));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(response)
}

impl Control {
    async fn send_events(self: Arc<Self>, mut send: Sender<Bytes, io::Error>, _place: OwnedSemaphorePermit) {
        let mut stopped = self.stopped.subscribe();
        let mut viewer = Viewer::default();
        let mut sent = Instant::now();
        let mut piece = self.hello();
        loop {
            // There may be a million imports to count.
            let control = Arc::clone(&self);
            let news = move || {
                control.news(&mut viewer, &mut piece);
                (viewer, piece)
            };
            let Ok(found) = tokio::task::spawn_blocking(news).await else { return };
            (viewer, piece) = found;
            if piece.is_empty() && sent.elapsed() > SILENCE {
                piece.push_str(":\n\n");
            }
            if !piece.is_empty() {
                let sending = send.send_data(std::mem::take(&mut piece).into());
                tokio::select! {
                    sent = tokio::time::timeout(PATIENCE, sending) => if !matches!(sent, Ok(Ok(()))) { return },
                    _ = stopped.wait_for(|stopped| *stopped) => return,
                }
                sent = Instant::now();
            }
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
        }
    }

    /// A page that was here before begins anew with it.
    fn hello(&self) -> String {
        #[derive(Serialize)]
        struct Hello {
            version: &'static str,
            shown: usize,
        }
        let mut piece = "retry: 1000\n".to_owned();
        event(&mut piece, "hello", &Hello { version: env!("CARGO_PKG_VERSION"), shown: IMPORTS });
        piece
    }

    /// What the viewer does not know yet.
    fn news(&self, viewer: &mut Viewer, piece: &mut String) {
        #[derive(Serialize)]
        struct Requests {
            missed: u64,
            requests: Vec<Seen>,
        }
        let next = self.log().count();
        if next > viewer.next_request {
            let (missed, requests) = self.log().since(viewer.next_request, REQUESTS);
            viewer.next_request += missed + requests.len() as u64;
            event(piece, "requests", &Requests { missed, requests });
        }
        if let Some(imports) = viewer.change(self) {
            event(piece, "imports", &imports);
        }
        let mut bots_and_files = String::new();
        event(&mut bots_and_files, "bots_and_files", &self.bots_and_files(IMPORTS));
        if bots_and_files != viewer.bots_and_files {
            piece.push_str(&bots_and_files);
            viewer.bots_and_files = bots_and_files;
        }
    }
}

#[derive(Serialize)]
struct Change {
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
    /// Those that are shown, the newest first.
    ids: Vec<String>,
    /// Those of them that changed.
    imports: Vec<Box<RawValue>>,
}

impl Viewer {
    /// What has changed since it was asked last.
    fn change(&mut self, control: &Control) -> Option<Change> {
        let now = control.clock.now().wall;
        let (total, newest) = control.platform.with(|imports| {
            let newest = imports.newest(u64::MAX).take(IMPORTS);
            (imports.len(), newest.map(|(id, entry)| (id.clone(), entry.clone())).collect::<Vec<_>>())
        });
        let is_due = self.counted.is_none_or(|counted| counted.elapsed() >= COUNTED);
        let counts = (total <= FEW || is_due).then(|| {
            self.counted = Some(Instant::now());
            let mut counts = Counts::default();
            control.platform.with(|imports| imports.all().for_each(|(_, entry)| counts.add(entry, now)));
            counts
        });
        let shown = newest.iter().map(|(id, entry)| {
            let view = ImportView::new(id, entry, now, Much::WithLog);
            (id.to_string(), serde_json::to_string(&view).expect("its keys are texts"))
        });
        let shown: Vec<_> = shown.collect();
        if shown == self.shown && self.total == Some(total) {
            return None;
        }
        let changed = shown.iter().filter(|view| !self.shown.contains(view));
        let imports = changed.map(|(_, view)| RawValue::from_string(view.clone()).expect("JSON")).collect();
        let ids = shown.iter().map(|(id, _)| id.clone()).collect();
        (self.total, self.shown) = (Some(total), shown);
        Some(Change { total, counts, ids, imports })
    }
}

fn event(piece: &mut String, name: &str, data: &impl Serialize) {
    let data = serde_json::to_string(data).expect("its keys are texts");
    // JSON has no line break within.
    let _ = write!(piece, "event: {name}\ndata: {data}\n\n");
}
