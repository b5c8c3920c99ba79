//! What a watch needs to know of a kind of job: how it is polled, and what a response says of it.

use std::fmt;
use std::hash::Hash;

use bytes::Bytes;
use kore_types::{Extra, Outcome, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{IncomingResponse, OutgoingRequest, OutgoingResponse};

/// A job of the platform that is polled until it ends; the value names one. It is written into
/// [`ResumeToken`](super::ResumeToken)s as serde writes it.
///
/// The id of a bot import is the first such job. A job whose documents may still tell of an earlier
/// run carries what its own run is known by: its request's [`check`](OutgoingRequest::check)
/// refuses a response about another job for good, and [`status`](Self::status) gives none for
/// one that is not about this run yet.
pub trait Job: Clone + Eq + Hash + fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind of job in plain words, as resume tokens name it: `bot import`.
    const KIND: &'static str;

    /// What polls it. Requests are counted under its
    /// [`rate_limit_key`](OutgoingRequest::rate_limit_key).
    type Request: OutgoingRequest<Response = Self::Response> + Clone + fmt::Debug + PartialEq + Send + Sync;
    /// What the platform says of it.
    type Response: IncomingResponse + OutgoingResponse + Clone + fmt::Debug + PartialEq + Send + Sync;
    /// A step of its progress.
    type Task: Task;

    /// The request that polls it.
    fn request(&self) -> Self::Request;

    /// The word for the state of this job; none if the response has none for it.
    fn status<'a>(&self, response: &'a Self::Response) -> Option<&'a Status>;

    /// What that word means, where a caller does not say otherwise.
    fn outcome(&self, status: &Status) -> Outcome {
        status.outcome()
    }

    /// The steps of its progress, as far as the response tells of them.
    fn tasks<'a>(&self, response: &'a Self::Response) -> &'a [Self::Task];

    /// The job as it is known once this response was its own, if that tells more of the run than was
    /// known: it is what is polled and resumed from then on. By default nothing is learned.
    fn learned(&self, _response: &Self::Response) -> Option<Self> {
        None
    }

    /// The document as it came, byte for byte; empty if the response does not keep it.
    fn body(_response: &Self::Response) -> Bytes {
        Bytes::new()
    }
}

/// A step of a job's progress. Two of the same kind and name are told apart by their order.
pub trait Task: Clone + PartialEq + fmt::Debug + Send + Sync {
    /// Its kind, where the platform gives one.
    fn kind(&self) -> Option<&str>;
    /// Its name, where the platform gives one.
    fn name(&self) -> Option<&str>;
    /// The word for its state.
    fn status(&self) -> Option<&Status>;
    /// What that word means.
    fn outcome(&self) -> Outcome {
        self.status().map_or(Outcome::Unknown, Status::outcome)
    }
}

/// The `_id` of a document, whatever form it has: none if it says nothing.
pub(crate) fn id_of<'a, I: AsRef<str>>(id: Option<&'a I>, extra: &'a Extra) -> Option<&'a str> {
    id.map(AsRef::as_ref).or_else(|| extra.get("_id")?.as_str()).map(str::trim).filter(|id| !id.is_empty())
}
