//! The paths, which are the emulator's own.

use http::{Method, StatusCode};

use super::answer::Problem;
use super::page::File;

const ROOT: &str = "/_emulator";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    ToPage,
    Page(File),
    Events,
    Health,
    OpenApi,
    Scenarios,
    Imports,
    Create,
    Import,
    Delete,
    Steer(Steer),
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

const ID: &str = "{id}";

/// A path below the root by its parts, and its methods. `HEAD` comes with `GET`.
type Route = (&'static [&'static str], &'static [(Method, Action)]);

const ROUTES: &[Route] = &[
    (&[], &[(Method::GET, Action::ToPage)]),
    (&[""], &[(Method::GET, Action::Page(File::Html))]),
    (&["page.css"], &[(Method::GET, Action::Page(File::Css))]),
    (&["page.js"], &[(Method::GET, Action::Page(File::JavaScript))]),
    (&["events"], &[(Method::GET, Action::Events)]),
    (&["health"], &[(Method::GET, Action::Health)]),
    (&["openapi.json"], &[(Method::GET, Action::OpenApi)]),
    (&["scenarios"], &[(Method::GET, Action::Scenarios)]),
    (&["imports"], &[(Method::GET, Action::Imports), (Method::POST, Action::Create)]),
    (&["imports", ID], &[(Method::GET, Action::Import), (Method::DELETE, Action::Delete)]),
    (&["imports", ID, "advance"], &[(Method::POST, Action::Steer(Steer::Advance))]),
    (&["imports", ID, "finish"], &[(Method::POST, Action::Steer(Steer::Finish))]),
    (&["imports", ID, "fail"], &[(Method::POST, Action::Steer(Steer::Fail))]),
    (&["requests"], &[(Method::GET, Action::Requests)]),
    (
        &["faults"],
        &[
            (Method::GET, Action::Faults),
            (Method::POST, Action::AddFaults),
            (Method::DELETE, Action::ClearFaults),
        ],
    ),
    (&["reset"], &[(Method::POST, Action::Reset)]),
    (&["snapshot"], &[(Method::GET, Action::Snapshot), (Method::PUT, Action::Restore)]),
];

impl Action {
    /// Whether it may change what a state file keeps.
    pub(super) fn changes(self) -> bool {
        matches!(self, Self::Create | Self::Delete | Self::Steer(_) | Self::Reset | Self::Restore)
    }

    /// How much of a body is read, in bytes.
    pub(super) fn max_body(self) -> usize {
        match self {
            Self::Restore => 64 * 1024 * 1024,
            Self::Create => 4 * 1024 * 1024,
            Self::AddFaults => 1024 * 1024,
            _ => 1024,
        }
    }
}

/// The path below the root: nothing, or what begins with a slash.
pub(super) fn below_root(path: &str) -> Option<&str> {
    path.strip_prefix(ROOT).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What a request asks for, and the id in its path.
pub(super) fn find<'p>(method: &Method, path: &'p str) -> Result<(Action, Option<&'p str>), Problem> {
    let below: Vec<&str> = below_root(path).unwrap_or_default().split('/').skip(1).collect();
    let fits = |pattern: &[&str]| {
        pattern.len() == below.len()
            && pattern
                .iter()
                .zip(&below)
                .all(|(part, given)| part == given || (*part == ID && !given.is_empty()))
    };
    let Some((pattern, methods)) = ROUTES.iter().find(|(pattern, _)| fits(pattern)) else {
        return Err(Problem::new(StatusCode::NOT_FOUND, format!("one of the paths {}", paths()))
            .found(path)
            .hint("the paths of the platform are beside this one, and not below it"));
    };
    let wanted = if method == Method::HEAD { &Method::GET } else { method };
    match methods.iter().find(|(known, _)| known == wanted) {
        Some((_, action)) => {
            let place = pattern.iter().position(|part| *part == ID);
            Ok((*action, place.map(|place| below[place])))
        }
        None => {
            let mut allowed: Vec<&str> = methods.iter().map(|(method, _)| method.as_str()).collect();
            if allowed.contains(&"GET") {
                allowed.push("HEAD");
            }
            let allowed = allowed.join(", ");
            Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("{allowed} for {path}"))
                .found(method.as_str())
                .hint("take one of these methods")
                .allow(&allowed))
        }
    }
}

fn paths() -> String {
    let path = |(pattern, _): &Route| format!("{ROOT}/{}", pattern.join("/"));
    ROUTES.iter().skip(1).map(path).collect::<Vec<_>>().join(", ")
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

/// The address of the page.
pub(super) const PAGE: &str = "/_emulator/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_is_found_by_its_methods_alone() {
        assert_eq!(find(&Method::GET, "/_emulator/imports").ok(), Some((Action::Imports, None)));
        assert_eq!(find(&Method::HEAD, "/_emulator/health").ok(), Some((Action::Health, None)));
        let fail = find(&Method::POST, "/_emulator/imports/bir-1/fail").ok();
        assert_eq!(fail, Some((Action::Steer(Steer::Fail), Some("bir-1"))));
        for (method, path, status) in [
            (Method::GET, "/_emulator/imports/", 404),
            (Method::GET, "/_emulator/imports/bir-1/fail/x", 404),
            (Method::GET, "/_emulator//", 404),
            (Method::GET, "/_emulator/imports/bir-1/fail", 405),
            (Method::HEAD, "/_emulator/reset", 405),
            (Method::PATCH, "/_emulator/snapshot", 405),
        ] {
            let problem = find(&method, path).expect_err(path);
            assert_eq!(problem.into_response().status(), status, "{method} {path}");
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
