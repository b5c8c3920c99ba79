//! The compact form of RFC 7515: `header.payload.signature`, each in base64url.
//!
//! jsonwebtoken's provider is named here instead of installed for the whole process, so that
//! another crate's choice of provider neither changes nor breaks ours.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER as AWS_LC;
use jsonwebtoken::{DecodingKey, EncodingKey};

use crate::Algorithm;

/// Signs a header and a payload as they are.
pub(crate) fn sign(
    header: &[u8],
    payload: &[u8],
    algorithm: Algorithm,
    key: &EncodingKey,
) -> jsonwebtoken::errors::Result<String> {
    let signer = (AWS_LC.signer_factory)(&algorithm.to_jsonwebtoken(), key)?;
    let mut jws = BASE64URL.encode(header);
    jws.push('.');
    BASE64URL.encode_string(payload, &mut jws);
    let signature = signer.try_sign(jws.as_bytes())?;
    jws.push('.');
    BASE64URL.encode_string(signature, &mut jws);
    Ok(jws)
}

/// The three parts, decoded; nothing of them is verified yet.
pub(crate) struct Parts<'a> {
    pub(crate) header: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    signature: Vec<u8>,
    signed: &'a str,
}

impl<'a> Parts<'a> {
    /// `None` if the text is not a compact JWS.
    pub(crate) fn split(jws: &'a str) -> Option<Self> {
        let (signed, signature) = jws.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let decode = |part| BASE64URL.decode(part).ok();
        Some(Self {
            header: decode(header)?,
            payload: decode(payload)?,
            signature: decode(signature)?,
            signed,
        })
    }

    /// Whether the signature is that of the key, compared in constant time.
    pub(crate) fn is_signed_with(&self, algorithm: Algorithm, key: &DecodingKey) -> bool {
        (AWS_LC.verifier_factory)(&algorithm.to_jsonwebtoken(), key)
            .is_ok_and(|verifier| verifier.verify(self.signed.as_bytes(), &self.signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7515, appendix A.1.
    const HEADER: &[u8] = b"{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}";
    const PAYLOAD: &[u8] =
        b"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
    const KEY: &str =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    const JWS: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    #[test]
    fn the_vector_of_rfc_7515_is_signed_and_verified() {
        let key = BASE64URL.decode(KEY).expect("the RFC's key is base64url");
        let jws = sign(HEADER, PAYLOAD, Algorithm::Hs256, &EncodingKey::from_secret(&key)).expect("signs");
        assert_eq!(jws, JWS);

        let parts = Parts::split(JWS).expect("three parts");
        assert_eq!((&*parts.header, &*parts.payload), (HEADER, PAYLOAD));
        assert!(parts.is_signed_with(Algorithm::Hs256, &DecodingKey::from_secret(&key)));
        assert!(!parts.is_signed_with(Algorithm::Hs512, &DecodingKey::from_secret(&key)));
        assert!(!parts.is_signed_with(Algorithm::Hs256, &DecodingKey::from_secret(b"another")));
    }

    #[test]
    fn a_changed_byte_breaks_the_signature() {
        let key = DecodingKey::from_secret(&BASE64URL.decode(KEY).expect("base64url"));
        let changed = JWS.replacen("eyJpc3Mi", "eyJpc3Ni", 1);
        assert!(!Parts::split(&changed).expect("three parts").is_signed_with(Algorithm::Hs256, &key));
    }

    #[test]
    fn what_is_not_three_parts_of_base64url_is_no_jws() {
        for text in ["", "a", "a.b", "a.b.c.d", "!!.e30.e30", "e30=.e30.e30"] {
            assert!(Parts::split(text).is_none(), "{text}");
        }
    }
}
