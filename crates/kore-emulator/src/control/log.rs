//! The last requests for the platform. No header is kept, so no token.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::{Method, Response};
use kore_protocol::bot_import::get_status;
use kore_types::BotImportId;
use serde::Serialize;

use super::routes::Page;
use super::view::cut;
use crate::life::Time;
use crate::platform::Why;

/// How many are kept.
pub(super) const MAX: usize = 1000;

/// A request as it arrived, and what is known of its way.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    method: Method,
    path: String,
    /// What a fault does to it.
    fault: Option<&'static str>,
    /// Whether there is an answer.
    is_answered: bool,
}

impl Noted {
    pub(crate) fn new(method: &Method, path: &str) -> Self {
        Self { method: method.clone(), path: path.to_owned(), fault: None, is_answered: true }
    }

    pub(crate) fn fault(mut self, fault: Option<&'static str>, is_answered: bool) -> Self {
        (self.fault, self.is_answered) = (fault, is_answered);
        self
    }
}

/// A request and how it was answered.
#[derive(Debug, Serialize)]
pub(super) struct Seen {
    number: u64,
    time: Time,
    method: String,
    path: String,
    /// `None` if there was no answer.
    status: Option<u16>,
    /// Why it was refused, if it was.
    refused: Option<String>,
    fault: Option<&'static str>,
    import: Option<String>,
}

/// The last requests, the newest at the end.
#[derive(Debug, Default)]
pub(super) struct RequestLog {
    seen: VecDeque<Arc<Seen>>,
    next: u64,
}

#[derive(Serialize)]
pub(super) struct Requests {
    /// How many came in all, those that are kept no more included.
    total: u64,
    requests: Vec<Arc<Seen>>,
    next: Option<String>,
}

impl RequestLog {
    pub(super) fn count(&self) -> u64 {
        self.next
    }

    pub(super) fn clear(&mut self) {
        self.seen.clear();
    }

    pub(super) fn push(&mut self, noted: Noted, response: &Response<Bytes>, now: SystemTime) {
        let values = get_status::METADATA.path.values(&noted.path);
        let import = values.and_then(|values| BotImportId::new(values.first()?.as_ref()).ok());
        if self.seen.len() >= MAX {
            self.seen.pop_front();
        }
        self.seen.push_back(Arc::new(Seen {
            number: self.next,
            time: Time(now),
            method: cut(noted.method.as_str()),
            path: cut(&without_tokens(&noted.path)),
            status: noted.is_answered.then(|| response.status().as_u16()),
            refused: response.extensions().get::<Why>().map(|why| cut(&why.0)),
            fault: noted.fault,
            import: import.map(|id| cut(&without_tokens(id.as_str()))),
        }));
        self.next += 1;
    }

    /// A page of them, the newest first.
    pub(super) fn newest(&self, page: Page) -> Requests {
        let older = self.seen.partition_point(|seen| seen.number < page.before);
        let first = older.saturating_sub(page.limit);
        let requests: Vec<_> = self.seen.range(first..older).rev().cloned().collect();
        let last = requests.last().filter(|_| first > 0);
        let next = last.map(|seen| page.next("requests", seen.number));
        Requests { total: self.next, requests, next }
    }

    /// Those from a number on, at most so many and the newest of them, and how many are left out.
    pub(super) fn since(&self, number: u64, most: usize) -> (u64, Vec<Arc<Seen>>) {
        let older = self.seen.partition_point(|seen| seen.number < number);
        let first = older.max(self.seen.len().saturating_sub(most));
        let requests: Vec<_> = self.seen.range(first..).cloned().collect();
        (self.next.saturating_sub(number) - requests.len() as u64, requests)
    }
}

/// Each part of a path that looks like a JWT is left out: someone may have put one there.
fn without_tokens(path: &str) -> String {
    let shown = |part: &str| if part.contains("eyJ") { "…".to_owned() } else { part.to_owned() };
    path.split('/').map(shown).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn log(requests: u64) -> RequestLog {
        let mut log = RequestLog::default();
        for n in 0..requests {
            log.push(Noted::new(&Method::GET, &format!("/{n}")), &Response::default(), UNIX_EPOCH);
        }
        log
    }

    fn numbers(seen: &[Arc<Seen>]) -> Vec<u64> {
        seen.iter().map(|seen| seen.number).collect()
    }

    #[test]
    fn the_last_are_kept_and_no_more() {
        let log = log(MAX as u64 + 5);
        assert_eq!((log.seen.len(), log.count()), (MAX, 1005));
        let page = log.newest(Page { limit: 2, before: u64::MAX });
        assert_eq!(numbers(&page.requests), [1004, 1003]);
        let last = log.newest(Page { limit: 10, before: 7 });
        assert_eq!((numbers(&last.requests), last.next), (vec![6, 5], None));
        assert!(page.next.is_some_and(|next| next.ends_with("before=1003")));
    }

    #[test]
    fn one_who_follows_is_told_what_was_left_out() {
        let (missed, seen) = log(2000).since(10, 3);
        assert_eq!((missed, numbers(&seen)), (1987, vec![1997, 1998, 1999]));
        let (missed, seen) = log(5).since(3, 100);
        assert_eq!((missed, numbers(&seen)), (0, vec![3, 4]));
        assert_eq!(log(5).since(5, 100).0, 0);
    }

    #[test]
    fn a_path_is_bounded_and_shows_no_token() {
        let mut log = RequestLog::default();
        let path = format!("/a/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln/{}", "b".repeat(1000));
        log.push(Noted::new(&Method::GET, &path), &Response::default(), UNIX_EPOCH);
        let path = &log.seen[0].path;
        assert!(path.starts_with("/a/…/bbb") && path.chars().count() == 301, "{path}");
    }
}
