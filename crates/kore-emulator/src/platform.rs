//! The emulated platform: what it holds, and how it answers a request.
//!
//! The server hands it whole requests and the time; the control and the owner of the emulator change
//! what it holds. It has no socket and no clock.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use kore_auth::{Guard, KeyError, Verifier};
use kore_protocol::bot_import::get_status;
use kore_protocol::watch::Now;
use kore_protocol::{
    AUTH_HEADER, IncomingRequest, Nanos, OutgoingResponse, Refusal, RequestError, RequestLogs, Routes, Scope,
};
use kore_types::{BotImportId, ClientId};

use crate::imports::{Held, Imports};
use crate::life::Life;
use crate::limits::LimitRules;
use crate::masked::masked;
use crate::{App, SteerError};

/// The calls that are served.
enum Call {
    GetStatus,
}

const ROUTES: Routes<'_, Call> = Routes::new(&[(get_status::METADATA, Call::GetStatus)]);

/// The state of the emulated platform.
#[derive(Debug)]
pub(crate) struct Platform {
    apps: HashMap<ClientId, Verifier>,
    guard: Guard,
    limits: LimitRules,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    imports: Imports,
    /// By import, those alone that are held: what is asked for at random takes no memory.
    requests: RequestLogs<Nanos>,
}

/// Why a request was refused, for the log of requests: kept beside the answer, and never sent.
#[derive(Clone, Debug)]
pub(crate) struct Why(pub(crate) String);

/// A refusal, and what only a log is told about it.
struct Refused {
    error: RequestError,
    why: Option<String>,
}

impl<E: Into<RequestError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self { error: error.into(), why: None }
    }
}

impl Platform {
    pub(crate) fn new(apps: Vec<App>, limits: LimitRules) -> Result<Self, KeyError> {
        let verified = |app: App| Ok((app.client_id().clone(), app.verifier()?));
        Ok(Self {
            apps: apps.into_iter().map(verified).collect::<Result<_, KeyError>>()?,
            guard: Guard::new(),
            limits,
            state: Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change of the state is one call, so a panic elsewhere leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what is held.
    pub(crate) fn with<T>(&self, read: impl FnOnce(&Imports) -> T) -> T {
        read(&self.state().imports)
    }

    /// All imports in order, as a snapshot takes them.
    pub(crate) fn all(&self) -> Vec<(BotImportId, Held)> {
        self.with(|imports| imports.all().map(|(id, entry)| (id.clone(), entry.held.clone())).collect())
    }

    /// Changes what is held.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Imports) -> T) -> T {
        change(&mut self.state().imports)
    }

    /// Holds an import, in place of one with the same id. One without an id is not held.
    pub(crate) fn hold(&self, document: get_status::Response) -> Option<BotImportId> {
        let id = document.import.id.clone()?;
        self.change(|imports| imports.put(id.clone(), Held::fixed(document)));
        Some(id)
    }

    /// Holds an import if there is room and no other has its id.
    pub(crate) fn put_new(&self, id: BotImportId, held: Held, most: usize) -> Result<(), NotPut> {
        self.change(|imports| {
            if imports.get(&id).is_some() {
                return Err(NotPut::Taken);
            }
            if imports.len() >= most {
                return Err(NotPut::Full);
            }
            imports.put(id, held);
            Ok(())
        })
    }

    /// Holds these imports and no other; no request counts for their rate limits any more.
    pub(crate) fn replace(&self, imports: Vec<(BotImportId, Held)>) {
        let mut state = self.state();
        state.imports.replace(imports);
        state.requests = RequestLogs::default();
    }

    /// Changes the life of an import.
    pub(crate) fn steer(
        &self,
        id: &BotImportId,
        change: impl FnOnce(&mut Life) -> Result<(), SteerError>,
    ) -> Result<(), SteerError> {
        self.change(|imports| imports.steer(id, change))
    }

    /// Answers a request that arrives at `now`. Path and method come first, then the token and its
    /// scope, then the import, then its rate limits. No source tells whether the platform counts
    /// requests that it refuses for something else; here they are not counted.
    pub(crate) fn answer(&self, request: &Request<Bytes>, now: Now) -> Response<Bytes> {
        self.route(request, now).unwrap_or_else(|Refused { error, why }| {
            tracing::debug!(path = masked(request.uri().path()), %error, "refused");
            let why = Why(why.unwrap_or_else(|| error.to_string()));
            let mut response = match error {
                RequestError::Limited(limited) => self.limits.answer(limited),
                other => other.to_http(),
            };
            response.extensions_mut().insert(why);
            response
        })
    }

    fn route(&self, request: &Request<Bytes>, now: Now) -> Result<Response<Bytes>, Refused> {
        let (metadata, call) = ROUTES.find(request.method(), request.uri().path())?;
        self.authorise(request, metadata.scope, now.wall)?;
        match call {
            Call::GetStatus => {
                let asked = get_status::Request::from_http(request)?;
                Ok(self.get_status(&asked, now)?)
            }
        }
    }

    /// The document, which may be long, is made without the lock.
    fn get_status(&self, asked: &get_status::Request, now: Now) -> Result<Response<Bytes>, RequestError> {
        let id = &asked.import_id;
        Ok(match self.poll(asked, now)? {
            Held::Fixed(fixed) => answer(fixed.json.clone()),
            Held::Living(life) => answer(life.document(id, now.wall).into()),
        })
    }

    fn poll(&self, asked: &get_status::Request, now: Now) -> Result<Held, RequestError> {
        let id = &asked.import_id;
        let State { imports, requests, .. } = &mut *self.state();
        if imports.get(id).is_none() {
            return Err(Refusal::InvalidRequestId.into());
        }
        self.limits.admit(requests, asked, now.instant)?;
        Ok(imports.poll(id).ok_or(Refusal::InvalidRequestId)?)
    }

    fn authorise(
        &self,
        request: &Request<Bytes>,
        scope: Option<Scope>,
        now: SystemTime,
    ) -> Result<(), Refused> {
        let tokens = request.headers().get_all(AUTH_HEADER).iter().map(HeaderValue::as_bytes);
        match self.guard.admit(&self.apps, tokens, scope.map(|scope| scope.name), now) {
            Ok(_) => Ok(()),
            Err(error) => {
                Err(Refused { error: error.refusal().into(), why: Some(format!("the token: {error}")) })
            }
        }
    }
}

/// The response with that document.
fn answer(json: Bytes) -> Response<Bytes> {
    let mut response = get_status::Response::default().to_http();
    *response.body_mut() = json;
    response
}

/// Why an import was not held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotPut {
    Taken,
    Full,
}
