//! The result of a single call: its response as a type, and all that arrived with it.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

/// The response to a call, as a type and byte for byte, with its status and headers, which a support
/// ticket may need.
///
/// ```no_run
/// # async fn example(client: kore_sdk::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use kore_sdk::protocol::bot_import::get_status;
///
/// let answer = client.send(&get_status::Request::new("bir-1f".parse()?)).await?;
/// println!("{:?} after {} requests", answer.headers.get("x-request-id"), answer.attempts);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer<R> {
    /// The response as a type.
    pub response: R,
    /// The body byte for byte.
    pub body: Bytes,
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers. A value in which the server repeats the token is masked.
    pub headers: HeaderMap,
    /// How many requests were sent in all, including the one with this response.
    pub attempts: u32,
}

impl<R> Answer<R> {
    /// For the tests of a program: a 200 with no headers and an empty body, after one request.
    pub fn new(response: R) -> Self {
        Self { response, body: Bytes::new(), status: StatusCode::OK, headers: HeaderMap::new(), attempts: 1 }
    }
}
