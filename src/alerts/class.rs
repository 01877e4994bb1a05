//! Classes: the instances of a stack that share the parameters of an alert, and how a rule finds
//! them by label.

use std::collections::{BTreeMap, BTreeSet};

use crate::alerts::parameters::{self, Parameters};
use crate::alerts::{Alert, Scope};
use crate::api::conventions::label;
use crate::model::stack::{Instance, Stack};
use crate::value::promql::Selector;

/// One rule of an alert: its parameters, and the instances that it is for.
#[derive(Debug, Clone)]
pub struct Class<'a> {
    /// The parameters.
    pub parameters: Parameters,
    /// The instances.
    pub instances: Vec<&'a Instance>,
    /// Which instances, for people.
    pub description: String,
    /// Tells the rules of one alert apart, where there are several: the label `class`. It says the
    /// parameters and not the instances, so that one more instance changes no alert of another.
    pub tag: Option<String>,
    by: By<'a>,
}

#[derive(Debug, Clone)]
enum By<'a> {
    /// The stack as a whole.
    Stack,
    /// Every instance of these tiers (all tiers, where empty) but those.
    Tiers {
        tiers: Vec<&'a str>,
        except: Vec<&'a str>,
    },
    /// These instances.
    Names(Vec<&'a str>),
}

impl Class<'_> {
    /// Adds to a selector what finds the instances of the class and no other.
    pub fn narrow(&self, selector: Selector) -> Selector {
        match &self.by {
            By::Stack => selector,
            By::Tiers { tiers, except } => {
                let mut selector = selector;
                if !tiers.is_empty() {
                    selector = selector.one_of(label::TIER, tiers, true);
                }
                if !except.is_empty() {
                    selector = selector.one_of(label::INSTANCE_NAME, except, false);
                }
                selector
            }
            By::Names(names) => selector.one_of(label::INSTANCE_NAME, names, true),
        }
    }
}

/// The classes of an alert: one for each distinct set of parameters that tiers have, one for each
/// that instances have of their own. How many there are does not depend on the number of instances.
pub fn classes<'a>(stack: &'a Stack, alert: &Alert) -> Vec<Class<'a>> {
    if let Scope::Stack { applies, .. } = alert.scope {
        return match applies(stack) {
            true => vec![Class {
                parameters: parameters::built_in(alert),
                instances: Vec::new(),
                description: "the stack".to_owned(),
                tag: None,
                by: By::Stack,
            }],
            false => Vec::new(),
        };
    }
    let concerned: Vec<&Instance> = stack
        .instances
        .iter()
        .filter(|it| alert.applies_to(it))
        .collect();
    let mut by_tier: BTreeMap<&str, Vec<(usize, &Instance)>> = BTreeMap::new();
    for (index, instance) in concerned.iter().copied().enumerate() {
        let members = by_tier.entry(&instance.tier).or_default();
        members.push((index, instance));
    }
    let mut tiers_by: BTreeMap<Parameters, Vec<&str>> = BTreeMap::new();
    for tier in &stack.tiers {
        if let Some(parameters) = parameters::of_tier(stack, alert, tier) {
            tiers_by.entry(parameters).or_default().push(tier);
        }
    }
    let mut classes = Vec::new();
    for (parameters, tiers) in tiers_by {
        let of_tiers = tiers.iter().filter_map(|it| by_tier.get(it));
        let mut of_tiers: Vec<(usize, &Instance)> = of_tiers.flatten().copied().collect();
        of_tiers.sort_by_key(|(index, _)| *index);
        let (members, others): (Vec<&Instance>, Vec<&Instance>) = of_tiers
            .into_iter()
            .map(|(_, it)| it)
            .partition(|it| parameters::of_instance(stack, alert, it) == Some(parameters));
        if members.is_empty() {
            continue;
        }
        let except: Vec<&str> = names(&others);
        let all = tiers.len() == stack.tiers.len();
        let mut description = match all {
            true => "every tier".to_owned(),
            false => format!("tier {}", tiers.join(", ")),
        };
        if !except.is_empty() {
            description.push_str(&format!(", except {}", except.join(", ")));
        }
        classes.push(Class {
            parameters,
            instances: members,
            description,
            tag: None,
            by: By::Tiers {
                tiers: if all { Vec::new() } else { tiers },
                except,
            },
        });
    }
    let mut own: BTreeMap<Parameters, Vec<&Instance>> = BTreeMap::new();
    for instance in concerned {
        let of_instance = parameters::of_instance(stack, alert, instance);
        if let Some(parameters) = of_instance
            && of_instance != parameters::of_tier(stack, alert, &instance.tier)
        {
            own.entry(parameters).or_default().push(instance);
        }
    }
    for (parameters, instances) in own {
        let names = names(&instances);
        classes.push(Class {
            parameters,
            description: names.join(", "),
            tag: None,
            by: By::Names(names),
            instances,
        });
    }
    if classes.len() > 1 {
        for class in &mut classes {
            class.tag = Some(tag(class));
        }
    }
    classes
}

/// The parameters in words; no two classes of an alert have the same, but for one by tier and one of
/// instances that override theirs to the same.
fn tag(class: &Class<'_>) -> String {
    let Parameters {
        threshold,
        for_,
        severity,
    } = class.parameters;
    let mut parts = vec![severity.name().to_owned()];
    parts.extend(threshold.map(|it| it.to_string()));
    parts.extend(for_.map(|it| format!("for {it}")));
    if let By::Names(_) = class.by {
        parts.push("own".to_owned());
    }
    parts.join(", ")
}

fn names<'a>(instances: &[&'a Instance]) -> Vec<&'a str> {
    let names: BTreeSet<&str> = instances.iter().map(|it| it.name.as_str()).collect();
    names.into_iter().collect()
}
