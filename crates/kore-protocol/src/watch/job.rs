//! What a watch needs to know of a kind of job: how to poll it, and what a response says of it. To
//! watch another kind of job is to implement these two traits.

use std::fmt;
use std::hash::Hash;

use bytes::Bytes;
use kore_types::{Extra, Outcome, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{IncomingResponse, OutgoingRequest};

/// A kind of job of the platform that is polled until it ends. A value names one job; serde writes it
/// into [`ResumeToken`](super::ResumeToken)s.
///
/// The id of a bot import is such a job. Some calls have no id for a run, so that a response may be
/// about an earlier run. The value of such a job holds what its own run is known by: then the
/// [`check`](OutgoingRequest::check) of its request refuses a response about another job for good,
/// and [`status`](Self::status) is `None` as long as the response is not about this run.
pub trait Job: Clone + Eq + Hash + fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind of job in words, as resume tokens name it: `bot import`.
    const KIND: &'static str;

    /// The request that polls a job. It counts for the rate limit under its
    /// [`rate_limit_key`](OutgoingRequest::rate_limit_key).
    type Request: OutgoingRequest<Response = Self::Response> + Clone + fmt::Debug + PartialEq + Send + Sync;
    /// The response to a poll.
    type Response: IncomingResponse + Clone + fmt::Debug + PartialEq + Send + Sync;
    /// A part of a job, of which its progress is made.
    type Task: Task;

    /// The request that polls this job.
    fn request(&self) -> Self::Request;

    /// The status of this job. `None` if the response does not say it.
    fn status<'a>(&self, response: &'a Self::Response) -> Option<&'a Status>;

    /// What a status means, unless [`Settings::words`](super::Settings::words) say otherwise.
    fn outcome(&self, status: &Status) -> Outcome {
        status.outcome()
    }

    /// The tasks that the response has.
    fn tasks<'a>(&self, response: &'a Self::Response) -> &'a [Self::Task];

    /// Whether the response says that the job goes on only once a person has approved it. Then the watch
    /// ends at once, unless the job has failed or the [words](super::Settings::words) of the watch name
    /// its status. By default no job waits for approval.
    fn awaits_approval(&self, _response: &Self::Response) -> bool {
        false
    }

    /// The job as it is known once this response was its own, if that tells more of the run than was
    /// known: it is what is polled and resumed from then on. By default nothing is learned.
    fn learned(&self, _response: &Self::Response) -> Option<Self> {
        None
    }

    /// The body of the response, byte for byte. Empty if the response does not keep it.
    fn body(_response: &Self::Response) -> Bytes {
        Bytes::new()
    }
}

/// A part of a job. Two tasks of the same kind and name are distinguished by their order.
pub trait Task: Clone + PartialEq + fmt::Debug + Send + Sync {
    /// Its kind, if the platform gives one.
    fn kind(&self) -> Option<&str>;
    /// Its name, if the platform gives one.
    fn name(&self) -> Option<&str>;
    /// Its status, if the platform gives one.
    fn status(&self) -> Option<&Status>;
    /// What its status means.
    fn outcome(&self) -> Outcome {
        self.status().map_or(Outcome::Unknown, Status::outcome)
    }
}

/// The `_id` of a document, whatever form it has: none if it says nothing.
pub(crate) fn id_of<'a, I: AsRef<str>>(id: Option<&'a I>, extra: &'a Extra) -> Option<&'a str> {
    id.map(AsRef::as_ref).or_else(|| extra.get("_id")?.as_str()).map(str::trim).filter(|id| !id.is_empty())
}
