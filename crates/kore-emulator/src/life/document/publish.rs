//! The document of a publish, and the list with which its start is answered.

use kore_types::{
    BotPublish, BotPublishId, PublishResult, PublishTask, PublishedResource, Status, StatusLog,
};

use super::{bare, with_said, words};
use crate::bot_jobs::PUBLISH;
use crate::life::{Life, Position};

/// The model of a publish, and over it what the scenario says.
pub(crate) fn publish(life: &Life, id: &BotPublishId, position: Position) -> BotPublish {
    let scenario = life.scenario();
    let (status, task) = words(scenario, position);
    let tasks = scenario.task_count();
    let mut publish = BotPublish::default();
    publish.id = Some(id.clone());
    publish.action = Some("RUN".to_owned());
    publish.job_type = Some("PUBLISH_BOT".to_owned());
    publish.stream_id = life.bot().cloned();
    publish.version = Some(0);
    publish.count_of_dock_statuses = Some(1);
    publish.created_by = format!("u-{}", bare(id.as_str(), PUBLISH)).parse().ok();
    publish.percentage_complete =
        Some((position.ended * 100).checked_div(tasks).map_or(100, |percent| percent as u64));
    publish.requested_time = Some(life.created().into());
    publish.initiated_on = Some(life.created().into());
    publish.last_modified_on = Some(life.modified(position).into());
    let mut publish = with_said(scenario, position, publish);
    publish.status = Some(status.clone());
    let summary = scenario.log(position.ended, task).into_iter().map(part);
    publish.status_summary = Some(summary.collect());
    publish
}

/// The entry of a task in the words of a publish.
fn part(entry: StatusLog) -> PublishTask {
    let kind = entry.task_type.map(|kind| kind.as_str().to_owned());
    let mut task = PublishTask::default();
    task.resource_id.clone_from(&kind);
    task.resource_type = kind;
    task.name = entry.task_name;
    task.status = entry.status;
    task.extra = entry.extra;
    task
}

/// What the start says of each part of the bot. The first one waits for someone to approve it if the
/// publish does as it starts.
pub(crate) fn resources(life: &Life, id: &BotPublishId, comment: Option<&str>) -> Vec<PublishedResource> {
    let mut awaits_approval = publish(life, id, Position::START).awaits_approval();
    let parts = life.scenario().log(usize::MAX, None).into_iter().map(part);
    let resource = |part: PublishTask| {
        let mut result = PublishResult::default();
        if std::mem::take(&mut awaits_approval) {
            result.state = Some("awaitingApproval".to_owned());
            result.version_comment = comment.map(str::to_owned);
        }
        result.name = part.name;
        result.resource_id.clone_from(&part.resource_id);
        result.resource_type.clone_from(&part.resource_type);
        let mut resource = PublishedResource::default();
        resource.resource_type = part.resource_type;
        resource.resource_id = part.resource_id;
        // That the request for it was accepted.
        resource.status = Some(Status::from("SUCCESS"));
        resource.result = Some(result);
        resource
    };
    parts.map(resource).collect()
}
