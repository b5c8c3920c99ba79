//! What changed between two polls, as events. A watch compares each response with the one before.

use std::collections::HashMap;

use super::{Event, Job, Task};

/// One event for each change, the status first.
pub(super) fn diff<J: Job>(job: &J, before: Option<&J::Response>, now: &J::Response) -> Vec<Event<J::Task>> {
    let mut events = Vec::new();
    let (before_status, status) = (before.and_then(|before| job.status(before)), job.status(now));
    if before.is_none() || before_status != status {
        events.push(Event::StatusChanged { before: before_status.cloned(), now: status.cloned() });
    }
    let known = before.map(|before| job.tasks(before)).unwrap_or_default();
    if known == job.tasks(now) {
        return events;
    }
    let mut known: HashMap<_, (usize, &J::Task)> =
        numbered(known).enumerate().map(|(index, (key, task))| (key, (index, task))).collect();
    for (index, (key, entry)) in numbered(job.tasks(now)).enumerate() {
        match known.remove(&key) {
            None => events.push(Event::TaskAppeared { index, entry: entry.clone() }),
            Some((_, before)) if before != entry => {
                events.push(Event::TaskChanged { index, before: before.clone(), entry: entry.clone() });
            }
            Some(_) => {}
        }
    }
    let mut vanished: Vec<_> = known.into_values().collect();
    vanished.sort_unstable_by_key(|(index, _)| *index);
    let vanished = vanished.into_iter();
    events.extend(vanished.map(|(index, entry)| Event::TaskVanished { index, entry: entry.clone() }));
    events
}

/// Numbers the tasks of each kind and name, since names repeat: the key is kind, name and number.
fn numbered<T: Task>(tasks: &[T]) -> impl Iterator<Item = ((&str, &str, u32), &T)> {
    let mut seen: HashMap<(&str, &str), u32> = HashMap::new();
    tasks.iter().map(move |task| {
        let (kind, name) = (task.kind().unwrap_or_default(), task.name().unwrap_or_default());
        let nth = seen.entry((kind, name)).or_default();
        *nth += 1;
        ((kind, name, *nth), task)
    })
}

#[cfg(test)]
mod tests {
    use kore_types::{BotImport, BotImportId, Status, StatusLog, TaskType};

    use super::*;

    fn import(status: Status, tasks: &[(&str, Status)]) -> BotImport {
        let entries =
            tasks.iter().map(|(name, status)| StatusLog::new(TaskType::Dialog, *name, status.clone()));
        let mut import = BotImport::new("bir-1".parse().expect("valid"), status);
        import.status_logs = Some(entries.collect());
        import
    }

    fn changes(before: Option<&BotImport>, now: &BotImport) -> Vec<String> {
        let name = |entry: &StatusLog| entry.task_name.clone().expect("a name");
        let show = |event| match event {
            Event::StatusChanged { now, .. } => format!("status {}", now.expect("a status")),
            Event::TaskAppeared { index, entry } => format!("appeared {index} {}", name(&entry)),
            Event::TaskChanged { index, entry, .. } => format!("changed {index} {}", name(&entry)),
            Event::TaskVanished { index, entry } => format!("vanished {index} {}", name(&entry)),
            other => unreachable!("{other:?}"),
        };
        let response = |import: &BotImport| crate::bot_import::get_status::Response::new(import.clone());
        let id: BotImportId = "bir-1".parse().expect("valid");
        let events = diff(&id, before.map(response).as_ref(), &response(now));
        events.into_iter().map(show).collect()
    }

    #[test]
    fn each_change_is_one_event() {
        let first = import(Status::Pending, &[("a", Status::Pending)]);
        assert_eq!(changes(None, &first), ["status pending", "appeared 0 a"]);
        assert!(changes(Some(&first), &first).is_empty());
        let second = import(Status::Failed, &[("a", Status::Failed), ("b", Status::Success)]);
        assert_eq!(changes(Some(&first), &second), ["status failed", "changed 0 a", "appeared 1 b"]);
    }

    #[test]
    fn tasks_that_vanished_come_in_their_order() {
        let before = import(
            Status::Pending,
            &[("a", Status::Success), ("b", Status::Pending), ("b", Status::Pending)],
        );
        let now = import(Status::Pending, &[("b", Status::Pending)]);
        assert_eq!(changes(Some(&before), &now), ["vanished 0 a", "vanished 2 b"]);
        assert_eq!(changes(Some(&now), &import(Status::Pending, &[])), ["vanished 0 b"]);
    }

    #[test]
    fn tasks_of_the_same_name_are_distinguished_by_their_order() {
        let before = import(Status::Pending, &[("a", Status::Success), ("a", Status::Pending)]);
        let now = import(
            Status::Pending,
            &[("x", Status::Success), ("a", Status::Success), ("a", Status::Failed), ("a", Status::Pending)],
        );
        assert_eq!(changes(Some(&before), &now), ["appeared 0 x", "changed 2 a", "appeared 3 a"]);
    }
}
