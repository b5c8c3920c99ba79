//! An HTTP/2 server over TLS, frame by frame. A test decides how it treats each request.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use super::{Identity, Server};

/// What a server does with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// A response with status 200, `ok` as its body and nothing else.
    Answer,
    /// RST_STREAM with that reason: 7 is REFUSED_STREAM, 2 INTERNAL_ERROR.
    Reset(u32),
    /// GOAWAY that leaves the request out, with that reason; the connection stays open.
    GoAway(u32),
    /// GOAWAY that takes the request in, and the end of the connection.
    GoAwayAfter,
    /// Nothing is read or written any more.
    Silence,
    /// Responses with status 103 without end.
    Hints,
}

pub(crate) const INTERNAL_ERROR: u32 = 2;
pub(crate) const REFUSED_STREAM: u32 = 7;
pub(crate) const ENHANCE_YOUR_CALM: u32 = 11;

/// A server and what it was asked.
pub(crate) struct Http2Server {
    pub(crate) server: Server,
    /// One message for each request whose headers came, before anything is done with it.
    pub(crate) asked: mpsc::UnboundedReceiver<()>,
    /// The bodies that came, of one frame each.
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Http2Server {
    /// `script` says what to do with a request from its number, counted over all connections.
    pub(crate) fn start(identity: Identity, script: impl Fn(usize) -> Act + Send + 'static) -> Self {
        let acceptor = TlsAcceptor::from(identity.into_config(&["h2"]));
        let (asking, asked) = mpsc::unbounded_channel();
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let (taken, script) = (bodies.clone(), Arc::new(Mutex::new((0, script))));
        let server = Server::start(move |stream| {
            let (accepting, asking, taken) = (acceptor.accept(stream), asking.clone(), taken.clone());
            let script = script.clone();
            let next = move || {
                let mut script = script.lock().unwrap();
                script.0 += 1;
                (script.1)(script.0 - 1)
            };
            async move {
                if let Ok(stream) = accepting.await {
                    // Ends with an error as soon as the client closes the connection.
                    let _ = serve(stream, next, &asking, &taken).await;
                }
            }
        });
        Self { server, asked, bodies }
    }

    pub(crate) fn url(&self) -> String {
        self.server.https_url("localhost", "/")
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    next: impl Fn() -> Act,
    asking: &mpsc::UnboundedSender<()>,
    bodies: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    stream.read_exact(&mut [0; 24]).await?;
    stream.write_all(&frame(SETTINGS, 0, 0, b"")).await?;
    loop {
        stream.flush().await?;
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let [a, b, c, kind, flags, id @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        stream.read_exact(&mut payload).await?;
        let id = u32::from_be_bytes(id);
        match kind {
            SETTINGS if flags & ACK == 0 => stream.write_all(&frame(SETTINGS, ACK, 0, b"")).await?,
            PING if flags & ACK == 0 => stream.write_all(&frame(PING, ACK, 0, &payload)).await?,
            DATA => bodies.lock().unwrap().push(String::from_utf8_lossy(&payload).into_owned()),
            HEADERS => {
                // Nobody may be there to hear of it.
                let _ = asking.send(());
                act(&mut stream, id, next()).await?;
            }
            _ => {}
        }
    }
}

async fn act(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), id: u32, act: Act) -> std::io::Result<()> {
    let go_away = |last: u32, reason: u32| {
        let payload = [last.to_be_bytes(), reason.to_be_bytes()].concat();
        frame(GOAWAY, 0, 0, &payload)
    };
    match act {
        Act::Answer => {
            // ":status: 200" of the static table.
            stream.write_all(&frame(HEADERS, END_HEADERS, id, &[0x88])).await?;
            stream.write_all(&frame(DATA, END_STREAM, id, b"ok")).await
        }
        Act::Reset(reason) => stream.write_all(&frame(RST_STREAM, 0, id, &reason.to_be_bytes())).await,
        Act::GoAway(reason) => stream.write_all(&go_away(id.saturating_sub(2), reason)).await,
        Act::GoAwayAfter => {
            stream.write_all(&go_away(id, 0)).await?;
            stream.shutdown().await?;
            Err(std::io::ErrorKind::ConnectionAborted.into())
        }
        Act::Silence => std::future::pending().await,
        Act::Hints => {
            // ":status: 103", the name of the static table.
            let hints = frame(HEADERS, END_HEADERS, id, b"\x08\x03103").repeat(100);
            loop {
                stream.write_all(&hints).await?;
            }
        }
    }
}

fn frame(kind: u8, flags: u8, id: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    [&length[1..], &[kind, flags], &id.to_be_bytes(), payload].concat()
}
