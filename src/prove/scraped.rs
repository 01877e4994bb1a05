//! The first proof: what the stack has is scraped, once, by who exports it, under the labels that
//! everything else chooses by.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::conventions::{component, label};
use crate::catalog::Exporter;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{Instance, Stack};
use crate::plan::Plan;
use crate::prove::inventory::{Found, Owner, array};
use crate::prove::targets::{Answer, Scrape, Target, instance};
use crate::prove::{defect, of_platform};

/// What is wrong with what is scraped.
pub fn refuted(stack: &Stack, plan: &Plan, scrape: &Scrape<'_>) -> Vec<Diagnostic> {
    let mut found = counted(scrape);
    found.extend(passwords(plan, scrape));
    found.extend(answers(scrape));
    found.extend(labels(stack, scrape));
    found.extend(renamed(scrape));
    found
}

/// Where a finding about something is: at its instance, else at the platform.
fn place(found: &Found<'_>) -> Place {
    match found.owner {
        Owner::Instance(instance) => Place::Key(instance.at.clone()),
        Owner::Operator => of_platform("redisOperator"),
        Owner::Plan | Owner::Foreign => of_platform("prometheus"),
    }
}

/// What something is called to a person.
fn called(found: &Found<'_>) -> String {
    let what = match found.made.component {
        component::SENTINEL => "the Sentinels of ",
        _ => "",
    };
    match found.owner {
        Owner::Instance(instance) => format!("{what}`{}`", instance.name),
        Owner::Operator | Owner::Plan | Owner::Foreign => {
            format!("`{}/{}`", found.made.namespace, found.made.name)
        }
    }
}

/// Returns whether something has metrics that are to be scraped.
fn is_wanted(found: &Found<'_>) -> bool {
    match found.owner {
        Owner::Instance(_) | Owner::Operator => true,
        // The exporters of Redis are asked about Redis, not about themselves.
        Owner::Plan => !matches!(found.made.component, "" | component::REDIS),
        Owner::Foreign => false,
    }
}

/// What is scraped by no monitor, or by two.
fn counted(scrape: &Scrape<'_>) -> Vec<Diagnostic> {
    let mut by: Vec<Vec<usize>> = vec![Vec::new(); scrape.found.len()];
    for target in &scrape.targets {
        by[target.found].push(target.endpoint);
    }
    let mut missing: BTreeMap<(&str, &str), (usize, &Found<'_>)> = BTreeMap::new();
    let mut twice: BTreeMap<Vec<usize>, (usize, &Found<'_>)> = BTreeMap::new();
    for (found, by) in scrape.found.iter().zip(by) {
        if !is_wanted(found) {
            continue;
        }
        let group = match by.len() {
            0 => missing
                .entry((found.made.namespace, found.made.component))
                .or_insert((0, found)),
            1 => continue,
            _ => twice.entry(by).or_insert((0, found)),
        };
        group.0 += 1;
    }
    let more = |count: usize| match count {
        0 | 1 => String::new(),
        count => format!(", and {} more like it", count - 1),
    };
    let missing = missing.into_values().map(|(count, found)| {
        defect(
            "scrape/not-scraped",
            place(found),
            format!("no monitor scrapes {}{}", called(found), more(count)),
            "nothing would be known of it, and an alert on a series that is not there never fires",
        )
    });
    let twice = twice.into_iter().map(|(by, (count, found))| {
        let by: Vec<String> = by
            .iter()
            .map(|it| format!("`{}`", scrape.endpoints[*it].monitor.name()))
            .collect();
        defect(
            "scrape/scraped-twice",
            place(found),
            format!("{}{} is scraped by {}", called(found), more(count), by.join(" and by ")),
            "each of its series would be there twice: counts are doubled, and a comparison of two series fails",
        )
    });
    missing.chain(twice).collect()
}

/// Targets that answer with no metrics, or not with theirs.
fn answers(scrape: &Scrape<'_>) -> Vec<Diagnostic> {
    let mut seen: BTreeSet<(usize, &str)> = BTreeSet::new();
    let mut found = Vec::new();
    for target in &scrape.targets {
        let of = scrape.found(target);
        let monitor = scrape.endpoint_of(target).monitor.name();
        match &target.answer {
            Answer::Nobody(why) if !matches!(of.owner, Owner::Foreign) => {
                if seen.insert((target.endpoint, why)) {
                    found.push(defect(
                        "scrape/no-exporter",
                        place(of),
                        format!("`{monitor}` gets no metrics of {}: {why}", called(of)),
                        "the target is down for ever, and nothing else is known of it",
                    ));
                }
            }
            Answer::Nobody(_) | Answer::Exporter { .. } => {}
        }
    }
    found
}

/// Instances that are asked by an exporter with another password than theirs.
fn passwords(plan: &Plan, scrape: &Scrape<'_>) -> Vec<Diagnostic> {
    let mut known: BTreeMap<(&str, &str), Option<(&str, &str)>> = BTreeMap::new();
    for object in plan.objects() {
        let object = &object.object;
        if object.kind() != "Deployment" {
            continue;
        }
        let containers = array(&object.value()["spec"]["template"]["spec"]["containers"]);
        let mut variables = containers.flat_map(|it| array(&it["env"]));
        let password = variables
            .find(|it| it["name"] == "REDIS_PASSWORD")
            .map(|it| {
                let secret = &it["valueFrom"]["secretKeyRef"];
                let text = |field: &str| secret[field].as_str().unwrap_or_default();
                (text("name"), text("key"))
            });
        known.insert((object.namespace(), object.name()), password);
    }
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut found = Vec::new();
    for target in &scrape.targets {
        let of = scrape.found(target);
        let (
            Some(instance),
            Answer::Exporter {
                beside: Some(exporter),
                ..
            },
        ) = (instance(of), &target.answer)
        else {
            continue;
        };
        let wanted = instance.auth.as_ref();
        let wanted = wanted.map(|it| (it.name.as_str(), it.key.as_str()));
        let has = known.get(&(of.made.namespace, exporter)).copied().flatten();
        if has != wanted && seen.insert(exporter) {
            found.push(defect(
                "scrape/wrong-password",
                place(of),
                format!(
                    "the exporter `{exporter}` does not have the password of `{}`",
                    instance.name
                ),
                "Redis refuses the exporter: `redis_up` is 0 for ever, and nothing else is known",
            ));
        }
    }
    found
}

/// Labels that a target lacks, or that say something else than the policy.
fn labels(stack: &Stack, scrape: &Scrape<'_>) -> Vec<Diagnostic> {
    let mut seen: BTreeSet<(usize, &str)> = BTreeSet::new();
    let mut found = Vec::new();
    for target in &scrape.targets {
        let of = scrape.found(target);
        if !is_wanted(of) {
            continue;
        }
        for (name, wanted) in wanted(stack, of, instance(of)) {
            let has = target.label(name);
            if has == Some(wanted) || !seen.insert((target.endpoint, name)) {
                continue;
            }
            let monitor = scrape.endpoint_of(target).monitor.name();
            let has = match (has, target.labels.contains_key(name)) {
                (Some(has), _) => format!("`{name}=\"{has}\"`"),
                (None, true) => format!("a `{name}` that differs from pod to pod"),
                (None, false) => format!("no label `{name}`"),
            };
            found.push(defect(
                "scrape/wrong-label",
                place(of),
                format!("`{monitor}` gives {} {has}, and its alerts ask for \"{wanted}\"", called(of)),
                "rules, routes and dashboards choose by this label: they would not see it, or take it for another",
            ));
        }
    }
    found
}

/// The labels that a target has to have.
fn wanted<'s>(
    stack: &'s Stack,
    found: &'s Found<'_>,
    instance: Option<&'s Instance>,
) -> Vec<(&'static str, &'s str)> {
    let mut wanted = vec![
        (label::STACK, stack.name.as_str()),
        (label::COMPONENT, found.made.component),
        (label::NAMESPACE, found.made.namespace),
    ];
    if let Some(instance) = instance {
        wanted.extend([
            (label::INSTANCE_NAME, instance.name.as_str()),
            (label::TOPOLOGY, instance.topology.kind().name()),
            (label::TEAM, &instance.team),
            (label::TIER, &instance.tier),
        ]);
    }
    wanted
}

/// Exporters whose series say in `namespace` what they are about, and whose monitor does not let them.
fn renamed(scrape: &Scrape<'_>) -> Vec<Diagnostic> {
    let is_renamed = |target: &&Target<'_>| {
        let names_others = matches!(
            target.answer,
            Answer::Exporter {
                exporter: Exporter::Opstree | Exporter::RedisOperator,
                ..
            }
        );
        names_others && !scrape.endpoint_of(target).honors_labels
    };
    let renamed = scrape.targets.iter().filter(is_renamed);
    let renamed = renamed.filter(|it| is_wanted(scrape.found(it)));
    renamed
        .map(|target| {
            let of = scrape.found(target);
            let monitor = scrape.endpoint_of(target).monitor.name();
            defect(
                "scrape/labels-renamed",
                place(of),
                format!("`{monitor}` does not honour the labels of {}", called(of)),
                "what its series are about would be in `exported_namespace`, and `namespace` would say where the operator runs",
            )
        })
        .collect()
}
