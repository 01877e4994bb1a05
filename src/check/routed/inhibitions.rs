//! Inhibitions that silence nothing, themselves, or a page.

use crate::api::conventions::label;
use crate::check::routed::{WATCHDOG, is_page, named};
use crate::diag::{Diagnostic, Place};
use crate::prove::routed::Routed;
use crate::prove::routed::subjects::Subject;
use crate::read::spec::Severity;
use crate::routing::Verdict;
use crate::routing::condition::{Condition, Conditions};
use crate::routing::labels::Value;

pub(super) fn run(routed: &Routed<'_>, acc: &mut Vec<Diagnostic>) {
    for index in 0..routed.delivered.inhibitions.len() {
        let silencing = &routed.delivered.inhibitions[index];
        // What has no label to compare is a finding of its own.
        if silencing.rule.equal.is_empty() {
            continue;
        }
        if nothing(routed, index, acc) {
            continue;
        }
        itself(routed, index, acc);
        pages(routed, index, acc);
    }
}

fn met<'a>(
    routed: &'a Routed<'_>,
    conditions: &Conditions,
    least: Verdict,
) -> Vec<&'a Subject<'a>> {
    let subjects = routed.subjects.iter().map(|(subject, _)| subject);
    subjects
        .filter(|it| conditions.verdict(&it.labels) >= least)
        .collect()
}

/// No alert of this stack silences, or none is silenced. Returns whether it is so.
fn nothing(routed: &Routed<'_>, index: usize, acc: &mut Vec<Diagnostic>) -> bool {
    let silencing = &routed.delivered.inhibitions[index];
    let (rule, at) = (&silencing.rule, &silencing.at);
    for (side, conditions) in [("source", &rule.source), ("target", &rule.target)] {
        if !met(routed, conditions, Verdict::Maybe).is_empty() {
            continue;
        }
        // What no alert has is found where its matcher is looked at.
        let is_met_alone = |it: &Condition| {
            let mut subjects = routed.subjects.iter();
            subjects.any(|(subject, _)| it.verdict(&subject.labels) != Verdict::No)
        };
        if conditions.iter().all(is_met_alone) {
            acc.push(
                Diagnostic::warning(
                    "routing/inhibits-nothing",
                    Place::Key(at.key(side)),
                    match side {
                        "source" => "no alert of this stack silences by this inhibition",
                        _ => "no alert of this stack is silenced by this inhibition",
                    },
                )
                .label("no alert meets all of these")
                .note("what it is to keep quiet is told")
                .help("correct its matchers, or remove it")
                .of_this_stack(true),
            );
        }
        return true;
    }
    let (sources, targets) = (
        met(routed, &rule.source, Verdict::Maybe),
        met(routed, &rule.target, Verdict::Maybe),
    );
    let never = !sources.iter().any(|source| {
        targets
            .iter()
            .any(|target| routed.silences(index, source, target) != Verdict::No)
    });
    if never {
        let lacks = |all: &[&Subject<'_>], name: &str| {
            all.iter()
                .all(|it| matches!(it.labels.get(name), Value::Text(text) if text.is_empty()))
        };
        let lacking = rule.equal.iter().find_map(|name| {
            match (lacks(&sources, name), lacks(&targets, name)) {
                (true, false) => Some((name, "silence")),
                (false, true) => Some((name, "are silenced")),
                _ => None,
            }
        });
        acc.push(
            Diagnostic::warning(
                "routing/inhibits-nothing",
                Place::Key(at.key("equal")),
                "no two alerts of this stack agree in these labels",
            )
            .label(match lacking {
                Some((name, which)) => format!("the alerts that {which} have no `{name}`"),
                None => "always differ".to_owned(),
            })
            .note("what it is to keep quiet is told")
            .help("write labels that both alerts have with the same value, such as `[stack, namespace]`")
            .of_this_stack(true),
        );
    }
    never
}

/// Alerts that are on both sides: they silence none of each other.
fn itself(routed: &Routed<'_>, index: usize, acc: &mut Vec<Diagnostic>) {
    let silencing = &routed.delivered.inhibitions[index];
    let sources = met(routed, &silencing.rule.source, Verdict::Yes);
    let both = sources.iter().find(|it| {
        it.alert != WATCHDOG && silencing.rule.target.verdict(&it.labels) == Verdict::Yes
    });
    let Some(both) = both else {
        return;
    };
    acc.push(
        Diagnostic::warning(
            "routing/inhibit-self-overlap",
            Place::Key(silencing.at.key("target")),
            format!("{} is on both sides of this inhibition", named(routed, both)),
        )
        .label("takes alerts that `source` takes too")
        .note("an alert of both sides is not silenced by another one, and since Alertmanager 0.30 may hide one that would silence it")
        .help(format!(
            "leave it out of `target`, as by `alertname!=\"{}\"` or another severity",
            both.alert
        )),
    );
}

/// Pages that less urgent alerts keep quiet.
fn pages(routed: &Routed<'_>, index: usize, acc: &mut Vec<Diagnostic>) {
    let silencing = &routed.delivered.inhibitions[index];
    let sources = met(routed, &silencing.rule.source, Verdict::Yes);
    let targets = met(routed, &silencing.rule.target, Verdict::Yes);
    let lesser: Vec<_> = sources
        .into_iter()
        .filter(|it| matches!(it.severity, Severity::Warning | Severity::Info))
        .collect();
    for target in targets.into_iter().filter(|it| is_page(it)) {
        let source = lesser
            .iter()
            .find(|it| routed.silences(index, it, target) == Verdict::Yes);
        let Some(source) = source else {
            continue;
        };
        acc.push(
            Diagnostic::warning(
                "routing/inhibits-page",
                Place::Key(silencing.at.key("target")),
                format!(
                    "`{}`, a {}, keeps {} quiet, which is a page",
                    source.alert,
                    source.severity.name(),
                    named(routed, target)
                ),
            )
            .label("takes pages")
            .note("nobody is woken by what silences it, nor by what is silenced")
            .help(format!(
                "add `{}=\"{}\"` to `source`, or `{}!=\"{}\"` to `target`",
                label::SEVERITY,
                Severity::Critical.name(),
                label::SEVERITY,
                Severity::Critical.name()
            )),
        );
        return;
    }
}
