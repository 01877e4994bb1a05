//! Charts of Lens, which are part of a dashboard.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::api::kibana::{Empty, Query, Reference};

/// The name of the one layer that each chart has.
const LAYER: &str = "logs";
/// The reference of that layer to its data view.
pub(super) const LAYER_REFERENCE: &str = "indexpattern-datasource-layer-logs";
/// The field by which Lens counts documents.
const RECORDS: &str = "___records___";

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
pub(super) struct Lens {
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
    pub(super) fn new(title: &str, chart: Chart, reference: Reference) -> Self {
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
