//! How late the end of an import is seen on an ideal network, compared with other tools.

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

/// When this watch polls, until that time.
fn watched(until: Duration) -> Vec<Duration> {
    let start = Now { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH };
    let mut now = start;
    let id = BotImportId::new("bir-1").expect("valid");
    let mut watches = Watches::<_, Failure>::new(RequestLogs::default(), Settings::default());
    watches.watch(id.clone(), until, now);
    let mut polls = Vec::new();
    loop {
        match watches.poll(now) {
            Next::Tell(_) => {}
            Next::Send(poll) => {
                polls.push(now.instant - start.instant);
                watches.handle_response(now, &poll, BotImport::new(id.clone(), Status::Pending));
            }
            Next::Wait(until) => now.instant = until,
            Next::Idle => return polls,
        }
    }
}

/// When a tool polls whose waits are a function of the number of polls.
fn by(until: Duration, wait: impl Fn(usize) -> Duration) -> Vec<Duration> {
    let mut polls = Vec::new();
    let mut at = Duration::ZERO;
    while at < until {
        polls.push(at);
        at += wait(polls.len() - 1);
    }
    polls
}

/// How late an end at that time is seen, if it ever is.
fn lag(polls: &[Duration], end: Duration) -> Option<Duration> {
    polls.iter().find(|poll| **poll >= end).map(|poll| *poll - end)
}

/// The mean lag of ends around a duration, if each is seen.
fn mean_lag(polls: &[Duration], around: u64) -> Option<Duration> {
    let lags: Option<Vec<_>> = (0..SAMPLES)
        .map(|n| {
            let part = 0.9 + 0.2 * (f64::from(n) + 0.5) / f64::from(SAMPLES);
            lag(polls, Duration::from_secs_f64(around as f64 * part))
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
        ("sleep 15 s, poll once", vec![seconds(15)]),
    ]
}

fn polls_in_an_hour(polls: &[Duration]) -> usize {
    polls.iter().filter(|poll| **poll < Duration::from_secs(3600)).count()
}

/// Mean lags in seconds, and polls in an hour, as Markdown.
pub(crate) fn table() -> String {
    let mut table = String::from("| end after |");
    for (name, _) in DURATIONS {
        write!(table, " {name} |").expect("a string takes it");
    }
    table.push_str(" polls in an hour |\n|---|");
    table.push_str(&"---|".repeat(DURATIONS.len() + 1));
    for (name, polls) in strategies() {
        write!(table, "\n| {name} |").expect("a string takes it");
        for (_, around) in DURATIONS {
            match mean_lag(&polls, around) {
                Some(lag) => write!(table, " {:.1} s |", lag.as_secs_f64()),
                None => write!(table, " never |"),
            }
            .expect("a string takes it");
        }
        write!(table, " {} |", polls_in_an_hour(&polls)).expect("a string takes it");
    }
    table
}

/// The lags that the documentation promises.
pub(crate) fn check() {
    let polls = watched(Duration::from_secs(2 * 3600));
    for (name, around) in DURATIONS {
        let lag = mean_lag(&polls, around).expect("it polls until the deadline");
        let most = if around <= 10 { Duration::from_millis(501) } else { Duration::from_millis(2501) };
        assert!(lag <= most, "{name}: {lag:?}");
    }
    let hour = polls_in_an_hour(&polls);
    assert!(hour < 900, "{hour} polls are half of the hourly quota or more");
}
