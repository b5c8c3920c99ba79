//! The compact form of a JWE: `header.encrypted key.iv.ciphertext.tag`, each in base64url.

use base64::Engine as _;
// It refuses padding, other alphabets and bits that stand for nothing: one text for one value.
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

use super::Sealed;

/// The longest token that is read, many times what one of this API needs.
pub(super) const MAX_LEN: usize = 64 * 1024;

/// The longest header, in base64url, that is read.
const MAX_HEADER_LEN: usize = 4 * 1024;

/// A JWE, decoded; nothing of it is decrypted yet.
pub(super) struct Parts<'a> {
    pub(super) header: Vec<u8>,
    /// The header as it stands in the token: the tag covers it.
    pub(super) aad: &'a str,
    pub(super) sealed: Sealed,
}

/// Whether a token has five parts, as an encrypted one has, and not the three of a signed one.
pub(crate) fn has_five_parts(token: &str) -> bool {
    token.bytes().filter(|byte| *byte == b'.').take(5).count() == 4
}

impl<'a> Parts<'a> {
    /// `None` if the text is not a compact JWE, or a longer one than any of this API.
    pub(super) fn split(jwe: &'a str) -> Option<Self> {
        if jwe.len() > MAX_LEN || !has_five_parts(jwe) {
            return None;
        }
        let mut parts = jwe.split('.');
        let aad = parts.next().filter(|header| header.len() <= MAX_HEADER_LEN)?;
        let mut decoded = || BASE64URL.decode(parts.next()?).ok();
        let sealed =
            Sealed { encrypted_key: decoded()?, iv: decoded()?, ciphertext: decoded()?, tag: decoded()? };
        Some(Self { header: BASE64URL.decode(aad).ok()?, aad, sealed })
    }
}

/// The header as it stands in the token.
pub(super) fn encode_header(header: &[u8]) -> String {
    BASE64URL.encode(header)
}

/// The whole token, of its header and what was encrypted.
pub(super) fn join(mut header: String, sealed: &Sealed) -> String {
    for part in [&sealed.encrypted_key, &sealed.iv, &sealed.ciphertext, &sealed.tag] {
        header.push('.');
        BASE64URL.encode_string(part, &mut header);
    }
    header
}
