//! Only kore-protocol has the paths of the API: no other crate may repeat one.

use super::Complaint;
use super::source::Source;

const PATH: &str = "/api/";

pub(crate) fn check(source: &Source) -> Vec<Complaint> {
    let is_product = source.path().starts_with("crates")
        && source.path().components().nth(2).is_some_and(|part| part.as_str() == "src");
    if !is_product || source.is_product_of(&["kore-protocol"]) {
        return Vec::new();
    }
    let text = "a path of the API; kore-protocol's metadata has it";
    let lines = source.product().filter(|(_, line)| line.contains(PATH));
    lines.map(|(number, _)| Complaint::new(number, text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = "/// See `/api/public/bot`.\nfn a() {\n    get(\"https://host/api/public/bot\")\n}\n";

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let source = Source::new(path.into(), text.to_owned());
        check(&source).into_iter().map(|complaint| complaint.line).collect()
    }

    #[test]
    fn a_path_in_a_string_is_found() {
        assert_eq!(lines("crates/kore-emulator/src/router.rs", CALL), [3]);
    }

    #[test]
    fn kore_protocol_tests_and_comments_may_have_it() {
        assert_eq!(lines("crates/kore-protocol/src/metadata.rs", CALL), [0; 0]);
        assert_eq!(lines("crates/kore-emulator/tests/a.rs", CALL), [0; 0]);
        assert_eq!(lines("tests/it/a.rs", CALL), [0; 0]);
        let test = format!("#[cfg(test)]\nmod tests {{\n{CALL}}}\n");
        assert_eq!(lines("crates/kore-emulator/src/router.rs", &test), [0; 0]);
        assert_eq!(lines("crates/kore-emulator/src/router.rs", "//! `GET /api/public/bot`\n"), [0; 0]);
    }
}
