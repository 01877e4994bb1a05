//! `obsgen push`: bring the tree of a stack to a registry.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use regex::Regex;

use crate::cli::Outcome;
use crate::cli::stacks::{compile_at, policies};
use crate::cli::terminal::{count, plural, print, say, show_findings};
use crate::diag::secret;
use crate::push::artifact::{Artifact, Kind, Origin};
use crate::push::credentials::Credentials;
use crate::push::reference::{LATEST, Reference, check_tag};
use crate::push::{Way, push};
use crate::render::render;
use crate::{files, write};

/// Push the tree of a stack to a registry, as an artifact for Flux or Argo CD
#[derive(Debug, Args)]
#[command(
    override_usage = "obsgen push [OPTIONS] <STACK> <REFERENCE>\n       obsgen push [OPTIONS] <STACK> --file <PATH>",
    after_help = "\
Examples:
  obsgen push stacks/prod oci://ghcr.io/example/observability/prod
  obsgen push stacks/prod oci://ghcr.io/example/prod --tag \"$(git rev-parse --short HEAD)\"
  obsgen push stacks/prod oci://registry.example.com/prod --media-type oci --ca-file company.pem
  obsgen push stacks/prod --file prod.tar      for `oras cp --from-oci-layout prod.tar:latest`
  cosign sign \"$(obsgen push stacks/prod oci://ghcr.io/example/prod | sed s,oci://,,)\"

The digest that it prints names the artifact whatever becomes of its tags. The same stack has the
same digest on every machine, and what the registry has is not uploaded again.

The login is that of `docker login` (DOCKER_CONFIG, else ~/.docker/config.json), or that in
OBSGEN_REGISTRY_USERNAME and OBSGEN_REGISTRY_PASSWORD. Helpers for credentials are programs, and
none is run. SSL_CERT_FILE is read where `--ca-file` is not given; HTTPS_PROXY and NO_PROXY are
as elsewhere."
)]
pub(super) struct Push {
    /// A folder with an observability.yaml, or the file
    #[arg(value_name = "STACK")]
    stack: PathBuf,
    /// Where to: oci://HOST[:PORT]/NAME[:TAG]; without a tag, `latest`
    #[arg(value_name = "REFERENCE", required_unless_present = "file")]
    reference: Option<String>,
    /// Write the artifact to a file instead, as an OCI image layout in a tar; never replaces another
    #[arg(
        long,
        value_name = "PATH",
        conflicts_with_all = ["reference", "plain_http", "ca_file", "timeout"]
    )]
    file: Option<PathBuf>,
    /// Whose types it has: Flux takes both, Argo CD without configuration only `oci`
    #[arg(long, value_enum, default_value_t = MediaType::Flux)]
    media_type: MediaType,
    /// A further tag
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// The repository that the stack is of, as an annotation
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    source: Option<String>,
    /// The revision in it, as an annotation; Flux writes `main@sha1:COMMIT`
    #[arg(long, value_name = "REVISION", value_parser = NonEmptyStringValueParser::new())]
    revision: Option<String>,
    /// When it was made, as an annotation (RFC 3339); nothing asks the clock for it
    #[arg(long, value_name = "TIME")]
    created: Option<String>,
    /// Speak HTTP without encryption; with this machine that is so unless `=false` is added
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    plain_http: Option<bool>,
    /// The certificates of the authorities that are trusted, in PEM, instead of those that browsers trust
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// How long the registry may take for one answer
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum MediaType {
    /// Those that `flux push artifact` writes
    Flux,
    /// Those of an image's layer
    Oci,
}

impl Push {
    pub(super) fn run(&self) -> Outcome {
        match self.pushed() {
            Ok(outcome) => outcome,
            Err(error) => {
                say(&format!("error: {error}"));
                Outcome::Run
            }
        }
    }

    fn pushed(&self) -> Result<Outcome, String> {
        let reference = match &self.reference {
            Some(text) => Some(
                Reference::parse(text)
                    .map_err(|it| format!("this is no place to push to: {it}"))?,
            ),
            None => None,
        };
        for tag in &self.tag {
            check_tag(tag)?;
        }
        let origin = self.origin()?;
        let Some(policies) = policies(&self.stack) else {
            return Ok(Outcome::Run);
        };
        let [policy] = policies.as_slice() else {
            return Err(format!(
                "there are several stacks below `{}`; name one, since each is an artifact of its own",
                self.stack.display()
            ));
        };
        let Some(compilation) = compile_at(policy) else {
            return Ok(Outcome::Run);
        };
        show_findings(&compilation.findings, &compilation.document);
        let Some((_, plan)) = &compilation.output else {
            say(&format!(
                "{}: {}; nothing is pushed",
                policy.display(),
                count(&compilation)
            ));
            return Ok(Outcome::Policy);
        };
        let kind = match self.media_type {
            MediaType::Flux => Kind::Flux,
            MediaType::Oci => Kind::Oci,
        };
        let artifact = Artifact::of(&render(plan), kind, &origin).map_err(|it| it.to_string())?;
        match (&reference, &self.file) {
            (Some(reference), _) => self.to_registry(&artifact, reference),
            (None, Some(path)) => self.to_file(&artifact, path),
            // The command line has one of them.
            (None, None) => Ok(Outcome::Run),
        }
    }

    fn to_registry(&self, artifact: &Artifact, reference: &Reference) -> Result<Outcome, String> {
        let is_plain = self.plain_http.unwrap_or(reference.is_local());
        let way = Way {
            plain_http: self.plain_http,
            authorities: if is_plain { None } else { self.authorities()? },
            timeout: Duration::from_secs(self.timeout),
        };
        let credentials = credentials(reference)?;
        let pushed = push(artifact, reference, &self.tag, &credentials, &way)
            .map_err(|it| it.to_string())?;
        say(&format!(
            "{}/{}: {} uploaded, {} there already; {} moved",
            reference.registry(),
            reference.name(),
            plural(pushed.uploaded, "blob"),
            pushed.present,
            plural(pushed.moved, "tag"),
        ));
        let line = reference.with_digest(&artifact.manifest.digest);
        Ok(print(format!("{line}\n").as_bytes()))
    }

    fn to_file(&self, artifact: &Artifact, path: &Path) -> Result<Outcome, String> {
        let tags = match self.tag.is_empty() {
            true => vec![LATEST.to_owned()],
            false => self.tag.clone(),
        };
        let layout = artifact.layout(&tags).map_err(|it| it.to_string())?;
        let is_new = write::create_or_keep(path, &layout).map_err(|it| it.to_string())?;
        let what = if is_new { "written" } else { "unchanged" };
        say(&format!("{}: {what}", path.display()));
        let line = format!("{}@{}\n", path.display(), artifact.manifest.digest);
        Ok(print(line.as_bytes()))
    }

    /// What is said of where the stack comes from, which everybody who may pull can read.
    fn origin(&self) -> Result<Origin, String> {
        for (option, value) in [("--source", &self.source), ("--revision", &self.revision)] {
            let Some(value) = value else { continue };
            if value.chars().any(char::is_control) {
                return Err(format!(
                    "`{option}` has a line break or another control character in it; leave it out"
                ));
            }
            if holds_user(value) || !secret::in_text(value).is_empty() {
                return Err(format!(
                    "`{option}` holds a user, a password or a token, and everybody who pulls the artifact could read \
                     it; write the address without"
                ));
            }
        }
        if let Some(created) = &self.created {
            let time = Regex::new(
                r"^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$",
            )
            .expect("a constant");
            if !time.is_match(created) {
                return Err(
                    "`--created` is no time as RFC 3339 has it; write it as `2026-01-31T12:00:00Z`, such as \
                     `git log -1 --format=%cI` gives"
                        .to_owned(),
                );
            }
        }
        Ok(Origin {
            source: self.source.clone(),
            revision: self.revision.clone(),
            created: self.created.clone(),
        })
    }

    fn authorities(&self) -> Result<Option<String>, String> {
        let (path, name) = match &self.ca_file {
            Some(path) => (path.clone(), "--ca-file"),
            None => match variable("SSL_CERT_FILE") {
                Some(path) => (PathBuf::from(path), "SSL_CERT_FILE"),
                None => return Ok(None),
            },
        };
        match files::named(&path) {
            Ok(Some(text)) => Ok(Some(text)),
            Ok(None) => Err(format!(
                "there is no file `{}`, which `{name}` names",
                path.display()
            )),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The credential of a registry: what is given for this run, else what `docker login` wrote.
fn credentials(reference: &Reference) -> Result<Credentials, String> {
    const USER: &str = "OBSGEN_REGISTRY_USERNAME";
    const PASSWORD: &str = "OBSGEN_REGISTRY_PASSWORD";
    match (variable(USER), variable(PASSWORD)) {
        (Some(user), Some(password)) => return Ok(Credentials::Password { user, password }),
        (Some(_), None) => {
            return Err(format!(
                "{USER} is set, and {PASSWORD} is not; set both, or none"
            ));
        }
        (None, Some(_)) => {
            return Err(format!(
                "{PASSWORD} is set, and {USER} is not; set both, or none"
            ));
        }
        (None, None) => {}
    }
    let folder = match variable("DOCKER_CONFIG") {
        Some(folder) => PathBuf::from(folder),
        None => match std::env::home_dir() {
            Some(home) => home.join(".docker"),
            None => return Ok(Credentials::None),
        },
    };
    let path = folder.join("config.json");
    match files::named(&path) {
        Ok(Some(text)) => {
            Credentials::of(reference, &text).map_err(|what| format!("`{}` {what}", path.display()))
        }
        Ok(None) => Ok(Credentials::None),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether an address has a user in it; that of SSH has one without a password.
fn holds_user(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority
        .rsplit_once('@')
        .is_some_and(|(user, _)| !matches!(scheme, "ssh" | "git+ssh") || user.contains(':'))
}

/// A variable of the environment, if it is set to something.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line reads the environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}
