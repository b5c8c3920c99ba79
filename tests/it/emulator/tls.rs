//! The emulator over HTTPS, with kore-sdk as its client.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use kore_emulator::{App, Emulator, EmulatorBuilder, Fault, samples};
use kore_sdk::Outcome;
use kore_sdk::protocol::Body;
use kore_sdk::transport::{HyperTransport, Phase, Transport as _};

use super::{client, client_of, emulator};

async fn refused(builder: EmulatorBuilder) -> String {
    let error = builder.start().await.expect_err("it cannot start");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    error.to_string()
}

#[tokio::test]
async fn a_client_is_served_only_if_it_trusts_the_authority() {
    let emulator = emulator().import(samples::succeeded()).self_signed().start().await.unwrap();
    assert!(emulator.url().starts_with("https://127.0.0.1:"), "{}", emulator.url());
    let id = emulator.import_ids().remove(0);
    let error = client(&emulator).bot_import_status(&id).await.expect_err("an unknown authority");
    assert_eq!(error.transport().map(|error| error.phase()), Some(Phase::Tls), "{error}");
    for host in [emulator.url(), emulator.url().replace("127.0.0.1", "localhost")] {
        let client = client_of(&emulator).host(host).add_ca_pem(emulator.ca_pem().unwrap()).build().unwrap();
        assert_eq!(client.bot_import_status(&id).await.unwrap().outcome(), Outcome::Succeeded);
    }
}

#[tokio::test]
async fn the_authority_of_another_emulator_is_not_trusted() {
    let [one, other] = [emulator(), emulator()].map(|builder| builder.import(samples::succeeded()));
    let (one, other) = (one.self_signed().start().await.unwrap(), other.self_signed().start().await.unwrap());
    let client = client_of(&one).add_ca_pem(other.ca_pem().unwrap()).build().unwrap();
    client.bot_import_status(&one.import_ids()[0]).await.expect_err("another authority");
}

#[tokio::test]
async fn https_speaks_http_1_1() {
    let emulator = Emulator::builder().self_signed().start().await.unwrap();
    let transport = HyperTransport::builder().add_ca_pem(emulator.ca_pem().unwrap()).build().unwrap();
    let request = http::Request::get(emulator.url()).body(Body::empty()).unwrap();
    assert_eq!(transport.send(request).await.unwrap().version(), http::Version::HTTP_11);
}

#[tokio::test]
async fn faults_work_over_tls() {
    let reset = Fault::reset_after(20).first(1);
    let builder = emulator().import(samples::succeeded()).fault(reset).self_signed();
    let emulator = builder.start().await.unwrap();
    let client = client_of(&emulator).add_ca_pem(emulator.ca_pem().unwrap()).build().unwrap();
    let id = emulator.import_ids().remove(0);
    assert!(client.bot_import_status(&id).await.expect_err("a reset").is_retryable());
    client.bot_import_status(&id).await.unwrap();
}

#[tokio::test]
async fn a_given_certificate_is_shown_and_the_url_has_a_name_that_it_covers() {
    for (names, host) in [(vec!["localhost", "127.0.0.1"], "127.0.0.1"), (vec!["localhost"], "localhost")] {
        let (certificate, key) = certificate(&names);
        let builder = emulator().import(samples::succeeded()).tls(certificate.clone(), key);
        let emulator = builder.start().await.unwrap();
        assert!(emulator.url().starts_with(&format!("https://{host}:")), "{}", emulator.url());
        assert_eq!(emulator.ca_pem(), None);
        let client = client_of(&emulator).add_ca_pem(certificate).build().unwrap();
        client.bot_import_status(&emulator.import_ids()[0]).await.unwrap();
    }
}

#[tokio::test]
async fn an_unusable_certificate_or_key_is_named_and_no_key_is_shown() {
    let ((certificate, key), (_, other)) = (certificate(&["localhost"]), certificate(&["localhost"]));
    let body = key.lines().nth(1).unwrap().to_owned();
    let cut = key.replacen(&body, &body[..body.len() - 1], 1);
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let of_another_kind = certificate.replace("MII", "AAA");
    for (certificate, key, says) in [
        (&*certificate, &*other, "the TLS key is not that of the certificate"),
        ("", &*key, "-----BEGIN CERTIFICATE-----, found an empty file"),
        (&*key, &*key, "-----BEGIN CERTIFICATE-----, found a key"),
        ("nothing", &*key, "found no PEM"),
        (&*certificate, "", "-----BEGIN PRIVATE KEY-----, found an empty file"),
        (&*certificate, &*certificate, "-----BEGIN PRIVATE KEY-----, found a certificate"),
        (&*certificate, &*cut, "key cannot be used"),
        (&*certificate, &*encrypted, "found an encrypted key"),
        (&*of_another_kind, &*key, "the TLS certificate cannot be used"),
    ] {
        let error = refused(Emulator::builder().tls(certificate, key)).await;
        assert!(error.contains(says) && !error.contains(&body[..20]), "{says}: {error}");
        let debug = format!("{:?}", Emulator::builder().tls(certificate, key));
        assert!(!debug.contains(&body[..20]), "{debug}");
    }
}

/// A certificate that signed itself, and its key.
fn certificate(names: &[&str]) -> (String, String) {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

#[tokio::test]
async fn made_up_apps_are_served_to_this_machine_alone() {
    let made_up = || Emulator::builder().app(App::made_up());
    for address in [IpAddr::from(Ipv4Addr::UNSPECIFIED), IpAddr::from([192, 0, 2, 1])] {
        let error = refused(made_up().bind(address)).await;
        assert!(error.contains(&address.to_string()) && error.contains("made up"), "{error}");
    }
    made_up().bind(Ipv4Addr::new(127, 0, 0, 2).into()).start().await.unwrap();
    // Clones are made up too.
    refused(Emulator::builder().app(App::made_up().clone()).bind(Ipv6Addr::UNSPECIFIED.into())).await;
}

#[tokio::test]
async fn an_emulator_on_all_addresses_has_a_loopback_url() {
    let builder = emulator().import(samples::succeeded()).bind(Ipv4Addr::UNSPECIFIED.into());
    let emulator = builder.start().await.unwrap();
    assert!(emulator.address().ip().is_unspecified());
    assert!(emulator.url().starts_with("http://127.0.0.1:"), "{}", emulator.url());
    client(&emulator).bot_import_status(&emulator.import_ids()[0]).await.unwrap();
}
