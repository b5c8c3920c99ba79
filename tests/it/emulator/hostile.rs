//! Clients that break the protocol, take what they can or are merely slow: they are refused or
//! closed, and others are served.

use std::num::NonZeroUsize;
use std::time::Duration;

use kore_emulator::{Emulator, EmulatorBuilder, Fault, Mode, scenarios};
use kore_sdk::protocol::bot_import::get_status;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{client, client_of, emulator};

/// Never reached by a test that passes; one that hangs fails.
const NEVER: Duration = Duration::from_secs(20);

/// An emulator that closes nothing merely because time goes by.
async fn start(settings: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Emulator {
    let builder = emulator().lenient(true).scenario(scenarios::stuck(), Mode::AtOnce);
    let builder = builder.read_timeout(10 * NEVER).write_timeout(10 * NEVER);
    settings(builder).start().await.unwrap()
}

async fn connect(emulator: &Emulator) -> TcpStream {
    TcpStream::connect(emulator.address()).await.unwrap()
}

/// A request without a token, which is answered with 401, and further header fields.
fn request(fields: &str) -> String {
    let path = get_status::METADATA.path.fill(&["bir-1f"]);
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n")
}

/// What is answered until the server closes the connection.
async fn answered(emulator: &Emulator, sent: &[u8]) -> String {
    let (mut from, mut to) = connect(emulator).await.into_split();
    let sent = sent.to_vec();
    // The server may close before it has read all of it.
    let sending = tokio::spawn(async move { to.write_all(&sent).await.map(|()| to) });
    let mut answer = Vec::new();
    // A reset takes nothing from what has arrived.
    let _ = timeout(NEVER, from.read_to_end(&mut answer)).await.expect("it hangs");
    sending.abort();
    String::from_utf8(answer).unwrap()
}

/// Reads one answer, whose body has a length.
async fn one_answer(stream: &mut TcpStream) -> String {
    let mut answer = crate::servers::hostile::read_head(stream).await;
    let length = answer.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.expect("a length").parse().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    answer.push_str(&String::from_utf8(body).unwrap());
    answer
}

/// Whether the server has closed the connection; waits until it has.
async fn is_closed(mut stream: TcpStream) -> bool {
    timeout(NEVER, stream.read(&mut [0; 1])).await.expect("it stays open").map_or(true, |read| read == 0)
}

async fn others_are_served(emulator: &Emulator) {
    let looked = client(emulator).bot_import_status(&emulator.import_ids()[0]).await;
    looked.unwrap_or_else(|error| panic!("others are not served: {error}"));
}

/// Room for a few thousand connections with both ends in this process.
#[cfg(unix)]
fn many_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut files = getrlimit(Resource::Nofile);
    files.current = files.maximum;
    setrlimit(Resource::Nofile, files).unwrap();
}

/// The same: Windows has no such limit.
#[cfg(windows)]
fn many_files() {}

#[tokio::test]
async fn what_is_not_http_is_refused_and_its_connection_closed() {
    let emulator = start(|builder| builder).await;
    let long_target = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(100_000));
    for (sent, status) in [
        ("SSH-2.0-OpenSSH_9.9\r\n\r\n", "400"),
        ("GET / HTTP/9.9\r\n\r\n", "400"),
        ("G\0ET / HTTP/1.1\r\n\r\n", "400"),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", "400"),
        (&long_target, "4"),
    ] {
        let answer = answered(&emulator, sent.as_bytes()).await;
        let sent = &sent[..sent.len().min(40)];
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{sent:?}: {answer:?}");
    }
    others_are_served(&emulator).await;
}

#[tokio::test]
async fn a_head_that_is_too_long_or_has_too_many_fields_is_refused() {
    let emulator = start(|builder| builder).await;
    let long = format!("x: {}\r\n", "a".repeat(100_000));
    let many: String = (0..101).map(|n| format!("x-{n}: a\r\n")).collect();
    for fields in [long, many] {
        let answer = answered(&emulator, request(&fields).as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer:?}");
    }
    // A token of twenty times the usual length is no reason to refuse the head.
    let token = format!("auth: {}\r\nconnection: close\r\n", "a".repeat(5_000));
    assert!(answered(&emulator, request(&token).as_bytes()).await.starts_with("HTTP/1.1 401 "));
    others_are_served(&emulator).await;
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_with_and_without_a_length() {
    let emulator = start(|builder| builder).await;
    let told = request(&format!("content-length: {}\r\n", 1u64 << 40));
    let answer = answered(&emulator, told.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 412 "), "{answer:?}");

    let mut chunked = request("transfer-encoding: chunked\r\n").into_bytes();
    for _ in 0..32 {
        chunked.extend_from_slice(b"10000\r\n");
        chunked.extend_from_slice(&[b'a'; 0x10000]);
        chunked.extend_from_slice(b"\r\n");
    }
    let answer = answered(&emulator, &chunked).await;
    assert!(answer.starts_with("HTTP/1.1 412 "), "{answer:?}");
    others_are_served(&emulator).await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let emulator = start(|builder| builder).await;
    let mut stream = connect(&emulator).await;
    let unknown = "GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let sent = [request(""), unknown.to_owned()].concat().repeat(200);
    let (mut from, mut to) = stream.split();
    let mut answers = String::new();
    let reading = async {
        let mut buffer = [0; 4096];
        while answers.matches("HTTP/1.1 ").count() < 400 {
            let read = from.read(&mut buffer).await.unwrap();
            assert!(read > 0, "closed after {answers}");
            answers.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
    };
    let (written, ()) = tokio::join!(to.write_all(sent.as_bytes()), reading);
    written.unwrap();
    let statuses: Vec<_> = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["401", "404"].repeat(200));
}

#[tokio::test]
async fn others_are_served_while_a_thousand_connections_idle_and_three_hundred_are_slow() {
    many_files();
    let emulator = start(|builder| builder).await;
    let mut open = Vec::new();
    for n in 0..1_300 {
        let mut stream = connect(&emulator).await;
        let owed = |method, path| {
            format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 900\r\n\r\n")
        };
        let sent = match n {
            0..1_000 => request(""),
            1_000..1_100 => request("")[..20].to_owned(),
            1_100..1_200 => request("content-length: 900\r\n"),
            1_200..1_250 => owed("PUT", "/_emulator/snapshot"),
            _ => owed("POST", "/_emulator/imports"),
        };
        stream.write_all(sent.as_bytes()).await.unwrap();
        if n < 1_000 {
            assert!(one_answer(&mut stream).await.starts_with("HTTP/1.1 401 "));
        }
        open.push(stream);
    }
    for more in ["a", "b", "c"] {
        for stream in &mut open[1_000..] {
            stream.write_all(more.as_bytes()).await.unwrap();
        }
        others_are_served(&emulator).await;
    }
    let create = br#"{"scenario": "stuck"}"#;
    let mut other = begun(&emulator, "POST /_emulator/imports", create.len(), create).await;
    assert!(one_answer(&mut other).await.starts_with("HTTP/1.1 201 "));
    // Not because the others were closed.
    for stream in &mut open[..1_000] {
        stream.write_all(request("").as_bytes()).await.unwrap();
        assert!(one_answer(stream).await.starts_with("HTTP/1.1 401 "));
    }
}

#[tokio::test]
async fn beyond_the_most_connections_a_new_one_waits_until_another_ends() {
    many_files();
    let most = NonZeroUsize::new(50).unwrap();
    let emulator = start(|builder| builder.max_connections(most)).await;
    let mut open = Vec::new();
    for _ in 0..50 {
        let mut stream = connect(&emulator).await;
        stream.write_all(request("").as_bytes()).await.unwrap();
        one_answer(&mut stream).await;
        open.push(stream);
    }
    let mut next = connect(&emulator).await;
    next.write_all(request("").as_bytes()).await.unwrap();
    let mut waiting = Box::pin(one_answer(&mut next));
    let (first, mut told) = (open.remove(0), [0; 1]);
    assert!(timeout(Duration::from_millis(100), &mut waiting).await.is_err(), "there was a place");
    drop(first);
    assert!(waiting.await.starts_with("HTTP/1.1 401 "));
    assert!(timeout(Duration::from_millis(1), open[0].read(&mut told)).await.is_err(), "it was closed");
}

#[tokio::test]
async fn a_flood_of_unfinished_requests_keeps_nobody_out_for_long() {
    many_files();
    let most = NonZeroUsize::new(50).unwrap();
    let soon = Duration::from_millis(30);
    let emulator = start(|builder| builder.max_connections(most).read_timeout(soon)).await;
    let mut open = Vec::new();
    for n in 0..200 {
        let mut stream = connect(&emulator).await;
        let sent = if n % 2 == 0 { "GET /".to_owned() } else { request("content-length: 900\r\n") };
        // It may be closed by now.
        let _ = stream.write_all(sent.as_bytes()).await;
        open.push(stream);
    }
    others_are_served(&emulator).await;
}

/// A request of the control whose body is that long; so much of it is sent.
async fn begun(emulator: &Emulator, head: &str, length: usize, body: &[u8]) -> TcpStream {
    let mut stream = connect(emulator).await;
    let head = format!("{head} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    stream
}

#[tokio::test]
async fn a_slow_body_is_waited_for_and_blocks_no_other() {
    let emulator = start(|builder| builder).await;
    let snapshot = emulator.snapshot();
    let (some, rest) = snapshot.as_bytes().split_at(20);
    let mut slow = begun(&emulator, "PUT /_emulator/snapshot", snapshot.len(), some).await;
    let create = br#"{"scenario": "stuck"}"#;
    let mut other = begun(&emulator, "POST /_emulator/imports", create.len(), create).await;
    assert!(one_answer(&mut other).await.starts_with("HTTP/1.1 201 "));
    slow.write_all(rest).await.unwrap();
    assert!(one_answer(&mut slow).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn all_bodies_together_have_a_bound() {
    let emulator = start(|builder| builder).await;
    // Each is a byte short, so that it is held or refused.
    let body = vec![b' '; 4 * 1024 * 1024 - 1];
    let refused = (0..32).map(|_| async {
        let mut stream = begun(&emulator, "POST /_emulator/imports", body.len() + 1, b"").await;
        let (mut from, mut to) = stream.split();
        let mut told = [0; 12];
        let _ = tokio::join!(to.write_all(&body), from.read_exact(&mut told));
        assert_eq!(&told, b"HTTP/1.1 503");
    });
    let refused = refused.collect::<futures_util::stream::FuturesUnordered<_>>();
    // Of 128 MiB there is room for 96.
    let enough = futures_util::StreamExt::count(futures_util::StreamExt::take(refused, 8));
    assert_eq!(timeout(NEVER, enough).await.expect("all are held"), 8);
    others_are_served(&emulator).await;
}

#[tokio::test]
async fn large_bodies_wait_for_their_turn() {
    let emulator = start(|builder| builder).await;
    let snapshot = emulator.snapshot() + &" ".repeat(40 * 1024 * 1024);
    let uploads = (0..4).map(|_| async {
        let mut stream =
            begun(&emulator, "PUT /_emulator/snapshot", snapshot.len(), snapshot.as_bytes()).await;
        one_answer(&mut stream).await
    });
    for answer in futures_util::future::join_all(uploads).await {
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

#[tokio::test]
async fn a_head_that_is_late_closes_the_connection_even_if_it_drips() {
    let emulator = start(|builder| builder.read_timeout(Duration::from_millis(30))).await;
    assert!(is_closed(connect(&emulator).await).await, "idle from the start");
    let mut idle = connect(&emulator).await;
    idle.write_all(request("").as_bytes()).await.unwrap();
    one_answer(&mut idle).await;
    assert!(is_closed(idle).await, "idle after an answer");
    let (mut from, mut to) = connect(&emulator).await.into_split();
    let dripping = tokio::spawn(async move {
        while to.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    assert!(from.read(&mut [0; 1]).await.map_or(true, |read| read == 0), "dripping");
    dripping.abort();
}

#[tokio::test]
async fn a_body_that_does_not_come_in_time_is_refused() {
    let emulator = start(|builder| builder.read_timeout(Duration::from_millis(30))).await;
    let answer = answered(&emulator, request("content-length: 10\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 412 "), "{answer:?}");
}

#[tokio::test]
async fn a_delay_by_a_fault_may_outlast_the_read_and_write_timeouts() {
    let moment = Duration::from_millis(10);
    let drip = Fault::drip(NonZeroUsize::new(200).unwrap(), moment);
    let faults = [Fault::latency(Duration::from_millis(40)), drip];
    let emulator = start(|builder| {
        let builder = builder.read_timeout(moment).write_timeout(moment);
        faults.into_iter().fold(builder, EmulatorBuilder::fault)
    })
    .await;
    others_are_served(&emulator).await;
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_disconnected() {
    let scenario = scenarios::ten_thousand_tasks();
    let builder = emulator().lenient(true).write_timeout(Duration::from_millis(30));
    let emulator = builder.scenario(scenario, Mode::AtOnce).start().await.unwrap();
    let id = emulator.import_ids().remove(0);
    // Far more than the system's buffers hold.
    let request = {
        let credentials =
            kore_auth::Credentials::new("cs-1f".parse().unwrap(), kore_auth::Secret::new("s3cret").unwrap());
        let token = credentials.sign(&kore_auth::Claims::new("me", "cs-1f")).unwrap();
        let path = get_status::METADATA.path.fill(&[id.as_str()]);
        format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauth: {}\r\n\r\n", token.expose())
    };
    let mut stream = connect(&emulator).await;
    stream.write_all(request.repeat(30).as_bytes()).await.unwrap();
    // One who reads in time gets an answer meanwhile, and it ends for the one who does not.
    let patient = client_of(&emulator).build().unwrap();
    patient.bot_import_status(&id).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut answers = Vec::new();
    let _ = timeout(NEVER, stream.read_to_end(&mut answers)).await.expect("it stays open");
    let start = String::from_utf8_lossy(&answers[..300]).into_owned();
    let length = start.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let one: usize = length.parse().unwrap();
    assert!(answers.len() < 30 * one, "all of it came: {}", answers.len());
}
