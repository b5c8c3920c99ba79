//! From when until when a token is valid, and that one with a `jti` is accepted once.

use super::*;

const TOO_LONG: &str = r#"error verifying the jwt: if "jti" claim "exp" must be <= 1 hour(s)"#;
const REPLAY: &str = "error verifying the jwt: possibly a replay";

fn claims(ends_in: u64) -> Claims {
    Claims::new("me", "cs-1f").expires_at(at(START + ends_in))
}

async fn with(strict: &Strict, claims: &Claims) -> (u16, String) {
    let answer = strict.send(&Ask { token: Some(signed(claims)), ..strict.ask() }).await;
    if answer.status() == 200 { (200, String::new()) } else { told(&answer) }
}

fn good() -> (u16, String) {
    (200, String::new())
}

#[tokio::test]
async fn a_token_is_valid_until_just_before_its_exp() {
    let strict = Strict::start().await;
    let nano = Duration::from_nanos(1);
    strict.at(Duration::from_secs(300) - nano);
    assert_eq!(with(&strict, &claims(300)).await, good());
    strict.at(Duration::from_secs(300));
    assert_eq!(with(&strict, &claims(300)).await, says(401, 4002, "Invalid SDK credentials"));
}

#[tokio::test]
async fn a_token_with_a_jti_may_last_an_hour_and_not_a_second_longer() {
    let strict = Strict::start().await;
    assert_eq!(with(&strict, &claims(3601).with_jti("a")).await, says(401, 401, TOO_LONG));
    assert_eq!(with(&strict, &claims(3600).with_jti("a")).await, good(), "a refused one is not used up");
    assert_eq!(with(&strict, &claims(3601)).await, good(), "only a jti has the limit");
    let endless = Claims::new("me", "cs-1f").with_jti("b");
    assert_eq!(with(&strict, &endless).await, says(401, 401, TOO_LONG));
    strict.at(Duration::from_secs(1));
    assert_eq!(with(&strict, &claims(3601).with_jti("c")).await, good());
}

#[tokio::test]
async fn a_second_use_is_a_replay_until_the_token_ends() {
    let strict = Strict::start().await;
    let once = claims(3600).with_jti("once");
    assert_eq!(with(&strict, &once).await, good());
    for seconds in [0, 1, 3599] {
        strict.at(Duration::from_secs(seconds));
        assert_eq!(with(&strict, &once).await, says(401, 401, REPLAY), "{seconds}");
    }
    strict.at(Duration::from_secs(3600));
    assert_eq!(with(&strict, &once).await, says(401, 4002, "Invalid SDK credentials"));
}

#[tokio::test]
async fn another_app_may_use_the_same_jti() {
    let strict = Strict::with(|builder| builder.app(app("cs-2e"))).await;
    let of = |app: &str| Claims::new("me", app).with_jti("once").expires_at(at(START + 60));
    assert_eq!(with(&strict, &of("cs-1f")).await, good());
    assert_eq!(with(&strict, &of("cs-2e")).await, good());
    assert_eq!(with(&strict, &of("cs-2e")).await, says(401, 401, REPLAY));
}

#[tokio::test]
async fn an_app_that_enforces_jti_wants_one_in_each_token() {
    let strict = Strict::with(|builder| builder.app(app("cs-2e").enforce_jti(true))).await;
    let of = Claims::new("me", "cs-2e").expires_at(at(START + 60));
    assert_eq!(with(&strict, &of).await, says(401, 401, TOO_LONG));
    assert_eq!(with(&strict, &of.with_jti("a")).await, good());
}

#[tokio::test]
async fn a_token_is_refused_before_its_nbf() {
    let strict = Strict::start().await;
    let soon = claims(300).not_before(at(START + 10));
    let refused = says(401, 4002, "Invalid SDK credentials");
    assert_eq!(with(&strict, &soon).await, refused);
    strict.at(Duration::from_secs(10));
    assert_eq!(with(&strict, &soon).await, good());
    strict.at(Duration::from_secs(9));
    assert_eq!(with(&strict, &soon).await, refused, "it is not good for ever because it once was");
}

#[tokio::test]
async fn a_request_with_two_tokens_is_refused_even_if_both_are_good() {
    let strict = Strict::start().await;
    let token = signed(&claims(300));
    // One that is kept as good, too.
    assert_eq!(with(&strict, &claims(300)).await, good());
    for second in [&*token, "", "nonsense"] {
        for tokens in [[&*token, second], [second, &*token]] {
            let id = &strict.emulator.import_ids()[0];
            let uri = format!("{}/api/public/bot/import/status/{id}", strict.emulator.url());
            let request = http::Request::get(uri).header("auth", tokens[0]).header("Auth", tokens[1]);
            let answer = strict.raw(request.body(Body::empty()).unwrap()).await;
            assert_eq!(told(&answer), says(401, 4002, "Invalid SDK credentials"), "{tokens:?}");
        }
    }
}
