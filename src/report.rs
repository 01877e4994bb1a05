//! Of all that was found, what is reported: nothing that only follows from something else, nothing
//! that the policy accepts, nothing twice, and no credential.

use std::collections::{BTreeMap, BTreeSet};

use crate::check;
use crate::diag::pages::{PAGES, page};
use crate::diag::path::{FieldPath, Segment};
use crate::diag::source::Locate;
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
        refused,
        mut model,
        mut check,
    } = found;
    let mut refused = Refused(refused.into_iter().collect());
    let has = |path: &FieldPath| document.has(path);
    model.retain(|it| !follows_from(it, &refused, &has));
    let wrong = model.iter().filter(|it| it.is_error());
    refused
        .0
        .extend(wrong.filter_map(Diagnostic::field).cloned());
    check.retain(|it| !follows_from(it, &refused, &has));
    findings.append(&mut model);
    findings.append(&mut check);
    findings.retain(|it| !(it.not_in_base && is_in_base(it, document)));
    if let Some(stack) = stack {
        findings = waive(&stack.waivers, &refused, findings, document);
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
    /// Anything that becomes the value of a label.
    LabelValue,
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
        "alerts/metric-unknown",
        Cause::Name(&["alerts", "externalMetrics"]),
    ),
    ("alerts/metric-absent", Cause::Field(&["redis"])),
    (
        "alerts/recording-rule-order",
        Cause::Name(&["alerts", "recording"]),
    ),
    (
        "alerts/unused-external-metric",
        Cause::Field(&["alerts", "custom"]),
    ),
    ("alerts/parameter-without-effect", Cause::Topology),
    ("routing/external-label", Cause::Field(&["alerts"])),
    ("routing/inhibit-equal-missing", Cause::Field(&["alerts"])),
    ("routing/route-label-absent", Cause::Field(&["alerts"])),
    ("routing/unknown-value", Cause::LabelValue),
    ("routing/value-absent", Cause::Anything),
    ("alerts/owner-missing", Cause::Anything),
    ("alerts/watchdog-unrouted", Cause::Anything),
    ("routing/alert-to-heartbeat", Cause::Anything),
    ("routing/alert-to-null", Cause::Anything),
    ("routing/alert-unseen", Cause::Anything),
    ("routing/continue-duplicate", Cause::Anything),
    ("routing/inhibit-self-overlap", Cause::Anything),
    ("routing/inhibits-nothing", Cause::Anything),
    ("routing/inhibits-page", Cause::Anything),
    ("routing/mute-covers-page", Cause::Anything),
    ("routing/page-to-default", Cause::Anything),
    ("routing/route-unused", Cause::Anything),
    ("routing/single-channel-page", Cause::Anything),
];

/// Where the names are that alerts carry as the values of labels.
const LABEL_VALUES: &[&[&str]] = &[
    &["cluster"],
    &["teams"],
    &["redis", "instances"],
    &["alerts", "custom"],
    &["alerts", "externalMetrics"],
    &["alerts", "tiers"],
];

/// The fields that were refused. There may be one for each instance, and as many findings.
#[derive(Default)]
struct Refused(BTreeSet<FieldPath>);

impl Refused {
    /// Returns whether one of them is a field, in it, or has it in itself; what the defaults say holds
    /// for every instance.
    fn touch(&self, field: &FieldPath) -> bool {
        let default = field.in_defaults();
        self.touch_itself(field) || default.is_some_and(|it| self.touch_itself(&it))
    }

    fn touch_itself(&self, field: &FieldPath) -> bool {
        // In their order, what is within a field comes right after it.
        let after = self.0.range(field..).next();
        after.is_some_and(|it| it.is_within(field))
            || field.parents().any(|it| self.0.contains(&it))
    }

    /// Returns whether one of them may have been, or have had, the name of something in a list.
    fn take_a_name(&self, list: &FieldPath) -> bool {
        let takes = |it: &&FieldPath| {
            let depth = it.segments().len();
            let is_name = it.segments().last() == Some(&Segment::Key("name".to_owned()));
            depth <= list.segments().len() + 1 || is_name
        };
        let mut within = self.0.range(list..).take_while(|it| it.is_within(list));
        within.any(|it| takes(&it)) || list.parents().any(|it| self.0.contains(&it))
    }

    /// Returns whether one of them may be why nothing is found at a field: it belongs to what is
    /// there, or to all instances.
    fn may_hide(&self, at: &FieldPath) -> bool {
        let accepted = FieldPath::spec(&["allow"]);
        let custom = FieldPath::spec(&["alerts", "custom"]);
        let is_of_all = |it: &&FieldPath| {
            it.instance().is_none() && !it.is_within(&custom) && !it.is_within(&accepted)
        };
        let of = at.instance().unwrap_or_else(|| at.clone());
        self.touch(&of) || self.0.iter().any(|it| is_of_all(&it))
    }
}

/// Returns whether a finding may only be there because a field was refused: it is about that field,
/// about something in it, or about the thing that now lacks it. What an instance does not say itself,
/// as `has` tells, it takes from the defaults.
fn follows_from(finding: &Diagnostic, refused: &Refused, has: &dyn Fn(&FieldPath) -> bool) -> bool {
    if refused.0.is_empty() {
        return false;
    }
    let context = finding.context.iter().filter_map(|(at, _)| match at {
        Place::Key(path) | Place::Value(path) => Some(path),
        Place::Span(_) | Place::Policy => None,
    });
    let touch = |path: &FieldPath| {
        let is_field = path.instance().is_some_and(|it| it != *path);
        let defaults = path.in_defaults().filter(|_| is_field && !has(path));
        refused.touch(path) || defaults.is_some_and(|it| refused.touch(&it))
    };
    if finding.field().into_iter().chain(context).any(touch) {
        return true;
    }
    if operator_decides(finding.name)
        && refused.touch(&FieldPath::spec(&["platform", "redisOperator"]))
    {
        return true;
    }
    let cause = CAUSES.iter().find(|(name, _)| *name == finding.name);
    match cause.map(|(_, cause)| cause) {
        None => false,
        Some(Cause::Anything) => true,
        Some(Cause::Field(field)) => refused.touch(&FieldPath::spec(field)),
        Some(Cause::Name(list)) => refused.take_a_name(&FieldPath::spec(list)),
        Some(Cause::LabelValue) => {
            let is_value = |it: &FieldPath| {
                let last = it.segments().last();
                last == Some(&Segment::Key("namespace".to_owned()))
            };
            refused.touch(&FieldPath::parse("metadata.name"))
                || refused.0.iter().any(is_value)
                || LABEL_VALUES
                    .iter()
                    .any(|it| refused.take_a_name(&FieldPath::spec(it)))
        }
        Some(Cause::Topology) => {
            let at = finding.field().and_then(FieldPath::instance);
            at.is_some_and(|it| refused.touch(&it.key("topology")))
        }
    }
}

/// Returns whether a finding comes from what the operator does.
fn operator_decides(name: &str) -> bool {
    check::OPERATOR.names.contains(&name)
}

/// Takes out the warnings that the policy accepts. An error is never accepted: its output would be
/// refused or dead. What accepts nothing is an error itself, since it is believed to be needed;
/// unless something that was refused may be why.
fn waive(
    waivers: &[Waiver],
    refused: &Refused,
    found: Vec<Diagnostic>,
    document: &Document,
) -> Vec<Diagnostic> {
    let mut by_place: BTreeMap<(&str, FieldPath), Vec<usize>> = BTreeMap::new();
    for (index, waiver) in waivers.iter().enumerate() {
        let place = (waiver.check.as_str(), waiver.at.clone());
        by_place.entry(place).or_default().push(index);
    }
    let mut used = BTreeSet::new();
    let mut of_errors = BTreeSet::new();
    let mut left = Vec::new();
    for finding in found {
        let at = finding.field().cloned();
        let accepting: Vec<usize> = std::iter::successors(at, FieldPath::parent)
            .filter_map(|it| by_place.get(&(finding.name, it)))
            .flatten()
            .copied()
            .collect();
        match finding.level {
            Level::Warning if !accepting.is_empty() => {
                used.extend(accepting);
                continue;
            }
            Level::Warning => {}
            Level::Error => of_errors.extend(accepting),
        }
        left.push(finding);
    }
    for (index, waiver) in waivers.iter().enumerate() {
        // What there is no finding of is wrong whatever else is.
        let is_hidden = || page(&waiver.check).is_some() && refused.may_hide(&waiver.at);
        if of_errors.contains(&index) {
            left.push(of_error(index, waiver));
        } else if !used.contains(&index) && !is_hidden() {
            left.push(without_use(index, waiver, document));
        }
    }
    left
}

/// Returns whether what a finding points at is written in a file that the policy extends.
fn is_in_base(finding: &Diagnostic, document: &Document) -> bool {
    document.span(&finding.at).file != document.start().file
}

/// Where a waiver names its check.
fn place(index: usize) -> FieldPath {
    FieldPath::spec(&["allow"]).index(index).key("check")
}

fn of_error(index: usize, waiver: &Waiver) -> Diagnostic {
    Diagnostic::error(
        "policy/waiver-unused",
        Place::Key(place(index)),
        format!("`{}` is an error, which cannot be accepted", waiver.check),
    )
    .note("the output would be refused, dead or dangerous")
    .help("correct what it complains about, and remove this")
}

fn without_use(index: usize, waiver: &Waiver, document: &Document) -> Diagnostic {
    let is_known = page(&waiver.check).is_some();
    if is_known
        && !document.has(&waiver.at)
        && let Some(near) = document.near(&waiver.at)
    {
        let at = FieldPath::spec(&["allow"]).index(index).key("at");
        return Diagnostic::error(
            "policy/waiver-unused",
            Place::Value(at),
            format!(
                "there is no `{}` at which something could be accepted",
                waiver.at
            ),
        )
        .note("the finding that it is meant for is still reported")
        .meant(&near.to_string());
    }
    let finding = Diagnostic::error(
        "policy/waiver-unused",
        match is_known {
            true => Place::Key(place(index)),
            false => Place::Value(place(index)),
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
        let refused = |it: &str| Refused([FieldPath::parse(it)].into());
        let nothing = |_: &FieldPath| false;
        let follows_from = |it: &Diagnostic, refused: &Refused| follows_from(it, refused, &nothing);
        let finding =
            |name, at: &str| Diagnostic::error(name, Place::Key(FieldPath::parse(at)), "");
        let unknown = finding("references/unknown-receiver", "routing.default");
        assert!(!follows_from(&unknown, &refused("receivers.pager.slack")));
        for it in ["receivers", "receivers[0]", "receivers[0].name"] {
            assert!(follows_from(&unknown, &refused(it)), "{it}");
        }
        let missing = finding("redis/unhardened", "redis.instances.a")
            .about(FieldPath::parse("redis.instances.a.auth"));
        assert!(!follows_from(
            &missing,
            &refused("redis.instances.a.config.hz")
        ));
        assert!(follows_from(&missing, &refused("redis.instances.a.auth")));
        assert!(follows_from(&missing, &refused("redis.instances.a")));
    }
}
