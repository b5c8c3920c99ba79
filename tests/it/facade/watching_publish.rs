//! A job of a user's own kind, made of public items alone, which the same clients watch. It is a
//! publish that is polled by its bot, with other status words and other keys. Its document is about the
//! publish before at first.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use kore_sdk::protocol::{
    Body, Endpoint, IncomingRequest, JsonResponse, Metadata, OtherJob, OutgoingRequest,
    OutgoingResponse as _, PathTemplate, Query, RateLimit, RequestError, Scope,
};
use kore_sdk::watch::{End, Event, Job, ResumeToken, Task, Update};
use kore_sdk::{BotImportId, Error, Outcome, Status};
use serde::{Deserialize, Serialize};

use super::builder;

/// The run that was started for a bot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Publish {
    bot: String,
    run: u32,
}

#[derive(Clone, Debug, PartialEq)]
struct GetPublish {
    bot: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Progress {
    bot: String,
    run: u32,
    state: Status,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Step {
    part: String,
    label: String,
    state: Status,
}

impl Endpoint for GetPublish {
    const METADATA: Metadata = Metadata {
        method: Method::GET,
        path: PathTemplate::new("/api/public/bot/{bot}/publish/status"),
        scope: Some(Scope::new("Bot Definition > Publish", "bot_definition:publish")),
        rate_limit: RateLimit::PerBot,
    };
    type Response = Progress;
}

impl OutgoingRequest for GetPublish {
    fn path_values(&self) -> Vec<&str> {
        vec![&self.bot]
    }

    fn check(&self, response: &Progress) -> Result<(), OtherJob> {
        if response.bot == self.bot { Ok(()) } else { Err(OtherJob::new(&*self.bot, &response.bot)) }
    }
}

impl IncomingRequest for GetPublish {
    fn from_parts(path_values: &[&str], _: Query<'_>, _: &Bytes) -> Result<Self, RequestError> {
        Ok(Self { bot: path_values.concat() })
    }
}

impl JsonResponse for Progress {}

impl Job for Publish {
    const KIND: &'static str = "bot publish";

    type Request = GetPublish;
    type Response = Progress;
    type Task = Step;

    fn request(&self) -> GetPublish {
        GetPublish { bot: self.bot.clone() }
    }

    fn status<'a>(&self, response: &'a Progress) -> Option<&'a Status> {
        (response.run == self.run).then_some(&response.state)
    }

    fn outcome(&self, status: &Status) -> Outcome {
        match status.as_str() {
            "live" => Outcome::Succeeded,
            "broken" => Outcome::Failed,
            "working" => Outcome::Running,
            _ => Outcome::Unknown,
        }
    }

    fn tasks<'a>(&self, response: &'a Progress) -> &'a [Step] {
        if response.run == self.run { &response.steps } else { &[] }
    }
}

impl Task for Step {
    fn kind(&self) -> Option<&str> {
        Some(&self.part)
    }

    fn name(&self) -> Option<&str> {
        Some(&self.label)
    }

    fn status(&self) -> Option<&Status> {
        Some(&self.state)
    }
}

fn publish(bot: &str) -> Publish {
    Publish { bot: bot.to_owned(), run: 2 }
}

fn progress(bot: &str, run: u32, state: &str, step: &str) -> Progress {
    let step = Step { part: "models".to_owned(), label: "train".to_owned(), state: step.into() };
    Progress { bot: bot.to_owned(), run, state: state.into(), steps: vec![step] }
}

/// The responses for each bot, one after the other. The last one is repeated for ever.
fn platform(
    states: &'static [(u32, &'static str, &'static str)],
) -> impl Fn(http::Request<Body>) -> http::Response<Bytes> + Clone + Send + Sync + 'static {
    let polls = Arc::new(Mutex::new(0));
    move |request| {
        let bot = GetPublish::from_http(&request.map(|_| Bytes::new())).unwrap().bot;
        let mut polls = polls.lock().unwrap();
        let (run, state, step) = states[states.len().min(*polls + 1) - 1];
        *polls += 1;
        progress(&bot, run, state, step).to_http()
    }
}

const RUNS_AND_ENDS: &[(u32, &str, &str)] =
    &[(1, "live", "done"), (2, "working", "working"), (2, "live", "done")];

#[tokio::test(start_paused = true)]
async fn a_job_of_another_kind_is_watched_until_its_own_run_ends() {
    let answer = platform(RUNS_AND_ENDS);
    let client = builder("bots.kore.ai")
        .transport(move |request| std::future::ready(Ok(answer(request))))
        .build()
        .unwrap();
    let mut events = Vec::new();
    let end = client.watch(&publish("st-1")).on_event(|event| events.push(event.clone())).await.unwrap();
    let End::Succeeded(last) = end else { panic!("{end:?}") };
    assert_eq!(last, progress("st-1", 2, "live", "done"));
    let of = |state: &str| Some(Status::from(state));
    let [first, working, live] =
        [(None, None), (None, of("working")), (of("working"), of("live"))].map(|(before, now)| {
            let is = Event::StatusChanged { before, now };
            events.iter().position(|event| *event == is).expect("told")
        });
    assert!(first < working && working < live, "the run before is not taken for this one");
    let step = |state: &str| progress("", 2, "", state).steps.remove(0);
    assert!(events.contains(&Event::TaskAppeared { index: 0, entry: step("working") }));
    assert!(events.contains(&Event::TaskChanged { index: 0, before: step("working"), entry: step("done") }));
}

#[tokio::test(start_paused = true)]
async fn several_jobs_of_another_kind_end_independently() {
    let answer = platform(&[(2, "broken", "broken")]);
    let client = builder("bots.kore.ai")
        .transport(move |request| std::future::ready(Ok(answer(request))))
        .build()
        .unwrap();
    let ends = client.watch_all([publish("st-1"), publish("st-2"), publish("st-1")]).await;
    assert_eq!(ends.len(), 2, "each once");
    for ((job, end), bot) in ends.into_iter().zip(["st-1", "st-2"]) {
        let Ok(End::Failed(last)) = end else { panic!("{end:?}") };
        assert_eq!((job, last), (publish(bot), progress(bot, 2, "broken", "broken")));
    }
}

#[test]
fn a_blocking_client_watches_it_with_a_callers_word() {
    let answer = platform(&[(1, "live", "done"), (2, "GREEN", "done")]);
    let client = builder("bots.kore.ai")
        .blocking_transport(move |request| Ok(answer(request)))
        .build_blocking()
        .unwrap();
    let watch =
        client.watch(&publish("st-1")).word("green", Outcome::Succeeded).deadline(Duration::from_secs(60));
    let updates: Vec<Update<Publish, Error>> = watch.updates().collect();
    let Some(Update::Ended { job, end: Ok(End::Succeeded(last)) }) = updates.last() else {
        panic!("{updates:?}")
    };
    assert_eq!((job, last.state.as_str()), (&publish("st-1"), "GREEN"));
}

#[tokio::test(start_paused = true)]
async fn a_response_about_another_job_ends_the_watch() {
    let transport = |_| std::future::ready(Ok(progress("st-2", 2, "live", "done").to_http()));
    let client = builder("bots.kore.ai").transport(transport).build().unwrap();
    let end = client.watch(&publish("st-1")).await.unwrap();
    let End::CouldNotPoll { error, .. } = end else { panic!("{end:?}") };
    assert!(error.is_other_job());
    assert_eq!(error.to_string(), "expected a response about st-1, found one about st-2");
}

#[tokio::test(start_paused = true)]
async fn its_token_resumes_it_and_is_refused_by_a_job_of_another_kind() {
    let answer = platform(&[(2, "working", "working"), (2, "live", "done")]);
    let client = builder("bots.kore.ai")
        .transport(move |request| std::future::ready(Ok(answer(request))))
        .build()
        .unwrap();
    let mut updates = client.watch(&publish("st-1")).updates();
    updates.next().await.unwrap();
    updates.cancel_all();
    let token = loop {
        if let Update::Ended { end, .. } = updates.next().await.unwrap() {
            break end.unwrap().resume().unwrap().clone();
        }
    };
    let json = serde_json::to_string(&token).unwrap();
    let again: ResumeToken<Publish> = serde_json::from_str(&json).unwrap();
    assert_eq!((&again, &again.job), (&token, &publish("st-1")));
    let refused = serde_json::from_str::<ResumeToken<BotImportId>>(&json).unwrap_err().to_string();
    assert!(
        refused.starts_with("expected the resume token of a bot import, found that of a \"bot publish\""),
        "{refused}"
    );
    let end = client.watch(&again.job.clone()).resume(again).await.unwrap();
    assert!(matches!(end, End::Succeeded(_)), "{end:?}");
}
