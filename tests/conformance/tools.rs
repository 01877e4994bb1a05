//! Where the tools and the data of the checks are. Nothing here runs or changes them.

use std::env;
use std::io::Write as _;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::thread;

/// Finds a tool among those of the project, then on the `PATH`.
#[track_caller]
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let paths = env::var_os("PATH").unwrap_or_default();
    let mut folders = vec![folder("bin")];
    folders.extend(env::split_paths(&paths));
    found(name, &folders)
}

/// Finds a tool in the newer of the two versions that the project is checked with.
#[track_caller]
pub(crate) fn next_tool(name: &str) -> Option<PathBuf> {
    let path = folder("bin-next").join(name);
    present(path, &format!("the next {name}"))
}

/// Finds the Python that has the packages of the checks.
#[track_caller]
pub(crate) fn python() -> Option<PathBuf> {
    present(folder("venv/bin").join("python3"), "the checks' Python")
}

/// Finds the linter of workflows.
#[track_caller]
pub(crate) fn zizmor() -> Option<PathBuf> {
    present(folder("venv/bin").join("zizmor"), "zizmor")
}

/// Finds the schema of SARIF.
#[track_caller]
pub(crate) fn sarif_schema() -> Option<PathBuf> {
    let path = folder("sarif").join("sarif-schema-2.1.0.json");
    present(path, "the schema of SARIF")
}

/// Finds a file or a folder below the one that `OBSGEN_CONFORMANCE` names.
#[track_caller]
pub(crate) fn data(path: &str) -> Option<PathBuf> {
    match env::var_os("OBSGEN_CONFORMANCE") {
        Some(root) => present(Path::new(&root).join(path), path),
        None => missing(&format!("{path} (below the folder OBSGEN_CONFORMANCE)")),
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/tools")
        .join(name)
}

#[track_caller]
fn found(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    let mut paths = folders.iter().map(|it| it.join(&file));
    match paths.find(|it| it.is_file()) {
        Some(path) => Some(path),
        None => missing(name),
    }
}

#[track_caller]
fn present(path: PathBuf, what: &str) -> Option<PathBuf> {
    if path.exists() {
        Some(path)
    } else {
        missing(what)
    }
}

/// Says that a check is left out, or fails where everything has to be here.
#[track_caller]
pub(crate) fn missing(what: &str) -> Option<PathBuf> {
    let thread = thread::current();
    let check = match thread.name() {
        // Threads are named after their test, unless there is only one.
        Some(name) if name != "main" => name.to_owned(),
        _ => Location::caller().to_string(),
    };
    assert!(
        env::var_os("OBSGEN_REQUIRE_TOOLS").is_none_or(|it| it != "1"),
        "{what} is not here, and OBSGEN_REQUIRE_TOOLS=1 does not let {check} be left out"
    );
    // Written past the test harness, which would keep it from whoever wants to know.
    let _ = writeln!(std::io::stderr(), "skipped: {what} is not here: {check}");
    None
}
