//! What the platform does with a request, without a socket and without a clock.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, Response};
use kore_auth::{Verifier, VerifyError, unverified_claims};
use kore_protocol::bot_import::get_status;
use kore_protocol::{AUTH_HEADER, Endpoint, IncomingRequest, OutgoingResponse, Refusal, RequestError, Scope};
use kore_types::{BotImport, BotImportId};

use crate::App;
use crate::replays::Replays;

/// The state of the emulated platform.
#[derive(Debug)]
pub(crate) struct Platform {
    apps: HashMap<String, (App, Verifier)>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    imports: HashMap<BotImportId, BotImport>,
    /// The order in which imports were given, for lists.
    order: Vec<BotImportId>,
    replays: Replays,
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
        let mut state = self.state();
        if state.imports.insert(id.clone(), import).is_none() {
            state.order.push(id.clone());
        }
        Some(id)
    }

    pub(crate) fn import_ids(&self) -> Vec<BotImportId> {
        self.state().order.clone()
    }

    /// Answers a request: path and method first, then the token, its scope, and the rest.
    pub(crate) fn answer(&self, request: &Request<Bytes>, now: SystemTime) -> Response<Bytes> {
        let answer = route::<get_status::Request>(request)
            .and_then(|route| self.authorise(request, route.scope, now).map_err(RequestError::Refused))
            .and_then(|()| get_status::Request::from_http(request))
            .and_then(|request| self.get_status(&request));
        match answer {
            Ok(response) => response.to_http(),
            Err(error) => {
                tracing::debug!(path = request.uri().path(), %error, "refused");
                error.to_http()
            }
        }
    }

    fn get_status(&self, request: &get_status::Request) -> Result<get_status::Response, RequestError> {
        let import = self.state().imports.get(&request.import_id).cloned();
        import.map(get_status::Response::new).ok_or(RequestError::Refused(Refusal::InvalidRequestId))
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
        Err(RequestError::OtherMethod { allowed: vec![metadata.method] })
    }
}

fn refusal(error: VerifyError) -> Refusal {
    match error {
        VerifyError::NotAJwt => Refusal::InvalidJwt,
        VerifyError::JtiMissing | VerifyError::JtiTooLong => Refusal::JtiTooLong,
        _ => Refusal::InvalidSdkCredentials,
    }
}
