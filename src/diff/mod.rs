//! The consequence, not the line: what a change does to what runs and to who watches it.
//!
//! It compares what is delivered: objects as data, whoever wrote them, a policy, a tree or a stream. What an
//! operator does with a change of its resources is said by the operator's own table.

mod alerts;
mod canonical;
pub mod consequence;
pub mod estimates;
pub mod fields;
mod hidden;
mod instances;
mod objects;
pub mod pairs;
pub mod side;
pub mod yaml;

use std::collections::BTreeSet;

use crate::diff::consequence::{Consequence, Part};
use crate::diff::pairs::Pair;
use crate::diff::side::Side;
use crate::effect::Class;

/// What differs between two sides.
#[derive(Debug, Clone)]
pub struct Difference {
    /// What follows, the worst first.
    pub consequences: Vec<Consequence>,
    /// What it costs, before and after, where both sides are policies.
    pub estimates: Vec<Estimate>,
    /// The objects that differ, in the order of their ids.
    pub objects: Vec<Pair>,
    /// The pages that differ, in the order of their paths.
    pub pages: Vec<Page>,
}

/// An amount that something costs, estimated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// The part that costs it.
    pub part: Part,
    /// What it is an amount of: `series`, `bytes of logs per day`.
    pub what: &'static str,
    /// The amount before.
    pub before: u64,
    /// The amount after.
    pub after: u64,
    /// How both were computed, a line for each step.
    pub arithmetic: Vec<String>,
}

/// A page for people that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its path in the tree.
    pub path: String,
    /// Its text before; nothing where it is new.
    pub before: Option<String>,
    /// Its text after; nothing where it is gone.
    pub after: Option<String>,
}

impl Difference {
    /// Whether both sides are the same.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.pages.is_empty()
    }

    /// How bad the worst of it is.
    pub fn class(&self) -> Class {
        let classes = self.consequences.iter().map(Consequence::class);
        classes.max().unwrap_or(Class::None)
    }
}

/// Compares two sides. Nothing that may be a credential is left in what differs.
pub fn compare(before: &Side, after: &Side) -> Difference {
    let [before, after] = &hidden::hidden(before, after);
    let objects = pairs::pairs(before, after);
    let (mut consequences, mut told) = instances::consequences(before, after, &objects);
    let (of_alerts, told_of_alerts) = alerts::consequences(before, after, &objects);
    consequences.extend(of_alerts);
    told.extend(told_of_alerts);
    consequences.extend(objects::consequences(before, after, &objects, &told));
    let mut difference = Difference {
        consequences,
        estimates: estimates::estimates(before, after),
        objects,
        pages: pages(before, after),
    };
    hidden::shown(&mut difference);
    difference.consequences = consequence::joined(difference.consequences);
    difference
}

/// The pages that differ, where both sides have pages.
fn pages(before: &Side, after: &Side) -> Vec<Page> {
    let (Some(before), Some(after)) = (&before.pages, &after.pages) else {
        return Vec::new();
    };
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let both = paths.into_iter().map(|path| Page {
        path: path.clone(),
        before: before.get(path).cloned(),
        after: after.get(path).cloned(),
    });
    both.filter(|it| it.before != it.after).collect()
}
