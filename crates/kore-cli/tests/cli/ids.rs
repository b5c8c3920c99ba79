//! Ids that are none are told before anything is sent.

use crate::run::Kore;

#[test]
fn what_is_no_id_is_refused_with_what_was_found() {
    let long = format!("bir-{}", "a".repeat(10_240));
    for (id, found) in [
        ("bir-../../x", "'.' in \"bir-../../x\""),
        ("bir-a%2fb", "'%' in \"bir-a%2fb\""),
        ("bir-a/b", "'/' in"),
        ("bir-a?b=c", "'?' in"),
        ("bir-é", "'é' in \"bir-é\""),
        ("bir-a b", "' ' in"),
        ("bir-\x1b[31m", "'\\u{1b}' in \"bir-\\u{1b}[31m\""),
        ("bir-", "nothing after the prefix"),
        ("st-1", "another start: \"st-1\""),
        ("", "an empty text"),
        (&long, "(10244 bytes in all)"),
    ] {
        let run = Kore::status("http://127.0.0.1:9", id).fails(2);
        run.says(&["not a bot import id: expected \"bir-\"", found, "hint: the response of the import call"]);
        assert!(run.stderr.len() < 400 && !run.stderr.contains('\x1b'), "{}", run.stderr);
    }
}

#[cfg(unix)]
#[test]
fn what_is_not_utf8_is_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let args = [OsStr::new("import"), OsStr::new("status"), OsStr::from_bytes(b"bir-\xff")];
    Kore::new(args).fails(2).says(&["'\u{fffd}' in \"bir-\u{fffd}\""]);
}

#[test]
fn more_than_one_id_is_refused() {
    let run = Kore::status("http://127.0.0.1:9", "bir-1").arg("bir-2").run();
    assert_eq!(run.code, 2);
    run.says(&["unexpected argument 'bir-2'"]);
}
