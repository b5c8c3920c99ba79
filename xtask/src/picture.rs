//! The picture of `kore import watch` in the README, written by the test that compares it otherwise.

use crate::command::{cargo, execute};
use crate::workspace::Workspace;

pub(crate) fn write(workspace: &Workspace) -> anyhow::Result<()> {
    execute(
        cargo(workspace)
            .args(["test", "--quiet", "--locked", "--package", "kore-cli", "--all-features", "--test", "cli"])
            .arg("the_picture_in_the_readme")
            .env("KORE_WRITE_PICTURE", "1"),
    )
}
