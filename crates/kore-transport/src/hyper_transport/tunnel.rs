//! CONNECT: a proxy passes bytes on that it does not read.

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};

use super::proxy::Proxy;
use crate::{Phase, TransportError};

/// Asks the proxy at the other end of `hop` for a way to the host of `uri`.
///
/// hyper-util's own tunnel tells neither a 403 from a 502 nor, but for its text, a 407.
pub(super) async fn tunnel<T>(hop: T, uri: &Uri, proxy: &Proxy) -> Result<T, TransportError>
where
    T: Read + Write + Unpin + Send + 'static,
{
    let name = proxy.name();
    let broken = |error: hyper::Error| {
        let message = format!("the proxy {name} broke the connection off before it answered");
        TransportError::new(Phase::Connect, message).with_source(error)
    };
    let request = request(uri, proxy)?;
    let (mut sender, connection) = http1::handshake(hop).await.map_err(&broken)?;
    // Ends with the sender or with the upgrade; its failure is seen there.
    tokio::spawn(connection.with_upgrades());
    let response = sender.send_request(request).await.map_err(&broken)?;
    match response.status() {
        status if status.is_success() => {}
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => return Err(proxy.wants_password()),
        status
        @ (StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT) => {
            let host = uri.host().unwrap_or_default();
            let message = format!("the proxy {name} does not reach {host}, it answered {status}");
            return Err(TransportError::new(Phase::Connect, message));
        }
        status => {
            let host = uri.host().unwrap_or_default();
            let message = format!("{name} answered {status} when asked for {host}: ask who runs it");
            return Err(TransportError::new(Phase::Proxy, message));
        }
    }
    let upgraded = hyper::upgrade::on(response).await.map_err(&broken)?;
    match upgraded.downcast::<T>() {
        Ok(parts) if parts.read_buf.is_empty() => Ok(parts.io),
        // In TLS the client speaks first.
        _ => {
            let message = format!("{name} sent bytes of its own into the connection");
            Err(TransportError::new(Phase::Proxy, message))
        }
    }
}

fn request(uri: &Uri, proxy: &Proxy) -> Result<Request<Empty<Bytes>>, TransportError> {
    let authority = format!("{}:{}", uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(443));
    let refused = |error: http::Error| {
        TransportError::new(Phase::Refused, "the host's name cannot be given to a proxy").with_source(error)
    };
    let host = HeaderValue::from_str(&authority).map_err(|error| refused(error.into()))?;
    let mut request = Request::builder().method(Method::CONNECT).uri(authority).header(HOST, host);
    if let Some(auth) = proxy.auth() {
        request = request.header(PROXY_AUTHORIZATION, auth);
    }
    request.body(Empty::new()).map_err(refused)
}
