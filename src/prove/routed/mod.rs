//! Routed: who is told of every alert of a stack, by the tree that is delivered.
//!
//! It asks [`crate::routing`], which agrees with Alertmanager. What Alertmanager gets from others,
//! beside an AlertmanagerConfig of the stack, it does not know.

pub mod delivered;
mod keys;
pub mod subjects;

use std::collections::BTreeSet;

use crate::api::conventions::label;
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::prove::routed::delivered::Delivered;
use crate::prove::routed::subjects::Subject;
use crate::routing::Verdict;
use crate::routing::labels::{Labels, Value};
use crate::routing::tree::Taken;

/// The alerts of a stack and the way of each.
pub struct Routed<'a> {
    /// The stack.
    pub stack: &'a Stack,
    /// What Alertmanager gets.
    pub delivered: Delivered,
    /// The alerts that go the same way, each with its way.
    pub subjects: Vec<(Subject<'a>, Vec<Taken>)>,
    keys: keys::Keys,
}

/// Routes and inhibitions, times alerts, that are looked at: more than any stack has, and few enough
/// that nobody waits.
const MOST_WORK: usize = 4_000_000;

impl<'a> Routed<'a> {
    /// Follows every alert; `None` where nothing is delivered to Alertmanager, or far too much.
    pub fn of(stack: &'a Stack, plan: &'a Plan) -> Option<Self> {
        let delivered = Delivered::of(stack, plan)?;
        let subjects = subjects::subjects(stack, plan, &delivered);
        let rules = delivered.places.len() + delivered.inhibitions.len();
        if subjects.len().saturating_mul(rules) > MOST_WORK {
            return None;
        }
        let subjects = subjects
            .into_iter()
            .map(|it| {
                let taken = delivered.taken(&it.labels);
                (it, taken)
            })
            .collect();
        Some(Self {
            stack,
            delivered,
            subjects,
            keys: keys::Keys::default(),
        })
    }

    /// The receivers that may be told of an alert, by the names of the policy.
    pub fn receivers(&self, taken: &[Taken]) -> BTreeSet<&str> {
        taken
            .iter()
            .map(|it| self.delivered.tree.node(it.node).receiver.as_str())
            .collect()
    }

    /// Whether an alert of one kind, while it fires, may keep one of another quiet by an inhibition,
    /// given that there are two that agree in what has to be equal.
    pub fn silences(
        &self,
        inhibition: usize,
        source: &Subject<'_>,
        target: &Subject<'_>,
    ) -> Verdict {
        let mut verdict = self.is_between(inhibition, &source.labels, &target.labels);
        if verdict == Verdict::No {
            return verdict;
        }
        // Labels that instances differ in are compared instance by instance.
        let (own, others) = self.compared(inhibition);
        for name in others {
            verdict = verdict.and(agree(name, &source.labels, &target.labels));
        }
        if own.is_empty() {
            return verdict;
        }
        if !source.instances.is_empty() && !target.instances.is_empty() {
            let (source, target) = (
                self.keys.of(self, &own, source),
                self.keys.of(self, &own, target),
            );
            return match source.meets(&target) {
                true => verdict,
                false => Verdict::No,
            };
        }
        // One of them is about no instance: what the other has may differ from one to the next.
        own.into_iter()
            .map(|name| {
                let differs = |it: &Subject<'_>| {
                    !it.instances.is_empty() && self.keys.of(self, &[name], it).is_several()
                };
                match differs(source) || differs(target) {
                    true => Verdict::Maybe,
                    false => agree(name, &source.labels, &target.labels),
                }
            })
            .fold(verdict, Verdict::and)
    }

    /// The same for one alert, of which the labels are known.
    pub fn silences_one(
        &self,
        inhibition: usize,
        source: &Subject<'_>,
        target: &Labels,
    ) -> Verdict {
        let mut verdict = self.is_between(inhibition, &source.labels, target);
        let (own, others) = self.compared(inhibition);
        for name in others {
            verdict = verdict.and(agree(name, &source.labels, target));
        }
        if source.instances.is_empty() {
            let each = own.into_iter().map(|it| agree(it, &source.labels, target));
            return each.fold(verdict, Verdict::and);
        }
        let agrees = |index: &usize| {
            let instance = &self.stack.instances[*index];
            let each = own.iter().map(|name| match target.get(name) {
                Value::Text(text) => Verdict::from(text == subjects::value(instance, name)),
                Value::OneOf(_) | Value::Unknown => Verdict::Maybe,
            });
            each.fold(Verdict::Yes, Verdict::and)
        };
        let any = source.instances.iter().map(agrees);
        verdict.and(any.fold(Verdict::No, Verdict::or))
    }

    /// Whether two alerts are each on its side of an inhibition, and not both on both.
    fn is_between(&self, inhibition: usize, source: &Labels, target: &Labels) -> Verdict {
        let rule = &self.delivered.inhibitions[inhibition].rule;
        let both = rule.source.verdict(target).and(rule.target.verdict(source));
        rule.source
            .verdict(source)
            .and(rule.target.verdict(target))
            .and(both.negated())
    }

    /// The labels that an inhibition compares: those in which instances differ, and the others.
    fn compared(&self, inhibition: usize) -> (Vec<&str>, Vec<&str>) {
        let equal = self.delivered.equal(inhibition).into_iter();
        equal.partition(|it| subjects::OF_INSTANCES.contains(it))
    }
}

fn agree(name: &str, source: &Labels, target: &Labels) -> Verdict {
    match (source.get(name), target.get(name)) {
        (Value::Text(left), Value::Text(right)) => Verdict::from(left == right),
        (Value::Unknown | Value::OneOf(_), _) | (_, Value::Unknown | Value::OneOf(_)) => {
            Verdict::Maybe
        }
    }
}

/// The label by which the operator lets an AlertmanagerConfig see the alerts of its own namespace.
const GUARDED: &str = label::NAMESPACE;
