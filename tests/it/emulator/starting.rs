//! From files to an import: uploads, starts, and the bots that imports go into or make.

use std::time::Duration;

use kore_emulator::{App, Emulator, Fault, Mode, scenarios};
use kore_sdk::auth::{Claims, Credentials, Secret};
use kore_sdk::protocol::bot_import::{start_existing, start_new};
use kore_sdk::protocol::file::upload::{self, Form};
use kore_sdk::protocol::{Boundary, Content, OutgoingRequest, Refusal, Scope};
use kore_sdk::types::{BotId, FileId, Status};
use kore_sdk::{BotImport, BotImportId, Client, Outcome};
use serde_json::Value;

use super::control::Control;
use super::{client, emulator};

const DEFINITION: &str = r#"{"localeData": {"en": {"name": "Shop"}}, "idpConfigurations": [{}],
    "dialogs": [{"name": "Pay"}, {"name": "Ask"}], "smallTalk": [{}]}"#;
const CONFIG: &str = r#"{"name": "Shop", "envVariables": [{"key": "k", "value": "s3cret-value"}]}"#;

async fn start() -> Emulator {
    let bot = BotId::new("st-1f").unwrap();
    emulator().bot(bot).started_mode(Mode::AtOnce).start().await.unwrap()
}

async fn up(client: &Client, name: &str, content: impl Into<Vec<u8>>) -> FileId {
    let content = Content::from_bytes(name.to_owned(), content.into());
    let request = upload::Request::new(Form::new(content), Boundary::new("b-1f").unwrap());
    client.send(&request).await.unwrap_or_else(|error| panic!("{name}: {error}")).response.file.id.unwrap()
}

/// What an export packs.
fn packed() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in [("appDefinition.json", DEFINITION), ("config.json", CONFIG), ("a.js", "")] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

async fn accepted<R>(client: &Client, request: &R) -> BotImport
where
    R: OutgoingRequest<Response = start_new::Response> + Sync,
{
    client.send(request).await.unwrap_or_else(|error| panic!("{error}")).response.import
}

async fn refused<R>(client: &Client, request: &R) -> Refusal
where
    R: OutgoingRequest<Response: Send> + Sync,
{
    let error = client.send(request).await.err().expect("a refusal");
    let known = Refusal::all().find(|refusal| error.to_string().contains(refusal.msg()));
    known.unwrap_or_else(|| panic!("{error}"))
}

fn tasks(import: &BotImport) -> Vec<String> {
    let entries = import.entries().iter();
    let word = |status: &Option<Status>| status.as_ref().unwrap().as_str().to_owned();
    entries
        .map(|entry| {
            let (kind, name) = (entry.task_type.as_ref().unwrap(), entry.task_name.as_ref().unwrap());
            format!("{}, {name}: {}", kind.as_str(), word(&entry.status))
        })
        .collect()
}

/// What the status call says of an import that was accepted.
async fn end(client: &Client, accepted: &BotImport) -> BotImport {
    client.bot_import_status(accepted.id.as_ref().unwrap()).await.unwrap()
}

#[tokio::test]
async fn files_become_an_import_of_a_new_bot_with_a_task_for_each_part() {
    let emulator = start().await;
    let client = client(&emulator);
    let definition = up(&client, "appDefinition.json", DEFINITION).await;
    let config = up(&client, "config.json", CONFIG).await;
    let icon = up(&client, "icon.png", "\u{1}PNG").await;
    let functions = up(&client, "functions.js", "function a() {}").await;
    assert_eq!((definition.as_str().len(), definition == config), (24, false));

    let mut request = start_new::Request::of_files(definition, config, icon, vec![functions]);
    request.import.name = Some("volkihar".to_owned());
    let import = accepted(&client, &request).await;
    // As documented: one entry, which is about the request, and no bot yet.
    assert_eq!((import.status.clone(), &import.stream_id), (Some(Status::Pending), &None));
    assert_eq!(tasks(&import), ["importRequest, volkihar: success"]);
    let keys: Value = serde_json::to_value(&import).unwrap();
    for key in ["_id", "streamRefId", "status", "statusLogs", "createdBy", "requestType", "createdOn", "__v"]
    {
        assert!(keys.get(key).is_some(), "{key}: {keys}");
    }
    let over = end(&client, &import).await;
    assert_eq!(over.outcome(), Outcome::Succeeded);
    assert_eq!(
        tasks(&over),
        [
            "importRequest, volkihar: success",
            "Bot Definition, volkihar: success",
            "IdpConfigurations, IdpConfigurations: success",
            "BotFunctions, Bot Functions: success",
            "Dialog, Pay: success",
            "Dialog, Ask: success",
            "BotVariables, BotVariables: success",
            "SmallTalk, SmallTalk: success",
            "importBot, volkihar: success",
        ]
    );
    assert_eq!(emulator.bot_ids(), ["st-1f".parse().unwrap(), over.stream_id.unwrap()]);
}

#[tokio::test]
async fn an_import_goes_into_a_bot_that_exists_and_into_one_that_an_import_has_made() {
    let emulator = start().await;
    let client = client(&emulator);
    let [definition, config] = [up(&client, "a.json", DEFINITION).await, up(&client, "b.json", CONFIG).await];
    let into = |bot: &str| {
        let bot = bot.parse().unwrap();
        start_existing::Request::new(bot, definition.clone(), config.clone(), Vec::new(), None)
    };
    let over = end(&client, &accepted(&client, &into("st-1f")).await).await;
    assert_eq!((over.outcome(), over.stream_id), (Outcome::Succeeded, Some("st-1f".parse().unwrap())));

    assert_eq!(refused(&client, &into("st-2e")).await, Refusal::InvalidStreamId);
    let zip = start_new::Request::of_zip(up(&client, "bot.zip", packed()).await);
    let new = accepted(&client, &zip).await;
    let over = end(&client, &new).await;
    // The log begins with the import request and ends with the import as a whole.
    let all = [
        "Bot Definition",
        "IdpConfigurations",
        "BotFunctions",
        "Dialog",
        "Dialog",
        "BotVariables",
        "SmallTalk",
    ];
    let found: Vec<_> = tasks(&over).iter().map(|task| task.split(',').next().unwrap().to_owned()).collect();
    assert_eq!(found[1..found.len() - 1], all);
    let bot = over.stream_id.unwrap();
    accepted(&client, &into(bot.as_str())).await;
    emulator.add_bot("st-2e".parse().unwrap());
    accepted(&client, &into("st-2e")).await;
    assert!(emulator.remove_bot(&"st-2e".parse().unwrap()));
    assert_eq!(refused(&client, &into("st-2e")).await, Refusal::InvalidStreamId);
}

#[tokio::test]
async fn a_bot_is_there_when_its_import_has_succeeded_and_not_before() {
    let emulator = emulator().started_mode(Mode::TIME).start().await.unwrap();
    let client = client(&emulator);
    let zip = up(&client, "bot.zip", packed()).await;
    let new = accepted(&client, &start_new::Request::of_zip(zip.clone())).await.id.unwrap();
    assert_eq!(emulator.bot_ids(), []);
    emulator.finish(&new).unwrap();
    assert_eq!(emulator.bot_ids().len(), 1);
    let failed = accepted(&client, &start_new::Request::of_zip(zip)).await.id.unwrap();
    emulator.fail(&failed).unwrap();
    assert_eq!(client.bot_import_status(&failed).await.unwrap().outcome(), Outcome::Failed);
    assert_eq!(emulator.bot_ids().len(), 1);
}

#[tokio::test]
async fn tasks_that_the_export_left_out_fail_and_so_does_a_definition_that_is_no_json() {
    let emulator = start().await;
    let client = client(&emulator);
    let config = up(&client, "config.json", CONFIG).await;
    for (definition, failed) in [
        (r#"{"dialogs": [{"name": "Pay"}], "unexportedTasks": [{"name": "Ask"}]}"#, "Ask"),
        ("{\"dialogs\": [", "Shop"),
        ("", "Shop"),
    ] {
        let definition = up(&client, "botDefinition.json", definition).await;
        let bot = "st-1f".parse().unwrap();
        let request = start_existing::Request::new(bot, definition, config.clone(), Vec::new(), None);
        let over = end(&client, &accepted(&client, &request).await).await;
        assert_eq!(over.outcome(), Outcome::Failed);
        let first = over.failed_entries().next().unwrap();
        assert_eq!(first.task_name.as_deref(), Some(failed));
        assert!(first.extra["error"].as_str().is_some_and(|why| !why.is_empty()));
    }
}

#[tokio::test]
async fn scenarios_of_the_user_override_in_turn() {
    let builder = emulator().started(scenarios::documented_success(), Mode::AtOnce);
    let emulator = builder.started(scenarios::failure(), Mode::AtOnce).start().await.unwrap();
    let client = client(&emulator);
    let zip = up(&client, "bot.zip", packed()).await;
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        let import = accepted(&client, &start_new::Request::of_zip(zip.clone())).await;
        outcomes.push(end(&client, &import).await.outcome());
    }
    assert_eq!(outcomes, [Outcome::Succeeded, Outcome::Failed, Outcome::Succeeded]);
}

/// A request as a script sends it, with a good token.
async fn raw(emulator: &Emulator, method: &str, path: &str, content_type: &str, body: &str) -> (u16, String) {
    let credentials = Credentials::new("cs-1f".parse().unwrap(), Secret::new("s3cret").unwrap());
    raw_by(emulator, credentials, method, path, content_type, body).await
}

async fn raw_by(
    emulator: &Emulator,
    credentials: Credentials,
    method: &str,
    path: &str,
    content_type: &str,
    body: &str,
) -> (u16, String) {
    let token = credentials.sign(&Claims::new("me", "cs-1f")).unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.request(method.parse().unwrap(), format!("{}{path}", emulator.url()));
    let request = request.header("auth", token.expose()).header("content-type", content_type);
    let response = request.body(body.to_owned()).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn is(answer: &(u16, String), refusal: Refusal) -> bool {
    answer.0 == refusal.status().as_u16() && answer.1.contains(refusal.msg())
}

const FORM: &str = "multipart/form-data; boundary=x";

fn form(parts: &[(&str, &str)]) -> String {
    let part = |(head, body): &(&str, &str)| {
        format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n")
    };
    parts.iter().map(part).collect::<String>() + "--x--\r\n"
}

#[tokio::test]
async fn an_upload_is_taken_in_either_spelling_and_any_order_and_refused_if_a_part_is_missing() {
    let emulator = start().await;
    let path = upload::METADATA.path.as_str();
    let file = ("name=\"file\"; filename=\"a %22b%22.json\"", "{}");
    let context = ("name=\"fileContext\"", "bulkImport");
    for parts in [
        &[file, context, ("name=\"fileExtension\"", "json")][..],
        &[("name=\"fileExtension\"", ".json"), context, file, ("name=\"Filename\"", "a.json")],
    ] {
        let answer = raw(&emulator, "POST", path, FORM, &form(parts)).await;
        let answer: Value = serde_json::from_str(&answer.1).unwrap();
        let text = |key: &str| answer[key].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        assert_eq!((text("fileId").len(), text("hash").len(), &text("fileName")[..2]), (24, 40, "f-"));
    }
    let long = format!("name=\"{}\"", "a".repeat(40));
    let many = vec![(&*long, "a"); 20];
    for (content_type, body) in [
        (FORM, form(&[file])),
        (FORM, form(&[context])),
        (FORM, form(&[("name=\"file\"", "{}"), context])),
        (FORM, form(&many)),
        (FORM, form(&[file, context]).replace("--x--", "")),
        (FORM, String::new()),
        ("multipart/form-data", form(&[file, context])),
        ("application/json", "{}".to_owned()),
        (FORM, form(&[file, ("name=\"fileContext\"", &"a".repeat(100_000))])),
    ] {
        let answer = raw(&emulator, "POST", path, content_type, &body).await;
        assert!(is(&answer, Refusal::InvalidArguments), "{content_type}, {body:.200}: {answer:?}");
    }
    let files = Control::of(&emulator).json("GET", "/files", "").await;
    assert_eq!((&files["total"], &files["files"][0]["name"]), (&2.into(), &"a \"b\".json".into()));
    assert_eq!(files["files"][0]["extension"], "json");
}

#[tokio::test]
async fn what_is_missing_unknown_or_another_method_is_refused_in_the_words_of_the_platform() {
    let emulator = start().await;
    let id = up(&client(&emulator), "a.json", DEFINITION).await;
    let new = start_new::METADATA.path.as_str();
    let existing = start_existing::METADATA.path.fill(&["st-1f"]);
    let elsewhere = start_existing::METADATA.path.fill(&["st-none"]);
    let whole = format!(r#"{{"botDefinition": "{id}", "configInfo": "{id}", "icon": "{id}"}}"#);
    let unknown = whole.replacen(id.as_str(), "5b00", 1);
    let (json, upload) = ("application/json", upload::METADATA.path.as_str());
    for (method, path, body, refusal) in [
        ("POST", new, whole.replace("icon", "ikon"), Refusal::InvalidArguments),
        ("POST", new, r#"{"uploadMode": "ZIP"}"#.to_owned(), Refusal::InvalidArguments),
        ("POST", new, "botDefinition=1".to_owned(), Refusal::InvalidArguments),
        ("POST", new, unknown.clone(), Refusal::InvalidFileId),
        ("POST", &existing, r#"{"configInfo": "5b"}"#.to_owned(), Refusal::InvalidArguments),
        ("POST", &existing, unknown.clone(), Refusal::InvalidFileId),
        ("POST", &elsewhere, unknown, Refusal::InvalidStreamId),
        ("GET", new, String::new(), Refusal::MethodNotAllowed),
        ("PUT", &existing, String::new(), Refusal::MethodNotAllowed),
        ("GET", upload, String::new(), Refusal::MethodNotAllowed),
    ] {
        let answer = raw(&emulator, method, path, json, &body).await;
        assert!(is(&answer, refusal), "{method} {path} {body}: {answer:?}");
    }
    assert_eq!(emulator.import_ids(), [], "nothing was started");
    assert_eq!(raw(&emulator, "POST", new, json, &whole).await.0, 200);
}

#[tokio::test]
async fn an_upload_needs_a_token_and_no_scope_and_a_start_needs_both() {
    let secret = || Secret::new("s3cret").unwrap();
    let app = App::new("cs-1f".parse().unwrap(), secret()).scopes([Scope::new("another", "Another > One")]);
    let emulator = Emulator::builder().app(app).start().await.unwrap();
    let zip = up(&client(&emulator), "bot.zip", packed()).await;
    let start = start_new::Request::of_zip(zip);
    assert_eq!(refused(&client(&emulator), &start).await, Refusal::WrongScope);
    let credentials = Credentials::new("cs-1f".parse().unwrap(), Secret::new("wrong").unwrap());
    // Far more than the buffers hold: the refusal arrives all the same.
    let body = form(&[("name=\"file\"; filename=\"a\"", &"a".repeat(16 * 1024 * 1024))]);
    let answer = raw_by(&emulator, credentials, "POST", upload::METADATA.path.as_str(), FORM, &body).await;
    assert!(is(&answer, Refusal::InvalidSdkCredentials), "{answer:?}");
}

#[tokio::test]
async fn starts_are_limited_by_bot_and_uploads_by_app() {
    let emulator = start().await;
    emulator.add_bot("st-2e".parse().unwrap());
    let client = client(&emulator);
    let id = up(&client, "a.json", DEFINITION).await;
    let path = |bot: &str| start_existing::METADATA.path.fill(&[bot]);
    let body = format!(r#"{{"botDefinition": "{id}", "configInfo": "{id}"}}"#);
    for n in 0..61 {
        let status = raw(&emulator, "POST", &path("st-1f"), "application/json", &body).await.0;
        assert_eq!(status, if n < 60 { 200 } else { 429 }, "{n}");
    }
    assert_eq!(raw(&emulator, "POST", &path("st-2e"), "application/json", &body).await.0, 200);
    let upload = form(&[("name=\"file\"; filename=\"a\"", "a"), ("name=\"fileContext\"", "bulkImport")]);
    for n in 1..61 {
        let status = raw(&emulator, "POST", upload::METADATA.path.as_str(), FORM, &upload).await.0;
        assert_eq!(status, if n < 60 { 200 } else { 429 }, "{n}");
    }
}

#[tokio::test]
async fn a_large_file_is_taken_and_one_beyond_the_bound_is_not() {
    let emulator = start().await;
    let client = client(&emulator);
    let zip = |mebibytes: usize| {
        let content = Content::from_bytes("bot.zip", vec![b'a'; mebibytes * 1024 * 1024]);
        upload::Request::new(Form::new(content), Boundary::new("b-1f").unwrap())
    };
    let files = Control::of(&emulator);
    client.send(&zip(50)).await.unwrap();
    assert_eq!(files.json("GET", "/files", "").await["files"][0]["size"], 50 * 1024 * 1024);
    // It may be closed before the client has sent all of it.
    client.send(&zip(65)).await.expect_err("too long");
    assert_eq!(files.json("GET", "/files", "").await["total"], 1);
}

#[tokio::test]
async fn bots_files_and_started_imports_are_kept_and_no_value_of_a_configuration_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let with = || emulator().bot("st-1f".parse().unwrap()).started_mode(Mode::LOOKS).state(&file);
    let one = with().start().await.unwrap();
    let client_of_one = client(&one);
    let definition = up(&client_of_one, "a.json", DEFINITION).await;
    let text = || std::fs::read_to_string(&file).unwrap();
    assert!(text().contains(definition.as_str()), "what was acknowledged is in the file at once");
    let config = up(&client_of_one, "b.json", CONFIG).await;
    let into = |bot| start_existing::Request::new(bot, definition.clone(), config.clone(), Vec::new(), None);
    let import = accepted(&client_of_one, &into("st-1f".parse().unwrap())).await.id.unwrap();
    assert!(text().contains(import.as_str()));
    assert!(!text().contains("s3cret-value") && !one.snapshot().contains("s3cret-value"));
    Control::of(&one).json("POST", "/bots", r#"{"id": "st-2e", "name": "Other"}"#).await;
    one.stop().await;

    let two = with().start().await.unwrap();
    assert_eq!(two.bot_ids(), ["st-1f".parse().unwrap(), "st-2e".parse().unwrap()]);
    let client = client(&two);
    for _ in 0..9 {
        client.bot_import_status(&import).await.unwrap();
    }
    let over = client.bot_import_status(&import).await.unwrap();
    assert_eq!((over.outcome(), over.stream_id), (Outcome::Succeeded, "st-1f".parse().ok()));
    accepted(&client, &into("st-2e".parse().unwrap())).await;
}

#[tokio::test]
async fn the_control_lists_adds_and_deletes_bots() {
    let emulator = start().await;
    let control = Control::of(&emulator);
    let added = control.json("POST", "/bots", r#"{"id": "st-2e", "name": "Shop"}"#).await;
    assert_eq!((&added["id"], &added["exists"]), (&"st-2e".into(), &true.into()));
    let bots = control.json("GET", "/bots", "").await;
    assert_eq!((&bots["bots"][0]["name"], &bots["bots"][1]["id"]), (&"Shop".into(), &"st-1f".into()));
    control.ask("POST", "/bots", r#"{"id": "bot 1"}"#).await.refuses(400, &["bot 1"]);
    assert_eq!(control.ask("DELETE", "/bots/st-2e", "").await.status(), 204);
    control.ask("DELETE", "/bots/st-2e", "").await.refuses(404, &["st-2e"]);
    emulator.add_bot("st-3d".parse().unwrap());
    assert_eq!(control.ask("POST", "/reset", "").await.status(), 204);
    assert_eq!(emulator.bot_ids(), ["st-1f".parse().unwrap()]);
}

#[tokio::test]
async fn a_fault_strikes_a_start_and_the_import_is_there_all_the_same() {
    let builder = emulator().fault(Fault::reset().on::<start_new::Request>().first(1));
    let emulator = builder.started_mode(Mode::AtOnce).start().await.unwrap();
    let client = client(&emulator);
    let zip = up(&client, "bot.zip", packed()).await;
    client.send(&start_new::Request::of_zip(zip)).await.expect_err("the answer is lost");
    let started: Vec<BotImportId> = emulator.import_ids();
    assert_eq!(started.len(), 1, "it is not sent again");
    tokio::time::timeout(Duration::from_secs(20), client.bot_import_status(&started[0]))
        .await
        .unwrap()
        .unwrap();
}
