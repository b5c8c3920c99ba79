//! Unusual uses of a watch: it is prolonged, dropped, read late, moved between runtimes, or its
//! transport panics.

use kore_sdk::watch::Pacing;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn left_of(update: Option<Update<BotImportId, kore_sdk::Error>>) -> Option<[u32; 2]> {
    match update.expect("it goes on") {
        Update::Event { event: Event::NextPoll { left, .. }, .. } => Some(left),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_prolonged_during_a_poll_polls_again() {
    let nth = AtomicUsize::new(0);
    let transport = move |request: http::Request<Body>| {
        let hangs = nth.fetch_add(1, SeqCst) == 0;
        async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            says(asked(&request), Status::Success)
        }
    };
    let client = builder("bots.kore.ai").transport(transport).build().unwrap();
    let watch = client.watch_import(&id(1)).deadline(10 * SECOND).poll_timeout(9 * SECOND);
    let mut updates = watch.updates();
    assert!(tokio::time::timeout(8 * SECOND, updates.next()).await.is_err());
    updates.watch(&id(1));
    let update = updates.next().await;
    assert!(matches!(&update, Some(Update::Event { event: Event::Retrying { .. }, .. })), "{update:?}");
    let mut end = None;
    while let Some(update) = updates.next().await {
        end = Some(update);
    }
    assert!(matches!(&end, Some(Update::Ended { end: Ok(End::Succeeded(_)), .. })), "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn a_token_of_the_same_client_counts_no_poll_twice_and_starts_a_new_deadline() {
    let (client, seen) = client(|id, _| says(id, Status::Pending));
    let mut token = None;
    for _ in 0..6 {
        let mut watch = client.watch_import(&id(1)).deadline(600 * SECOND);
        watch = match token.take() {
            Some(token) => watch.resume(token),
            None => watch,
        };
        let end = watch.await.unwrap();
        assert!(matches!(end, End::DeadlineReached(_)));
        token = end.resume().cloned();
    }
    let polls = seen.polls(&id(1));
    assert!(polls > 600, "{polls}");
    // No time was left, and it is polled all the same.
    let mut updates = client.watch_imports([id(2)]).resume(token.unwrap()).updates();
    let mut told = std::collections::HashSet::new();
    while told.len() < 2 {
        match updates.next().await.expect("it goes on") {
            Update::Event { job: id, event: Event::NextPoll { .. }, .. } => _ = told.insert(id),
            Update::Ended { job: id, end } => panic!("{id}: {end:?}"),
            _ => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_in_time_counts_even_if_its_reader_is_late() {
    let (client, _) = client(|id, _| says(id, Status::Success));
    let mut updates = client.watch_imports([id(1), id(2)]).deadline(2 * SECOND).updates();
    // The status of the first; meanwhile the second is answered.
    assert!(updates.next().await.is_some());
    tokio::time::advance(3 * SECOND).await;
    let mut succeeded = 0;
    while let Some(update) = updates.next().await {
        succeeded += usize::from(matches!(update, Update::Ended { end: Ok(End::Succeeded(_)), .. }));
    }
    assert_eq!(succeeded, 2);
}

#[tokio::test(start_paused = true)]
async fn a_document_of_another_import_is_never_a_success() {
    let (client, seen) = client(|_, _| says(id(99), Status::Success));
    let end = client.watch_import(&id(1)).await.unwrap();
    let End::CouldNotPoll { error, unended } = end else { panic!("{end:?}") };
    assert!(error.is_other_job() && !error.is_retryable() && unended.last.is_none());
    assert_eq!(error.to_string(), "expected a response about bir-1, found one about bir-99");
    assert_eq!(seen.polls(&id(1)), 1);
}

#[tokio::test(start_paused = true)]
async fn single_calls_beside_a_watch_are_counted() {
    let (client, seen) = client(|id, _| says(id, Status::Pending));
    for _ in 0..25 {
        client.bot_import_status(&id(1)).await.unwrap();
    }
    let end = client.watch_import(&id(1)).deadline(50 * SECOND).pacing(Pacing::fixed(SECOND / 10)).await;
    assert!(matches!(end, Ok(End::DeadlineReached(_))));
    assert_eq!(seen.polls(&id(1)), 60);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_poll_is_no_longer_under_way() {
    let (client, seen) = client(|id, _| says(id, Status::Pending));
    let mut updates = client.watch_imports([id(1)]).concurrency(1.try_into().unwrap()).updates();
    for _ in 0..100 {
        assert!(tokio::time::timeout(SECOND / 1000, updates.next()).await.is_err());
        assert_eq!(seen.under_way.load(SeqCst), 1);
        updates.cancel(&id(1));
        assert_eq!(updates.next().await.map(|update| matches!(update, Update::Ended { .. })), Some(true));
        updates.watch(&id(1));
        if seen.polls(&id(1)) == 60 {
            break;
        }
    }
    assert_eq!((seen.most.load(SeqCst), seen.polls(&id(1))), (1, 60));
}

#[test]
fn a_watch_continues_in_another_runtime() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap()
    };
    let (client, _) = client(|id, nth| says(id, if nth < 5 { Status::Pending } else { Status::Success }));
    let (first, second) = (runtime(), runtime());
    let mut updates = client.watch_import(&id(1)).updates();
    let left = first.block_on(async {
        loop {
            if let Some(left) = left_of(updates.next().await) {
                // Until it waits, so that its timer belongs to this runtime.
                let waited = tokio::time::timeout(SECOND / 10, updates.next()).await;
                assert!(waited.is_err(), "{waited:?}");
                break left;
            }
        }
    });
    assert_eq!(left, [59, 1799]);
    drop(first);
    let end = second.block_on(async {
        let mut last = None;
        while let Some(update) = updates.next().await {
            last = Some(update);
        }
        last
    });
    assert!(matches!(end, Some(Update::Ended { end: Ok(End::Succeeded(_)), .. })), "{end:?}");
}

#[test]
fn a_blocking_poll_is_under_way_until_its_thread_ends() {
    let seen = Arc::new(Seen::default());
    let noted = Arc::clone(&seen);
    let transport = move |request: http::Request<Body>| {
        let id = asked(&request);
        let _under_way = UnderWay::begin(&noted, &id);
        std::thread::sleep(Duration::from_millis(20));
        says(id, Status::Success)
    };
    let client = builder("bots.kore.ai").blocking_transport(transport).build_blocking().unwrap();
    let watch = client.watch_imports((0..5).map(id)).poll_timeout(Duration::from_millis(1));
    let ends = watch.concurrency(1.try_into().unwrap()).run();
    assert!(ends.iter().all(|(_, end)| matches!(end, Ok(End::Succeeded(_)))));
    assert_eq!(seen.most.load(SeqCst), 1);
}

#[test]
fn a_panic_of_a_blocking_transport_is_a_failed_poll() {
    let transport = |_: http::Request<Body>| -> Answer { panic!("as it may") };
    let client = builder("bots.kore.ai").blocking_transport(transport).build_blocking().unwrap();
    let mut updates = client.watch_import(&id(1)).updates();
    let update = updates.next();
    let Some(Update::Event { event: Event::Retrying { because, .. }, .. }) = &update else {
        panic!("{update:?}")
    };
    assert!(because.contains("panicked"), "{because}");
}
