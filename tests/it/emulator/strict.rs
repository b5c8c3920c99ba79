//! Refusals, their order and the rate limits, over a socket and on a clock that stands still until
//! it is moved.

mod limits;
mod refusals;
mod tokens;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use kore_auth::{Claims, Credentials, Secret};
use kore_emulator::{App, Emulator, EmulatorBuilder, Now, samples};
use kore_sdk::protocol::bot_import::get_status;
use kore_sdk::protocol::{BaseUrl, Body, OutgoingRequest, Refusal, auth_header};
use kore_sdk::transport::{HyperTransport, Transport as _};
use kore_sdk::types::{BotImportId, ClientId};

/// What the clock on the wall says at the start, in seconds since 1970.
const START: u64 = 1_800_000_000;

/// An emulator with two apps, of which `cs-none` lacks the scope, and the documented import.
struct Strict {
    emulator: Emulator,
    now: Arc<Mutex<Now>>,
    start: Instant,
    transport: HyperTransport,
}

/// A request. Its default is one that the emulator accepts; a test spoils one part of it.
#[derive(Clone)]
struct Ask {
    method: &'static str,
    token: Option<String>,
    import: BotImportId,
}

impl Strict {
    async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    async fn with(settings: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Self {
        let start = Instant::now();
        let now = Now { instant: start, wall: at(START) };
        let now = Arc::new(Mutex::new(now));
        let read = Arc::clone(&now);
        let builder = Emulator::builder()
            .app(app("cs-1f"))
            .app(app("cs-none").scopes([]))
            .import(samples::succeeded())
            .clock(move || *read.lock().unwrap());
        let emulator = settings(builder).start().await.unwrap();
        Self { emulator, now, start, transport: HyperTransport::builder().build().unwrap() }
    }

    /// Moves both clocks to that long after the start.
    fn at(&self, since: Duration) -> &Self {
        *self.now.lock().unwrap() = Now { instant: self.start + since, wall: at(START) + since };
        self
    }

    fn ask(&self) -> Ask {
        let token = Some(signed(&Claims::new("me", "cs-1f")));
        Ask { method: "GET", token, import: self.emulator.import_ids().remove(0) }
    }

    async fn send(&self, ask: &Ask) -> http::Response<Bytes> {
        let auth = auth_header(ask.token.as_deref().unwrap_or("none")).unwrap();
        let base = BaseUrl::parse(&self.emulator.url()).unwrap();
        let mut request = get_status::Request::new(ask.import.clone()).to_http(&base, auth);
        *request.method_mut() = ask.method.parse().unwrap();
        if ask.token.is_none() {
            request.headers_mut().remove("auth");
        }
        self.raw(request).await
    }

    async fn raw(&self, request: http::Request<Body>) -> http::Response<Bytes> {
        self.transport.send(request).await.unwrap()
    }

    /// Sends a good request; `None` if it is answered with the import.
    async fn poll(&self) -> Option<(u16, String)> {
        let answer = self.send(&self.ask()).await;
        (answer.status() != 200).then(|| told(&answer))
    }
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn app(id: &str) -> App {
    App::new(ClientId::new(id).unwrap(), Secret::new("s3cret").unwrap())
}

/// A token with the secret that both apps have.
fn signed(claims: &Claims) -> String {
    signed_with("s3cret", claims)
}

fn signed_with(secret: &str, claims: &Claims) -> String {
    let credentials = Credentials::new(ClientId::new("cs-1f").unwrap(), Secret::new(secret).unwrap());
    credentials.sign(claims).unwrap().expose().to_owned()
}

/// The status, and the body to the letter.
fn told(answer: &http::Response<Bytes>) -> (u16, String) {
    (answer.status().as_u16(), String::from_utf8(answer.body().to_vec()).unwrap())
}

fn says(status: u16, code: u32, msg: &str) -> (u16, String) {
    let msg = serde_json::to_string(msg).unwrap();
    (status, format!(r#"{{"errors":[{{"msg":{msg},"code":{code}}}]}}"#))
}

fn refusal(refusal: Refusal) -> (u16, String) {
    told(&refusal.to_http())
}
