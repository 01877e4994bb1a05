//! `obsgen completion`: completions for shells.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::cli::terminal::print;
use crate::cli::{Arguments, Outcome};

/// Print the completion of the command line for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  obsgen completion bash > ~/.local/share/bash-completion/completions/obsgen
  obsgen completion zsh > ~/.zfunc/_obsgen
  obsgen completion fish > ~/.config/fish/completions/obsgen.fish")]
pub(super) struct Completion {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

impl Completion {
    pub(super) fn run(&self) -> Outcome {
        let mut text = Vec::new();
        generate(self.shell, &mut Arguments::command(), "obsgen", &mut text);
        print(&text)
    }
}
