//! obsgen compiles one policy into the whole observability of Redis on Kubernetes.

pub mod alerts;
pub mod api;
pub mod catalog;
pub mod diag;
pub mod files;
pub mod model;
pub mod operators;
pub mod read;
pub mod receivers;
pub mod render;
pub mod topologies;
pub mod value;
pub mod write;
