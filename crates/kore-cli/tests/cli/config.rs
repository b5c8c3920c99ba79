//! `kore config`: what counts, where it came from, and what is wrong with it. Nothing is sent.

mod check;

use serde_json::Value;

use crate::run::{CLIENT_ID, Kore, Run, SECRET};
use crate::server::Server;

const USUAL: &str = ".config/kore/config.toml";

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";

const PROFILE: &str = "default_profile = 'dev'\n[profiles.dev]\nhost = 'a.example'\nclient_id = 'cs-p'\n\
                       subject = 'me'\ntimeout = '90s'\njti = true\n";

fn config() -> Kore {
    Kore::new(["config"])
}

/// With all that is needed.
fn complete() -> Kore {
    config().env("KORE_HOST", "b.example").env("KORE_CLIENT_ID", CLIENT_ID).env("KORE_CLIENT_SECRET", SECRET)
}

/// The one document, and its exit code.
fn document(kore: Kore) -> Value {
    let run = kore.args(["--output", "json"]).run();
    let document: Value = serde_json::from_str(&run.stdout).expect("one document");
    assert_eq!(document["exit_code"], run.code, "{}", run.stdout);
    document
}

fn setting<'a>(document: &'a Value, key: &str) -> &'a Value {
    let mut settings = document["settings"].as_array().expect("a list").iter();
    settings.find(|setting| setting["key"] == key).unwrap_or_else(|| panic!("no {key} in {document}"))
}

/// The line of a setting.
#[track_caller]
fn line<'a>(run: &'a Run, key: &str) -> Vec<&'a str> {
    let mut lines = run.stdout.lines().map(|line| line.splitn(2, ' ').collect::<Vec<_>>());
    let line = lines.find(|line| line[0] == key).unwrap_or_else(|| panic!("no {key}: {}", run.stdout));
    line[1].split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn each_setting_is_shown_as_it_counts_and_with_where_it_came_from() {
    let run = complete().file(USUAL, PROFILE).args(["--client-id", "cs-f", "--jwe-cty"]).run();
    assert_eq!(run.code, 2, "--jwe-cty without a key: {}", run.stderr);
    assert_eq!(line(&run, "profile"), ["dev", "default_profile (line 1)"]);
    assert_eq!(line(&run, "host"), ["https://b.example", "KORE_HOST, before host of profile dev (line 3)"]);
    assert_eq!(
        line(&run, "client_id"),
        ["cs-f", "--client-id, before KORE_CLIENT_ID and client_id of profile dev (line 4)"]
    );
    assert_eq!(line(&run, "client_secret"), ["set, not shown", "KORE_CLIENT_SECRET"]);
    assert_eq!(line(&run, "subject"), ["me", "subject of profile dev (line 5)"]);
    assert_eq!(line(&run, "timeout"), ["1 min 30 s", "timeout of profile dev (line 6)"]);
    assert_eq!(line(&run, "jti"), ["true", "jti of profile dev (line 7)"]);
    assert_eq!(line(&run, "allow_http"), ["false", "default (--allow-http)"]);
    assert_eq!(line(&run, "ca_file"), ["-", "(--ca-file, KORE_CA_FILE)"]);
    run.says(&["error: --jwe-cty is for encrypted tokens, and no key is given"]);
    let silent = complete().succeeds();
    assert_eq!(silent.stderr, "");
}

#[test]
fn the_document_has_each_name_of_each_setting_as_the_command_takes_it() {
    let document = document(complete().file(USUAL, PROFILE));
    let help = |args: &[&str]| Kore::new(args).arg("--help").succeeds().stdout;
    let (all, config) = (help(&[]), help(&["config"]));
    let settings = document["settings"].as_array().expect("a list");
    for setting in settings {
        let key = setting["key"].as_str().expect("a text");
        if let Some(flag) = setting["flag"].as_str() {
            assert!(config.contains(&format!("{flag} <")) || config.contains(&format!("{flag}\n")), "{flag}");
        }
        if let Some(variable) = setting["variable"].as_str() {
            let short = variable.strip_prefix("KORE_JWE").unwrap_or(variable);
            assert!(all.contains(variable) || all.contains(short), "{variable}");
        }
        assert!(all.contains(key), "{key}");
        assert_eq!(setting["is_secret"], matches!(key, "client_secret" | "jwt"), "{key}");
    }
    // What the help lists as keys of a profile is all here.
    let keys = all.split("Further keys:").nth(1).and_then(|rest| rest.split('.').next()).expect("a list");
    for key in keys.split(',').map(str::trim).chain(["host", "client_id", "client_secret_file"]) {
        assert!(settings.iter().any(|setting| setting["key"] == key), "{key}");
    }
    let host = setting(&document, "host");
    assert_eq!((&host["state"], &host["value"]), (&"set".into(), &"https://b.example".into()));
    assert_eq!(
        (&host["origin"]["source"], &host["origin"]["name"]),
        (&"variable".into(), &"KORE_HOST".into())
    );
    assert_eq!(
        (&host["overridden"][0]["profile"], &host["overridden"][0]["line"]),
        (&"dev".into(), &3.into())
    );
}

#[test]
fn what_is_wrong_with_one_setting_hides_no_other() {
    let profile = "default_profile = 'dev'\n[profiles.dev]\ntimeout = 20\nhots = 'x'\nca_file = 'none.pem'\n";
    let run = config()
        .file(USUAL, profile)
        .env("KORE_HOST", "ftp://x")
        .env("KORE_CLIENT_ID", "nobody")
        .env("KORE_CLIENT_SECRET_FILE", "/no/such")
        .env("KORE_JTI", "yes")
        .env("KORE_JWE_KEY_FILE", "/no/key")
        .env("KORE_JWE_ALG", "RSA-OAEP-256")
        .env("KORE_JWE_CONTENT", "all")
        .run();
    assert_eq!(run.code, 2);
    for text in [
        "KORE_HOST: not a host",
        "KORE_CLIENT_ID: not a client id",
        "KORE_CLIENT_SECRET_FILE (/no/such)",
        "KORE_JTI: expected 1 or 0, found \"yes\"",
        "KORE_JWE_KEY_FILE (/no/key)",
        "KORE_JWE_ALG: expected one of RSA-OAEP, RSA1_5, found \"RSA-OAEP-256\"",
        "KORE_JWE_CONTENT: expected jwt or claims, found \"all\"",
        "line 3: timeout: the unit is missing: write \"20s\"",
        "line 4: unknown field `hots`",
        "none.pem): No such file",
    ] {
        assert!(run.stdout.contains(text), "expected {text:?} in: {}", run.stdout);
    }
    run.says(&[
        "error: wrong settings: config, host, client_id, client_secret_file, jti, jwe_key_file, jwe_alg, \
         jwe_content, ca_file, timeout\n",
    ]);
    let broken = complete().file(USUAL, "[profiles.dev\n").run();
    assert_eq!(broken.code, 2);
    assert!(broken.stdout.contains("config.toml, line 1: "), "{}", broken.stdout);
    assert_eq!(line(&broken, "host"), ["https://b.example", "KORE_HOST"]);
}

#[test]
fn the_timeout_has_both_its_flags() {
    let run = config().run();
    assert!(run.stdout.contains("(--timeout, --request-timeout for run and watch)"), "{}", run.stdout);
}

#[test]
fn what_is_missing_is_told_with_what_to_do() {
    let run = config().run();
    assert_eq!(run.code, 2);
    assert_eq!(line(&run, "host"), ["missing", "set --host, KORE_HOST, or host of a profile"]);
    assert_eq!(line(&run, "client_secret")[0], "missing");
    assert_eq!(line(&run, "client_secret_file")[0], "-");
    assert!(run.stdout.contains("note: there is no such file"), "{}", run.stdout);
    run.says(&["no host, no client id and no client secret given", "hint: set KORE_HOST, "]);
    let profiles = "[profiles.dev]\n[profiles.prod]\n";
    let run = config().file(USUAL, profiles).run();
    assert!(run.stdout.contains("note: none is chosen of dev, prod"), "{}", run.stdout);
    let run = complete().file(USUAL, profiles).env("KORE_PROFILE", "test").run();
    assert_eq!((run.code, line(&run, "profile")), (2, vec!["wrong", "KORE_PROFILE"]));
    let document = document(config());
    assert_eq!(setting(&document, "client_id")["state"], "missing");
    assert_eq!(document["errors"].as_array().expect("a list").len(), 1);
}

#[test]
fn what_does_not_count_is_told_with_what_counts() {
    let note = |kore: Kore, key: &str| setting(&document(kore), key)["note"].clone();
    let ready = || complete().env("KORE_JWT", JWT).env("KORE_JTI", "1");
    assert_eq!(note(ready(), "client_secret"), "not used: KORE_JWT counts before it");
    assert_eq!(note(ready(), "jti"), "not used: KORE_JWT is a ready token, and nothing is signed here");
    let flag = || ready().args(["--client-id", CLIENT_ID]);
    assert_eq!(note(flag(), "jwt"), "not used: --client-id counts before it");
    assert_eq!(note(flag(), "client_secret"), Value::Null);
    let file = "default_profile = 'dev'\n[profiles.dev]\nclient_secret_file = 'none'\n";
    let below = complete().file(USUAL, file);
    assert_eq!(note(below, "client_secret_file"), "not used: KORE_CLIENT_SECRET counts before it");
    let idle = complete().env("KORE_JWE_ALG", "RSA1_5");
    assert_eq!(note(idle, "jwe_alg"), "not used: no key is set that tokens could be encrypted with");
}

/// [`Kore::run`] looks for the secret and for tokens in all that is printed.
#[test]
fn no_secret_is_shown_wherever_it_stands() {
    for output in ["human", "json"] {
        let config = || config().args(["--output", output]);
        complete().args(["--output", output]).succeeds();
        config().env("KORE_HOST", "x").env("KORE_JWT", JWT).succeeds();
        for name in
            ["KORE_SUBJECT", "KORE_JWE_KID", "KORE_CLIENT_ID", "KORE_PROFILE", "KORE_CLIENT_SECRET_FILE"]
        {
            complete().args(["--output", output]).env(name, SECRET).run();
            complete().args(["--output", output]).env(name, format!("a {SECRET} b")).run();
            config().env(name, JWT).run();
        }
        config().env("KORE_CLIENT_SECRET_FILE", SECRET).run();
        let key_of_a_file =
            format!("default_profile = 'dev'\n[profiles.dev]\nclient_secret_file = '{SECRET}'\n");
        config().file(USUAL, &key_of_a_file).run();
        complete().args(["--output", output]).file(USUAL, &key_of_a_file).run();
        let secret =
            format!("default_profile = 'dev'\n[profiles.dev]\nclient_secret = '{SECRET}'\nsubject = 1\n");
        let shown = config().file(USUAL, &secret).run();
        assert!(shown.stdout.contains("client_secret of profile dev"), "{}", shown.stdout);
        let given =
            config().env("KORE_CLIENT_ID", CLIENT_ID).args(["--client-secret-file", "-", "--host", "x"]);
        let run = given.stdin(SECRET.as_bytes()).succeeds();
        assert!(run.stdout.contains("standard input"), "{}", run.stdout);
    }
}

#[test]
fn proxies_are_shown_without_user_and_password() {
    let proxied = || {
        complete()
            .env("HTTPS_PROXY", format!("http://user:{SECRET}@proxy.example:3128"))
            .env("no_proxy", "localhost")
            .env("ALL_PROXY", "")
    };
    let run = proxied().succeeds();
    assert_eq!(line(&run, "host"), ["https://b.example", "KORE_HOST"]);
    let table = run.stdout.split("\nProxies").nth(1).expect("a table");
    assert!(
        table.ends_with("\n  HTTPS_PROXY  http://proxy.example:3128\n  no_proxy     localhost\n"),
        "{table}"
    );
    let document = document(proxied());
    assert_eq!(document["proxies"].as_array().expect("a list").len(), 2);
    assert_eq!(document["proxies"][0]["value"], "http://proxy.example:3128");
    // One that cannot be used is told before anything is sent.
    let socks = complete().env("HTTPS_PROXY", "socks5://proxy.example").run();
    assert_eq!(socks.code, 2);
    socks.says(&["SOCKS", "hint: check HTTPS_PROXY"]);
}

#[test]
fn nothing_is_sent_unless_a_check_is_asked_for() {
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = asked.clone();
    let server = Server::start(move |_| {
        count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Vec::new()
    });
    let config = || complete().env("KORE_HOST", &server.url);
    config().succeeds();
    // A setting that is wrong is told before anything is sent.
    assert_eq!(config().arg("--check").env("KORE_JTI", "yes").run().code, 2);
    assert_eq!(config().arg("--check").env("KORE_CLIENT_SECRET", "").run().code, 2);
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 0);
}
