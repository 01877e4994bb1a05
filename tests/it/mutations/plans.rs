//! A plan that is changed as a defect of the program would change it is refused, by the right name.
//!
//! Each line says what is changed, in which stack, and what it is to be found as. A change that nothing
//! finds has to be in [`SURVIVORS`], with the reason.

use std::collections::BTreeSet;

use obsgen::api::fluent_bit::{Setting, Settings, Variable};
use obsgen::check;
use obsgen::model::stack::Stack;
use obsgen::plan::{Document, Plan, Planned};
use serde_json::{Value, json};

use crate::stacks::{compile_stack, stacks};

/// Changes that nothing finds, and why that is right.
const SURVIVORS: &[(&str, &str)] = &[];

/// A change of a plan.
struct Mutation {
    what: &'static str,
    stack: &'static str,
    found_as: &'static str,
    change: Box<dyn Fn(&mut Planned) -> bool>,
}

/// Changes the objects of a kind.
fn of_kind(
    stack: &'static str,
    kind: &'static str,
    what: &'static str,
    found_as: &'static str,
    change: impl Fn(&mut Value) -> bool + 'static,
) -> Mutation {
    Mutation {
        what,
        stack,
        found_as,
        change: Box::new(move |planned| {
            planned.object.kind() == kind && change(planned.object.value_mut())
        }),
    }
}

/// Changes the first monitor of Redis of a stack.
fn monitor(
    stack: &'static str,
    what: &'static str,
    found_as: &'static str,
    change: impl Fn(&mut Value) -> bool + 'static,
) -> Mutation {
    Mutation {
        what,
        stack,
        found_as,
        change: Box::new(move |planned| {
            let is_monitor = matches!(planned.object.kind(), "ServiceMonitor" | "PodMonitor");
            let name = planned.object.name();
            is_monitor
                && name.starts_with(&format!("{stack}-redis-"))
                && !name.ends_with("-operator")
                && change(planned.object.value_mut())
        }),
    }
}

/// The endpoints of a monitor.
fn endpoints(monitor: &mut Value) -> &mut Vec<Value> {
    let field = match monitor["kind"].as_str() {
        Some("PodMonitor") => "podMetricsEndpoints",
        _ => "endpoints",
    };
    monitor["spec"][field].as_array_mut().unwrap()
}

/// Sets a field of the first endpoint.
fn set(field: &'static str, value: Value) -> impl Fn(&mut Value) -> bool {
    move |monitor| {
        endpoints(monitor)[0][field] = value.clone();
        true
    }
}

/// Changes the steps of relabelling of the first endpoint.
fn steps(change: impl Fn(&mut Vec<Value>) -> bool) -> impl Fn(&mut Value) -> bool {
    move |monitor| change(endpoints(monitor)[0]["relabelings"].as_array_mut().unwrap())
}

/// Takes away the steps that set a label.
fn without_step(label: &'static str) -> impl Fn(&mut Value) -> bool {
    steps(move |steps| {
        let before = steps.len();
        steps.retain(|it| it["targetLabel"] != label);
        steps.len() < before
    })
}

fn monitors() -> Vec<Mutation> {
    let renamed = |from: &'static str, to: &'static str| {
        steps(move |steps| {
            let step = steps.iter_mut().find(|it| it["targetLabel"] == from);
            step.is_some_and(|it| {
                it["targetLabel"] = json!(to);
                true
            })
        })
    };
    let replaced = |label: &'static str, value: &'static str| {
        steps(move |steps| {
            let step = steps.iter_mut().find(|it| it["targetLabel"] == label);
            step.is_some_and(|it| {
                it["replacement"] = json!(value);
                true
            })
        })
    };
    let mut all = Vec::new();
    for stack in ["minimal", "prod", "staging"] {
        all.extend([
            monitor(
                stack,
                "the port of a monitor",
                "scrape/port-mismatch",
                set("port", json!("metrics")),
            ),
            monitor(
                stack,
                "the path of a monitor",
                "scrape/no-exporter",
                set("path", json!("/metric")),
            ),
            monitor(
                stack,
                "a monitor over https",
                "scrape/no-exporter",
                set("scheme", json!("https")),
            ),
            monitor(
                stack,
                "a timeout above the interval",
                "scrape/timeout",
                set("scrapeTimeout", json!("2m")),
            ),
            monitor(
                stack,
                "an interval of ten minutes",
                "scrape/timeout",
                set("interval", json!("10m")),
            ),
            monitor(stack, "every namespace", "scrape/foreign-target", |it| {
                it["spec"]["namespaceSelector"] = json!({"any": true});
                it["spec"]["selector"]["matchExpressions"] = json!([]);
                true
            }),
            monitor(
                stack,
                "the monitor's own namespace",
                "scrape/selects-nothing",
                |it| {
                    it["spec"]["namespaceSelector"] = json!({});
                    true
                },
            ),
            monitor(
                stack,
                "a selector without names",
                "scrape/foreign-target",
                |it| {
                    it["spec"]["selector"]
                        .as_object_mut()
                        .unwrap()
                        .shift_remove("matchExpressions")
                        .is_some()
                },
            ),
            monitor(
                stack,
                "a selector without the component",
                "scrape/scraped-twice",
                |it| {
                    it["spec"]["selector"]
                        .as_object_mut()
                        .unwrap()
                        .shift_remove("matchLabels")
                        .is_some()
                },
            ),
            monitor(stack, "another component", "scrape/selects-nothing", |it| {
                it["spec"]["selector"]["matchLabels"] =
                    json!({"app.kubernetes.io/component": "metric"});
                true
            }),
            monitor(
                stack,
                "no stack",
                "scrape/wrong-label",
                without_step("stack"),
            ),
            monitor(stack, "no team", "scrape/wrong-label", without_step("team")),
            monitor(stack, "no tier", "scrape/wrong-label", without_step("tier")),
            monitor(
                stack,
                "no topology",
                "scrape/wrong-label",
                without_step("topology"),
            ),
            monitor(
                stack,
                "no component",
                "scrape/wrong-label",
                without_step("component"),
            ),
            monitor(
                stack,
                "a team by another name",
                "scrape/wrong-label",
                renamed("team", "owner"),
            ),
            monitor(
                stack,
                "another stack",
                "scrape/wrong-label",
                replaced("stack", "other"),
            ),
            monitor(
                stack,
                "the other team",
                "scrape/wrong-label",
                replaced("team", "others"),
            ),
            monitor(
                stack,
                "a step that is none",
                "scrape/relabeling-refused",
                steps(|steps| {
                    steps[0]["regex"] = json!("(");
                    true
                }),
            ),
            monitor(
                stack,
                "the names last",
                "scrape/wrong-label",
                steps(|steps| {
                    steps.reverse();
                    true
                }),
            ),
            monitor(
                stack,
                "the namespace overwritten",
                "scrape/wrong-label",
                steps(|steps| {
                    steps.push(json!({"targetLabel": "namespace", "replacement": "monitoring"}));
                    true
                }),
            ),
            monitor(
                stack,
                "targets dropped",
                "scrape/not-scraped",
                steps(|steps| {
                    steps.push(
                        json!({"sourceLabels": ["namespace"], "regex": ".+", "action": "drop"}),
                    );
                    true
                }),
            ),
        ]);
    }
    for (stack, kind) in [
        ("prod", "PodMonitor"),
        ("staging", "PodMonitor"),
        ("seed", "ServiceMonitor"),
    ] {
        all.push(of_kind(
            stack,
            kind,
            "labels of the operator's series",
            "scrape/labels-renamed",
            |it| {
                let is_operator = it["metadata"]["name"]
                    .as_str()
                    .unwrap()
                    .ends_with("-operator");
                is_operator
                    && endpoints(it)[0]
                        .as_object_mut()
                        .unwrap()
                        .shift_remove("honorLabels")
                        .is_some()
            },
        ));
    }
    all.extend([
        monitor(
            "seed",
            "no exporter asked",
            "scrape/no-exporter",
            without_step("__address__"),
        ),
        monitor(
            "seed",
            "no target named",
            "scrape/no-exporter",
            without_step("__param_target"),
        ),
        monitor(
            "seed",
            "another exporter",
            "scrape/no-exporter",
            replaced("__address__", "exporter.redis.svc:9121"),
        ),
        monitor(
            "seed",
            "the path of the exporter itself",
            "scrape/no-exporter",
            set("path", json!("/metrics")),
        ),
        of_kind(
            "seed",
            "Service",
            "the port of an exporter",
            "scrape/no-exporter",
            |it| {
                it["spec"]["ports"][0]["port"] = json!(9122);
                true
            },
        ),
        of_kind(
            "seed",
            "Service",
            "the selector of an exporter",
            "scrape/no-exporter",
            |it| {
                it["spec"]["selector"]["app.kubernetes.io/name"] = json!("exporter");
                true
            },
        ),
    ]);
    all
}

/// Changes a setting of the first section of Fluent Bit's configuration where a setting has a value; in
/// either format. An empty value takes the setting away.
fn setting(
    what: &'static str,
    (of, is): (&'static str, &'static str),
    (name, value): (&'static str, &'static str),
    found_as: &'static str,
) -> Vec<Mutation> {
    let yaml = move |value_of: &mut Value| change_yaml(value_of, (of, is), (name, value));
    let change = move |planned: &mut Planned| {
        planned
            .documents
            .iter_mut()
            .any(|it| match &mut it.document {
                Document::Yaml(document) => yaml(document),
                Document::Classic(sections) => sections.iter_mut().any(|(_, settings)| {
                    if !settings.iter().any(|it| it == (of, is)) || settings.get(name).is_none() {
                        return false;
                    }
                    let mut changed = Settings::default();
                    for (known, text) in settings.iter() {
                        let text = if known == name { value } else { text };
                        changed = match text {
                            "" => changed,
                            "${POD_IP}" => changed.set(known, Setting::variable(Variable::PodIp)),
                            "${ES_USER}" => changed.set(known, Setting::variable(Variable::User)),
                            "${ES_PASSWORD}" => {
                                changed.set(known, Setting::variable(Variable::Password))
                            }
                            text => changed.with(known, text),
                        };
                    }
                    *settings = changed;
                    true
                }),
                Document::Json(_) | Document::Ndjson(_) => false,
            })
    };
    ["prod", "staging", "seed"]
        .map(|stack| Mutation {
            what,
            stack,
            found_as,
            change: Box::new(change),
        })
        .into()
}

fn change_yaml(value: &mut Value, of: (&str, &str), to: (&str, &str)) -> bool {
    match value {
        Value::Object(map) => {
            let is_section = map.get(of.0).is_some_and(|it| it == of.1) && map.contains_key(to.0);
            if is_section {
                match to.1 {
                    "" => map.shift_remove(to.0),
                    text => map.insert(to.0.to_owned(), json!(text)),
                };
                return true;
            }
            map.values_mut().any(|it| change_yaml(it, of, to))
        }
        Value::Array(all) => all.iter_mut().any(|it| change_yaml(it, of, to)),
        _ => false,
    }
}

/// Changes a body that Elasticsearch is told.
fn body(
    what: &'static str,
    file: &'static str,
    found_as: &'static str,
    change: impl Fn(&mut Value) + Clone + 'static,
) -> Vec<Mutation> {
    ["prod", "staging", "seed"]
        .map(|stack| {
            let change = change.clone();
            Mutation {
                what,
                stack,
                found_as,
                change: Box::new(move |planned| {
                    planned
                        .documents
                        .iter_mut()
                        .any(|it| match &mut it.document {
                            Document::Json(body) if it.key == file => {
                                change(body);
                                true
                            }
                            _ => false,
                        })
                }),
            }
        })
        .into()
}

fn logs() -> Vec<Mutation> {
    let tail = ("name", "tail");
    let es = ("name", "es");
    let mut all = Vec::new();
    all.extend(setting(
        "the tag of the operator",
        ("alias", "operator"),
        ("tag", "controller.*"),
        "logs/tag-matches-nothing",
    ));
    all.extend(setting(
        "an output for nothing",
        es,
        ("match", "redis-operator.*"),
        "logs/tag-matches-nothing",
    ));
    all.extend(setting(
        "an output for Redis alone",
        es,
        ("match", "redis.*"),
        "logs/tag-matches-nothing",
    ));
    all.extend(setting(
        "the path of a file",
        tail,
        ("path", "/var/log/containers/controller*.log"),
        "logs/not-read",
    ));
    all.extend(setting(
        "a path for everything",
        tail,
        ("path", "/var/log/containers/redis-operator*.log"),
        "logs/foreign-file",
    ));
    all.extend(setting(
        "no bound in memory",
        tail,
        ("mem_buf_limit", ""),
        "logs/unbounded-buffer",
    ));
    all.extend(setting(
        "nothing on disk",
        tail,
        ("storage.type", ""),
        "logs/unbounded-buffer",
    ));
    all.extend(setting(
        "five tries",
        es,
        ("retry_limit", "5"),
        "logs/retry-discards",
    ));
    all.extend(setting(
        "the tries that there are by default",
        es,
        ("retry_limit", ""),
        "logs/retry-discards",
    ));
    all.extend(setting(
        "no place for what waits",
        ("flush", "5"),
        ("storage.path", ""),
        "logs/retry-discards",
    ));
    all.extend(setting(
        "another index",
        es,
        ("index", "redis-logs"),
        "logs/index-without-template",
    ));
    all.extend(setting(
        "another Elasticsearch",
        es,
        ("host", "elsewhere"),
        "logs/index-without-template",
    ));
    all.extend(setting(
        "a type",
        es,
        ("suppress_type_name", ""),
        "logs/request-refused",
    ));
    all.extend(setting(
        "a parser that is none",
        ("key_name", "log"),
        ("parser", "docker"),
        "logs/wrong-field",
    ));
    all.extend(setting(
        "the line of Redis",
        ("name", "redis"),
        ("regex", "^(?<message>.*)$"),
        "logs/wrong-field",
    ));
    all.extend(setting(
        "the group of a parser",
        ("name", "redis"),
        (
            "regex",
            r"^(?<process>\d+):(?<role>[MSCX]) .{24} (?<level>[.*#-]) (?<message>.*)$",
        ),
        "logs/wrong-field",
    ));
    all.extend(setting(
        "the number as text",
        ("name", "redis"),
        ("types", ""),
        "logs/wrong-field",
    ));
    all.extend(setting(
        "the prefix of the kubernetes filter",
        ("name", "kubernetes"),
        ("kube_tag_prefix", "kube.var.log.containers."),
        "logs/wrong-field",
    ));
    all.extend(setting(
        "the nested fields",
        ("name", "nest"),
        ("nested_under", "kube"),
        "logs/wrong-field",
    ));
    all.extend(setting(
        "the line under its old name",
        ("rename", "log message"),
        ("rename", "log msg"),
        "logs/wrong-field",
    ));
    all.extend(setting(
        "the name of an operator's parser",
        ("name", "operator"),
        ("name", "controller"),
        "logs/wrong-field",
    ));
    all.extend(body(
        "the pattern of the index",
        "index-template.json",
        "logs/index-without-template",
        |it| {
            it["index_patterns"] = json!(["redis-log-*"]);
        },
    ));
    all.extend(body(
        "a part of the template",
        "index-template.json",
        "logs/index-without-template",
        |it| {
            it["composed_of"].as_array_mut().unwrap().pop();
        },
    ));
    all.extend(body(
        "the priority",
        "index-template.json",
        "logs/template-shadowed",
        |it| it["priority"] = json!(100),
    ));
    all.extend(body(
        "no priority",
        "index-template.json",
        "logs/template-shadowed",
        |it| {
            it.as_object_mut().unwrap().shift_remove("priority");
        },
    ));
    all.extend(body(
        "a data stream or an alias",
        "index-template.json",
        "logs/index-without-template",
        |it| {
            if it
                .as_object_mut()
                .unwrap()
                .shift_remove("data_stream")
                .is_none()
            {
                it["data_stream"] = json!({});
            }
        },
    ));
    for field in ["instance_name", "level", "@timestamp", "node", "pid"] {
        all.extend(body(
            "the type of a field",
            "mappings.json",
            "logs/field-unmapped",
            move |it| {
                let properties = &mut it["template"]["mappings"]["properties"];
                properties.as_object_mut().unwrap().shift_remove(field);
            },
        ));
    }
    all.extend(body(
        "a text as a number",
        "mappings.json",
        "logs/field-unmapped",
        |it| {
            it["template"]["mappings"]["properties"]["pod"] = json!({"type": "long"});
        },
    ));
    all.extend(body(
        "the name of the lifecycle",
        "settings.json",
        "logs/lifecycle-mismatch",
        |it| {
            it["template"]["settings"]["index.lifecycle.name"] = json!("redis-logs-policy");
        },
    ));
    all.extend(body(
        "the age of deletion",
        "policy.json",
        "logs/lifecycle-mismatch",
        |it| {
            it["policy"]["phases"]["delete"]["min_age"] = json!("1d");
        },
    ));
    all.extend(body(
        "no deletion",
        "policy.json",
        "logs/lifecycle-mismatch",
        |it| {
            it["policy"]["phases"]
                .as_object_mut()
                .unwrap()
                .shift_remove("delete");
        },
    ));
    all.extend(body(
        "no rollover",
        "policy.json",
        "logs/lifecycle-mismatch",
        |it| {
            it["policy"]["phases"]["hot"]["actions"]
                .as_object_mut()
                .unwrap()
                .shift_remove("rollover");
        },
    ));
    for stack in ["prod", "staging", "seed"] {
        all.push(of_kind(
            stack,
            "DaemonSet",
            "the file that Fluent Bit starts with",
            "logs/configuration-not-mounted",
            |it| {
                it["spec"]["template"]["spec"]["containers"][0]["args"][1] =
                    json!("/fluent-bit/etc/fluent-bit.conf");
                true
            },
        ));
        all.push(Mutation {
            what: "the name of the configuration",
            stack,
            found_as: "logs/configuration-not-mounted",
            change: Box::new(|planned| {
                let is_it = planned
                    .documents
                    .iter()
                    .any(|it| it.key.starts_with("fluent-bit."));
                if is_it {
                    planned.object.value_mut()["metadata"]["name"] = json!("fluent-bit");
                }
                is_it
            }),
        });
        all.push(of_kind(
            stack,
            "NetworkPolicy",
            "who reaches Fluent Bit",
            "logs/monitoring-exposed",
            |it| {
                let is_it = it["metadata"]["name"]
                    .as_str()
                    .unwrap()
                    .ends_with("fluent-bit");
                if is_it {
                    it["spec"]["podSelector"] = json!({"matchLabels": {"app": "fluent-bit"}});
                }
                is_it
            },
        ));
        all.push(of_kind(
            stack,
            "Job",
            "the target of the setup",
            "logs/index-without-template",
            |it| {
                let env = it["spec"]["template"]["spec"]["containers"][0]["env"]
                    .as_array_mut()
                    .unwrap();
                let target = env.iter_mut().find(|it| it["name"] == "ES_TARGET");
                target.is_some_and(|it| {
                    it["value"] = json!("redis-logs");
                    true
                })
            },
        ));
        all.push(of_kind(
            stack,
            "PodMonitor",
            "the path of Fluent Bit's metrics",
            "scrape/no-exporter",
            |it| {
                let is_it = it["metadata"]["name"]
                    .as_str()
                    .unwrap()
                    .ends_with("fluent-bit");
                is_it && {
                    endpoints(it)[0]
                        .as_object_mut()
                        .unwrap()
                        .shift_remove("path");
                    true
                }
            },
        ));
    }
    all
}

/// Changes the rules of the first object whose name ends so.
fn rules(
    stack: &'static str,
    ends: &'static str,
    what: &'static str,
    found_as: &'static str,
    change: impl Fn(&mut Vec<Value>) -> bool + 'static,
) -> Mutation {
    of_kind(stack, "PrometheusRule", what, found_as, move |it| {
        let is_it = it["metadata"]["name"].as_str().unwrap().ends_with(ends);
        is_it && change(it["spec"]["groups"][0]["rules"].as_array_mut().unwrap())
    })
}

/// Takes away the rules of a name.
fn without_rule(name: &'static str) -> impl Fn(&mut Vec<Value>) -> bool {
    move |rules| {
        let before = rules.len();
        rules.retain(|it| it["alert"] != name && it["record"] != name);
        rules.len() < before
    }
}

/// Takes a label away from an object.
fn without_label(label: &'static str) -> impl Fn(&mut Value) -> bool {
    move |it| {
        let labels = it["metadata"]["labels"].as_object_mut().unwrap();
        labels.shift_remove(label).is_some()
    }
}

/// Replaces a text in the expression of an alert.
fn expression(
    alert: &'static str,
    from: &'static str,
    to: &'static str,
) -> impl Fn(&mut Vec<Value>) -> bool {
    move |rules| {
        let rule = rules.iter_mut().find(|it| {
            it["alert"] == alert && it["expr"].as_str().is_some_and(|it| it.contains(from))
        });
        rule.is_some_and(|it| {
            let changed = it["expr"].as_str().unwrap().replace(from, to);
            it["expr"] = json!(changed);
            true
        })
    }
}

fn expressions() -> Vec<Mutation> {
    let mut all = Vec::new();
    for stack in ["minimal", "prod", "staging", "seed"] {
        all.extend([
            rules(
                stack,
                "alerts-instance",
                "a metric of an alert",
                "alerts/dead-rule",
                expression(
                    "RedisMemoryHigh",
                    "redis_memory_used_bytes",
                    "redis_memory_usage_bytes",
                ),
            ),
            rules(
                stack,
                "alerts-instance",
                "a label of an alert",
                "alerts/dead-rule",
                expression("RedisDown", "stack=", "stacks="),
            ),
            rules(
                stack,
                "alerts-instance",
                "the stack of an alert",
                "alerts/dead-rule",
                expression("RedisDown", "stack=\"", "stack=\"my-"),
            ),
            of_kind(
                stack,
                "PrometheusRule",
                "an interval of ten minutes",
                "alerts/dead-rule",
                |it| {
                    it["spec"]["groups"][0]["interval"] = json!("10m");
                    true
                },
            ),
        ]);
    }
    all
}

fn chosen() -> Vec<Mutation> {
    let mut all = vec![
        monitor(
            "prod",
            "a monitor without its label",
            "scrape/monitor-not-selected",
            without_label("release"),
        ),
        monitor(
            "staging",
            "a managed monitor without its label",
            "scrape/monitor-not-selected",
            without_label("app.kubernetes.io/part-of"),
        ),
        of_kind(
            "prod",
            "PrometheusRule",
            "rules without their label",
            "scrape/monitor-not-selected",
            without_label("release"),
        ),
        of_kind(
            "staging",
            "PrometheusRule",
            "managed rules without their label",
            "scrape/monitor-not-selected",
            without_label("app.kubernetes.io/part-of"),
        ),
        of_kind(
            "prod",
            "AlertmanagerConfig",
            "a configuration without its label",
            "scrape/monitor-not-selected",
            without_label("alertmanagerConfig"),
        ),
        of_kind(
            "staging",
            "Prometheus",
            "what a managed Prometheus takes",
            "scrape/monitor-not-selected",
            |it| {
                it["spec"]["serviceMonitorSelector"] = json!({"matchLabels": {"release": "other"}});
                true
            },
        ),
        of_kind(
            "prod",
            "ServiceMonitor",
            "a limit of samples",
            "scrape/sample-limit-cliff",
            |it| {
                it["spec"]["sampleLimit"] = json!(1000);
                true
            },
        ),
        of_kind(
            "seed",
            "Deployment",
            "the Secret of an exporter",
            "scrape/wrong-password",
            |it| {
                let env = &mut it["spec"]["template"]["spec"]["containers"][0]["env"];
                let env = env.as_array_mut().unwrap();
                env.retain(|it| it["name"] != "REDIS_PASSWORD");
                env.push(json!({"name": "REDIS_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "other", "key": "password"}}}));
                true
            },
        ),
        of_kind(
            "staging",
            "ServiceAccount",
            "the account of Fluent Bit",
            "platform/object-missing",
            |it| {
                let is_it = it["metadata"]["name"] == "staging-fluent-bit";
                if is_it {
                    it["metadata"]["name"] = json!("fluent-bit");
                }
                is_it
            },
        ),
        of_kind(
            "prod",
            "ConfigMap",
            "what a Job mounts",
            "platform/object-missing",
            |it| {
                let is_it = it["metadata"]["name"] == "prod-elasticsearch-setup";
                if is_it {
                    it["metadata"]["name"] = json!("elasticsearch-setup");
                }
                is_it
            },
        ),
    ];
    for stack in ["minimal", "prod", "staging", "seed"] {
        all.extend([
            rules(
                stack,
                "alerts-instance",
                "RedisDown",
                "alerts/rule-missing",
                without_rule("RedisDown"),
            ),
            rules(
                stack,
                "alerts-instance",
                "RedisAbsent",
                "alerts/rule-missing",
                without_rule("RedisAbsent"),
            ),
            rules(
                stack,
                "alerts-operator",
                "RedisOperatorDown",
                "alerts/rule-missing",
                without_rule("RedisOperatorDown"),
            ),
            rules(
                stack,
                "alerts-pipeline",
                "RedisRulesFailing",
                "scrape/meta-alerts-missing",
                without_rule("RedisRulesFailing"),
            ),
            rules(
                stack,
                "alerts-pipeline",
                "the Watchdog",
                "scrape/meta-alerts-missing",
                without_rule("Watchdog"),
            ),
            of_kind(
                stack,
                "PrometheusRule",
                "the fact of one instance",
                "alerts/fact-missing",
                |it| {
                    let rules = it["spec"]["groups"][0]["rules"].as_array_mut().unwrap();
                    let at = rules
                        .iter()
                        .position(|it| it["record"] == "instance_name:redis_pods:policy");
                    at.is_some_and(|at| {
                        rules.remove(at);
                        true
                    })
                },
            ),
        ]);
    }
    for stack in ["prod", "staging", "seed"] {
        all.push(rules(
            stack,
            "alerts-logs",
            "FluentBitAbsent",
            "scrape/meta-alerts-missing",
            without_rule("FluentBitAbsent"),
        ));
    }
    all.push(rules(
        "staging",
        "alerts-pipeline",
        "PrometheusBadConfig",
        "scrape/meta-alerts-missing",
        without_rule("PrometheusBadConfig"),
    ));
    all.extend(expressions());
    all
}

/// Changes the first expression of a dashboard that has a text.
fn panel(
    stack: &'static str,
    what: &'static str,
    from: &'static str,
    to: &'static str,
) -> Mutation {
    Mutation {
        what,
        stack,
        found_as: "dashboards/dead-panel",
        change: Box::new(move |planned| {
            planned
                .documents
                .iter_mut()
                .any(|it| match &mut it.document {
                    Document::Json(document) if document["panels"].is_array() => {
                        change_expression(document, from, to)
                    }
                    _ => false,
                })
        }),
    }
}

fn change_expression(value: &mut Value, from: &str, to: &str) -> bool {
    match value {
        Value::Object(map) => map.iter_mut().any(|(name, value)| match value {
            // Of alerts, nobody knows all labels.
            Value::String(text)
                if name == "expr"
                    && text.contains("redis_memory_used_bytes{")
                    && text.contains(from) =>
            {
                *text = text.replace(from, to);
                true
            }
            other => change_expression(other, from, to),
        }),
        Value::Array(all) => all.iter_mut().any(|it| change_expression(it, from, to)),
        _ => false,
    }
}

fn panels() -> Vec<Mutation> {
    let mut all = Vec::new();
    for stack in ["prod", "staging", "seed"] {
        all.extend([
            panel(
                stack,
                "the metric of a panel",
                "redis_memory_used_bytes",
                "redis_memory_usage_bytes",
            ),
            panel(
                stack,
                "the label of a panel",
                "instance_name=~",
                "redis_instance=~",
            ),
            panel(stack, "the stack of a panel", "stack=\"", "stack=\"my-"),
            panel(
                stack,
                "the component of a panel",
                "component=\"redis\"",
                "component=\"server\"",
            ),
        ]);
    }
    all
}

/// What is said of a plan.
fn said(stack: &Stack, plan: &Plan) -> BTreeSet<(&'static str, String)> {
    let findings = check::run(stack, plan).into_iter();
    findings.map(|it| (it.name, it.headline)).collect()
}

fn survivors(mutations: Vec<Mutation>) -> (usize, Vec<String>) {
    let mut survivors = Vec::new();
    let mut tried = 0;
    for name in stacks() {
        let (stack, plan) = compile_stack(&name).output.expect("the stack compiles");
        let before = said(&stack, &plan);
        for mutation in mutations.iter().filter(|it| it.stack == name) {
            let mut is_changed = false;
            let changed = plan.with(|_, objects| {
                for object in objects {
                    if !is_changed {
                        is_changed = (mutation.change)(object);
                    }
                }
            });
            if !is_changed {
                survivors.push(format!(
                    "{name}: {}: there is nothing to change",
                    mutation.what
                ));
                continue;
            }
            tried += 1;
            let after = said(&stack, &changed);
            let new = after.difference(&before);
            let found: BTreeSet<&str> = new.map(|(name, _)| *name).collect();
            if !found.contains(mutation.found_as) {
                let what = mutation.what;
                survivors.push(format!(
                    "{name}: {what}: {found:?}, not {}",
                    mutation.found_as
                ));
            }
        }
    }
    (tried, survivors)
}

#[test]
fn a_changed_monitor_is_found() {
    let (tried, survivors) = survivors(monitors());
    assert!(
        survivors.is_empty(),
        "of {tried}:\n{}",
        survivors.join("\n")
    );
}

#[test]
fn a_changed_way_of_the_logs_is_found() {
    let (tried, survivors) = survivors(logs());
    assert!(
        survivors.is_empty(),
        "of {tried}:\n{}",
        survivors.join("\n")
    );
}

#[test]
fn what_is_not_chosen_or_not_there_is_found() {
    let (tried, survivors) = survivors(chosen());
    assert!(
        survivors.is_empty(),
        "of {tried}:\n{}",
        survivors.join("\n")
    );
}

#[test]
fn a_changed_panel_is_found() {
    let (tried, survivors) = survivors(panels());
    assert!(
        survivors.is_empty(),
        "of {tried}:\n{}",
        survivors.join("\n")
    );
}

#[test]
fn every_survivor_has_a_reason() {
    assert!(
        SURVIVORS
            .iter()
            .all(|(what, why)| !what.is_empty() && !why.is_empty())
    );
}
