//! `/bots/{id}/export` and `/bots/{id}/publish`: shows and steers the last job of a bot; `/next`: what
//! the jobs follow that are started next.

use bytes::Bytes;
use http::{Response, StatusCode};
use kore_types::BotId;
use serde::Serialize;
use serde_json::value::RawValue;

use super::answer::{Problem, json, no_content};
use super::base::Control;
use super::imports::ToCreate;
use super::routes::Steer;
use super::view::{JobView, Much};
use crate::bodies::AnswerBody;
use crate::{JobKind, SteerError};

const EXPECTED: &str =
    r#"{"scenario": NAME or {…}, and perhaps "mode": "time", "looks" or "at-once", "speed": 10, "each": 1}"#;

#[derive(Serialize)]
struct WithDocument {
    #[serde(flatten)]
    job: JobView,
    /// Without what opens the file of an export.
    document: Box<RawValue>,
}

impl Control {
    pub(super) fn job(&self, bot: &str, kind: JobKind) -> Result<Response<AnswerBody>, Problem> {
        let now = self.clock.now().wall;
        let found = BotId::new(bot).ok().and_then(|bot| self.platform.job_document(&bot, kind, now));
        let (job, document) = found.ok_or_else(|| unknown(bot, kind))?;
        let view = JobView::new(&job, now, Much::WithLog);
        Ok(json(StatusCode::OK, &WithDocument { job: view, document }))
    }

    pub(super) fn steer_job(
        &self,
        bot: &str,
        kind: JobKind,
        how: Steer,
    ) -> Result<Response<AnswerBody>, Problem> {
        let now = self.clock.now().wall;
        let id = BotId::new(bot).map_err(|_| unknown(bot, kind))?;
        let steered = self.platform.steer_bot_job(&id, kind, |life| how.act(life, now));
        steered.map_err(|error| match error {
            SteerError::Unknown => unknown(bot, kind),
            SteerError::Fixed | SteerError::Over => {
                Problem::new(StatusCode::CONFLICT, format!("{} that runs", kind.in_words()))
                    .found(error)
                    .hint("start another one")
            }
        })?;
        self.job(bot, kind)
    }

    /// Prepares the next start of the scenario's kind.
    pub(super) fn prepare(&self, body: &Bytes) -> Result<Response<AnswerBody>, Problem> {
        #[derive(Serialize)]
        struct Prepared<'a> {
            job: JobKind,
            scenario: &'a str,
            /// How many are prepared, this one included.
            prepared: usize,
        }
        let (scenario, mode) = ToCreate::read(body, EXPECTED)?.without_id(EXPECTED)?;
        let scenario = self.scenario(&scenario)?;
        let prepared = self.platform.starts().prepare(scenario.clone(), mode).ok_or_else(|| {
            Problem::new(StatusCode::CONFLICT, "fewer than a thousand starts that are prepared")
                .found("as many")
                .hint("DELETE /_emulator/next forgets them")
        })?;
        Ok(json(StatusCode::CREATED, &Prepared { job: scenario.job(), scenario: scenario.name(), prepared }))
    }

    pub(super) fn forget_prepared(&self) -> Response<AnswerBody> {
        self.platform.starts().clear();
        no_content()
    }
}

fn unknown(bot: &str, kind: JobKind) -> Problem {
    let kind = kind.as_str();
    Problem::new(StatusCode::NOT_FOUND, format!("the id of a bot whose {kind} was started"))
        .found(bot)
        .hint("GET /_emulator/bots lists the bots, each with its last export and publish")
}
