//! What is imported into Kibana: its structure, and whether Redis writes the messages that it quotes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::kibana_policy::{POLICY, imported};
use crate::tools;

#[test]
fn the_objects_are_as_kibana_stores_them() {
    let (Some(python), Some(check)) = (tools::python(), tools::data("kibana_check.py")) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("objects.ndjson");
    fs::write(&file, imported(POLICY)).expect("the folder can be written to");
    let output = Command::new(python)
        .arg(check)
        .arg(&file)
        .output()
        .expect("Python starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

/// Nobody sees that a panel is empty because its message has another wording.
#[test]
fn redis_writes_every_message_that_is_looked_for() {
    let (Some(old), Some(new)) = (
        tools::tool("redis-server"),
        tools::next_tool("redis-server"),
    ) else {
        return;
    };
    let programs = [program(&old), program(&new)];
    let messages = messages(&imported(POLICY));
    assert!(messages.len() > 20, "{messages:?}");
    for message in messages {
        let known = programs
            .iter()
            .any(|it| it.windows(message.len()).any(|it| it == message.as_bytes()));
        assert!(known, "no Redis writes `{message}`");
    }
}

/// What stands in quotes behind `message:`, in JSON inside JSON.
fn messages(objects: &str) -> BTreeSet<String> {
    let text = objects.replace('\\', "");
    let mut found = BTreeSet::new();
    for list in text.split("message: (").skip(1) {
        let (list, _) = list.split_once("\")").expect("a list has an end");
        found.extend(list.split('"').skip(1).step_by(2).map(str::to_owned));
    }
    found
}

/// The program itself, where its file is a script that starts it with the libraries of its suite.
fn program(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).expect("the tool can be read");
    if !bytes.starts_with(b"#!") {
        return bytes;
    }
    let script = String::from_utf8(bytes).expect("a script is text");
    let suite = script
        .split("/../")
        .nth(1)
        .and_then(|it| it.lines().next())
        .expect("the script names its suite");
    let folder = path.parent().expect("a file is in a folder");
    let program = folder
        .join("..")
        .join(suite)
        .join("usr/bin/redis-check-rdb");
    fs::read(program).expect("the suite has the program")
}
