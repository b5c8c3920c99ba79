//! The files of exports, as a store beside the platform serves them: without a token, for whoever has
//! the signed address.

use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HOST};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use kore_protocol::{Metadata, PathTemplate, RateLimit, RequestError};
use kore_types::FileId;

use super::{Platform, Why};

/// It is no call of the API, so that nothing counts it.
pub(crate) const METADATA: Metadata = Metadata {
    method: Method::GET,
    path: PathTemplate::new("/_files/{fileId}"),
    scope: None,
    rate_limit: RateLimit::PerBot,
};

/// The parameter of the query that opens the file.
const SIGNATURE: &str = "signature";

pub(super) fn query(signature: &str) -> String {
    format!("{SIGNATURE}={signature}")
}

impl Platform {
    /// Where the file is fetched, without what opens it: on the host that the client asked.
    pub(super) fn download_address(&self, id: &FileId, headers: &HeaderMap) -> String {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
        let host = host.filter(|host| !host.as_str().contains('@'));
        let path = METADATA.path.as_str().replace("{fileId}", id.as_str());
        match host {
            Some(host) => format!("{}://{host}{path}", self.scheme()),
            None => format!("{}{path}", self.settings.own_url),
        }
    }

    fn scheme(&self) -> &str {
        self.settings.own_url.split_once("://").map_or("http", |(scheme, _)| scheme)
    }

    /// The file, or why it is not to be had.
    pub(super) fn download(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, RequestError> {
        let values = METADATA.path.values(request.uri().path()).ok_or(RequestError::OtherPath)?;
        let id = values.first().and_then(|id| FileId::new(id.as_ref()).ok());
        let (content, budget) = {
            let kept = &self.state().kept;
            (id.and_then(|id| kept.get(&id).cloned()), kept.budget())
        };
        let Some(content) = content else {
            let mib = budget / (1024 * 1024);
            return Ok(refused(
                StatusCode::GONE,
                format!(
                    "expected the file of an export, found none of this address. The emulator keeps at most \
                     {mib} MiB of contents, drops the oldest first, and keeps none from one run to the next: \
                     start the export again.\n"
                ),
            ));
        };
        let is_signed = signature(request.uri()) == Some(&*content.signature);
        if !is_signed {
            let text = "expected the address of the file as the status of its export has it, found another \
                        signature: ask for the status again.\n";
            return Ok(refused(StatusCode::FORBIDDEN, text.to_owned()));
        }
        let mut response = Response::new(content.bytes);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"export.zip\""));
        Ok(response)
    }
}

fn signature(uri: &Uri) -> Option<&str> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix(SIGNATURE)?.strip_prefix('='))
}

/// A text, since a store of files does not answer in the words of the API.
fn refused(status: StatusCode, text: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(text.clone()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response.extensions_mut().insert(Why(text.trim_end().to_owned()));
    response
}
