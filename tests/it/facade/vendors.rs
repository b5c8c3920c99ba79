//! What a program that depends on the client needs of it.

use std::fs;

use bytes::Bytes;
use kore_sdk::protocol::bot_export;
use kore_sdk::protocol::{ExactJson, OutgoingRequest, Refusal};
use kore_sdk::transport::TransportError;
use kore_sdk::types::ExportType;
use kore_sdk::watch::Update;
use kore_sdk::{BotImportId, Error, ImportFile, ImportFileKind, ImportFiles};

use super::{builder, id};

#[test]
fn one_error_is_enough_for_the_question_mark() {
    fn of_id(text: &str) -> Result<BotImportId, Error> {
        Ok(text.parse()?)
    }
    fn of_file(path: &str) -> Result<ImportFile, Error> {
        Ok(ImportFile::from_path(path)?)
    }
    fn of_options(text: &str) -> Result<ExactJson, Error> {
        Ok(ExactJson::object(text)?)
    }
    let error = of_id("st-1").unwrap_err();
    assert!(error.is_config() && error.to_string().contains("bir-"), "{error}");
    let error = of_file("/none/config.json").unwrap_err();
    assert!(error.is_file() && !error.is_config() && !error.is_retryable(), "{error}");
    assert!(error.to_string().starts_with("/none/config.json: "), "{error}");
    assert!(of_options("[]").unwrap_err().is_config());
}

#[tokio::test(start_paused = true)]
async fn a_watch_gives_the_headers_of_its_last_response() {
    let polls = std::sync::atomic::AtomicUsize::new(0);
    let transport = move |_: http::Request<kore_sdk::protocol::Body>| {
        let n = polls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let status = if n < 2 { "pending" } else { "success" };
        let body = format!(r#"{{"_id":"{}","status":"{status}"}}"#, id());
        let mut response = http::Response::new(Bytes::from(body));
        response.headers_mut().insert("x-request-id", format!("r-{n}").parse().unwrap());
        std::future::ready(Ok::<_, TransportError>(response))
    };
    let client = builder("bots.kore.ai").transport(transport).build().unwrap();
    let mut updates = client.watch_import(&id()).keep_headers().updates();
    let mut last = None;
    while let Some(update) = updates.next().await {
        last = updates.headers(&id()).and_then(|headers| headers.get("x-request-id")).cloned();
        assert!(!matches!(update, Update::Ended { .. }) || last.as_ref().is_some_and(|last| last == "r-2"));
    }
    assert_eq!(last.expect("a header"), "r-2");

    let mut updates = client.watch_import(&id()).updates();
    while updates.next().await.is_some() {}
    assert!(updates.headers(&id()).is_none(), "nobody asked for them");
}

#[tokio::test]
async fn the_scope_that_the_app_lacks_is_that_of_the_call() {
    async fn message<R: OutgoingRequest<Response: Send> + Sync>(request: &R) -> String {
        let transport = |_| std::future::ready(Ok::<_, TransportError>(Refusal::WrongScope.to_http()));
        let client = builder("bots.kore.ai").transport(transport).build().unwrap();
        client.send(request).await.err().expect("it is refused").to_string()
    }
    let export = bot_export::start::Request::new("st-1".parse().unwrap(), ExportType::Latest);
    let export = message(&export).await;
    assert!(export.contains("\"Bot Definition > Bot Export\" (bot_definition:bot_export)"), "{export}");
    let import = message(&kore_sdk::protocol::bot_import::get_status::Request::new(id())).await;
    assert!(import.contains("(bot_definition:bot_import)"), "{import}");
}

#[test]
fn the_files_of_a_folder_are_found_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str| fs::write(folder.path().join(name), "{}").unwrap();
    let read = || ImportFiles::from_folder(folder.path());
    let refused = |says: &str| {
        let error = read().unwrap_err().to_string();
        assert!(error.contains(says) && error.contains(folder.path().to_str().unwrap()), "{error}");
    };
    refused("expected a file appDefinition.json or botDefinition.json, found none");
    put("appDefinition.json");
    refused("expected a file config.json, found none");
    ["Config.JSON", "b.js", "a.js", "README.md"].into_iter().for_each(put);
    let names = |files: ImportFiles| files.iter().map(|file| file.name().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(read().unwrap()), ["appDefinition.json", "Config.JSON", "a.js", "b.js"]);
    put("icon.png");
    assert_eq!(names(read().unwrap())[2], "icon.png");
    put("botDefinition.json");
    refused("expected one appDefinition.json or botDefinition.json, found ");
    fs::remove_file(folder.path().join("botDefinition.json")).unwrap();
    fs::create_dir(folder.path().join("c.js")).unwrap();
    refused("c.js: expected a regular file, found a folder");
    assert_eq!(ImportFileKind::of_name("x.zip"), None);
    assert!(ImportFiles::from_folder("/none").unwrap_err().to_string().starts_with("/none: "));
}
