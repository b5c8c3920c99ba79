//! The watch against a scripted platform that counts what arrives, in random runs on virtual time.
//!
//! `SIMULATED_RUNS` and `SIMULATED_SEED` say how many and which; `cargo xtask simulate` runs many
//! and prints the table of lags.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "it reports on standard output")]

mod lag;
mod many;
mod platform;
mod random;

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use kore_protocol::watch::{End, LookError, Now, Pacing, ResumeToken, Settings, Step, Watch};
use kore_protocol::{ResponseError, RetryAfter};
use kore_types::{BotImportId, Outcome};

use platform::{Answer, Platform};
use random::Random;

const LOOK_TIMEOUT: Duration = Duration::from_secs(30);

/// A look that failed, as the scripted platform or the way to it makes it.
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

impl LookError for Failure {
    fn is_retryable(&self) -> bool {
        true
    }

    fn is_rate_limited(&self) -> bool {
        matches!(self, Self::Status(429, _))
    }

    fn is_worth_a_new_token(&self) -> bool {
        false
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

/// What is the same if the same seed gives the same run.
#[derive(Debug, Default, PartialEq)]
struct Run {
    arrivals: usize,
    looks: usize,
    restarts: usize,
    throttled: bool,
    /// `None` if the watch ended before its import.
    outcome: Option<Outcome>,
    virtual_time: Duration,
}

/// A clock of the wall that is set forward and back while the other goes on.
struct Clocks {
    start: Instant,
    instant: Instant,
    wall: SystemTime,
}

impl Clocks {
    fn now(&self) -> Now {
        Now { instant: self.instant, wall: self.wall }
    }

    fn pass(&mut self, time: Duration) {
        self.instant += time;
        self.wall += time;
    }

    fn since_start(&self) -> Duration {
        self.instant - self.start
    }
}

fn simulate(seed: u64, start: Instant) -> Run {
    let random = &mut Random::new(seed);
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let mut clocks = Clocks { start, instant: start, wall };
    let mut platform = Platform::random(random);
    let mut run = Run::default();
    let id = BotImportId::new("bir-1").expect("valid");
    // Half of the runs look as often as the windows let them.
    let pacing =
        if random.chance(0.5) { Pacing::default() } else { Pacing::fixed(Duration::from_millis(200)) };
    let settings = |random: &mut Random| {
        let mut settings = Settings::default();
        settings.pacing = pacing;
        settings.look_timeout = LOOK_TIMEOUT;
        settings.seed = random.next();
        settings
    };
    let timeout = random.log_uniform(Duration::from_secs(10), Duration::from_secs(9000));
    let mut deadline = clocks.instant + timeout;
    let mut watch =
        Watch::<Failure>::new(id, timeout, settings(random), clocks.now()).expect("the windows are empty");

    let restart_part = if random.chance(0.3) { 0.01 } else { 0.0 };
    let end = loop {
        assert!(clocks.instant <= deadline, "seed {seed}: past its deadline");
        if random.chance(0.001) {
            // Someone sets the clock on the wall.
            let by = random.log_uniform(Duration::from_secs(1), Duration::from_secs(86_400));
            clocks.wall = if random.chance(0.5) { clocks.wall + by } else { clocks.wall - by };
        }
        match watch.poll(clocks.now()) {
            Step::Ended => match watch.into_end() {
                Ok(end) => break end,
                Err(_) => unreachable!("it said that it ended"),
            },
            Step::Wait { until, .. } => {
                let wait = until - clocks.instant;
                assert!(
                    wait >= Duration::from_millis(1) || until == deadline,
                    "seed {seed}: a wait of {wait:?} is spinning"
                );
                clocks.pass(wait);
            }
            Step::Look(_) => {
                run.looks += 1;
                let sent = clocks.since_start();
                let (answer, latency) = platform.look(sent, random, clocks.wall);
                if random.chance(restart_part) && latency < LOOK_TIMEOUT {
                    // The process ends with the look under way, and another one goes on.
                    clocks.pass(latency.mul_f64(random.part()));
                    watch.cancel(clocks.now());
                    let token = token_of(watch, seed);
                    clocks.pass(random.log_uniform(Duration::from_millis(1), Duration::from_secs(100)));
                    let now = clocks.now();
                    deadline = now.instant + token.left();
                    run.restarts += 1;
                    match Watch::resume(&token, None, settings(random), now) {
                        Ok(resumed) => watch = resumed,
                        Err(_) => {
                            run.arrivals = platform.check(seed);
                            run.virtual_time = clocks.since_start();
                            return run;
                        }
                    }
                } else {
                    let time = latency.min(LOOK_TIMEOUT).min(deadline - clocks.instant);
                    clocks.pass(time);
                    match answer {
                        _ if time < latency.min(LOOK_TIMEOUT) => {} // the deadline came first
                        Answer::Import(import) => watch.handle_import(clocks.now(), *import),
                        Answer::Refused(status, after) => {
                            watch.handle_failure(clocks.now(), Failure::Status(status, after));
                        }
                        Answer::Lost => watch.handle_failure(clocks.now(), Failure::Timeout),
                    }
                }
            }
        }
        while let Some(event) = watch.poll_event() {
            run.throttled |= matches!(event, kore_protocol::watch::Event::Throttled { .. });
        }
    };
    assert!(clocks.instant <= deadline, "seed {seed}: ended after its deadline");
    run.outcome = match end {
        End::Succeeded(_) => Some(Outcome::Succeeded),
        End::Failed(_) => Some(Outcome::Failed),
        End::DeadlineReached(_) => None,
        other => panic!("seed {seed}: {other:?}"),
    };
    if let Some(outcome) = run.outcome {
        assert!(platform.has_said(outcome), "seed {seed}: {outcome}, which the platform did not say");
    }
    run.arrivals = platform.check(seed);
    run.virtual_time = clocks.since_start();
    run
}

fn token_of(watch: Watch<Failure>, seed: u64) -> ResumeToken {
    let Ok(End::Cancelled(unended)) = watch.into_end() else { panic!("seed {seed}: it was cancelled") };
    // As it goes from one process to the next.
    let json = serde_json::to_string(&unended.resume).expect("a token is JSON");
    assert!(json.len() < 4096, "seed {seed}: a token of {} bytes", json.len());
    serde_json::from_str(&json).expect("a token is read back")
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn random_runs_stay_within_the_windows_and_tell_what_the_platform_said() {
    let (runs, seed) = (setting("SIMULATED_RUNS", 300), setting("SIMULATED_SEED", 1));
    let start = Instant::now();
    let mut total = Run::default();
    let (mut ended, mut throttled) = (0u64, 0u64);
    for seed in seed..seed + runs {
        let run = simulate(seed, start);
        total.arrivals += run.arrivals;
        total.looks += run.looks;
        total.restarts += run.restarts;
        total.virtual_time += run.virtual_time;
        ended += u64::from(run.outcome.is_some());
        throttled += u64::from(run.throttled);
    }
    // Runs that exercise nothing would prove nothing.
    assert!(ended > runs / 4 && ended < runs, "{ended} of {runs} ended");
    assert!(throttled > runs / 20, "{throttled} of {runs} were throttled");
    assert!(total.restarts as u64 > runs / 10, "{} restarts", total.restarts);
    println!(
        "{runs} runs from seed {seed}: {} looks, {} arrivals, {} restarts, {throttled} throttled, \
         {ended} saw the end, {} hours of virtual time",
        total.looks,
        total.arrivals,
        total.restarts,
        total.virtual_time.as_secs() / 3600,
    );
}

#[test]
fn many_watches_in_one_stay_within_the_windows_of_each_and_end_each() {
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
        total.again += run.again;
        full += usize::from(run.full);
    }
    assert!(total.ended > 0 && total.ended < total.imports && total.again > 0 && full > 0, "{total:?}");
    println!(
        "{runs} runs of many at once from seed {seed}: {} imports, {} arrivals, {} given up and watched \
         again, {} ends seen, all places taken in {full} runs",
        total.imports, total.arrivals, total.again, total.ended,
    );
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
