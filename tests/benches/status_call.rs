//! The CPU time of one status call on loopback, on the client's side alone: against a loop written
//! by hand on hyper-util's client with a plain derived struct, and against reqwest with
//! `serde_json::Value`.
//!
//! All run on one thread, whose CPU time is measured; the server has a thread of its own.

use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use in_turn::{in_turn, is_measured, print_ratios, thread_cpu};
use kore_sdk::{BotImportId, Client};
use plain::Plain;

const SAMPLE: &[u8] = kore_sdk::protocol::bot_import::get_status::SAMPLE.as_bytes();
/// The import of the sample: a response about another one is refused.
const ID: &str = "bir-5fxxxxxx-a0xx-52xx-axxf-f3xxxxxxxxxx";

const BLOCKS: usize = 60;

#[path = "shared/in_turn.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "shared, and not all of it is used by each")]
mod in_turn;
#[path = "shared/plain.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "decoded, and not read")]
mod plain;

/// Serves the sample on a thread of its own, whatever the request is. The thread never
/// sleeps: waking it would be charged to the client, and costs more the longer it has slept.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.set_nonblocking(true).expect("a TCP listener");
    let address = listener.local_addr().expect("bound");
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}\r\n\r\n",
        SAMPLE.len()
    );
    let answer = [head.as_bytes(), SAMPLE].concat();
    std::thread::spawn(move || {
        let mut connections: Vec<TcpStream> = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            if let Ok((stream, _)) = listener.accept() {
                stream.set_nonblocking(true).expect("a TCP stream");
                stream.set_nodelay(true).expect("a TCP stream");
                connections.push(stream);
            }
            for connection in &mut connections {
                // A request comes in one piece, and there is one at a time.
                if connection.read(&mut buffer).is_ok_and(|n| buffer[..n].ends_with(b"\r\n\r\n")) {
                    connection.write_all(&answer).expect("room for an answer");
                }
            }
        }
    });
    address
}

/// The ways to make the call.
struct Ways {
    /// One each, so that no client pays for the timers of another.
    runtimes: [tokio::runtime::Runtime; 4],
    url: String,
    token: String,
    /// Without and with a timeout.
    hyper: [HyperClient<HttpConnector, Empty<Bytes>>; 2],
    sdk: Client,
    id: BotImportId,
    reqwest: reqwest::Client,
}

impl Ways {
    const NAMES: [&str; 4] = [
        "hand-written hyper loop",
        "hand-written hyper loop with a timeout",
        "kore-sdk",
        "reqwest and serde_json Value",
    ];

    fn new(server: SocketAddr) -> Self {
        let runtime =
            || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            runtimes: std::array::from_fn(|_| runtime()),
            url: format!("http://{server}/api/public/bot/import/status/{ID}"),
            token: format!("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{}.{}", "a".repeat(120), "b".repeat(43)),
            hyper: [(); 2].map(|()| HyperClient::builder(TokioExecutor::new()).build(connector.clone())),
            sdk: Client::builder()
                .host(format!("http://{server}"))
                .credentials("cs-1f", "a secret")
                .build()
                .expect("builds"),
            id: BotImportId::new(ID).expect("valid"),
            reqwest: reqwest::Client::builder().no_proxy().build().expect("builds"),
        }
    }

    fn call(&self, way: usize, times: u64) {
        self.runtimes[way].block_on(async {
            for _ in 0..times {
                match way {
                    0 => self.by_hand(&self.hyper[0]).await,
                    1 => tokio::time::timeout(Duration::from_secs(30), self.by_hand(&self.hyper[1]))
                        .await
                        .expect("in time"),
                    2 => self.by_sdk().await,
                    _ => self.by_reqwest().await,
                }
            }
        });
    }

    async fn by_hand(&self, client: &HyperClient<HttpConnector, Empty<Bytes>>) {
        let request =
            http::Request::get(&self.url).header("auth", &self.token).header("accept", "application/json");
        let request = request.body(Empty::new()).expect("a request");
        let answer = client.request(request).await.expect("an answer");
        assert!(answer.status().is_success());
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        let import: Plain = serde_json::from_slice(&body).expect("an import");
        assert_eq!(black_box(import).status, "success");
    }

    async fn by_sdk(&self) {
        let import = self.sdk.bot_import_status(&self.id).await.expect("an import");
        assert!(black_box(import).is_over());
    }

    async fn by_reqwest(&self) {
        let request =
            self.reqwest.get(&self.url).header("auth", &self.token).header("accept", "application/json");
        let body = request
            .send()
            .await
            .expect("an answer")
            .error_for_status()
            .expect("200")
            .bytes()
            .await
            .expect("a body");
        let import: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(black_box(import)["status"], "success");
    }
}

fn main() {
    let ways = Ways::new(serve());
    let calls = if is_measured() { 1000 } else { 1 };
    let blocks = in_turn(BLOCKS, |way| {
        let start = thread_cpu();
        ways.call(way, calls);
        thread_cpu() - start
    });
    print_ratios("status call, client's CPU time", Ways::NAMES, &blocks);
}
