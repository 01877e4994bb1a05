//! Who is told of an alert: Alertmanager's routing tree, inhibitions and times, evaluated.
//!
//! It knows no stack and no plan; where it cannot know a label, it says what may be. It agrees with
//! Alertmanager on every tree and every label set, which `tests/conformance/routing.rs` tries.

pub mod condition;
pub mod inhibition;
pub mod labels;
mod regex;
pub mod times;
pub mod tree;

use std::fmt;

/// Whether something is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is not so, whatever the labels are that are not known.
    No,
    /// It depends on labels that are not known.
    Maybe,
    /// It is so, whatever they are.
    Yes,
}

impl Verdict {
    /// That both are so.
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// That one of them is so.
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// What is so where this is not.
    pub fn negated(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }
}

impl From<bool> for Verdict {
    fn from(is_so: bool) -> Self {
        match is_so {
            true => Self::Yes,
            false => Self::No,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::No => "no",
            Self::Maybe => "maybe",
            Self::Yes => "yes",
        })
    }
}
