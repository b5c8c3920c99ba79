//! kore-sdk as it is by default, beside a neighbour that chose `rust_crypto` and `ring`.

mod ours;
mod theirs;

#[tokio::main]
async fn main() {
    theirs::tokens();
    ours::works("aws-lc-rs").await;
    assert!(!theirs::is_installed(), "kore-sdk installs nothing");

    // The one collision that is known and documented: rustls finds two providers.
    std::panic::set_hook(Box::new(|_| {}));
    let panic = std::panic::catch_unwind(theirs::tls).expect_err("rustls 0.23 cannot choose between two");
    let _ = std::panic::take_hook();
    let words = panic.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).expect("words");
    assert!(words.to_lowercase().contains(include_str!("../collision.txt")), "{words}");

    // The way out that changes no feature.
    rustls::crypto::ring::default_provider().install_default().expect("the first");
    theirs::tls();
    theirs::tokens();
    ours::works("aws-lc-rs").await;
}
