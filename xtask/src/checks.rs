//! The steps of `cargo xtask ci`: their names, their help, their order, and what each runs.

mod api;
mod browser;
mod conformance;
mod dependencies;
mod features;
mod invariants;
mod markdown;
mod publish;
mod toolchain;
mod vendor;
pub(crate) mod windows;

use clap::Subcommand;

use crate::dist;
use crate::openapi;
use crate::skipped::Skipped;
use crate::workspace::Workspace;

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum Check {
    /// Formatting, by rustfmt
    Fmt,
    /// Lints of every target with every feature; warnings are errors
    Clippy,
    /// Unit, integration and documentation tests
    Test,
    /// The documentation builds without a warning
    Doc,
    /// Each crate builds without features and with each alone (needs cargo-hack); a neighbour's features change nothing
    Features,
    /// No IO below the transport, no crypto provider but the chosen one, versions in one place, licences, origins
    Dependencies,
    /// The rules of ARCHITECTURE.md that can be checked in the source
    Invariants,
    /// Links in Markdown lead somewhere, and the README stays short
    Markdown,
    /// Public signatures name no crate whose major version is not ours (needs nightly)
    Api,
    /// The committed OpenAPI document is what the code makes of it: `openapi --check`
    #[command(skip)]
    Openapi,
    /// The workspace builds as a vendored folder, and runs beside crates that chose another crypto provider
    Vendor,
    /// The packages are complete and build, with the lowest versions they ask for, and two for WebAssembly
    Publish,
    /// All builds for Windows without a warning, and the tests of `kore` run there (needs mingw-w64, wine)
    Windows,
    /// The archive of a release, made quickly and tried: `dist --profile dev`
    #[command(skip)]
    Dist,
    /// The OpenAPI document is valid, and the emulator does what it says (needs Python and PyPI once)
    Conformance,
}

impl Check {
    /// In the order of `cargo xtask ci`: what fails fast and often comes first.
    pub(crate) const ALL: [Self; 15] = [
        Self::Fmt,
        Self::Clippy,
        Self::Test,
        Self::Doc,
        Self::Features,
        Self::Dependencies,
        Self::Invariants,
        Self::Markdown,
        Self::Api,
        Self::Openapi,
        Self::Vendor,
        Self::Publish,
        Self::Windows,
        Self::Dist,
        Self::Conformance,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Test => "test",
            Self::Doc => "doc",
            Self::Features => "features",
            Self::Dependencies => "dependencies",
            Self::Invariants => "invariants",
            Self::Markdown => "markdown",
            Self::Api => "api",
            Self::Openapi => "openapi",
            Self::Vendor => "vendor",
            Self::Publish => "publish",
            Self::Windows => "windows",
            Self::Dist => "dist",
            Self::Conformance => "conformance",
        }
    }

    /// The words after `cargo xtask` that run this step alone.
    pub(crate) fn task(self) -> &'static str {
        match self {
            // `openapi` alone writes the document.
            Self::Openapi => "openapi --check",
            // `dist` alone builds as for a release, for each target.
            Self::Dist => "dist --profile dev",
            other => other.name(),
        }
    }

    pub(crate) fn run(self, workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
        match self {
            Self::Fmt => toolchain::fmt(workspace, skipped),
            Self::Clippy => toolchain::clippy(workspace, skipped),
            Self::Test => {
                browser::provide(skipped);
                toolchain::test(workspace, skipped)
            }
            Self::Doc => toolchain::doc(workspace),
            Self::Features => features::run(workspace, skipped),
            Self::Dependencies => dependencies::run(workspace, skipped),
            Self::Invariants => invariants::run(workspace),
            Self::Markdown => markdown::run(workspace),
            Self::Api => api::run(workspace, skipped),
            Self::Openapi => openapi::check(workspace),
            Self::Vendor => vendor::run(workspace, skipped),
            Self::Publish => publish::run(workspace, skipped),
            Self::Windows => windows::run(workspace, skipped),
            Self::Dist => dist::check(workspace, skipped),
            Self::Conformance => conformance::run(workspace, skipped),
        }
    }
}

/// Fails with all complaints at once, so that one run shows all there is to do.
fn verdict(complaints: &[String]) -> anyhow::Result<()> {
    match complaints {
        [] => Ok(()),
        [one] => anyhow::bail!("{one}"),
        many => anyhow::bail!("{} complaints:\n{}", many.len(), many.join("\n")),
    }
}
