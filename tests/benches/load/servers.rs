//! The emulator and the bare server, each on a thread of its own.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kore_auth::{Claims, Credentials};
use kore_emulator::{App, Emulator, samples};
use kore_protocol::bot_import::get_status;
use kore_types::BotImport;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};

use crate::generator::{Requests, ask, connect};
use crate::in_turn::thread_cpu;

/// A server whose runtime has one thread.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    runtime: Handle,
}

impl Server {
    fn start<F, K>(name: &str, start: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output = (SocketAddr, K)>,
    {
        let (started, starting) = mpsc::channel();
        let thread = std::thread::Builder::new().name(name.to_owned());
        let spawned = thread.spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let (address, _kept) = start().await;
                started.send(Self { address, runtime: Handle::current() }).expect("someone waits");
                std::future::pending::<()>().await;
            });
        });
        spawned.expect("a thread");
        starting.recv().expect("it starts")
    }

    /// The CPU time that its thread has taken.
    pub(crate) fn cpu(&self) -> Duration {
        let (told, tell) = mpsc::channel();
        self.runtime.spawn(async move { told.send(thread_cpu()) });
        tell.recv().expect("it runs")
    }

    /// The emulator with its defaults, so many imports like the documented sample, and a request for
    /// each.
    pub(crate) fn emulator(imports: usize) -> (Self, Requests) {
        let app = App::made_up();
        let claims = Claims::new("bench", app.client_id().as_str());
        let credentials = Credentials::new(app.client_id().clone(), app.secret().clone());
        let token = credentials.sign(&claims).expect("signs");
        let request = |import: &BotImport| {
            let id = import.id.as_ref().expect("it has one").as_str();
            let path = get_status::METADATA.path.fill(&[id]);
            let token = token.expose();
            let head = format!(
                "GET {path} HTTP/1.1\r\nhost: localhost\r\nauth: {token}\r\naccept: application/json\r\n\r\n"
            );
            head.into_bytes().into()
        };
        let imports: Vec<_> = (0..imports).map(import).collect();
        let requests = imports.iter().map(request).collect();
        let server = Self::start("emulator", || async {
            let emulator = Emulator::builder().app(app).imports(imports).start().await.expect("a free port");
            (emulator.address(), emulator)
        });
        (server, requests)
    }

    /// Answers whatever is asked with the documented sample.
    pub(crate) fn bare() -> Self {
        Self::start("bare", || async {
            let body = Bytes::from(get_status_body());
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
            let address = listener.local_addr().expect("bound");
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    stream.set_nodelay(true).expect("a TCP stream");
                    let body = body.clone();
                    let service = service_fn(move |_| {
                        let mut response = Response::new(Full::new(body.clone()));
                        let json = http::HeaderValue::from_static("application/json; charset=utf-8");
                        response.headers_mut().insert(http::header::CONTENT_TYPE, json);
                        std::future::ready(Ok::<_, Infallible>(response))
                    });
                    tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
                }
            });
            (address, ())
        })
    }
}

/// The documented sample with an id of its own, of the same length.
fn import(n: usize) -> BotImport {
    let mut import = samples::succeeded();
    import.id = Some(format!("bir-034fc180-4f84-5c54-a963-{n:012}").parse().expect("a safe id"));
    import
}

fn get_status_body() -> Vec<u8> {
    serde_json::to_vec(&import(0)).expect("encodes")
}

/// What was measured had them on.
pub(crate) fn check_that_limits_and_tokens_count(address: SocketAddr, requests: &Requests) {
    let mut connection = connect(address);
    let limited = (0..61).any(|_| ask(&mut connection, &requests[0]).starts_with(b"HTTP/1.1 429 "));
    assert!(limited, "the windows are off");
    let forged = String::from_utf8_lossy(&requests[1]).replacen("\r\naccept", "A\r\naccept", 1);
    assert!(ask(&mut connection, forged.as_bytes()).starts_with(b"HTTP/1.1 401 "), "tokens are not verified");
}
