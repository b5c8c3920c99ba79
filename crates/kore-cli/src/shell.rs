//! Commands and variables as the shell of the user reads them: a POSIX shell, or PowerShell on Windows.
//! What is printed for a user to run is written by this.

use std::ffi::OsStr;

/// Who reads what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shell {
    Posix,
    PowerShell,
}

impl Shell {
    pub(crate) fn of_process() -> Self {
        Self::of(cfg!(windows), |name| std::env::var_os(name).is_some())
    }

    /// A POSIX shell on Windows, that of Git for one, sets a variable that Windows does not.
    fn of(is_windows: bool, is_set: impl Fn(&'static str) -> bool) -> Self {
        let is_posix = !is_windows || ["MSYSTEM", "SHELL"].into_iter().any(is_set);
        if is_posix { Self::Posix } else { Self::PowerShell }
    }

    /// A word, in quotes unless it is plain.
    pub(crate) fn quoted(self, word: &str) -> String {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_/=".contains(&b) || self.is_plain(b, word);
        if !word.is_empty() && word.bytes().all(is_plain) {
            return word.to_owned();
        }
        match self {
            Self::Posix => format!("'{}'", word.replace('\'', r"'\''")),
            // cmd reads these too.
            Self::PowerShell if !word.contains(['"', '$', '`', '“', '”', '„', '%']) => {
                format!("\"{word}\"")
            }
            Self::PowerShell => literal(word),
        }
    }

    fn is_plain(self, byte: u8, word: &str) -> bool {
        match self {
            Self::Posix => b".:,".contains(&byte),
            // It cuts a flag at the first of these two.
            Self::PowerShell if b".:".contains(&byte) => !word.starts_with('-'),
            Self::PowerShell => byte == b'\\',
        }
    }

    /// A command.
    pub(crate) fn command(self, words: &[impl AsRef<OsStr>]) -> String {
        let words = words.iter().map(|word| self.quoted(&word.as_ref().to_string_lossy()));
        let command = words.collect::<Vec<_>>().join(" ");
        match self {
            // What begins with a quote is a text to it.
            Self::PowerShell if command.starts_with(['"', '\'']) => format!("& {command}"),
            _ => command,
        }
    }

    /// A line that sets a variable for programs.
    pub(crate) fn set(self, name: &str, value: &str) -> String {
        match self {
            Self::Posix => format!("export {name}={}", self.quoted(value)),
            // Without quotes a value would be a command to it.
            Self::PowerShell => format!("$env:{name} = {}", literal(value)),
        }
    }

    /// Whether an argument may lose the double quotes that are in it: PowerShell takes them away up to
    /// 7.2, and that of Windows is 5.1.
    pub(crate) fn loses_quotes(self) -> bool {
        self == Self::PowerShell
    }
}

/// A text in which PowerShell expands nothing. The curly quotes are quotes to it as well.
fn literal(text: &str) -> String {
    let times = |c| if "'‘’‚‛".contains(c) { 2 } else { 1 };
    let text: String = text.chars().flat_map(|c| std::iter::repeat_n(c, times(c))).collect();
    format!("'{text}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_of_windows_is_powershell_unless_another_has_set_its_variable() {
        for (is_windows, set, shell) in [
            (false, "", Shell::Posix),
            (true, "", Shell::PowerShell),
            (true, "MSYSTEM", Shell::Posix),
            (true, "SHELL", Shell::Posix),
        ] {
            assert_eq!(Shell::of(is_windows, |name| name == set), shell, "{is_windows} {set}");
        }
    }

    #[test]
    fn values_are_safe_for_a_posix_shell() {
        for (word, quoted) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$(x)`y`'z", r"'$(x)`y`'\''z'"),
            (r"C:\a", r"'C:\a'"),
        ] {
            assert_eq!(Shell::Posix.quoted(word), quoted);
        }
        assert_eq!(Shell::Posix.set("A", "it's"), r"export A='it'\''s'");
        assert_eq!(Shell::Posix.command(&["/a b/kore", "--version"]), "'/a b/kore' --version");
    }

    #[test]
    fn values_are_safe_for_powershell() {
        for (word, quoted) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            (r"C:\Users\a\kore.json", r"C:\Users\a\kore.json"),
            (r"C:\Users\a b\kore.json", r#""C:\Users\a b\kore.json""#),
            ("", r#""""#),
            ("a,b", r#""a,b""#),
            ("@a", r#""@a""#),
            ("it's", r#""it's""#),
            ("--interval=2s", "--interval=2s"),
            ("--interval=1.5s", r#""--interval=1.5s""#),
            ("$(x)`y`'z", "'$(x)`y`''z'"),
            ("$a’b", "'$a’’b'"),
            ("%PATH%", "'%PATH%'"),
        ] {
            assert_eq!(Shell::PowerShell.quoted(word), quoted);
        }
        assert_eq!(Shell::PowerShell.set("A", "it's $x"), "$env:A = 'it''s $x'");
        assert_eq!(
            Shell::PowerShell.command(&[r"C:\Program Files\kore.exe", "--version"]),
            r#"& "C:\Program Files\kore.exe" --version"#
        );
        assert_eq!(Shell::PowerShell.command(&["kore", "--version"]), "kore --version");
    }
}
