//! Encrypted tokens, from both clients to an emulator whose app enforces JWE.

use kore_emulator::{App, Emulator, samples};
use kore_sdk::auth::{ContentEncryption, Encrypter, JweContent, KeyEncryption, PublicJwk, Secret};
use kore_sdk::types::ClientId;

use super::{SECRET, builder};

async fn platform(jti: bool) -> Emulator {
    let secret = Secret::new(SECRET).expect("not empty");
    let app = App::new(ClientId::new("cs-1f").expect("valid"), secret).enforce_jwe(true).enforce_jti(jti);
    Emulator::builder().app(app).import(samples::succeeded()).start().await.expect("a free port")
}

fn encrypter(platform: &Emulator) -> Encrypter {
    let jwk = PublicJwk::parse(platform.jwk().expect("an app enforces JWE")).expect("a key");
    Encrypter::new(&jwk).expect("it encrypts")
}

#[tokio::test(flavor = "multi_thread")]
async fn both_clients_are_admitted_with_all_pairs_and_not_without() {
    let platform = platform(true).await;
    let (url, id) = (platform.url(), platform.import_ids()[0].clone());
    let error = builder(&url).jti(true).build().expect("builds").bot_import_status(&id).await;
    assert!(error.expect_err("not encrypted").is_auth());

    for alg in KeyEncryption::ALL {
        for enc in ContentEncryption::ALL {
            let encrypter = encrypter(&platform).algorithms(alg, enc).expect("the key is for both");
            let builder = builder(&url).jti(true).encrypt_tokens(encrypter);
            let client = builder.clone().build().expect("builds");
            // Twice, so that a jti that came again would be refused.
            for _ in 0..2 {
                client.bot_import_status(&id).await.expect("admitted");
            }
            let id = id.clone();
            let blocking = tokio::task::spawn_blocking(move || {
                builder.build_blocking().expect("builds").bot_import_status(&id).map(drop)
            });
            blocking.await.expect("no panic").expect("admitted");
        }
    }
}

#[tokio::test]
async fn a_kept_token_is_encrypted_and_the_kid_may_have_its_prefix() {
    let platform = platform(false).await;
    let id = platform.import_ids()[0].clone();
    let kid =
        PublicJwk::parse(platform.jwk().expect("a key")).expect("a key").kid().expect("an id").to_owned();
    for encrypter in [encrypter(&platform), encrypter(&platform).kid(format!("k-{kid}")).cty(true)] {
        let client = builder(&platform.url()).encrypt_tokens(encrypter).build().expect("builds");
        for _ in 0..2 {
            client.bot_import_status(&id).await.expect("admitted");
        }
    }
    for encrypter in [encrypter(&platform).kid("k-other"), encrypter(&platform).content(JweContent::Claims)] {
        let client = builder(&platform.url()).encrypt_tokens(encrypter).build().expect("builds");
        let error = client.bot_import_status(&id).await.expect_err("another key, or no signature");
        assert!(error.is_auth(), "{error}");
    }
}

#[tokio::test]
async fn an_emulator_has_a_key_only_if_an_app_enforces_jwe() {
    let emulator = Emulator::builder().app(App::made_up()).start().await.expect("a free port");
    assert_eq!(emulator.jwk(), None);
    let keys = [platform(false).await, platform(false).await].map(|it| it.jwk().map(str::to_owned));
    assert_ne!(keys[0], keys[1], "each has its own");
}

#[tokio::test]
async fn a_token_that_was_made_elsewhere_is_not_sent_plain() {
    let platform = platform(false).await;
    let builder = builder(&platform.url()).encrypt_tokens(encrypter(&platform)).token("a.b.c");
    let error = builder.build().expect_err("it cannot be encrypted");
    assert!(error.is_config() && error.to_string().contains("tokens are to be encrypted"), "{error}");
}
