//! `kore demo`: imports two small bots into an emulator that runs inside this process, so that a newcomer
//! sees the whole job without an account: files go up, the import is started, it lives, and it ends.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use kore_emulator::{App, Emulator};
use kore_sdk::{Client, Error, ImportMode};

use super::import_start::{Asked, Mode, start};
use super::job_watch::{Display, Watch};
use crate::args::WatchOutput;
use crate::bot_files::{BotFile, BotFiles, Content, Role, Target};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Stream};
use crate::signals::Signals;
use crate::watch::exit_code;

/// The imports end long before.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A bot as an export writes it, as far as the emulator reads it.
const DEFINITION: &str = r#"{"localeData": {"en": {"name": "Shop"}}, "environmentVersionInfo": "9.1.7",
  "dialogs": [{"name": "Find a product"}, {"name": "Pay"}], "knowledgeTasks": [{"name": "Opening hours"}],
  "patterns": [{"name": "greeting"}], "unexportedTasks": []}"#;

const CONFIG: &str = r#"{"name": "Shop", "envVariables": [{"key": "currency", "value": "EUR"}]}"#;

/// An icon of one pixel.
const ICON: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x04\0\0\0\xb5\x1c\x0c\x02\
    \0\0\0\x0bIDATx\xdacd\xf8_\x0f\0\x02\x87\x01\x80\xebGz\xdb\0\0\0\0IEND\xaeB`\x82";

pub(crate) async fn demo() -> Result<Exit, Failure> {
    let app = App::made_up();
    let emulator = Emulator::builder()
        .app(app.clone())
        .start()
        .await
        .map_err(|error| Failure::usage(format!("cannot serve on 127.0.0.1: {error}")))?;
    // The emulator is here: no proxy is to see this.
    let client = Client::builder()
        .host(emulator.url())
        .user_agent(super::client::USER_AGENT)
        .credentials(app.client_id().clone(), app.secret().clone())
        .environment_proxies(false)
        .build()
        .map_err(|error| failure(&error))?;
    let mut signals = Signals::new().map_err(Signals::cannot)?;
    Stream::Stdout
        .styled("# An emulator of the platform runs inside this process; nothing leaves the machine.\n\n");
    Stream::Stdout.styled(
        "# 1. A small bot goes up, and its import is watched over a real socket, with signed\n\
         #    JWTs: its tasks appear one by one.\n# kore import run --new Shop shop/\n\n",
    );
    let asked = Asked {
        files: shop(DEFINITION),
        target: Target::New("Shop".to_owned()),
        mode: Mode::New("Shop".to_owned()),
        paths: Vec::new(),
    };
    if let Some(signal) = show(&client, &asked, &mut signals).await? {
        return Ok(signal);
    }
    let bot = emulator.bot_ids().pop().ok_or_else(|| Failure::usage("the emulator made no bot"))?;
    Stream::Stdout.styled(&format!(
        "# 2. The same bot again, whose export left a task out: which task failed, and why.\n\
         # kore import run --into {bot} --full shop/\n\n"
    ));
    let broken = DEFINITION.replace(r#""unexportedTasks": []"#, r#""unexportedTasks": [{"name": "Refund"}]"#);
    let asked = Asked {
        files: shop(&broken),
        target: Target::Into(bot.clone(), None),
        mode: Mode::Into(bot, Box::new(ImportMode::Full)),
        paths: Vec::new(),
    };
    if let Some(signal) = show(&client, &asked, &mut signals).await? {
        return Ok(signal);
    }
    Stream::Stdout.styled(
        "# For your own bots: kore import run --help\n\
         # For a server that stays: kore emulator --help\n",
    );
    emulator.stop().await;
    Ok(Exit::Success)
}

/// Imports, watches and says what the exit code would be; a signal ends it.
async fn show(client: &Client, asked: &Asked, signals: &mut Signals) -> Result<Option<Exit>, Failure> {
    let display = Mutex::new(Display::new(WatchOutput::Human, TIMEOUT));
    let (id, signal) = start(client, asked, TIMEOUT, signals, &display, &failure, |_, _| ()).await?;
    if signal.is_some() {
        return Ok(signal);
    }
    let mut display = display.into_inner().unwrap_or_else(PoisonError::into_inner);
    let watch = Watch {
        client,
        pacing: None,
        poll_timeout: None,
        timeout: TIMEOUT,
        fail_fast: false,
        tokens: &[],
        signal: None,
    };
    let (endings, signal) = watch.run(&[id], signals, &mut display, &failure, &()).await;
    let exit = signal.unwrap_or_else(|| exit_code(&endings));
    display.finish(&endings, exit, None, "");
    if signal.is_some() {
        return Ok(signal);
    }
    if let Some(failure) = output::drain() {
        return Err(failure);
    }
    Stream::Stdout.styled(&format!("\n# Its exit code would be {}.\n\n", exit as u8));
    Ok(None)
}

fn shop(definition: &str) -> BotFiles {
    let file = |role, name: &str, bytes: &[u8]| BotFile {
        role,
        name: name.to_owned(),
        length: bytes.len() as u64,
        content: Content::Bytes(Bytes::copy_from_slice(bytes)),
    };
    let files = vec![
        file(Role::Definition, "appDefinition.json", definition.as_bytes()),
        file(Role::Config, "config.json", CONFIG.as_bytes()),
        file(Role::Icon, "icon.png", ICON),
        file(Role::Functions, "functions.js", b"function total(cart) { return cart.sum; }\n"),
    ];
    BotFiles { files, left_out: Vec::new(), version: None, warnings: Vec::new(), paths: Vec::new() }
}

fn failure(error: &Error) -> Failure {
    let exit = if error.response().is_some() { Exit::OtherResponse } else { Exit::NoResponse };
    Failure::new(exit, error)
}
