//! The watch against a scripted platform that counts what arrives, in random runs on virtual time.
//! Processes end and resume from tokens, owners come late, and there are last polls after deadlines.
//!
//! `SIMULATED_RUNS` and `SIMULATED_SEED` say how many runs and which. `cargo xtask simulate`
//! does many runs and prints the table of lags.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "it reports on standard output")]

mod allowed;
mod lag;
mod many;
mod one;
mod per_bot;
mod platform;
mod random;

use std::fmt;
use std::time::{Duration, Instant};

use kore_protocol::bot_export::ExportRun;
use kore_protocol::bot_publish::PublishRun;
use kore_protocol::watch::PollError;
use kore_protocol::{ResponseError, RetryAfter};

use one::simulate;

const POLL_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a poll failed: the platform refused it, or its response was lost.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Failure {
    Status(u16, Option<RetryAfter>),
    Timeout,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl PollError for Failure {
    fn response(&self) -> Option<&ResponseError> {
        None
    }

    fn is_retryable(&self) -> bool {
        true
    }

    fn is_rate_limited(&self) -> bool {
        matches!(self, Self::Status(429, _))
    }

    fn retry_after(&self) -> Option<RetryAfter> {
        match self {
            Self::Status(_, after) => *after,
            Self::Timeout => None,
        }
    }
}

impl From<ResponseError> for Failure {
    fn from(error: ResponseError) -> Self {
        unreachable!("the platform answers for the import that was asked for: {error}")
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn random_runs_stay_within_the_rate_limits_and_report_what_the_platform_said() {
    let (runs, seed) = (setting("SIMULATED_RUNS", 300), setting("SIMULATED_SEED", 1));
    let start = Instant::now();
    let mut total = one::Run::default();
    let (mut ended, mut throttled) = (0u64, 0u64);
    for seed in seed..seed + runs {
        let run = simulate(seed, start);
        total.arrivals += run.arrivals;
        total.polls += run.polls;
        total.restarts += run.restarts;
        total.oversleeps += run.oversleeps;
        total.last_polls += run.last_polls;
        total.last_seen += run.last_seen;
        total.virtual_time += run.virtual_time;
        ended += u64::from(run.outcome.is_some());
        throttled += u64::from(run.throttled);
    }
    // The runs prove something only if they came by each situation.
    assert!(ended > runs / 4 && ended < runs, "{ended} of {runs} ended");
    assert!(throttled > runs / 20, "{throttled} of {runs} were throttled");
    assert!(total.restarts as u64 > runs / 10, "{} restarts", total.restarts);
    assert!(total.oversleeps as u64 > runs / 10, "{} late owners", total.oversleeps);
    assert!(total.last_polls as u64 > runs / 10, "{} last polls", total.last_polls);
    assert!(total.last_seen > 0, "no end was seen by a last poll");
    println!(
        "{runs} runs from seed {seed}: {} polls, {} arrivals, {} restarts, {} times the owner came late, \
         {} last polls that saw {} ends, {throttled} throttled, {ended} saw the end, {} hours of virtual time",
        total.polls,
        total.arrivals,
        total.restarts,
        total.oversleeps,
        total.last_polls,
        total.last_seen,
        total.virtual_time.as_secs() / 3600,
    );
}

#[test]
fn many_watches_at_once_stay_within_the_rate_limits_and_each_ends() {
    // A run has some thirty imports.
    let (runs, seed) = (setting("SIMULATED_RUNS", 300).div_ceil(30), setting("SIMULATED_SEED", 1));
    let start = Instant::now();
    let mut total = many::Run::default();
    let mut full = 0;
    for seed in seed..seed + runs {
        let run = many::simulate(seed, start);
        total.imports += run.imports;
        total.arrivals += run.arrivals;
        total.ended += run.ended;
        total.last += run.last;
        total.again += run.again;
        full += usize::from(run.full);
    }
    assert!(
        total.ended > 0 && total.ended < total.imports && total.again > 0 && total.last > 0 && full > 0,
        "{total:?}"
    );
    println!(
        "{runs} runs of many at once from seed {seed}: {} imports, {} arrivals, {} given up and watched \
         again, {} last polls of one that was not over, {} ends seen, all places taken in {full} runs",
        total.imports, total.arrivals, total.again, total.last, total.ended,
    );
}

#[test]
fn all_runs_of_a_bot_stay_within_its_windows_together() {
    let (runs, seed) = (setting("SIMULATED_RUNS", 300).div_ceil(15), setting("SIMULATED_SEED", 1));
    let start = Instant::now();
    for (kind, simulate) in [
        ("exports", per_bot::simulate::<ExportRun> as fn(u64, Instant) -> per_bot::Run),
        ("publishes", per_bot::simulate::<PublishRun>),
    ] {
        let mut total = per_bot::Run::default();
        for seed in seed..seed + runs {
            let run = simulate(seed, start);
            total.arrivals += run.arrivals;
            total.ended += run.ended;
            total.seen += run.seen;
            total.throttled |= run.throttled;
        }
        assert!(total.throttled && total.seen > 0 && total.seen < total.ended, "{kind}: {total:?}");
        println!(
            "{runs} runs of {kind} from seed {seed}: {} of them, {} arrivals, {} ends seen",
            total.ended, total.arrivals, total.seen
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 0..20 {
        assert_eq!(simulate(seed, Instant::now()), simulate(seed, Instant::now()));
        assert_eq!(many::simulate(seed, Instant::now()), many::simulate(seed, Instant::now()));
    }
}

#[test]
fn the_end_is_seen_soon() {
    let table = lag::table();
    println!("{table}");
    lag::check();
}
