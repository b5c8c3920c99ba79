//! HTTPS servers that behave, and say over which version of HTTP they were asked.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

use super::{Identity, Server};

/// Answers every request with the version of HTTP that it came over, such as `HTTP/2.0`, its path,
/// and the length of a body; without TLS.
pub(crate) fn plain() -> Server {
    Server::start(answer)
}

/// The same over TLS; `alpn` is what the server offers of `h2` and `http/1.1`, best first.
pub(crate) fn serve(identity: Identity, alpn: &[&str]) -> Server {
    let acceptor = TlsAcceptor::from(identity.into_config(alpn));
    Server::start(move |stream| {
        let accepting = acceptor.accept(stream);
        async move {
            // A client that does not trust the certificate ends the handshake.
            if let Ok(stream) = accepting.await {
                answer(stream).await;
            }
        }
    })
}

async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let service = service_fn(|request: Request<Incoming>| async move {
        let mut text = format!("{:?} {}", request.version(), request.uri().path());
        let body = request.into_body().collect().await?.to_bytes();
        if !body.is_empty() {
            text.push_str(&format!(" {}", body.len()));
        }
        Ok::<_, hyper::Error>(Response::new(Full::new(Bytes::from(text))))
    });
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}
