//! Keeps tokens out of what the control and the log show of a request: someone may have put one in a
//! path.

use std::borrow::Cow;

use kore_protocol::Excerpt;
use percent_encoding::percent_decode_str;

/// What stands in the place of a part that is a token, or has one in it.
const MASK: &str = "…";

/// How often a text is decoded. One that is encoded more often is masked as it is.
const ROUNDS: usize = 4;

/// A text whose parts, between slashes and blanks, are left out if they are tokens as they stand or
/// once they are decoded.
pub(crate) fn masked(text: &str) -> String {
    let part = |part: &str| {
        let (bare, end) = match part.chars().next_back() {
            Some(last) if is_end(last) => part.split_at(part.len() - last.len_utf8()),
            _ => (part, ""),
        };
        format!("{}{end}", if has_token(bare) { MASK } else { bare })
    };
    text.split_inclusive(is_end).map(part).collect()
}

fn is_end(c: char) -> bool {
    c == '/' || c.is_whitespace()
}

fn has_token(part: &str) -> bool {
    let mut text = Cow::Borrowed(part);
    for _ in 0..ROUNDS {
        if text.contains("eyJ") || Excerpt::masked(&text) != *text {
            return true;
        }
        match percent_decode_str(&text).decode_utf8_lossy() {
            decoded if decoded == text => return false,
            decoded => text = Cow::Owned(decoded.into_owned()),
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_masked_however_it_is_written() {
        for token in [
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            "%65yJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            "%2565%2579JhbGciOiJIUzI1NiJ9%252EeyJzdWIiOiIxIn0%252Ec2ln",
            "%25252525252565yJhbGciOiJIUzI1NiJ9",
            // {"alg": …} with blanks before, within or after its brace.
            "eyAiYWxnIjogIkhTMjU2IiB9.eyAic3ViIjogIjEiIH0.c2ln",
            "ewogICJhbGciOiAibm9uZSIKfQ.ewogICJzdWIiOiAiMSIKfQ.",
            "%65wogICJhbGciOiAibm9uZSIKfQ.",
            "IHsgImFsZyI6ICJkaXIiIH0..aXZpdml2aXZpdml2.Y2lwaGVy.dGFn",
            "Bearer%20eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXY.Y2lwaGVy.dGFn",
            "a=1&token=eyAiYWxnIjogIkhTMjU2IiB9",
        ] {
            assert_eq!(masked(&format!("/a/{token}/b%20c")), "/a/…/b%20c", "{token}");
            assert_eq!(masked(token), MASK, "{token}");
        }
        assert_eq!(masked("Bearer eyJhbGciOiJub25lIn0.e30. was sent"), "Bearer … was sent");
    }

    #[test]
    fn what_is_no_token_is_shown_as_it_came() {
        for text in [
            "/api/public/import/status/bir-034fc180-4f84-5c54-a963-fc45ad0ceb7d",
            "/a%20b/%7E/%zz/%",
            "GET",
            "/eye/ewe/newey/the.keyed.ewer",
            "the token: not signed with the app's key",
        ] {
            assert_eq!(masked(text), text);
        }
    }
}
