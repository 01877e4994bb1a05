//! Saved objects of Kibana, one JSON document a line, as its import reads them.
//!
//! The form is the oldest that these panels have: that of 8.8, the first with
//! `typeMigrationVersion`. Kibana takes in what is as old as itself or older, and migrates it. The
//! versions are those under which Kibana ships its own sample data, from 8.8 to 9 (elastic/kibana,
//! `home/server/services/sample_data/data_sets/logs/saved_objects.ts`).

use std::collections::BTreeMap;

use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use crate::value::version::Version;

/// The oldest Kibana that reads these objects.
pub const OLDEST: Version = Version::new(8, 8);
/// How Kibana names the type of a data view.
const DATA_VIEW: &str = "index-pattern";
/// The version of the fields that every object has.
const CORE_VERSION: &str = "8.8.0";
/// The version of Kibana that a panel was made with.
const PANEL_VERSION: &str = "8.8.0";
/// The name of the one layer that each chart has.
const LAYER: &str = "logs";
/// The field by which Lens counts documents.
const RECORDS: &str = "___records___";
/// The reference of a saved search to its data view.
const SEARCH_SOURCE: &str = "kibanaSavedObjectMeta.searchSourceJSON.index";

/// An object with what it refers to.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedObject {
    attributes: Attributes,
    core_migration_version: &'static str,
    /// Its id.
    pub id: String,
    managed: bool,
    references: Vec<Reference>,
    #[serde(rename = "type")]
    kind: &'static str,
    type_migration_version: &'static str,
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum Attributes {
    DataView(DataView),
    Search(Search),
    Dashboard(Box<Dashboard>),
}

/// What an object refers to, by a name that is its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reference {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// JSON inside JSON.
#[derive(Debug, Clone)]
struct Text<T>(T);

impl<T: Serialize> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = serde_json::to_string(&self.0).map_err(S::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

/// `{}`
#[derive(Debug, Clone, Default, Serialize)]
struct Empty {}

/// A query in KQL.
#[derive(Debug, Clone, Serialize)]
pub struct Query {
    query: String,
    language: &'static str,
}

impl Query {
    /// Takes the text of a query; an empty one finds everything.
    pub fn new(query: &str) -> Self {
        Self {
            query: query.to_owned(),
            language: "kuery",
        }
    }
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct SearchSource {
    query: Query,
    filter: [Empty; 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    index_ref_name: Option<&'static str>,
}

#[derive(Debug, Clone, Serialize)]
struct Meta {
    #[serde(rename = "searchSourceJSON")]
    search_source: Text<SearchSource>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct DataView {
    allow_no_index: bool,
    field_attrs: Text<Empty>,
    field_format_map: Text<Empty>,
    fields: Text<[Empty; 0]>,
    name: String,
    runtime_field_map: Text<Empty>,
    source_filters: Text<[Empty; 0]>,
    time_field_name: String,
    title: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Search {
    columns: Vec<String>,
    description: String,
    kibana_saved_object_meta: Meta,
    sort: [[String; 2]; 1],
    title: String,
    version: u8,
}

impl SavedObject {
    /// A data view of an index, alias or data stream, which need not exist yet.
    pub fn data_view(id: String, name: String, index: String, time_field: &str) -> Self {
        let attributes = Attributes::DataView(DataView {
            allow_no_index: true,
            field_attrs: Text(Empty {}),
            field_format_map: Text(Empty {}),
            fields: Text([]),
            name,
            runtime_field_map: Text(Empty {}),
            source_filters: Text([]),
            time_field_name: time_field.to_owned(),
            title: index,
        });
        Self::new(DATA_VIEW, "7.11.0", id, attributes, Vec::new())
    }

    /// Documents that a query finds, newest first, by some of their fields.
    pub fn search(
        id: String,
        title: String,
        query: &str,
        columns: &[&str],
        data_view: &str,
        time_field: &str,
    ) -> Self {
        let attributes = Attributes::Search(Search {
            columns: columns.iter().map(|it| (*it).to_owned()).collect(),
            description: String::new(),
            kibana_saved_object_meta: Meta {
                search_source: Text(SearchSource {
                    query: Query::new(query),
                    filter: [],
                    index_ref_name: Some(SEARCH_SOURCE),
                }),
            },
            sort: [[time_field.to_owned(), "desc".to_owned()]],
            title,
            version: 1,
        });
        let reference = Reference {
            id: data_view.to_owned(),
            name: SEARCH_SOURCE.to_owned(),
            kind: DATA_VIEW,
        };
        Self::new("search", "7.9.3", id, attributes, vec![reference])
    }

    /// A dashboard.
    pub fn dashboard(id: String, dashboard: Dashboard) -> Self {
        let mut references = dashboard.references.clone();
        references.sort();
        Self::new(
            "dashboard",
            "8.7.0",
            id,
            Attributes::Dashboard(Box::new(dashboard)),
            references,
        )
    }

    fn new(
        kind: &'static str,
        version: &'static str,
        id: String,
        attributes: Attributes,
        references: Vec<Reference>,
    ) -> Self {
        Self {
            attributes,
            core_migration_version: CORE_VERSION,
            id,
            managed: false,
            references,
            kind,
            type_migration_version: version,
        }
    }
}

/// Panels on a grid, and lists of values to choose from above them.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    control_group_input: ControlGroup,
    description: String,
    kibana_saved_object_meta: Meta,
    #[serde(rename = "optionsJSON")]
    options: Text<Options>,
    #[serde(rename = "panelsJSON")]
    panels: Text<Vec<Panel>>,
    refresh_interval: RefreshInterval,
    time_from: String,
    time_restore: bool,
    time_to: &'static str,
    title: String,
    version: u8,
    #[serde(skip)]
    references: Vec<Reference>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct ControlGroup {
    chaining_system: &'static str,
    control_style: &'static str,
    #[serde(rename = "ignoreParentSettingsJSON")]
    ignore_parent_settings: Text<IgnoreParentSettings>,
    #[serde(rename = "panelsJSON")]
    panels: Text<BTreeMap<String, Control>>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct IgnoreParentSettings {
    ignore_filters: bool,
    ignore_query: bool,
    ignore_timerange: bool,
    ignore_validations: bool,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Control {
    order: usize,
    width: &'static str,
    grow: bool,
    #[serde(rename = "type")]
    kind: &'static str,
    explicit_input: ControlInput,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct ControlInput {
    field_name: String,
    title: String,
    id: String,
    enhancements: Empty,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    use_margins: bool,
    sync_colors: bool,
    sync_cursor: bool,
    sync_tooltips: bool,
    hide_panel_titles: bool,
}

#[derive(Debug, Clone, Serialize)]
struct RefreshInterval {
    pause: bool,
    value: u32,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Panel {
    version: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    grid_data: Grid,
    panel_index: String,
    embeddable_config: EmbeddableConfig,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    panel_ref_name: Option<String>,
}

/// The place of a panel: the grid is 48 columns wide, and panels do not overlap.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Place {
    /// The column.
    pub x: u32,
    /// The line.
    pub y: u32,
    /// The width.
    pub w: u32,
    /// The height.
    pub h: u32,
}

#[derive(Debug, Clone, Serialize)]
struct Grid {
    #[serde(flatten)]
    place: Place,
    i: String,
}

#[derive(Debug, Clone, Serialize)]
struct EmbeddableConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Lens>,
    enhancements: Empty,
}

impl Dashboard {
    /// A dashboard without panels; it opens with the time since `from`.
    pub fn new(title: String, description: &str, from: &str) -> Self {
        Self {
            control_group_input: ControlGroup {
                chaining_system: "HIERARCHICAL",
                control_style: "oneLine",
                ignore_parent_settings: Text(IgnoreParentSettings {
                    ignore_filters: false,
                    ignore_query: false,
                    ignore_timerange: false,
                    ignore_validations: false,
                }),
                panels: Text(BTreeMap::new()),
            },
            description: description.to_owned(),
            kibana_saved_object_meta: Meta {
                search_source: Text(SearchSource {
                    query: Query::new(""),
                    filter: [],
                    index_ref_name: None,
                }),
            },
            options: Text(Options {
                use_margins: true,
                sync_colors: false,
                sync_cursor: true,
                sync_tooltips: false,
                hide_panel_titles: false,
            }),
            panels: Text(Vec::new()),
            refresh_interval: RefreshInterval {
                pause: true,
                value: 60_000,
            },
            time_from: from.to_owned(),
            time_restore: true,
            time_to: "now",
            title,
            version: 1,
            references: Vec::new(),
        }
    }

    /// Adds a list of the values of a field to choose from.
    pub fn control(&mut self, id: String, field: &str, title: &str, data_view: &str) {
        self.references.push(Reference {
            id: data_view.to_owned(),
            name: format!("controlGroup_{id}:optionsListDataView"),
            kind: DATA_VIEW,
        });
        let panels = &mut self.control_group_input.panels.0;
        let control = Control {
            order: panels.len(),
            width: "medium",
            grow: true,
            kind: "optionsListControl",
            explicit_input: ControlInput {
                field_name: field.to_owned(),
                title: title.to_owned(),
                id: id.clone(),
                enhancements: Empty {},
            },
        };
        panels.insert(id, control);
    }

    /// Adds a chart, which is part of the dashboard.
    pub fn chart(&mut self, id: String, title: &str, place: Place, chart: Chart, data_view: &str) {
        let name = format!("indexpattern-datasource-layer-{LAYER}");
        let reference = |name| Reference {
            id: data_view.to_owned(),
            name,
            kind: DATA_VIEW,
        };
        self.references.push(reference(format!("{id}:{name}")));
        let lens = Lens::new(title, chart, reference(name));
        self.panel(id, "lens", title, place, Some(lens), None);
    }

    /// Adds a saved search, which stays an object of its own.
    pub fn saved_search(&mut self, id: String, title: &str, place: Place, search: &str) {
        let name = format!("panel_{id}");
        self.references.push(Reference {
            id: search.to_owned(),
            name: format!("{id}:{name}"),
            kind: "search",
        });
        self.panel(id, "search", title, place, None, Some(name));
    }

    fn panel(
        &mut self,
        id: String,
        kind: &'static str,
        title: &str,
        place: Place,
        attributes: Option<Lens>,
        panel_ref_name: Option<String>,
    ) {
        self.panels.0.push(Panel {
            version: PANEL_VERSION,
            kind,
            grid_data: Grid {
                place,
                i: id.clone(),
            },
            panel_index: id,
            embeddable_config: EmbeddableConfig {
                attributes,
                enhancements: Empty {},
            },
            title: title.to_owned(),
            panel_ref_name,
        });
    }
}

/// A chart: how it looks, the query that limits it, and its columns.
#[derive(Debug, Clone)]
pub struct Chart {
    /// How it looks.
    pub look: Look,
    /// The query.
    pub query: Query,
    /// The columns by their names: groups from the outermost, then numbers.
    pub columns: Vec<(String, Column)>,
}

/// How a chart looks; it names columns.
#[derive(Debug, Clone)]
pub enum Look {
    /// One number.
    Metric {
        /// The number.
        number: String,
    },
    /// Stacked bars.
    Bars {
        /// What goes to the right.
        x: String,
        /// What a bar is divided by.
        split: String,
        /// The height.
        number: String,
    },
    /// A table of all columns.
    Table,
}

/// A column of the data behind a chart.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Column {
    label: String,
    data_type: &'static str,
    operation_type: &'static str,
    scale: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_field: Option<String>,
    is_bucketed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<Query>,
    params: Params,
    custom_label: bool,
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum Params {
    #[serde(rename_all = "camelCase")]
    Time {
        interval: &'static str,
        include_empty_rows: bool,
        drop_partials: bool,
    },
    #[serde(rename_all = "camelCase")]
    Terms {
        size: u32,
        order_by: OrderBy,
        order_direction: &'static str,
        other_bucket: bool,
        missing_bucket: bool,
        parent_format: ParentFormat,
        include: [Empty; 0],
        exclude: [Empty; 0],
        include_is_regex: bool,
        exclude_is_regex: bool,
    },
    Filters {
        filters: Vec<Filter>,
    },
    #[serde(rename_all = "camelCase")]
    Count {
        empty_as_null: bool,
    },
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderBy {
    #[serde(rename = "type")]
    kind: &'static str,
    column_id: String,
}

#[derive(Debug, Clone, Serialize)]
struct ParentFormat {
    id: &'static str,
}

#[derive(Debug, Clone, Serialize)]
struct Filter {
    input: Query,
    label: String,
}

impl Column {
    /// Groups by time.
    pub fn time(field: &str) -> Self {
        Self {
            label: field.to_owned(),
            data_type: "date",
            operation_type: "date_histogram",
            scale: "interval",
            source_field: Some(field.to_owned()),
            is_bucketed: true,
            filter: None,
            params: Params::Time {
                interval: "auto",
                include_empty_rows: true,
                drop_partials: false,
            },
            custom_label: true,
        }
    }

    /// Groups by the values of a keyword that have the most of a number.
    pub fn values(field: &str, label: &str, size: u32, number: &str) -> Self {
        Self {
            label: label.to_owned(),
            data_type: "string",
            operation_type: "terms",
            scale: "ordinal",
            source_field: Some(field.to_owned()),
            is_bucketed: true,
            filter: None,
            params: Params::Terms {
                size,
                order_by: OrderBy {
                    kind: "column",
                    column_id: number.to_owned(),
                },
                order_direction: "desc",
                other_bucket: false,
                missing_bucket: false,
                parent_format: ParentFormat { id: "terms" },
                include: [],
                exclude: [],
                include_is_regex: false,
                exclude_is_regex: false,
            },
            custom_label: true,
        }
    }

    /// Groups by queries, each with a label.
    pub fn queries(queries: impl IntoIterator<Item = (String, Query)>) -> Self {
        let filters = queries
            .into_iter()
            .map(|(label, input)| Filter { input, label })
            .collect();
        Self {
            label: "Filters".to_owned(),
            data_type: "string",
            operation_type: "filters",
            scale: "ordinal",
            source_field: None,
            is_bucketed: true,
            filter: None,
            params: Params::Filters { filters },
            custom_label: false,
        }
    }

    /// Counts documents: all, or those that a query finds.
    pub fn count(label: &str, filter: Option<Query>) -> Self {
        Self {
            label: label.to_owned(),
            data_type: "number",
            operation_type: "count",
            scale: "ratio",
            source_field: Some(RECORDS.to_owned()),
            is_bucketed: false,
            filter,
            params: Params::Count {
                empty_as_null: false,
            },
            custom_label: true,
        }
    }
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Lens {
    title: String,
    visualization_type: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    references: Vec<Reference>,
    state: State,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct State {
    visualization: Visualization,
    query: Query,
    filters: [Empty; 0],
    datasource_states: DatasourceStates,
    internal_references: [Empty; 0],
    ad_hoc_data_views: Empty,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct DatasourceStates {
    form_based: Layers,
}

#[derive(Debug, Clone, Serialize)]
struct Layers {
    layers: BTreeMap<&'static str, Layer>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    columns: BTreeMap<String, Column>,
    column_order: Vec<String>,
    incomplete_columns: Empty,
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum Visualization {
    #[serde(rename_all = "camelCase")]
    Metric {
        layer_id: &'static str,
        layer_type: &'static str,
        metric_accessor: String,
    },
    #[serde(rename_all = "camelCase")]
    Bars {
        legend: Legend,
        value_labels: &'static str,
        fitting_function: &'static str,
        axis_titles_visibility_settings: AxisTitles,
        preferred_series_type: &'static str,
        layers: [BarLayer; 1],
    },
    #[serde(rename_all = "camelCase")]
    Table {
        layer_id: &'static str,
        layer_type: &'static str,
        columns: Vec<TableColumn>,
    },
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Legend {
    is_visible: bool,
    show_single_series: bool,
    position: &'static str,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct AxisTitles {
    x: bool,
    y_left: bool,
    y_right: bool,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct BarLayer {
    layer_id: &'static str,
    layer_type: &'static str,
    series_type: &'static str,
    accessors: [String; 1],
    x_accessor: String,
    split_accessor: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct TableColumn {
    column_id: String,
    is_transposed: bool,
}

impl Lens {
    fn new(title: &str, chart: Chart, reference: Reference) -> Self {
        let column_order: Vec<String> = chart.columns.iter().map(|(id, _)| id.clone()).collect();
        let (visualization_type, visualization) = match chart.look {
            Look::Metric { number } => (
                "lnsMetric",
                Visualization::Metric {
                    layer_id: LAYER,
                    layer_type: "data",
                    metric_accessor: number,
                },
            ),
            Look::Bars { x, split, number } => (
                "lnsXY",
                Visualization::Bars {
                    legend: Legend {
                        is_visible: true,
                        show_single_series: true,
                        position: "right",
                    },
                    value_labels: "hide",
                    fitting_function: "None",
                    axis_titles_visibility_settings: AxisTitles {
                        x: false,
                        y_left: false,
                        y_right: false,
                    },
                    preferred_series_type: "bar_stacked",
                    layers: [BarLayer {
                        layer_id: LAYER,
                        layer_type: "data",
                        series_type: "bar_stacked",
                        accessors: [number],
                        x_accessor: x,
                        split_accessor: split,
                    }],
                },
            ),
            Look::Table => (
                "lnsDatatable",
                Visualization::Table {
                    layer_id: LAYER,
                    layer_type: "data",
                    columns: column_order
                        .iter()
                        .map(|it| TableColumn {
                            column_id: it.clone(),
                            is_transposed: false,
                        })
                        .collect(),
                },
            ),
        };
        let layer = Layer {
            columns: chart.columns.into_iter().collect(),
            column_order,
            incomplete_columns: Empty {},
        };
        Self {
            title: title.to_owned(),
            visualization_type,
            kind: "lens",
            references: vec![reference],
            state: State {
                visualization,
                query: chart.query,
                filters: [],
                datasource_states: DatasourceStates {
                    form_based: Layers {
                        layers: [(LAYER, layer)].into(),
                    },
                },
                internal_references: [],
                ad_hoc_data_views: Empty {},
            },
        }
    }
}
