//! The script that imports dashboards, run against a Kibana that is none, on the loopback interface.
#![expect(
    clippy::disallowed_types,
    reason = "servers of a test, on this machine"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::thread::{self, JoinHandle};

use crate::stacks::root;

const OBJECTS: &str = "{\"id\":\"a\",\"type\":\"dashboard\"}\n";
/// What Secrets are full of, and shells and curl read as something else.
const PASSWORD: &str = r#"p"a\ss word:$x"#;
/// `elastic:` and the password, as HTTP carries them.
const LOGIN: &str = "ZWxhc3RpYzpwImFcc3Mgd29yZDokeA==";
const IMPORTED: &str =
    r#"{"successCount":1,"success":true,"warnings":[],"successResults":[{"type":"dashboard"}]}"#;
const FAILED: &str = r#"{"successCount":0,"success":false,"warnings":[],"errors":[{"type":"dashboard","error":{"type":"unsupported_type"}}]}"#;

/// A request: its lines, and its body.
struct Request {
    head: Vec<String>,
    body: String,
}

/// Answers one request after another, each with a status and a body.
fn kibana(answers: &'static [(u16, &'static str)]) -> (String, JoinHandle<Vec<Request>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/base/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut requests = Vec::new();
        for (status, answer) in answers {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let mut head = Vec::new();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                match line.trim_end() {
                    "" => break,
                    line => head.push(line.to_owned()),
                }
            }
            let length = head
                .iter()
                .find_map(|it| it.strip_prefix("Content-Length: "))
                .map_or(0, |it| it.parse().unwrap());
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            requests.push(Request {
                head,
                body: String::from_utf8(body).unwrap(),
            });
            let length = answer.len();
            write!(
                reader.get_mut(),
                "HTTP/1.1 {status} It\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}",
            )
            .unwrap();
        }
        requests
    });
    (url, server)
}

/// Runs the script, unless there is no curl to run it with.
fn import(url: &str, login: Option<(&str, &str)>) -> Option<Output> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut curl = Command::new("curl");
    curl.arg("--version").stdout(Stdio::null());
    if !curl.status().is_ok_and(|it| it.success()) {
        let _ = writeln!(std::io::stderr(), "skipped: there is no curl");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let objects = folder.path().join("objects.ndjson");
    std::fs::write(&objects, OBJECTS).unwrap();
    let mut script = Command::new("sh");
    // What curl is called with is said: other processes would see it.
    script
        .args([
            "-c",
            r#"curl() { echo "curl $*" >&2; command curl "$@"; }; . "$0""#,
        ])
        .arg(root().join("templates/kibana/import.sh"))
        .env_clear()
        .env("PATH", path)
        .env("KIBANA_URL", url)
        .env("OBJECTS", objects)
        .env("ATTEMPTS", "3")
        .env("PAUSE", "0");
    if let Some((username, password)) = login {
        script.env("USERNAME", username).env("PASSWORD", password);
    }
    Some(script.output().unwrap())
}

fn said(output: &Output) -> String {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8(said).unwrap();
    for secret in [PASSWORD, "ss word", LOGIN] {
        assert!(!said.contains(secret), "{said}");
    }
    said
}

#[test]
fn objects_are_imported_with_the_login() {
    let (url, server) = kibana(&[(200, IMPORTED)]);
    let Some(output) = import(&url, Some(("elastic", PASSWORD))) else {
        return;
    };
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(output.stdout, b"imported\n");
    assert!(said(&output).contains("--config - "), "{}", said(&output));
    let requests = server.join().unwrap();
    let Request { head, body } = &requests[0];
    assert_eq!(
        head[0],
        "POST /base/api/saved_objects/_import?overwrite=true HTTP/1.1"
    );
    assert!(head.iter().any(|it| it.starts_with("kbn-xsrf: ")));
    assert!(head.contains(&format!("Authorization: Basic {LOGIN}")));
    assert!(body.contains("name=\"file\"; filename=\"objects.ndjson\""));
    assert!(body.contains(OBJECTS));
}

#[test]
fn a_kibana_without_login_is_asked_without_one() {
    let (url, server) = kibana(&[(200, IMPORTED)]);
    let Some(output) = import(&url, None) else {
        return;
    };
    assert!(output.status.success(), "{}", said(&output));
    let requests = server.join().unwrap();
    assert!(
        !requests[0]
            .head
            .iter()
            .any(|it| it.starts_with("Authorization"))
    );
}

#[test]
fn what_kibana_did_not_take_in_is_a_failure() {
    let (url, _server) = kibana(&[(200, FAILED)]);
    let Some(output) = import(&url, Some(("elastic", PASSWORD))) else {
        return;
    };
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("unsupported_type"));
}

#[test]
fn an_answer_of_something_else_is_a_failure() {
    let (url, _server) = kibana(&[(200, "<html>Welcome</html>")]);
    let Some(output) = import(&url, None) else {
        return;
    };
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_kibana_that_starts_is_waited_for() {
    let (url, server) = kibana(&[
        (503, "Kibana server is not ready yet"),
        (502, ""),
        (200, IMPORTED),
    ]);
    let Some(output) = import(&url, Some(("elastic", PASSWORD))) else {
        return;
    };
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("status 503"));
    assert_eq!(server.join().unwrap().len(), 3);
}

#[test]
fn waiting_has_an_end() {
    let (url, server) = kibana(&[(503, ""), (503, ""), (503, "")]);
    let Some(output) = import(&url, Some(("elastic", PASSWORD))) else {
        return;
    };
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("after 3 attempts"));
    server.join().unwrap();
}

#[test]
fn a_kibana_that_is_not_there_is_waited_for_too() {
    // The port is free again.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}");
    let Some(output) = import(&url, Some(("elastic", PASSWORD))) else {
        return;
    };
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("after 3 attempts"));
}

#[test]
fn a_login_that_is_refused_is_not_tried_again() {
    let (url, server) = kibana(&[(401, r#"{"message":"Unauthorized"}"#)]);
    let Some(output) = import(&url, Some(("elastic", PASSWORD))) else {
        return;
    };
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("status 401"));
    assert!(said(&output).contains("Unauthorized"));
    assert_eq!(server.join().unwrap().len(), 1);
}

/// A second line would be an option of curl's.
#[test]
fn a_login_with_a_line_break_is_refused() {
    let login = Some(("elastic", "secret\noutput = \"/tmp/x\""));
    let Some(output) = import("http://127.0.0.1:9", login) else {
        return;
    };
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(
        said.contains("line break") && !said.contains("secret\n"),
        "{said}"
    );
}
