//! The labels that every alert of a stack carries: those of the series that it fires for, and those that
//! its rule gives it.

use crate::model::stack::Stack;
use crate::plan::{Content, Plan};
use crate::promql::Series;
use crate::promql::flow::flow;
use crate::promql::read::Reader;
use crate::promql::shape::{Label, Shape, Values};
use crate::prove::expressions::Expressions;

/// The label that Prometheus itself gives an alert.
const ALERTNAME: &str = "alertname";
/// The label under which a series has the name of its metric, which no alert keeps.
const NAME: &str = "__name__";

/// An alerting rule, and what is known of the labels of its alerts when Prometheus fires them. What it adds
/// when it sends them, its external labels, is not among them.
#[derive(Debug, Clone)]
pub struct Carried {
    /// The name of the alert.
    pub alert: String,
    /// Its labels.
    pub shape: Shape,
}

/// The labels of the alerts of every alerting rule of a plan.
pub fn labels_of(stack: &Stack, plan: &Plan) -> Vec<Carried> {
    labels_of_those(stack, plan, |_| true)
}

/// The labels of the alerts of the alerting rules of a plan that have a name which is wanted.
pub fn labels_of_those(
    stack: &Stack,
    plan: &Plan,
    is_wanted: impl Fn(&str) -> bool,
) -> Vec<Carried> {
    let expressions = Expressions::of(stack, plan);
    let mut carried = Vec::new();
    for (_, file) in plan.files() {
        let Content::Objects(objects) = &file.content else {
            continue;
        };
        for rules in objects
            .iter()
            .filter(|it| it.object.kind() == "PrometheusRule")
        {
            let groups = rules.object.value()["spec"]["groups"].as_array();
            let rules = groups
                .into_iter()
                .flatten()
                .flat_map(|it| it["rules"].as_array().into_iter().flatten());
            for rule in rules {
                if let Some(alert) = rule["alert"].as_str().filter(|it| is_wanted(it)) {
                    let labels = rule["labels"].as_object().into_iter().flatten();
                    let labels =
                        labels.filter_map(|(name, it)| Some((name.as_str(), it.as_str()?)));
                    let expression = rule["expr"].as_str().unwrap_or_default();
                    carried.push(Carried {
                        alert: alert.to_owned(),
                        shape: shape(alert, expression, labels, &expressions.known),
                    });
                }
            }
        }
    }
    carried
}

fn shape<'a>(
    alert: &'a str,
    expression: &str,
    labels: impl Iterator<Item = (&'a str, &'a str)>,
    series: &dyn Series,
) -> Shape {
    // One that cannot be read is refused elsewhere, and that of a huge class is not looked into.
    let mut shape = match Reader::default().read(expression) {
        Ok(expression) => match flow(&expression, series).flow {
            // What never fires may be corrected to carry anything.
            flow if flow.is_empty => Shape::unknown(),
            flow => flow.shape,
        },
        Err(_) => Shape::unknown(),
    };
    shape.drop(NAME);
    for (name, value) in labels.chain([(ALERTNAME, alert)]) {
        shape.set(name, Label::always(Values::one(value)));
    }
    shape
}
