//! Sends an answer as a fault would have it: late, changed, dripping, broken off, or not at all.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};
use http_body_util::{Channel, Either};

use super::Decision;
use super::form::{Drip, Effect};
use crate::bodies::{AnswerBody, whole};
use crate::input::Written;
use crate::reset::Reset;

/// What has been sent shall be on its way before the connection ends.
const FLUSH: Duration = Duration::from_millis(20);

/// The most by which a body is made longer.
const MOST_MORE: usize = 64 * 1024 * 1024;

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
            let length = response.body().len();
            Ok(in_pieces(response, length, bytes.get(), pause))
        }
        Some(Effect::CutAfter(bytes)) => Ok(broken_off(response, bytes)),
        Some(Effect::LongerBy(bytes)) => Ok(response.map(|body| {
            let more = std::iter::repeat_n(b' ', bytes.min(MOST_MORE));
            whole(body.into_iter().chain(more).collect::<Vec<_>>())
        })),
        Some(Effect::ResetAfter(bytes)) => {
            reset.when_dropped();
            Ok(broken_off(response, bytes))
        }
        Some(Effect::Reset) => {
            reset.when_dropped();
            Err(io::Error::other("reset by plan"))
        }
        // The others are in the answer already.
        _ => Ok(response.map(whole)),
    }
}

/// The whole length in the header, and a body that lacks one byte at least.
fn broken_off(response: Response<Bytes>, bytes: usize) -> Response<AnswerBody> {
    let length = response.body().len().max(1);
    in_pieces(response.map(|body| body.slice(..bytes.min(length - 1))), length, usize::MAX, Duration::ZERO)
}

/// The body so many bytes at a time, with a pause behind each piece. If it is shorter than the length
/// in the header, it is broken off.
fn in_pieces(
    mut response: Response<Bytes>,
    length: usize,
    bytes: usize,
    pause: Duration,
) -> Response<AnswerBody> {
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    let (mut send, pieces) = Channel::new(1);
    let (parts, mut rest) = response.into_parts();
    let is_broken_off = rest.len() < length;
    tokio::spawn(async move {
        while !rest.is_empty() {
            if send.send_data(rest.split_to(bytes.min(rest.len()))).await.is_err() {
                return;
            }
            tokio::time::sleep(pause).await;
        }
        if is_broken_off {
            tokio::time::sleep(FLUSH).await;
            send.abort(io::Error::other("broken off by plan"));
        }
    });
    Response::from_parts(parts, Either::Right(pieces))
}
