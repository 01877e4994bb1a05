//! Kibana: dashboards over the logs of the stack, and the Job that imports them.
//!
//! The dashboards are the same for every stack; each stack has its own, over its own index, so that
//! none shows what is another's.

mod dashboards;
mod import;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::api::kibana::dashboard::{Dashboard as SavedDashboard, Place};
use crate::api::kibana::lens::{Chart, Column, Look};
use crate::api::kibana::{Query, SavedObject};
use crate::model::stack::Stack;
use crate::plan::Files;
use crate::plan::kibana::dashboards::{DASHBOARDS, Dashboard, Kind, Show, Split};

/// The field by which logs are ordered.
const TIME: &str = "@timestamp";
/// The width of Kibana's grid.
const GRID: u32 = 48;
/// The names of the columns of a chart.
const LINES: &str = "lines";
const GROUP: &str = "group";
const BY_TIME: &str = "time";

pub(super) fn plan(stack: &Stack, files: &mut Files<'_>) {
    let telemetry = &stack.telemetry;
    if let (Some(kibana), Some(logging)) = (&telemetry.kibana, &telemetry.logging) {
        let objects = saved_objects(stack);
        files.objects(
            "import.yaml",
            import::objects(stack, kibana, logging, objects),
        );
    }
}

/// What is imported: the data view, the dashboards and the searches in them.
fn saved_objects(stack: &Stack) -> Vec<Value> {
    let data_view = id(stack, "data-view");
    let mut objects = vec![SavedObject::data_view(
        data_view.clone(),
        format!("Redis logs ({})", stack.name),
        // Without a wildcard: `redis-logs-prod*` would show the logs of a stack `prod-eu` too. Kibana
        // takes the name of a data stream or an alias as it takes that of an index.
        format!("redis-logs-{}", stack.name),
        TIME,
    )];
    for dashboard in DASHBOARDS {
        dashboard_objects(stack, dashboard, &data_view, &mut objects);
    }
    objects
        .iter()
        .map(|it| serde_json::to_value(it).expect("a type with text keys has a JSON form"))
        .collect()
}

/// The dashboard, after the searches that it shows.
fn dashboard_objects(
    stack: &Stack,
    dashboard: &Dashboard,
    data_view: &str,
    acc: &mut Vec<SavedObject>,
) {
    let title = |title: &str| format!("{title} ({})", stack.name);
    let mut saved = SavedDashboard::new(
        title(dashboard.title),
        dashboard.description,
        dashboard.from,
    );
    for (field, label) in dashboard.controls {
        let id = id(stack, &format!("{}/control/{field}", dashboard.key));
        saved.control(id, field, label, data_view);
    }
    let mut y = 0;
    for row in dashboard.rows {
        let mut x = 0;
        for panel in row.panels {
            let id = |what: &str| id(stack, &format!("{}/{what}/{}", dashboard.key, panel.key));
            let w = match panel.width {
                0 => GRID - x,
                width => width,
            };
            let place = Place {
                x,
                y,
                w,
                h: row.height,
            };
            let (look, columns) = match panel.show {
                Show::Lines { columns } => {
                    let search = id("search");
                    saved.saved_search(id("panel"), panel.title, place, &search);
                    acc.push(SavedObject::search(
                        search,
                        title(&format!("{}: {}", dashboard.title, panel.title)),
                        &panel.lines.query(),
                        columns,
                        data_view,
                        TIME,
                    ));
                    x += w;
                    continue;
                }
                Show::Number => number(panel.title),
                Show::OverTime { split } => over_time(&split),
                Show::Table { groups, numbers } => table(groups, numbers),
            };
            let chart = Chart {
                look,
                query: Query::new(&panel.lines.query()),
                columns,
            };
            saved.chart(id("panel"), panel.title, place, chart, data_view);
            x += w;
        }
        y += row.height;
    }
    acc.push(SavedObject::dashboard(id(stack, dashboard.key), saved));
}

/// One number: how many lines there are.
fn number(title: &str) -> (Look, Vec<(String, Column)>) {
    let look = Look::Metric {
        number: LINES.to_owned(),
    };
    (look, vec![(LINES.to_owned(), Column::count(title, None))])
}

/// Bars: how many lines there were at each time, divided.
fn over_time(split: &Split) -> (Look, Vec<(String, Column)>) {
    let group = match split {
        Split::Values { field, label, size } => Column::values(field, label, *size, LINES),
        Split::Kinds(kinds) => Column::queries(
            kinds
                .iter()
                .map(|it| (it.label.to_owned(), Query::new(&it.lines.query()))),
        ),
    };
    let look = Look::Bars {
        x: BY_TIME.to_owned(),
        split: GROUP.to_owned(),
        number: LINES.to_owned(),
    };
    let columns = vec![
        (GROUP.to_owned(), group),
        (BY_TIME.to_owned(), Column::time(TIME)),
        all_lines(),
    ];
    (look, columns)
}

/// A table: how many lines each group has, and how many of some kinds.
fn table(groups: &[(&str, &str, u32)], numbers: &[Kind]) -> (Look, Vec<(String, Column)>) {
    let groups = groups.iter().map(|(field, label, size)| {
        let column = Column::values(field, label, *size, LINES);
        (format!("by-{field}"), column)
    });
    let numbers = numbers.iter().enumerate().map(|(index, it)| {
        let column = Column::count(it.label, Some(Query::new(&it.lines.query())));
        (format!("lines-{index}"), column)
    });
    let columns = groups.chain([all_lines()]).chain(numbers).collect();
    (Look::Table, columns)
}

fn all_lines() -> (String, Column) {
    (LINES.to_owned(), Column::count("Lines", None))
}

/// The id of something of a stack: the same in every build, and no other stack's. Its form is that
/// of a UUID of the user's own making (RFC 9562, version 8).
fn id(stack: &Stack, what: &str) -> String {
    let digest = Sha256::digest(format!("obsgen/kibana/{}/{what}", stack.name));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = base16ct::lower::encode_string(&bytes);
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}
