//! What kustomizations do to the resources that they list, as far as that can be told without
//! building them: a namespace. The rest is said.

use std::collections::{BTreeMap, BTreeSet};

use crate::operators::raise::{Loss, is_redis};
use crate::read::manifest::{self, Manifest, Node};

/// Fields that change what a kustomization lists.
const CHANGES: &[&str] = &[
    "components",
    "helmCharts",
    "images",
    "namePrefix",
    "nameSuffix",
    "patches",
    "patchesJson6902",
    "patchesStrategicMerge",
    "replacements",
    "replicas",
    "transformers",
];

struct Kustomization<'a> {
    file: &'a str,
    folder: String,
    root: Node,
}

/// Gives resources the namespace of their kustomization, and leaves out what is a patch.
pub(super) fn apply(
    files: &[(String, String)],
    manifests: &mut Vec<Manifest>,
    losses: &mut Vec<Loss>,
) {
    let all: Vec<Kustomization<'_>> = files
        .iter()
        .filter_map(|(file, text)| {
            let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
            let is_one = matches!(
                name,
                "kustomization.yaml" | "kustomization.yml" | "Kustomization"
            );
            Some(Kustomization {
                file,
                folder: folder.to_owned(),
                root: is_one.then(|| manifest::document(text)).flatten()?,
            })
        })
        .collect();
    let folders: BTreeSet<&str> = manifests
        .iter()
        .filter(|it| is_redis(it))
        .map(|it| folder(&it.file))
        .collect();
    let mut patches = BTreeSet::new();
    let mut namespaces: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for it in &all {
        let listed: Vec<String> = ["resources", "bases"]
            .iter()
            .filter_map(|field| it.root.get(field))
            .flat_map(Node::items)
            .filter_map(|item| Some(joined(&it.folder, item.as_text()?)))
            .collect();
        let covers = |path: &str| {
            is_within(path, &it.folder) || listed.iter().any(|listed| is_within(path, listed))
        };
        for field in CHANGES {
            let Some(node) = it.root.get(field) else {
                continue;
            };
            if folders.iter().any(|it| covers(it)) {
                losses.push(Loss {
                    file: it.file.to_owned(),
                    line: node.line,
                    what: format!(
                        "`{field}` changes what was read here; build it with `kustomize build` and read that instead"
                    ),
                });
            }
            for item in node.items() {
                let path = item.as_text().or_else(|| item.text_at(&["path"]));
                patches.extend(path.map(|path| joined(&it.folder, path)));
            }
        }
        if let Some(namespace) = it.root.text_at(&["namespace"]) {
            for (index, manifest) in manifests.iter().enumerate() {
                if covers(&manifest.file) {
                    let of_this = namespaces.entry(index).or_default();
                    of_this.insert(namespace.to_owned());
                }
            }
        }
    }
    for (index, of_this) in namespaces {
        let manifest = &mut manifests[index];
        let mut of_this = of_this.into_iter();
        match (of_this.next(), of_this.next()) {
            (Some(namespace), None) => manifest.namespace = Some(namespace),
            _ => {
                let line = manifest.line();
                losses.push(Loss::at(
                    manifest,
                    line,
                    "several kustomizations give this a namespace; build one with `kustomize build` and read that instead",
                ));
            }
        }
    }
    manifests.retain(|it| !patches.contains(&it.file));
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |it| it.0)
}

/// Resolves a path from a folder, in its text.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|it| !it.is_empty()).collect();
    let absolute = folder.starts_with('/');
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|it| *it != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("{}{}", if absolute { "/" } else { "" }, parts.join("/"))
}

fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| folder.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_resolved_in_its_text() {
        assert_eq!(joined("a/overlays/prod", "../../base"), "a/base");
        assert_eq!(joined("", "./x.yaml"), "x.yaml");
        assert_eq!(joined("/a", "../b"), "/b");
        assert!(is_within("a/base/x.yaml", "a/base") && !is_within("a/based/x.yaml", "a/base"));
    }
}
