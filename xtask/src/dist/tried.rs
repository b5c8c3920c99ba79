//! Tries an archive as the one who downloads it: unpacked into an empty folder, and run with an empty
//! environment.

mod shells;

use std::fs::File;
use std::process::Command;

use anyhow::{Context, ensure};
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

use super::target::Target;
use crate::checks::windows::wine_prefix;
use crate::command::{output, quiet, works};
use crate::skipped::Skipped;
use crate::workspace::Workspace;

pub(crate) fn run(
    workspace: &Workspace,
    target: &Target,
    archive: &Utf8Path,
    name: &str,
    version: &str,
    skipped: &mut Skipped,
) -> anyhow::Result<()> {
    let folder = tempfile::tempdir().context("cannot make a folder")?;
    let folder = Utf8Path::from_path(folder.path()).context("the temporary folder has no plain name")?;
    unpack(target, archive, folder)?;
    let unpacked = folder.join(name);

    match target.runs_by() {
        Err(because) => skipped.add(&format!("running {archive}"), &because),
        Ok(runner) => {
            let wine =
                runner.map(|runner| Ok::<_, anyhow::Error>((runner, wine_prefix(workspace)?))).transpose()?;
            let program = unpacked.join(target.executable());
            let said = output(alone(wine.as_ref(), &program, folder).arg("--version"))?;
            ensure!(said.trim_end() == format!("kore {version}"), "{program} is another version: {said}");
            quiet(alone(wine.as_ref(), &program, folder).arg("demo"))?;
            if target.is_static() {
                is_static(&program)?;
            }
        }
    }
    if !target.is_windows() {
        pages(&unpacked.join("man/man1"), skipped)?;
        shells::run(&unpacked, skipped)?;
    }
    Ok(())
}

fn unpack(target: &Target, archive: &Utf8Path, folder: &Utf8Path) -> anyhow::Result<()> {
    if target.is_windows() {
        let file = File::open(archive).with_context(|| format!("cannot read {archive}"))?;
        return zip::ZipArchive::new(file)?
            .extract(folder)
            .with_context(|| format!("cannot unpack {archive}"));
    }
    quiet(Command::new("tar").args(["-xzf", archive.as_str(), "-C", folder.as_str()]))
}

/// The program with nothing around it.
fn alone(wine: Option<&(&str, Utf8PathBuf)>, program: &Utf8Path, folder: &Utf8Path) -> Command {
    let mut command = Command::new(wine.map_or(program.as_str(), |(wine, _)| wine));
    command.current_dir(folder).env_clear();
    if let Some((_, prefix)) = wine {
        // Wine itself needs to be found, and a folder with its Windows.
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.arg(program).env("PATH", path).env("WINEPREFIX", prefix).env("WINEDEBUG", "-all");
    }
    command
}

fn is_static(program: &Utf8Path) -> anyhow::Result<()> {
    // It fails for a program that loads nothing, and says so.
    let ldd = Command::new("ldd").arg(program).output().context("cannot start ldd")?;
    let said = [ldd.stdout, ldd.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    let is_static = ["statically linked", "not a dynamic executable"].iter().any(|text| said.contains(text));
    ensure!(is_static, "{program} loads libraries:\n{said}");
    Ok(())
}

/// Each page is shown without a warning.
fn pages(folder: &Utf8Path, skipped: &mut Skipped) -> anyhow::Result<()> {
    let mut readers = Vec::<&[&str]>::new();
    for (reader, version, package) in [
        (&["man", "--warnings", "--local-file"][..], "--version", "man-db"),
        (&["groff", "-ww", "-z", "-man", "-Tutf8"], "--version", "groff"),
        (&["mandoc", "-T", "lint", "-W", "warning"], "-h", "mandoc"),
    ] {
        if works(Command::new(reader[0]).arg(version)) {
            readers.push(reader);
        } else {
            let because = format!("it is not installed (Debian has it in {package})");
            skipped.add(&format!("the manual pages with {}", reader[0]), &because);
        }
    }
    for page in folder.read_dir_utf8().with_context(|| format!("cannot read {folder}"))? {
        let page = page?;
        for reader in &readers {
            let mut command = Command::new(reader[0]);
            command.args(&reader[1..]).arg(page.path()).env("LC_ALL", "C.UTF-8").env("MANWIDTH", "80");
            let shown = command.output().with_context(|| format!("cannot start {}", reader[0]))?;
            let said = String::from_utf8_lossy(&shown.stderr);
            ensure!(
                shown.status.success() && said.is_empty(),
                "{} of {}: {}\n{said}",
                reader[0],
                page.file_name(),
                shown.status
            );
        }
    }
    println!(
        "the manual pages: shown by {}",
        readers.iter().map(|reader| reader[0]).collect::<Vec<_>>().join(", ")
    );
    Ok(())
}
