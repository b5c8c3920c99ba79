//! The log on standard error, when `RUST_LOG` asks for one: what the libraries trace, with tokens masked.

use std::io::{self, Write};

use kore_sdk::protocol::Excerpt;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::output::{Stream, left_out, messages};

pub(crate) fn start() {
    let Some(directives) = std::env::var_os("RUST_LOG").filter(|directives| !directives.is_empty()) else {
        return;
    };
    // Without `EnvFilter`, which brings regular expressions: nobody selects the fields of a span here.
    let filter = match directives.to_str().map(str::parse::<Targets>) {
        Some(Ok(filter)) => filter,
        Some(Err(error)) => return messages::warn(&format!("no log: RUST_LOG is not a filter: {error}")),
        None => return messages::warn("no log: RUST_LOG is not UTF-8"),
    };
    let colours = Stream::Stderr.has_colours();
    // That the log cannot be written is no reason to end.
    let lines = layer().with_writer(|| Masked).with_ansi(colours).log_internal_errors(false);
    tracing_subscriber::registry().with(lines).with(filter).init();
}

/// Standard error, without anything that looks like a token: what a server sends may be an echo,
/// and the libraries on the way log it.
struct Masked;

impl Write for Masked {
    /// One call is one line of the log.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        Stream::Stderr.line(&Excerpt::masked(&String::from_utf8_lossy(line)), left_out);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
