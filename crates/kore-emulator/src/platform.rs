//! The emulated platform: what it holds, and how it answers a request.
//!
//! The server hands it whole requests and the time; the control and the owner of the emulator change
//! what it holds. It has no socket and no clock.

mod bot_jobs;
pub(crate) mod download;
mod from_files;
mod start;
mod starts;

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response};
use kore_auth::{Decrypter, Guard, KeyError, Verifier};
use kore_protocol::bot_import::{get_status, start_existing, start_new};
use kore_protocol::file::upload;
use kore_protocol::watch::Now;
use kore_protocol::{
    AUTH_HEADER, IncomingRequest, Nanos, OutgoingResponse, Refusal, RequestError, RequestLogs, Routes, Scope,
};
use kore_protocol::{bot_export, bot_publish};
use kore_types::{BotId, BotImportId, ClientId};

use crate::bot_jobs::BotJobs;
use crate::bots::{Bot, Bots};
use crate::contents::Contents;
use crate::files::{File, Files};
use crate::imports::{Held, Imports};
use crate::kept::Kept;
use crate::life::Life;
use crate::limits::LimitRules;
use crate::masked::masked;
use crate::{App, JobKind, SteerError};
pub(crate) use starts::Starts;

/// The calls that are served.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    GetStatus,
    Upload,
    StartNew,
    StartExisting,
    StartExport,
    ExportStatus,
    StartPublish,
    PublishStatus,
    Download,
}

const ROUTES: Routes<'_, Call> = Routes::new(&[
    (get_status::METADATA, Call::GetStatus),
    (upload::METADATA, Call::Upload),
    (start_new::METADATA, Call::StartNew),
    (start_existing::METADATA, Call::StartExisting),
    (bot_export::start::METADATA, Call::StartExport),
    (bot_export::get_status::METADATA, Call::ExportStatus),
    (bot_publish::start::METADATA, Call::StartPublish),
    (bot_publish::get_status::METADATA, Call::PublishStatus),
    (download::METADATA, Call::Download),
]);

/// The state of the emulated platform.
#[derive(Debug)]
pub(crate) struct Platform {
    apps: HashMap<ClientId, Verifier>,
    guard: Guard,
    jwk: Option<String>,
    settings: Settings,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    imports: Imports,
    bots: Bots,
    bot_jobs: BotJobs,
    files: Files,
    kept: Kept,
    /// The requests that count, by import and by bot. Only those that are held have an entry, so that
    /// requests with made-up ids take no memory.
    requests: RequestLogs<Nanos>,
    /// The requests that count by app: uploads and new bots.
    app_requests: HashMap<ClientId, RequestLogs<Nanos>>,
}

/// What may be set of it.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) limits: LimitRules,
    pub(crate) starts: Starts,
    /// The most bytes of contents that are kept.
    pub(crate) kept: u64,
    /// Where it is reached by one who does not say how.
    pub(crate) own_url: String,
}

/// Why a request was refused, for the log of requests: kept beside the answer, and never sent.
#[derive(Clone, Debug)]
pub(crate) struct Why(pub(crate) String);

/// A refusal, and a reason that only the log gets.
pub(crate) struct Refused {
    error: RequestError,
    why: Option<String>,
}

impl<E: Into<RequestError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self { error: error.into(), why: None }
    }
}

impl Platform {
    pub(crate) fn new(
        apps: Vec<App>,
        decrypter: Option<Decrypter>,
        settings: Settings,
    ) -> Result<Self, KeyError> {
        let verified = |app: App| Ok((app.client_id().clone(), app.verifier()?));
        Ok(Self {
            apps: apps.into_iter().map(verified).collect::<Result<_, KeyError>>()?,
            jwk: decrypter.as_ref().map(Decrypter::public_jwk),
            guard: decrypter.into_iter().fold(Guard::new(), Guard::decrypter),
            state: Mutex::new(State::new(settings.kept)),
            settings,
        })
    }

    /// The public key that tokens can be encrypted to, as a JWK.
    pub(crate) fn jwk(&self) -> Option<&str> {
        self.jwk.as_deref()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change of the state is one call, so a panic elsewhere leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what is held.
    pub(crate) fn with<T>(&self, read: impl FnOnce(&Imports) -> T) -> T {
        read(&self.state().imports)
    }

    /// All that is held.
    pub(crate) fn all(&self) -> Contents {
        let State { imports, bots, bot_jobs, files, .. } = &*self.state();
        Contents {
            imports: imports.all().map(|(id, entry)| (id.clone(), entry.held.clone())).collect(),
            bots: bots.all.clone(),
            bot_jobs: bot_jobs.all().map(|(bot, job)| (bot.clone(), job.clone())).collect(),
            files: files.all.iter().cloned().collect(),
        }
    }

    /// The number of the last change, of anything that is held.
    pub(crate) fn changes(&self) -> u64 {
        let State { imports, bots, bot_jobs, files, .. } = &*self.state();
        imports.changes() + bots.changes + bot_jobs.changes + files.changes
    }

    /// Calls `ask` with each of the newest bots, the newest first, whether it exists at `now`, and all
    /// jobs; returns the answers.
    pub(crate) fn bots<T>(
        &self,
        most: usize,
        ask: impl Fn(&Bot, bool, &BotJobs) -> T,
        now: SystemTime,
    ) -> Vec<T> {
        let State { imports, bots, bot_jobs, .. } = &*self.state();
        let newest = bots.all.iter().rev().take(most);
        newest.map(|bot| ask(bot, bot.exists(imports, now), bot_jobs)).collect()
    }

    /// Adds a bot, in place of one with the same id and its jobs, if there is room.
    pub(crate) fn add_bot(&self, bot: Bot, most: usize) -> bool {
        let State { bots, bot_jobs, .. } = &mut *self.state();
        let fits = bots.all.len() < most || bots.get(&bot.id).is_some();
        if fits {
            bot_jobs.remove(&bot.id);
            bots.put(bot);
        }
        fits
    }

    /// Whether there was one. Its jobs go with it.
    pub(crate) fn remove_bot(&self, id: &BotId) -> bool {
        let State { bots, bot_jobs, .. } = &mut *self.state();
        bot_jobs.remove(id);
        bots.remove(id)
    }

    /// Changes the life of the last export or publish of a bot.
    pub(crate) fn steer_bot_job(
        &self,
        bot: &BotId,
        kind: JobKind,
        change: impl FnOnce(&mut Life) -> Result<(), SteerError>,
    ) -> Result<(), SteerError> {
        self.state().bot_jobs.steer(bot, kind, change)
    }

    /// What the jobs follow that are started.
    pub(crate) fn starts(&self) -> &Starts {
        &self.settings.starts
    }

    /// The newest files, at most so many, and how many there are.
    pub(crate) fn newest_files(&self, most: usize) -> (usize, Vec<File>) {
        let State { files, .. } = &*self.state();
        (files.all.len(), files.all.iter().rev().take(most).cloned().collect())
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

    /// Holds this and nothing else, and keeps the contents of its files alone; no request counts for the rate limits any more.
    pub(crate) fn replace(&self, contents: Contents) {
        let state = &mut *self.state();
        state.imports.replace(contents.imports);
        state.bots = Bots { all: contents.bots, changes: state.bots.changes + 1 };
        state.bot_jobs.replace(contents.bot_jobs);
        let files: HashSet<_> = contents.files.iter().map(|file| &file.id).collect();
        state.kept.retain(|id| files.contains(id));
        state.files = Files { all: contents.files.into(), changes: state.files.changes + 1 };
        (state.requests, state.app_requests) = (RequestLogs::default(), HashMap::new());
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
    /// scope, then what the request names, then its rate limits. No source tells whether the platform
    /// counts requests that it refuses for something else; here they are not counted.
    pub(crate) fn answer(&self, request: &Request<Bytes>, now: Now) -> Response<Bytes> {
        let answered = self.route(request, now);
        answered.unwrap_or_else(|refused| self.refuse(request.uri().path(), refused))
    }

    /// Whether a request is an upload, whose body is no small JSON.
    pub(crate) fn is_upload(parts: &Parts) -> bool {
        matches!(ROUTES.find(&parts.method, parts.uri.path()), Ok((_, Call::Upload)))
    }

    /// Whether its answer may take a while to make.
    pub(crate) fn is_long(parts: &Parts) -> bool {
        matches!(ROUTES.find(&parts.method, parts.uri.path()), Ok((_, Call::StartExport)))
    }

    /// Admits an upload before its body is read.
    pub(crate) fn admit_upload(&self, parts: &Parts, now: Now) -> Result<ClientId, Refused> {
        self.authorise(&parts.headers, upload::METADATA.scope, now.wall)
    }

    /// Answers an upload that was admitted. `None` is a body that was no form.
    pub(crate) fn upload(&self, client: &ClientId, form: Option<upload::Form>, now: Now) -> Response<Bytes> {
        let taken =
            form.ok_or(Refusal::InvalidArguments.into()).and_then(|form| self.take(client, form, now));
        taken.unwrap_or_else(|error| self.refuse(upload::METADATA.path.as_str(), Refused::from(error)))
    }

    /// The answer that says why, and tells the log more.
    pub(crate) fn refuse(&self, path: &str, Refused { error, why }: Refused) -> Response<Bytes> {
        tracing::debug!(path = masked(path), %error, "refused");
        let why = Why(why.unwrap_or_else(|| error.to_string()));
        let mut response = match error {
            RequestError::Limited(limited) => self.settings.limits.answer(limited),
            other => other.to_http(),
        };
        response.extensions_mut().insert(why);
        response
    }

    fn route(&self, request: &Request<Bytes>, now: Now) -> Result<Response<Bytes>, Refused> {
        let (metadata, call) = ROUTES.find(request.method(), request.uri().path())?;
        if *call == Call::Download {
            return Ok(self.download(request)?);
        }
        let client = self.authorise(request.headers(), metadata.scope, now.wall)?;
        Ok(match call {
            Call::GetStatus => self.get_status(&get_status::Request::from_http(request)?, now)?,
            Call::StartNew => self.start_new(&client, start_new::Request::from_http(request)?, now)?,
            Call::StartExisting => self.start_existing(start_existing::Request::from_http(request)?, now)?,
            Call::StartExport => self.start_export(&bot_export::start::Request::from_http(request)?, now)?,
            Call::ExportStatus => self.export_status(request, now)?,
            Call::StartPublish => {
                self.start_publish(&bot_publish::start::Request::from_http(request)?, now)?
            }
            Call::PublishStatus => {
                self.publish_status(&bot_publish::get_status::Request::from_http(request)?, now)?
            }
            // The body of an upload is read elsewhere.
            Call::Upload | Call::Download => return Err(Refusal::InvalidArguments.into()),
        })
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
        self.settings.limits.admit(requests, asked, now.instant)?;
        Ok(imports.poll(id).ok_or(Refusal::InvalidRequestId)?)
    }

    /// The app that calls.
    fn authorise(
        &self,
        headers: &HeaderMap,
        scope: Option<Scope>,
        now: SystemTime,
    ) -> Result<ClientId, Refused> {
        let tokens = headers.get_all(AUTH_HEADER).iter().map(HeaderValue::as_bytes);
        let refused = |error: kore_auth::VerifyError| Refused {
            error: error.refusal().into(),
            why: Some(format!("the token: {error}")),
        };
        let claims = self.guard.admit(&self.apps, tokens, scope.map(|scope| scope.name), now);
        let app_id = claims.map_err(refused)?.app_id;
        Ok(ClientId::new(app_id).map_err(|_| Refusal::InvalidSdkCredentials)?)
    }
}

impl State {
    fn new(kept: u64) -> Self {
        Self {
            imports: Imports::default(),
            bots: Bots::default(),
            bot_jobs: BotJobs::default(),
            files: Files::default(),
            kept: Kept::new(kept),
            requests: RequestLogs::default(),
            app_requests: HashMap::new(),
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
