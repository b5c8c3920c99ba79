//! Below the facade nothing reads a clock, the environment, files or randomness. clippy refuses these
//! calls, which `.clippy.toml` lists; this checks that the roots of those crates switch the lint on.

use super::Complaint;
use super::source::Source;

const ROOTS: [&str; 4] = ["kore-types", "kore-auth", "kore-protocol", "kore-transport"];

const LINT: &str = "#![cfg_attr(not(test), deny(clippy::disallowed_methods))]";

pub(crate) fn check(source: &Source) -> Vec<Complaint> {
    let is_root = source.is_product_of(&ROOTS) && source.file_name() == "lib.rs";
    let complaint = || Complaint::new(1, format!("a crate below the facade says `{LINT}`"));
    (is_root && !source.has_line(LINT)).then(complaint).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(path: &str, text: &str) -> bool {
        check(&Source::new(path.into(), text.to_owned())).is_empty()
    }

    #[test]
    fn each_root_below_the_facade_switches_the_lint_on() {
        for name in ROOTS {
            let root = format!("crates/{name}/src/lib.rs");
            assert!(passes(&root, &format!("//! Doc.\n{LINT}\n")), "{name}");
            assert!(!passes(&root, &format!("//! Doc.\n// {LINT}\n")), "{name}");
            assert!(passes(&format!("crates/{name}/src/status.rs"), ""), "{name}");
        }
        assert!(passes("crates/kore-sdk/src/lib.rs", ""));
    }
}
