//! Matchers and labels of the routing tree that no alert of the stack can have: a typo that nothing
//! else shows until a page goes to the wrong place.
//!
//! What other stacks may have that extend the same base is not complained about there.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use regex::RegexBuilder;

use crate::alerts::class::classes;
use crate::alerts::{self, ALERTS};
use crate::api::conventions::label;
use crate::check::Check;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Level, Place, SUGGESTIONS, nearest};
use crate::model::stack::{Route, Stack};
use crate::plan::Plan;
use crate::prove::alerts::labels_of;
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::matcher::Matcher;
use crate::value::promql::{Comparison, alternatives};

pub(super) static CHECK: Check = Check {
    names: &[
        "routing/external-label",
        "routing/inhibit-equal-missing",
        "routing/route-label-absent",
        "routing/unknown-value",
        "routing/value-absent",
    ],
    run,
};

/// The label that Prometheus itself gives an alert.
const ALERTNAME: &str = "alertname";
/// The labels that a target has from a ServiceMonitor or PodMonitor (Prometheus operator, promcfg.go).
const OF_TARGETS: &[&str] = &[
    "job",
    "instance",
    "namespace",
    "service",
    "pod",
    "container",
    "endpoint",
    "node",
];
/// What the Prometheus operator adds to every alert that its Prometheus sends.
const OF_OPERATOR: &[&str] = &["prometheus", "prometheus_replica"];
/// Functions that give series a label that no exporter gave them.
const MAKE_LABELS: &[&str] = &["label_replace", "label_join", "count_values"];

/// The memory that a regular expression of a matcher may take.
const REGEX_BYTES: usize = 1 << 20;

fn run(stack: &Stack, plan: &Plan, acc: &mut Vec<Diagnostic>) {
    let alerts = Alerts {
        stack,
        plan,
        carried: OnceCell::new(),
    };
    alerts.route(&stack.routing.root, acc);
    for inhibition in &stack.routing.inhibitions {
        alerts.matchers(&inhibition.source, &inhibition.at.key("source"), acc);
        alerts.matchers(&inhibition.target, &inhibition.at.key("target"), acc);
        alerts.labels(
            "routing/inhibit-equal-missing",
            &inhibition.equal,
            &inhibition.at.key("equal"),
            acc,
        );
    }
}

/// What the alerts of a stack carry.
struct Alerts<'a> {
    stack: &'a Stack,
    plan: &'a Plan,
    /// The labels that all of them can have, looked for where a matcher asks for one.
    carried: OnceCell<Carried>,
}

/// The labels that alerts can have.
#[derive(Default)]
struct Carried {
    labels: BTreeSet<String>,
    /// Whether one may have others too.
    is_open: bool,
}

/// The values that a label can have.
struct Values<'a> {
    /// What the label is in words.
    what: &'static str,
    /// Those that exist.
    known: BTreeSet<&'a str>,
    /// Those of them that no alert of this stack has.
    absent: BTreeSet<&'a str>,
    /// Whether another stack has the same.
    is_of_language: bool,
}

impl Alerts<'_> {
    fn route(&self, route: &Route, acc: &mut Vec<Diagnostic>) {
        self.matchers(&route.matchers, &route.at.key("matchers"), acc);
        if let Some(labels) = &route.group_by {
            self.labels(
                "routing/route-label-absent",
                labels,
                &route.at.key("groupBy"),
                acc,
            );
        }
        for below in &route.routes {
            self.route(below, acc);
        }
    }

    fn labels(
        &self,
        name: &'static str,
        labels: &[String],
        at: &FieldPath,
        acc: &mut Vec<Diagnostic>,
    ) {
        for (index, label) in labels.iter().enumerate() {
            if !self.carry(label) {
                let at = Place::Value(at.index(index));
                acc.extend(self.label_absent(name, label, at, &str::to_owned));
            }
        }
    }

    fn matchers(&self, matchers: &[Matcher], at: &FieldPath, acc: &mut Vec<Diagnostic>) {
        for (index, matcher) in matchers.iter().enumerate() {
            let at = Place::Value(at.index(index));
            if !self.carry(&matcher.label) {
                let corrected = |label: &str| {
                    Matcher {
                        label: label.to_owned(),
                        ..matcher.clone()
                    }
                    .to_string()
                };
                acc.extend(self.label_absent(
                    "routing/route-label-absent",
                    &matcher.label,
                    at,
                    &corrected,
                ));
            } else if let Some(values) = self.values(&matcher.label) {
                let suggests = acc.len() < SUGGESTIONS;
                acc.extend(wrong_value(matcher, &values, suggests, &at));
            }
        }
    }

    /// Returns whether an alert can have a label.
    fn carry(&self, label: &str) -> bool {
        label == ALERTNAME
            || OF_OPERATOR.contains(&label)
            || label != label::COMPONENT && label::ALL.contains(&label)
            || self.carried().labels.contains(label)
    }

    /// The labels that alerts of the stack can have.
    fn carried(&self) -> &Carried {
        self.carried.get_or_init(|| {
            let mut carried = Carried::default();
            for alert in labels_of(self.stack, self.plan) {
                carried.is_open |= alert.shape.is_open;
                let labels = alert.shape.labels.into_iter();
                let labels = labels.filter(|(_, it)| !it.is_absent());
                carried.labels.extend(labels.map(|(name, _)| name));
            }
            carried
        })
    }

    /// Returns whether series may bring a label of which the policy does not tell.
    fn is_anything_brought(&self) -> bool {
        self.carried().is_open
    }

    /// Says that no alert has a label, with `corrected` as what to write with another.
    fn label_absent(
        &self,
        name: &'static str,
        label: &str,
        at: Place,
        corrected: &dyn Fn(&str) -> String,
    ) -> Option<Diagnostic> {
        let usual = label::ALL
            .iter()
            .chain(OF_TARGETS)
            .copied()
            .chain([ALERTNAME]);
        let near = nearest(label, usual).filter(|it| *it != label);
        if near.is_none() && self.is_anything_brought() {
            return None;
        }
        let headline = format!("no alert of this stack has a label `{label}`");
        if near.is_none() && self.stack.telemetry.managed.is_none() {
            return Some(
                Diagnostic::warning("routing/external-label", at, headline)
                    .label("only Prometheus itself could add it")
                    .note("it works if it is an external label of that Prometheus, which obsgen cannot see")
                    .help("write a label that alerts have, such as `team` or `namespace`, or accept this with the reason"),
            );
        }
        let finding = Diagnostic::error(name, at, headline).label("not a label of any alert").note(match name {
            "routing/inhibit-equal-missing" => "a label that both alerts lack counts as equal, so more is silenced than is meant",
            _ => "for Alertmanager, an alert without the label has an empty one: it tells no alerts apart",
        });
        Some(match near {
            Some(near) => finding.meant(&corrected(near)),
            None => finding
                .help("write a label that alerts have, such as `team`, `tier`, `namespace` or `instance_name`")
                .of_this_stack(true),
        })
    }

    /// The values of a label, where no others can come.
    fn values(&self, label: &str) -> Option<Values<'_>> {
        let stack = self.stack;
        let instances = || stack.instances.iter();
        let mut absent = BTreeSet::new();
        let mut is_of_language = false;
        let (what, known): (_, BTreeSet<&str>) = match label {
            label::SEVERITY => {
                is_of_language = true;
                (
                    "severity",
                    Severity::ALL.iter().map(|it| it.name()).collect(),
                )
            }
            label::TOPOLOGY if self.is_closed(label) => {
                is_of_language = true;
                let known = Kind::ALL.iter().map(|it| it.name());
                let used: BTreeSet<&str> =
                    instances().map(|it| it.topology.kind().name()).collect();
                absent.extend(known.clone().filter(|it| !used.contains(it)));
                ("topology", known.collect())
            }
            ALERTNAME => {
                let here = |it: &alerts::Alert| !classes(stack, it).is_empty();
                let custom: BTreeSet<&str> =
                    stack.custom.iter().map(|it| it.name.as_str()).collect();
                let built_in = ALERTS.iter().filter(|it| !custom.contains(it.name));
                absent.extend(built_in.filter(|it| !here(it)).map(|it| it.name));
                (
                    "alert",
                    ALERTS.iter().map(|it| it.name).chain(custom).collect(),
                )
            }
            label::TEAM => {
                let of_custom = stack.custom.iter().map(|it| it.team.as_str());
                let known = stack.teams.iter().map(String::as_str).chain(of_custom);
                let known = known.chain(instances().map(|it| it.team.as_str()));
                (
                    "team",
                    known.chain(stack.platform.team.as_deref()).collect(),
                )
            }
            label::TIER if self.is_closed(label) => {
                let known = stack.tiers.iter().map(String::as_str);
                (
                    "tier",
                    known
                        .chain(instances().map(|it| it.tier.as_str()))
                        .collect(),
                )
            }
            label::INSTANCE_NAME if self.is_closed(label) => {
                ("instance", instances().map(|it| it.name.as_str()).collect())
            }
            // An alert of the user's own may be about anything, anywhere.
            label::NAMESPACE if stack.custom.is_empty() => {
                ("namespace", stack.watched_namespaces())
            }
            label::STACK => ("stack", [stack.name.as_str()].into()),
            label::CLUSTER => ("cluster", [stack.cluster.as_str()].into()),
            _ => return None,
        };
        Some(Values {
            what,
            known,
            absent,
            is_of_language,
        })
    }

    /// Returns whether series have a label from obsgen alone.
    fn is_closed(&self, label: &str) -> bool {
        let brings = |it: &crate::read::spec::ExternalMetricSpec| {
            it.labels.iter().any(|it| it.as_str() == label)
        };
        let makes = |expression: &str| {
            let words: BTreeSet<&str> = words(expression).collect();
            MAKE_LABELS.iter().any(|it| words.contains(it)) && words.contains(label)
        };
        !self.is_anything_brought()
            && !self.stack.external_metrics.iter().any(brings)
            && !self.stack.custom.iter().any(|it| makes(&it.expr))
            && !self
                .stack
                .recording
                .iter()
                .any(|it| makes(&it.expr) || it.labels.contains_key(label))
    }
}

/// What may be a name in an expression, also within its texts.
fn words(expression: &str) -> impl Iterator<Item = &str> {
    let words =
        expression.split(|it: char| !(it.is_ascii_alphanumeric() || matches!(it, '_' | ':')));
    words.filter(|it| !it.is_empty())
}

/// Says that no alert has what a matcher asks for. What is excluded does no harm.
fn wrong_value(
    matcher: &Matcher,
    values: &Values<'_>,
    suggests: bool,
    at: &Place,
) -> Option<Diagnostic> {
    let wanted: Vec<&str> = match matcher.comparison {
        Comparison::NotEqual | Comparison::DoesNotMatch => return None,
        Comparison::Equal => vec![&matcher.value],
        Comparison::Matches => match plain_alternatives(&matcher.value) {
            Some(texts) => texts,
            None => return wrong_regex(matcher, values, at),
        },
    };
    // An empty text takes alerts without the label.
    let wanted: Vec<&str> = wanted.into_iter().filter(|it| !it.is_empty()).collect();
    if let Some(unknown) = wanted.iter().find(|it| !values.known.contains(**it)) {
        let near = match suggests {
            true => nearest(unknown, values.known.iter().copied()),
            false => None,
        };
        return Some(unknown_value(matcher, values, unknown, near, at));
    }
    let absent = wanted.iter().find(|it| values.absent.contains(**it))?;
    let headline = match values.what {
        "alert" => format!("no instance of this stack has the alert `{absent}`"),
        what => format!("no instance of this stack has the {what} `{absent}`"),
    };
    Some(warned(headline, at).label(match wanted.len() {
        1 => "takes nothing",
        _ => "takes nothing by this one",
    }))
}

fn unknown_value(
    matcher: &Matcher,
    values: &Values<'_>,
    unknown: &str,
    near: Option<&str>,
    at: &Place,
) -> Diagnostic {
    let what = values.what;
    let finding = refused(
        format!("there is no {what} `{unknown}`"),
        values,
        near.map(|it| (unknown, it)),
        at,
    )
    .label("no alert has this value");
    if let Some(near) = near {
        let value = match matcher.comparison {
            Comparison::Matches => {
                let all = plain_alternatives(&matcher.value).unwrap_or_default();
                let all: Vec<&str> = all
                    .into_iter()
                    .map(|it| if it == unknown { near } else { it })
                    .collect();
                alternatives(&all)
            }
            _ => near.to_owned(),
        };
        return finding.meant(
            &Matcher {
                value,
                ..matcher.clone()
            }
            .to_string(),
        );
    }
    finding.help(expected(values))
}

fn wrong_regex(matcher: &Matcher, values: &Values<'_>, at: &Place) -> Option<Diagnostic> {
    // Alertmanager anchors it at both ends.
    let regex = RegexBuilder::new(&format!("^(?:{})$", matcher.value))
        .size_limit(REGEX_BYTES)
        .build()
        .ok()?;
    let takes = |it: &&&str| regex.is_match(it);
    if regex.is_match("") {
        return None;
    }
    match values
        .known
        .iter()
        .filter(takes)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => Some(
            refused(
                format!("no {} matches `{}`", values.what, matcher.value),
                values,
                None,
                at,
            )
            .label("no alert has such a value")
            .help(expected(values)),
        ),
        taken if taken.iter().all(|it| values.absent.contains(**it)) => Some(
            warned(
                format!("nothing of this stack matches `{}`", matcher.value),
                at,
            )
            .label("takes nothing"),
        ),
        _ => None,
    }
}

/// The texts that a regular expression without any sign but `|` takes.
fn plain_alternatives(regex: &str) -> Option<Vec<&str>> {
    let is_plain = !regex.contains(|it| r"\.+*?()[]{}^$".contains(it));
    is_plain.then(|| regex.split('|').collect())
}

/// `typo` is what is written and what was probably meant.
fn refused(
    headline: String,
    values: &Values<'_>,
    typo: Option<(&str, &str)>,
    at: &Place,
) -> Diagnostic {
    // Another stack may have other names, but none that differs by a slip of the finger from one of
    // obsgen's own or from that of a team.
    let is_slip = typo.is_some_and(|(written, meant)| {
        matches!(values.what, "alert" | "team")
            && written.len() > 5
            && !written.ends_with(|it: char| it.is_ascii_digit())
            && strsim::damerau_levenshtein(written, meant) <= 2
    });
    Diagnostic::new("routing/unknown-value", Level::Error, at.clone(), headline)
        .note("what is to be taken here goes elsewhere, and nothing shows it")
        .of_this_stack(!values.is_of_language && !is_slip)
}

fn warned(headline: String, at: &Place) -> Diagnostic {
    Diagnostic::warning("routing/value-absent", at.clone(), headline)
        .note("it is believed to be routed here, and never comes")
        .help("remove it; in a base, where other stacks need it, it is in nobody's way")
        .of_this_stack(true)
}

fn expected(values: &Values<'_>) -> String {
    let known: Vec<&str> = values.known.iter().copied().collect();
    match known.as_slice() {
        [] => format!("this stack has no {}", values.what),
        [only] => format!("the only {} is `{only}`", values.what),
        _ => format!("one of {}", crate::diag::ticked(&known)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn severity(matcher: &str) -> Option<Diagnostic> {
        let values = Values {
            what: "severity",
            known: ["critical", "info", "warning"].into(),
            absent: ["info"].into(),
            is_of_language: true,
        };
        let at = Place::Policy;
        wrong_value(&Matcher::parse(matcher).unwrap(), &values, true, &at)
    }

    #[test]
    fn what_an_alert_can_have_is_taken() {
        for it in [
            "severity=\"critical\"",
            "severity=\"\"",
            "severity=~\"critical|warning\"",
            "severity=~\"|critical\"",
            "severity=~\"crit.*\"",
            "severity=~\".*\"",
            "severity=~\"(?i)WARNING\"",
            "severity=~\"info|warn.*\"",
            "severity!=\"critcal\"",
            "severity!~\"critcal|x.*\"",
        ] {
            assert!(severity(it).is_none(), "{it}");
        }
    }

    #[test]
    fn what_no_alert_can_have_is_not() {
        for (matcher, name, help) in [
            (
                "severity=\"critcal\"",
                "routing/unknown-value",
                "did you mean `severity=\"critical\"`?",
            ),
            (
                "severity=~\"critical|warnin\"",
                "routing/unknown-value",
                "did you mean `severity=~\"critical|warning\"`?",
            ),
            (
                "severity=\"page\"",
                "routing/unknown-value",
                "one of `critical`, `info`, `warning`",
            ),
            (
                "severity=~\"crit\"",
                "routing/unknown-value",
                "one of `critical`, `info`, `warning`",
            ),
            (
                "severity=~\"crit.+y\"",
                "routing/unknown-value",
                "one of `critical`, `info`, `warning`",
            ),
            ("severity=\"info\"", "routing/value-absent", "remove it"),
            ("severity=~\"inf.*\"", "routing/value-absent", "remove it"),
        ] {
            let finding = severity(matcher).unwrap_or_else(|| panic!("{matcher}"));
            assert_eq!(finding.name, name, "{matcher}");
            assert!(finding.help.unwrap().starts_with(help), "{matcher}");
        }
    }
}
