//! The shapes that other systems accept: serde structs without an idea of ours in them.
//!
//! Only the fields that are set are modelled, in the order of the upstream type. That each object
//! satisfies its schema, unknown fields refused, is what the conformance suite holds.

pub mod alertmanager;
pub mod alertmanager_config;
pub mod conventions;
pub mod fluent_bit;
pub mod grafana;
pub mod jaeger;
pub mod kibana;
pub mod kustomize;
pub mod monitoring;
pub mod object;
pub mod opentelemetry;
pub mod opstree;
pub mod prometheus;
pub mod redis_operator;
pub mod workload;
