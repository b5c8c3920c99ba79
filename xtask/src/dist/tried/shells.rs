//! Has each shell that is installed read its completions and complete `kore import wat`.

use std::process::Command;

use anyhow::ensure;
use cargo_metadata::camino::Utf8Path;

use crate::command::{output, works};
use crate::skipped::Skipped;

/// A shell, and a script of it that prints what it completes. `$KORE_COMPLETIONS` is the folder.
const SHELLS: [(&str, &[&str], &str); 5] = [
    (
        "bash",
        &["--norc", "--noprofile", "-c"],
        r#"bash -n "$KORE_COMPLETIONS/kore.bash" && source "$KORE_COMPLETIONS/kore.bash" &&
complete -p kore && COMP_WORDS=(kore import wat) COMP_CWORD=2 && _kore kore wat import && echo "completed: ${COMPREPLY[*]}""#,
    ),
    // The one way to have zsh complete is to type a tab, on a terminal of its own.
    (
        "zsh",
        &["-f", "-c"],
        r#"zsh -n "$KORE_COMPLETIONS/_kore" && zmodload zsh/zpty && zpty shell 'PS1= TERM=dumb zsh -f -i' &&
zpty -w shell 'PS1=; fpath=("$KORE_COMPLETIONS" $fpath); autoload -U compinit; compinit -u -D; kore() { echo "completed: $*"; }; echo is-"ready"' &&
zpty -r -m shell said '*is-ready*' && zpty -w -n shell $'kore import wat\t\n' &&
zpty -r -m shell said $'*completed: *\n*' && echo "$said""#,
    ),
    (
        "fish",
        &["--no-config", "-c"],
        r#"fish --no-execute "$KORE_COMPLETIONS/kore.fish" && source "$KORE_COMPLETIONS/kore.fish" &&
echo completed: (complete --do-complete "kore import wat")"#,
    ),
    (
        "pwsh",
        &["-NoProfile", "-Command"],
        r#". "$env:KORE_COMPLETIONS/_kore.ps1"; $line = "kore import wat"
"completed: " + (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText"#,
    ),
    (
        "elvish",
        &["-norc", "-c"],
        r#"eval (slurp < $E:KORE_COMPLETIONS/kore.elv)
echo completed: ($edit:completion:arg-completer[kore] kore import wat)"#,
    ),
];

pub(crate) fn run(unpacked: &Utf8Path, skipped: &mut Skipped) -> anyhow::Result<()> {
    for (shell, flags, script) in SHELLS {
        if !works(Command::new(shell).args(flags).arg("exit")) {
            skipped.add(&format!("completions in {shell}"), "it is not installed");
            continue;
        }
        let mut command = Command::new(shell);
        command.args(flags).arg(script).env("KORE_COMPLETIONS", unpacked.join("completions"));
        let said = output(&mut command)?;
        let completed = said.rsplit_once("completed: ").map(|(_, completed)| completed).unwrap_or_default();
        ensure!(completed.contains("watch"), "{shell} completes `kore import wat` to nothing:\n{said}");
        println!("{shell} completes `kore import wat` to {}", completed.trim());
    }
    Ok(())
}
