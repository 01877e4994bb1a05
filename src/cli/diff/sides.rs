//! What is compared: from places and revisions to the sides of comparisons.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use crate::cli::stacks::{policies, shown};
use crate::cli::terminal::{count, say, show_findings};
use crate::diff::side::Side;
use crate::diff::{self, Difference};
use crate::files::{LARGEST, LOCK, POLICY, Repository, manifests_below};
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

/// Compares what is at two places.
pub(super) fn of_places(before: &Path, after: &Path) -> Option<Vec<Compared>> {
    let before = units_at(before, compile_unchecked)?;
    let after = units_at(after, compile)?;
    Some(matched(before, after))
}

type Compile = fn(&crate::read::Files<'_>, &str) -> Compilation;

fn units_at(place: &Path, compile: Compile) -> Option<Vec<Unit>> {
    if place == Path::new("-") {
        let mut text = String::new();
        let read = std::io::stdin()
            .take(LARGEST * 64)
            .read_to_string(&mut text);
        return match read {
            Ok(_) => stream("the standard input", &text),
            Err(error) => {
                say(&format!(
                    "error: the standard input cannot be read: {error}"
                ));
                None
            }
        };
    }
    let is_tree = || {
        let has = |name: &str| place.join(name).is_file();
        !has(POLICY) && (has(LOCK) || has("kustomization.yaml"))
    };
    if place.is_dir() && is_tree() {
        return tree(place);
    }
    if place.is_file() && place.file_name().is_none_or(|it| it != POLICY) {
        let repository = Repository::around(place).and_then(|it| it.read(place));
        match repository {
            Ok(text) if !is_policy(&text) => return stream(&shown(place), &text),
            Ok(_) => {}
            Err(error) => {
                say(&format!("error: {error}"));
                return None;
            }
        }
    }
    let mut units = Vec::new();
    for policy in policies(place)? {
        let repository = match Repository::around(&policy) {
            Ok(repository) => repository,
            Err(error) => {
                say(&format!("error: {error}"));
                return None;
            }
        };
        let files = |path: &str| repository.read(Path::new(path)).map_err(|it| it.reason());
        units.push(unit(&shown(&policy), &compile(&files, &shown(&policy)))?);
    }
    Some(units)
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

fn tree(place: &Path) -> Option<Vec<Unit>> {
    let manifests = match manifests_below(place) {
        Ok(manifests) => manifests,
        Err(error) => {
            say(&format!("error: {error}"));
            return None;
        }
    };
    let mut found = Vec::new();
    for (path, text) in &manifests.files {
        match manifest::resources(path, text) {
            Ok(resources) => found.extend(resources),
            Err(wrong) => {
                say(&format!(
                    "error: {}/{path}:{}: {}",
                    shown(place),
                    wrong.line,
                    wrong.why
                ));
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
        at: shown(place),
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
