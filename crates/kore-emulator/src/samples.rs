//! Documents of imports to begin with: the vendor's sample, and others of its form.

use std::time::{Duration, SystemTime};

use kore_protocol::bot_import::get_status;
use kore_types::{BotImport, BotImportId, List, Status, StatusLog, TaskType, Timestamp};

/// One that succeeded, one that is running and one that failed, in this order.
pub fn each_outcome() -> [BotImport; 3] {
    [succeeded(), running(), failed()]
}

/// The sample of the vendor's document: an import that succeeded.
pub fn succeeded() -> BotImport {
    serde_json::from_str(get_status::SAMPLE).expect("a test reads it")
}

/// The same in the spelling of the older document.
pub fn older_spelling() -> BotImport {
    let mut import = with_id(succeeded(), "bir-01der0ne-0000-4000-8000-000000000000");
    import.bot_ref_id = import.stream_ref_id.take();
    import.bot_id = import.stream_id.take();
    import
}

/// An import that is running: asked for twelve seconds ago, its first tasks done, one in progress.
/// Its identifiers are made up, its form is that of the documented sample.
pub fn running() -> BotImport {
    let mut import = with_id(succeeded(), "bir-4bb0c1d2-0000-4000-8000-00000000000a");
    import.status = Some(Status::Pending);
    let now = SystemTime::now();
    let created = now.checked_sub(Duration::from_secs(12)).unwrap_or(now);
    import.created_on = Some(Timestamp::from(created));
    if let Some(List { items: log, .. }) = &mut import.status_logs {
        log.truncate(6);
        log.push(StatusLog::new(TaskType::Dialog, "Test Firebase Service", Status::InProgress));
    }
    import
}

/// An import in which one task failed. No public sample of one exists: the words are those of the
/// vendor's test suite, and the key `error` of the task is made up.
pub fn failed() -> BotImport {
    let mut import = with_id(succeeded(), "bir-fa11ed00-0000-4000-8000-00000000000f");
    import.status = Some(Status::Failed);
    if let Some(List { items: log, .. }) = &mut import.status_logs {
        log.truncate(9);
        let mut task = StatusLog::new(TaskType::Dialog, "ShowDiseaseList", Status::Failed);
        let why = "the dialog refers to an entity that the bot does not have";
        task.extra.insert("error".to_owned(), why.into());
        log.push(task);
        log.push(StatusLog::new(TaskType::ImportBot, "SampleBot", Status::Failed));
    }
    import
}

fn with_id(mut import: BotImport, id: &str) -> BotImport {
    import.id = Some(BotImportId::new(id).expect("a safe id"));
    import
}

#[cfg(test)]
mod tests {
    use kore_types::Outcome;

    use super::*;

    #[test]
    fn the_samples_are_what_they_say() {
        assert_eq!(succeeded().outcome(), Outcome::Succeeded);
        assert_eq!(older_spelling().outcome(), Outcome::Succeeded);
        assert!(serde_json::to_string(&older_spelling()).expect("encodes").contains("\"botId\""));
        assert_eq!((running().outcome(), running().counts().running), (Outcome::Running, 1));
        assert_eq!((failed().outcome(), failed().failed_entries().count()), (Outcome::Failed, 2));
    }
}
