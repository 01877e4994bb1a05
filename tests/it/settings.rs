//! Values that are set over a policy when it is rendered.

use std::fs;

use crate::program::{obsgen, repository, said};

/// A policy of the examples, in a repository of its own.
fn prod() -> tempfile::TempDir {
    let stacks = crate::stacks::root().join("stacks");
    let read = |path: &str| fs::read_to_string(stacks.join(path)).unwrap();
    repository(&[
        ("base.yaml", &read("base.yaml")),
        ("prod/observability.yaml", &read("prod/observability.yaml")),
    ])
}

/// Renders with settings; the exit code, what was printed, and what was said.
fn rendered(settings: &[&str]) -> (Option<i32>, String, String) {
    let folder = prod();
    let mut arguments = vec!["render", "prod"];
    for setting in settings {
        arguments.extend(["--set", setting]);
    }
    let output = obsgen(folder.path(), &arguments);
    let stdout = String::from_utf8(output.stdout.clone()).unwrap();
    (output.status.code(), stdout, said(&output))
}

#[test]
fn a_value_is_set_over_the_policy_its_base_and_what_is_assumed() {
    let (_, before, _) = rendered(&[]);
    assert!(before.contains("cluster: prod-eu-1"));
    let (code, after, talk) = rendered(&[
        "cluster=prod-eu-2",
        "redis.instances.session-cache.alerts.RedisMemoryHigh.threshold=91%",
        "spec.redis.instances.catalog.config.timeout=301",
    ]);
    assert_eq!(code, Some(0), "{talk}");
    assert!(after.contains("cluster: prod-eu-2") && !after.contains("prod-eu-1"));
    assert!(after.contains("0.91") && !before.contains("0.91"));
    assert!(
        after.contains("timeout 301") || after.contains("timeout: \"301\""),
        "{after}"
    );
    // What is not set is as it was.
    let count = |text: &str| text.matches("\nkind: ").count();
    assert_eq!(count(&before), count(&after));
}

#[test]
fn what_is_wrong_with_a_setting_is_found_as_in_a_policy() {
    for (setting, expected) in [
        ("clustr=x", "policy/unknown-field"),
        (
            "redis.instances.session-cache.team=nobody",
            "references/unknown-team",
        ),
        (
            "redis.instances.session-cache.topology.redisPods=many",
            "policy/wrong-type",
        ),
        (
            "redis.instances.sesion-cache.team=checkout",
            "did you mean `session-cache`?",
        ),
        (
            "redis.instances.session-cache.team={a: 1}",
            "is not set to a single value",
        ),
        ("redis.instances=[]", "is not set to a single value"),
        ("logging=null", "is not set to a single value"),
        (
            "redis.instances.session-cache.remove=true",
            "`remove` cannot be set from outside",
        ),
        ("metadata.name=other", "`name` cannot be set from outside"),
        ("extends=other.yaml", "`extends` cannot be set from outside"),
        (
            "platform.redisOperator.kind=redis-operator",
            "`kind` cannot be set from outside",
        ),
        (
            "redis.instances.session-cache.namespace=elsewhere",
            "what is set leaves out",
        ),
        ("cluster=yes", "yaml/ambiguous-scalar"),
        ("cluster=\"a", "yaml/syntax"),
        ("cluster=&a b", "yaml/anchor"),
    ] {
        let (code, stdout, talk) = rendered(&[setting]);
        assert_eq!(code, Some(1), "{setting}: {talk}");
        assert!(talk.contains(expected), "{setting}: {talk}");
        assert_eq!(stdout, "", "{setting}");
        assert!(!talk.contains("obsgen, please report"), "{setting}: {talk}");
    }
    let (code, _, talk) = rendered(&["clustr=x"]);
    assert_eq!(code, Some(1));
    assert!(talk.contains("--> --set:1:1"), "{talk}");
}

#[test]
fn a_setting_is_one_line_of_a_policy() {
    for setting in [
        "cluster",
        "=x",
        "cluster: a\nx=b",
        "cluster=a\nspec.extends: x",
        "cluster=a\u{85}b",
        "a b=c",
    ] {
        let (code, stdout, talk) = rendered(&[setting]);
        assert_eq!(
            (code, stdout.as_str()),
            (Some(2), ""),
            "{setting:?}: {talk}"
        );
    }
}

#[test]
fn a_credential_that_is_set_is_refused_and_not_shown() {
    let (code, stdout, talk) =
        rendered(&["cluster=xoxb-123456789012-123456789012-AbCdEfGhIjKlMnOpQrStUvWx"]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(talk.contains("secrets/"), "{talk}");
    assert!(!talk.contains("AbCdEfGhIjKl"), "{talk}");
}
