//! The Watchdog has to reach its receiver and nobody else, always; and nothing else that receiver.

use std::collections::BTreeSet;

use crate::check::routed::{WATCHDOG, is_page, named};
use crate::diag::{Diagnostic, Place};
use crate::prove::routed::Routed;
use crate::routing::Verdict;

/// The channels by which a service that waits for a heartbeat can be told.
const OF_SERVICES: &[&str] = &["webhook", "email"];

pub(super) fn run(routed: &Routed<'_>, acc: &mut Vec<Diagnostic>) {
    let Some(heartbeat) = &routed.stack.routing.heartbeat else {
        return;
    };
    let subjects = || routed.subjects.iter().map(|(subject, _)| subject);
    if let Some(watchdog) = subjects().find(|it| it.alert == WATCHDOG) {
        for (index, silencing) in routed.delivered.inhibitions.iter().enumerate() {
            if silencing.rule.target.verdict(&watchdog.labels) != Verdict::Yes {
                continue;
            }
            let source = subjects().find(|source| {
                source.alert != WATCHDOG && routed.silences(index, source, watchdog) == Verdict::Yes
            });
            if let Some(source) = source {
                acc.push(
                    Diagnostic::error(
                        "alerts/watchdog-unrouted",
                        Place::Key(silencing.at.key("target")),
                        format!("{} keeps the Watchdog quiet", named(routed, source)),
                    )
                    .label("takes the Watchdog")
                    .note("its receiver hears nothing and raises an alarm, as if alerting were broken")
                    .help("add `alertname!=\"Watchdog\"` to `target`"),
                );
            }
        }
    }
    let channels = routed
        .stack
        .receivers
        .iter()
        .filter(|it| it.name.as_str() == heartbeat.receiver)
        .flat_map(|it| it.channels());
    let kinds: Vec<&str> = channels.map(crate::receivers::Channel::kind).collect();
    if !kinds.is_empty() && kinds.iter().all(|it| !OF_SERVICES.contains(it)) {
        let at = routed.stack.routing.root.at.key("heartbeat");
        acc.push(
            Diagnostic::error(
                "alerts/watchdog-unrouted",
                Place::Value(at.key("receiver")),
                format!("people read `{}`, and none of them notices a silence", heartbeat.receiver),
            )
            .label(format!("sends to {}", kinds.join(", ")))
            .note("the heartbeat says that alerting works by coming; only a program raises an alarm when it stops")
            .help("name a receiver with the `webhook`, or the `email` address, of a service that does"),
        );
        return;
    }
    if kinds.iter().any(|it| *it != "webhook") {
        return;
    }
    // What else goes there is taken for a beat, and read by nobody.
    let tree = &routed.delivered.tree;
    let mut found = BTreeSet::new();
    for (subject, taken) in &routed.subjects {
        if subject.alert == WATCHDOG {
            continue;
        }
        let is_there = |node: usize| tree.node(node).receiver == heartbeat.receiver;
        for it in taken.iter().filter(|it| it.is_certain && is_there(it.node)) {
            if !found.insert(it.node) {
                continue;
            }
            let at = &routed.delivered.places[it.node];
            let is_root = *at == routed.stack.routing.root.at;
            let place = match is_root {
                true => Place::Value(at.key("default")),
                false => Place::Key(at.clone()),
            };
            acc.push(
                Diagnostic::warning(
                    "routing/alert-to-heartbeat",
                    place,
                    format!("{} goes to the receiver of the heartbeat", named(routed, subject)),
                )
                .label(match is_page(subject) {
                    true => "sends pages there",
                    false => "sends alerts there",
                })
                .context(
                    Place::Value(routed.stack.routing.root.at.key("heartbeat").key("receiver")),
                    "waits for the Watchdog",
                )
                .note("that service counts what comes and reads nothing: the alert is taken for a sign of life")
                .help("give them another receiver, or accept this if that service tells people what it gets"),
            );
        }
    }
}
