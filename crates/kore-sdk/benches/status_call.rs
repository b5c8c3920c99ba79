//! The CPU time of one status call on loopback, on the client's side alone: against a loop written
//! by hand on hyper-util's client with a plain derived struct, and against reqwest with
//! `serde_json::Value`.
//!
//! All run on one thread, whose CPU time is measured; the server has a thread of its own.
//! Beside criterion's figures, they are run in turn, block by block, for ratios that hold on
//! a machine whose speed drifts.

use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use criterion::Criterion;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kore_sdk::{BotImportId, Client};
use plain::Plain;
use rustix::time::{ClockId, clock_gettime};

const SAMPLE: &[u8] = include_bytes!("../../../tests/fixtures/bot-import-status.success.json");
const ID: &str = "bir-034fc180-4f84-5c54-a963-5d85b76a36dc";

#[path = "../../kore-types/benches/shared/plain.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "decoded, and not looked at")]
mod plain;

/// Serves the sample on a thread of its own, without a look at the request. The thread never
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

/// The CPU time of the calling thread.
struct ThreadCpu(WallTime);

fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or_default(), time.tv_nsec.try_into().unwrap_or_default())
}

impl Measurement for ThreadCpu {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        thread_cpu()
    }

    fn end(&self, start: Duration) -> Duration {
        thread_cpu() - start
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        self.0.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        self.0.formatter()
    }
}

/// Ratios to the first way, block by block.
#[allow(clippy::print_stdout, reason = "a benchmark reports on standard output")]
fn in_turn(ways: &Ways) {
    const BLOCKS: usize = 60;
    const CALLS: u64 = 1000;
    let mut ratios: [Vec<f64>; 4] = Default::default();
    for block in 0..BLOCKS {
        let mut spent = [0.0; 4];
        for turn in 0..4 {
            // Each way is first, second, third and last equally often.
            let way = (turn + block) % 4;
            let start = thread_cpu();
            ways.call(way, CALLS);
            spent[way] = (thread_cpu() - start).as_secs_f64();
        }
        for (ratios, spent_by) in ratios.iter_mut().zip(spent) {
            ratios.push(spent_by / spent[0]);
        }
    }
    for (name, mut ratios) in Ways::NAMES.into_iter().zip(ratios) {
        ratios.sort_by(f64::total_cmp);
        let at = |part: f64| ratios[((ratios.len() - 1) as f64 * part) as usize];
        println!(
            "CPU time of a call in turn, ratio to the {}: {name}: {:.3} (quartiles {:.3} to {:.3}, {BLOCKS} blocks of {CALLS} calls)",
            Ways::NAMES[0],
            at(0.5),
            at(0.25),
            at(0.75),
        );
    }
}

fn main() {
    let ways = Ways::new(serve());
    let mut criterion = Criterion::default().with_measurement(ThreadCpu(WallTime)).configure_from_args();
    let mut group = criterion.benchmark_group("status call, client's CPU time");
    for (way, name) in Ways::NAMES.into_iter().enumerate() {
        group.bench_function(name, |b| {
            b.iter_custom(|times| {
                let start = thread_cpu();
                ways.call(way, times);
                thread_cpu() - start
            });
        });
    }
    group.finish();
    // `cargo test --benches` only wants to know that it runs.
    if std::env::args().any(|arg| arg == "--bench") {
        in_turn(&ways);
    }
    criterion.final_summary();
}
