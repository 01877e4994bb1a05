//! Policies of the project with one thing wrong in each: a route moved, a threshold at its end, a
//! metric misspelt, a receiver gone, an interval too long.

use std::collections::{BTreeMap, BTreeSet};

use obsgen::{Compilation, compile};
use regex::Regex;

use crate::stacks::{root, stacks};

/// One thing that is wrong with a policy, and the findings of which one has to say so.
struct Mutation {
    stack: String,
    what: String,
    files: BTreeMap<String, String>,
    expected: &'static [&'static str],
}

/// The texts of a stack and of the base that it may extend.
#[derive(Clone)]
struct Texts {
    stack: String,
    files: BTreeMap<String, String>,
}

impl Texts {
    fn of(stack: &str) -> Self {
        let paths = [
            "stacks/base.yaml".to_owned(),
            format!("stacks/{stack}/observability.yaml"),
        ];
        let files = paths.map(|path| {
            let text = std::fs::read_to_string(root().join(&path)).unwrap();
            (path, text)
        });
        Self {
            stack: stack.to_owned(),
            files: files.into(),
        }
    }

    fn compile(&self) -> Compilation {
        let read = |path: &str| {
            let text = self.files.get(path).cloned();
            text.ok_or_else(|| "cannot be read".to_owned())
        };
        compile(&read, &format!("stacks/{}/observability.yaml", self.stack))
    }

    /// One mutation for each place in the stack's own text, or in the base's, where a pattern matches.
    fn each(
        &self,
        acc: &mut Vec<Mutation>,
        pattern: &str,
        with: &str,
        expected: &'static [&'static str],
    ) {
        let pattern = Regex::new(&format!("(?m){pattern}")).unwrap();
        for (path, text) in &self.files {
            let is_used = path.ends_with("observability.yaml") || self.extends_base();
            for captures in pattern.captures_iter(text).filter(|_| is_used) {
                let range = captures.get(0).unwrap().range();
                let mut new = String::new();
                captures.expand(with, &mut new);
                let mut files = self.files.clone();
                let changed = format!("{}{new}{}", &text[..range.start], &text[range.end..]);
                files.insert(path.clone(), changed);
                let line = text[..range.start].lines().count() + 1;
                let shown = |it: &str| it.trim().replace('\n', " ⏎ ");
                acc.push(Mutation {
                    stack: self.stack.clone(),
                    what: format!(
                        "{path}:{line}: `{}` → `{}`",
                        shown(&text[range]),
                        shown(&new)
                    ),
                    files,
                    expected,
                });
            }
        }
    }

    fn extends_base(&self) -> bool {
        self.files
            .values()
            .any(|it| it.contains("extends: [../base.yaml]"))
    }
}

/// What is done to every stack, wherever it has the place for it.
#[rustfmt::skip]
const EVERYWHERE: &[(&str, &str, &[&str])] = &[
    // Names that nothing has.
    (r"^    - name: ([a-z-]+)\n      (slack|pagerduty|email|webhook|dingtalk|feishu|wecom|wechat)", "    - name: ${1}-2\n      $2", &["references/unknown-receiver", "policy/missing-field"]),
    (r"receiver: ([a-z-]+)$", "receiver: ${1}s", &["references/unknown-receiver"]),
    (r"team: ([a-z]+)$", "team: ${1}x", &["references/unknown-team"]),
    (r"tier: ([a-z]+)$", "tier: ${1}x", &["references/unknown-tier"]),
    (r"mute: \[([a-z]+)", "mute: [${1}x", &["references/unknown-mute-time"]),
    (r"RedisMemoryHigh:", "RedisMemoryHihg:", &["alerts/unknown-alert"]),
    // Matchers that take nothing.
    (r#"severity="critical""#, r#"severity="critcal""#, &["routing/unknown-value"]),
    (r#"severity="warning""#, r#"sevrity="warning""#, &["routing/route-label-absent"]),
    (r#"team="([a-z]+)""#, r#"team="${1}s""#, &["routing/unknown-value"]),
    (r#"alertname="RedisDown""#, r#"alertname="RedisDwon""#, &["routing/unknown-value"]),
    // Inhibitions.
    (r"equal: \[stack, namespace, instance_name\]", "equal: []", &["routing/inhibits-everything"]),
    (r"equal: \[stack, namespace, instance_name\]", "equal: [stack, namespace, instnce_name]", &["routing/inhibit-equal-missing"]),
    (r#"target: \['alertname!~"RedisDown\|Watchdog"', "#, "target: [", &["routing/inhibit-self-overlap"]),
    // Thresholds, and what they are of.
    (r"threshold: \d+%", "threshold: 100%", &["alerts/threshold-unreachable", "alerts/threshold-always"]),
    (r"threshold: \d+%", "threshold: 0%", &["alerts/threshold-unreachable", "alerts/threshold-always"]),
    (r"threshold: (\d+)%", "threshold: $1", &["alerts/wrong-unit"]),
    (r"threshold: \d+s", "threshold: 2m", &["alerts/threshold-unreachable"]),
    (r"enabled: false, reason: [a-z ]+", "enabled: false", &["alerts/disabled-without-reason"]),
    // Times.
    (r"interval: (15s|30s|1m)\}", "interval: 5m}", &["scrape/interval-too-long"]),
    (r"evaluationInterval: (30s|1m)", "evaluationInterval: 10m", &["alerts/group-interval-over-lookback"]),
    (r"groupInterval: 5m", "groupInterval: 6h", &["routing/timing-inconsistent"]),
    (r"groupWait: 30s", "groupWait: 20m", &["routing/timing-inconsistent"]),
    (r"repeatInterval: (4h|1d)", "repeatInterval: 1m", &["routing/timing-inconsistent"]),
    (r"period: (5m|10m)", "period: 30s", &["alerts/heartbeat-too-short"]),
    (r"^    heartbeat: \{.*\}\n", "", &["alerts/watchdog-missing"]),
    (r"heartbeat: \{receiver: deadmans-switch", "heartbeat: {receiver: platform-slack", &["alerts/watchdog-unrouted", "references/unknown-receiver"]),
    // The instances.
    (r"^ +auth: \{.*\}\n", "", &["redis/unhardened", "policy/waiver-unused"]),
    (r"maxmemory: \d+[mg]b", "maxmemory: 100gb", &["redis/maxmemory-over-limit"]),
    (r"maxmemory: \d+[mg]b", "maxmemory: 0", &["redis/maxmemory-unset"]),
    (r#"appendonly: "no""#, r#"appendonly: "no", save: """#, &["redis/no-persistence"]),
    (r"quorum: (\d)", "quorum: 7", &["redis/quorum-unreachable"]),
    (r"replicasPerMaster: 1", "replicasPerMaster: 0", &["redis/operator-ignores", "redis/operator-changes"]),
    (r"redisPods: \d", "redisPods: 1", &["redis/topology-too-small"]),
    (r"maxmemory-policy: ", "maxmemory-polici: ", &["redis/unknown-directive"]),
    // Logs, traces, dashboards.
    (r"retention: (90d|14d)", "retention: 1h", &["logs/retention-too-short", "logs/rollover-after-retention", "metrics/retention-too-short"]),
    (r"rolloverAge: 1d", "rolloverAge: 200d", &["logs/rollover-after-retention"]),
    (r"(tracing: \{sampling: \d+%, )retention: \dd", "${1}retention: 36h", &["tracing/retention-rounded"]),
    (r"backend: otel-operator", "backend: jaeger-operator", &["tracing/jaeger-v1-retired", "tracing/elasticsearch-too-new", "tracing/login-not-readable"]),
    // Waivers, each of which accepts something.
    (r"^    - \{check: (?:tracing|redis)/[a-z1-]+, at: [a-z.]+, reason: .*\}\n", "", &["tracing/jaeger-v1-retired", "redis/unhardened", "redis/maxmemory-unset", "redis/operator-ignores"]),
];

/// What is done to one stack.
#[rustfmt::skip]
const OF_STACK: &[(&str, &str, &str, &[&str])] = &[
    // Routes of prod in another order, or without what lets others hear too.
    ("prod", r"        receiver: ops-feishu\n        continue: true\n", "        receiver: ops-feishu\n", &["routing/route-unreachable"]),
    ("prod", r"    routes:\n      - matchers: \['severity=.critical.'\]\n", "    routes:\n      - matchers: ['severity=~\".+\"']\n        receiver: ops-dingtalk\n      - matchers: ['severity=\"critical\"']\n", &["routing/route-unreachable"]),
    ("prod", r"      - matchers: \['team=.catalog.'\]\n", "      - matchers: ['team=~\"catalog|checkout|platform\"']\n", &["routing/route-unused"]),
    ("prod", r"            receiver: catalog-wecom\n            continue: true\n", "            receiver: catalog-wecom\n", &[]),
    ("prod", r"      - matchers: \['severity=.critical.', 'team=.platform.'\]\n        receiver: platform-pager\n", "", &["receivers/unreached"]),
    ("prod", r"        receiver: ops-dingtalk\n        mute: \[weekend\]\n", "        receiver: platform-slack\n", &["receivers/unreached"]),
    ("prod", r"        receiver: checkout-pager\n", "        receiver: checkout-pager\n        mute: [weekend]\n", &["routing/mute-covers-page"]),
    ("prod", r"    muteTimes:", "    groupBy: ['...']\n    muteTimes:", &["routing/group-by-pitfall", "policy/invalid-value"]),
    ("prod", r"    muteTimes:", "    groupBy: [alertname, clustr]\n    muteTimes:", &["routing/route-label-absent"]),
    // The custom alert of prod.
    ("prod", r"redis_list_length\{", "redis_list_lenght{", &["alerts/metric-unknown"]),
    ("prod", r"max by \(namespace, instance_name\)", "max by (namespace)", &["alerts/template-label-missing"]),
    ("prod", r"max by \(namespace, instance_name\)", "max by (namespace, instance_nam)", &["alerts/label-unknown"]),
    ("prod", r"\) > 1000$", ")", &["alerts/no-comparison"]),
    ("prod", r"expr: .*$", "expr: redis_up > 1", &["alerts/comparison-never-true"]),
    ("prod", r"expr: .*$", "expr: rate(redis_connected_clients[5m]) > 1", &["alerts/function-unfit"]),
    ("prod", r"expr: .*$", "expr: redis_evicted_keys_total > 1000", &["alerts/counter-raw"]),
    ("prod", r"expr: .*$", "expr: rate(redis_evicted_keys_total[30s]) > 1", &["alerts/rate-window-too-short"]),
    ("prod", r"expr: .*$", "expr: redis_instance_memory_limit_bytes > 1", &["alerts/metric-unknown"]),
    ("prod", r"expr: .*$", "expr: redis_memory_used_bytes / redis_total_system_memory_bytes > 0.9", &["alerts/metric-absent"]),
    ("prod", r"expr: .*$", "expr: redis_sentinel_quorum_required > 1", &["alerts/metric-unknown"]),
    ("prod", r"      - name: CheckoutQueueStuck", "      - name: RedisDown", &["alerts/duplicate-alert"]),
    ("prod", r"runbook: https://git.example.com/checkout/runbooks/queue.md", "runbook: in the wiki", &["policy/invalid-value"]),
    // What the cluster is said to run.
    ("prod", r"selects: \{alertmanagerConfig: main\}", "selects: {}", &[]),
    ("staging", r"featureGates: \[GenerateConfigInInitContainer\]", "featureGates: []", &["redis/image-without-entrypoint"]),
    ("minimal", r"namespace: monitoring\}", "namespace: monitoring, selects: {namespaces: [web]}}", &["scrape/monitor-not-selected"]),
    ("staging", r"mute: \[night, weekend\]", "mute: [nigth]", &["references/unknown-mute-time"]),
];

/// Mutations that nothing has to say anything about, with the reason.
const MEANT: &[(&str, &str)] = &[
    (
        "            receiver: catalog-wecom",
        "critical alerts of the team reach WeCom alone then, which may be meant",
    ),
    (
        "receiver: checkout-pager ⏎         mute: [weekend]",
        "the route before it, which continues, tells of the same pages at that time",
    ),
    (
        "groupInterval: 6h",
        "staging repeats once a day, so that four looks a day are enough",
    ),
    (
        "selects: {alertmanagerConfig: main}",
        "what Alertmanager selects by is what the policy says: nothing else is known of it",
    ),
];

fn mutations() -> Vec<Mutation> {
    let mut all = Vec::new();
    for stack in stacks() {
        let texts = Texts::of(&stack);
        for (pattern, with, expected) in EVERYWHERE {
            texts.each(&mut all, pattern, with, expected);
        }
        for (_, pattern, with, expected) in OF_STACK.iter().filter(|it| it.0 == stack) {
            let before = all.len();
            texts.each(&mut all, pattern, with, expected);
            assert!(all.len() > before, "{stack}: nothing matches {pattern}");
        }
    }
    all
}

/// What would be delivered, where anything would.
fn delivered(compilation: &Compilation) -> Option<Vec<serde_json::Value>> {
    let plan = compilation.output.as_ref().map(|(_, plan)| plan);
    plan.map(obsgen::render::objects)
}

fn names(compilation: &Compilation) -> BTreeMap<&'static str, usize> {
    let mut names = BTreeMap::new();
    for finding in &compilation.findings {
        *names.entry(finding.name).or_default() += 1;
    }
    names
}

#[test]
fn every_mutation_of_a_policy_is_found_by_its_name() {
    let before: BTreeMap<String, Compilation> = stacks()
        .into_iter()
        .map(|it| {
            let compilation = Texts::of(&it).compile();
            (it, compilation)
        })
        .collect();
    let all = mutations();
    let (mut survivors, mut misnamed, mut without_effect) = (Vec::new(), Vec::new(), 0);
    for mutation in &all {
        let texts = Texts {
            stack: mutation.stack.clone(),
            files: mutation.files.clone(),
        };
        let compilation = texts.compile();
        let before = &before[&mutation.stack];
        let known = names(before);
        let mut found = names(&compilation);
        found.retain(|name, count| known.get(name).is_none_or(|it| it < count));
        let is_named = mutation.expected.iter().any(|it| found.contains_key(it));
        match (found.is_empty(), is_named) {
            // What a base says and the stack says otherwise changes nothing.
            (true, _) if delivered(&compilation) == delivered(before) => without_effect += 1,
            (true, _) => survivors.push(&mutation.what),
            (false, true) => {}
            (false, false) => misnamed.push((&mutation.what, mutation.expected, found)),
        }
    }
    let is_meant = |it: &&&String| MEANT.iter().any(|(what, _)| it.contains(what.trim()));
    let forgotten: Vec<_> = survivors.iter().filter(|it| !is_meant(it)).collect();
    assert!(misnamed.is_empty(), "found by another name: {misnamed:#?}");
    assert!(
        forgotten.is_empty(),
        "{} of {} survive: {forgotten:#?}",
        forgotten.len(),
        all.len()
    );
    let kinds: BTreeSet<&str> = all.iter().flat_map(|it| it.expected).copied().collect();
    let counted = all.len() - without_effect;
    assert!(
        counted >= 150 && kinds.len() >= 40,
        "{} of {} kinds",
        all.len(),
        kinds.len()
    );
}
