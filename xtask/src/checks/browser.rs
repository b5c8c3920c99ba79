//! A browser for the test of the emulator's page, which is skipped without one.

use std::process::Command;

use crate::command::{execute, works};
use crate::skipped::Skipped;

const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// Installs a browser where that needs no question: as root, on a system with apt.
pub(crate) fn provide(skipped: &mut Skipped) {
    if is_there() {
        return;
    }
    let is_root = crate::command::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if is_root && works(Command::new("apt-get").arg("--version")) {
        // Whether it worked is checked below.
        let _ = execute(Command::new("apt-get").arg("update")).and_then(|()| {
            let mut install = Command::new("apt-get");
            install.env("DEBIAN_FRONTEND", "noninteractive");
            execute(install.args(["install", "--yes", "--no-install-recommends"]).args(PACKAGES))
        });
    }
    if !is_there() {
        let packages = PACKAGES.join(" ");
        skipped.add(
            "the emulator's page in a browser",
            &format!("chromedriver is not installed (`apt-get install {packages}`)"),
        );
    }
}

fn is_there() -> bool {
    works(Command::new("chromedriver").arg("--version"))
}
