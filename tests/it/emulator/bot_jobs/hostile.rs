//! Many jobs, and those who mean no good.

use super::*;

#[tokio::test]
async fn ten_thousand_exports_of_a_bot_leave_one_job_and_one_file() {
    let emulator = emulator().bot(bot()).started_mode(Mode::AtOnce).lenient(true).start().await.unwrap();
    let client = client(&emulator);
    let mut first = None;
    for _ in 0..100 {
        let starts = (0..100).map(|_| async { client.send(&export_of(bot())).await.unwrap() });
        futures_util::future::join_all(starts).await;
        let file = export_status(&client, bot()).await.file_id.unwrap();
        assert_eq!(first.get_or_insert_with(|| file.clone()), &file, "packed once");
    }
    let snapshot: serde_json::Value = serde_json::from_str(&emulator.snapshot()).unwrap();
    assert_eq!(snapshot["jobs"].as_array().map(Vec::len), Some(1), "{snapshot}");
}

#[tokio::test]
async fn of_starts_at_the_same_time_each_has_an_id_and_the_status_is_one_of_them() {
    let emulator = emulator().bot(bot()).started_mode(Mode::AtOnce).start().await.unwrap();
    let client = client(&emulator);
    let starts = (0..50).map(|_| async { client.send(&export_of(bot())).await.unwrap().response.export_id });
    let mut ids = futures_util::future::join_all(starts).await;
    let last = export_status(&client, bot()).await.id.unwrap();
    assert!(ids.contains(&last));
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 50);
}

#[tokio::test]
async fn a_huge_id_and_an_odd_one_are_no_bot() {
    let emulator = start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for id in [&format!("st-{}", "x".repeat(8000)), "st-", "..%2f..", "st-%00", "%F0%9F%A4%96"] {
        for path in ["export", "export/status", "publish", "publish/status"] {
            let method = if path.ends_with("status") { "GET" } else { "POST" };
            let url = format!("{}/api/public/bot/{id}/{path}", emulator.url());
            let answer = http.request(method.parse().unwrap(), url).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 401, "the token comes first");
        }
        let answer = http.get(format!("{}/_files/{id}?signature=x", emulator.url())).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 410, "{id}");
    }
    let longest: BotId = format!("st-{}", "x".repeat(125)).parse().unwrap();
    emulator.add_bot(longest.clone());
    let folder = tempfile::tempdir().unwrap();
    assert!(!exported(&client(&emulator), longest, folder.path()).await.is_empty());
}
