//! The files of exports: those that an import brought, and how they are fetched.

use std::io::{Cursor, Read as _};

use http::StatusCode;
use kore_emulator::Fault;
use kore_sdk::DownloadError;
use kore_sdk::protocol::bot_import::{start_existing, start_new};
use kore_sdk::protocol::file::upload::{self, Form};
use kore_sdk::protocol::{Boundary, Content};
use kore_sdk::types::FileId;

use super::*;
use crate::emulator::client_of;
use crate::emulator::control::Control;

const DEFINITION: &str = r#"{"localeData": {"en": {"name": "Shop"}}, "dialogs": [{"name": "Pay"}]}"#;
const CONFIG: &str = r#"{"name": "Shop", "envVariables": [{"key": "k", "value": "s3cret-value"}]}"#;

async fn up(client: &Client, name: &str, content: impl Into<Vec<u8>>) -> FileId {
    let content = Content::from_bytes(name.to_owned(), content.into());
    let request = upload::Request::new(Form::new(content), Boundary::new("b-1f").unwrap());
    client.send(&request).await.unwrap_or_else(|error| panic!("{name}: {error}")).response.file.id.unwrap()
}

/// The names and texts in a zip.
fn unzipped(zip: Vec<u8>) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let count = zip.len();
    let read = |n| {
        let mut file = zip.by_index(n).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        (file.name().unwrap().to_string(), bytes)
    };
    (0..count).map(read).collect()
}

fn names(files: &[(String, Vec<u8>)]) -> Vec<&str> {
    files.iter().map(|(name, _)| name.as_str()).collect()
}

/// Imports the files of a new bot, and gives the bot.
async fn imported(client: &Client, definition: &str, functions: &[&str]) -> BotId {
    let definition = up(client, "botDefinition.json", definition).await;
    let (config, icon) = (up(client, "config.json", CONFIG).await, up(client, "icon.png", "\u{1}PNG").await);
    let mut scripts = Vec::new();
    for name in functions {
        scripts.push(up(client, name, format!("// {name}")).await);
    }
    let request = start_new::Request::of_files(definition, config, icon, scripts);
    let import = client.send(&request).await.unwrap().response.import;
    client.bot_import_status(import.id.as_ref().unwrap()).await.unwrap().stream_id.unwrap()
}

#[tokio::test]
async fn an_imported_bot_gives_its_files_back() {
    let emulator = start().await;
    let client = client(&emulator);
    let folder = tempfile::tempdir().unwrap();
    let bot = imported(&client, DEFINITION, &["own.js", "../../own.js", "C:\\x\\.js", "ö ü.js"]).await;
    let files = unzipped(exported(&client, bot.clone(), folder.path()).await);
    let expected = [
        ("botDefinition.json", DEFINITION),
        ("config.json", CONFIG),
        ("icon.png", "\u{1}PNG"),
        ("own.js", "// own.js"),
        ("own-2.js", "// ../../own.js"),
        ("BotFunctions.js", "// C:\\x\\.js"),
        ("ö ü.js", "// ö ü.js"),
    ];
    assert_eq!(names(&files), expected.map(|(name, _)| name));
    for ((name, bytes), (_, text)) in files.iter().zip(expected) {
        assert_eq!(bytes, text.as_bytes(), "{name}");
    }

    // An import into it brings others; one that failed, and one that runs, bring none.
    let into =
        |definition, config| start_existing::Request::new(bot.clone(), definition, config, Vec::new(), None);
    let config = up(&client, "config.json", CONFIG).await;
    let newer = up(&client, "appDefinition.json", "{\"newer\": 1}").await;
    client.send(&into(newer, config.clone())).await.unwrap();
    let broken = up(&client, "botDefinition.json", "{").await;
    client.send(&into(broken, config.clone())).await.unwrap();
    let running = up(&client, "botDefinition.json", "{}").await;
    emulator.prepare_next(scenarios::stuck(), Mode::AtOnce);
    client.send(&into(running, config)).await.unwrap();
    let files = unzipped(exported(&client, bot, folder.path()).await);
    assert_eq!(names(&files), ["appDefinition.json", "config.json", "icon.png"]);
    assert_eq!((&files[0].1[..], &files[2].1[..]), (&b"{\"newer\": 1}"[..], &b"\x01PNG"[..]));
}

#[tokio::test]
async fn a_bot_of_a_zip_gives_the_zip_back_as_it_came() {
    let emulator = start().await;
    let client = client(&emulator);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("export/botDefinition.json", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut zip, DEFINITION.as_bytes()).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    let request = start_new::Request::of_zip(up(&client, "bot.zip", zip.clone()).await);
    let import = client.send(&request).await.unwrap().response.import;
    let bot = client.bot_import_status(import.id.as_ref().unwrap()).await.unwrap().stream_id.unwrap();
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(exported(&client, bot, folder.path()).await, zip);
}

#[tokio::test]
async fn a_bot_that_no_import_made_gives_one_that_can_be_imported() {
    let emulator = start().await;
    let client = client(&emulator);
    let folder = tempfile::tempdir().unwrap();
    let zip = exported(&client, bot(), folder.path()).await;
    assert_eq!(names(&unzipped(zip.clone())), ["botDefinition.json", "config.json", "icon.png"]);
    assert_eq!(exported(&client, bot(), folder.path()).await, zip, "the same once more");
    let request = start_new::Request::of_zip(up(&client, "bot.zip", zip).await);
    let import = client.send(&request).await.unwrap().response.import;
    let over = client.bot_import_status(import.id.as_ref().unwrap()).await.unwrap();
    assert_eq!(over.outcome(), Outcome::Succeeded);
}

#[tokio::test]
async fn the_file_opens_for_its_signature_alone_and_neither_log_nor_page_shows_that_or_a_secret() {
    let emulator = start().await;
    let client = client(&emulator);
    let bot = imported(&client, DEFINITION, &[]).await;
    client.start_export(&export_of(bot.clone())).await.unwrap();
    let url = export_status(&client, bot).await.download().unwrap().to_owned();
    assert!(url.starts_with(&format!("{}/_files/", emulator.url())), "{url}");
    let (address, query) = url.split_once('?').unwrap();
    let signature = query.strip_prefix("signature=").unwrap();
    assert_eq!(signature.len(), 64);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = |url: String| async { http.get(url).send().await.unwrap() };
    let good = ask(url.clone()).await;
    assert_eq!(
        (good.status(), &good.headers()["content-type"]),
        (StatusCode::OK, &"application/zip".parse().unwrap())
    );
    for query in [
        "",
        "?",
        "?signature=",
        &format!("?signature={}", "0".repeat(64)),
        &format!("?signature={}", &signature[1..]),
    ] {
        let refused = ask(format!("{address}{query}")).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{query}");
        assert!(refused.text().await.unwrap().contains("another signature"));
    }
    let unknown = ask(format!("{}/_files/5b?{query}", emulator.url())).await;
    assert_eq!(unknown.status(), StatusCode::GONE);
    let wrong = http.post(&url).send().await.unwrap();
    assert_eq!((wrong.status().as_u16(), &wrong.headers()["allow"]), (405, &"GET".parse().unwrap()));

    let control = Control::of(&emulator);
    let mut shown = format!("{emulator:?} {}", emulator.snapshot());
    for path in ["/requests?limit=1000", "/bots", "/files", "/snapshot", "/imports"] {
        shown.push_str(&control.json("GET", path, "").await.to_string());
    }
    assert!(
        shown.contains("_files/") && !shown.contains(signature) && !shown.contains("s3cret-value"),
        "{shown}"
    );
}

#[tokio::test]
async fn contents_that_are_dropped_fail_the_export_and_the_download_and_say_so() {
    let large = format!("{{\"dialogs\": [], \"x\": \"{}\"}}", "y".repeat(200_000));
    let emulator = emulator().started_mode(Mode::AtOnce).kept_contents(500_000).start().await.unwrap();
    let client = client(&emulator);
    let bot = imported(&client, &large, &[]).await;
    client.start_export(&export_of(bot.clone())).await.unwrap();
    let first = export_status(&client, bot.clone()).await;
    let folder = tempfile::tempdir().unwrap();
    client.download_export(&first, folder.path().join("a.zip")).await.unwrap();
    for n in 0..3 {
        up(&client, "other.json", vec![n; 200_000]).await;
    }
    let error: DownloadError = client.download_export(&first, folder.path().join("b.zip")).await.unwrap_err();
    assert!(error.to_string().contains("410"), "{error}");
    assert!(!folder.path().join("b.zip").exists());
    client.start_export(&export_of(bot.clone())).await.unwrap();
    let lost = export_status(&client, bot).await;
    assert_eq!((lost.outcome(), lost.download()), (Outcome::Failed, None));
    assert!(lost.extra["error"].as_str().unwrap().contains("import it again"), "{lost:?}");
}

#[tokio::test]
async fn a_snapshot_keeps_jobs_and_bots_and_no_content() {
    let emulator = start().await;
    let first = client(&emulator);
    let bot = imported(&first, DEFINITION, &[]).await;
    first.start_export(&export_of(bot.clone())).await.unwrap();
    emulator.prepare_next(scenarios::publish_stuck(), Mode::LOOKS);
    first.start_publish(&publish_of(bot.clone())).await.unwrap();
    publish_status(&first, bot.clone()).await;
    let (export, snapshot) = (export_status(&first, bot.clone()).await, emulator.snapshot());
    assert!(!snapshot.contains("s3cret-value"));

    let other = start().await;
    other.restore(&snapshot).unwrap();
    let keys = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    for key in ["scenarios", "bots", "files"] {
        assert_eq!(keys(&other.snapshot())[key], keys(&snapshot)[key], "{key}");
    }
    let second = client(&other);
    assert_eq!(export_status(&second, bot.clone()).await.id, export.id);
    assert_eq!(words(&publish_status(&second, bot.clone()).await), ["SUCCESS", "inprogress"]);
    // The contents stayed behind.
    let folder = tempfile::tempdir().unwrap();
    let export = export_status(&second, bot.clone()).await;
    let error = second.download_export(&export, folder.path().join("a.zip")).await.unwrap_err();
    assert!(error.to_string().contains("410"), "{error}");
    second.start_export(&export_of(bot.clone())).await.unwrap();
    assert_eq!(export_status(&second, bot.clone()).await.outcome(), Outcome::Failed);
    // Where the files are, a snapshot that is put back leaves them.
    emulator.restore(&snapshot).unwrap();
    first.start_export(&export_of(bot.clone())).await.unwrap();
    assert_eq!(export_status(&first, bot).await.outcome(), Outcome::Succeeded);
}

#[tokio::test]
async fn a_snapshot_that_names_a_file_as_no_zip_can_breaks_nothing() {
    let emulator = start().await;
    let client = client(&emulator);
    let bot = imported(&client, DEFINITION, &["a.js"]).await;
    emulator.restore(&emulator.snapshot().replace("\"a.js\",", "\"config.json\",")).unwrap();
    client.send(&export_of(bot)).await.expect_err("two files of one name");
    exported(&client, super::bot(), tempfile::tempdir().unwrap().path()).await;
    for (from, to, says) in [
        ("\"ber-", "\"b r-", "jobs[0]: `id`"),
        ("\"job\":\"export\",", "", "jobs[0]: `scenario`"),
        ("\"scenario\":1", "\"scenario\":7", "jobs[0]: `scenario`"),
    ] {
        let snapshot = emulator.snapshot();
        assert!(snapshot.contains(from), "{from}: {snapshot}");
        let error = emulator.restore(&snapshot.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[tokio::test]
async fn over_tls_and_by_another_name_the_file_is_where_the_client_asked() {
    let emulator = emulator().bot(bot()).started_mode(Mode::AtOnce).self_signed().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    for host in [emulator.url(), emulator.url().replace("127.0.0.1", "localhost")] {
        let client = client_of(&emulator).host(&host).add_ca_pem(emulator.ca_pem().unwrap()).build().unwrap();
        assert!(!exported(&client, bot(), folder.path()).await.is_empty());
        let export = export_status(&client, bot()).await;
        assert!(export.download().unwrap().starts_with(&format!("{host}/_files/")));
    }
}

#[tokio::test]
async fn a_download_goes_wrong_by_each_fault() {
    type Is = fn(&DownloadError) -> bool;
    let other: Is = |error| !error.is_no_response() && !error.is_wrong_size() && !error.is_output();
    let moved = http::Response::builder().status(302).header("location", "/elsewhere").body("").unwrap();
    let wrong_size = |bytes: &str| {
        let builder = Scenario::builder("wrong").job(JobKind::Export).at_end("fileSize", bytes);
        builder.build().unwrap()
    };
    let cases: [(&str, Option<Fault>, Option<Scenario>, Is); 9] = [
        ("cut", Some(Fault::cut_after(20)), None, DownloadError::is_no_response),
        ("reset", Some(Fault::reset()), None, DownloadError::is_no_response),
        ("reset within", Some(Fault::reset_after(20)), None, DownloadError::is_no_response),
        ("too long", Some(Fault::longer_by(1)), None, DownloadError::is_wrong_size),
        ("of a larger size", None, Some(wrong_size("100000")), DownloadError::is_wrong_size),
        ("of a smaller size", None, Some(wrong_size("20")), DownloadError::is_wrong_size),
        ("redirected", Some(Fault::answer(moved)), None, other),
        ("a page", Some(Fault::proxy_page()), None, other),
        ("another status", Some(Fault::status(StatusCode::NOT_FOUND)), None, other),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, fault, scenario, is) in cases {
        let mut builder = emulator().bot(bot()).started_mode(Mode::AtOnce);
        builder = fault.into_iter().fold(builder, |builder, fault| builder.fault(fault.on_download()));
        builder =
            scenario.into_iter().fold(builder, |builder, scenario| builder.started(scenario, Mode::AtOnce));
        let emulator = builder.start().await.unwrap();
        let client = client(&emulator);
        client.start_export(&export_of(bot())).await.unwrap();
        let export = export_status(&client, bot()).await;
        let path = folder.path().join("a.zip");
        let error = client.download_export(&export, &path).retries(0).await.unwrap_err();
        assert!(is(&error), "{name}: {error:?}");
        assert!(!path.exists(), "{name}");
    }
    // A slow one comes in the end.
    let slow = Fault::drip(std::num::NonZeroUsize::new(200).unwrap(), MOMENT).on_download();
    let emulator = emulator().bot(bot()).started_mode(Mode::AtOnce).fault(slow).start().await.unwrap();
    let zip = exported(&client(&emulator), bot(), folder.path()).await;
    assert_eq!(unzipped(zip).len(), 3);
}
