//! Below the facade nothing reads a clock, the environment or randomness, and nothing prints.

use super::Complaint;
use super::source::{Source, lines_with};

const BELOW: [&str; 4] = ["kore-types", "kore-auth", "kore-protocol", "kore-transport"];

const FORBIDDEN: [(&str, &str); 13] = [
    ("Instant::now", "reads a clock"),
    ("SystemTime::now", "reads a clock"),
    (".elapsed()", "reads a clock"),
    ("get_current_timestamp", "reads a clock"),
    ("env::", "reads the environment"),
    ("getrandom", "reads randomness"),
    ("rand::", "reads randomness"),
    ("thread_rng", "reads randomness"),
    ("eprint!", "prints"),
    ("eprintln!", "prints"),
    ("print!", "prints"),
    ("println!", "prints"),
    ("dbg!", "prints"),
];

/// What RSA is blinded with, which the crypto provider draws itself; and the date by which rustls judges
/// certificates, which it would otherwise read for itself.
const EXCEPT: [(&str, &str); 2] = [
    ("crates/kore-auth/src/provider/implement.rs", "rand::"),
    ("crates/kore-transport/src/hyper_transport/tls.rs", "SystemTime::now"),
];

pub(crate) fn check(source: &Source) -> Vec<Complaint> {
    if !source.is_product_of(&BELOW) {
        return Vec::new();
    }
    let is_excepted = |needle: &str| EXCEPT.iter().any(|except| *except == (source.path().as_str(), needle));
    let found = |(needle, does): (&'static str, &str)| {
        let text = format!("`{needle}` {does}; below the facade that is the caller's to give");
        lines_with(source.product_code(), needle).map(move |line| Complaint::new(line, text.clone()))
    };
    FORBIDDEN.into_iter().filter(|(needle, _)| !is_excepted(needle)).flat_map(found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let source = Source::new(path.into(), text.to_owned());
        check(&source).into_iter().map(|complaint| complaint.line).collect()
    }

    #[test]
    fn each_way_to_reach_out_is_found_once() {
        let calls = [
            "let now = Instant::now();",
            "let now = std::time::SystemTime::now();",
            "let age = start.elapsed();",
            "let now = jsonwebtoken::get_current_timestamp();",
            "let proxy = std::env::var(\"HTTPS_PROXY\");",
            "let proxy = env::var_os(\"HTTPS_PROXY\");",
            "getrandom::fill(&mut bytes);",
            "let jitter: f64 = rand::random();",
            "let mut rng = thread_rng();",
            "println!(\"{token}\");",
            "eprintln!(\"{token}\");",
        ];
        for call in calls {
            let text = format!("fn a() {{\n    {call}\n}}\n");
            assert_eq!(lines("crates/kore-protocol/src/watch.rs", &text), [2], "{call}");
        }
    }

    #[test]
    fn tests_comments_strings_and_other_names_pass() {
        let text = "\
            /// Not `Instant::now()`: the caller gives it.\n\
            fn poll(now: Instant) { name(\"rand::\", env!(\"CARGO_PKG_VERSION\"), self.elapsed(now), strand::a()) }\n\
            #[cfg(test)]\nmod tests {\n    fn a() { println!(\"{:?}\", Instant::now()); }\n}\n";
        assert_eq!(lines("crates/kore-protocol/src/watch.rs", text), [0; 0]);
    }

    #[test]
    fn what_a_crypto_provider_draws_itself_passes_in_its_file() {
        let text = "fn sign() { pair.sign(&rand::SystemRandom::new()); now(SystemTime::now()) }\n";
        assert_eq!(lines("crates/kore-auth/src/provider/implement.rs", text), [1], "the clock");
        assert_eq!(lines("crates/kore-auth/src/source.rs", text), [1, 1]);
    }

    #[test]
    fn the_date_that_certificates_are_judged_by_passes_in_its_file() {
        let text = "fn current_time() { SystemTime::now() }\nfn wait() { Instant::now() }\n";
        assert_eq!(lines("crates/kore-transport/src/hyper_transport/tls.rs", text), [2]);
        assert_eq!(lines("crates/kore-transport/src/hyper_transport.rs", text).len(), 2);
    }

    #[test]
    fn the_facade_may() {
        let text = "fn now() -> Instant { Instant::now() }";
        assert_eq!(lines("crates/kore-sdk/src/time.rs", text), [0; 0]);
        assert_eq!(lines("crates/kore-auth/tests/a.rs", text), [0; 0]);
        assert_eq!(lines("crates/kore-auth/src/a.rs", text), [1]);
    }
}
