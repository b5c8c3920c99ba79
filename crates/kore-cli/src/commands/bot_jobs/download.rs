//! `--out`: where the files of exports go, and how they get there once an export has succeeded.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kore_sdk::protocol::bot_export::{ExportRun, get_status};
use kore_sdk::types::Printable;
use kore_sdk::{BotId, Client, DownloadError, can_download_to};
use zip::ZipArchive;

use super::super::job_watch::Finish;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::file_name;
use crate::output::messages::warn;

/// Where the file of each bot goes.
pub(super) struct Download(Vec<(BotId, PathBuf)>);

impl Download {
    /// Found out before anything is sent. In a folder each file is named after its bot.
    pub(super) fn to(out: &Path, bots: &[BotId]) -> Result<Self, Failure> {
        let wrong = |what: String| Failure::usage(format!("--out {}: {what}", out.display()));
        let files: Vec<_> = match bots {
            _ if out.is_dir() => bots.iter().map(|bot| out.join(format!("{bot}.zip"))).collect(),
            [_] => vec![out.to_owned()],
            _ => return Err(wrong("expected a folder for the files of several bots".to_owned())),
        };
        if let Some(why) = file_name::refused(out).filter(|_| !out.is_dir()) {
            return Err(wrong(why));
        }
        // Found out here and not after the export: a file could be made there, but would not get its name.
        if !out.is_dir() && out.to_string_lossy().trim_end_matches('.').ends_with(std::path::is_separator) {
            return Err(wrong("expected a folder that exists, found none".to_owned())
                .hint("make the folder, or name the file"));
        }
        let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if out.file_name().is_none() && !out.is_dir() || !folder.is_dir() {
            let folder = folder.display();
            return Err(wrong(format!("expected a file in a folder that exists, found no folder {folder}")));
        }
        for file in &files {
            can_download_to(file).map_err(|error| Failure::new(Exit::Output, error))?;
        }
        Ok(Self(bots.iter().cloned().zip(files).collect()))
    }

    /// The files, for the check that no report replaces one.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.0.iter().map(|(_, file)| file.clone()).collect()
    }

    fn of(&self, run: &ExportRun) -> Option<&Path> {
        self.0.iter().find(|(bot, _)| *bot == run.bot_id).map(|(_, file)| &**file)
    }
}

impl Finish<ExportRun> for Option<&Download> {
    fn words(&self, run: &ExportRun) -> Option<String> {
        Some(format!("fetching the file of the export to {}", self.as_ref()?.of(run)?.display()))
    }

    /// From the address in the very document that told of the success.
    async fn finish(
        &self,
        client: &Client,
        run: &ExportRun,
        response: &get_status::Response,
        left: Duration,
    ) -> Result<Option<String>, Failure> {
        let Some(file) = self.and_then(|download| download.of(run)) else { return Ok(None) };
        if let Some(size) = response.export.file_size.as_ref().filter(|_| response.export.bytes().is_none()) {
            warn(&format!(
                "the size of the file is not checked: expected a number as fileSize, found {}",
                Printable::text(&size.to_string())
            ));
        }
        match client.download_export(&response.export, file).deadline(left).check(is_zip).await {
            Ok(bytes) => Ok(Some(format!("{} has the {bytes} bytes of the export", file.display()))),
            Err(error) => {
                let hint = if error.is_plain_http() {
                    "the export succeeded; kore export watch --out --allow-http fetches its file over plain HTTP"
                } else if error.is_no_response() || error.is_output() {
                    "the export succeeded; kore export watch --out fetches its file again"
                } else {
                    "the export succeeded; if its file is refused again, kore export run makes another"
                };
                Err(Failure::new(exit(&error), error).hint(hint))
            }
        }
    }
}

/// Whether a file opens as an archive. That of a bot always does.
fn is_zip(file: &Path) -> Result<(), String> {
    let file = File::open(file).map_err(|error| format!("it cannot be read: {error}"))?;
    let opened = ZipArchive::new(BufReader::new(file));
    opened.map(drop).map_err(|error| format!("expected a zip, found something else ({error})"))
}

fn exit(error: &DownloadError) -> Exit {
    match () {
        () if error.is_output() => Exit::Output,
        () if error.is_no_response() => Exit::NoResponse,
        () => Exit::OtherResponse,
    }
}
