//! Requests on an HTTP/2 connection that breaks, falls silent or is closed by the server.

use std::time::Duration;

use http::Request;
use kore_protocol::Body;
use kore_transport::{HyperTransport, HyperTransportBuilder, Phase, Transport};

use super::cases::{get, text};
use super::within_patience;
use crate::servers::Ca;
use crate::servers::http2::{Act, ENHANCE_YOUR_CALM, Http2Server, INTERNAL_ERROR, REFUSED_STREAM};

/// A server that follows the script, and a client that trusts it.
fn pair(script: impl Fn(usize) -> Act + Send + 'static) -> (Http2Server, HyperTransportBuilder) {
    let ca = Ca::new();
    let server = Http2Server::start(ca.issue(&["localhost"]), script);
    (server, HyperTransport::builder().add_ca_pem(ca.pem()))
}

/// Does `act` with the second request, the first on a connection in use, and answers all others.
fn the_second(act: Act) -> impl Fn(usize) -> Act + Send + 'static {
    move |number| if number == 1 { act } else { Act::Answer }
}

#[tokio::test]
async fn a_connection_on_which_a_request_timed_out_is_not_used_again() {
    within_patience(async {
        let (server, builder) = pair(the_second(Act::Silence));
        let transport = builder.request_timeout(Duration::from_secs(1)).build().unwrap();
        transport.send(get(server.url())).await.unwrap();
        let error = transport.send(get(server.url())).await.unwrap_err();
        assert!(error.is_timeout() && !error.is_unprocessed(), "{error}");
        // A slow machine may need more than one try for a new connection, but not twenty.
        let mut tries = 0..20;
        while tries.next().is_some() && transport.send(get(server.url())).await.is_err() {}
        assert!(!tries.is_empty(), "the silent connection is used again and again");
    })
    .await;
}

#[tokio::test]
async fn a_connection_on_which_a_request_was_dropped_is_not_used_again() {
    within_patience(async {
        let (mut server, builder) = pair(the_second(Act::Silence));
        let transport = builder.build().unwrap();
        transport.send(get(server.url())).await.unwrap();
        server.asked.recv().await.unwrap();
        tokio::select! {
            answer = transport.send(get(server.url())) => panic!("{answer:?}"),
            asked = server.asked.recv() => asked.unwrap(),
        }
        assert_eq!(text(&transport.send(get(server.url())).await.unwrap()), "ok");
        assert_eq!(server.server.connections(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_answered_request_leaves_its_connection_to_the_next() {
    within_patience(async {
        let (server, builder) = pair(|_| Act::Answer);
        let transport = builder.build().unwrap();
        for _ in 0..5 {
            transport.send(get(server.url())).await.unwrap();
        }
        assert_eq!(server.server.connections(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_answers_no_ping_is_closed_with_all_that_waits_for_it() {
    within_patience(async {
        let (server, builder) = pair(|number| if number == 0 { Act::Answer } else { Act::Silence });
        let builder = builder.http2_keep_alive(Duration::from_millis(50), Duration::from_millis(500));
        // The limit of the whole request would let the test hang.
        let transport = builder.request_timeout(Duration::from_secs(600)).build().unwrap();
        transport.send(get(server.url())).await.unwrap();
        let (one, other) = tokio::join!(transport.send(get(server.url())), transport.send(get(server.url())));
        for error in [one.unwrap_err(), other.unwrap_err()] {
            assert_eq!(error.phase(), Phase::Exchange, "{error}");
            assert!(error.is_retryable() && !error.is_unprocessed(), "{error}");
            assert!(error.to_string().contains("went silent: it answers no ping"), "{error}");
        }
    })
    .await;
}

fn post(url: String) -> Request<Body> {
    Request::post(url).body(Body::from(b"started".to_vec())).unwrap()
}

#[tokio::test]
async fn a_request_certainly_not_processed_is_sent_again_with_its_body() {
    for act in [Act::Reset(REFUSED_STREAM), Act::GoAway(0), Act::GoAway(ENHANCE_YOUR_CALM)] {
        within_patience(async {
            // On a fresh connection, on one in use, and twice in a row.
            for from in [0..1, 1..2, 0..2, 1..3] {
                let shown = format!("{act:?} {from:?}");
                let refused = from.clone();
                let (server, builder) =
                    pair(move |number| if refused.contains(&number) { act } else { Act::Answer });
                let transport = builder.build().unwrap();
                for _ in 0..=from.start {
                    let response = transport.send(post(server.url())).await;
                    assert_eq!(text(&response.expect(&shown)), "ok");
                }
                let bodies = server.bodies();
                assert_eq!(bodies.last().map(String::as_str), Some("started"), "{shown}: {bodies:?}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_server_that_processes_nothing_is_asked_three_times_and_the_error_says_so() {
    for act in [Act::Reset(REFUSED_STREAM), Act::GoAway(0)] {
        within_patience(async {
            let (mut server, builder) = pair(move |_| act);
            let error = builder.build().unwrap().send(post(server.url())).await.unwrap_err();
            assert_eq!(error.phase(), Phase::Exchange, "{error}");
            assert!(error.is_unprocessed() && error.is_retryable(), "{error}");
            assert!(error.to_string().contains("before it processed the request"), "{error}");
            let mut asked = 0;
            while server.asked.try_recv().is_ok() {
                asked += 1;
            }
            assert_eq!(asked, 3);
        })
        .await;
    }
}

#[tokio::test]
async fn a_request_that_may_have_been_processed_is_not_sent_again() {
    for act in [Act::Reset(INTERNAL_ERROR), Act::GoAwayAfter] {
        within_patience(async {
            let (mut server, builder) = pair(the_second(act));
            let transport = builder.build().unwrap();
            transport.send(post(server.url())).await.unwrap();
            let error = transport.send(post(server.url())).await.unwrap_err();
            assert_eq!(error.phase(), Phase::Exchange, "{error}");
            assert!(!error.is_unprocessed() && error.is_retryable(), "{error}");
            let mut asked = 0;
            while server.asked.try_recv().is_ok() {
                asked += 1;
            }
            assert_eq!(asked, 2, "{act:?}");
        })
        .await;
    }
}
