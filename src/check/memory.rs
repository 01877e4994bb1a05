//! Memory that is not bounded, or bounded so that the kernel is faster than Redis.

use crate::check::Check;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Stack;
use crate::plan::Plan;

pub(super) static CHECK: Check = Check {
    names: &["redis/maxmemory-unset", "redis/maxmemory-over-limit"],
    run,
};

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    for instance in &stack.instances {
        match (instance.maxmemory(), instance.memory_limit()) {
            (None, _) => acc.push(
                Diagnostic::warning(
                    "redis/maxmemory-unset",
                    Place::Key(instance.at.clone()),
                    format!("`{}` has no maxmemory", instance.name),
                )
                .note(
                    "Redis takes what it wants until the kernel kills it, and \
                     `RedisMemoryHigh` can never fire",
                )
                .help("add `config: {maxmemory: …}`, some 75% of the memory limit")
                .about(instance.at.key("config").key("maxmemory")),
            ),
            (Some(maxmemory), Some(limit)) if u128::from(maxmemory) >= limit => acc.push(
                Diagnostic::warning(
                    "redis/maxmemory-over-limit",
                    Place::Value(instance.at.key("config").key("maxmemory")),
                    format!(
                        "maxmemory of `{}` is not below the memory limit of its container",
                        instance.name
                    ),
                )
                .context(
                    Place::Value(instance.at.key("resources").key("limits").key("memory")),
                    "the limit",
                )
                .note(
                    "buffers and fragmentation come on top of the data: the kernel kills \
                     Redis before it evicts",
                )
                .help("write some 75% of the limit"),
            ),
            (Some(_), _) => {}
        }
    }
}
