//! What happens, as server-sent events.
//!
//! Nothing is queued for a page: as soon as it has taken what it was sent, it is sent the newest,
//! and how much was left out. One that takes nothing for a while finds its stream ended when it
//! comes back, and asks anew.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Instant;

use http::header::CONTENT_TYPE;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::log::Seen;
use super::view::{Counts, ImportView, Mark, Much};
use super::*;

/// How often is looked whether something happened.
const TICK: Duration = Duration::from_millis(100);

/// How long a page may take nothing.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long nothing is sent, if nothing happens: a page that went away is noticed then.
const SILENCE: Duration = Duration::from_secs(10);

/// How many imports are shown, the newest.
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
    marks: HashMap<BotImportId, Mark>,
    ids: Vec<BotImportId>,
    total: Option<usize>,
    counted: Option<Instant>,
    next_request: u64,
}

pub(super) fn follow(control: &Arc<Control>) -> Result<Response<ControlBody>, Problem> {
    let place = Arc::clone(&control.viewers).try_acquire_owned().map_err(|_| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("at most {MAX_VIEWERS} pages that follow"))
            .found("as many")
            .hint("close one")
    })?;
    // One piece that waits, beside the one that is on its way.
    let (send, pieces) = mpsc::channel(1);
    tokio::spawn(Arc::clone(control).send_events(send, place));
    let mut response = Response::new(ControlBody::Pieces(pieces));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(response)
}

impl Control {
    async fn send_events(
        self: Arc<Self>,
        send: mpsc::Sender<io::Result<Bytes>>,
        _place: OwnedSemaphorePermit,
    ) {
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
                let sending = send.send_timeout(Ok(std::mem::take(&mut piece).into()), PATIENCE);
                tokio::select! {
                    sent = sending => if sent.is_err() { return },
                    _ = stopped.wait_for(|stopped| *stopped) => return,
                }
                sent = Instant::now();
            }
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                () = send.closed() => return,
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
        #[derive(Serialize)]
        struct Imports<'a> {
            total: usize,
            #[serde(skip_serializing_if = "Option::is_none")]
            counts: Option<Counts>,
            /// Those that are shown, the newest first.
            ids: &'a [BotImportIdText],
            /// Those of them that changed.
            imports: &'a [ImportView],
        }
        let next = self.log().count();
        if next > viewer.next_request {
            let (missed, requests) = self.log().since(viewer.next_request, REQUESTS);
            viewer.next_request += missed + requests.len() as u64;
            event(piece, "requests", &Requests { missed, requests });
        }
        if let Some(change) = viewer.look(self) {
            let ids: Vec<_> = viewer.ids.iter().map(|id| BotImportIdText(id.to_string())).collect();
            event(
                piece,
                "imports",
                &Imports { total: change.total, counts: change.counts, ids: &ids, imports: &change.imports },
            );
        }
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct BotImportIdText(String);

struct Change {
    total: usize,
    counts: Option<Counts>,
    imports: Vec<ImportView>,
}

impl Viewer {
    fn look(&mut self, control: &Control) -> Option<Change> {
        let now = control.clock.now().wall;
        let (total, newest) = control.platform.with(|imports| {
            let newest = imports.newest(u64::MAX).take(IMPORTS);
            let newest: Vec<_> =
                newest.map(|(id, entry)| (id.clone(), Mark::of(entry, now), entry.clone())).collect();
            (imports.len(), newest)
        });
        let is_due = self.counted.is_none_or(|counted| counted.elapsed() >= COUNTED);
        let counts = (total <= FEW || is_due).then(|| {
            let mut counts = Counts::default();
            control.platform.with(|imports| imports.all().for_each(|(_, entry)| counts.add(entry, now)));
            counts
        });
        if counts.is_some() {
            self.counted = Some(Instant::now());
        }
        let is_new = |(id, mark, _): &&(_, Mark, _)| self.marks.get(id) != Some(mark);
        let imports = newest.iter().filter(is_new);
        let imports: Vec<_> =
            imports.map(|(id, _, entry)| ImportView::new(id, entry, now, Much::WithLog)).collect();
        let ids: Vec<_> = newest.iter().map(|(id, ..)| id.clone()).collect();
        let is_changed = !imports.is_empty() || ids != self.ids || self.total != Some(total);
        self.total = Some(total);
        self.ids = ids;
        self.marks = newest.into_iter().map(|(id, mark, _)| (id, mark)).collect();
        is_changed.then_some(Change { total, counts, imports })
    }
}

fn event(piece: &mut String, name: &str, data: &impl Serialize) {
    let data = serde_json::to_string(data).expect("its keys are texts");
    // JSON has no line break within.
    let _ = write!(piece, "event: {name}\ndata: {data}\n\n");
}
