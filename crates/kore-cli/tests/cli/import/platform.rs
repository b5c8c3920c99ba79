//! A platform that takes files, starts imports, and loses responses as it is told.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::run::Kore;
use crate::server::response;

/// What becomes of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Accepted,
    /// In the older form, whose id has another key.
    AcceptedAsBir,
    /// Accepted, and the connection is closed before the response.
    Lost,
    /// Accepted, and something on the way says that.
    Page(&'static str),
    /// Refused in the platform's form.
    Refused(&'static str, &'static str),
    /// Accepted, and there is no response until the test ends.
    Silent,
}

/// What was sent.
#[derive(Default)]
pub(crate) struct Seen {
    /// Names and contents.
    pub(crate) uploads: Vec<(String, Vec<u8>)>,
    /// Paths and bodies.
    pub(crate) starts: Vec<(String, serde_json::Value)>,
    /// The same bodies as they came.
    pub(crate) written: Vec<String>,
    pub(crate) polls: usize,
}

pub(crate) struct Platform {
    pub(crate) url: String,
    seen: Arc<Mutex<Seen>>,
    /// How many connections are served now.
    #[cfg_attr(windows, expect(dead_code, reason = "its tests kill by signals"))]
    open: Arc<AtomicUsize>,
}

pub(crate) const ID: &str = "bir-5f1c9a70";

impl Platform {
    pub(crate) fn new(start: Start) -> Self {
        Self::with(start, Duration::ZERO, |_| ())
    }

    /// Each response takes that long; `uploaded` hears of each file when its head has come.
    pub(crate) fn with(
        start: Start,
        delay: Duration,
        uploaded: impl Fn(usize) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let (shared, uploaded) = (Arc::clone(&seen), Arc::new(uploaded));
        let open: Arc<AtomicUsize> = Arc::default();
        let counted = Arc::clone(&open);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, uploaded) = (Arc::clone(&shared), Arc::clone(&uploaded));
                let open = Arc::clone(&counted);
                open.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    // A client that was killed is part of the tests.
                    let _ = serve(stream, start, delay, &seen, &*uploaded);
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { url, seen, open }
    }

    /// Waits until all that has been sent is served. Connections are taken in their order, so that one
    /// which is answered has none before it that is not taken yet.
    #[cfg(unix)]
    pub(crate) fn settle(&self) {
        let address = self.url.strip_prefix("http://").expect("a URL");
        let mut stream = TcpStream::connect(address).expect("it serves");
        stream.write_all(b"HEAD / HTTP/1.1\r\n\r\n").expect("sent");
        let _ = stream.read_to_end(&mut Vec::new());
        crate::process::until("all is served", || self.open.load(Ordering::SeqCst) == 0);
    }

    pub(crate) fn seen<T>(&self, of: impl FnOnce(&Seen) -> T) -> T {
        of(&self.seen.lock().expect("no panic"))
    }

    /// `kore import COMMAND` of the files in its home, with the credentials of the tests.
    pub(crate) fn kore(&self, command: &str, args: &[&str]) -> Kore {
        let kore = Kore::new(
            ["import", command, "--interval=50ms"]
                .iter()
                .filter(|arg| command == "run" || !arg.starts_with("--interval")),
        );
        let kore = super::files::export(kore)
            .env("KORE_HOST", &self.url)
            .env("KORE_CLIENT_ID", crate::run::CLIENT_ID)
            .env("KORE_CLIENT_SECRET", crate::run::SECRET);
        let bot: PathBuf = kore.home().join("bot");
        kore.args(args).arg(bot)
    }
}

fn serve(
    mut stream: TcpStream,
    start: Start,
    delay: Duration,
    seen: &Mutex<Seen>,
    uploaded: &dyn Fn(usize),
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|end| end == b"\r\n\r\n") {
            break at + 4;
        }
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    if path.ends_with("/uploadfile") {
        uploaded(seen.lock().expect("no panic").uploads.len());
    }
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = bytes.split_off(end);
    while body.len() < length.unwrap_or(0) {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            read => body.extend_from_slice(&buffer[..read]),
        }
    }
    if head.starts_with("HEAD ") {
        return Ok(());
    }
    thread::sleep(delay);
    let json =
        |status: &str, body: String| response(status, "content-type: application/json\r\n", body.as_bytes());
    let answer = if path.ends_with("/uploadfile") {
        let mut seen = seen.lock().expect("no panic");
        seen.uploads.push(file_of(&body));
        let n = seen.uploads.len();
        json(
            "200 OK",
            format!(r#"{{"fileId":"5f00000000000000000000{n:02}","hash":"x","fileName":"f-{n}"}}"#),
        )
    } else if head.starts_with("POST ") {
        let asked = serde_json::from_slice(&body).expect("JSON");
        let mut seen = seen.lock().expect("no panic");
        seen.starts.push((path, asked));
        seen.written.push(String::from_utf8_lossy(&body).into_owned());
        drop(seen);
        let accepted = |key: &str| {
            json(
                "200 OK",
                format!(
                    r#"{{"{key}":"{ID}","status":"pending","statusLogs":[], "requestType":"Botimport"}}"#
                ),
            )
        };
        match start {
            Start::Accepted => accepted("_id"),
            Start::AcceptedAsBir => accepted("bir"),
            Start::Lost => return Ok(()),
            Start::Page(status) => response(status, "content-type: text/html\r\n", b"<html>Bad gateway"),
            Start::Refused(status, msg) => {
                json(status, format!(r#"{{"errors":[{{"msg":"{msg}","code":400}}]}}"#))
            }
            Start::Silent => {
                let _ = stream.read(&mut buffer);
                return Ok(());
            }
        }
    } else {
        let mut seen = seen.lock().expect("no panic");
        seen.polls += 1;
        let status = if seen.polls > 1 { "success" } else { "pending" };
        json(
            "200 OK",
            format!(
                r#"{{"_id":"{ID}","status":"{status}","statusLogs":[{{"taskType":"Dialog","taskName":"a","status":"{status}"}}]}}"#
            ),
        )
    };
    stream.write_all(&answer)
}

/// Name and bytes of the part that is a file.
fn file_of(body: &[u8]) -> (String, Vec<u8>) {
    let find = |text: &[u8], from: usize| {
        body[from..].windows(text.len()).position(|window| window == text).map(|at| at + from)
    };
    let name = find(b"filename=\"", 0).expect("a file") + 10;
    let end = find(b"\"", name).expect("the end of the name");
    let start = find(b"\r\n\r\n", end).expect("a head") + 4;
    let boundary = &body[..find(b"\r\n", 0).expect("a boundary")];
    let stop = find(&[b"\r\n", boundary].concat(), start).expect("the end of the file");
    (String::from_utf8_lossy(&body[name..end]).into_owned(), body[start..stop].to_vec())
}
