//! `obsgen argocd`: what Argo CD asks a config management plugin for, and what it tells one.
//!
//! The plugin server runs a command in the folder of the Application, below a copy of the repository
//! without `.git`, and hands over in the environment what the Application sets.

use std::env;
use std::path::{Component, Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::cli::Outcome;
use crate::cli::stacks::{compile_in, one_policy};
use crate::cli::terminal::{print, say};
use crate::diag::path::{FieldPath, Segment};
use crate::files::{ReadError, Repository};
use crate::read::Document;
use crate::read::origin::Layers;
use crate::read::settings::{self, Settings};
use crate::render::json;

/// Where Argo CD writes the parameters of the Application: a JSON list, each with a name and a
/// `string`, an `array` or a `map`.
const PARAMETERS: &str = "ARGOCD_APP_PARAMETERS";
/// Where it writes the path of the Application in its repository.
const SOURCE_PATH: &str = "ARGOCD_APP_SOURCE_PATH";
/// Bytes of the parameters. A policy says more than that in a file.
const LARGEST: usize = 64 * 1024;
/// The one parameter there is.
const SET: &str = "set";

/// Print what Argo CD asks a config management plugin for
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  obsgen argocd parameters stacks/prod")]
pub(super) struct Argocd {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Parameters(Parameters),
}

/// Print the parameters of an Application, as Argo CD shows them; also where the policy is broken
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  obsgen argocd parameters stacks/prod
  obsgen argocd parameters | jq -r '.[].tooltip'")]
struct Parameters {
    /// A folder with an observability.yaml, or the file
    #[arg(value_name = "STACK", default_value = ".")]
    stack: PathBuf,
}

impl Argocd {
    pub(super) fn run(&self) -> Outcome {
        match &self.what {
            What::Parameters(it) => it.run(),
        }
    }
}

impl Parameters {
    fn run(&self) -> Outcome {
        // What is wrong with the policy is said where it is rendered; the page of the Application
        // has to open all the same.
        let fields = one_policy(&self.stack)
            .and_then(|policy| match repository(&policy) {
                Ok(repository) => Some(compile_in(&repository, &policy, &Settings::none())),
                Err(error) => {
                    say(&format!("error: {error}"));
                    None
                }
            })
            .map_or_else(Vec::new, |it| settable(&it.document));
        print(json::pretty(&announcement(&fields)).as_bytes())
    }
}

/// What a policy says and people set: what may be set is more.
const OFTEN_SET: &[&str] = &[
    "cluster",
    "image",
    "maxmemory",
    "memory",
    "redisPods",
    "threshold",
];
/// As many as a person reads.
const SHOWN: usize = 30;

/// The fields of a policy that people set, in the order of the policy.
fn settable(document: &Document) -> Vec<String> {
    let leaves = Layers::of(document).leaves(&FieldPath::root());
    let is_often_set = |it: &&FieldPath| match it.segments().last() {
        Some(Segment::Key(key)) => OFTEN_SET.contains(&key.as_str()),
        Some(Segment::Index(_)) | None => false,
    };
    leaves
        .iter()
        .filter(is_often_set)
        .filter(|it| settings::may_be_set(it))
        .map(ToString::to_string)
        .collect()
}

/// The list of announcements. Values are none of it: where a person changes one of several, Argo CD
/// writes them all into the Application, and what the policy says later would no longer count.
fn announcement(fields: &[String]) -> Value {
    let example = fields.first().map_or("cluster", String::as_str);
    let mut tooltip = format!(
        "Each sets a single value over the policy: the field as in the policy, such as `{example}`, and \
         its value. No object may go by it, or nothing is rendered."
    );
    if !fields.is_empty() {
        let shown = fields.len().min(SHOWN);
        let listed = fields[..shown].join(", ");
        tooltip.push_str(&format!(" This policy has {listed}"));
        if fields.len() > shown {
            tooltip.push_str(&format!(" and {} more", fields.len() - shown));
        }
        tooltip.push_str(", among others.");
    }
    json!([{
        "name": SET,
        "title": "Fields that are set over the policy",
        "tooltip": tooltip,
        "required": false,
        "itemType": "string",
        "collectionType": "map",
    }])
}

/// What an Application sets, out of the environment.
///
/// The error says what of it is not understood: to leave it out would render something else than was
/// asked for.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line reads the environment"
)]
pub(super) fn settings() -> Result<Settings, String> {
    let text = match env::var(PARAMETERS) {
        Ok(text) => text,
        Err(env::VarError::NotPresent) => String::new(),
        Err(env::VarError::NotUnicode(_)) => return Err(format!("`{PARAMETERS}` is not UTF-8")),
    };
    let fields = set(&text).map_err(|wrong| {
        format!("{wrong}; see `spec.source.plugin.parameters` of the Application")
    })?;
    let fields = fields.iter().map(|(field, value)| (&**field, &**value));
    Settings::new(PARAMETERS, fields)
}

/// The repository around a policy, as Argo CD unpacks it; elsewhere, the one it is in.
///
/// # Errors
///
/// The folder cannot be read.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line reads the environment, and knows where it runs"
)]
pub(super) fn repository(policy: &Path) -> Result<Repository, ReadError> {
    match (env::var(SOURCE_PATH), env::current_dir()) {
        (Ok(path), Ok(here)) => Repository::at(root(&here, Path::new(&path))),
        _ => Repository::around(policy),
    }
}

/// The root of a repository, from a folder in it and the folder's path from the root. Where only a
/// part of the repository was unpacked, the path begins above it, and the part is all there is.
///
/// Beside it lie the repositories of others, in folders whose names nobody can guess.
fn root<'a>(here: &'a Path, path: &Path) -> &'a Path {
    let mut root = here;
    for part in path.components().rev() {
        match (part, root.file_name(), root.parent()) {
            (Component::Normal(part), Some(name), Some(parent)) if part == name => root = parent,
            _ => break,
        }
    }
    root
}

/// Reads parameters: each field that is set, with its value.
fn set(text: &str) -> Result<Vec<(String, String)>, String> {
    if text.len() > LARGEST {
        return Err(format!(
            "`{PARAMETERS}` has {} bytes, and at most {LARGEST} are read: write it into the policy",
            text.len()
        ));
    }
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let parameters = serde_json::from_str(text).map_err(|it| {
        let (line, column) = (it.line(), it.column());
        format!("`{PARAMETERS}` is no JSON, at line {line}, column {column}")
    })?;
    let parameters = match parameters {
        // So Argo CD writes that there are none.
        Value::Null => Vec::new(),
        Value::Array(parameters) => parameters,
        other => {
            return Err(format!(
                "`{PARAMETERS}` is {}, and not a list of parameters",
                kind(&other)
            ));
        }
    };
    let mut fields = None;
    for parameter in &parameters {
        let Some(name) = parameter.get("name").and_then(Value::as_str) else {
            return Err(format!("`{PARAMETERS}` has a parameter without a name"));
        };
        if name != SET {
            return Err(format!(
                "there is no parameter `{}`, only `{SET}`: what it asks for would not be rendered",
                name.escape_debug()
            ));
        }
        if fields.replace(of_map(parameter)?).is_some() {
            return Err(format!("the parameter `{SET}` is there twice"));
        }
    }
    Ok(fields.unwrap_or_default())
}

/// Reads the parameter `set`.
fn of_map(parameter: &Value) -> Result<Vec<(String, String)>, String> {
    let given = |key: &str| parameter.get(key).filter(|it| !it.is_null());
    let other = ["string", "array"]
        .into_iter()
        .find(|it| given(it).is_some());
    let wrong = |is: &str| {
        format!("the parameter `{SET}` {is}: write `map:`, and in it each field with its value")
    };
    let map = match (given("map"), other) {
        (Some(Value::Object(map)), None) => map,
        (_, Some("string")) => return Err(wrong("is a text")),
        (_, Some(_)) => return Err(wrong("is a list")),
        (Some(_), None) => return Err(wrong("has no map")),
        (None, None) => return Err(wrong("has no value")),
    };
    map.iter()
        .map(|(field, value)| match value {
            Value::String(value) => Ok((field.trim().to_owned(), value.trim().to_owned())),
            other => Err(format!(
                "the value of `{}` in the parameter `{SET}` is {}, and not a text: write it in quotes",
                field.escape_debug(),
                kind(other)
            )),
        })
        .collect()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_understood_whole_or_not_at_all() {
        let one = |field: &str, value: &str| Ok(vec![(field.to_owned(), value.to_owned())]);
        for (text, expected) in [
            ("", Ok(vec![])),
            (" \n", Ok(vec![])),
            ("null", Ok(vec![])),
            ("[]", Ok(vec![])),
            (r#"[{"name": "set", "map": {}}]"#, Ok(vec![])),
            (
                r#"[{"name": "set", "map": {"cluster": "a"}}]"#,
                one("cluster", "a"),
            ),
            (
                r#"[{"name": "set", "map": {" cluster ": " a: b "}, "string": null}]"#,
                one("cluster", "a: b"),
            ),
        ] {
            assert_eq!(set(text), expected, "{text}");
        }
        for (text, wrong) in [
            ("{", "no JSON, at line 1, column 1"),
            ("[{\"name\": \"set\"}] x", "no JSON"),
            ("{}", "is a map, and not a list"),
            (r#""set""#, "is a text, and not a list"),
            ("[1]", "a parameter without a name"),
            (r#"[{"name": 1}]"#, "a parameter without a name"),
            (
                r#"[{"map": {"cluster": "a"}}]"#,
                "a parameter without a name",
            ),
            (
                r#"[{"name": "only", "array": ["a"]}]"#,
                "no parameter `only`",
            ),
            (r#"[{"name": "Set", "map": {}}]"#, "no parameter `Set`"),
            (r#"[{"name": "set"}]"#, "`set` has no value"),
            (r#"[{"name": "set", "map": null}]"#, "`set` has no value"),
            (r#"[{"name": "set", "map": []}]"#, "`set` has no map"),
            (
                r#"[{"name": "set", "string": "cluster=a"}]"#,
                "`set` is a text",
            ),
            (
                r#"[{"name": "set", "array": ["cluster=a"]}]"#,
                "`set` is a list",
            ),
            (
                r#"[{"name": "set", "map": {"cluster": "a"}, "string": ""}]"#,
                "`set` is a text",
            ),
            (
                r#"[{"name": "set", "map": {"cluster": 1}}]"#,
                "the value of `cluster` in the parameter `set` is a number",
            ),
            (
                r#"[{"name": "set", "map": {}}, {"name": "set", "map": {}}]"#,
                "`set` is there twice",
            ),
        ] {
            let said = set(text).expect_err(text);
            assert!(said.contains(wrong), "{text}: {said}");
        }
        let long = format!(
            r#"[{{"name": "set", "map": {{"a": "{}"}}}}]"#,
            "b".repeat(LARGEST)
        );
        let said = set(&long).expect_err("too long");
        assert!(said.contains("at most 65536 are read"), "{said}");
        assert!(said.len() < 200, "{said}");
    }

    #[test]
    fn the_root_is_as_far_up_as_the_path_goes() {
        for (here, path, expected) in [
            ("/tmp/w/1f/stacks/prod", "stacks/prod", "/tmp/w/1f"),
            ("/tmp/w/1f/stacks/prod", "./stacks/prod/", "/tmp/w/1f"),
            ("/tmp/w/1f/stacks/prod", "stacks/./prod", "/tmp/w/1f"),
            ("/tmp/w/1f", ".", "/tmp/w/1f"),
            ("/tmp/w/1f", "", "/tmp/w/1f"),
            // Of the repository, only `stacks` was unpacked, and only `stacks/prod`.
            ("/tmp/w/1f/prod", "stacks/prod", "/tmp/w/1f"),
            ("/tmp/w/1f", "stacks/prod", "/tmp/w/1f"),
            ("/tmp/w/1f/prod", "../prod", "/tmp/w/1f"),
            ("/tmp/w/1f/prod", "stacks/prod/..", "/tmp/w/1f/prod"),
            ("/", "a/b", "/"),
        ] {
            assert_eq!(
                root(Path::new(here), Path::new(path)),
                Path::new(expected),
                "{here} {path}"
            );
        }
    }
}
