//! Redis that anybody in the cluster can read and write.

use crate::check::Check;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::read::spec::OperatorKind;

pub(super) static CHECK: Check = Check {
    names: &["redis/unhardened"],
    run,
};

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    // To a password, its answer is `redis/operator-ignores`.
    let help = match stack.platform.operator.kind {
        OperatorKind::Opstree => "add `auth: {secretRef: {name: …, key: …}}`",
        OperatorKind::RedisOperator => {
            "redis-operator sets no password: keep others away with a NetworkPolicy, and accept this under `allow`"
        }
    };
    for instance in stack.instances.iter().filter(|it| it.auth.is_none()) {
        acc.push(
            Diagnostic::warning(
                "redis/unhardened",
                Place::Key(instance.at.clone()),
                format!("`{}` has no password", instance.name),
            )
            .note("every pod of the cluster that reaches it can read, write and reconfigure it")
            .help(help)
            .about(instance.at.key("auth")),
        );
    }
}
