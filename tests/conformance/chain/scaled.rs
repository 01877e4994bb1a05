//! Waiting times, scaled down: of rules as data, of the routing tree, of monitors. What a rule
//! compares with stays as it is, but for the uptime of a server, since that is a waiting time too.

use std::time::Duration;

use promql_parser::parser::{self, Expr, Offset, VectorSelector};
use promql_parser::util::{display_duration, parse_duration};
use serde_json::{Value, json};

/// The metric whose value is the time since a start.
const UPTIME: &str = "redis_uptime_in_seconds";

/// By how much every waiting time is divided.
#[derive(Clone, Copy)]
pub(super) struct Factor(pub(super) u32);

impl Factor {
    /// The rules file that the objects mean.
    pub(super) fn rules(self, objects: &[&Value]) -> Value {
        let mut groups = Vec::new();
        for group in objects.iter().flat_map(|it| list(&it["spec"]["groups"])) {
            let mut group = group.clone();
            self.fields(&mut group, &["interval"]);
            for rule in group["rules"].as_array_mut().expect("a group has rules") {
                self.fields(rule, &["for", "keep_firing_for"]);
                let expression = rule["expr"].as_str().expect("a rule has an expression");
                rule["expr"] = json!(self.expression(expression));
            }
            groups.push(group);
        }
        json!({ "groups": groups })
    }

    /// The times of a route and of all below it.
    pub(super) fn route(self, route: &mut Value) {
        self.fields(route, &["group_wait", "group_interval", "repeat_interval"]);
        let below = route.get_mut("routes").and_then(Value::as_array_mut);
        for route in below.into_iter().flatten() {
            self.route(route);
        }
    }

    /// A duration in the notation of Prometheus.
    pub(super) fn duration(self, written: &str) -> String {
        display_duration(&self.divided(parse_duration(written).expect("a duration")))
    }

    fn fields(self, object: &mut Value, names: &[&str]) {
        for name in names {
            if let Some(written) = object.get(*name).and_then(Value::as_str) {
                object[*name] = json!(self.duration(written));
            }
        }
    }

    fn divided(self, duration: Duration) -> Duration {
        let divided = duration / self.0;
        assert!(divided.as_millis() > 0, "{duration:?} is too short");
        Duration::from_millis(u64::try_from(divided.as_millis()).expect("below centuries"))
    }

    fn expression(self, written: &str) -> String {
        let mut expression = parser::parse(written).expect("PromQL");
        self.scale(&mut expression);
        let scaled = expression.to_string();
        let read = parser::parse(&scaled).expect("what is printed is PromQL");
        assert_eq!(read, expression, "{written} does not survive as {scaled}");
        scaled
    }

    fn scale(self, expression: &mut Expr) {
        match expression {
            Expr::Aggregate(it) => {
                self.scale(&mut it.expr);
                if let Some(parameter) = &mut it.param {
                    self.scale(parameter);
                }
            }
            Expr::Unary(it) => self.scale(&mut it.expr),
            Expr::Binary(it) => {
                match (&*it.lhs, &mut *it.rhs) {
                    (Expr::VectorSelector(left), Expr::NumberLiteral(right))
                        if left.name.as_deref() == Some(UPTIME) =>
                    {
                        right.val /= f64::from(self.0);
                    }
                    _ => self.scale(&mut it.rhs),
                }
                self.scale(&mut it.lhs);
            }
            Expr::Paren(it) => self.scale(&mut it.expr),
            Expr::Subquery(it) => {
                self.scale(&mut it.expr);
                it.range = self.divided(it.range);
                it.step = it.step.map(|it| self.divided(it));
                self.offset(&mut it.offset);
            }
            Expr::VectorSelector(it) => self.selector(it),
            Expr::MatrixSelector(it) => {
                self.selector(&mut it.vs);
                it.range = self.divided(it.range);
            }
            Expr::Call(it) => {
                for argument in &mut it.args.args {
                    self.scale(argument);
                }
            }
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) => {}
            Expr::Extension(_) => panic!("the parser makes no extension"),
        }
    }

    fn selector(self, selector: &mut VectorSelector) {
        assert!(selector.at.is_none(), "a moment cannot be scaled");
        // They are printed in this order, and compared with what is printed.
        let matchers = &mut selector.matchers.matchers;
        matchers.sort_by_key(ToString::to_string);
        self.offset(&mut selector.offset);
    }

    fn offset(self, offset: &mut Option<Offset>) {
        *offset = offset.take().map(|it| match it {
            Offset::Pos(it) => Offset::Pos(self.divided(it)),
            Offset::Neg(it) => Offset::Neg(self.divided(it)),
        });
    }
}

pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[test]
fn times_are_scaled_and_nothing_else() {
    let scaled = |it: &str| Factor(30).expression(it);
    assert_eq!(
        scaled(r#"rate(a{b=~"x\\.5m"}[5m] offset 1h) > 300"#),
        r#"rate(a{b=~"x\\.5m"}[10s] offset 2m) > 300"#
    );
    assert_eq!(
        scaled("redis_uptime_in_seconds{c=\"d\"} < 300"),
        "redis_uptime_in_seconds{c=\"d\"} < 10"
    );
    assert_eq!(
        scaled("max_over_time(sum by (a) (b)[15m:1m]) unless on (a) c{d!=\"15m\"}"),
        "max_over_time(sum by (a) (b)[30s:2s]) unless on (a) c{d!=\"15m\"}"
    );
    assert_eq!(Factor(30).duration("1m15s"), "2s500ms");
    let mut route = json!({ "group_wait": "30s", "routes": [{ "repeat_interval": "4h" }] });
    Factor(30).route(&mut route);
    assert_eq!(
        route,
        json!({ "group_wait": "1s", "routes": [{ "repeat_interval": "8m" }] })
    );
}
