//! Servers that answer as they like.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

/// A server on this machine whose answers are bytes. It lives as long as the tests do.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) port: u16,
}

impl Server {
    /// Answers each connection once, with the bytes made of the request's head.
    pub(crate) fn start(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that has gone already is part of some tests.
                let _ = stream.and_then(|stream| serve(stream, &answer));
            }
        });
        Self { url: format!("http://127.0.0.1:{port}"), port }
    }

    /// Always the same.
    pub(crate) fn answering(status: &str, headers: &str, body: impl Into<Vec<u8>>) -> Self {
        let bytes = response(status, headers, &body.into());
        Self::start(move |_| bytes.clone())
    }

    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::answering("200 OK", "content-type: application/json\r\n", body)
    }

    /// Sends these bytes to each connection without being asked, and closes it.
    pub(crate) fn greeting(bytes: &'static [u8]) -> Self {
        let (server, listener) = Self::silent();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let _ = stream.and_then(|mut stream| {
                    stream.write_all(bytes)?;
                    // What the client said is read, so that the end is no reset.
                    stream.read(&mut [0; 4096])
                });
            }
        });
        server
    }

    /// Accepts and says nothing. The listener is not served, so the system alone answers.
    pub(crate) fn silent() -> (Self, TcpListener) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        (Self { url: format!("http://127.0.0.1:{port}"), port }, listener)
    }
}

/// An answer with its length.
pub(crate) fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn serve(mut stream: TcpStream, answer: &impl Fn(&str) -> Vec<u8>) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            read => head.extend_from_slice(&buffer[..read]),
        }
    }
    stream.write_all(&answer(&String::from_utf8_lossy(&head)))
}
