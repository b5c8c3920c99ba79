//! What the platform does with a request, without a socket and without a clock.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use kore_auth::{Guard, KeyError, Verifier};
use kore_protocol::bot_import::get_status;
use kore_protocol::watch::Now;
use kore_protocol::{
    AUTH_HEADER, IncomingRequest, Limiter, OutgoingResponse, Refusal, RequestError, Routes, Scope,
};
use kore_types::{BotImportId, ClientId};
use tokio::sync::watch;

use crate::holdings::{Entry, Held, Holdings};
use crate::life::Life;
use crate::limits::LimitRules;
use crate::masked::masked;
use crate::state::Progress;
use crate::{App, SteerError};

/// How long what nobody waits for may stay unsaved.
const UNSAVED: Duration = Duration::from_secs(1);

/// How many imports are copied at a time: others are served between two pieces.
const PIECE: usize = 500;

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
    /// Something is to be saved, or nothing more.
    to_save: Condvar,
    /// How far saving has come; `None` if nothing is saved.
    progress: watch::Sender<Option<Progress>>,
}

#[derive(Debug, Default)]
struct State {
    holdings: Holdings,
    /// By import, those alone that are held: what is asked for at random takes no memory.
    limiter: Limiter<BotImportId>,
    /// No more is saved but what there is.
    saving_ends: bool,
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
            to_save: Condvar::new(),
            progress: watch::Sender::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change of the state is one call, so a panic elsewhere leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at what is held.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&Holdings) -> T) -> T {
        look(&self.state().holdings)
    }

    /// Changes what is held, and has it saved.
    fn change<T>(&self, change: impl FnOnce(&mut Holdings) -> T) -> T {
        let mut state = self.state();
        let result = change(&mut state.holdings);
        if state.holdings.is_urgent() {
            self.to_save.notify_all();
        }
        result
    }

    /// Holds an import, in place of one with the same id. One without an id is not held.
    pub(crate) fn hold(&self, document: get_status::Response) -> Option<BotImportId> {
        let id = document.import.id.clone()?;
        self.put(id.clone(), Held::fixed(document));
        Some(id)
    }

    /// Holds an import, in place of one with the same id.
    pub(crate) fn put(&self, id: BotImportId, held: Held) {
        self.change(|holdings| holdings.put(id, held));
    }

    /// Holds an import if there is room and no other has its id.
    pub(crate) fn put_new(&self, id: BotImportId, held: Held, most: usize) -> Result<(), NotPut> {
        self.change(|holdings| {
            if holdings.get(&id).is_some() {
                return Err(NotPut::Taken);
            }
            if holdings.len() >= most {
                return Err(NotPut::Full);
            }
            holdings.put(id, held);
            Ok(())
        })
    }

    /// Whether it was held.
    pub(crate) fn remove(&self, id: &BotImportId) -> bool {
        self.change(|holdings| holdings.remove(id))
    }

    /// Holds these imports and no other; each has its windows free. Many are put in order, and those
    /// before dropped, while others are served.
    pub(crate) fn replace(&self, imports: Vec<(BotImportId, Held)>) {
        let first = self.state().holdings.reserve(imports.len());
        let holdings = Holdings::of(first, imports);
        let mut state = self.state();
        let old = (state.holdings.swap(holdings), std::mem::take(&mut state.limiter));
        self.to_save.notify_all();
        drop(state);
        drop(old);
    }

    /// A few of the imports from a number on, in order; `None` if all were replaced since that
    /// generation.
    pub(crate) fn piece(&self, number: u64, generation: u64) -> Option<Vec<(BotImportId, Entry)>> {
        let State { holdings, .. } = &*self.state();
        let few = holdings.from(number).take(PIECE).map(|(id, entry)| (id.clone(), entry.clone()));
        (holdings.generation() == generation).then(|| few.collect())
    }

    /// Visits all imports in order; `false` if all were replaced on the way.
    pub(crate) fn visit(&self, mut visit: impl FnMut(&BotImportId, &Entry)) -> bool {
        let generation = self.with(Holdings::generation);
        let mut next = 0;
        while let Some(piece) = self.piece(next, generation) {
            piece.iter().for_each(|(id, entry)| visit(id, entry));
            match piece.last() {
                Some((_, entry)) => next = entry.number + 1,
                None => return true,
            }
        }
        false
    }

    /// Changes the life of an import.
    pub(crate) fn steer(
        &self,
        id: &BotImportId,
        change: impl FnOnce(&mut Life) -> Result<(), SteerError>,
    ) -> Result<(), SteerError> {
        self.change(|holdings| holdings.steer(id, change))
    }

    pub(crate) fn import_ids(&self) -> Vec<BotImportId> {
        loop {
            let mut ids = Vec::new();
            if self.visit(|id, _| ids.push(id.clone())) {
                return ids;
            }
        }
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

    fn get_status(&self, asked: &get_status::Request, now: Now) -> Result<Response<Bytes>, RequestError> {
        let id = &asked.import_id;
        Ok(match self.look(id, now)? {
            Held::Fixed(fixed) => answer(fixed.json().clone()),
            Held::Living(life) => answer(life.document(id, now.wall).into()),
        })
    }

    /// The import as it is before this look, which counts from the next one on. The document, which
    /// may be long, is made without the lock.
    fn look(&self, id: &BotImportId, now: Now) -> Result<Held, RequestError> {
        let State { holdings, limiter, .. } = &mut *self.state();
        let seen = holdings.get(id).map(|Entry { held, .. }| held.clone());
        let seen = seen.ok_or(Refusal::InvalidRequestId)?;
        self.limits.admit(limiter, id, now.instant)?;
        holdings.look(id);
        Ok(seen)
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

/// For a state file.
impl Platform {
    /// Has [`saved`](Self::saved) wait from now on.
    pub(crate) fn start_saving(&self) {
        self.progress.send_replace(Some(Progress::default()));
    }

    pub(crate) fn stop_saving(&self) {
        self.state().saving_ends = true;
        self.to_save.notify_all();
    }

    /// Blocks until something is to be saved, for a second at most. The number of the last change
    /// then, and whether saving is to end.
    pub(crate) fn wait_for_changes(&self) -> (u64, bool) {
        let idle = |state: &mut State| !state.saving_ends && !state.holdings.is_urgent();
        let waited = self.to_save.wait_timeout_while(self.state(), UNSAVED, idle);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.holdings.saving();
        (state.holdings.changes(), state.saving_ends)
    }

    pub(crate) fn progress(&self, progress: Progress) {
        self.progress.send_replace(Some(progress));
    }

    /// Waits until everything up to now is saved, if it is to be saved at all.
    ///
    /// # Errors
    /// Why it could not be saved.
    pub(crate) async fn saved(&self) -> Result<(), Arc<str>> {
        let changes = self.with(Holdings::changes);
        let mut progress = self.progress.subscribe();
        // The sender lives as long as the platform.
        let tried = progress.wait_for(|progress| progress.as_ref().is_none_or(|it| it.changes >= changes));
        match tried.await.as_deref() {
            Ok(Some(Progress { result: Err(error), .. })) => Err(Arc::clone(error)),
            _ => Ok(()),
        }
    }
}
