//! What `kore import run --help` and `kore import start --help` say behind the arguments.

/// What both do with the files.
const FILES: &str = "\
A zip goes up as it is for a new bot. For one that exists it is opened here, as no
document names a field for a zip there. Before anything is sent the files are
checked: JSON can be read, the configuration is an object, a zip is not hostile;
sizes beyond what the builder's dialog takes are a warning. What a file holds is
never printed, since the values of variables may be secrets.

A start is sent once, as sending it twice would import twice. \"starting\" is
written before it is sent, and the id the moment it is known. If the connection
breaks between the two, the exit code is 8: the import may exist, no public call
lists imports, and the bot's page in the builder shows it. So a start that was sent
is awaited for its id: a minute beyond --timeout, and after a first signal too.";

const FAILURES: &str = "\
  2  the arguments, the settings or the files are wrong: nothing was started
  4  the platform refused the token or its scope
  5  another refusal, such as of a bot that does not exist
  6  no response while the files were uploaded
  8  the start was sent, and no certain response came: the import may exist";

pub(in super::super) fn start() -> String {
    let variables = super::variables(", in place of client id and secret");
    format!(
        "\
{variables}

{FILES}

Exit codes:
  0  the platform accepted the import, whose id is on standard output
{FAILURES}
  7  the output could not be written
  129, 130, 143  stopped by SIGHUP, by Ctrl-C, by SIGTERM

Examples:
  kore import start --new \"My bot\" export.zip
  kore import start --into st-… --options options.json export/ | kore import watch -"
    )
}

pub(in super::super) fn run() -> String {
    let variables = super::variables(", in place of client id and secret");
    format!(
        "\
{variables}

{FILES}

Once the import is accepted all is as with kore import watch: what is printed, the
reports, --timeout (which counts from the start of the command), the command that
resumes it, and the exit codes. --output ndjson has further events before those of
watch: uploading (file, length), uploaded (file, length, file_id), waiting
(because, until), starting, started (id).

Exit codes until the import is accepted:
{FAILURES}
Those from then on: kore import watch --help

Examples:
  kore import run --dry-run --into st-… --full export/
  kore import run --into st-… --full --yes --junit import.xml export/
  kore import run --new \"My bot\" appDefinition.json config.json icon.png functions.js"
    )
}
