//! The control: what is under `/_emulator/`, to look at the emulator and to steer it, for the page and
//! for programs.
//!
//! These requests are no part of the emulated platform: no fault strikes them, no limit counts
//! them, and no token is asked for. Whoever can reach the port may steer; [`guard`] sees to it that
//! a page from elsewhere in someone's browser cannot.

mod answer;
mod base;
mod bots;
mod events;
mod guard;
mod imports;
mod jobs;
mod log;
mod page;
mod recent;
mod routes;
mod view;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;

pub(crate) use base::Control;
pub(crate) use log::Noted;

use crate::bodies::{AnswerBody, Bodies, Unread, whole};
use crate::{Faults, input, snapshot};
use answer::{Problem, json, no_content};
use base::{MAX_IMPORTS, MAX_SNAPSHOTS};
use routes::Action;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The most faults at a time.
const MAX_FAULTS: usize = 1000;

impl Control {
    /// Whether a path is one of those here.
    pub(crate) fn has(path: &str) -> bool {
        routes::below_root(path).is_some()
    }

    /// Answers a request whose path [is one of those here](Self::has).
    pub(crate) async fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        bodies: &Bodies,
    ) -> Response<AnswerBody> {
        let is_head = request.method() == Method::HEAD;
        let acted = self.act(request, bodies).await;
        let mut response = acted.unwrap_or_else(Problem::into_response);
        if is_head {
            *response.body_mut() = whole(Bytes::new());
        }
        guard::headers(response.headers_mut());
        response
    }

    async fn act(
        self: &Arc<Self>,
        request: Request<Incoming>,
        bodies: &Bodies,
    ) -> Result<Response<AnswerBody>, Problem> {
        let (parts, body) = request.into_parts();
        guard::check(&parts)?;
        let action = routes::find(&parts.method, parts.uri.path())?;
        let _turn = match action {
            Action::Restore => self.restores.acquire().await.ok(),
            _ => None,
        };
        let body = bodies.read(body, action.max_body(), BODY_TIMEOUT).await;
        let body = body.map_err(|why| unread(why, action.max_body(), parts.uri.path()))?;
        // A long body takes a while to read, and a long list to write: others go on meanwhile.
        let control = Arc::clone(self);
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let done = move || {
            let changes = action.changes();
            let answer = control.do_it(action, &query, body.bytes())?;
            if let Some(state) = control.state.as_ref().filter(|_| changes) {
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
        query: &str,
        body: &Bytes,
    ) -> Result<Response<AnswerBody>, Problem> {
        Ok(match action {
            Action::ToPage => page::redirect(),
            Action::Page(file) => page::answer(file),
            Action::Events => events::follow(self)?,
            Action::Health => json(StatusCode::OK, &self.health()),
            Action::OpenApi => answer::json_text(StatusCode::OK, kore_protocol::OPENAPI_JSON),
            Action::Scenarios => json(StatusCode::OK, &imports::library()),
            Action::Imports => self.list_imports(query)?,
            Action::Import(id) => self.import(&id)?,
            Action::Bots => self.list_bots(),
            Action::AddBot => self.add_bot(body)?,
            Action::DeleteBot(id) => self.delete_bot(&id)?,
            Action::Job(bot, kind) => self.job(&bot, kind)?,
            Action::SteerJob(bot, kind, how) => self.steer_job(&bot, kind, how)?,
            Action::Prepare => self.prepare(body)?,
            Action::ForgetPrepared => self.forget_prepared(),
            Action::Files => self.list_files(),
            Action::Requests => self.list_requests(query)?,
            Action::Faults => json(StatusCode::OK, &self.faults.list()),
            Action::Snapshot => self.snapshot()?,
            Action::Create => self.create(body)?,
            Action::Delete(id) => self.delete(&id)?,
            Action::Steer(id, how) => self.steer(&id, how)?,
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

    fn list_requests(&self, query: &str) -> Result<Response<AnswerBody>, Problem> {
        let asked = routes::Page::of(query, log::MAX)?;
        Ok(json(StatusCode::OK, &self.log().newest(asked)))
    }

    /// Adds those of a file's form, whose seed does not count: that of the start does.
    fn add_faults(&self, body: &Bytes) -> Result<Response<AnswerBody>, Problem> {
        let expected = r#"{"faults": [{"effect": "reset", "first": 1}]} in the form of a file of faults"#;
        let faults: Faults = input::from_json(&answer::text(body)?, "the body")
            .map_err(|error| Problem::body(expected, error))?;
        if !self.faults.add(faults, MAX_FAULTS) {
            return Err(Problem::new(StatusCode::CONFLICT, format!("at most {MAX_FAULTS} faults in all"))
                .found("more")
                .hint("DELETE /_emulator/faults clears those that are there"));
        }
        Ok(json(StatusCode::CREATED, &self.faults.list()))
    }

    fn snapshot(&self) -> Result<Response<AnswerBody>, Problem> {
        let place = Arc::clone(&self.snapshots).try_acquire_owned().map_err(|_| {
            let expected = format!("at most {MAX_SNAPSHOTS} snapshots at the same time");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, expected)
                .found("as many")
                .hint("send it again when one has ended")
        })?;
        let mut text = Vec::new();
        snapshot::write(&self.platform.all(), self.clock.now().wall, &mut text)
            .expect("its keys are texts, and a list takes what is written");
        Ok(answer::json_text(StatusCode::OK, Bytes::from_owner(Given { text, _place: place })))
    }

    fn restore(&self, body: &Bytes) -> Result<Response<AnswerBody>, Problem> {
        #[derive(Serialize)]
        struct Restored {
            imports: usize,
        }
        let held = snapshot::read(&answer::text(body)?, "the snapshot", Some(self.clock.now().wall))
            .map_err(|error| Problem::body("a snapshot as this emulator gives it", error))?;
        let imports = held.imports.len();
        if imports > MAX_IMPORTS {
            return Err(Problem::new(StatusCode::CONFLICT, format!("at most {MAX_IMPORTS} imports"))
                .found(format!("{imports} imports"))
                .hint("leave some out"));
        }
        self.platform.replace(held);
        Ok(json(StatusCode::OK, &Restored { imports }))
    }

    /// As at the start, but for tokens: one that was used stays used.
    fn reset(&self) -> Response<AnswerBody> {
        let now = self.clock.now().wall;
        let (start, faults) = &self.start;
        self.platform.replace(start.begun(now));
        self.platform.starts().clear();
        self.faults.replace(faults.clone(), now);
        self.log().clear();
        no_content()
    }
}

/// A snapshot until the client has taken all of it.
struct Given {
    text: Vec<u8>,
    _place: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Given {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

fn unread(why: Unread, most: usize, path: &str) -> Problem {
    match why {
        Unread::TooLong => {
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
