//! Ids of imports as arguments and lines of standard input.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io::Read;

use kore_sdk::BotImportId;

use crate::failure::Failure;
use crate::plain_text::{self, bounded, trimmed};
use crate::unexpanded::Unexpanded;

/// The most that is read of standard input: some hundred thousand ids.
const MAX_INPUT: u64 = 16 * 1024 * 1024;

/// Where ids come from.
const WHERE: &str = "the response of the import call has the id as _id";

pub(super) fn import_id(argument: &OsStr) -> Result<BotImportId, Failure> {
    // What is not UTF-8 becomes U+FFFD here, which no id allows.
    let text = argument.to_string_lossy();
    Unexpanded::refuse(&text, "the import id")?;
    BotImportId::new(trimmed(&text)).map_err(|error| Failure::usage(error).hint(WHERE))
}

/// The ids of the arguments in their order, those of `input` in the place of `-`, each once.
pub(super) fn ids(arguments: &[OsString], input: impl Read) -> Result<Vec<BotImportId>, Failure> {
    let mut ids = Vec::new();
    let mut input = Some(input);
    for argument in arguments {
        if argument != "-" {
            ids.push(import_id(argument)?);
        } else if let Some(input) = input.take() {
            ids.extend(of_lines(input)?);
        }
    }
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    Ok(ids)
}

/// One id a line, in any form of [`plain_text`]; empty lines do no harm.
fn of_lines(input: impl Read) -> Result<Vec<BotImportId>, Failure> {
    let lines = bounded(input, MAX_INPUT).and_then(plain_text::lines).map_err(|error| {
        Failure::usage(format!("cannot read ids from standard input: {error}"))
            .hint("expected one import id a line")
    })?;
    let ids = lines.into_iter().map(|(number, line)| {
        Unexpanded::refuse(&line, format_args!("standard input, line {number}"))?;
        BotImportId::new(line).map_err(|error| {
            Failure::usage(format!("standard input, line {number}: {error}"))
                .hint(format!("expected one import id a line; {WHERE}"))
        })
    });
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    if ids.is_empty() {
        return Err(Failure::usage("there is no import id on standard input")
            .hint(format!("expected one a line; {WHERE}")));
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str], input: &str) -> Result<Vec<String>, String> {
        let arguments: Vec<_> = arguments.iter().map(OsString::from).collect();
        match ids(&arguments, input.as_bytes()) {
            Ok(ids) => Ok(ids.iter().map(|id| id.as_str().to_owned()).collect()),
            Err(failure) => Err(failure.to_string()),
        }
    }

    #[test]
    fn lines_stand_where_the_dash_stands_and_each_id_once() {
        let input = "\u{feff}bir-2\r\n\n  bir-1 \nbir-3";
        let expected = ["bir-1", "bir-2", "bir-3", "bir-4"].map(str::to_owned).to_vec();
        assert_eq!(read(&["bir-1", "-", "bir-4", "-", "bir-2"], input), Ok(expected));
    }

    #[test]
    fn a_bad_line_is_named_by_its_number() {
        let error = read(&["-"], "bir-1\n\n../etc\n").expect_err("no id");
        assert!(error.starts_with("standard input, line 3: "), "{error}");
    }

    #[test]
    fn an_empty_input_is_told() {
        assert!(read(&["-"], "\r\n \n").expect_err("empty").contains("no import id on standard input"));
        assert_eq!(read(&[], "bir-1"), Ok(Vec::new()));
    }
}
