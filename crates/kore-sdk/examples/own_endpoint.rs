//! Calls that these crates do not have, written from public items alone: backups of a bot, which are
//! listed, watched until they end, and deleted. No such calls are documented; take yours from the
//! platform's pages.
//!
//! ```sh
//! cargo run -p kore-sdk --example own_endpoint
//! ```
//!
//! It needs no server: a closure stands for the platform.
#![allow(clippy::print_stdout, reason = "an example talks to its terminal")]

use std::borrow::Cow;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use kore_sdk::protocol::{
    Body, Endpoint, IncomingRequest, JsonResponse, Metadata, OutgoingRequest, OutgoingResponse, OwnRefusal,
    PathTemplate, Query, RateLimit, RequestError,
};
use kore_sdk::types::BotId;
use kore_sdk::watch::{End, Job, Task};
use kore_sdk::{Client, Status};
use serde::{Deserialize, Serialize};

/// The scope that an app must hold for these calls: where it is ticked, and its name.
const SCOPE: kore_sdk::protocol::Scope =
    kore_sdk::protocol::Scope::new("Bot Definition > Backup", "bot_definition:backup");

/// What the platform says of a backup that it does not have.
const UNKNOWN_BACKUP: OwnRefusal = OwnRefusal::new(StatusCode::NOT_FOUND, 404, "Unknown backup");

const fn metadata(method: Method, path: &'static str) -> Metadata {
    Metadata { method, path: PathTemplate::new(path), scope: Some(SCOPE), rate_limit: RateLimit::PerBot }
}

/// `GET …/backups?limit=…`: a call with a query, for clients and servers.
struct ListBackups {
    bot_id: BotId,
    limit: u32,
}

#[derive(Debug, Deserialize, Serialize)]
struct Backups {
    backups: Vec<String>,
}

impl Endpoint for ListBackups {
    const METADATA: Metadata = metadata(Method::GET, "/api/public/bot/{botId}/backups");
    type Response = Backups;
}

impl OutgoingRequest for ListBackups {
    fn path_values(&self) -> Vec<&str> {
        vec![self.bot_id.as_str()]
    }

    fn query(&self) -> Vec<(&str, Cow<'_, str>)> {
        vec![("limit", self.limit.to_string().into())]
    }
}

impl IncomingRequest for ListBackups {
    fn from_parts(path_values: &[&str], query: Query<'_>, _body: &Bytes) -> Result<Self, RequestError> {
        let bot_id = path_values.concat().parse().map_err(|_| UNKNOWN_BACKUP)?;
        Ok(Self { bot_id, limit: query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(20) })
    }
}

impl JsonResponse for Backups {}

/// `DELETE …/backups/{backupId}`, answered by 204: a call for clients alone.
struct DeleteBackup {
    bot_id: BotId,
    backup: String,
}

impl Endpoint for DeleteBackup {
    const METADATA: Metadata = metadata(Method::DELETE, "/api/public/bot/{botId}/backups/{backupId}");
    type Response = ();
}

impl OutgoingRequest for DeleteBackup {
    fn path_values(&self) -> Vec<&str> {
        vec![self.bot_id.as_str(), &self.backup]
    }
}

/// A backup that is being made: its status is asked for until it ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Backup {
    bot_id: BotId,
    backup: String,
}

/// `GET …/backups/{backupId}/status`, for clients alone.
#[derive(Clone, Debug, PartialEq)]
struct GetBackup(Backup);

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
struct Progress {
    status: Status,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
struct Step {
    name: String,
    status: Status,
}

impl Endpoint for GetBackup {
    const METADATA: Metadata = metadata(Method::GET, "/api/public/bot/{botId}/backups/{backupId}/status");
    type Response = Progress;
}

impl OutgoingRequest for GetBackup {
    fn path_values(&self) -> Vec<&str> {
        vec![self.0.bot_id.as_str(), &self.0.backup]
    }
}

impl JsonResponse for Progress {}

impl Job for Backup {
    const KIND: &'static str = "bot backup";

    type Request = GetBackup;
    type Response = Progress;
    type Task = Step;

    fn request(&self) -> GetBackup {
        GetBackup(self.clone())
    }

    fn status<'a>(&self, response: &'a Progress) -> Option<&'a Status> {
        Some(&response.status)
    }

    fn tasks<'a>(&self, response: &'a Progress) -> &'a [Step] {
        &response.steps
    }
}

impl Task for Step {
    fn kind(&self) -> Option<&str> {
        None
    }

    fn name(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn status(&self) -> Option<&Status> {
        Some(&self.status)
    }
}

/// The platform, as far as this example needs it.
fn platform(polls: &AtomicU32, request: &Request<Body>) -> Result<Response<Bytes>, RequestError> {
    let path = request.uri().path();
    if path.ends_with("/status") {
        let is_over = polls.fetch_add(1, Ordering::Relaxed) > 0;
        let status = if is_over { Status::Success } else { Status::Pending };
        let steps = vec![Step { name: "Dialogs".to_owned(), status: status.clone() }];
        return Ok(Progress { status, steps }.to_http());
    }
    if *request.method() == Method::DELETE {
        return if path.ends_with("/b-1") { Ok(().to_http()) } else { Err(UNKNOWN_BACKUP.into()) };
    }
    let head = Request::get(request.uri()).body(Bytes::new()).map_err(|_| RequestError::OtherPath)?;
    let asked = ListBackups::from_http(&head)?;
    let backups = (1..=3).map(|n| format!("b-{n}")).take(asked.limit as usize).collect();
    Ok(Backups { backups }.to_http())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let polls = AtomicU32::new(0);
    let transport = move |request| {
        let response = platform(&polls, &request).unwrap_or_else(|error| error.to_http());
        std::future::ready(Ok(response))
    };
    let client = Client::builder().host("bots.kore.ai").token("a.b.c").transport(transport).build()?;
    let bot_id: BotId = "st-1f".parse()?;

    let listed = client.send(&ListBackups { bot_id: bot_id.clone(), limit: 2 }).await?.response;
    println!("backups: {:?}", listed.backups);

    let backup = Backup { bot_id: bot_id.clone(), backup: "b-1".to_owned() };
    if let End::Succeeded(progress) = client.watch(&backup).await? {
        println!("made: {:?}", progress.steps);
    }

    let deleted = client.send(&DeleteBackup { bot_id: bot_id.clone(), backup: "b-1".to_owned() }).await?;
    println!("deleted: {}", deleted.status);
    let error =
        client.send(&DeleteBackup { bot_id, backup: "b-9".to_owned() }).await.err().ok_or("refused")?;
    if error.response().is_some_and(|response| UNKNOWN_BACKUP.is_of(response)) {
        println!("unknown: {error}");
    }
    Ok(())
}
