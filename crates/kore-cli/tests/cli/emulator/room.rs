//! How much memory the emulator takes of files.

use std::process::Stdio;

use kore_sdk::protocol::file::upload::{self, Form};
use kore_sdk::protocol::{Boundary, Content};

use super::Running;

const MIB: usize = 1024 * 1024;

/// The most memory that it had so far, in MiB.
fn most(emulator: &Running) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", emulator.child.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux has it");
    line.trim().split(' ').next().and_then(|kib| kib.parse::<usize>().ok()).expect("a number") / 1024
}

#[test]
fn files_take_no_more_than_is_kept_of_them() {
    let emulator = Running::of(&["--keep-files", "16", "--lenient"], 6, Stdio::null());
    let [host, id, secret] = ["KORE_HOST", "KORE_CLIENT_ID", "KORE_CLIENT_SECRET"]
        .map(|name| emulator.setting(name).expect(name).to_owned());
    let client = kore_sdk::Client::builder().host(host).credentials(id, secret).environment_proxies(false);
    let client = client.build_blocking().expect("builds");
    let before = most(&emulator);
    // 240 MiB in all, and one that is larger than all that is kept.
    for size in [8; 25].into_iter().chain([40]) {
        let form = Form::new(Content::from_bytes("a.json", vec![b'x'; size * MIB]));
        client.send(&upload::Request::new(form, Boundary::new("b-1f").expect("valid"))).expect("uploaded");
    }
    // What is kept, and a body twice while it is read: far from all.
    let grown = most(&emulator) - before;
    assert!((8..150).contains(&grown), "{grown} MiB");
}
