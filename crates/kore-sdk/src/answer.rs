//! What came back for a call.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

/// What came back for a call: the response as a type and as it came, and what a support ticket asks
/// for.
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
    /// The body as it came, byte for byte.
    pub body: Bytes,
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers. A value in which the server repeats the token is masked.
    pub headers: HeaderMap,
    /// How many requests were sent, the one that this is the response to among them.
    pub attempts: u32,
}

impl<R> Answer<R> {
    /// For the tests of a program: a 200 with no headers and an empty body, after one request.
    pub fn new(response: R) -> Self {
        Self { response, body: Bytes::new(), status: StatusCode::OK, headers: HeaderMap::new(), attempts: 1 }
    }
}
