//! The emulator's control page and control API, under `/_emulator/`.

mod browser;
mod events;
mod kept;
mod steering;
mod webdriver;

use kore_emulator::Emulator;
use serde_json::Value;

/// Asks what is under `/_emulator`, as a program does.
pub(super) struct Control {
    root: String,
    http: reqwest::Client,
}

/// What was answered.
pub(super) struct Answer {
    status: u16,
    headers: http::HeaderMap,
    text: String,
}

impl Control {
    pub(super) fn of(emulator: &Emulator) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("builds");
        Self { root: format!("{}/_emulator", emulator.url()), http }
    }

    pub(super) async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        self.ask_with(method, path, body, &[]).await
    }

    async fn ask_with(&self, method: &str, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.root)).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("an answer");
        Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            text: answer.text().await.expect("a text"),
        }
    }

    pub(super) async fn json(&self, method: &str, path: &str, body: &str) -> Value {
        let answer = self.ask(method, path, body).await;
        assert!((200..300).contains(&answer.status), "{} {}", answer.status, answer.text);
        answer.json()
    }

    /// Creates an import, and gives its id.
    async fn create(&self, body: &str) -> String {
        self.json("POST", "/imports", body).await["id"].as_str().expect("an id").to_owned()
    }
}

impl Answer {
    pub(super) fn status(&self) -> u16 {
        self.status
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    /// Whether it is a refusal that says all three things, and these texts.
    pub(super) fn refuses(&self, status: u16, texts: &[&str]) {
        assert_eq!(self.status, status, "{}", self.text);
        let error = &self.json()["error"];
        for key in ["expected", "found", "hint"] {
            assert!(error[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {}", self.text);
        }
        for text in texts {
            assert!(self.text.contains(text), "{text}: {}", self.text);
        }
    }
}
