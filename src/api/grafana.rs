//! Grafana's dashboards in the classic form, and grafana-operator's resource for one:
//! `grafana.integreatly.org/v1beta1`.
//!
//! Grafana fills in what is left out; its published schemas do not, so it is written out here.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Number, Value};

use crate::api::object::{Map, Metadata, Resource};

/// The version of the form: what Grafana 11.0 writes, which later ones bring forward when they load it.
pub const SCHEMA_VERSION: u32 = 39;
/// How many columns the grid has.
pub const COLUMNS: u32 = 24;

/// A dashboard.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    /// What links know it by.
    pub uid: String,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub description: &'static str,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Whose clock is shown.
    pub timezone: &'static str,
    /// Whether it can be changed in the browser.
    pub editable: bool,
    /// Whether the cursor is shown in all panels: 1 for yes.
    pub graph_tooltip: u8,
    /// What is shown at first.
    pub time: TimeRange,
    /// How often it asks again.
    pub refresh: &'static str,
    /// See [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Links at its top.
    pub links: Vec<Link>,
    /// What can be chosen.
    pub templating: Templating,
    /// Events that are drawn into every graph.
    pub annotations: Annotations,
    /// What is on it.
    pub panels: Vec<Item>,
}

/// A range of time, relative to now.
#[derive(Debug, Clone, Serialize)]
pub struct TimeRange {
    /// Its begin.
    pub from: &'static str,
    /// Its end.
    pub to: &'static str,
}

/// A link.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// Its text.
    pub title: String,
    /// `link`, or `dashboards` for all dashboards with its tags.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its picture.
    pub icon: &'static str,
    /// What is shown under the cursor.
    pub tooltip: String,
    /// Where it leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The tags of the dashboards that it leads to.
    pub tags: Vec<String>,
    /// Whether several dashboards are one menu.
    pub as_dropdown: bool,
    /// Whether it opens beside this page.
    pub target_blank: bool,
    /// Whether it takes along what was chosen.
    pub include_vars: bool,
    /// Whether it takes along the range of time.
    pub keep_time: bool,
}

/// The variables.
#[derive(Debug, Clone, Serialize)]
pub struct Templating {
    /// All of them, each after those that it uses.
    pub list: Vec<Variable>,
}

/// A variable.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    /// `datasource` or `query`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What stands before its menu.
    pub label: &'static str,
    /// Whether it is hidden: 0 for no.
    pub hide: u8,
    /// What gives its values.
    pub query: String,
    /// Whom the query asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datasource: Option<DataSource>,
    /// What is chosen at first.
    pub current: Choice,
    /// Whether several values can be chosen.
    pub multi: bool,
    /// Whether all can be chosen at once.
    pub include_all: bool,
    /// What stands for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_value: Option<&'static str>,
    /// When the values are asked for: 1 once, 2 with every range of time.
    pub refresh: u8,
    /// Their order: 1 by the alphabet.
    pub sort: u8,
    /// Which of them are offered.
    pub regex: &'static str,
    /// The values that are known before the query; none.
    pub options: [Choice; 0],
}

/// A choice.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Choice {
    /// What is shown.
    pub text: OneOrMany,
    /// What is used.
    pub value: OneOrMany,
}

/// A text, or several where several can be chosen.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

/// The events.
#[derive(Debug, Clone, Serialize)]
pub struct Annotations {
    /// All of them.
    pub list: Vec<Annotation>,
}

/// An event that is drawn into every graph.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Annotation {
    /// Its name.
    pub name: &'static str,
    /// Whom it asks.
    pub datasource: DataSource,
    /// Whether it is shown at first.
    pub enable: bool,
    /// Its colour.
    pub icon_color: &'static str,
    /// What it asks.
    pub expr: String,
    /// How far its samples are apart.
    pub step: &'static str,
    /// Its title.
    pub title_format: &'static str,
    /// Its text.
    pub text_format: &'static str,
}

/// A source of data.
#[derive(Debug, Clone, Serialize)]
pub struct DataSource {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its uid, or a variable that holds it.
    pub uid: &'static str,
}

/// What can be on a dashboard.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Item {
    /// A heading.
    Row(Row),
    /// A panel.
    Panel(Box<Panel>),
}

/// A heading, which holds the panels below it while it is closed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Its number.
    pub id: u32,
    /// `row`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its text.
    pub title: &'static str,
    /// Where it is.
    pub grid_pos: Grid,
    /// Whether it is closed.
    pub collapsed: bool,
    /// The panels below it, while it is closed.
    pub panels: Vec<Panel>,
}

/// A place on the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Grid {
    /// Its height.
    pub h: u32,
    /// Its width.
    pub w: u32,
    /// Its distance from the left.
    pub x: u32,
    /// Its distance from the top.
    pub y: u32,
}

/// A panel.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Panel {
    /// Its number.
    pub id: u32,
    /// What draws it.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it tells, and when to worry.
    pub description: String,
    /// Whom it asks.
    pub datasource: DataSource,
    /// Where it is.
    pub grid_pos: Grid,
    /// The shortest step: the interval of the scrapes.
    pub interval: String,
    /// Links of its title.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// What it asks.
    pub targets: Vec<Target>,
    /// What is done with the answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transformations: Vec<Transformation>,
    /// How it is drawn.
    pub options: Options,
    /// How its values are shown.
    pub field_config: FieldConfig,
}

/// A question to Prometheus.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// The letter that the answer is known by.
    pub ref_id: String,
    /// Whom it asks.
    pub datasource: DataSource,
    /// `code`: the expression is not taken apart into a form.
    pub editor_mode: &'static str,
    /// The expression.
    pub expr: String,
    /// `time_series` or `table`.
    pub format: &'static str,
    /// Whether it asks for now only.
    pub instant: bool,
    /// Whether it asks for the range of time.
    pub range: bool,
    /// What a series is called.
    pub legend_format: String,
}

/// A step between answers and panel.
#[derive(Debug, Clone, Serialize)]
pub struct Transformation {
    /// Which one.
    pub id: &'static str,
    /// What it takes; each has a form of its own.
    pub options: Value,
}

/// How a panel is drawn.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Options {
    /// Graphs over time.
    Timeseries {
        /// The names of the series.
        legend: Legend,
        /// What is shown under the cursor.
        tooltip: Tooltip,
    },
    /// Numbers.
    Stat {
        /// Whether a graph stands behind the number.
        graph_mode: &'static str,
        /// What is coloured.
        color_mode: &'static str,
        /// Where the text stands.
        justify_mode: &'static str,
        /// Whether the name, the number or both are shown.
        text_mode: &'static str,
        /// Whether name and number may stand side by side.
        wide_layout: bool,
        /// Whether the change is shown.
        show_percent_change: bool,
        /// How a change is coloured.
        percent_change_color_mode: &'static str,
        /// How a series becomes a number.
        reduce_options: Reduce,
        /// How several numbers are laid out.
        orientation: &'static str,
    },
    /// Bars, one for each series.
    Bargauge {
        /// How a bar is filled.
        display_mode: &'static str,
        /// How the number is shown.
        value_mode: &'static str,
        /// Where the name stands.
        name_placement: &'static str,
        /// Whether the rest of a bar is shown.
        show_unfilled: bool,
        /// Who decides about the size of a bar.
        sizing: &'static str,
        /// The least width of a bar.
        min_viz_width: u32,
        /// The least height of a bar.
        min_viz_height: u32,
        /// The greatest height of a bar.
        max_viz_height: u32,
        /// The names of the bars, beside those at the bars.
        legend: Legend,
        /// How a series becomes a number.
        reduce_options: Reduce,
        /// Which way bars go.
        orientation: &'static str,
    },
    /// A table.
    Table {
        /// Which of several tables is shown at first.
        frame_index: u32,
        /// Whether there are headings.
        show_header: bool,
        /// How high a cell is.
        cell_height: &'static str,
        /// The order of lines.
        sort_by: Vec<SortBy>,
    },
}

/// The names of series.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Legend {
    /// `list` or `table`.
    pub display_mode: &'static str,
    /// Where it stands.
    pub placement: &'static str,
    /// Whether it is shown.
    pub show_legend: bool,
    /// The numbers beside each name.
    pub calcs: Vec<&'static str>,
}

/// What is shown under the cursor.
#[derive(Debug, Clone, Serialize)]
pub struct Tooltip {
    /// `single` or `multi`.
    pub mode: &'static str,
    /// The order of its lines.
    pub sort: &'static str,
}

/// How a series becomes a number.
#[derive(Debug, Clone, Serialize)]
pub struct Reduce {
    /// Whether each value is shown for itself.
    pub values: bool,
    /// What is computed.
    pub calcs: Vec<&'static str>,
    /// Of which fields; empty for all numbers.
    pub fields: &'static str,
}

/// A column that a table is sorted by.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SortBy {
    /// Its heading.
    pub display_name: &'static str,
    /// Whether the greatest is first.
    pub desc: bool,
}

/// How values are shown.
#[derive(Debug, Clone, Serialize)]
pub struct FieldConfig {
    /// All values.
    pub defaults: FieldDefaults,
    /// Some of them.
    pub overrides: Vec<Override>,
}

/// How all values are shown.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldDefaults {
    /// The unit.
    pub unit: &'static str,
    /// How many decimals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// The least value of the scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Number>,
    /// The greatest value of the scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Number>,
    /// What stands there where nothing is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_value: Option<&'static str>,
    /// How colours are chosen.
    pub color: ColorMode,
    /// Texts for values.
    pub mappings: Vec<Mapping>,
    /// Where the colour changes.
    pub thresholds: Thresholds,
    /// Where a value leads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// What only one kind of panel has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<Custom>,
}

/// How colours are chosen.
#[derive(Debug, Clone, Serialize)]
pub struct ColorMode {
    /// By thresholds, or one for each series.
    pub mode: &'static str,
}

/// Texts for values.
#[derive(Debug, Clone, Serialize)]
pub struct Mapping {
    /// `value`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// By value.
    pub options: BTreeMap<String, Mapped>,
}

/// A text for a value.
#[derive(Debug, Clone, Serialize)]
pub struct Mapped {
    /// The text.
    pub text: String,
    /// Its colour.
    pub color: &'static str,
    /// Its place among the others.
    pub index: usize,
}

/// Where the colour changes.
#[derive(Debug, Clone, Serialize)]
pub struct Thresholds {
    /// `absolute`.
    pub mode: &'static str,
    /// From the least to the greatest.
    pub steps: Vec<Step>,
}

/// A colour, from a value up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// The colour.
    pub color: &'static str,
    /// The value; `None` for everything below the next.
    pub value: Option<Number>,
}

/// What only one kind of panel has.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Custom {
    /// Of graphs.
    Timeseries {
        /// Lines, bars or points.
        draw_style: &'static str,
        /// How samples are connected.
        line_interpolation: &'static str,
        /// How thick lines are.
        line_width: u8,
        /// How much of the area below a line is filled, in percent.
        fill_opacity: u8,
        /// Whether samples are shown.
        show_points: &'static str,
        /// Whether gaps are bridged.
        span_nulls: bool,
        /// Where the scale ends while values are below.
        #[serde(skip_serializing_if = "Option::is_none")]
        axis_soft_max: Option<Number>,
        /// Whether series are put on top of each other.
        stacking: Stacking,
        /// How thresholds are drawn.
        thresholds_style: Style,
    },
    /// Of tables.
    Table {
        /// Where the text stands.
        align: &'static str,
        /// Whether a cell can be opened.
        inspect: bool,
        /// Whether a column can be searched.
        filterable: bool,
    },
}

/// Whether series are put on top of each other.
#[derive(Debug, Clone, Serialize)]
pub struct Stacking {
    /// `none` or `normal`.
    pub mode: &'static str,
    /// Which ones belong together.
    pub group: &'static str,
}

/// How thresholds are drawn.
#[derive(Debug, Clone, Serialize)]
pub struct Style {
    /// `off` or `dashed`.
    pub mode: &'static str,
}

/// How a cell is drawn.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    /// `color-background`.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// How some values are shown.
#[derive(Debug, Clone, Serialize)]
pub struct Override {
    /// Which ones.
    pub matcher: Matcher,
    /// What is other than for all.
    pub properties: Vec<Property>,
}

/// Fields by name.
#[derive(Debug, Clone, Serialize)]
pub struct Matcher {
    /// `byNames`.
    pub id: &'static str,
    /// The names.
    pub options: MatcherOptions,
}

/// The names of fields.
#[derive(Debug, Clone, Serialize)]
pub struct MatcherOptions {
    /// `include`.
    pub mode: &'static str,
    /// The names.
    pub names: Vec<&'static str>,
}

/// A property of some values.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "id", content = "value")]
pub enum Property {
    /// Where the colour changes.
    #[serde(rename = "thresholds")]
    Thresholds(Thresholds),
    /// How a cell is drawn.
    #[serde(rename = "custom.cellOptions")]
    CellOptions(Cell),
}

/// What grafana-operator gives to Grafana.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GrafanaDashboardSpec {
    /// Whether a Grafana of another namespace may have it.
    pub allow_cross_namespace_import: bool,
    /// The folder, by its title.
    pub folder: String,
    /// Which Grafanas get it.
    pub instance_selector: InstanceSelector,
    /// The dashboard as text.
    pub json: String,
}

/// Grafanas by label.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceSelector {
    /// The labels that they have.
    pub match_labels: Map,
}

/// A GrafanaDashboard.
pub fn grafana_dashboard(
    metadata: Metadata,
    spec: GrafanaDashboardSpec,
) -> Resource<GrafanaDashboardSpec> {
    Resource {
        api_version: "grafana.integreatly.org/v1beta1",
        kind: "GrafanaDashboard",
        metadata,
        spec,
    }
}
