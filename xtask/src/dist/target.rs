//! What an archive can be made for, and what each target needs on this machine.

use std::fmt;
use std::process::Command;

use cargo_metadata::camino::Utf8Path;

use crate::command::{output, works};

/// A target whose binary brings its C library with it, so that it runs on any Linux or any Windows.
struct Cross {
    target: &'static str,
    /// Compiles C and links.
    compiler: &'static str,
    /// Debian's package of it, and where that tells the licence of the library.
    package: &'static str,
    library: &'static str,
    licence: &'static str,
}

pub(crate) const MUSL: &str = "x86_64-unknown-linux-musl";

const CROSS: [Cross; 2] = [
    Cross {
        target: MUSL,
        compiler: "musl-gcc",
        package: "musl-tools",
        library: "musl",
        licence: "/usr/share/doc/musl/copyright",
    },
    Cross {
        target: "x86_64-pc-windows-gnu",
        compiler: "x86_64-w64-mingw32-gcc",
        package: "gcc-mingw-w64-x86-64",
        library: "mingw-w64",
        licence: "/usr/share/doc/mingw-w64-x86-64-dev/copyright",
    },
];

pub(crate) struct Target {
    name: String,
    is_host: bool,
}

/// The target of the compiler that runs here.
pub(crate) fn host() -> anyhow::Result<String> {
    Ok(output(Command::new("rustc").args(["--print", "host-tuple"]))?.trim().to_owned())
}

impl Target {
    /// This machine's target and those for which a binary is static.
    pub(crate) fn all(host: &str) -> Vec<Self> {
        let others = CROSS.iter().map(|cross| cross.target).filter(|name| *name != host);
        std::iter::once(host).chain(others).map(|name| Self::new(name, host)).collect()
    }

    pub(crate) fn named(names: &[String], host: &str) -> Vec<Self> {
        names.iter().map(|name| Self::new(name, host)).collect()
    }

    pub(crate) fn new(name: &str, host: &str) -> Self {
        Self { name: name.to_owned(), is_host: name == host }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn is_windows(&self) -> bool {
        self.name.contains("windows")
    }

    /// A program that loads no library.
    pub(crate) fn is_static(&self) -> bool {
        self.name.contains("musl")
    }

    pub(crate) fn executable(&self) -> &'static str {
        if self.is_windows() { "kore.exe" } else { "kore" }
    }

    pub(crate) fn extension(&self) -> &'static str {
        if self.is_windows() { "zip" } else { "tar.gz" }
    }

    /// How a program for it runs here: by itself, or by another program, if that is installed.
    pub(crate) fn runs_by(&self) -> Result<Option<&'static str>, String> {
        let same_system =
            self.is_host || (self.is_static() && cfg!(all(target_os = "linux", target_arch = "x86_64")));
        match self.is_windows() && !self.is_host {
            _ if same_system => Ok(None),
            true if works(Command::new("wine").arg("--version")) => Ok(Some("wine")),
            true => Err("wine is not installed".to_owned()),
            false => Err("it is for another machine".to_owned()),
        }
    }

    /// Why it cannot be built here.
    pub(crate) fn missing(&self) -> Option<String> {
        let mut rustc = Command::new("rustc");
        let library = output(rustc.args(["--print", "target-libdir", "--target", &self.name]));
        if !library.is_ok_and(|library| Utf8Path::new(library.trim()).is_dir()) {
            return Some(format!(
                "its standard library is not installed (`rustup target add {}`)",
                self.name
            ));
        }
        let cross = self.cross()?;
        if !works(Command::new(cross.compiler).arg("--version")) {
            return Some(format!("{} is not installed (Debian has it in {})", cross.compiler, cross.package));
        }
        let has_licence = Utf8Path::new(cross.licence).is_file();
        (!has_licence).then(|| format!("the licence of {} is not in {}", cross.library, cross.licence))
    }

    /// The C library in the binary, and the file with its licence.
    pub(crate) fn c_library_licence(&self) -> Option<(&'static str, &'static Utf8Path)> {
        self.cross().map(|cross| (cross.library, Utf8Path::new(cross.licence)))
    }

    fn cross(&self) -> Option<&'static Cross> {
        CROSS.iter().find(|cross| cross.target == self.name && !self.is_host)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
