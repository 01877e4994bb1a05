//! Dashboards.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::api::kibana::lens::{Chart, LAYER_REFERENCE, Lens};
use crate::api::kibana::{DATA_VIEW, Empty, Meta, Query, Reference, SearchSource, Text};

/// The version of Kibana that a panel was made with.
const PANEL_VERSION: &str = "8.8.0";

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
    pub(super) references: Vec<Reference>,
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
        let reference = |name| Reference {
            id: data_view.to_owned(),
            name,
            kind: DATA_VIEW,
        };
        self.references
            .push(reference(format!("{id}:{LAYER_REFERENCE}")));
        let lens = Lens::new(title, chart, reference(LAYER_REFERENCE.to_owned()));
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
