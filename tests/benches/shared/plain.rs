//! The baseline of the benchmarks: what a user would write by hand. It loses unknown keys, other
//! spellings and digits.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plain {
    #[serde(rename = "_id")]
    pub id: String,
    pub status: String,
    pub stream_ref_id: Option<String>,
    pub status_logs: Vec<PlainLog>,
    pub created_by: Option<String>,
    pub request_type: Option<String>,
    pub created_on: Option<String>,
    #[serde(rename = "__v")]
    pub version: Option<u64>,
    pub stream_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlainLog {
    pub task_type: String,
    pub task_name: String,
    pub status: String,
}
