//! What the operator does with a change of its resources.

use crate::operators::changes::Change;

/// The table; the first row that fits holds.
pub(super) static CHANGES: &[Change] = &[];
