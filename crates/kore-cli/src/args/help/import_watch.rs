//! What `kore import watch --help` says behind the arguments.

pub(in super::super) fn watch() -> String {
    let variables = super::variables(", in place of client id and secret");
    format!(
        "\
{variables}
  GITHUB_STEP_SUMMARY, GITHUB_ACTIONS
                      set by GitHub Actions: the summary is added to that of the
                      job, failed tasks become errors on the page of the run

Standard output has what --output says. The view is where a terminal is:
standard error, or else standard output. Off a terminal there is a line for each
change, and one after 30 s of silence.

--output json, at the end:
  {{\"exit_code\": 1, \"resume_command\": null or text, \"imports\": [
    {{\"id\": \"bir-…\", \"outcome\": …, \"message\": null or why not succeeded,
      \"elapsed_ms\": 5012, \"last\": the last document as it came, or null,
      \"resume\": null, or a token}}]}}
  outcome: succeeded, failed, deadline_reached, cancelled, could_not_look, or
  about_another if the last document was about another import.
--output ndjson, one a line, each with time and event, and id if it is of one import:
  status_changed (before, now), task_appeared (index, entry), task_changed
  (index, before, entry), task_vanished (index, entry), next_look (at, left),
  retrying (because, failures, at), throttled (until), token_renewed, ended (as
  an import above), not_written (lines) in place of those for which the reader
  was too slow, and at the end finished (exit_code, resume_command)

Output that nobody reads holds up nothing: the view drops frames, lines wait up
to 64 MiB, and those that do not fit are counted in their place. Of one document
at most 1000 tasks have a line, failures first; the end of a failed import names
up to 100 of its failures again. At the end a reader is waited for as long as it
takes something every 5 s.

A report replaces its file as a whole and keeps its mode and owner; where that
cannot be, it is written in place. A file that is read is never replaced. The summary on GitHub stays within 1 MiB.

Exit codes; where several apply, the first in this list counts:
  129, 130, 143  stopped by SIGHUP, by Ctrl-C, by SIGTERM, unless that was ignored
     at the start; a second Ctrl-C or SIGTERM ends it at once. On Windows 129 is
     a console that was closed and 143 Ctrl-Break or a shutdown
  2  the arguments or the settings are wrong
  1  an import failed
  4  the platform refused the token or its scope
  5  another response than the one asked for: another refusal, a page of a proxy
     or a wrong host, or a status of another import (its _id is another bir-…)
  6  no response: TLS or proxy, or none to any poll until the deadline
  3  an import was not over at the deadline, or its status is not known
  7  an output or a report could not be written, or not to its end
  0  all imports succeeded
Tried again until the deadline: no response; 408, 425, 429 and every 5xx but 501
and 505; and, once the host has answered as the platform does (with a status, or
an error in its form), a page, a redirect or an empty response, which is an
outage then. Before that it is a wrong host, said at once. --resume keeps what
was known of the host.
An import that cannot be polled does not stop the others, but for --fail-fast.
What did not end can be resumed: the command for it is printed on standard error.
It keeps the flags, begins --timeout anew (a longer one if the rate limits need
it) and stays within the rate limits: the time between two runs counts by the
clock of the machine, which is taken for right. The next verdict is one on all:
imports that ended without success are polled once more, by that command (which
leaves --fail-fast out then) and by --resume FILE. Those of a file that succeeded
are named and not polled; if all of them did, the exit code is 2.

There is no last poll after the deadline on a signal or with --fail-fast. A
process that was stopped past its deadline polls once more when it goes on.

Examples:
  kore import watch bir-…
  kore import watch --timeout 1h --junit import.xml bir-… bir-…
  jq -r '.[]._id' started.json | kore import watch --output json - > ended.json"
    )
}
