//! The status call as a server, on axum: routes, tokens, scopes, rate limits and all refusals.
//!
//! ```sh
//! cargo run -p kore-protocol --example axum_server
//! export KORE_HOST=http://127.0.0.1:8080 KORE_CLIENT_ID=cs-1f KORE_CLIENT_SECRET='not a real secret'
//! cargo run -p kore-cli -- import status bir-1f
//! ```
#![allow(clippy::print_stdout, reason = "it says where it serves")]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use axum::body::{Body, to_bytes};
use axum::extract::State;
use bytes::Bytes;
use http::{HeaderValue, Request, Response};

use kore_auth::{Algorithm, Guard, Secret, Verifier};
use kore_protocol::bot_import::get_status;
use kore_protocol::{
    AUTH_HEADER, IncomingRequest, Metadata, Nanos, OutgoingResponse, Refusal, RequestError, RequestLogs,
    Routes, Scope,
};
use kore_types::{BotImport, BotImportId, ClientId, Status, TokenRefusal};

/// No call that is served here has a body; this is more than enough.
const MAX_REQUEST_BODY: usize = 64 * 1024;

/// Another call is one more word here, one more line in `ROUTES` and one more arm in `answer`.
enum Call {
    GetStatus,
}

const ROUTES: Routes<'_, Call> = Routes::new(&[(get_status::METADATA, Call::GetStatus)]);

/// What the server knows. Maps stand in for databases.
pub(crate) struct Server {
    apps: HashMap<ClientId, Verifier>,
    imports: HashMap<BotImportId, BotImport>,
    guard: Guard,
    requests: RequestLogs<Nanos>,
}

impl Server {
    pub(crate) fn new(apps: HashMap<ClientId, Verifier>, imports: Vec<BotImport>) -> Self {
        let with_id = |import: BotImport| Some((import.id.clone()?, import));
        let imports = imports.into_iter().filter_map(with_id).collect();
        Self { apps, imports, guard: Guard::new(), requests: RequestLogs::default() }
    }

    /// In the order of the platform: path and method, the token and its scope, then the rest.
    fn answer(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, RequestError> {
        let (metadata, call) = ROUTES.find(request.method(), request.uri().path())?;
        self.authorise(request, metadata)?;
        match call {
            Call::GetStatus => self.get_status(&get_status::Request::from_http(request)?),
        }
    }

    fn authorise(&self, request: &Request<Bytes>, metadata: &Metadata) -> Result<(), TokenRefusal> {
        let tokens = request.headers().get_all(AUTH_HEADER).iter().map(HeaderValue::as_bytes);
        self.guard.admit(&self.apps, tokens, metadata.scope.map(|scope| scope.name), SystemTime::now())?;
        Ok(())
    }

    fn get_status(&self, asked: &get_status::Request) -> Result<Response<Bytes>, RequestError> {
        // What is not known is not counted, so that made-up ids take no memory.
        let import = self.imports.get(&asked.import_id).ok_or(Refusal::InvalidRequestId)?;
        self.requests.admit(asked, Instant::now())?;
        Ok(get_status::Response::new(import.clone()).to_http())
    }
}

async fn handle(State(server): State<Arc<Server>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let answer = match to_bytes(body, MAX_REQUEST_BODY).await {
        Ok(body) => server.answer(&Request::from_parts(parts, body)),
        Err(_) => Err(Refusal::InvalidArguments.into()),
    };
    answer.unwrap_or_else(|error| error.to_http()).map(Body::from)
}

/// The server as an axum router, to be served or to be merged with others.
pub(crate) fn router(server: Server) -> axum::Router {
    axum::Router::new().fallback(handle).with_state(Arc::new(server))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = Secret::new("not a real secret")?;
    let app = Verifier::hmac(Algorithm::Hs256, &secret)?.scopes([Scope::BOT_IMPORT.name]);
    let apps = HashMap::from([(ClientId::new("cs-1f")?, app)]);
    let imports = vec![BotImport::new(BotImportId::new("bir-1f")?, Status::Pending)];

    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    println!("serving on http://{}", listener.local_addr()?);
    axum::serve(listener, router(Server::new(apps, imports))).await?;
    Ok(())
}
