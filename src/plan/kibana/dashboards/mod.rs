//! The dashboards: an open set, a file each. They are data: what is shown, never how Kibana writes it.
//!
//! A message is quoted as Redis writes it, up to the first thing in it that varies. `message` is
//! analysed text: Kibana looks for the words of a quote in their order, without case and signs, so
//! `+sdown` finds `-sdown` too.

mod errors;
mod failovers;
mod instance_log;
mod operator_log;

/// What a dashboard shows.
pub(super) struct Dashboard {
    /// Makes its ids; never changes, or Kibana would keep the old dashboard beside the new one.
    pub(super) key: &'static str,
    /// Its title; the name of the stack is put behind it.
    pub(super) title: &'static str,
    /// What it is for.
    pub(super) description: &'static str,
    /// The time that it opens with.
    pub(super) from: &'static str,
    /// Fields whose values can be chosen, each with its title.
    pub(super) controls: &'static [(&'static str, &'static str)],
    /// Its panels.
    pub(super) rows: &'static [Row],
}

/// Panels side by side.
pub(super) struct Row {
    /// Its height, in lines of Kibana's grid.
    pub(super) height: u32,
    /// The panels from the left.
    pub(super) panels: &'static [Panel],
}

/// A panel.
pub(super) struct Panel {
    /// Makes its ids, within the dashboard.
    pub(super) key: &'static str,
    /// Its title.
    pub(super) title: &'static str,
    /// Its width, of 48; 0 for what is left.
    pub(super) width: u32,
    /// The lines that it is about.
    pub(super) lines: Lines,
    /// What it shows of them.
    pub(super) show: Show,
}

/// Lines of the log.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lines {
    /// Those that a query in KQL finds.
    Query(&'static str),
    /// Those with one of these messages.
    Messages(&'static [&'static str]),
    /// Those that are of one of these kinds.
    Kinds(&'static [&'static [Kind]]),
}

/// What a panel shows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Show {
    /// How many lines there are.
    Number,
    /// How many lines there were at each time.
    OverTime {
        /// What they are divided by.
        split: Split,
    },
    /// How many lines each of something has.
    Table {
        /// Field, title, and how many of its values.
        groups: &'static [(&'static str, &'static str, u32)],
        /// Numbers beside that of all lines.
        numbers: &'static [Kind],
    },
    /// The lines themselves.
    Lines {
        /// Their fields.
        columns: &'static [&'static str],
    },
}

/// What lines are divided by.
#[derive(Debug, Clone, Copy)]
pub(super) enum Split {
    /// The values of a field that have the most lines.
    Values {
        /// The field.
        field: &'static str,
        /// Its title.
        label: &'static str,
        /// How many values.
        size: u32,
    },
    /// Kinds of lines.
    Kinds(&'static [Kind]),
}

/// A kind of line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// What it is called.
    pub(super) label: &'static str,
    /// The lines.
    pub(super) lines: Lines,
}

impl Kind {
    /// Lines by their messages.
    const fn messages(label: &'static str, messages: &'static [&'static str]) -> Self {
        Self {
            label,
            lines: Lines::Messages(messages),
        }
    }

    /// Lines by a query.
    const fn query(label: &'static str, query: &'static str) -> Self {
        Self {
            label,
            lines: Lines::Query(query),
        }
    }
}

impl Lines {
    /// The query in KQL.
    pub(super) fn query(&self) -> String {
        match self {
            Self::Query(query) => (*query).to_owned(),
            Self::Messages(_) | Self::Kinds(_) => {
                let quoted: Vec<String> = self
                    .all_messages()
                    .iter()
                    .map(|it| format!("\"{}\"", it.replace('\\', r"\\").replace('"', "\\\"")))
                    .collect();
                format!("message: ({})", quoted.join(" or "))
            }
        }
    }

    /// The messages that are quoted.
    fn all_messages(&self) -> Vec<&'static str> {
        match self {
            Self::Query(_) => Vec::new(),
            Self::Messages(messages) => messages.to_vec(),
            Self::Kinds(kinds) => kinds
                .iter()
                .flat_map(|it| it.iter())
                .flat_map(|it| it.lines.all_messages())
                .collect(),
        }
    }
}

/// Every dashboard.
pub(super) static DASHBOARDS: &[&Dashboard] = &[
    &operator_log::DASHBOARD,
    &errors::DASHBOARD,
    &instance_log::DASHBOARD,
    &failovers::DASHBOARD,
];
