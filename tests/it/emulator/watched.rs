//! The watch of kore-sdk against each scenario and each fault of the emulator: how it ends.

use std::num::NonZeroUsize;
use std::time::Duration;

use http::{HeaderValue, Response, StatusCode};
use kore_emulator::{Emulator, Fault, JobKind, Mode, Scenario, scenarios};
use kore_sdk::protocol::Refusal;
use kore_sdk::watch::{Backoff, End, Pacing};
use kore_sdk::{BotImportId, Error, Outcome};

use super::{client_of, emulator};

const MOMENT: Duration = Duration::from_millis(1);

/// Where the deadline is the end that is expected, where it is so after polls that go well, and
/// where it is not.
const SHORT: Duration = Duration::from_millis(40);
const SOME_LOOKS: Duration = Duration::from_millis(800);
const LONG: Duration = Duration::from_secs(20);

/// How a watch is to end. The comparison is with [`End`], which has documents beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    Succeeded,
    Failed,
    /// With a last document, or without one.
    Deadline {
        seen: bool,
    },
    CouldNotPoll,
}

use Ends::{CouldNotPoll, Deadline, Failed, Succeeded};

fn of(end: &End<BotImportId, Error>) -> Ends {
    match end {
        End::Succeeded(_) => Succeeded,
        End::Failed(_) => Failed,
        End::DeadlineReached(unended) => Deadline { seen: unended.last.is_some() },
        End::CouldNotPoll { .. } => CouldNotPoll,
        End::Cancelled(_) | End::AwaitsApproval(_) => panic!("nobody cancelled it"),
    }
}

/// How each scenario of the library that is of an import ends when nothing goes wrong.
const SCENARIOS: [(&str, Ends); 8] = [
    ("documented-success", Succeeded),
    ("older-spelling", Succeeded),
    ("failure", Failed),
    ("stuck", Deadline { seen: true }),
    ("ten-thousand-tasks", Succeeded),
    // A word that is not known is no end.
    ("unknown-words", Deadline { seen: true }),
    ("demo-success", Succeeded),
    ("demo-failure", Failed),
];

/// A fault by its name, and what it makes of the watch: nothing, an end without any document, or
/// whatever it is for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Makes {
    /// The import ends as it does without the fault.
    NoDifference,
    /// It passes, but not before the deadline.
    Blind,
    /// It does not pass.
    Hopeless,
}

fn faults() -> Vec<(&'static str, Fault, Makes)> {
    use Makes::{Blind, Hopeless, NoDifference};

    let page = || Fault::answer(Response::new("<html><body>Sign in</body></html>"));
    let drip = |bytes, pause| Fault::drip(NonZeroUsize::new(bytes).expect("over 0"), pause);
    let refused = || Fault::refusal(Refusal::InvalidSdkCredentials);
    let text = HeaderValue::from_static("text/html");
    let far = Duration::from_secs(60);
    let mut busy = Response::new("busy");
    *busy.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    busy.headers_mut().insert("retry-after", HeaderValue::from_static("0"));
    vec![
        // What passes, once and for good.
        ("500 twice", Fault::status(StatusCode::INTERNAL_SERVER_ERROR).first(2), NoDifference),
        ("503 with Retry-After twice", Fault::answer(busy).first(2), NoDifference),
        ("503", Fault::status(StatusCode::SERVICE_UNAVAILABLE), Blind),
        ("minute limit", Fault::refusal(Refusal::MinuteLimit), Blind),
        ("hour limit", Fault::refusal(Refusal::HourLimit), Blind),
        ("proxy page once", Fault::proxy_page().first(1), NoDifference),
        ("proxy page", Fault::proxy_page(), Blind),
        ("reset twice", Fault::reset().first(2), NoDifference),
        ("reset", Fault::reset(), Blind),
        ("reset in the body once", Fault::reset_after(20).first(1), NoDifference),
        ("reset in the body", Fault::reset_after(20), Blind),
        ("cut once", Fault::cut_after(20).first(1), NoDifference),
        ("cut", Fault::cut_after(20), Blind),
        ("latency", Fault::latency(MOMENT), NoDifference),
        ("far latency", Fault::latency(far), Blind),
        ("drip", drip(100_000, MOMENT), NoDifference),
        ("far drip", drip(1, far), Blind),
        ("content type", Fault::content_type(text), NoDifference),
        // What is final at once, the first time.
        ("page with 200", page(), Hopeless),
        ("404", Fault::status(StatusCode::NOT_FOUND), Hopeless),
        ("unknown import", Fault::refusal(Refusal::InvalidRequestId), Hopeless),
        ("no scope", Fault::refusal(Refusal::WrongScope), Hopeless),
        // A token that was used before is renewed once, a new one is not.
        ("401 at the second poll", refused().after(1).first(1), NoDifference),
        ("401 at the first poll", refused().first(1), Hopeless),
        ("401", refused(), Hopeless),
    ]
}

fn expected(alone: Ends, fault: Makes) -> Ends {
    match fault {
        Makes::NoDifference => alone,
        Makes::Blind => Deadline { seen: false },
        Makes::Hopeless => CouldNotPoll,
    }
}

async fn watched(
    scenario: &Scenario,
    mode: Mode,
    fault: Option<Fault>,
    expected: Ends,
) -> End<BotImportId, Error> {
    let builder = emulator().lenient(true).scenario(scenario.clone(), mode);
    let builder = fault.into_iter().fold(builder, |builder, fault| builder.fault(fault));
    let emulator: Emulator = builder.start().await.expect("a free port");
    let deadline = match expected {
        Deadline { seen: false } => SHORT,
        Deadline { seen: true } => SOME_LOOKS,
        _ => LONG,
    };
    let client = client_of(&emulator).build().expect("builds");
    let watch = client.watch_import(&emulator.import_ids()[0]).deadline(deadline);
    let watch = watch.pacing(Pacing::fixed(MOMENT)).backoff(Backoff::new(MOMENT, MOMENT));
    // A poll that hangs at the deadline is waited for as long as that.
    let watch = if expected == (Deadline { seen: false }) { watch.poll_timeout(SOME_LOOKS) } else { watch };
    watch.await.expect("the rate limit has room")
}

/// With polls, the client's own rate limit is the bound: 60 polls in a minute. What has fewer tasks is
/// looked at through all of them.
fn mode_of(scenario: &Scenario) -> Mode {
    if scenario.task_count() < 50 { Mode::LOOKS } else { Mode::AtOnce }
}

#[tokio::test]
async fn each_scenario_ends_as_it_should_with_each_fault() {
    let names: Vec<_> = SCENARIOS.iter().map(|(name, _)| *name).collect();
    let of_imports = || scenarios::all().filter(|scenario| scenario.job() == JobKind::Import);
    let known: Vec<_> = of_imports().map(|scenario| scenario.name().to_owned()).collect();
    assert_eq!(names, known, "each is in the table");
    for (scenario, (name, alone)) in of_imports().zip(SCENARIOS) {
        let mode = mode_of(&scenario);
        let scenario = &scenario;
        assert_eq!(of(&watched(scenario, mode, None, alone).await), alone, "{name}");
        let pairs = faults().into_iter().map(|(fault, plan, makes)| async move {
            let expected = expected(alone, makes);
            let end = watched(scenario, mode, Some(plan), expected).await;
            assert_eq!(of(&end), expected, "{name} with {fault}");
            let seen = match expected {
                Succeeded => Some(Outcome::Succeeded),
                Failed => Some(Outcome::Failed),
                Deadline { seen: true } if name == "stuck" => Some(Outcome::Running),
                Deadline { seen: true } => Some(Outcome::Unknown),
                Deadline { seen: false } | CouldNotPoll => None,
            };
            assert_eq!(end.import().map(kore_sdk::BotImport::outcome), seen, "{name} with {fault}");
        });
        futures_util::future::join_all(pairs).await;
    }
}
