//! Checks the OpenAPI document and the emulator against each other with the tools of others.
//!
//! openapi-spec-validator judges the document. schemathesis makes requests from it, good ones and bad
//! ones, sends them to a running `kore emulator` and judges the responses.
//!
//! jwcrypto exchanges encrypted tokens with it, in both directions.

mod emulator;
mod encrypted_tokens;
mod python;
mod report;

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, bail};
use cargo_metadata::camino::Utf8Path;
use serde_json::Value;
use toml::Table;

use self::emulator::Emulator;
use self::python::Python;
use self::report::Report;
use super::verdict;
use crate::command::{cargo, execute, quiet};
use crate::openapi;
use crate::skipped::Skipped;
use crate::workspace::Workspace;

/// A run of schemathesis, and the statuses without which it has shown nothing.
struct Run {
    name: &'static str,
    arguments: &'static [&'static str],
    expected: &'static [u16],
}

const RUNS: [Run; 4] = [
    Run { name: "without rate limits", arguments: &["--lenient"], expected: &[200, 400, 401, 405] },
    Run { name: "with rate limits", arguments: &[], expected: &[200, 400, 401, 405, 429] },
    Run { name: "all calls", arguments: &["--lenient", STATE], expected: &[200, 400, 401, 405, 412] },
    Run { name: "imports that move on", arguments: SCENARIOS, expected: &[200, 400, 401, 405] },
];

/// Each poll of one of these shows another document.
const SCENARIOS: &[&str] = &[
    "--lenient",
    "--mode=looks",
    "--scenario=documented-success",
    "--scenario=older-spelling",
    "--scenario=failure",
    "--scenario=unknown-words",
];

/// The call that all runs make.
const IMPORT_STATUS: &str = "getBotImportStatus";

/// Bots, jobs and files with the ids of the document's examples, so that each call can succeed.
const STATE: &str = "--state=state.json";

/// The ends of the paths of which each must have succeeded in the run with all calls.
const SUCCEEDED: [&str; 7] = [
    "/uploadfile",
    "/bot/import",
    "/bot/st-xxxx/import",
    "/bot/st-6fa10d24-xxxx-xxxx-b457-1e33a82b115e/export",
    "/bot/st-xxxxx-xxx-xxx-xxx-xxxxx/export/status",
    "/bot/st-xxxx/publish",
    "/bot/st-a86a6717-340b-5830-a8b6-13b4aebxxxxx/publish/status",
];

/// The schema of what stands in a path for an import.
const IMPORT_ID: &str = "#/components/schemas/BotImportId";

pub(crate) fn run(workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
    let folder = workspace.target_dir().join("conformance");
    let python = match Python::prepare(&folder) {
        Ok(python) => python,
        Err(error) => {
            let error = format!("{error:#}");
            println!("{error}");
            let last = error.lines().next_back().unwrap_or_default();
            skipped.add("conformance", &format!("its Python tools cannot be installed ({last})"));
            return Ok(());
        }
    };
    let document = openapi::path(workspace);
    execute(python.tool("openapi-spec-validator").arg(&document))?;

    execute(cargo(workspace).args(["build", "--quiet", "--locked", "--package", "kore-cli"]))?;
    encrypted_tokens::run(workspace, &python, &folder)?;
    let parsed = serde_json::from_str(&fs::read_to_string(&document)?).context("the document is not JSON")?;
    let mut complaints = Vec::new();
    for run in RUNS {
        fs::write(folder.join("state.json"), include_str!("conformance/state.json"))?;
        let emulator = Emulator::start(workspace, &folder, run.arguments)?;
        let report = folder.join("report.har");
        let configuration = configuration(&parsed, emulator.imports(), &report)?;
        // All calls of the document once, and each way to answer for a status with that call alone.
        let has_all = run.arguments.contains(&STATE);
        let call = (!has_all).then_some(IMPORT_STATUS);
        schemathesis(&python, &folder, &document, &configuration, &emulator, call)?;
        let report = Report::read(&report)?;
        println!("{}: {report}", run.name);
        complaints.extend(report.complaints(run.expected, emulator.imports()));
        let succeeded = SUCCEEDED.into_iter().filter(|_| has_all);
        complaints.extend(succeeded.filter_map(|path| report.missed(path)));
    }
    verdict(&complaints)
}

fn schemathesis(
    python: &Python,
    folder: &Utf8Path,
    document: &Utf8Path,
    configuration: &Table,
    emulator: &Emulator,
    call: Option<&str>,
) -> anyhow::Result<()> {
    let file = folder.join("schemathesis.toml");
    fs::write(&file, configuration.to_string()).with_context(|| format!("cannot write {file}"))?;
    let mut command = python.tool("schemathesis");
    command.current_dir(folder).args(["--config-file", file.as_str(), "--no-color", "run"]);
    command.args([document.as_str(), "--url", emulator.url()]);
    command.args(call.map(|call| format!("--include-operation-id={call}")));
    // In the environment: arguments can be read by other users of the machine.
    command.env("KORE_TOKEN", emulator.token()?).env("NO_PROXY", "127.0.0.1");
    quiet(&mut command)
}

/// Which imports there are, and where the report goes.
fn configuration(document: &Value, imports: &[String], report: &Utf8Path) -> anyhow::Result<Table> {
    let mut all: Table = include_str!("conformance/schemathesis.toml").parse()?;
    let names = names_of_imports(document);
    if names.is_empty() {
        bail!("no path of the document has a variable of the form {IMPORT_ID}");
    }
    let bindings = names.into_iter().map(|name| {
        // schemathesis makes up the other half: ids that nobody has, and texts that are no ids.
        let binding = toml::toml! { dictionary = "imports" probability = 0.5 };
        (format!("path.{name}"), binding.into())
    });
    all.insert("parameters".to_owned(), Table::from_iter(bindings).into());
    let values = imports.iter().map(|id| toml::Value::from(id.as_str())).collect::<Vec<_>>();
    all.insert("dictionaries".to_owned(), nested(["imports", "values"], values.into()));
    all.insert("reports".to_owned(), nested(["har", "path"], report.as_str().into()));
    Ok(all)
}

fn nested(path: [&str; 2], value: toml::Value) -> toml::Value {
    let inner = Table::from_iter([(path[1].to_owned(), value)]);
    Table::from_iter([(path[0].to_owned(), inner.into())]).into()
}

/// The variables of paths that are the id of an import.
fn names_of_imports(document: &Value) -> BTreeSet<&str> {
    let paths = document["paths"].as_object().into_iter().flat_map(|paths| paths.values());
    let calls = paths.filter_map(Value::as_object).flat_map(|path| path.values());
    let parameters = calls.filter_map(|call| call["parameters"].as_array()).flatten();
    let ids = parameters.filter(|parameter| parameter["schema"]["$ref"] == IMPORT_ID);
    ids.filter_map(|parameter| parameter["name"].as_str()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_ids_of_the_emulator_go_where_the_document_has_ids_of_imports() {
        let parameter = |name: &str, schema: &str| json!({"name": name, "schema": {"$ref": schema}});
        let document = json!({"paths": {
            "/bot/{b}": {"get": {"parameters": [parameter("b", "#/components/schemas/BotId")]}, "post": {}},
            "/import/{i}": {"get": {"parameters": [parameter("i", IMPORT_ID)]}},
        }});
        let all = configuration(&document, &["bir-1".to_owned()], "/r.har".into()).expect("a configuration");
        assert_eq!(all["parameters"].as_table().map(Table::len), Some(1), "{all}");
        assert_eq!(all["parameters"]["path.i"]["dictionary"].as_str(), Some("imports"));
        assert_eq!(all["dictionaries"]["imports"]["values"][0].as_str(), Some("bir-1"));
        assert_eq!(all["reports"]["har"]["path"].as_str(), Some("/r.har"));
        assert!(all.contains_key("auth"), "{all}");
    }

    #[test]
    fn a_document_without_ids_of_imports_is_an_error() {
        assert!(configuration(&json!({"paths": {}}), &[], "/r.har".into()).is_err());
    }
}
