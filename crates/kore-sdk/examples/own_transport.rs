//! Sends the requests of the SDK through an HTTP client of one's own, here the one of hyper-util, and
//! prints a line for each. `kore emulator` prints the settings that it needs, and ids:
//!
//! ```sh
//! cargo run -p kore-sdk --example own_transport -- bir-034f
//! ```
//!
//! It connects without TLS, which is enough for the emulator; give it a connector with TLS for a host.
#![allow(clippy::print_stdout, reason = "an example talks to its terminal")]

use std::pin::Pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kore_sdk::protocol::{Body, BodyLimit};
use kore_sdk::transport::{Collect, Phase, PlainHttp, RequestTimeout, Transport, TransportError};
use kore_sdk::{BotImportId, Client};

const TIMEOUT: Duration = Duration::from_secs(30);

struct OwnTransport(HyperClient<HttpConnector, Full<Bytes>>);

impl Transport for OwnTransport {
    fn send(
        &self,
        request: Request<Body>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportError>> + Send + '_>> {
        Box::pin(async {
            PlainHttp::default().check(request.uri())?;
            let limit = RequestTimeout::of(&request).unwrap_or(TIMEOUT);
            let (path, began) = (request.uri().path().to_owned(), Instant::now());
            let response = tokio::time::timeout(limit, self.exchange(request))
                .await
                .unwrap_or_else(|_| Err(TransportError::timeout(Phase::Exchange, format!("{limit:?}"))))?;
            // The path holds no token. A header does: print none.
            println!("{path}: {} in {:?}", response.status(), began.elapsed());
            Ok(response)
        })
    }
}

impl OwnTransport {
    async fn exchange(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        let (head, body) = request.into_parts();
        let uri = head.uri.clone();
        // Reads the files of an upload, if there are any, into memory.
        let body = body.to_bytes().map_err(|error| TransportError::new(Phase::Content, error.to_string()))?;
        let response = self.0.request(Request::from_parts(head, Full::new(body))).await;
        let response = response.map_err(|error| match error.is_connect() {
            true => TransportError::from_connect(&uri, error),
            false => TransportError::from_exchange(&uri, error),
        })?;
        let (head, mut body) = response.into_parts();
        let mut response = Collect::new(head, BodyLimit::DEFAULT);
        while let Some(frame) = body.frame().await {
            match frame.map(|frame| frame.into_data()) {
                Ok(Ok(piece)) => response.push(piece)?,
                Ok(Err(_trailers)) => {}
                Err(error) => return Err(response.broken(error)),
            }
        }
        response.finish()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let id: BotImportId = std::env::args().nth(1).ok_or("expected an import id as argument")?.parse()?;
    let client = HyperClient::builder(TokioExecutor::new()).build_http();
    let client = Client::builder()
        .host(std::env::var("KORE_HOST")?)
        .credentials(std::env::var("KORE_CLIENT_ID")?, std::env::var("KORE_CLIENT_SECRET")?)
        .transport(OwnTransport(client))
        .build()?;
    println!("{id} has the status {:?}", client.bot_import_status(&id).await?.status);
    Ok(())
}
