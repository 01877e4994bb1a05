//! `obsgen init`: the first policy of a stack.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::Outcome;
use crate::cli::terminal::{plural, say};
use crate::files::{POLICY, folder_name, is_file, is_taken, manifests_below, schema_near};
use crate::init::{Head, Import, example, import};
use crate::read::spec::OperatorKind;
use crate::value::name::Name;
use crate::write;

/// Write a commented observability.yaml to start from, or one from existing resources
///
/// Nothing is ever overwritten. With `--from`, manifests are read that run already: those of
/// opstree (redis.redis.opstreelabs.in) and of redis-operator (redis.github.com), with the ConfigMaps
/// and monitors beside them. What a policy cannot take over is said, with file and line. No Secret
/// is read.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  obsgen init stacks/prod
  obsgen init stacks/prod --from manifests/redis
  kubectl get redis,redisreplication,redissentinel,rediscluster,configmap,servicemonitor \\
    -A -o yaml > running.yaml && obsgen init stacks/prod --from running.yaml")]
pub(super) struct Init {
    /// The folder of the stack; it is made if it is missing
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// The name of the stack; without it, that of the folder
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The operator of Redis: without it opstree, or the one whose resources are found
    #[arg(long, value_enum, value_name = "KIND")]
    operator: Option<Kind>,
    /// Take the Redis resources of the YAML and JSON files below this folder, or in this file
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Take those of one namespace only
    #[arg(long, value_name = "NAMESPACE", requires = "from")]
    namespace: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Opstree,
    RedisOperator,
}

impl From<Kind> for OperatorKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Opstree => Self::Opstree,
            Kind::RedisOperator => Self::RedisOperator,
        }
    }
}

impl Init {
    pub(super) fn run(&self) -> Outcome {
        match self.write() {
            Ok(()) => Outcome::Fine,
            Err(error) => {
                say(&format!("error: {error}"));
                Outcome::Run
            }
        }
    }

    fn write(&self) -> Result<(), String> {
        let path = self.folder.join(POLICY);
        // Said before anything is read; what is written later looks again.
        if is_taken(&path) {
            return Err(write::Error::Exists(path).to_string());
        }
        let name = self.name()?;
        let shown = self.folder.display().to_string();
        let schema = schema_near(&self.folder);
        let head = Head {
            name: &name,
            folder: &shown,
            schema: schema.as_deref(),
        };
        let text = match &self.from {
            None => example(
                &head,
                self.operator.map_or(OperatorKind::Opstree, Into::into),
            ),
            Some(from) => self.import(from)?.policy(&head),
        };
        write::create(&path, text.as_bytes()).map_err(|it| it.to_string())?;
        say(&format!("{}: written", path.display()));
        say(&format!(
            "next: replace what ends in `# yours`, which is valid but not about your cluster, then run `obsgen check {shown}`"
        ));
        say(&format!(
            "next: make the Secrets that `obsgen explain secrets --stack {shown}` lists; the policy holds none"
        ));
        if schema.is_none() {
            let file = self.folder.join(crate::files::SCHEMA);
            say(&format!(
                "for completion in an editor: run `obsgen schema > {}`, and begin the policy with \
                 `# yaml-language-server: $schema={}`",
                file.display(),
                crate::files::SCHEMA
            ));
        }
        Ok(())
    }

    fn name(&self) -> Result<Name, String> {
        let wrong = |what: &str, help: &str| format!("{what}: {help}");
        if let Some(name) = &self.name {
            return Name::parse(name).map_err(|it| wrong(&it.what, &it.help));
        }
        let folder = folder_name(&self.folder).unwrap_or_default();
        Name::parse(&folder).map_err(|it| {
            format!(
                "the stack cannot be called as its folder: {}; add `--name` and {}",
                it.what, it.help
            )
        })
    }

    fn import(&self, from: &Path) -> Result<Import, String> {
        let namespace = self.namespace.as_deref().map(Name::parse).transpose();
        let namespace = namespace.map_err(|it| format!("{}: {}", it.what, it.help))?;
        if !is_taken(from) {
            return Err(format!("there is no `{}` to read from", from.display()));
        }
        let manifests = manifests_below(from).map_err(|it| it.to_string())?;
        for it in &manifests.skipped {
            say(&format!("{it}"));
        }
        let operator = self.operator.map(Into::into);
        let found = import(&manifests.files, operator, namespace.as_ref())?;
        let folder = match is_file(from) {
            true => from.parent().unwrap_or(Path::new("")),
            false => from,
        };
        for it in found.losses() {
            let file = folder.join(&it.file);
            say(&format!("{}:{}: {}", file.display(), it.line, it.what));
        }
        say(&format!(
            "{}: {} in {}",
            from.display(),
            plural(found.count(), "instance"),
            plural(manifests.files.len(), "file")
        ));
        Ok(found)
    }
}
