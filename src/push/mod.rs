//! A stack to a registry: its tree as one reproducible artifact, which Flux and Argo CD pull.
//!
//! The only module that uses a network, and only for `obsgen push`; without the feature `push` it is
//! not there. It reads no file and no environment: credentials and certificates come as texts. (Which
//! proxy leads out of the network is asked of the environment, as every client does.)
//!
//! What happens, in this order: what the registry has is asked for by digest, what it lacks is
//! uploaded, and the tags are moved last, so that a tag never names what is not whole. There are no
//! retries: what was uploaded stays, and the next run goes on from there.
//!
//! The credential of a registry goes to that registry, and to the address that it names for tokens.
//! Neither is ever plain HTTP, but on this machine itself or where the person said so. No redirect is
//! followed, since it could lead to another host.

pub mod artifact;
mod challenge;
pub mod credentials;
pub mod error;
pub mod reference;
mod registry;

use std::time::Duration;

use crate::push::artifact::Artifact;
use crate::push::credentials::Credentials;
use crate::push::error::Error;
use crate::push::reference::Reference;
use crate::push::registry::Registry;

/// How a registry is reached.
#[derive(Debug, Clone)]
pub struct Way {
    /// Whether to speak plain HTTP; unless it is said, only with this machine itself.
    pub plain_http: Option<bool>,
    /// The certificates in PEM that are trusted instead of Mozilla's.
    pub authorities: Option<String>,
    /// How long the registry may take for one answer.
    pub timeout: Duration,
}

/// What a push did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pushed {
    /// Blobs that were uploaded.
    pub uploaded: usize,
    /// Blobs that were there already.
    pub present: usize,
    /// Tags that name the artifact now, and did not before.
    pub moved: usize,
}

/// Makes a registry hold an artifact, under the tags of a reference and others; the reference's own
/// tag is moved last, because it is the one that is watched.
pub fn push(
    artifact: &Artifact,
    reference: &Reference,
    tags: &[String],
    credentials: &Credentials,
    way: &Way,
) -> Result<Pushed, Error> {
    let mut registry = Registry::new(reference, credentials, way)?;
    let mut pushed = Pushed {
        uploaded: 0,
        present: 0,
        moved: 0,
    };
    for blob in [&artifact.layer, &artifact.config] {
        if registry.has(blob)? {
            pushed.present += 1;
        } else {
            registry.upload(blob)?;
            pushed.uploaded += 1;
        }
    }
    let mut all: Vec<&str> = Vec::new();
    for tag in tags.iter().map(String::as_str).chain([reference.tag()]) {
        all.retain(|it| *it != tag);
        all.push(tag);
    }
    for tag in all {
        if !registry.names(tag, &artifact.manifest)? {
            registry.tag(tag, &artifact.manifest)?;
            pushed.moved += 1;
        }
    }
    Ok(pushed)
}
