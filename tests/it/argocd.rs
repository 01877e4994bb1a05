//! The plugin of Argo CD, run as its plugin server runs it: the command of `deploy/argocd/plugin.yaml`
//! in the folder of the Application, below a copy of the repository without `.git`, with what the
//! server puts into the environment and little else, its output decoded as the server decodes it.
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde::Deserialize as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{obsgen, said};
use crate::stacks::{compile_stack, root, stacks};

/// A document of `deploy/argocd`.
fn deployed(name: &str) -> Value {
    let text = fs::read_to_string(root().join("deploy/argocd").join(name)).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

/// The words of a command of the plugin.
fn command_of(plugin: &Value, pointer: &str) -> Vec<String> {
    let words = plugin.pointer(pointer).unwrap().as_array().unwrap();
    let words = words.iter().map(|it| it.as_str().unwrap().to_owned());
    words.collect()
}

/// A repository as the plugin server unpacks one: in a folder with a name of its own, without `.git`.
struct Unpacked {
    folder: TempDir,
}

impl Unpacked {
    /// The example stacks.
    fn stacks() -> Self {
        let unpacked = Self::of(&[]);
        let from = root().join("stacks");
        let mut files = vec!["base.yaml".to_owned()];
        files.extend(stacks().iter().map(|it| format!("{it}/observability.yaml")));
        for file in files {
            let text = fs::read_to_string(from.join(&file)).unwrap();
            unpacked.write(&format!("stacks/{file}"), &text);
        }
        unpacked
    }

    fn of(files: &[(&str, &str)]) -> Self {
        let unpacked = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(unpacked.root()).unwrap();
        for (path, text) in files {
            unpacked.write(path, text);
        }
        unpacked
    }

    fn root(&self) -> PathBuf {
        self.folder
            .path()
            .join("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A command of the plugin for the Application at a path, with parameters as JSON.
    fn command(&self, of: &str, path: &str, parameters: Option<&str>) -> Command {
        let words = command_of(&deployed("plugin.yaml"), of);
        let mut command = Command::new(env!("CARGO_BIN_EXE_obsgen"));
        command
            .args(&words[1..])
            .current_dir(self.root().join(path))
            .env_clear()
            .envs(environment(path))
            .process_group(0)
            .stdin(Stdio::null());
        if let Some(parameters) = parameters {
            command.env("ARGOCD_APP_PARAMETERS", parameters);
        }
        command
    }

    /// What the plugin makes of an Application.
    fn generated(&self, path: &str, parameters: Option<&str>) -> Output {
        let mut command = self.command("/spec/generate/command", path, parameters);
        command.output().unwrap()
    }
}

/// What the repo server tells a plugin, and what the sidecar has. Nothing of it changes the output.
fn environment(path: &str) -> Vec<(&'static str, String)> {
    let revision = "0123456789abcdef0123456789abcdef01234567";
    [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("ARGOCD_APP_NAME", "obsgen"),
        ("ARGOCD_APP_NAMESPACE", "argocd"),
        ("ARGOCD_APP_PROJECT_NAME", "default"),
        ("ARGOCD_APP_REVISION", revision),
        ("ARGOCD_APP_REVISION_SHORT", &revision[..7]),
        ("ARGOCD_APP_REVISION_SHORT_8", &revision[..8]),
        ("ARGOCD_APP_SOURCE_PATH", path),
        (
            "ARGOCD_APP_SOURCE_REPO_URL",
            "https://git.example.com/a/b.git",
        ),
        ("ARGOCD_APP_SOURCE_TARGET_REVISION", "main"),
        ("KUBE_VERSION", "1.33.1"),
        ("KUBE_API_VERSIONS", "v1,apps/v1,apps/v1/Deployment"),
        // What users set under `env`, and the parameters once more, in a form that loses their types.
        ("ARGOCD_ENV_CLUSTER", "elsewhere"),
        ("PARAM_SET_CLUSTER", "elsewhere"),
        ("CLICOLOR_FORCE", "1"),
        // There is nowhere to write.
        ("TMPDIR", "/nowhere"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

/// The objects in an output, as the plugin server splits it.
fn decoded(text: &str) -> Vec<Value> {
    let documents = serde_yaml::Deserializer::from_str(text);
    let objects: Vec<Value> = documents
        .map(|it| Value::deserialize(it).unwrap())
        .collect();
    for object in &objects {
        for pointer in ["/apiVersion", "/kind", "/metadata/name"] {
            let is_there = object.pointer(pointer).and_then(Value::as_str);
            assert!(is_there.is_some_and(|it| !it.is_empty()), "{object}");
        }
        // The server takes no list apart, and applies what kustomize would read.
        let kind = object["kind"].as_str().unwrap();
        assert!(kind != "Kustomization" && !kind.ends_with("List"), "{kind}");
    }
    objects
}

fn by_identity(objects: Vec<Value>) -> BTreeMap<String, Value> {
    let count = objects.len();
    let identity = |it: &Value| {
        let of = |pointer| it.pointer(pointer).map_or("", |it| it.as_str().unwrap());
        format!(
            "{} {} {}",
            of("/kind"),
            of("/metadata/namespace"),
            of("/metadata/name")
        )
    };
    let map: BTreeMap<String, Value> = objects.into_iter().map(|it| (identity(&it), it)).collect();
    assert_eq!(map.len(), count, "an object is there twice");
    map
}

/// The objects of the golden tree of a stack; that kustomize makes the same of the tree is held by the
/// conformance tests.
fn golden(stack: &str) -> BTreeMap<String, Value> {
    let mut objects = Vec::new();
    let mut folders = vec![root().join("golden").join(stack)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_manifest = path.extension().is_some_and(|it| it == "yaml")
                && path
                    .file_name()
                    .is_some_and(|it| it != "kustomization.yaml");
            if path.is_dir() {
                let is_delivered = path.join("kustomization.yaml").is_file();
                folders.extend(is_delivered.then_some(path));
            } else if is_manifest {
                objects.extend(decoded(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    by_identity(objects)
}

/// Everything below a folder, with its content.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(snapshot(&path)),
            false => drop(found.insert(path.clone(), fs::read(&path).unwrap())),
        }
    }
    found
}

/// Forbids everybody but root to write below a folder, or allows it again.
fn writable(folder: &Path, is_writable: bool) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = if is_writable { 0o755 } else { 0o555 };
    if is_writable {
        fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
    }
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            writable(&path, is_writable);
        }
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn the_plugin_renders_what_is_delivered_and_writes_nothing() {
    let repository = Unpacked::stacks();
    let before = snapshot(repository.folder.path());
    writable(&repository.root(), false);
    for stack in stacks() {
        // Argo CD writes `null` where an Application has no parameters.
        let output = repository.generated(&format!("stacks/{stack}"), Some("null"));
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let objects = by_identity(decoded(&String::from_utf8(output.stdout).unwrap()));
        assert_eq!(objects, golden(&stack), "{stack}");
    }
    writable(&repository.root(), true);
    assert_eq!(snapshot(repository.folder.path()), before);
}

#[test]
fn parameters_are_set_and_nothing_else_of_the_environment_is() {
    let repository = Unpacked::stacks();
    let set = json!([{"name": "set", "map": {
        "cluster": "prod-eu-2",
        "redis.instances.session-cache.alerts.RedisMemoryHigh.threshold": "91%",
    }}]);
    let output = repository.generated("stacks/prod", Some(&set.to_string()));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("cluster: prod-eu-2") && !text.contains("prod-eu-1"));
    assert!(text.contains("0.91"));

    // Without the flag, the environment says nothing.
    let output = repository
        .command("/spec/generate/command", "stacks/prod", Some("{"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let output = Command::new(env!("CARGO_BIN_EXE_obsgen"))
        .args(["render", "stacks/prod"])
        .current_dir(repository.root())
        .env("ARGOCD_APP_PARAMETERS", set.to_string())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("prod-eu-1") && !text.contains("prod-eu-2"));
}

#[test]
fn what_is_not_understood_renders_nothing() {
    let repository = Unpacked::stacks();
    let long = json!([{"name": "set", "map": {"cluster": "x".repeat(70_000)}}]).to_string();
    for (parameters, code, expected) in [
        ("{", 2, "`ARGOCD_APP_PARAMETERS` is no JSON"),
        (
            r#"[{"name": "only", "array": ["session-cache"]}]"#,
            2,
            "no parameter `only`, only `set`: what it asks for would not be rendered",
        ),
        (
            r#"[{"name": "set", "string": "cluster=a"}]"#,
            2,
            "`set` is a text",
        ),
        (&*long, 2, "at most 65536 are read"),
        (
            r#"[{"name": "set", "map": {"a b": "c"}}]"#,
            2,
            "`a b` is no field",
        ),
        (
            r#"[{"name": "set", "map": {"cluster": "a\nspec.extends: b"}}]"#,
            2,
            "`cluster` has a line break",
        ),
        (
            r#"[{"name": "set", "map": {"clustr": "a"}}]"#,
            1,
            "--> ARGOCD_APP_PARAMETERS:1:1",
        ),
        // What would take an instance away from where it is.
        (
            r#"[{"name": "set", "map": {"redis.instances.cart.namespace": "elsewhere"}}]"#,
            1,
            "what is set leaves out",
        ),
        (
            r#"[{"name": "set", "map": {"redis.instances.cart.remove": "true"}}]"#,
            1,
            "`remove` cannot be set from outside",
        ),
        (
            r#"[{"name": "set", "map": {"redis.instances": "[]"}}]"#,
            1,
            "is not set to a single value",
        ),
    ] {
        let output = repository.generated("stacks/prod", Some(parameters));
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        assert!(output.stdout.is_empty());
        assert!(said(&output).contains(expected), "{}", said(&output));
    }
    // Nor beside what a person sets, or in a form that the server does not take apart.
    for arguments in [
        &["render", "--from-argocd-env", "--set", "cluster=a"][..],
        &["render", "--from-argocd-env", "--output", "json"],
        &["render"],
    ] {
        let output = obsgen(&repository.root().join("stacks/prod"), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_broken_policy_is_an_error_that_fits_a_page() {
    let repository = Unpacked::stacks();
    let output = |policy: &str| {
        repository.write("stacks/prod/observability.yaml", policy);
        let output = repository.generated("stacks/prod", None);
        assert!(!output.status.success() && output.stdout.is_empty());
        let said = said(&output);
        assert!(!said.contains('\u{1b}'), "{said}");
        said
    };
    let good = fs::read_to_string(root().join("stacks/prod/observability.yaml")).unwrap();
    let wrong = output(&good.replacen("team: checkout", "team: chekout", 1));
    assert!(wrong.contains("error[references/unknown-team]"), "{wrong}");
    assert!(wrong.contains("--> observability.yaml:"), "{wrong}");
    assert!(output("").contains("error["));

    let secret = "xoxb-123456789012-123456789012-AbCdEfGhIjKlMnOpQrStUvWx";
    let wrong = output(&good.replacen("cluster: prod-eu-1", &format!("cluster: {secret}"), 1));
    assert!(wrong.contains("secrets/") && !wrong.contains("AbCdEfGhIjKl"));

    let many: String = (0..3000)
        .map(|it| format!("  unknown{it}: {}\n", "x".repeat(300)))
        .collect();
    let wrong = output(&format!("{good}{many}"));
    assert!(wrong.contains("more; `obsgen check --format json`"));
    assert!(wrong.len() < 200_000, "{} bytes", wrong.len());
    let wrong = output(&format!("{good}  unknown: {}\n", "x".repeat(900_000)));
    assert!(wrong.len() < 10_000, "{} bytes", wrong.len());
}

#[test]
fn nothing_is_read_outside_the_repository_of_an_application() {
    let minimal = fs::read_to_string(root().join("stacks/minimal/observability.yaml")).unwrap();
    let other = "apiVersion: obsgen/v1alpha1\nkind: ObservabilityBase\nmetadata: {name: other}\n\
                 spec: {cluster: canary}\n";
    for (place, extends, is_inside) in [
        ("a/b/c", "../../../other.yaml", true),
        ("a/b/c", "../../../../other.yaml", false),
        (".", "other.yaml", true),
        (".", "../other.yaml", false),
        (".", "../../other.yaml", false),
    ] {
        let policy = minimal
            .replace("spec:\n", &format!("spec:\n  extends: [{extends}]\n"))
            .replace("  cluster: dev-1\n", "");
        let repository = Unpacked::of(&[
            (&format!("{place}/observability.yaml"), &policy),
            ("other.yaml", other),
        ]);
        // That of another Application, beside this one.
        fs::write(repository.folder.path().join("other.yaml"), other).unwrap();
        let output = repository.generated(place, None);
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.success(), is_inside, "{}", said(&output));
        assert_eq!(text.contains("canary"), is_inside, "{place} {extends}");
        assert!(!said(&output).contains("canary"), "{}", said(&output));
    }

    // Of a repository, only what an Application says that it needs: the path begins above it.
    let repository = Unpacked::stacks();
    let part = repository.root().join("stacks");
    let output = repository
        .command("/spec/generate/command", "stacks/prod", None)
        .current_dir(part.join("prod"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

#[test]
fn a_plugin_that_is_told_to_end_ends() {
    let repository = Unpacked::stacks();
    let mut child = repository
        .command("/spec/generate/command", "stacks/prod", None)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It has begun to write what a pipe does not hold, and nobody reads on.
    let mut stdout = child.stdout.take().unwrap();
    let mut first = [0];
    stdout.read_exact(&mut first).unwrap();
    assert!(child.try_wait().unwrap().is_none());
    let group = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    let told = Instant::now();
    kill_process_group(group, Signal::TERM).unwrap();
    let status = child.wait().unwrap();
    // The server kills after five seconds.
    assert!(told.elapsed() < Duration::from_secs(2));
    assert!(status.signal() == Some(15) || status.code() == Some(143));
}

#[test]
fn an_application_shows_what_can_be_set() {
    let repository = Unpacked::stacks();
    let announced = |path: &str| {
        let mut command = repository.command("/spec/parameters/dynamic/command", path, None);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let list: Value = serde_json::from_slice(&output.stdout).unwrap();
        // Argo CD refuses the whole list for a type that is not its own.
        let [only] = list.as_array().unwrap().as_slice() else {
            panic!("{list}")
        };
        let keys: BTreeSet<&str> = only.as_object().unwrap().keys().map(|it| &**it).collect();
        let known = [
            "name",
            "title",
            "tooltip",
            "required",
            "itemType",
            "collectionType",
        ];
        assert_eq!(keys, BTreeSet::from(known));
        assert_eq!(only["name"], "set");
        assert_eq!(only["collectionType"], "map");
        assert_eq!(only["required"], false);
        only["tooltip"].as_str().unwrap().to_owned()
    };
    for stack in stacks() {
        let tooltip = announced(&format!("stacks/{stack}"));
        let (_, listed) = tooltip.split_once("This policy has ").expect(&tooltip);
        let listed = listed.split(" and ").next().unwrap();
        let listed = listed.trim_end_matches(", among others.");
        assert!(tooltip.len() < 3000, "{tooltip}");
        // What is announced can be set: to what it is, which changes nothing.
        let compilation = compile_stack(&stack);
        let layers = obsgen::read::origin::Layers::of(&compilation.document);
        let mut set = serde_json::Map::new();
        for field in listed.split(", ") {
            let path = obsgen::diag::path::FieldPath::parse(field);
            let value = layers.origins(&path).pop().and_then(|it| it.value);
            set.insert(field.to_owned(), value.expect(field).into());
        }
        assert!(set.contains_key("cluster"), "{set:?}");
        let set = json!([{"name": "set", "map": set}]).to_string();
        let output = repository.generated(&format!("stacks/{stack}"), Some(&set));
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let objects = by_identity(decoded(&String::from_utf8(output.stdout).unwrap()));
        assert_eq!(objects, golden(&stack), "{stack}");
    }
    // The page of an Application opens whatever is wrong with it.
    let good = fs::read_to_string(root().join("stacks/minimal/observability.yaml")).unwrap();
    for (policy, is_listed) in [
        ("", false),
        ("a: [", false),
        (&*good.replace("team: web", "team: wbe"), true),
    ] {
        repository.write("stacks/minimal/observability.yaml", policy);
        let tooltip = announced("stacks/minimal");
        assert!(tooltip.contains("such as `cluster`"), "{tooltip}");
        assert_eq!(tooltip.contains("This policy has"), is_listed, "{tooltip}");
    }
    fs::create_dir(repository.root().join("empty")).unwrap();
    announced("empty");
    announced("stacks");
}

/// Argo CD waits for the health of everything in a wave before the next one, and syncs nothing else
/// meanwhile; a hook is run by nobody but Argo CD; a Job that is gone once it is done is out of sync
/// until it runs again.
#[test]
fn nothing_of_a_stack_waits_for_a_wave_and_no_job_goes_away() {
    let mut jobs = 0;
    for stack in stacks() {
        for (name, object) in golden(&stack) {
            let annotations = object["metadata"]["annotations"].as_object();
            let keys = annotations.into_iter().flat_map(|it| it.keys());
            for key in keys.filter(|it| it.starts_with("argocd.argoproj.io/")) {
                assert_eq!(key, "argocd.argoproj.io/sync-options", "{name}");
            }
            if object["kind"] == "Job" {
                jobs += 1;
                let spec = &object["spec"];
                assert_eq!(spec.get("ttlSecondsAfterFinished"), None, "{name}");
                let (_, hash) = name.rsplit_once('-').unwrap();
                let is_hash = |it: char| it.is_ascii_digit() || ('a'..='f').contains(&it);
                assert!(hash.len() >= 8 && hash.chars().all(is_hash), "{name}");
            }
        }
    }
    assert!(jobs > 2);
}

#[test]
fn argo_cd_asks_before_it_deletes_a_redis_and_no_pod_restarts_for_that() {
    let mut redis = 0;
    for stack in stacks() {
        for (name, object) in golden(&stack) {
            let options = &object["metadata"]["annotations"]["argocd.argoproj.io/sync-options"];
            let is_redis = object["kind"].as_str().unwrap().starts_with("Redis");
            if is_redis {
                redis += 1;
                assert_eq!(options, "Prune=confirm,Delete=confirm", "{name}");
            } else {
                // Least of all a ConfigMap, whose name changes with its content.
                assert!(!options.to_string().contains("confirm"), "{name}");
            }
            // opstree's operator copies annotations to pods, but for those it is told of.
            let config = &object["spec"]["kubernetesConfig"];
            if is_redis && config.is_object() {
                let ignored = config["ignoreAnnotations"].as_array().unwrap();
                let is_ignored = ignored
                    .iter()
                    .any(|it| it == "argocd.argoproj.io/sync-options");
                assert!(is_ignored, "{name}");
            }
        }
    }
    assert!(redis > 10);
}

#[test]
fn what_is_deployed_fits_together() {
    let plugin = deployed("plugin.yaml");
    assert_eq!(plugin["kind"], "ConfigManagementPlugin");
    assert_eq!(plugin["spec"].get("discover"), None);
    let version = plugin["spec"]["version"].as_str().unwrap();
    let of_program = format!("v{}.", env!("CARGO_PKG_VERSION"));
    assert!(of_program.starts_with(&format!("{version}.")), "{version}");
    let name = format!("{}-{version}", plugin["metadata"]["name"].as_str().unwrap());
    for (file, pointer) in [
        ("application.yaml", "/spec/source/plugin/name"),
        (
            "applicationset.yaml",
            "/spec/template/spec/source/plugin/name",
        ),
        (
            "hydrator.yaml",
            "/spec/sourceHydrator/drySource/plugin/name",
        ),
    ] {
        assert_eq!(deployed(file).pointer(pointer).unwrap(), &name, "{file}");
    }
    let hydrated = deployed("hydrator.yaml")["spec"]["sourceHydrator"]["syncSource"].clone();
    let path = hydrated["path"].as_str().unwrap();
    assert!(!path.is_empty() && path != "." && !path.starts_with('/'));

    // What an Application of the examples sets can be set.
    let set = &deployed("application.yaml")["spec"]["source"]["plugin"]["parameters"];
    let output = Unpacked::stacks().generated("stacks/prod", Some(&set.to_string()));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));

    let pod = &deployed("repo-server.yaml")["spec"]["template"]["spec"];
    assert_eq!(pod["automountServiceAccountToken"], false);
    let container = &pod["containers"][0];
    assert_eq!(
        container["securityContext"],
        json!({
            "runAsNonRoot": true,
            "runAsUser": 999,
            "readOnlyRootFilesystem": true,
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        })
    );
    let image = container["image"].as_str().unwrap();
    assert!(image.ends_with(&format!(":{version}")), "{image}");
}

/// The image: nothing but the program and the configuration, as a user without rights.
#[test]
fn the_image_holds_the_program_and_nothing_else() {
    let text = fs::read_to_string(root().join("deploy/Dockerfile")).unwrap();
    let lines = text
        .lines()
        .filter(|it| !it.is_empty() && !it.starts_with('#'));
    let lines: Vec<Vec<&str>> = lines.map(|it| it.split_whitespace().collect()).collect();
    let last = lines.iter().rposition(|it| it[0] == "FROM").unwrap();
    let (build, image) = lines.split_at(last);
    assert_eq!(image[0], ["FROM", "scratch"]);
    let has = |line: &[&str]| image.iter().any(|it| it == line);
    assert!(has(&["USER", "999:999"]));
    for line in image {
        assert!(
            ["FROM", "COPY", "USER", "ENTRYPOINT"].contains(&line[0]),
            "{line:?}"
        );
    }
    let plugin = deployed("plugin.yaml");
    for pointer in ["/spec/generate/command", "/spec/parameters/dynamic/command"] {
        let program = command_of(&plugin, pointer).remove(0);
        let from = "/src/target/release/obsgen";
        assert!(has(&["COPY", "--from=build", from, &program]), "{program}");
    }
    let configuration = "/home/argocd/cmp-server/config/plugin.yaml";
    assert!(has(&["COPY", "deploy/argocd/plugin.yaml", configuration]));
    assert!(root().join("deploy/argocd/plugin.yaml").is_file());

    let cargo = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let oldest = cargo
        .lines()
        .find_map(|it| it.strip_prefix("rust-version = "));
    let from = format!("rust:{}-alpine", oldest.unwrap().trim_matches('"'));
    assert!(build[0][1].ends_with(&from), "{:?}", build[0]);
    assert!(build.iter().any(|it| it.contains(&"--no-default-features")));
}
