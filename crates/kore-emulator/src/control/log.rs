//! `GET /requests`: the last requests for the platform, and how each was answered. No header is kept,
//! so no token.

use std::collections::VecDeque;
use std::time::SystemTime;

use bytes::Bytes;
use http::{Method, Response};
use kore_protocol::bot_import::get_status;
use kore_types::BotImportId;
use serde::Serialize;

use super::routes::Page;
use crate::clock::Time;
use crate::masked::masked;
use crate::platform::Why;
use crate::shown::cut;

/// How many are kept.
pub(super) const MAX: usize = 1000;

/// The most that is kept of a path, in bytes.
const MAX_PATH: usize = 4096;

/// A request as it arrived, and what is known of its way.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    method: Method,
    /// As it came; what is shown of it is made when someone looks.
    path: String,
    /// What a fault does to it.
    fault: Option<&'static str>,
    /// Whether there is an answer.
    is_answered: bool,
}

impl Noted {
    pub(crate) fn new(method: &Method, path: &str) -> Self {
        // A path is ASCII.
        let path = path.get(..MAX_PATH).unwrap_or(path).to_owned();
        Self { method: method.clone(), path, fault: None, is_answered: true }
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

/// What is kept of a request: noting one is to cost next to nothing, since all come by here.
#[derive(Debug)]
struct Noticed {
    number: u64,
    time: SystemTime,
    noted: Noted,
    status: u16,
    why: Option<Why>,
}

impl Noticed {
    fn seen(&self) -> Seen {
        let Noted { method, path, fault, is_answered } = &self.noted;
        let values = get_status::METADATA.path.values(path);
        let import = values.and_then(|values| BotImportId::new(values.first()?.as_ref()).ok());
        Seen {
            number: self.number,
            time: Time(self.time),
            method: cut(&masked(method.as_str())),
            path: cut(&masked(path)),
            status: is_answered.then_some(self.status),
            refused: self.why.as_ref().map(|why| cut(&masked(&why.0))),
            fault: *fault,
            import: import.map(|id| cut(&masked(id.as_str()))),
        }
    }
}

/// The last requests, the newest at the end.
#[derive(Debug, Default)]
pub(super) struct RequestLog {
    kept: VecDeque<Noticed>,
    next: u64,
}

#[derive(Serialize)]
pub(super) struct Requests {
    /// How many came in all, those that are kept no more included.
    total: u64,
    requests: Vec<Seen>,
    next: Option<String>,
}

impl RequestLog {
    pub(super) fn count(&self) -> u64 {
        self.next
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }

    pub(super) fn push(&mut self, noted: Noted, response: &Response<Bytes>, now: SystemTime) {
        if self.kept.len() >= MAX {
            self.kept.pop_front();
        }
        self.kept.push_back(Noticed {
            number: self.next,
            time: now,
            noted,
            status: response.status().as_u16(),
            why: response.extensions().get::<Why>().cloned(),
        });
        self.next += 1;
    }

    /// A page of them, the newest first.
    pub(super) fn newest(&self, page: Page) -> Requests {
        let older = self.kept.partition_point(|kept| kept.number < page.before);
        let first = older.saturating_sub(page.limit);
        let requests: Vec<_> = self.kept.range(first..older).rev().map(Noticed::seen).collect();
        let last = requests.last().filter(|_| first > 0);
        let next = last.map(|seen| page.next("requests", seen.number));
        Requests { total: self.next, requests, next }
    }

    /// Those from a number on, at most so many and the newest of them, and how many are left out.
    pub(super) fn since(&self, number: u64, most: usize) -> (u64, Vec<Seen>) {
        let older = self.kept.partition_point(|kept| kept.number < number);
        let first = older.max(self.kept.len().saturating_sub(most));
        let requests: Vec<_> = self.kept.range(first..).map(Noticed::seen).collect();
        (self.next.saturating_sub(number) - requests.len() as u64, requests)
    }
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

    fn numbers(seen: &[Seen]) -> Vec<u64> {
        seen.iter().map(|seen| seen.number).collect()
    }

    #[test]
    fn the_last_are_kept_and_no_more() {
        let log = log(MAX as u64 + 5);
        assert_eq!((log.kept.len(), log.count()), (MAX, 1005));
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
        let path = log.kept[0].seen().path;
        assert!(path.starts_with("/a/…/bbb") && path.chars().count() == 301, "{path}");
    }
}
