//! The headers that an error keeps of a response, since a support ticket needs the id of a request.

use http::{HeaderMap, HeaderName, HeaderValue, header::SET_COOKIE};

/// The text that replaces a secret.
pub(crate) const MASK: &str = "[secret]";

/// A shorter text is not taken for a secret.
pub(crate) const LEAST_SECRET: usize = 8;

/// Copies headers until their texts are longer than `most` bytes. They are copied so that they do not
/// keep the buffer of the connection alive.
pub(crate) fn copy(headers: &HeaderMap, most: usize) -> HeaderMap {
    let mut length = 0;
    let fits = |(name, value): &(&HeaderName, &HeaderValue)| {
        length += name.as_str().len() + value.len();
        length <= most
    };
    let copied = |(name, value): (&HeaderName, &HeaderValue)| {
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
        let is_sensitive = value.is_sensitive() || name == SET_COOKIE;
        let mut value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        value.set_sensitive(is_sensitive);
        Some((name, value))
    };
    headers.iter().take_while(fits).filter_map(copied).collect()
}

/// Masks each value that has one of these texts, and marks cookies as sensitive.
#[doc(hidden)]
pub fn mask_headers(headers: &mut HeaderMap, secrets: &[&str]) {
    for (name, value) in headers.iter_mut() {
        let holds = |secret: &&str| {
            secret.len() >= LEAST_SECRET
                && value.as_bytes().windows(secret.len()).any(|part| part == secret.as_bytes())
        };
        if secrets.iter().any(holds) {
            *value = HeaderValue::from_static(MASK);
        }
        if *name == SET_COOKIE {
            value.set_sensitive(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), value.parse().expect("visible"))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn each_value_of_a_name_is_kept_up_to_a_bound() {
        let sent =
            headers(&[("via", "a"), ("via", "b"), ("x-request-id", "r-1"), ("x-long", &"x".repeat(99))]);
        assert_eq!(copy(&sent, 1000), sent);
        assert_eq!(copy(&sent, 50).len(), 3);
    }

    #[test]
    fn an_echoed_secret_and_a_cookie_are_not_shown() {
        let mut sent =
            headers(&[("x-echo", "say hunter2-secret."), ("x-short", "hunter"), ("set-cookie", "id=7")]);
        let kept = copy(&sent, 1000);
        assert!(kept["set-cookie"].is_sensitive());
        mask_headers(&mut sent, &["hunter2-secret", "hunter"]);
        assert_eq!((&sent["x-echo"], &sent["x-short"]), (&MASK.parse().expect("visible"), &kept["x-short"]));
        assert!(!format!("{sent:?}").contains("id=7"), "{sent:?}");
    }
}
