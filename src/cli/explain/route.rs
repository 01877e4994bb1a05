//! `obsgen explain route`: the way of an alert through the routing tree, who is told of it and when.

use std::collections::BTreeSet;

use clap::Args;

use crate::alerts::{Scope, find};
use crate::cli::Outcome;
use crate::cli::explain::{In, table, wrong};
use crate::cli::terminal::{located, print, say};
use crate::diag::{Place, did_you_mean, text};
use crate::model::stack::{Instance, Stack};
use crate::prove::routed::Routed;
use crate::prove::routed::subjects::{Rule, Subject, rules};
use crate::read::Document;
use crate::routing::Verdict;
use crate::routing::condition::Conditions;
use crate::routing::labels::{Labels, Value};
use crate::routing::tree::{GroupBy, Node, Taken};

/// Print who is told of an alert of an instance: the routes that are tried, each matcher with its
/// verdict, the receivers and when they are told, and what would keep the alert quiet
///
/// An alert about the stack, or of your own, is one of no instance: write `-` for it. Where a
/// verdict is `maybe`, it depends on a label that only the series know.
#[derive(Debug, Args)]
pub(super) struct Route {
    /// The instance, or `-` for an alert about the stack and for one of your own
    instance: String,
    /// The alert
    alert: String,
    #[command(flatten)]
    of: In,
}

/// What is written for no instance.
pub(super) const STACK: &str = "-";

impl Route {
    pub(super) fn run(&self) -> Outcome {
        let Some(compiled) = self.of.compile() else {
            return Outcome::Run;
        };
        let mut answer = String::new();
        let mut refusal = Vec::new();
        for (policy, compilation) in &compiled {
            let Some((stack, plan)) = &compilation.output else {
                return wrong(policy, compilation);
            };
            let rules = rules(stack, plan);
            let Some(of_alert) = rules.get(self.alert.as_str()) else {
                let names: Vec<&str> = rules.keys().copied().collect();
                refusal = vec![
                    format!("{policy} has no alert `{}`", self.alert),
                    did_you_mean(&self.alert, &names),
                ];
                continue;
            };
            let chosen = match chosen(&self.instance, &self.alert, stack, of_alert) {
                Ok(chosen) => chosen,
                Err(why) => {
                    refusal = why.to_vec();
                    continue;
                }
            };
            let Some(routed) = Routed::of(stack, plan) else {
                refusal = vec![
                    format!("{policy} delivers nothing to Alertmanager"),
                    "ask a smaller stack".to_owned(),
                ];
                continue;
            };
            let document = &compilation.document;
            for (rule, instance) in chosen {
                let way = Way {
                    routed: &routed,
                    document,
                    labels: rule.labels(&self.alert, instance),
                };
                answer.push_str(&format!("{policy}\n{}", way.explained(&self.alert)));
            }
        }
        if answer.is_empty() {
            let [what, help] = refusal.as_slice() else {
                return Outcome::Run;
            };
            say(&format!("error: {what}"));
            say(&format!("help: {help}"));
            return Outcome::Run;
        }
        print(text::said(&answer).as_bytes())
    }
}

/// The rules of an alert that may be meant, each with the instance that it is asked about.
pub(super) fn chosen<'r, 's, 'p>(
    instance: &str,
    alert: &str,
    stack: &'s Stack,
    rules: &'r [Rule<'p>],
) -> Result<Vec<(&'r Rule<'p>, Option<&'s Instance>)>, [String; 2]> {
    let built_in = find(alert).filter(|_| !stack.custom.iter().any(|it| it.name == *alert));
    let is_of_instances = built_in.is_some_and(|it| matches!(it.scope, Scope::Instances { .. }));
    if instance == STACK {
        return match is_of_instances {
            true => Err([
                format!("`{alert}` is about an instance"),
                "name the instance in place of `-`".to_owned(),
            ]),
            false => Ok(rules.iter().map(|it| (it, None)).collect()),
        };
    }
    let Some(instance) = stack.instances.iter().find(|it| it.name == instance) else {
        let names: Vec<&str> = stack.instances.iter().map(|it| it.name.as_str()).collect();
        return Err([
            format!("there is no instance `{instance}`"),
            did_you_mean(instance, &names),
        ]);
    };
    let Some(built_in) = built_in.filter(|_| is_of_instances) else {
        return Err([
            format!("`{alert}` is about no instance"),
            "write `-` in place of the instance".to_owned(),
        ]);
    };
    let class = crate::alerts::class::classes(stack, built_in)
        .into_iter()
        .find(|it| it.instances.iter().any(|it| it.name == instance.name));
    let rule = class.and_then(|class| rules.iter().find(|it| it.is_of(&class)));
    match rule {
        Some(rule) => Ok(vec![(rule, Some(instance))]),
        None => Err([
            format!("`{}` has no alert `{alert}`", instance.name),
            "`obsgen explain threshold` says which it has".to_owned(),
        ]),
    }
}

/// The way of an alert.
struct Way<'a> {
    routed: &'a Routed<'a>,
    document: &'a Document,
    labels: Labels,
}

impl Way<'_> {
    fn explained(&self, alert: &str) -> String {
        let mut text = format!("  {alert}\n{}", indented(&self.labels_table()));
        let delivered = &self.routed.delivered;
        text.push_str("  routes\n");
        if let Some(namespaces) = &delivered.namespaces {
            let seen = delivered.sees(&self.labels);
            let all: Vec<&str> = namespaces.iter().map(String::as_str).collect();
            text.push_str(&format!(
                "    {seen}: an AlertmanagerConfig is in its namespace ({})\n",
                all.join(", ")
            ));
        }
        let taken = delivered.taken(&self.labels);
        text.push_str(&indented(&self.routes_table(&taken)));
        text.push_str("  told\n");
        if taken.is_empty() {
            text.push_str("    nobody by this stack: no AlertmanagerConfig of it sees the alert\n");
        }
        for it in &taken {
            text.push_str(&self.told(*it));
        }
        let quiet = self.quiet();
        if !quiet.is_empty() {
            text.push_str(&format!("  kept quiet by\n{}", indented(&table(&quiet))));
        }
        text
    }

    fn labels_table(&self) -> String {
        let mut rows: Vec<Vec<String>> = self
            .labels
            .iter()
            // One with the empty text is not there.
            .filter(|(_, it)| !matches!(it, Value::Text(text) if text.is_empty()))
            .map(|(name, it)| {
                let value = match it {
                    Value::Text(text) => text.clone(),
                    Value::OneOf(texts) => one_of(texts),
                    Value::Unknown => "(unknown)".to_owned(),
                };
                vec![name.to_owned(), value]
            })
            .collect();
        if self.labels.has_others() {
            rows.push(vec!["…".to_owned(), "what its series have".to_owned()]);
        }
        table(&rows)
    }

    /// The routes that were tried, each a row for every matcher.
    fn routes_table(&self, taken: &[Taken]) -> String {
        let delivered = &self.routed.delivered;
        let mut rows = Vec::new();
        for step in delivered.tree.steps(&self.labels) {
            let node = delivered.tree.node(step.node);
            let at = &delivered.places[step.node];
            let mut depth = 0;
            let mut above = node.parent;
            while let Some(it) = above {
                depth += 1;
                above = delivered.tree.node(it).parent;
            }
            let mut what = Vec::new();
            if let Some(it) = taken.iter().find(|it| it.node == step.node) {
                what.push(match it.is_certain {
                    true => "takes it",
                    false => "may take it",
                });
            }
            if node.continues && step.verdict != Verdict::No && node.parent.is_some() {
                what.push("continues");
            }
            let place = located(&Place::Key(at.clone()), self.document);
            let mut head = vec![
                step.verdict.to_string(),
                format!("{}{at}", "  ".repeat(depth)),
                place,
            ];
            let mut matchers = self.verdicts(&node.conditions).into_iter();
            head.push(
                matchers
                    .next()
                    .unwrap_or_else(|| "takes every alert".to_owned()),
            );
            head.push(what.join(", "));
            rows.push(head);
            rows.extend(matchers.map(|it| vec![String::new(), String::new(), String::new(), it]));
        }
        table(&rows)
    }

    fn verdicts(&self, conditions: &Conditions) -> Vec<String> {
        conditions
            .iter()
            .map(|it| format!("{} {}", it.matcher(), it.verdict(&self.labels)))
            .collect()
    }

    /// The receiver of a route that takes the alert, and when it is told.
    fn told(&self, taken: Taken) -> String {
        let delivered = &self.routed.delivered;
        let node = delivered.tree.node(taken.node);
        let stack = self.routed.stack;
        let receiver = stack
            .receivers
            .iter()
            .find(|it| it.name.as_str() == node.receiver);
        let channels = receiver.map_or_else(Vec::new, |it| {
            it.channels().iter().map(|it| it.kind()).collect()
        });
        let certainty = match taken.is_certain {
            true => "",
            false => " (maybe)",
        };
        let mut rows = vec![vec!["by".to_owned(), channels.join(", ")]];
        let mut row = |what: &str, text: String| rows.push(vec![what.to_owned(), text]);
        row("grouped by", grouped(node));
        row(
            "first",
            format!("{} after a new group has begun", node.group_wait),
        );
        row(
            "again",
            format!(
                "{} after a change, {} without one",
                node.group_interval,
                node.repeat_interval.rounded_up_to(node.group_interval)
            ),
        );
        for (what, names) in [("silent", &node.mute), ("only", &node.active)] {
            for name in names {
                row(what, self.times(name));
            }
        }
        format!(
            "    {}{certainty}\n{}",
            node.receiver,
            indented(&indented(&table(&rows)))
        )
    }

    fn times(&self, name: &str) -> String {
        match self
            .routed
            .delivered
            .times
            .iter()
            .find(|it| it.name == name)
        {
            Some(times) => format!("{name} ({times})"),
            None => name.to_owned(),
        }
    }

    /// The alerts that would keep this one quiet, by inhibition.
    fn quiet(&self) -> Vec<Vec<String>> {
        let routed = self.routed;
        let mut rows = Vec::new();
        for (index, silencing) in routed.delivered.inhibitions.iter().enumerate() {
            let sources = routed.subjects.iter().map(|(subject, _)| subject);
            let met =
                |it: &&Subject<'_>| routed.silences_one(index, it, &self.labels) != Verdict::No;
            let names: BTreeSet<&str> = sources.filter(met).map(|it| it.alert).collect();
            let names: Vec<&str> = names.into_iter().collect();
            if names.is_empty() {
                continue;
            }
            rows.push(vec![
                shown(&names),
                format!(
                    "where {} are the same",
                    routed.delivered.equal(index).join(", ")
                ),
                silencing.at.to_string(),
                located(&Place::Key(silencing.at.clone()), self.document),
            ]);
        }
        rows
    }
}

fn grouped(node: &Node) -> String {
    match &node.group_by {
        GroupBy::All => "every label: each alert alone".to_owned(),
        GroupBy::Labels(labels) if labels.is_empty() => "nothing: all alerts together".to_owned(),
        GroupBy::Labels(labels) => labels.iter().cloned().collect::<Vec<_>>().join(", "),
    }
}

/// Texts of which a label has one; the empty one is that it is not there.
fn one_of(texts: &BTreeSet<String>) -> String {
    let all: Vec<&str> = texts
        .iter()
        .map(|it| if it.is_empty() { "none" } else { it })
        .collect();
    format!("one of: {}", shown(&all))
}

/// Names with commas; many are counted.
fn shown(names: &[&str]) -> String {
    const MOST: usize = 6;
    let first = names
        .iter()
        .take(MOST)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(MOST) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// Two spaces before every line.
pub(super) fn indented(text: &str) -> String {
    text.lines().map(|it| format!("  {it}\n")).collect()
}
