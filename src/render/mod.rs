//! The plan becomes bytes: the only stage that knows YAML, JSON and templates.

pub mod json;
pub mod tree;
pub mod yaml;
