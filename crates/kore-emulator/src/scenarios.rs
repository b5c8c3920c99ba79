//! Scenarios to begin with; `kore emulator --scenario` takes their names.

use std::time::Duration;

use kore_types::TaskType;

use crate::{JobKind, Scenario, ScenarioBuilder, Task};

/// The names of all scenarios here.
pub fn names() -> impl ExactSizeIterator<Item = &'static str> {
    LIBRARY.iter().map(|(name, _)| *name)
}

/// The scenario of that name.
pub fn named(name: &str) -> Option<Scenario> {
    LIBRARY.iter().find(|(known, _)| *known == name).map(|(_, make)| make())
}

/// All scenarios here.
pub fn all() -> impl ExactSizeIterator<Item = Scenario> {
    LIBRARY.iter().map(|(_, make)| make())
}

/// The import of the vendor's sample, which succeeds.
pub fn documented_success() -> Scenario {
    file(include_str!("scenarios/documented-success.toml"))
}

/// A success in the words of the older document.
pub fn older_spelling() -> Scenario {
    file(include_str!("scenarios/older-spelling.toml"))
}

/// A task in the middle fails, and so does the import.
pub fn failure() -> Scenario {
    file(include_str!("scenarios/failure.toml"))
}

/// A task never ends.
pub fn stuck() -> Scenario {
    file(include_str!("scenarios/stuck.toml"))
}

/// 10,000 tasks of a millisecond each, which succeed.
pub fn ten_thousand_tasks() -> Scenario {
    let task = |n| Task::new(TaskType::Dialog, format!("Dialog {n}")).lasting(Duration::from_millis(1));
    Scenario::builder("ten-thousand-tasks")
        .about("10,000 dialogs of a millisecond each, all of which succeed.")
        .tasks((1..=10_000).map(task))
        .build()
        .expect("a test builds it")
}

/// Words and keys that no document has.
pub fn unknown_words() -> Scenario {
    file(include_str!("scenarios/unknown-words.toml"))
}

/// About five seconds: eight tasks, one by one, and a success.
pub fn demo_success() -> Scenario {
    file(include_str!("scenarios/demo-success.toml"))
}

/// About three seconds: a task fails, which says why in a further key, and so does the import.
pub fn demo_failure() -> Scenario {
    file(include_str!("scenarios/demo-failure.toml"))
}

/// An export that succeeds after two seconds.
pub fn export_success() -> Scenario {
    export("export-success", "Two seconds, and the export succeeds.", |task| task)
}

/// An export that fails, and says why in a further key.
pub fn export_failure() -> Scenario {
    of_export("export-failure", "Two seconds, and the export fails.", |task| task.outcome("failed"))
        .at_end("error", "the scenario has the export fail")
        .build()
        .expect("a test builds it")
}

/// An export that never ends.
pub fn export_stuck() -> Scenario {
    export("export-stuck", "The export never ends.", Task::forever)
}

fn export(name: &str, about: &str, ends: fn(Task) -> Task) -> Scenario {
    of_export(name, about, ends).build().expect("a test builds it")
}

fn of_export(name: &str, about: &str, ends: fn(Task) -> Task) -> ScenarioBuilder {
    let task = ends(Task::new("Export", "Bot").lasting(Duration::from_secs(2)));
    Scenario::builder(name).about(about).job(JobKind::Export).task(task)
}

/// A publish that succeeds, with the parts of the vendor's sample; about two seconds.
pub fn publish_success() -> Scenario {
    publish("publish-success", "Four parts of half a second each, and the publish succeeds.", |task| task)
}

/// A publish of which the third part fails.
pub fn publish_failure() -> Scenario {
    publish("publish-failure", "The third part fails, and so does the publish.", |task| {
        task.outcome("FAILED")
    })
}

/// A publish that never ends.
pub fn publish_stuck() -> Scenario {
    publish("publish-stuck", "The third part never ends.", Task::forever)
}

/// A publish that someone has to approve, which nobody does. That the start says so is documented; no
/// source tells what the status says then, and the word in it is that of the start.
pub fn publish_awaiting_approval() -> Scenario {
    Scenario::builder("publish-awaiting-approval")
        .about("A part waits for someone to approve it, until it is steered.")
        .job(JobKind::Publish)
        .running("awaitingApproval")
        .task(Task::new("dialog", "Mortgage").forever())
        .task(Task::new("NL", "Natural Language").lasting(Duration::from_millis(500)))
        .build()
        .expect("a test builds it")
}

fn publish(name: &str, about: &str, third: fn(Task) -> Task) -> Scenario {
    let part = |kind, name| Task::new(kind, name).lasting(Duration::from_millis(500));
    Scenario::builder(name)
        .about(about)
        .job(JobKind::Publish)
        .task(part("SETTINGS", "Settings"))
        .task(part("CHANNELS", "Channels"))
        .task(third(part("NL", "Natural Language")))
        .task(part("AUTOVERSIONING", "Creating New Version"))
        .build()
        .expect("a test builds it")
}

type Make = fn() -> Scenario;

const LIBRARY: [(&str, Make); 15] = [
    ("documented-success", documented_success),
    ("older-spelling", older_spelling),
    ("failure", failure),
    ("stuck", stuck),
    ("ten-thousand-tasks", ten_thousand_tasks),
    ("unknown-words", unknown_words),
    ("demo-success", demo_success),
    ("demo-failure", demo_failure),
    ("export-success", export_success),
    ("export-failure", export_failure),
    ("export-stuck", export_stuck),
    ("publish-success", publish_success),
    ("publish-failure", publish_failure),
    ("publish-stuck", publish_stuck),
    ("publish-awaiting-approval", publish_awaiting_approval),
];

fn file(text: &str) -> Scenario {
    Scenario::from_toml(text, "a scenario of the library").expect("a test reads it")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::UNIX_EPOCH;

    use kore_types::{BotImport, BotImportId, Outcome};

    use super::*;
    use crate::Mode;
    use crate::life::Life;
    use crate::samples;

    fn end(scenario: Scenario) -> BotImport {
        let id = BotImportId::new("bir-1f").expect("valid");
        let life = Life::new(Arc::new(scenario), Mode::AtOnce, UNIX_EPOCH);
        serde_json::from_str(&life.document(&id, UNIX_EPOCH)).expect("an import")
    }

    #[test]
    fn each_scenario_has_the_name_under_which_it_is_found_and_says_what_it_is_for() {
        for name in names() {
            let scenario = named(name).expect("it is there");
            assert_eq!(scenario.name(), name);
            assert!(scenario.about().ends_with('.'), "{name}");
        }
        assert_eq!(all().len(), names().len());
        assert!(named("no-such").is_none());
    }

    #[test]
    fn each_scenario_ends_as_it_says() {
        for (scenario, outcome) in [
            (documented_success(), Outcome::Succeeded),
            (older_spelling(), Outcome::Succeeded),
            (failure(), Outcome::Failed),
            (stuck(), Outcome::Running),
            (ten_thousand_tasks(), Outcome::Succeeded),
            (unknown_words(), Outcome::Unknown),
            (demo_success(), Outcome::Succeeded),
            (demo_failure(), Outcome::Failed),
        ] {
            let name = scenario.name().to_owned();
            assert_eq!(end(scenario).outcome(), outcome, "{name}");
        }
        for (scenario, expected) in [
            (export_success(), "success"),
            (export_failure(), "failed"),
            (export_stuck(), "pending"),
            (publish_success(), "successful"),
            (publish_failure(), "failed"),
            (publish_stuck(), "inprogress"),
            (publish_awaiting_approval(), "inprogress"),
        ] {
            let name = scenario.name().to_owned();
            assert_eq!(end(scenario).status.expect("a word").as_str(), expected, "{name}");
        }
    }

    /// The document of an export lists no tasks, so it says why as a whole.
    #[test]
    fn an_export_that_fails_says_why() {
        assert_eq!(end(export_failure()).extra["error"], "the scenario has the export fail");
    }

    #[test]
    fn the_documented_success_has_the_log_of_the_sample() {
        assert_eq!(end(documented_success()).status_logs, samples::succeeded().status_logs);
    }

    #[test]
    fn the_demonstrations_take_as_long_as_they_say() {
        assert_eq!(
            (demo_success().task_count(), demo_success().duration()),
            (8, Some(Duration::from_secs(5)))
        );
        assert_eq!(demo_failure().duration(), Some(Duration::from_secs(3)));
        let failed = end(demo_failure());
        let why = failed.failed_entries().find_map(|entry| entry.extra.get("error"));
        assert!(why.and_then(|why| why.as_str()).expect("it says why").contains("CardNumber"));
    }
}
