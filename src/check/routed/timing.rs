//! Times of groups that do not do what they say, and groups that are none.

use crate::diag::{Diagnostic, Place};
use crate::model::stack::{Route, Stack};
use crate::value::duration::Duration;

/// How long Alertmanager remembers what it told, where nothing else is asked of it
/// (`--data.retention`, and `retention` of the operator's Alertmanager).
const RETENTION: Duration = Duration::seconds(120 * 3_600);

/// What a route has, by itself or from those above.
#[derive(Clone, Copy)]
struct Times {
    wait: Duration,
    interval: Duration,
    repeat: Duration,
}

pub(super) fn run(stack: &Stack, acc: &mut Vec<Diagnostic>) {
    let root = &stack.routing.root;
    if let (Some(wait), Some(interval), Some(repeat)) =
        (root.group_wait, root.group_interval, root.repeat_interval)
    {
        let times = Times {
            wait,
            interval,
            repeat,
        };
        route(root, times, acc);
    }
    if root.group_by.as_ref().is_some_and(Vec::is_empty) {
        acc.push(
            Diagnostic::warning(
                "routing/group-by-pitfall",
                Place::Value(root.at.key("groupBy")),
                "all alerts of the stack are one notification",
            )
            .label("no label tells groups apart")
            .note("the page of one instance is a line in the notification about another, which may be hours old")
            .help("write the labels that alerts of one notification share, such as `[alertname, namespace, instance_name]`"),
        );
    }
    for below in &root.routes {
        empty_group_by(below, acc);
    }
}

/// A list without labels does nothing: the route has that of the route above.
fn empty_group_by(route: &Route, acc: &mut Vec<Diagnostic>) {
    if route.group_by.as_ref().is_some_and(Vec::is_empty) {
        acc.push(
            Diagnostic::warning(
                "routing/group-by-pitfall",
                Place::Value(route.at.key("groupBy")),
                "an empty list leaves the groups of the route above",
            )
            .label("without effect")
            .note("Alertmanager reads it as if it were not written")
            .help("remove it, or write a label that all its alerts share, such as `[stack]`"),
        );
    }
    for below in &route.routes {
        empty_group_by(below, acc);
    }
}

fn route(it: &Route, above: Times, acc: &mut Vec<Diagnostic>) {
    let times = Times {
        wait: it.group_wait.unwrap_or(above.wait),
        interval: it.group_interval.unwrap_or(above.interval),
        repeat: it.repeat_interval.unwrap_or(above.repeat),
    };
    let writes_interval = it.group_interval.is_some();
    let writes_repeat = it.repeat_interval.is_some();
    let field = |name: &str| Place::Value(it.at.key(name));
    // What the route above says too is said there.
    if (it.group_wait.is_some() || writes_interval) && times.wait > times.interval {
        acc.push(
            Diagnostic::warning(
                "routing/timing-inconsistent",
                field(match it.group_wait {
                    Some(_) => "groupWait",
                    None => "groupInterval",
                }),
                format!(
                    "a new group waits {}, and a change of it only {}",
                    times.wait, times.interval
                ),
            )
            .label("`groupWait` is longer than `groupInterval`")
            .note("the first word of a problem comes later than the next ones")
            .help("make `groupWait` shorter than `groupInterval`"),
        );
    }
    let after = times.repeat.rounded_up_to(times.interval);
    if (writes_interval || writes_repeat) && after != times.repeat {
        let name = match writes_repeat {
            true => "repeatInterval",
            false => "groupInterval",
        };
        acc.push(
            Diagnostic::warning(
                "routing/timing-inconsistent",
                field(name),
                format!("it is told again after {after}, not after {}", times.repeat),
            )
            .label(format!(
                "`repeatInterval` is no multiple of `groupInterval`, {}",
                times.interval
            ))
            .note("Alertmanager looks at a group once in `groupInterval`, and repeats no earlier")
            .help(format!("write `repeatInterval: {after}`")),
        );
    } else if writes_repeat && times.repeat > RETENTION {
        acc.push(
            Diagnostic::warning(
                "routing/timing-inconsistent",
                field("repeatInterval"),
                format!("it is told again after {RETENTION}, not after {}", times.repeat),
            )
            .label("longer than Alertmanager remembers")
            .note("it forgets what it told after `--data.retention`, which is 120h where nothing else is set")
            .help("write `5d` or less, or accept this if the Alertmanager has a longer retention"),
        );
    }
    for below in &it.routes {
        route(below, times, acc);
    }
}
