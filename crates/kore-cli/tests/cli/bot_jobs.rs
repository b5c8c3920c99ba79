//! `kore export` and `kore publish` against small servers, and a release between two emulators.

mod export;
mod publish;
mod refused;
#[cfg(unix)]
mod release;
mod resumed;
mod words;

use std::sync::{Arc, Mutex};

use crate::run::Kore;
use crate::server::{Server, response};

const STARTED: &str = r#"{"_id":"ber-2","status":"pending","createdOn":"2026-01-01T00:00:02.000Z"}"#;

/// Answers a start with the first body, and polls with the others in turn, the last for ever.
fn platform(start: &str, polls: &[&str]) -> Server {
    counting(start, polls).0
}

/// The same, and how often it was polled.
fn counting(start: &str, polls: &[&str]) -> (Server, Arc<Mutex<usize>>) {
    let start = start.to_owned();
    let polls: Vec<String> = polls.iter().map(|poll| (*poll).to_owned()).collect();
    let polled = Arc::new(Mutex::new(0));
    let count = polled.clone();
    let server = Server::start(move |head| {
        if head.starts_with("POST ") {
            return response("200 OK", "", start.as_bytes());
        }
        let mut polled = polled.lock().expect("no panic");
        *polled += 1;
        response("200 OK", "", polls[polls.len().min(*polled) - 1].as_bytes())
    });
    (server, count)
}

fn kore(server: &Server, args: &[&str]) -> Kore {
    Kore::new(args)
        .env("KORE_HOST", &server.url)
        .env("KORE_CLIENT_ID", crate::run::CLIENT_ID)
        .env("KORE_CLIENT_SECRET", crate::run::SECRET)
}
