//! Instances of one namespace whose operator would make two objects of one name.

use std::collections::BTreeMap;

use crate::check::Check;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{Instance, Stack};
use crate::operators;
use crate::plan::Plan;

pub(super) static CHECK: Check = Check {
    names: &["redis/name-collision"],
    run,
};

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    let operator = operators::of(stack);
    let mut taken: BTreeMap<(&str, String), &Instance> = BTreeMap::new();
    for instance in &stack.instances {
        for name in operator.derived_names(instance) {
            let key = (instance.namespace.as_str(), name.clone());
            match taken.get(&key) {
                Some(first) if first.name != instance.name => {
                    acc.push(
                        Diagnostic::error(
                            "redis/name-collision",
                            Place::Key(instance.at.clone()),
                            format!(
                                "the operator would make `{name}` of `{}` and of `{}`",
                                first.name, instance.name
                            ),
                        )
                        .context(Place::Key(first.at.clone()), "this one takes it too")
                        .note("each would overwrite the other's, again and again")
                        .help("rename one of them, or put it into another namespace"),
                    );
                    break;
                }
                Some(_) => {}
                None => {
                    taken.insert(key, instance);
                }
            }
        }
    }
}
