//! Pages for people, from templates.
//!
//! The delimiters are `<< >>`, `<% %>` and `<# #>`: Prometheus, Alertmanager and Grafana all use
//! braces, and pages quote them.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value;

/// Fills in a page. The templates are the program's own and a test fills in each of them, so one
/// that fails is a defect of the program.
pub fn page(name: &str, template: &str, context: &Value) -> String {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .block_delimiters("<%", "%>")
        .variable_delimiters("<<", ">>")
        .comment_delimiters("<#", "#>")
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .expect("the delimiters differ");
    environment.set_syntax(syntax);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // Pages are Markdown for people; nothing in them is executed or parsed.
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    match environment.render_named_str(name, template, Serde(context)) {
        Ok(text) => text,
        Err(error) => unreachable!("the template {name} does not render: {error}"),
    }
}
