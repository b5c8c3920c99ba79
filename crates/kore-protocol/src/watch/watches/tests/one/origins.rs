//! Who wrote what a poll got: the platform, somebody on the way, or the platform about another import.

use super::*;
use crate::watch::Host;

#[test]
fn a_document_about_another_import_is_a_failure_that_does_not_pass() {
    let mut pair = Pair::new(60 * SECOND);
    pair.look();
    pair.answer("pending");
    pair.look();
    let other = BotImport::new("bir-2".parse().expect("valid"), Status::Success);
    pair.respond(other);
    let End::CouldNotPoll { unended, .. } = pair.end() else { panic!("taken for this import") };
    assert_eq!(unended.last.and_then(|last| last.import.id), Some(id()));
}

fn page() -> Failure {
    Failure { origin: Some(Origin::Elsewhere), ..Failure::default() }
}

#[test]
fn a_page_is_a_wrong_host_until_the_host_has_answered_as_the_platform() {
    let mut pair = Pair::new(600 * SECOND);
    pair.look();
    pair.fail(page());
    assert!(matches!(pair.end(), End::CouldNotPoll { .. }));

    let busy = Failure { is_retryable: true, origin: Some(Origin::Platform), ..Failure::default() };
    let proofs: [fn(&mut Pair, Failure); 2] = [|pair, _| pair.answer("pending"), Pair::fail];
    for prove in proofs {
        let mut pair = Pair::new(600 * SECOND);
        pair.look();
        prove(&mut pair, busy.clone());
        for _ in 0..5 {
            pair.look();
            pair.fail(page());
        }
        pair.look();
        pair.answer("success");
        assert!(matches!(pair.end(), End::Succeeded(_)));
    }
}

#[test]
fn an_outage_is_no_proof_that_the_host_is_the_platform() {
    let mut pair = Pair::new(600 * SECOND);
    pair.look();
    pair.fail(Failure { origin: Some(Origin::Elsewhere), ..transient() });
    pair.look();
    pair.fail(page());
    assert!(matches!(pair.end(), End::CouldNotPoll { .. }));
}

#[test]
fn what_the_platform_itself_refuses_is_final_whatever_it_answered_before() {
    let mut pair = Pair::new(600 * SECOND);
    pair.look();
    pair.answer("pending");
    pair.look();
    pair.fail(Failure { origin: Some(Origin::Platform), ..Failure::default() });
    assert!(matches!(pair.end(), End::CouldNotPoll { .. }));
}

#[test]
fn what_one_watch_has_seen_of_the_host_holds_for_those_that_share_it() {
    let now = start();
    let host = Host::default();
    let watch = |host: &Host| {
        let settings = Settings { host: host.clone(), ..Settings::default() };
        Pair::with(settings, 600 * SECOND, now)
    };
    let mut first = watch(&host);
    first.look();
    first.answer("pending");
    let mut second = watch(&host);
    second.look();
    second.fail(page());
    second.look();
    let mut elsewhere = watch(&Host::default());
    elsewhere.look();
    elsewhere.fail(page());
    assert!(matches!(elsewhere.end(), End::CouldNotPoll { .. }));
}

#[test]
fn a_token_carries_that_the_host_is_the_platform() {
    for proven in [true, false] {
        let mut pair = Pair::new(600 * SECOND);
        pair.look();
        if proven {
            pair.answer("pending");
        }
        pair.cancel();
        let now = pair.now;
        let End::Cancelled(unended) = pair.end() else { panic!("not cancelled") };
        let json = serde_json::to_string(&unended.resume).expect("a token is JSON");
        let token: ResumeToken<BotImportId> = serde_json::from_str(&json).expect("the same token");
        let mut pair = Pair::resume(&token, None, Settings::default(), now).expect("a poll is allowed");
        pair.look();
        pair.fail(page());
        assert_eq!(matches!(pair.step(), Step::Wait(_)), proven, "{json}");
    }
}
