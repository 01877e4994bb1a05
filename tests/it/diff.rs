//! What a change of a policy does, by a table of single changes to the stacks: the class, the sentence, and who says
//! so. And what is no change.

use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;

use obsgen::compile;
use obsgen::diff::consequence::Consequence;
use obsgen::diff::side::Side;
use obsgen::diff::{Difference, compare};
use obsgen::effect::Class;
use serde::Deserialize;

use crate::stacks::{root, stacks};

/// A single change, and what has to be said of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// What changes, for people.
    change: String,
    /// The stack.
    stack: String,
    /// The file below `stacks`; without one, the policy of the stack.
    file: Option<String>,
    /// What is replaced; it stands there once.
    from: String,
    /// What it is replaced by.
    to: String,
    /// What goes along with it in the same file.
    #[serde(default)]
    and: Vec<Replaced>,
    /// The class.
    class: String,
    /// What the subject has in it.
    of: String,
    /// What the sentence has in it, or what is said of the exposure and the gentler way.
    says: Vec<String>,
    /// What the source has in it.
    source: String,
}

/// A text, and what it is replaced by.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Replaced {
    from: String,
    to: String,
}

/// The texts of a stack and of what it extends.
fn texts(stack: &str) -> BTreeMap<String, String> {
    let own = format!("stacks/{stack}/observability.yaml");
    [own.as_str(), "stacks/base.yaml"]
        .into_iter()
        .map(|path| {
            (
                path.to_owned(),
                fs::read_to_string(root().join(path)).unwrap(),
            )
        })
        .collect()
}

fn side(stack: &str, texts: &BTreeMap<String, String>) -> Side {
    let files = |path: &str| texts.get(path).cloned().ok_or_else(|| "missing".to_owned());
    let compilation = compile(&files, &format!("stacks/{stack}/observability.yaml"));
    let errors: Vec<String> = compilation
        .findings
        .iter()
        .filter(|it| it.is_error())
        .map(|it| format!("{}: {}", it.name, it.headline))
        .collect();
    let Some((stack, plan)) = compilation.output else {
        panic!("{stack} is refused: {}", errors.join("\n"))
    };
    Side::of_plan(&stack, &plan)
}

/// What a row's change does.
fn difference(row: &Row, before: &Side) -> Difference {
    let mut changed = texts(&row.stack);
    let file = match &row.file {
        Some(file) => format!("stacks/{file}"),
        None => format!("stacks/{}/observability.yaml", row.stack),
    };
    let text = changed.get_mut(&file).unwrap();
    let others = row.and.iter().map(|it| (&it.from, &it.to));
    for (from, to) in [(&row.from, &row.to)].into_iter().chain(others) {
        assert_eq!(text.matches(from).count(), 1, "{}: {from}", row.change);
        *text = text.replace(from, to);
    }
    compare(before, &side(&row.stack, &changed))
}

/// The stacks as they are, by their names.
fn befores() -> &'static BTreeMap<String, Side> {
    static BEFORES: OnceLock<BTreeMap<String, Side>> = OnceLock::new();
    BEFORES.get_or_init(|| {
        stacks()
            .into_iter()
            .map(|stack| (stack.clone(), side(&stack, &texts(&stack))))
            .collect()
    })
}

/// The rows, each with what its change does; computed once for all tests.
fn differences() -> &'static [(Row, Difference)] {
    static DIFFERENCES: OnceLock<Vec<(Row, Difference)>> = OnceLock::new();
    DIFFERENCES.get_or_init(|| {
        let of = |row: &Row| difference(row, &befores()[&row.stack]);
        let rows = rows();
        let (left, right) = rows.split_at(rows.len() / 2);
        let mut found: Vec<Difference> = Vec::new();
        std::thread::scope(|scope| {
            let left = scope.spawn(|| left.iter().map(of).collect::<Vec<_>>());
            let right: Vec<Difference> = right.iter().map(of).collect();
            found.extend(left.join().unwrap());
            found.extend(right);
        });
        rows.into_iter().zip(found).collect()
    })
}

/// Each change, the stack as it was, and what differs.
pub(crate) fn changes() -> impl Iterator<Item = (&'static str, &'static Side, &'static Difference)>
{
    differences()
        .iter()
        .map(|(row, difference)| (row.change.as_str(), &befores()[&row.stack], difference))
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut files: Vec<_> = fs::read_dir(root().join("tests/diff"))
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.extension().is_some_and(|it| it == "yaml"))
        .collect();
    files.sort();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let of_file: Vec<Row> = serde_yaml::from_str(&text).unwrap();
        rows.extend(of_file);
    }
    rows
}

/// Everything that is said of an effect.
fn said(consequence: &Consequence) -> Vec<(&'static str, String, &str)> {
    consequence
        .effects
        .iter()
        .map(|it| {
            let effect = &it.effect;
            let instead = effect.instead.as_deref().unwrap_or_default();
            let text = format!("{}; {}; {instead}", effect.what, effect.exposed);
            (effect.class.name(), text, &*effect.source)
        })
        .collect()
}

#[test]
fn each_change_has_its_class_and_its_sentence() {
    let mut wrong = Vec::new();
    for (row, difference) in differences() {
        let is_told = difference.consequences.iter().any(|it| {
            it.subjects.iter().any(|it| it.contains(&row.of))
                && said(it).iter().any(|(class, text, source)| {
                    *class == row.class
                        && row.says.iter().all(|it| text.contains(it.as_str()))
                        && source.contains(&row.source)
                })
        });
        if !is_told {
            let all: Vec<String> = difference
                .consequences
                .iter()
                .map(|it| format!("    {:?}: {:?}", it.subjects, said(it)))
                .collect();
            wrong.push(format!("{}:\n{}", row.change, all.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn each_object_that_differs_has_a_consequence() {
    for (row, difference) in differences() {
        assert!(!difference.is_empty(), "{}", row.change);
        assert!(!difference.consequences.is_empty(), "{}", row.change);
        let mut all = difference.consequences.iter();
        assert!(all.all(|it| !it.effects.is_empty()), "{}", row.change);
    }
}

#[test]
fn what_is_written_otherwise_is_no_change() {
    for stack in stacks() {
        let before = texts(&stack);
        let path = format!("stacks/{stack}/observability.yaml");
        let own = &before[&path];
        let mut commented = before.clone();
        commented.insert(
            path.clone(),
            format!("# A comment.\n{own}\n# Another one.\n"),
        );
        let same = compare(&side(&stack, &before), &side(&stack, &commented));
        assert!(same.is_empty(), "{stack}");
        // The policy as another program writes it: other quotes, other order of the keys of maps.
        let mut value: serde_json::Value = serde_yaml::from_str(own).unwrap();
        value.sort_all_objects();
        let mut rewritten = before.clone();
        rewritten.insert(path, serde_json::to_string_pretty(&value).unwrap());
        let same = compare(&side(&stack, &before), &side(&stack, &rewritten));
        let ids: Vec<String> = same.objects.iter().map(|it| it.id.to_string()).collect();
        assert!(same.is_empty(), "{stack}: {}", ids.join(", "));
    }
}

#[test]
fn a_value_that_moves_between_base_and_stack_is_no_change() {
    let before = texts("prod");
    let mut after = before.clone();
    let own = after.get_mut("stacks/prod/observability.yaml").unwrap();
    *own = own.replace(
        "  redis:\n    instances:\n",
        "  redis:\n    defaults: {metrics: {interval: 30s}}\n    instances:\n",
    );
    let base = after.get_mut("stacks/base.yaml").unwrap();
    *base = base.replace("      metrics: {interval: 30s}\n", "");
    assert_ne!(before["stacks/base.yaml"], after["stacks/base.yaml"]);
    assert!(compare(&side("prod", &before), &side("prod", &after)).is_empty());
}

#[test]
fn a_tree_and_a_stream_are_what_their_policy_delivers() {
    for stack in stacks() {
        let policy = side(&stack, &texts(&stack));
        let tree = obsgen::files::manifests_below(&root().join("golden").join(&stack)).unwrap();
        let resources = tree
            .files
            .iter()
            .flat_map(|(path, text)| obsgen::read::manifest::resources(path, text).unwrap());
        let tree = Side::of_manifests(resources.collect());
        let difference = compare(&tree, &policy);
        let ids: Vec<String> = difference
            .objects
            .iter()
            .map(|it| it.id.to_string())
            .collect();
        assert!(difference.is_empty(), "{stack}: {}", ids.join(", "));
    }
}

#[test]
fn what_the_api_server_adds_is_no_difference() {
    let stream = |metadata: &str, status: &str| {
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: b\n{metadata}data: {{c: d}}\n{status}"
        );
        Side::of_manifests(obsgen::read::manifest::resources("a.yaml", &text).unwrap())
    };
    let applied = stream("", "");
    let read = stream(
        "  uid: 5f0c\n  resourceVersion: \"1\"\n  creationTimestamp: \"2026-01-01T00:00:00Z\"\n  \
         annotations:\n    kubectl.kubernetes.io/last-applied-configuration: '{}'\n",
        "status: {phase: Active}\n",
    );
    assert!(compare(&applied, &read).is_empty());
}

/// What obsgen annotates for tools of delivery restarts nothing: the resource tells the operator so.
#[test]
fn an_annotation_restarts_pods_unless_the_operator_is_told_to_ignore_it() {
    let stream = |annotations: &str, ignored: &str| {
        let text = format!(
            "apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\n\
             metadata: {{name: a, namespace: b, annotations: {annotations}}}\n\
             spec: {{kubernetesConfig: {{image: 'quay.io/opstree/redis:v7.4.11', ignoreAnnotations: {ignored}}}}}\n"
        );
        Side::of_manifests(obsgen::read::manifest::resources("a.yaml", &text).unwrap())
    };
    let (none, one, both) = ("{}", "{x.example.com/a: c}", "{x.example.com/a: c, d: e}");
    for (before, after, ignored, class) in [
        (none, one, "[x.example.com/a]", Class::None),
        (one, none, "[x.example.com/a]", Class::None),
        (one, both, "[x.example.com/a, d]", Class::None),
        (none, one, "[]", Class::Rolling),
        (none, both, "[x.example.com/a]", Class::Rolling),
        (one, none, "[d]", Class::Rolling),
    ] {
        let difference = compare(&stream(before, ignored), &stream(after, ignored));
        let effects = difference.consequences.iter().flat_map(|it| &it.effects);
        let worst = effects.map(|it| it.effect.class).max();
        assert_eq!(worst, Some(class), "{before} to {after}, {ignored}");
    }
}
