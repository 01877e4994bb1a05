//! Logins that travel between nodes unencrypted.

use crate::check::Check;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::value::url::HttpUrl;

pub(super) static CHECK: Check = Check {
    names: &["platform/login-in-the-open"],
    run,
};

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    let telemetry = &stack.telemetry;
    let logging = telemetry.logging.as_ref().map(|it| &it.elasticsearch);
    let tracing = telemetry.tracing.as_ref().map(|it| &it.elasticsearch);
    let Some(elasticsearch) = logging.or(tracing).filter(|it| it.login.is_some()) else {
        return;
    };
    in_the_open("elasticsearch", &elasticsearch.url, "Elasticsearch", acc);
    if let Some(kibana) = &telemetry.kibana {
        in_the_open("kibana", &kibana.url, "Kibana", acc);
    }
}

fn in_the_open(field: &str, url: &HttpUrl, who: &str, acc: &mut Vec<Diagnostic>) {
    if url.is_encrypted() {
        return;
    }
    acc.push(
        Diagnostic::warning(
            "platform/login-in-the-open",
            Place::Value(FieldPath::spec(&["platform", field, "url"])),
            format!("the login travels to {who} unencrypted"),
        )
        .note("whoever reads the traffic between the nodes can write and delete what is stored")
        .help("use its `https` address, with `ca`"),
    );
}
