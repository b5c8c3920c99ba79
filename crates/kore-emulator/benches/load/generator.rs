//! Requests as fast as they are answered, from one thread that does as little as it can.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) type Requests = Arc<[Box<[u8]>]>;

/// One request at a time on each of its connections.
pub(crate) struct Generator {
    connections: Vec<TcpStream>,
    requests: Requests,
    next: usize,
    /// The length of an answer, which is the same for each.
    length: usize,
}

impl Generator {
    pub(crate) fn new(address: SocketAddr, connections: usize, requests: Requests) -> Self {
        let mut connections: Vec<_> = (0..connections).map(|_| connect(address)).collect();
        let length = ask(&mut connections[0], &requests[0]).len();
        Self { connections, requests, next: 1, length }
    }

    /// Sends so many requests, each for the import whose turn it is, and gives back how long it took.
    pub(crate) fn run(&mut self, requests: usize) -> Duration {
        let mut buffer = vec![0; self.length];
        let start = Instant::now();
        let mut left = requests;
        while left > 0 {
            let round = left.min(self.connections.len());
            for connection in &mut self.connections[..round] {
                connection.write_all(&self.requests[self.next]).expect("it listens");
                self.next = (self.next + 1) % self.requests.len();
            }
            for connection in &mut self.connections[..round] {
                connection.read_exact(&mut buffer).expect("an answer of the same length");
                assert!(buffer.starts_with(b"HTTP/1.1 200 OK\r\n") && buffer.ends_with(b"}"));
            }
            left -= round;
        }
        start.elapsed()
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    stream.set_nodelay(true).expect("a TCP stream");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a TCP stream");
    stream
}

/// One request, and the whole answer.
pub(crate) fn ask(connection: &mut TcpStream, request: &[u8]) -> Vec<u8> {
    connection.write_all(request).expect("it listens");
    let mut answer = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let read = connection.read(&mut buffer).expect("an answer");
        assert!(read > 0, "the connection ended in {:?}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&answer);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.expect("it tells the length").parse() == Ok(body.len()) {
                return answer;
            }
        }
    }
}
