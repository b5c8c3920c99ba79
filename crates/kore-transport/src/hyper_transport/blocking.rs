//! The built-in transport for the blocking client: the async one with its own runtime.

use std::fmt;
use std::sync::mpsc as std_mpsc;
use std::thread;

use bytes::Bytes;
use http::{Request, Response};
use kore_protocol::Body;
use tokio::sync::mpsc;

use super::HyperTransport;
use crate::{BlockingTransport, BuildError, Phase, Transport, TransportError};

/// A [`HyperTransport`] that blocks, from
/// [`build_blocking`](super::HyperTransportBuilder::build_blocking).
///
/// Its runtime has one thread, on which the requests of all callers run concurrently. It may be called
/// within an async runtime, whose thread it blocks. Dropping it ends its thread.
pub struct BlockingHyperTransport {
    calls: mpsc::UnboundedSender<Call>,
}

struct Call {
    request: Request<Body>,
    answer: std_mpsc::SyncSender<Result<Response<Bytes>, TransportError>>,
}

impl BlockingHyperTransport {
    pub(super) fn new(transport: HyperTransport) -> Result<Self, BuildError> {
        let no_thread = |error| {
            BuildError::new("the system gives no thread or no timer to send requests with").with_source(error)
        };
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_thread)?;
        let (calls, mut incoming) = mpsc::unbounded_channel::<Call>();
        let run = move || {
            runtime.block_on(async {
                while let Some(Call { request, answer }) = incoming.recv().await {
                    let transport = transport.clone();
                    tokio::spawn(async move {
                        // Fails only if the thread of the caller has ended.
                        let _ = answer.send(transport.send(request).await);
                    });
                }
            });
            // Without a timeout, a pending name lookup would keep the thread alive.
            runtime.shutdown_background();
        };
        thread::Builder::new().name("kore-transport".to_owned()).spawn(run).map_err(no_thread)?;
        Ok(Self { calls })
    }
}

impl BlockingTransport for BlockingHyperTransport {
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        let (answer, answered) = std_mpsc::sync_channel(1);
        let ended = || TransportError::new(Phase::Exchange, "the thread that sends requests has ended");
        self.calls.send(Call { request, answer }).map_err(|_| ended())?;
        answered.recv().unwrap_or_else(|_| Err(ended()))
    }
}

impl fmt::Debug for BlockingHyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingHyperTransport").finish_non_exhaustive()
    }
}
