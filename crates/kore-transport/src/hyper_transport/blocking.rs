//! The transport on hyper, for threads that block.

use std::fmt;
use std::sync::mpsc as std_mpsc;
use std::thread;

use bytes::Bytes;
use http::{Request, Response};
use kore_protocol::Body;
use tokio::sync::mpsc;

use super::HyperTransport;
use crate::{BlockingTransport, BuildError, Phase, Transport, TransportError};

/// A [`HyperTransport`] for threads that block, from
/// [`build_blocking`](super::HyperTransportBuilder::build_blocking).
///
/// Its runtime has one thread, on which the requests of all callers run side by side. It may be
/// called within an async runtime too, whose thread it then blocks. Dropping it ends the thread.
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
                        // Fails only if the caller's thread is gone.
                        let _ = answer.send(transport.send(request).await);
                    });
                }
            });
            // A name that is still looked up would hold the thread back.
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
