//! Why a line of the output is as it is.

use std::fs;

use obsgen::plan::{Plan, plan_part};
use obsgen::read::vary::{Change, Variants, variables};
use obsgen::render::render;
use obsgen::why::place::{Fate, Place, Question};
use obsgen::why::{Answer, why};
use obsgen::{Compilation, model};

use crate::program::{obsgen, repository, said};
use crate::stacks::{compile_stack, root};

fn of(compilation: &Compilation, file: &str, question: &Question) -> (Place, Answer) {
    let (stack, plan) = compilation.output.as_ref().unwrap();
    let places = Place::find(plan, file, question).unwrap();
    let place = places.into_iter().next().unwrap();
    let answer = why(&compilation.document, stack, plan, &place);
    (place, answer)
}

/// The first line of a file with a text in it.
fn line(plan: &Plan, file: &str, text: &str) -> Question {
    let tree = render(plan);
    let bytes = &tree.get(file).unwrap_or_else(|| panic!("no {file}")).bytes;
    let whole = String::from_utf8(bytes.clone()).unwrap();
    let at = whole.lines().position(|it| it.contains(text));
    Question::Line(1 + at.unwrap_or_else(|| panic!("{file} has no line with {text}")))
}

/// A line of the example, the fields that decide it, and what it is there for.
type Case = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const CASES: &[Case] = &[
    // From the instance, from what it is laid over, and from the name of the stack.
    (
        "redis/shop/session-cache.yaml",
        "maxmemory-policy allkeys-lru",
        &["redis.instances.session-cache.config.maxmemory-policy"],
        &[],
    ),
    (
        "redis/shop/session-cache.yaml",
        "maxmemory 768mb",
        &["redis.defaults.config.maxmemory"],
        &["redis.instances.session-cache"],
    ),
    (
        "redis/shop/session-cache.yaml",
        "part-of: prod",
        &["metadata.name"],
        &["redis.instances.session-cache"],
    ),
    (
        "redis/shop/session-cache.yaml",
        "redisSecret:",
        &[],
        &[
            "redis.instances.session-cache.topology",
            "redis.instances.session-cache.auth",
        ],
    ),
    // From a tier, and from an exception to it.
    (
        "prometheus/rules/alerts-instance.yaml",
        "> 0.8",
        &["alerts.tiers.critical.RedisMemoryHigh.threshold"],
        &[],
    ),
    (
        "prometheus/rules/alerts-instance.yaml",
        "class: warning, 85%, for 15m",
        &[
            "redis.instances.session-cache.alerts.RedisMemoryHigh.threshold",
            "redis.instances.session-cache.alerts.RedisMemoryHigh.for",
            "alerts.tiers.critical.RedisMemoryHigh.severity",
        ],
        &[],
    ),
    // What obsgen assumes.
    (
        "prometheus/rules/alerts-instance.yaml",
        "redis_uptime_in_seconds{stack",
        &[
            "metadata.name",
            "alerts.tiers.critical.RedisRestarted.threshold",
            "alerts.tiers.critical.RedisRestarted.severity",
            "alerts.tiers.standard.RedisRestarted.threshold",
            "alerts.tiers.standard.RedisRestarted.severity",
        ],
        &[],
    ),
    // Within a document, by an item without a name, and in a list of files.
    (
        "alertmanager/config-monitoring.yaml",
        "value: critical",
        &["routing.routes[0].matchers"],
        &[],
    ),
    (
        "redis/shop/kustomization.yaml",
        "- cart.yaml",
        &[
            "redis.instances.cart.name",
            "redis.instances.cart.namespace",
        ],
        &[],
    ),
    (
        "grafana/instance.yaml",
        "\"mode\": \"thresholds\"",
        &[],
        &["platform.grafana", "dashboards"],
    ),
];

#[test]
fn a_line_is_led_back_to_the_fields_that_decide_it() {
    let compilation = compile_stack("prod");
    let (_, plan) = compilation.output.as_ref().unwrap();
    let mut wrong = Vec::new();
    for (file, text, decided, there) in CASES {
        let (place, answer) = of(&compilation, file, &line(plan, file, text));
        let fields: Vec<String> = answer
            .decided_by
            .iter()
            .map(|it| it.field.to_string())
            .collect();
        let parts: Vec<String> = answer.there_for.iter().map(ToString::to_string).collect();
        if fields != *decided || parts != *there {
            wrong.push(format!(
                "{file}, {text}: {place:?}\n  {fields:?}\n  {parts:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Fields are tried together and taken apart only where something changes. One by one, the answer has
/// to be the same.
#[test]
fn trying_fields_together_finds_what_trying_them_one_by_one_finds() {
    let compilation = compile_stack("minimal");
    let (_, plan) = compilation.output.as_ref().unwrap();
    let variants = Variants::of(&compilation.document);
    let variables = variables(&compilation.document);
    let tree = render(plan);
    let mut asked = 0;
    let mut decided = 0;
    for (file, content) in tree.iter().filter(|(file, _)| {
        !["runbooks/", "grafana/"]
            .iter()
            .any(|it| file.starts_with(it))
    }) {
        let lines = content.bytes.iter().filter(|it| **it == b'\n').count();
        for number in (2..=lines).step_by(lines / 3 + 1) {
            let Ok(places) = Place::find(plan, file, &Question::Line(number)) else {
                continue;
            };
            let (_, answer) = of(&compilation, file, &Question::Line(number));
            let place = &places[0];
            let one_by_one: Vec<String> = variables
                .iter()
                .filter(|variable| {
                    variable.others.iter().take(3).any(|other| {
                        let spec = variants.with([Change::Set(&variable.field, other)]);
                        spec.is_some_and(|spec| {
                            let (stack, _) = model::resolve(&spec);
                            let other = plan_part(&stack, place.owner);
                            place.compared(plan, &other) == Fate::Different
                        })
                    })
                })
                .map(|it| it.field.to_string())
                .collect();
            let together: Vec<String> = answer
                .decided_by
                .iter()
                .map(|it| it.field.to_string())
                .filter(|it| {
                    variables
                        .iter()
                        .any(|variable| variable.field.to_string() == *it)
                })
                .collect();
            assert_eq!(together, one_by_one, "{file}:{number}");
            asked += 1;
            decided += usize::from(!together.is_empty());
        }
    }
    assert!(
        asked > 30 && decided > 6,
        "{asked} lines, {decided} decided"
    );
}

fn prod() -> tempfile::TempDir {
    let read = |path: &str| fs::read_to_string(root().join("stacks").join(path)).unwrap();
    let folder = repository(&[
        ("stacks/base.yaml", &read("base.yaml")),
        (
            "stacks/prod/observability.yaml",
            &read("prod/observability.yaml"),
        ),
    ]);
    let built = obsgen(folder.path(), &["build", "stacks/prod"]);
    assert!(built.status.success(), "{}", said(&built));
    folder
}

#[test]
fn the_answer_names_places_and_what_is_overridden() {
    let folder = prod();
    let asked = |arguments: &[&str]| {
        let output = obsgen(folder.path(), &[&["why"], arguments].concat());
        let stdout = String::from_utf8(output.stdout.clone()).unwrap();
        (output.status.code(), stdout, said(&output))
    };
    let file = "build/prod/redis/shop/session-cache.yaml";
    let (code, answer, talk) = asked(&[file, "metadata.labels[app.kubernetes.io/part-of]"]);
    assert_eq!(code, Some(0), "{talk}");
    let expected = "\
build/prod/redis/shop/session-cache.yaml: ConfigMap shop/session-cache-redis-config
  metadata.labels[app.kubernetes.io/part-of]: prod
decided by
  metadata.name  base  stacks/base.yaml:5:18               overridden
  metadata.name  prod  stacks/prod/observability.yaml:5:9  counts
there because of
  redis.instances.session-cache  stacks/prod/observability.yaml:30:15
";
    assert!(answer.starts_with(expected), "{answer}");

    // With the column of an editor, from a path without the tree, of one of several stacks.
    let short = "redis/shop/session-cache.yaml:9:3";
    let (code, of_line, talk) = asked(&[short, "--stack", "stacks/prod"]);
    assert_eq!((code, talk.as_str()), (Some(0), ""));
    assert_eq!(of_line.replace(short, file), expected);

    for (arguments, code, expected) in [
        (
            &["build/prod/redis/shop/session.yaml"][..],
            2,
            "did you mean `redis/shop/session-cache.yaml`?",
        ),
        (
            &[file, "spec.clusterSiz"],
            2,
            "did you mean `spec.clusterSize`?",
        ),
        (
            &["build/prod/redis/shop/session-cache.yaml:4000"],
            2,
            "lines only",
        ),
        (
            &["build/prod/redis/shop/session-cache.yaml:4", "spec"],
            2,
            "name one of them",
        ),
        (
            &["build/prod/redis/shop/session-cache.yaml:1"],
            0,
            "no field of a policy decides it",
        ),
    ] {
        let (is, answer, talk) = asked(arguments);
        assert_eq!(
            (is, answer.as_str()),
            (Some(code), ""),
            "{arguments:?}: {talk}"
        );
        assert!(talk.contains(expected), "{arguments:?}: {talk}");
    }

    // What is on disk may be older than the policy.
    let path = folder.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("clusterSize: 3", "clusterSize: 5")).unwrap();
    let number = 1 + text
        .lines()
        .position(|it| it.contains("clusterSize: 3"))
        .unwrap();
    let (code, answer, talk) = asked(&[&format!("{file}:{number}")]);
    assert_eq!((code, answer.as_str()), (Some(1), ""));
    assert!(talk.contains("run `obsgen build` first"), "{talk}");
    let (code, _, talk) = asked(&[&format!("{file}:9")]);
    assert_eq!(code, Some(0));
    assert!(talk.contains("warning: "), "{talk}");
}
