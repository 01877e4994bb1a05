//! `obsgen explain alert`: the expression of an alert as it is delivered, what its parameters are and
//! where they come from, and what is proved of it.

use std::collections::BTreeSet;

use clap::Args;

use crate::alerts::find;
use crate::catalog;
use crate::cli::Outcome;
use crate::cli::explain::route::{STACK, chosen, indented};
use crate::cli::explain::{In, table, threshold, wrong};
use crate::cli::terminal::{located, print, say};
use crate::diag::path::FieldPath;
use crate::diag::{Place, did_you_mean, text};
use crate::model::stack::{Instance, Stack};
use crate::promql::read::{Reader, metrics};
use crate::prove::routed::Routed;
use crate::prove::routed::subjects::{Rule, rules};
use crate::prove::series::World;
use crate::read::Document;
use crate::read::origin::Layers;

/// Print an alert of an instance: its expression as it is delivered, its parameters with the place
/// that says each, who exports and scrapes what it asks for, and who is told
///
/// An alert about the stack, or of your own, is one of no instance: leave it out.
#[derive(Debug, Args)]
pub(super) struct OfAlert {
    /// The alert
    alert: String,
    /// The instance; left out for an alert about the stack and for one of your own
    #[arg(default_value = STACK, hide_default_value = true)]
    instance: String,
    #[command(flatten)]
    of: In,
}

impl OfAlert {
    pub(super) fn run(&self) -> Outcome {
        let Some(compiled) = self.of.compile() else {
            return Outcome::Run;
        };
        let mut answer = String::new();
        let mut refusal = Vec::new();
        for (policy, compilation) in &compiled {
            let Some((stack, plan)) = &compilation.output else {
                return wrong(policy, compilation);
            };
            let rules = rules(stack, plan);
            let Some(of_alert) = rules.get(self.alert.as_str()) else {
                let names: Vec<&str> = rules.keys().copied().collect();
                refusal = vec![
                    format!("{policy} has no alert `{}`", self.alert),
                    did_you_mean(&self.alert, &names),
                ];
                continue;
            };
            let chosen = match chosen(&self.instance, &self.alert, stack, of_alert) {
                Ok(chosen) => chosen,
                Err([what, help]) => {
                    let about_stack = self.instance == STACK;
                    let help = match about_stack {
                        true => format!("write `obsgen explain alert {} INSTANCE`", self.alert),
                        false => help,
                    };
                    refusal = vec![what, help];
                    continue;
                }
            };
            let world = World::of(stack, plan);
            let routed = Routed::of(stack, plan);
            let document = &compilation.document;
            for (rule, instance) in chosen {
                answer.push_str(&format!("{policy}\n"));
                answer.push_str(&self.parameters(stack, instance, document));
                answer.push_str(&format!("  expression\n{}", indented(&indented(rule.expr))));
                let mut rows = scraped(rule, stack, instance, &world);
                rows.push(self.told(rule, instance, routed.as_ref()));
                answer.push_str(&format!("  proofs\n{}", indented(&table(&rows))));
            }
        }
        if answer.is_empty() {
            let [what, help] = refusal.as_slice() else {
                return Outcome::Run;
            };
            say(&format!("error: {what}"));
            say(&format!("help: {help}"));
            return Outcome::Run;
        }
        print(text::said(&answer).as_bytes())
    }

    /// What it is, and where its parameters come from.
    fn parameters(
        &self,
        stack: &Stack,
        instance: Option<&Instance>,
        document: &Document,
    ) -> String {
        if let Some(custom) = stack.custom.iter().find(|it| it.name == self.alert) {
            let for_ = custom
                .for_
                .map_or_else(|| "at once".to_owned(), |it| format!("for {it}"));
            let at = FieldPath::spec(&["alerts", "custom", &custom.name]);
            return format!(
                "  {} of your own: {for_}, severity {}, team {}  {}\n",
                custom.name,
                custom.severity.name(),
                custom.team,
                located(&Place::Key(at), document)
            );
        }
        match (find(&self.alert), instance) {
            (Some(alert), Some(instance)) => {
                let layers = Layers::of(document);
                threshold::explained(alert, instance, stack, &layers, document)
            }
            (Some(alert), None) => {
                let used = crate::alerts::parameters::built_in(alert);
                format!(
                    "  {} of the stack: {}\n",
                    alert.name,
                    threshold::in_words(alert, used)
                )
            }
            (None, _) => String::new(),
        }
    }

    fn told(
        &self,
        rule: &Rule<'_>,
        instance: Option<&Instance>,
        routed: Option<&Routed<'_>>,
    ) -> Vec<String> {
        let labels = rule.labels(&self.alert, instance);
        let receivers = routed.map_or_else(BTreeSet::new, |it| {
            it.receivers(&it.delivered.taken(&labels))
        });
        let receivers: Vec<&str> = receivers.into_iter().collect();
        let name = instance.map_or(STACK, |it| it.name.as_str());
        row(
            "routed",
            "",
            match receivers.is_empty() {
                true => "to nobody".to_owned(),
                false => format!(
                    "proved: to {}; `obsgen explain route {name} {}` shows the way",
                    receivers.join(", "),
                    self.alert
                ),
            },
        )
    }
}

fn row(what: &str, of: &str, verdict: String) -> Vec<String> {
    vec![what.to_owned(), of.to_owned(), verdict]
}

/// Where each metric of an expression comes from, for an instance if there is one.
fn scraped(
    rule: &Rule<'_>,
    stack: &Stack,
    instance: Option<&Instance>,
    world: &World,
) -> Vec<Vec<String>> {
    let read = Reader::default().read(rule.expr);
    let asked = read.map(|it| metrics(&it)).unwrap_or_default();
    if asked.is_empty() {
        return vec![row(
            "scraped",
            "",
            "proved: it asks for no metric".to_owned(),
        )];
    }
    let verdict = |name: &str| {
        if let Some(recorded) = world.recorded(name) {
            let every = recorded
                .interval
                .map_or_else(String::new, |it| format!(", every {it}"));
            return format!("proved: a rule of `{}` records it{every}", stack.name);
        }
        if world.is_external(name) {
            return "assumed: the policy says that something else exports it".to_owned();
        }
        for metric in catalog::metrics(name) {
            let classes = world.exporting(metric).into_iter();
            let classes: Vec<_> = classes
                .filter(|it| instance.is_none_or(|instance| it.is_of(instance)))
                .collect();
            let monitors: BTreeSet<&str> = classes
                .iter()
                .flat_map(|it| it.monitors.iter().map(String::as_str))
                .collect();
            if !monitors.is_empty() {
                let monitors: Vec<&str> = monitors.into_iter().collect();
                let who = classes.first().map_or(metric.exporter, |it| it.exporter);
                return format!(
                    "proved: {}, scraped by {}, selected by Prometheus",
                    who.name(),
                    monitors.join(", ")
                );
            }
        }
        "assumed: what the cluster runs exports it, and no monitor of this stack scrapes it"
            .to_owned()
    };
    asked
        .iter()
        .map(|it| row("scraped", it, verdict(it)))
        .collect()
}
