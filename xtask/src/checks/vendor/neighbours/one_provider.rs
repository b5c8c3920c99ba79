//! kore-sdk with the documented line, beside a neighbour that chose `rust_crypto` and `ring`.

mod ours;
mod theirs;

#[tokio::main]
async fn main() {
    theirs::tokens();
    ours::works("ring").await;
    assert!(!theirs::is_installed(), "kore-sdk installs nothing");
    theirs::tls();
    ours::works("ring").await;
}
