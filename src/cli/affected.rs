//! `obsgen affected`: the stacks that a change touches.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::cli::Outcome;
use crate::cli::sources::{Checkout, Source};
use crate::cli::stacks::{policy_in, shown};
use crate::cli::terminal::{Form, print, say};
use crate::diag::text;
use crate::files::git::Revision;
use crate::files::{POLICY, Repository};
use crate::read::read;
use crate::read::settings::Settings;
use crate::render::json;

/// The form of the JSON output; raised when a program that reads it would have to change.
const SCHEMA_VERSION: u32 = 1;

/// Print the stacks that a change touches, with the paths that each is made from
///
/// A stack is touched if one of the files that its policy is made of is another one. The paths are
/// those of the repository, as Argo CD takes them in the annotation
/// `argocd.argoproj.io/manifest-generate-paths` of an Application.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  obsgen affected --from origin/main                    a line for each: folder, tab, paths
  obsgen affected --from origin/main | cut -f 1 | xargs -r obsgen build
  obsgen affected --from HEAD~1 stacks -o json          those that are gone too, and which files changed
  obsgen affected --all                                 every stack, for the paths alone")]
pub(super) struct Affected {
    /// Folders with an observability.yaml, such files, or folders with stacks below them
    #[arg(value_name = "STACK", default_value = ".")]
    stacks: Vec<PathBuf>,
    /// The revision before the change, such as `origin/main`; `A...B` is the last commit that both have
    #[arg(long, value_name = "REV", required_unless_present = "all")]
    from: Option<String>,
    /// The revision after it, instead of the files as they are
    #[arg(long, value_name = "REV")]
    to: Option<String>,
    /// The stacks that the change does not touch, too
    #[arg(long)]
    all: bool,
    /// A line for each stack that is there, or a JSON object
    #[arg(short, long, value_enum, default_value_t = Form::Text)]
    output: Form,
}

/// The files that a policy is made of, with the text of each, or nothing where it cannot be read.
type Files = BTreeMap<String, Option<String>>;

/// The policies of a side by their path in the repository, with the folder as it was named.
type Policies = BTreeMap<String, (PathBuf, Files)>;

impl Affected {
    pub(super) fn run(&self) -> Outcome {
        match self.answer() {
            Ok(answer) => print(answer.as_bytes()),
            Err(why) => {
                say(&format!("error: {why}"));
                Outcome::Run
            }
        }
    }

    fn answer(&self) -> Result<String, String> {
        let near = self.stacks.first().map_or(Path::new("."), PathBuf::as_path);
        let open = |spec: &str| Revision::open(near, spec).map_err(|it| it.to_string());
        let from = self.from.as_deref().map(open).transpose()?;
        let to = self.to.as_deref().map(open).transpose()?;
        let after: &dyn Source = match &to {
            Some(revision) => revision,
            None => &Checkout,
        };
        let after = policies(after, &self.stacks)?;
        let before = match &from {
            Some(from) => policies(from, &self.stacks)?,
            None => after.clone(),
        };
        if let Some(nothing) = self.stacks.iter().find(|place| {
            let is_below = |(folder, _): &(PathBuf, Files)| folder.starts_with(place);
            let is_here = |it: &Policies| **place == *Path::new(".") || it.values().any(is_below);
            !is_here(&before) && !is_here(&after)
        }) {
            return Err(format!(
                "there is no {POLICY} in or below `{}`, neither before nor after",
                nothing.display()
            ));
        }
        let touched = touched(&before, &after, self.all);
        Ok(match self.output {
            Form::Text => touched
                .iter()
                .filter(|it| it.what != What::Gone)
                .map(|it| [&it.folder, &it.paths.join(";")].map(|it| text::said(it)))
                .map(|[folder, paths]| format!("{folder}\t{paths}\n"))
                .collect(),
            Form::Json => json::pretty(&json!({
                "schemaVersion": SCHEMA_VERSION,
                "stacks": touched
                    .iter()
                    .map(|it| json!({
                        "stack": it.folder,
                        "what": it.what.word(),
                        "changed": it.changed,
                        "manifestGeneratePaths": it.paths.join(";"),
                    }))
                    .collect::<Vec<_>>(),
            })),
        })
    }
}

/// A stack that is touched.
struct Touched<'a> {
    folder: String,
    what: What,
    /// The files that changed, as the repository has them.
    changed: Vec<&'a str>,
    /// Every file that it is made of, from the root of the repository; those before, where it is gone.
    paths: Vec<String>,
}

/// What a change does to a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Unchanged,
    Changed,
    New,
    Gone,
}

impl What {
    fn word(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::New => "new",
            Self::Gone => "gone",
        }
    }
}

fn touched<'a>(before: &'a Policies, after: &'a Policies, all: bool) -> Vec<Touched<'a>> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let nothing = Files::new();
    let mut acc = Vec::new();
    for policy in names {
        let (was, is) = (before.get(policy), after.get(policy));
        let Some((file, _)) = is.or(was) else {
            continue;
        };
        let files = |of: Option<&'a (PathBuf, Files)>| of.map(|(_, files)| files);
        let (old, new) = (files(was), files(is));
        let paths: BTreeSet<&'a String> = old
            .into_iter()
            .chain(new)
            .flat_map(|it| it.keys())
            .collect();
        let sides = [old.is_some(), new.is_some()];
        let (old, now) = (old.unwrap_or(&nothing), new.unwrap_or(&nothing));
        let changed: Vec<&'a str> = paths
            .iter()
            .filter(|it| old.get(**it) != now.get(**it))
            .map(|it| it.as_str())
            .collect();
        let what = match sides {
            [false, _] => What::New,
            [true, false] => What::Gone,
            [true, true] if changed.is_empty() => What::Unchanged,
            [true, true] => What::Changed,
        };
        if what == What::Unchanged && !all {
            continue;
        }
        let of = if what == What::Gone { old } else { now };
        let folder = file.parent().map(shown).filter(|it| !it.is_empty());
        acc.push(Touched {
            folder: folder.unwrap_or_else(|| ".".to_owned()),
            what,
            changed,
            paths: of.keys().map(|it| format!("/{it}")).collect(),
        });
    }
    acc
}

/// The policies at some places of a source, and what each is made of.
fn policies(source: &dyn Source, places: &[PathBuf]) -> Result<Policies, String> {
    let mut acc = Policies::new();
    for place in places {
        let own = policy_in(place);
        let found = if source.is_file(&own) {
            vec![own]
        } else if source.is_file(place) {
            vec![place.clone()]
        } else {
            source
                .stacks(place)
                .map_err(|why| format!("`{}` {why}", place.display()))?
        };
        for policy in found {
            let policy = policy
                .strip_prefix(".")
                .map_or(policy.clone(), Path::to_owned);
            let in_repository = |path: &str| -> Result<String, String> {
                let repository = Repository::around(&policy).map_err(|it| it.to_string())?;
                Ok(repository
                    .relative(Path::new(path))
                    .unwrap_or_else(|| path.to_owned()))
            };
            let reader = source
                .reader(&policy)
                .map_err(|why| format!("`{}` {why}", policy.display()))?;
            let asked: RefCell<BTreeMap<String, Option<String>>> = RefCell::default();
            let files = |path: &str| {
                let text = reader(path);
                asked
                    .borrow_mut()
                    .insert(path.to_owned(), text.as_ref().ok().cloned());
                text
            };
            // What it says does not matter here: a policy that is wrong is made of its files as well.
            read(&files, &shown(&policy), &Settings::none());
            let mut made_of = Files::new();
            for (path, text) in asked.take() {
                made_of.insert(in_repository(&path)?, text);
            }
            acc.insert(in_repository(&shown(&policy))?, (policy, made_of));
        }
    }
    Ok(acc)
}
