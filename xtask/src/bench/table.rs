//! Ratios to what a user would write by hand.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::estimates::Estimate;

/// One Markdown table a group.
pub(crate) fn markdown(estimates: &[Estimate]) -> String {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for estimate in estimates {
        groups.entry(&estimate.group).or_default().push(estimate);
    }
    groups.into_iter().map(|(group, of_group)| table(group, &of_group)).collect::<Vec<_>>().join("\n")
}

fn table(group: &str, estimates: &[&Estimate]) -> String {
    let baseline = estimates.iter().find(|estimate| is_baseline(&estimate.function));
    let to = baseline.map_or("no baseline", |baseline| &baseline.function);
    let mut table = format!("### {group}\n\n| | median | ratio to {to} |\n|---|---:|---:|\n");
    for estimate in estimates {
        let ratio = baseline.map(|baseline| format!("{:.2}", estimate.nanoseconds / baseline.nanoseconds));
        let (time, ratio) = (shown(estimate.nanoseconds), ratio.as_deref().unwrap_or("–"));
        writeln!(table, "| {} | {time} | {ratio} |", estimate.function).expect("a String takes everything");
    }
    table
}

fn is_baseline(function: &str) -> bool {
    function == "plain struct" || function.starts_with("hand-written")
}

fn shown(nanoseconds: f64) -> String {
    match nanoseconds {
        ..1e3 => format!("{nanoseconds:.0} ns"),
        ..1e6 => format!("{:.2} µs", nanoseconds / 1e3),
        ..1e9 => format!("{:.2} ms", nanoseconds / 1e6),
        _ => format!("{:.2} s", nanoseconds / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(group: &str, function: &str, nanoseconds: f64) -> Estimate {
        Estimate { group: group.to_owned(), function: function.to_owned(), nanoseconds }
    }

    #[test]
    fn ratios_are_to_the_baseline_of_their_own_group() {
        let estimates = [
            estimate("decode", "kore-types", 3_000.0),
            estimate("decode", "plain struct", 2_000.0),
            estimate("status call", "hand-written on reqwest", 4e6),
            estimate("status call", "kore-sdk", 5e6),
        ];
        let expected = "\
### decode

| | median | ratio to plain struct |
|---|---:|---:|
| kore-types | 3.00 µs | 1.50 |
| plain struct | 2.00 µs | 1.00 |

### status call

| | median | ratio to hand-written on reqwest |
|---|---:|---:|
| hand-written on reqwest | 4.00 ms | 1.00 |
| kore-sdk | 5.00 ms | 1.25 |
";
        assert_eq!(markdown(&estimates), expected);
    }

    #[test]
    fn a_group_without_a_baseline_says_so() {
        let table = markdown(&[estimate("encode", "kore-types", 12.0)]);
        assert!(table.contains("no baseline"), "{table}");
        assert!(table.contains("| kore-types | 12 ns | – |"), "{table}");
    }
}
