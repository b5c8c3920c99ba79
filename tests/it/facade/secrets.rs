//! No secret reaches an error, a `Debug` or a log, at the finest level and from a server that
//! echoes what it was sent.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use super::{SECRET, builder, id};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// However a server cuts the token up in its echo, as long as a part stays whole.
#[tokio::test]
async fn no_part_of_the_token_is_shown() {
    let server = MockServer::start().await;
    let echo = |request: &Request| {
        let token = request.headers["auth"].to_str().unwrap().to_owned();
        let signature = token.rsplit('.').next().unwrap();
        let sent = request.url.query_pairs().count();
        assert_eq!(sent, 0);
        let (status, content_type, body) = match request.headers["x-case"].to_str().unwrap() {
            "msg" => (
                401,
                "application/json",
                format!(r#"{{"errors":[{{"msg":"sig {signature}","code":"{signature}"}}]}}"#),
            ),
            "key" => (401, "application/json", format!(r#"{{"errors":[{{"{signature}":1,"msg":"x"}}]}}"#)),
            "html" => (502, "text/html", format!("<p>{}</p>", token.replace('.', "%2E"))),
            "text" => (200, "application/json", format!("\"{token}\"")),
            "short" => (200, "application/json", format!(r#"{{"_id":"{signature}"#)),
            _ => (500, signature, "x".to_owned()),
        };
        let body = body.into_bytes();
        ResponseTemplate::new(status).set_body_raw(body, content_type)
    };
    Mock::given(any()).respond_with(echo).mount(&server).await;
    for case in ["msg", "key", "html", "text", "short", "type"] {
        let seen = Arc::new(Mutex::new(String::new()));
        let noted = Arc::clone(&seen);
        let hyper = kore_sdk::transport::HyperTransport::builder().build().unwrap();
        let transport = move |mut request: http::Request<kore_sdk::protocol::Body>| {
            *noted.lock().unwrap() = request.headers()["auth"].to_str().unwrap().to_owned();
            request.headers_mut().insert("x-case", http::HeaderValue::from_static(case));
            let hyper = hyper.clone();
            async move { kore_sdk::transport::Transport::send(&hyper, request).await }
        };
        let client = builder(&server.uri()).transport(transport).build().unwrap();
        let error = client.bot_import_status(&id()).await.unwrap_err();
        let body = String::from_utf8_lossy(error.response().unwrap().body()).into_owned();
        let shown = format!("{error} {error:?} {body} {:?}", error.response().unwrap().error_body());
        for part in seen.lock().unwrap().split('.') {
            assert!(!shown.contains(part), "{case}: {part} in {shown}");
        }
    }
}

#[tokio::test]
async fn no_log_error_or_debug_shows_a_secret() {
    let server = MockServer::start().await;
    let seen = Arc::new(Mutex::new(String::new()));
    let noted = Arc::clone(&seen);
    let echo = move |request: &Request| {
        let token = request.headers["auth"].to_str().expect("visible ASCII").to_owned();
        let body = format!(r#"{{"errors":[{{"msg":"bad auth: {token} for you","code":"{token}"}}]}}"#);
        *noted.lock().expect("no panic") = token;
        ResponseTemplate::new(401).set_body_string(body)
    };
    Mock::given(any()).respond_with(echo).mount(&server).await;

    // Registers each place that logs before the log begins. Else another test that reaches such a place
    // first, at that moment, would switch it off.
    let client = builder(&server.uri()).build().expect("builds");
    client.bot_import_status(&id()).await.expect_err("refused");

    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let error = client.bot_import_status(&id()).await.expect_err("refused");

    let log = String::from_utf8(log.0.lock().expect("no panic").clone()).expect("text");
    let token = seen.lock().expect("no panic").clone();
    let signature = token.rsplit('.').next().expect("three parts").to_owned();
    assert!(!signature.is_empty());
    let shown = format!("{log} {error} {error:?} {client:?} {:?}", builder(&server.uri()));
    assert!(shown.contains("bad auth: [secret] for you"), "{error}");
    assert!(log.contains("kore.request") && log.contains("status=401"), "{log}");
    assert!(log.contains("/api/public/bot/import/status/{BotImportBIR}"), "{log}");
    for secret in [SECRET, token.as_str(), signature.as_str()] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
