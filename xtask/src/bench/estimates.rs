//! Medians out of the files that criterion leaves behind.

use std::fs;
use std::time::SystemTime;

use anyhow::Context;
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

/// The median of one benchmark.
pub(crate) struct Estimate {
    pub(crate) group: String,
    pub(crate) function: String,
    pub(crate) nanoseconds: f64,
}

/// All that were written since `start`: folders of benchmarks that were renamed stay behind.
pub(crate) fn read(results: &Utf8Path, start: SystemTime) -> anyhow::Result<Vec<Estimate>> {
    let mut folders = Vec::new();
    collect(results, &mut folders)?;
    folders.sort();
    let mut estimates = Vec::new();
    for folder in folders {
        let written = folder.join("estimates.json").metadata().and_then(|file| file.modified());
        if written.is_ok_and(|written| written >= start) {
            let (benchmark, estimate) =
                (json(&folder.join("benchmark.json"))?, json(&folder.join("estimates.json"))?);
            estimates
                .push(parse(&benchmark, &estimate).with_context(|| format!("{folder} has another form"))?);
        }
    }
    Ok(estimates)
}

fn parse(benchmark: &Value, estimates: &Value) -> Option<Estimate> {
    let group = benchmark["group_id"].as_str()?;
    Some(Estimate {
        group: match benchmark["value_str"].as_str() {
            Some(value) => format!("{group} {value}"),
            None => group.to_owned(),
        },
        function: benchmark["function_id"].as_str().unwrap_or(group).to_owned(),
        nanoseconds: estimates["median"]["point_estimate"].as_f64()?,
    })
}

/// Every folder `new`, where criterion keeps the latest result.
fn collect(folder: &Utf8Path, found: &mut Vec<Utf8PathBuf>) -> anyhow::Result<()> {
    for entry in folder.read_dir_utf8().with_context(|| format!("cannot list {folder}"))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            match entry.file_name() {
                "new" => found.push(entry.into_path()),
                _ => collect(entry.path(), found)?,
            }
        }
    }
    Ok(())
}

fn json(path: &Utf8Path) -> anyhow::Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    serde_json::from_str(&text).with_context(|| format!("cannot parse {path}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn results() -> tempfile::TempDir {
        let results = tempfile::tempdir().expect("a folder");
        for (folder, median) in [("base", 1.0), ("new", 250.5)] {
            let folder = results.path().join("decode sample/plain struct").join(folder);
            fs::create_dir_all(&folder).expect("a new folder");
            let benchmark =
                json!({"group_id": "decode sample", "function_id": "plain struct", "value_str": null});
            let estimates = json!({"mean": {"point_estimate": 9.0}, "median": {"point_estimate": median}});
            fs::write(folder.join("benchmark.json"), benchmark.to_string()).expect("a new file");
            fs::write(folder.join("estimates.json"), estimates.to_string()).expect("a new file");
        }
        results
    }

    fn read_since(start: SystemTime) -> Vec<Estimate> {
        let results = results();
        read(results.path().try_into().expect("a plain name"), start).expect("criterion's form")
    }

    #[test]
    fn the_latest_median_is_read_with_the_names_of_group_and_function() {
        let estimates = read_since(SystemTime::UNIX_EPOCH);
        let [estimate] = estimates.as_slice() else { panic!("{} estimates", estimates.len()) };
        assert_eq!((estimate.group.as_str(), estimate.function.as_str()), ("decode sample", "plain struct"));
        assert_eq!(estimate.nanoseconds, 250.5);
    }

    #[test]
    fn results_of_an_earlier_run_are_left_out() {
        let later = SystemTime::now() + Duration::from_secs(60);
        assert!(read_since(later).is_empty());
    }
}
