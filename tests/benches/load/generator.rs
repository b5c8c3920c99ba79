//! Requests as fast as they are answered, from one thread that does as little as it can.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) type Requests = Arc<[Box<[u8]>]>;

/// One request at a time on each of its connections. It never sleeps: waking it would be charged to
/// the server, and the more the slower that is.
pub(crate) struct Generator {
    connections: Vec<Connection>,
    requests: Requests,
    next: usize,
    /// The length of an answer, which is the same for each.
    length: usize,
    buffer: Vec<u8>,
}

struct Connection {
    stream: TcpStream,
    /// How much of the answer has arrived; `None` if nothing was asked.
    arrived: Option<usize>,
}

impl Generator {
    pub(crate) fn new(address: SocketAddr, connections: usize, requests: Requests) -> Self {
        let length = ask(&mut connect(address), &requests[0]).len();
        let connection = |_| {
            let stream = connect(address);
            stream.set_nonblocking(true).expect("a TCP stream");
            Connection { stream, arrived: None }
        };
        let connections = (0..connections).map(connection).collect();
        Self { connections, requests, next: 1, length, buffer: vec![0; length] }
    }

    /// Sends so many requests, each for the import whose turn it is, and gives back how long it took.
    pub(crate) fn run(&mut self, requests: usize) -> Duration {
        let start = Instant::now();
        let (mut to_send, mut to_come) = (requests, requests);
        while to_come > 0 {
            for connection in &mut self.connections {
                if connection.has_answer(&mut self.buffer, self.length) {
                    to_come -= 1;
                }
                if connection.arrived.is_none() && to_send > 0 {
                    to_send -= 1;
                    connection.send(&self.requests[self.next]);
                    self.next = (self.next + 1) % self.requests.len();
                }
            }
        }
        start.elapsed()
    }
}

impl Connection {
    fn send(&mut self, request: &[u8]) {
        self.stream.write_all(request).expect("it has room for a request");
        self.arrived = Some(0);
    }

    /// Whether an answer is there now as a whole.
    fn has_answer(&mut self, buffer: &mut [u8], length: usize) -> bool {
        let Some(arrived) = self.arrived else { return false };
        let read = match self.stream.read(&mut buffer[arrived..length]) {
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) => panic!("the connection broke: {error}"),
        };
        assert!(read > 0, "the connection ended");
        assert!(arrived > 0 || buffer.starts_with(b"HTTP/1.1 200 OK\r\n"), "refused");
        self.arrived = (arrived + read < length).then_some(arrived + read);
        self.arrived.is_none()
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
