//! From files to an accepted import over real sockets, with each client. Independent readers of forms
//! check what arrived.

use std::io::{Read, Write as _};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use bytes::Bytes;
use kore_emulator::{App, Emulator, Mode};
use kore_protocol::Body;
use kore_sdk::auth::Secret;
use kore_sdk::watch::End;
use kore_sdk::{AcceptedImport, Client, ClientBuilder, ImportFile, ImportFiles, ImportMode, blocking};
use kore_transport::{ServiceTransport, Transport};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::clients::{self, Options};
use crate::servers::{Server, hostile};

/// A request as it came: the head, and the body.
type Captured = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// Gives each upload an id of its number, and accepts each import.
fn platform() -> (Server, Captured) {
    let captured = Captured::default();
    let noted = captured.clone();
    let server = Server::start(move |mut stream| {
        let noted = noted.clone();
        async move {
            loop {
                let head = hostile::read_head(&mut stream).await;
                let lower = head.to_ascii_lowercase();
                let Some((_, length)) = lower.split_once("content-length: ") else { return };
                let mut body = vec![0; length.split("\r\n").next().unwrap().parse().unwrap()];
                stream.read_exact(&mut body).await.unwrap();
                let number = {
                    let mut captured = noted.lock().unwrap();
                    captured.push((head.clone(), body));
                    captured.len()
                };
                let answer = if head.starts_with("POST /api/public/uploadfile ") {
                    format!(r#"{{"fileId":"f-{number}"}}"#)
                } else {
                    r#"{"_id":"bir-1","status":"pending"}"#.to_owned()
                };
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    (server, captured)
}

/// Contents and names that may confuse a reader of forms.
fn contents() -> Vec<(&'static str, Vec<u8>)> {
    let every_byte = || (0..=255_u8).cycle();
    vec![
        ("botDefinition.json", every_byte().take(1_000_000).collect()),
        (
            "config \"\u{e9}\u{4e2d}\".json",
            b"\r\n--\r\n\r\nContent-Disposition: form-data\r\n\r\r\n\n--kore--\r\n".to_vec(),
        ),
        ("a;b=c.js", Vec::new()),
        ("line\r\nbreak.js", b"\r".to_vec()),
        ("b.js", [b"\n", &[0; 70_000][..], b"\r\n"].concat()),
    ]
}

/// Some files are in memory, and some are opened when they are sent.
fn files() -> ImportFiles {
    let of_opener = |(name, bytes): (&str, Vec<u8>)| {
        let length = bytes.len() as u64;
        let open = move || Ok(Box::new(std::io::Cursor::new(bytes.clone())) as Box<dyn Read + Send>);
        ImportFile::from_opener(name.to_owned(), length, open)
    };
    let of_memory = |(name, bytes): (&str, Vec<u8>)| ImportFile::from_bytes(name.to_owned(), bytes);
    let mut contents = contents().into_iter();
    let (definition, config) = (contents.next().unwrap(), contents.next().unwrap());
    let files = ImportFiles::new(of_opener(definition), of_memory(config));
    let files =
        files.function(of_opener(contents.next().unwrap())).function(of_memory(contents.next().unwrap()));
    files.function(of_opener(contents.next().unwrap()))
}

async fn with(transport: Arc<dyn Transport>) {
    let emulator = emulator().await;
    let client = builder(&emulator).transport(transport.clone()).build().unwrap();
    let import = client.import_bot(exported()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
    let end = import.watch(|wait| wait).await.unwrap();
    assert!(matches!(end, End::Succeeded(_)), "{end:?}");

    let (server, captured) = platform();
    let client = Client::builder().host(server.url("")).token("a.b.c").transport(transport).build().unwrap();
    let import = client.import_bot(files()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
    check(&accepted(import.await.unwrap(), &captured)).await;
}

async fn with_blocking(build: fn(ClientBuilder) -> blocking::Client) {
    let emulator = emulator().await;
    let client = build(builder(&emulator));
    let run = move || {
        let import = client.import_bot(exported()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
        import.watch(|wait| wait).run()
    };
    let end = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    assert!(matches!(end, End::Succeeded(_)), "{end:?}");

    let (server, captured) = platform();
    let client = build(Client::builder().host(server.url("")).token("a.b.c"));
    let run = move || client.import_bot(files()).into_bot("st-1".parse().unwrap(), ImportMode::Full).run();
    check(&accepted(tokio::task::spawn_blocking(run).await.unwrap().unwrap(), &captured)).await;
}

async fn emulator() -> Emulator {
    let app = App::new("cs-1f".parse().unwrap(), Secret::new("the-secret-of-the-whole-way").unwrap());
    let emulator = Emulator::builder().app(app).bot("st-1".parse().unwrap()).started_mode(Mode::AtOnce);
    emulator.start().await.unwrap()
}

fn builder(emulator: &Emulator) -> ClientBuilder {
    Client::builder().host(emulator.url()).credentials("cs-1f", "the-secret-of-the-whole-way")
}

/// A bot that the emulator imports.
fn exported() -> ImportFiles {
    let definition = r#"{"localeData": {"en": {"name": "Shop"}}, "dialogs": [{"name": "Pay"}]}"#;
    let definition = ImportFile::from_bytes("appDefinition.json", definition);
    ImportFiles::new(definition, ImportFile::from_bytes("config.json", r#"{"name": "Shop"}"#))
}

/// Takes the start out of what came; what is left are the uploads.
fn accepted(accepted: AcceptedImport, captured: &Captured) -> Vec<(String, Vec<u8>)> {
    assert_eq!(accepted.import_id.as_str(), "bir-1");
    let mut captured = captured.lock().unwrap();
    let (head, start) = captured.pop().unwrap();
    assert!(head.starts_with("POST /api/public/bot/st-1/import "), "{head}");
    let start: Value = serde_json::from_slice(&start).unwrap();
    assert_eq!(
        start,
        json!({"botDefinition": "f-1", "configInfo": "f-2", "botFunctions": ["f-3", "f-4", "f-5"]})
    );
    captured.drain(..).collect()
}

/// Python's `email`, which knows nothing of this crate. Reads `[[content type, body], …]`, gives what each
/// part holds.
const READER: &str = "
import base64, email.parser, email.policy, json, sys
def parts(content_type, body):
    head = b'Content-Type: ' + content_type.encode() + b'\\r\\n\\r\\n'
    form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + base64.b64decode(body))
    assert form.is_multipart() and not form.defects, form.defects
    return [[part.get_param('name', header='content-disposition'), part.get_filename(), part.get_content_type(),
             base64.b64encode(part.get_payload(decode=True)).decode()] for part in form.iter_parts()]
json.dump([parts(*form) for form in json.load(sys.stdin)], sys.stdout)
";

/// Nothing, with a loud line, if there is no Python.
fn read_by_python(uploads: &[(String, Vec<u8>)]) -> Option<Value> {
    let content_type = |head: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-type: "));
        line.unwrap()["content-type: ".len()..].to_owned()
    };
    let forms = uploads.iter().map(|(head, body)| json!([content_type(head), BASE64_STANDARD.encode(body)]));
    let input = Value::from_iter(forms).to_string();
    let python =
        Command::new("python3").args(["-c", READER]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut python) = python else {
        let line = b"SKIPPED: what arrives is not read by Python's email, because python3 is not installed\n";
        let _ = std::io::stderr().write_all(line);
        return None;
    };
    python.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// What the emulator's reader finds.
async fn check_by_multer((head, body): &(String, Vec<u8>), bytes: &[u8]) {
    let boundary = head.split("boundary=").nth(1).unwrap().split("\r\n").next().unwrap();
    let whole = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(Bytes::from(body.clone()))]);
    let mut form = multer::Multipart::new(whole, boundary);
    let mut field = async || form.next_field().await.unwrap();
    let file = field().await.unwrap();
    assert_eq!((file.name(), file.file_name().is_some()), (Some("file"), true));
    assert!(file.bytes().await.unwrap() == bytes);
    assert_eq!(field().await.unwrap().text().await.unwrap(), "bulkImport");
    assert!(["json", "js"].contains(&&*field().await.unwrap().text().await.unwrap()));
    assert!(field().await.is_none());
}

async fn check(uploads: &[(String, Vec<u8>)]) {
    for (upload, (_, bytes)) in uploads.iter().zip(contents()) {
        check_by_multer(upload, &bytes).await;
    }
    let Some(read) = read_by_python(uploads) else { return };
    for (form, (name, bytes)) in read.as_array().unwrap().iter().zip(contents()) {
        let end = if name.ends_with("json") { "json" } else { "js" };
        let content_type = if end == "json" { "application/json" } else { "application/octet-stream" };
        let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        let text = |name: &str, text: &str| json!([name, null, "text/plain", BASE64_STANDARD.encode(text)]);
        let file = json!(["file", name, content_type, BASE64_STANDARD.encode(&bytes)]);
        // What is not ASCII is for Python bytes without a name of their own.
        if name.is_ascii() {
            assert!(form[0] == file, "{name}: {}", &form[0].to_string()[..100]);
        }
        assert!(form[0][3] == file[3], "{name}");
        assert_eq!(form[1], text("fileContext", "bulkImport"));
        assert_eq!(form[2], text("fileExtension", end));
    }
}

#[tokio::test]
async fn hyper() {
    with(clients::hyper(Options::default())).await;
}

#[tokio::test]
async fn reqwest() {
    with(clients::reqwest(Options::default())).await;
}

#[tokio::test]
async fn tower() {
    let layers = tower::ServiceBuilder::new().timeout(std::time::Duration::from_secs(60));
    let stack = ServiceTransport::around(clients::hyper(Options::default()), |inner| layers.service(inner));
    with(Arc::new(stack)).await;
}

#[tokio::test]
async fn a_closure() {
    let inner = clients::hyper(Options::default());
    let whole = move |request: http::Request<Body>| {
        let inner = inner.clone();
        async move {
            let body = Body::from(request.body().to_bytes().unwrap());
            inner.send(request.map(|_| body)).await
        }
    };
    with(Arc::new(whole)).await;
}

#[tokio::test]
async fn blocking_hyper() {
    with_blocking(|builder| builder.environment_proxies(false).build_blocking().unwrap()).await;
}

#[tokio::test]
async fn ureq() {
    let client = |builder: ClientBuilder| {
        let agent = ureq::Agent::config_builder().proxy(None).build().new_agent();
        builder.blocking_transport(kore_transport::UreqTransport::new(agent)).build_blocking().unwrap()
    };
    with_blocking(client).await;
}
