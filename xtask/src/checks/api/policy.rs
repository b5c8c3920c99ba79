//! Which crates a public signature may name, for `api`.

use cargo_metadata::camino::Utf8Path;

/// Every signature may name these.
const SHARED: [&str; 8] = ["alloc", "bytes", "core", "http", "serde", "serde_core", "serde_json", "std"];

/// Only the files that adapt another client may name that client.
const ADAPTERS: [(&str, &str, &[&str]); 4] = [
    ("kore-sdk", "stream", &["futures_core"]),
    ("kore-transport", "reqwest_transport", &["reqwest"]),
    ("kore-transport", "tower_transport", &["http_body", "tower_service"]),
    ("kore-transport", "ureq_transport", &["ureq"]),
];

pub(crate) fn allows(package: &str, file: &Utf8Path, named: &str) -> bool {
    let adapted = |(adapting, module, clients): &(&str, &str, &[&str])| {
        let in_module = file.file_stem() == Some(module)
            || file.parent().is_some_and(|folder| folder.file_name() == Some(module));
        package == *adapting && in_module && clients.contains(&named)
    };
    SHARED.contains(&named)
        || named.starts_with("kore_")
        || (package == "kore-types" && named == "schemars")
        || ADAPTERS.iter().any(adapted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adapter_may_name_its_client_in_its_own_file_only() {
        assert!(allows("kore-transport", "crates/kore-transport/src/reqwest_transport.rs".into(), "reqwest"));
        assert!(allows(
            "kore-transport",
            "crates/kore-transport/src/adapter/tower_transport.rs".into(),
            "tower_service"
        ));
        assert!(allows(
            "kore-transport",
            "crates/kore-transport/src/reqwest_transport/error.rs".into(),
            "reqwest"
        ));
        assert!(!allows("kore-transport", "crates/kore-transport/src/reqwest_transport.rs".into(), "ureq"));
        assert!(!allows("kore-transport", "crates/kore-transport/src/lib.rs".into(), "reqwest"));
        assert!(!allows("kore-sdk", "crates/kore-sdk/src/reqwest_transport.rs".into(), "reqwest"));
    }

    #[test]
    fn only_the_models_may_name_schemars() {
        assert!(allows("kore-types", "crates/kore-types/src/id.rs".into(), "schemars"));
        assert!(!allows("kore-sdk", "crates/kore-sdk/src/lib.rs".into(), "schemars"));
    }

    #[test]
    fn implementation_crates_may_not_be_named() {
        for named in ["hyper", "rustls", "tokio", "jsonwebtoken", "clap", "tracing", "korea"] {
            assert!(!allows("kore-sdk", "crates/kore-sdk/src/lib.rs".into(), named), "{named}");
        }
    }
}
