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
mod view;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use kore_types::BotImportId;
use serde::Serialize;
use tokio::sync::{Semaphore, watch};

pub(crate) use answer::ControlBody;
pub(crate) use log::Noted;

use crate::builder::Import;
use crate::clock::Clock;
use crate::faults::FaultyWay;
use crate::life::Life;
use crate::platform::Platform;
use crate::{Faults, Scenario, snapshot};
use answer::{Problem, json};
use imports::Recent;
use log::RequestLog;
use routes::{Action, Steer};

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
    /// What the emulator was started with, for a reset.
    start: (Vec<Import>, Faults),
    log: Mutex<RequestLog>,
    recent: Mutex<Recent>,
    viewers: Arc<Semaphore>,
    stopped: watch::Sender<bool>,
}

impl Control {
    pub(crate) fn new(
        platform: Arc<Platform>,
        faults: Arc<FaultyWay>,
        clock: Clock,
        start: (Vec<Import>, Faults),
    ) -> Self {
        Self {
            platform,
            faults,
            clock,
            start,
            log: Mutex::default(),
            recent: Mutex::default(),
            viewers: Arc::new(Semaphore::new(MAX_VIEWERS)),
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
    pub(crate) async fn answer(self: &Arc<Self>, request: Request<Incoming>) -> Response<ControlBody> {
        let is_head = request.method() == Method::HEAD;
        let mut response = self.act(request).await.unwrap_or_else(Problem::into_response);
        if is_head {
            *response.body_mut() = ControlBody::empty();
        }
        guard::headers(response.headers_mut());
        response
    }

    async fn act(self: &Arc<Self>, request: Request<Incoming>) -> Result<Response<ControlBody>, Problem> {
        let (parts, body) = request.into_parts();
        guard::check(&parts)?;
        let path = parts.uri.path();
        let (action, id) = routes::find(&parts.method, path)?;
        let query = parts.uri.query().unwrap_or_default();
        let most = action.max_body();
        let body = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, most).collect());
        let body = match body.await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                let found = format!("a longer one for {path}");
                return Err(Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    format!("a body of at most {most} bytes"),
                )
                .found(found)
                .hint("send less at a time"));
            }
            Ok(Err(_)) | Err(_) => {
                return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "a whole body within 30 s")
                    .found("one that did not arrive")
                    .hint("send it again"));
            }
        };
        self.do_it(action, id, query, &body).await
    }

    async fn do_it(
        self: &Arc<Self>,
        action: Action,
        id: Option<&str>,
        query: &str,
        body: &Bytes,
    ) -> Result<Response<ControlBody>, Problem> {
        match action {
            Action::ToPage => return Ok(page::redirect()),
            Action::Page(file) => return Ok(page::answer(file)),
            Action::Events => return events::follow(self),
            Action::Health => return Ok(json(StatusCode::OK, &self.health())),
            Action::OpenApi => {
                let document = kore_protocol::OPENAPI_JSON.as_bytes().to_vec();
                return Ok(answer::json_text(StatusCode::OK, document));
            }
            Action::Scenarios => return Ok(json(StatusCode::OK, &imports::library())),
            Action::Imports => return self.list_imports(query),
            Action::Import => return self.import(id),
            Action::Requests => return self.list_requests(query),
            Action::Faults => return Ok(json(StatusCode::OK, &self.faults.list())),
            Action::Snapshot => return self.snapshot(),
            Action::Create
            | Action::Delete
            | Action::Steer(_)
            | Action::AddFaults
            | Action::ClearFaults
            | Action::Reset
            | Action::Restore => {}
        }
        let answer = match action {
            Action::Create => self.create(body)?,
            Action::Delete => self.delete(id)?,
            Action::Steer(how) => self.steer(id, how)?,
            Action::AddFaults => self.add_faults(body)?,
            Action::ClearFaults => {
                self.faults.replace(Faults::default(), self.clock.now().wall);
                no_content()
            }
            Action::Reset => self.reset(),
            _ => self.restore(body)?,
        };
        // Nobody is told of what a crash could take away again.
        self.platform.saved().await.map_err(|error| {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "to save the change in the state file")
                .found(error)
                .hint(
                    "the change holds until the emulator ends; make room for the file, or let it be written",
                )
        })?;
        Ok(answer)
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
            imports: self.platform.with(crate::holdings::Holdings::len),
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
        self.platform.replace(imports.iter().filter_map(|import| import.held(now)));
        self.faults.replace(faults.clone(), now);
        self.log().clear();
        no_content()
    }

    fn snapshot(&self) -> Result<Response<ControlBody>, Problem> {
        let mut text = Vec::new();
        let now = self.clock.now().wall;
        snapshot::write(&self.platform.all(), &mut snapshot::Scenarios::default(), now, &mut text)
            .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "JSON").found(error))?;
        Ok(answer::json_text(StatusCode::OK, text))
    }

    fn restore(&self, body: &Bytes) -> Result<Response<ControlBody>, Problem> {
        #[derive(Serialize)]
        struct Restored {
            imports: usize,
        }
        let text = answer::utf8(body)?;
        let snapshot = snapshot::read(text, "the snapshot", Some(self.clock.now().wall))
            .map_err(|error| Problem::body("a snapshot as this emulator gives it", error))?;
        let imports = snapshot.imports.len();
        if imports > MAX_IMPORTS {
            return Err(Problem::new(StatusCode::CONFLICT, format!("at most {MAX_IMPORTS} imports"))
                .found(format!("{imports} imports"))
                .hint("leave some out"));
        }
        self.platform.replace(snapshot.imports);
        Ok(json(StatusCode::OK, &Restored { imports }))
    }
}

fn no_content() -> Response<ControlBody> {
    let mut response = Response::new(ControlBody::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
