//! What there is to read about each finding: a page per name, in `templates/findings`.
//!
//! Adding one: a file there, and a line in [`PAGES`]. Its second paragraph says why it matters; its
//! examples are compiled by the tests.

/// What there is to read about a finding.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// The name of the finding.
    pub name: &'static str,
    /// The page, in Markdown.
    pub text: &'static str,
}

impl Page {
    /// What is wrong, in one sentence without markup but backticks.
    pub fn summary(&self) -> &'static str {
        // Below the title, behind an empty line.
        self.text.lines().nth(2).unwrap_or_default()
    }
}

macro_rules! pages {
    ($($name:literal),+ $(,)?) => {
        /// Every page, sorted by name.
        pub static PAGES: &[Page] = &[$(Page {
            name: $name,
            text: include_str!(concat!("../../templates/findings/", $name, ".md")),
        }),+];
    };
}

pages! {
    "alerts/disabled-without-reason",
    "alerts/duplicate-alert",
    "alerts/heartbeat-too-short",
    "alerts/invalid-expression",
    "alerts/no-threshold",
    "alerts/owner-missing",
    "alerts/parameter-without-effect",
    "alerts/threshold-always",
    "alerts/threshold-unreachable",
    "alerts/unknown-alert",
    "alerts/unknown-metric",
    "alerts/unused-external-metric",
    "alerts/watchdog-missing",
    "alerts/watchdog-unrouted",
    "alerts/wrong-unit",
    "dashboards/unusable-folder",
    "logs/configuration-too-large",
    "logs/incomplete-login",
    "logs/retention-too-short",
    "logs/rollover-after-retention",
    "metrics/retention-too-short",
    "metrics/volume-too-small",
    "platform/address-not-a-base",
    "platform/login-in-the-open",
    "policy/builds-base",
    "policy/duplicate-name",
    "policy/empty",
    "policy/extends-itself",
    "policy/extends-stack",
    "policy/file-too-large",
    "policy/foreign-manifest",
    "policy/invalid-value",
    "policy/missing-field",
    "policy/no-instances",
    "policy/no-value",
    "policy/out-of-range",
    "policy/override-without-change",
    "policy/removes-nothing",
    "policy/stack-name-taken",
    "policy/too-large",
    "policy/too-many-alerts",
    "policy/too-many-files",
    "policy/too-many-findings",
    "policy/too-many-instances",
    "policy/unknown-field",
    "policy/unknown-value",
    "policy/unreadable",
    "policy/version-too-old",
    "policy/waiver-unused",
    "policy/without-effect",
    "policy/wrong-type",
    "receivers/incomplete-login",
    "receivers/needs-newer-alertmanager",
    "receivers/no-channel",
    "receivers/no-recipient",
    "receivers/not-a-slack-channel",
    "receivers/not-a-smarthost",
    "receivers/not-an-address",
    "receivers/secret-not-mounted",
    "receivers/templated-destination",
    "receivers/unencrypted-login",
    "receivers/unknown-mention",
    "receivers/unreached",
    "redis/directive-of-another-version",
    "redis/directive-twice",
    "redis/forbidden-directive",
    "redis/foreign-topology-field",
    "redis/image-without-entrypoint",
    "redis/maxmemory-over-limit",
    "redis/maxmemory-unset",
    "redis/name-collision",
    "redis/name-not-deployable",
    "redis/no-persistence",
    "redis/operator-changes",
    "redis/operator-ignores",
    "redis/quorum-unreachable",
    "redis/request-over-limit",
    "redis/storage-class-missing",
    "redis/storage-missing",
    "redis/topology-too-small",
    "redis/unhardened",
    "redis/unknown-directive",
    "redis/unsafe-config-value",
    "references/unknown-mute-time",
    "references/unknown-receiver",
    "references/unknown-team",
    "references/unknown-tier",
    "routing/alert-to-heartbeat",
    "routing/alert-to-null",
    "routing/continue-duplicate",
    "routing/empty-mute-time",
    "routing/external-label",
    "routing/group-by-pitfall",
    "routing/inhibit-equal-missing",
    "routing/inhibit-self-overlap",
    "routing/inhibits-everything",
    "routing/inhibits-nothing",
    "routing/inhibits-page",
    "routing/location-not-deliverable",
    "routing/matches-everything",
    "routing/mute-covers-page",
    "routing/page-to-default",
    "routing/route-label-absent",
    "routing/route-unreachable",
    "routing/route-unused",
    "routing/single-channel-page",
    "routing/timing-inconsistent",
    "routing/unknown-value",
    "routing/value-absent",
    "scrape/interval-too-long",
    "scrape/monitor-not-selected",
    "scrape/name-not-deployable",
    "secrets/inline",
    "secrets/plain-text",
    "secrets/waiver-unused",
    "tracing/elasticsearch-too-new",
    "tracing/jaeger-v1-retired",
    "tracing/login-not-readable",
    "tracing/name-not-deployable",
    "tracing/retention-rounded",
    "tracing/retention-too-short",
    "yaml/alias",
    "yaml/ambiguous-scalar",
    "yaml/anchor",
    "yaml/control-character",
    "yaml/directive",
    "yaml/duplicate-key",
    "yaml/key-not-text",
    "yaml/merge-key",
    "yaml/second-document",
    "yaml/syntax",
    "yaml/tag",
    "yaml/text-too-long",
    "yaml/too-deep",
    "yaml/too-many-values",
}

/// Returns the page about a finding.
pub fn page(name: &str) -> Option<&'static Page> {
    PAGES.iter().find(|it| it.name == name)
}
