//! A comparison for programs: one JSON object with everything that the text shows.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::diff::sides::Compared;
use crate::diag::json::{pretty, schema_of};
use crate::diff;
use crate::diff::consequence::{self, Part};
use crate::effect::Class;

/// The form of the document; it changes when a reader would have to.
const SCHEMA_VERSION: u32 = 1;

/// What `obsgen diff --format json` found.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "obsgen diff")]
struct Document<'a> {
    /// The form of this document; it changes when a reader would have to.
    #[schemars(extend("const" = SCHEMA_VERSION))]
    schema_version: u32,
    /// What was compared, also where nothing differs.
    stacks: Vec<Stack<'a>>,
}

/// A stack, a tree or a stream.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Stack<'a> {
    /// The name of the stack, or where the objects are.
    name: &'a str,
    /// Its name before, where it was another one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "String")]
    renamed: Option<&'a str>,
    /// Where it was; missing where it is new.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "String")]
    before: Option<&'a str>,
    /// Where it is; missing where it is gone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "String")]
    after: Option<&'a str>,
    /// How bad the worst of it is; `none` also where nothing differs.
    class: Class,
    /// What follows, the worst first.
    consequences: Vec<Consequence<'a>>,
    /// What it costs, before and after.
    estimates: Vec<Estimate<'a>>,
    /// The objects that differ; none with `--summary`.
    objects: Vec<Object<'a>>,
    /// The pages for people that differ; none with `--summary`.
    pages: Vec<Page<'a>>,
}

/// What follows for one thing.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Consequence<'a> {
    /// Where it is told.
    part: Part,
    /// How bad the worst of it is.
    class: Class,
    /// What it is about: an instance as `namespace/name`, an alert, an object. Several where it is the same for all.
    subjects: &'a [String],
    /// The instances that it concerns, as `namespace/name`; none where it concerns what they share.
    instances: &'a [String],
    /// What happens, the worst first.
    effects: Vec<Effect<'a>>,
}

/// What happens.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Effect<'a> {
    /// How bad it is.
    class: Class,
    /// What will happen: a clause about the subjects.
    what: &'a str,
    /// For how long something is exposed, and to what; missing where nothing is.
    #[serde(skip_serializing_if = "str::is_empty", default)]
    exposed: &'a str,
    /// What to do instead, where there is a gentler way.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "String")]
    instead: Option<&'a str>,
    /// Where it is written that it is so.
    source: &'a str,
    /// The fields that bring it about.
    by: Vec<Cause<'a>>,
}

/// A field that brings something about.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Cause<'a> {
    /// Its path, as people write it.
    field: &'a str,
    /// Its value before, in one line; missing where it is new.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "String")]
    before: Option<&'a str>,
    /// Its value after, in one line; missing where it is gone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "String")]
    after: Option<&'a str>,
}

/// An amount that something costs, estimated.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Estimate<'a> {
    /// The part that costs it.
    part: Part,
    /// What it is an amount of.
    what: &'a str,
    /// The amount before.
    before: u64,
    /// The amount after.
    after: u64,
    /// How both were computed, a line for each step.
    arithmetic: &'a [String],
}

/// How something differs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is there on both sides.
    Changed,
}

/// An object that differs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Object<'a> {
    /// The API group; empty for the core of Kubernetes.
    api_group: &'a str,
    /// The kind.
    kind: &'a str,
    /// The namespace; empty where it has none.
    namespace: &'a str,
    /// The name.
    name: &'a str,
    /// The name before, where the object was made again under another one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "String")]
    renamed: Option<&'a str>,
    /// How it differs.
    change: Change,
    /// The fields in which it differs; none where it is new or gone.
    fields: Vec<Field<'a>>,
}

/// A field that differs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Field<'a> {
    /// Its path, as people write it.
    field: String,
    /// Its value before; missing where it is new. What may be a credential is `<hidden>`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Value")]
    before: Option<&'a Value>,
    /// Its value after, likewise; missing where it is gone. What was hidden before and is another now is
    /// `<hidden, changed>`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Value")]
    after: Option<&'a Value>,
}

/// A page for people that differs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Page<'a> {
    /// Its path in the tree.
    path: &'a str,
    /// How it differs.
    change: Change,
}

/// What differs, as a document.
pub(super) fn shown(compared: &[Compared], is_summary: bool) -> String {
    pretty(&serde_json::json!(Document {
        schema_version: SCHEMA_VERSION,
        stacks: compared.iter().map(|it| stack(it, is_summary)).collect(),
    }))
}

/// The JSON Schema of the document.
pub(in crate::cli) fn schema() -> Value {
    schema_of::<Document<'_>>()
}

fn stack(compared: &Compared, is_summary: bool) -> Stack<'_> {
    let difference = &compared.difference;
    Stack {
        name: &compared.name,
        renamed: compared.renamed.as_deref(),
        before: compared.before.as_deref(),
        after: compared.after.as_deref(),
        class: difference.class(),
        consequences: difference.consequences.iter().map(consequence).collect(),
        estimates: difference.estimates.iter().map(estimate).collect(),
        objects: match is_summary {
            true => Vec::new(),
            false => difference.objects.iter().map(object).collect(),
        },
        pages: match is_summary {
            true => Vec::new(),
            false => difference.pages.iter().map(page).collect(),
        },
    }
}

fn consequence(it: &consequence::Consequence) -> Consequence<'_> {
    Consequence {
        part: it.part,
        class: it.class(),
        subjects: &it.subjects,
        instances: &it.instances,
        effects: it.effects.iter().map(effect).collect(),
    }
}

fn effect(caused: &consequence::Caused) -> Effect<'_> {
    let causes = caused.by.iter().map(|it| Cause {
        field: &it.field,
        before: it.before.as_deref(),
        after: it.after.as_deref(),
    });
    let effect = &caused.effect;
    Effect {
        class: effect.class,
        what: &effect.what,
        exposed: &effect.exposed,
        instead: effect.instead.as_deref(),
        source: &effect.source,
        by: causes.collect(),
    }
}

fn estimate(it: &diff::Estimate) -> Estimate<'_> {
    Estimate {
        part: it.part,
        what: it.what,
        before: it.before,
        after: it.after,
        arithmetic: &it.arithmetic,
    }
}

fn object(pair: &diff::pairs::Pair) -> Object<'_> {
    let fields = pair.fields.iter().map(|it| Field {
        field: it.name(),
        before: it.before.as_ref(),
        after: it.after.as_ref(),
    });
    Object {
        api_group: &pair.id.group,
        kind: &pair.id.kind,
        namespace: &pair.id.namespace,
        name: &pair.id.name,
        renamed: pair.renamed.as_deref(),
        change: change(&pair.before, &pair.after),
        fields: fields.collect(),
    }
}

fn page(page: &diff::Page) -> Page<'_> {
    Page {
        path: &page.path,
        change: change(&page.before, &page.after),
    }
}

fn change<T>(before: &Option<T>, after: &Option<T>) -> Change {
    match (before, after) {
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
        _ => Change::Changed,
    }
}
