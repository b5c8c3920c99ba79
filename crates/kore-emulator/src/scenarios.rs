//! Scenarios to begin with; `kore emulator --scenario` takes their names.

use std::time::Duration;

use kore_types::TaskType;

use crate::{Scenario, Task};

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

type Make = fn() -> Scenario;

const LIBRARY: [(&str, Make); 8] = [
    ("documented-success", documented_success),
    ("older-spelling", older_spelling),
    ("failure", failure),
    ("stuck", stuck),
    ("ten-thousand-tasks", ten_thousand_tasks),
    ("unknown-words", unknown_words),
    ("demo-success", demo_success),
    ("demo-failure", demo_failure),
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
