//! A stack pushed to a real registry and read back by others: by plain HTTP, Python's `tarfile`,
//! Kustomize and skopeo.
#![expect(
    clippy::disallowed_types,
    reason = "servers of a test, on this machine"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::alertmanager_server::until;
use crate::lab::{Process, free_port};
use crate::run::{Said, run, uncomplaining};
use crate::{tools, trees};

/// A registry on a port of this machine, and a person with a login of their own.
struct Registry {
    // Dropped first to last: nothing writes any more when the folder goes.
    _process: Process,
    folder: TempDir,
    port: u16,
}

impl Registry {
    /// Starts one; `extra` is what it has beside a store and a port.
    fn start(program: &Path, folder: TempDir, extra: &Value) -> Self {
        let port = free_port();
        let mut configuration = json!({
            "version": "0.1",
            "log": {"level": "error"},
            "storage": {"filesystem": {"rootdirectory": folder.path().join("store")}},
            "http": {"addr": format!("127.0.0.1:{port}")},
        });
        for (key, value) in extra.as_object().expect("fields") {
            match configuration[key].as_object_mut() {
                Some(fields) => fields.extend(value.as_object().expect("fields").clone()),
                None => configuration[key] = value.clone(),
            }
        }
        // JSON is YAML.
        let path = folder.path().join("registry.yaml");
        fs::write(&path, configuration.to_string()).expect("the folder is ours");
        fs::create_dir(folder.path().join("docker")).expect("the folder is ours");
        let mut command = Command::new(program);
        let process = Process::spawn(command.arg("serve").arg(path));
        assert!(
            until(|| TcpStream::connect(("127.0.0.1", port)).is_ok()),
            "no registry answers"
        );
        Self {
            _process: process,
            folder,
            port,
        }
    }

    fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Logs a person in.
    fn login(&self, pair_in_base64: &str) {
        let config = json!({"auths": {self.host(): {"auth": pair_in_base64}}});
        fs::write(
            self.folder.path().join("docker/config.json"),
            config.to_string(),
        )
        .expect("the folder is ours");
    }

    fn push(&self, stack: &str, name: &str, arguments: &[&str]) -> Said {
        let mut command = trees::obsgen();
        command
            .current_dir(trees::root())
            .env("DOCKER_CONFIG", self.folder.path().join("docker"))
            .env_remove("SSL_CERT_FILE")
            .arg("push")
            .arg(format!("stacks/{stack}"))
            .arg(format!("oci://{}/{name}", self.host()))
            .args(arguments);
        run(&mut command)
    }

    /// Pushes, and returns the digest that is printed.
    #[track_caller]
    fn pushed(&self, stack: &str, name: &str, arguments: &[&str]) -> String {
        let said = self.push(stack, name, arguments);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        let (_, digest) = said.stdout.trim_end().split_once('@').expect("a digest");
        digest.to_owned()
    }

    /// What it holds at a path, by plain HTTP.
    fn get(&self, path: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it answers");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a time");
        let accept = "Accept: application/vnd.oci.image.manifest.v1+json";
        // The answer ends with the connection.
        write!(stream, "GET /v2/{path} HTTP/1.0\r\n{accept}\r\n\r\n").expect("it listens");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        let end = answer.windows(4).position(|it| it == b"\r\n\r\n");
        let body = answer.split_off(end.expect("a head") + 4);
        let head = String::from_utf8_lossy(&answer);
        assert!(head.contains(" 200 "), "{path}: {head}");
        body
    }

    fn manifest(&self, name: &str, reference: &str) -> Value {
        let bytes = self.get(&format!("{name}/manifests/{reference}"));
        serde_json::from_slice(&bytes).expect("a manifest is JSON")
    }
}

fn open(program: &Path) -> Registry {
    Registry::start(program, folder(), &json!({}))
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The files below a folder by their paths, without what is not delivered.
fn delivered(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for path in trees::files(folder) {
        let name = path.strip_prefix(folder).expect("it is below").to_owned();
        if !name.starts_with("runbooks") && !name.ends_with("obsgen.lock") {
            files.insert(name, fs::read(path).expect("the file can be read"));
        }
    }
    files
}

/// Unpacks a layer with another implementation than the one that packed it.
fn unpack(python: &Path, layer: &[u8], into: &Path) {
    const UNPACK: &str = "
import sys, tarfile
with tarfile.open(sys.argv[1], 'r:gz') as archive:
    names = archive.getnames()
    assert names == sorted(set(names)), names
    assert all(it.isreg() and it.mtime == it.uid == it.gid == 0 for it in archive.getmembers())
    archive.extractall(sys.argv[2], filter='data')
";
    let path = into.with_extension("tar.gz");
    fs::write(&path, layer).expect("the folder is ours");
    let mut command = Command::new(python);
    uncomplaining(command.args(["-c", UNPACK]).arg(&path).arg(into));
}

#[test]
fn both_kinds_arrive_as_they_are_built() {
    let (Some(program), Some(python)) = (tools::tool("docker-registry"), tools::python()) else {
        return;
    };
    let registry = open(&program);
    for (kind, layer, config) in [
        (
            "flux",
            "application/vnd.cncf.flux.content.v1.tar+gzip",
            "application/vnd.cncf.flux.config.v1+json",
        ),
        (
            "oci",
            "application/vnd.oci.image.layer.v1.tar+gzip",
            "application/vnd.oci.empty.v1+json",
        ),
    ] {
        let arguments = ["--media-type", kind, "--tag", "v1"];
        let name = format!("observability/{kind}");
        let digest = registry.pushed("prod", &name, &arguments);
        let manifest = registry.manifest(&name, "v1");
        assert_eq!(manifest, registry.manifest(&name, &digest));
        assert_eq!(manifest, registry.manifest(&name, "latest"));
        assert_eq!(manifest["config"]["mediaType"], config);
        assert_eq!(manifest["layers"].as_array().map(Vec::len), Some(1));
        assert_eq!(manifest["layers"][0]["mediaType"], layer);

        let blob = manifest["layers"][0]["digest"].as_str().expect("a digest");
        let layer = registry.get(&format!("{name}/blobs/{blob}"));
        let unpacked = registry.folder.path().join(kind);
        unpack(&python, &layer, &unpacked);
        assert_eq!(delivered(&unpacked), delivered(&trees::tree("prod")));
        if let Some(kubectl) = tools::tool("kubectl") {
            let build =
                |folder: &Path| uncomplaining(Command::new(&kubectl).arg("kustomize").arg(folder));
            assert_eq!(build(&unpacked), build(&trees::tree("prod")));
        }

        let again = registry.push("prod", &name, &arguments);
        assert!(
            again
                .stderr
                .contains("0 blobs uploaded, 2 there already; 0 tags moved"),
            "{}",
            again.stderr
        );
        assert!(again.stdout.trim_end().ends_with(&digest));
    }
}

#[test]
fn another_stack_moves_the_tag_and_keeps_what_it_was() {
    let Some(program) = tools::tool("docker-registry") else {
        return;
    };
    let registry = open(&program);
    let before = registry.pushed("prod", "obs:stable", &[]);
    let after = registry.pushed("minimal", "obs:stable", &[]);
    assert_ne!(before, after);
    assert_eq!(
        registry.manifest("obs", "stable"),
        registry.manifest("obs", &after)
    );
    registry.manifest("obs", &before);
}

#[test]
fn who_may_not_push_is_told() {
    let Some(program) = tools::tool("docker-registry") else {
        return;
    };
    let folder = folder();
    let path = folder.path().join("htpasswd");
    // `correct-horse`, with as few rounds as bcrypt has.
    let line = "me:$2b$04$lKFFgf2SKFfS19IH2o8bSuuQrkGbLbzFWboYiv7mHv.EevfINgk0y\n";
    fs::write(&path, line).expect("the folder is ours");
    let auth = json!({"auth": {"htpasswd": {"realm": "obs", "path": path}}});
    let registry = Registry::start(&program, folder, &auth);
    let push = || registry.push("minimal", "obs", &[]);

    let said = push();
    assert_eq!(said.code, Some(2));
    assert!(
        said.stderr.contains("wants a login, and there is none"),
        "{}",
        said.stderr
    );
    registry.login("bWU6d3JvbmctaG9yc2U="); // me:wrong-horse
    let said = push();
    assert_eq!(said.code, Some(2));
    assert!(
        said.stderr.contains("does not accept the login"),
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains("horse") && !said.stderr.contains("bWU6"));
    registry.login("bWU6Y29ycmVjdC1ob3JzZQ=="); // me:correct-horse
    registry.pushed("minimal", "obs", &[]);
}

/// A certificate for this machine by an authority that nobody knows.
fn certificates(openssl: &Path, folder: &Path) {
    let write = |name: &str, text: &str| {
        fs::write(folder.join(name), text).expect("the folder is ours");
    };
    write("none.cnf", "[req]\ndistinguished_name = name\n[name]\n");
    write("names", "subjectAltName = IP:127.0.0.1, DNS:localhost\n");
    let openssl = |arguments: &str| {
        let said = run(Command::new(openssl)
            .current_dir(folder)
            .args(arguments.split_whitespace()));
        assert_eq!(said.code, Some(0), "{arguments}: {}", said.stderr);
    };
    const NEW: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config none.cnf";
    openssl(&format!(
        "req -x509 {NEW} -keyout ca.key -out ca.pem -days 2 -subj /CN=authority -addext basicConstraints=critical,CA:TRUE"
    ));
    openssl(&format!(
        "req {NEW} -keyout key.pem -out request.pem -subj /CN=registry"
    ));
    openssl(
        "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out cert.pem",
    );
}

#[test]
fn an_authority_of_a_company_is_trusted_where_it_is_named() {
    let (Some(program), Some(openssl)) = (tools::tool("docker-registry"), tools::tool("openssl"))
    else {
        return;
    };
    let folder = folder();
    certificates(&openssl, folder.path());
    let at = |name: &str| folder.path().join(name);
    let tls = json!({"http": {"tls": {"certificate": at("cert.pem"), "key": at("key.pem")}}});
    let ca = at("ca.pem");
    let ca = ca.to_str().expect("a path is text");
    let registry = Registry::start(&program, folder, &tls);
    let encrypted = "--plain-http=false";

    let said = registry.push("minimal", "obs", &[encrypted]);
    assert_eq!(said.code, Some(2));
    assert!(
        said.stderr.contains("no encrypted connection to") && said.stderr.contains("--ca-file"),
        "{}",
        said.stderr
    );
    registry.pushed("minimal", "obs", &[encrypted, "--ca-file", ca]);
    let said = registry.push("minimal", "obs", &[]);
    assert_eq!(said.code, Some(2), "{}", said.stderr);
    assert!(said.stderr.contains("answered 400"), "{}", said.stderr);
}

#[test]
fn skopeo_reads_both_kinds_and_takes_the_file_further() {
    let (Some(program), Some(skopeo)) = (tools::tool("docker-registry"), tools::tool("skopeo"))
    else {
        return;
    };
    let registry = open(&program);
    let at = |name: &str| registry.folder.path().join(name).display().to_string();
    let skopeo = |arguments: &[&str]| {
        let mut command = Command::new(&skopeo);
        command.env("HOME", registry.folder.path()).args(arguments);
        let said = run(&mut command);
        assert_eq!(said.code, Some(0), "{arguments:?}: {}", said.stderr);
        said.stdout
    };
    for kind in ["flux", "oci"] {
        let digest = registry.pushed(
            "minimal",
            &format!("pushed/{kind}"),
            &["--media-type", kind],
        );
        let remote = |name: &str| format!("docker://{}/{name}/{kind}:latest", registry.host());
        // Another implementation verifies every digest and size.
        skopeo(&[
            "copy",
            "--insecure-policy",
            "--src-tls-verify=false",
            &remote("pushed"),
            &format!("oci:{}:latest", at(kind)),
        ]);

        let file = at(&format!("{kind}.tar"));
        let mut command = trees::obsgen();
        command.current_dir(trees::root()).args([
            "push",
            "stacks/minimal",
            "--media-type",
            kind,
            "--file",
            &file,
        ]);
        let said = run(&mut command);
        assert_eq!(said.stdout, format!("{file}@{digest}\n"), "{}", said.stderr);
        skopeo(&[
            "copy",
            "--insecure-policy",
            "--preserve-digests",
            "--dest-tls-verify=false",
            &format!("oci-archive:{file}:latest"),
            &remote("copied"),
        ]);
        let raw = |name: &str| skopeo(&["inspect", "--raw", "--tls-verify=false", &remote(name)]);
        assert_eq!(raw("pushed"), raw("copied"));
        registry.manifest(&format!("copied/{kind}"), &digest);
    }
}
