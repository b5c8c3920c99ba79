//! The configuration file.

use kore_emulator::samples;

use crate::run::{CLIENT_ID, CONFIG_HOME, Kore, Platform, SECRET, USUAL};

fn platform() -> Platform {
    Platform::start(|emulator| emulator.import(samples::succeeded()))
}

fn profile(platform: &Platform) -> String {
    let url = platform.emulator.url();
    format!("[profiles.dev]\nhost = '{url}'\nclient_id = '{CLIENT_ID}'\n")
}

fn asking(platform: &Platform) -> Kore {
    Kore::new(["import", "status", platform.emulator.import_ids()[0].as_str()])
}

#[test]
fn a_profile_is_chosen_by_flag_variable_or_default() {
    let platform = platform();
    let profile = profile(&platform) + &format!("client_secret = '{SECRET}'\n");
    asking(&platform).file(USUAL, &profile).args(["--profile", "dev"]).succeeds();
    asking(&platform).file(USUAL, &profile).env("KORE_PROFILE", "dev").succeeds();
    asking(&platform).file(USUAL, &format!("default_profile = 'dev'\n{profile}")).succeeds();
    asking(&platform).file(USUAL, &profile).fails(2).says(&["no host, no client id"]);
}

#[test]
fn the_file_may_be_elsewhere() {
    let platform = platform();
    let profile = format!("default_profile = 'dev'\n{}client_secret = '{SECRET}'\n", profile(&platform));
    let kore = asking(&platform).file("xdg/kore/config.toml", &profile);
    let xdg = kore.home().join("xdg");
    kore.env(CONFIG_HOME, &xdg).succeeds();
    let kore = asking(&platform).file("other.toml", &profile);
    let other = kore.home().join("other.toml");
    kore.env("KORE_CONFIG", &other).succeeds();
    let kore = asking(&platform).file("other.toml", &profile);
    let other = kore.home().join("other.toml");
    kore.env("KORE_CONFIG", "/no/such").arg("--config").arg(other).succeeds();
    asking(&platform).env("KORE_CONFIG", "/no/such").fails(2).says(&["no configuration file /no/such"]);
}

#[test]
fn a_secret_file_is_found_beside_the_configuration() {
    let platform = platform();
    let profile = profile(&platform) + "client_secret_file = 'secret'\n";
    let kore = asking(&platform).file(USUAL, &profile).file(".config/kore/secret", SECRET);
    kore.args(["--profile", "dev"]).succeeds();
}

#[test]
fn the_environment_counts_before_the_profile_and_a_flag_before_both() {
    let platform = platform();
    let profile = format!(
        "[profiles.dev]\nhost = 'http://127.0.0.1:1'\nclient_id = 'cs-x'\nclient_secret = '{SECRET}'\n"
    );
    let kore =
        || asking(&platform).file(USUAL, &profile).args(["--profile", "dev", "--client-id", CLIENT_ID]);
    kore().env("KORE_HOST", platform.emulator.url()).succeeds();
    let url = platform.emulator.url();
    kore().env("KORE_HOST", "http://127.0.0.1:2").args(["--host", &url]).succeeds();
    kore().fails(6).says(&["host of profile dev"]);
}

#[test]
fn a_profile_that_is_not_there_is_told_with_those_that_are() {
    let profiles = "[profiles.dev]\n[profiles.staging]\n";
    let kore = |name: &str| Kore::new(["import", "status", "bir-1", "--profile", name]);
    kore("prod")
        .file(USUAL, profiles)
        .fails(2)
        .says(&["--profile: there is no profile prod", "has: dev, staging"]);
    kore("prod").fails(2).says(&["there is no profile prod", "add [profiles.prod] to", USUAL]);
    let run = Kore::new(["import", "status", "bir-1"]).file(USUAL, "default_profile = 'x'\n").fails(2);
    run.says(&["default_profile: there is no profile x"]);
}

#[test]
fn profiles_of_which_none_is_chosen_are_named() {
    let run = Kore::new(["import", "status", "bir-1"])
        .file(USUAL, "[profiles.dev]\nhost = 'x'\n[profiles.staging]\n")
        .fails(2);
    run.says(&["config.toml has the profiles dev, staging: choose one with --profile, KORE_PROFILE"]);
    run.says(&["or set KORE_HOST, KORE_CLIENT_ID and KORE_CLIENT_SECRET"]);
    let one = "[profiles.dev]\n";
    Kore::new(["token"]).file(USUAL, one).fails(2).says(&["config.toml has the profile dev: choose"]);
    let chosen = Kore::new(["token", "--profile", "dev"]).file(USUAL, one).fails(2);
    assert!(chosen.stderr.contains(", or a profile in "), "{}", chosen.stderr);
}

#[test]
fn a_home_that_nothing_expanded_is_told() {
    let in_file = "[profiles.dev]\nhost = 'x'\nclient_id = 'cs-1'\nclient_secret_file = '~/secret'\n";
    Kore::new(["import", "status", "bir-1", "--profile", "dev"])
        .file(USUAL, in_file)
        .fails(2)
        .says(&["~/secret", "hint: ~ is not expanded in the configuration file"]);
    Kore::new(["token", "--config=~/kore.toml"]).fails(2).says(&["hint: the shell did not expand ~"]);
}

#[test]
fn a_typo_is_told_with_its_line_and_the_accepted_keys() {
    let kore = Kore::new(["import", "status", "bir-1"]).file(USUAL, "[profiles.dev]\nhots = 'x'\n");
    let mut kore = kore;
    kore.fails(2).says(&[USUAL, "line 2: unknown field `hots`", "`host`", "`client_secret_file`"]);
}

#[test]
fn a_broken_file_is_told_without_its_secret() {
    for line in [
        format!("client_secret = '{SECRET}"),
        format!("client_secret = {SECRET}"),
        format!("jwt = ['{SECRET}']"),
    ] {
        let mut kore =
            Kore::new(["import", "status", "bir-1"]).file(USUAL, &format!("[profiles.dev]\n{line}\n"));
        kore.fails(2).says(&["config.toml, line 2: "]);
    }
}

#[cfg(unix)]
#[test]
fn a_file_with_a_secret_must_be_readable_by_its_owner_alone() {
    let platform = platform();
    let with_secret = profile(&platform) + &format!("client_secret = '{SECRET}'\n");
    for mode in [0o644, 0o640, 0o604] {
        let kore = asking(&platform).file(USUAL, &with_secret);
        kore.mode(USUAL, mode);
        let run = kore.args(["--profile", "dev"]).fails(2);
        run.says(&["holds a secret", &format!("(mode {mode:04o})"), "hint: run: chmod 600 '/", USUAL]);
    }
    let kore = asking(&platform).file(USUAL, &profile(&platform)).env("KORE_CLIENT_SECRET", SECRET);
    kore.mode(USUAL, 0o644);
    kore.args(["--profile", "dev"]).succeeds();
}
