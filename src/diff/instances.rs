//! What happens to the instances: each field and directive that differs is looked up in the table of the
//! operator.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::catalog::redis_config::Release;
use crate::catalog::redis_effects;
use crate::diff::consequence::{Cause, Caused, Consequence, Part, in_one_line};
use crate::diff::fields::Field;
use crate::diff::pairs::Pair;
use crate::diff::side::{Id, Side};
use crate::effect::{Class, Effect};
use crate::operators::changes::{Applied, Change, Of, Values, When};
use crate::operators::seen::Seen;
use crate::operators::{self, Operator};
use crate::topologies::Kind;
use crate::value::duration::Duration;
use crate::value::image::Image;
use crate::value::index_size;
use crate::value::quantity::Quantity;

/// An instance: its operator by API group, its namespace, its name.
type Key<'a> = (&'a str, &'a str, &'a str);

/// What happens to each instance of which something differs, and the objects that it says all about.
pub(super) fn consequences<'a>(
    before: &'a Side,
    after: &'a Side,
    pairs: &'a [Pair],
) -> (Vec<Consequence>, BTreeSet<&'a Id>) {
    let mut told: BTreeSet<&Id> = BTreeSet::new();
    let mut found = Vec::new();
    let (was, is) = (Instances::of(before), Instances::of(after));
    let mut changed: BTreeMap<Key<'_>, Vec<&Pair>> = BTreeMap::new();
    for pair in pairs {
        let owners = [&was, &is].map(|it| it.owner_of(pair));
        for key in owners.into_iter().flatten() {
            let of_instance = changed.entry(key).or_default();
            if !of_instance.iter().any(|it| it.id == pair.id) {
                of_instance.push(pair);
            }
            told.insert(&pair.id);
        }
    }
    for (key, pairs) in changed {
        let Some(operator) = operators::by_group(key.0) else {
            continue;
        };
        let both = [&was, &is].map(|it| it.seen(operator, key));
        let effects = Instance {
            operator,
            name: key.2,
            both,
        }
        .effects(&pairs);
        let name = format!("{}/{}", key.1, key.2);
        found.push(Consequence {
            part: Part::Redis,
            subjects: vec![name.clone()],
            instances: vec![name],
            effects,
        });
    }
    (found, told)
}

/// The instances of a side, and what is part of them.
struct Instances<'a> {
    side: &'a Side,
    resources: BTreeMap<Key<'a>, Vec<&'a Value>>,
    /// The instance that a ConfigMap is of, by namespace and name.
    config_maps: BTreeMap<(&'a str, String), Key<'a>>,
}

impl<'a> Instances<'a> {
    fn of(side: &'a Side) -> Self {
        let mut instances = Self {
            side,
            resources: BTreeMap::new(),
            config_maps: BTreeMap::new(),
        };
        for (id, object) in &side.objects {
            let Some(operator) = operators::by_group(&id.group) else {
                continue;
            };
            let key = (operator.group(), &*id.namespace, &*id.name);
            instances.resources.entry(key).or_default().push(object);
        }
        for (key, resources) in &instances.resources {
            let Some(operator) = operators::by_group(key.0) else {
                continue;
            };
            let seen = operator.seen(resources, &|_| None);
            if let Some(name) = seen.config {
                instances.config_maps.insert((key.1, name), *key);
            }
        }
        instances
    }

    /// The instance that an object is part of.
    fn owner_of(&self, pair: &'a Pair) -> Option<Key<'a>> {
        let id = &pair.id;
        if let Some(operator) = operators::by_group(&id.group) {
            return Some((operator.group(), &id.namespace, &id.name));
        }
        if id.kind != "ConfigMap" {
            return None;
        }
        let of = |name: &str| {
            let key = (&*id.namespace, name.to_owned());
            self.config_maps.get(&key).copied()
        };
        of(&id.name).or_else(|| of(pair.renamed.as_deref()?))
    }

    fn seen(&self, operator: &dyn Operator, key: Key<'_>) -> Option<Seen> {
        let resources = self.resources.get(&key)?;
        let config_map = |name: &str| {
            let id = Id {
                group: String::new(),
                kind: "ConfigMap".to_owned(),
                namespace: key.1.to_owned(),
                name: name.to_owned(),
            };
            self.side.objects.get(&id)
        };
        Some(operator.seen(resources, &config_map))
    }
}

/// An instance of which something differs.
struct Instance<'a> {
    operator: &'static dyn Operator,
    name: &'a str,
    /// As it was and as it is.
    both: [Option<Seen>; 2],
}

impl Instance<'_> {
    /// What happens to it, the worst first.
    fn effects(&self, pairs: &[&Pair]) -> Vec<Caused> {
        let mut found = Found::default();
        let resources = pairs
            .iter()
            .filter(|it| it.id.group == self.operator.group());
        let mut kinds: Vec<&str> = Vec::new();
        for pair in resources {
            kinds.push(&pair.id.kind);
            self.resource(pair, &mut found);
        }
        if let [Some(before), Some(after)] = &self.both {
            self.directives(before, after, &kinds, &mut found);
        }
        found.sorted()
    }

    fn resource(&self, pair: &Pair, acc: &mut Found) {
        let whole = |before: bool| Cause {
            field: pair.id.kind.clone(),
            before: before.then(|| self.name.to_owned()),
            after: (!before).then(|| self.name.to_owned()),
        };
        match (&pair.before, &pair.after) {
            (Some(_), Some(_)) => {
                for field in pair.fields.iter().flat_map(|it| it.each().into_owned()) {
                    self.field(pair, &field, acc);
                }
            }
            (before, _) => {
                let when = match before {
                    Some(_) => When::Vanishes,
                    None => When::Appears,
                };
                let row = self.row(&pair.id.kind, |it| it.of == Of::Resource && it.when == when);
                let effect = row.map(|it| it.effect(self.values("", "")));
                acc.add(effect, whole(before.is_some()), false);
            }
        }
    }

    fn field(&self, pair: &Pair, field: &Field, acc: &mut Found) {
        let kind = pair.id.kind.as_str();
        let holds = self.operator.fields_of_directives(kind);
        let is_held = holds.iter().any(|it| Of::Field(it).has_field(&field.path));
        // What it says of directives is told by directive.
        if is_held && self.directives_differ() {
            return;
        }
        let cause = Cause::of(field);
        let is_ignored = self.is_ignored(pair, field);
        let row = self.row(kind, |it| match is_ignored {
            true => it.of == Of::IgnoredAnnotation,
            false => {
                it.of.has_field(&field.path)
                    && is_when(it.when, field.before.as_ref(), field.after.as_ref())
            }
        });
        let values = self.values(
            cause.before.as_deref().unwrap_or("nothing"),
            cause.after.as_deref().unwrap_or("nothing"),
        );
        let effect = row.map(|it| it.effect(values));
        acc.add(effect, cause, false);
    }

    /// Whether a field is an annotation that the operator leaves alone, wherever it is there.
    fn is_ignored(&self, pair: &Pair, field: &Field) -> bool {
        let [metadata, annotations, key] = field.path.as_slice() else {
            return false;
        };
        let sides = [(&pair.before, &field.before), (&pair.after, &field.after)];
        metadata == "metadata"
            && annotations == "annotations"
            && sides
                .into_iter()
                .filter(|(_, value)| value.is_some())
                .all(|(resource, _)| {
                    let resource = resource.as_ref();
                    resource.is_some_and(|it| self.operator.is_told_to_ignore(it, key))
                })
    }

    fn directives_differ(&self) -> bool {
        let [Some(before), Some(after)] = &self.both else {
            return false;
        };
        let values = |it: &Seen| -> Vec<(String, String)> {
            let all = it.directives.iter();
            all.map(|(name, (value, _))| (name.clone(), value.clone()))
                .collect()
        };
        values(before) != values(after)
    }

    fn directives(&self, before: &Seen, after: &Seen, kinds: &[&str], acc: &mut Found) {
        let names: BTreeSet<&String> = before
            .directives
            .keys()
            .chain(after.directives.keys())
            .collect();
        let configuration: BTreeMap<String, String> = after
            .directives
            .iter()
            .map(|(name, (value, _))| (name.clone(), value.clone()))
            .collect();
        for name in names {
            let (was, is) = (before.directives.get(name), after.directives.get(name));
            let value = |it: Option<&(String, Applied)>| it.map(|(value, _)| value.clone());
            if value(was) == value(is) {
                continue;
            }
            let applied = match is.or(was).map(|(_, it)| *it) {
                Some(Applied::AtStart)
                    if before.config.is_some() && before.config == after.config =>
                {
                    Applied::NextStart
                }
                applied => applied.unwrap_or(Applied::AtStart),
            };
            let cause = Cause {
                field: name.clone(),
                before: value(was),
                after: value(is),
            };
            let when = [
                was.map(|(it, _)| Value::from(it.clone())),
                is.map(|(it, _)| Value::from(it.clone())),
            ];
            let kind = kinds.first().copied();
            let row = self.operator.changes().iter().find(|it| {
                it.of == Of::Directive(applied)
                    && kind.is_none_or(|kind| it.is_about(kind, after.topology))
                    && is_when(it.when, when[0].as_ref(), when[1].as_ref())
            });
            let shown =
                |it: &Option<Value>| it.as_ref().map_or("the default".to_owned(), in_one_line);
            let (was, is) = (shown(&when[0]), shown(&when[1]));
            let effect = row.map(|it| it.effect(self.values(&was, &is)));
            acc.add(effect, cause.clone(), true);
            let of_redis = redis_effects::effect(
                name,
                cause.before.as_deref(),
                cause.after.as_deref(),
                &configuration,
            );
            acc.add(of_redis, cause, false);
        }
    }

    fn row(&self, kind: &str, fits: impl Fn(&Change) -> bool) -> Option<&'static Change> {
        let topology = self.topology();
        let mut rows = self.operator.changes().iter();
        rows.find(|it| it.is_about(kind, topology) && fits(it))
    }

    /// How it is laid out: as it was, where it goes.
    fn topology(&self) -> Kind {
        let seen = self.both[1].as_ref().or(self.both[0].as_ref());
        seen.map_or(Kind::Standalone, |it| it.topology)
    }

    fn values<'a>(&'a self, before: &'a str, after: &'a str) -> Values<'a> {
        let seen = self.both[0].as_ref().or(self.both[1].as_ref());
        Values {
            before,
            after,
            pods: seen.map_or(0, |it| it.pods),
        }
    }
}

/// Effects, each once, with all that brings it about.
#[derive(Default)]
struct Found(Vec<Told>);

/// An effect, and what is known of it beside.
struct Told {
    caused: Caused,
    /// It is of directives, which every restart of Redis applies.
    is_of_directives: bool,
}

impl Found {
    fn add(&mut self, effect: Option<Effect>, cause: Cause, is_of_directives: bool) {
        let Some(effect) = effect else {
            return;
        };
        match self.0.iter_mut().find(|it| it.caused.effect == effect) {
            Some(known) => known.caused.by.push(cause),
            None => self.0.push(Told {
                caused: Caused {
                    effect,
                    by: vec![cause],
                },
                is_of_directives,
            }),
        }
    }

    fn sorted(mut self) -> Vec<Caused> {
        self.0
            .sort_by_key(|it| std::cmp::Reverse(it.caused.effect.class));
        let restarts = self.0.iter().any(|it| {
            matches!(
                it.caused.effect.class,
                Class::Rolling | Class::Failover | Class::Recreate
            )
        });
        for it in &mut self.0 {
            let effect = &mut it.caused.effect;
            if restarts && it.is_of_directives && effect.class == Class::Silent {
                effect.exposed = "until that restart, which the same change brings".into();
                effect.instead = None;
            }
        }
        self.0.into_iter().map(|it| it.caused).collect()
    }
}

/// Whether a value changes in that way.
pub(super) fn is_when(when: When, before: Option<&Value>, after: Option<&Value>) -> bool {
    let (text_before, text_after) = (before.map(scalar), after.map(scalar));
    match when {
        When::Any => true,
        When::Appears => before.is_none() && after.is_some(),
        When::Vanishes => before.is_some() && after.is_none(),
        When::Grows | When::Shrinks => {
            let Some((was, is)) = text_before.flatten().zip(text_after.flatten()) else {
                return false;
            };
            let order = match when {
                When::Grows => Ordering::Greater,
                _ => Ordering::Less,
            };
            compared(&is, &was) == Some(order)
        }
        When::Downgrades => {
            let release = |it: Option<Option<String>>| Release::of(&Image::parse(&it??).ok()?);
            let both = release(text_before).zip(release(text_after));
            both.is_some_and(|(was, is)| is < was)
        }
        When::To(value) => text_after.flatten().as_deref() == Some(value),
    }
}

/// Which of two amounts of one sort is larger: quantities, numbers, times, sizes of Elasticsearch.
fn compared(a: &str, b: &str) -> Option<Ordering> {
    fn both<T: PartialOrd>(a: &str, b: &str, read: impl Fn(&str) -> Option<T>) -> Option<Ordering> {
        read(a)?.partial_cmp(&read(b)?)
    }
    both(a, b, |it| Quantity::parse(it).ok())
        .or_else(|| both(a, b, |it| it.parse::<f64>().ok()))
        .or_else(|| both(a, b, |it| Duration::parse(it).ok()))
        .or_else(|| both(a, b, index_size::bytes))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(it) => Some(it.to_string()),
        Value::Bool(it) => Some(it.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_one_sort_are_compared() {
        for (less, more) in [
            ("5", "10"),
            ("512Mi", "1Gi"),
            ("100m", "1"),
            ("0.0001", "0.1"),
            ("30s", "5m"),
            ("12h", "1d"),
            ("500mb", "50gb"),
        ] {
            assert_eq!(compared(less, more), Some(Ordering::Less), "{less} {more}");
        }
        assert_eq!(compared("1Gi", "1h"), None);
        assert_eq!(compared("warning", "1"), None);
    }
}
