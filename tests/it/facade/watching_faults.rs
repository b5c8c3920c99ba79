//! Faults of the network and the platform during a watch, over real sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant, SystemTime};

use kore_emulator::{App, Emulator, Now, samples};
use kore_sdk::auth::{Claims, Credentials};
use kore_sdk::types::Status;
use kore_sdk::watch::{Backoff, End, Event, Pacing, Update};
use kore_sdk::{BotImport, BotImportId, Client, ClientBuilder, Error, StatusLog, Updates, Wait};
use tokio::io::AsyncWriteExt as _;

use super::{builder, id};
use crate::servers::Server;
use crate::servers::hostile::read_head;

const MOMENT: Duration = Duration::from_millis(1);

fn of(app: &App, emulator: &Emulator) -> ClientBuilder {
    builder(&emulator.url()).credentials(app.client_id().as_str(), app.secret().expose())
}

/// A watch that polls without a pause.
fn watch<'a>(client: &'a Client, id: &BotImportId) -> Wait<'a, Client, BotImportId> {
    client
        .watch_import(id)
        .deadline(Duration::from_secs(20))
        .pacing(Pacing::fixed(MOMENT))
        .backoff(Backoff::new(MOMENT, MOMENT))
}

fn running() -> BotImport {
    BotImport::new(id(), Status::Pending)
}

fn succeeded() -> BotImport {
    BotImport::new(id(), Status::Success)
}

/// Takes updates until one is as asked for.
async fn next_that(
    updates: &mut Updates<Client, BotImportId>,
    is: impl Fn(&Event<StatusLog>) -> bool,
) -> Event<StatusLog> {
    loop {
        match updates.next().await {
            Some(Update::Event { event, .. }) if is(&event) => return event,
            Some(Update::Event { .. }) => {}
            other => panic!("expected an event, found {other:?}"),
        }
    }
}

async fn end_of(mut updates: Updates<Client, BotImportId>) -> End<BotImportId, Error> {
    loop {
        if let Update::Ended { end, .. } = updates.next().await.expect("the last update is the end") {
            return end.expect("the rate limit has room");
        }
    }
}

fn is_next_poll(event: &Event<StatusLog>) -> bool {
    matches!(event, Event::NextPoll { .. })
}

fn is_retrying(event: &Event<StatusLog>) -> bool {
    matches!(event, Event::Retrying { .. })
}

#[tokio::test]
async fn a_connection_that_is_dropped_midway_is_made_again() {
    let polls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&polls);
    let server = Server::start(move |mut stream| {
        let counted = Arc::clone(&counted);
        async move {
            // Cut before the head, within it and within the body; then the whole response.
            read_head(&mut stream).await;
            let nth = counted.fetch_add(1, SeqCst);
            let body = serde_json::to_vec(&if nth < 5 { running() } else { succeeded() }).unwrap();
            let length = body.len();
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
            let answer = [head.as_bytes(), &body].concat();
            let sent = match nth {
                1 => 0,
                2 => 10,
                3 => answer.len() - 5,
                _ => answer.len(),
            };
            let _ = stream.write_all(&answer[..sent]).await;
        }
    });
    let client = builder(&server.url("")).build().unwrap();
    let mut updates = watch(&client, &id()).updates();
    for failures in 1..=3 {
        let event = next_that(&mut updates, is_retrying).await;
        assert!(matches!(event, Event::Retrying { failures: told, .. } if told == failures), "{event:?}");
    }
    assert!(matches!(end_of(updates).await, End::Succeeded(_)));
    assert_eq!(polls.load(SeqCst), 6);
}

#[tokio::test]
async fn a_restarted_server_is_found_again() {
    let app = App::made_up();
    let builder = || Emulator::builder().app(app.clone());
    let emulator = builder().import(running()).start().await.unwrap();
    let (client, port) = (of(&app, &emulator).build().unwrap(), emulator.address().port());
    let mut updates = watch(&client, &id()).updates();
    next_that(&mut updates, is_next_poll).await;
    emulator.stop().await;
    let event = next_that(&mut updates, is_retrying).await;
    assert!(matches!(&event, Event::Retrying { because, .. } if because.contains("connect")), "{event:?}");
    let _emulator = builder().port(port).import(succeeded()).start().await.unwrap();
    assert!(matches!(end_of(updates).await, End::Succeeded(_)));
}

#[tokio::test]
async fn each_poll_has_a_fresh_token_for_an_app_that_enforces_jti() {
    let app = App::made_up().enforce_jti(true);
    let emulator = Emulator::builder().app(app.clone()).import(running()).start().await.unwrap();
    let without = of(&app, &emulator).build().unwrap();
    let end = watch(&without, &id()).await.unwrap();
    assert!(matches!(&end, End::CouldNotPoll { error, .. } if error.is_auth()), "{end:?}");

    let client = of(&app, &emulator).jti(true).build().unwrap();
    let mut updates = watch(&client, &id()).updates();
    for _ in 0..10 {
        next_that(&mut updates, is_next_poll).await;
    }
    emulator.hold(succeeded());
    // A replay would have been refused, and have ended the watch.
    assert!(matches!(end_of(updates).await, End::Succeeded(_)));
}

/// An emulator that holds a running import, and whose clock on the wall is that many seconds fast.
async fn with_fast_clock(app: &App) -> (Emulator, Arc<AtomicU64>) {
    let fast = Arc::new(AtomicU64::new(0));
    let seconds = Arc::clone(&fast);
    let clock = move || Now {
        instant: Instant::now(),
        wall: SystemTime::now() + Duration::from_secs(seconds.load(SeqCst)),
    };
    let builder = Emulator::builder().app(app.clone()).import(running()).clock(clock);
    (builder.start().await.unwrap(), fast)
}

#[tokio::test]
async fn a_kept_token_that_expires_midway_is_replaced() {
    let app = App::made_up();
    let (emulator, fast) = with_fast_clock(&app).await;
    let client = of(&app, &emulator).token_lifetime(Duration::from_secs(300)).build().unwrap();
    let mut updates = watch(&client, &id()).updates();
    next_that(&mut updates, is_next_poll).await;
    // To the platform the token has ended, and the next one would have too: the clock goes back.
    fast.store(400, SeqCst);
    next_that(&mut updates, |event| *event == Event::TokenRenewed).await;
    fast.store(0, SeqCst);
    next_that(&mut updates, is_next_poll).await;
    emulator.hold(succeeded());
    assert!(matches!(end_of(updates).await, End::Succeeded(_)));
}

#[tokio::test]
async fn a_brought_token_that_expires_midway_ends_the_watch_with_the_last_document() {
    let app = App::made_up();
    let (emulator, fast) = with_fast_clock(&app).await;
    let claims =
        Claims::new("me", app.client_id().as_str()).expires_at(SystemTime::now() + Duration::from_secs(300));
    let credentials = Credentials::new(app.client_id().clone(), app.secret().clone());
    let token = credentials.sign(&claims).unwrap();
    let client = builder(&emulator.url()).token(token.expose()).build().unwrap();
    let mut updates = watch(&client, &id()).updates();
    next_that(&mut updates, is_next_poll).await;
    fast.store(400, SeqCst);
    let end = end_of(updates).await;
    let End::CouldNotPoll { error, unended } = end else { panic!("{end:?}") };
    assert!(error.is_auth() && unended.last.is_some_and(|last| !last.import.is_over()));
    assert!(unended.resume.left() > Duration::from_secs(1));
}

#[tokio::test]
async fn an_import_that_goes_back_to_pending_is_followed() {
    let app = App::made_up();
    let emulator = Emulator::builder().app(app.clone()).import(samples::running()).start().await.unwrap();
    let client = of(&app, &emulator).build().unwrap();
    let id = emulator.import_ids()[0].clone();
    let mut updates = watch(&client, &id).updates();
    next_that(&mut updates, is_next_poll).await;
    // A task that had succeeded runs again.
    let mut back = samples::running();
    back.status_logs.as_mut().unwrap().items[0].status = Some(Status::Pending);
    emulator.hold(back);
    let event = next_that(&mut updates, |event| !is_next_poll(event)).await;
    let Event::TaskChanged { index: 0, before, entry } = &event else { panic!("{event:?}") };
    assert_eq!((&before.status, &entry.status), (&Some(Status::Success), &Some(Status::Pending)));
    // The first word that ends it ends the watch; what comes later is for the next one.
    let mut over = samples::running();
    over.status = Some(Status::Success);
    emulator.hold(over);
    assert!(matches!(end_of(updates).await, End::Succeeded(_)));
    emulator.hold(samples::running());
    let mut updates = watch(&client, &id).updates();
    let event = next_that(&mut updates, |event| matches!(event, Event::StatusChanged { .. })).await;
    assert!(matches!(event, Event::StatusChanged { now: Some(Status::Pending), .. }));
    next_that(&mut updates, is_next_poll).await;
    updates.cancel_all();
    assert!(matches!(end_of(updates).await, End::Cancelled(_)));
}

#[tokio::test]
async fn a_word_that_was_never_seen_is_shown_and_waited_on() {
    let app = App::made_up();
    let odd = BotImport::new(id(), Status::from("Verschoben"));
    let emulator = Emulator::builder().app(app.clone()).import(odd).start().await.unwrap();
    let client = of(&app, &emulator).build().unwrap();
    let mut updates = watch(&client, &id()).updates();
    let event = next_that(&mut updates, |event| matches!(event, Event::StatusChanged { .. })).await;
    let Event::StatusChanged { now: Some(word), .. } = event else { panic!("no word") };
    assert_eq!(word.as_str(), "Verschoben");
    next_that(&mut updates, is_next_poll).await;
    emulator.hold(succeeded());
    assert!(matches!(end_of(updates).await, End::Succeeded(_)));
}
