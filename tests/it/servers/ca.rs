//! A certificate authority for tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    SigningKey,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

/// A certificate authority with a key of its own.
pub(crate) struct Ca {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A server's certificate and key.
pub(crate) struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Ca {
    /// A new authority with a name of its own, which nobody trusts.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        Self::named(&format!("Test CA {}", COUNT.fetch_add(1, Ordering::Relaxed)))
    }

    /// A new authority of that name.
    pub(crate) fn named(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Its own certificate.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for host names or IP addresses.
    pub(crate) fn issue(&self, names: &[&str]) -> Identity {
        self.sign(params(names))
    }

    /// The same, but not valid since 2002.
    pub(crate) fn issue_expired(&self, names: &[&str]) -> Identity {
        let mut params = params(names);
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 1, 1);
        self.sign(params)
    }

    /// A certificate that may be used for one purpose only.
    pub(crate) fn issue_for(&self, names: &[&str], purpose: ExtendedKeyUsagePurpose) -> Identity {
        let mut params = params(names);
        params.extended_key_usages = vec![purpose];
        self.sign(params)
    }

    /// One of X.509 version 1, which has no extensions: a certificate without them, signed anew.
    pub(crate) fn issue_v1(&self) -> Identity {
        let identity = self.issue(&["localhost"]);
        let [certificate] = elements(&identity.certificate)[..] else { panic!("one certificate") };
        let [to_sign, algorithm, _] = elements(contents(certificate))[..] else { panic!("three parts") };
        let (version, extensions) = (0xA0, 0xA3);
        let kept =
            elements(contents(to_sign)).into_iter().filter(|part| ![version, extensions].contains(&part[0]));
        let to_sign = element(0x30, &kept.collect::<Vec<_>>().concat());
        let signature = [&[0], &self.issuer.key().sign(&to_sign).unwrap()[..]].concat();
        let parts = [&to_sign, algorithm, &element(0x03, &signature)].concat();
        Identity { certificate: element(0x30, &parts).into(), ..identity }
    }

    fn sign(&self, params: CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity::new(&certificate, &key)
    }
}

/// The elements of DER that stand behind each other.
fn elements(mut der: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while !der.is_empty() {
        let (element, rest) = der.split_at(start(der) + length(der));
        found.push(element);
        der = rest;
    }
    found
}

/// What an element holds.
fn contents(element: &[u8]) -> &[u8] {
    &element[start(element)..]
}

fn start(der: &[u8]) -> usize {
    if der[1] < 0x80 { 2 } else { 2 + usize::from(der[1] & 0x7F) }
}

fn length(der: &[u8]) -> usize {
    match &der[2..start(der)] {
        [] => der[1].into(),
        bytes => bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
    }
}

fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = match u16::try_from(contents.len()).unwrap().to_be_bytes() {
        [0, low @ 0..0x80] => vec![low],
        [0, low] => vec![0x81, low],
        [high, low] => vec![0x82, high, low],
    };
    [&[tag], &length[..], contents].concat()
}

fn params(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap()
}

impl Identity {
    fn new(certificate: &Certificate, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Self { certificate: certificate.der().clone(), key }
    }

    /// One that signed itself, and its own PEM to trust; as a CA or, as it should be, as none.
    pub(crate) fn self_signed(names: &[&str], is_ca: IsCa) -> (Self, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = params(names);
        params.is_ca = is_ca;
        let certificate = params.self_signed(&key).unwrap();
        (Self::new(&certificate, &key), certificate.pem())
    }

    /// The server side of TLS with it; `alpn` is what it offers, best first.
    pub(super) fn into_config(self, alpn: &[&str]) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        // Not through a function that refuses a certificate which a client shall refuse.
        let key = provider.key_provider.load_private_key(self.key).unwrap();
        let certified = CertifiedKey::new(vec![self.certificate], key);
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config)
    }
}
