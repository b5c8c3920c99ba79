//! A scripted platform: an import that ends at some time, a slow network that loses responses,
//! refusals, and a count of what arrives.

use std::time::{Duration, SystemTime};

use kore_protocol::RetryAfter;
use kore_types::{BotImport, BotImportId, Outcome, Status};

use crate::random::Random;

pub(crate) struct Platform {
    /// How long the import takes.
    duration: Duration,
    outcome: Outcome,
    latency: Duration,
    lost: f64,
    refused: f64,
    limited: f64,
    /// Since the start, in order of sending; sorted before it is checked.
    arrivals: Vec<Duration>,
    said: Option<Outcome>,
}

pub(crate) enum Reply {
    Import(Box<BotImport>),
    Refused(u16, Option<RetryAfter>),
    Lost,
}

impl Platform {
    pub(crate) fn random(random: &mut Random) -> Self {
        let seconds = Duration::from_secs;
        let often = |random: &mut Random| if random.chance(0.5) { 0.0 } else { random.part() * 0.3 };
        Self {
            duration: random.log_uniform(seconds(1), seconds(7200)),
            outcome: if random.chance(0.5) { Outcome::Succeeded } else { Outcome::Failed },
            latency: random.log_uniform(Duration::from_millis(5), seconds(5)),
            lost: often(random) / 10.0,
            refused: often(random),
            limited: often(random),
            arrivals: Vec::new(),
            said: None,
        }
    }

    /// What becomes of a poll that is sent at `sent`, and after how long its owner knows.
    pub(crate) fn poll(
        &mut self,
        sent: Duration,
        random: &mut Random,
        wall: SystemTime,
    ) -> (Reply, Duration) {
        // Latency varies, with a jump now and then.
        let jump = if random.chance(0.02) { 10.0 } else { 1.0 };
        let latency = self.latency.mul_f64((0.5 + random.part()) * jump).min(Duration::from_secs(29));
        if random.chance(self.lost) {
            // It may still arrive before it is given up, or never.
            if random.chance(0.8) {
                self.arrivals.push(sent + crate::POLL_TIMEOUT.mul_f64(random.part()));
            }
            return (Reply::Lost, crate::POLL_TIMEOUT);
        }
        let arrival = sent + latency.mul_f64(random.part());
        self.arrivals.push(arrival);
        if random.chance(self.limited) {
            let after = match random.next() % 3 {
                0 => None,
                1 => Some(RetryAfter::Delay(Duration::from_secs(random.next() % 90))),
                _ => Some(RetryAfter::At(wall + Duration::from_secs(random.next() % 90))),
            };
            return (Reply::Refused(429, after), latency);
        }
        if random.chance(self.refused) {
            let status = [408, 500, 502, 503, 504][(random.next() % 5) as usize];
            return (Reply::Refused(status, None), latency);
        }
        let status = match self.outcome {
            _ if arrival < self.duration => Status::Pending,
            Outcome::Succeeded => Status::Success,
            _ => Status::Failed,
        };
        if status != Status::Pending {
            self.said = Some(self.outcome);
        }
        let import = BotImport::new(BotImportId::new("bir-1").expect("valid"), status);
        (Reply::Import(Box::new(import)), latency)
    }

    pub(crate) fn has_said(&self, outcome: Outcome) -> bool {
        self.said == Some(outcome)
    }

    /// How many polls arrived; panics if there were too many in any period.
    pub(crate) fn check(&mut self, seed: u64) -> usize {
        self.arrivals.sort_unstable();
        for (most, period) in [(60, Duration::from_secs(60)), (1800, Duration::from_secs(3600))] {
            for (first, next) in self.arrivals.iter().zip(self.arrivals.iter().skip(most)) {
                assert!(
                    *next - *first >= period,
                    "seed {seed}: {} arrivals within {:?}, from {first:?} to {next:?}",
                    most + 1,
                    *next - *first
                );
            }
        }
        self.arrivals.len()
    }
}
