//! The few requests of the distribution protocol that a push needs, and who they are made as.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use ureq::http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Proxy};

use crate::diag::secret;
use crate::push::Way;
use crate::push::artifact::{Blob, MANIFEST};
use crate::push::challenge::{self, Challenge};
use crate::push::credentials::Credentials;
use crate::push::error::{Error, Told};
use crate::push::reference::{Reference, is_loopback};

/// How much of an answer is read: tokens are a few kilobytes.
const LARGEST_ANSWER: u64 = 256 * 1024;

/// How long nobody needs to accept a connection.
const CONNECT: Duration = Duration::from_secs(15);

const DIGEST: &str = "docker-content-digest";

/// One name in a registry, as one account sees it.
pub(crate) struct Registry<'a> {
    agent: Agent,
    /// `https://HOST[:PORT]`.
    base: String,
    reference: &'a Reference,
    credentials: &'a Credentials,
    way: &'a Way,
    /// The header that let the last request in; empty until the registry asks for one.
    authorization: Option<String>,
}

/// A request before it is sent.
struct Asked<'a> {
    method: Method,
    url: String,
    headers: Vec<(&'static str, &'a str)>,
    body: &'a [u8],
    step: &'static str,
}

impl<'a> Registry<'a> {
    /// Prepares the way; nothing is sent.
    pub(crate) fn new(
        reference: &'a Reference,
        credentials: &'a Credentials,
        way: &'a Way,
    ) -> Result<Self, Error> {
        let host = reference.authority();
        let is_here = reference.is_local();
        let scheme = match way.plain_http.unwrap_or(is_here) {
            true => "http",
            false => "https",
        };
        let mut tls = TlsConfig::builder();
        if let Some(pem) = &way.authorities {
            let mut found = Vec::new();
            for item in parse_pem(pem.as_bytes()) {
                match item {
                    Ok(PemItem::Certificate(it)) => found.push(it),
                    Ok(_) => {}
                    Err(_) => return Err(Error::Certificates),
                }
            }
            if found.is_empty() {
                return Err(Error::Certificates);
            }
            tls = tls.root_certs(RootCerts::Specific(Arc::new(found)));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect is an answer like another, and never followed.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(if is_here { None } else { Proxy::try_from_env() })
            .timeout_connect(Some(CONNECT.min(way.timeout)))
            .timeout_global(Some(way.timeout))
            .user_agent("obsgen")
            .tls_config(tls.build());
        Ok(Self {
            agent: config.build().new_agent(),
            base: format!("{scheme}://{host}"),
            reference,
            credentials,
            way,
            authorization: None,
        })
    }

    /// Whether a blob is there.
    pub(crate) fn has(&mut self, blob: &Blob) -> Result<bool, Error> {
        let answer = self.ask(&Asked {
            method: Method::HEAD,
            url: self.url(&format!("blobs/{}", blob.digest)),
            headers: Vec::new(),
            body: &[],
            step: "asked for a blob",
        })?;
        match answer.status() {
            StatusCode::OK => Ok(true),
            // Where blobs lie in a store of their own, the answer is where; that it is there is enough.
            it if it.is_redirection() => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(self.wrong(answer, "asked for a blob")),
        }
    }

    /// Uploads a blob, at once.
    pub(crate) fn upload(&mut self, blob: &Blob) -> Result<(), Error> {
        const BEGIN: &str = "asked to take a blob";
        const SEND: &str = "sent a blob";
        let answer = self.ask(&Asked {
            method: Method::POST,
            url: self.url("blobs/uploads/"),
            headers: Vec::new(),
            body: &[],
            step: BEGIN,
        })?;
        if answer.status() != StatusCode::ACCEPTED {
            return Err(self.wrong(answer, BEGIN));
        }
        let place = text(answer.headers(), header::LOCATION.as_str());
        let place = place.ok_or_else(|| self.unclear(BEGIN, "it does not say where to"))?;
        let place = self.resolve(&place, BEGIN)?;
        let mark = if place.contains('?') { '&' } else { '?' };
        let answer = self.ask(&Asked {
            method: Method::PUT,
            url: format!("{place}{mark}digest={}", encoded(&blob.digest)),
            headers: vec![("content-type", "application/octet-stream")],
            body: &blob.bytes,
            step: SEND,
        })?;
        match answer.status() {
            StatusCode::CREATED => self.same(&answer, blob),
            _ => Err(self.wrong(answer, SEND)),
        }
    }

    /// Whether a tag names a manifest already.
    pub(crate) fn names(&mut self, tag: &str, manifest: &Blob) -> Result<bool, Error> {
        const STEP: &str = "asked for a tag";
        let answer = self.ask(&Asked {
            method: Method::HEAD,
            url: self.url(&format!("manifests/{tag}")),
            headers: vec![("accept", MANIFEST)],
            body: &[],
            step: STEP,
        })?;
        match answer.status() {
            StatusCode::OK => {
                Ok(text(answer.headers(), DIGEST).as_deref() == Some(&manifest.digest))
            }
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(self.wrong(answer, STEP)),
        }
    }

    /// Makes a tag name a manifest, whose blobs are there.
    pub(crate) fn tag(&mut self, tag: &str, manifest: &Blob) -> Result<(), Error> {
        const STEP: &str = "sent the manifest";
        let answer = self.ask(&Asked {
            method: Method::PUT,
            url: self.url(&format!("manifests/{tag}")),
            headers: vec![("content-type", manifest.media_type)],
            body: &manifest.bytes,
            step: STEP,
        })?;
        match answer.status() {
            StatusCode::CREATED => self.same(&answer, manifest),
            _ => Err(self.wrong(answer, STEP)),
        }
    }

    fn url(&self, below: &str) -> String {
        format!("{}/v2/{}/{below}", self.base, self.reference.name())
    }

    fn host(&self) -> String {
        self.reference.authority().to_owned()
    }

    /// Sends a request, and once more after the registry said how to be let in.
    fn ask(&mut self, asked: &Asked<'_>) -> Result<Response<Body>, Error> {
        let answer = self.send(asked)?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let headers = answer.headers().get_all(header::WWW_AUTHENTICATE);
        let challenges: Vec<Challenge> = headers
            .iter()
            .filter_map(|it| it.to_str().ok())
            .flat_map(challenge::read)
            .collect();
        let refused = self.not_let_in(answer, self.host());
        let before = self.authorization.take();
        let authorization = self.authorize(&challenges)?;
        // The same again would be refused again; a token may have ended since.
        if before.as_ref() == Some(&authorization) {
            return Err(refused);
        }
        self.authorization = Some(authorization);
        let answer = self.send(asked)?;
        match answer.status() {
            StatusCode::UNAUTHORIZED => Err(self.not_let_in(answer, self.host())),
            _ => Ok(answer),
        }
    }

    fn send(&self, asked: &Asked<'_>) -> Result<Response<Body>, Error> {
        let mut request = Request::builder().method(&asked.method).uri(&asked.url);
        for (name, value) in &asked.headers {
            request = request.header(*name, *value);
        }
        if let Some(it) = &self.authorization {
            request = request.header(header::AUTHORIZATION, it);
        }
        self.run(request, asked.body, &asked.method, &self.host(), asked.step)
    }

    fn run(
        &self,
        request: ureq::http::request::Builder,
        body: &[u8],
        method: &Method,
        host: &str,
        step: &'static str,
    ) -> Result<Response<Body>, Error> {
        let is_bare = matches!(*method, Method::GET | Method::HEAD);
        let answer = if is_bare {
            request.body(()).map(|it| self.agent.run(it))
        } else {
            request.body(body).map(|it| self.agent.run(it))
        };
        answer
            .map_err(ureq::Error::Http)
            .flatten()
            .map_err(|error| self.failed(error, host, step))
    }

    /// The header that answers one of some challenges.
    fn authorize(&self, challenges: &[Challenge]) -> Result<String, Error> {
        let of = |scheme: &str| challenges.iter().find(|it| it.scheme == scheme);
        if let Some(bearer) = of("bearer") {
            return self.token(bearer);
        }
        if of("basic").is_some() {
            return self.credentials.basic().ok_or_else(|| match self.credentials {
                Credentials::Identity(_) => Error::Challenge {
                    host: self.host(),
                    what: "by user and password, where the file of credentials has a token of another kind"
                        .to_owned(),
                },
                Credentials::None | Credentials::Password { .. } | Credentials::Helper(_) => {
                    self.login()
                }
            });
        }
        Err(Error::Challenge {
            host: self.host(),
            what: "in no way that obsgen knows (Basic and Bearer)".to_owned(),
        })
    }

    /// Gets a token that lets pull and push this one name.
    fn token(&self, bearer: &Challenge) -> Result<String, Error> {
        const STEP: &str = "asked for a token";
        let insecure = |what: String| Error::Challenge {
            host: self.host(),
            what,
        };
        let realm = bearer.parameters.get("realm").map_or("", String::as_str);
        let host = realm
            .parse::<Uri>()
            .ok()
            .and_then(|it| Some((it.scheme_str()?.to_owned(), it.authority()?.to_string())));
        let Some((scheme, host)) = host.filter(|(_, host)| !host.contains('@')) else {
            return Err(insecure("the address of its tokens is none".to_owned()));
        };
        // A registry that is spoken to in plain HTTP may have its tokens so too, under the same rule.
        let may_be_plain = self.base.starts_with("http://")
            && (self.way.plain_http == Some(true) || is_loopback(&host));
        if scheme != "https" && !(scheme == "http" && may_be_plain) {
            return Err(insecure(format!(
                "at `{host}`, which is not reached by https"
            )));
        }
        let scope = format!("repository:{}:pull,push", self.reference.name());
        let mut pairs = vec![("scope", scope.as_str())];
        if let Some(service) = bearer.parameters.get("service") {
            pairs.push(("service", service));
        }
        let answer = match self.credentials {
            Credentials::Identity(token) => {
                pairs.extend([
                    ("grant_type", "refresh_token"),
                    ("client_id", "obsgen"),
                    ("refresh_token", token),
                ]);
                let form = form(&pairs);
                let request = Request::builder()
                    .method(Method::POST)
                    .uri(realm)
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
                self.run(request, form.as_bytes(), &Method::POST, &host, STEP)?
            }
            Credentials::None | Credentials::Password { .. } | Credentials::Helper(_) => {
                let mark = if realm.contains('?') { '&' } else { '?' };
                let mut request = Request::builder().uri(format!("{realm}{mark}{}", form(&pairs)));
                if let Some(basic) = self.credentials.basic() {
                    request = request.header(header::AUTHORIZATION, basic);
                }
                self.run(request, &[], &Method::GET, &host, STEP)?
            }
        };
        let mut answer = match answer.status() {
            StatusCode::OK => answer,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => {
                return Err(self.not_let_in(answer, host));
            }
            _ => return Err(self.wrong_of(answer, host, STEP)),
        };
        let bytes = read(&mut answer).map_err(|error| self.failed(error, &host, STEP))?;
        let token: Token = serde_json::from_slice(&bytes).map_err(|_| Error::Answer {
            host: host.clone(),
            step: STEP,
            why: "it is cut, or no JSON with a token".to_owned(),
        })?;
        match token.token.or(token.access_token) {
            Some(it) if !it.is_empty() => Ok(format!("Bearer {it}")),
            _ => Err(Error::Answer {
                host,
                step: STEP,
                why: "there is no token in it".to_owned(),
            }),
        }
    }

    /// Where an upload goes on: on the same host, or nowhere.
    fn resolve(&self, place: &str, step: &'static str) -> Result<String, Error> {
        if place.starts_with('/') && !place.starts_with("//") {
            return Ok(format!("{}{place}", self.base));
        }
        let of = |text: &str| {
            let uri = text.parse::<Uri>().ok()?;
            let scheme = uri.scheme_str()?.to_owned();
            let authority = uri.authority()?;
            // With a user before the host, or another name of it, it is another.
            let port = uri
                .port_u16()
                .unwrap_or(if scheme == "https" { 443 } else { 80 });
            let host = match authority.as_str().contains('@') {
                true => authority.as_str(),
                false => uri.host()?,
            };
            Some((scheme, host.to_ascii_lowercase(), port))
        };
        let to = of(place).ok_or_else(|| self.unclear(step, "it sends to no address"))?;
        if Some(&to) == of(&self.base).as_ref() {
            return Ok(place.to_owned());
        }
        Err(Error::Elsewhere {
            host: self.host(),
            to: shown(place),
            step,
        })
    }

    /// That a registry says it holds what it was given, where it says anything.
    fn same(&self, answer: &Response<Body>, blob: &Blob) -> Result<(), Error> {
        match text(answer.headers(), DIGEST) {
            Some(it) if it != blob.digest => Err(Error::OtherDigest {
                host: self.host(),
                pushed: blob.digest.clone(),
            }),
            _ => Ok(()),
        }
    }

    fn unclear(&self, step: &'static str, why: &str) -> Error {
        Error::Answer {
            host: self.host(),
            step,
            why: why.to_owned(),
        }
    }

    fn login(&self) -> Error {
        let helper = match self.credentials {
            Credentials::Helper(it) => Some(it.clone()),
            Credentials::None | Credentials::Password { .. } | Credentials::Identity(_) => None,
        };
        Error::Login {
            registry: self.reference.registry().to_owned(),
            helper,
        }
    }

    fn not_let_in(&self, answer: Response<Body>, host: String) -> Error {
        match self.credentials {
            Credentials::Password { .. } | Credentials::Identity(_) => Error::Refused {
                host,
                told: self.told(answer),
            },
            Credentials::None | Credentials::Helper(_) => self.login(),
        }
    }

    fn wrong(&self, answer: Response<Body>, step: &'static str) -> Error {
        self.wrong_of(answer, self.host(), step)
    }

    /// What is wrong with an answer by its status.
    fn wrong_of(&self, answer: Response<Body>, host: String, step: &'static str) -> Error {
        let status = answer.status();
        if status.is_redirection() {
            let to = text(answer.headers(), header::LOCATION.as_str()).unwrap_or_default();
            let to = shown(&to);
            return Error::Elsewhere { host, to, step };
        }
        let after = text(answer.headers(), header::RETRY_AFTER.as_str());
        Error::Status {
            host,
            step,
            status: status.as_u16(),
            after: after.and_then(|it| it.parse().ok()),
            told: self.told(answer),
        }
    }

    /// The code and the words of the first error in an answer; what may be a credential is left out.
    fn told(&self, mut answer: Response<Body>) -> Told {
        const LONGEST: usize = 200;
        let read = read(&mut answer).unwrap_or_default();
        let answer: Errors = serde_json::from_slice(&read).unwrap_or_default();
        let Some(first) = answer.errors.into_iter().next() else {
            return Told::default();
        };
        let is_code = |it: &char| it.is_ascii_uppercase() || *it == '_';
        let code: String = first.code.chars().filter(is_code).take(40).collect();
        let message: String = first.message.chars().take(LONGEST).collect();
        let mut secrets = self.credentials.secrets();
        let token = self.authorization.as_deref();
        secrets.extend(token.and_then(|it| it.split_once(' ')).map(|(_, it)| it));
        let is_secret = secrets
            .iter()
            .any(|it| !it.is_empty() && first.message.contains(it))
            || !secret::in_text(&first.message).is_empty();
        let words = [code, if is_secret { String::new() } else { message }];
        let words: Vec<String> = words.into_iter().filter(|it| !it.is_empty()).collect();
        Told(words.join(", "))
    }

    /// What is wrong where there is no answer. Addresses are not shown: those of uploads are secrets.
    fn failed(&self, error: ureq::Error, host: &str, step: &'static str) -> Error {
        let host = host.to_owned();
        let why = match error {
            ureq::Error::Timeout(_) => {
                return Error::TimedOut {
                    host,
                    seconds: self.way.timeout.as_secs(),
                };
            }
            ureq::Error::HostNotFound => {
                let why = "there is no such host".to_owned();
                return Error::Unreachable { host, why };
            }
            ureq::Error::ConnectionFailed | ureq::Error::ConnectProxyFailed(_) => {
                let why = "no connection came about".to_owned();
                return Error::Unreachable { host, why };
            }
            ureq::Error::Rustls(error) => {
                let why = error.to_string();
                return Error::Tls { host, why };
            }
            ureq::Error::Tls(why) => {
                let why = why.to_owned();
                return Error::Tls { host, why };
            }
            ureq::Error::Io(error) => match error.kind() {
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe => "it ended too early".to_owned(),
                // What TLS says comes so too.
                io::ErrorKind::InvalidData if self.base.starts_with("https") => {
                    let why = error.to_string();
                    return Error::Tls { host, why };
                }
                _ => {
                    let why = error.to_string();
                    return Error::Unreachable { host, why };
                }
            },
            ureq::Error::BodyExceedsLimit(_) => "it is longer than any that is needed".to_owned(),
            _ => "it is cut, or no HTTP".to_owned(),
        };
        Error::Answer { host, step, why }
    }
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Errors {
    errors: Vec<Said>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    code: String,
    message: String,
}

fn read(answer: &mut Response<Body>) -> Result<Vec<u8>, ureq::Error> {
    let body = answer.body_mut();
    body.with_config().limit(LARGEST_ANSWER).read_to_vec()
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    value.to_str().ok().map(str::to_owned)
}

/// The scheme and host of an address; what follows may be a secret.
fn shown(address: &str) -> String {
    let Ok(uri) = address.parse::<Uri>() else {
        return "another address".to_owned();
    };
    match (uri.scheme_str(), uri.host(), uri.port()) {
        (Some(scheme), Some(host), Some(port)) => format!("{scheme}://{host}:{port}"),
        (Some(scheme), Some(host), None) => format!("{scheme}://{host}"),
        _ => "another path".to_owned(),
    }
}

fn form(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    pairs.join("&")
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for it in text.bytes() {
        match it {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(it));
            }
            it => out.push_str(&format!("%{it:02X}")),
        }
    }
    out
}
