//! The workspace as `cargo metadata` describes it: its packages, its folders.

use anyhow::Context;
use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{CargoOpt, Metadata, MetadataCommand, Package};

pub(crate) struct Workspace {
    metadata: Metadata,
}

impl Workspace {
    pub(crate) fn load() -> anyhow::Result<Self> {
        let metadata = MetadataCommand::new()
            .features(CargoOpt::AllFeatures)
            .other_options(["--locked".to_owned()])
            .exec()
            .context("cannot read the workspace")?;
        Ok(Self { metadata })
    }

    pub(crate) fn root(&self) -> &Utf8Path {
        &self.metadata.workspace_root
    }

    pub(crate) fn target_dir(&self) -> &Utf8Path {
        &self.metadata.target_directory
    }

    /// Members and everything that they depend on, for all targets and features.
    pub(crate) fn packages(&self) -> &[Package] {
        &self.metadata.packages
    }

    pub(crate) fn members(&self) -> Vec<&Package> {
        self.metadata.workspace_packages()
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Package> {
        self.members().into_iter().find(|member| member.name == name)
    }

    /// The members under `crates/`: those that others use.
    pub(crate) fn crates(&self) -> Vec<&Package> {
        let folder = self.root().join("crates");
        self.members().into_iter().filter(|member| member.manifest_path.starts_with(&folder)).collect()
    }

    /// A path as people write it, from the root on.
    pub(crate) fn relative<'p>(&self, path: &'p Utf8Path) -> &'p Utf8Path {
        path.strip_prefix(self.root()).unwrap_or(path)
    }
}
