//! Of all that was found, what is reported: nothing that only follows from something else, nothing
//! that the policy accepts, nothing twice, and no credential.

use std::collections::BTreeSet;

use crate::check;
use crate::diag::pages::{PAGES, page};
use crate::diag::path::{FieldPath, Segment};
use crate::diag::{Diagnostic, Level, Place, names_like, ticked};
use crate::model::stack::{Stack, Waiver};
use crate::read::Document;

/// What the stages found.
pub(crate) struct Found {
    /// By `read`: the text, the schema.
    pub(crate) read: Vec<Diagnostic>,
    /// The fields that the policy has to do without since then.
    pub(crate) refused: Vec<FieldPath>,
    /// By `model`.
    pub(crate) model: Vec<Diagnostic>,
    /// By `check`.
    pub(crate) check: Vec<Diagnostic>,
}

/// Returns what is reported. `stack` is there where the policy could be resolved.
pub(crate) fn report(found: Found, stack: Option<&Stack>, document: &Document) -> Vec<Diagnostic> {
    let Found {
        read: mut findings,
        mut refused,
        mut model,
        mut check,
    } = found;
    model.retain(|it| !follows_from(it, &refused));
    let wrong = model.iter().filter(|it| it.is_error());
    refused.extend(wrong.filter_map(Diagnostic::field).cloned());
    check.retain(|it| !follows_from(it, &refused));
    findings.append(&mut model);
    findings.append(&mut check);
    if let Some(stack) = stack {
        findings = waive(&stack.waivers, &refused, findings);
    }
    once(findings, document)
}

/// What a finding can follow from although it points elsewhere.
enum Cause {
    /// Anything that was refused.
    Anything,
    /// Something at a field, or in it.
    Field(&'static [&'static str]),
    /// A name in a list or map of things that others refer to.
    Name(&'static [&'static str]),
    /// The topology of the instance that it is about.
    Topology,
}

/// The findings that say that something is missing, or that nothing uses it, and those that a part of
/// the platform decides.
const CAUSES: &[(&str, Cause)] = &[
    ("policy/without-effect", Cause::Anything),
    ("references/unknown-team", Cause::Name(&["teams"])),
    ("references/unknown-receiver", Cause::Name(&["receivers"])),
    (
        "references/unknown-mute-time",
        Cause::Name(&["routing", "muteTimes"]),
    ),
    ("references/unknown-tier", Cause::Name(&["alerts", "tiers"])),
    ("receivers/unreached", Cause::Field(&["routing"])),
    (
        "receivers/secret-not-mounted",
        Cause::Field(&["platform", "alertmanager"]),
    ),
    (
        "receivers/needs-newer-alertmanager",
        Cause::Field(&["platform", "alertmanager"]),
    ),
    (
        "alerts/unknown-metric",
        Cause::Name(&["alerts", "externalMetrics"]),
    ),
    (
        "alerts/unused-external-metric",
        Cause::Field(&["alerts", "custom"]),
    ),
    ("alerts/parameter-without-effect", Cause::Topology),
];

/// Returns whether a finding may only be there because a field was refused: it is about that field,
/// about something in it, or about the thing that now lacks it.
fn follows_from(finding: &Diagnostic, refused: &[FieldPath]) -> bool {
    if refused.is_empty() {
        return false;
    }
    let context = finding.context.iter().filter_map(|(at, _)| match at {
        Place::Key(path) | Place::Value(path) => Some(path),
        Place::Span(_) | Place::Policy => None,
    });
    let mut places = finding.field().into_iter().chain(context);
    if places.any(|path| refused.iter().any(|it| touches(it, path))) {
        return true;
    }
    let has = |field: &[&str]| {
        let field = FieldPath::spec(field);
        refused.iter().any(|it| touches(it, &field))
    };
    if operator_decides(finding.name) && has(&["platform", "redisOperator"]) {
        return true;
    }
    let cause = CAUSES.iter().find(|(name, _)| *name == finding.name);
    match cause.map(|(_, cause)| cause) {
        None => false,
        Some(Cause::Anything) => true,
        Some(Cause::Field(field)) => has(field),
        Some(Cause::Name(list)) => {
            let list = FieldPath::spec(list);
            refused.iter().any(|it| takes_a_name(it, &list))
        }
        Some(Cause::Topology) => finding
            .field()
            .and_then(FieldPath::instance)
            .is_some_and(|at| {
                let topology = at.key("topology");
                refused.iter().any(|it| touches(it, &topology))
            }),
    }
}

/// Returns whether one of two fields is in the other.
fn touches(one: &FieldPath, other: &FieldPath) -> bool {
    one.is_within(other) || other.is_within(one)
}

/// Returns whether a refused field may have been, or have had, the name of something in a list.
fn takes_a_name(refused: &FieldPath, list: &FieldPath) -> bool {
    let (depth, length) = (refused.segments().len(), list.segments().len());
    let is_name = refused.segments().last() == Some(&Segment::Key("name".to_owned()));
    list.is_within(refused) || refused.is_within(list) && (depth <= length + 1 || is_name)
}

/// Returns whether a finding comes from what the operator does.
fn operator_decides(name: &str) -> bool {
    check::OPERATOR.names.contains(&name)
}

/// Takes out the warnings that the policy accepts. An error is never accepted: its output would be
/// refused or dead. What accepts nothing is an error itself, since it is believed to be needed;
/// unless something that was refused may be why.
fn waive(waivers: &[Waiver], refused: &[FieldPath], found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut used = vec![false; waivers.len()];
    let mut left = Vec::new();
    for finding in found {
        let mut accepted = false;
        for (waiver, used) in waivers.iter().zip(&mut used) {
            if finding.level == Level::Warning
                && waiver.check == finding.name
                && is_at(&finding, &waiver.at)
            {
                *used = true;
                accepted = true;
            }
        }
        if !accepted {
            left.push(finding);
        }
    }
    let unused = waivers
        .iter()
        .enumerate()
        .filter(|(index, _)| !used[*index]);
    let unused: Vec<_> = unused
        .filter(|(_, waiver)| {
            let is_known = page(&waiver.check).is_some();
            !(is_known && refused.iter().any(|it| may_hide(it, &waiver.at)))
        })
        .map(|(index, waiver)| without_use(index, waiver, &left))
        .collect();
    left.extend(unused);
    left
}

/// Returns whether a refused field may be why nothing is found at `at`: it belongs to what is there,
/// or to all instances.
fn may_hide(refused: &FieldPath, at: &FieldPath) -> bool {
    let accepted = FieldPath::spec(&["allow"]);
    if refused.is_within(&accepted) {
        return false;
    }
    let own = [
        refused.instance(),
        refused
            .is_within(&FieldPath::spec(&["alerts", "custom"]))
            .then(|| refused.clone()),
    ];
    match own.into_iter().flatten().next() {
        Some(own) => touches(&own, at),
        None => true,
    }
}

fn without_use(index: usize, waiver: &Waiver, left: &[Diagnostic]) -> Diagnostic {
    let at = FieldPath::spec(&["allow"]).index(index).key("check");
    let is_there = left
        .iter()
        .any(|it| it.name == waiver.check && it.is_error() && is_at(it, &waiver.at));
    if is_there {
        return Diagnostic::error(
            "policy/waiver-unused",
            Place::Key(at),
            format!("`{}` is an error, which cannot be accepted", waiver.check),
        )
        .note("the output would be refused, dead or dangerous")
        .help("correct what it complains about, and remove this");
    }
    let is_known = page(&waiver.check).is_some();
    let finding = Diagnostic::error(
        "policy/waiver-unused",
        match is_known {
            true => Place::Key(at),
            false => Place::Value(at),
        },
        format!(
            "nothing at `{}` is found that `{}` could accept",
            waiver.at, waiver.check
        ),
    )
    .note("a waiver that is not needed hides the finding when it comes");
    match is_known {
        true => finding.help("remove it"),
        false => named(finding, &waiver.check),
    }
}

fn is_at(finding: &Diagnostic, at: &FieldPath) -> bool {
    finding.field().is_some_and(|it| it.is_within(at))
}

/// Says in a finding about a check that there is none of which was probably meant.
fn named(finding: Diagnostic, written: &str) -> Diagnostic {
    let names: Vec<&str> = PAGES.iter().map(|it| it.name).collect();
    match names_like(written, &names).as_slice() {
        [] => {
            finding.help("write the name of a warning, as it stands in brackets behind `warning`")
        }
        [name] => finding.meant(name),
        several => finding.help(format!("one of {}", ticked(several))),
    }
}

/// Makes findings ready to be shown: nothing in them is a credential, and what instances take from
/// the defaults is found there, once.
fn once(findings: Vec<Diagnostic>, document: &Document) -> Vec<Diagnostic> {
    let mut seen = BTreeSet::new();
    let mut left = Vec::new();
    for mut finding in findings {
        if let Some(fix) = &mut finding.fix
            && let Some(place) = in_defaults(&fix.at, document)
        {
            fix.at = place;
        }
        let places = finding.context.iter_mut().map(|(at, _)| at);
        let (mut moved, mut all) = (false, true);
        for at in std::iter::once(&mut finding.at).chain(places) {
            match in_defaults(at, document) {
                Some(place) => (*at, moved) = (place, true),
                None => all = false,
            }
        }
        // With a place at the instance, it is about that instance only.
        let is_new = !(moved && all)
            || match &finding.at {
                Place::Key(path) | Place::Value(path) => seen.insert((finding.name, path.clone())),
                Place::Span(_) | Place::Policy => true,
            };
        if is_new {
            left.push(finding.redacted(document).with_safe_fix(document));
        }
    }
    left
}

/// Returns where `redis.defaults` says what an instance does not say itself.
fn in_defaults(at: &Place, document: &Document) -> Option<Place> {
    let (Place::Key(path) | Place::Value(path)) = at else {
        return None;
    };
    let defaults = path.in_defaults()?;
    let is_moved = !document.has(path) && document.has(&defaults);
    is_moved.then_some(match at {
        Place::Key(_) => Place::Key(defaults),
        Place::Value(_) | Place::Span(_) | Place::Policy => Place::Value(defaults),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_found_by_its_last_part() {
        let help = |written: &str| {
            let finding = Diagnostic::error("policy/waiver-unused", Place::Policy, "a");
            named(finding, written).help.unwrap()
        };
        assert_eq!(help("unhardened"), "did you mean `redis/unhardened`?");
        assert!(help("nonsense").contains("name of a warning"));
    }

    #[test]
    fn what_a_refused_field_may_explain_is_not_reported() {
        let refused = [FieldPath::parse("receivers.pager.slack")];
        let finding =
            |name, at: &str| Diagnostic::error(name, Place::Key(FieldPath::parse(at)), "");
        let unknown = finding("references/unknown-receiver", "routing.default");
        assert!(!follows_from(&unknown, &refused));
        for refused in ["receivers", "receivers[0]", "receivers[0].name"] {
            assert!(follows_from(&unknown, &[FieldPath::parse(refused)]));
        }
        let missing = finding("redis/unhardened", "redis.instances.a")
            .about(FieldPath::parse("redis.instances.a.auth"));
        assert!(!follows_from(
            &missing,
            &[FieldPath::parse("redis.instances.a.config.hz")]
        ));
        assert!(follows_from(
            &missing,
            &[FieldPath::parse("redis.instances.a.auth")]
        ));
    }
}
