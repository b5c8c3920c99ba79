//! Who wrote a response: the platform, or somebody on the way to it.

use super::*;
use crate::watch::Host;

#[test]
fn a_document_about_another_import_is_a_permanent_failure() {
    let mut pair = Pair::new(60 * SECOND);
    pair.poll();
    pair.respond("pending");
    pair.poll();
    let other = BotImport::new("bir-2".parse().expect("valid"), Status::Success);
    pair.respond_with(other);
    let End::CouldNotPoll { unended, .. } = pair.end() else { panic!("taken for this import") };
    assert_eq!(unended.last.and_then(|last| last.import.id), Some(id()));
}

fn page() -> Failure {
    Failure { origin: Some(Origin::Elsewhere), ..Failure::default() }
}

#[test]
fn a_page_means_a_wrong_host_until_the_host_has_responded_as_the_platform() {
    let mut pair = Pair::new(600 * SECOND);
    pair.poll();
    pair.fail(page());
    assert!(matches!(pair.end(), End::CouldNotPoll { .. }));

    let busy = Failure { is_retryable: true, origin: Some(Origin::Platform), ..Failure::default() };
    let proofs: [fn(&mut Pair, Failure); 2] = [|pair, _| pair.respond("pending"), Pair::fail];
    for prove in proofs {
        let mut pair = Pair::new(600 * SECOND);
        pair.poll();
        prove(&mut pair, busy.clone());
        for _ in 0..5 {
            pair.poll();
            pair.fail(page());
        }
        pair.poll();
        pair.respond("success");
        assert!(matches!(pair.end(), End::Succeeded(_)));
    }
}

#[test]
fn an_outage_does_not_prove_that_the_host_is_the_platform() {
    let mut pair = Pair::new(600 * SECOND);
    pair.poll();
    pair.fail(Failure { origin: Some(Origin::Elsewhere), ..transient() });
    pair.poll();
    pair.fail(page());
    assert!(matches!(pair.end(), End::CouldNotPoll { .. }));
}

#[test]
fn a_refusal_of_the_platform_is_permanent_whatever_came_before() {
    let mut pair = Pair::new(600 * SECOND);
    pair.poll();
    pair.respond("pending");
    pair.poll();
    pair.fail(Failure { origin: Some(Origin::Platform), ..Failure::default() });
    assert!(matches!(pair.end(), End::CouldNotPoll { .. }));
}

#[test]
fn watches_that_share_a_host_learn_from_each_other() {
    let now = start();
    let host = Host::default();
    let watch = |host: &Host| {
        let settings = Settings { host: host.clone(), ..Settings::default() };
        Pair::with(settings, 600 * SECOND, now)
    };
    let mut first = watch(&host);
    first.poll();
    first.respond("pending");
    let mut second = watch(&host);
    second.poll();
    second.fail(page());
    second.poll();
    let mut elsewhere = watch(&Host::default());
    elsewhere.poll();
    elsewhere.fail(page());
    assert!(matches!(elsewhere.end(), End::CouldNotPoll { .. }));
}

#[test]
fn a_token_carries_whether_the_host_is_the_platform() {
    for proven in [true, false] {
        let mut pair = Pair::new(600 * SECOND);
        pair.poll();
        if proven {
            pair.respond("pending");
        }
        pair.cancel();
        let now = pair.now;
        let End::Cancelled(unended) = pair.end() else { panic!("not cancelled") };
        let json = serde_json::to_string(&unended.resume).expect("a token is JSON");
        let token: ResumeToken<BotImportId> = serde_json::from_str(&json).expect("the same token");
        let mut pair = Pair::resume(&token, None, Settings::default(), now).expect("a poll is allowed");
        pair.poll();
        pair.fail(page());
        assert_eq!(matches!(pair.step(), Step::Wait(_)), proven, "{json}");
    }
}
