//! How far the uploading and the start of an import are: a bar on a terminal, words for a log.

use std::time::Instant;

use kore_sdk::ImportEvent;

use super::row::Row;
use crate::bot_files::{BotFiles, bytes};
use crate::text::{number_of, word};
use crate::time::until;

/// How wide the bar is, in columns.
const BAR: usize = 30;

/// The state of an import before it is accepted.
#[derive(Debug)]
pub(crate) struct Uploads {
    /// `the bot st-…`
    target: String,
    /// Of each file: its length, and how much of it was sent.
    files: Vec<(u64, u64)>,
    /// The file that goes up.
    name: String,
    /// What is waited for, if something is.
    waiting: Option<(String, Instant)>,
    is_starting: bool,
}

impl Uploads {
    pub(crate) fn new(files: &BotFiles, target: String) -> Self {
        let files = files.files.iter().map(|file| (file.length, 0)).collect();
        Self { target, files, name: String::new(), waiting: None, is_starting: false }
    }

    pub(crate) fn event(&mut self, event: &ImportEvent) {
        self.waiting = None;
        match event {
            ImportEvent::Uploading { file, name, sent, .. } => {
                self.name = word(name);
                self.sent(*file, *sent);
            }
            ImportEvent::Uploaded { file, length, .. } => self.sent(*file, *length),
            ImportEvent::Waiting { because, until } => self.waiting = Some((word(because), *until)),
            ImportEvent::Starting => self.is_starting = true,
            _ => {}
        }
    }

    fn sent(&mut self, file: usize, bytes: u64) {
        if let Some((_, sent)) = self.files.get_mut(file) {
            *sent = bytes;
        }
    }

    /// Whether the start is on its way, so that the import may exist.
    pub(crate) fn is_starting(&self) -> bool {
        self.is_starting
    }

    /// `1.2 MB of 3.6 MB`
    fn amount(&self) -> String {
        let (length, sent) = self.totals();
        format!("{} of {}", bytes(sent), bytes(length))
    }

    fn totals(&self) -> (u64, u64) {
        self.files.iter().fold((0, 0), |(all, gone), (length, sent)| (all + length, gone + sent))
    }

    /// The words for an event, if it is worth a line.
    pub(crate) fn words(&self, event: &ImportEvent, now: Instant) -> Option<String> {
        Some(match event {
            ImportEvent::Uploading { name, sent: 0, length, .. } => {
                format!("uploading {} ({})", word(name), bytes(*length))
            }
            ImportEvent::Uploaded { name, .. } => format!("uploaded {}", word(name)),
            ImportEvent::Waiting { because, until: then } => {
                format!("{}; next try in {}", word(because), until(*then, now))
            }
            ImportEvent::Starting => format!("starting the import into {} …", self.target),
            ImportEvent::Started { import_id, .. } => format!("started {import_id}"),
            _ => return None,
        })
    }

    /// Words for a log that is silent for too long.
    pub(crate) fn still(&self) -> String {
        match self.is_starting {
            true => "still waiting for the response to the start".to_owned(),
            false => format!("still uploading: {}", self.amount()),
        }
    }

    /// The row of a terminal.
    pub(crate) fn row(&self, now: Instant) -> Row {
        let (length, sent) = self.totals();
        let filled = usize::try_from(sent * BAR as u64 / length.max(1)).unwrap_or(BAR).min(BAR);
        let bar = format!("{}{}", "█".repeat(filled), "░".repeat(BAR - filled));
        let files = number_of(self.files.len(), "file");
        let row =
            Row::default().plain(&format!("uploading {files}  {bar}  {}  {}", self.amount(), self.name));
        match &self.waiting {
            Some((because, then)) => row.plain(&format!("  {because}; next try in {}", until(*then, now))),
            None => row,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills_with_the_bytes_of_all_files() {
        let mut uploads = Uploads {
            target: "the bot st-1".to_owned(),
            files: vec![(1_000_000, 0), (2_000_000, 0)],
            name: String::new(),
            waiting: None,
            is_starting: false,
        };
        let shown = |uploads: &Uploads| uploads.row(Instant::now()).cut(200, false).0;
        let empty = format!("uploading 2 files  {}  0 bytes of 3.0 MB  ", "░".repeat(BAR));
        assert_eq!(shown(&uploads), empty);
        uploads.sent(0, 1_000_000);
        uploads.sent(1, 500_000);
        assert!(shown(&uploads).contains(&format!("{}{}  1.5 MB of 3.0 MB", "█".repeat(15), "░".repeat(15))));
        // What is sent again begins again.
        uploads.sent(0, 0);
        assert!(shown(&uploads).contains("500.0 kB of 3.0 MB"));
        uploads.sent(7, 1);
        assert!(!uploads.is_starting());
    }
}
