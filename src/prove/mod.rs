//! Proofs over whole chains: what is scraped, selected, routed, logged, joined.
//!
//! They look at the plan, which is what will be delivered, and at what other systems make of it. What they
//! refute, `check` reports; what they know, `cli` explains.

pub mod alerts;
pub mod asked;
pub mod expressions;
pub mod inventory;
pub mod joined;
pub mod logged;
pub mod mounted;
pub mod panels;
pub mod pattern;
pub mod pipeline;
pub mod relabel;
pub mod routed;
pub mod ruled;
pub mod scraped;
pub mod selected;
pub mod selection;
pub mod series;
pub mod targets;

use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};

/// What a refutation is about, where no instance is: a part of the platform.
fn of_platform(part: &str) -> Place {
    Place::Key(FieldPath::spec(&["platform", part]))
}

/// A refutation of something that only this program writes.
fn defect(name: &'static str, at: Place, headline: String, note: &str) -> Diagnostic {
    Diagnostic::error(name, at, headline)
        .note(note)
        .help("obsgen wrote this, so it is a defect of obsgen: report it with the policy")
}
