//! Operators: which series meet, and which labels the result has.

use std::collections::BTreeMap;

use promql_parser::parser::{BinModifier, BinaryExpr, LabelModifier, VectorMatchCardinality};

use crate::promql::flow::{Flow, Follower, Form, NAME};
use crate::promql::numbers::Numbers;
use crate::promql::problem::{Clause, Difference, Problem};
use crate::promql::shape::{Label, Shape};

/// An operator with what stands between its sides.
struct Operator<'a> {
    name: String,
    is_comparison: bool,
    returns_bool: bool,
    modifier: Option<&'a BinModifier>,
}

impl Operator<'_> {
    fn matching(&self) -> Option<&LabelModifier> {
        self.modifier?.matching.as_ref()
    }

    /// Whether a side that finds no other is filled up.
    fn is_filled(&self) -> bool {
        self.modifier
            .is_some_and(|it| it.fill_values.lhs.is_some() || it.fill_values.rhs.is_some())
    }

    /// Whether the result is no longer what the name of the metric says.
    fn changes_meaning(&self) -> bool {
        !self.is_comparison || self.returns_bool
    }
}

impl Follower<'_> {
    pub(super) fn binary(&mut self, binary: &BinaryExpr) -> Flow {
        let left = self.follow(&binary.lhs);
        let right = self.follow(&binary.rhs);
        let operator = Operator {
            name: binary.op.to_string(),
            is_comparison: binary.op.is_comparison_operator(),
            returns_bool: binary.modifier.as_ref().is_some_and(|it| it.return_bool),
            modifier: binary.modifier.as_ref(),
        };
        let reach = left.reach.max(right.reach);
        let flow = match (left.form, right.form) {
            (Form::Scalar, Form::Scalar) => {
                Flow::scalar(numbers(&operator, left.numbers, right.numbers))
            }
            (_, Form::Scalar) => self.with_scalar(&operator, left, right.numbers, false),
            (Form::Scalar, _) => self.with_scalar(&operator, right, left.numbers, true),
            _ if binary.op.is_set_operator() => self.set(&operator, left, right),
            _ => self.joined(&operator, left, right),
        };
        Flow { reach, ..flow }
    }

    /// A vector and a number; the vector stands on the right where the sides are swapped.
    fn with_scalar(
        &mut self,
        operator: &Operator<'_>,
        vector: Flow,
        scalar: Numbers,
        is_swapped: bool,
    ) -> Flow {
        let (left, right) = match is_swapped {
            true => (scalar, vector.numbers),
            false => (vector.numbers, scalar),
        };
        if operator.is_comparison
            && scalar.constant().is_some_and(|it| it != 0.0)
            && !matches!(operator.name.as_str(), "==" | "!=")
            && let Some(metric) = &vector.counter
            && !operator.returns_bool
        {
            self.problems.push(Problem::CounterCompared {
                metric: metric.clone(),
            });
        }
        if operator.changes_meaning() {
            let numbers = numbers(operator, left, right);
            let is_scaled = matches!(operator.name.as_str(), "*" | "/" | "+")
                && scalar.constant().is_some_and(|it| it > 0.0)
                && !is_swapped;
            let counter = vector.counter.clone().filter(|_| is_scaled);
            return Flow {
                counter,
                ..vector.computed(numbers)
            };
        }
        let outcome = self.compared(operator, left, right, vector.is_filtered, vector.is_empty);
        Flow {
            is_empty: vector.is_empty || outcome == Some(false),
            may_be_empty: true,
            is_filtered: true,
            ..vector
        }
    }

    /// Says that a comparison has only one outcome.
    fn compared(
        &mut self,
        operator: &Operator<'_>,
        left: Numbers,
        right: Numbers,
        is_filtered: bool,
        is_empty: bool,
    ) -> Option<bool> {
        let outcome = left.compared(&operator.name, right)?;
        // What was compared before may be told apart by whether it is there at all.
        if !(is_empty || outcome && is_filtered) {
            self.problems.push(Problem::Certain {
                operator: operator.name.clone(),
                left,
                right,
                is_true: outcome,
            });
        }
        Some(outcome)
    }

    fn joined(&mut self, operator: &Operator<'_>, left: Flow, right: Flow) -> Flow {
        let is_one_right = !matches!(
            operator.modifier.map(|it| &it.card),
            Some(VectorMatchCardinality::OneToMany(_))
        );
        if operator.is_filled() {
            // Series of either side, with labels of the matching alone.
            let mut shape = left.shape.or(&right.shape);
            shape.is_open = true;
            for label in shape.labels.values_mut() {
                label.is_always = false;
            }
            return Flow {
                form: Form::Vector,
                shape,
                may_be_empty: true,
                is_filtered: true,
                ..Flow::scalar(Numbers::ANY)
            };
        }
        if left.is_empty || right.is_empty {
            return Flow::nothing();
        }
        let matched = self.matched(operator, &left.shape, &right.shape);
        let (many, one) = match is_one_right {
            true => (&left.shape, &right.shape),
            false => (&right.shape, &left.shape),
        };
        let mut shape = met(operator, many, one, &matched);
        if operator.changes_meaning() {
            shape.drop(NAME);
        }
        match operator.modifier.map(|it| &it.card) {
            Some(
                VectorMatchCardinality::ManyToOne(included)
                | VectorMatchCardinality::OneToMany(included),
            ) => {
                for label in &included.labels {
                    if !one.can_have(label) {
                        self.problems.push(Problem::LabelAbsent {
                            label: label.clone(),
                            clause: Clause::Group,
                            is_needed: true,
                        });
                    }
                    shape.set(label, one.label(label));
                }
            }
            _ => match operator.matching() {
                Some(LabelModifier::Include(labels)) => {
                    shape = shape.keep(labels.labels.iter().map(String::as_str));
                    if operator.changes_meaning() {
                        shape.drop(NAME);
                    }
                }
                Some(LabelModifier::Exclude(labels)) => {
                    for label in &labels.labels {
                        shape.drop(label);
                    }
                }
                None => {}
            },
        }
        let outcome = match operator.is_comparison && !operator.returns_bool {
            true => {
                let is_filtered = left.is_filtered || right.is_filtered;
                self.compared(operator, left.numbers, right.numbers, is_filtered, false)
            }
            false => None,
        };
        Flow {
            form: Form::Vector,
            is_empty: matched.values().any(Label::is_contradiction)
                || shape.is_contradiction()
                || outcome == Some(false),
            shape,
            may_be_empty: true,
            is_filtered: left.is_filtered
                || right.is_filtered
                || operator.is_comparison && !operator.returns_bool,
            numbers: match operator.changes_meaning() {
                true => numbers(operator, left.numbers, right.numbers),
                false => left.numbers,
            },
            counter: None,
            reach: left.reach,
        }
    }

    fn set(&mut self, operator: &Operator<'_>, left: Flow, right: Flow) -> Flow {
        if operator.name == "or" {
            return match (left.is_empty, right.is_empty) {
                (true, _) => right,
                (_, true) => left,
                (false, false) => Flow {
                    form: Form::Vector,
                    shape: left.shape.or(&right.shape),
                    is_empty: false,
                    may_be_empty: left.may_be_empty && right.may_be_empty,
                    is_filtered: left.is_filtered && right.is_filtered,
                    numbers: left.numbers.or(right.numbers),
                    counter: left.counter.filter(|_| right.counter.is_some()),
                    reach: left.reach,
                },
            };
        }
        if left.is_empty {
            return left;
        }
        if right.is_empty {
            return match operator.name == "and" {
                true => Flow::nothing(),
                false => left,
            };
        }
        let matched = self.matched(operator, &left.shape, &right.shape);
        let result = Flow {
            may_be_empty: true,
            is_filtered: true,
            ..left
        };
        if operator.name != "and" {
            return result;
        }
        let shape = met(operator, &result.shape, &right.shape, &matched);
        Flow {
            is_empty: shape.is_contradiction(),
            shape,
            ..result
        }
    }

    /// The labels by which two sides are matched: what each is on both. One that cannot be on both is a
    /// contradiction, and said.
    fn matched(
        &mut self,
        operator: &Operator<'_>,
        left: &Shape,
        right: &Shape,
    ) -> BTreeMap<String, Label> {
        let names: Vec<&str> = match operator.matching() {
            Some(LabelModifier::Include(labels)) => {
                labels.labels.iter().map(String::as_str).collect()
            }
            Some(LabelModifier::Exclude(labels)) => {
                let ignored = |it: &&str| *it != NAME && !labels.labels.iter().any(|no| no == it);
                left.names_with(right).into_iter().filter(ignored).collect()
            }
            None => {
                let names = left.names_with(right).into_iter();
                names.filter(|it| *it != NAME).collect()
            }
        };
        let matched: BTreeMap<String, Label> = names
            .iter()
            .map(|it| ((*it).to_owned(), left.label(it).and(&right.label(it))))
            .collect();
        let (named, clause) = match operator.matching() {
            Some(LabelModifier::Include(labels)) => (&labels.labels[..], Clause::On),
            Some(LabelModifier::Exclude(labels)) => (&labels.labels[..], Clause::Ignoring),
            None => (&[][..], Clause::On),
        };
        for label in named {
            if !left.can_have(label) && !right.can_have(label) {
                self.problems.push(Problem::LabelAbsent {
                    label: label.clone(),
                    clause,
                    is_needed: clause == Clause::On,
                });
            }
        }
        let differs = |(name, label): (&String, &Label)| {
            if !label.is_contradiction() {
                return None;
            }
            let difference = match (left.can_have(name), right.can_have(name)) {
                (true, false) => Difference::OnlyLeft,
                (false, true) => Difference::OnlyRight,
                _ => Difference::Values,
            };
            Some((name.clone(), difference))
        };
        let found = matched.iter().find_map(differs);
        if let Some((label, difference)) = found {
            self.problems.push(Problem::NoMatch {
                operator: operator.name.clone(),
                label,
                difference,
            });
        }
        matched
    }
}

/// The series of one side that meet those of another: what is matched is the same on both.
fn met(
    operator: &Operator<'_>,
    side: &Shape,
    other: &Shape,
    matched: &BTreeMap<String, Label>,
) -> Shape {
    let mut shape = side.clone();
    if let Some(LabelModifier::Exclude(labels)) = operator.matching() {
        // Named, so that they stay when others go.
        for label in &labels.labels {
            shape.labels.insert(label.clone(), side.label(label));
        }
    }
    if !matches!(operator.matching(), Some(LabelModifier::Include(_))) {
        shape.is_open = side.is_open && other.is_open;
    }
    for (name, label) in matched {
        shape.set(name, label.clone());
    }
    shape
        .labels
        .retain(|_, label| side.is_open || !label.is_absent());
    shape
}

/// The numbers of an operator that computes.
fn numbers(operator: &Operator<'_>, left: Numbers, right: Numbers) -> Numbers {
    match operator.is_comparison {
        true => Numbers::between(0.0, 1.0),
        false => left.combined(&operator.name, right),
    }
}
