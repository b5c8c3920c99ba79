//! What `kore export --help` and `kore publish --help` say behind the arguments.

pub(in super::super) const EXPORT: &str = "\
The status of an export names the bot alone, and is that of its last export. The one
that was started is known by its id: another one that came between is said, and is
no success. The file is fetched without the token, tried again within --timeout if it
is cut short, and has its name once it is whole.

--output json has \"exports\", and not_downloaded beside the outcomes that
kore import watch --help lists;
ndjson begins with starting and started (run: what --resume needs of it).

Exit codes:
  0  the export succeeded, and its file is there
  1  the export failed
  2  the arguments or the settings are wrong: nothing was started
  3  not over at the deadline, or its status is not known
  4  the platform refused the token or its scope
  5  another response than the one asked for, a status of another export, or a file
     that is refused, no zip, or of another size than the platform says
  6  no response, or a file that was cut short, may be a part, or came too slowly
  7  the file or another output could not be written
  8  the start was sent, and no certain response came
Signals, reports, --output and --resume: kore import watch --help

Example:
  kore export run st-… --out export/ --junit export.xml";

pub(in super::super) const PUBLISH: &str = "\
The status of a publish names the bot alone, and may still tell of the one before. It
is asked for before the start; an end counts only if it is not that one.

--output json has \"publishes\", and awaits_approval beside the outcomes that
kore import watch --help lists;
ndjson begins with starting and started (run: what --resume needs of it).

Exit codes:
  0  the publish succeeded
  1  the publish failed
  2  the arguments or the settings are wrong: nothing was started
  3  it awaits approval, or is not confirmed at the deadline
  4  the platform refused the token or its scope
  5  another response than the one asked for, or a status of another publish
  6  no response
  7  the output could not be written
  8  the start was sent, and no certain response came
Signals, reports, --output and --resume: kore import watch --help

Example:
  kore publish run st-… --comment \"Release 7\" --junit publish.xml";
