//! The events that the control page follows, and how much of them a slow reader gets.

use std::time::Duration;

use kore_emulator::{Mode, scenarios};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Control;
use crate::emulator::{client, emulator};

/// A page that follows, as far as a test needs one.
struct Follower {
    answer: reqwest::Response,
    text: String,
}

impl Follower {
    async fn of(control: &Control) -> Self {
        let answer = control.http.get(format!("{}/events", control.root)).send().await.expect("an answer");
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { answer, text: String::new() }
    }

    /// The data of the next event of that name; `None` at the end.
    async fn next(&mut self, name: &str) -> Option<Value> {
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let data =
                    event.split_once(&format!("event: {name}\ndata: ")).map(|(_, data)| data.to_owned());
                self.text = rest.to_owned();
                if let Some(data) = data {
                    return Some(serde_json::from_str(&data).expect("JSON"));
                }
            }
            let piece = self.answer.chunk().await.ok()??;
            self.text.push_str(std::str::from_utf8(&piece).expect("whole events"));
        }
    }
}

#[tokio::test]
async fn imports_and_requests_arrive_as_they_happen() {
    let emulator = emulator().start().await.expect("a free port");
    let mut follower = Follower::of(&Control::of(&emulator)).await;
    assert_eq!(follower.next("imports").await.expect("at once")["total"], 0);
    let id = emulator.create(scenarios::failure(), Mode::LOOKS);
    let created = follower.next("imports").await.expect("the creation");
    assert_eq!(
        (&created["ids"][0], &created["imports"][0]["life"]["ended"]),
        (&id.as_str().into(), &0.into())
    );
    client(&emulator).bot_import_status(&id).await.expect("a status");
    let requests = follower.next("requests").await.expect("the poll");
    assert_eq!((&requests["missed"], &requests["requests"][0]["status"]), (&0.into(), &200.into()));
    let moved = follower.next("imports").await.expect("the poll has moved it");
    assert_eq!(moved["imports"][0]["life"]["ended"], 1);
    emulator.remove(&id);
    assert_eq!(follower.next("imports").await.expect("the removal")["ids"], serde_json::json!([]));
}

#[tokio::test]
async fn a_hundred_thousand_imports_are_counted_and_the_newest_shown() {
    let emulator = emulator().start().await.expect("a free port");
    let stuck = std::sync::Arc::new(scenarios::stuck());
    for _ in 0..100_000 {
        emulator.create(stuck.clone(), Mode::TIME);
    }
    let newest = emulator.create(stuck, Mode::TIME);
    let mut follower = Follower::of(&Control::of(&emulator)).await;
    let imports = follower.next("imports").await.expect("at once");
    assert_eq!((&imports["total"], &imports["counts"]["running"]), (&100_001.into(), &100_001.into()));
    assert_eq!(imports["ids"].as_array().map(Vec::len), Some(50));
    assert_eq!(imports["ids"][0], newest.as_str());
    assert!(imports.to_string().len() < 100_000);
}

#[tokio::test]
async fn a_late_reader_is_told_how_much_was_left_out() {
    let emulator = emulator().start().await.expect("a free port");
    let control = Control::of(&emulator);
    for _ in 0..1500 {
        control.http.get(emulator.url()).send().await.expect("an answer");
    }
    let mut follower = Follower::of(&control).await;
    let requests = follower.next("requests").await.expect("at once");
    assert_eq!(
        (&requests["missed"], requests["requests"].as_array().map(Vec::len)),
        (&1400.into(), Some(100))
    );
}

#[tokio::test]
async fn a_stop_ends_the_streams_and_waits_for_no_slow_reader() {
    let emulator = emulator().start().await.expect("a free port");
    let mut follower = Follower::of(&Control::of(&emulator)).await;
    follower.next("imports").await.expect("at once");
    let mut silent = TcpStream::connect(emulator.address()).await.expect("a connection");
    let request = format!("GET /_emulator/events HTTP/1.1\r\nhost: {}\r\n\r\n", emulator.address());
    silent.write_all(request.as_bytes()).await.expect("sent");
    silent.read_u8().await.expect("the start");
    tokio::time::timeout(Duration::from_secs(10), emulator.stop()).await.expect("no wait without end");
    // It was ended, and not cut off.
    while follower.answer.chunk().await.expect("a whole stream").is_some() {}
}

#[tokio::test]
async fn followers_are_bounded_and_one_that_leaves_makes_room() {
    let emulator = emulator().start().await.expect("a free port");
    let control = Control::of(&emulator);
    let mut followers = Vec::new();
    for _ in 0..32 {
        followers.push(Follower::of(&control).await);
    }
    control.ask("GET", "/events", "").await.refuses(503, &["32"]);
    drop(followers);
    let mut tries = 0;
    loop {
        let answer = control.http.get(format!("{}/events", control.root)).send().await.expect("an answer");
        if answer.status() == 200 {
            break;
        }
        tries += 1;
        assert!(tries < 1000, "no place became free");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
