//! The page as a browser shows it.

use kore_emulator::{Mode, Scenario, Task, samples, scenarios};

use kore_sdk::protocol::bot_publish;
use kore_sdk::protocol::file::upload;

use super::webdriver::Browser;
use crate::emulator::{client, emulator};

const HOSTILE: &str = "<img src=x onerror=\"document.title='taken'\">\u{202e}</li><script>1</script>";

const TAB: char = '\u{e004}';
const ENTER: char = '\u{e007}';

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_and_steers_what_happens() {
    let Some(browser) = Browser::start().await else { return };
    let hostile = Scenario::builder(HOSTILE)
        .task(Task::new("Dialog", HOSTILE).outcome("failed").extra("error", HOSTILE))
        .task(Task::new(HOSTILE, "b").forever());
    let emulator = emulator()
        .imports(samples::each_outcome())
        .scenario(hostile.build().expect("valid"), Mode::AtOnce)
        .scenario(scenarios::stuck(), Mode::TIME)
        .start()
        .await
        .expect("a free port");
    let page = format!("{}/_emulator/", emulator.url());
    let ids = emulator.import_ids();
    browser.open(&page).await;
    browser.sees("document.querySelectorAll('#imports > li').length === 5").await;
    browser.sees("document.getElementById('counts').textContent.includes('5 in all')").await;

    // A hostile name is a text, and cannot turn the text behind it around.
    let shown = HOSTILE.replace('\u{202e}', "\\u{202e}");
    let names = "return [...document.querySelectorAll('#imports .name')].map((name) => name.textContent)";
    let names = browser.run(names).await;
    assert!(names.as_array().expect("a list").iter().any(|name| *name == shown), "{names}");
    browser.sees("!document.querySelector('main img, main script')").await;
    browser.sees("document.title === 'kore emulator'").await;

    // One is created by the button, and its tasks appear as they start.
    browser.run("document.getElementById('scenario').value = 'demo-success'").await;
    browser.press("#create-button").await;
    browser.sees("document.querySelectorAll('#imports > li').length === 6").await;
    let new = emulator.import_ids().into_iter().find(|id| !ids.contains(id)).expect("a new one");
    let card = format!("document.querySelector('[data-id=\"{new}\"]')");
    browser.press(&format!("[data-id=\"{new}\"] summary")).await;
    browser.sees(&format!("{card}.querySelectorAll('.tasks li').length >= 2")).await;
    browser.sees(&format!("{card}.querySelectorAll('.tasks li').length >= 4")).await;

    // A request by a client appears, and why one is refused.
    client(&emulator).bot_import_status(&new).await.expect("a status");
    browser.sees(&format!("document.querySelector('#requests li')?.textContent.includes('{new}')")).await;
    let stranger = kore_sdk::Client::builder().host(emulator.url()).credentials("cs-1f", "wrong").build();
    stranger.expect("builds").bot_import_status(&new).await.expect_err("refused");
    browser.sees("document.querySelector('#requests li .why')?.textContent.includes('the app')").await;
    browser.picture("wide.png").await;

    // So do a bot and a file, whatever they are called.
    emulator.add_bot("st-1f".parse().expect("valid"));
    browser.sees("document.querySelector('#bots li')?.textContent.includes('st-1f')").await;
    let content = kore_sdk::protocol::Content::from_bytes(HOSTILE, r#"{"dialogs": [{"name": "Pay"}]}"#);
    let boundary = kore_sdk::protocol::Boundary::new("b-1f").expect("valid");
    let upload = upload::Request::new(upload::Form::new(content), boundary);
    client(&emulator).send(&upload).await.expect("uploaded");
    browser.sees("document.querySelector('#files li')?.textContent.includes('1 part of a bot')").await;
    browser.sees("!document.querySelector('main img, main script')").await;

    // The publish of a bot is there with what steers it, and the next one follows a prepared scenario.
    browser.run("document.getElementById('scenario').value = 'publish-stuck'; document.getElementById('scenario').dispatchEvent(new Event('change'))").await;
    browser.sees("document.getElementById('create-button').disabled").await;
    browser.press("#next-button").await;
    browser.sees("document.getElementById('problem').hidden").await;
    let publish = bot_publish::start::Request::new("st-1f".parse().expect("valid"), "new");
    let job = "document.querySelector('[data-job=\"st-1f/publish\"]')";
    // Until the scenario is there, the publish follows another one.
    loop {
        client(&emulator).send(&publish).await.expect("started");
        browser.sees(&format!("{job} !== null")).await;
        if browser.run(&format!("return {job}.textContent.includes('publish-stuck')")).await == true {
            break;
        }
    }
    browser.press("[data-job=\"st-1f/publish\"] .fail").await;
    browser.sees(&format!("{job}.querySelector('.word.failed') && !{job}.querySelector('button')")).await;

    // By the keyboard alone: from the summary to the buttons, and the second ends the import.
    browser.run(&format!("{card}.querySelector('summary').focus()")).await;
    browser.type_keys(&[TAB, TAB, ENTER]).await;
    browser.sees(&format!("{card}.querySelector('.word').textContent === 'success'")).await;
    browser.sees(&format!("{card}.querySelector('.fail').disabled")).await;
    browser.press(&format!("[data-id=\"{}\"] .fail", ids[4])).await;
    browser.sees(&format!("document.querySelector('[data-id=\"{}\"] .word.failed')", ids[4])).await;

    // In a narrow window nothing is wider than it, in the dark too.
    browser.dark().await;
    browser.resize(500, 900).await;
    browser.sees("document.documentElement.scrollWidth <= window.innerWidth").await;
    browser.picture("narrow-dark.png").await;
    assert_eq!(browser.complaints().await, [""; 0]);

    // When the emulator ends, the page says so.
    emulator.stop().await;
    browser.sees("document.getElementById('connection').textContent.includes('not connected')").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_stays_small_with_many_imports() {
    let Some(browser) = Browser::start().await else { return };
    let emulator = emulator().start().await.expect("a free port");
    let large = std::sync::Arc::new(scenarios::ten_thousand_tasks());
    for _ in 0..20_000 {
        emulator.create(large.clone(), Mode::AtOnce);
    }
    browser.open(&format!("{}/_emulator/", emulator.url())).await;
    browser.sees("document.getElementById('counts').textContent.includes('20000 in all')").await;
    browser.sees("document.querySelectorAll('#imports > li').length === 50").await;
    browser.sees("document.querySelectorAll('*').length < 10000").await;
    browser.sees("document.getElementById('more').textContent.includes('50 of 20000')").await;
}
