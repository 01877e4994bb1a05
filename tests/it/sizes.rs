//! How large the objects of a tree may be: divided, marked, or refused before anything is written.

use std::collections::BTreeSet;

use obsgen::diag::Diagnostic;
use obsgen::plan::size::{LARGEST, LARGEST_ANNOTATIONS, LARGEST_RULES};
use obsgen::render::{objects, yaml};
use obsgen::{Compilation, compile, compile_unchecked};
use serde_json::Value;

use crate::stacks::{compile_stack, root, stacks};

const OPTIONS: &str = "argocd.argoproj.io/sync-options";

/// The smallest example with alerts of its own, and with more receivers.
fn policy(alerts: usize, receivers: usize) -> String {
    let path = root().join("stacks/minimal/observability.yaml");
    let mut text = std::fs::read_to_string(path).unwrap();
    text.push_str("  alerts:\n    custom:\n");
    for it in 0..alerts {
        text.push_str(&format!(
            "    - {{name: Alert{it}, expr: 'redis_up{{stack=\"minimal\"}} == {it}', for: 5m, severity: warning, \
             team: web, summary: 'number {it}', runbook: 'https://git.example.com/runbooks/{it}.md'}}\n"
        ));
    }
    let mut more = "  receivers:\n".to_owned();
    for it in 0..receivers {
        more.push_str(&format!(
            "    - {{name: chat-{it}, slack: {{channel: '#chat-{it}', url: {{secretRef: {{name: alert-slack, key: url}}}}}}}}\n"
        ));
    }
    text.replace("  receivers:\n", &more)
}

fn unchecked(text: &str) -> Compilation {
    compile_unchecked(&|_| Ok(text.to_owned()), "observability.yaml")
}

fn objects_of(compilation: &Compilation) -> Vec<Value> {
    let errors: Vec<_> = compilation
        .findings
        .iter()
        .filter(|it| it.is_error())
        .collect();
    let output = compilation.output.as_ref();
    objects(&output.unwrap_or_else(|| panic!("{errors:?}")).1)
}

#[test]
fn the_size_that_is_counted_is_the_size_that_is_delivered() {
    for stack in stacks() {
        let compilation = compile_stack(&stack);
        let (_, plan) = compilation.output.as_ref().unwrap();
        for (planned, object) in plan.objects().into_iter().zip(objects(plan)) {
            let counted = planned.size();
            let real = object.to_string().len();
            let name = planned.object.identity();
            assert!(
                real <= counted,
                "{name} of {stack}: {real}, counted as {counted}"
            );
            assert!(
                counted <= real + real / 10 + 64,
                "{name} of {stack}: {real}, counted as {counted}"
            );
            let texts = |field: &str| -> usize {
                let values = object[field].as_object().into_iter().flatten();
                values.filter_map(|(_, it)| it.as_str()).map(str::len).sum()
            };
            if matches!(planned.object.kind(), "ConfigMap" | "Secret") {
                let real = texts("data") + texts("stringData");
                let data = planned.data();
                assert!(
                    real <= data && data <= real + real / 5 + 64,
                    "{name}: {real}, {data}"
                );
            }
        }
        for object in objects(plan) {
            assert!(object.to_string().len() < LARGEST_ANNOTATIONS, "{object}");
            let options = object["metadata"]["annotations"][OPTIONS].as_str();
            assert!(!options.unwrap_or_default().contains("ServerSideApply"));
        }
    }
}

/// Many alerts are divided among objects that everything takes, and one more changes one of them.
#[test]
fn rules_are_divided_before_they_are_too_large() {
    let rules = |count: usize| -> Vec<Value> {
        let all = objects_of(&unchecked(&policy(count, 0)));
        all.into_iter()
            .filter(|it| it["kind"] == "PrometheusRule")
            .collect()
    };
    let of = |objects: &[Value]| -> BTreeSet<String> {
        let groups = objects
            .iter()
            .flat_map(|it| it["spec"]["groups"].as_array().unwrap());
        let rules = groups.flat_map(|it| it["rules"].as_array().unwrap());
        let names = rules.filter_map(|it| it["alert"].as_str());
        names
            .filter(|it| it.starts_with("Alert"))
            .map(str::to_owned)
            .collect()
    };
    let (before, after) = (rules(3_000), rules(3_001));
    assert_eq!(of(&before).len(), 3_000);
    assert_eq!(of(&after).len(), 3_001);
    let custom = |objects: &[Value]| {
        let names = objects
            .iter()
            .map(|it| it["metadata"]["name"].as_str().unwrap());
        names.filter(|it| it.contains("alerts-custom")).count()
    };
    assert_eq!((custom(&rules(3)), custom(&before)), (1, 16));
    for object in &before {
        let name = &object["metadata"]["name"];
        let spec = yaml::document(&object["spec"]).len();
        assert!(spec < LARGEST_RULES, "{name}: {spec}");
        let whole = object.to_string().len();
        assert!(whole < LARGEST_ANNOTATIONS, "{name}: {whole}");
    }
    let changed = after.iter().filter(|it| !before.contains(it)).count();
    assert_eq!(changed, 1);
    let groups: BTreeSet<&str> = before
        .iter()
        .map(|it| it["spec"]["groups"][0]["name"].as_str().unwrap())
        .collect();
    assert_eq!(groups.len(), before.len(), "two groups have one name");
}

#[test]
fn what_is_too_large_for_an_annotation_is_applied_by_the_server() {
    let marked = |receivers: usize| -> Vec<(String, usize)> {
        let all = objects_of(&unchecked(&policy(1, receivers)));
        let is_marked = |it: &&Value| {
            it["metadata"]["annotations"][OPTIONS].as_str() == Some("ServerSideApply=true")
        };
        let name = |it: &Value| {
            (
                it["kind"].as_str().unwrap().to_owned(),
                it.to_string().len(),
            )
        };
        all.iter().filter(is_marked).map(name).collect()
    };
    assert_eq!(marked(50), []);
    let found = marked(150);
    let is_meant = |(kind, size): &(String, usize)| {
        kind == "AlertmanagerConfig" && *size > LARGEST_ANNOTATIONS
    };
    assert!(found.len() == 3 && found.iter().all(is_meant), "{found:?}");
}

#[test]
fn what_nothing_takes_is_refused() {
    let text = policy(1, 500);
    let compilation = compile(&|_| Ok(text.clone()), "observability.yaml");
    assert!(compilation.output.is_none());
    let found: Vec<_> = compilation
        .findings
        .iter()
        .filter(|it| it.name == "platform/object-too-large")
        .collect();
    let of_kind = |it: &&Diagnostic| it.headline.contains("the AlertmanagerConfig `minimal`");
    assert_eq!(
        (found.len(), found.iter().copied().filter(of_kind).count()),
        (3, 3)
    );
    // Without it the object would be one that the API server refuses.
    let size = objects_of(&unchecked(&text))
        .iter()
        .map(|it| it.to_string().len())
        .max();
    assert!(size > Some(LARGEST));
}
