//! The verbs that need no stack, run as a person runs them.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::program::{obsgen, said};
use crate::stacks::root;

/// Feeds a text to a program that is asked whether it is right; `None` where there is no such program.
fn fed(program: &str, arguments: &[&str], text: &[u8]) -> Option<Output> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take().unwrap().write_all(text).unwrap();
    Some(child.wait_with_output().unwrap())
}

#[test]
fn init_leads_to_a_policy_that_checks() {
    let folder = tempfile::tempdir().unwrap();
    let first = obsgen(folder.path(), &["init", "stacks/prod"]);
    assert_eq!(first.status.code(), Some(0), "{}", said(&first));
    assert!(first.stdout.is_empty());
    assert!(
        said(&first)
            .contains("next: replace what ends in `# yours`, which is valid but not about your cluster, then run `obsgen check stacks/prod`")
    );
    assert!(said(&first).contains("obsgen explain secrets --stack stacks/prod"));
    let secrets = ["explain", "secrets", "--stack", "stacks/prod"];
    let secrets = obsgen(folder.path(), &secrets);
    assert_eq!(secrets.status.code(), Some(0), "{}", said(&secrets));
    let build = |arguments: &[&str]| said(&obsgen(folder.path(), arguments));
    let hint = "next: `obsgen explain secrets --stack stacks/prod/observability.yaml`";
    assert!(build(&["build", "stacks/prod"]).contains(hint));
    // Once.
    assert!(!build(&["build", "stacks/prod"]).contains(hint));
    assert!(said(&first).contains("obsgen schema > stacks/prod/observability.schema.json"));
    let check = obsgen(folder.path(), &["check", "stacks/prod"]);
    assert_eq!(check.status.code(), Some(0), "{}", said(&check));

    // Nothing is overwritten, and nothing is left beside it.
    let path = folder.path().join("stacks/prod/observability.yaml");
    fs::write(&path, "mine").unwrap();
    let second = obsgen(folder.path(), &["init", "stacks/prod"]);
    assert_eq!(second.status.code(), Some(2));
    assert!(said(&second).contains("is there already, and is never overwritten"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn init_takes_the_name_of_the_folder_where_it_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("shop");
    fs::create_dir(&here).unwrap();
    let path = here.join("observability.yaml");
    assert_eq!(obsgen(&here, &["init"]).status.code(), Some(0));
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .contains("\n  name: shop\n")
    );

    let wrong = obsgen(folder.path(), &["init", "My_Shop"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        said(&wrong).contains("add `--name` and write `my-shop`"),
        "{}",
        said(&wrong)
    );
    assert!(!folder.path().join("My_Shop").exists());
    let named = obsgen(folder.path(), &["init", "My_Shop", "--name", "shop"]);
    assert_eq!(named.status.code(), Some(0));
}

#[test]
fn init_finds_the_schema_of_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(".git")).unwrap();
    fs::create_dir_all(folder.path().join("schemas")).unwrap();
    fs::create_dir_all(folder.path().join("stacks")).unwrap();
    fs::write(
        folder.path().join("schemas/observability.schema.json"),
        "{}",
    )
    .unwrap();
    assert_eq!(
        obsgen(folder.path(), &["init", "stacks/prod"])
            .status
            .code(),
        Some(0)
    );
    let text = fs::read_to_string(folder.path().join("stacks/prod/observability.yaml")).unwrap();
    assert!(
        text.starts_with(
            "# yaml-language-server: $schema=../../schemas/observability.schema.json\n"
        )
    );
}

#[test]
fn init_reads_what_runs_already() {
    let folder = tempfile::tempdir().unwrap();
    let from = root().join("golden/prod");
    let from = from.to_str().unwrap();
    let output = obsgen(folder.path(), &["init", "prod", "--from", from]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("11 instances in"));
    assert_eq!(
        obsgen(folder.path(), &["check", "prod"]).status.code(),
        Some(0)
    );

    let one = format!("{from}/redis/shop/cart.yaml");
    let output = obsgen(folder.path(), &["init", "cart", "--from", &one]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    for (arguments, wanted) in [
        (["init", "x", "--from", "nowhere"], "there is no `nowhere`"),
        (
            ["init", "x", "--from", "prod"],
            "none of 1 files has a Redis",
        ),
    ] {
        let output = obsgen(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(wanted), "{}", said(&output));
        assert!(!folder.path().join("x").exists());
    }
}

#[cfg(unix)]
#[test]
fn init_writes_through_no_symlink() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    fs::create_dir(at("prod")).unwrap();
    std::os::unix::fs::symlink(at("elsewhere"), at("prod/observability.yaml")).unwrap();
    let output = obsgen(folder.path(), &["init", "prod"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!at("elsewhere").exists());
    fs::write(at("file"), "").unwrap();
    let output = obsgen(folder.path(), &["init", "file"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

#[cfg(unix)]
#[test]
fn init_reads_nothing_outside_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    fs::create_dir_all(at("in/.hidden")).unwrap();
    fs::create_dir_all(at("out")).unwrap();
    let redis = |name: &str| {
        format!(
            "apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\nmetadata: {{name: {name}}}\n\
             spec: {{kubernetesConfig: {{image: 'quay.io/opstree/redis:v7.2.3'}}}}\n"
        )
    };
    fs::write(at("in/a.yaml"), redis("inside")).unwrap();
    fs::write(at("in/.hidden/a.yaml"), redis("hidden")).unwrap();
    fs::write(at("in/binary.yaml"), [0xff, 0xfe]).unwrap();
    fs::write(at("out/b.yaml"), redis("outside")).unwrap();
    std::os::unix::fs::symlink("../out/b.yaml", at("in/b.yaml")).unwrap();
    std::os::unix::fs::symlink("../out", at("in/folder")).unwrap();
    std::os::unix::fs::symlink("b.yaml", at("in/c.yaml")).unwrap();
    let output = obsgen(folder.path(), &["init", "s", "--from", "in"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = fs::read_to_string(at("s/observability.yaml")).unwrap();
    assert!(text.contains("name: inside"));
    assert!(!text.contains("name: outside") && !text.contains("name: hidden"));
    assert!(said(&output).contains("`in/b.yaml` cannot be read: it is no regular file"));
    assert!(said(&output).contains("`in/binary.yaml` cannot be read: line 1 is not UTF-8"));
}

#[test]
fn completions_are_scripts_that_name_every_verb() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = obsgen(folder.path(), &["completion", shell]);
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).unwrap();
        for verb in [
            "init",
            "check",
            "build",
            "render",
            "schema",
            "completion",
            "man",
        ] {
            assert!(text.contains(verb), "{shell}: {verb}");
        }
        if let Some(parsed) = fed("bash", &["-n"], text.as_bytes()).filter(|_| shell == "bash") {
            assert!(parsed.status.success(), "{}", said(&parsed));
        }
    }
    assert_eq!(
        obsgen(folder.path(), &["completion", "sh"]).status.code(),
        Some(2)
    );
}

#[test]
fn manual_pages_are_ones_that_man_shows() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, sections) in [
        (
            vec!["man"],
            vec![
                "NAME",
                "SYNOPSIS",
                "VERBS",
                "EXIT STATUS",
                "FILES",
                "EXAMPLES",
            ],
        ),
        (
            vec!["man", "init"],
            vec!["NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUS", "EXAMPLES"],
        ),
        (vec!["man", "schema"], vec!["NAME", "EXIT STATUS"]),
        (vec!["man", "explain"], vec!["NAME", "VERBS", "EXIT STATUS"]),
    ] {
        let output = obsgen(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(0));
        let shown = fed("groff", &["-man", "-Tutf8", "-ww", "-z"], &output.stdout);
        if let Some(shown) = shown {
            assert_eq!(said(&shown), "", "{arguments:?}");
        }
        let text = String::from_utf8(output.stdout).unwrap();
        if matches!(arguments.as_slice(), ["man"] | ["man", "explain"]) {
            for it in ["value", "threshold", "secrets"] {
                let heading = format!(".SS \"explain {it}\"\n");
                assert_eq!(text.matches(&heading).count(), 1, "{text}");
            }
        }
        for it in sections {
            assert!(
                text.contains(&format!(".SH {it}\n")) || text.contains(&format!(".SH \"{it}\"\n")),
                "{it}: {text}"
            );
        }
    }
    assert_eq!(
        obsgen(folder.path(), &["man", "nothing"]).status.code(),
        Some(2)
    );
}

#[test]
fn help_says_what_each_verb_is_for_and_how_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let help = obsgen(folder.path(), &["--help"]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(text.contains("Exit codes:") && text.contains("  2  The run is at fault"));
    for verb in [
        "init",
        "check",
        "build",
        "render",
        "schema",
        "completion",
        "man",
    ] {
        let help = obsgen(folder.path(), &[verb, "--help"]);
        assert_eq!(help.status.code(), Some(0));
        let text = String::from_utf8(help.stdout).unwrap();
        assert!(text.contains("Example"), "{verb} shows no example");
    }
}

/// A name that somebody else gave a folder, or a value, is nothing that a terminal or a CI system
/// obeys: GitHub takes commands from lines that begin with `::`, or have `##[` in them.
#[cfg(unix)]
#[test]
fn names_and_values_are_no_commands() {
    let minimal = fs::read_to_string(root().join("stacks/minimal/observability.yaml")).unwrap();
    let wrong = minimal
        .replace("team: web", "team: \"a`\\n  ::error::b ##[error]c\"")
        .replace(
            "cluster: ",
            "cluster: \"a ##[d]\" # ##[group]e\n  \"clu\\n::debug::f\": ",
        );
    for (stack, policy) in [
        ("a\u{1b}[31m", &wrong),
        ("a\n::stop-commands::b", &wrong),
        ("::notice::a", &wrong),
        ("a\n::notice::b", &minimal),
        ("::notice::a", &minimal),
        ("##[group]a", &minimal),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        fs::create_dir(folder.path().join(stack)).unwrap();
        fs::write(folder.path().join(stack).join("observability.yaml"), policy).unwrap();
        for arguments in [
            &["check", "."][..],
            &["check", stack],
            &["build", "."],
            &["build", "--check", "."],
            &["render", stack],
            &["explain", "value", "cluster"],
            &["explain", "value", "nothing", "--stack", stack],
            &["explain", "threshold", "cache", "RedisDown"],
            &["init", "--from", stack, "new"],
        ] {
            let output = obsgen(folder.path(), arguments);
            let mut text = said(&output);
            if arguments[0] != "render" {
                text.push_str(&String::from_utf8_lossy(&output.stdout));
            }
            let is_obeyed = |it: &str| {
                it.trim_start().starts_with("::") || it.contains("##[") || it.contains('\u{1b}')
            };
            let line = text.lines().find(|it| is_obeyed(it));
            assert_eq!(line, None, "{arguments:?} in {stack:?}");
        }
    }
}
