//! One transport, as in a `static`, used from several runtimes.

use std::thread;
use std::time::Duration;

use kore_transport::{HyperTransport, Transport};
use tokio::runtime::{Builder, Runtime};

use super::cases::{get, text};
use super::within_patience;
use crate::servers::{Ca, Server, https};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A server that speaks that protocol, and a transport that trusts it.
fn pair(alpn: &str) -> (Server, HyperTransport) {
    let ca = Ca::new();
    let server = https::serve(ca.issue(&["localhost"]), &[alpn]);
    (server, HyperTransport::builder().add_ca_pem(ca.pem()).build().unwrap())
}

#[test]
fn eight_runtimes_that_end_do_not_disturb_each_other() {
    for alpn in ["h2", "http/1.1"] {
        let (server, transport) = pair(alpn);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        // This runtime ends while the others still send.
                        runtime().block_on(within_patience(async {
                            for _ in 0..3 {
                                let response = transport.send(get(server.https_url("localhost", "/x"))).await;
                                assert!(text(&response.unwrap()).ends_with(" /x"));
                            }
                        }));
                    }
                });
            }
        });
        // The connections of the ended runtimes are closed.
        while server.open_connections() > 0 {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn an_idle_runtime_holds_up_no_other() {
    for alpn in ["h2", "http/1.1"] {
        let (server, transport) = pair(alpn);
        let send = || within_patience(transport.send(get(server.https_url("localhost", "/x"))));
        let (resting, other) = (runtime(), runtime());
        for _ in 0..3 {
            resting.block_on(send()).unwrap();
            other.block_on(send()).unwrap();
        }
        assert_eq!(server.connections(), 2, "each keeps its own");
        drop(transport);
        // A runtime closes what it drives once it runs again.
        resting.block_on(async { tokio::task::yield_now().await });
        drop((resting, other));
        while server.open_connections() > 0 {
            thread::sleep(Duration::from_millis(5));
        }
    }
}
