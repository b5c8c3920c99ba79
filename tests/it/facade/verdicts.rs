//! How the client judges a response: as the platform's, as another import's, as an outage, or as a
//! refusal of the token. Also, how each request names its sender.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use kore_sdk::protocol::bot_import::get_status;
use kore_sdk::protocol::{Body, Refusal};
use kore_sdk::transport::TransportError;
use kore_sdk::watch::{End, Event, Update};
use kore_sdk::{BotImportId, Client, ClientBuilder, DEFAULT_USER_AGENT};

use super::{builder, id};

type Answer = Result<Response<Bytes>, TransportError>;

const PAGE: &str = "<html><h1>Log in</h1></html>";
const PENDING: &str = r#"{"status":"pending"}"#;
const SUCCESS: &str = r#"{"status":"success"}"#;

fn response(status: u16, body: &str) -> Answer {
    Ok(Response::builder().status(status).body(Bytes::from(body.to_owned())).expect("a response"))
}

/// A client whose nth request, from 0, has that answer.
fn client(answer: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Client {
    let requests = AtomicUsize::new(0);
    let transport = move |_: Request<Body>| std::future::ready(answer(requests.fetch_add(1, SeqCst)));
    builder("x.example").transport(transport).build().expect("builds")
}

/// Responses that are not the API's, and do not look transient.
const NOT_THE_APIS: [(u16, &str); 12] = [
    (200, PAGE),
    (200, ""),
    (200, "OK"),
    (200, "[]"),
    (204, ""),
    (302, ""),
    (307, PAGE),
    (403, PAGE),
    (403, ""),
    (404, PAGE),
    (407, PAGE),
    (501, ""),
];

#[tokio::test(start_paused = true)]
async fn a_foreign_response_is_an_outage_once_the_host_has_answered_as_the_platform() {
    for (status, body) in NOT_THE_APIS {
        let client = client(move |nth| match nth {
            0 => response(200, PENDING),
            1..=5 => response(status, body),
            _ => response(200, SUCCESS),
        });
        let end = client.watch_import(&id()).await.expect("the rate limit has room");
        assert!(matches!(end, End::Succeeded(_)), "{status} {body}: {end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_foreign_response_before_that_is_a_wrong_host_at_once() {
    for (status, body) in NOT_THE_APIS {
        let client = client(move |_| response(status, body));
        let started = tokio::time::Instant::now();
        let end = client.watch_import(&id()).await.expect("the rate limit has room");
        let End::CouldNotPoll { error, .. } = end else { panic!("{status} {body}: {end:?}") };
        assert!(!error.is_auth() && !error.is_not_found() && started.elapsed().is_zero(), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_platform_ends_a_watch_whatever_came_before() {
    for refusal in [Refusal::WrongScope, Refusal::InvalidRequestId, Refusal::UnknownPath] {
        let client = client(move |nth| if nth == 0 { response(200, PENDING) } else { Ok(refusal.to_http()) });
        let end = client.watch_import(&id()).await.expect("the rate limit has room");
        assert!(matches!(&end, End::CouldNotPoll { error, .. } if error.response().is_some()), "{end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_response_of_the_platform_proves_its_host_for_all_that_share_the_client() {
    // A document to a single call, the platform's refusal of one, and a document to another watch.
    let document: fn() -> Answer = || response(200, PENDING);
    for first in [document, || Ok(Refusal::InvalidRequestId.to_http())] {
        let client = client(move |nth| match nth {
            0 => first(),
            1 => response(403, PAGE),
            _ => response(200, SUCCESS),
        });
        let _ = client.bot_import_status(&id()).await;
        assert!(matches!(client.watch_import(&id()).await, Ok(End::Succeeded(_))));
    }
    let client = client(|nth| match nth {
        0 => response(200, SUCCESS),
        1 => response(200, PAGE),
        _ => response(200, SUCCESS),
    });
    let ids: [BotImportId; 2] = [1, 2].map(|n| format!("bir-{n}").parse().expect("valid"));
    let ends = client.watch_imports(ids).concurrency(1.try_into().expect("not zero")).await;
    assert!(ends.iter().all(|(_, end)| matches!(end, Ok(End::Succeeded(_)))), "{ends:?}");
}

#[tokio::test(start_paused = true)]
async fn transient_statuses_of_proxies_are_retried_from_the_first_poll() {
    for status in [408, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524, 525, 526, 529, 530, 599] {
        let client = client(move |nth| if nth < 2 { response(status, PAGE) } else { response(200, SUCCESS) });
        let end = client.watch_import(&id()).await;
        assert!(matches!(end, Ok(End::Succeeded(_))), "{status}: {end:?}");
    }
}

/// How many requests of the 60 in a minute are left after the first poll of a watch.
async fn left(client: &Client) -> u32 {
    let mut updates = client.watch_import(&id()).updates();
    loop {
        match updates.next().await {
            Some(Update::Event { event: Event::NextPoll { left, .. }, .. }) => return left[0],
            Some(Update::Event { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_request_of_a_single_call_counts_for_the_rate_limit() {
    let refused = || Ok(Refusal::InvalidSdkCredentials.to_http());
    // The third answer refuses the kept token, so that the call sends a second request.
    let answer = move |nth| if nth == 2 { refused() } else { response(200, PENDING) };
    let sdk = client(answer);
    sdk.bot_import_status(&id()).await.expect("a status");
    sdk.send(&get_status::Request::new(id())).await.expect("a status");
    sdk.send(&get_status::Request::new(id())).await.expect("a status, with another token");
    assert_eq!(left(&sdk).await, 60 - 4 - 1);
}

#[test]
fn each_request_of_a_blocking_call_counts_for_the_rate_limit() {
    let client = builder("x.example")
        .blocking_transport(|_: Request<Body>| response(200, PENDING))
        .build_blocking()
        .expect("builds");
    client.bot_import_status(&id()).expect("a status");
    client.send(&get_status::Request::new(id())).expect("a status");
    let left = client.watch_import(&id()).updates().find_map(|update| match update {
        Update::Event { event: Event::NextPoll { left, .. }, .. } => Some(left[0]),
        _ => None,
    });
    assert_eq!(left, Some(60 - 2 - 1));
}

#[tokio::test(start_paused = true)]
async fn each_request_has_a_user_agent() {
    let agents = |settings: fn(ClientBuilder) -> ClientBuilder| async move {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        let transport = move |request: Request<Body>| {
            noted.lock().expect("no panic").push(request.headers()["user-agent"].clone());
            std::future::ready(response(200, SUCCESS))
        };
        let client = settings(builder("x.example")).transport(transport).build().expect("builds");
        client.bot_import_status(&id()).await.expect("a status");
        assert!(matches!(client.watch_import(&id()).await, Ok(End::Succeeded(_))));
        seen.lock().expect("no panic").clone()
    };
    assert_eq!(DEFAULT_USER_AGENT, format!("kore-sdk/{}", env!("CARGO_PKG_VERSION")));
    assert_eq!(agents(|builder| builder).await, [DEFAULT_USER_AGENT; 2]);
    assert_eq!(
        agents(|builder| builder.user_agent("pipeline/1.2 (nightly)")).await,
        ["pipeline/1.2 (nightly)"; 2]
    );
    for wrong in ["", " ", "a\nb", "Größe"] {
        let error = builder("https://x.example").user_agent(wrong).build().expect_err("no such header");
        assert!(error.is_config() && error.to_string().starts_with("user agent: expected"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_byte_order_mark_is_skipped_and_the_body_is_kept_as_it_came() {
    let marked = format!("\u{feff}{SUCCESS}");
    let body = marked.clone();
    let client = client(move |_| response(200, &body));
    let answer = client.send(&get_status::Request::new(id())).await.expect("a status");
    assert!(answer.response.import.is_over());
    assert_eq!(answer.body, marked);
    assert!(matches!(
        client.watch_import(&id()).deadline(Duration::from_secs(9)).await,
        Ok(End::Succeeded(_))
    ));
}
