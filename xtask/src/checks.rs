//! The table of checks.

mod api;
mod browser;
mod dependencies;
mod features;
mod invariants;
mod licences;
mod toolchain;
mod vendor;

use clap::Subcommand;

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
    /// Each crate builds without features and with each of its features alone
    Features,
    /// No IO below the transport, versions in one place, one crypto provider
    Dependencies,
    /// Every dependency has a licence that we allow and comes from crates.io
    Licences,
    /// The rules of the house that can be read off the source
    Invariants,
    /// Public signatures name no crate whose major version is not ours (needs nightly)
    Api,
    /// The workspace builds as a vendored folder inside another workspace
    Vendor,
}

impl Check {
    /// In the order of `cargo xtask ci`: what fails fast and often comes first.
    pub(crate) const ALL: [Self; 10] = [
        Self::Fmt,
        Self::Clippy,
        Self::Test,
        Self::Doc,
        Self::Features,
        Self::Dependencies,
        Self::Licences,
        Self::Invariants,
        Self::Api,
        Self::Vendor,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Test => "test",
            Self::Doc => "doc",
            Self::Features => "features",
            Self::Dependencies => "dependencies",
            Self::Licences => "licences",
            Self::Invariants => "invariants",
            Self::Api => "api",
            Self::Vendor => "vendor",
        }
    }

    pub(crate) fn run(self, workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
        match self {
            Self::Fmt => toolchain::fmt(workspace, skipped),
            Self::Clippy => toolchain::clippy(workspace, skipped),
            Self::Test => {
                browser::provide(skipped);
                toolchain::test(workspace)
            }
            Self::Doc => toolchain::doc(workspace),
            Self::Features => features::run(workspace, skipped),
            Self::Dependencies => dependencies::run(workspace),
            Self::Licences => licences::run(workspace),
            Self::Invariants => invariants::run(workspace),
            Self::Api => api::run(workspace, skipped),
            Self::Vendor => vendor::run(workspace, skipped),
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
