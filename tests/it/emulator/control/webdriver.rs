//! A browser, driven by the W3C's WebDriver protocol.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// How a reference to an element is called (WebDriver, 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A headless Chromium and its driver; dropping it ends both.
pub(super) struct Browser {
    driver: Child,
    session: String,
    http: reqwest::Client,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// `None`, with a loud line, if there is no driver.
    pub(super) async fn start() -> Option<Self> {
        let Some(path) = program("chromedriver") else {
            // By way of the terminal itself: what a passing test prints is not shown.
            let line = "SKIPPED: the page in a browser because chromedriver is not installed \
                        (`apt-get install chromium chromium-driver`)\n";
            let _ = std::io::stderr().write_all(line.as_bytes());
            return None;
        };
        let mut driver = Command::new(path)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(driver.stdout.take().expect("piped")).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            Some(line.split_once("started successfully on port ")?.1.trim_end_matches('.').to_owned())
        });
        let root = format!("http://127.0.0.1:{}/session", port.expect("its port"));
        let profile = tempfile::tempdir().expect("a folder");
        let mut arguments = vec![format!("--user-data-dir={}", profile.path().display())];
        arguments.extend(
            "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
             --disable-background-networking --disable-component-update --disable-sync \
             --window-size=1200,900"
                .split_whitespace()
                .map(str::to_owned),
        );
        let http = reqwest::Client::builder().no_proxy().build().expect("builds");
        let mut browser = Self { driver, session: root, http, _profile: profile };
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let session = browser.call("POST", "", wanted).await;
        browser.session = format!("{}/{}", browser.session, session["sessionId"].as_str().expect("an id"));
        Some(browser)
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> Value {
        let request = self.http.request(method.parse().expect("a method"), format!("{}{path}", self.session));
        let request = if method == "POST" { request.body(body.to_string()) } else { request };
        let answer = request.send().await.expect("the driver answers").text().await.expect("a text");
        let mut answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert!(answer["value"]["error"].is_null(), "{path}: {}", answer["value"]["message"]);
        answer["value"].take()
    }

    pub(super) async fn open(&self, url: &str) {
        self.call("POST", "/url", json!({ "url": url })).await;
    }

    /// What a script returns.
    pub(super) async fn run(&self, script: &str) -> Value {
        self.call("POST", "/execute/sync", json!({"script": script, "args": []})).await
    }

    /// Presses what a selector finds, as a person would: it must be there and within reach.
    pub(super) async fn press(&self, selector: &str) {
        let found = self.call("POST", "/element", json!({"using": "css selector", "value": selector})).await;
        let element = found[ELEMENT].as_str().expect("an element");
        self.call("POST", &format!("/element/{element}/click"), json!({})).await;
    }

    /// Types at what has the focus.
    pub(super) async fn type_keys(&self, keys: &[char]) {
        let key =
            |key: &char| [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})];
        let actions: Vec<_> = keys.iter().flat_map(key).collect();
        self.call(
            "POST",
            "/actions",
            json!({"actions": [{"type": "key", "id": "keys", "actions": actions}]}),
        )
        .await;
    }

    /// Waits until a script returns true.
    pub(super) async fn sees(&self, script: &str) {
        for _ in 0..400 {
            if self.run(&format!("return Boolean({script})")).await == true {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let page = self.run("return document.body.innerText").await;
        panic!("never true: {script}\n{}", page.as_str().unwrap_or_default());
    }

    pub(super) async fn resize(&self, width: u32, height: u32) {
        self.call("POST", "/window/rect", json!({"width": width, "height": height})).await;
    }

    /// What the browser complained of: errors of scripts, breaches of the policy.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let log = self.call("POST", "/se/log", json!({"type": "browser"})).await;
        let severe = log.as_array().into_iter().flatten().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].to_string()).collect()
    }

    /// Keeps a picture in the folder of that variable of the environment, to be looked at.
    pub(super) async fn picture(&self, name: &str) {
        use base64::Engine as _;
        let Some(folder) = std::env::var_os("KORE_TEST_PICTURES").map(PathBuf::from) else { return };
        let picture = self.call("GET", "/screenshot", Value::Null).await;
        let picture = base64::engine::general_purpose::STANDARD.decode(picture.as_str().expect("a text"));
        std::fs::write(folder.join(name), picture.expect("base64")).expect("written");
    }

    /// Chooses how the system asks pages to look.
    pub(super) async fn dark(&self) {
        let features = json!([{"name": "prefers-color-scheme", "value": "dark"}]);
        let command = json!({"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}});
        self.call("POST", "/goog/cdp/execute", command).await;
    }

    /// Ends the browser, which outlives its driver otherwise.
    fn end(&self) -> std::io::Result<()> {
        let url: http::Uri = self.session.parse().map_err(std::io::Error::other)?;
        let authority = url.authority().map_or("", http::uri::Authority::as_str);
        let mut stream = std::net::TcpStream::connect(authority)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "DELETE {} HTTP/1.1\r\nhost: {authority}\r\n\r\n", url.path())?;
        // It answers when the browser has ended.
        stream.read(&mut [0]).map(drop)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Whatever comes of it, the driver ends.
        let _ = self.end();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}
