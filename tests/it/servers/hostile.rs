//! Servers that break the protocol, or make a client wait for ever.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Server;

/// The start of the body, which each of these servers sends before it misbehaves.
pub(crate) const START: &str = r#"{"_id":"bir-1","status":"pen"#;

/// Reads a request up to the empty line behind its headers.
pub(crate) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// Accepts, reads, and never answers; a connection counts as open until the client closes it.
pub(crate) fn silent() -> Server {
    Server::start(|mut stream| async move { wait_for_end(&mut stream).await })
}

/// Closes the connection after the first bytes, whatever they are.
pub(crate) fn hangs_up() -> Server {
    Server::start(|mut stream| async move {
        let _ = stream.read(&mut [0; 16 * 1024]).await;
    })
}

/// Reads the request and closes the connection.
pub(crate) fn closes_before_it_answers() -> Server {
    Server::start(|mut stream| async move {
        read_head(&mut stream).await;
    })
}

/// Answers in another protocol.
pub(crate) fn speaks_no_http() -> Server {
    answers("SSH-2.0-OpenSSH_9.9\r\nnothing of HTTP\r\n\r\n".into(), End::Close)
}

/// Answers with that text, whatever it is, and closes.
pub(crate) fn says(text: impl Into<String>) -> Server {
    answers(text.into(), End::Close)
}

/// Announces 100 bytes, sends [`START`] and closes.
pub(crate) fn ends_before_its_length() -> Server {
    answers(format!("{HEAD}content-length: 100\r\n\r\n{START}"), End::Close)
}

/// Sends one chunk with [`START`] and closes without the last chunk.
pub(crate) fn ends_before_its_last_chunk() -> Server {
    answers(format!("{HEAD}transfer-encoding: chunked\r\n\r\n{:x}\r\n{START}\r\n", START.len()), End::Close)
}

/// Announces 100 bytes, sends [`START`] and resets the connection.
pub(crate) fn resets_within_the_body() -> Server {
    answers(format!("{HEAD}content-length: 100\r\n\r\n{START}"), End::Reset)
}

/// Announces that many bytes, sends the first 1000 and then nothing more.
pub(crate) fn announces(length: u64) -> Server {
    answers(format!("{HEAD}content-length: {length}\r\n\r\n{}", "x".repeat(1000)), End::Hold)
}

/// Sends chunks of `x` without end, `chunk` bytes at a time with a pause in between.
pub(crate) fn drips(chunk: usize, pause: Duration) -> Server {
    Server::start(move |mut stream| async move {
        read_head(&mut stream).await;
        let head = format!("{HEAD}transfer-encoding: chunked\r\n\r\n");
        let chunk = format!("{chunk:x}\r\n{}\r\n", "x".repeat(chunk));
        let mut sent = stream.write_all(head.as_bytes()).await;
        while sent.is_ok() {
            sent = stream.write_all(chunk.as_bytes()).await;
            tokio::time::sleep(pause).await;
        }
    })
}

/// Sends responses with status 103 without end, as fast as they are read.
pub(crate) fn hints() -> Server {
    Server::start(|mut stream| async move {
        read_head(&mut stream).await;
        let hints = "HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n".repeat(100);
        while stream.write_all(hints.as_bytes()).await.is_ok() {}
    })
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

#[derive(Clone, Copy)]
enum End {
    Close,
    Reset,
    Hold,
}

fn answers(text: String, end: End) -> Server {
    Server::start(move |mut stream| {
        let text = text.clone();
        async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(text.as_bytes()).await;
            match end {
                End::Close => {}
                End::Reset => {
                    // The client shall have read the start before the reset throws it away.
                    tokio::time::sleep(Duration::from_millis(30)).await;
                    stream.set_zero_linger().expect("a socket option");
                }
                End::Hold => wait_for_end(&mut stream).await,
            }
        }
    })
}

/// Reads until the client closes the connection.
pub(crate) async fn wait_for_end(stream: &mut TcpStream) {
    let mut buffer = [0; 1024];
    while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
}
