use std::ffi::OsString;
use std::path::Path;

use kore_sdk::variables as environment;

use super::*;

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";

/// No file is there, so that the machine's own configuration does not count.
fn settings(
    identity: IdentityArgs,
    connection: ConnectionArgs,
    variables: &[(&'static str, &str)],
) -> Result<Settings, Failure> {
    let variables = variables.iter().map(|(name, value)| (*name, OsString::from(value)));
    let environment = Environment::from_iter(variables);
    let mut problems = Vec::new();
    let levels = [
        Level::of_flags(identity, connection),
        Level::of_environment(&environment, &mut problems),
        Level::default(),
    ];
    levels.iter().for_each(|level| level.check(&mut problems));
    let config = Some(Place {
        path: "/etc/kore.toml".into(),
        named: None,
        exists: true,
        profile: None,
        unchosen: Vec::new(),
    });
    match problems.into_iter().next() {
        Some(problem) => Err(problem.failure),
        None => Ok(Settings { levels, config, problems: Vec::new(), secret: OnceCell::new() }),
    }
}

fn with_profile(profile: &str, variables: &[(&'static str, &str)]) -> Settings {
    let mut settings =
        settings(IdentityArgs::default(), ConnectionArgs::default(), variables).expect("valid");
    let text = format!("[profiles.dev]\n{profile}");
    let mut config = config_file::parse(&text, Path::new("/conf/kore.toml")).expect("TOML");
    assert!(config.problems.is_empty(), "{profile}");
    let values = config.profiles.remove("dev").expect("the profile");
    settings.levels[2] = Level::of_profile("dev".to_owned(), values, Path::new("/conf"));
    settings
}

fn of(identity: IdentityArgs, variables: &[(&'static str, &str)]) -> Result<Identity, Failure> {
    settings(identity, ConnectionArgs::default(), variables)?.identity()
}

/// The kind of identity, and where it came from.
fn origins(identity: &Identity) -> String {
    match identity {
        Identity::Jwt(jwt) => jwt.origin.to_string(),
        Identity::Credentials(Credentials { id, secret }) => format!("{} + {}", id.origin, secret.origin),
    }
}

fn flag_id() -> IdentityArgs {
    IdentityArgs { client_id: Some("cs-flag".to_owned()), ..IdentityArgs::default() }
}

const PAIR: [(&str, &str); 2] = [(environment::CLIENT_ID, "cs-env"), (environment::CLIENT_SECRET, "hunter2")];

#[test]
fn a_jwt_of_the_environment_counts_before_its_credentials() {
    let all = [PAIR[0], PAIR[1], (environment::JWT, JWT)];
    assert_eq!(origins(&of(IdentityArgs::default(), &all).expect("valid")), "KORE_JWT");
}

#[test]
fn a_flag_counts_before_the_jwt_of_the_environment() {
    let all = [PAIR[0], PAIR[1], (environment::JWT, JWT)];
    assert_eq!(origins(&of(flag_id(), &all).expect("valid")), "--client-id + KORE_CLIENT_SECRET");
}

#[test]
fn a_profile_fills_what_the_environment_leaves_out() {
    let settings =
        with_profile("host = 'a.example'\nclient_id = 'cs-p'\nclient_secret = 'x'\njti = true", &PAIR[..1]);
    let identity = settings.identity().expect("valid");
    assert_eq!(origins(&identity), "KORE_CLIENT_ID + client_secret of profile dev");
    assert_eq!(settings.connection().expect("valid").host.origin.to_string(), "host of profile dev");
    assert!(settings.jti());
}

#[test]
fn the_environment_counts_before_the_profile() {
    let variables = [(environment::HOST, "b.example"), (environment::JTI, "0"), (environment::SUBJECT, "me")];
    let settings = with_profile("host = 'a.example'\njti = true\nsubject = 'you'", &variables);
    assert_eq!(settings.connection().expect("valid").host.value.to_string(), "https://b.example");
    assert!(!settings.jti());
    assert_eq!(settings.subject().as_deref(), Some("me"));
}

#[test]
fn paths_of_a_profile_are_relative_to_its_file() {
    let settings = with_profile("host = 'a.example'\nca_file = 'ca.pem'", &[]);
    let ca_file = settings.connection().expect("valid").ca_file.expect("set");
    assert_eq!(ca_file.value, PathBuf::from("/conf/ca.pem"));
}

#[test]
fn two_secrets_of_the_environment_are_a_conflict() {
    let both = [PAIR[1], (environment::CLIENT_SECRET_FILE, "/x")];
    let failure = of(IdentityArgs::default(), &both).err().expect("a conflict").to_string();
    assert!(failure.contains("KORE_CLIENT_SECRET and KORE_CLIENT_SECRET_FILE"), "{failure}");
    assert!(failure.contains("[unset one of the two]") && !failure.contains("hunter2"), "{failure}");
}

#[test]
fn an_empty_variable_is_unset() {
    let variables = [PAIR[0], PAIR[1], (environment::JWT, ""), (environment::CLIENT_SECRET_FILE, "")];
    assert!(matches!(of(IdentityArgs::default(), &variables), Ok(Identity::Credentials(_))));
}

#[test]
fn all_that_is_missing_is_named_at_once() {
    let settings = settings(IdentityArgs::default(), ConnectionArgs::default(), &[]).expect("valid");
    let failure =
        settings.complete(Some("kore import status bir-…"), true).expect_err("incomplete").to_string();
    assert!(
        failure.starts_with("no import id, no host, no client id and no client secret given"),
        "{failure}"
    );
    assert!(failure.contains("set KORE_HOST, KORE_CLIENT_ID and KORE_CLIENT_SECRET"), "{failure}");
    assert!(failure.contains("KORE_JWT") && failure.contains("/etc/kore.toml"), "{failure}");
}

#[test]
fn only_what_is_missing_is_named() {
    let settings =
        settings(flag_id(), ConnectionArgs::default(), &[(environment::HOST, "x")]).expect("valid");
    let failure = settings.complete(None, true).expect_err("incomplete").to_string();
    assert!(failure.starts_with("no client secret given [set KORE_CLIENT_SECRET, or"), "{failure}");
}

#[test]
fn a_jwt_is_three_or_five_parts_of_base64url() {
    for good in [JWT, "a.b.c\n", "a.b.c.d.e", "a..c.d.e"] {
        assert!(of(IdentityArgs::default(), &[(environment::JWT, good)]).is_ok(), "{good}");
    }
    for bad in
        ["hunter2", "a.b", "a.b.c.d", "a..c", "a.b.c=", "Bearer a.b.c", "a.b.c d", "\"a.b.c\"", "a.b.é"]
    {
        let failure = of(IdentityArgs::default(), &[(environment::JWT, bad)]).err().expect(bad).to_string();
        assert!(failure.starts_with("KORE_JWT is not a JWT: expected 3 parts"), "{failure}");
        assert!(!failure.contains("hunter2"), "{failure}");
    }
}

#[test]
fn a_flag_that_a_ready_token_cannot_obey_is_refused() {
    let jti = IdentityArgs { jti: true, ..IdentityArgs::default() };
    let failure = of(jti, &[(environment::JWT, JWT)]).err().expect("refused").to_string();
    assert!(failure.starts_with("--jti is for tokens that are signed here, and KORE_JWT is a ready one"));
}

#[test]
fn a_wrong_value_names_its_origin() {
    let failure =
        of(IdentityArgs::default(), &[(environment::CLIENT_ID, "x"), PAIR[1]]).err().expect("invalid");
    assert!(failure.to_string().starts_with("KORE_CLIENT_ID: not a client id"), "{failure}");
    let host = ConnectionArgs { host: Some("ftp://x".to_owned()), ..ConnectionArgs::default() };
    let settings = settings(IdentityArgs::default(), host, &[]).expect("read");
    let failure = settings.connection().err().expect("invalid").to_string();
    assert!(failure.starts_with("--host: not a host"), "{failure}");
    let failure =
        of(IdentityArgs::default(), &[(environment::JTI, "yes")]).err().expect("invalid").to_string();
    assert_eq!(failure, "KORE_JTI: expected 1 or 0, found \"yes\"");
}
