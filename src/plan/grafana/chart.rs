//! One panel: what it asks and tells, before it has a place.

use serde_json::{Number, Value, json};

use crate::api::grafana::{
    Cell, ColorMode, Custom, DataSource, FieldConfig, FieldDefaults, Grid, Legend, Link, Mapped,
    Mapping, Matcher, MatcherOptions, Options, Override, Panel, Property, Reduce, SortBy, Stacking,
    Step, Style, Target, Thresholds, Tooltip, Transformation,
};
use crate::plan::grafana::limits::{self, Limit, none, number};

/// The data source that is chosen at the top. Without braces: Flux would replace them.
pub(super) const DATASOURCE: DataSource = DataSource {
    kind: "prometheus",
    uid: "$datasource",
};
/// How many lines a graph has at most.
const LINES: u8 = 50;
/// The legend of a series of one server.
pub(super) const SERVER: &str = "{{instance_name}}/{{pod}}";
/// The legend of a series of one instance.
pub(super) const INSTANCE: &str = "{{instance_name}}";

/// A panel without a place.
pub(super) struct Chart {
    kind: Kind,
    title: &'static str,
    description: String,
    unit: &'static str,
    decimals: Option<u8>,
    lowest: bool,
    below_nothing: bool,
    soft_max: Option<Number>,
    no_value: Option<&'static str>,
    questions: Vec<(String, String)>,
    steps: Option<Vec<Step>>,
    states: Vec<(&'static str, &'static str, &'static str)>,
    links: Vec<Link>,
    value_links: Vec<Link>,
}

enum Kind {
    Timeseries,
    Stat { text: &'static str },
    Bars,
    Table(Table),
}

/// A table: its columns, and what is coloured in it.
pub(super) struct Table {
    /// The columns in their order, each with the heading that replaces its name.
    pub(super) columns: Vec<(&'static str, &'static str)>,
    /// What is left out.
    pub(super) hidden: &'static [&'static str],
    /// The columns that are coloured, each with its limit; without one, by the texts of values.
    pub(super) coloured: Vec<(&'static str, Option<Limit>)>,
    /// What it is sorted by, and whether the greatest is first.
    pub(super) sort: (&'static str, bool),
}

impl Chart {
    /// Graphs over time.
    pub(super) fn timeseries(title: &'static str, tells: &str) -> Self {
        Self::new(Kind::Timeseries, title, tells)
    }

    /// Numbers.
    pub(super) fn stat(title: &'static str, tells: &str) -> Self {
        Self::new(Kind::Stat { text: "auto" }, title, tells)
    }

    /// Names: which series there are, not their values.
    pub(super) fn names(title: &'static str, tells: &str) -> Self {
        Self::new(Kind::Stat { text: "name" }, title, tells)
    }

    /// Bars, one for each series.
    pub(super) fn bars(title: &'static str, tells: &str) -> Self {
        Self::new(Kind::Bars, title, tells)
    }

    /// A table.
    pub(super) fn table(title: &'static str, tells: &str, table: Table) -> Self {
        Self::new(Kind::Table(table), title, tells)
    }

    fn new(kind: Kind, title: &'static str, tells: &str) -> Self {
        Self {
            kind,
            title,
            description: tells.to_owned(),
            unit: "short",
            decimals: None,
            lowest: false,
            below_nothing: false,
            soft_max: None,
            no_value: None,
            questions: Vec::new(),
            steps: None,
            states: Vec::new(),
            links: Vec::new(),
            value_links: Vec::new(),
        }
    }

    /// Asks something, with a legend.
    pub(super) fn ask(mut self, expression: impl Into<String>, legend: &str) -> Self {
        self.questions.push((expression.into(), legend.to_owned()));
        self
    }

    /// Says the unit.
    pub(super) fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        if unit == "percentunit" {
            self.soft_max = Some(number("1"));
            self.decimals = Some(1);
        }
        self
    }

    /// Shows so many decimals.
    pub(super) fn decimals(mut self, decimals: u8) -> Self {
        self.decimals = Some(decimals);
        self
    }

    /// Changes colour where an alert fires, and says so.
    pub(super) fn limit(mut self, limit: Limit) -> Self {
        self.description.push(' ');
        self.description.push_str(&limit.sentence);
        self.lowest = limit.steps.len() > 1 && limit.steps[0].color != "green";
        self.steps = Some(limit.steps);
        self
    }

    /// Has a scale that does not end at 0.
    pub(super) fn reaching_below_nothing(mut self) -> Self {
        self.below_nothing = true;
        self
    }

    /// Is worst where it is lowest.
    pub(super) fn lowest(mut self) -> Self {
        self.lowest = true;
        self
    }

    /// Is fine at 0 and bad from 1 on: what counts things that should not be.
    pub(super) fn none_is_fine(self) -> Self {
        self.none_or("red")
    }

    /// Is fine at 0, and has a colour from 1 on.
    pub(super) fn none_or(mut self, color: &'static str) -> Self {
        self.steps = Some(limits::from_one(color).steps);
        self
    }

    /// Shows texts for values, each with its colour.
    pub(super) fn states(mut self, states: &[(&'static str, &'static str, &'static str)]) -> Self {
        self.states = states.to_vec();
        self
    }

    /// Shows a text where nothing is answered.
    pub(super) fn otherwise(mut self, text: &'static str) -> Self {
        self.no_value = Some(text);
        self
    }

    /// Adds links to its title.
    pub(super) fn links(mut self, links: Vec<Link>) -> Self {
        self.links = links;
        self
    }

    /// Makes every value of it lead somewhere.
    pub(super) fn value_link(mut self, title: &str, url: String) -> Self {
        self.value_links.push(link(title, url, ""));
        self
    }

    /// Gives it a number, a place, and the interval of the scrapes.
    pub(super) fn at(self, id: u32, grid_pos: Grid, interval: &str) -> Panel {
        let instant = !matches!(self.kind, Kind::Timeseries);
        let format = match self.kind {
            Kind::Table(_) => "table",
            Kind::Timeseries | Kind::Stat { .. } | Kind::Bars => "time_series",
        };
        let worst = if self.lowest { "bottomk" } else { "topk" };
        let targets = self
            .questions
            .into_iter()
            .enumerate()
            .map(|(index, (expr, legend_format))| Target {
                ref_id: letter(index),
                datasource: DATASOURCE,
                editor_mode: "code",
                expr: match instant {
                    true => expr,
                    false => capped(expr, &legend_format, worst),
                },
                format,
                instant,
                range: !instant,
                legend_format,
            })
            .collect();
        let has_limit = self.steps.is_some();
        let steps = self.steps.unwrap_or_else(none);
        let (color, custom) = match &self.kind {
            Kind::Timeseries => {
                let custom = graphs(has_limit, self.soft_max.clone());
                ("palette-classic", Some(custom))
            }
            Kind::Stat { .. } | Kind::Bars => ("thresholds", None),
            Kind::Table(_) => ("thresholds", Some(cells())),
        };
        let is_bars = matches!(self.kind, Kind::Bars);
        let overrides = match &self.kind {
            Kind::Table(table) => table.overrides(),
            Kind::Timeseries | Kind::Stat { .. } | Kind::Bars => Vec::new(),
        };
        let is_coloured = has_limit || !self.states.is_empty();
        let (kind, options, transformations) = self.kind.drawn(is_coloured);
        Panel {
            id,
            kind,
            title: self.title,
            description: self.description,
            datasource: DATASOURCE,
            grid_pos,
            interval: interval.to_owned(),
            links: self.links,
            targets,
            transformations,
            options,
            field_config: FieldConfig {
                defaults: FieldDefaults {
                    unit: self.unit,
                    decimals: self.decimals,
                    min: (matches!(kind, "timeseries" | "bargauge") && !self.below_nothing)
                        .then(|| number("0")),
                    max: self.soft_max.filter(|_| is_bars),
                    no_value: self.no_value,
                    color: ColorMode { mode: color },
                    mappings: mappings(&self.states),
                    thresholds: thresholds(steps),
                    links: self.value_links,
                    custom,
                },
                overrides,
            },
        }
    }
}

impl Kind {
    /// The type of the panel, how it is drawn, and the steps before.
    fn drawn(self, is_coloured: bool) -> (&'static str, Options, Vec<Transformation>) {
        match self {
            Self::Timeseries => {
                let options = Options::Timeseries {
                    legend: Legend {
                        display_mode: "table",
                        placement: "bottom",
                        show_legend: true,
                        calcs: vec!["lastNotNull", "max"],
                    },
                    tooltip: Tooltip {
                        mode: "multi",
                        sort: "desc",
                    },
                };
                ("timeseries", options, Vec::new())
            }
            Self::Stat { text } => {
                let options = Options::Stat {
                    graph_mode: "none",
                    color_mode: if is_coloured { "background" } else { "none" },
                    justify_mode: "auto",
                    text_mode: text,
                    wide_layout: true,
                    show_percent_change: false,
                    percent_change_color_mode: "standard",
                    reduce_options: last(),
                    orientation: "auto",
                };
                ("stat", options, Vec::new())
            }
            Self::Bars => {
                let options = Options::Bargauge {
                    display_mode: "basic",
                    value_mode: "text",
                    name_placement: "left",
                    show_unfilled: true,
                    sizing: "auto",
                    min_viz_width: 8,
                    min_viz_height: 16,
                    max_viz_height: 300,
                    legend: Legend {
                        display_mode: "list",
                        placement: "bottom",
                        show_legend: false,
                        calcs: Vec::new(),
                    },
                    reduce_options: last(),
                    orientation: "horizontal",
                };
                ("bargauge", options, Vec::new())
            }
            Self::Table(table) => {
                let (display_name, desc) = table.sort;
                let options = Options::Table {
                    frame_index: 0,
                    show_header: true,
                    cell_height: "sm",
                    sort_by: vec![SortBy { display_name, desc }],
                };
                ("table", options, table.transformations())
            }
        }
    }
}

impl Table {
    /// Joins the answers into lines, then names and orders the columns.
    fn transformations(&self) -> Vec<Transformation> {
        let hidden = ["Time"].iter().chain(self.hidden);
        let excluded: serde_json::Map<String, Value> = hidden
            .map(|it| ((*it).to_owned(), Value::Bool(true)))
            .collect();
        let order: serde_json::Map<String, Value> = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, (name, _))| ((*name).to_owned(), index.into()))
            .collect();
        let headings: serde_json::Map<String, Value> = self
            .columns
            .iter()
            .filter(|(name, heading)| name != heading)
            .map(|(name, heading)| ((*name).to_owned(), (*heading).into()))
            .collect();
        vec![
            Transformation {
                id: "merge",
                options: json!({}),
            },
            Transformation {
                id: "organize",
                options: json!({
                    "excludeByName": excluded,
                    "indexByName": order,
                    "renameByName": headings,
                }),
            },
        ]
    }

    fn overrides(&self) -> Vec<Override> {
        self.coloured
            .iter()
            .map(|(name, limit)| {
                let colour = Property::CellOptions(Cell {
                    kind: "color-background",
                });
                let limit = limit
                    .as_ref()
                    .map(|it| Property::Thresholds(thresholds(it.steps.clone())));
                Override {
                    matcher: Matcher {
                        id: "byNames",
                        options: MatcherOptions {
                            mode: "include",
                            names: vec![name],
                        },
                    },
                    properties: [colour].into_iter().chain(limit).collect(),
                }
            })
            .collect()
    }
}

/// Bounds a question whose series are servers or instances: nobody reads more lines than these, and
/// with five hundred instances chosen a browser does not draw them either.
fn capped(expression: String, legend: &str, worst: &str) -> String {
    let is_bounded = ["topk(", "bottomk("]
        .iter()
        .any(|it| expression.starts_with(it));
    if is_bounded || !legend.contains("{{instance_name}}") {
        return expression;
    }
    format!("{worst}({LINES}, {expression})")
}

/// A link to one address.
pub(super) fn link(title: &str, url: String, tooltip: &str) -> Link {
    Link {
        title: title.to_owned(),
        kind: "link",
        icon: "external link",
        tooltip: tooltip.to_owned(),
        url: Some(url),
        tags: Vec::new(),
        as_dropdown: false,
        target_blank: true,
        include_vars: false,
        keep_time: false,
    }
}

fn graphs(has_limit: bool, axis_soft_max: Option<Number>) -> Custom {
    Custom::Timeseries {
        draw_style: "line",
        line_interpolation: "linear",
        line_width: 1,
        fill_opacity: 0,
        show_points: "never",
        span_nulls: false,
        axis_soft_max,
        stacking: Stacking {
            mode: "none",
            group: "A",
        },
        thresholds_style: Style {
            mode: if has_limit { "dashed" } else { "off" },
        },
    }
}

fn cells() -> Custom {
    Custom::Table {
        align: "auto",
        inspect: false,
        filterable: true,
    }
}

fn last() -> Reduce {
    Reduce {
        values: false,
        calcs: vec!["lastNotNull"],
        fields: "",
    }
}

fn thresholds(steps: Vec<Step>) -> Thresholds {
    Thresholds {
        mode: "absolute",
        steps,
    }
}

fn mappings(states: &[(&'static str, &'static str, &'static str)]) -> Vec<Mapping> {
    if states.is_empty() {
        return Vec::new();
    }
    let options = states
        .iter()
        .enumerate()
        .map(|(index, (value, text, color))| {
            let mapped = Mapped {
                text: (*text).to_owned(),
                color,
                index,
            };
            ((*value).to_owned(), mapped)
        })
        .collect();
    vec![Mapping {
        kind: "value",
        options,
    }]
}

/// The letters by which Grafana knows the questions of a panel; none has more than the alphabet.
fn letter(index: usize) -> String {
    let letter = u8::try_from(index).map_or(b'Z', |it| b'A' + it.min(25));
    char::from(letter).to_string()
}
