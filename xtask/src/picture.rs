//! `cargo xtask picture`: has a test of kore-cli write the picture in the README, which that test only
//! compares otherwise.

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
