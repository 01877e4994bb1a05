//! Routing trees, inhibitions and alerts, drawn from a sequence that is the same in every run.

use obsgen::routing::inhibition::Inhibition;
use obsgen::routing::labels::Labels;
use obsgen::routing::tree::Route;
use obsgen::value::matcher::Matcher;
use obsgen::value::promql::Comparison;
use serde_json::{Map, Value, json};

use crate::random::Random;

/// Labels that matchers ask for.
const ASKED: &[&str] = &["severity", "team", "a", "b"];
/// Labels that none asks for.
const OTHERS: &[&str] = &["pod", "node"];
/// Values; a label with the empty one is not there.
const VALUES: &[&str] = &[
    "", "", "critical", "warning", "x", "y", "xy", "yx", "X", "x\ny", "\n", "é", "٣", "5", "a.b",
    "axb", "{", "a{b", "aa", "[", "]", "-", "&", "x ", "x\u{a0}y", "漢字", "x|y", "\\", "\"", "ſ",
    "\u{212a}", "k", "_",
];
/// What a regular expression is made of.
const ATOMS: &[&str] = &[
    "x",
    "y",
    "xy",
    "X",
    "a",
    "é",
    ".",
    ".",
    ".*",
    ".+",
    r"\.",
    r"\d",
    r"\D",
    r"\w",
    r"\W",
    r"\s",
    r"\S",
    r"\b",
    r"\B",
    "^",
    "$",
    r"\A",
    r"\z",
    "[xy]",
    "[^x]",
    "[^xy]",
    "[a-z]",
    "[a[b]",
    "[]x]",
    "[^]x]",
    r"[\d_]",
    r"[^\W]",
    r"[\w-]",
    "[a&&b]",
    "[x-]",
    "[-x]",
    r"[\]x]",
    "[[:alpha:]]",
    "[[:^alpha:]]",
    r"\pL",
    r"\PL",
    r"\p{Greek}",
    r"\p{^L}",
    "(?i:x)",
    "(?i:K)",
    "(?s:.)",
    "(?m:^)",
    "(?m:$)",
    r"\Qa.b\E",
    r"\Q[\E",
    r"\n",
    r"\x78",
    r"\x{e9}",
    r"\170",
    "{",
    "}",
    "a{b",
    "a{,2}",
    "critical",
    "warning",
    r"\\",
    r"\|",
    "(?U:x*)",
    "(?-s:.)",
    "(?P<n>x)",
    "()",
    "(?:)",
    r"[\x{0}-\x{10ffff}]",
    "ſ",
];

/// A tree with a name for each of its receivers.
pub(super) fn tree(random: &mut Random) -> Route {
    let mut receivers = 0;
    let root = route(random, 0, &mut receivers);
    Route {
        // Alertmanager takes no conditions there.
        matchers: Vec::new(),
        receiver: Some("root".to_owned()),
        continues: false,
        ..root
    }
}

fn route(random: &mut Random, depth: usize, receivers: &mut usize) -> Route {
    let below = match depth {
        0 => 1 + random.below(5),
        1 | 2 => random.below(4),
        3 => random.below(2),
        _ => 0,
    };
    let receiver = (random.below(4) > 0).then(|| {
        *receivers += 1;
        format!("r{receivers}")
    });
    Route {
        matchers: matchers(random, 3),
        receiver,
        continues: random.below(3) == 0,
        routes: (0..below)
            .map(|_| route(random, depth + 1, receivers))
            .collect(),
        ..Route::default()
    }
}

fn matchers(random: &mut Random, most: usize) -> Vec<Matcher> {
    let count = random.below(most + 1);
    (0..count).map(|_| matcher(random)).collect()
}

fn matcher(random: &mut Random) -> Matcher {
    let label = ASKED[random.below(ASKED.len())].to_owned();
    let text = VALUES[random.below(VALUES.len())].to_owned();
    let (comparison, value) = match random.below(6) {
        0 => (Comparison::Equal, text),
        1 => (Comparison::NotEqual, text),
        2 | 3 => (Comparison::Matches, regex(random)),
        4 => (Comparison::Matches, alternatives(random)),
        _ => (Comparison::DoesNotMatch, regex(random)),
    };
    Matcher {
        label,
        comparison,
        value,
    }
}

fn alternatives(random: &mut Random) -> String {
    let count = 1 + random.below(4);
    let words = ["", "critical", "warning", "x", "y", "xy", "aa"];
    let all: Vec<&str> = (0..count)
        .map(|_| words[random.below(words.len())])
        .collect();
    all.join("|")
}

/// A regular expression that Go takes.
pub(super) fn regex(random: &mut Random) -> String {
    let flags = ["", "", "", "(?i)", "(?s)", "(?m)", "(?is)", "(?U)"];
    let flags = flags[random.below(flags.len())];
    format!("{flags}{}", pattern(random, 0))
}

fn pattern(random: &mut Random, depth: usize) -> String {
    let parts = 1 + random.below(3);
    let mut text = String::new();
    for _ in 0..parts {
        let part = match random.below(8) {
            0 if depth < 3 => format!("({})", pattern(random, depth + 1)),
            1 if depth < 3 => {
                let (left, right) = (pattern(random, depth + 1), pattern(random, depth + 1));
                format!("(?:{left}|{right})")
            }
            2 => format!("(?:{}|)", pattern(random, depth + 2)),
            3 => {
                let signs = [
                    "*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,}", "{1,2}?",
                ];
                let sign = signs[random.below(signs.len())];
                format!("(?:{}){sign}", atom(random))
            }
            _ => atom(random).to_owned(),
        };
        text.push_str(&part);
    }
    match random.below(5) {
        0 => format!("{text}|{}", atom(random)),
        _ => text,
    }
}

fn atom(random: &mut Random) -> &'static str {
    ATOMS[random.below(ATOMS.len())]
}

/// Labels of an alert.
pub(super) fn labels(random: &mut Random) -> Vec<(&'static str, &'static str)> {
    let mut labels = Vec::new();
    for label in ASKED.iter().chain(OTHERS) {
        if random.below(4) > 0 {
            labels.push((*label, VALUES[random.below(VALUES.len())]));
        }
    }
    labels
}

/// Labels of an alert that rules of inhibition are about.
pub(super) fn few_labels(random: &mut Random) -> Vec<(&'static str, &'static str)> {
    let values = ["", "x", "x", "y"];
    let mut labels = Vec::new();
    for label in ASKED {
        labels.push((*label, values[random.below(values.len())]));
    }
    labels
}

/// A rule whose alerts have the same label `group`.
pub(super) fn inhibition(random: &mut Random) -> (Inhibition, Value) {
    let mut side = || -> Vec<Matcher> {
        let count = 1 + random.below(2);
        let one = |_| {
            let text = ["x", "y", "", "x|y", ".*", ".+"][random.below(6)].to_owned();
            let comparison = match (text.contains(['|', '.']), random.below(3)) {
                (true, 0) => Comparison::DoesNotMatch,
                (true, _) => Comparison::Matches,
                (false, 0) => Comparison::NotEqual,
                (false, _) => Comparison::Equal,
            };
            Matcher {
                label: ASKED[random.below(ASKED.len())].to_owned(),
                comparison,
                value: text,
            }
        };
        (0..count).map(one).collect()
    };
    let (source, target) = (side(), side());
    let mut equal = vec!["group".to_owned()];
    for _ in 0..random.below(3) {
        equal.push(ASKED[random.below(ASKED.len())].to_owned());
    }
    let written = json!({
        "source_matchers": texts(&source),
        "target_matchers": texts(&target),
        "equal": equal,
    });
    (Inhibition::new(&source, &target, &equal), written)
}

/// A configuration of Alertmanager with a tree and rules.
pub(super) fn configuration(root: &Route, inhibitions: &[Value]) -> Value {
    let mut receivers = Vec::new();
    let mut route = written(root, &mut receivers);
    // Nothing is to be sent, and nobody is there who would get it.
    route["group_wait"] = json!("1h");
    json!({
        "route": route,
        "receivers": receivers,
        "inhibit_rules": inhibitions,
    })
}

/// A route as alertmanager.yaml writes it, and the receivers that it and those below name.
pub(super) fn written(route: &Route, receivers: &mut Vec<Value>) -> Value {
    let mut out = Map::new();
    if let Some(receiver) = &route.receiver {
        out.insert("receiver".into(), json!(receiver));
        if !receivers.iter().any(|it| it["name"] == **receiver) {
            receivers.push(json!({"name": receiver}));
        }
    }
    if !route.matchers.is_empty() {
        out.insert("matchers".into(), json!(texts(&route.matchers)));
    }
    if route.continues {
        out.insert("continue".into(), json!(true));
    }
    for (field, names) in [
        ("mute_time_intervals", &route.mute),
        ("active_time_intervals", &route.active),
    ] {
        if !names.is_empty() {
            out.insert(field.into(), json!(names));
        }
    }
    let below: Vec<Value> = route
        .routes
        .iter()
        .map(|it| written(it, receivers))
        .collect();
    out.insert("routes".into(), json!(below));
    Value::Object(out)
}

fn texts(matchers: &[Matcher]) -> Vec<String> {
    matchers.iter().map(ToString::to_string).collect()
}

/// An alert as it is sent, beside what marks it.
pub(super) fn sent(labels: &[(&str, &str)], marks: &[(&str, String)]) -> Value {
    let labels = labels.iter().map(|(name, it)| (*name, json!(it)));
    let marks = marks.iter().map(|(name, it)| (*name, json!(it)));
    let all = labels.chain(marks);
    all.map(|(name, it)| (name.to_owned(), it)).collect()
}

/// The same, as the evaluator reads it.
pub(super) fn known(labels: &[(&str, &str)], marks: &[(&str, String)]) -> Labels {
    let marks = marks.iter().map(|(name, it)| (*name, it.as_str()));
    Labels::only(labels.iter().copied().chain(marks))
}
