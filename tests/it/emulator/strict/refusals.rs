//! Each known error of the platform word for word, and which one wins if two apply.

use super::*;

/// Written out, and not taken from `Refusal`: this is the table of the documents and of the vendor's
/// tests, as far as the status call gives it.
#[tokio::test]
async fn each_known_error_is_given_to_the_letter() {
    let strict = Strict::start().await;
    let good = strict.ask();
    let with = |token: &str| Ask { token: Some(token.to_owned()), ..good.clone() };
    let no_scope = signed(&Claims::new("me", "cs-none"));
    let broken = signed_with("another", &Claims::new("me", "cs-1f"));
    let unknown = Ask { import: BotImportId::new("bir-unknown").unwrap(), ..good.clone() };
    for (ask, expected) in [
        (Ask { token: None, ..good.clone() }, says(401, 4002, "Invalid SDK credentials")),
        (with(&broken), says(401, 4002, "Invalid SDK credentials")),
        (with("nonsense"), says(401, 4002, "Invalid JWT token")),
        (with(&no_scope), says(401, 4002, "Permission denied. Scope is incorrect!")),
        (unknown, says(400, 400, "Invalid request ID")),
        (Ask { method: "POST", ..good.clone() }, says(405, 405, "Method Not Allowed")),
    ] {
        let answer = strict.send(&ask).await;
        assert_eq!(told(&answer), expected);
        assert_eq!(answer.headers()["content-type"], "application/json; charset=utf-8");
    }
    assert_eq!(strict.poll().await, None, "the good one is answered");
}

#[tokio::test]
async fn an_id_of_another_form_is_an_unknown_import() {
    let strict = Strict::start().await;
    for id in ["bir-", "st-1", "bir-..%2f..%2fx", "bir-%00", "bir-a%20b"] {
        let uri = format!("{}/api/public/bot/import/status/{id}", strict.emulator.url());
        let request = http::Request::get(uri).header("auth", strict.ask().token.unwrap());
        let answer = strict.raw(request.body(Body::empty()).unwrap()).await;
        assert_eq!(told(&answer), says(400, 400, "Invalid request ID"), "{id}");
    }
}

#[tokio::test]
async fn a_wrong_method_names_the_right_one_and_a_wrong_path_does_not() {
    let strict = Strict::start().await;
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = strict.send(&Ask { method, ..strict.ask() }).await;
        assert_eq!((answer.status().as_u16(), &answer.headers()["allow"]), (405, &"GET".parse().unwrap()));
    }
    for path in ["/", "/api/public/bot/import/status", "/api/public/bot/import/status/bir-1/x"] {
        let request = http::Request::post(format!("{}{path}", strict.emulator.url()));
        let answer = strict.raw(request.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status().as_u16(), answer.headers().get("allow")), (404, None), "{path}");
    }
}

/// Each row breaks one rule, and every one below it.
#[tokio::test]
async fn rules_are_checked_in_their_order() {
    let strict = Strict::start().await;
    for _ in 0..60 {
        assert_eq!(strict.poll().await, None);
    }
    let unknown = BotImportId::new("bir-unknown").unwrap();
    let bad = Ask { method: "POST", token: None, import: unknown };
    assert_eq!(told(&strict.send(&bad).await), refusal(Refusal::MethodNotAllowed));
    let bad = Ask { method: "GET", ..bad };
    assert_eq!(told(&strict.send(&bad).await), refusal(Refusal::InvalidSdkCredentials));
    let bad = Ask { token: Some("nonsense".to_owned()), ..bad };
    assert_eq!(told(&strict.send(&bad).await), refusal(Refusal::InvalidJwt));
    let bad = Ask { token: Some(signed(&Claims::new("me", "cs-none"))), ..bad };
    assert_eq!(told(&strict.send(&bad).await), refusal(Refusal::WrongScope));
    let bad = Ask { token: strict.ask().token, ..bad };
    assert_eq!(told(&strict.send(&bad).await), refusal(Refusal::InvalidRequestId));
    let bad = Ask { import: strict.ask().import, ..bad };
    assert_eq!(told(&strict.send(&bad).await), refusal(Refusal::MinuteLimit));
    let no_scope = Ask { token: Some(signed(&Claims::new("me", "cs-none"))), ..bad };
    assert_eq!(told(&strict.send(&no_scope).await), refusal(Refusal::WrongScope), "the limit comes last");
}
