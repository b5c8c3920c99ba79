//! The picture in the README: what the command draws on a terminal. `cargo xtask picture` sets
//! [`WRITE`] and so has the test write it; without that the test compares.

use std::time::SystemTime;

use kore_sdk::types::Timestamp;
use serde_json::json;

use super::{PATIENCE, Screen, has};
use crate::watch::script::Script;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");

const WRITE: &str = "KORE_WRITE_PICTURE";

const BEGIN: &str =
    "<!-- `cargo xtask picture` writes this block; a test fails when it is stale. -->\n```text\n";

const ID: &str = "bir-034f";

#[test]
fn the_picture_in_the_readme_is_what_the_command_draws() {
    let picture = draw();
    let readme = std::fs::read_to_string(README).expect("it is there");
    let (before, rest) = readme.split_once(BEGIN).expect("the README has the block");
    let (old, after) = rest.split_once("```\n").expect("the block ends");
    if without_times(old) == without_times(&picture) {
        return;
    }
    assert!(
        std::env::var_os(WRITE).is_some(),
        "the picture in README.md is stale; `cargo xtask picture` writes it anew\n{picture}"
    );
    std::fs::write(README, format!("{before}{BEGIN}{picture}```\n{after}")).expect("written");
}

/// An import whose dialog fails: a frame of the view, and what is left at the end.
fn draw() -> String {
    let script = Script::new().import(ID, &[document("pending", json!({"status": "inprogress"}))]);
    let mut screen = Screen::start(script.watch_by_default(&[ID]), 100, 30, None);
    let frame = screen.until("a wait", |rows| has(rows, "pending") && has(rows, "  next "));
    let error = "the dialog refers to the entity CardNumber, which the bot does not have";
    script.answer(ID, &[document("failed", json!({"status": "failed", "error": error}))]);
    assert_eq!(screen.child.wait().expect("it ends").code(), Some(1));
    while let Ok(bytes) = screen.output.recv_timeout(PATIENCE) {
        screen.parser.advance(&mut screen.term, &bytes);
    }
    let end = screen.all_rows().join("\n");
    format!("$ kore import watch {ID}\n{}\n\n{}\n\n$ echo $?\n1\n", frame.join("\n"), end.trim_end())
}

fn document(status: &str, mut pay: serde_json::Value) -> String {
    let succeeded = [
        ("importRequest", "Shop"),
        ("Bot Definition", "Shop"),
        ("BotFunctions", "Bot Functions"),
        ("Dialog", "Find a product"),
    ];
    let mut log = Vec::from(
        succeeded.map(|(kind, name)| json!({"taskType": kind, "taskName": name, "status": "success"})),
    );
    pay["taskType"] = "Dialog".into();
    pay["taskName"] = "Pay".into();
    log.push(pay);
    let created = Timestamp::from(SystemTime::now());
    json!({
        "_id": ID, "status": status, "statusLogs": log, "streamId": "st-7c1e", "requestType": "Botimport",
        "createdOn": created.as_str()
    })
    .to_string()
}

/// A picture without what differs from run to run: dates, seconds, and how far the spinner has turned.
fn without_times(picture: &str) -> String {
    let spaced = picture.replace('\n', " \n ").replace('(', "( ");
    let words: Vec<_> = spaced.split(' ').collect();
    let is_time = |at: usize| {
        let unit = words.get(at + 1).is_some_and(|unit| unit.trim_end_matches([':', ';', ',']) == "s");
        unit && words[at].parse::<f64>().is_ok() || Timestamp::from(words[at]).to_system_time().is_ok()
    };
    let is_spinner = |word: &str| word.starts_with(|c| ('⠀'..='⣿').contains(&c));
    let kept = (0..words.len()).filter(|at| !is_time(*at) && !is_spinner(words[*at]));
    kept.map(|at| words[at]).collect::<Vec<_>>().join(" ")
}

#[test]
fn two_pictures_are_compared_without_their_times() {
    let day = "2026-11-25T20:27:11.371Z";
    let old = format!("⠸ a  next in 1 s\n{day} (2 s ago) after 2 s: x");
    let later = format!("⠋ a  next in 17 s\n{} (3 s ago) after 3 s: x", day.replace("20", "21"));
    assert_eq!(without_times(&old), without_times(&later));
    for other in [old.replace("next", "then"), old.replace("x", "2"), old.replace(" s:", " min:")] {
        assert_ne!(without_times(&old), without_times(&other));
    }
}
