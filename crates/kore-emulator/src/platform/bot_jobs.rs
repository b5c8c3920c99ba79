//! Starts and statuses of exports and publishes.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use kore_protocol::watch::Now;
use kore_protocol::{IncomingRequest as _, OutgoingRequest, OutgoingResponse as _, Refusal, RequestError};
use kore_protocol::{bot_export, bot_publish};
use kore_types::{BotExport, BotExportId, BotId, BotImportId, BotPublishId, FileId};
use serde_json::value::{RawValue, to_raw_value};

use super::{Platform, State};
use crate::bot_jobs::{BotJob, EXPORT, PUBLISH};
use crate::bots::Source;
use crate::files::made_up_file_id;
use crate::ids::made_up_uuid;
use crate::life::{self, FileOfExport, Life, Position};
use crate::{JobKind, Scenario, Task, packed, scenarios};

/// What an export follows whose bot was imported and whose files are not kept any more.
static WITHOUT_FILES: LazyLock<Arc<Scenario>> = LazyLock::new(|| {
    let error =
        "the emulator does not keep the files any more that the bot was imported from: import it again";
    let scenario = Scenario::builder("export-without-files")
        .about("The contents of the bot's files were dropped.")
        .job(JobKind::Export)
        .task(Task::new("Export", "files").lasting(Duration::ZERO).outcome("failed"))
        .at_end("error", error);
    Arc::new(scenario.build().expect("its keys are free"))
});

/// The bytes of which an export is packed.
enum Parts {
    /// It is packed already, with so many bytes.
    Packed(FileId, u64),
    Files(Vec<(String, Bytes)>),
    /// One of them is not kept any more.
    Lost,
}

impl Platform {
    /// Packing takes a while if the bot is large. That is done without the lock.
    pub(super) fn start_export(
        &self,
        request: &bot_export::start::Request,
        now: Now,
    ) -> Result<Response<Bytes>, RequestError> {
        let (by, parts) = self.parts_of(request, now)?;
        let (file, zip) = match parts {
            Parts::Packed(id, size) => (Some((id, size)), None),
            Parts::Files(files) => {
                let zip = packed::zip(files).map_err(|_| Refusal::InternalServerError)?;
                (Some((made_up_file_id(), zip.len() as u64)), Some(zip))
            }
            Parts::Lost => (None, None),
        };
        let State { bots, kept, bot_jobs, .. } = &mut *self.state();
        // It may have been taken away meanwhile.
        let bot = bots.get_mut(&request.bot_id).ok_or(Refusal::InvalidStreamId)?;
        if let (Some((id, _)), Some(zip)) = (&file, zip) {
            kept.put(id.clone(), zip);
            bot.has_packed(by, id.clone());
        }
        let life = match &file {
            Some(_) => {
                self.settings.starts.life(JobKind::Export, || Arc::new(scenarios::export_success()), now)
            }
            None => Life::new(Arc::clone(&WITHOUT_FILES), self.settings.starts.mode, now.wall),
        };
        let id = format!("{EXPORT}{}", made_up_uuid());
        let export_type = request.order.export_type.clone();
        let job = BotJob { id: id.into(), life: life.of_bot(request.bot_id.clone()), export_type, file };
        let mut export = self.export(&job, Position::START, None)?;
        // The start names the bot by another key than the status.
        export.stream_id = export.stream_id.or(export.bot_id.take());
        bot_jobs.put(request.bot_id.clone(), job);
        Ok(bot_export::start::Response::new(export).ok_or(Refusal::InternalServerError)?.to_http())
    }

    /// Admits the start, and finds what is exported.
    fn parts_of(
        &self,
        request: &bot_export::start::Request,
        now: Now,
    ) -> Result<(Option<BotImportId>, Parts), RequestError> {
        let State { imports, bots, kept, requests, .. } = &mut *self.state();
        let bot = bots.existing(&request.bot_id, imports, now.wall)?;
        self.settings.limits.admit(requests, request, now.instant)?;
        let size = |id: &FileId| kept.get(id).map(|content| content.bytes.len() as u64);
        let source = bot.source(imports, now.wall);
        let by = source.map(|(by, _)| by.clone());
        if let Some(id) = bot.packed(by.as_ref())
            && let Some(size) = size(id)
        {
            return Ok((by, Parts::Packed(id.clone(), size)));
        }
        let parts = match source {
            None => Parts::Files(packed::made_up_bot(&bot.id, bot.name.as_deref())),
            Some((_, Source::Zip(id))) => {
                size(id).map_or(Parts::Lost, |size| Parts::Packed(id.clone(), size))
            }
            Some((_, Source::Files(files))) => {
                let content =
                    |(name, id): &(String, FileId)| Some((name.clone(), kept.get(id)?.bytes.clone()));
                files.iter().map(content).collect::<Option<_>>().map_or(Parts::Lost, Parts::Files)
            }
        };
        Ok((by, parts))
    }

    fn export(
        &self,
        job: &BotJob,
        position: Position,
        file: Option<FileOfExport>,
    ) -> Result<BotExport, RequestError> {
        let id = BotExportId::new(&*job.id).map_err(|_| Refusal::InternalServerError)?;
        Ok(life::export(&job.life, &id, job.export_type.as_ref(), position, file))
    }

    pub(super) fn export_status(
        &self,
        request: &Request<Bytes>,
        now: Now,
    ) -> Result<Response<Bytes>, RequestError> {
        let asked = bot_export::get_status::Request::from_http(request)?;
        let job = self.poll_bot_job(&asked, &asked.run.bot_id, JobKind::Export, now)?;
        let file = job.file.as_ref().map(|(id, size)| self.file_of_export(id, *size, request.headers()));
        let export = self.export(&job, job.life.position(now.wall), file)?;
        Ok(bot_export::get_status::Response::new(export).to_http())
    }

    pub(super) fn start_publish(
        &self,
        request: &bot_publish::start::Request,
        now: Now,
    ) -> Result<Response<Bytes>, RequestError> {
        let State { imports, bots, bot_jobs, requests, .. } = &mut *self.state();
        let bot_id = bots.existing(&request.bot_id, imports, now.wall)?.id.clone();
        self.settings.limits.admit(requests, request, now.instant)?;
        let life =
            self.settings.starts.life(JobKind::Publish, || Arc::new(scenarios::publish_success()), now);
        let life = life.of_bot(bot_id.clone());
        let text = format!("{PUBLISH}{}", made_up_uuid());
        let id = BotPublishId::new(&text).map_err(|_| Refusal::InternalServerError)?;
        // By its mode it may be over at once; what awaits approval then awaits it still.
        let parts = life::resources(&life, &id, request.order.version_comment.as_deref());
        bot_jobs.put(bot_id, BotJob { id: text.into(), life, export_type: None, file: None });
        Ok(bot_publish::start::Response::new(parts).to_http())
    }

    pub(super) fn publish_status(
        &self,
        asked: &bot_publish::get_status::Request,
        now: Now,
    ) -> Result<Response<Bytes>, RequestError> {
        let job = self.poll_bot_job(asked, &asked.run.bot_id, JobKind::Publish, now)?;
        let id = BotPublishId::new(&*job.id).map_err(|_| Refusal::InternalServerError)?;
        let publish = life::publish(&job.life, &id, job.life.position(now.wall));
        Ok(bot_publish::get_status::Response::new(publish).to_http())
    }

    /// The last job of a bot. No source tells how the platform answers for a bot that has none; here it
    /// is answered as for an import that is not known.
    fn poll_bot_job<R: OutgoingRequest>(
        &self,
        asked: &R,
        bot: &BotId,
        kind: JobKind,
        now: Now,
    ) -> Result<BotJob, RequestError> {
        let State { imports, bots, bot_jobs, requests, .. } = &mut *self.state();
        bots.existing(bot, imports, now.wall)?;
        self.settings.limits.admit(requests, asked, now.instant)?;
        Ok(bot_jobs.poll(bot, kind).ok_or(Refusal::InvalidRequestId)?)
    }

    /// The last job of a bot and its document as it may be shown. It is not polled by that.
    pub(crate) fn job_document(
        &self,
        bot: &BotId,
        kind: JobKind,
        now: SystemTime,
    ) -> Option<(BotJob, Box<RawValue>)> {
        let job = self.state().bot_jobs.get(bot, kind)?.clone();
        let position = job.life.position(now);
        let document = if kind == JobKind::Publish {
            to_raw_value(&life::publish(&job.life, &BotPublishId::new(&*job.id).ok()?, position))
        } else {
            let file = job.file.as_ref();
            let file = file.map(|(id, size)| self.file_of_export(id, *size, &HeaderMap::new()));
            to_raw_value(&self.export(&job, position, file).ok()?.concealed())
        };
        Some((job, document.ok()?))
    }

    fn file_of_export(&self, id: &FileId, size: u64, headers: &HeaderMap) -> FileOfExport {
        let signature = self.state().kept.get(id).map(|content| content.signature.clone());
        FileOfExport {
            id: id.clone(),
            size,
            address: self.download_address(id, headers),
            query: super::download::query(signature.as_deref().unwrap_or_default()),
        }
    }
}
