//! Installs Python tools into a virtual environment of their own, for `conformance`.

use std::fs;
use std::process::Command;

use anyhow::Context;
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

use crate::command::{quiet, works};

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// A virtual environment with what `requirements.txt` names.
pub(super) struct Python {
    environment: Utf8PathBuf,
}

impl Python {
    /// Uses the environment below `folder`, or makes it, which needs a network.
    pub(super) fn prepare(folder: &Utf8Path) -> anyhow::Result<Self> {
        let this = Self { environment: folder.join("python") };
        // Written last, so that an installation that was cut short is made anew.
        let done = folder.join("requirements.txt");
        let is_current = fs::read_to_string(&done).is_ok_and(|found| found == REQUIREMENTS);
        // An environment may outlive its Python.
        if is_current && works(this.tool("python").arg("--version")) {
            return Ok(this);
        }
        fs::create_dir_all(folder).with_context(|| format!("cannot make {folder}"))?;
        let wanted = folder.join("requirements.wanted.txt");
        fs::write(&wanted, REQUIREMENTS).with_context(|| format!("cannot write {wanted}"))?;
        quiet(Command::new("python3").args(["-m", "venv", "--clear", this.environment.as_str()]))?;
        quiet(
            this.tool("python")
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--only-binary=:all:",
                ])
                .args(["--requirement", wanted.as_str()]),
        )?;
        fs::rename(&wanted, &done).with_context(|| format!("cannot write {done}"))?;
        Ok(this)
    }

    /// A program of the environment.
    pub(super) fn tool(&self, name: &str) -> Command {
        let folder = if cfg!(windows) { "Scripts" } else { "bin" };
        let mut command = Command::new(self.environment.join(folder).join(name));
        // These variables would mix in another environment.
        command.env_remove("PYTHONHOME").env_remove("PYTHONPATH");
        command
    }
}
