//! What is compared: from places and revisions to the sides of comparisons.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::cli::sources::{Checkout, Source};
use crate::cli::stacks::{policies, policy_in, shown};
use crate::cli::terminal::{count, say, show_findings};
use crate::diff::side::Side;
use crate::diff::{self, Difference};
use crate::files::git::Revision;
use crate::files::{LARGEST, LOCK, Manifests, POLICY};
use crate::read::manifest;
use crate::{Compilation, compile, compile_unchecked};

/// Two sides, compared.
pub(super) struct Compared {
    /// The name of the stack, or where the objects are.
    pub(super) name: String,
    /// Its name before, where it was another one.
    pub(super) renamed: Option<String>,
    /// Where it was; nothing where it is new.
    pub(super) before: Option<String>,
    /// Where it is; nothing where it is gone.
    pub(super) after: Option<String>,
    /// What differs.
    pub(super) difference: Difference,
}

/// A stack, a tree or a stream.
struct Unit {
    /// The name of the stack, where it is one.
    name: Option<String>,
    /// Where it is.
    at: String,
    side: Side,
}

/// How the policies of a side are compiled: nothing can be done any more about one of the past.
type Compile = fn(&crate::read::Files<'_>, &str) -> Compilation;

/// Compares what is at two places.
pub(super) fn of_places(before: &Path, after: &Path) -> Option<Vec<Compared>> {
    let (before, after) = (
        units_at(before, compile_unchecked)?,
        units_at(after, compile)?,
    );
    Some(matched(before, after))
}

/// Compares the stacks at some places in a revision with those in another one, or with the files as they are.
pub(super) fn of_revisions(
    places: &[PathBuf],
    from: &str,
    to: Option<&str>,
) -> Option<Vec<Compared>> {
    let open = |spec: &str| match Revision::open(places.first()?, spec) {
        Ok(revision) => Some(revision),
        Err(error) => {
            say(&format!("error: {error}"));
            None
        }
    };
    let from = open(from)?;
    let to = match to {
        Some(spec) => Some(open(spec)?),
        None => None,
    };
    let after: &dyn Source = match &to {
        Some(revision) => revision,
        None => &Checkout,
    };
    let (mut befores, mut afters) = (Vec::new(), Vec::new());
    for place in places {
        let (before, after) = (
            from.units(place, compile_unchecked)?,
            after.units(place, compile)?,
        );
        if before.is_none() && after.is_none() {
            say(&format!(
                "error: there is no {POLICY} in or below `{}`, neither before nor after",
                place.display()
            ));
            return None;
        }
        befores.extend(before.into_iter().flatten());
        afters.extend(after.into_iter().flatten());
    }
    let place = places.first()?;
    // A stack that came from elsewhere, or went there, keeps its name.
    befores.extend(from.moved(place, &unmatched(&afters, &befores), compile_unchecked)?);
    afters.extend(after.moved(place, &unmatched(&befores, &afters), compile)?);
    Some(matched(befores, afters))
}

/// The names of stacks that others have not.
fn unmatched(units: &[Unit], others: &[Unit]) -> Vec<String> {
    let names =
        |of: &[Unit]| -> Vec<String> { of.iter().filter_map(|it| it.name.clone()).collect() };
    let others = names(others);
    let mut alone = names(units);
    alone.retain(|it| !others.contains(it));
    alone
}

/// What of a source is compared.
trait Sides: Source {
    /// What is at a place; `Some(None)` where nothing is.
    fn units(&self, place: &Path, compile: Compile) -> Option<Option<Vec<Unit>>> {
        let own = policy_in(place);
        if !self.is_file(&own)
            && [LOCK, "kustomization.yaml"]
                .iter()
                .any(|it| self.is_file(&place.join(it)))
        {
            return self.tree(place).map(Some);
        }
        let policies = if self.is_file(&own) {
            vec![own]
        } else if self.is_file(place) {
            match self.text(place) {
                Ok(text) if !is_policy(&text) => {
                    return stream(&self.named(place), &text).map(Some);
                }
                Ok(_) => vec![place.to_owned()],
                Err(why) => return wrong(&self.named(place), &why),
            }
        } else {
            match self.stacks(place) {
                Ok(found) if found.is_empty() => return Some(None),
                Ok(found) => found,
                Err(why) => return wrong(&self.named(place), &why),
            }
        };
        let mut units = Vec::new();
        for policy in policies {
            units.push(self.unit(&policy, compile)?);
        }
        Some(Some(units))
    }

    fn unit(&self, policy: &Path, compile: Compile) -> Option<Unit> {
        let named = self.named(policy);
        match self.reader(policy) {
            Ok(files) => unit(&named, &compile(&*files, &shown(policy))),
            Err(why) => wrong(&named, &why),
        }
    }

    fn tree(&self, place: &Path) -> Option<Vec<Unit>> {
        match self.manifests(place) {
            Ok(manifests) => tree(&self.named(place), &manifests),
            Err(why) => wrong(&self.named(place), &why),
        }
    }

    /// The stacks of these names, wherever they are.
    fn moved(&self, near: &Path, names: &[String], compile: Compile) -> Option<Vec<Unit>> {
        let mut found = Vec::new();
        let Some(root) = self.root(near).filter(|_| !names.is_empty()) else {
            return Some(found);
        };
        for policy in self.stacks(&root).unwrap_or_default() {
            // Only what may be one of them is compiled.
            let is_named = self
                .text(&policy)
                .is_ok_and(|it| names.iter().any(|name| it.contains(name.as_str())));
            if !is_named {
                continue;
            }
            let Ok(files) = self.reader(&policy) else {
                continue;
            };
            let compilation = compile(&*files, &shown(&policy));
            let name = compilation.output.as_ref().map(|(stack, _)| &stack.name);
            if name.is_some_and(|it| names.contains(it)) {
                found.push(unit(&self.named(&policy), &compilation)?);
            }
        }
        Some(found)
    }
}

impl<T: Source + ?Sized> Sides for T {}

/// What is at a place of the file system, or comes from the standard input.
fn units_at(place: &Path, compile: Compile) -> Option<Vec<Unit>> {
    if place != Path::new("-") {
        let units = Checkout.units(place, compile)?;
        if units.is_none() {
            // It says why there is none.
            policies(place)?;
        }
        return units;
    }
    let mut text = String::new();
    let read = std::io::stdin()
        .take(LARGEST * 64)
        .read_to_string(&mut text);
    match read {
        Ok(_) => stream("the standard input", &text),
        Err(error) => wrong("the standard input", &format!("cannot be read: {error}")),
    }
}

/// Says what is wrong with a place.
fn wrong<T>(at: &str, why: &str) -> Option<T> {
    say(&format!("error: `{at}` {why}"));
    None
}

/// Whether a text is a policy, rather than objects.
fn is_policy(text: &str) -> bool {
    manifest::document(text)
        .and_then(|it| {
            it.text_at(&["apiVersion"])
                .map(|it| it.starts_with("obsgen/"))
        })
        .unwrap_or(false)
}

fn unit(at: &str, compilation: &Compilation) -> Option<Unit> {
    let errors: Vec<_> = compilation
        .findings
        .iter()
        .filter(|it| it.is_error())
        .collect();
    show_findings(errors.iter().copied(), &compilation.document);
    let Some((stack, plan)) = &compilation.output else {
        say(&format!(
            "error: {at} has {}; what it delivers cannot be compared",
            count(compilation)
        ));
        return None;
    };
    Some(Unit {
        name: Some(stack.name.clone()),
        at: at.to_owned(),
        side: Side::of_plan(stack, plan),
    })
}

fn stream(at: &str, text: &str) -> Option<Vec<Unit>> {
    match manifest::resources(at, text) {
        Ok(resources) => Some(vec![Unit {
            name: None,
            at: at.to_owned(),
            side: Side::of_manifests(resources),
        }]),
        Err(wrong) => {
            say(&format!("error: {at}:{}: {}", wrong.line, wrong.why));
            None
        }
    }
}

fn tree(at: &str, manifests: &Manifests) -> Option<Vec<Unit>> {
    let mut found = Vec::new();
    for (path, text) in &manifests.files {
        match manifest::resources(path, text) {
            Ok(resources) => found.extend(resources),
            Err(wrong) => {
                say(&format!("error: {at}/{path}:{}: {}", wrong.line, wrong.why));
                return None;
            }
        }
    }
    if let Some(error) = manifests.skipped.first() {
        say(&format!("error: {error}"));
        return None;
    }
    Some(vec![Unit {
        name: None,
        at: at.to_owned(),
        side: Side::of_manifests(found),
    }])
}

/// Compares what is the same stack on both sides: by its name, then by its place, then because it is the only
/// one.
fn matched(before: Vec<Unit>, after: Vec<Unit>) -> Vec<Compared> {
    let mut before: Vec<Option<Unit>> = before.into_iter().map(Some).collect();
    let mut compared: BTreeMap<String, Compared> = BTreeMap::new();
    let is_only = before.len() == 1 && after.len() == 1;
    let mut later = Vec::new();
    let mut take = |after: &Unit, is: &dyn Fn(&Unit, &Unit) -> bool| {
        before
            .iter_mut()
            .find(|it| it.as_ref().is_some_and(|it| is(it, after)))
            .and_then(Option::take)
    };
    for unit in after {
        match take(&unit, &|it, other| {
            it.name.is_some() && it.name == other.name
        }) {
            Some(was) => push(&mut compared, Some(was), Some(unit)),
            None => later.push(unit),
        }
    }
    for unit in later {
        let was = take(&unit, &|it, other| it.at == other.at || is_only);
        push(&mut compared, was, Some(unit));
    }
    for gone in before.into_iter().flatten() {
        push(&mut compared, Some(gone), None);
    }
    compared.into_values().collect()
}

fn push(acc: &mut BTreeMap<String, Compared>, before: Option<Unit>, after: Option<Unit>) {
    let nothing = Side::default();
    let side = |it: &Option<Unit>| it.as_ref().map_or(&nothing, |it| &it.side).clone();
    let units = [&after, &before];
    let name = units
        .iter()
        .find_map(|it| it.as_ref()?.name.clone())
        .or_else(|| units.iter().find_map(|it| Some(it.as_ref()?.at.clone())))
        .unwrap_or_default();
    let difference = diff::compare(&side(&before), &side(&after));
    let name_of = |it: &Option<Unit>| it.as_ref().and_then(|it| it.name.clone());
    let renamed = name_of(&before).filter(|was| name_of(&after).is_some_and(|is| is != *was));
    let at = |it: Option<Unit>| it.map(|it| it.at);
    let key = format!("{name}\n{}", acc.len());
    acc.insert(
        key,
        Compared {
            name,
            renamed,
            before: at(before),
            after: at(after),
            difference,
        },
    );
}
