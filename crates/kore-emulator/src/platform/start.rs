//! Uploads and starts: from files to an import that lives.

use bytes::Bytes;
use http::Response;
use kore_protocol::bot_import::{start_existing, start_new};
use kore_protocol::file::upload;
use kore_protocol::watch::Now;
use kore_protocol::{Boundary, OutgoingResponse as _, Refusal, RequestError};
use kore_types::{BotImportId, ClientId, FileId, List};

use super::from_files::Named;
use super::{Platform, State};
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
        let State { files, app_requests, .. } = &mut *self.state();
        let requests = app_requests.entry(client.clone()).or_default();
        self.limits.admit(requests, &upload::Request::new(form, boundary), now.instant)?;
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
        self.limits.admit(requests, &request, now.instant)?;
        let import = &request.import;
        let zip = find(files, import.zip_info.as_ref());
        let named = Named {
            bot: import.name.as_deref(),
            definition: zip.or_else(|| find(files, import.bot_definition.as_ref())),
            config: zip.or_else(|| find(files, import.config_info.as_ref())),
            has_functions: zip.map_or(has_some(&import.bot_functions), |zip| zip.summary.has_functions),
        };
        let (id, life) = (made_up_id(), self.starts.life(&named, now));
        let response = accepted(&life, &id)?;
        if let Some(bot) = new_bot(&id) {
            bots.put(Bot { id: bot, name: named.bot_name().map(cut), made_by: Some(id.clone()) });
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
        let bot = bots.get(&request.bot_id).filter(|bot| bot.exists(imports, now.wall));
        let bot = bot.ok_or(Refusal::InvalidStreamId)?;
        all_there(files, request.files())?;
        self.limits.admit(requests, &request, now.instant)?;
        let import = &request.import;
        let named = Named {
            bot: bot.name.as_deref(),
            definition: find(files, import.bot_definition.as_ref()),
            config: find(files, import.config_info.as_ref()),
            has_functions: has_some(&import.bot_functions),
        };
        let (id, life) = (made_up_id(), self.starts.life(&named, now).into_bot(request.bot_id.clone()));
        let response = accepted(&life, &id)?;
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

fn has_some(functions: &Option<List<FileId>>) -> bool {
    functions.as_ref().is_some_and(|functions| !functions.items.is_empty())
}
