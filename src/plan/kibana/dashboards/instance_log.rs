//! The log of an instance: what it says, what it does in the background, what makes it slow.

use crate::plan::kibana::dashboards::{Dashboard, Kind, Lines, Panel, Row, Show, Split};

const INSTANCES: &str = "component: (redis or sentinel)";

static BACKGROUND: &[Kind] = &[
    Kind::messages("Start", &["Redis is starting"]),
    Kind::messages(
        "Stop on request",
        &["User requested shutdown", "scheduling shutdown"],
    ),
    Kind::messages("Snapshot", &["Background saving started"]),
    Kind::messages(
        "Rewrite of the append-only file",
        &["Background append only file rewriting started"],
    ),
    Kind::messages(
        "Full copy to a replica",
        &["Full resync requested by replica"],
    ),
];

static SLOW: &[Kind] = &[
    Kind::messages(
        "The disk is behind",
        &["Asynchronous AOF fsync is taking too long"],
    ),
    Kind::messages("A script is slow", &["Slow script detected"]),
    Kind::messages(
        "A client reads too slowly",
        &["overcoming of output buffer limits"],
    ),
];

pub(super) static DASHBOARD: Dashboard = Dashboard {
    key: "instance-log",
    title: "Redis instance log",
    description: "The log of the instances and their Sentinels. Choose one above; slow commands are not in it, but in SLOWLOG of the server.",
    from: "now-4h",
    controls: &[
        ("namespace", "Namespace"),
        ("instance_name", "Instance"),
        ("pod", "Pod"),
        ("level", "Level"),
        ("role", "Role"),
    ],
    rows: &[
        Row {
            height: 10,
            panels: &[Panel {
                key: "by-level",
                title: "Lines by level",
                width: 0,
                lines: Lines::Query(INSTANCES),
                show: Show::OverTime {
                    split: Split::Values {
                        field: "level",
                        label: "Level",
                        size: 6,
                    },
                },
            }],
        },
        Row {
            height: 12,
            panels: &[
                Panel {
                    key: "background",
                    title: "Starts, stops and work in the background",
                    width: 24,
                    lines: Lines::Kinds(&[BACKGROUND]),
                    show: Show::OverTime {
                        split: Split::Kinds(BACKGROUND),
                    },
                },
                Panel {
                    key: "slow",
                    title: "What makes it slow",
                    width: 0,
                    lines: Lines::Kinds(&[SLOW]),
                    show: Show::OverTime {
                        split: Split::Kinds(SLOW),
                    },
                },
            ],
        },
        Row {
            height: 12,
            panels: &[Panel {
                key: "pods",
                title: "Pods",
                width: 0,
                lines: Lines::Query(INSTANCES),
                show: Show::Table {
                    groups: &[
                        ("instance_name", "Instance", 50),
                        ("pod", "Pod", 10),
                        ("node", "Node", 5),
                    ],
                    numbers: &[
                        Kind::query("Warnings", "level: warning"),
                        Kind::messages("Starts", &["Redis is starting"]),
                    ],
                },
            }],
        },
        Row {
            height: 24,
            panels: &[Panel {
                key: "lines",
                title: "Log",
                width: 0,
                lines: Lines::Query(INSTANCES),
                show: Show::Lines {
                    columns: &["instance_name", "pod", "role", "level", "message"],
                },
            }],
        },
    ],
};
