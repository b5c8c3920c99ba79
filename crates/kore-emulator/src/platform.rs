//! What the platform does with a request, without a socket and without a clock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use kore_auth::Verifier;
use kore_protocol::bot_import::get_status;
use kore_protocol::watch::Now;
use kore_protocol::{
    AUTH_HEADER, IncomingRequest, Limiter, OutgoingResponse, Refusal, RequestError, Routes, Scope,
};
use kore_types::{BotImport, BotImportId, ClientId, TokenRefusal};

use crate::life::Life;
use crate::limits::LimitRules;
use crate::tokens::Tokens;
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
    tokens: Tokens,
    limits: LimitRules,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    imports: HashMap<BotImportId, Held>,
    /// The order in which imports were given, for lists.
    order: Vec<BotImportId>,
    /// By import, those alone that are held: what is asked for at random takes no memory.
    limiter: Limiter<BotImportId>,
}

/// An import that the platform holds. There may be a million of them, so what is large is shared or
/// stands elsewhere.
#[derive(Clone, Debug)]
enum Held {
    /// Its answer, which is always the same and is encoded once.
    Fixed(Arc<Response<Bytes>>),
    Living(Life),
}

impl Platform {
    pub(crate) fn new(apps: Vec<App>, limits: LimitRules) -> Self {
        let apps = apps.into_iter().map(|app| (app.client_id().clone(), app.verifier())).collect();
        Self { apps, tokens: Tokens::default(), limits, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change of the state is one call, so a panic elsewhere leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds an import, in place of one with the same id. One without an id is not held.
    pub(crate) fn hold(&self, import: BotImport) -> Option<BotImportId> {
        let id = import.id.get()?.clone();
        let answer = get_status::Response::new(import).to_http();
        self.put(id.clone(), Held::Fixed(answer.into()));
        Some(id)
    }

    /// Holds an import that lives, in place of one with the same id.
    pub(crate) fn hold_life(&self, id: BotImportId, life: Life) {
        self.put(id, Held::Living(life));
    }

    fn put(&self, id: BotImportId, held: Held) {
        let mut state = self.state();
        if state.imports.insert(id.clone(), held).is_none() {
            state.order.push(id);
        }
    }

    /// Changes the life of an import.
    pub(crate) fn steer(
        &self,
        id: &BotImportId,
        change: impl FnOnce(&mut Life) -> Result<(), SteerError>,
    ) -> Result<(), SteerError> {
        match self.state().imports.get_mut(id) {
            Some(Held::Living(life)) => change(life),
            Some(Held::Fixed(_)) => Err(SteerError::Fixed),
            None => Err(SteerError::Unknown),
        }
    }

    pub(crate) fn import_ids(&self) -> Vec<BotImportId> {
        self.state().order.clone()
    }

    /// Answers a request that arrives at `now`. Path and method come first, then the token and its
    /// scope, then the import, then its rate limits. No source tells whether the platform counts
    /// requests that it refuses for something else; here they are not counted.
    pub(crate) fn answer(&self, request: &Request<Bytes>, now: Now) -> Response<Bytes> {
        self.route(request, now).unwrap_or_else(|error| {
            tracing::debug!(path = request.uri().path(), %error, "refused");
            match error {
                RequestError::Limited(limited) => self.limits.answer(limited),
                other => other.to_http(),
            }
        })
    }

    fn route(&self, request: &Request<Bytes>, now: Now) -> Result<Response<Bytes>, RequestError> {
        let (metadata, call) = ROUTES.find(request.method(), request.uri().path())?;
        self.authorise(request, metadata.scope, now.wall)?;
        match call {
            Call::GetStatus => {
                let asked = get_status::Request::from_http(request)?;
                self.get_status(&asked, now)
            }
        }
    }

    fn get_status(&self, asked: &get_status::Request, now: Now) -> Result<Response<Bytes>, RequestError> {
        let id = &asked.import_id;
        Ok(match self.look(id, now)? {
            Held::Fixed(answer) => Arc::unwrap_or_clone(answer),
            Held::Living(life) => get_status::Response::new(life.document(id, now.wall)).to_http(),
        })
    }

    /// The import as it is before this look, which counts from the next one on. The document, which
    /// may be long, is made without the lock.
    fn look(&self, id: &BotImportId, now: Now) -> Result<Held, RequestError> {
        let State { imports, limiter, .. } = &mut *self.state();
        let held = imports.get_mut(id).ok_or(Refusal::InvalidRequestId)?;
        self.limits.admit(limiter, id, now.instant)?;
        let seen = held.clone();
        if let Held::Living(life) = held {
            life.look();
        }
        Ok(seen)
    }

    fn authorise(&self, request: &Request<Bytes>, scope: Scope, now: SystemTime) -> Result<(), TokenRefusal> {
        let token = request.headers().get(AUTH_HEADER).map(HeaderValue::as_bytes);
        self.tokens.admit(&self.apps, token, scope.name, now)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_takes_little_room() {
        // A full table has room for up to 16/7 of its entries, and an id stands in it and in the
        // order, each time with its text: of 40 bytes, in a block of 48 at most.
        let each = 16 * (size_of::<(BotImportId, Held)>() + 1) / 7 + 2 * (size_of::<BotImportId>() + 48);
        assert!(each <= 512, "{each} bytes");
    }
}
