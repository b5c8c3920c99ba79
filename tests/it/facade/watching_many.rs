//! Waiting for many imports in one, on time that is paused.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use kore_sdk::protocol::{Body, Refusal};
use kore_sdk::transport::TransportError;
use kore_sdk::types::Status;
use kore_sdk::watch::{End, Event, Update};
use kore_sdk::{BotImport, BotImportId, Client};

use super::builder;

mod edges;

type Answer = Result<http::Response<Bytes>, TransportError>;

fn id(n: usize) -> BotImportId {
    format!("bir-{n}").parse().unwrap()
}

/// The import that a request asks for.
fn asked<B>(request: &http::Request<B>) -> BotImportId {
    request.uri().path().rsplit('/').next().unwrap().parse().unwrap()
}

fn says(id: BotImportId, status: Status) -> Answer {
    Ok(http::Response::new(serde_json::to_vec(&BotImport::new(id, status)).unwrap().into()))
}

/// What the platform of a test has counted.
#[derive(Default)]
struct Seen {
    under_way: AtomicUsize,
    most: AtomicUsize,
    polls: Mutex<HashMap<BotImportId, usize>>,
}

impl Seen {
    fn polls(&self, id: &BotImportId) -> usize {
        self.polls.lock().unwrap().get(id).copied().unwrap_or(0)
    }
}

/// Counts as a poll that is under way, until it is dropped.
struct UnderWay(Arc<Seen>);

impl UnderWay {
    fn begin(seen: &Arc<Seen>, id: &BotImportId) -> Self {
        *seen.polls.lock().unwrap().entry(id.clone()).or_default() += 1;
        let now = seen.under_way.fetch_add(1, SeqCst) + 1;
        seen.most.fetch_max(now, SeqCst);
        Self(Arc::clone(seen))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, SeqCst);
    }
}

/// A client whose platform takes 200 ms for the nth poll, from 1, of an import.
fn client(
    answer: impl Fn(BotImportId, usize) -> Answer + Send + Sync + Clone + 'static,
) -> (Client, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let noted = Arc::clone(&seen);
    let transport = move |request: http::Request<Body>| {
        let id = asked(&request);
        let under_way = UnderWay::begin(&noted, &id);
        let answer = answer.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let nth = under_way.0.polls(&id);
            answer(id, nth)
        }
    };
    (builder("bots.kore.ai").transport(transport).build().unwrap(), seen)
}

#[tokio::test(start_paused = true)]
async fn each_import_has_its_own_outcome() {
    let (client, seen) = client(|id, nth| match (id.as_str(), nth) {
        ("bir-0", _) => Ok(Refusal::InvalidRequestId.to_http()),
        ("bir-1", 5..) => says(id, Status::Failed),
        ("bir-2", 9..) => says(id, Status::Success),
        _ => says(id, Status::Pending),
    });
    let ids = [2, 0, 1, 3, 2].map(id);
    let ends = client.watch_imports(ids).deadline(Duration::from_secs(60)).await;
    let ids: Vec<_> = ends.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["bir-2", "bir-0", "bir-1", "bir-3"], "each once, in the order given");
    assert!(matches!(&ends[0].1, Ok(End::Succeeded(_))));
    assert!(matches!(&ends[1].1, Ok(End::CouldNotPoll { error, .. }) if error.is_not_found()));
    assert!(matches!(&ends[2].1, Ok(End::Failed(_))));
    assert!(matches!(&ends[3].1, Ok(End::DeadlineReached(_))));
    assert_eq!((seen.polls(&id(2)), seen.polls(&id(0))), (9, 1), "one poll for all who wait for it");
}

#[tokio::test(start_paused = true)]
async fn no_more_polls_are_under_way_than_allowed() {
    let (client, seen) = client(|id, nth| says(id, if nth < 4 { Status::Pending } else { Status::Success }));
    let ends = client.watch_imports((0..1000).map(id)).await;
    assert!(ends.len() == 1000 && ends.iter().all(|(_, end)| matches!(end, Ok(End::Succeeded(_)))));
    assert_eq!(seen.most.load(SeqCst), 64);
    let few = client.watch_imports((1000..1020).map(id)).concurrency(3.try_into().unwrap());
    seen.most.store(0, SeqCst);
    assert_eq!(few.await.len(), 20);
    assert_eq!(seen.most.load(SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn updates_are_a_stream_that_ends_after_the_last_end() {
    use futures_util::StreamExt as _;

    let (client, _) = client(|id, nth| says(id, if nth < 3 { Status::Pending } else { Status::Success }));
    let updates: Vec<_> = client.watch_imports([id(1), id(2)]).updates().collect().await;
    for n in [1, 2] {
        let of = |update: &&Update<BotImportId, _>| match update {
            Update::Event { job: of, .. } | Update::Ended { job: of, .. } => *of == id(n),
            _ => false,
        };
        let mine: Vec<_> = updates.iter().filter(of).collect();
        assert!(matches!(mine[0], Update::Event { event: Event::StatusChanged { before: None, .. }, .. }));
        assert!(matches!(mine[1], Update::Event { event: Event::NextPoll { .. }, .. }));
        assert!(matches!(mine.last(), Some(Update::Ended { end: Ok(End::Succeeded(_)), .. })));
        assert_eq!(mine.len(), 5, "{mine:?}");
        // The bytes stand beside the model, with each event and at the end.
        let body = |status| serde_json::to_vec(&BotImport::new(id(n), status)).unwrap();
        assert!(matches!(mine[0], Update::Event { body: came, .. } if *came == body(Status::Pending)));
        let Some(Update::Ended { end: Ok(end), .. }) = mine.last() else { unreachable!("it is the end") };
        assert_eq!(end.response().unwrap().body, body(Status::Success));
    }
}

#[tokio::test(start_paused = true)]
async fn imports_can_be_added_and_cancelled_midway() {
    let (client, seen) = client(|id, nth| match (id.as_str(), nth) {
        ("bir-9", 2..) => says(id, Status::Success),
        _ => says(id, Status::Pending),
    });
    let mut updates = client.watch_imports([id(1), id(2)]).updates();
    assert!(updates.next().await.is_some());
    updates.watch(&id(9));
    updates.watch(&id(2));
    updates.cancel(&id(1));
    assert_eq!(updates.len(), 2);
    let mut ends = HashMap::new();
    while let Some(update) = updates.next().await {
        if let Update::Ended { job: id, end } = update {
            let is_nine = id.as_str() == "bir-9";
            ends.insert(id, end.unwrap());
            if is_nine {
                updates.cancel_all();
            }
        }
    }
    assert!(matches!(ends[&id(1)], End::Cancelled(_)) && matches!(ends[&id(2)], End::Cancelled(_)));
    assert!(matches!(ends[&id(9)], End::Succeeded(_)));
    assert_eq!(seen.under_way.load(SeqCst), 0, "what is of no use is not waited for");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_watch_cancels_its_polls_which_still_count() {
    let (client, seen) = client(|id, _| says(id, Status::Pending));
    // Five watches, each dropped in the middle of a poll.
    for _ in 0..5 {
        let watch = client.watch_import(&id(1)).into_future();
        assert!(tokio::time::timeout(Duration::from_millis(2500), watch).await.is_err());
        assert_eq!(seen.under_way.load(SeqCst), 0, "a poll goes on after its watch");
    }
    let polls = seen.polls(&id(1));
    assert!(polls >= 10, "{polls}");
    // The next watch counts those polls too.
    let mut updates = client.watch_import(&id(1)).updates();
    let left = loop {
        match updates.next().await {
            Some(Update::Event { event: Event::NextPoll { left, .. }, .. }) => break left,
            Some(_) => {}
            None => panic!("it ended"),
        }
    };
    assert_eq!(left, [60 - polls as u32 - 1, 1800 - polls as u32 - 1]);
}

#[tokio::test(start_paused = true)]
async fn two_watches_of_one_import_share_its_rate_limit() {
    let (client, seen) = client(|id, _| says(id, Status::Pending));
    let watch = || client.watch_import(&id(1)).deadline(Duration::from_secs(59)).into_future();
    let (one, two) = tokio::join!(watch(), watch());
    assert!(matches!((one, two), (Ok(End::DeadlineReached(_)), Ok(End::DeadlineReached(_)))));
    // After the 60 of a minute the limit allows the last poll of each one within its time.
    assert_eq!(seen.polls(&id(1)), 62, "each alone would have sent 43");
}

#[tokio::test]
async fn the_blocking_client_watches_many_too() {
    let polls = Arc::new(Mutex::new(HashMap::<BotImportId, usize>::new()));
    let transport = move |request: http::Request<Body>| {
        let id = asked(&request);
        let nth = *polls.lock().unwrap().entry(id.clone()).and_modify(|n| *n += 1).or_insert(1);
        match (id.as_str(), nth) {
            ("bir-0", _) => Ok(Refusal::InvalidRequestId.to_http()),
            ("bir-7", _) => says(id, Status::Failed),
            (_, 2..) => says(id, Status::Success),
            _ => says(id, Status::Pending),
        }
    };
    let client = builder("bots.kore.ai").blocking_transport(transport).build_blocking().unwrap();
    let pace = kore_sdk::watch::Pacing::fixed(Duration::from_millis(1));
    let ids = (0..200).map(id);
    let told = Mutex::new(0);
    let ends = client.watch_imports(ids).pacing(pace).on_update(|_| *told.lock().unwrap() += 1).run();
    assert_eq!(ends.len(), 200);
    assert!(matches!(&ends[0].1, Ok(End::CouldNotPoll { error, .. }) if error.is_not_found()));
    assert!(matches!(&ends[7].1, Ok(End::Failed(_))));
    let succeeded = ends.iter().filter(|(_, end)| matches!(end, Ok(End::Succeeded(_))));
    assert_eq!(succeeded.count(), 198);
    // For most imports: first status, next poll, second status, end. Two have fewer.
    assert_eq!(told.into_inner().unwrap(), 198 * 4 + 1 + 2);
}

#[test]
fn a_blocking_watch_ends_at_its_deadline_though_its_poll_does_not() {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = Mutex::new(released);
    let transport = move |_: http::Request<Body>| {
        let _ = released.lock().unwrap().recv();
        says(id(1), Status::Success)
    };
    let client = builder("bots.kore.ai").blocking_transport(transport).build_blocking().unwrap();
    let end = client.watch_import(&id(1)).deadline(Duration::from_millis(30)).run();
    assert!(matches!(end, Ok(End::DeadlineReached(_))), "{end:?}");
    drop(release);
}
