//! Exports and publishes under `/_emulator/`.

use serde_json::Value;

use super::*;
use crate::emulator::control::Control;

#[tokio::test]
async fn the_last_jobs_of_a_bot_are_shown_and_steered_over_http() {
    let emulator = emulator().bot(bot()).started_mode(Mode::TIME).start().await.unwrap();
    let (client, control) = (client(&emulator), Control::of(&emulator));
    control.ask("GET", "/bots/st-1f/export", "").await.refuses(404, &["a bot whose export", "st-1f"]);
    let run = client.start_export(&export_of(bot())).await.unwrap();
    client.start_publish(&publish_of(bot())).await.unwrap();
    let bots = control.json("GET", "/bots", "").await;
    let (export, publish) = (&bots["bots"][0]["export"], &bots["bots"][0]["publish"]);
    assert_eq!(export["id"], run.export_id.unwrap().as_str());
    assert_eq!(
        (&export["outcome"], &export["life"]["scenario"]),
        (&"running".into(), &"export-success".into())
    );
    assert_eq!((&publish["status"], &publish["life"]["tasks"]), (&"inprogress".into(), &4.into()));

    let ended = |job: Value| job["life"]["ended"].clone();
    assert_eq!(ended(control.json("POST", "/bots/st-1f/publish/advance", "").await), 1);
    let failed = control.json("POST", "/bots/st-1f/publish/fail", "").await;
    assert_eq!((&failed["state"], &failed["document"]["status"]), (&"made_to_fail".into(), &"failed".into()));
    assert_eq!(failed["log"]["entries"][1]["status"], "failed");
    assert_eq!(words(&publish_status(&client, bot()).await), ["SUCCESS", "failed"]);
    let over = control.json("POST", "/bots/st-1f/export/finish", "").await;
    assert_eq!(over["document"]["downloadURL"], "[concealed]", "{over}");
    assert_eq!(export_status(&client, bot()).await.outcome(), Outcome::Succeeded);

    control.ask("POST", "/bots/st-1f/export/fail", "").await.refuses(409, &["an export that runs", "ended"]);
    for path in ["/bots/st-2e/publish/fail", "/bots/nonsense/publish/fail"] {
        control.ask("POST", path, "").await.refuses(404, &["a bot whose publish was started"]);
    }
    // It is no poll to look at a job.
    emulator.prepare_next(scenarios::publish_success(), Mode::LOOKS);
    client.start_publish(&publish_of(bot())).await.unwrap();
    for _ in 0..3 {
        assert_eq!(ended(control.json("GET", "/bots/st-1f/publish", "").await), 0);
    }
    assert_eq!(control.ask("DELETE", "/bots/st-1f", "").await.status(), 204);
    control.ask("GET", "/bots/st-1f/publish", "").await.refuses(404, &["st-1f"]);
}

#[tokio::test]
async fn the_next_start_is_prepared_over_http_and_a_reset_forgets_it() {
    let emulator = start().await;
    let (client, control) = (client(&emulator), Control::of(&emulator));
    let prepare = async |body: &str| control.json("POST", "/next", body).await;
    let first = prepare(r#"{"scenario": "export-failure", "mode": "at-once"}"#).await;
    assert_eq!((&first["job"], &first["prepared"]), (&"export".into(), &1.into()));
    let own = r#"{"scenario": {"name": "own", "job": "export", "status": "SUCCESS", "tasks": []}}"#;
    assert_eq!(prepare(own).await["prepared"], 2);
    prepare(r#"{"scenario": "publish-failure", "mode": "at-once"}"#).await;
    for expected in ["failed", "SUCCESS", "success"] {
        client.start_export(&export_of(bot())).await.unwrap();
        assert_eq!(export_status(&client, bot()).await.status.unwrap().as_str(), expected);
    }
    assert_eq!(control.ask("POST", "/reset", "").await.status(), 204);
    client.start_publish(&publish_of(bot())).await.unwrap();
    assert_eq!(publish_status(&client, bot()).await.outcome(), Outcome::Succeeded);
    prepare(r#"{"scenario": "publish-failure", "mode": "at-once"}"#).await;
    assert_eq!(control.ask("DELETE", "/next", "").await.status(), 204);
    client.start_publish(&publish_of(bot())).await.unwrap();
    assert_eq!(publish_status(&client, bot()).await.outcome(), Outcome::Succeeded);

    for (body, texts) in [
        (r#"{"scenario": "no-such"}"#, &["no-such", "publish-stuck"][..]),
        (r#"{"scenario": "export-stuck", "id": "ber-1"}"#, &["`id`"]),
        (r#"{"scenario": "export-stuck", "mode": "looks", "speed": 2}"#, &["`speed`"]),
        ("{}", &["scenario"]),
    ] {
        control.ask("POST", "/next", body).await.refuses(400, texts);
    }
    control.ask("POST", "/imports", r#"{"scenario": "export-stuck"}"#).await.refuses(400, &["of an export"]);
}
