//! Counts the responses in schemathesis' report (HTTP Archive format), and fails a run that saw too few
//! kinds of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;

use anyhow::{Context, bail};
use cargo_metadata::camino::Utf8Path;
use serde_json::Value;

/// How many responses of each status there were, and which paths had a 200.
#[derive(Debug)]
pub(super) struct Report {
    statuses: BTreeMap<u16, usize>,
    found: BTreeSet<String>,
}

impl Report {
    pub(super) fn read(path: &Utf8Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
        let archive = serde_json::from_str(&text).with_context(|| format!("cannot parse {path}"))?;
        Self::of(&archive).with_context(|| format!("{path} has another form than expected"))
    }

    fn of(archive: &Value) -> anyhow::Result<Self> {
        let entries = archive["log"]["entries"].as_array().context("no entries")?;
        let (mut statuses, mut found) = (BTreeMap::new(), BTreeSet::new());
        for entry in entries {
            let status = entry["response"]["status"].as_u64().and_then(|status| u16::try_from(status).ok());
            let (Some(status), Some(url)) = (status, entry["request"]["url"].as_str()) else {
                bail!("an entry without a status or a URL: {entry}")
            };
            *statuses.entry(status).or_default() += 1;
            if status == 200 {
                found.insert(url.to_owned());
            }
        }
        Ok(Self { statuses, found })
    }

    /// A run that saw too little proves nothing, even if nothing failed.
    pub(super) fn complaints(&self, expected: &[u16], imports: &[String]) -> Vec<String> {
        let unseen = expected.iter().filter(|status| !self.statuses.contains_key(status));
        let unseen = unseen.map(|status| format!("no answer was {status}: that status was not checked"));
        unseen.chain(imports.iter().filter_map(|id| self.missed(&format!("/{id}")))).collect()
    }

    /// A complaint if nothing succeeded whose path ends so.
    pub(super) fn missed(&self, end: &str) -> Option<String> {
        let is_found = self.found.iter().any(|url| url.ends_with(end));
        (!is_found).then(|| format!("no call of …{end} succeeded"))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answers", self.statuses.values().sum::<usize>())?;
        for (at, (status, count)) in self.statuses.iter().enumerate() {
            write!(f, "{} {status}: {count}", if at == 0 { ";" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(answers: &[(&str, u16)]) -> Report {
        let entry = |(id, status): &(&str, u16)| json!({"request": {"url": format!("http://127.0.0.1:1/x/{id}")}, "response": {"status": status}});
        Report::of(&json!({"log": {"entries": answers.iter().map(entry).collect::<Vec<_>>()}}))
            .expect("a report")
    }

    #[test]
    fn answers_are_counted_by_status() {
        let report = report(&[("bir-1", 200), ("x", 400), ("bir-1", 200)]);
        assert_eq!(report.to_string(), "3 answers; 200: 2, 400: 1");
    }

    #[test]
    fn a_run_that_saw_no_success_fails() {
        let report = report(&[("bir-1", 400), ("bir-1", 401)]);
        let complaints = report.complaints(&[200, 400, 401], &["bir-1".to_owned()]);
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        assert!(complaints[0].contains("200") && complaints[1].contains("bir-1"), "{complaints:?}");
    }

    #[test]
    fn a_run_that_saw_all_passes() {
        let report = report(&[("bir-1", 200), ("bir-2", 200), ("bir-3", 405)]);
        assert!(report.complaints(&[200, 405], &["bir-1".to_owned(), "bir-2".to_owned()]).is_empty());
    }

    #[test]
    fn a_report_of_another_form_is_an_error_and_no_pass() {
        assert!(Report::of(&json!({})).is_err());
        assert!(Report::of(&json!({"log": {"entries": [{}]}})).is_err());
    }
}
