//! Expressions that look random: all of PromQL over the invented world.

use crate::random::Random;

/// Metrics of the world; one that is not there, and one whose samples are too old.
const METRICS: &[&str] = &[
    "up",
    "up",
    "memory",
    "memory",
    "commands_total",
    "commands_total",
    "role_info",
    "keys",
    "keys",
    "wait_seconds_bucket",
    "limit",
    "limit",
    "other",
    "bare",
    "foreign",
    "gone",
    "nothing",
];
/// Labels, those that most series have more often.
const LABELS: &[&str] = &[
    "ns", "ns", "ns", "name", "name", "name", "pod", "pod", "ns", "name", "pod", "job", "db",
    "role", "tier", "le", "cluster", "extra",
];
const VALUES: &[&str] = &[
    "shop", "shop", "cache", "web", "cache", "queue", "cache-0", "primary", "0", "gold", "x", "",
];
const REGEXES: &[&str] = &[
    "shop|web",
    "s.*",
    ".+",
    ".*",
    "cache(-0)?",
    "|gold",
    "x",
    "[a-c].*",
];
const SETS: &[&str] = &["and", "or", "unless"];
const ARITHMETIC: &[&str] = &["+", "-", "*", "/", "%", "^", "atan2"];
const COMPARISONS: &[&str] = &["==", "!=", ">", "<", ">=", "<="];
const AGGREGATIONS: &[&str] = &[
    "sum", "min", "max", "avg", "count", "group", "stddev", "stdvar",
];
const OVER_TIME: &[&str] = &[
    "rate",
    "increase",
    "irate",
    "delta",
    "deriv",
    "changes",
    "resets",
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "sum_over_time",
    "count_over_time",
    "last_over_time",
    "present_over_time",
    "stddev_over_time",
    "absent_over_time",
    "mad_over_time",
];
const FUNCTIONS: &[&str] = &[
    "abs",
    "ceil",
    "exp",
    "floor",
    "ln",
    "sqrt",
    "sgn",
    "timestamp",
    "sort",
    "sort_desc",
    "round",
    "hour",
    "absent",
    "absent",
    "scalar_vector",
    "histogram_count",
];

/// Writes expressions.
pub(super) struct Expressions(Random);

impl Expressions {
    pub(super) fn new(random: Random) -> Self {
        Self(random)
    }

    fn one(&mut self, of: &[&str]) -> String {
        of[self.0.below(of.len())].to_owned()
    }

    fn is(&mut self, in_hundred: usize) -> bool {
        self.0.below(100) < in_hundred
    }

    fn labels(&mut self) -> String {
        let count = self.0.below(4);
        let labels: Vec<String> = (0..count).map(|_| self.one(LABELS)).collect();
        labels.join(", ")
    }

    fn selector(&mut self) -> String {
        let metric = self.one(METRICS);
        let count = [0, 0, 0, 0, 1, 1, 2][self.0.below(7)];
        let matchers: Vec<String> = (0..count)
            .map(|_| {
                let label = self.one(LABELS);
                match self.0.below(5) {
                    0 | 1 => format!("{label}=\"{}\"", self.one(VALUES)),
                    2 => format!("{label}!=\"{}\"", self.one(VALUES)),
                    3 => format!("{label}=~\"{}\"", self.one(REGEXES)),
                    _ => format!("{label}!~\"{}\"", self.one(REGEXES)),
                }
            })
            .collect();
        match matchers.is_empty() {
            true => metric,
            false if self.is(10) => format!("{{__name__=\"{metric}\", {}}}", matchers.join(", ")),
            false => format!("{metric}{{{}}}", matchers.join(", ")),
        }
    }

    fn time(&mut self) -> String {
        match self.0.below(12) {
            0 => " offset 1m".to_owned(),
            1 => " @ end()".to_owned(),
            2 => " @ 1699999900".to_owned(),
            3 => " offset -30s".to_owned(),
            _ => String::new(),
        }
    }

    fn range(&mut self, depth: usize) -> String {
        if depth > 0 && self.is(25) {
            let inner = self.vector(depth - 1);
            return format!("({inner})[3m:30s]{}", self.time());
        }
        format!("{}[2m]{}", self.selector(), self.time())
    }

    fn scalar(&mut self, depth: usize) -> String {
        match self.0.below(8) {
            0 if depth > 0 => format!("scalar({})", self.vector(depth - 1)),
            1 => "time()".to_owned(),
            2 => "pi()".to_owned(),
            3 if depth > 0 => format!("({} > bool {})", self.scalar(0), self.scalar(0)),
            4 => "(2 * 3)".to_owned(),
            _ => self.one(&["0", "1", "2", "40", "0.5", "-1"]),
        }
    }

    fn matching(&mut self, may_group: bool) -> String {
        let how = match self.0.below(5) {
            0 | 1 => format!(" on ({})", self.labels()),
            2 | 3 => format!(" ignoring ({})", self.labels()),
            _ => return String::new(),
        };
        if !may_group || self.is(40) {
            return how;
        }
        let side = self.one(&["group_left", "group_right"]);
        // A label must not be in both lists.
        let included: Vec<String> = self
            .labels()
            .split(", ")
            .filter(|it| !it.is_empty() && (how.contains("ignoring") || !how.contains(*it)))
            .map(str::to_owned)
            .collect();
        format!("{how} {side} ({})", included.join(", "))
    }

    fn aggregation(&mut self, depth: usize) -> String {
        let grouping = match self.0.below(5) {
            0 | 1 => format!(" by ({}) ", self.labels()),
            2 | 3 => format!(" without ({}) ", self.labels()),
            _ => String::new(),
        };
        let operand = self.vector(depth - 1);
        match self.0.below(10) {
            0 => format!("topk{grouping}(2, {operand})"),
            1 => format!(
                "count_values{grouping}(\"{}\", {operand})",
                self.one(&["v", "ns", "pod"])
            ),
            2 => format!("quantile{grouping}({}, {operand})", self.scalar(depth - 1)),
            3 => format!("bottomk{grouping}(1, {operand})"),
            4 => format!("limitk{grouping}(1, {operand})"),
            _ => format!("{}{grouping}({operand})", self.one(AGGREGATIONS)),
        }
    }

    fn replaced(&mut self, depth: usize) -> String {
        let operand = self.vector(depth - 1);
        let (target, source) = (self.one(LABELS), self.one(LABELS));
        if self.is(40) {
            let separator = self.one(&["-", ""]);
            let sources: Vec<String> = (0..self.0.below(3))
                .map(|_| format!(", \"{}\"", self.one(LABELS)))
                .collect();
            return format!(
                "label_join({operand}, \"{target}\", \"{separator}\"{})",
                sources.concat()
            );
        }
        let replacement = self.one(&["$1", "x", "", "a-$1", "${1}b", "$0", "$1$2", "$$"]);
        let regex = self.one(&[
            "(.*)",
            "(.+)",
            ".*",
            "shop|(web)",
            "(.)(.*)",
            "",
            "cache-(\\\\d)",
            "x",
        ]);
        format!(
            "label_replace({operand}, \"{target}\", \"{replacement}\", \"{source}\", \"{regex}\")"
        )
    }

    fn function(&mut self, depth: usize) -> String {
        let operand = self.vector(depth - 1);
        match self.one(FUNCTIONS).as_str() {
            "scalar_vector" => format!("vector({})", self.scalar(depth - 1)),
            name => format!("{name}({operand})"),
        }
    }

    /// An expression whose result is a vector.
    pub(super) fn vector(&mut self, depth: usize) -> String {
        if depth == 0 {
            return format!("{}{}", self.selector(), self.time());
        }
        match self.0.below(20) {
            0..=2 => self.aggregation(depth),
            3 | 4 => {
                let function = self.one(OVER_TIME);
                format!("{function}({})", self.range(depth - 1))
            }
            5 => self.function(depth),
            6 | 7 => self.replaced(depth),
            8 => format!("-({})", self.vector(depth - 1)),
            9 => format!("histogram_quantile(0.9, {})", self.vector(depth - 1)),
            10 => {
                let (vector, scalar) = (self.vector(depth - 1), self.scalar(depth - 1));
                format!("({vector}) {} {scalar}", self.one(ARITHMETIC))
            }
            11 | 12 => {
                let (vector, scalar) = (self.vector(depth - 1), self.scalar(depth - 1));
                let bool = if self.is(30) { "bool " } else { "" };
                let operator = self.one(COMPARISONS);
                match self.is(30) {
                    true => format!("{scalar} {operator} {bool}({vector})"),
                    false => format!("({vector}) {operator} {bool}{scalar}"),
                }
            }
            13 | 14 => {
                let (left, right) = (self.vector(depth - 1), self.vector(depth - 1));
                let operator = self.one(SETS);
                format!("({left}) {operator}{} ({right})", self.matching(false))
            }
            15..=18 => {
                let (left, right) = (self.vector(depth - 1), self.vector(depth - 1));
                let bool = if self.is(30) { " bool" } else { "" };
                match self.is(50) {
                    true => {
                        let operator = self.one(ARITHMETIC);
                        format!("({left}) {operator}{} ({right})", self.matching(true))
                    }
                    false => {
                        let operator = self.one(COMPARISONS);
                        format!("({left}) {operator}{bool}{} ({right})", self.matching(true))
                    }
                }
            }
            _ => format!("{}{}", self.selector(), self.time()),
        }
    }
}
