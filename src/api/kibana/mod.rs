//! Saved objects of Kibana, one JSON document a line, as its import reads them.
//!
//! The form is the oldest that these panels have: that of 8.8, the first with
//! `typeMigrationVersion`. Kibana takes in what is as old as itself or older, and migrates it. The
//! versions are those under which Kibana ships its own sample data, from 8.8 to 9 (elastic/kibana,
//! `home/server/services/sample_data/data_sets/logs/saved_objects.ts`).

pub mod dashboard;
pub mod lens;

use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use crate::api::kibana::dashboard::Dashboard;
use crate::value::version::Version;

/// The oldest Kibana that reads these objects.
pub const OLDEST: Version = Version::new(8, 8);
/// How Kibana names the type of a data view.
const DATA_VIEW: &str = "index-pattern";
/// The version of the fields that every object has.
const CORE_VERSION: &str = "8.8.0";
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
