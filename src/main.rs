//! The command line.

fn main() -> std::process::ExitCode {
    obsgen::cli::run()
}
