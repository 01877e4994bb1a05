//! Images whose Redis is known to be unsafe.

use crate::catalog::redis_advisories::ADVISORIES;
use crate::catalog::redis_config::Release;
use crate::check::Check;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Stack;
use crate::plan::Plan;

pub(super) static CHECK: Check = Check {
    names: &["redis/vulnerable-image"],
    run,
};

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    for instance in &stack.instances {
        let Some(release) = Release::of(&instance.image) else {
            continue;
        };
        let found = ADVISORIES
            .iter()
            .find_map(|it| Some((it, it.instead(release)?)));
        if let Some((advisory, instead)) = found {
            acc.push(
                Diagnostic::warning(
                    "redis/vulnerable-image",
                    Place::Value(instance.at.key("image")),
                    format!("Redis {release} has {}", advisory.id),
                )
                .label("not fixed in this release")
                .note(advisory.what)
                .help(format!("run {instead} or later")),
            );
        }
    }
}
