//! Encrypted tokens: `--jwe-key` and what belongs to it, as flags, variables and keys of a profile.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kore_emulator::samples;
use kore_sdk::auth::{Algorithm, Claims, Decrypter, Secret, Token, Verifier};

use crate::run::{CLIENT_ID, Kore, Platform, SECRET, USUAL, app};

const KEY: &str = include_str!("../../../kore-auth/tests/fixtures/pyjwt/rsa.private.pem");

fn server() -> Decrypter {
    Decrypter::rsa_pem(&Secret::new(KEY).expect("not empty")).expect("an RSA key").kid("de66-78")
}

fn jwk() -> String {
    server().public_jwk()
}

/// `kore token` in whose home the platform's public key is.
fn token(args: &[&str]) -> Kore {
    Kore::new(["token"])
        .args(args)
        .env("KORE_CLIENT_ID", CLIENT_ID)
        .env("KORE_CLIENT_SECRET", SECRET)
        .file("jwk.json", &jwk())
        .file(USUAL, "[profiles.dev]\njwe_key_file = '../../jwk.json'\njwe_enc = 'A256GCM'\n")
        .in_home()
}

/// The header and the content of the one line that it prints.
fn parts(mut kore: Kore) -> (String, Token) {
    let run = kore.run_unchecked();
    assert_eq!((run.code, &*run.stderr), (0, ""), "{}", run.stdout);
    let jwe = run.stdout.strip_suffix('\n').expect("a line");
    (header(jwe), server_of_any_kid().decrypt(jwe).expect("encrypted to the key"))
}

fn server_of_any_kid() -> Decrypter {
    Decrypter::rsa_pem(&Secret::new(KEY).expect("not empty")).expect("an RSA key")
}

fn header(jwe: &str) -> String {
    let header = jwe.split('.').next().expect("a part");
    String::from_utf8(URL_SAFE_NO_PAD.decode(header).expect("base64url")).expect("UTF-8")
}

fn claims(content: &Token) -> Claims {
    let verifier = Verifier::hmac(Algorithm::Hs256, &Secret::new(SECRET).expect("not empty")).expect("HS256");
    verifier.verify(content.expose(), SystemTime::now()).expect("signed with the secret")
}

#[test]
fn the_signed_token_is_encrypted_as_the_documents_have_it() {
    let (header, content) = parts(token(&["--jwe-key", "jwk.json", "--subject", "me"]));
    assert_eq!(header, r#"{"alg":"RSA-OAEP","enc":"A128CBC-HS256","kid":"de66-78","typ":"JWT"}"#);
    assert_eq!(claims(&content).sub, "me");
    let (_, content) = parts(token(&["--jwe-key", "jwk.json", "--jti"]));
    assert!(claims(&content).jti.is_some());
}

#[test]
fn variables_and_a_profile_say_the_same_as_flags() {
    let (header, content) = parts(
        token(&[])
            .env("KORE_JWE_KEY_FILE", "jwk.json")
            .env("KORE_JWE_ALG", "rsa1_5")
            .env("KORE_JWE_CTY", "1"),
    );
    assert!(header.starts_with(r#"{"alg":"RSA1_5","enc":"A128CBC-HS256""#), "{header}");
    assert!(header.ends_with(r#""typ":"JWT","cty":"JWT"}"#), "{header}");
    claims(&content);
    let (header, _) = parts(token(&["--profile", "dev", "--jwe-kid", "k-de66-78"]));
    assert_eq!(header, r#"{"alg":"RSA-OAEP","enc":"A256GCM","kid":"k-de66-78","typ":"JWT"}"#);
    let (header, _) = parts(token(&["--profile", "dev", "--jwe-enc", "A128GCM"]).env("KORE_JWE_ENC", "x"));
    assert!(header.contains(r#""enc":"A128GCM""#), "{header}");
}

#[test]
fn all_pairs_can_be_asked_for() {
    for alg in ["RSA-OAEP", "RSA1_5"] {
        for enc in ["A128CBC-HS256", "A128GCM", "A256GCM"] {
            let flags = ["--jwe-key", "jwk.json", "--jwe-alg", alg, "--jwe-enc", enc];
            let (header, content) = parts(token(&flags));
            assert!(header.starts_with(&format!(r#"{{"alg":"{alg}","enc":"{enc}","#)), "{header}");
            claims(&content);
        }
    }
}

#[test]
fn claims_alone_can_be_asked_for() {
    let (_, content) = parts(token(&["--jwe-key", "jwk.json", "--jwe-content", "claims"]));
    assert!(content.expose().starts_with(r#"{"sub":"kore-sdk","appId":"cs-0f0f","#), "not signed");
}

#[test]
fn a_key_that_is_none_is_told_with_its_place_and_not_shown() {
    let with = |name: &str, content: &str| token(&["--jwe-key", name]).file(name, content);
    with("a.json", "").fails(2).says(&[
        "error: --jwe-key (a.json): expected an RSA public key",
        "found nothing",
        "hint: ",
    ]);
    with("a.pem", KEY).fails(2).says(&["--jwe-key (a.pem)", "found PEM"]);
    let private = jwk().replace('{', "{\"d\":\"hunter2\",");
    let run = with("a.json", &private).run();
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("found a private key") && !run.stderr.contains("hunter2\""),
        "{}",
        run.stderr
    );
    token(&["--jwe-key", "none.json"]).fails(2).says(&["cannot read --jwe-key (none.json)"]);
    let mut variable = token(&[]).env("KORE_JWE_KEY_FILE", "$(JWK)");
    variable
        .fails(2)
        .says(&["cannot read KORE_JWE_KEY_FILE ($(JWK))", "hint: the variable $(JWK) stands there"]);
    let utf16: Vec<u8> = format!("\u{feff}{}", jwk()).encode_utf16().flat_map(u16::to_le_bytes).collect();
    parts(token(&["--jwe-key", "utf16.json"]).file_of("utf16.json", &utf16));
}

#[test]
fn a_value_that_is_none_is_told_with_its_place() {
    let with = |name: &str, value: &str| token(&["--jwe-key", "jwk.json", name, value]);
    with("--jwe-alg", "RSA-OAEP-256")
        .fails(2)
        .says(&["error: --jwe-alg: expected one of RSA-OAEP, RSA1_5, found \"RSA-OAEP-256\""]);
    with("--jwe-enc", "")
        .fails(2)
        .says(&["error: --jwe-enc: expected one of A128CBC-HS256, A128GCM, A256GCM, found \"\""]);
    with("--jwe-content", "jws")
        .fails(2)
        .says(&["error: --jwe-content: expected jwt or claims, found \"jws\""]);
    with("--jwe-kid", "${KID}").fails(2).says(&["error: --jwe-kid is the variable ${KID}"]);
    let mut variable = token(&["--jwe-key", "jwk.json"]).env("KORE_JWE_CTY", "yes");
    variable.fails(2).says(&["error: KORE_JWE_CTY: expected 1 or 0, found \"yes\""]);
    token(&["--jwe-enc", "A128GCM"])
        .fails(2)
        .says(&["error: --jwe-enc is for encrypted tokens, and no key is given", "hint: "]);
}

#[test]
fn a_ready_token_is_never_sent_plain_where_encryption_is_asked_for() {
    let host = "http://127.0.0.1:1";
    let status = |jwt: &str| {
        Kore::new(["import", "status", "bir-1"])
            .env("KORE_HOST", host)
            .env("KORE_JWT", jwt)
            .file("jwk.json", &jwk())
            .in_home()
    };
    let signed = "a.b.c";
    status(signed)
        .arg("--jwe-key=jwk.json")
        .fails(2)
        .says(&["error: --jwe-key is for tokens that are signed here, and KORE_JWT is a ready one"]);
    status(signed).env("KORE_JWE_KEY_FILE", "jwk.json").fails(2).says(&[
        "error: KORE_JWE_KEY_FILE asks for encrypted tokens, and KORE_JWT is a ready one that is not encrypted",
        "hint: ",
    ]);
    // It goes on to ask, and nobody is there.
    status("a.b.c.d.e").env("KORE_JWE_KEY_FILE", "jwk.json").fails(6);
}

/// The import that an emulator holds whose app enforces JWE, and what its client sets.
fn platform() -> (Platform, String) {
    let platform =
        Platform::of_app(app().enforce_jwe(true), |emulator| emulator.import(samples::succeeded()));
    let jwk = platform.emulator.jwk().expect("an app enforces JWE").to_owned();
    (platform, jwk)
}

#[test]
fn a_status_is_asked_with_encrypted_tokens_and_no_output_shows_anything_of_them() {
    let (platform, jwk) = platform();
    platform.status().fails(4).says(&["Invalid SDK credentials", "--jwe-key if JWE"]);
    let encrypted =
        || platform.status().file("jwk.json", &jwk).in_home().env("KORE_JWE_KEY_FILE", "jwk.json");
    encrypted().succeeds();
    // With all logs; a run of the tests looks for the secret and for each token, whose header is in it
    // too.
    let run = encrypted().env("RUST_LOG", "trace").succeeds();
    assert!(run.stderr.contains("kore.request"), "{}", run.stderr);
    let n = jwk.split("\"n\":\"").nth(1).expect("a modulus");
    assert!(!run.stderr.contains(&n[..40]), "{}", run.stderr);
    encrypted().arg("--jwe-kid=k-other").fails(4);
    encrypted().arg("--jwe-content=claims").fails(4);
    let id = platform.emulator.import_ids()[0].clone();
    let mut watch = Kore::watch(&platform.emulator.url(), &[id.as_str()])
        .file("jwk.json", &jwk)
        .in_home()
        .args(["--timeout", "1m", "--jti", "--jwe-key", "jwk.json"])
        .env("RUST_LOG", "trace");
    watch.succeeds();
}
