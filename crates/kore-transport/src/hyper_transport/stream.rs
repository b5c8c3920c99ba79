//! The connection to a host or proxy, for hyper. It sees to it that a server that never stops sending
//! does not keep everything else on the thread waiting.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::yield_now;

/// How much is read before other tasks have their turn. hyper reads for as long as there is something
/// to read, which is for ever if a server sends 1xx responses for ever; no timeout on the same thread
/// would fire meanwhile.
const IN_ONE_GO: usize = 64 * 1024;

type Io = MaybeHttpsStream<MaybeHttpsStream<TokioIo<TcpStream>>>;

/// A connection to the host or to its proxy, encrypted or not, with TLS to the host inside or not.
pub(super) struct Stream {
    io: Io,
    to_proxy: bool,
    /// At most how much was read since the socket was last empty.
    in_one_go: usize,
}

impl Stream {
    /// `to_proxy` says whether a proxy reads the requests, so that they must name the whole URL.
    pub(super) fn new(io: Io, to_proxy: bool) -> Self {
        Self { io, to_proxy, in_one_go: 0 }
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.io.connected().proxy(self.to_proxy)
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.in_one_go >= IN_ONE_GO {
            self.in_one_go = 0;
            // Wakes the task again once the others have run.
            let _ = pin!(yield_now()).poll(cx);
            return Poll::Pending;
        }
        let most = buf.remaining();
        let read = Pin::new(&mut self.io).poll_read(cx, buf);
        self.in_one_go = if read.is_pending() { 0 } else { self.in_one_go + most };
        read
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }
}
