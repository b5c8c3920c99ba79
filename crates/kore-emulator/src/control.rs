//! What is under `/_emulator/`: to look at the emulator and to steer it, on the port of the API.
//!
//! These requests are no part of the emulated platform: no fault strikes them, no limit counts
//! them, and no token is asked for. Whoever can reach the port may steer; [`guard`] sees to it that
//! a page from elsewhere in someone's browser cannot.

mod answer;
mod events;
mod faults;
mod guard;
mod imports;
mod log;
mod page;
mod routes;
mod snapshots;
mod view;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use kore_types::BotImportId;
use serde::Serialize;
use tokio::sync::{Semaphore, watch};

pub(crate) use answer::ControlBody;
pub(crate) use log::Noted;

use crate::clock::Clock;
use crate::faults::FaultyWay;
use crate::imports::Held;
use crate::life::Life;
use crate::platform::Platform;
use crate::server::{Bodies, Unread};
use crate::state::State;
use crate::{Faults, Scenario};
use answer::{Problem, json};
use imports::Recent;
use log::RequestLog;
use routes::{Action, Steer};
use snapshots::Snapshots;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The most imports that are created here; a program may hold more.
const MAX_IMPORTS: usize = 1_000_000;

/// How many pages may follow what happens.
const MAX_VIEWERS: usize = 32;

/// The control of one emulator.
#[derive(Debug)]
pub(crate) struct Control {
    platform: Arc<Platform>,
    faults: Arc<FaultyWay>,
    clock: Clock,
    state: Option<Arc<State>>,
    /// What the emulator was started with, for a reset.
    start: (Vec<(BotImportId, Held)>, Faults),
    log: Mutex<RequestLog>,
    recent: Mutex<Recent>,
    viewers: Arc<Semaphore>,
    snapshots: Snapshots,
    stopped: watch::Sender<bool>,
}

impl Control {
    pub(crate) fn new(
        platform: Arc<Platform>,
        faults: Arc<FaultyWay>,
        clock: Clock,
        state: Option<Arc<State>>,
        start: (Vec<(BotImportId, Held)>, Faults),
    ) -> Self {
        Self {
            platform,
            faults,
            clock,
            state,
            start,
            log: Mutex::default(),
            recent: Mutex::default(),
            viewers: Arc::new(Semaphore::new(MAX_VIEWERS)),
            snapshots: Snapshots::default(),
            stopped: watch::Sender::new(false),
        }
    }

    /// Whether a path is one of those here.
    pub(crate) fn has(path: &str) -> bool {
        routes::below_root(path).is_some()
    }

    /// Takes note of a request for the platform and its answer.
    pub(crate) fn note(&self, noted: Noted, response: &Response<Bytes>) {
        self.log().push(noted, response, self.clock.now().wall);
    }

    /// Ends the streams of events: no stop waits for a page that is open.
    pub(crate) fn stop(&self) {
        self.stopped.send_replace(true);
    }

    fn log(&self) -> MutexGuard<'_, RequestLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request whose path [is one of those here](Self::has).
    pub(crate) async fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        bodies: &Bodies,
    ) -> Response<ControlBody> {
        let is_head = request.method() == Method::HEAD;
        let acted = self.act(request, bodies).await;
        let mut response = acted.unwrap_or_else(Problem::into_response);
        if is_head {
            *response.body_mut() = ControlBody::empty();
        }
        guard::headers(response.headers_mut());
        response
    }

    async fn act(
        self: &Arc<Self>,
        request: Request<Incoming>,
        bodies: &Bodies,
    ) -> Result<Response<ControlBody>, Problem> {
        let (parts, body) = request.into_parts();
        guard::check(&parts)?;
        let (action, id) = routes::find(&parts.method, parts.uri.path())?;
        let id = id.map(str::to_owned);
        let _turn = match action {
            Action::Restore => self.snapshots.taken.acquire().await.ok(),
            _ => None,
        };
        let body = bodies.read(body, action.max_body(), BODY_TIMEOUT).await;
        let body = body.map_err(|why| unread(why, action, parts.uri.path()))?;
        // A long body takes a while to read, and a long list to write: others go on meanwhile.
        let control = Arc::clone(self);
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let done = move || {
            let answer = control.do_it(action, id.as_deref(), &query, body.bytes())?;
            if let Some(state) = control.state.as_ref().filter(|_| action.changes()) {
                // Nobody is told of what a crash could take away again.
                state.save().map_err(unsaved)?;
            }
            Ok(answer)
        };
        tokio::task::spawn_blocking(done).await.map_err(|_| {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "to do it")
                .found("a fault in the emulator")
                .hint("report it")
        })?
    }

    fn do_it(
        self: &Arc<Self>,
        action: Action,
        id: Option<&str>,
        query: &str,
        body: &Bytes,
    ) -> Result<Response<ControlBody>, Problem> {
        Ok(match action {
            Action::ToPage => page::redirect(),
            Action::Page(file) => page::answer(file),
            Action::Events => events::follow(self)?,
            Action::Health => json(StatusCode::OK, &self.health()),
            Action::OpenApi => {
                let document = kore_protocol::OPENAPI_JSON.as_bytes().to_vec();
                answer::json_text(StatusCode::OK, document)
            }
            Action::Scenarios => json(StatusCode::OK, &imports::library()),
            Action::Imports => self.list_imports(query)?,
            Action::Import => self.import(id)?,
            Action::Requests => self.list_requests(query)?,
            Action::Faults => json(StatusCode::OK, &self.faults.list()),
            Action::Snapshot => self.snapshot()?,
            Action::Create => self.create(body)?,
            Action::Delete => self.delete(id)?,
            Action::Steer(how) => self.steer(id, how)?,
            Action::AddFaults => self.add_faults(body)?,
            Action::ClearFaults => {
                self.faults.replace(Faults::default(), self.clock.now().wall);
                no_content()
            }
            Action::Reset => self.reset(),
            Action::Restore => self.restore(body)?,
        })
    }

    fn health(&self) -> impl Serialize {
        #[derive(Serialize)]
        struct Health {
            status: &'static str,
            version: &'static str,
            imports: usize,
            requests: u64,
        }
        Health {
            status: "ok",
            version: env!("CARGO_PKG_VERSION"),
            imports: self.platform.with(crate::imports::Imports::len),
            requests: self.log().count(),
        }
    }

    fn list_requests(&self, query: &str) -> Result<Response<ControlBody>, Problem> {
        let asked = routes::Page::of(query, log::MAX)?;
        Ok(json(StatusCode::OK, &self.log().newest(asked)))
    }

    /// As at the start, but for tokens: one that was used stays used.
    fn reset(&self) -> Response<ControlBody> {
        let now = self.clock.now().wall;
        let (imports, faults) = &self.start;
        self.platform.replace(imports.iter().map(|(id, held)| (id.clone(), held.begun(now))).collect());
        self.faults.replace(faults.clone(), now);
        self.log().clear();
        no_content()
    }
}

fn unread(why: Unread, action: Action, path: &str) -> Problem {
    match why {
        Unread::TooLong => {
            let most = action.max_body();
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("a body of at most {most} bytes"))
                .found(format!("a longer one for {path}"))
                .hint("send less at a time")
        }
        Unread::NoRoom => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "a body that arrives while there is room for it")
                .found("others that have the room")
                .hint("send it again")
        }
        Unread::Late | Unread::Broken => {
            Problem::new(StatusCode::REQUEST_TIMEOUT, "a whole body within 30 s")
                .found("one that did not arrive")
                .hint("send it again")
        }
    }
}

fn unsaved(error: io::Error) -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "to save the change in the state file")
        .found(error)
        .hint("the change holds until the emulator ends; make room for the file, or let it be written")
}

fn no_content() -> Response<ControlBody> {
    let mut response = Response::new(ControlBody::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
