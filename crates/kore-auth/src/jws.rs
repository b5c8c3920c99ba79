//! The compact form of a JWS, RFC 7515: `header.payload.signature`, each in base64url. Signing and
//! verifying share it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jsonwebtoken::DecodingKey;

use crate::Algorithm;
use crate::provider::Provider;

/// The text that is signed: header and payload, encoded.
pub(crate) fn input(header: &[u8], payload: &[u8]) -> String {
    let mut input = BASE64URL.encode(header);
    input.push('.');
    BASE64URL.encode_string(payload, &mut input);
    input
}

/// The whole JWS: the text that was signed, and its signature.
pub(crate) fn finish(mut input: String, signature: &[u8]) -> String {
    input.push('.');
    BASE64URL.encode_string(signature, &mut input);
    input
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
    pub(crate) fn is_signed_with(
        &self,
        provider: &Provider,
        algorithm: Algorithm,
        key: &DecodingKey,
    ) -> bool {
        (provider.verifier)(algorithm, key).verify(self.signed.as_bytes(), &self.signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::EncodingKey;

    use super::*;
    use crate::provider::PROVIDERS;

    // RFC 7515, appendix A.1.
    const HEADER: &[u8] = b"{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}";
    const PAYLOAD: &[u8] =
        b"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
    const KEY: &str =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    const JWS: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn key() -> Vec<u8> {
        BASE64URL.decode(KEY).expect("the RFC's key is base64url")
    }

    #[test]
    fn the_vector_of_rfc_7515_is_signed_and_verified_by_each_provider() {
        for provider in PROVIDERS {
            let signing = EncodingKey::from_secret(&key());
            let signed = input(HEADER, PAYLOAD);
            let signature = (provider.signer)(Algorithm::Hs256, &signing).try_sign(signed.as_bytes());
            assert_eq!(finish(signed, &signature.expect("signs")), JWS);

            let parts = Parts::split(JWS).expect("three parts");
            assert_eq!((&*parts.header, &*parts.payload), (HEADER, PAYLOAD));
            let is_signed = |algorithm, key: &[u8]| {
                parts.is_signed_with(provider, algorithm, &DecodingKey::from_secret(key))
            };
            assert!(is_signed(Algorithm::Hs256, &key()));
            assert!(!is_signed(Algorithm::Hs512, &key()));
            assert!(!is_signed(Algorithm::Hs256, b"another"));
        }
    }

    /// Appendix A.2. The signature of PKCS #1 v1.5 has no chance in it, so it is always this one.
    const RS256: &str = "eyJhbGciOiJSUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5\
        jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb\
        1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO\
        YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    #[test]
    fn the_rsa_vector_of_rfc_7515_is_signed_and_verified_by_each_provider() {
        let private = include_bytes!("../tests/fixtures/rfc7515/rs256.private.pem");
        let public = include_bytes!("../tests/fixtures/rfc7515/rs256.public.pem");
        let signing = EncodingKey::from_rsa_pem(private).expect("a key");
        let verifying = DecodingKey::from_rsa_pem(public).expect("a key");
        for provider in PROVIDERS {
            let signed = input(br#"{"alg":"RS256"}"#, PAYLOAD);
            let signature = (provider.signer)(Algorithm::Rs256, &signing).try_sign(signed.as_bytes());
            assert_eq!(finish(signed, &signature.expect("signs")), RS256);

            let parts = Parts::split(RS256).expect("three parts");
            assert!(parts.is_signed_with(provider, Algorithm::Rs256, &verifying));
            assert!(!parts.is_signed_with(provider, Algorithm::Rs512, &verifying));
        }
    }

    #[test]
    fn the_traits_of_jsonwebtoken_name_their_algorithm() {
        let (signing, verifying) = (EncodingKey::from_secret(b"s"), DecodingKey::from_secret(b"s"));
        for provider in PROVIDERS {
            let signer = (provider.signer)(Algorithm::Hs512, &signing);
            assert_eq!(signer.algorithm(), jsonwebtoken::Algorithm::HS512);
            let verifier = (provider.verifier)(Algorithm::Hs512, &verifying);
            assert_eq!(verifier.algorithm(), jsonwebtoken::Algorithm::HS512);
        }
    }

    #[test]
    fn a_changed_byte_breaks_the_signature() {
        let key = DecodingKey::from_secret(&key());
        let changed = JWS.replacen("eyJpc3Mi", "eyJpc3Ni", 1);
        let parts = Parts::split(&changed).expect("three parts");
        assert!(PROVIDERS.iter().all(|provider| !parts.is_signed_with(provider, Algorithm::Hs256, &key)));
    }

    #[test]
    fn a_text_other_than_three_parts_of_base64url_is_no_jws() {
        for text in ["", "a", "a.b", "a.b.c.d", "!!.e30.e30", "e30=.e30.e30"] {
            assert!(Parts::split(text).is_none(), "{text}");
        }
    }
}
