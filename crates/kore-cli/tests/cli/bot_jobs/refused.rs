//! What `kore export` refuses: a place that holds what is read, a file that takes too long or is none, and
//! an address that is not asked.

use std::io::{Read as _, Write as _};
use std::thread;
use std::time::Duration;

use super::export::succeeded;
use super::{STARTED, counting, kore, platform};
use crate::server::{Server, response};
use crate::tls::ZIP;

#[test]
fn a_file_that_drips_is_given_up_when_the_timeout_is_over() {
    let (files, listener) = Server::silent();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\nPK");
            while sent.is_ok() {
                thread::sleep(Duration::from_millis(20));
                sent = stream.write_all(b"x");
            }
        }
    });
    let server = platform(STARTED, &[&succeeded(&files.url, "100000000")]);
    for args in [&["export", "run", "st-1"][..], &["export", "watch", "st-1"]] {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().to_str().expect("UTF-8");
        let run = kore(&server, &[args, &["--timeout", "2s", "--out", out]].concat()).run();
        assert_eq!(run.code, 6, "{} {}", run.stdout, run.stderr);
        assert!(run.stdout.contains("timed out"), "{}", run.stdout);
        run.says(&["export watch --resume "]);
        assert_eq!(std::fs::read_dir(out).expect("a folder").count(), 0);
    }
}

#[test]
fn a_file_of_a_size_that_cannot_be_read_is_taken_with_a_warning_if_it_is_whole() {
    let marked = response("200 OK", "", ZIP);
    let unmarked = [&b"HTTP/1.1 200 OK\r\n\r\n"[..], ZIP].concat();
    for size in ["\"1e999\"", "-3", "\"22 B\"", "[22]"] {
        for (file, code) in [(&marked, 0), (&unmarked, 6)] {
            let file = file.clone();
            let files = Server::start(move |_| file.clone());
            let document = succeeded(&files.url, "22").replace("\"22\"", size);
            let server = platform(STARTED, &[&document]);
            let run = { kore(&server, &["export", "run", "st-1", "--out", "x.zip"]).in_home() }.run();
            assert_eq!(run.code, code, "{size}: {} {}", run.stdout, run.stderr);
            assert!(run.stderr.contains("expected a number as fileSize, found"), "{size}: {}", run.stderr);
        }
    }
}

#[test]
fn no_export_and_no_report_replaces_a_file_that_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let (options, secret) = (folder.path().join("options.json"), folder.path().join("secret"));
    let ca = folder.path().join("ca.pem");
    let other_name = folder.path().join("other");
    std::fs::write(&options, r#"{"settings":["botSettings"]}"#).expect("written");
    std::fs::write(&secret, crate::run::SECRET).expect("written");
    std::fs::write(&ca, crate::tls::authority("kept").1).expect("written");
    std::fs::hard_link(&options, &other_name).expect("linked");
    let (server, polls) = counting(STARTED, &[STARTED]);
    let path = |path: &std::path::Path| path.to_str().expect("UTF-8").to_owned();
    let (options, secret, ca) = (path(&options), path(&secret), path(&ca));
    let x = path(&folder.path().join("x.zip"));
    for (flag, name, reads) in [
        ("--out", &options, ["--options", &options]),
        ("--out", &path(&other_name), ["--options", &options]),
        ("--junit", &options, ["--options", &options]),
        ("--summary", &options, ["--options", &options]),
        ("--out", &secret, ["--client-secret-file", &secret]),
        ("--out", &ca, ["--ca-file", &ca]),
    ] {
        let mut args = vec!["export", "run", "st-1", flag, name, reads[0], reads[1]];
        if flag != "--out" {
            args.extend(["--out", &x]);
        }
        let before = std::fs::read(name).expect("there");
        let run = kore(&server, &args).run();
        assert_eq!(run.code, 2, "{args:?} {}", run.stderr);
        run.says(&["is read from that file", "needs a file of its own"]);
        assert!(!run.stderr.contains("starting"), "{}", run.stderr);
        assert_eq!(std::fs::read(name).expect("there"), before, "{args:?}");
    }
    // What an earlier run wrote, and is resumed from.
    let told = path(&folder.path().join("told"));
    std::fs::write(&told, r#"[{"bot":"st-1","export":"ber-2"}]"#).expect("written");
    for job in ["export", "publish"] {
        let run = kore(&server, &[job, "watch", "st-1", "--junit", &secret, "--client-secret-file", &secret]);
        let run = { run }.run();
        assert_eq!(run.code, 2, "{}", run.stderr);
    }
    let run = kore(&server, &["export", "watch", "--resume", &told, "--out", &told]).run();
    assert_eq!(run.code, 2, "{}", run.stderr);
    run.says(&["--resume is read from that file"]);
    assert_eq!(*polls.lock().expect("no panic"), 0, "nothing was sent");
}

#[test]
fn an_address_over_plain_http_or_with_a_password_is_5_and_says_what_helps() {
    let good = Server::answering("200 OK", "", ZIP);
    for (url, words) in [
        ("http://files.example".to_owned(), "--allow-http"),
        (good.url.replace("://", "://joe:hunter2@"), "a user name"),
    ] {
        let server = platform(STARTED, &[&succeeded(&url, "22")]);
        let kore = kore(&server, &["export", "run", "st-1", "--out", "x.zip"]);
        let run = { kore.env("RUST_LOG", "trace").in_home() }.run();
        let all = run.stdout + &run.stderr;
        assert!(run.code == 5 && all.contains(words), "{all}");
        assert!(!all.contains("hunter2") && !all.contains("sends the token"), "{all}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_refused_before_the_start() {
    let (server, polls) = counting(STARTED, &[STARTED]);
    for out in ["nosuchdir/", "nosuchdir/.", "no/such/dir/"] {
        let run = { kore(&server, &["export", "run", "st-1", "--out", out]).in_home() }.run();
        assert_eq!(run.code, 2, "{out}: {}", run.stderr);
        assert!(run.stderr.contains("folder") && !run.stderr.contains("starting"), "{}", run.stderr);
    }
    assert_eq!(*polls.lock().expect("no panic"), 0);
}
