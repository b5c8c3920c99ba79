//! What `kore export` and `kore publish` ask for, read from the arguments.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};

use kore_sdk::BotId;
use kore_sdk::protocol::{bot_export, bot_publish};
use kore_sdk::types::{BotExportOrder, ExportType};

use crate::args::{ExportOf, PublishOf};
use crate::failure::Failure;
use crate::options_file;
use crate::plain_text::trimmed;
use crate::unexpanded::Unexpanded;

fn bot_id(argument: &OsStr) -> Result<BotId, Failure> {
    // What is not UTF-8 becomes U+FFFD here, which no id allows.
    let text = argument.to_string_lossy();
    Unexpanded::refuse(&text, "the bot id")?;
    BotId::new(trimmed(&text)).map_err(Failure::usage)
}

/// The bots that are named, each once.
pub(super) fn bots(arguments: &[OsString]) -> Result<Vec<BotId>, Failure> {
    let bots = arguments.iter().map(|argument| bot_id(argument)).collect::<Result<Vec<_>, _>>()?;
    let mut seen = HashSet::new();
    Ok(bots.into_iter().filter(|bot| seen.insert(bot.clone())).collect())
}

pub(super) fn publish_request(of: &PublishOf) -> Result<bot_publish::start::Request, Failure> {
    if of.comment.trim().is_empty() {
        return Err(Failure::usage("--comment: expected a text, found none"));
    }
    let mut request = bot_publish::start::Request::new(bot_id(&of.bot)?, &*of.comment);
    request.order.initiate_training = of.train.then_some(true);
    Ok(request)
}

pub(super) fn export_request(of: &ExportOf) -> Result<bot_export::start::Request, Failure> {
    let export_type = if of.published { ExportType::Published } else { ExportType::Latest };
    let mut request = bot_export::start::Request::new(bot_id(&of.bot)?, export_type);
    if let Some(path) = &of.options {
        let file = options_file::read(path)?;
        let named = file.get("exportType").map(|named| serde_json::from_str(&named).ok());
        if named.is_some_and(|named| named != request.order.export_type) {
            let shown = path.display();
            return Err(Failure::usage(format!(
                "--options {shown}: its exportType is not what is asked for"
            ))
            .hint("--published exports what was published; without it the latest state is exported"));
        }
        // Either the options, or the body that has them.
        let is_body = BotExportOrder::KEYS.iter().any(|key| file.get(key).is_some());
        request.exact = Some(if is_body { file } else { file.under("exportOptions") });
    }
    Ok(request)
}
