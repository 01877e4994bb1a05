//! `obsgen man`: the manual page.

use std::io;

use clap::{Args, Command, CommandFactory};
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::terminal::{print, say};
use crate::cli::{Arguments, EXIT_CODES, Outcome};

/// Files that people meet.
const FILES: &[(&str, &str)] = &[
    (
        "observability.yaml",
        "The policy of a stack, in the stack's folder.",
    ),
    ("build/STACK/", "The Kustomize tree that is written of it."),
    (
        "build/STACK/obsgen.lock",
        "Path, digest and owner of every file that obsgen wrote there; it touches no other.",
    ),
    (
        "observability.schema.json",
        "The JSON Schema of the policy, for editors: the output of `obsgen schema`.",
    ),
];

/// Where one begins.
const EXAMPLES: &[(&str, &str)] = &[
    ("obsgen init stacks/prod", "A policy to fill in."),
    (
        "obsgen init stacks/prod --from manifests",
        "A policy of the Redis resources that are there already.",
    ),
    (
        "obsgen check stacks/prod",
        "What is wrong with it, and what to write instead.",
    ),
    ("obsgen build stacks/prod", "The tree, in build/prod."),
    (
        "kubectl apply -k build/prod",
        "Its delivery, where neither Argo CD nor Flux does it.",
    ),
];

/// Print the manual page, of all or of one verb
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  obsgen man > /usr/local/share/man/man1/obsgen.1
  obsgen man check | man -l -")]
pub(super) struct Man {
    /// A verb; without it, the page of all
    #[arg(value_name = "VERB")]
    verb: Option<String>,
}

impl Man {
    pub(super) fn run(&self) -> Outcome {
        let mut all = Arguments::command();
        all.build();
        let page = match &self.verb {
            None => whole(&all),
            Some(verb) => match all.find_subcommand(verb) {
                Some(one) => of_verb(one),
                None => {
                    say(&format!(
                        "error: there is no verb `{verb}`; `obsgen --help` lists them"
                    ));
                    return Outcome::Run;
                }
            },
        };
        match page {
            Ok(text) => print(&text),
            Err(error) => {
                say(&format!("error: {error}"));
                Outcome::Run
            }
        }
    }
}

/// The page of the program: all verbs, with their options.
fn whole(all: &Command) -> io::Result<Vec<u8>> {
    let page = clap_mangen::Man::new(all.clone().after_help(None));
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    let mut verbs = Roff::new();
    verbs.control("SH", ["VERBS"]);
    describe_below(all, "", &mut verbs);
    verbs.to_writer(&mut text)?;
    list("EXIT STATUS", EXIT_CODES).to_writer(&mut text)?;
    list("FILES", FILES).to_writer(&mut text)?;
    list("EXAMPLES", EXAMPLES).to_writer(&mut text)?;
    Ok(text)
}

/// Describes the verbs below a command, and those below each of them, as they are typed.
fn describe_below(command: &Command, typed: &str, acc: &mut Roff) {
    for verb in command.get_subcommands() {
        if verb.get_name() == "help" {
            continue;
        }
        let typed = format!("{typed} {}", verb.get_name());
        let about = verb.get_about().map(ToString::to_string);
        acc.control("SS", [typed.trim_start()]);
        acc.text([roman(about.unwrap_or_default() + ".")]);
        let takes = verb.get_arguments().filter(|it| it.get_id() != "help");
        for argument in takes {
            let help = argument.get_help().map(ToString::to_string);
            acc.control("TP", []);
            acc.text([bold(shown(argument))]);
            acc.text([roman(help.unwrap_or_default() + ".")]);
        }
        describe_below(verb, &typed, acc);
    }
}

fn of_verb(verb: &Command) -> io::Result<Vec<u8>> {
    let examples = verb.get_after_help().map(ToString::to_string);
    let page = clap_mangen::Man::new(verb.clone().after_help(None));
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if verb.has_subcommands() {
        let mut verbs = Roff::new();
        verbs.control("SH", ["VERBS"]);
        describe_below(verb, verb.get_name(), &mut verbs);
        verbs.to_writer(&mut text)?;
    }
    list("EXIT STATUS", EXIT_CODES).to_writer(&mut text)?;
    if let Some(examples) = examples {
        let mut section = Roff::new();
        section.control("SH", ["EXAMPLES"]);
        section.control("nf", []);
        for line in examples.lines().skip(1) {
            section.text([roman(line.trim_start())]);
        }
        section.control("fi", []);
        section.to_writer(&mut text)?;
    }
    Ok(text)
}

fn list(title: &str, entries: &[(&str, &str)]) -> Roff {
    let mut section = Roff::new();
    section.control("SH", [title]);
    for (term, meaning) in entries {
        section.control("TP", []);
        section.text([bold(*term)]);
        section.text([roman(*meaning)]);
    }
    section
}

/// An argument as it is typed.
fn shown(argument: &clap::Arg) -> String {
    let value = match argument.get_action().takes_values() {
        true => argument.get_value_names().unwrap_or_default().join(" "),
        false => String::new(),
    };
    let long = argument.get_long().map(|it| format!("--{it}"));
    let short = argument.get_short().map(|it| format!("-{it}"));
    let flags: Vec<String> = short.into_iter().chain(long).collect();
    match (flags.is_empty(), value.is_empty()) {
        (true, _) => value,
        (false, true) => flags.join(", "),
        (false, false) => format!("{} {value}", flags.join(", ")),
    }
}
