//! How late the end of an import is seen on an ideal network, beside what others do.

use std::fmt::Write as _;
use std::time::{Duration, Instant, SystemTime};

use kore_protocol::RequestLogs;
use kore_protocol::watch::{Next, Now, Settings, Watches};
use kore_types::{BotImport, BotImportId, Status};

use crate::Failure;

const DURATIONS: [(&str, u64); 8] = [
    ("1 s", 1),
    ("3 s", 3),
    ("10 s", 10),
    ("30 s", 30),
    ("1 min", 60),
    ("5 min", 300),
    ("20 min", 1200),
    ("1 h", 3600),
];

/// How many durations are tried around each of the table's, evenly from 10 % below to 10 % above.
const SAMPLES: u32 = 200;

/// The times of the looks of this watch, until that time.
fn watched(until: Duration) -> Vec<Duration> {
    let start = Now { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH };
    let mut now = start;
    let id = BotImportId::new("bir-1").expect("valid");
    let mut watches = Watches::<_, Failure>::new(RequestLogs::default(), Settings::default());
    watches.watch(id.clone(), until, now);
    let mut looks = Vec::new();
    loop {
        match watches.poll(now) {
            Next::Tell(_) => {}
            Next::Send(poll) => {
                looks.push(now.instant - start.instant);
                watches.handle_response(now, &poll, BotImport::new(id.clone(), Status::Pending));
            }
            Next::Wait(until) => now.instant = until,
            Next::Idle => return looks,
        }
    }
}

/// The times of looks whose wait is a function of the time waited.
fn by(until: Duration, wait: impl Fn(usize) -> Duration) -> Vec<Duration> {
    let mut looks = Vec::new();
    let mut at = Duration::ZERO;
    while at < until {
        looks.push(at);
        at += wait(looks.len() - 1);
    }
    looks
}

/// How late an end at that time is seen; `None` if it never is.
fn lag(looks: &[Duration], end: Duration) -> Option<Duration> {
    looks.iter().find(|look| **look >= end).map(|look| *look - end)
}

/// The mean lag of ends around a duration; `None` if any is never seen.
fn mean_lag(looks: &[Duration], around: u64) -> Option<Duration> {
    let lags: Option<Vec<_>> = (0..SAMPLES)
        .map(|n| {
            let part = 0.9 + 0.2 * (f64::from(n) + 0.5) / f64::from(SAMPLES);
            lag(looks, Duration::from_secs_f64(around as f64 * part))
        })
        .collect();
    lags.map(|lags| lags.iter().sum::<Duration>() / SAMPLES)
}

fn strategies() -> Vec<(&'static str, Vec<Duration>)> {
    let until = Duration::from_secs(2 * 3600);
    let seconds = Duration::from_secs;
    vec![
        ("this watch", watched(until)),
        ("every 30 s (Azure, AWS CloudFormation)", by(until, |_| seconds(30))),
        ("1 s doubling to 60 s (Google)", by(until, |n| seconds(1 << n.min(6)).min(seconds(60)))),
        ("every 3 s (`gh run watch`)", by(until, |_| seconds(3))),
        ("sleep 15 s, look once", vec![seconds(15)]),
    ]
}

fn looks_in_an_hour(looks: &[Duration]) -> usize {
    looks.iter().filter(|look| **look < Duration::from_secs(3600)).count()
}

/// Mean lags in seconds, and looks in an hour, as Markdown.
pub(crate) fn table() -> String {
    let mut table = String::from("| end after |");
    for (name, _) in DURATIONS {
        write!(table, " {name} |").expect("a string takes it");
    }
    table.push_str(" looks in an hour |\n|---|");
    table.push_str(&"---|".repeat(DURATIONS.len() + 1));
    for (name, looks) in strategies() {
        write!(table, "\n| {name} |").expect("a string takes it");
        for (_, around) in DURATIONS {
            match mean_lag(&looks, around) {
                Some(lag) => write!(table, " {:.1} s |", lag.as_secs_f64()),
                None => write!(table, " never |"),
            }
            .expect("a string takes it");
        }
        write!(table, " {} |", looks_in_an_hour(&looks)).expect("a string takes it");
    }
    table
}

/// What the design promises.
pub(crate) fn check() {
    let looks = watched(Duration::from_secs(2 * 3600));
    for (name, around) in DURATIONS {
        let lag = mean_lag(&looks, around).expect("it looks until the deadline");
        let most = if around <= 10 { Duration::from_millis(501) } else { Duration::from_millis(2501) };
        assert!(lag <= most, "{name}: {lag:?}");
    }
    let hour = looks_in_an_hour(&looks);
    assert!(hour < 900, "{hour} looks are half of the hourly quota or more");
}
