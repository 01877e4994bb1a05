//! What Argo CD is given, under the tools that read it as Argo CD does.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::run::uncomplaining;
use crate::tools;
use crate::trees;

/// A Deployment as Argo CD ships it, as far as the sidecar has to do with it, and its settings.
const ARGO_CD: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: argocd-repo-server}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: argocd-repo-server}}
  template:
    metadata: {labels: {app.kubernetes.io/name: argocd-repo-server}}
    spec:
      containers:
      - name: argocd-repo-server
        image: quay.io/argoproj/argocd:latest
        volumeMounts:
        - {mountPath: /tmp, name: tmp}
      volumes:
      - {name: tmp, emptyDir: {}}
      - {name: var-files, emptyDir: {}}
      - {name: plugins, emptyDir: {}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm}
data: {a: b}
";

/// As the README of `deploy/argocd` says.
const KUSTOMIZATION: &str = "\
resources: [install.yaml]
components: [obsgen]
patches: [{path: obsgen/health.yaml}]
images: [{name: registry.example.com/obsgen, newName: registry.example.org/tools/obsgen}]
";

#[test]
fn the_sidecar_is_patched_into_the_repo_server() {
    let tools = [tools::tool("kubectl"), tools::next_tool("kubectl")];
    for kubectl in tools.into_iter().flatten() {
        sidecar_is_patched_in(&kubectl);
    }
}

fn sidecar_is_patched_in(kubectl: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        fs::write(folder.path().join(path), text).expect("a file");
    };
    write("install.yaml", ARGO_CD);
    write("kustomization.yaml", KUSTOMIZATION);
    let copy = folder.path().join("obsgen");
    fs::create_dir(&copy).expect("a folder");
    for file in trees::files(&trees::root().join("deploy/argocd")) {
        let name = file.file_name().expect("a name");
        fs::copy(&file, copy.join(name)).expect("a copy");
    }
    let text = uncomplaining(Command::new(kubectl).arg("kustomize").arg(folder.path()));
    let objects = trees::documents(&text);
    let of = |kind: &str| {
        let object = objects.iter().find(|it| it["kind"] == kind);
        object.unwrap_or_else(|| panic!("no {kind}: {text}"))
    };
    let pod = &of("Deployment")["spec"]["template"]["spec"];
    let names = |field: &str| -> Vec<&str> {
        let items = pod[field].as_array().expect("a list").iter();
        items.filter_map(|it| it["name"].as_str()).collect()
    };
    assert_eq!(names("containers"), ["obsgen", "argocd-repo-server"]);
    let sidecar = &pod["containers"][0];
    assert_eq!(
        sidecar["image"], "registry.example.org/tools/obsgen:v0.1",
        "{sidecar}"
    );
    let volumes = names("volumes");
    for mount in sidecar["volumeMounts"].as_array().expect("a list") {
        let name = mount["name"].as_str().expect("a name");
        assert!(volumes.contains(&name) && name != "tmp", "{name}");
    }
    let settings = of("ConfigMap")["data"].as_object().expect("a map");
    assert_eq!(settings.len(), 2, "{settings:?}");
}

/// kubectl splits a stream with the decoder that the plugin server has.
#[test]
fn what_the_plugin_prints_is_taken_apart_into_its_objects() {
    let Some(kubectl) = tools::tool("kubectl") else {
        return;
    };
    for stack in trees::stacks() {
        let printed = uncomplaining(
            trees::obsgen()
                .args(["render", "--from-argocd-env"])
                .current_dir(trees::root().join("stacks").join(&stack))
                .env("ARGOCD_APP_SOURCE_PATH", format!("stacks/{stack}"))
                .env("ARGOCD_APP_PARAMETERS", "null"),
        );
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("objects.yaml");
        fs::write(&file, &printed).expect("a file");
        let read = uncomplaining(
            Command::new(&kubectl)
                .args(["annotate", "--local", "--output", "json", "-f"])
                .arg(&file)
                .arg("example.com/read=yes"),
        );
        let read: Vec<Value> = serde_json::Deserializer::from_str(&read)
            .into_iter()
            .map(|it| it.expect("an object"))
            .collect();
        let mut printed = trees::documents(&printed);
        assert_eq!(read.len(), printed.len(), "{stack}");
        for (read, printed) in read.iter().zip(&mut printed) {
            let metadata = printed["metadata"].as_object_mut().expect("a map");
            let annotations = metadata
                .entry("annotations")
                .or_insert_with(|| serde_json::json!({}));
            annotations["example.com/read"] = "yes".into();
            assert_eq!(read, printed, "{stack}");
        }
    }
}
