use std::num::NonZeroU32;
use std::time::{Duration, UNIX_EPOCH};

use kore_types::{BotImport, Outcome, Status};

use super::*;
use crate::{Speed, Task};

const START: SystemTime = UNIX_EPOCH;

fn at(millis: u64) -> SystemTime {
    START + Duration::from_millis(millis)
}

fn id() -> BotImportId {
    BotImportId::new("bir-1f").expect("valid")
}

fn three_tasks() -> crate::ScenarioBuilder {
    let task = |name, millis| Task::new("Dialog", name).lasting(Duration::from_millis(millis));
    Scenario::builder("three").bot("Shop").tasks([task("a", 1000), task("b", 500), task("c", 1500)])
}

fn life(mode: Mode) -> Life {
    Life::new(Arc::new(three_tasks().build().expect("valid")), mode, START)
}

/// The status of the import, and of each entry.
fn words(import: &BotImport) -> String {
    let word = |status: &Option<Status>| status.as_ref().map_or("-", Status::as_str).to_owned();
    let entries: Vec<_> = import.entries().iter().map(|entry| word(&entry.status)).collect();
    format!("{}: {}", word(&import.status), entries.join(" "))
}

fn document(life: &Life, now: SystemTime) -> BotImport {
    serde_json::from_str(&life.document(&id(), now)).expect("an import")
}

fn seen(life: &Life, millis: u64) -> String {
    words(&document(life, at(millis)))
}

#[test]
fn by_time_entries_appear_as_tasks_start_and_end_as_their_time_is_over() {
    let life = life(Mode::TIME);
    for (millis, expected) in [
        (0, "pending: success inprogress"),
        (999, "pending: success inprogress"),
        (1000, "pending: success success inprogress"),
        (1499, "pending: success success inprogress"),
        (1500, "pending: success success success inprogress"),
        (2999, "pending: success success success inprogress"),
        (3000, "success: success success success success"),
        (u32::MAX.into(), "success: success success success success"),
    ] {
        assert_eq!(seen(&life, millis), expected, "after {millis} ms");
    }
}

#[test]
fn the_log_begins_with_the_import_request_and_names_each_task() {
    let import = document(&life(Mode::TIME), at(1000));
    let log = serde_json::to_string(&import.status_logs).expect("encodes");
    assert_eq!(
        log,
        r#"[{"taskType":"importRequest","taskName":"Shop","status":"success"},{"taskType":"Dialog","taskName":"a","status":"success"},{"taskType":"Dialog","taskName":"b","status":"inprogress"}]"#
    );
}

#[test]
fn a_speed_divides_the_time() {
    let mode = |factor| Mode::Time { speed: Speed::new(factor).expect("valid") };
    assert_eq!(seen(&life(mode(10.0)), 299), "pending: success success success inprogress");
    assert!(seen(&life(mode(10.0)), 300).starts_with("success:"));
    assert!(seen(&life(mode(0.5)), 5999).starts_with("pending:"));
    assert!(seen(&life(mode(0.5)), 6000).starts_with("success:"));
    assert!(seen(&life(mode(f64::MAX)), 1).starts_with("success:"));
}

#[test]
fn a_speed_is_a_number_over_zero() {
    for text in ["0", "-1", "nan", "inf", "fast", ""] {
        assert_eq!(text.parse::<Speed>(), Err(InvalidSpeed), "{text}");
    }
    assert_eq!(" 2.5 ".parse(), Speed::new(2.5));
}

#[test]
fn a_clock_that_was_set_back_moves_nothing() {
    let mut life = Life::new(Arc::new(three_tasks().build().expect("valid")), Mode::TIME, at(5000));
    assert_eq!(seen(&life, 0), "pending: success inprogress");
    life.advance(at(5000)).expect("it runs");
    assert_eq!(seen(&life, 0), "pending: success success inprogress");
}

#[test]
fn by_polls_each_one_or_each_few_end_a_task_and_time_does_nothing() {
    for each in [1, 3] {
        let mut life = life(Mode::Looks { each: NonZeroU32::new(each).expect("over 0") });
        for ended in 0..3 {
            for poll in 0..each {
                let position = Position { ended, state: State::Runs };
                assert_eq!(life.position(at(9_999_999)), position, "{each}, poll {poll}");
                life.poll();
            }
        }
        assert_eq!(life.position(START), Position { ended: 3, state: State::Over });
    }
}

#[test]
fn polls_move_nothing_in_the_other_modes() {
    let mut life = life(Mode::TIME);
    (0..100).for_each(|_| _ = life.poll());
    assert_eq!(seen(&life, 0), "pending: success inprogress");
}

#[test]
fn at_once_it_is_over_before_the_first_poll() {
    assert_eq!(seen(&life(Mode::AtOnce), 0), "success: success success success success");
}

#[test]
fn without_tasks_it_is_over_at_once_in_each_mode() {
    for mode in [Mode::AtOnce, Mode::TIME, Mode::LOOKS] {
        let mut life = Life::new(Arc::new(Scenario::builder("none").build().expect("valid")), mode, START);
        assert_eq!(seen(&life, 0), "success: success");
        assert_eq!(life.fail(START), Err(SteerError::Over));
    }
}

#[test]
fn a_task_that_never_ends_holds_in_each_mode_until_it_is_advanced() {
    let scenario = three_tasks().task(Task::new("Dialog", "d").forever()).task(Task::new("Dialog", "e"));
    let scenario = Arc::new(scenario.build().expect("valid"));
    assert_eq!(scenario.duration(), None);
    for mode in [Mode::AtOnce, Mode::TIME, Mode::LOOKS] {
        let mut life = Life::new(Arc::clone(&scenario), mode, START);
        (0..100).for_each(|_| _ = life.poll());
        assert_eq!(life.position(at(1_000_000)), Position { ended: 3, state: State::Runs }, "{mode:?}");
        life.advance(at(1_000_000)).expect("it runs");
        life.poll();
        assert_eq!(life.position(at(1_001_000)), Position { ended: 5, state: State::Over }, "{mode:?}");
    }
}

#[test]
fn an_advance_ends_the_task_that_runs_and_the_next_has_its_whole_time() {
    let mut life = life(Mode::TIME);
    life.advance(at(200)).expect("it runs");
    assert_eq!(seen(&life, 699), "pending: success success inprogress");
    assert_eq!(seen(&life, 700), "pending: success success success inprogress");
    life.advance(at(700)).expect("it runs");
    assert!(seen(&life, 700).starts_with("success:"));
    assert_eq!(life.advance(at(700)), Err(SteerError::Over));
}

#[test]
fn an_advance_by_polls_counts_anew() {
    let mut life = life(Mode::Looks { each: NonZeroU32::new(2).expect("over 0") });
    life.poll();
    life.advance(START).expect("it runs");
    life.poll();
    assert_eq!(life.position(START).ended, 1);
    life.poll();
    assert_eq!(life.position(START).ended, 2);
}

#[test]
fn a_finish_is_the_end_of_the_scenario() {
    let mut life = life(Mode::TIME);
    life.finish(at(100)).expect("it runs");
    assert_eq!(seen(&life, 100), "success: success success success success");
    assert_eq!(life.finish(at(100)), Err(SteerError::Over));
}

#[test]
fn a_failure_stays_at_the_task_that_ran() {
    let mut life = life(Mode::TIME);
    life.fail(at(1200)).expect("it runs");
    for millis in [1200, 9_000_000] {
        assert_eq!(seen(&life, millis), "failed: success success failed");
    }
    assert_eq!(life.advance(at(1200)), Err(SteerError::Over));
}

#[test]
fn the_words_are_those_of_the_scenario() {
    let scenario = three_tasks().pending("Queued").running("Underway").failed("Broken").status("Done");
    let mut life = Life::new(Arc::new(scenario.build().expect("valid")), Mode::TIME, START);
    assert_eq!(seen(&life, 0), "Queued: success Underway");
    assert_eq!(seen(&life, 3000), "Done: success success success success");
    life.fail(START).expect("it runs");
    assert_eq!(seen(&life, 0), "Broken: success Broken");
}

#[test]
fn the_end_is_a_failure_if_a_task_failed_and_nothing_else_was_said() {
    let failing = || three_tasks().task(Task::new("Dialog", "d").outcome("FAILURE").extra("error", "why"));
    let end = |scenario: crate::ScenarioBuilder| {
        document(&Life::new(Arc::new(scenario.build().expect("valid")), Mode::AtOnce, START), START)
    };
    let failed = end(failing());
    assert_eq!(words(&failed), "failed: success success success success FAILURE");
    let entry = failed.failed_entries().next().expect("a task that failed");
    assert_eq!(entry.extra["error"], "why");
    assert_eq!(end(failing().status("success")).outcome(), Outcome::Succeeded);
}

fn json(scenario: crate::ScenarioBuilder, mode: Mode) -> String {
    let life = Life::new(Arc::new(scenario.build().expect("valid")), mode, at(1_659_079_457_496));
    life.document(&id(), at(1_659_079_457_496))
}

#[test]
fn the_document_has_the_documented_keys_and_the_bot_only_from_the_end_on() {
    let none = || Scenario::builder("none").bot("Shop");
    let log = r#"[{"taskType":"importRequest","taskName":"Shop","status":"success"}"#;
    assert_eq!(
        json(none(), Mode::TIME),
        format!(
            r#"{{"_id":"bir-1f","status":"success","streamRefId":"1f","statusLogs":{log}],"createdBy":"u-1f","requestType":"Botimport","createdOn":"2022-07-29T07:24:17.496Z","__v":0,"streamId":"st-1f"}}"#
        )
    );
    let running = json(none().task(Task::new("Dialog", "a").forever()), Mode::TIME);
    assert!(running.ends_with(r#""__v":0}"#), "{running}");
    let older = json(none().older_spelling(true), Mode::TIME);
    assert!(older.contains(r#""status":"success","botRefId":"1f","statusLogs""#), "{older}");
    assert!(older.ends_with(r#""__v":0,"botId":"st-1f"}"#), "{older}");
}

#[test]
fn keys_of_the_scenario_come_as_they_are_and_when_they_should() {
    let scenario = || {
        Scenario::builder("keys")
            .document("__v", "1.50")
            .document("botRefId", "older")
            .document("zeta", ())
            .document("state", 1)
            .at_end("state", 2)
            .at_end("alpha", ["x"])
    };
    let over = json(scenario(), Mode::AtOnce);
    assert!(over.contains(r#""botRefId":"older""#) && !over.contains("streamRefId"), "{over}");
    let end = r#""streamId":"st-1f","__v":"1.50","alpha":["x"],"state":2,"zeta":null}"#;
    assert!(over.ends_with(end), "{over}");
    let running = json(scenario().task(Task::new("Dialog", "a").forever()), Mode::AtOnce);
    assert!(running.ends_with(r#""__v":"1.50","state":1,"zeta":null}"#), "{running}");
}
