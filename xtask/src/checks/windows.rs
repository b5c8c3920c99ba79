//! Checks that the crates and `kore` build for Windows without a warning, and where wine is installed,
//! that `kore` does there what its tests say.

use std::fs;
use std::path::Path;
use std::process::Command;

use cargo_metadata::camino::Utf8PathBuf;

use crate::command::{cargo, execute, has_subcommand, output, quiet, works};
use crate::skipped::Skipped;
use crate::workspace::Workspace;

/// The target that links with what Debian has.
const TARGET: &str = "x86_64-pc-windows-gnu";

/// The variable by which cargo has programs of that target started.
const RUNNER: &str = "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER";

const LINKER: &str = "x86_64-w64-mingw32-gcc";

/// The tests that run under wine: those of what differs on Windows. Each starts processes, which takes
/// wine a second.
const TESTS: [&str; 6] = [
    "windows::",
    "profiles::",
    "settings::files_",
    "watch::resumed::",
    "watch::reports::",
    "import::files::a_f",
];

pub(crate) fn run(workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
    if let Some(missing) = missing() {
        skipped.add("the build for Windows", missing);
        return Ok(());
    }
    let lints = if has_subcommand(workspace, "clippy") { "clippy" } else { "check" };
    let mut check = cargo(workspace);
    // Not the benchmarks, which measure by clocks of Unix.
    check.args([lints, "--quiet", "--locked", "--workspace", "--all-features", "--lib", "--bins", "--tests"]);
    check.args(["--examples", "--target", TARGET]);
    if lints == "clippy" {
        check.args(["--", "-D", "warnings"]);
    }
    execute(&mut check)?;
    // Only a linker finds out whether all symbols are there.
    let test = |what: &[&str]| {
        let mut tests = cargo(workspace);
        tests.args(["test", "--quiet", "--locked", "--package", "kore-cli", "--target", TARGET]).args(what);
        tests
    };
    let binary = ["--test", "cli"];
    if !works(Command::new("wine").arg("--version")) {
        skipped.add("`kore` under wine", "it is not installed (`apt-get install wine64`)");
        return execute(test(&binary).arg("--no-run"));
    }
    let prefix = wine_prefix(workspace)?;
    let wine =
        [(RUNNER, "wine"), ("WINEPREFIX", prefix.as_str()), ("WINEDEBUG", "-all"), ("RUST_BACKTRACE", "0")];
    execute(test(&["--package", "kore-emulator", "--lib"]).envs(wine))?;
    // Wine 8 loses its way now and then if threads start processes at the same time.
    execute(test(&binary).envs(wine).args(["--", "--test-threads=1"]).args(TESTS))
}

/// The folder of a Windows in which `kore` runs.
pub(crate) fn wine_prefix(workspace: &Workspace) -> anyhow::Result<Utf8PathBuf> {
    let prefix = workspace.target_dir().join("wine");
    prepare(prefix.as_std_path())?;
    Ok(prefix)
}

/// What is not installed, and the command that installs it.
fn missing() -> Option<&'static str> {
    if !works(Command::new(LINKER).arg("--version")) {
        return Some("its linker is not installed (`apt-get install gcc-mingw-w64-x86-64`)");
    }
    let has_target = output(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))
        .is_ok_and(|folder| Path::new(folder.trim()).is_dir());
    (!has_target).then_some("its target is not installed (`rustup target add x86_64-pc-windows-gnu`)")
}

/// A Windows of its own in that folder. Up to 8, wine lacks the library that Rust has its random numbers
/// from.
fn prepare(prefix: &Path) -> anyhow::Result<()> {
    let system = prefix.join("drive_c/windows/system32");
    let library = system.join("bcryptprimitives.dll");
    if library.exists() {
        return Ok(());
    }
    fs::create_dir_all(prefix)?;
    quiet(
        Command::new("wine").args(["cmd", "/c", "ver"]).env("WINEPREFIX", prefix).env("WINEDEBUG", "-all"),
    )?;
    if library.exists() {
        return Ok(());
    }
    let source = prefix.join("random.c");
    fs::write(
        &source,
        "#include <windows.h>\n#include <ntsecapi.h>\n\
         __declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)\n\
         { return RtlGenRandom(data, (ULONG)length); }\n",
    )?;
    execute(Command::new(LINKER).arg("-shared").arg(&source).arg("-o").arg(&library).arg("-ladvapi32"))
}
