//! Credentials in a policy: they are found, and no output has any part of them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::process::{Command, ExitCode};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use obsgen::diag::secret;
use obsgen::diag::source::{FileId, Locate};
use obsgen::diag::text;
use obsgen::read::schema;
use obsgen::read::tree::{Content, Node, load};
use obsgen::{Compilation, compile};
use serde_json::Value;
use walkdir::WalkDir;

use crate::formats::{Documents, report};
use crate::random::Random;
use crate::stacks::{compile_text, root};

/// What stands in every credential that is planted, and in nothing else.
const CANARY: &str = "CANARY";

/// Every form in which findings leave the program.
fn shown(compilation: &Compilation) -> String {
    let document = &compilation.document;
    let findings = compilation.findings.iter();
    let mut shown: String = findings
        .map(|it| text::render(it, document, true) + &text::render(it, document, false))
        .collect();
    for (_, document) in Documents::of(&report(&compilation.findings, document)).all() {
        shown.push_str(document);
    }
    shown
}

/// A policy of two files that has every kind of receiver: the stack, and what it extends.
#[derive(Clone)]
struct Policy {
    stack: String,
    base: String,
}

impl Policy {
    fn new() -> Self {
        let read = |path: &str| std::fs::read_to_string(root().join("stacks").join(path)).unwrap();
        let stack = read("prod/observability.yaml");
        // Two instances have every field that the others have.
        let (head, rest) = stack.split_once("      - name: checkout-queue\n").unwrap();
        let (_, tail) = rest.split_once("\n  alerts:\n").unwrap();
        Self {
            stack: format!("{head}  alerts:\n{tail}"),
            base: read("base.yaml"),
        }
    }

    fn compile(&self) -> Compilation {
        let files = |path: &str| match path {
            "prod/observability.yaml" => Ok(self.stack.clone()),
            "base.yaml" => Ok(self.base.clone()),
            _ => Err("cannot be read".to_owned()),
        };
        compile(&files, "prod/observability.yaml")
    }

    fn file(&mut self, random: &mut Random) -> &mut String {
        match random.below(3) {
            0 => &mut self.base,
            _ => &mut self.stack,
        }
    }
}

/// The keys and values of a text, and the ends of its comments and lines.
fn positions(text: &str) -> Vec<Range<usize>> {
    fn collect(node: &Node, acc: &mut Vec<Range<usize>>) {
        match &node.content {
            Content::Map(entries) => {
                for entry in entries {
                    acc.push(entry.key_span.range.clone());
                    collect(&entry.value, acc);
                }
            }
            Content::List(items) => items.iter().for_each(|it| collect(it, acc)),
            Content::Null
            | Content::Bool(_)
            | Content::Int(_)
            | Content::Decimal(_)
            | Content::Text(_) => acc.push(node.span.range.clone()),
        }
    }
    let mut acc = Vec::new();
    if let Some(node) = load(FileId(0), text, &mut Vec::new()).node {
        collect(&node, &mut acc);
    }
    acc
}

/// A credential of some issuer with the canary in it. Its end is as random as its beginning, so
/// that a part of it is one as well.
fn token(random: &mut Random) -> String {
    const STARTS: &[&str] = &[
        "ghp_",
        "xoxb-",
        "glpat-",
        "sk_live_",
        "github_pat_",
        "https://hooks.slack.com/services/T0B1/",
        "https://oapi.dingtalk.com/robot/send?access_token=",
        "https://open.feishu.cn/open-apis/bot/v2/hook/",
    ];
    let start = STARTS[random.below(STARTS.len())];
    format!("{start}{}{CANARY}{}", mixed(random, 12), mixed(random, 32))
}

/// Letters and digits among each other.
fn mixed(random: &mut Random, length: usize) -> String {
    const ALL: [&[u8]; 3] = [
        b"abcdefghkmnpqrstuvwxyz",
        b"BDEFGHJKLMPQSTUVWXZ",
        b"0123456789",
    ];
    (0..length)
        .map(|at| {
            let class = ALL[(at + random.below(2)) % 3];
            char::from(class[random.below(class.len())])
        })
        .collect()
}

/// Puts a token somewhere into a file: over a key or a value, into it, or into a comment. Returns
/// where.
fn plant(text: &mut String, random: &mut Random) -> usize {
    let token = token(random);
    let all = positions(text);
    let range = all[random.below(all.len())].clone();
    match random.below(5) {
        0 => text.replace_range(range.clone(), &format!("\"{token}\"")),
        1 => text.replace_range(range.clone(), &token),
        2 => text.insert_str(range.start, &token),
        3 => text.insert_str(range.end, &token),
        _ => {
            let end = text[range.end..]
                .find('\n')
                .map_or(text.len(), |it| it + range.end);
            text.insert_str(end, &format!("  # {token}"));
            return end;
        }
    }
    range.start
}

/// Puts a word where a reference is. Returns where.
fn plant_word(text: &mut String, random: &mut Random) -> usize {
    let all: Vec<usize> = text.match_indices("{secretRef:").map(|it| it.0).collect();
    let start = all[random.below(all.len())];
    let end = start + text[start..].find("}}").unwrap() + 2;
    const WORDS: &[&str] = &[
        "plumCANARYstone",
        "\"plum CANARY stone\"",
        "[CANARYplum, CANARYstone]",
    ];
    text.replace_range(start..end, WORDS[random.below(WORDS.len())]);
    start
}

/// Makes one mistake in a text, often near a place.
fn broken(text: &str, near: usize, random: &mut Random) -> String {
    const MARKS: &[&str] = &[
        "{", "}", "[", "]", "\"", "'", ",", ":", ": ", "&", "*", "!", "|", "%", "@", "\t", "#",
        " #", "- ", "\n", "\n    ", " ", "\\", "<<: ", "---\n", "\u{0}", "\u{202e}", "\u{feff}",
    ];
    let at = match random.below(3) {
        0 => random.below(text.len()),
        _ => (near + random.below(120))
            .saturating_sub(50)
            .min(text.len() - 1),
    };
    let at = (0..=at)
        .rev()
        .find(|it| text.is_char_boundary(*it))
        .unwrap();
    let start = text[..at].rfind('\n').map_or(0, |it| it + 1);
    let end = text[at..].find('\n').map_or(text.len(), |it| it + at + 1);
    let line = &text[start..end];
    let mark = MARKS[random.below(MARKS.len())];
    let with = |range: Range<usize>, new: &str| {
        format!("{}{new}{}", &text[..range.start], &text[range.end..])
    };
    let next = text[at..].chars().next().map_or(0, char::len_utf8) + at;
    match random.below(13) {
        0 | 1 => with(at..next, ""),
        2 | 3 => with(at..at, mark),
        4 => with(at..next, mark),
        5 => with(end..end, line),
        6 => with(start..end, ""),
        7 => with(start..start, &" ".repeat(1 + random.below(4))),
        8 => with(start..start + line.len() - line.trim_start().len(), ""),
        9 => text[..at].to_owned(),
        10 => with(end.saturating_sub(1).max(at)..end, ""),
        11 => {
            let far = (at..at + 2 + random.below(12))
                .rev()
                .find(|it| text.is_char_boundary(*it));
            with(at..far.unwrap_or(at).min(text.len()), "")
        }
        _ => with(
            start..end,
            &format!("{}\"{}\"\n", &text[start..at], text[at..end].trim_end()),
        ),
    }
}

/// Compiles with all sorts of mistakes; what is planted is never shown.
fn break_all(rounds: usize, seed: u64, plant: fn(&mut String, &mut Random) -> usize) {
    let whole = Policy::new();
    let mut leaks = Vec::new();
    for round in 0..rounds {
        let mut random = Random::new(seed + round as u64);
        let mut policy = whole.clone();
        let file = policy.file(&mut random);
        let near = plant(file, &mut random);
        if round % 8 > 0 {
            *file = broken(file, near, &mut random);
        }
        let file = file.clone();
        let shown = shown(&policy.compile());
        if let Some(at) = shown.find(CANARY) {
            let of = file.find(CANARY).unwrap_or(near);
            let line = |text: &str, at: usize| text[..at].lines().count();
            let written: Vec<&str> = file
                .lines()
                .skip(line(&file, of).saturating_sub(2))
                .take(3)
                .collect();
            let told: Vec<&str> = shown
                .lines()
                .skip(line(&shown, at).saturating_sub(2))
                .take(3)
                .collect();
            leaks.push(format!(
                "round {round}:\n{}\n-> {}",
                written.join("\n"),
                told.join("\n")
            ));
        }
    }
    assert!(
        leaks.is_empty(),
        "{} leaks\n{}",
        leaks.len(),
        leaks[..leaks.len().min(12)].join("\n\n")
    );
}

#[test]
fn a_broken_policy_shows_no_token() {
    break_all(500, 7, plant);
}

#[test]
fn a_broken_policy_shows_no_word_at_the_place_of_a_credential() {
    break_all(500, 7_000, plant_word);
}

/// Set for the run of the test below that panics.
const PANICS: &str = "OBSGEN_TEST_PANICS";

#[test]
fn a_panic_says_its_place_and_nothing_else() {
    if std::env::var_os(PANICS).is_some() {
        let code = obsgen::cli::guarded(|| panic!("{CANARY}"));
        let is_run_at_fault = format!("{code:?}") == format!("{:?}", ExitCode::from(2));
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let core = limits
            .lines()
            .find(|it| it.starts_with("Max core file size"));
        let is_without_core = core.is_none_or(|it| it.split_whitespace().nth(4) == Some("0"));
        std::process::exit(if is_run_at_fault && is_without_core {
            2
        } else {
            3
        });
    }
    let name = "secrets::a_panic_says_its_place_and_nothing_else";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(PANICS, "1")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("defect of obsgen at tests/it/secrets.rs:"),
        "{said}"
    );
    assert!(!said.contains(CANARY), "{said}");
}

/// The fields that take a credential. One that is added belongs here, as a reference.
const CREDENTIALS: &[&str] = &[
    "platform.elasticsearch.ca",
    "platform.elasticsearch.password",
    "platform.elasticsearch.username",
    "platform.kibana.ca",
    "receivers.dingtalk.secret",
    "receivers.dingtalk.url",
    "receivers.email.password",
    "receivers.feishu.secret",
    "receivers.feishu.url",
    "receivers.pagerduty.routingKey",
    "receivers.slack.url",
    "receivers.webhook.bearerToken",
    "receivers.webhook.url",
    "receivers.wechat.secret",
    "receivers.wecom.url",
    "redis.instances.auth",
];

/// The fields of a schema, and whether each takes a credential by reference.
fn fields(
    root: &Value,
    at: &Value,
    path: &str,
    open: &mut Vec<String>,
    acc: &mut Vec<(String, bool)>,
) {
    let reference = at["$ref"]
        .as_str()
        .or_else(|| at["allOf"][0]["$ref"].as_str());
    if let Some(reference) = reference {
        if !open.iter().any(|it| it == reference) {
            open.push(reference.to_owned());
            let definition = root.pointer(&reference[1..]).unwrap();
            fields(root, definition, path, open, acc);
            open.pop();
        }
        return;
    }
    if at["properties"]["secretRef"].is_object() {
        acc.push((path.to_owned(), true));
        return;
    }
    for (name, field) in at["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        acc.push((path.clone(), false));
        fields(root, field, &path, open, acc);
    }
    for inner in ["items", "additionalProperties"] {
        if at[inner].is_object() {
            fields(root, &at[inner], path, open, acc);
        }
    }
}

/// Mistakes that leave a password where no value is: in a key, a mark, a comment, an address.
#[test]
fn a_password_in_a_strange_place_is_not_shown() {
    let auth = "auth: {secretRef: {name: session-cache, key: password}}";
    let url = "url: {secretRef: {name: alert-slack, key: url}}";
    let host = "smarthost: smtp.example.com:587";
    let address = "https://logs-es-http.logging.svc:9200";
    let wrong = "\n        nothing: x";
    for (field, instead) in [
        (auth, "auth: {CANARY7}"),
        (auth, "auth: {7CANARY: a}"),
        (auth, "auth: {\"CANARY stone\": a}"),
        (auth, "auth: {secretRef: {CANARY}}"),
        (auth, "auth: *CANARY"),
        (auth, "auth: &CANARY {secretRef: {name: a, key: b}}"),
        (auth, "auth: !CANARY {secretRef: {name: a, key: b}}"),
        (auth, "auth: {secretRef: {name: a, key: &CANARY}}"),
        (url, "url:CANARY"),
        (url, "\"url\":&CANARY"),
        (url, "url = CANARY"),
        (url, "url: {secretRef: {name: [*CANARY]}}"),
        (host, "smarthost: u:CANARY@smtp.example.com:587"),
        (address, "https://u:plum CANARY@es.logging.svc:9200"),
        (address, "https://u:plum`CANARY`@es.logging.svc:9200"),
        (address, "https://es.logging.svc:9200?password=CANARY"),
        (auth, &format!("{auth}{wrong} # auth: CANARY")),
        (auth, &format!("{auth}{wrong} # requirepass CANARY")),
        (
            auth,
            &format!("{auth}{wrong} # é: CANARY and the password: é"),
        ),
    ] {
        let mut policy = Policy::new();
        assert!(policy.stack.contains(field), "{field}");
        policy.stack = policy.stack.replacen(field, instead, 1);
        let compilation = policy.compile();
        assert!(compilation.output.is_none(), "{instead}");
        let shown = shown(&compilation);
        let line = shown.lines().find(|it| it.contains(CANARY));
        assert_eq!(line, None, "{instead}");
    }
}

/// What is no password is shown, so that it can be corrected.
#[test]
fn a_name_that_is_only_misspelt_is_shown() {
    for (instead, wanted) in [
        ("auth: {secretref: {name: a, key: b}}", "`secretref`"),
        ("auth: {value: a}", "`value`"),
    ] {
        let auth = "auth: {secretRef: {name: session-cache, key: password}}";
        let mut policy = Policy::new();
        policy.stack = policy.stack.replacen(auth, instead, 1);
        let shown = shown(&policy.compile());
        assert!(shown.contains(wanted), "{shown}");
    }
}

#[test]
fn every_credential_is_a_reference() {
    let schema = schema::policy().clone();
    let mut all = Vec::new();
    fields(&schema, &schema, "", &mut Vec::new(), &mut all);
    let short = |it: &str| it.trim_start_matches(".spec.").to_owned();
    let by_reference: BTreeSet<String> = all
        .iter()
        .filter(|it| it.1)
        .map(|it| short(&it.0))
        .collect();
    let expected: BTreeSet<String> = CREDENTIALS.iter().map(|it| (*it).to_owned()).collect();
    assert_eq!(by_reference, expected);
    let plain: Vec<String> = all
        .iter()
        .map(|it| short(&it.0))
        .filter(|it| secret::at_field(it.rsplit('.').next().unwrap(), "x1y2z3").is_some())
        .filter(|it| !expected.contains(it))
        .collect();
    assert!(
        plain.is_empty(),
        "fields of credentials without a reference: {plain:?}"
    );
}

fn of(alphabet: &str, length: usize, random: &mut Random) -> String {
    let all: Vec<char> = alphabet.chars().collect();
    (0..length).map(|_| all[random.below(all.len())]).collect()
}

const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const HEX: &str = "0123456789abcdef";
const WORD: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const DIGITS: &str = "0123456789";

/// A beginning, and what stands behind it: an alphabet and a length. The credentials themselves are
/// made here, so that nothing in the repository has their form.
const ISSUED: &[(&str, &str, usize)] = &[
    ("https://hooks.slack.com/services/T024/B024/", WORD, 24),
    ("https://hooks.slack.com/workflows/T024/A02/", WORD, 24),
    ("https://HOOKS.slack.com/triggers/T024/", WORD, 24),
    ("xoxb-", DIGITS, 24),
    ("xoxp-", WORD, 30),
    ("xoxa-2-", WORD, 30),
    ("xapp-1-", WORD, 30),
    ("https://discord.com/api/webhooks/", DIGITS, 18),
    ("https://example.webhook.office.com/webhookb2/", HEX, 32),
    (
        "https://oapi.dingtalk.com/robot/send?access_token=",
        HEX,
        64,
    ),
    ("https://open.feishu.cn/open-apis/bot/v2/hook/", HEX, 36),
    ("https://open.larksuite.com/open-apis/bot/v2/hook/", HEX, 36),
    (
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=",
        HEX,
        36,
    ),
    ("https://events.pagerduty.com/integration/", HEX, 32),
    ("https://hc-ping.com/", HEX, 36),
    ("AKIA", UPPER, 16),
    ("ASIA", UPPER, 16),
    ("AIza", WORD, 35),
    ("GOCSPX-", WORD, 28),
    ("dop_v1_", HEX, 64),
    ("ghp_", WORD, 36),
    ("gho_", WORD, 36),
    ("ghs_", WORD, 36),
    ("github_pat_", WORD, 82),
    ("glpat-", WORD, 20),
    ("npm_", WORD, 36),
    ("dckr_pat_", WORD, 27),
    ("SG.abcdefghij.", WORD, 43),
    ("sk_live_", WORD, 24),
    ("whsec_", WORD, 32),
    ("sk-ant-api03-", WORD, 90),
    ("sk-proj-", WORD, 80),
    ("sk-", WORD, 48),
    ("SK", HEX, 32),
    ("key-", HEX, 32),
    ("glsa_", WORD, 32),
    ("hvs.", WORD, 90),
    ("AGE-SECRET-KEY-1", UPPER, 58),
    ("12345678:AA", WORD, 33),
    ("eyJhbGciOiJIUzI1NiJ9.eyJ", WORD, 40),
    ("Authorization: Bearer a1B2", WORD, 30),
    ("-----BEGIN RSA PRIVATE KEY-----", WORD, 64),
    ("redis://default:", WORD, 16),
    ("amqp://guest:", WORD, 16),
    ("https://", HEX, 32),
    ("https://example.com/hook?token=a1B2", WORD, 20),
    ("https://example.com/hook?a=b&api_key=a1B2", WORD, 20),
    ("password=a1", WORD, 12),
    ("CLIENT_SECRET: a1B2", WORD, 24),
];

fn issued(random: &mut Random) -> Vec<String> {
    let made = ISSUED.iter().map(|(start, alphabet, length)| {
        let end =
            if start.ends_with("default:") || start.ends_with("guest:") || *start == "https://" {
                "@queue.example.com"
            } else {
                ""
            };
        format!("{start}{}{end}", of(alphabet, *length, random))
    });
    made.collect()
}

/// The lines with a credential in plain text.
fn lines_found(text: &str) -> BTreeSet<usize> {
    let compilation = compile_text(text);
    let leaks = compilation
        .findings
        .iter()
        .filter(|it| it.name == "secrets/plain-text");
    leaks
        .map(|it| {
            let span = compilation.document.span(&it.at);
            text[..span.range.start].matches('\n').count()
        })
        .collect()
}

#[test]
fn credentials_are_found_wherever_they_stand() {
    type Position = fn(usize, &str) -> String;
    const POSITIONS: &[Position] = &[
        |at, it| format!("k{at}: \"{it}\"\n"),
        |at, it| format!("k{at}: [a, \"{it}\"]\n"),
        |at, it| format!("k{at}: see {}, please\n", it.replace(": ", "=")),
        |at, it| format!("\"{it}\": {at}\n"),
        |at, it| format!("k{at}: 1  # was {it}\n"),
        |at, it| {
            format!(
                "k{at}: https://example.com/{at}#{}\n",
                it.replace(' ', "%20").replace("Bearer%20", "token=")
            )
        },
        |at, it| format!("k{at}: {}\n", BASE64_STANDARD.encode(it)),
        |at, it| format!("k{at}: |\n  {it}\n"),
    ];
    let mut random = Random::new(11);
    let (mut all, mut missed) = (0, Vec::new());
    for (number, position) in POSITIONS.iter().enumerate() {
        for is_broken in [false, true] {
            let mut text = String::from("apiVersion: obsgen/v1alpha1\n");
            let mut expected = Vec::new();
            for (at, it) in issued(&mut random).iter().enumerate() {
                let written = position(at, it);
                // The place of a block is its text.
                let lines = text.matches('\n').count() + written.matches('\n').count() - 1;
                expected.push((lines, it.clone()));
                text.push_str(&written);
            }
            if is_broken {
                text.push_str("a: b: c\n");
            }
            let found = lines_found(&text);
            all += expected.len();
            let left = expected.into_iter().filter(|it| !found.contains(&it.0));
            missed.extend(left.map(|it| format!("{number} {is_broken} {}", it.1)));
        }
    }
    assert!(all >= 200);
    assert!(
        missed.len() * 100 <= all,
        "{} of {all}\n{}",
        missed.len(),
        missed.join("\n")
    );
}

/// What people write that only looks like a credential, or speaks of one.
const HARMLESS: &[&str] = &[
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "redis@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "registry.example.com:5000/team/redis_exporter:v1.86.0-alpine3.20",
    "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "https://git.example.com/sre/observability/blob/2fd4e1c67a2d28fced849ee1bb76e7391b93eb12/queue.md",
    "https://git.example.com/sre/observability/-/commit/2fd4e1c67a2d28fced849ee1bb76e7391b93eb12?view=parallel",
    "https://grafana.example.com/d/redis-instance/redis?var-key=checkout&from=now-6h&token=none",
    "https://example.com/?key=overview&page=2",
    "https://hooks.slack.com/services/<team>/<channel>/<token>",
    "https://hooks.slack.com/services/",
    "redis://user:<password>@cache.web.svc:6379",
    "redis://default:$(REDIS_PASSWORD)@cache.web.svc:6379",
    "redis://default:${REDIS_PASSWORD}@cache.web.svc:6379",
    "redis://cache.web.svc:6379/0",
    "https://git@github.com/example/observability.git",
    "ssh://git@git.example.com:22/example/observability.git",
    "postgres://reader@db.example.com/orders",
    "oncall@example.com",
    "password: see the wiki",
    "the password is in the Secret session-cache",
    "a password, a token or a key is never written here",
    "Password: ask team-checkout-2 for it",
    "secretRef: {name: session-cache-2, key: password}",
    "secretName: logs-es-http-certs-public",
    "passwordFile: /etc/alertmanager/secrets/alert-smtp-2/password",
    "tokenTTL: 3600s2",
    "key: ES_PASSWORD_2",
    "key=checkout-2024-orders-pending",
    "password=$(openssl rand -hex 32)",
    "--from-literal=password=$PASSWORD1",
    "password: {{ .Values.redis2.password }}",
    "token: <the one of 1Password>",
    "password: ********",
    "password: ENC[AES256_GCM,data:Zm9vYmFyMTIz,iv:aWlpaWlpMTIz,tag:dGFnMTIz,type:str]",
    "a bearer token is needed",
    "Bearer <token>",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "xoxb-…",
    "tokens of Slack begin with xoxb-, those of GitHub with ghp_",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
    "Europe/Amsterdam",
    "America/Argentina/ComodRivadavia",
    "#checkout-oncall",
    "#key-customers-2024-q1-escalations",
    "RedisClusterSlotsUnassigned2",
    "quay.io/opstree/redis:v7.4.11",
    "sk-cache-eu-west-1-production-replica-0",
    "task-queue-eu-central-1-production-replica-2",
    "SKU0001 and SK2024",
    "monkey: banana2split",
    "keyspace: db0:keys=1,expires=0,avg_ttl=0",
    "max by (namespace, instance_name) (redis_list_length{stack=\"prod\", key=\"checkout2\"}) > 1000",
    "sum(rate(redis_keyspace_hits_total{token_type=\"a1b2c3\"}[5m])) / 2",
    "alertname=~\"RedisPodsMissing|RedisReplicasMissing|RedisClusterNodesMissing\"",
    "YXBpVmVyc2lvbjogb2JzZ2VuL3YxYWxwaGExCmtpbmQ6IE9ic2VydmFiaWxpdHkK",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
    "2024-05-01T12:30:00Z",
    "10.0.0.1:6379",
    "fe80::1ff:fe23:4567:890a",
    "maxmemory-policy: allkeys-lfu",
    "13800000000",
    "ww0000000000000000",
    "d41d8cd98f00b204e9800998ecf8427e",
    "md5 d41d8cd98f00b204e9800998ecf8427e of the page",
];

#[test]
fn nothing_else_is_taken_for_a_credential() {
    let mut lines = 0;
    let mut wrong = Vec::new();
    let folders = ["stacks", "tests/checks", "golden"];
    let files = folders.iter().flat_map(|it| WalkDir::new(root().join(it)));
    for file in files.map(Result::unwrap) {
        if file.path().extension().is_none_or(|it| it != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(file.path()).unwrap();
        let is_about_leaks =
            text.contains(CANARY) || file.path().to_string_lossy().contains("/secrets/");
        if is_about_leaks {
            continue;
        }
        // A stream of objects is read up to its second document only.
        for document in text.split("\n---\n") {
            lines += document.lines().filter(|it| !it.trim().is_empty()).count();
            let found = lines_found(document);
            let found = found
                .iter()
                .map(|it| document.lines().nth(*it).unwrap_or_default());
            wrong.extend(found.map(|it| format!("{}: {it}", file.path().display())));
        }
    }
    type Position = fn(usize, &str) -> String;
    const POSITIONS: &[Position] = &[
        |at, it| format!("k{at}: '{it}'\n"),
        |at, it| format!("k{at}: 1  # {it}\n"),
        |_, it| format!("'{it}': 1\n"),
        |at, it| format!("k{at}: |\n  {it}\n"),
    ];
    for position in POSITIONS {
        for end in ["", "a: b: c\n"] {
            let all = HARMLESS.iter().enumerate();
            let text: String = all.map(|(at, it)| position(at, it)).collect();
            let text = format!("apiVersion: obsgen/v1alpha1\n{text}{end}");
            lines += HARMLESS.len();
            let found = lines_found(&text);
            wrong.extend(
                found
                    .iter()
                    .map(|it| text.lines().nth(*it).unwrap_or_default().to_owned()),
            );
        }
    }
    assert!(lines >= 500);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
