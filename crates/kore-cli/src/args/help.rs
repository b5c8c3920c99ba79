//! What `--help` says behind the arguments: environment, exit codes, examples.

mod bot_jobs;
mod import_start;
mod import_watch;

pub(super) use bot_jobs::{EXPORT, PUBLISH};
pub(super) use import_start::{run, start};
pub(super) use import_watch::watch;
use kore_sdk::protocol::bot_import::get_status;

/// The exit codes but for 0.
const FAILURES: &str = "  1  with --exit-status: the import failed
  2  the arguments or the settings are wrong
  3  with --exit-status: the import has not ended, or its status is not known
  4  the platform refused the token or its scope
  5  another response than the one asked for: another refusal, a page of a proxy
     or a wrong host, or a status of another import (its _id is another bir-…)
  6  no response: name, connection, TLS, proxy or timeout
  7  the output could not be written";

/// Where the configuration file is if nothing else is said.
const USUAL: &str = match cfg!(windows) {
    true => r"kore\config.toml below %APPDATA%",
    false => "kore/config.toml below $XDG_CONFIG_HOME or ~/.config",
};

/// Who may read the file.
const PRIVATE: &str = match cfg!(windows) {
    true => "Who else can read a file with a secret in it is not checked on Windows.",
    false => "A file with a secret in it must be readable by you alone (chmod 600).",
};

pub(super) fn kore() -> String {
    format!(
        "\
Environment (an empty variable counts as unset):
  KORE_HOST                the environment's URL, such as https://bots.kore.ai
  KORE_CLIENT_ID           the client id (cs-…) of an app from the Admin Console
  KORE_CLIENT_SECRET       its secret, or
  KORE_CLIENT_SECRET_FILE  a file that holds it; set one of the two
  KORE_JWT                 a ready JWT, in place of client id and secret
  KORE_SUBJECT             the `sub` of tokens
  KORE_JTI=1               a one-use token for each request
  KORE_JWE_KEY_FILE        the platform's public key (JWK), to encrypt tokens to;
                           KORE_JWE_ALG, _ENC, _KID, _CONTENT, _CTY as the flags
  KORE_CA_FILE             certificate authorities in PEM, trusted beside the system's
  KORE_PROFILE             a profile of the configuration file
  KORE_CONFIG              the configuration file, in place of the usual one
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, NO_COLOR, RUST_LOG as elsewhere

Configuration file: {USUAL}
  default_profile = \"dev\"
  [profiles.dev]
  host = \"https://bots.kore.ai\"
  client_id = \"cs-…\"
  client_secret_file = \"secret.txt\"     # relative to this file
  Further keys: client_secret, jwt, subject, jti, jwe_key_file, jwe_alg, jwe_enc,
  jwe_kid, jwe_content, jwe_cty, ca_file, allow_http, timeout.
  {PRIVATE}

All of these files, and standard input, may be UTF-8 or UTF-16 with the line ends
of any system. A file with a secret holds it alone, on one line. A value that is
still a variable, $(NAME) or ${{{{ secrets.NAME }}}} for one, is refused.

A flag counts before the environment, the environment before the profile.
KORE_JWT counts before KORE_CLIENT_ID and KORE_CLIENT_SECRET; --client-id or
--client-secret-file count before KORE_JWT.

Exit codes, of imports, exports and publishes alike:
  0  done: what was asked for, or the job that was watched, succeeded
  1  the job failed
  2  the arguments or the settings are wrong
  3  the job is not over, awaits approval, or has a status that is not known
  4  the platform refused the token or its scope
  5  another response than the one asked for
  6  no response: name, connection, TLS, proxy or timeout
  7  the output could not be written
  8  run and start: the start was sent, and the job may exist
kore import status has 1 and 3 with --exit-status alone; the codes of signals
(129, 130, 143): kore import watch --help

Examples:
  kore demo
  kore import status bir-5f1c9a70-a0aa-52bb-acdf-f3aaaaaaaaaa
  kore import status --exit-status --output json bir-… > status.json
  kore import watch --timeout 1h --junit import.xml bir-…
  kore import run --into st-… --options options.json --junit import.xml export/"
    )
}

/// What flags cannot give.
fn variables(jwt: &str) -> String {
    format!(
        "\
Environment, beside the variables above:
  KORE_CLIENT_SECRET  the client secret itself, in place of a file that holds it
  KORE_JWT            a ready JWT{jwt}
All variables, the configuration file and what counts before what: kore --help"
    )
}

pub(super) fn status() -> String {
    let variables = variables(", in place of client id and secret");
    format!(
        "\
{variables}

Exit codes:
  0  the status was fetched; with --exit-status: and the import succeeded
{FAILURES}
The exit status is that of the import as a whole: if the platform says that it
succeeded, tasks of it that failed are a warning.

Examples:
  export KORE_HOST=https://bots.kore.ai
  export KORE_CLIENT_ID=cs-… KORE_CLIENT_SECRET_FILE=secret.txt
  kore import status bir-…
  pass show kore | kore import status --client-secret-file - bir-…
  kore import status --exit-status bir-… || echo \"not imported: $?\""
    )
}

pub(super) fn token() -> String {
    let path = get_status::METADATA.path.fill(&["bir-5f1c9a70"]);
    let variables = variables(": there is nothing to sign then");
    format!(
        "\
{variables}

Exit codes: 0 the token is on standard output, 2 the arguments or the settings
are wrong, 7 it could not be written.

Example:
  curl -H \"auth: $(kore token)\" \\
    \"$KORE_HOST{path}\""
    )
}

pub(super) fn config() -> String {
    let variables = variables(", in place of client id and secret");
    format!(
        "\
{variables}

The name of a setting is its key in a profile. Nothing is sent without --check,
and of a secret only where it is from is shown.
--check asks for the status of an import that does not exist: the platform looks
at the token and its scope before it refuses the id. It asks once.

--output json:
  {{\"exit_code\": 0, \"settings\": [
    {{\"key\": \"host\", \"flag\": \"--host\" or null, \"variable\": \"KORE_HOST\" or null,
      \"state\": set, default, unset, missing or wrong, \"value\": text or null,
      \"is_secret\": false, \"origin\": null or {{\"source\": flag, variable, profile
      or file, \"name\": …, \"profile\": …, \"line\": …}}, \"overridden\": [other origins],
      \"note\": …, \"errors\": [{{\"message\": …, \"hint\": …}}]}}],
   \"proxies\": [{{\"variable\": \"HTTPS_PROXY\", \"value\": …}}],
   \"check\": null or {{\"request\": …, \"steps\": [{{\"step\": host, TLS, platform, token,
      scope or clock, \"result\": ok, failed, unknown or
      unused, \"detail\": …}}],
      \"warnings\": […]}}, \"errors\": [as above]}}

Exit codes:
  0  the settings are complete; with --check: the platform takes them
  2  a setting is missing or wrong; nothing was sent
  4, 5, 6  with --check: as for each call, see kore --help
  7  the output could not be written

Examples:
  kore config
  kore config --check --profile staging
  kore config --output json | jq -r '.settings[] | select(.state == \"wrong\").key'"
    )
}

pub(super) const EMULATOR: &str = "\
It prints what a client needs as lines for a POSIX shell (on Windows for
PowerShell, unless SHELL or MSYSTEM is set), then the imports that it holds, one
a line: one for each --scenario, in order; without any, one that succeeded (the
documented sample), one that runs and one that failed. The lines come all at
once, when it serves, and the imports are the last of them.

The lines set KORE_HOST, and KORE_CLIENT_ID with KORE_CLIENT_SECRET, or with
KORE_CLIENT_SECRET_FILE for the first --app; KORE_JTI for one that enforces JTI,
KORE_JWE_KEY_FILE if one enforces JWE: a JWK to encrypt to, for all of them;
KORE_CA_FILE with --tls. An --app has its secret in a file (`-` is standard
input), and its options are
  jti       tokens must have a jti, which is good for one request
  hs512     tokens are signed with HS512 in place of HS256; kore signs HS256
  jwe       tokens must be encrypted
  no-scope  it lacks the scopes of imports, exports and publishes
The files of --tls and jwe are in the temporary folder until the emulator is
stopped, and private keys are in no file; the certificate is for localhost and
the address.

Scenarios by name: documented-success, older-spelling, failure, stuck,
ten-thousand-tasks, unknown-words, demo-success, demo-failure; for exports and
publishes that a client starts, export-success, export-failure, export-stuck,
publish-success, publish-failure, publish-stuck, publish-awaiting-approval. What a file of
your own holds is documented with kore_emulator::Scenario, and what one of
faults holds with kore_emulator::Faults.

On the same port, /_emulator/ is a page that shows what happens and steers it,
and the same as JSON; kore_emulator documents it under \"Over HTTP\". With --state
every change that was acknowledged there outlives a crash at any moment; one
emulator has the file at a time, and a snapshot may be such a file.

Exit codes: 0 stopped by Ctrl-C, SIGTERM or SIGHUP (Windows: or Ctrl-Break), 2 it
could not start, 7 its lines could not be written.

Example:
  kore emulator > emulator.txt &
  until grep -q '^bir-' emulator.txt || ! kill -0 $!; do sleep 0.1; done
  eval \"$(grep '^export ' emulator.txt)\"
  kore import status \"$(grep -m 1 '^bir-' emulator.txt)\"";

pub(super) const COMPLETIONS: &str = "\
Examples:
  kore completions bash > ~/.local/share/bash-completion/completions/kore
  kore completions zsh > \"${fpath[1]}/_kore\"
  kore completions fish > ~/.config/fish/completions/kore.fish
  kore completions powershell | Out-String | Invoke-Expression  # in $PROFILE";

#[cfg(test)]
mod tests {
    #[test]
    fn the_help_names_each_scenario() {
        for name in kore_emulator::scenarios::names() {
            assert!(super::EMULATOR.contains(name), "{name}");
        }
    }
}
