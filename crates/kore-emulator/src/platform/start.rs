//! Uploads and starts of imports: from files to an import that lives.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use kore_protocol::bot_import::{start_existing, start_new};
use kore_protocol::file::upload;
use kore_protocol::watch::Now;
use kore_protocol::{Boundary, OutgoingResponse as _, Refusal, RequestError};
use kore_types::{BotImportId, ClientId, FileId, List};

use super::from_files::Named;
use super::{Platform, State};
use crate::JobKind;
use crate::bots::Bot;
use crate::files::{File, Files};
use crate::ids::made_up_id;
use crate::imports::Held;
use crate::life::{Life, new_bot};
use crate::shown::cut;

impl Platform {
    pub(super) fn take(
        &self,
        client: &ClientId,
        form: upload::Form,
        now: Now,
    ) -> Result<Response<Bytes>, RequestError> {
        // Read without the lock: it may be long.
        let file = File::read(&form);
        let response = upload::Response::new(file.uploaded()).to_http();
        let boundary = Boundary::new("none").expect("four letters");
        // What a server has read is in memory.
        let content = form.file.to_bytes().unwrap_or_default();
        let State { files, kept, app_requests, .. } = &mut *self.state();
        let requests = app_requests.entry(client.clone()).or_default();
        self.settings.limits.admit(requests, &upload::Request::new(form, boundary), now.instant)?;
        kept.put(file.id.clone(), content);
        files.put(file);
        Ok(response)
    }

    pub(super) fn start_new(
        &self,
        client: &ClientId,
        request: start_new::Request,
        now: Now,
    ) -> Result<Response<Bytes>, RequestError> {
        let State { imports, bots, files, app_requests, .. } = &mut *self.state();
        all_there(files, request.files())?;
        let requests = app_requests.entry(client.clone()).or_default();
        self.settings.limits.admit(requests, &request, now.instant)?;
        let import = &request.import;
        let zip = find(files, import.zip_info.as_ref());
        let named = Named {
            bot: import.name.as_deref(),
            definition: zip.or_else(|| find(files, import.bot_definition.as_ref())),
            config: zip.or_else(|| find(files, import.config_info.as_ref())),
            zip,
            icon: import.icon.as_ref(),
            functions: all(files, &import.bot_functions),
        };
        let id = made_up_id();
        let life = self.settings.starts.life(JobKind::Import, || Arc::new(named.scenario()), now);
        let response = accepted(&life, &id)?;
        if let Some(bot) = new_bot(&id) {
            let mut bot = Bot { name: named.bot_name().map(cut), made_by: Some(id.clone()), ..Bot::new(bot) };
            bot.bring(id.clone(), named.source(), imports, now.wall);
            bots.put(bot);
        }
        imports.put(id, Held::Living(life));
        Ok(response)
    }

    pub(super) fn start_existing(
        &self,
        request: start_existing::Request,
        now: Now,
    ) -> Result<Response<Bytes>, RequestError> {
        let State { imports, bots, files, requests, .. } = &mut *self.state();
        let bot = bots.existing(&request.bot_id, imports, now.wall)?;
        all_there(files, request.files())?;
        self.settings.limits.admit(requests, &request, now.instant)?;
        let import = &request.import;
        let named = Named {
            bot: bot.name.as_deref(),
            definition: find(files, import.bot_definition.as_ref()),
            config: find(files, import.config_info.as_ref()),
            zip: None,
            icon: bot.icon(),
            functions: all(files, &import.bot_functions),
        };
        let id = made_up_id();
        let life = self.settings.starts.life(JobKind::Import, || Arc::new(named.scenario()), now);
        let life = life.of_bot(request.bot_id.clone());
        let response = accepted(&life, &id)?;
        let source = named.source();
        if let Some(bot) = bots.get_mut(&request.bot_id) {
            bot.bring(id.clone(), source, imports, now.wall);
        }
        imports.put(id, Held::Living(life));
        Ok(response)
    }
}

fn accepted(life: &Life, id: &BotImportId) -> Result<Response<Bytes>, RequestError> {
    let response = start_new::Response::new(life.accepted(id)).ok_or(Refusal::InternalServerError)?;
    Ok(response.to_http())
}

fn all_there<'a>(files: &Files, mut named: impl Iterator<Item = &'a FileId>) -> Result<(), Refusal> {
    if named.all(|id| files.get(id).is_some()) { Ok(()) } else { Err(Refusal::InvalidFileId) }
}

fn find<'a>(files: &'a Files, id: Option<&FileId>) -> Option<&'a File> {
    files.get(id?)
}

fn all<'a>(files: &'a Files, named: &Option<List<FileId>>) -> Vec<&'a File> {
    named.iter().flat_map(|named| &named.items).filter_map(|id| files.get(id)).collect()
}
