//! Monitors that Prometheus does not take, or that do not scrape what they are for.

use crate::check::Check;
use crate::diag::Diagnostic;
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::prove::inventory::{inventory, neighbours};
use crate::prove::targets::Scrape;
use crate::prove::{scraped, selected};

pub(super) static CHECK: Check = Check {
    names: &[
        "scrape/foreign-target",
        "scrape/labels-renamed",
        "scrape/monitor-not-selected",
        "scrape/no-exporter",
        "scrape/not-scraped",
        "scrape/port-mismatch",
        "scrape/relabeling-refused",
        "scrape/sample-limit-cliff",
        "scrape/scraped-twice",
        "scrape/selects-nothing",
        "scrape/timeout",
        "scrape/wrong-label",
        "scrape/wrong-password",
    ],
    run,
};

fn run(stack: &Stack, plan: &Plan, acc: &mut Vec<Diagnostic>) {
    let prometheus = &stack.platform.prometheus;
    let looks_there = |it: &Vec<String>| it.contains(&prometheus.namespace);
    if !prometheus.namespaces.as_ref().is_none_or(looks_there) {
        // Said already, of all monitors at once.
        return;
    }
    let neighbours = neighbours(stack);
    let found = inventory(stack, plan, &neighbours);
    let scrape = Scrape::of(stack, plan, &found);
    let wrong = selected::refuted(stack, plan, &scrape);
    // What a monitor that is wrong does not scrape follows from it.
    if wrong.is_empty() {
        acc.extend(scraped::refuted(stack, plan, &scrape));
    }
    acc.extend(wrong);
}
