//! Sending an answer as a fault has it.

use std::io;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};

use super::plan::Delivery;
use super::{AnswerBody, Decision};
use crate::server::Reset;

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
