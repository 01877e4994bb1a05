//! What is known of the labels of series without looking at one.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The labels of the series of a vector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// The labels that series can have.
    pub labels: BTreeMap<String, Label>,
    /// Whether series may have others too: something outside the stack exports them and does not say.
    pub is_open: bool,
}

/// A label that series can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Whether every series has it.
    pub is_always: bool,
    /// What it can be.
    pub values: Values,
}

/// What a label can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// Any text.
    Any,
    /// One of these texts.
    OneOf(Rc<BTreeSet<String>>),
}
