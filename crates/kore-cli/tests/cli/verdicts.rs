//! Each way of asking comes to the same verdict on each document: a table of forms of `_id` by
//! forms of `status`, read by single calls, watches and both commands.

use std::collections::HashMap;
use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use kore_sdk::protocol::Body;
use kore_sdk::protocol::bot_import::get_status;
use kore_sdk::transport::TransportError;
use kore_sdk::watch::{End, Event, Update};
use kore_sdk::{BotImport, BotImportId, Client, Error, Outcome, blocking};
use serde_json::Value;

use crate::run::{CLIENT_ID, Kore, SECRET};
use crate::server::{Server, response};

/// What a document says of the import that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Says {
    Of(Outcome),
    /// Nothing: it is about another import.
    Other,
}

use Outcome::{Failed, Running, Succeeded, Unknown};
use Says::{Of, Other};

/// Members of a document, and whether they name another import than `bir-ID` was asked for.
const IDS: [(&str, bool); 30] = [
    ("", false),
    (r#""_id":null"#, false),
    (r#""_id":"""#, false),
    (r#""_id":" \n""#, false),
    (r#""_id":"bir-ID""#, false),
    (r#""_id":"BIR-UP""#, false),
    (r#""_id":" Bir-ID\t""#, false),
    (r#""_id":"\u0062ir-ID""#, false),
    (r#""_id":"5f1c9a70a0aa52bbacdff3aa""#, false),
    (r#""_id":"st-ID""#, false),
    (r#""_id":"ID""#, false),
    (r#""_id":17"#, false),
    (r#""_id":1e3"#, false),
    (r#""_id":true"#, false),
    (r#""_id":{"$oid":"bir-other"}"#, false),
    (r#""_id":["bir-other"]"#, false),
    (r#""_id":"bir-ID","_id":"BIR-UP ""#, false),
    (r#""_id":null,"_id":"""#, false),
    (r#""_id":"bir-other""#, true),
    (r#""_id":" BIR-OTHER ""#, true),
    (r#""\u005fid":"bir-other""#, true),
    (r#""_id":"bir-""#, true),
    (r#""_id":"bir-ID x""#, true),
    (r#""_id":"bir-IDx""#, true),
    (r#""_id":"bir-../ID""#, true),
    (r#""_id":"bir-ID","_id":"bir-other""#, true),
    (r#""_id":"bir-other","_id":"bir-ID""#, true),
    (r#""_id":"bir-other","_id":"bir-other""#, true),
    (r#""_id":"bir-ID","_id":null"#, true),
    (r#""_id":"bir-ID","_id":"5f1c9a70a0aa52bbacdff3aa""#, true),
];

const STATUSES: [(&str, Outcome); 27] = [
    (r#""status":"success""#, Succeeded),
    (r#""status":"SUCCESS""#, Succeeded),
    (r#""status":"Successful""#, Succeeded),
    (r#""st\u0061tus":"succ\u0065ss""#, Succeeded),
    (r#""status":"success","status":"Success""#, Succeeded),
    (r#""status":"success","statusLogs":[{"status":"failed"}]"#, Succeeded),
    (r#""status":"failed""#, Failed),
    (r#""status":"Failure""#, Failed),
    (r#""status":"failed","status":"FAILED""#, Failed),
    (r#""status":"failed","statusLogs":"no log""#, Failed),
    (r#""status":"pending""#, Running),
    (r#""status":"InProgress","statusLogs":[{"status":"success"}]"#, Running),
    (r#""status":"pending","status":"Pending""#, Running),
    ("", Unknown),
    (r#""status":null"#, Unknown),
    (r#""status":"""#, Unknown),
    (r#""status":"Finished""#, Unknown),
    (r#""status":1"#, Unknown),
    (r#""status":true"#, Unknown),
    (r#""status":{"status":"success"}"#, Unknown),
    (r#""status":["success"]"#, Unknown),
    (r#""Status":"success""#, Unknown),
    (r#""status":"success","status":"failed""#, Unknown),
    (r#""status":"failed","status":"success""#, Unknown),
    (r#""status":"success","status":null"#, Unknown),
    (r#""status":null,"status":"failed""#, Unknown),
    (r#""status":"pending","status":"success""#, Unknown),
];

struct Case {
    id: BotImportId,
    body: String,
    says: Says,
    /// Whether a process of its own asks for it too; one for each would take minutes.
    by_process: bool,
}

fn table() -> Vec<Case> {
    let mut cases = Vec::new();
    for (row, (id, is_other)) in IDS.into_iter().enumerate() {
        for (column, (status, outcome)) in STATUSES.into_iter().enumerate() {
            let name = format!("{row}a{column}z");
            let id = id.replace("ID", &name).replace("UP", &name.to_uppercase());
            let members = [&*id, status].into_iter().filter(|member| !member.is_empty());
            cases.push(Case {
                id: format!("bir-{name}").parse().expect("valid"),
                body: format!("{{{}}}", members.collect::<Vec<_>>().join(",")),
                says: if is_other { Other } else { Of(outcome) },
                by_process: column == 0 || column == row % STATUSES.len() || row == 4 || row == 8,
            });
        }
    }
    cases
}

/// The documents of the table, and how often each was asked for.
#[derive(Clone)]
struct Platform(Arc<Mutex<HashMap<String, (String, usize)>>>);

impl Platform {
    fn of(cases: &[Case]) -> Self {
        let bodies = cases.iter().map(|case| (case.id.to_string(), (case.body.clone(), 0)));
        Self(Arc::new(Mutex::new(bodies.collect())))
    }

    /// The document; after the first time a plain failure, so that a watch that goes on ends.
    fn body(&self, path: &str) -> String {
        let id = path.rsplit('/').next().expect("a path");
        let mut bodies = self.0.lock().expect("no test panics here");
        let (body, polls) = bodies.get_mut(id).expect("of the table");
        *polls += 1;
        if *polls == 1 { body.clone() } else { format!(r#"{{"_id":"{id}","status":"failed"}}"#) }
    }

    fn polls(&self, id: &BotImportId) -> usize {
        self.0.lock().expect("no test panics here")[id.as_str()].1
    }

    fn answer(&self, request: &Request<Body>) -> Result<Response<Bytes>, TransportError> {
        Ok(Response::new(self.body(request.uri().path()).into()))
    }

    fn serve(self) -> Server {
        Server::start(move |head| {
            let path = head.split(' ').nth(1).expect("a request line");
            response("200 OK", "content-type: application/json\r\n", self.body(path).as_bytes())
        })
    }
}

fn client(cases: &[Case]) -> Client {
    let platform = Platform::of(cases);
    let transport = move |request: Request<Body>| std::future::ready(platform.answer(&request));
    let builder = Client::builder().host("x.example").credentials(CLIENT_ID, SECRET);
    builder.transport(transport).build().expect("builds")
}

fn blocking_client(cases: &[Case]) -> blocking::Client {
    let platform = Platform::of(cases);
    let builder = Client::builder().host("x.example").credentials(CLIENT_ID, SECRET);
    builder
        .blocking_transport(move |request: Request<Body>| platform.answer(&request))
        .build_blocking()
        .expect("builds")
}

fn call(result: Result<BotImport, Error>) -> Says {
    match result {
        Ok(import) => Of(import.outcome()),
        Err(error) if error.is_other_job() => Other,
        Err(error) => panic!("{error}"),
    }
}

/// What a watch says after its first poll; that it goes on is the same for a word that is not known
/// and for one that means running.
fn watch(update: Update<BotImportId, Error>) -> ControlFlow<Says> {
    match update {
        Update::Event { event: Event::NextPoll { .. }, .. } => Break(Of(Running)),
        Update::Ended { end: Ok(End::Succeeded(_)), .. } => Break(Of(Succeeded)),
        Update::Ended { end: Ok(End::Failed(_)), .. } => Break(Of(Failed)),
        Update::Ended { end: Ok(End::CouldNotPoll { error, .. }), .. } if error.is_other_job() => {
            Break(Other)
        }
        Update::Ended { end, .. } => panic!("{end:?}"),
        _ => Continue(()),
    }
}

fn of_watch(says: Says) -> Says {
    if says == Of(Unknown) { Of(Running) } else { says }
}

/// Compares all rows at once, so that one that differs shows which ways disagree.
fn agree(way: &str, cases: &[Case], expected: impl Fn(&Case) -> Says, mut found: impl FnMut(&Case) -> Says) {
    let differing = cases.iter().filter_map(|case| {
        let (found, expected) = (found(case), expected(case));
        (found != expected).then(|| format!("{}: {found:?}, expected {expected:?}", case.body))
    });
    let differing: Vec<_> = differing.collect();
    assert!(differing.is_empty(), "{way} differs in {}:\n{}", differing.len(), differing.join("\n"));
}

#[test]
fn single_calls_and_watches_agree_on_each_document() {
    let cases = table();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let request = |case: &Case| get_status::Request::new(case.id.clone());
    let says = |case: &Case| case.says;

    let asked = client(&cases);
    agree("a call", &cases, says, |case| call(runtime.block_on(asked.bot_import_status(&case.id))));
    let asked = blocking_client(&cases);
    agree("a blocking call", &cases, says, |case| call(asked.bot_import_status(&case.id)));
    let asked = client(&cases);
    agree("send", &cases, says, |case| {
        call(runtime.block_on(asked.send(&request(case))).map(|answer| answer.response.import))
    });
    let asked = blocking_client(&cases);
    agree("a blocking send", &cases, says, |case| {
        call(asked.send(&request(case)).map(|answer| answer.response.import))
    });

    let watched = |case: &Case| of_watch(case.says);
    let asked = client(&cases);
    agree("a watch", &cases, watched, |case| {
        runtime.block_on(async {
            let mut updates = asked.watch_import(&case.id).updates();
            loop {
                if let Break(says) = watch(updates.next().await.expect("a verdict")) {
                    return says;
                }
            }
        })
    });
    let asked = blocking_client(&cases);
    agree("a blocking watch", &cases, watched, |case| {
        let verdict = asked.watch_import(&case.id).updates().map(watch).find_map(ControlFlow::break_value);
        verdict.expect("a verdict")
    });
}

#[test]
fn kore_import_status_agrees_on_each_document() {
    let mut cases = table();
    cases.retain(|case| case.by_process);
    let server = Platform::of(&cases).serve();
    agree(
        "kore import status",
        &cases,
        |case| of_watch(case.says),
        |case| {
            let run = Kore::status(&server.url, case.id.as_str()).arg("--exit-status").run();
            match run.code {
                0 => Of(Succeeded),
                1 => Of(Failed),
                3 => Of(Running),
                5 => Other,
                code => panic!("{code}: {}", run.stderr),
            }
        },
    );
}

#[test]
fn kore_import_watch_agrees_on_each_document() {
    let cases = table();
    let platform = Platform::of(&cases);
    let server = platform.clone().serve();
    let mut found = HashMap::new();
    for (says, code) in [(Of(Succeeded), 0), (Of(Failed), 1), (Of(Running), 1), (Other, 5)] {
        let group = cases.iter().filter(|case| of_watch(case.says) == says);
        let ids: Vec<_> = group.map(|case| case.id.as_str()).collect();
        let run = Kore::watch(&server.url, &ids).args(["--interval", "50ms", "-o", "json"]).run();
        assert_eq!(run.code, code, "{says:?}: {}", run.stderr);
        let document: Value = serde_json::from_str(&run.stdout).expect("JSON");
        for import in document["imports"].as_array().expect("a list") {
            let id: BotImportId = import["id"].as_str().expect("an id").parse().expect("valid");
            // One that was not over was polled again, and failed then.
            let says = match (import["outcome"].as_str().expect("a word"), platform.polls(&id)) {
                ("succeeded", 1) => Of(Succeeded),
                ("failed", 1) => Of(Failed),
                ("failed", 2) => Of(Running),
                ("about_another", 1) => Other,
                other => panic!("{id}: {other:?}"),
            };
            found.insert(id, says);
        }
    }
    agree("kore import watch", &cases, |case| of_watch(case.says), |case| found[&case.id]);
}

#[test]
fn a_page_is_a_wrong_host_until_the_platform_has_answered_and_an_outage_then() {
    let page = || response("403 Forbidden", "content-type: text/html\r\n", b"<html>Blocked</html>");
    let server = Server::start(move |_| page());
    let run = Kore::watch(&server.url, &["bir-1"]).run();
    assert_eq!(run.code, 5, "{}", run.stderr);
    run.says(&["a wrong host (KORE_HOST)"]);

    let polls = Mutex::new(0);
    let server = Server::start(move |head| {
        if !head.contains(concat!("user-agent: kore/", env!("CARGO_PKG_VERSION"), "\r\n")) {
            return response("400 Bad Request", "", br#"{"errors":[{"msg":"no such sender"}]}"#);
        }
        let mut polls = polls.lock().expect("no panic");
        *polls += 1;
        match *polls {
            2 => page(),
            1 => response("200 OK", "", br#"{"status":"pending"}"#),
            _ => response("200 OK", "", br#"{"status":"success"}"#),
        }
    });
    let run = Kore::watch(&server.url, &["bir-1"]).args(["--interval", "50ms"]).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("403 Forbidden"), "it is told: {}", run.stdout);
}

#[test]
fn a_byte_order_mark_is_printed_as_it_came() {
    let body = "\u{feff}{\"status\":\"success\"}";
    let run = Kore::status(&Server::json(body).url, "bir-1").args(["--exit-status", "-o", "json"]).succeeds();
    assert!(run.stdout.starts_with(body), "{}", run.stdout);
}
