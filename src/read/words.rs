//! Fields of other tools, and where in a policy it stands what they say: for those who carry rules or
//! the configuration of an Alertmanager over.

/// What a field of another tool is here: part of the path of the map that it stands in, the field, and
/// what to write.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "alerts.custom",
        "alert",
        "the name of an alert is its `name`",
    ),
    (
        "alerts.custom",
        "record",
        "what is recorded stands under `alerts.recording`",
    ),
    (
        "alerts.custom",
        "annotations",
        "write `summary`, `description` and `runbook` at the alert itself",
    ),
    (
        "alerts.custom",
        "labels",
        "write `severity` and `team` at the alert itself; `stack` and `cluster` are added, the others are \
         those of the series",
    ),
    (
        "alerts.recording",
        "record",
        "the name of what is recorded is its `name`",
    ),
    ("receivers", "subject", TEXTS),
    ("receivers", "body", TEXTS),
    ("receivers", "html", TEXTS),
    ("receivers", "text", TEXTS),
    ("receivers", "title", TEXTS),
    ("receivers", "headers", TEXTS),
    ("receivers", "email_configs", "write one `email: {…}`"),
    (
        "receivers",
        "pagerduty_configs",
        "write one `pagerduty: {…}`",
    ),
    ("receivers", "slack_configs", "write one `slack: {…}`"),
    ("receivers", "webhook_configs", "write one `webhook: {…}`"),
    ("receivers", "wechat_configs", "write one `wechat: {…}`"),
    (
        "receivers",
        "api_url",
        "the address is `url: {secretRef: {name: …, key: …}}`",
    ),
    ("routing.routes", "match", MATCHERS),
    ("routing.routes", "match_re", MATCHERS),
    ("routing.inhibit", "source_match", INHIBIT),
    ("routing.inhibit", "source_match_re", INHIBIT),
    ("routing.inhibit", "target_match", INHIBIT),
    ("routing.inhibit", "target_match_re", INHIBIT),
    ("routing.inhibit", "source_matchers", INHIBIT),
    ("routing.inhibit", "target_matchers", INHIBIT),
];

const TEXTS: &str = "obsgen writes the texts of notifications itself, from the summary and the description of each alert: \
     remove it";
const MATCHERS: &str = "write `matchers: ['label=\"value\"']`, or `['label=~\"regex\"']`";
const INHIBIT: &str = "write `source: ['label=\"value\"']` and `target: ['label=\"value\"']`";

/// What to write in place of a field of another tool, by the path of the map that it stands in.
pub(super) fn instead(path: &str, field: &str) -> Option<&'static str> {
    WORDS
        .iter()
        .find(|(within, word, _)| *word == field && path.starts_with(within))
        .map(|(_, _, instead)| *instead)
}
