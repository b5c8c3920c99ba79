//! A start whose response is lost in every way that a network has: over real sockets, the server counts at
//! most one import for each, and the client knows no more than it says.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kore_sdk::protocol::{Refusal, split_mix};
use kore_sdk::{Client, ImportMode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::files;
use crate::facade::builder;
use crate::servers::{Server, hostile};

/// What a server, or something on the way to it, does with a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Fault {
    None,
    ResetBeforeTheBody,
    ResetAfterTheBody,
    CloseAfterTheBody,
    Silence,
    CutShort,
    ResetWithinTheResponse,
    BadGateway,
    Unavailable,
    Page,
    Refused,
    Unauthorized,
    Limited,
    LimitedByProxy,
}

impl Fault {
    const ALL: [Self; 14] = [
        Self::None,
        Self::ResetBeforeTheBody,
        Self::ResetAfterTheBody,
        Self::CloseAfterTheBody,
        Self::Silence,
        Self::CutShort,
        Self::ResetWithinTheResponse,
        Self::BadGateway,
        Self::Unavailable,
        Self::Page,
        Self::Refused,
        Self::Unauthorized,
        Self::Limited,
        Self::LimitedByProxy,
    ];

    /// Whether the import is made. Behind a proxy nobody knows, so that chance decides.
    fn is_taken(self, chance: u64) -> bool {
        match self {
            Self::None | Self::ResetAfterTheBody | Self::CloseAfterTheBody | Self::Silence => true,
            Self::CutShort | Self::ResetWithinTheResponse => true,
            Self::BadGateway | Self::Unavailable | Self::Page | Self::LimitedByProxy => {
                chance.is_multiple_of(2)
            }
            Self::ResetBeforeTheBody | Self::Refused | Self::Unauthorized | Self::Limited => false,
        }
    }

    fn response(self) -> String {
        let error = |refusal: Refusal| String::from_utf8(refusal.to_http().into_body().to_vec()).unwrap();
        let (status, body) = match self {
            Self::BadGateway => ("502 Bad Gateway", "<html>502".to_owned()),
            Self::Unavailable => ("503 Service Unavailable", String::new()),
            Self::Page => ("200 OK", "<html>log in".to_owned()),
            Self::Refused => ("400 Bad Request", error(Refusal::InvalidFileId)),
            Self::Unauthorized => ("401 Unauthorized", error(Refusal::InvalidSdkCredentials)),
            Self::Limited => ("429 Too Many Requests", error(Refusal::MinuteLimit)),
            Self::LimitedByProxy => ("429 Too Many Requests", String::new()),
            _ => ("200 OK", r#"{"_id":"bir-1","status":"pending"}"#.to_owned()),
        };
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    }
}

/// A server whose faults follow from a seed.
#[derive(Clone)]
struct Platform {
    seed: Arc<Mutex<u64>>,
    /// The imports that it made in this run.
    made: Arc<AtomicUsize>,
    faults: Arc<Mutex<Vec<Fault>>>,
}

impl Platform {
    fn random(&self) -> u64 {
        split_mix(&mut self.seed.lock().unwrap())
    }

    async fn serve(self, mut stream: TcpStream) {
        loop {
            let head = hostile::read_head(&mut stream).await.to_ascii_lowercase();
            let Some((_, length)) = head.split_once("content-length: ") else { return };
            let mut body = vec![0; length.split("\r\n").next().unwrap().parse().unwrap()];
            if head.starts_with("post /api/public/uploadfile ") {
                if stream.read_exact(&mut body).await.is_err() {
                    return;
                }
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"fileId\":\"f1\"}";
                if stream.write_all(answer).await.is_err() {
                    return;
                }
                continue;
            }
            let fault = Fault::ALL[(self.random() % Fault::ALL.len() as u64) as usize];
            self.faults.lock().unwrap().push(fault);
            if fault == Fault::ResetBeforeTheBody {
                let _ = stream.set_zero_linger();
                return;
            }
            if stream.read_exact(&mut body).await.is_err() {
                return;
            }
            if fault.is_taken(self.random()) {
                self.made.fetch_add(1, Ordering::SeqCst);
            }
            let response = fault.response();
            let response = response.as_bytes();
            let some = 1 + (self.random() % (response.len() as u64 - 1)) as usize;
            match fault {
                Fault::CloseAfterTheBody => return,
                Fault::ResetAfterTheBody => {
                    let _ = stream.set_zero_linger();
                    return;
                }
                Fault::Silence => return hostile::wait_for_end(&mut stream).await,
                Fault::CutShort => {
                    let _ = stream.write_all(&response[..some]).await;
                    return;
                }
                Fault::ResetWithinTheResponse => {
                    let _ = stream.write_all(&response[..some]).await;
                    let _ = stream.set_zero_linger();
                    return;
                }
                _ => {
                    if stream.write_all(response).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

/// More of them with `KORE_TEST_RUNS=1000`.
fn runs() -> u64 {
    std::env::var("KORE_TEST_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(100)
}

#[tokio::test]
async fn a_start_is_counted_once_whatever_becomes_of_its_response() {
    let faults = Arc::new(Mutex::new(Vec::new()));
    let platform = Platform {
        seed: Arc::new(Mutex::new(1)),
        made: Arc::new(AtomicUsize::new(0)),
        faults: faults.clone(),
    };
    let made = platform.made.clone();
    let server = Server::start(move |stream| platform.clone().serve(stream));
    let host = server.url("");
    // A new client for each run, since the rate limits of one would hold the loop up.
    let client = || -> Client { builder(&host).timeout(Duration::from_millis(250)).build().unwrap() };
    let (mut accepted, mut in_doubt, mut refused, mut doubted_and_made) = (0, 0, 0, 0);
    for run in 0..runs() {
        let client = client();
        // A token is kept, so that a 401 renews it.
        let import = client.import_bot(files()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
        // Too short for any wait, so that the run ends in place of one.
        let result = import.deadline(Duration::from_millis(900)).await;
        let seen = std::mem::take(&mut *faults.lock().unwrap());
        let made = made.swap(0, Ordering::SeqCst);
        match result {
            Ok(_) => {
                accepted += 1;
                assert_eq!(made, 1, "run {run}: {seen:?}");
            }
            Err(error) if error.may_have_started() => {
                in_doubt += 1;
                doubted_and_made += made;
                assert!(made <= 1, "run {run}: {made} imports, {seen:?}, {error}");
            }
            Err(error) => {
                refused += 1;
                assert_eq!(made, 0, "run {run}: {seen:?}, {error}");
            }
        }
        let repeated = seen.len().saturating_sub(1);
        assert!(seen[..repeated].iter().all(|fault| *fault == Fault::Unauthorized), "run {run}: {seen:?}");
    }
    let counts =
        format!("{accepted} accepted, {in_doubt} in doubt ({doubted_and_made} made), {refused} refused");
    assert!(accepted > 0 && in_doubt > 0 && refused > 0, "{counts}");
    assert!(0 < doubted_and_made && doubted_and_made < in_doubt, "{counts}");
    writeln!(std::io::stderr(), "{counts}").unwrap();
}
