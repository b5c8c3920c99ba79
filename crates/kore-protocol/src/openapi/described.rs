//! What an endpoint says of itself to the OpenAPI document, in its own file.

use schemars::JsonSchema;

use crate::{OutgoingRequest, OutgoingResponse, Refusal};

/// The content type of JSON, without `charset`, which JSON does not have.
pub(super) const JSON: &str = "application/json";

/// What the document needs to know of a call beside its [`Metadata`].
pub(crate) trait Described: OutgoingRequest<Response: OutgoingResponse> {
    /// The `operationId`.
    const ID: &'static str;
    /// The name that the vendor's document gives the call.
    const SUMMARY: &'static str;
    /// The address of the vendor's document.
    const DOCUMENT: &'static str;
    /// The refusals of this call, beside those of every call.
    const REFUSALS: &'static [Refusal];
    /// The type of the request's body.
    const BODY_TYPE: &'static str = JSON;

    /// The types of the path's variables, in order, as a tuple.
    type PathValues: JsonSchema;
    /// The body of the request; `()` for none.
    type RequestBody: JsonSchema;
    /// The JSON of the response.
    type ResponseBody: JsonSchema;

    /// A request and its response, from the vendor's document.
    fn sample() -> Option<(Self, Self::Response)>;
}
