//! obsgen compiles one policy into the whole observability of Redis on Kubernetes.

pub mod api;
pub mod diag;
pub mod render;
pub mod value;
