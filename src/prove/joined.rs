//! The fifth proof: what is logged leads to its trace.

use crate::model::stack::Stack;

/// The answer to whether logs and traces are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// There is nothing to join, and why.
    NotApplicable(&'static str),
}

/// Says whether a log line leads to its trace.
///
/// None does: Redis and Sentinel trace nothing, and neither operator puts the id of a trace into its log
/// (domain of [`crate::api::conventions::log`], whose fields are all that is kept). Spans come from
/// applications, which ship their own logs.
pub fn joined(stack: &Stack) -> Joined {
    Joined::NotApplicable(match (&stack.telemetry.logging, &stack.telemetry.tracing) {
        (None, _) => "the stack ships no logs",
        (_, None) => "the stack keeps no traces",
        (Some(_), Some(_)) => {
            "nothing in the stack logs the id of a trace: neither Redis nor its operator has one"
        }
    })
}
