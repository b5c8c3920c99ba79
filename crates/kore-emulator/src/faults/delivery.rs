//! Sending an answer as a fault has it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::plan::Delivery;
use super::{AnswerBody, Decision};

/// Makes the answer what the decision says, and the connection reset if it says so.
///
/// # Errors
/// If there is to be no answer; the connection is to end then.
pub(crate) async fn deliver(
    decision: Decision,
    mut response: Response<Bytes>,
    reset: &Reset,
) -> io::Result<Response<AnswerBody>> {
    if !decision.latency.is_zero() {
        tokio::time::sleep(decision.latency).await;
    }
    if let Some(value) = decision.content_type {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    match decision.delivery {
        Delivery::Whole => Ok(response.map(AnswerBody::whole)),
        Delivery::Drip { bytes, pause } => {
            Ok(response.map(|body| AnswerBody::drip(body, bytes.get(), pause)))
        }
        Delivery::CutAfter(bytes) => Ok(broken_off(response, bytes)),
        Delivery::ResetAfter(bytes) => {
            reset.when_dropped();
            Ok(broken_off(response, bytes))
        }
        Delivery::Reset => {
            reset.when_dropped();
            Err(io::Error::other("reset by plan"))
        }
    }
}

/// The whole length in the header, and a body that lacks one byte at least.
fn broken_off(mut response: Response<Bytes>, bytes: usize) -> Response<AnswerBody> {
    let length = response.body().len().max(1);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    response.map(|body| AnswerBody::start(body.slice(..bytes.min(length - 1))))
}

/// Has the connection reset instead of closed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reset(Arc<AtomicBool>);

impl Reset {
    fn when_dropped(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A connection that can be made to end with a reset.
#[derive(Debug)]
pub(crate) struct Stream {
    tcp: TcpStream,
    reset: Reset,
}

impl Stream {
    pub(crate) fn new(tcp: TcpStream, reset: Reset) -> Self {
        Self { tcp, reset }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.reset.0.load(Ordering::Relaxed) {
            // A socket that has no such option is closed, which is the nearest that there is.
            let _ = self.tcp.set_zero_linger();
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}
