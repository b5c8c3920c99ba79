//! Chooses what of a watch goes to standard output and what to standard error, while it runs and at its
//! end.
//!
//! | `--output` | standard output | standard error on a terminal | else |
//! |---|---|---|---|
//! | human | the end on a terminal, else a line a change | the view | nothing |
//! | json | one document | the view | a line a change |
//! | ndjson | the events | the view, if they are not on a terminal | nothing |

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use kore_sdk::ImportEvent;
use kore_sdk::watch::Event;

use crate::args::WatchOutput;
use crate::exit::Exit;
use crate::output::{self, Lines, Live, Stream, Uploads, final_people, json, left_out};
use crate::watch::{Board, Ending, Shown};

pub(in crate::commands) struct Display {
    format: WatchOutput,
    /// For the events.
    entries: json::Entries,
    live: Option<Live>,
    lines: Option<(Lines, Stream)>,
    /// The end is told on the terminal that the view was on.
    people_at_end: bool,
}

impl Display {
    pub(in crate::commands) fn new(format: WatchOutput, timeout: Duration) -> Self {
        // A log on the same terminal would tear the view.
        let quiet = std::env::var_os("RUST_LOG").is_none_or(|filter| filter.is_empty());
        let is_screen = |stream: Stream| quiet && stream.is_screen();
        let (out, err) = (is_screen(Stream::Stdout), is_screen(Stream::Stderr));
        let live = match format {
            WatchOutput::Human if err => Some(Stream::Stderr),
            WatchOutput::Human if out => Some(Stream::Stdout),
            WatchOutput::Json if err => Some(Stream::Stderr),
            WatchOutput::Ndjson if err && !out => Some(Stream::Stderr),
            _ => None,
        };
        let lines = match format {
            WatchOutput::Human if !out => Some(Stream::Stdout),
            WatchOutput::Json if live.is_none() => Some(Stream::Stderr),
            _ => None,
        };
        Self {
            format,
            entries: json::Entries::default(),
            live: live.map(|stream| Live::new(stream, timeout)),
            lines: lines.map(|stream| (Lines::new(Instant::now()), stream)),
            people_at_end: format == WatchOutput::Human && out,
        }
    }

    /// How often [`tick_passed`](Self::tick_passed) is to be called.
    pub(in crate::commands) fn tick(&self) -> Duration {
        if self.live.is_some() { Live::TICK } else { Duration::from_secs(1) }
    }

    pub(in crate::commands) fn tick_passed(&mut self, board: &Board, now: Instant) {
        if let Some(live) = &self.live {
            live.draw(board, now);
        }
        self.lines(|lines, wall| lines.heartbeat(board, now, wall));
    }

    pub(in crate::commands) fn event<J: Shown>(
        &mut self,
        job: &J,
        event: &Event<J::Task>,
        body: &Bytes,
        now: Instant,
    ) {
        if self.format == WatchOutput::Ndjson
            && let Some(line) = self.entries.event::<J>(job.id(), event, body, now, SystemTime::now())
        {
            Stream::Stdout.line(&line, json::lines_left_out);
        }
        self.lines(|lines, wall| lines.event::<J>(job.id(), event, now, wall));
    }

    /// Says something of a job while it is not watched, for people.
    pub(in crate::commands) fn note(&mut self, text: &str) {
        match (&self.live, &self.lines) {
            (Some(live), _) => live.say(text),
            (None, Some(_)) => self.lines(|lines, wall| Some(lines.say(text, Instant::now(), wall))),
            (None, None) => Stream::Stderr.raw(format!("{text}\n")),
        }
    }

    /// The start of a job of a bot is sent next.
    pub(in crate::commands) fn starting(&mut self, words: &str) {
        if self.format == WatchOutput::Ndjson {
            Stream::Stdout.raw(json::starting(SystemTime::now()));
        }
        self.note(words);
        output::settle();
    }

    /// A job of a bot was accepted.
    pub(in crate::commands) fn started<J: Shown>(&mut self, job: &J, words: &str) {
        if self.format == WatchOutput::Ndjson {
            Stream::Stdout.raw(json::started(job, SystemTime::now()));
        }
        self.note(words);
        output::settle();
    }

    /// Something happened before the import was accepted, or it is accepted now.
    pub(in crate::commands) fn import_event(&mut self, uploads: &Uploads, event: &ImportEvent, now: Instant) {
        if self.format == WatchOutput::Ndjson
            && let Some(line) = json::import_event(event, now, SystemTime::now())
        {
            Stream::Stdout.raw(line);
        }
        let is_turn = matches!(event, ImportEvent::Starting | ImportEvent::Started { .. });
        if let Some(words) = uploads.words(event, now) {
            match &self.live {
                // No bar is drawn any more that could say why.
                Some(live) if uploads.is_starting() => live.say(&words),
                _ => self.lines(|lines, wall| Some(lines.say(&words, now, wall))),
            }
        }
        if is_turn {
            output::settle();
        }
    }

    pub(in crate::commands) fn upload_tick_passed(&mut self, uploads: &Uploads, now: Instant) {
        match &self.live {
            Some(live) if !uploads.is_starting() => live.draw_uploads(uploads, now),
            _ => self.lines(|lines, wall| lines.still(&uploads.still(), now, wall)),
        }
    }

    /// Takes the view away.
    pub(in crate::commands) fn clear(&self) {
        if let Some(live) = &self.live {
            live.clear();
        }
    }

    pub(in crate::commands) fn ended(&mut self, ending: &Ending, now: Instant) {
        if self.format == WatchOutput::Ndjson {
            self.entries.forget(&ending.id);
            Stream::Stdout.line(&json::ended(ending, SystemTime::now()), json::lines_left_out);
        }
        self.lines(|lines, wall| lines.ended(ending, now, wall));
    }

    fn lines<L: IntoIterator<Item = String>>(&mut self, made: impl FnOnce(&mut Lines, SystemTime) -> L) {
        let Some((lines, stream)) = &mut self.lines else { return };
        made(lines, SystemTime::now()).into_iter().for_each(|line| stream.line(&line, left_out));
    }

    /// Nothing is watched any more.
    pub(in crate::commands) fn all_over(&mut self, board: &Board, now: Instant) {
        match &self.live {
            Some(live) if self.people_at_end => live.clear(),
            Some(live) => live.settle(board, now),
            None => {}
        }
    }

    /// The end, on standard output; `exit` is the exit code that the documents tell.
    pub(in crate::commands) fn finish(
        &mut self,
        endings: &[Ending],
        exit: Exit,
        resume: Option<&str>,
        annotations: &str,
    ) {
        match self.format {
            WatchOutput::Human if self.people_at_end => {
                Stream::Stdout.styled(&final_people(endings, output::width()));
            }
            WatchOutput::Human => self.lines(|lines, wall| lines.total(endings, Instant::now(), wall)),
            WatchOutput::Json => Stream::Stdout.raw(json::final_json(endings, exit as u8, resume)),
            WatchOutput::Ndjson => Stream::Stdout.raw(json::finished(exit as u8, resume, SystemTime::now())),
        }
        // GitHub reads both, and a document stays one.
        let human = self.format == WatchOutput::Human;
        if human { Stream::Stdout } else { Stream::Stderr }.raw(annotations);
    }
}
