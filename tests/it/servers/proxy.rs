//! An HTTP proxy that knows its own names, so that a test needs no DNS.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::hostile::read_head;
use super::{Identity, Server};

/// A proxy, and what it was asked for.
pub(crate) struct ProxyServer {
    server: Server,
    seen: Arc<Mutex<Vec<String>>>,
}

/// The settings of a proxy.
#[derive(Default)]
pub(crate) struct ProxyBuilder {
    routes: HashMap<String, SocketAddr>,
    credentials: Option<String>,
    refusal: Option<&'static str>,
}

struct Rules {
    builder: ProxyBuilder,
    seen: Arc<Mutex<Vec<String>>>,
}

impl ProxyServer {
    /// Begins a proxy that asks for no password and knows no host.
    pub(crate) fn builder() -> ProxyBuilder {
        ProxyBuilder::default()
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// How many connections it accepted.
    pub(crate) fn connections(&self) -> usize {
        self.server.connections()
    }

    /// The first line of each request that it took, in order.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

impl ProxyBuilder {
    /// Leads `host:port` to an address.
    pub(crate) fn route(mut self, target: &str, addr: SocketAddr) -> Self {
        self.routes.insert(target.to_owned(), addr);
        self
    }

    /// Wants a user and a password.
    pub(crate) fn password(mut self, user: &str, password: &str) -> Self {
        self.credentials = Some(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))));
        self
    }

    /// Answers every request with that status, such as `403 Forbidden`.
    pub(crate) fn refuse(mut self, status: &'static str) -> Self {
        self.refusal = Some(status);
        self
    }

    /// Spoken to without TLS.
    pub(crate) fn start(self) -> ProxyServer {
        let (rules, seen) = self.into_rules();
        let server = Server::start(move |stream| pass_on(stream, rules.clone()));
        ProxyServer { server, seen }
    }

    /// Spoken to over TLS.
    pub(crate) fn start_tls(self, identity: Identity) -> ProxyServer {
        let (rules, seen) = self.into_rules();
        let acceptor = TlsAcceptor::from(identity.into_config(&["http/1.1"]));
        let server = Server::start(move |stream| {
            let (accepting, rules) = (acceptor.accept(stream), rules.clone());
            async move {
                if let Ok(stream) = accepting.await {
                    pass_on(stream, rules).await;
                }
            }
        });
        ProxyServer { server, seen }
    }

    fn into_rules(self) -> (Arc<Rules>, Arc<Mutex<Vec<String>>>) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        (Arc::new(Rules { builder: self, seen: seen.clone() }), seen)
    }
}

async fn pass_on(mut client: impl AsyncRead + AsyncWrite + Unpin, rules: Arc<Rules>) {
    let head = read_head(&mut client).await;
    let (first, headers) = head.split_once("\r\n").unwrap_or_default();
    rules.seen.lock().unwrap().push(first.to_owned());
    let refuse =
        |status: &str| format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let refusal = if let Some(status) = rules.builder.refusal {
        Some(refuse(status))
    } else if rules.builder.credentials.as_deref() != authorization(headers) {
        Some(refuse("407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"test\""))
    } else {
        None
    };
    // "host:port" for a tunnel, "http://host:port/path" for a request that the proxy itself sends.
    let (host, path) = match target.strip_prefix("http://") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => (target, ""),
    };
    let route = rules.builder.routes.get(host);
    let (Some(addr), None) = (route, &refusal) else {
        let answer = refusal.unwrap_or_else(|| refuse("502 Bad Gateway"));
        let _ = client.write_all(answer.as_bytes()).await;
        return;
    };
    let mut upstream = TcpStream::connect(addr).await.expect("the route leads to a server");
    let sent = if method == "CONNECT" {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await
    } else {
        let kept = headers.lines().filter(|line| !line.is_empty() && !is_for_proxy(line));
        let kept: String = kept.map(|line| format!("{line}\r\n")).collect();
        let head = format!("{method} {path} HTTP/1.1\r\n{kept}connection: close\r\n\r\n");
        upstream.write_all(head.as_bytes()).await
    };
    if sent.is_ok() {
        let _ = copy_bidirectional(&mut client, &mut upstream).await;
    }
}

fn is_for_proxy(line: &str) -> bool {
    line.to_ascii_lowercase().starts_with("proxy-")
}

fn authorization(headers: &str) -> Option<&str> {
    headers.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("proxy-authorization").then_some(value)
    })
}
