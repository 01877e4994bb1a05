//! Proofs over whole chains: what is scraped, selected, routed, logged, joined.
//!
//! They look at the plan, which is what will be delivered, and at what other systems make of it. What they
//! refute, `check` reports; what they know, `cli` explains.

pub mod routed;
pub mod series;
