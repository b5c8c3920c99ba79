//! Runs `kore emulator` as a process, for `conformance`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

use crate::command::output;
use crate::workspace::Workspace;

/// A running emulator. Dropping it ends it.
pub(super) struct Emulator {
    program: Utf8PathBuf,
    child: Child,
    said: Said,
}

impl Emulator {
    /// Starts the binary, which must have been built.
    pub(super) fn start(
        workspace: &Workspace,
        folder: &Utf8Path,
        arguments: &[&str],
    ) -> anyhow::Result<Self> {
        let name = format!("kore{}", std::env::consts::EXE_SUFFIX);
        let program = workspace.target_dir().join("debug").join(name);
        println!("$ kore emulator {}", arguments.join(" "));
        let mut child = Command::new(&program)
            .arg("emulator")
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let out = child.stdout.take().expect("it is piped");
        let mut this = Self { program, child, said: Said::default() };
        this.said = read(BufReader::new(out))?;
        Ok(this)
    }

    pub(super) fn url(&self) -> &str {
        self.said.setting("KORE_HOST")
    }

    /// The imports that it holds.
    pub(super) fn imports(&self) -> &[String] {
        &self.said.imports
    }

    /// `kore` with its settings; those of whoever runs this must change nothing.
    pub(super) fn kore(&self) -> Command {
        let settings = self.said.settings.iter().map(|(name, value)| (name, value));
        let mut command = Command::new(&self.program);
        command.env_clear().envs(settings);
        command
    }

    /// One of its settings; empty if it has none of that name.
    pub(super) fn setting(&self, name: &str) -> &str {
        self.said.setting(name)
    }

    /// A token that it accepts, valid for some minutes.
    pub(super) fn token(&self) -> anyhow::Result<String> {
        Ok(output(self.kore().args(["token", "--lifetime", "10m"]))?.trim_end().to_owned())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself; what it says no longer matters.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What it prints when it is ready.
#[derive(Default)]
struct Said {
    settings: Vec<(String, String)>,
    imports: Vec<String>,
}

impl Said {
    fn setting(&self, name: &str) -> &str {
        self.settings.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }
}

/// The lines up to the last import. They are written at once, so those which follow the first
/// import are there when it is.
fn read(mut out: BufReader<impl std::io::Read>) -> anyhow::Result<Said> {
    let mut said = Said::default();
    while said.imports.is_empty() || out.buffer().contains(&b'\n') {
        let mut line = String::new();
        if out.read_line(&mut line)? == 0 {
            bail!("`kore emulator` ended before it named an import");
        }
        let line = line.trim_end();
        match line.strip_prefix("export ").and_then(|setting| setting.split_once('=')) {
            Some((name, value)) => said.settings.push((name.to_owned(), value.to_owned())),
            None => said.imports.push(line.to_owned()),
        }
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_lines_are_settings_and_imports() {
        let said =
            read(BufReader::new(&b"export KORE_HOST=http://127.0.0.1:1\nbir-1\nbir-2\n"[..])).expect("read");
        assert_eq!(said.setting("KORE_HOST"), "http://127.0.0.1:1");
        assert_eq!(said.imports, ["bir-1", "bir-2"]);
    }

    #[test]
    fn an_emulator_that_ends_is_an_error() {
        assert!(read(BufReader::new(&b"export KORE_HOST=http://127.0.0.1:1\n"[..])).is_err());
    }
}
