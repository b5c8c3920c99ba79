//! Explains what is wrong with an HTTP/1.1 response, from the text of a client's error. The adapters for
//! hyper, reqwest and ureq use it.

/// Says what is wrong with what `peer` sent; `None` if the text is about something else. hyper and ureq
/// read headers with the same parser, and reqwest passes the text of hyper on.
pub(crate) fn explain(text: &str, peer: &str) -> Option<String> {
    let is_of_head = [
        "invalid HTTP",
        "invalid content-length",
        "unexpected transfer-encoding",
        "message head is too large",
        "http parse",
        "unsupported http version",
        "content-length header",
        "conflicting content-length",
        "both transfer-encoding",
        "response header is too big",
    ];
    if !is_of_head.iter().any(|words| text.starts_with(words)) {
        return None;
    }
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    Some(if has(&["version"]) {
        format!("what {peer} sent is not HTTP: check the port, or whether https:// is meant")
    } else if has(&["content-length", "transfer-encoding"]) {
        format!(
            "the response of {peer} does not say clearly how long its body is (content-length, transfer-encoding): \
             the server, or a proxy on the way, has to be mended"
        )
    } else if has(&["too large", "too many", "too big"]) {
        format!("the response of {peer} has more headers, or longer ones, than this program reads")
    } else if has(&["status"]) {
        format!(
            "the first line of the response of {peer} is not as HTTP wants it: expected a status of three digits \
             and a text without control characters; the server, or a proxy on the way, has to be mended"
        )
    } else {
        format!(
            "a header of the response of {peer} is not as HTTP wants it, such as with a blank before its colon or \
             a control character: the server, or a proxy on the way, has to be mended"
        )
    })
}
