//! A stack to a registry: the bytes that arrive, who is shown a credential, and what is said where it
//! does not work. The registry is one of this test; a real one is asked in the other binary.
#![expect(
    clippy::disallowed_types,
    reason = "servers of a test, on this machine"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;

use obsgen::push::artifact::{Artifact, Kind, Origin};
use obsgen::render::tree::{File, Tree};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{obsgen, repository, said};
use crate::stacks::root;

/// What a client asked.
#[derive(Debug, Clone)]
struct Asked {
    method: String,
    target: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Asked {
    /// The method and the path, without digests and queries.
    fn line(&self) -> String {
        let path = self.target.split('?').next().unwrap();
        let path = match path.split_once("/sha256:") {
            Some((before, _)) => format!("{before}/DIGEST"),
            None => path.to_owned(),
        };
        format!("{} {path}", self.method)
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn digest(&self) -> String {
        let (_, digest) = self.target.split_once("sha256").unwrap();
        format!(
            "sha256:{}",
            digest.trim_start_matches(':').trim_start_matches("%3A")
        )
    }
}

/// What it is answered: a status, headers, a body; or bytes as they are, after which the connection ends.
enum Reply {
    Http(u16, Vec<(&'static str, String)>, Vec<u8>),
    Bytes(&'static [u8]),
    Silence,
}

fn status(code: u16) -> Reply {
    Reply::Http(code, Vec::new(), Vec::new())
}

/// A server on a port of this machine, which remembers what it was asked.
struct Server {
    port: u16,
    log: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (asked, answer) = (Arc::clone(&log), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (asked, answer) = (Arc::clone(&asked), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &asked, &*answer));
            }
        });
        Self { port, log }
    }

    fn log(&self) -> Vec<Asked> {
        self.log.lock().unwrap().clone()
    }

    fn lines(&self) -> Vec<String> {
        self.log().iter().map(Asked::line).collect()
    }

    fn reference(&self, rest: &str) -> String {
        format!("oci://127.0.0.1:{}/{rest}", self.port)
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<Asked>>, answer: &dyn Fn(&Asked) -> Reply) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return;
    };
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |it| it.parse().unwrap());
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let asked = Asked {
        method,
        target,
        headers,
        body,
    };
    log.lock().unwrap().push(asked.clone());
    let mut stream = reader.into_inner();
    let bytes = match answer(&asked) {
        Reply::Bytes(it) => it.to_vec(),
        Reply::Silence => {
            // Until the client goes away.
            let _ = stream.read(&mut [0]);
            return;
        }
        Reply::Http(code, headers, body) => {
            let mut head = format!(
                "HTTP/1.1 {code} x\r\nconnection: close\r\ncontent-length: {}\r\n",
                body.len()
            );
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            let mut bytes = format!("{head}\r\n").into_bytes();
            if asked.method != "HEAD" {
                bytes.extend(body);
            }
            bytes
        }
    };
    let _ = stream.write_all(&bytes);
}

/// What a registry holds, by digest and by tag.
#[derive(Default)]
struct Store {
    blobs: BTreeMap<String, Vec<u8>>,
    manifests: BTreeMap<String, Vec<u8>>,
}

impl Store {
    /// As a registry that lets everybody in.
    fn answer(&mut self, asked: &Asked) -> Reply {
        let Asked { method, body, .. } = asked;
        let path = asked.target.split('?').next().unwrap();
        match (method.as_str(), path.split("/manifests/").nth(1)) {
            ("HEAD", None) if self.blobs.contains_key(&asked.digest()) => status(200),
            ("HEAD", None) => status(404),
            ("POST", None) => {
                let place = "/v2/obs/prod/blobs/uploads/1?state=s3cr3t".to_owned();
                Reply::Http(202, vec![("location", place)], Vec::new())
            }
            ("PUT", None) => {
                assert!(
                    asked.target.contains("state=s3cr3t&digest="),
                    "{}",
                    asked.target
                );
                self.blobs.insert(asked.digest(), body.clone());
                status(201)
            }
            ("HEAD", Some(tag)) => match self.manifests.get(tag) {
                Some(it) => {
                    Reply::Http(200, vec![("docker-content-digest", digest(it))], Vec::new())
                }
                None => status(404),
            },
            ("PUT", Some(tag)) => {
                let manifest: Value = serde_json::from_slice(body).unwrap();
                for blob in [&manifest["config"], &manifest["layers"][0]] {
                    assert!(
                        self.blobs.contains_key(blob["digest"].as_str().unwrap()),
                        "a blob comes first"
                    );
                }
                self.manifests.insert(tag.to_owned(), body.clone());
                Reply::Http(
                    201,
                    vec![("docker-content-digest", digest(body))],
                    Vec::new(),
                )
            }
            _ => panic!("{method} {path}"),
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    let hex = base16ct::lower::encode_string(&sha2::Sha256::digest(bytes));
    format!("sha256:{hex}")
}

/// A registry that lets everybody in.
fn open_registry() -> (Server, Arc<Mutex<Store>>) {
    let store = Arc::new(Mutex::new(Store::default()));
    let held = Arc::clone(&store);
    let server = Server::start(move |asked| held.lock().unwrap().answer(asked));
    (server, store)
}

const SECRET: &str = "correct-horse";

/// `me:correct-horse`.
const BASIC: &str = "Basic bWU6Y29ycmVjdC1ob3JzZQ==";

/// Where a person has a login.
struct Person(TempDir);

impl Person {
    /// One without any.
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// One with a `config.json`.
    fn with(config: &Value) -> Self {
        let person = Self::new();
        fs::write(person.0.path().join("config.json"), config.to_string()).unwrap();
        person
    }

    /// One who is logged in to a server.
    fn known_to(server: &Server) -> Self {
        let host = format!("127.0.0.1:{}", server.port);
        Self::with(&json!({"auths": {host: {"auth": BASIC.strip_prefix("Basic ")}}}))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_obsgen"));
        command
            .current_dir(root())
            .env("DOCKER_CONFIG", self.0.path());
        for name in [
            "OBSGEN_REGISTRY_USERNAME",
            "OBSGEN_REGISTRY_PASSWORD",
            "SSL_CERT_FILE",
        ] {
            command.env_remove(name);
        }
        command
    }

    fn push(&self, arguments: &[&str]) -> Output {
        let mut command = self.command();
        let output = command
            .args(["push", "stacks/minimal"])
            .args(arguments)
            .output()
            .unwrap();
        for text in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(text);
            for secret in [SECRET, "bWU6Y29y", "s3cr3t", "t0ken"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
        output
    }
}

fn printed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", said(output));
    String::from_utf8(output.stdout.clone())
        .unwrap()
        .trim_end()
        .to_owned()
}

/// What is said where nothing is pushed.
#[track_caller]
fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{}", said(output));
    assert!(output.stdout.is_empty());
    let said = said(output);
    assert!(said.starts_with("error: "), "{said}");
    said
}

/// The files of an archive, with what is said of each.
fn unpacked(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in tar::Archive::new(archive).entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header();
        assert!(header.as_ustar().is_some());
        assert_eq!(header.entry_type(), tar::EntryType::Regular);
        assert_eq!(
            (
                header.mode().unwrap(),
                header.mtime().unwrap(),
                header.uid().unwrap(),
                header.gid().unwrap()
            ),
            (0o644, 0, 0, 0)
        );
        assert_eq!(
            (header.username().unwrap(), header.groupname().unwrap()),
            (Some(""), Some(""))
        );
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        files.push((path, bytes));
    }
    files
}

fn decompressed(layer: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(layer)
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

#[test]
fn what_arrives_is_what_build_writes_and_is_delivered() {
    let (server, store) = open_registry();
    let reference = server.reference("obs/prod:v1");
    let name = printed(&Person::new().push(&[
        &reference,
        "--tag",
        "latest",
        "--source",
        "https://git.example.com/shop/observability",
        "--revision",
        "main@sha1:e83c5163316f89bfbde7d9ab23ca2e25604af290",
    ]));

    let store = store.lock().unwrap();
    assert_eq!(store.manifests["v1"], store.manifests["latest"]);
    let bytes = &store.manifests["v1"];
    assert_eq!(
        name,
        server.reference(&format!("obs/prod@{}", digest(bytes)))
    );
    let manifest: Value = serde_json::from_slice(bytes).unwrap();
    assert_eq!(
        manifest["annotations"],
        json!({
            "org.opencontainers.image.revision": "main@sha1:e83c5163316f89bfbde7d9ab23ca2e25604af290",
            "org.opencontainers.image.source": "https://git.example.com/shop/observability",
        })
    );
    let layer = &manifest["layers"][0];
    assert_eq!(
        layer["mediaType"],
        "application/vnd.cncf.flux.content.v1.tar+gzip"
    );
    let layer = &store.blobs[layer["digest"].as_str().unwrap()];
    assert_eq!(manifest["layers"][0]["size"], layer.len());
    // No name, no time, and an operating system that gzip does not know.
    assert_eq!(layer[..4], [0x1f, 0x8b, 8, 0]);
    assert_eq!((&layer[4..8], layer[9]), (&[0; 4][..], 255));
    let archive = decompressed(layer);

    let config = &store.blobs[manifest["config"]["digest"].as_str().unwrap()];
    let config: Value = serde_json::from_slice(config).unwrap();
    assert_eq!(config["rootfs"]["diff_ids"], json!([digest(&archive)]));

    let folder = tempfile::tempdir().unwrap();
    let stack = root().join("stacks/minimal");
    let built = obsgen(folder.path(), &["build", stack.to_str().unwrap()]);
    assert_eq!(built.status.code(), Some(0), "{}", said(&built));
    let tree = folder.path().join("build/minimal");
    let mut expected: Vec<(String, Vec<u8>)> = walkdir::WalkDir::new(&tree)
        .into_iter()
        .map(Result::unwrap)
        .filter(|it| it.file_type().is_file())
        .map(|it| {
            let path = it.path().strip_prefix(&tree).unwrap();
            (
                path.to_str().unwrap().replace('\\', "/"),
                fs::read(it.path()).unwrap(),
            )
        })
        .collect();
    expected.sort();
    expected.retain(|(path, _)| path != "obsgen.lock" && !path.starts_with("runbooks/"));
    assert!(
        expected
            .iter()
            .any(|(path, _)| path == "kustomization.yaml")
    );
    assert_eq!(unpacked(&archive), expected);
}

/// Whoever changes this number changes the digest of every artifact, and with it what Flux takes for
/// new.
#[test]
fn the_digest_is_that_of_every_machine() {
    let mut tree = Tree::default();
    for (path, owner) in [
        ("kustomization.yaml", "kustomize"),
        ("redis/kustomization.yaml", "redis"),
        ("runbooks/RedisDown.md", "runbooks"),
    ] {
        let bytes = format!("# {path}\n").repeat(100).into_bytes();
        tree.insert(path.to_owned(), File { bytes, owner });
    }
    let of = |kind| Artifact::of(&tree, kind, &Origin::default()).unwrap();
    let (flux, oci) = (of(Kind::Flux), of(Kind::Oci));
    assert_eq!(flux.layer.bytes, oci.layer.bytes);
    assert_eq!(
        [
            &flux.layer.digest,
            &flux.manifest.digest,
            &oci.manifest.digest
        ],
        [
            "sha256:ebe87f3b174b469fb3486595e8631f0dc7a91e468a6f7ff547648b65b9522861",
            "sha256:7209086b3e95c8bba4ed28a9e559bbb3825ee41ebcc82022d31c187a6c2bc242",
            "sha256:dbafb698cf2f0338dbb61108e4045a2e13d4058e61e4e5fdb0ebb9b748c30970",
        ]
    );
    assert_eq!(oci.config.bytes, b"{}");
    let manifest: Value = serde_json::from_slice(&oci.manifest.bytes).unwrap();
    assert_eq!(
        manifest["config"]["mediaType"],
        "application/vnd.oci.empty.v1+json"
    );
    assert_eq!(manifest["artifactType"], "application/vnd.obsgen.tree.v1");
    assert_eq!(manifest["annotations"], Value::Null);
}

#[test]
fn an_empty_tree_and_a_path_that_fits_nowhere_are_refused() {
    let of = |tree: &Tree| {
        Artifact::of(tree, Kind::Flux, &Origin::default())
            .unwrap_err()
            .to_string()
    };
    let mut tree = Tree::default();
    assert!(of(&tree).contains("delivers nothing"));
    let file = |owner| File {
        bytes: Vec::new(),
        owner,
    };
    tree.insert("kustomization.yaml".to_owned(), file("kustomize"));
    tree.insert(format!("redis/{}.yaml", "a".repeat(200)), file("redis"));
    assert!(of(&tree).contains("too long for an archive"));
}

#[test]
fn the_longest_names_fit_an_archive() {
    let (namespace, instance) = ("n".repeat(63), "i".repeat(63));
    let mut tree = Tree::default();
    for path in [
        "kustomization.yaml".to_owned(),
        format!("redis/{namespace}/{instance}.yaml"),
    ] {
        tree.insert(
            path,
            File {
                bytes: Vec::new(),
                owner: "redis",
            },
        );
    }
    let artifact = Artifact::of(&tree, Kind::Oci, &Origin::default()).unwrap();
    let files = unpacked(&decompressed(&artifact.layer.bytes));
    assert_eq!(files[1].0, format!("redis/{namespace}/{instance}.yaml"));
}

#[test]
fn what_is_there_is_not_sent_again_and_tags_move_last() {
    let (server, _) = open_registry();
    let reference = server.reference("obs/prod");
    let arguments = [&*reference, "--tag", "v1", "--tag", "latest", "--tag", "v1"];
    let first = Person::new().push(&arguments);
    assert!(
        said(&first).contains("2 blobs uploaded, 0 there already; 2 tags moved"),
        "{}",
        said(&first)
    );
    assert_eq!(
        server.lines(),
        [
            "HEAD /v2/obs/prod/blobs/DIGEST",
            "POST /v2/obs/prod/blobs/uploads/",
            "PUT /v2/obs/prod/blobs/uploads/1",
            "HEAD /v2/obs/prod/blobs/DIGEST",
            "POST /v2/obs/prod/blobs/uploads/",
            "PUT /v2/obs/prod/blobs/uploads/1",
            "HEAD /v2/obs/prod/manifests/v1",
            "PUT /v2/obs/prod/manifests/v1",
            "HEAD /v2/obs/prod/manifests/latest",
            "PUT /v2/obs/prod/manifests/latest",
        ]
    );
    let before = server.log().len();
    let second = Person::new().push(&arguments);
    assert_eq!(printed(&first), printed(&second));
    assert!(said(&second).contains("0 blobs uploaded, 2 there already; 0 tags moved"));
    assert!(server.log()[before..].iter().all(|it| it.method == "HEAD"));
}

/// A registry that wants the token of another server, and that server.
fn with_tokens() -> (Server, Server) {
    let tokens = Server::start(|asked| {
        let body = String::from_utf8(asked.body.clone()).unwrap();
        let token = match (asked.method.as_str(), asked.header("authorization")) {
            ("GET", BASIC) => "t0ken-of-me",
            ("GET", "") => "t0ken-of-nobody",
            ("POST", "") if body.contains("refresh_token=identity%2B1") => "t0ken-of-me",
            _ => return status(401),
        };
        let name = if asked.method == "POST" {
            "access_token"
        } else {
            "token"
        };
        Reply::Http(
            200,
            Vec::new(),
            json!({name: token}).to_string().into_bytes(),
        )
    });
    let realm = format!("http://127.0.0.1:{}/token", tokens.port);
    let store = Mutex::new(Store::default());
    let registry = Server::start(move |asked| {
        if asked.header("authorization") == "Bearer t0ken-of-me" {
            return store.lock().unwrap().answer(asked);
        }
        let challenge = format!(
            r#"Bearer realm="{realm}",service="the registry",scope="repository:obs/prod:pull""#
        );
        Reply::Http(401, vec![("www-authenticate", challenge)], Vec::new())
    });
    (registry, tokens)
}

#[test]
fn a_token_is_bought_once_with_the_login_that_only_its_server_sees() {
    let (registry, tokens) = with_tokens();
    let reference = registry.reference("obs/prod");
    printed(&Person::known_to(&registry).push(&[&reference]));
    let bought = tokens.log();
    assert_eq!(bought.len(), 1);
    assert_eq!(
        bought[0].target,
        "/token?scope=repository%3Aobs%2Fprod%3Apull%2Cpush&service=the%20registry"
    );
    assert_eq!(bought[0].header("authorization"), BASIC);
    let shown = registry.log();
    let shown: Vec<&str> = shown.iter().map(|it| it.header("authorization")).collect();
    assert_eq!(shown[0], "");
    assert!(
        shown[1..].iter().all(|it| *it == "Bearer t0ken-of-me"),
        "{shown:?}"
    );
}

#[test]
fn an_identity_token_buys_one_too() {
    let (registry, tokens) = with_tokens();
    let host = format!("127.0.0.1:{}", registry.port);
    let person = Person::with(&json!({"auths": {host: {"identitytoken": "identity+1"}}}));
    printed(&person.push(&[&registry.reference("obs/prod")]));
    let bought = tokens.log();
    assert_eq!((bought.len(), bought[0].target.as_str()), (1, "/token"));
    assert_eq!(
        String::from_utf8(bought[0].body.clone()).unwrap(),
        "scope=repository%3Aobs%2Fprod%3Apull%2Cpush&service=the%20registry&grant_type=refresh_token&client_id=obsgen\
         &refresh_token=identity%2B1"
    );
}

/// A registry whose tokens are good for some requests each.
fn with_short_tokens(good_for: usize, names: fn(usize) -> usize) -> (Server, Server) {
    let bought = Mutex::new(0);
    let tokens = Server::start(move |_| {
        let mut bought = bought.lock().unwrap();
        *bought += 1;
        let token = json!({"token": format!("t0ken-{}", names(*bought))}).to_string();
        Reply::Http(200, Vec::new(), token.into_bytes())
    });
    let realm = format!("http://127.0.0.1:{}/token", tokens.port);
    let store = Mutex::new(Store::default());
    let used = Mutex::new(BTreeMap::<String, usize>::new());
    let registry = Server::start(move |asked| {
        let token = asked.header("authorization").to_owned();
        let mut used = used.lock().unwrap();
        let count = used.entry(token.clone()).or_default();
        *count += 1;
        if token.is_empty() || *count > good_for {
            let challenge = format!(r#"Bearer realm="{realm}""#);
            return Reply::Http(401, vec![("www-authenticate", challenge)], Vec::new());
        }
        store.lock().unwrap().answer(asked)
    });
    (registry, tokens)
}

#[test]
fn a_token_that_has_ended_is_bought_again() {
    let (registry, tokens) = with_short_tokens(3, |it| it);
    printed(&Person::known_to(&registry).push(&[&registry.reference("obs/prod")]));
    // Eight requests that were let in.
    assert_eq!(tokens.log().len(), 3);

    // The same one again would be refused again.
    let (registry, tokens) = with_short_tokens(3, |_| 0);
    let said = complaint(&Person::known_to(&registry).push(&[&registry.reference("obs/prod")]));
    assert!(said.contains("does not accept the login"), "{said}");
    assert_eq!(tokens.log().len(), 2);
}

#[test]
fn without_a_login_it_is_said_how_to_get_one() {
    let (registry, tokens) = with_tokens();
    let reference = registry.reference("obs/prod");
    let said = complaint(&Person::new().push(&[&reference]));
    let host = format!("127.0.0.1:{}", registry.port);
    assert!(
        said.contains(&format!(
            "`{host}` wants a login, and there is none: run `docker login {host}`"
        )),
        "{said}"
    );
    // Perhaps everybody may push: it was asked.
    assert_eq!(tokens.log().len(), 1);

    let helped = Person::with(&json!({"auths": {host: {}}, "credsStore": "osxkeychain"}));
    let said = complaint(&helped.push(&[&reference]));
    assert!(
        said.contains(
            "with the program `docker-credential-osxkeychain`; obsgen runs no programs: set OBSGEN_"
        ),
        "{said}"
    );
}

#[test]
fn a_login_of_the_environment_comes_before_that_of_a_file() {
    let registry = Server::start(|asked| match asked.header("authorization") {
        "" => Reply::Http(
            401,
            vec![("www-authenticate", "Basic realm=\"x\"".to_owned())],
            Vec::new(),
        ),
        BASIC => status(403),
        _ => status(401),
    });
    let reference = registry.reference("obs/prod");
    let host = format!("127.0.0.1:{}", registry.port);
    let person = Person::with(&json!({"auths": {host: {"auth": "eW91OmE="}}}));
    assert!(complaint(&person.push(&[&reference])).contains("does not accept the login"));
    let push = |variables: &[(&str, &str)]| {
        let mut command = person.command();
        command
            .args(["push", "stacks/minimal", &reference])
            .envs(variables.iter().copied());
        complaint(&command.output().unwrap())
    };
    let user = ("OBSGEN_REGISTRY_USERNAME", "me");
    let password = ("OBSGEN_REGISTRY_PASSWORD", SECRET);
    assert!(push(&[user, password]).contains("the account may not push there"));
    assert!(
        push(&[user])
            .contains("OBSGEN_REGISTRY_USERNAME is set, and OBSGEN_REGISTRY_PASSWORD is not")
    );
    assert!(
        push(&[password])
            .contains("OBSGEN_REGISTRY_PASSWORD is set, and OBSGEN_REGISTRY_USERNAME is not")
    );
}

#[test]
fn a_login_is_shown_to_nobody_who_did_not_ask_or_whom_others_overhear() {
    for (challenge, wanted) in [
        (
            r#"Bearer realm="http://192.0.2.1/token""#,
            "at `192.0.2.1`, which is not reached by https",
        ),
        (
            r#"Bearer realm="http://127.0.0.1@192.0.2.1/token""#,
            "the address of its tokens is none",
        ),
        (
            r#"Bearer realm="ftp://127.0.0.1/token""#,
            "not reached by https",
        ),
        (
            r#"Bearer realm="/token""#,
            "the address of its tokens is none",
        ),
        ("Bearer", "the address of its tokens is none"),
        ("Negotiate", "in no way that obsgen knows"),
        ("", "in no way that obsgen knows"),
    ] {
        let registry = Server::start(move |_| {
            Reply::Http(
                401,
                vec![("www-authenticate", challenge.to_owned())],
                Vec::new(),
            )
        });
        let said = complaint(&Person::known_to(&registry).push(&[&registry.reference("obs/prod")]));
        assert!(
            said.contains(wanted) && said.contains("the credential was not sent"),
            "{challenge}: {said}"
        );
        assert_eq!(registry.log().len(), 1, "{challenge}");
        assert_eq!(registry.log()[0].header("authorization"), "");
    }
    // Nobody asked for one.
    let (registry, _) = open_registry();
    printed(&Person::known_to(&registry).push(&[&registry.reference("obs/prod")]));
    assert!(
        registry
            .log()
            .iter()
            .all(|it| it.header("authorization").is_empty())
    );
}

#[test]
fn a_login_and_an_artifact_are_led_to_no_other_host() {
    let other = Server::start(|_| status(200));
    let elsewhere = format!("http://127.0.0.1:{}/v2/x?sig=s3cr3t", other.port);
    let same = format!("http://localhost:{}", other.port);
    for (place, method, code) in [
        (elsewhere.clone(), "POST", 202),
        (format!("//127.0.0.1:{}/x", other.port), "POST", 202),
        (same, "POST", 202),
        ("https://127.0.0.1/x".to_owned(), "POST", 202),
        (elsewhere.clone(), "POST", 307),
        (elsewhere.clone(), "PUT", 301),
    ] {
        let (to, on) = (place.clone(), method);
        let registry = Server::start(move |asked| match asked.method.as_str() {
            _ if asked.header("authorization").is_empty() => Reply::Http(
                401,
                vec![("www-authenticate", "Basic realm=x".to_owned())],
                Vec::new(),
            ),
            "HEAD" => status(404),
            it if it == on => Reply::Http(code, vec![("location", to.clone())], Vec::new()),
            _ => Reply::Http(
                202,
                vec![("location", "/v2/obs/prod/blobs/uploads/1".to_owned())],
                Vec::new(),
            ),
        });
        let said = complaint(&Person::known_to(&registry).push(&[&registry.reference("obs/prod")]));
        assert!(
            said.contains("another host") || said.contains("sends to no address"),
            "{place}: {said}"
        );
    }
    assert!(other.log().is_empty());
}

/// Where blobs lie in a store of their own, a registry says where, and not what they are.
#[test]
fn a_blob_that_is_elsewhere_is_there() {
    let store = Mutex::new(Store::default());
    let registry = Server::start(move |asked| match asked.line().as_str() {
        "HEAD /v2/obs/prod/blobs/DIGEST" => Reply::Http(
            307,
            vec![("location", "https://store.example.com/x".to_owned())],
            Vec::new(),
        ),
        _ if asked.method == "PUT" => status(201),
        _ => store.lock().unwrap().answer(asked),
    });
    let output = Person::new().push(&[&registry.reference("obs/prod")]);
    assert!(
        said(&output).contains("0 blobs uploaded, 2 there already; 1 tag moved"),
        "{}",
        said(&output)
    );
}

#[test]
fn what_a_registry_says_is_told_and_what_to_do() {
    let told = |code: &str, message: &str| {
        json!({"errors": [{"code": code, "message": message}]}).to_string()
    };
    let secret = format!("the password {SECRET} is wrong");
    for (code, body, wanted) in [
        (
            403,
            told("DENIED", "not yours"),
            "answered 403 when asked to take a blob (it says: DENIED, not yours): the account may not push there",
        ),
        (
            404,
            told("NAME_UNKNOWN", ""),
            "answered 404 when asked to take a blob (it says: NAME_UNKNOWN): there is no such name there",
        ),
        (
            429,
            "slow down".to_owned(),
            "it is asked too often; try again in 30 s",
        ),
        (500, told("", "a\u{1b}[31m"), "the registry is at fault"),
        (
            503,
            "<html>".to_owned(),
            "what was uploaded stays, so try again later",
        ),
        (
            405,
            told("UNSUPPORTED", &secret),
            "answered 405 when asked to take a blob (it says: UNSUPPORTED)",
        ),
        (200, String::new(), "answered 200 when asked to take a blob"),
    ] {
        let registry = Server::start(move |asked| {
            match (asked.method.as_str(), asked.header("authorization")) {
                (_, "") => Reply::Http(
                    401,
                    vec![("www-authenticate", "Basic realm=x".to_owned())],
                    Vec::new(),
                ),
                ("HEAD", _) => status(404),
                _ => Reply::Http(
                    code,
                    vec![("retry-after", "30".to_owned())],
                    body.clone().into_bytes(),
                ),
            }
        });
        let said = complaint(&Person::known_to(&registry).push(&[&registry.reference("obs/prod")]));
        assert!(said.contains(wanted), "{code}: {said}");
        assert!(!said.contains('\u{1b}'), "{said}");
    }
}

#[test]
fn answers_that_are_cut_or_none_are_told() {
    for (bytes, wanted) in [
        (&b""[..], "it ended too early"),
        (b"HTTP/1.1 20", "is not to be understood"),
        (b"HTTP/1.1 404 x\r\ncontent-le", "is not to be understood"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "is not to be understood"),
    ] {
        let registry = Server::start(move |_| Reply::Bytes(bytes));
        let said = complaint(&Person::new().push(&[&registry.reference("obs/prod")]));
        assert!(said.contains(wanted), "{said}");
    }
    for (body, wanted) in [
        (
            &b"HTTP/1.1 200 x\r\ncontent-length: 100\r\n\r\n{\"token\": \"t0k"[..],
            "it ended too early",
        ),
        (
            b"HTTP/1.1 200 x\r\ncontent-length: 13\r\n\r\n{\"token\": \"t0",
            "it is cut, or no JSON with a token",
        ),
        (
            b"HTTP/1.1 200 x\r\ncontent-length: 2\r\n\r\n{}",
            "there is no token in it",
        ),
        (
            b"HTTP/1.1 200 x\r\ncontent-length: 13\r\n\r\n{\"token\": \"\"}",
            "there is no token in it",
        ),
        (
            b"HTTP/1.1 502 x\r\ncontent-length: 0\r\n\r\n",
            "answered 502 when asked for a token",
        ),
    ] {
        let tokens = Server::start(move |_| Reply::Bytes(body));
        let challenge = format!(r#"Bearer realm="http://127.0.0.1:{}/token""#, tokens.port);
        let registry = Server::start(move |_| {
            Reply::Http(
                401,
                vec![("www-authenticate", challenge.clone())],
                Vec::new(),
            )
        });
        let said = complaint(&Person::known_to(&registry).push(&[&registry.reference("obs/prod")]));
        assert!(said.contains(wanted), "{said}");
    }
    let registry = Server::start(|asked| match asked.method.as_str() {
        "POST" => status(202),
        _ => status(404),
    });
    let said = complaint(&Person::new().push(&[&registry.reference("obs/prod")]));
    assert!(said.contains("it does not say where to"), "{said}");
}

#[test]
fn a_registry_that_holds_something_else_is_not_believed() {
    let store = Mutex::new(Store::default());
    let registry = Server::start(move |asked| match store.lock().unwrap().answer(asked) {
        Reply::Http(201, _, _) if asked.line().contains("manifests") => {
            let digest = format!("sha256:{}", "0".repeat(64));
            Reply::Http(201, vec![("docker-content-digest", digest)], Vec::new())
        }
        reply => reply,
    });
    let said = complaint(&Person::new().push(&[&registry.reference("obs/prod")]));
    assert!(
        said.contains("holds something else than `sha256:"),
        "{said}"
    );
}

#[test]
fn nobody_there_nobody_answering_and_nobody_encrypting_are_told_apart() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let push = |arguments: &[&str]| complaint(&Person::new().push(arguments));
    let said = push(&[&format!("oci://127.0.0.1:{port}/obs/prod")]);
    assert!(
        said.contains(&format!("`127.0.0.1:{port}` is not reached: ")),
        "{said}"
    );
    let said = push(&["oci://registry.invalid/obs/prod", "--timeout", "5"]);
    assert!(
        said.contains("`registry.invalid` is not reached: ") || said.contains("did not answer"),
        "{said}"
    );

    let silent = Server::start(|_| Reply::Silence);
    let said = push(&[&silent.reference("obs/prod"), "--timeout", "1"]);
    assert!(
        said.contains("did not answer within 1 s; try again, or allow more with `--timeout`"),
        "{said}"
    );

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let plain = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 5]);
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let said = push(&[&format!("oci://127.0.0.1:{port}/a"), "--plain-http=false"]);
    assert!(said.contains("no encrypted connection to"), "{said}");
    plain.join().unwrap();
}

#[test]
fn a_file_of_authorities_has_to_hold_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("company.pem");
    let path = path.to_str().unwrap();
    let push = || complaint(&Person::new().push(&["oci://registry.invalid/a", "--ca-file", path]));
    assert!(push().contains("which `--ca-file` names"));
    for text in [
        "",
        "hunter2",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
    ] {
        fs::write(path, text).unwrap();
        assert!(
            push().contains("there is no certificate in the file of authorities"),
            "{text}"
        );
    }
    let output = Person::new()
        .command()
        .args(["push", "stacks/minimal", "oci://registry.invalid/a"])
        .env("SSL_CERT_FILE", folder.path().join("none.pem"))
        .output()
        .unwrap();
    assert!(complaint(&output).contains("which `SSL_CERT_FILE` names"));
}

#[test]
fn a_file_of_credentials_that_is_none_is_named_and_not_shown() {
    let (registry, _) = open_registry();
    let person = Person::new();
    fs::write(person.0.path().join("config.json"), SECRET).unwrap();
    let said = complaint(&person.push(&[&registry.reference("obs/prod")]));
    assert!(
        said.contains("config.json` is not a `config.json` as `docker login` writes it"),
        "{said}"
    );
    assert!(registry.log().is_empty());
}

#[test]
fn nothing_is_pushed_of_a_policy_with_an_error() {
    let (registry, _) = open_registry();
    let text = fs::read_to_string(root().join("stacks/minimal/observability.yaml")).unwrap();
    let wrong = text.replace("kind: Observability", "kind: Observability\nunknown: 1");
    assert_ne!(text, wrong);
    let folder = repository(&[
        ("a/observability.yaml", &wrong),
        ("b/observability.yaml", &text),
    ]);
    let reference = registry.reference("obs/prod");
    let push = |stack: &str| {
        let mut command = Person::new().command();
        command
            .current_dir(folder.path())
            .args(["push", stack, &reference])
            .output()
            .unwrap()
    };
    let output = push("a");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("nothing is pushed"),
        "{}",
        said(&output)
    );
    assert!(output.stdout.is_empty());
    assert!(complaint(&push(".")).contains("there are several stacks below `.`"));
    assert!(registry.log().is_empty());
}

#[test]
fn what_is_said_of_the_source_holds_no_credential() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prod.tar");
    let push = |option: &str, value: &str| {
        let output = Person::new().push(&["--file", path.to_str().unwrap(), option, value]);
        let said = said(&output);
        let _ = fs::remove_file(&path);
        (output.status.code(), said)
    };
    for (option, value) in [
        ("--source", "https://git.example.com/shop/observability.git"),
        ("--source", "git@git.example.com:shop/observability.git"),
        (
            "--source",
            "ssh://git@git.example.com/shop/observability.git",
        ),
        (
            "--revision",
            "main@sha1:e83c5163316f89bfbde7d9ab23ca2e25604af290",
        ),
        ("--created", "2026-01-31T12:00:00Z"),
        ("--created", "2026-01-31T12:00:00.5+01:00"),
    ] {
        let (code, said) = push(option, value);
        assert_eq!(code, Some(0), "{value}: {said}");
    }
    for (option, value, wanted) in [
        (
            "--source",
            "https://gitlab-ci-token:correct-horse@git.example.com/a.git",
            "a user, a password or a token",
        ),
        (
            "--source",
            "https://correct-horse@git.example.com/a.git",
            "a user, a password or a token",
        ),
        (
            "--source",
            "ssh://git:correct-horse@git.example.com/a.git",
            "a user, a password or a token",
        ),
        (
            "--revision",
            "ghp_0123456789abcdefghijABCDEFGHIJ012345",
            "a user, a password or a token",
        ),
        ("--revision", "a\nb", "a line break"),
        ("--created", "yesterday", "RFC 3339"),
        ("--created", "2026-13-31T12:00:00Z", "RFC 3339"),
    ] {
        let (code, said) = push(option, value);
        assert_eq!(code, Some(2), "{value}");
        assert!(
            said.contains(wanted) && !said.contains("ghp_"),
            "{value}: {said}"
        );
    }
}

#[test]
fn a_file_holds_the_same_artifact_and_replaces_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/prod.tar");
    let name = path.to_str().unwrap();
    let write = |arguments: &[&str]| Person::new().push(&[&["--file", name], arguments].concat());
    let first = write(&["--tag", "v1", "--tag", "v2"]);
    let printed_name = printed(&first);
    let files: BTreeMap<String, Vec<u8>> =
        unpacked(&fs::read(&path).unwrap()).into_iter().collect();
    let parsed = |path: &str| -> Value { serde_json::from_slice(&files[path]).unwrap() };
    assert_eq!(parsed("oci-layout"), json!({"imageLayoutVersion": "1.0.0"}));
    let index = parsed("index.json");
    let tags: Vec<&Value> = (0..2)
        .map(|it| &index["manifests"][it]["annotations"]["org.opencontainers.image.ref.name"])
        .collect();
    assert_eq!(tags, ["v1", "v2"]);
    let digest_of_file = index["manifests"][0]["digest"].as_str().unwrap();
    assert_eq!(printed_name, format!("{name}@{digest_of_file}"));
    for (path, bytes) in &files {
        if let Some(hex) = path.strip_prefix("blobs/sha256/") {
            assert_eq!(digest(bytes), format!("sha256:{hex}"));
        }
    }
    assert_eq!(files.len(), 5);
    let (registry, _) = open_registry();
    let pushed = printed(&Person::new().push(&[&registry.reference("obs/prod")]));
    assert_eq!(
        pushed,
        registry.reference(&format!("obs/prod@{digest_of_file}"))
    );

    let before = fs::read(&path).unwrap();
    assert!(said(&write(&["--tag", "v1", "--tag", "v2"])).contains("prod.tar: unchanged"));
    let said = complaint(&write(&["--media-type", "oci"]));
    assert!(
        said.contains("is there already, and is never overwritten"),
        "{said}"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn it_is_pushed_to_one_place() {
    let push = |arguments: &[&str]| said(&Person::new().push(arguments));
    assert!(push(&[]).contains("required"));
    assert!(push(&["oci://r/a", "--file", "x.tar"]).contains("cannot be used with"));
    assert!(push(&["--file", "x.tar", "--plain-http"]).contains("cannot be used with"));
    assert!(
        push(&["ghcr.io/a"])
            .contains("this is no place to push to: it does not begin with `oci://`")
    );
    assert!(push(&["oci://me:correct-horse@ghcr.io/a"]).contains("it holds a user or password"));
    assert!(push(&["oci://ghcr.io/a", "--tag", "a b"]).contains("`a b` is not a tag"));
    assert!(!Path::new(&root()).join("x.tar").exists());
}
