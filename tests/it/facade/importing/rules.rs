//! Which requests of an import are sent again, and which are not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Response, StatusCode};
use kore_sdk::protocol::Refusal;
use kore_sdk::protocol::bot_import::start_existing;
use kore_sdk::transport::{Phase, TransportError};
use kore_sdk::{AcceptedImport, Error, ImportEvent, ImportFiles, ImportMode};
use tokio::time::Instant;

use super::double::{Answer, Double};
use super::{file, files};

async fn import(double: &Double) -> Result<AcceptedImport, Error> {
    double.client().import_bot(files()).into_bot("st-1".parse().unwrap(), ImportMode::Full).await
}

fn page(status: u16, body: &'static str) -> Answer {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    Ok(response)
}

fn lost() -> Answer {
    Err(TransportError::new(Phase::Exchange, "the connection was closed before an answer came"))
}

#[tokio::test(start_paused = true)]
async fn a_start_whose_answer_is_lost_or_foreign_is_sent_once_and_in_doubt() {
    let cut = || TransportError::cut_short(&Response::new(r#"{"_id":"bir-"#.into()));
    for (name, answer) in [
        ("reset", lost()),
        ("timeout", Err(TransportError::timeout(Phase::Exchange, "30 s for the whole request"))),
        ("cut short", Err(cut())),
        ("502 of a proxy", page(502, "<html>Bad Gateway</html>")),
        ("503 of a proxy", page(503, "")),
        ("504 of a proxy", page(504, "upstream timed out")),
        ("408 of a proxy", page(408, "")),
        ("403 of a firewall", page(403, "<html>blocked</html>")),
        ("429 of a proxy", page(429, "")),
        ("429 of a gateway with a page", page(429, "<html>slow down</html>")),
        ("429 of a gateway with JSON of its own", page(429, r#"{"message":"API rate limit exceeded"}"#)),
        ("401 with a login page", page(401, "<html>log in</html>")),
        ("404 of another host", page(404, "<html>not here</html>")),
        ("a login page", page(200, "<html>log in</html>")),
        ("an empty success", page(200, "")),
        ("a success without an id", page(200, r#"{"status":"pending"}"#)),
        ("a redirect", page(302, "")),
        ("500 of the platform", Ok(Refusal::InternalServerError.to_http())),
    ] {
        let double = Double::default().starts_answer([answer]);
        let error = import(&double).await.unwrap_err();
        assert!(error.may_have_started(), "{name}: {error}");
        assert!(
            error.to_string().contains("may have started") && error.to_string().contains("builder"),
            "{error}"
        );
        assert_eq!(double.starts().len(), 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_that_was_certainly_not_taken_is_sent_again() {
    let unprocessed = || Err(TransportError::new(Phase::Exchange, "REFUSED_STREAM").unprocessed());
    let limit_in_words = || {
        page(
            200,
            r#"{"errors":[{"msg":"Rate limit for this API has been reached. Please try again after some time."}]}"#,
        )
    };
    for (name, answer) in [
        ("no connection", Err(TransportError::new(Phase::Connect, "refused"))),
        ("no name", Err(TransportError::new(Phase::Dns, "x"))),
        ("a connection that timed out", Err(TransportError::timeout(Phase::Connect, "10 s"))),
        ("a stream that was refused", unprocessed()),
        ("429 of the platform", Ok(Refusal::MinuteLimit.to_http())),
        ("429 of the platform in words that are not known", page(429, r#"{"errors":[{"msg":"Later"}]}"#)),
        ("a rate limit in words", limit_in_words()),
        ("401 of a gateway", page(401, "")),
    ] {
        let double = Double::default().starts_answer([answer]);
        let accepted = import(&double).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(accepted.import_id.as_str(), "bir-1");
        assert_eq!(double.starts().len(), 2, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_that_the_platform_refuses_is_final_and_in_no_doubt() {
    for refusal in [
        Refusal::InvalidFileId,
        Refusal::InvalidStreamId,
        Refusal::InvalidArguments,
        Refusal::MethodNotAllowed,
        Refusal::WrongScope,
    ] {
        let double = Double::default().starts_answer([Ok(refusal.to_http())]);
        let error = import(&double).await.unwrap_err();
        assert!(!error.may_have_started(), "{error}");
        assert_eq!(error.response().and_then(|response| response.refusal()), Some(refusal));
        assert_eq!(double.starts().len(), 1);
    }
    // A new token does not help an app that may not do it.
    let double =
        Double::default().starts_answer([page(403, r#"{"errors":[{"msg":"Not yours","code":403}]}"#)]);
    let error = import(&double).await.unwrap_err();
    assert!(error.is_auth() && !error.may_have_started() && double.starts().len() == 1, "{error}");
    let untrusted = || Err(TransportError::new(Phase::Tls, "the certificate is not trusted"));
    let double = Double::default().starts_answer([untrusted()]);
    let error = import(&double).await.unwrap_err();
    assert!(!error.may_have_started() && double.starts().len() == 1, "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once() {
    let refused = || Ok(Refusal::InvalidSdkCredentials.to_http());
    let double = Double::default().starts_answer([refused()]);
    import(&double).await.unwrap();
    assert_eq!(double.starts().len(), 2);
    let tokens = double.tokens();
    assert_eq!(tokens.len(), 4, "two uploads, two starts");

    let double = Double::default().starts_answer([refused(), refused()]);
    let error = import(&double).await.unwrap_err();
    assert!(error.is_auth() && !error.may_have_started() && error.attempts() == 2, "{error}");

    // The response after the renewal is judged like any other.
    let double = Double::default().starts_answer([refused(), lost()]);
    let error = import(&double).await.unwrap_err();
    assert!(error.may_have_started() && double.starts().len() == 2, "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_upload_is_sent_again_whatever_became_of_it_until_that_is_in_vain() {
    #[allow(clippy::type_complexity, reason = "each with its name")]
    let answers: [(&str, fn() -> Answer); 3] =
        [("reset", lost), ("503", || page(503, "")), ("429", || Ok(Refusal::MinuteLimit.to_http()))];
    for (name, bad) in answers {
        let sent = Arc::new(AtomicUsize::new(0));
        let counted = sent.clone();
        let double = Double::default().uploads_answer(move || match counted.fetch_add(1, Ordering::SeqCst) {
            0..3 => bad(),
            _ => page(200, r#"{"fileId":"f-1"}"#),
        });
        import(&double).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(sent.load(Ordering::SeqCst), 5, "{name}: three in vain, then one for each file");
    }
    let double = Double::default().uploads_answer(lost);
    let error = import(&double).await.unwrap_err();
    assert_eq!((error.attempts(), double.uploads().len(), double.starts().len()), (5, 5, 0));
    assert!(!error.may_have_started(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_told_before_it_begins_and_is_as_long_as_the_platform_asks() {
    let mut limited = Refusal::MinuteLimit.to_http();
    limited.headers_mut().insert("retry-after", "100".parse().unwrap());
    let double = Double::default().starts_answer([Ok(limited)]);
    let told = Mutex::new(None);
    let began = Instant::now();
    let client = double.client();
    let import = client.import_bot(files()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
    let import = import.on_event(|event| {
        if let ImportEvent::Waiting { because, .. } = event {
            *told.lock().unwrap() = Some((because.clone(), began.elapsed()));
        }
    });
    import.await.unwrap();
    let (because, at) = told.into_inner().unwrap().expect("it was told");
    assert!(because.contains("per-minute rate limit"), "{because}");
    assert!(at < Duration::from_secs(1) && began.elapsed() >= Duration::from_secs(100));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_the_deadline() {
    let down = || Err(TransportError::new(Phase::Connect, "refused"));
    let double = Double::default().starts_answer((0..100).map(|_| down()));
    let began = Instant::now();
    let client = double.client();
    let import = client.import_bot(files()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
    let error = import.deadline(Duration::from_secs(4)).await.unwrap_err();
    assert!(began.elapsed() <= Duration::from_secs(4), "{:?}", began.elapsed());
    assert!(!error.may_have_started() && error.transport().is_some(), "{error}");
    assert_eq!(double.starts().len(), 3, "at 0 s, after 1 s and after 2 s more");

    // An upload that hangs is given up.
    let double = Double::default().uploads_answer(|| Err(super::double::never()));
    let client = double.client();
    let import = client.import_bot(files()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
    let error = import.deadline(Duration::from_secs(4)).await.unwrap_err();
    assert!(error.is_timeout() && !error.may_have_started(), "{error}");

    // And so is a start, which is then in doubt.
    let double = Double::default().starts_answer([Err(super::double::never())]);
    let client = double.client();
    let import = client.import_bot(files()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
    let error = import.deadline(Duration::from_secs(4)).await.unwrap_err();
    assert!(error.is_timeout() && error.may_have_started(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_rate_limits_hold_for_uploads_of_a_client_and_starts_of_a_bot() {
    let double = Double::default();
    let client = double.client();
    let began = Instant::now();
    let mut many = ImportFiles::new(file("botDefinition.json"), file("config.json"));
    for n in 0..59 {
        many = many.function(file(&format!("{n}.js")));
    }
    let into = |files: ImportFiles, bot: &str| {
        client.import_bot(files).into_bot(bot.parse().unwrap(), ImportMode::Full)
    };
    into(many, "st-1").await.unwrap();
    assert_eq!(double.uploads().len(), 61);
    assert!(began.elapsed() >= Duration::from_secs(60), "the last upload waits");

    // Other requests of this client count too.
    tokio::time::sleep(Duration::from_secs(4000)).await;
    let id = || "5b".parse().unwrap();
    let start = start_existing::Request::new("st-2".parse().unwrap(), id(), id(), Vec::new(), None);
    for _ in 0..60 {
        client.send(&start).await.unwrap();
    }
    let waits = |bot: &'static str| {
        let waits = Arc::new(AtomicUsize::new(0));
        let counted = waits.clone();
        let import = into(files(), bot).on_event(move |event| {
            counted.fetch_add(usize::from(matches!(event, ImportEvent::Waiting { .. })), Ordering::SeqCst);
        });
        async move {
            import.await.unwrap();
            waits.load(Ordering::SeqCst)
        }
    };
    assert_eq!((waits("st-1").await, waits("st-2").await), (0, 1));
}
