//! What is known of series: who exports them, when, and under which labels.

use obsgen::promql::{Selected, Series as _};
use obsgen::prove::series::World;
use promql_parser::parser::{self, Expr};

use crate::stacks::{compile_over, compile_stack};

fn world(stack: &str) -> World {
    let (stack, plan) = compile_stack(stack).output.expect("the stack compiles");
    World::of(&stack, &plan)
}

fn select(world: &World, selector: &str) -> Selected {
    match parser::parse(selector).unwrap() {
        Expr::VectorSelector(it) => world.select(&it.name.unwrap(), &it.matchers),
        other => panic!("{other} is no selector"),
    }
}

#[track_caller]
fn is_there(world: &World, selector: &str) {
    let found = select(world, selector);
    assert!(matches!(found, Selected::Some(_)), "{selector}: {found:?}");
}

#[track_caller]
fn is_unknown(world: &World, selector: &str) {
    let found = select(world, selector);
    assert!(
        matches!(found, Selected::UnknownMetric),
        "{selector}: {found:?}"
    );
}

#[track_caller]
fn misses(world: &World, selector: &str, wanted: &str, carried: bool) {
    match select(world, selector) {
        Selected::Nothing { label, is_carried } => {
            assert_eq!(
                (label.as_str(), is_carried),
                (wanted, carried),
                "{selector}"
            );
        }
        found => panic!("{selector}: {found:?}"),
    }
}

#[test]
fn what_nothing_exports_is_not_there() {
    let world = world("prod");
    is_unknown(&world, "redis_instance_memory_limit_bytes");
    is_unknown(&world, "redis_sentinel_quorum_required");
    is_there(&world, "redis_memory_max_bytes");
}

/// The exporter has it with a flag only, and is started without.
#[test]
fn what_a_flag_brings_is_not_there_without() {
    is_unknown(&world("prod"), "redis_total_system_memory_bytes");
}

#[test]
fn a_topology_has_what_is_of_it() {
    let (minimal, prod) = (world("minimal"), world("prod"));
    is_unknown(&minimal, "redis_sentinel_masters");
    is_unknown(&minimal, "redis_cluster_state");
    is_there(&prod, "redis_sentinel_masters{component=\"sentinel\"}");
    misses(
        &prod,
        "redis_sentinel_masters{component=\"redis\"}",
        "component",
        true,
    );
    is_there(&prod, "redis_cluster_state{topology=\"cluster\"}");
    misses(
        &prod,
        "redis_cluster_state{topology=\"sentinel\"}",
        "topology",
        true,
    );
}

#[test]
fn labels_are_those_that_monitors_give() {
    let world = world("prod");
    is_there(
        &world,
        "redis_up{stack=\"prod\",instance_name=~\"cart|x\",tier!=\"standard\"}",
    );
    misses(&world, "redis_up{stack=\"staging\"}", "stack", true);
    misses(
        &world,
        "redis_up{instance_name=\"carts\"}",
        "instance_name",
        true,
    );
    misses(&world, "redis_up{cluster=\"prod-eu-1\"}", "cluster", false);
    let Selected::Some(found) = select(&world, "redis_commands_total{instance_name=\"cart\"}")
    else {
        panic!("it is exported");
    };
    for label in ["stack", "team", "pod", "cmd"] {
        assert!(found.shape.labels.contains_key(label), "{label}");
    }
}

/// Without `honorLabels` what an operator says of `namespace` has another name.
#[test]
fn an_operator_says_what_it_is_about() {
    let (stack, plan) = compile_stack("seed").output.expect("the stack compiles");
    let labels = |world: &World| match select(world, "redis_cluster_nodes_total") {
        Selected::Some(found) => found.shape.labels.into_keys().collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert!(!labels(&World::of(&stack, &plan)).contains(&"exported_namespace".to_owned()));
    let changed = plan.with(|path, objects| {
        if path.ends_with("monitors/operator.yaml") {
            let endpoint = &mut objects[0].object.value_mut()["spec"]["endpoints"][0];
            endpoint
                .as_object_mut()
                .unwrap()
                .shift_remove("honorLabels");
        }
    });
    assert!(labels(&World::of(&stack, &changed)).contains(&"exported_namespace".to_owned()));
}

#[test]
fn what_the_cluster_runs_is_assumed() {
    let world = world("prod");
    is_there(&world, "kube_pod_status_phase{namespace=\"shop\"}");
    is_there(&world, "ALERTS{alertname=\"RedisDown\",team=\"checkout\"}");
    is_there(&world, "up{component=\"operator\"}");
}

#[test]
fn what_rules_record_is_there() {
    let world = world("prod");
    is_there(
        &world,
        "instance_name:redis_pods:policy{stack=\"prod\",team=\"checkout\"}",
    );
    misses(
        &world,
        "instance_name:redis_pods:policy{team=\"other\"}",
        "team",
        true,
    );
    misses(
        &world,
        "instance_name:redis_pods:policy{pod=\"x\"}",
        "pod",
        false,
    );
}

#[test]
fn what_the_policy_declares_is_there() {
    let policy = "  alerts:
    custom:
      - name: JobsPending
        expr: 'jobs_pending{queue=\"a\"} > 1'
        severity: warning
        team: web
        summary: s
        runbook: https://a.example/b
    externalMetrics: [{name: jobs_pending, type: gauge, labels: [queue]}]
";
    let (stack, plan) = compile_over("minimal", policy).output.expect("it compiles");
    is_there(&World::of(&stack, &plan), "jobs_pending");
}
