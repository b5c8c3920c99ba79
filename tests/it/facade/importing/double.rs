//! A test double of the platform, as a closure: it takes files and starts, and answers polls.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use kore_sdk::protocol::Body;
use kore_sdk::transport::{Phase, TransportError};
use kore_sdk::{Client, blocking};
use serde_json::{Value, json};

use crate::facade::builder;

pub(super) const IMPORT_ID: &str = "bir-1";

/// A document with blanks, which only its bytes keep.
pub(super) const ACCEPTED: &str = r#"{ "_id": "bir-1", "status": "pending",  "statusLogs": [{"taskType": "importRequest", "taskName": "shop", "status": "success"}] }"#;

pub(super) type Answer = Result<Response<Bytes>, TransportError>;
type Answers = Arc<dyn Fn() -> Answer + Send + Sync>;

#[derive(Clone, Default)]
pub(super) struct Double {
    seen: Arc<Mutex<Seen>>,
    upload: Option<Answers>,
    start: Option<Answers>,
    statuses: Arc<Mutex<VecDeque<String>>>,
    is_slow: bool,
}

#[derive(Default)]
struct Seen {
    uploads: Vec<String>,
    starts: Vec<(String, Value)>,
    tokens: Vec<String>,
    running: usize,
    most: usize,
}

/// The error of a request that gets no answer at all: the double waits for ever instead.
pub(super) fn never() -> TransportError {
    TransportError::new(Phase::Refused, "never")
}

impl Double {
    /// The response to the next upload, in place of its id.
    pub(super) fn uploads_answer(mut self, answer: impl Fn() -> Answer + Send + Sync + 'static) -> Self {
        self.upload = Some(Arc::new(answer));
        self
    }

    /// The responses to starts, one after the other. Later starts are accepted.
    pub(super) fn starts_answer(mut self, answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers = Mutex::new(VecDeque::from_iter(answers));
        self.start = Some(Arc::new(move || answers.lock().unwrap().pop_front().unwrap_or_else(accepted)));
        self
    }

    /// Is called when a start arrives.
    pub(super) fn on_start(mut self, noted: impl Fn() + Send + Sync + 'static) -> Self {
        self.start = Some(Arc::new(move || {
            noted();
            accepted()
        }));
        self
    }

    pub(super) fn statuses<const N: usize>(self, statuses: [&str; N]) -> Self {
        self.statuses.lock().unwrap().extend(statuses.map(str::to_owned));
        self
    }

    /// Each upload takes a while, so that others can begin.
    pub(super) fn slow(mut self) -> Self {
        self.is_slow = true;
        self
    }

    pub(super) fn uploads(&self) -> Vec<String> {
        self.seen.lock().unwrap().uploads.clone()
    }

    pub(super) fn starts(&self) -> Vec<(String, Value)> {
        self.seen.lock().unwrap().starts.clone()
    }

    pub(super) fn tokens(&self) -> Vec<String> {
        self.seen.lock().unwrap().tokens.clone()
    }

    pub(super) fn most_at_once(&self) -> usize {
        self.seen.lock().unwrap().most
    }

    pub(super) fn client(&self) -> Client {
        let this = self.clone();
        let transport = move |request| {
            let (this, is_upload) = (this.clone(), is_upload(&request));
            async move {
                let answer = this.answer(&request);
                if answer.as_ref().is_err_and(|error| error.phase() == Phase::Refused) {
                    std::future::pending::<()>().await;
                }
                if this.is_slow && is_upload {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                this.over(is_upload);
                answer
            }
        };
        builder("bots.kore.ai").transport(transport).build().unwrap()
    }

    pub(super) fn blocking_client(&self) -> blocking::Client {
        let this = self.clone();
        let transport = move |request: http::Request<Body>| {
            let answer = this.answer(&request);
            if this.is_slow && is_upload(&request) {
                std::thread::sleep(Duration::from_millis(2));
            }
            this.over(is_upload(&request));
            answer
        };
        builder("bots.kore.ai").blocking_transport(transport).build_blocking().unwrap()
    }

    fn over(&self, is_upload: bool) {
        self.seen.lock().unwrap().running -= usize::from(is_upload);
    }

    fn answer(&self, request: &http::Request<Body>) -> Answer {
        let body = request.body().to_bytes().unwrap();
        let path = request.uri().path().to_owned();
        let mut seen = self.seen.lock().unwrap();
        seen.tokens.push(request.headers()["auth"].to_str().unwrap().to_owned());
        if is_upload(request) {
            seen.running += 1;
            seen.most = seen.most.max(seen.running);
            let body = String::from_utf8(body.to_vec()).unwrap();
            let name = body.split("filename=\"").nth(1).unwrap().split('"').next().unwrap();
            let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
            seen.uploads.push(body);
            drop(seen);
            return self
                .upload
                .as_ref()
                .map_or_else(|| ok(json!({"fileId": format!("f-{name}")})), |answer| answer());
        }
        if request.method() == "POST" {
            seen.starts.push((path, serde_json::from_slice(&body).unwrap()));
            drop(seen);
            return self.start.as_ref().map_or_else(accepted, |answer| answer());
        }
        let status = self.statuses.lock().unwrap().pop_front().expect("one status for each poll");
        ok(json!({"_id": IMPORT_ID, "status": status}))
    }
}

fn is_upload(request: &http::Request<Body>) -> bool {
    request.uri().path() == "/api/public/uploadfile"
}

fn ok(body: Value) -> Answer {
    Ok(Response::new(body.to_string().into()))
}

pub(super) fn accepted() -> Answer {
    Ok(Response::new(Bytes::from_static(ACCEPTED.as_bytes())))
}
