//! `obsgen explain value`, `threshold` and `route`: the places that say a value, over layers, defaults
//! and tiers, and the way of an alert.

use std::fs;
use std::process::Output;

use crate::program::{obsgen, repository, said};

const BASE: &str = "\
apiVersion: obsgen/v1alpha1
kind: ObservabilityBase
metadata: {name: base}
spec:
  cluster: dev-1
  teams: [{name: web}]
  platform:
    kubernetes: \"1.33\"
    redisOperator: {kind: opstree, version: \"0.26\", namespace: ot-operators}
    prometheus: {operatorVersion: \"0.93\", namespace: monitoring}
    alertmanager: {version: \"0.33\", name: main, namespace: monitoring, delivery: alertmanager-config}
  redis:
    defaults:
      team: web
      image: quay.io/opstree/redis:v7.4.11
      resources: {limits: {memory: 256Mi}}
      storage: {size: 1Gi}
      config: {maxmemory: 100mb}
    instances:
      - name: cache
        namespace: web
        tier: critical
        auth: {secretRef: {name: cache, key: password}}
        config: {maxmemory: 150mb}
        alerts: {RedisMemoryHigh: {threshold: 95%}}
  alerts:
    tiers:
      critical: {RedisMemoryHigh: {threshold: 80%, for: 2m}}
  receivers:
    - name: web-slack
      slack: {channel: \"#web\", url: {secretRef: {name: alert-slack, key: url}}}
      email: {to: [web@example.com], from: alerts@example.com, smarthost: \"smtp.example.com:587\"}
    - name: heartbeat
      webhook: {url: {secretRef: {name: heartbeat, key: url}}}
  routing:
    default: web-slack
    groupBy: [alertname, namespace]
    heartbeat: {receiver: heartbeat, period: 5m}
  runbooks: {baseUrl: https://git.example.com/web/runbooks}
";

const STACK: &str = "\
apiVersion: obsgen/v1alpha1
kind: Observability
metadata: {name: web}
spec:
  extends: [../base.yaml]
  redis:
    defaults:
      config: {maxmemory: 120mb}
      storage: {className: fast}
    instances:
      - name: cache
        config: {maxmemory: 192mb}
        alerts: {RedisMemoryHigh: {threshold: 85%}}
  receivers:
    - {name: web-slack, remove: true}
    - name: web-chat
      slack: {channel: \"#chat\", url: {secretRef: {name: alert-slack, key: url}}}
  routing:
    default: web-chat
";

/// Runs `obsgen explain` in a repository with one stack over a base.
fn explain(arguments: &[&str]) -> Output {
    explain_in(STACK, arguments)
}

fn explain_in(stack: &str, arguments: &[&str]) -> Output {
    let folder = repository(&[("base.yaml", BASE), ("web/observability.yaml", stack)]);
    obsgen(folder.path(), &[&["explain"], arguments].concat())
}

/// The rows of an answer, each with its columns.
fn rows(output: &Output) -> Vec<Vec<String>> {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let columns = |it: &str| {
        let columns = it.split("  ").map(str::trim);
        columns
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
            .collect()
    };
    text.lines().map(columns).collect()
}

#[test]
fn a_value_comes_from_the_last_place_that_says_it() {
    let field = "redis.instances.cache.config.maxmemory";
    let default = "redis.defaults.config.maxmemory";
    let expected = [
        vec!["web/observability.yaml"],
        vec![field, "100mb", "base.yaml:18:27", default, "overridden"],
        vec![
            field,
            "120mb",
            "web/observability.yaml:8:27",
            default,
            "overridden",
        ],
        vec![field, "150mb", "base.yaml:24:29", "overridden"],
        vec![field, "192mb", "web/observability.yaml:12:29", "counts"],
    ];
    assert_eq!(rows(&explain(&["value", field])), expected);
}

#[test]
fn what_no_place_says_is_built_in() {
    let of = |field: &str| rows(&explain(&["value", field]))[1..].to_vec();
    assert_eq!(
        of("routing.groupWait"),
        [["routing.groupWait", "30s", "built in"]]
    );
    let tier = "redis.instances.cache.tier";
    assert_eq!(
        of(tier),
        [
            vec![tier, "standard", "built in", "overridden"],
            vec![tier, "critical", "base.yaml:22:15", "counts"],
        ]
    );
    // Nothing holds for a thing that is not there.
    for field in ["platform.grafana.datasource", "redis.instances.no.tier"] {
        assert_eq!(explain(&["value", field]).status.code(), Some(2));
    }
}

#[test]
fn of_a_map_every_field_is_listed_with_what_defaults_bring() {
    let rows = rows(&explain(&["value", "redis.instances.cache.storage"]));
    let places: Vec<&[String]> = rows[1..].iter().map(|it| &it[..3]).collect();
    assert_eq!(
        places,
        [
            ["size", "1Gi", "base.yaml:17:23"],
            ["className", "fast", "web/observability.yaml:9:28"],
        ]
    );
}

#[test]
fn what_is_removed_comes_from_nowhere() {
    let output = explain(&["value", "receivers.web-slack.slack.channel"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let rows = rows(&explain(&["value", "receivers.web-chat.slack.channel"]));
    assert_eq!(rows[1][1], "\"#chat\"");
}

#[test]
fn a_field_that_is_nearly_right_is_named() {
    for (written, meant) in [
        ("redis.instances.cahe.image", "redis.instances.cache.image"),
        ("routing.groupby", "routing.groupBy"),
    ] {
        let output = explain(&["value", written]);
        assert_eq!(output.status.code(), Some(2));
        let said = said(&output);
        assert!(said.contains(&format!("did you mean `{meant}`?")), "{said}");
    }
}

#[test]
fn a_list_is_shown_whole_and_a_credential_not_at_all() {
    let shown = rows(&explain(&["value", "routing.groupBy"]));
    assert_eq!(
        shown[1][1],
        "[alertname, cluster, namespace, instance_name]"
    );
    assert_eq!(shown[2][1], "[alertname, namespace]");
    let stack = STACK.replace(
        "url: {secretRef: {name: alert-slack, key: url}}",
        "url: CANARY",
    );
    let output = explain_in(&stack, &["value", "receivers.web-chat"]);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(text.contains("****") && !text.contains("CANARY"), "{text}");
}

#[test]
fn a_threshold_comes_from_alert_tier_and_instance() {
    let output = explain(&["threshold", "cache", "RedisMemoryHigh"]);
    let expected = [
        vec!["web/observability.yaml"],
        vec!["RedisMemoryHigh for cache: 85% of `maxmemory`, for 2m, severity warning"],
        vec!["threshold", "90%", "built in", "overridden"],
        vec![
            "threshold",
            "80%",
            "tier critical",
            "base.yaml:28:47",
            "overridden",
        ],
        vec![
            "threshold",
            "95%",
            "instance cache",
            "base.yaml:25:47",
            "overridden",
        ],
        vec![
            "threshold",
            "85%",
            "instance cache",
            "web/observability.yaml:13:47",
            "counts",
        ],
        vec!["for", "10m", "built in", "overridden"],
        vec!["for", "2m", "tier critical", "base.yaml:28:57", "counts"],
        vec!["severity", "warning", "built in"],
    ];
    assert_eq!(rows(&output), expected);
}

/// What the README shows is what is printed.
#[test]
fn the_readme_shows_what_is_printed() {
    let root = crate::stacks::root();
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let command = "explain threshold session-cache RedisMemoryHigh --stack stacks/prod";
    let words: Vec<&str> = command.split(' ').collect();
    let output = String::from_utf8(obsgen(&root, &words).stdout).unwrap();
    let shown: String = output.lines().map(|it| format!("    {it}\n")).collect();
    assert!(
        readme.contains(&format!("    $ obsgen {command}\n{shown}")),
        "{shown}"
    );

    let stacks = root.join("stacks");
    let files = |path: &str| {
        let text = fs::read_to_string(stacks.join(path)).map_err(|it| it.to_string())?;
        Ok(text.replacen("team: checkout\n", "team: chekout\n", 1))
    };
    let compilation = ::obsgen::compile(&files, "prod/observability.yaml");
    let finding = &compilation.findings[0];
    let shown = ::obsgen::diag::text::render(finding, &compilation.document, false);
    let shown: String = shown
        .replace("--> prod/", "--> stacks/prod/")
        .lines()
        .map(|it| format!("    {it}\n"))
        .collect();
    assert!(readme.contains(&shown), "{shown}");
}

/// The policy with routes for pages, and an alert of its own.
fn with_routes() -> String {
    STACK.replace(
        "    default: web-chat\n",
        "    default: web-chat
    routes:
      - matchers: ['severity=\"critical\"']
        receiver: web-pager
        continue: true
      - {matchers: ['team=\"web\"', 'pod=~\"a.*\"'], receiver: web-pager, mute: [night]}
    inhibit:
      - {source: ['alertname=\"RedisDown\"'], target: ['severity=\"warning\"'], equal: [stack, instance_name]}
    muteTimes:
      - {name: night, times: [{from: \"22:00\", to: \"24:00\"}]}
  alerts:
    custom:
      - {name: Own, expr: redis_up == 0, severity: warning, team: web, summary: s, runbook: https://a.example/b}
",
    )
    .replace(
        "    - name: web-chat\n",
        "    - {name: web-pager, pagerduty: {routingKey: {secretRef: {name: pager, key: web}}}}
    - name: web-chat\n",
    )
}

#[test]
fn the_way_of_an_alert_is_told_with_every_matcher() {
    let output = explain_in(&with_routes(), &["route", "cache", "RedisMemoryHigh"]);
    let rows = rows(&output);
    let row = |first: &str, second: &str| {
        let found = rows.iter().find(|it| it[0] == first && it[1] == second);
        found.unwrap_or_else(|| panic!("no row {first} {second} in {rows:#?}"))
    };
    assert_eq!(row("instance_name", "cache").len(), 2);
    assert_eq!(row("severity", "warning").len(), 2);
    let root = row("yes", "routing");
    assert_eq!(root[3..], [r#"stack="web" yes"#, "may take it"]);
    let page = row("no", "routing.routes[0]");
    assert_eq!(page[3], r#"severity="critical" no"#);
    let place = "web/observability.yaml:22:9";
    assert_eq!(page[2], place);
    let own = row("maybe", "routing.routes[1]");
    assert_eq!(own[3..], [r#"team="web" yes"#, "may take it"]);
    assert!(rows.contains(&vec![r#"pod=~"a.*" maybe"#.to_owned()]));
    assert_eq!(row("by", "pagerduty").len(), 2);
    assert_eq!(row("silent", "night (22:00 to 24:00; UTC)").len(), 2);
    assert_eq!(
        row("grouped by", "alertname, namespace").len(),
        2,
        "the groups of the root"
    );
    let quiet = row(
        "RedisDown",
        "where stack, instance_name, namespace are the same",
    );
    assert_eq!(quiet[2], "routing.inhibit[0]");
}

#[test]
fn an_alert_of_no_instance_is_asked_for_without_one() {
    let told = |alert: &str| rows(&explain_in(&with_routes(), &["route", "-", alert]));
    let watchdog = told("Watchdog");
    let takes = |rows: &[Vec<String>], at: &str| {
        rows.iter()
            .any(|it| it.get(1).is_some_and(|it| it == at) && it.last().unwrap() == "takes it")
    };
    assert!(takes(&watchdog, "routing.heartbeat"), "{watchdog:#?}");
    assert!(watchdog.contains(&vec!["heartbeat".to_owned()]));
    let own = told("Own");
    assert!(own.contains(&vec!["…".to_owned(), "what its series have".to_owned()]));
    for (arguments, what, help) in [
        (
            ["-", "RedisDown"],
            "is about an instance",
            "name the instance",
        ),
        (
            ["cache", "Watchdog"],
            "is about no instance",
            "`-` in place of the instance",
        ),
        (
            ["cache", "RedisClusterDown"],
            "has no alert",
            "did you mean",
        ),
        (
            ["cahce", "RedisDown"],
            "no instance `cahce`",
            "did you mean `cache`?",
        ),
    ] {
        let output = explain_in(&with_routes(), &["route", arguments[0], arguments[1]]);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = said(&output);
        assert!(said.contains(what) && said.contains(help), "{said}");
    }
}

#[test]
fn a_threshold_of_nothing_is_said() {
    for (arguments, help) in [
        (
            ["cache", "RedisMemoryHgh"],
            "did you mean `RedisMemoryHigh`?",
        ),
        (["cahce", "RedisMemoryHigh"], "did you mean `cache`?"),
    ] {
        let output = explain(&["threshold", arguments[0], arguments[1]]);
        assert_eq!(output.status.code(), Some(2));
        let said = said(&output);
        assert!(said.contains(help), "{said}");
    }
    let broken = STACK.replace("120mb", "120mbb");
    let output = explain_in(&broken, &["threshold", "cache", "RedisMemoryHigh"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let refusal = said(&output);
    assert_eq!(
        refusal.trim_end(),
        "error: web/observability.yaml has 1 error; run `obsgen check web/observability.yaml`, and correct them first"
    );
    let output = explain_in(&broken, &["secrets"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(said(&output), refusal);
}

#[test]
fn an_alert_is_explained_to_whom_it_tells() {
    let explained = |arguments: &[&str]| {
        let mut all = vec!["explain", "alert"];
        all.extend(arguments);
        all.extend(["--stack", "stacks/prod"]);
        let output = obsgen(&crate::stacks::root(), &all);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let own = explained(&["RedisMemoryHigh", "session-cache"]);
    for part in [
        "RedisMemoryHigh for session-cache: 85% of `maxmemory`, for 15m, severity warning",
        "tier critical",
        "redis_memory_used_bytes{stack=\"prod\",component=\"redis\",instance_name=\"session-cache\"}",
        "redis_memory_max_bytes   proved: redis_exporter, scraped by prod-redis-shop-30s",
        "proved: to ops-dingtalk;",
    ] {
        assert!(own.contains(part), "{part} is not in\n{own}");
    }
    assert!(!own.contains("prod-redis-catalog"), "{own}");
    let of_stack = explained(&["Watchdog"]);
    assert!(of_stack.contains("it asks for no metric"), "{of_stack}");
    assert!(of_stack.contains("to deadmans-switch"), "{of_stack}");
    let custom = explained(&["CheckoutQueueStuck"]);
    assert!(custom.contains("assumed: the policy says"), "{custom}");
    assert!(
        custom.contains("stacks/prod/observability.yaml:"),
        "{custom}"
    );
}

#[test]
fn a_metric_is_explained_with_who_has_it_and_who_asks_for_it() {
    let explain = |metric: &str| {
        let arguments = ["explain", "metric", metric, "--stack", "stacks/prod"];
        obsgen(&crate::stacks::root(), &arguments)
    };
    let explained = |metric: &str| String::from_utf8(explain(metric).stdout).unwrap();
    let used = explained("redis_memory_used_bytes");
    for part in [
        "redis_exporter, a gauge (bytes)",
        "prod-redis-shop-30s, every 30s",
        "RedisMemoryHigh",
    ] {
        assert!(used.contains(part), "{part} is not in\n{used}");
    }
    let behind_flag = explained("redis_total_system_memory_bytes");
    assert!(behind_flag.contains("only with the exporter's flag include-system-metrics"));
    assert!(
        behind_flag.contains("nothing here exports it"),
        "{behind_flag}"
    );
    assert!(
        behind_flag.contains("by nothing in `prod`"),
        "{behind_flag}"
    );
    assert!(explained("instance_name:redis_pods:policy").contains("11 rules"));
    let phantom = explain("redis_instance_memory_limit_bytes");
    assert_eq!(phantom.status.code(), Some(2));
    assert!(said(&phantom).contains("nothing exports or records"));
}
