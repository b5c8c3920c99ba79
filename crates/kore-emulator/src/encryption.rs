//! The key pair of an emulator to whose apps tokens are encrypted.

use std::io;

use kore_auth::Decrypter;

use crate::app::random_hex;

/// A new pair of 2048 bits. It takes the time of some requests, so not on a thread that serves.
///
/// The documents show one id with the prefix `k-` and without it, so both are taken; the JWK has it
/// without, as the Admin Console shows it.
pub(crate) fn made() -> io::Result<Decrypter> {
    let kid = [random_hex::<4>(), random_hex::<2>(), random_hex::<2>(), random_hex::<2>(), random_hex::<6>()]
        .join("-");
    let prefixed = format!("k-{kid}");
    Ok(pair().map_err(io::Error::other)?.kid(kid).kid(prefixed))
}

#[cfg(feature = "aws-lc-rs")]
fn pair() -> Result<Decrypter, Box<dyn std::error::Error + Send + Sync>> {
    use aws_lc_rs::encoding::AsDer as _;
    use aws_lc_rs::rsa::{KeySize, PrivateDecryptingKey};

    let key = PrivateDecryptingKey::generate(KeySize::Rsa2048)?.as_der()?;
    Ok(Decrypter::rsa_pkcs8(&kore_auth::Secret::new(key.as_ref())?)?)
}

#[cfg(not(feature = "aws-lc-rs"))]
fn pair() -> Result<Decrypter, Box<dyn std::error::Error + Send + Sync>> {
    Err("encrypted tokens need the feature `aws-lc-rs` of kore-emulator: ring cannot encrypt with RSA".into())
}
