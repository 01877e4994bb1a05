//! Grafana's dashboards: a small open set, a file each, in the form in which this Grafana gets them.
//!
//! A dashboard has variables, not copies: the number of instances changes nothing in it.

mod board;
mod chart;
mod cluster;
mod instance;
mod limits;
mod overview;
mod performance;
mod query;
mod sentinel;

use std::borrow::Cow;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use sha2::{Digest, Sha256};

use crate::alerts::query::ON;
use crate::api::conventions::object_label;
use crate::api::grafana::{
    Annotation, Annotations, Choice as Chosen, Dashboard as Model, GrafanaDashboardSpec,
    InstanceSelector, Link, OneOrMany, SCHEMA_VERSION, Templating, TimeRange, Variable,
    grafana_dashboard,
};
use crate::api::object::{Map, Metadata, Object};
use crate::model::stack::{Grafana, Stack, bounded};
use crate::plan::grafana::board::Board;
use crate::plan::grafana::chart::{Chart, DATASOURCE, Table, link};
use crate::plan::grafana::query::{Choice, Query};
use crate::plan::{Document, Embedded, Files, Planned};
use crate::read::spec::GrafanaDelivery;
use crate::topologies::Kind;
use crate::value::duration::Duration;

/// One dashboard.
struct Dashboard {
    /// Its name in names of files and objects.
    name: &'static str,
    /// Its title, after the name of the stack.
    title: &'static str,
    /// What it is for.
    description: &'static str,
    /// The fact that every instance on it has: what the variables offer.
    instances: &'static str,
    /// Its variables.
    choices: &'static [Choice],
    /// Whether it shows one instance at first, or all.
    shows_one: bool,
    /// How far it looks back at first.
    from: &'static str,
    /// The topology without which it is empty; `None` for every stack.
    only: Option<Kind>,
    /// What is on it.
    fill: fn(&Page<'_>, &mut Board),
}

/// Every dashboard, in the order in which one looks.
static DASHBOARDS: &[&Dashboard] = &[
    &overview::DASHBOARD,
    &instance::DASHBOARD,
    &sentinel::DASHBOARD,
    &cluster::DASHBOARD,
    &performance::DASHBOARD,
];

/// What a dashboard is made from.
struct Page<'a> {
    stack: &'a Stack,
    grafana: &'a Grafana,
    query: Query<'a>,
}

pub(super) fn plan(stack: &Stack, files: &mut Files<'_>) {
    let Some(grafana) = &stack.telemetry.grafana else {
        return;
    };
    for dashboard in DASHBOARDS {
        let has = |kind: Kind| stack.instances.iter().any(|it| it.topology.kind() == kind);
        if dashboard.only.is_some_and(|it| !has(it)) {
            continue;
        }
        let model = model(stack, grafana, dashboard);
        let path = format!("{}.yaml", dashboard.name);
        files.objects(&path, [delivered(stack, grafana, dashboard, &model)]);
    }
}

fn model(stack: &Stack, grafana: &Grafana, dashboard: &Dashboard) -> Model {
    let page = Page {
        stack,
        grafana,
        query: Query::new(stack, dashboard.choices),
    };
    // A rate needs four scrapes, and the data source only knows how often Prometheus scrapes by default.
    let interval = stack.instances.iter().map(|it| it.interval).max();
    let interval = format!("{}s", interval.unwrap_or(Duration::seconds(30)).as_secs());
    let mut board = Board::new(interval);
    (dashboard.fill)(&page, &mut board);
    Model {
        uid: uid(stack, dashboard.name),
        title: format!("{}: {}", stack.name, dashboard.title),
        description: dashboard.description,
        tags: tags(stack),
        timezone: "browser",
        editable: true,
        graph_tooltip: 1,
        time: TimeRange {
            from: dashboard.from,
            to: "now",
        },
        refresh: "30s",
        schema_version: SCHEMA_VERSION,
        links: links(stack),
        templating: Templating {
            list: variables(stack, grafana, dashboard),
        },
        annotations: Annotations {
            list: vec![Annotation {
                name: "Critical alerts",
                datasource: DATASOURCE,
                enable: true,
                icon_color: "red",
                expr: page.query.firing_critical(),
                step: "60s",
                title_format: "{{alertname}}",
                text_format: "{{namespace}}/{{instance_name}} {{pod}}",
            }],
        },
        panels: board.items(),
    }
}

/// The object that brings a dashboard to Grafana.
fn delivered(stack: &Stack, grafana: &Grafana, dashboard: &Dashboard, model: &Model) -> Planned {
    let json = serde_json::to_value(model).expect("a dashboard has a JSON form");
    let mut labels: Map = stack.labels.clone();
    labels.insert(object_label::PART_OF.to_owned(), stack.name.clone());
    labels.insert(object_label::MANAGED_BY.to_owned(), "obsgen".to_owned());
    let mut annotations = Map::new();
    let name = bounded(&format!("{}-redis-{}", stack.name, dashboard.name));
    let (object, field, key) = match grafana.delivery {
        GrafanaDelivery::Sidecar => {
            labels.insert("grafana_dashboard".to_owned(), "1".to_owned());
            annotations.insert("grafana_folder".to_owned(), grafana.folder.clone());
            let config_map = ConfigMap {
                metadata: ObjectMeta {
                    name: Some(name),
                    namespace: Some(grafana.namespace.clone()),
                    labels: Some(labels),
                    annotations: Some(annotations),
                    ..ObjectMeta::default()
                },
                data: Some(Map::new()),
                ..ConfigMap::default()
            };
            // The sidecar makes it the name of a file, in a folder that stacks share.
            let file = format!("{}-{}.json", stack.name, dashboard.name);
            (Object::new(config_map), "data", Cow::Owned(file))
        }
        GrafanaDelivery::GrafanaOperator => {
            let metadata = Metadata {
                name,
                namespace: grafana.namespace.clone(),
                labels,
                annotations,
            };
            let spec = GrafanaDashboardSpec {
                allow_cross_namespace_import: true,
                folder: grafana.folder.clone(),
                instance_selector: InstanceSelector {
                    match_labels: grafana.instance_selector.clone(),
                },
                json: String::new(),
            };
            (
                Object::new(grafana_dashboard(metadata, spec)),
                "spec",
                Cow::Borrowed("json"),
            )
        }
    };
    Planned {
        object,
        documents: vec![Embedded {
            field,
            key,
            document: Document::Json(json),
        }],
    }
}

/// What links know a dashboard by: the same for ever, and not that of another cluster's.
fn uid(stack: &Stack, name: &str) -> String {
    let key = format!("obsgen/{}/{}/{name}", stack.cluster, stack.name);
    let mut uid = base16ct::lower::encode_string(&Sha256::digest(key.as_bytes()));
    uid.truncate(40);
    uid
}

/// The words that all dashboards of a stack have, and no other dashboard has together.
fn tags(stack: &Stack) -> Vec<String> {
    ["redis", "obsgen", &stack.name].map(str::to_owned).to_vec()
}

fn links(stack: &Stack) -> Vec<Link> {
    let others = Link {
        kind: "dashboards",
        icon: "apps",
        tags: tags(stack),
        url: None,
        as_dropdown: true,
        target_blank: false,
        include_vars: true,
        keep_time: true,
        ..link(
            "Redis dashboards",
            String::new(),
            "The other dashboards of this stack",
        )
    };
    let runbooks = Link {
        icon: "doc",
        ..link(
            "Runbooks",
            stack.runbooks.as_str().to_owned(),
            "What to do about each alert",
        )
    };
    vec![others, runbooks]
}

fn variables(stack: &Stack, grafana: &Grafana, dashboard: &Dashboard) -> Vec<Variable> {
    let one = |text: &str| OneOrMany::One(text.to_owned());
    let many = |text: &str| OneOrMany::Many(vec![text.to_owned()]);
    let mut variables = vec![Variable {
        kind: "datasource",
        name: "datasource",
        label: "Data source",
        query: "prometheus".to_owned(),
        current: Chosen {
            text: one(&grafana.datasource),
            value: one(&grafana.datasource),
        },
        refresh: 1,
        ..Variable::default()
    }];
    let first = stack.instances.first().filter(|_| dashboard.shows_one);
    for (index, choice) in dashboard.choices.iter().enumerate() {
        // Each offers what is left by those before it.
        let query = Query::new(stack, &dashboard.choices[..index]);
        let series = match choice {
            Choice::Pod => query.redis("redis_up"),
            Choice::Namespace | Choice::Team | Choice::Tier | Choice::Instance => {
                query.fact(dashboard.instances)
            }
        };
        let (text, value) = match (choice, first) {
            (Choice::Instance, Some(first)) => (many(&first.name), many(&first.name)),
            _ => (many("All"), many("$__all")),
        };
        variables.push(Variable {
            kind: "query",
            name: choice.label(),
            label: choice.title(),
            query: format!("label_values({series}, {})", choice.label()),
            datasource: Some(DATASOURCE),
            current: Chosen { text, value },
            multi: true,
            include_all: true,
            all_value: Some(".+"),
            refresh: 2,
            sort: 1,
            ..Variable::default()
        });
    }
    variables
}

impl Page<'_> {
    /// The alerts that wait or fire, with a link to the runbook of each.
    fn alerts_table(&self) -> Chart {
        let columns = [
            ("severity", "severity"),
            ("alertstate", "state"),
            ("alertname", "alertname"),
            ("namespace", "namespace"),
            ("instance_name", "instance_name"),
            ("pod", "pod"),
            ("team", "team"),
            ("Value", "since"),
        ];
        let table = Table {
            columns: columns.to_vec(),
            hidden: &[],
            coloured: vec![("severity", None), ("state", None)],
            sort: ("severity", false),
        };
        let own = &self.stack.custom;
        let mut tells = "What fires, and what will fire if it goes on (pending). A click on a line opens the runbook of its alert.".to_owned();
        if !own.is_empty() {
            tells.push_str(" Those of the stack's own alerts are behind the links of this panel.");
        }
        let runbook = self.stack.runbooks.join("${__data.fields.alertname}.md");
        Chart::table("Alerts", &tells, table)
            .ask(self.query.alerts(), "")
            .unit("dateTimeFromNow")
            .otherwise("No alert fires or waits")
            .states(&[
                ("critical", "critical", "red"),
                ("warning", "warning", "orange"),
                ("info", "info", "blue"),
                ("firing", "firing", "red"),
                ("pending", "pending", "yellow"),
            ])
            .value_link("Runbook", runbook)
            .links(
                own.iter()
                    .map(|it| link(&it.name, it.runbook.clone(), "The runbook of this alert"))
                    .collect(),
            )
    }

    /// The address of the dashboard of the instance that a line of a table is about.
    fn instance_link(&self) -> String {
        let uid = uid(self.stack, instance::DASHBOARD.name);
        self.grafana.url.join(&format!(
            "d/{uid}?var-namespace=${{__data.fields.namespace}}&var-instance_name=${{__data.fields.instance_name}}&var-pod=$__all"
        ))
    }

    /// Returns whether an instance of the stack has more than one server.
    fn has_replicas(&self) -> bool {
        self.stack
            .instances
            .iter()
            .any(|it| it.topology.redis_pods() > 1)
    }
}

/// How many of what the policy says are not seen, by instance; all, where nothing is.
fn missing(said: &str, seen: &str) -> String {
    let said = by_instance("max", said);
    format!("{said}\n- ({} or 0 * {said})", by_instance("max", seen))
}

/// The worst of each instance, by an aggregation.
fn by_instance(operation: &str, expression: &str) -> String {
    format!("{operation} by ({ON}) (\n  {}\n)", indented(expression))
}

fn indented(expression: &str) -> String {
    expression.replace('\n', "\n  ")
}

/// The greatest ten.
fn top(expression: &str) -> String {
    format!("topk(10, {expression})")
}
