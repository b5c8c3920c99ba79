//! The paths of the control, which are the emulator's own.

use std::time::SystemTime;

use http::{Method, StatusCode};

use super::answer::Problem;
use super::page::File;
use crate::life::Life;
use crate::{JobKind, SteerError};

const ROOT: &str = "/_emulator";

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    ToPage,
    Page(File),
    Events,
    Health,
    OpenApi,
    Scenarios,
    Imports,
    Create,
    Import(String),
    Delete(String),
    Steer(String, Steer),
    Bots,
    AddBot,
    DeleteBot(String),
    Job(String, JobKind),
    SteerJob(String, JobKind, Steer),
    Prepare,
    ForgetPrepared,
    Files,
    Requests,
    Faults,
    AddFaults,
    ClearFaults,
    Reset,
    Snapshot,
    Restore,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Steer {
    Advance,
    Finish,
    Fail,
}

impl Steer {
    pub(super) fn act(self, life: &mut Life, now: SystemTime) -> Result<(), SteerError> {
        match self {
            Self::Advance => life.advance(now),
            Self::Finish => life.finish(now),
            Self::Fail => life.fail(now),
        }
    }

    fn named(name: &str) -> Option<Self> {
        [("advance", Self::Advance), ("finish", Self::Finish), ("fail", Self::Fail)]
            .into_iter()
            .find_map(|(known, steer)| (known == name).then_some(steer))
    }
}

/// The kind of a job of a bot that exists.
fn of_bot(name: &str) -> Option<JobKind> {
    [JobKind::Export, JobKind::Publish].into_iter().find(|kind| kind.as_str() == name)
}

/// The methods that there are. `HEAD` comes with `GET`.
const METHODS: [Method; 4] = [Method::GET, Method::POST, Method::PUT, Method::DELETE];

/// What a path below the root is for, by its parts.
fn action(method: &Method, path: &[&str]) -> Option<Action> {
    Some(match (method.as_str(), path) {
        ("GET", []) => Action::ToPage,
        ("GET", [""]) => Action::Page(File::Html),
        ("GET", ["page.css"]) => Action::Page(File::Css),
        ("GET", ["page.js"]) => Action::Page(File::JavaScript),
        ("GET", ["events"]) => Action::Events,
        ("GET", ["health"]) => Action::Health,
        ("GET", ["openapi.json"]) => Action::OpenApi,
        ("GET", ["scenarios"]) => Action::Scenarios,
        ("GET", ["imports"]) => Action::Imports,
        ("POST", ["imports"]) => Action::Create,
        (_, ["imports", "", ..]) => return None,
        ("GET", ["imports", id]) => Action::Import((*id).to_owned()),
        ("DELETE", ["imports", id]) => Action::Delete((*id).to_owned()),
        ("POST", ["imports", id, how]) => Action::Steer((*id).to_owned(), Steer::named(how)?),
        ("GET", ["bots"]) => Action::Bots,
        ("POST", ["bots"]) => Action::AddBot,
        ("DELETE", ["bots", id]) if !id.is_empty() => Action::DeleteBot((*id).to_owned()),
        ("GET", ["bots", id, job]) => Action::Job((*id).to_owned(), of_bot(job)?),
        ("POST", ["bots", id, job, how]) => {
            Action::SteerJob((*id).to_owned(), of_bot(job)?, Steer::named(how)?)
        }
        ("POST", ["next"]) => Action::Prepare,
        ("DELETE", ["next"]) => Action::ForgetPrepared,
        ("GET", ["files"]) => Action::Files,
        ("GET", ["requests"]) => Action::Requests,
        ("GET", ["faults"]) => Action::Faults,
        ("POST", ["faults"]) => Action::AddFaults,
        ("DELETE", ["faults"]) => Action::ClearFaults,
        ("POST", ["reset"]) => Action::Reset,
        ("GET", ["snapshot"]) => Action::Snapshot,
        ("PUT", ["snapshot"]) => Action::Restore,
        _ => return None,
    })
}

impl Action {
    /// Whether it may change what a state file keeps.
    pub(super) fn changes(&self) -> bool {
        matches!(
            self,
            Self::Create
                | Self::Delete(_)
                | Self::Steer(..)
                | Self::AddBot
                | Self::DeleteBot(_)
                | Self::SteerJob(..)
                | Self::Reset
                | Self::Restore
        )
    }

    /// How much of a body is read, in bytes.
    pub(super) fn max_body(&self) -> usize {
        match self {
            Self::Restore => 64 * 1024 * 1024,
            Self::Create | Self::Prepare => 4 * 1024 * 1024,
            Self::AddFaults => 1024 * 1024,
            _ => 1024,
        }
    }
}

/// The path below the root: nothing, or what begins with a slash.
pub(super) fn below_root(path: &str) -> Option<&str> {
    path.strip_prefix(ROOT).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What a request asks for.
pub(super) fn find(method: &Method, path: &str) -> Result<Action, Problem> {
    let below: Vec<&str> = below_root(path).unwrap_or_default().split('/').skip(1).collect();
    let wanted = if method == Method::HEAD { &Method::GET } else { method };
    if let Some(action) = action(wanted, &below) {
        return Ok(action);
    }
    let methods = METHODS.iter().filter(|known| action(known, &below).is_some());
    let mut allowed: Vec<&str> = methods.map(Method::as_str).collect();
    if allowed.is_empty() {
        let expected = match &*below {
            ["imports", _, _] => "advance, finish or fail behind the id of an import",
            ["bots", _, job, _] if of_bot(job).is_some() => "advance, finish or fail behind the job of a bot",
            ["bots", _, _] | ["bots", _, _, _] => "export or publish behind the id of a bot",
            _ => "a path of the control, such as /_emulator/imports or /_emulator/snapshot",
        };
        return Err(Problem::new(StatusCode::NOT_FOUND, expected)
            .found(path)
            .hint("the paths of the platform are beside /_emulator, and not below it"));
    }
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    let allowed = allowed.join(", ");
    Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("{allowed} for {path}"))
        .found(method.as_str())
        .hint("take one of these methods")
        .allow(&allowed))
}

/// Which page of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) limit: usize,
    /// What is listed has lower numbers.
    pub(super) before: u64,
}

impl Page {
    /// `limit`, 50 unless given, and `before`.
    pub(super) fn of(query: &str, most: usize) -> Result<Self, Problem> {
        let refused = |found: &str| {
            Problem::new(StatusCode::BAD_REQUEST, format!("limit=1 to {most} and before=NUMBER, or neither"))
                .found(found)
                .hint("`next` in the answer has the address of the next page")
        };
        let mut page = Self { limit: 50, before: u64::MAX };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').and_then(|(key, value)| Some((key, value.parse::<u64>().ok()?))) {
                Some(("limit", limit @ 1..)) if limit <= most as u64 => page.limit = limit as usize,
                Some(("before", before)) => page.before = before,
                _ => return Err(refused(pair)),
            }
        }
        Ok(page)
    }

    /// The address of the page behind one whose last has that number.
    pub(super) fn next(self, list: &str, last: u64) -> String {
        format!("{ROOT}/{list}?limit={}&before={last}", self.limit)
    }
}

/// The address of an import.
pub(super) fn import(id: &str) -> String {
    format!("{ROOT}/imports/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_is_found_by_its_methods_alone() {
        assert_eq!(find(&Method::GET, "/_emulator/imports").ok(), Some(Action::Imports));
        assert_eq!(find(&Method::HEAD, "/_emulator/health").ok(), Some(Action::Health));
        let fail = find(&Method::POST, "/_emulator/imports/bir-1/fail").ok();
        assert_eq!(fail, Some(Action::Steer("bir-1".to_owned(), Steer::Fail)));
        let job = find(&Method::POST, "/_emulator/bots/st-1/export/advance").ok();
        assert_eq!(job, Some(Action::SteerJob("st-1".to_owned(), JobKind::Export, Steer::Advance)));
        for (method, path, status) in [
            (Method::GET, "/_emulator/imports/", 404),
            (Method::POST, "/_emulator/imports//fail", 404),
            (Method::GET, "/_emulator/imports/bir-1/fail/x", 404),
            (Method::GET, "/_emulator//", 404),
            (Method::GET, "/_emulator/imports/bir-1/fail", 405),
            (Method::POST, "/_emulator/imports/bir-1/export", 404),
            (Method::GET, "/_emulator/bots/st-1/import", 404),
            (Method::GET, "/_emulator/bots/st-1/publish/fail", 405),
            (Method::POST, "/_emulator/bots/st-1/publish", 405),
            (Method::GET, "/_emulator/next", 405),
            (Method::HEAD, "/_emulator/reset", 405),
            (Method::PATCH, "/_emulator/snapshot", 405),
        ] {
            let problem = find(&method, path).expect_err(path);
            assert_eq!(problem.into_response().status(), status, "{method} {path}");
        }
    }

    #[test]
    fn an_unknown_verb_or_job_is_told_with_those_that_there_are() {
        for (path, expected) in [
            ("imports/bir-1/end", "advance, finish or fail"),
            ("bots/st-1/export/end", "advance, finish or fail"),
            ("bots/st-1/train/fail", "export or publish"),
            ("bots/st-1/train", "export or publish"),
            ("elsewhere", "a path of the control"),
        ] {
            let problem = find(&Method::POST, &format!("{ROOT}/{path}")).expect_err(path);
            assert!(format!("{problem:?}").contains(expected), "{path}: {problem:?}");
        }
    }

    #[test]
    fn the_root_is_a_whole_part_of_a_path() {
        assert_eq!(below_root("/_emulator"), Some(""));
        assert_eq!(below_root("/_emulator/"), Some("/"));
        assert_eq!(below_root("/_emulators"), None);
        assert_eq!(below_root("/a/_emulator/"), None);
    }

    #[test]
    fn a_page_is_bounded() {
        let page = |query| Page::of(query, 1000).ok();
        assert_eq!(page(""), Some(Page { limit: 50, before: u64::MAX }));
        assert_eq!(page("limit=1000&before=7"), Some(Page { limit: 1000, before: 7 }));
        for query in ["limit=0", "limit=1001", "limit=-1", "limit", "before=x", "page=2"] {
            assert_eq!(page(query), None, "{query}");
        }
    }
}
