//! Errors and warnings: when, of which instance, and what they are about.
//!
//! Redis itself knows no level above `warning`.

use crate::plan::kibana::dashboards::{Dashboard, Kind, Lines, Panel, Row, Show, Split};

const ERRORS: &str = "level: (warning or error)";

/// What Redis says of it at the level `warning`, 6.2 to 8.
static ABOUT: &[Kind] = &[
    Kind::messages(
        "Data cannot be saved",
        &[
            "Background saving error",
            "Background saving terminated by signal",
            "Background AOF rewrite terminated with error",
            "Background AOF rewrite terminated by signal",
            "Error writing to the AOF file",
            "Failed opening the temp RDB file",
            "Write error saving DB on disk",
            "Write error while saving DB to the disk",
        ],
    ),
    Kind::messages(
        "Out of memory",
        &["Out Of Memory allocating", "in background: fork"],
    ),
    Kind::messages(
        "Replication fails",
        &[
            "Unable to connect to MASTER",
            "Unable to AUTH to MASTER",
            "Failed trying to load the MASTER",
            "Disconnecting timedout replica",
        ],
    ),
    Kind::messages(
        "Clients are dropped",
        &[
            "overcoming of output buffer limits",
            "Possible SECURITY ATTACK detected",
        ],
    ),
    Kind::messages("Crash", &["crashed by signal"]),
];

pub(super) static DASHBOARD: Dashboard = Dashboard {
    key: "errors",
    title: "Redis errors and warnings",
    description: "Errors and warnings of Redis, Sentinel and the operator. Redis knows no level above warning, and Sentinel writes every event of a failover as a warning.",
    from: "now-24h",
    controls: &[
        ("namespace", "Namespace"),
        ("instance_name", "Instance"),
        ("team", "Team"),
        ("component", "Component"),
    ],
    rows: &[
        Row {
            height: 10,
            panels: &[
                Panel {
                    key: "number",
                    title: "Errors and warnings",
                    width: 8,
                    lines: Lines::Query(ERRORS),
                    show: Show::Number,
                },
                Panel {
                    key: "by-instance",
                    title: "By instance",
                    width: 0,
                    lines: Lines::Query(ERRORS),
                    show: Show::OverTime {
                        split: Split::Values {
                            field: "instance_name",
                            label: "Instance",
                            size: 10,
                        },
                    },
                },
            ],
        },
        Row {
            height: 14,
            panels: &[
                Panel {
                    key: "about",
                    title: "What they are about",
                    width: 24,
                    lines: Lines::Kinds(&[ABOUT]),
                    show: Show::OverTime {
                        split: Split::Kinds(ABOUT),
                    },
                },
                Panel {
                    key: "instances",
                    title: "Instances",
                    width: 0,
                    lines: Lines::Query(ERRORS),
                    show: Show::Table {
                        groups: &[
                            ("namespace", "Namespace", 50),
                            ("instance_name", "Instance", 50),
                        ],
                        numbers: ABOUT,
                    },
                },
            ],
        },
        Row {
            height: 24,
            panels: &[Panel {
                key: "lines",
                title: "Log",
                width: 0,
                lines: Lines::Query(ERRORS),
                show: Show::Lines {
                    columns: &[
                        "level",
                        "component",
                        "namespace",
                        "instance_name",
                        "pod",
                        "message",
                    ],
                },
            }],
        },
    ],
};
