//! Why nothing, or not all, was pushed. Nothing here holds a credential.

use std::fmt;
use std::io;

/// What is wrong, with the registry's name and what to do.
#[derive(Debug)]
pub enum Error {
    /// There is nothing to deliver.
    Empty,
    /// A path of the tree is longer than an archive holds.
    Path(String),
    /// The archive could not be made.
    Pack(io::Error),
    /// The file of certificates holds none.
    Certificates,
    /// Nobody answers.
    Unreachable {
        /// Who was called.
        host: String,
        /// What the system says.
        why: String,
    },
    /// The encrypted connection did not come about.
    Tls {
        /// Who was called.
        host: String,
        /// What is wrong with it.
        why: String,
    },
    /// The answer took too long.
    TimedOut {
        /// Who was called.
        host: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The answer is cut, or none that the protocol knows.
    Answer {
        /// Who answered.
        host: String,
        /// What was asked.
        step: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The registry wants a credential, and there is none.
    Login {
        /// The registry.
        registry: String,
        /// The program that may have one.
        helper: Option<String>,
    },
    /// The credential is not accepted.
    Refused {
        /// Who refused.
        host: String,
        /// What it said.
        told: Told,
    },
    /// The registry asks for the credential in a way that would show it to others, or in none that is
    /// known.
    Challenge {
        /// The registry.
        host: String,
        /// What it asks for.
        what: String,
    },
    /// The registry sends elsewhere.
    Elsewhere {
        /// Who was called.
        host: String,
        /// Where to.
        to: String,
        /// What was asked.
        step: &'static str,
    },
    /// The registry does not do what it was asked for.
    Status {
        /// Who was called.
        host: String,
        /// What was asked.
        step: &'static str,
        /// The status of HTTP.
        status: u16,
        /// After how many seconds to try again, where it says so.
        after: Option<u64>,
        /// What it said.
        told: Told,
    },
    /// What the registry holds is not what it was given.
    OtherDigest {
        /// The registry.
        host: String,
        /// What was pushed.
        pushed: String,
    },
}

/// The code and the words with which a registry says why; either may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told(pub(crate) String);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_str() {
            "" => Ok(()),
            text => write!(f, " (it says: {text})"),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Pack(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str(
                "the stack delivers nothing: whatever prunes would delete all that an earlier artifact brought",
            ),
            Self::Path(path) => write!(
                f,
                "the path `{path}` is too long for an archive: give the namespace or the instance a shorter name"
            ),
            Self::Pack(error) => write!(f, "could not make the archive: {error}"),
            Self::Certificates => f.write_str(
                "there is no certificate in the file of authorities: it has to hold them in PEM, each between \
                 `BEGIN CERTIFICATE` and `END CERTIFICATE`",
            ),
            Self::Unreachable { host, why } => write!(
                f,
                "`{host}` is not reached: {why}; see that its name is right, and that it is reached from here"
            ),
            Self::Tls { host, why } => write!(
                f,
                "no encrypted connection to `{host}`: {why}; where the registry has an authority of its own, name its \
                 certificate with `--ca-file`, and where it speaks plain HTTP, add `--plain-http`"
            ),
            Self::TimedOut { host, seconds } => write!(
                f,
                "`{host}` did not answer within {seconds} s; try again, or allow more with `--timeout`"
            ),
            Self::Answer { host, step, why } => write!(
                f,
                "what `{host}` answered when {step} is not to be understood: {why}; see that it is a registry, and \
                 that nothing on the way cuts its answers"
            ),
            Self::Login {
                registry,
                helper: None,
            } => write!(
                f,
                "`{registry}` wants a login, and there is none: run `docker login {registry}` or `oras login {registry}`, \
                 or set OBSGEN_REGISTRY_USERNAME and OBSGEN_REGISTRY_PASSWORD"
            ),
            Self::Login {
                registry,
                helper: Some(helper),
            } => write!(
                f,
                "`{registry}` wants a login, and it is with the program `docker-credential-{helper}`; obsgen runs no \
                 programs: set OBSGEN_REGISTRY_USERNAME and OBSGEN_REGISTRY_PASSWORD to what that one gives, or \
                 point DOCKER_CONFIG to a folder with a `config.json` that holds the login under `auths`"
            ),
            Self::Refused { host, told } => write!(
                f,
                "`{host}` does not accept the login{told}: log in again, and see that the account may push there"
            ),
            Self::Challenge { host, what } => write!(
                f,
                "`{host}` wants a login, but {what}: the credential was not sent"
            ),
            Self::Elsewhere { host, to, step } => write!(
                f,
                "`{host}` sent to `{to}` when {step}: obsgen follows no redirect, since it would lead the credential or \
                 the artifact to another host; name the registry by the address that it has"
            ),
            Self::Status {
                host,
                step,
                status,
                after,
                told,
            } => {
                write!(f, "`{host}` answered {status} when {step}{told}")?;
                match (status, after) {
                    (403, _) => f.write_str(": the account may not push there"),
                    (404, _) => f.write_str(
                        ": there is no such name there, or it has to be made first; or this is not a registry",
                    ),
                    (429, Some(seconds)) => {
                        write!(f, ": it is asked too often; try again in {seconds} s")
                    }
                    (429, None) => f.write_str(": it is asked too often; try again later"),
                    (500.., _) => f.write_str(
                        ": the registry is at fault; what was uploaded stays, so try again later",
                    ),
                    _ => Ok(()),
                }
            }
            Self::OtherDigest { host, pushed } => write!(
                f,
                "`{host}` says that it holds something else than `{pushed}`, which was pushed: do not use the tag, \
                 and see what changes artifacts on the way"
            ),
        }
    }
}

impl std::error::Error for Error {}
