//! The file that makes a folder a unit of delivery: `kustomize.config.k8s.io/v1beta1`.

use serde::Serialize;

/// The name that Kustomize looks for.
pub const FILE_NAME: &str = "kustomization.yaml";

/// A Kustomization.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kustomization {
    /// Group and version.
    pub api_version: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Files and folders, in the order of delivery.
    pub resources: Vec<String>,
    /// Without it, Kustomize sorts by kind.
    pub sort_options: SortOptions,
}

/// The order of the output.
#[derive(Debug, Clone, Serialize)]
pub struct SortOptions {
    /// `fifo`: as listed.
    pub order: &'static str,
}

impl Kustomization {
    /// Lists files and folders.
    pub fn new(resources: Vec<String>) -> Self {
        Self {
            api_version: "kustomize.config.k8s.io/v1beta1",
            kind: "Kustomization",
            resources,
            sort_options: SortOptions { order: "fifo" },
        }
    }
}
