//! The connection to a host or a proxy, as hyper uses it. It yields now and then, so that a server that
//! never stops sending does not block the other tasks of the thread.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::yield_now;

/// How much is read before other tasks have their turn. hyper reads as long as there is data, which is
/// for ever if a server sends 1xx responses for ever. Meanwhile no timeout on the same thread would fire.
const IN_ONE_GO: usize = 64 * 1024;

type Io = MaybeHttpsStream<MaybeHttpsStream<TokioIo<TcpStream>>>;

/// A connection to the host or to a proxy, with or without TLS.
pub(super) struct Stream {
    io: Io,
    to_proxy: bool,
    /// An upper bound of what was read since the socket was last empty.
    in_one_go: usize,
}

impl Stream {
    /// `to_proxy` says that a proxy reads the requests, which must have the whole URL then.
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
            // The task is woken again after the others have run.
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
