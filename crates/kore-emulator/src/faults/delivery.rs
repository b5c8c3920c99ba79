//! Sending an answer as a fault has it.

use std::io;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};

use super::form::{Drip, Effect};
use super::{AnswerBody, Decision};
use crate::input::Written;
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
        Some(Effect::Drip(Drip { bytes, pause: Written(pause) })) => {
            Ok(response.map(|body| AnswerBody::drip(body, bytes.get(), pause)))
        }
        Some(Effect::CutAfter(bytes)) => Ok(broken_off(response, bytes)),
        Some(Effect::ResetAfter(bytes)) => {
            reset.when_dropped();
            Ok(broken_off(response, bytes))
        }
        Some(Effect::Reset) => {
            reset.when_dropped();
            Err(io::Error::other("reset by plan"))
        }
        // The others are in the answer already.
        _ => Ok(response.map(AnswerBody::whole)),
    }
}

/// The whole length in the header, and a body that lacks one byte at least.
fn broken_off(mut response: Response<Bytes>, bytes: usize) -> Response<AnswerBody> {
    let length = response.body().len().max(1);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    response.map(|body| AnswerBody::start(body.slice(..bytes.min(length - 1))))
}
