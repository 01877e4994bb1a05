//! How the time of a compilation grows: with twice of anything a policy lists, it takes about twice
//! as long (ROB-11).
//!
//! It takes minutes, so it runs only when asked to, best where it is optimized:
//! `cargo test --release --test it -- --ignored growth --nocapture`. `GROWTH=allow` measures only
//! what has that in its name, and `GROWTH_TIMES=10` that with ten times as many.

use std::fmt::Write as _;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use obsgen::diag::{json, text};
use obsgen::{compile, render};

use crate::formats::report;

/// What twice as much may cost: twice, the depth of a sorted map, and some noise.
const MOST: f64 = 2.5;

/// The lists of a policy, each as the lines of it.
#[derive(Default)]
struct Lists {
    extends: String,
    labels: String,
    teams: String,
    secrets: String,
    config: String,
    instances: String,
    tiers: String,
    recording: String,
    custom: String,
    external: String,
    receivers: String,
    group_by: String,
    routes: String,
    inhibit: String,
    mute_times: String,
    allow: String,
    rest: String,
}

impl Lists {
    fn policy(&self) -> String {
        let Self {
            extends,
            labels,
            teams,
            secrets,
            config,
            instances,
            tiers,
            recording,
            custom,
            external,
            receivers,
            group_by,
            routes,
            inhibit,
            mute_times,
            allow,
            rest,
        } = self;
        format!(
            "apiVersion: obsgen/v1alpha1
kind: Observability
metadata: {{name: large, labels: {{a: b{labels}}}}}
spec:
  extends: [{extends}]
  cluster: dev-1
  teams:
    - name: web
{teams}
  platform:
    kubernetes: \"1.33\"
    redisOperator: {{kind: opstree, version: \"0.26\", namespace: ot-operators}}
    prometheus: {{operatorVersion: \"0.93\", namespace: monitoring}}
    alertmanager:
      version: \"0.33\"
      name: main
      namespace: monitoring
      delivery: secret
      secrets: [alert-slack, heartbeat{secrets}]
  redis:
    defaults:
      team: web
      namespace: web
      image: quay.io/opstree/redis:v7.4.11
      resources: {{requests: {{memory: 256Mi}}, limits: {{memory: 256Mi}}}}
      storage: {{size: 1Gi}}
      config:
        maxmemory: 192mb
{config}
    instances:
      - {{name: first, auth: {{secretRef: {{name: redis, key: password}}}}}}
{instances}
  alerts:
    tiers:
      critical: {{RedisDown: {{for: 1m}}}}
{tiers}
    recording: [{recording}]
    custom: [{custom}]
    externalMetrics: [{external}]
  receivers:
    - name: web-slack
      slack: {{channel: \"#web\", url: {{secretRef: {{name: alert-slack, key: url}}}}}}
    - name: deadmans-switch
      webhook: {{url: {{secretRef: {{name: heartbeat, key: url}}}}}}
{receivers}
  routing:
    default: web-slack
    groupBy: [alertname{group_by}]
    heartbeat: {{receiver: deadmans-switch, period: 5m}}
    routes: [{routes}]
    inhibit: [{inhibit}]
    muteTimes: [{mute_times}]
  runbooks: {{baseUrl: https://git.example.com/web/runbooks}}
  allow: [{allow}]
{rest}"
        )
    }
}

/// Writes `count` entries, each with its number in place of every `<>`.
fn many(count: usize, entry: &str) -> String {
    (0..count).fold(String::new(), |mut text, index| {
        write!(text, "{}", entry.replace("<>", &format!("{index:06}"))).unwrap();
        text
    })
}

/// What grows: its name, how many of it to begin with, and the policy with so many.
type Growing = (&'static str, usize, fn(usize) -> Lists);

const GROWING: &[Growing] = &[
    ("instances", 1_000, |n| Lists {
        instances: many(
            n,
            "      - {name: redis-<>, topology: {kind: sentinel, redisPods: 3, sentinels: 3, quorum: 2}, auth: {secretRef: {name: redis, key: password}}}\n",
        ),
        ..Lists::default()
    }),
    ("instances of their own namespaces", 500, |n| Lists {
        instances: many(
            n,
            "      - {name: redis-<>, namespace: ns-<>, auth: {secretRef: {name: redis, key: password}}}\n",
        ),
        ..Lists::default()
    }),
    ("instances with alerts of their own", 500, |n| Lists {
        instances: many(
            n,
            "      - {name: redis-<>, alerts: {RedisMemoryHigh: {for: 1<>s}}, auth: {secretRef: {name: redis, key: password}}}\n",
        ),
        ..Lists::default()
    }),
    ("instances with a warning each", 1_000, |n| Lists {
        instances: many(n, "      - {name: redis-<>}\n"),
        ..Lists::default()
    }),
    ("instances of tiers of their own", 500, |n| Lists {
        tiers: many(n, "      t<>: {RedisDown: {for: 1<>s}}\n"),
        instances: many(
            n,
            "      - {name: redis-<>, tier: t<>, auth: {secretRef: {name: redis, key: password}}}\n",
        ),
        ..Lists::default()
    }),
    ("instances of unknown teams", 1_000, |n| Lists {
        teams: many(n, "    - name: team-<>\n"),
        instances: many(
            n,
            "      - {name: redis-<>, team: teem-<>, tier: t<>, config: {x<>: 1}}\n",
        ),
        ..Lists::default()
    }),
    ("instances on one line", 1_000, |n| Lists {
        instances: String::new(),
        rest: format!("  x: [{}]\n", many(n, "{name: é<>, a: yes}, ")),
        ..Lists::default()
    }),
    ("teams", 4_000, |n| Lists {
        teams: many(n, "    - {name: team-<>}\n"),
        instances: many(
            n,
            "      - {name: redis-<>, team: team-<>, auth: {secretRef: {name: redis, key: password}}}\n",
        ),
        ..Lists::default()
    }),
    ("tiers", 4_000, |n| Lists {
        tiers: many(n, "      t<>: {RedisDown: {for: 1<>s}}\n"),
        ..Lists::default()
    }),
    ("custom alerts", 1_000, |n| Lists {
        custom: many(
            n,
            "{name: Own<>, expr: 'redis_up == 0', severity: info, team: web, summary: s, runbook: 'https://a.example/b'}, ",
        ),
        ..Lists::default()
    }),
    ("custom alerts on unknown metrics", 500, |n| Lists {
        custom: many(
            n,
            "{name: Own<>, expr: 'redis_upp<> == 0', severity: info, team: web, summary: s, runbook: 'https://a.example/b'}, ",
        ),
        external: many(n, "{name: redis_uup<>, type: gauge}, "),
        ..Lists::default()
    }),
    ("recording rules that need each other", 1_000, |n| Lists {
        recording: (0..n)
            .map(|it| {
                format!(
                    "{{name: 'a:b{it}:c', expr: 'a:b{}:c > 1 or redis_up'}}, ",
                    it + 1
                )
            })
            .collect(),
        custom: many(
            n,
            "{name: Own<>, expr: 'a:b<>:c == 0', severity: info, team: web, summary: '{{ $labels.namespace }}', runbook: 'https://a.example/b'}, ",
        ),
        ..Lists::default()
    }),
    ("external metrics", 1_000, |n| Lists {
        custom: many(
            n,
            "{name: Own<>, expr: 'ext_<> == 0', severity: info, team: web, summary: s, runbook: 'https://a.example/b'}, ",
        ),
        external: many(n, "{name: ext_<>, type: gauge, labels: [a, b]}, "),
        ..Lists::default()
    }),
    ("receivers and Secrets", 1_000, |n| Lists {
        secrets: many(n, ", s-<>"),
        receivers: many(
            n,
            "    - {name: r-<>, webhook: {url: {secretRef: {name: s-<>, key: url}}}}\n",
        ),
        routes: many(n, "{matchers: ['team=\"<>\"'], receiver: r-<>}, "),
        ..Lists::default()
    }),
    ("receivers that nothing reaches", 1_000, |n| Lists {
        receivers: many(
            n,
            "    - {name: r-<>, webhook: {url: {secretRef: {name: s-<>, key: url}}}}\n",
        ),
        ..Lists::default()
    }),
    ("routes", 2_000, |n| Lists {
        routes: many(n, "{matchers: ['team=\"<>\"'], receiver: web-slack}, "),
        ..Lists::default()
    }),
    ("matchers", 2_000, |n| Lists {
        routes: format!(
            "{{matchers: [{}], receiver: web-slack}}",
            many(n, "'a<>=\"<>\"', ")
        ),
        ..Lists::default()
    }),
    ("regular expressions", 100, |n| Lists {
        routes: many(
            n,
            "{matchers: ['a<>=~\"(\\\\w{50}){9}\"'], receiver: web-slack}, ",
        ),
        ..Lists::default()
    }),
    ("groupBy", 4_000, |n| Lists {
        group_by: many(n, ", l<>"),
        ..Lists::default()
    }),
    ("inhibit", 2_000, |n| Lists {
        inhibit: many(
            n,
            "{source: ['a<>=\"b\"'], target: ['b=\"c\"'], equal: [stack]}, ",
        ),
        ..Lists::default()
    }),
    ("mute times", 2_000, |n| Lists {
        mute_times: many(n, "{name: m-<>, weekdays: [sunday]}, "),
        routes: many(n, "{matchers: ['a=\"<>\"'], mute: [m-<>]}, "),
        ..Lists::default()
    }),
    ("labels", 2_000, |n| Lists {
        labels: many(n, ", l<>: v"),
        ..Lists::default()
    }),
    ("config keys", 4_000, |n| Lists {
        config: many(n, "        unknown-<>: 1\n"),
        ..Lists::default()
    }),
    ("allow", 2_000, |n| Lists {
        instances: many(n, "      - {name: redis-<>}\n"),
        allow: many(
            n,
            "{check: redis/no-auth, at: redis.instances.redis-<>, reason: r}, ",
        ),
        ..Lists::default()
    }),
    ("allow of nothing", 2_000, |n| Lists {
        allow: many(
            n,
            "{check: redis/unhardened, at: redis.instances.redis-<>, reason: r}, ",
        ),
        ..Lists::default()
    }),
    ("extends", 100, |n| Lists {
        extends: many(n, "base-<>.yaml, "),
        ..Lists::default()
    }),
    ("extends of what is not there", 2_000, |n| Lists {
        extends: many(n, "missing-<>.yaml, "),
        ..Lists::default()
    }),
    ("unknown fields", 20_000, |n| Lists {
        rest: many(n, "  f<>: 1\n"),
        ..Lists::default()
    }),
    ("keys of a map in two layers", 20_000, |n| Lists {
        extends: "labels.yaml".to_owned(),
        labels: many(n, ", l<>: v"),
        ..Lists::default()
    }),
    ("a comment of many marks", 10_000, |n| Lists {
        rest: format!("  x: yes {}\n", "# :".repeat(n / 8)),
        ..Lists::default()
    }),
    ("characters that cannot be seen", 200_000, |n| Lists {
        rest: format!("# {}\n", "\u{202e}".repeat(n)),
        ..Lists::default()
    }),
    ("brackets", 100_000, |n| Lists {
        rest: format!("  x: {}\n", "[],".repeat(n)),
        ..Lists::default()
    }),
    ("blank lines", 1_000_000, |n| Lists {
        rest: format!("  x: a{}\n  y: b\n", "\n".repeat(n)),
        ..Lists::default()
    }),
    ("lines of a text", 6_000, |n| Lists {
        rest: format!("  x: |\n{}", "    a b\n".repeat(n)),
        ..Lists::default()
    }),
    ("a scalar without end", 2_000_000, |n| Lists {
        rest: format!("  x: \"{}", "a ".repeat(n)),
        ..Lists::default()
    }),
    ("a list that is not closed", 200_000, |n| Lists {
        rest: format!("  x: [{}", "a, ".repeat(n)),
        ..Lists::default()
    }),
    ("question marks", 100_000, |n| Lists {
        rest: format!("  x:\n{}", "    ? a\n".repeat(n)),
        ..Lists::default()
    }),
];

/// The time that this thread had a processor, where the system tells it: on a shared machine a clock
/// measures the others.
fn used() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    match text.split(' ').next().map(str::parse) {
        Some(Ok(nanoseconds)) => Duration::from_nanos(nanoseconds),
        _ => START.elapsed(),
    }
}

/// The least time of some runs, of everything from the text to what is shown.
fn time(policy: &str) -> (Duration, usize) {
    let base = "kind: ObservabilityBase\nspec: {cluster: dev-1}\n";
    let labels = many(40_000, "l<>: v, ");
    let labels = format!("kind: ObservabilityBase\nmetadata: {{labels: {{{labels}}}}}\n");
    let files = |path: &str| match path {
        "observability.yaml" => Ok(policy.to_owned()),
        "labels.yaml" => Ok(labels.clone()),
        _ if path.starts_with("base-") => Ok(base.to_owned()),
        _ => Err("cannot be read".to_owned()),
    };
    let mut findings = 0;
    let mut run = || {
        let start = used();
        let compilation = compile(&files, "observability.yaml");
        for finding in &compilation.findings {
            text::render(finding, &compilation.document, false);
        }
        json::document(&report(&compilation.findings, &compilation.document));
        if let Some((_, plan)) = &compilation.output {
            render::render(plan);
        }
        findings = compilation.findings.len();
        used() - start
    };
    let least = (0..3).map(|_| run()).min().unwrap_or_default();
    (least, findings)
}

#[test]
#[ignore = "it measures time"]
fn growth_is_in_proportion() {
    let only = std::env::var("GROWTH").unwrap_or_default();
    let times = std::env::var("GROWTH_TIMES").map_or(1, |it| it.parse().unwrap());
    let mut wrong = Vec::new();
    for (what, count, lists) in GROWING.iter().filter(|it| it.0.contains(&only)) {
        let count = &(count * times);
        let (once, findings) = time(&lists(*count).policy());
        let (twice, _) = time(&lists(2 * count).policy());
        let ratio = twice.as_secs_f64() / once.as_secs_f64();
        println!("{ratio:5.2}  {once:>9.1?} {twice:>9.1?}  {count} {what}, {findings} findings");
        if ratio > MOST {
            wrong.push(format!(
                "{what}: {ratio:.2} times as long for twice as many"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a diff of a stack of a thousand instances may cost, in builds of it.
const MOST_BUILDS: f64 = 2.5;

#[test]
#[ignore = "it measures time"]
fn growth_of_a_diff_is_that_of_its_builds() {
    let folder = tempfile::tempdir().unwrap();
    let lists = Lists {
        instances: many(
            1_000,
            "      - {name: redis-<>, namespace: ns-<>, config: {maxmemory-policy: allkeys-lru}}\n",
        ),
        ..Lists::default()
    };
    // Every instance differs, and so do its alerts.
    let before = lists.policy();
    let after = before
        .replace("v7.4.11", "v7.4.12")
        .replace("maxmemory: 192mb", "maxmemory: 200mb");
    assert_ne!(before, after);
    let [before, after] = [("before", before), ("after", after)].map(|(name, text)| {
        let stack = folder.path().join(name);
        std::fs::create_dir(&stack).unwrap();
        let policy = stack.join("observability.yaml");
        std::fs::write(policy, text).unwrap();
        stack.to_str().unwrap().to_owned()
    });
    let run = |arguments: &[&str]| {
        let began = Instant::now();
        let output = crate::program::obsgen(folder.path(), arguments);
        let is_run = output.status.code().is_some_and(|it| it < 2);
        assert!(is_run, "{}", crate::program::said(&output));
        began.elapsed()
    };
    let mut ratios: Vec<f64> = (0..5)
        .map(|round| {
            let out = format!("build-{round}");
            let build = run(&["build", "--out", &out, &before]);
            let diff = run(&["diff", &before, &after]);
            println!("{build:>9.1?} a build, {diff:>9.1?} a diff");
            diff.as_secs_f64() / build.as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    assert!(ratios[2] <= MOST_BUILDS, "{ratios:?}");
}
