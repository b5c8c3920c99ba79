//! What the platform does with a request, without a socket and without a clock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, Response};
use kore_auth::{Verifier, VerifyError, unverified_claims};
use kore_protocol::bot_import::get_status;
use kore_protocol::{AUTH_HEADER, Endpoint, IncomingRequest, OutgoingResponse, Refusal, RequestError, Scope};
use kore_types::{BotImport, BotImportId};

use crate::life::Life;
use crate::replays::Replays;
use crate::{App, SteerError};

/// The state of the emulated platform.
#[derive(Debug)]
pub(crate) struct Platform {
    apps: HashMap<String, (App, Verifier)>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    imports: HashMap<BotImportId, Held>,
    /// The order in which imports were given, for lists.
    order: Vec<BotImportId>,
    replays: Replays,
}

/// An import that the platform holds. There may be a million of them, so what is large is shared or
/// stands elsewhere.
#[derive(Clone, Debug)]
enum Held {
    Fixed(Arc<BotImport>),
    Living(Life),
}

impl Platform {
    pub(crate) fn new(apps: Vec<App>) -> Self {
        let apps = apps.into_iter().map(|app| {
            let verifier = app.verifier();
            (app.client_id().as_str().to_owned(), (app, verifier))
        });
        Self { apps: apps.collect(), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change of the state is one call, so a panic elsewhere leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds an import, in place of one with the same id. One without an id is not held.
    pub(crate) fn hold(&self, import: BotImport) -> Option<BotImportId> {
        let id = import.id.get()?.clone();
        self.put(id.clone(), Held::Fixed(import.into()));
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

    /// Answers a request: path and method first, then the token, its scope, and the rest.
    pub(crate) fn answer(&self, request: &Request<Bytes>, now: SystemTime) -> Response<Bytes> {
        let answer = route::<get_status::Request>(request)
            .and_then(|route| self.authorise(request, route.scope, now).map_err(RequestError::Refused))
            .and_then(|()| get_status::Request::from_http(request))
            .and_then(|request| self.get_status(&request, now));
        match answer {
            Ok(response) => response.to_http(),
            Err(error) => {
                tracing::debug!(path = request.uri().path(), %error, "refused");
                error.to_http()
            }
        }
    }

    fn get_status(
        &self,
        request: &get_status::Request,
        now: SystemTime,
    ) -> Result<get_status::Response, RequestError> {
        let id = &request.import_id;
        let unknown = RequestError::Refused(Refusal::InvalidRequestId);
        let import = match self.look(id).ok_or(unknown)? {
            Held::Fixed(import) => Arc::unwrap_or_clone(import),
            Held::Living(life) => life.document(id, now),
        };
        Ok(get_status::Response::new(import))
    }

    /// The import as it is before this look, which counts from the next one on. The document, which
    /// may be long, is made without the lock.
    fn look(&self, id: &BotImportId) -> Option<Held> {
        let mut state = self.state();
        let held = state.imports.get_mut(id)?;
        let seen = held.clone();
        if let Held::Living(life) = held {
            life.look();
        }
        Some(seen)
    }

    /// The facts name the refusals for a missing token, a broken one and a wrong scope; for a token
    /// that has ended, an unknown app or another algorithm they name none, and the one for a
    /// broken signature is taken.
    fn authorise(&self, request: &Request<Bytes>, scope: Scope, now: SystemTime) -> Result<(), Refusal> {
        let token = request.headers().get(AUTH_HEADER).ok_or(Refusal::InvalidSdkCredentials)?;
        let token = token.to_str().map_err(|_| Refusal::InvalidJwt)?;
        let app_id = unverified_claims(token).map_err(refusal)?.app_id;
        let (app, verifier) = self.apps.get(&app_id).ok_or(Refusal::InvalidSdkCredentials)?;
        let claims = verifier.verify(token, now).map_err(refusal)?;
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        if !self.state().replays.is_first_use(&claims, now) {
            return Err(Refusal::Replay);
        }
        if app.holds(scope) { Ok(()) } else { Err(Refusal::WrongScope) }
    }
}

struct Route {
    scope: Scope,
}

/// Whether a request is for an endpoint, by its path and method alone.
fn route<E: Endpoint>(request: &Request<Bytes>) -> Result<Route, RequestError> {
    let metadata = E::METADATA;
    metadata.path.values(request.uri().path()).ok_or(RequestError::OtherPath)?;
    if *request.method() == metadata.method {
        Ok(Route { scope: metadata.scope })
    } else {
        Err(RequestError::OtherMethod { allowed: metadata.method })
    }
}

fn refusal(error: VerifyError) -> Refusal {
    match error {
        VerifyError::NotAJwt => Refusal::InvalidJwt,
        VerifyError::JtiMissing | VerifyError::JtiTooLong => Refusal::JtiTooLong,
        _ => Refusal::InvalidSdkCredentials,
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
