//! Starting the export and the publish of a bot, so that what is watched next is that very run. Once
//! started, [`Client::watch`] waits for either as for an import; [`Client::export_bot`] and
//! [`Client::publish_bot`] do all of it.

use http::StatusCode;
use kore_protocol::bot_export::{self, ExportRun};
use kore_protocol::bot_publish::{self, PublishMark, PublishRun};
use kore_protocol::watch::{End, Now, ResumeToken, Unended};
use kore_types::BotId;

use crate::attempts::is_untaken;
use crate::call::Core;
use crate::wait::Polls as _;
use crate::{Answer, Client, Error, blocking};

/// How often a request is sent again that was certainly not taken, or asks alone.
const RETRIES: u32 = 4;

const IN_DOUBT: &str =
    "it may have started all the same: ask for the status of the bot before it is started again";

/// A publish that was started.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StartedPublish {
    /// What [`Client::watch`] takes.
    pub run: PublishRun,
    /// What the platform said of each part of the bot.
    pub response: bot_publish::start::Response,
    /// With it a watch resumes that was not begun, within the rate limit.
    pub resume: ResumeToken<PublishRun>,
}

impl StartedPublish {
    /// Whether a part waits for someone to approve it: then the publish neither succeeds nor fails
    /// before that is done.
    pub fn awaits_approval(&self) -> bool {
        self.response.awaiting_approval().next().is_some()
    }

    /// The end of a watch that need not begin, since a part waits for approval. None if none does.
    pub fn end(&self) -> Option<End<PublishRun, Error>> {
        let end = || End::AwaitsApproval(Unended::unwatched(self.resume.clone()));
        self.awaits_approval().then(end)
    }
}

impl Client {
    /// Starts an export. It is started again only if the platform certainly did not take it.
    ///
    /// ```no_run
    /// # async fn example(client: kore_sdk::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use kore_sdk::protocol::bot_export::start;
    /// use kore_sdk::types::ExportType;
    /// use kore_sdk::watch::End;
    ///
    /// let run = client.start_export(&start::Request::new("st-1f".parse()?, ExportType::Latest)).await?;
    /// if let End::Succeeded(response) = client.watch(&run).await? {
    ///     client.download_export(&response.export, "bot.zip").await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If it cannot be started; ask [`Error::may_have_started`].
    pub async fn start_export(&self, request: &bot_export::start::Request) -> Result<ExportRun, Error> {
        let answer = self.call(request).retries(RETRIES).await;
        Ok(request.run(&started(answer)?))
    }

    /// Starts a publish, once the status has told of the one before.
    ///
    /// # Errors
    /// If the status cannot be asked for, or it cannot be started; ask [`Error::may_have_started`].
    pub async fn start_publish(
        &self,
        request: &bot_publish::start::Request,
    ) -> Result<StartedPublish, Error> {
        let status = bot_publish::get_status::Request::new(request.bot_id.clone());
        let before = mark(self.call(&status).retries(RETRIES).await)?;
        let answer = self.call(request).retries(RETRIES).await;
        self.core.started_publish(&request.bot_id, before, answer, Self::now())
    }
}

impl blocking::Client {
    /// As [`Client::start_export`].
    ///
    /// # Errors
    /// The same.
    pub fn start_export(&self, request: &bot_export::start::Request) -> Result<ExportRun, Error> {
        let answer = self.call(request).retries(RETRIES).run();
        Ok(request.run(&started(answer)?))
    }

    /// As [`Client::start_publish`].
    ///
    /// # Errors
    /// The same.
    pub fn start_publish(&self, request: &bot_publish::start::Request) -> Result<StartedPublish, Error> {
        let status = bot_publish::get_status::Request::new(request.bot_id.clone());
        let before = mark(self.call(&status).retries(RETRIES).run())?;
        let answer = self.call(request).retries(RETRIES).run();
        self.core.started_publish(&request.bot_id, before, answer, Self::now())
    }
}

/// What the status told before the start. That the platform knows of no publish says that there was
/// none; whatever else goes wrong says nothing, and nothing is started.
fn mark(answer: Result<Answer<bot_publish::get_status::Response>, Error>) -> Result<PublishMark, Error> {
    match answer {
        Ok(answer) => Ok((&answer.response.publish).into()),
        Err(error) => {
            let is_none = error.response().is_some_and(|response| {
                let is_unknown =
                    [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND].contains(&response.status());
                is_unknown && response.error_body().is_some()
            });
            if is_none { Ok(PublishMark::default()) } else { Err(error) }
        }
    }
}

impl Core {
    fn started_publish(
        &self,
        bot_id: &BotId,
        before: PublishMark,
        answer: Result<Answer<bot_publish::start::Response>, Error>,
        now: Now,
    ) -> Result<StartedPublish, Error> {
        let response = started(answer)?;
        let run = PublishRun::after(bot_id.clone(), before);
        Ok(StartedPublish { resume: ResumeToken::unwatched(run.clone(), &self.requests, now), run, response })
    }
}

fn started<R>(answer: Result<Answer<R>, Error>) -> Result<R, Error> {
    match answer {
        Ok(answer) => Ok(answer.response),
        Err(error) if is_untaken(&error) => Err(error),
        Err(error) => Err(error.in_doubt_of(IN_DOUBT)),
    }
}
