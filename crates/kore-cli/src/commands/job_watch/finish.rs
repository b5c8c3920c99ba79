//! What a command does once a job has succeeded: an export's file is fetched, a new bot's id is said.

use std::time::Duration;

use kore_sdk::Client;
use kore_sdk::watch::Job;

use crate::failure::Failure;

/// What is done once a job has succeeded, before that is told.
pub(in crate::commands) trait Finish<J: Job> {
    /// What is said before it.
    fn words(&self, _job: &J) -> Option<String> {
        None
    }

    /// Does it, and says what was done; `left` is left until the deadline.
    async fn finish(
        &self,
        client: &Client,
        job: &J,
        response: &J::Response,
        left: Duration,
    ) -> Result<Option<String>, Failure>;
}

/// Nothing.
impl<J: Job> Finish<J> for () {
    async fn finish(
        &self,
        _client: &Client,
        _job: &J,
        _response: &J::Response,
        _left: Duration,
    ) -> Result<Option<String>, Failure> {
        Ok(None)
    }
}
