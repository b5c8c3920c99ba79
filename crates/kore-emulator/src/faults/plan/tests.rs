use http::{HeaderValue, StatusCode};
use kore_protocol::{Endpoint as _, bot_import::get_status};

use super::*;

fn path() -> String {
    get_status::Request::METADATA.path.fill(&["bir-1f"])
}

fn plan(faults: impl IntoIterator<Item = Fault>) -> Plan {
    Plan::new(Faults { seed: 0, faults: faults.into_iter().collect() })
}

fn decide(plan: &mut Plan) -> Decision {
    decide_at(plan, 0)
}

fn decide_at(plan: &mut Plan, seconds: u64) -> Decision {
    plan.decide(&Method::GET, &path(), Duration::from_secs(seconds))
}

fn is_reset(decision: &Decision) -> bool {
    decision.delivery == Some(Effect::Reset)
}

/// Which of the first requests are reset.
fn resets(plan: &mut Plan, requests: usize) -> Vec<usize> {
    (0..requests).filter(|_| is_reset(&decide(plan))).collect()
}

#[test]
fn without_more_a_fault_strikes_each_request_whenever_it_comes() {
    let mut plan = plan([Fault::reset()]);
    assert!([0, 1, 1_000_000].into_iter().all(|seconds| is_reset(&decide_at(&mut plan, seconds))));
}

#[test]
fn the_first_few_and_those_after_some() {
    assert_eq!(resets(&mut plan([Fault::reset().first(2)]), 6), [0, 1]);
    assert_eq!(resets(&mut plan([Fault::reset().after(4)]), 6), [4, 5]);
    assert_eq!(resets(&mut plan([Fault::reset().after(1).first(2)]), 6), [1, 2]);
}

#[test]
fn a_schedule_includes_its_start_and_not_its_end() {
    let within = Duration::from_secs(10)..Duration::from_secs(20);
    let mut plan = plan([Fault::reset().within(within)]);
    let struck: Vec<_> =
        [0, 9, 10, 19, 20].into_iter().filter(|at| is_reset(&decide_at(&mut plan, *at))).collect();
    assert_eq!(struck, [10, 19]);
}

#[test]
fn a_schedule_counts_from_the_start_of_the_emulator_and_a_clock_set_back_is_the_start() {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let late = Fault::reset().within(Duration::from_secs(10)..Duration::MAX);
    let way = FaultyWay::new(Faults { seed: 0, faults: vec![late] }, start);
    let is_struck = |now| is_reset(&way.decide(&Method::GET, "/", now));
    assert!(!is_struck(start + Duration::from_secs(9)));
    assert!(is_struck(start + Duration::from_secs(10)));
    assert!(!is_struck(start - Duration::from_secs(100)));
}

#[test]
fn a_fault_on_an_endpoint_neither_strikes_nor_counts_other_requests() {
    let mut plan = plan([Fault::reset().on::<get_status::Request>().first(1)]);
    for (method, path) in [(Method::GET, "/"), (Method::POST, path().as_str())] {
        assert!(!is_reset(&plan.decide(&method, path, Duration::ZERO)), "{method} {path}");
    }
    assert!(is_reset(&decide(&mut plan)));
    assert!(!is_reset(&decide(&mut plan)));
}

#[test]
fn chance_follows_the_probability_and_the_seed_alone() {
    let struck = |seed, probability| {
        let faults = vec![Fault::reset().probability(probability)];
        resets(&mut Plan::new(Faults { seed, faults }), 10_000)
    };
    assert_eq!(struck(7, 0.2), struck(7, 0.2));
    assert_ne!(struck(7, 0.2), struck(8, 0.2));
    // The standard deviation is 40.
    assert!((1800..2200).contains(&struck(7, 0.2).len()), "{}", struck(7, 0.2).len());
    assert_eq!((struck(7, 0.0).len(), struck(7, -1.0).len(), struck(7, f64::NAN).len()), (0, 0, 0));
    assert_eq!((struck(7, 1.0).len(), struck(7, 9.0).len()), (10_000, 10_000));
}

#[test]
fn two_faults_of_a_plan_have_luck_of_their_own() {
    let mut plan =
        plan([Fault::reset().probability(0.5), Fault::latency(Duration::from_secs(1)).probability(0.5)]);
    let decisions: Vec<_> = (0..1000).map(|_| decide(&mut plan)).collect();
    let differ = decisions.iter().filter(|decision| is_reset(decision) == decision.latency.is_zero()).count();
    assert!((400..600).contains(&differ), "{differ}");
}

#[test]
fn delays_add_up_and_the_first_change_of_each_kind_counts() {
    let mut plan = plan([
        Fault::latency(Duration::from_secs(1)),
        Fault::cut_after(3),
        Fault::status(StatusCode::BAD_GATEWAY),
        Fault::content_type(HeaderValue::from_static("text/html")),
        Fault::reset(),
        Fault::status(StatusCode::NOT_FOUND),
        Fault::latency(Duration::from_secs(2)),
    ]);
    let decision = decide(&mut plan);
    assert_eq!(decision.latency, Duration::from_secs(3));
    assert_eq!(decision.answer.map(|answer| answer.status()), Some(StatusCode::BAD_GATEWAY));
    assert_eq!((decision.content_type, decision.delivery), (None, Some(Effect::CutAfter(3))));
}
