//! Waiting for the end of an import, on time that is paused.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use kore_emulator::{App, Emulator, samples};
use kore_sdk::protocol::{Body, Refusal};
use kore_sdk::transport::{Phase, TransportError};
use kore_sdk::types::Status;
use kore_sdk::watch::{End, Event, Pacing};
use kore_sdk::{BotImport, BotImportId, Client, Error, Outcome, StatusLog};

use super::{builder, id};

type Answer = Result<http::Response<Bytes>, TransportError>;

/// A client whose platform answers the nth poll, from 0, as the function says; and the tokens of
/// the polls.
fn client(answer: impl Fn(usize) -> Answer + Send + Sync + 'static) -> (Client, Arc<Mutex<Vec<String>>>) {
    let tokens = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&tokens);
    let transport = move |request: http::Request<Body>| {
        let mut tokens = noted.lock().unwrap();
        tokens.push(request.headers()["auth"].to_str().unwrap().to_owned());
        std::future::ready(answer(tokens.len() - 1))
    };
    (builder("bots.kore.ai").transport(transport).build().unwrap(), tokens)
}

fn says(status: &str) -> Answer {
    let import = BotImport::new(id(), Status::from(status));
    Ok(http::Response::new(serde_json::to_vec(&import).unwrap().into()))
}

fn unavailable() -> Answer {
    let mut answer = http::Response::new(Bytes::from_static(b"<html>"));
    *answer.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
    Ok(answer)
}

fn retries(events: &[Event<StatusLog>]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Retrying { .. })).count()
}

/// Waits for the end. Gives it with the events, and with how long it took by the paused clock.
async fn watch(
    client: &Client,
    deadline: Duration,
) -> (End<BotImportId, Error>, Vec<Event<StatusLog>>, Duration) {
    let start = tokio::time::Instant::now();
    let mut events = Vec::new();
    let watch = client.watch_import(&id()).deadline(deadline).on_event(|event| events.push(event.clone()));
    let end = watch.await.expect("the rate limit has room");
    (end, events, start.elapsed())
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn a_success_ends_the_wait() {
    let (client, tokens) = client(|n| says(if n < 30 { "pending" } else { "success" }));
    let (end, events, time) = watch(&client, HOUR).await;
    assert!(matches!(end, End::Succeeded(_)));
    assert_eq!(tokens.lock().unwrap().len(), 31);
    assert!((Duration::from_secs(30)..Duration::from_secs(40)).contains(&time), "{time:?}");
    assert!(matches!(&events[0], Event::StatusChanged { now: Some(Status::Pending), .. }));
    assert!(matches!(events.last(), Some(Event::StatusChanged { now: Some(Status::Success), .. })));
}

#[tokio::test(start_paused = true)]
async fn a_failed_import_is_an_end_and_no_error() {
    let (client, _) = client(|_| says("failed"));
    let (end, _, time) = watch(&client, HOUR).await;
    assert!(matches!(end, End::Failed(_)) && time < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_watch_retries_a_503_until_its_deadline() {
    let (client, _) = client(|_| unavailable());
    let (end, events, time) = watch(&client, HOUR / 2).await;
    assert!(matches!(end, End::DeadlineReached(_)), "{end:?}");
    assert!(time <= HOUR / 2 && time > HOUR / 2 - Duration::from_secs(1), "{time:?}");
    assert!(retries(&events) > 40);
}

#[tokio::test(start_paused = true)]
async fn a_watch_sees_the_platform_come_back() {
    let (client, _) = client(|n| match n {
        0 => says("pending"),
        1..5 => Err(TransportError::new(Phase::Connect, "refused")),
        5 => unavailable(),
        _ => says("success"),
    });
    let (end, events, _) = watch(&client, HOUR).await;
    assert!(matches!(end, End::Succeeded(_)));
    assert_eq!(retries(&events), 5);
}

#[tokio::test(start_paused = true)]
async fn a_kept_token_that_is_refused_midway_is_renewed_once() {
    let (client, tokens) = client(|n| match n {
        3 => Ok(Refusal::InvalidSdkCredentials.to_http()),
        0..6 => says("pending"),
        _ => says("success"),
    });
    let (end, events, _) = watch(&client, HOUR).await;
    assert!(matches!(end, End::Succeeded(_)), "{end:?}");
    assert!(events.contains(&Event::TokenRenewed));
    assert_eq!(tokens.lock().unwrap().len(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_second_401_ends_the_watch() {
    let refused = || Ok(Refusal::InvalidSdkCredentials.to_http());
    let (client, tokens) = client(move |n| if n == 0 { says("pending") } else { refused() });
    let (end, _, _) = watch(&client, HOUR).await;
    let End::CouldNotPoll { error, unended } = end else { panic!("{end:?}") };
    assert!(error.is_auth() && unended.last.is_some());
    assert_eq!(tokens.lock().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_never_ends_times_out_and_is_retried() {
    let polls = Arc::new(Mutex::new(0));
    let transport = move |_: http::Request<Body>| {
        let mut polls = polls.lock().unwrap();
        *polls += 1;
        let hangs = *polls == 1;
        async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            says("success")
        }
    };
    let client = builder("bots.kore.ai").transport(transport).build().unwrap();
    let (end, events, time) = watch(&client, HOUR).await;
    assert!(matches!(end, End::Succeeded(_)));
    assert_eq!(retries(&events), 1);
    assert!(time > Duration::from_secs(30) && time < Duration::from_secs(35), "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn a_poll_cut_short_at_the_very_end_is_not_reported_as_failed() {
    let transport = |_: http::Request<Body>| std::future::pending::<Answer>();
    let client = builder("bots.kore.ai").transport(transport).build().unwrap();
    let (end, events, time) = watch(&client, Duration::from_secs(10)).await;
    assert!(matches!(end, End::DeadlineReached(_)), "{end:?}");
    assert!(events.is_empty() && time == Duration::from_secs(20), "{events:?} {time:?}");
}

#[tokio::test(start_paused = true)]
async fn an_import_that_ended_just_before_the_deadline_has_succeeded() {
    for (interval, over, deadline) in [(3000, 3300, 4000), (500, 8600, 9000), (60_000, 1, 2000)] {
        let [interval, over, deadline] = [interval, over, deadline].map(Duration::from_millis);
        let start = tokio::time::Instant::now();
        let (client, _) = client(move |_| says(if start.elapsed() < over { "pending" } else { "success" }));
        let watch = client.watch_import(&id()).deadline(deadline).pacing(Pacing::fixed(interval));
        assert!(matches!(watch.await.unwrap(), End::Succeeded(_)));
        assert!(start.elapsed() <= deadline, "it is the last poll");
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_just_after_the_deadline_is_waited_for() {
    for (latency, in_time) in [(19, true), (21, false)] {
        let transport = move |_: http::Request<Body>| async move {
            tokio::time::sleep(Duration::from_secs(latency)).await;
            says("success")
        };
        let client = builder("bots.kore.ai").transport(transport).build().unwrap();
        let (end, _, time) = watch(&client, Duration::from_secs(10)).await;
        assert_eq!(matches!(end, End::Succeeded(_)), in_time, "{end:?}");
        assert_eq!(time, Duration::from_secs(latency.min(20)));
    }
}

#[tokio::test]
async fn the_blocking_client_has_a_last_poll_too() {
    let (nth, pace) = (std::sync::atomic::AtomicUsize::new(0), Pacing::fixed(HOUR));
    let transport = move |_: http::Request<Body>| match nth.fetch_add(1, std::sync::atomic::Ordering::SeqCst)
    {
        0 => says("pending"),
        _ => says("success"),
    };
    let client = builder("bots.kore.ai").blocking_transport(transport).build_blocking().unwrap();
    let end = client.watch_import(&id()).deadline(Duration::from_secs(1)).pacing(pace).run();
    assert!(matches!(end, Ok(End::Succeeded(_))), "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_word_is_waited_on_by_default() {
    let (client, _) = client(|_| says("Finished"));
    let (end, _, _) = watch(&client, Duration::from_secs(60)).await;
    assert!(matches!(end, End::DeadlineReached(_)));
    let end = client.watch_import(&id()).word("finished", Outcome::Succeeded).await.unwrap();
    assert!(matches!(end, End::Succeeded(_)));
}

#[tokio::test(start_paused = true)]
async fn another_watch_resumes_from_the_token() {
    let (client, tokens) = client(|n| says(if n < 80 { "pending" } else { "success" }));
    let (end, _, _) = watch(&client, Duration::from_secs(60)).await;
    let token = end.resume().expect("the import has not ended").clone();
    let mut throttled = 0;
    let resumed = client.watch_import(&id()).resume(token).deadline(HOUR).on_event(|event| {
        throttled += u32::from(matches!(event, Event::Throttled { .. }));
    });
    assert!(matches!(resumed.await.unwrap(), End::Succeeded(_)));
    assert_eq!(tokens.lock().unwrap().len(), 81);
    // The second watch keeps its pace, so that the rate limit does not hold up each of its polls.
    assert!(throttled <= 40);
}

#[tokio::test]
async fn both_clients_watch_an_emulator() {
    let app = App::made_up();
    let imports = samples::each_outcome();
    let emulator = Emulator::builder().app(app.clone()).imports(imports).start().await.unwrap();
    let builder = || {
        Client::builder().host(emulator.url()).credentials(app.client_id().as_str(), app.secret().expose())
    };
    let ids = emulator.import_ids();
    let client = builder().build().unwrap();
    assert!(matches!(client.watch_import(&ids[0]).await.unwrap(), End::Succeeded(_)));
    let blocking = builder().build_blocking().unwrap();
    let failed = ids[2].clone();
    let end = tokio::task::spawn_blocking(move || blocking.watch_import(&failed).run()).await.unwrap();
    assert!(matches!(end.unwrap(), End::Failed(_)));
    // The one that runs ends while it is watched.
    let running = ids[1].clone();
    let watching = client.watch_import(&running).deadline(Duration::from_secs(30)).on_event(|event| {
        if matches!(event, Event::NextPoll { .. }) {
            emulator.hold(BotImport::new(running.clone(), Status::Success));
        }
    });
    assert!(matches!(watching.await.unwrap(), End::Succeeded(_)));
}
