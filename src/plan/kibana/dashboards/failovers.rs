//! Failovers, changes of role, and the replication between them.

use crate::plan::kibana::dashboards::{Dashboard, Kind, Lines, Panel, Row, Show, Split};

/// What the servers themselves write.
static ROLES: &[Kind] = &[
    Kind::messages(
        "Became primary",
        &["MASTER MODE enabled", "Failover election won"],
    ),
    Kind::messages("Became replica", &["Before turning into a replica"]),
    Kind::messages(
        "Manual failover",
        &["Manual failover", "FAILOVER requested to"],
    ),
    Kind::messages("A node of the cluster fails", &["Marking node"]),
    Kind::messages("State of the cluster", &["Cluster state changed"]),
];

static SENTINEL: &[Kind] = &[
    Kind::messages("Seen down, or back", &["+sdown"]),
    Kind::messages("Agreed to be down, or back", &["+odown"]),
    Kind::messages("Failover tried", &["+try-failover"]),
    Kind::messages("Failover given up", &["-failover-abort"]),
    Kind::messages("Primary switched", &["+switch-master"]),
    Kind::messages("Sentinel distrusts its clock", &["+tilt"]),
];

static REPLICATION: &[Kind] = &[
    Kind::messages(
        "Link to the primary lost",
        &["Connection with master lost", "MASTER timeout"],
    ),
    Kind::messages("Primary not reached", &["Unable to connect to MASTER"]),
    Kind::messages("Full copy from the primary", &["Full resync from master"]),
    Kind::messages(
        "Caught up without a copy",
        &["Successful partial resynchronization with master"],
    ),
    Kind::messages(
        "Backlog too short to catch up",
        &["Unable to partial resync with replica"],
    ),
    Kind::messages("Replica dropped", &["Disconnecting timedout replica"]),
];

pub(super) static DASHBOARD: Dashboard = Dashboard {
    key: "failovers",
    title: "Redis failovers and replication",
    description: "Who became primary and when, what Sentinel saw and did, and how replicas came back. An event of Sentinel is written by each Sentinel that sees it.",
    from: "now-7d",
    controls: &[
        ("namespace", "Namespace"),
        ("instance_name", "Instance"),
        ("topology", "Topology"),
        ("team", "Team"),
    ],
    rows: &[
        Row {
            height: 12,
            panels: &[
                Panel {
                    key: "roles",
                    title: "Changes of role",
                    width: 24,
                    lines: Lines::Kinds(&[ROLES]),
                    show: Show::OverTime {
                        split: Split::Kinds(ROLES),
                    },
                },
                Panel {
                    key: "sentinel",
                    title: "Events of Sentinel",
                    width: 0,
                    lines: Lines::Kinds(&[SENTINEL]),
                    show: Show::OverTime {
                        split: Split::Kinds(SENTINEL),
                    },
                },
            ],
        },
        Row {
            height: 12,
            panels: &[
                Panel {
                    key: "replication",
                    title: "Replication",
                    width: 24,
                    lines: Lines::Kinds(&[REPLICATION]),
                    show: Show::OverTime {
                        split: Split::Kinds(REPLICATION),
                    },
                },
                Panel {
                    key: "pods",
                    title: "Pods",
                    width: 0,
                    lines: Lines::Kinds(&[ROLES, REPLICATION]),
                    show: Show::Table {
                        groups: &[("instance_name", "Instance", 50), ("pod", "Pod", 10)],
                        numbers: &[
                            Kind::messages(
                                "Became primary",
                                &["MASTER MODE enabled", "Failover election won"],
                            ),
                            Kind::messages(
                                "Link lost",
                                &["Connection with master lost", "MASTER timeout"],
                            ),
                            Kind::messages("Full copies", &["Full resync from master"]),
                        ],
                    },
                },
            ],
        },
        Row {
            height: 24,
            panels: &[Panel {
                key: "lines",
                title: "Events",
                width: 0,
                lines: Lines::Kinds(&[ROLES, SENTINEL, REPLICATION]),
                show: Show::Lines {
                    columns: &[
                        "namespace",
                        "instance_name",
                        "component",
                        "pod",
                        "role",
                        "message",
                    ],
                },
            }],
        },
    ],
};
