//! jsonwebtoken's traits over aws-lc-rs and over ring. Their APIs are nearly alike, so one macro
//! implements both.

/// A signer, a verifier, and the [`Provider`](super::Provider) that makes them.
macro_rules! implement {
    ($backend:ident, $name:literal, $signature_bytes:expr) => {
        pub(crate) mod $backend {
            use ::$backend::signature::{
                RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512,
                RsaEncoding, RsaKeyPair, RsaParameters, UnparsedPublicKey,
            };
            use ::$backend::{hmac, rand};
            use jsonwebtoken::crypto::{JwtSigner, JwtVerifier};
            use jsonwebtoken::signature::{Error, Signer, Verifier};
            use jsonwebtoken::{DecodingKey, EncodingKey};

            use crate::Algorithm;
            use crate::provider::Provider;

            pub(crate) const PROVIDER: Provider = Provider {
                name: $name,
                signer: |algorithm, key| Box::new(With { algorithm, key }),
                verifier: |algorithm, key| Box::new(With { algorithm, key }),
            };

            /// An algorithm and a key of its family, to sign or to verify.
            struct With<'k, K> {
                algorithm: Algorithm,
                key: &'k K,
            }

            impl JwtSigner for With<'_, EncodingKey> {
                fn algorithm(&self) -> jsonwebtoken::Algorithm {
                    self.algorithm.to_jsonwebtoken()
                }
            }

            impl Signer<Vec<u8>> for With<'_, EncodingKey> {
                fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
                    let mac = |hash| {
                        let key = hmac::Key::new(hash, self.key.as_bytes());
                        Ok(hmac::sign(&key, message).as_ref().to_vec())
                    };
                    match self.algorithm {
                        Algorithm::Hs256 => mac(hmac::HMAC_SHA256),
                        Algorithm::Hs512 => mac(hmac::HMAC_SHA512),
                        Algorithm::Rs256 => rsa(&RSA_PKCS1_SHA256, self.key, message),
                        Algorithm::Rs512 => rsa(&RSA_PKCS1_SHA512, self.key, message),
                    }
                }
            }

            fn rsa(
                padding: &'static dyn RsaEncoding,
                key: &EncodingKey,
                message: &[u8],
            ) -> Result<Vec<u8>, Error> {
                let pair = RsaKeyPair::from_der(key.as_bytes())
                    .map_err(|error| Error::from_source(error.to_string()))?;
                let mut signature = vec![0; $signature_bytes(&pair)];
                #[allow(clippy::disallowed_methods, reason = "the provider draws the blinding of RSA itself")]
                let random = rand::SystemRandom::new();
                pair.sign(padding, &random, message, &mut signature)
                    .map_err(|error| Error::from_source(error.to_string()))?;
                Ok(signature)
            }

            impl JwtVerifier for With<'_, DecodingKey> {
                fn algorithm(&self) -> jsonwebtoken::Algorithm {
                    self.algorithm.to_jsonwebtoken()
                }
            }

            impl Verifier<Vec<u8>> for With<'_, DecodingKey> {
                fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
                    let key = self.key.try_get_as_bytes().map_err(Error::from_source)?;
                    // Both compare in constant time.
                    let mac = |hash| hmac::verify(&hmac::Key::new(hash, key), message, signature);
                    let rsa = |parameters: &'static RsaParameters| {
                        UnparsedPublicKey::new(parameters, key).verify(message, signature)
                    };
                    match self.algorithm {
                        Algorithm::Hs256 => mac(hmac::HMAC_SHA256),
                        Algorithm::Hs512 => mac(hmac::HMAC_SHA512),
                        Algorithm::Rs256 => rsa(&RSA_PKCS1_2048_8192_SHA256),
                        Algorithm::Rs512 => rsa(&RSA_PKCS1_2048_8192_SHA512),
                    }
                    .map_err(|_| Error::new())
                }
            }
        }
    };
}

#[cfg(feature = "aws-lc-rs")]
implement!(aws_lc_rs, "aws-lc-rs", RsaKeyPair::public_modulus_len);

#[cfg(feature = "ring")]
implement!(ring, "ring", |pair: &RsaKeyPair| pair.public().modulus_len());
