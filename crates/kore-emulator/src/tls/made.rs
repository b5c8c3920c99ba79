//! Makes a certificate for the emulator, and the authority that signs it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, SystemTime};

use kore_types::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use super::Made;
use crate::app::random_hex;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a certificate that is made is good: well within what any client takes.
const LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// An authority, whose key is thrown away, and a certificate that it signed.
pub(super) fn made(bind: IpAddr) -> Result<Made, rcgen::Error> {
    let (ca_key, key) = (KeyPair::generate()?, KeyPair::generate()?);
    // A client may keep authorities of earlier runs, which are told apart by their names.
    let mut ca = params([], &format!("kore emulator {}", random_hex::<8>()))?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let ca_pem = ca.self_signed(&ca_key)?.pem();

    let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let mut names = vec!["localhost".to_owned()];
    names.extend(loopback.iter().map(IpAddr::to_string));
    if !bind.is_unspecified() && !loopback.contains(&bind) {
        names.push(bind.to_string());
    }
    let mut leaf = params(names, "kore emulator")?;
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = leaf.signed_by(&key, &Issuer::new(ca, ca_key))?.der().clone();
    Ok(Made { certificate, key: key.into(), ca_pem })
}

fn params(names: impl Into<Vec<String>>, common_name: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, common_name);
    // The clock of a client may be a little behind.
    let (since, until) = lifetime(SystemTime::now());
    (params.not_before, params.not_after) = (since.into(), until.into());
    Ok(params)
}

/// From when and until when a certificate that is made now is good, in dates that one can hold.
fn lifetime(now: SystemTime) -> (SystemTime, SystemTime) {
    let until = now.checked_add(LIFETIME).unwrap_or(now);
    let since = now.checked_sub(DAY).unwrap_or(now);
    (Timestamp::nearest(since), Timestamp::nearest(until))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_certificate_has_a_lifetime_whatever_the_clock_shows() {
        let year = Duration::from_secs(365 * 86_400);
        let end = UNIX_EPOCH + Duration::from_secs(253_402_300_799);
        for now in
            [UNIX_EPOCH - year * 100, UNIX_EPOCH, UNIX_EPOCH + year * 50, end, UNIX_EPOCH + year * 9000]
        {
            let (since, until) = lifetime(now);
            assert!(since <= until && until <= end, "{now:?}");
            let mut params = CertificateParams::default();
            (params.not_before, params.not_after) = (since.into(), until.into());
            params.self_signed(&KeyPair::generate().expect("a key")).expect("a certificate can hold them");
        }
    }
}
