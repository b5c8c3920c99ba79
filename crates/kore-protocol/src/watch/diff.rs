//! What changed between two looks.

use std::collections::HashMap;

use kore_types::{BotImport, Status, StatusLog};

use super::Event;

/// The events that tell of the difference, the status first.
pub(super) fn diff(before: Option<&BotImport>, now: &BotImport) -> Vec<Event> {
    let status = |import: &BotImport| import.status.clone();
    let mut events = Vec::new();
    let before_status: Option<Status> = before.and_then(status);
    if before.is_none() || before_status != status(now) {
        events.push(Event::StatusChanged { before: before_status, now: status(now) });
    }
    let known = before.map(BotImport::entries).unwrap_or_default();
    if known == now.entries() {
        return events;
    }
    let mut known: HashMap<_, (usize, &StatusLog)> =
        numbered(known).enumerate().map(|(index, (task, entry))| (task, (index, entry))).collect();
    for (index, (task, entry)) in numbered(now.entries()).enumerate() {
        match known.remove(&task) {
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

/// Entries by their type and name, and by the how-manieth of these they are, since names repeat.
fn numbered(entries: &[StatusLog]) -> impl Iterator<Item = ((&str, &str, u32), &StatusLog)> {
    let mut seen: HashMap<(&str, &str), u32> = HashMap::new();
    entries.iter().map(move |entry| {
        let task_type = entry.task_type.as_ref().map_or("", |task_type| task_type.as_str());
        let name = entry.task_name.as_deref().unwrap_or_default();
        let nth = seen.entry((task_type, name)).or_default();
        *nth += 1;
        ((task_type, name, *nth), entry)
    })
}

#[cfg(test)]
mod tests {
    use kore_types::TaskType;

    use super::*;

    fn import(status: Status, tasks: &[(&str, Status)]) -> BotImport {
        let entries =
            tasks.iter().map(|(name, status)| StatusLog::new(TaskType::Dialog, *name, status.clone()));
        let mut import = BotImport::new("bir-1".parse().expect("valid"), status);
        import.status_logs = Some(entries.collect());
        import
    }

    fn told(before: Option<&BotImport>, now: &BotImport) -> Vec<String> {
        let name = |entry: &StatusLog| entry.task_name.clone().expect("a name");
        let tell = |event| match event {
            Event::StatusChanged { now, .. } => format!("status {}", now.expect("a status")),
            Event::TaskAppeared { index, entry } => format!("appeared {index} {}", name(&entry)),
            Event::TaskChanged { index, entry, .. } => format!("changed {index} {}", name(&entry)),
            Event::TaskVanished { index, entry } => format!("vanished {index} {}", name(&entry)),
            other => unreachable!("{other:?}"),
        };
        diff(before, now).into_iter().map(tell).collect()
    }

    #[test]
    fn each_change_is_told_once() {
        let first = import(Status::Pending, &[("a", Status::Pending)]);
        assert_eq!(told(None, &first), ["status pending", "appeared 0 a"]);
        assert!(told(Some(&first), &first).is_empty());
        let second = import(Status::Failed, &[("a", Status::Failed), ("b", Status::Success)]);
        assert_eq!(told(Some(&first), &second), ["status failed", "changed 0 a", "appeared 1 b"]);
    }

    #[test]
    fn tasks_that_are_gone_are_told_in_their_order() {
        let before = import(
            Status::Pending,
            &[("a", Status::Success), ("b", Status::Pending), ("b", Status::Pending)],
        );
        let now = import(Status::Pending, &[("b", Status::Pending)]);
        assert_eq!(told(Some(&before), &now), ["vanished 0 a", "vanished 2 b"]);
        assert_eq!(told(Some(&now), &import(Status::Pending, &[])), ["vanished 0 b"]);
    }

    #[test]
    fn tasks_of_the_same_name_are_told_apart_by_their_order() {
        let before = import(Status::Pending, &[("a", Status::Success), ("a", Status::Pending)]);
        let now = import(
            Status::Pending,
            &[("x", Status::Success), ("a", Status::Success), ("a", Status::Failed), ("a", Status::Pending)],
        );
        assert_eq!(told(Some(&before), &now), ["appeared 0 x", "changed 2 a", "appeared 3 a"]);
    }
}
