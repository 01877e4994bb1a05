//! Why the output is as it is: the fields of the policy that decide a line of it.
//!
//! Nothing of this is stored with the output, and no stage keeps track of it. It is found by trying:
//! a field decides a line if, with another value of the field, the line is another. Fields that
//! together make no difference are left out at once, so that few of many policies have to be planned.

pub mod place;

use std::collections::BTreeSet;

use serde_json::json;

use crate::alerts::ALERTS;
use crate::alerts::parameters::built_in;
use crate::diag::path::FieldPath;
use crate::model::stack::Stack;
use crate::plan::{Plan, plan_part};
use crate::read::Document;
use crate::read::tree::{Content, Node};
use crate::read::vary::{Change, Variable, Variants, others_than, variables};
use crate::why::place::{Fate, Place};
use crate::{model, read};

/// What decides a place in the output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The fields with another value of which it would be another, in the order of the policy.
    pub decided_by: Vec<Decided>,
    /// The smallest parts of the policy without which it would not be there, or another one.
    pub there_for: Vec<FieldPath>,
}

/// A field that decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decided {
    /// The field.
    pub field: FieldPath,
    /// What holds because no file says the field; nothing where one does.
    pub assumed: Option<String>,
}

/// Finds what decides a place.
pub fn why(document: &Document, stack: &Stack, plan: &Plan, place: &Place) -> Answer {
    let search = Search {
        variants: Variants::of(document),
        plan,
        place,
    };
    let mut variables = variables(document);
    variables.extend(parameters(document, stack, &variables));
    variables.retain(|it| !it.others.is_empty());
    let mut acc = Vec::new();
    search.decide(&variables, &mut acc);
    let mut answer = Answer {
        decided_by: acc,
        there_for: Vec::new(),
    };
    let whole = FieldPath::root();
    search.needed(&children(document.root(), &whole), &mut answer.there_for);
    let fields = &answer.decided_by;
    answer
        .there_for
        .retain(|part| !fields.iter().any(|it| it.field.is_within(part)));
    answer
}

/// The parameters of alerts that nothing in the policy says, for each tier.
fn parameters(document: &Document, stack: &Stack, known: &[Variable]) -> Vec<Variable> {
    let written: BTreeSet<&FieldPath> = known.iter().map(|it| &it.field).collect();
    let tiers: BTreeSet<&str> = stack.instances.iter().map(|it| it.tier.as_str()).collect();
    let mut acc = Vec::new();
    for tier in tiers {
        for alert in ALERTS {
            let own = built_in(alert);
            for (name, value) in [
                ("threshold", own.threshold.map(|it| it.to_string())),
                ("for", own.for_.map(|it| it.to_string())),
                ("severity", Some(own.severity.name().to_owned())),
            ] {
                let field = FieldPath::spec(&["alerts", "tiers", tier, alert.name, name]);
                if let Some(value) = value
                    && !written.contains(&field)
                {
                    acc.push(Variable {
                        others: others_than(document, &field, &json!(value)),
                        assumed: Some(value),
                        field,
                    });
                }
            }
        }
    }
    acc
}

/// A part of the policy, and those in it.
struct Part<'a> {
    field: FieldPath,
    node: &'a Node,
}

/// The maps, the lists and what is in them: what a policy could be without.
fn children<'a>(node: &'a Node, path: &FieldPath) -> Vec<Part<'a>> {
    let mut acc = Vec::new();
    let mut push = |field: FieldPath, node: &'a Node| {
        if matches!(node.content, Content::Map(_) | Content::List(_)) {
            acc.push(Part { field, node });
        }
    };
    match &node.content {
        Content::Map(entries) => entries
            .iter()
            .for_each(|it| push(path.key(&it.key), &it.value)),
        Content::List(items) => {
            for (index, it) in items.iter().enumerate() {
                let field = match it.name() {
                    Some(name) => path.key(name),
                    None => path.index(index),
                };
                push(field, it);
            }
        }
        Content::Null
        | Content::Bool(_)
        | Content::Int(_)
        | Content::Decimal(_)
        | Content::Text(_) => {}
    }
    acc
}

/// Values that are tried for one field, until the place is another with one of them.
const TRIED: usize = 3;

struct Search<'a> {
    variants: Variants,
    plan: &'a Plan,
    place: &'a Place,
}

impl Search<'_> {
    /// What becomes of the place with changes of the policy; nothing where it is none any more.
    fn tried<'a>(&self, changes: impl IntoIterator<Item = Change<'a>>) -> Option<Fate> {
        let spec: read::spec::PolicySpec = self.variants.with(changes)?;
        let (stack, _) = model::resolve(&spec);
        let other = plan_part(&stack, self.place.owner);
        Some(self.place.compared(self.plan, &other))
    }

    /// Adds the fields that decide the place.
    fn decide(&self, variables: &[Variable], acc: &mut Vec<Decided>) {
        match variables {
            [] => {}
            [only] => {
                let fates = only.others.iter().take(TRIED);
                let mut fates = fates.filter_map(|it| self.tried([Change::Set(&only.field, it)]));
                // Without the object nothing is known of the field.
                if fates.any(|it| it == Fate::Different) {
                    acc.push(Decided {
                        field: only.field.clone(),
                        assumed: only.assumed.clone(),
                    });
                }
            }
            several => {
                // One other value may make no difference where the next one does.
                let is_same = [0, 1].into_iter().all(|which| {
                    let values = several.iter().filter_map(|it| {
                        let value = it.others.get(which).or_else(|| it.others.first())?;
                        Some(Change::Set(&it.field, value))
                    });
                    self.tried(values) == Some(Fate::Same)
                });
                if !is_same {
                    let (left, right) = several.split_at(several.len() / 2);
                    self.decide(left, acc);
                    self.decide(right, acc);
                }
            }
        }
    }

    /// Adds the smallest parts of the policy without which the place is not there.
    fn needed(&self, parts: &[Part<'_>], acc: &mut Vec<FieldPath>) {
        let removed =
            |parts: &[Part<'_>]| self.tried(parts.iter().map(|it| Change::Remove(&it.field)));
        match parts {
            [] => {}
            [only] => {
                let fate = removed(parts);
                if fate == Some(Fate::Same) {
                    return;
                }
                let before = acc.len();
                self.needed(&children(only.node, &only.field), acc);
                if acc.len() == before && fate.is_some() {
                    acc.push(only.field.clone());
                }
            }
            several => {
                if removed(several) != Some(Fate::Same) {
                    let (left, right) = several.split_at(several.len() / 2);
                    self.needed(left, acc);
                    self.needed(right, acc);
                }
            }
        }
    }
}
