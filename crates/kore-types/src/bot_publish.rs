//! The publish of a bot: what its start is sent and answers with, and the document that describes
//! the last one.

use crate::{BotId, BotPublishId, List, Outcome, Status, Timestamp, UserId, model};

model! {
    /// The last publish of a bot.
    pub struct BotPublish {
        /// The publish, `ds-…`.
        #[key("_id", always)]
        pub id: Option<BotPublishId>,
        /// `RUN`.
        #[key("action")]
        pub action: Option<String>,
        /// `PUBLISH_BOT`.
        #[key("jobType")]
        pub job_type: Option<String>,
        /// The bot.
        #[key("streamId")]
        pub stream_id: Option<BotId>,
        /// The version key of the document store: a small integer.
        #[key("__v")]
        pub version: Option<u64>,
        /// No source says what is counted.
        #[key("countOfDockStatuses")]
        pub count_of_dock_statuses: Option<u64>,
        /// Who asked for it.
        #[key("createdBy")]
        pub created_by: Option<UserId>,
        /// How far it is, in percent.
        #[key("percentageComplete")]
        pub percentage_complete: Option<u64>,
        /// When it was asked for.
        #[key("requestedTime")]
        pub requested_time: Option<Timestamp>,
        /// The state of the publish as a whole.
        #[key("status", always)]
        pub status: Option<Status>,
        /// When this document changed last.
        #[key("lastModifiedOn")]
        pub last_modified_on: Option<Timestamp>,
        /// When it began.
        #[key("initiatedOn")]
        pub initiated_on: Option<Timestamp>,
        /// What has been done so far, part by part.
        #[key("statusSummary")]
        pub status_summary: Option<List<PublishTask>>,
    }
}

model! {
    /// A part of the bot that is published, and its state.
    pub struct PublishTask {
        /// The part.
        #[key("resourceId")]
        pub resource_id: Option<String>,
        /// The kind of the part.
        #[key("resourceType")]
        pub resource_type: Option<String>,
        /// Its name.
        #[key("name")]
        pub name: Option<String>,
        /// Its state.
        #[key("status", always)]
        pub status: Option<Status>,
    }
}

impl BotPublish {
    /// What the status means.
    pub fn outcome(&self) -> Outcome {
        self.status.as_ref().map_or(Outcome::Unknown, Status::outcome)
    }

    /// The parts, in order.
    pub fn tasks(&self) -> &[PublishTask] {
        self.status_summary.as_ref().map_or(&[], |tasks| &tasks.items)
    }

    /// Whether the publish, or a part of it, waits for someone to approve it.
    pub fn awaits_approval(&self) -> bool {
        let tasks = self.tasks().iter().filter_map(|task| task.status.as_ref());
        self.status.iter().chain(tasks).any(Status::awaits_approval)
    }
}

model! {
    /// What the start of a publish is sent.
    pub struct BotPublishOrder {
        /// The comment on the version that is published.
        #[key("versionComment", always)]
        pub version_comment: Option<String>,
        /// Whether the bot is trained; it is by default.
        #[key("initiateTraining")]
        pub initiate_training: Option<bool>,
    }
}

model! {
    /// A part of the bot in the response to the start of a publish, which is a list of them.
    pub struct PublishedResource {
        /// The kind of the part.
        #[key("resourceType")]
        pub resource_type: Option<String>,
        /// The part.
        #[key("resourceId")]
        pub resource_id: Option<String>,
        /// The part where it is worked on.
        #[key("sbResourceId")]
        pub sandbox_resource_id: Option<String>,
        /// Whether the request for it was accepted: not whether it is published.
        #[key("status")]
        pub status: Option<Status>,
        /// What became of the request.
        #[key("result")]
        pub result: Option<PublishResult>,
    }
}

model! {
    /// What became of the request to publish a part.
    pub struct PublishResult {
        /// `awaitingApproval` where someone has to approve it.
        #[key("state")]
        pub state: Option<String>,
        /// The languages that it is asked for.
        #[key("approvalRequestedLanguages")]
        pub approval_requested_languages: Option<List<String>>,
        /// The comment on the version.
        #[key("versionComment")]
        pub version_comment: Option<String>,
        /// When it was published.
        #[key("publishedOn")]
        pub published_on: Option<Timestamp>,
        /// The name of the part.
        #[key("name")]
        pub name: Option<String>,
        /// The part.
        #[key("resourceId")]
        pub resource_id: Option<String>,
        /// The kind of the part.
        #[key("resourceType")]
        pub resource_type: Option<String>,
        /// What the part consists of.
        #[key("modules")]
        pub modules: Option<List<String>>,
    }
}

impl PublishedResource {
    /// Whether it waits for someone to approve it.
    pub fn awaits_approval(&self) -> bool {
        let state = self.result.as_ref().and_then(|result| result.state.as_deref());
        self.status.iter().cloned().chain(state.map(Status::from)).any(|status| status.awaits_approval())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_awaits_approval_is_told_in_any_spelling() {
        let publish = |json: &str| serde_json::from_str::<BotPublish>(json).expect("a publish");
        for word in ["awaitingApproval", "AWAITING_APPROVAL", "awaiting approval", "Pending Approval"] {
            assert!(publish(&format!(r#"{{"status":"{word}"}}"#)).awaits_approval(), "{word}");
            let summary = format!(r#"{{"status":"successful","statusSummary":[{{"status":"{word}"}}]}}"#);
            assert!(publish(&summary).awaits_approval(), "{word}");
            let resource = format!(r#"{{"status":"SUCCESS","result":{{"state":"{word}"}}}}"#);
            let resource: PublishedResource = serde_json::from_str(&resource).expect("a resource");
            assert!(resource.awaits_approval(), "{word}");
        }
        assert!(!publish(r#"{"status":"approved"}"#).awaits_approval());
        assert!(!publish(r#"{"status":"inprogress"}"#).awaits_approval());
    }
}
