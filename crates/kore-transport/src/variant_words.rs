//! The names of enum variants, which TLS libraries put into their texts, as words for people.

use kore_protocol::Excerpt;

/// Letters and digits in lower case, so that `UnknownIssuer` and `unknown issuer` are equal.
pub(crate) fn squashed(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The name or the `Debug` of an enum variant as words.
pub(crate) fn plain(text: &str) -> String {
    let mut words = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    for c in text.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        let is_between = "(){}[]\"_".contains(c);
        words.push(if is_between { ' ' } else { c.to_ascii_lowercase() });
        before = c;
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    Excerpt::new(words.as_bytes()).to_string()
}
