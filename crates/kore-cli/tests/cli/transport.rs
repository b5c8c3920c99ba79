//! No answer at all: exit code 6, or 2 if nothing was sent because of a setting.

use std::net::TcpListener;

use crate::run::Kore;
use crate::server::Server;

#[test]
fn a_server_that_never_answers_ends_with_the_timeout() {
    let (server, _listener) = Server::silent();
    let run = Kore::status(&server.url, "bir-1").args(["--timeout", "300ms"]).fails(6);
    run.says(&["timed out", "0.3 s", "hint: --timeout"]);
}

#[test]
fn a_server_that_closes_the_connection() {
    let server = Server::start(|_| Vec::new());
    Kore::status(&server.url, "bir-1").fails(6).says(&["closed before an answer", "hint: try again"]);
}

#[test]
fn a_server_that_speaks_something_else() {
    let server = Server::start(|_| b"220 mail.example ESMTP\r\n".to_vec());
    Kore::status(&server.url, "bir-1").fails(6).says(&["error: no answer"]);
}

#[test]
fn a_port_where_nobody_listens() {
    let free = TcpListener::bind(("127.0.0.1", 0)).expect("a free port").local_addr().expect("an address");
    let run = Kore::status(&format!("http://{free}"), "bir-1").fails(6);
    run.says(&["refused the connection", "the host is from KORE_HOST"]);
    assert!(!run.stderr.contains("PROXY"), "no proxy is used for this machine: {}", run.stderr);
}

#[test]
fn a_guessed_scheme_is_told_if_the_server_has_no_tls() {
    let talkative = Server::greeting(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let closing = Server::greeting(b"");
    for port in [talkative.port, closing.port] {
        let write = format!("for a server without TLS write http://localhost:{port} for KORE_HOST");
        let guessed = Kore::status(&format!("localhost:{port}"), "bir-1").fails(6);
        guessed.says(&["hint: no scheme means https://", &write]);
        assert!(!guessed.stderr.contains("--ca-file"), "{}", guessed.stderr);
        let given = Kore::status(&format!("https://localhost:{port}"), "bir-1").fails(6);
        assert!(!given.stderr.contains("no scheme"), "{}", given.stderr);
    }
}

#[test]
fn a_name_that_is_not_found() {
    let run = Kore::status("https://no-such-host.invalid", "bir-1").args(["--timeout", "5s"]).fails(6);
    run.says(&["no-such-host.invalid", "hint: "]);
}

#[test]
fn a_proxy_that_refuses_the_connection_is_named_with_where_it_is_from() {
    let free = TcpListener::bind(("127.0.0.1", 0)).expect("a free port").local_addr().expect("an address");
    for (scheme, variable) in [("http", "HTTP_PROXY"), ("https", "HTTPS_PROXY"), ("https", "ALL_PROXY")] {
        let run = Kore::status(&format!("{scheme}://kore.invalid"), "bir-1").arg("--allow-http");
        let run = run.env(variable, format!("http://{free}")).fails(6);
        run.says(&[&format!("the proxy {free}"), "hint: the proxy is from HTTPS_PROXY"]);
        assert!(!run.stderr.contains("the host is from"), "{}", run.stderr);
    }
    let run = Kore::status("https://kore.invalid", "bir-1").args(["--timeout", "5s"]);
    let run = run.env("HTTPS_PROXY", "http://no-such-proxy.invalid:3128").fails(6);
    run.says(&["no-such-proxy.invalid", "hint: the proxy is from HTTPS_PROXY"]);
}

#[test]
fn a_proxy_that_wants_a_password() {
    let proxy = Server::answering("407 Proxy Authentication Required", "", "<html>");
    let run = Kore::status("http://kore.invalid", "bir-1")
        .arg("--allow-http")
        .env("HTTP_PROXY", format!("http://user:{}@127.0.0.1:{}", crate::run::SECRET, proxy.port))
        .fails(6);
    run.says(&["proxy", "hint: the proxy is from HTTPS_PROXY"]);
}

#[test]
fn a_proxy_without_tls_is_not_taken_for_the_host() {
    let proxy = Server::greeting(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let run = Kore::status("kore.invalid", "bir-1")
        .env("HTTPS_PROXY", format!("https://localhost:{}", proxy.port))
        .fails(6);
    run.says(&["does not speak TLS", "hint: the proxy is from HTTPS_PROXY"]);
}

#[test]
fn a_proxy_that_wants_a_password_before_it_opens_a_way() {
    let proxy = Server::answering("407 Proxy Authentication Required", "", "<html>");
    let through = |user: &str| {
        Kore::status("https://kore.invalid", "bir-1")
            .env("HTTPS_PROXY", format!("http://{user}127.0.0.1:{}", proxy.port))
    };
    through("").fails(6).says(&["wants a user and a password", "hint: the proxy is from HTTPS_PROXY"]);
    through(&format!("user:{}@", crate::run::SECRET))
        .fails(6)
        .says(&["does not accept the user and password"]);
}

#[test]
fn a_proxy_that_is_none() {
    let run = Kore::status("https://kore.invalid", "bir-1")
        .env("HTTPS_PROXY", format!("socks5://user:{}@127.0.0.1:1", crate::run::SECRET))
        .fails(2);
    run.says(&["SOCKS", "hint: check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY\n"]);
}

#[test]
fn a_proxy_that_would_not_be_used_is_no_reason_to_stop() {
    let (silent, _listener) = Server::silent();
    let socks = "socks5://proxy.test:1080";
    // This machine needs no proxy.
    let run = Kore::status(&silent.url, "bir-1").args(["--timeout", "300ms"]);
    run.env("ALL_PROXY", socks).env("HTTP_PROXY", socks).fails(6).says(&["timed out"]);
    // One that can be used stands before it.
    let proxy = Server::answering("407 Proxy Authentication Required", "", "<html>");
    let run = Kore::status("https://kore.invalid", "bir-1").env("ALL_PROXY", socks);
    let run = run.env("HTTPS_PROXY", format!("http://127.0.0.1:{}", proxy.port)).fails(6);
    run.says(&["wants a user and a password"]);
    // The host is called directly.
    for no in ["kore.invalid", "*.invalid", "other.test kore.invalid:443", "*"] {
        let run = Kore::status("https://kore.invalid", "bir-1").args(["--timeout", "5s"]);
        run.env("ALL_PROXY", socks).env("NO_PROXY", no).fails(6).says(&["kore.invalid"]);
    }
    let run = Kore::status("https://kore.invalid", "bir-1").env("ALL_PROXY", socks);
    run.env("NO_PROXY", "kore.invalid:8443").fails(2).says(&["the proxy for all is not usable", "SOCKS"]);
}

#[test]
fn plain_http_to_another_machine_is_allowed_by_name_only() {
    let run = Kore::status("http://kore.invalid", "bir-1").fails(2);
    run.says(&["unencrypted", "hint: use https:// in KORE_HOST, or allow it with --allow-http"]);
    let allowed = || Kore::status("http://no-such-host.invalid", "bir-1").args(["--timeout", "5s"]);
    allowed().arg("--allow-http").fails(6);
}

#[test]
fn a_host_that_is_none() {
    let run = Kore::status(&format!("https://user:{}@kore.invalid", crate::run::SECRET), "bir-1").fails(2);
    run.says(&["KORE_HOST: not a host", "a user or password"]);
}
