//! A tree as an artifact of a registry: bytes that depend on the tree alone.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use flate2::{Compression, GzBuilder};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tar::{EntryType, Header};

use crate::api::kustomize;
use crate::plan::ARTIFACTS;
use crate::push::error::Error;
use crate::render::tree::Tree;

/// The type of a manifest.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Whose types an artifact has. The bytes of its layer are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// As `flux push artifact` writes them. Argo CD refuses this layer, unless its repo-server is told
    /// to accept it.
    Flux,
    /// A layer as an image has it, and no config, as OCI 1.1 says for what is no image. Argo CD takes
    /// it as it is; so does Flux, which unpacks the first layer and reads no config.
    Oci,
}

/// What a manifest says of where its content came from; nothing that is not given, since only what is
/// given is the same on every machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address of the repository.
    pub source: Option<String>,
    /// The revision in it, as Flux writes it: `main@sha1:…`.
    pub revision: Option<String>,
    /// When it was made, as RFC 3339 has it. Flux shows none without it, and needs none; Argo CD
    /// neither.
    pub created: Option<String>,
}

/// Bytes with their type and digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// The media type.
    pub media_type: &'static str,
    /// The digest, with `sha256:` before it.
    pub digest: String,
    /// The content.
    pub bytes: Vec<u8>,
}

/// What a registry holds of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// What a registry wants to know of an artifact beside its layer: nearly nothing.
    pub config: Blob,
    /// The tree, as a compressed archive.
    pub layer: Blob,
    /// What names both; its digest is that of the artifact.
    pub manifest: Blob,
}

impl Artifact {
    /// Packs what is delivered of a tree, with the `kustomization.yaml` of the stack at the top.
    ///
    /// Left out are `obsgen.lock`, which tells a build what it owns in a folder, and the pages for
    /// people: neither is part of the kustomization, and so the digest changes exactly when what is
    /// delivered does.
    pub fn of(tree: &Tree, kind: Kind, origin: &Origin) -> Result<Self, Error> {
        // What delivers it deletes all that an empty tree lacks.
        if tree.get(kustomize::FILE_NAME).is_none() {
            return Err(Error::Empty);
        }
        let is_delivered = |owner: &str| {
            let part = ARTIFACTS.iter().find(|it| it.name == owner);
            part.is_none_or(|it| it.delivered)
        };
        let files = tree.iter().filter(|(_, file)| is_delivered(file.owner));
        let archive = archive(files.map(|(path, file)| (path, file.bytes.as_slice())))?;
        let diff = digest(&archive);
        let layer = Blob::of(kind.layer(), compressed(&archive)?);
        let config = match kind {
            // What the command line of Flux writes, without the time.
            Kind::Flux => Blob::of(
                "application/vnd.cncf.flux.config.v1+json",
                json(&ImageConfig::of(diff)),
            ),
            Kind::Oci => Blob::of("application/vnd.oci.empty.v1+json", b"{}".to_vec()),
        };
        let manifest = Manifest {
            schema_version: 2,
            media_type: MANIFEST,
            artifact_type: kind.artifact(),
            config: Descriptor::of(&config),
            layers: [Descriptor::of(&layer)],
            annotations: origin.annotations(),
        };
        let manifest = Blob::of(MANIFEST, json(&manifest));
        Ok(Self {
            config,
            layer,
            manifest,
        })
    }

    /// Returns the artifact as an OCI image layout in an archive, in which it has some tags: what
    /// `oras cp --from-oci-layout FILE:TAG` and `skopeo copy oci-archive:FILE:TAG` take further.
    pub fn layout(&self, tags: &[String]) -> Result<Vec<u8>, Error> {
        let named = |tag: &String| Descriptor {
            annotations: BTreeMap::from([("org.opencontainers.image.ref.name", tag.clone())]),
            ..Descriptor::of(&self.manifest)
        };
        let index = json(&Index {
            schema_version: 2,
            media_type: INDEX,
            manifests: tags.iter().map(named).collect(),
        });
        let mut files: BTreeMap<String, &[u8]> = BTreeMap::from([
            ("index.json".to_owned(), index.as_slice()),
            (
                "oci-layout".to_owned(),
                br#"{"imageLayoutVersion":"1.0.0"}"#,
            ),
        ]);
        for blob in [&self.config, &self.layer, &self.manifest] {
            let path = format!("blobs/{}", blob.digest.replace(':', "/"));
            files.insert(path, &blob.bytes);
        }
        archive(files.iter().map(|(path, bytes)| (path.as_str(), *bytes)))
    }
}

impl Kind {
    fn layer(self) -> &'static str {
        match self {
            Self::Flux => "application/vnd.cncf.flux.content.v1.tar+gzip",
            Self::Oci => "application/vnd.oci.image.layer.v1.tar+gzip",
        }
    }

    /// What says what an artifact is where its config does not.
    fn artifact(self) -> Option<&'static str> {
        match self {
            Self::Flux => None,
            Self::Oci => Some("application/vnd.obsgen.tree.v1"),
        }
    }
}

impl Origin {
    fn annotations(&self) -> BTreeMap<&'static str, String> {
        [
            ("org.opencontainers.image.created", &self.created),
            ("org.opencontainers.image.revision", &self.revision),
            ("org.opencontainers.image.source", &self.source),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.clone()?)))
        .collect()
    }
}

impl Blob {
    fn of(media_type: &'static str, bytes: Vec<u8>) -> Self {
        Self {
            media_type,
            digest: digest(&bytes),
            bytes,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u8,
    media_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<&'static str>,
    config: Descriptor,
    layers: [Descriptor; 1],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u8,
    media_type: &'static str,
    manifests: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: &'static str,
    digest: String,
    size: usize,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'static str, String>,
}

impl Descriptor {
    fn of(blob: &Blob) -> Self {
        Self {
            media_type: blob.media_type,
            digest: blob.digest.clone(),
            size: blob.bytes.len(),
            annotations: BTreeMap::new(),
        }
    }
}

/// The config of an image that runs nowhere.
#[derive(Serialize)]
struct ImageConfig {
    architecture: &'static str,
    os: &'static str,
    config: BTreeMap<&'static str, String>,
    rootfs: RootFs,
}

#[derive(Serialize)]
struct RootFs {
    r#type: &'static str,
    diff_ids: [String; 1],
}

impl ImageConfig {
    fn of(diff: String) -> Self {
        Self {
            architecture: "",
            os: "",
            config: BTreeMap::new(),
            rootfs: RootFs {
                r#type: "layers",
                diff_ids: [diff],
            },
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    let hex = base16ct::lower::encode_string(&Sha256::digest(bytes));
    format!("sha256:{hex}")
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("a type with text keys has a JSON form")
}

/// An archive of files alone: whoever unpacks it makes the folders. Nothing of a machine is in it, and
/// the order is that of the paths.
fn archive<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<Vec<u8>, Error> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = Header::new_ustar();
        header
            .set_path(path)
            .map_err(|_| Error::Path(path.to_owned()))?;
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_cksum();
        builder.append(&header, bytes).map_err(Error::Pack)?;
    }
    builder.into_inner().map_err(Error::Pack)
}

fn compressed(archive: &[u8]) -> io::Result<Vec<u8>> {
    /// What gzip writes for a system that it does not know.
    const UNKNOWN: u8 = 255;
    let mut encoder = GzBuilder::new()
        .mtime(0)
        .operating_system(UNKNOWN)
        .write(Vec::new(), Compression::best());
    encoder.write_all(archive)?;
    encoder.finish()
}
