//! Each file of an endpoint has the same parts in the same order: doc, metadata, request, response,
//! test.

use super::Complaint;
use super::source::Source;

const FOLDERS: [&str; 4] = [
    "crates/kore-protocol/src/bot_export",
    "crates/kore-protocol/src/bot_import",
    "crates/kore-protocol/src/bot_publish",
    "crates/kore-protocol/src/file",
];

/// What a file holds, in order, and how such lines begin; its response may be that of another call.
const PARTS: [(&str, &[&str]); 4] = [
    ("METADATA", &["pub const METADATA"]),
    ("struct Request", &["pub struct Request"]),
    ("struct Response", &["pub struct Response", "pub use "]),
    ("mod tests", &["mod tests"]),
];

const METHODS: [&str; 5] = ["DELETE /", "GET /", "PATCH /", "POST /", "PUT /"];

pub(crate) fn check(source: &Source) -> Vec<Complaint> {
    if source.path().parent().is_none_or(|folder| !FOLDERS.iter().any(|of_endpoints| folder == *of_endpoints))
    {
        return Vec::new();
    }
    doc(source).into_iter().chain(order(source)).collect()
}

fn doc(source: &Source) -> Option<Complaint> {
    let doc = source.text().lines().take_while(|line| line.starts_with("//!"));
    let names_call = |line: &str| METHODS.iter().any(|method| line.replace('`', "").contains(method));
    let text = "an endpoint's file begins with a `//!` doc that names method and path: `GET /…`";
    (!doc.into_iter().any(names_call)).then(|| Complaint::new(1, text))
}

/// The first part that is missing or comes too early.
fn order(source: &Source) -> Option<Complaint> {
    let mut after = 0;
    for (part, starts) in PARTS {
        match source.code().find(|(_, line)| starts.iter().any(|start| begins(line, start))) {
            None => return Some(Complaint::new(1, format!("an endpoint's file has a `{part}`"))),
            Some((line, _)) if line < after => {
                let order = PARTS.map(|(part, _)| part).join(", ");
                return Some(Complaint::new(line, format!("`{part}` comes too early; the order is {order}")));
            }
            Some((line, _)) => after = line,
        }
    }
    None
}

/// `pub struct Request` is not `pub struct RequestParts`.
fn begins(line: &str, start: &str) -> bool {
    let rest = line.strip_prefix(start);
    rest.is_some_and(|rest| match start.ends_with(' ') {
        true => rest.ends_with("::Response;"),
        false => !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [&str; 5] = [
        "//! `GET /api/public/bot/import/status/{id}`: how far is it?\n",
        "pub const METADATA: Metadata = Metadata::get();\n",
        "pub struct RequestBuilder;\npub struct Request<'a>(&'a str);\n",
        "pub struct Response;\n",
        "#[cfg(test)]\nmod tests {}\n",
    ];

    fn complaints(path: &str, parts: &[&str]) -> Vec<(usize, String)> {
        let source = Source::new(path.into(), parts.concat());
        check(&source).into_iter().map(|complaint| (complaint.line, complaint.text)).collect()
    }

    fn endpoint(parts: &[&str]) -> Vec<(usize, String)> {
        complaints("crates/kore-protocol/src/bot_import/status.rs", parts)
    }

    #[test]
    fn the_right_order_passes() {
        assert_eq!(endpoint(&GOOD), []);
    }

    #[test]
    fn a_missing_part_is_found() {
        for missing in GOOD {
            let parts = Vec::from_iter(GOOD.into_iter().filter(|part| *part != missing));
            assert_eq!(endpoint(&parts).len(), 1, "without {missing}");
        }
    }

    #[test]
    fn a_part_that_comes_too_early_is_shown_at_its_line() {
        let [doc, metadata, request, response, tests] = GOOD;
        let found = endpoint(&[doc, metadata, response, request, tests]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, 3, "{found:?}");
    }

    #[test]
    fn a_path_in_an_ordinary_comment_is_no_doc() {
        let [doc, rest @ ..] = GOOD;
        let comment = doc.replace("//!", "//");
        assert_eq!(endpoint(&[&[comment.as_str()], rest.as_slice()].concat()).len(), 1);
    }

    #[test]
    fn other_files_need_no_such_order() {
        assert_eq!(complaints("crates/kore-protocol/src/bot_import.rs", &[]), []);
        assert_eq!(complaints("crates/kore-protocol/src/bot_import/status/sample.rs", &[]), []);
    }
}
