//! A client that is set up by variables of the environment. The example `status` does so in a process.

use std::ffi::OsString;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Request;
use kore_sdk::ClientBuilder;
use kore_sdk::auth::unverified_claims;
use kore_sdk::protocol::Body;

use super::id;

const PAIR: [(&str, &str); 3] =
    [("KORE_HOST", " bots.kore.ai\r\n"), ("KORE_CLIENT_ID", "cs-1f"), ("KORE_CLIENT_SECRET", "hunter2\n")];

fn of(variables: &[(&str, &str)]) -> Result<ClientBuilder, kore_sdk::Error> {
    ClientBuilder::from_variables(|name| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
    })
}

/// The tokens of two calls.
async fn tokens(builder: ClientBuilder) -> [String; 2] {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = seen.clone();
    let client = builder.transport(move |request: Request<Body>| {
        noted.lock().unwrap().push(request.headers()["auth"].to_str().unwrap().to_owned());
        std::future::ready(Ok(http::Response::new(Bytes::from_static(b"{}"))))
    });
    let client = client.build().unwrap();
    assert_eq!(client.base_url().to_string(), "https://bots.kore.ai");
    for _ in 0..2 {
        client.bot_import_status(&id()).await.unwrap();
    }
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    seen.try_into().unwrap()
}

#[tokio::test]
async fn id_and_secret_sign_tokens() {
    let [one, other] = tokens(of(&PAIR).unwrap()).await;
    let claims = unverified_claims(&one).unwrap();
    assert_eq!((claims.app_id.as_str(), claims.sub.as_str(), claims.jti), ("cs-1f", "kore-sdk", None));
    assert_eq!(one, other);

    let more = [("KORE_SUBJECT", "me"), ("KORE_JTI", "1"), ("KORE_CLIENT_SECRET_FILE", "")];
    let [one, other] = tokens(of(&[&PAIR[..], &more].concat()).unwrap()).await;
    let claims = unverified_claims(&one).unwrap();
    assert_eq!((claims.sub.as_str(), claims.jti.is_some()), ("me", true));
    assert_ne!(one, other);
}

#[tokio::test]
async fn a_ready_token_counts_before_id_and_secret() {
    let variables = [&PAIR[..], &[("KORE_JWT", "a.b.c\n")]].concat();
    assert_eq!(tokens(of(&variables).unwrap()).await, ["a.b.c", "a.b.c"]);
}

#[tokio::test]
async fn secret_and_authorities_may_be_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let secret = path("secret", "hunter2\r\n");
    let file = [PAIR[0], PAIR[1], ("KORE_CLIENT_SECRET_FILE", &*secret)];
    tokens(of(&file).unwrap()).await;
    let empty = path("ca.pem", "");
    let error = of(&[&PAIR[..], &[("KORE_CA_FILE", &*empty)]].concat()).unwrap().build().unwrap_err();
    assert!(error.to_string().contains("CA bundle"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_file_that_would_hang_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe.to_str().unwrap(), "/dev/zero"] {
        let error = of(&[PAIR[0], PAIR[1], ("KORE_CLIENT_SECRET_FILE", path)]).expect_err("it is no file");
        assert!(error.is_config() && error.to_string().contains("expected a regular file"), "{error}");
    }
}

#[tokio::test]
async fn tokens_are_encrypted_if_a_key_is_set() {
    let key =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/kore-auth/tests/fixtures/rfc7516/a2.public.json");
    let jwe = [("KORE_JWE_KEY_FILE", key), ("KORE_JWE_ENC", "A128GCM"), ("KORE_JWE_KID", "k-1")];
    let [token, _] = tokens(of(&[&PAIR[..], &jwe].concat()).unwrap()).await;
    assert_eq!(token.split('.').count(), 5);
    // One that was encrypted elsewhere is sent as it is.
    let [token, _] = tokens(of(&[&PAIR[..], &jwe, &[("KORE_JWT", "a.b.c.d.e")]].concat()).unwrap()).await;
    assert_eq!(token, "a.b.c.d.e");
}

#[test]
fn what_is_wrong_is_told_with_its_variable_and_no_secret() {
    for (more, says) in [
        (
            ("KORE_CLIENT_SECRET_FILE", "/hunter2"),
            "KORE_CLIENT_SECRET and KORE_CLIENT_SECRET_FILE are both set",
        ),
        (("KORE_JTI", "yes"), "KORE_JTI: expected 1 or 0, found \"yes\""),
        (("KORE_CA_FILE", "/no/hunter2"), "KORE_CA_FILE: cannot read the file that it names: "),
        (("KORE_JWE_KEY_FILE", "/no/hunter2"), "KORE_JWE_KEY_FILE: cannot read the file that it names: "),
        (("KORE_JWE_ENC", "A128GCM"), "KORE_JWE_ENC is set: expected KORE_JWE_KEY_FILE beside it"),
    ] {
        let error = of(&[&PAIR[..], &[more]].concat()).unwrap_err();
        assert!(error.is_config() && error.to_string().starts_with(says), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    for (variables, says) in [
        (&PAIR[..2], "KORE_CLIENT_ID is set: expected KORE_CLIENT_SECRET beside it"),
        (&PAIR[2..], "KORE_CLIENT_SECRET is set: expected KORE_CLIENT_ID beside it"),
        (&[("KORE_CLIENT_ID", "x"), ("KORE_CLIENT_SECRET", "a\nb")], "KORE_CLIENT_SECRET: "),
    ] {
        let error = of(variables).unwrap_err();
        assert!(error.is_config() && error.to_string().starts_with(says), "{error}");
    }
    assert!(of(&[]).unwrap().build().unwrap_err().to_string().starts_with("no host is set"));
}
