//! Where the identity comes from, and what counts before what.

use std::time::{Duration, SystemTime};

use kore_emulator::samples;
use kore_sdk::auth::{Claims, Credentials, Secret};

use crate::run::{CLIENT_ID, Kore, Platform, SECRET, USUAL};

/// Looks like a JWT, and nobody signed it.
const BAD_JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4IiwiYXBwSWQiOiJjcy0wZjBmIn0.c2lnbmF0dXJl";

fn platform() -> Platform {
    Platform::start(|emulator| emulator.import(samples::succeeded()))
}

/// Without credentials.
fn asking(platform: &Platform) -> Kore {
    let id = platform.emulator.import_ids()[0].clone();
    Kore::new(["import", "status", id.as_str()]).env("KORE_HOST", platform.emulator.url())
}

fn jwt(claims: Claims) -> String {
    let secret = Secret::new(SECRET).expect("not empty");
    let signer = Credentials::new(CLIENT_ID.parse().expect("a client id"), secret);
    signer.sign(&claims).expect("signs").expose().to_owned()
}

fn in_an_hour() -> SystemTime {
    SystemTime::now() + Duration::from_secs(3500)
}

#[test]
fn a_secret_may_come_from_a_file_or_from_standard_input() {
    let platform = platform();
    let content = format!("{SECRET}\r\n");
    let kore = || asking(&platform).args(["--client-id", CLIENT_ID]).file("secret", &content);
    let kore_with_flag = kore();
    let path = kore_with_flag.home().join("secret");
    kore_with_flag.arg("--client-secret-file").arg(path).succeeds();
    let kore_with_variable = kore();
    let path = kore_with_variable.home().join("secret");
    kore_with_variable.env("KORE_CLIENT_SECRET_FILE", path).succeeds();
    kore().args(["--client-secret-file", "-"]).stdin(content.as_bytes()).succeeds();
}

#[test]
fn a_secret_file_that_is_none_is_told_with_its_name() {
    let platform = platform();
    let kore = || asking(&platform).env("KORE_CLIENT_ID", CLIENT_ID);
    kore().args(["--client-secret-file", "/no/such"]).fails(2).says(&["--client-secret-file (/no/such)"]);
    kore().args(["--client-secret-file=~/x"]).fails(2).says(&["(~/x)", "did not expand ~: write $HOME"]);
    kore().env("KORE_CLIENT_SECRET_FILE", "~/x").fails(2).says(&["did not expand ~"]);
    kore().args(["--client-secret-file", "/"]).fails(2).says(&["cannot read the client secret"]);
    kore()
        .args(["--client-secret-file", "-"])
        .fails(2)
        .says(&["(standard input): the client secret is empty"]);
}

#[cfg(unix)]
#[test]
fn a_secret_file_that_all_can_read_is_taken_as_containers_mount_it() {
    let platform = platform();
    let kore = asking(&platform).env("KORE_CLIENT_ID", CLIENT_ID).file("secret", SECRET);
    kore.mode("secret", 0o444);
    let path = kore.home().join("secret");
    kore.env("KORE_CLIENT_SECRET_FILE", path).succeeds();
}

#[test]
fn a_ready_token_is_used_and_told_by_its_name_if_refused() {
    let platform = platform();
    let good = jwt(Claims::new("me", CLIENT_ID).expires_at(in_an_hour()));
    asking(&platform).env("KORE_JWT", good).succeeds();
    asking(&platform)
        .env("KORE_JWT", BAD_JWT)
        .fails(4)
        .says(&["check KORE_JWT", "the secret that signed it"]);
}

#[test]
fn a_token_that_has_ended_is_told_so() {
    let past = SystemTime::now() - Duration::from_secs(3 * 3600 + 60);
    let ended = jwt(Claims::new("me", CLIENT_ID).expires_at(past));
    asking(&platform()).env("KORE_JWT", ended).fails(4).says(&["the token of KORE_JWT ended 3 h ago"]);
}

#[test]
fn a_one_use_token_that_is_used_twice_is_told_so() {
    let platform = platform();
    let once = jwt(Claims::new("me", CLIENT_ID).expires_at(in_an_hour()).with_jti("once"));
    asking(&platform).env("KORE_JWT", &once).succeeds();
    asking(&platform).env("KORE_JWT", &once).fails(4).says(&["replay", "takes each token once", "KORE_JWT"]);
}

#[test]
fn a_ready_token_counts_before_credentials_and_a_flag_before_both() {
    let platform = platform();
    let both = || platform.status().env("KORE_JWT", BAD_JWT);
    both().fails(4);
    both().args(["--client-id", CLIENT_ID]).succeeds();
}

#[test]
fn an_empty_variable_is_unset() {
    platform().status().env("KORE_JWT", "").env("KORE_CLIENT_SECRET_FILE", "").env("KORE_JTI", "").succeeds();
}

#[test]
fn what_is_no_jwt_is_refused_and_not_shown() {
    let run = asking(&platform()).env("KORE_JWT", SECRET).fails(2);
    run.says(&["KORE_JWT is not a JWT", "hint: set the token alone"]);
}

#[test]
fn two_secrets_are_a_conflict() {
    let run = platform().status().env("KORE_CLIENT_SECRET_FILE", "/x").fails(2);
    run.says(&["KORE_CLIENT_SECRET and KORE_CLIENT_SECRET_FILE are both set", "hint: unset one"]);
}

#[test]
fn nothing_set_is_told_in_two_lines() {
    let run = Kore::new(["import", "status"]).fails(2);
    run.says(&["no import id, no host, no client id and no client secret given"]);
    run.says(&["set KORE_HOST, KORE_CLIENT_ID and KORE_CLIENT_SECRET (or KORE_JWT", USUAL]);
    let run = Kore::new(["import", "status", "bir-1"]).env("KORE_HOST", "x.example").fails(2);
    run.says(&["error: no client id and no client secret given", "hint: set KORE_CLIENT_ID and"]);
}

#[test]
fn a_secret_in_the_wrong_variable_is_not_shown() {
    let run = |name| Kore::status("http://127.0.0.1:9", "bir-1").env(name, SECRET);
    run("KORE_CLIENT_ID").fails(2).says(&["not a client id", "another start"]);
    let mut file = run("KORE_CLIENT_SECRET_FILE").env("KORE_CLIENT_SECRET", "");
    file.fails(2).says(&["cannot read the client secret", "hint: it names a file with the secret"]);
}
