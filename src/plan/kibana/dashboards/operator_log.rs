//! What the operator of Redis did, and what it could not do.

use crate::plan::kibana::dashboards::{Dashboard, Kind, Lines, Panel, Row, Show, Split};

pub(super) static DASHBOARD: Dashboard = Dashboard {
    key: "operator-log",
    title: "Redis operator log",
    description: "What the operator of Redis did, and what it could not do, by controller.",
    from: "now-24h",
    controls: &[
        ("controller", "Controller"),
        ("level", "Level"),
        ("pod", "Pod"),
    ],
    rows: &[
        Row {
            height: 10,
            panels: &[
                Panel {
                    key: "errors",
                    title: "Errors",
                    width: 8,
                    lines: Lines::Query("component: operator and level: error"),
                    show: Show::Number,
                },
                Panel {
                    key: "by-level",
                    title: "Lines by level",
                    width: 0,
                    lines: Lines::Query("component: operator"),
                    show: Show::OverTime {
                        split: Split::Values {
                            field: "level",
                            label: "Level",
                            size: 5,
                        },
                    },
                },
            ],
        },
        Row {
            height: 12,
            panels: &[
                Panel {
                    key: "errors-by-controller",
                    title: "Errors by controller",
                    width: 24,
                    lines: Lines::Query("component: operator and level: error"),
                    show: Show::OverTime {
                        split: Split::Values {
                            field: "controller",
                            label: "Controller",
                            size: 10,
                        },
                    },
                },
                Panel {
                    key: "loggers",
                    title: "Lines by logger",
                    width: 0,
                    lines: Lines::Query("component: operator"),
                    show: Show::Table {
                        groups: &[("logger", "Logger", 30)],
                        numbers: &[Kind::query("Errors", "level: error")],
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
                lines: Lines::Query("component: operator"),
                show: Show::Lines {
                    columns: &["level", "controller", "logger", "pod", "message"],
                },
            }],
        },
    ],
};
