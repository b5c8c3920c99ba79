//! Runs a step of a job that uses the action, as a runner does.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::import::files;
use crate::run::{CLIENT_ID, SECRET};

pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.github/actions/kore")
}

pub(super) fn action() -> Value {
    let yaml = fs::read_to_string(folder().join("action.yml")).expect("the action");
    serde_saphyr::from_str(&yaml).expect("YAML")
}

pub(super) fn names(action: &Value, of: &str) -> Vec<String> {
    action[of].as_object().expect("an object").keys().cloned().collect()
}

/// A step of a job that uses the action.
pub(super) struct Step {
    action: Value,
    pub(super) home: TempDir,
    inputs: BTreeMap<String, String>,
    env: Vec<(String, String)>,
}

/// What the runner knows of it at its end.
pub(super) struct Ran {
    pub(super) code: i32,
    /// Those of the action.
    pub(super) outputs: BTreeMap<String, String>,
    pub(super) log: String,
    pub(super) summary: String,
}

impl Step {
    pub(super) fn new(inputs: &[(&str, &str)]) -> Self {
        let home = TempDir::new().expect("a folder");
        fs::create_dir(home.path().join("temp")).expect("a folder");
        let mut step = Self { action: action(), home, inputs: BTreeMap::new(), env: Vec::new() };
        step.with(inputs);
        step
    }

    fn with(&mut self, inputs: &[(&str, &str)]) -> &mut Self {
        for (name, value) in inputs {
            assert!(!self.action["inputs"][name].is_null(), "no input {name}");
            self.inputs.insert((*name).to_owned(), (*value).to_owned());
        }
        self
    }

    pub(super) fn env(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// With the credentials of the tests, and the files of a bot in `bot`.
    pub(super) fn importing(host: &str, inputs: &[(&str, &str)]) -> Self {
        let mut step = Self::new(inputs);
        step.env("KORE_HOST", host).env("KORE_CLIENT_ID", CLIENT_ID).env("KORE_CLIENT_SECRET", SECRET);
        let bot = step.home.path().join("bot");
        fs::create_dir(&bot).expect("a folder");
        fs::write(bot.join("appDefinition.json"), files::DEFINITION).expect("written");
        fs::write(bot.join("config.json"), files::CONFIG).expect("written");
        fs::write(bot.join("icon.png"), files::PNG).expect("written");
        step
    }

    /// In the place of kore: it writes its arguments to a file, and does that.
    pub(super) fn instead(inputs: &[(&str, &str)], does: &str) -> Self {
        use std::os::unix::fs::PermissionsExt as _;

        let mut step = Self::new(inputs);
        let path = step.home.path().join("a kore");
        let script = format!("#!/bin/bash\nprintf '%s\\0' \"$@\" >\"$ARGUMENTS\"\n{does}\n");
        fs::write(&path, script).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("changed");
        let arguments = step.home.path().join("arguments");
        step.env("ARGUMENTS", arguments.to_str().expect("UTF-8"));
        step.with(&[("kore", path.to_str().expect("UTF-8"))]);
        step
    }

    /// The arguments that it was given.
    pub(super) fn arguments(&self) -> Vec<String> {
        let arguments = fs::read_to_string(self.home.path().join("arguments")).expect("it was run");
        arguments.strip_suffix('\0').expect("an argument").split('\0').map(str::to_owned).collect()
    }

    /// `${{ inputs.name }}` as the runner evaluates it.
    fn evaluated(&self, expression: &str) -> String {
        let name = expression.strip_prefix("${{ inputs.").and_then(|rest| rest.strip_suffix(" }}"));
        let name = name.unwrap_or_else(|| panic!("{expression} is not an input alone"));
        let input = &self.action["inputs"][name];
        assert!(input.is_object(), "no input {name}");
        let default = input["default"].as_str().unwrap_or_default();
        self.inputs.get(name).map_or(default, String::as_str).to_owned()
    }

    pub(super) fn command(&self) -> Command {
        let steps = self.action["runs"]["steps"].as_array().expect("steps");
        let [step] = &steps[..] else { panic!("one step: {steps:?}") };
        let script = self.home.path().join("temp/step.sh");
        fs::write(&script, step["run"].as_str().expect("a script")).expect("written");
        let kore = Path::new(env!("CARGO_BIN_EXE_kore")).parent().expect("a folder").display();
        let home = |name: &str| self.home.path().join(name);
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(script)
            .env_clear()
            .env("PATH", format!("{kore}:/usr/local/bin:/usr/bin:/bin"))
            .env("HOME", self.home.path())
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_ACTION_PATH", folder())
            .env("GITHUB_OUTPUT", home("output"))
            .env("GITHUB_STEP_SUMMARY", home("summary"))
            .env("RUNNER_TEMP", home("temp"))
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .envs(
                step["env"]
                    .as_object()
                    .expect("variables")
                    .iter()
                    .map(|(name, value)| (name, self.evaluated(value.as_str().expect("an expression")))),
            )
            .current_dir(self.home.path())
            .stdin(Stdio::null());
        command
    }

    pub(super) fn run(&self) -> Ran {
        let output = self.command().output().expect("bash");
        let log = [output.stdout, output.stderr].concat();
        self.ran(output.status.code().expect("a code"), String::from_utf8(log).expect("UTF-8"))
    }

    pub(super) fn ran(&self, code: i32, log: String) -> Ran {
        let read = |name: &str| fs::read_to_string(self.home.path().join(name)).unwrap_or_default();
        let of_step = outputs(&read("output"));
        let outputs = self.action["outputs"].as_object().expect("outputs").iter().map(|(name, output)| {
            let value = output["value"].as_str().expect("an expression");
            assert_eq!(value, format!("${{{{ steps.kore.outputs.{name} }}}}"));
            (name.clone(), of_step.get(name).cloned().unwrap_or_default())
        });
        assert!(of_step.keys().all(|name| !self.action["outputs"][name].is_null()), "{of_step:?}");
        let ran = Ran { code, outputs: outputs.collect(), log, summary: read("summary") };
        assert_eq!(ran.outputs["exit-code"], code.to_string(), "{}", ran.log);
        assert!(!format!("{}{:?}{}", ran.log, ran.outputs, ran.summary).contains(SECRET), "{}", ran.log);
        ran
    }
}

/// The file of outputs as the runner reads it: `name<<end`, lines, `end`.
fn outputs(text: &str) -> BTreeMap<String, String> {
    let mut outputs = BTreeMap::new();
    let mut lines = text.split_terminator('\n');
    while let Some(line) = lines.next() {
        let (name, end) = line.split_once("<<").unwrap_or_else(|| panic!("no output: {line}"));
        let value: Vec<_> = lines.by_ref().take_while(|line| *line != end).collect();
        outputs.insert(name.to_owned(), value.join("\n"));
    }
    outputs
}
