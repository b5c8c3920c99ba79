//! The cryptography of encrypted tokens, over aws-lc-rs, which wipes its own copies of keys.

use ::aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, RandomizedNonceKey, UnboundKey};
use ::aws_lc_rs::cipher::{
    AES_128, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
    UnboundCipherKey,
};
use ::aws_lc_rs::constant_time::verify_slices_are_equal;
use ::aws_lc_rs::encoding::AsDer as _;
use ::aws_lc_rs::error::Unspecified;
use ::aws_lc_rs::iv::{FixedLength, IV_LEN_128_BIT};
use ::aws_lc_rs::rsa::{
    KeyPair, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
    Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
    PublicKeyComponents,
};
use ::aws_lc_rs::signature::KeyPair as _;
use ::aws_lc_rs::{hmac, rand};
use zeroize::Zeroizing;

use super::{ContentEncryption, KeyEncryption, Sealed};
use crate::KeyError;

/// How many bytes of A128CBC-HS256's key are for the HMAC, and how many its tag has.
const MAC_LEN: usize = 16;

#[derive(Clone)]
pub(super) struct PublicKey(PublicEncryptingKey);

impl PublicKey {
    pub(super) fn new(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        let key: Result<PublicEncryptingKey, _> = PublicKeyComponents { n, e }.try_into();
        let unusable = || KeyError::new("the RSA public key cannot be used");
        let key = Self(key.map_err(|_| unusable())?);
        // A key that parses may still be refused where it is used; better now than at the first call.
        key.encrypt(KeyEncryption::RsaOaep, &[0]).map_err(|_| unusable())?;
        Ok(key)
    }

    pub(super) fn seal(
        &self,
        (alg, enc): (KeyEncryption, ContentEncryption),
        content_key: &[u8],
        aad: &[u8],
        content: &[u8],
    ) -> Result<Sealed, KeyError> {
        let cannot = |_| KeyError::new(format!("cannot encrypt with {alg} and {enc}"));
        let encrypted_key = self.encrypt(alg, content_key).map_err(cannot)?;
        let sealed = match enc {
            ContentEncryption::A128CbcHs256 => {
                FixedLength::new().and_then(|iv| seal_cbc(content_key, iv, aad, content))
            }
            ContentEncryption::A128Gcm => seal_gcm(&AES_128_GCM, content_key, aad, content),
            ContentEncryption::A256Gcm => seal_gcm(&AES_256_GCM, content_key, aad, content),
        };
        Ok(Sealed { encrypted_key, ..sealed.map_err(cannot)? })
    }

    fn encrypt(&self, alg: KeyEncryption, content_key: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let (key, mut out) = (self.0.clone(), vec![0; self.0.key_size_bytes()]);
        let len = match alg {
            KeyEncryption::RsaOaep => OaepPublicEncryptingKey::new(key)?
                .encrypt(&OAEP_SHA1_MGF1SHA1, content_key, &mut out, None)?
                .len(),
            KeyEncryption::Rsa1_5 => {
                Pkcs1PublicEncryptingKey::new(key)?.encrypt(content_key, &mut out)?.len()
            }
        };
        out.truncate(len);
        Ok(out)
    }
}

pub(super) struct PrivateKey {
    oaep: OaepPrivateDecryptingKey,
    pkcs1: Pkcs1PrivateDecryptingKey,
    n: Vec<u8>,
    e: Vec<u8>,
}

impl PrivateKey {
    pub(super) fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        Self::of(KeyPair::from_der(der).map_err(refused)?)
    }

    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        Self::of(KeyPair::from_pkcs8(der).map_err(refused)?)
    }

    fn of(pair: KeyPair) -> Result<Self, KeyError> {
        let (n, e) = integers(pair.public_key().as_ref()).ok_or_else(|| refused(""))?;
        let key =
            PrivateDecryptingKey::from_pkcs8(pair.as_der().map_err(refused)?.as_ref()).map_err(refused)?;
        Ok(Self {
            oaep: OaepPrivateDecryptingKey::new(key.clone()).map_err(refused)?,
            pkcs1: Pkcs1PrivateDecryptingKey::new(key).map_err(refused)?,
            n,
            e,
        })
    }

    pub(super) fn public_components(&self) -> (Vec<u8>, Vec<u8>) {
        (self.n.clone(), self.e.clone())
    }

    pub(super) fn open(
        &self,
        (alg, enc): (KeyEncryption, ContentEncryption),
        sealed: Sealed,
        aad: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let mut content_key = Zeroizing::new(vec![0; enc.key_len()]);
        #[allow(
            clippy::disallowed_methods,
            reason = "the key in place of a bad one must be one that nobody knows"
        )]
        rand::fill(&mut content_key).ok()?;
        let mut out = Zeroizing::new(vec![0; self.oaep.min_output_size()]);
        let decrypted = match alg {
            KeyEncryption::RsaOaep => {
                self.oaep.decrypt(&OAEP_SHA1_MGF1SHA1, &sealed.encrypted_key, &mut out, None)
            }
            KeyEncryption::Rsa1_5 => self.pkcs1.decrypt(&sealed.encrypted_key, &mut out),
        };
        if let Ok(decrypted) = decrypted
            && decrypted.len() == content_key.len()
        {
            content_key.copy_from_slice(decrypted);
        }
        match enc {
            ContentEncryption::A128CbcHs256 => open_cbc(&content_key, sealed, aad),
            ContentEncryption::A128Gcm => open_gcm(&AES_128_GCM, &content_key, sealed, aad),
            ContentEncryption::A256Gcm => open_gcm(&AES_256_GCM, &content_key, sealed, aad),
        }
        .ok()
    }
}

fn refused<T>(_: T) -> KeyError {
    KeyError::new("expected an RSA private key of 2048 to 8192 bits, found one that cannot be used")
}

/// The two integers of an `RSAPublicKey` (RFC 8017, A.1.1), which the provider wrote: `n` and `e`.
fn integers(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (sequence, _) = element(0x30, der)?;
    let (n, rest) = element(0x02, sequence)?;
    let (e, _) = element(0x02, rest)?;
    let unsigned = |bytes: &[u8]| bytes.strip_prefix(&[0]).unwrap_or(bytes).to_vec();
    Some((unsigned(n), unsigned(e)))
}

/// The content of a DER element, and what is behind it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let long = if *first < 0x80 { 0 } else { usize::from(first & 0x7f) };
    let (length, rest) = rest.split_at_checked(long)?;
    let length = length
        .iter()
        .fold(if long == 0 { usize::from(*first) } else { 0 }, |sum, byte| (sum << 8) | usize::from(*byte));
    (*found == tag).then(|| rest.split_at_checked(length))?
}

fn seal_gcm(
    algorithm: &'static ::aws_lc_rs::aead::Algorithm,
    content_key: &[u8],
    aad: &[u8],
    content: &[u8],
) -> Result<Sealed, Unspecified> {
    let mut ciphertext = content.to_vec();
    let (nonce, tag) = RandomizedNonceKey::new(algorithm, content_key)?
        .seal_in_place_separate_tag(Aad::from(aad), &mut ciphertext)?;
    Ok(Sealed {
        encrypted_key: Vec::new(),
        iv: nonce.as_ref().to_vec(),
        ciphertext,
        tag: tag.as_ref().to_vec(),
    })
}

fn open_gcm(
    algorithm: &'static ::aws_lc_rs::aead::Algorithm,
    content_key: &[u8],
    sealed: Sealed,
    aad: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
    // A tag may be cut to make it easier to guess.
    if sealed.tag.len() != algorithm.tag_len() {
        return Err(Unspecified);
    }
    let nonce = Nonce::try_assume_unique_for_key(&sealed.iv)?;
    let mut content = Zeroizing::new(sealed.ciphertext);
    content.extend_from_slice(&sealed.tag);
    let key = LessSafeKey::new(UnboundKey::new(algorithm, content_key)?);
    let len = key.open_in_place(nonce, Aad::from(aad), &mut content)?.len();
    content.truncate(len);
    Ok(content)
}

/// A128CBC-HS256: RFC 7518, 5.2.2.1.
fn seal_cbc(
    content_key: &[u8],
    iv: FixedLength<IV_LEN_128_BIT>,
    aad: &[u8],
    content: &[u8],
) -> Result<Sealed, Unspecified> {
    let (mac_key, key) = content_key.split_at_checked(MAC_LEN).ok_or(Unspecified)?;
    let iv_bytes = iv.as_ref().to_vec();
    // Room for the padding: growing would leave the content behind.
    let mut ciphertext = Vec::with_capacity(content.len() + IV_LEN_128_BIT);
    ciphertext.extend_from_slice(content);
    PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_128, key)?)?
        .less_safe_encrypt(&mut ciphertext, EncryptionContext::Iv128(iv))?;
    let tag = cbc_tag(mac_key, aad, &iv_bytes, &ciphertext);
    Ok(Sealed { encrypted_key: Vec::new(), iv: iv_bytes, ciphertext, tag })
}

/// The tag comes first: what is not from the sender is not decrypted.
fn open_cbc(content_key: &[u8], sealed: Sealed, aad: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
    let (mac_key, key) = content_key.split_at_checked(MAC_LEN).ok_or(Unspecified)?;
    let tag = cbc_tag(mac_key, aad, &sealed.iv, &sealed.ciphertext);
    verify_slices_are_equal(&tag, &sealed.tag)?;
    let iv = FixedLength::try_from(sealed.iv.as_slice())?;
    let mut content = Zeroizing::new(sealed.ciphertext);
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_128, key)?)?;
    let len = key.decrypt(&mut content, DecryptionContext::Iv128(iv))?.len();
    content.truncate(len);
    Ok(content)
}

fn cbc_tag(mac_key: &[u8], aad: &[u8], iv: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, mac_key));
    let aad_bits = (aad.len() as u64 * 8).to_be_bytes();
    for part in [aad, iv, ciphertext, &aad_bits] {
        mac.update(part);
    }
    mac.sign().as_ref()[..MAC_LEN].to_vec()
}

#[cfg(test)]
mod tests;
