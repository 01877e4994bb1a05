//! How Elasticsearch keeps logs: lifecycle, templates, mappings, as they stand in a ConfigMap for the Job that
//! applies them.

use crate::diff::objects::row::{ROW, Row};
use crate::effect::Class;
use crate::operators::changes::When;

const BODIES: &[&str] = &["ConfigMap"];
const LIFECYCLE: &str =
    "Elasticsearch documentation, Index lifecycle, and Lifecycle policy updates";
const ROLLOVER: &str = "Elasticsearch documentation, Index lifecycle actions, Rollover";
const TEMPLATES: &str = "Elasticsearch documentation, Modify a data stream";
const MODE: &str =
    "Elasticsearch documentation, Data streams, and Aliases; templates/elasticsearch/apply.sh";

/// How a change of a template gets to the index that is written to.
const ROLL_OVER: &str = "`POST <name>/_rollover` applies it at once, to what comes from then on";

pub(super) static ROWS: &[Row] = &[
    // How long.
    Row {
        kinds: BODIES,
        fields: &["data.*.policy.phases.delete.min_age"],
        when: When::Shrinks,
        class: Class::DataRisk,
        what: "are deleted {after} after their index is rolled over, instead of {before}: what is older now goes within minutes",
        exposed: "the lines between the two ages are gone for good; Elasticsearch looks every ten minutes",
        instead: "take a snapshot first",
        source: LIFECYCLE,
        ..ROW
    },
    Row {
        kinds: BODIES,
        fields: &["data.*.policy.phases.delete.min_age"],
        class: Class::Hot,
        what: "are kept {after} after their index is rolled over, instead of {before}: also those that are there",
        exposed: "they need room for that long",
        source: LIFECYCLE,
        ..ROW
    },
    Row {
        kinds: BODIES,
        fields: &["data.*.policy.phases.delete", "data.*.policy"],
        when: When::Vanishes,
        class: Class::Hot,
        what: "are no longer deleted: they grow until the disk is full",
        source: LIFECYCLE,
        ..ROW
    },
    Row {
        kinds: BODIES,
        fields: &["data.*.policy.phases.delete"],
        when: When::Appears,
        class: Class::DataRisk,
        what: "are deleted when they are of age: what is older now goes within minutes",
        instead: "take a snapshot first",
        source: LIFECYCLE,
        ..ROW
    },
    Row {
        kinds: BODIES,
        fields: &["data.*.policy.phases.*.actions.rollover"],
        class: Class::Hot,
        what: "are rolled over at {after} instead of {before} ({field}), also the index that is written to",
        exposed: "an index is deleted as a whole: logs live as long as their index took to be rolled over, and the retention",
        source: ROLLOVER,
        ..ROW
    },
    Row {
        kinds: BODIES,
        fields: &["data.*.policy.phases.*.actions"],
        class: Class::Silent,
        what: "are treated otherwise in a phase of their life; an index in that phase ends it as it began",
        exposed: "until an index enters that phase",
        source: LIFECYCLE,
        ..ROW
    },
    // How they are laid out.
    Row {
        kinds: BODIES,
        fields: &[
            "data.*.template.settings.index.number_of_replicas",
            "data.*.template.settings.number_of_replicas",
            "data.*.template.settings.index.number_of_shards",
            "data.*.template.settings.number_of_shards",
        ],
        class: Class::Silent,
        what: "are kept with {after} instead of {before} shards or copies of a shard, from the next index on",
        exposed: "until the next rollover; the indices of before stay as they are",
        instead: ROLL_OVER,
        source: TEMPLATES,
        ..ROW
    },
    Row {
        kinds: BODIES,
        fields: &["data.*.template.settings.index.lifecycle.name"],
        class: Class::Silent,
        what: "are kept by the policy {after} instead of {before}, from the next index on",
        exposed: "the indices of before keep their policy, which must stay for them",
        source: TEMPLATES,
        ..ROW
    },
    Row {
        kinds: BODIES,
        fields: &["data.*.template.settings.index.lifecycle.rollover_alias"],
        when: When::Appears,
        class: Class::DataRisk,
        what: "go to an alias instead of a data stream: Elasticsearch refuses an alias that is called like the data stream, \
               so its Job fails until that is deleted, with its logs",
        exposed: "until then logs are kept as before, and nothing of this change is applied",
        instead: "copy the data stream to indices of another name with `_reindex`, delete it, then apply",
        source: MODE,
        ..ROW
    },
    Row {
        kinds: BODIES,
        fields: &["data.*.template.settings.index.lifecycle.rollover_alias"],
        when: When::Vanishes,
        class: Class::DataRisk,
        what: "go to a data stream instead of an alias: Elasticsearch refuses a data stream that is called like the alias, \
               so its Job fails until the alias is deleted",
        exposed: "until then logs are kept as before; afterwards the indices of before are not found under this name",
        instead: "give the alias another name, which leaves its logs to be asked, then apply",
        source: MODE,
        ..ROW
    },
    Row {
        kinds: BODIES,
        fields: &["data.*.template.settings"],
        class: Class::Silent,
        what: "are kept with another setting from the next index on",
        exposed: "until the next rollover; the indices of before stay as they are",
        instead: ROLL_OVER,
        source: TEMPLATES,
        ..ROW
    },
    // Fields.
    Row {
        kinds: BODIES,
        fields: &["data.*.template.mappings.properties.*.type"],
        class: Class::Silent,
        what: "have a field of the type {after} instead of {before} from the next index on",
        exposed: "the lines of before keep the old type: Kibana reports a conflict, and panels of that field fail over both",
        instead: ROLL_OVER,
        source: TEMPLATES,
        ..ROW
    },
    Row {
        kinds: BODIES,
        fields: &["data.*.template.mappings.properties.*"],
        when: When::Appears,
        class: Class::Silent,
        what: "can be searched by another field from the next index on",
        exposed: "until the next rollover; the lines of before cannot",
        instead: ROLL_OVER,
        source: TEMPLATES,
        ..ROW
    },
    Row {
        kinds: BODIES,
        fields: &["data.*.template.mappings.properties.*"],
        when: When::Vanishes,
        class: Class::Silent,
        what: "can no longer be searched by a field from the next index on: panels and searches that name it find nothing",
        exposed: "the lines of before can until they are of age",
        source: TEMPLATES,
        ..ROW
    },
    Row {
        kinds: BODIES,
        fields: &["data.*.template.mappings", "data.*.mappings"],
        class: Class::Silent,
        what: "are searched otherwise from the next index on",
        exposed: "until the next rollover; the lines of before stay as they are",
        instead: ROLL_OVER,
        source: TEMPLATES,
        ..ROW
    },
    // Which template is for which index.
    Row {
        kinds: BODIES,
        fields: &["data.*.data_stream"],
        class: Class::DataRisk,
        what: "go to another kind of target, a data stream or indices, from its making on; one of the same name is in the way",
        source: MODE,
        ..ROW
    },
    Row {
        kinds: BODIES,
        fields: &["data.*.index_patterns"],
        class: Class::MonitoringGap,
        what: "are those of {after} instead of {before}: those of before stay under their old name, where nothing asks for them",
        exposed: "their old policy must stay to delete them",
        source: "Elasticsearch documentation, Templates",
        ..ROW
    },
    Row {
        kinds: BODIES,
        fields: &["data.*.composed_of", "data.*.priority"],
        class: Class::Silent,
        what: "are kept by another template from the next index on",
        exposed: "until the next rollover",
        instead: ROLL_OVER,
        source: TEMPLATES,
        ..ROW
    },
    Row {
        kinds: BODIES,
        fields: &["data.first-index.json"],
        class: Class::Hot,
        what: "begin in an index of their own, where there is none yet",
        source: ROLLOVER,
        ..ROW
    },
    Row {
        kinds: BODIES,
        roles: &[super::role::Role::Elasticsearch],
        when: When::Appears,
        class: Class::Hot,
        what: "are kept as its Job tells Elasticsearch",
        source: "Elasticsearch documentation, Templates",
        ..ROW
    },
    Row {
        kinds: BODIES,
        roles: &[super::role::Role::Elasticsearch],
        when: When::Vanishes,
        class: Class::Hot,
        what: "stay in Elasticsearch, with their template and policy: nothing deletes these",
        exposed: "they go when they are of age; the last index stays",
        instead: "delete the template and the data stream or alias by hand",
        source: LIFECYCLE,
        ..ROW
    },
    Row {
        kinds: &["Job"],
        roles: &[super::role::Role::Elasticsearch],
        when: When::Appears,
        class: Class::Hot,
        what: "a Job tells Elasticsearch how they are kept",
        source: "Kubernetes documentation, Jobs",
        ..ROW
    },
];
