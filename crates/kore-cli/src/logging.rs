//! The log on standard error, when `RUST_LOG` asks for one.

use tracing_subscriber::EnvFilter;

use crate::failure;

pub(crate) fn start() {
    let Some(directives) = std::env::var_os("RUST_LOG").filter(|directives| !directives.is_empty()) else {
        return;
    };
    let filter = match directives.to_str().map(EnvFilter::try_new) {
        Some(Ok(filter)) => filter,
        Some(Err(error)) => return failure::warn(&format!("no log: RUST_LOG is not a filter: {error}")),
        None => return failure::warn("no log: RUST_LOG is not UTF-8"),
    };
    let colours = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
}
