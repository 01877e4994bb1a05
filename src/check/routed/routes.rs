//! Routes that no alert takes, and alerts that take two to one receiver.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::routed::named;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Route;
use crate::prove::routed::Routed;
use crate::routing::Verdict;
use crate::routing::condition::{Condition, Conditions};

pub(super) fn run(routed: &Routed<'_>, acc: &mut Vec<Diagnostic>) {
    let shadowed = shadowed(&routed.stack.routing.root, acc);
    unused(routed, &shadowed, acc);
    told_twice(routed, acc);
}

/// Routes beside one another that each is compared with: more than anybody keeps in mind.
const MOST_COMPARED: usize = 300;

/// Routes before which another takes all that they would, whatever the alerts are; returns their
/// places.
fn shadowed(route: &Route, acc: &mut Vec<Diagnostic>) -> BTreeSet<String> {
    let mut places = BTreeSet::new();
    // Those that end the search, with what they take.
    let mut ending: Vec<(&Route, Conditions)> = Vec::new();
    for below in &route.routes {
        let own = Conditions::new(&below.matchers);
        let before = ending.iter().find(|(_, it)| own.imply(it));
        // One without matchers is a finding of its own, and takes all that comes after it.
        if let Some((before, _)) = before
            && !before.matchers.is_empty()
            && !below.matchers.is_empty()
        {
            places.insert(below.at.to_string());
            acc.push(
                Diagnostic::error(
                    "routing/route-unreachable",
                    Place::Key(below.at.clone()),
                    "no alert reaches this route",
                )
                .label("takes nothing")
                .context(
                    Place::Key(before.at.clone()),
                    "takes everything that would, and ends the search",
                )
                .note("Alertmanager stops at the first route that takes an alert")
                .help("move it before that route, or add `continue: true` to that one"),
            );
        } else {
            places.extend(shadowed(below, acc));
        }
        if !below.continue_ && ending.len() < MOST_COMPARED {
            ending.push((below, own));
        }
    }
    places
}

/// Routes whose conditions no alert of this stack meets together, or before which others take all
/// that do.
fn unused(routed: &Routed<'_>, shadowed: &BTreeSet<String>, acc: &mut Vec<Diagnostic>) {
    let tree = &routed.delivered.tree;
    let mut reached = BTreeSet::new();
    for (_, taken) in &routed.subjects {
        for it in taken {
            let mut node = Some(it.node);
            while let Some(number) = node {
                reached.insert(number);
                node = tree.node(number).parent;
            }
        }
    }
    let mut silent: BTreeSet<usize> = BTreeSet::new();
    for (number, node) in tree.nodes() {
        let at = &routed.delivered.places[number];
        // Of those below one that is not reached, nothing more is said.
        if node.parent.is_some_and(|it| silent.contains(&it)) || shadowed.contains(&at.to_string())
        {
            silent.insert(number);
            continue;
        }
        if reached.contains(&number) {
            continue;
        }
        silent.insert(number);
        let Some(parent) = node.parent else {
            continue;
        };
        // What no alert has is found where its matcher is looked at.
        let is_met_alone = |it: &Condition| {
            let mut subjects = routed.subjects.iter();
            subjects.any(|(subject, _)| it.verdict(&subject.labels) != Verdict::No)
        };
        if !node.conditions.iter().all(is_met_alone) || node.conditions.iter().next().is_none() {
            continue;
        }
        let meets = |it: usize, labels| tree.node(it).conditions.verdict(labels) != Verdict::No;
        let taken_before = routed.subjects.iter().find(|(subject, _)| {
            let mut above = Some(number);
            while let Some(it) = above {
                if !meets(it, &subject.labels) {
                    return false;
                }
                above = tree.node(it).parent;
            }
            true
        });
        let finding = Diagnostic::warning(
            "routing/route-unused",
            Place::Key(at.clone()),
            match taken_before {
                Some(_) => "routes before this one take every alert of this stack that it would",
                None => "no alert of this stack meets all these conditions",
            },
        )
        .label("takes nothing")
        .note("whoever is behind it is believed to be told, and is not")
        .of_this_stack(true);
        acc.push(match taken_before {
            Some((subject, _)) => {
                let siblings = &tree.node(parent).children;
                let before = siblings.iter().find(|it| {
                    **it < number && !tree.node(**it).continues && meets(**it, &subject.labels)
                });
                let finding = finding.help(format!(
                    "move it up, or remove it: {} goes elsewhere",
                    named(routed, subject)
                ));
                match before {
                    Some(before) => finding.context(
                        Place::Key(routed.delivered.places[*before].clone()),
                        "is tried first",
                    ),
                    None => finding,
                }
            }
            None => finding.help("correct its matchers or those of the routes above, or remove it"),
        });
    }
}

/// Alerts of which one receiver is told by two routes.
fn told_twice(routed: &Routed<'_>, acc: &mut Vec<Diagnostic>) {
    let tree = &routed.delivered.tree;
    let mut found = BTreeSet::new();
    for (subject, taken) in &routed.subjects {
        let mut by_receiver: BTreeMap<&str, usize> = BTreeMap::new();
        for it in taken.iter().filter(|it| it.is_certain) {
            let node = tree.node(it.node);
            let first = *by_receiver.entry(&node.receiver).or_insert(it.node);
            // At different times it is told once.
            let other = tree.node(first);
            let is_once = [node, other]
                .iter()
                .any(|it| !it.mute.is_empty() || !it.active.is_empty());
            if first == it.node || is_once || !found.insert((first, it.node)) {
                continue;
            }
            acc.push(
                Diagnostic::warning(
                    "routing/continue-duplicate",
                    Place::Key(routed.delivered.places[it.node].clone()),
                    format!(
                        "`{}` is told twice of {}",
                        node.receiver,
                        named(routed, subject)
                    ),
                )
                .label("tells it again")
                .context(
                    Place::Key(routed.delivered.places[first].clone()),
                    "tells it, and continues",
                )
                .note("each route makes groups of its own, so every notification comes twice")
                .help("give one of them another receiver, or remove `continue: true`"),
            );
        }
    }
}
