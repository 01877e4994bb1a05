//! What a credential looks like: the one place that knows.
//!
//! Findings and what is shown ask here, each in its own way. A finding is about what surely is a
//! credential ([`in_text`], [`at_field`]); what is shown lacks whatever may be one, or the rest of
//! one ([`may_be`]).
//!
//! The forms are those that the issuers document or that GitHub's secret scanning lists as
//! supported; addresses of webhooks are credentials, since whoever has one can write to its channel.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// What a comment says that waives a finding.
pub const WAIVER: &str = "obsgen:allow-secret";

/// Why a piece of text is a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It has the form of what one issuer gives out.
    Issued(&'static str),
    /// It is an address with a password in it.
    Login,
    /// It is an address with a token among its parameters.
    Parameter,
    /// It stands at a name that says so.
    Named,
    /// It looks random, and stands at a name that may say so.
    Random,
}

impl Reason {
    /// What it is, as part of a sentence; never the text itself.
    pub fn what(self) -> &'static str {
        match self {
            Self::Issued(what) => what,
            Self::Login => "an address with a password",
            Self::Parameter => "an address with a token",
            Self::Named => "a credential by its name",
            Self::Random => "a random text at the name of a credential",
        }
    }

    /// Whether it may be something else: nothing but a name says what it is.
    pub fn is_a_guess(self) -> bool {
        matches!(self, Self::Named | Self::Random)
    }
}

/// A credential in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where, in bytes.
    pub range: Range<usize>,
    /// Why it is one.
    pub reason: Reason,
}

/// The form of what one issuer gives out: a beginning, and characters behind it.
struct Form {
    what: &'static str,
    start: &'static str,
    rest: fn(u8) -> bool,
    /// The least and the largest number of them.
    length: (usize, usize),
    /// Whether the beginning alone says enough to hide what follows.
    is_telling: bool,
    /// Whether it is part of an address, which has no case and may follow anything.
    in_address: bool,
}

const fn token(
    what: &'static str,
    start: &'static str,
    rest: fn(u8) -> bool,
    least: usize,
) -> Form {
    Form {
        what,
        start,
        rest,
        length: (least, usize::MAX),
        is_telling: true,
        in_address: false,
    }
}

/// A beginning that is part of ordinary words too: only the whole form tells.
const fn exact(what: &'static str, start: &'static str, rest: fn(u8) -> bool, n: usize) -> Form {
    Form {
        length: (n, n),
        is_telling: false,
        ..token(what, start, rest, n)
    }
}

const fn address(what: &'static str, start: &'static str) -> Form {
    Form {
        in_address: true,
        ..token(what, start, is_path, 4)
    }
}

fn is_alphanumeric(it: u8) -> bool {
    it.is_ascii_alphanumeric()
}
fn is_upper(it: u8) -> bool {
    it.is_ascii_uppercase() || it.is_ascii_digit()
}
fn is_hex(it: u8) -> bool {
    it.is_ascii_digit() || matches!(it, b'a'..=b'f')
}
fn is_word(it: u8) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_')
}
fn is_dotted(it: u8) -> bool {
    is_word(it) || it == b'.'
}
fn is_path(it: u8) -> bool {
    is_dotted(it) || matches!(it, b'/' | b'@' | b'%' | b'=' | b'+')
}

const SLACK: &str = "a Slack token";
const GITHUB: &str = "a GitHub token";
const GITLAB: &str = "a GitLab token";
const AWS: &str = "an AWS access key";
const GOOGLE: &str = "a Google credential";
const STRIPE: &str = "a Stripe key";
const DISCORD: &str = "the address of a Discord webhook";
const TEAMS: &str = "the address of a Teams webhook";
const SLACK_HOOK: &str = "the address of a Slack webhook";
const FEISHU: &str = "the address of a Feishu robot";
const PRIVATE_KEY: &str = "a private key";

static FORMS: &[Form] = &[
    // Chat: https://api.slack.com/concepts/token-types and the pages on incoming webhooks.
    address(SLACK_HOOK, "hooks.slack.com/services/"),
    address(SLACK_HOOK, "hooks.slack.com/workflows/"),
    address(SLACK_HOOK, "hooks.slack.com/triggers/"),
    token(SLACK, "xoxa-", is_word, 10),
    token(SLACK, "xoxb-", is_word, 10),
    token(SLACK, "xoxc-", is_word, 10),
    token(SLACK, "xoxd-", is_word, 10),
    token(SLACK, "xoxe-", is_word, 10),
    token(SLACK, "xoxe.xox", is_dotted, 10),
    token(SLACK, "xoxp-", is_word, 10),
    token(SLACK, "xoxr-", is_word, 10),
    token(SLACK, "xoxs-", is_word, 10),
    token(SLACK, "xapp-", is_word, 10),
    address(DISCORD, "discord.com/api/webhooks/"),
    address(DISCORD, "discordapp.com/api/webhooks/"),
    address(TEAMS, ".webhook.office.com/webhookb2/"),
    address(TEAMS, "outlook.office.com/webhook/"),
    address(
        "the address of a DingTalk robot",
        "oapi.dingtalk.com/robot/send?access_token=",
    ),
    address(FEISHU, "/open-apis/bot/v2/hook/"),
    address(FEISHU, "/open-apis/bot/hook/"),
    address(
        "the address of a WeCom robot",
        "qyapi.weixin.qq.com/cgi-bin/webhook/send?key=",
    ),
    // Paging and heartbeats: whoever has the address can be silent for another.
    address(
        "the address of a PagerDuty integration",
        "events.pagerduty.com/integration/",
    ),
    address("the address of a heartbeat", "hc-ping.com/"),
    address("the address of a heartbeat", "nosnch.in/"),
    address("the address of a Zapier webhook", "hooks.zapier.com/hooks/"),
    // Clouds.
    exact(AWS, "AKIA", is_upper, 16),
    exact(AWS, "ASIA", is_upper, 16),
    exact(GOOGLE, "AIza", is_word, 35),
    token(GOOGLE, "GOCSPX-", is_word, 20),
    token(GOOGLE, "ya29.", is_word, 20),
    token("a DigitalOcean token", "dop_v1_", is_hex, 32),
    token("a DigitalOcean token", "doo_v1_", is_hex, 32),
    // Code hosts and registries.
    token(GITHUB, "ghp_", is_alphanumeric, 12),
    token(GITHUB, "gho_", is_alphanumeric, 12),
    token(GITHUB, "ghu_", is_alphanumeric, 12),
    token(GITHUB, "ghs_", is_word, 12),
    token(GITHUB, "ghr_", is_alphanumeric, 12),
    token(GITHUB, "github_pat_", is_word, 12),
    token(GITLAB, "glpat-", is_dotted, 12),
    token(GITLAB, "gldt-", is_dotted, 12),
    token(GITLAB, "glrt-", is_dotted, 12),
    token(GITLAB, "glptt-", is_dotted, 12),
    token(GITLAB, "glcbt-", is_dotted, 12),
    exact("an npm token", "npm_", is_alphanumeric, 36),
    token("a PyPI token", "pypi-AgEI", is_word, 16),
    token("a Docker Hub token", "dckr_pat_", is_word, 16),
    // Services.
    token("a SendGrid key", "SG.", is_dotted, 40),
    token(STRIPE, "sk_live_", is_alphanumeric, 16),
    token(STRIPE, "sk_test_", is_alphanumeric, 16),
    token(STRIPE, "rk_live_", is_alphanumeric, 16),
    token(STRIPE, "rk_test_", is_alphanumeric, 16),
    token(STRIPE, "whsec_", is_alphanumeric, 16),
    token("an Anthropic key", "sk-ant-", is_word, 20),
    token("an OpenAI key", "sk-proj-", is_word, 20),
    token("an OpenAI key", "sk-svcacct-", is_word, 20),
    exact("an OpenAI key", "sk-", is_alphanumeric, 48),
    exact("a Hugging Face token", "hf_", is_alphanumeric, 34),
    exact("a Twilio key", "SK", is_hex, 32),
    exact("a Mailgun key", "key-", is_hex, 32),
    exact("a Databricks token", "dapi", is_hex, 32),
    token("a Shopify token", "shpat_", is_hex, 32),
    token("a Grafana token", "glsa_", is_word, 24),
    token("a Grafana token", "glc_", is_word, 24),
    token("a New Relic key", "NRAK-", is_upper, 20),
    token("a Vault token", "hvs.", is_word, 20),
    token("a Vault token", "hvb.", is_word, 20),
    token("an Atlassian token", "ATATT3xFfGF0", is_path, 20),
    token("a Linear key", "lin_api_", is_alphanumeric, 20),
    token("a Postman key", "PMAK-", is_word, 20),
    token("an age key", "AGE-SECRET-KEY-1", is_upper, 20),
];

/// The forms by their first byte.
static BY_FIRST: LazyLock<Vec<Vec<&Form>>> = LazyLock::new(|| {
    let mut table = vec![Vec::new(); 256];
    for form in FORMS {
        let first = form.start.as_bytes()[0];
        table[usize::from(first)].push(form);
        if form.in_address && first.is_ascii_lowercase() {
            table[usize::from(first.to_ascii_uppercase())].push(form);
        }
    }
    table
});

const JWT: &str = "a JSON Web Token";
const TELEGRAM: &str = "the token of a Telegram bot";
const BEARER: &str = "a bearer token";

impl Form {
    /// Returns where the form begins to vary, if a text has its beginning at a byte.
    fn begins(&self, text: &[u8], at: usize) -> Option<usize> {
        let end = at + self.start.len();
        let start = text.get(at..end)?;
        let is_start = match self.in_address {
            true => start.eq_ignore_ascii_case(self.start.as_bytes()),
            false => start == self.start.as_bytes(),
        };
        let is_part = self.start.as_bytes()[0].is_ascii_alphanumeric() && !is_boundary(text, at);
        (is_start && !is_part).then_some(end)
    }

    /// Returns the end of what has the form at a byte.
    fn end(&self, text: &[u8], at: usize) -> Option<usize> {
        let from = self.begins(text, at)?;
        let rest = run(text, from, self.rest);
        let length = rest.len();
        (self.length.0 <= length && length <= self.length.1 && !is_example(&text[rest.clone()]))
            .then_some(rest.end)
    }
}

/// Returns whether a word may begin at a byte; in a text with escapes, behind one.
fn is_boundary(text: &[u8], at: usize) -> bool {
    match text[..at] {
        [.., b'\\', b'n' | b't' | b'r'] => true,
        [.., before] => !before.is_ascii_alphanumeric(),
        [] => true,
    }
}

/// Bytes of one form that are looked at; without an end, a text of beginnings would be gone through
/// once for each.
const LONGEST: usize = 256;

/// The bytes of one kind that follow, as far as a form is looked at.
fn run(text: &[u8], from: usize, of: fn(u8) -> bool) -> Range<usize> {
    let rest = text[from..].iter().take(LONGEST);
    from..from + rest.take_while(|it| of(**it)).count()
}

/// Returns whether a text only shows where a credential would stand: `xxxx`, or the keys that end
/// in EXAMPLE in the documentation of AWS.
fn is_example(rest: &[u8]) -> bool {
    let mut distinct = [false; 256];
    for it in rest {
        distinct[usize::from(*it)] = true;
    }
    distinct.iter().filter(|it| **it).count() < 4 || rest.ends_with(b"EXAMPLE")
}

/// Returns what has the form of a credential, wherever it stands in a text of any kind.
pub fn forms(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let table = &*BY_FIRST;
    let mut acc = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match form_at(text, at, table) {
            Some(found) => {
                at = found.range.end.max(at + 1);
                acc.push(found);
            }
            None => at += 1,
        }
    }
    acc
}

fn form_at(text: &str, at: usize, table: &[Vec<&Form>]) -> Option<Found> {
    let bytes = text.as_bytes();
    let issued = |range: Range<usize>, what| Found {
        range,
        reason: Reason::Issued(what),
    };
    for form in &table[usize::from(bytes[at])] {
        if let Some(end) = form.end(bytes, at) {
            return Some(issued(at..end, form.what));
        }
    }
    match bytes[at] {
        b'e' => Some(issued(at..jwt(bytes, at)?, JWT)),
        b'-' => Some(issued(at..private_key(bytes, at)?, PRIVATE_KEY)),
        b'B' | b'b' => Some(issued(at..bearer(bytes, at)?, BEARER)),
        b':' => match telegram(bytes, at) {
            Some(range) => Some(issued(range, TELEGRAM)),
            None => login(text, at).map(|range| Found {
                range,
                reason: Reason::Login,
            }),
        },
        b'?' | b'&' => parameter(text, at).map(|range| Found {
            range,
            reason: Reason::Parameter,
        }),
        _ => None,
    }
}

/// Two parts that begin as JSON objects do in base64, and perhaps a signature.
fn jwt(text: &[u8], at: usize) -> Option<usize> {
    if !text[at..].starts_with(b"eyJ") || !is_boundary(text, at) {
        return None;
    }
    let head = run(text, at, is_word);
    let body = text.get(head.end + 1..)?;
    if head.len() < 12 || text[head.end] != b'.' || !body.starts_with(b"eyJ") {
        return None;
    }
    let all = run(text, at, is_dotted);
    (all.len() >= 32).then_some(all.end)
}

/// The first line of a PEM block; certificates and public keys are no credentials.
fn private_key(text: &[u8], at: usize) -> Option<usize> {
    let line = text[at..].strip_prefix(b"-----BEGIN ")?;
    let line = &line[..line.len().min(64)];
    let line = line.split(|it| *it == b'\n').next()?;
    let key = line.windows(11).position(|it| it == b"PRIVATE KEY")?;
    Some(at + 11 + key + 11)
}

/// What follows `Bearer` in a header.
fn bearer(text: &[u8], at: usize) -> Option<usize> {
    let word = text.get(at..at + 7)?;
    if !word.eq_ignore_ascii_case(b"bearer ") || !is_boundary(text, at) {
        return None;
    }
    let rest = run(text, at + 7, is_path);
    let token = std::str::from_utf8(&text[rest.clone()]).ok()?;
    (rest.len() >= 16 && !is_ordinary(token)).then_some(rest.end)
}

/// Digits, a colon and 35 characters, of which the first are `AA`; in addresses behind `bot`.
fn telegram(text: &[u8], colon: usize) -> Option<Range<usize>> {
    let rest = run(text, colon + 1, is_word);
    if rest.len() != 35 || !text[rest.start..].starts_with(b"AA") {
        return None;
    }
    let digits = text[..colon].iter().rev().take(LONGEST);
    let digits = digits.take_while(|it| it.is_ascii_digit()).count();
    ((8..=10).contains(&digits)).then_some(colon - digits..rest.end)
}

/// The characters that end an address in a text.
fn ends_address(it: u8) -> bool {
    it.is_ascii_whitespace() || it.is_ascii_control() || b"\"'`<>{}[]()|,\\".contains(&it)
}

/// `scheme://user:password@host`, or a token where the user stands.
fn login(text: &str, colon: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let rest = bytes[colon..].strip_prefix(b"://")?;
    let rest = &rest[..rest.len().min(LONGEST)];
    let end = |it: &u8| ends_address(*it) || b"/?#".contains(it);
    let authority = &rest[..rest.iter().position(end).unwrap_or(rest.len())];
    let user = &authority[..authority.iter().rposition(|it| *it == b'@')?];
    let scheme = bytes[..colon].iter().rev().take(LONGEST);
    let scheme = scheme
        .take_while(|it| it.is_ascii_alphanumeric() || b"+.-".contains(it))
        .count();
    let user = std::str::from_utf8(user).ok()?;
    let is_secret = match user.split_once(':') {
        Some((_, password)) => !password.is_empty() && !is_placeholder(password),
        None => is_random(user) || is_key_of_hex(user),
    };
    let at = colon + 3 + authority.len();
    (scheme > 0 && is_secret).then_some(colon - scheme..at)
}

/// A token among the parameters of an address.
fn parameter(text: &str, mark: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let name = run(bytes, mark + 1, is_word);
    if bytes.get(name.end) != Some(&b'=') {
        return None;
    }
    let is_end = |it: &u8| ends_address(*it) || matches!(it, b'&' | b'#' | b';');
    let value = &bytes[name.end + 1..];
    let value = &value[..value.len().min(LONGEST)];
    let value = &value[..value.iter().position(is_end).unwrap_or(value.len())];
    let range = mark..name.end + 1 + value.len();
    let value = std::str::from_utf8(value).ok()?;
    let least = match text[name].to_ascii_lowercase().replace('-', "_").as_str() {
        "access_token"
        | "api_key"
        | "apikey"
        | "auth_token"
        | "client_secret"
        | "pass"
        | "passwd"
        | "password"
        | "private_token"
        | "pwd"
        | "secret"
        | "token"
        | "x_amz_security_token" => 6,
        "auth" | "code" | "key" | "sig" | "signature" | "x_amz_signature" | "x_goog_signature" => {
            16
        }
        _ => return None,
    };
    (value.len() >= least && !is_ordinary(value) && !is_placeholder(value)).then_some(range)
}

/// Returns what is a credential in a text: by its form, under base64, or by the name that stands
/// before it.
pub fn in_text(text: &str) -> Vec<Found> {
    looked_at(text, 2)
}

fn looked_at(text: &str, depth: usize) -> Vec<Found> {
    let mut acc = forms(text);
    acc.extend(encoded(text, depth));
    acc.extend(assigned(text));
    acc.sort_by_key(|it| it.range.start);
    acc
}

static BASE64: LazyLock<GeneralPurpose> = LazyLock::new(|| {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&STANDARD, config)
});

/// What is a credential once it is decoded.
fn encoded(text: &str, depth: usize) -> Vec<Found> {
    const LEAST: usize = 16;
    let mut acc = Vec::new();
    if depth == 0 || text.len() < LEAST {
        return acc;
    }
    let in_base64 = |it: u8| is_word(it) || matches!(it, b'+' | b'/');
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|it| in_base64(**it)).count();
        let word = at..at + length;
        at = word.end + 1;
        if word.len() < LEAST {
            continue;
        }
        let standard: Cow<'_, str> = match text[word.clone()].contains(['-', '_']) {
            true => text[word.clone()]
                .replace('-', "+")
                .replace('_', "/")
                .into(),
            false => text[word.clone()].into(),
        };
        let decoded = BASE64.decode(standard.as_bytes()).ok();
        let decoded = decoded.and_then(|it| String::from_utf8(it).ok());
        let is_text = |it: &String| {
            it.chars()
                .all(|it| !it.is_control() || it.is_ascii_whitespace())
        };
        if let Some(decoded) = decoded.filter(is_text)
            && let Some(inner) = looked_at(&decoded, depth - 1).into_iter().next()
        {
            acc.push(Found {
                range: word,
                reason: inner.reason,
            });
        }
    }
    acc
}

/// What follows `name: ` or `name=`: in comments, in prose, in a policy that cannot be read.
fn assigned(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut acc = Vec::new();
    for (at, _) in text.match_indices([':', '=']) {
        let name = name_before(text, at);
        let Some(naming) = naming(name) else { continue };
        let rest = &text[at + 1..];
        let skipped = rest.len() - rest.trim_start_matches([' ', '\t', '"', '\'']).len();
        let start = at + 1 + skipped;
        let is_end = |it: &u8| it.is_ascii_whitespace() || b"\"'`,;()[]{}".contains(it);
        let value = &bytes[start..bytes.len().min(start + LONGEST)];
        let value = &value[..value.iter().position(is_end).unwrap_or(value.len())];
        // Cut in the middle of a character, it is no word that anybody generated.
        let Ok(value) = std::str::from_utf8(value) else {
            continue;
        };
        let value = value.trim_end_matches(['.', ':', '!', '?']);
        let reason = match naming {
            _ if is_placeholder(value) || value.contains("://") || value.starts_with('/') => None,
            _ if is_random(value) || is_key_of_hex(value) => Some(Reason::Random),
            // Prose speaks of passwords too: what follows has to look like one.
            Naming::Sure if value.len() >= 6 && !is_ordinary(value) => Some(Reason::Named),
            Naming::Sure | Naming::Perhaps => None,
        };
        if let Some(reason) = reason {
            let range = start..start + value.len();
            acc.push(Found { range, reason });
        }
    }
    acc
}

/// The name that ends at a byte, perhaps in quotes.
fn name_before(text: &str, at: usize) -> &str {
    let before = text[..at].trim_end_matches([' ', '"', '\'']);
    let length = before.bytes().rev().take_while(|it| is_dotted(*it)).count();
    &before[before.len() - length..]
}

/// Returns whether the value of a field is a credential by the field's name, of which the schema
/// knows nothing.
pub fn at_field(name: &str, value: &str) -> Option<Reason> {
    let naming = naming(name)?;
    let value = value.trim();
    if is_placeholder(value) {
        return None;
    }
    match naming {
        _ if is_random(value) || is_key_of_hex(value) => Some(Reason::Random),
        Naming::Sure => Some(Reason::Named),
        Naming::Perhaps => None,
    }
}

/// How surely a name is that of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Naming {
    Sure,
    Perhaps,
}

/// Parts of words that may make a name that of a credential.
const STEMS: &[&str] = &[
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "credential",
    "webhook",
    "dsn",
    "auth",
    "pagerduty",
];

fn naming(name: &str) -> Option<Naming> {
    if !name.bytes().all(is_dotted) || !has_any(name, STEMS) {
        return None;
    }
    let words = words_of(name);
    let last = words.last()?.as_str();
    let before = words.len().checked_sub(2).map_or("", |it| &words[it]);
    const NOT_ITSELF: &[&str] = &[
        "name",
        "names",
        "ref",
        "refs",
        "file",
        "files",
        "path",
        "namespace",
        "type",
        "policy",
        "length",
        "expiry",
        "ttl",
        "age",
        "count",
        "id",
        "algorithm",
    ];
    if NOT_ITSELF.contains(&last) {
        return None;
    }
    let is_sure = match last {
        "password" | "passwords" | "passwd" | "passphrase" | "pwd" | "pass" | "token"
        | "credential" | "credentials" | "dsn" | "apikey" | "authtoken" | "authpass"
        | "requirepass" | "masterauth" | "secretkey" | "privatekey" => true,
        "key" => matches!(
            before,
            "api"
                | "access"
                | "account"
                | "encryption"
                | "integration"
                | "private"
                | "routing"
                | "secret"
                | "service"
                | "signing"
        ),
        "secret" => matches!(before, "client" | "shared" | "signing" | "api" | "app"),
        "url" => before == "webhook",
        _ => false,
    };
    Some(match is_sure {
        true => Naming::Sure,
        false => Naming::Perhaps,
    })
}

fn has_any(name: &str, stems: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    stems.iter().any(|it| name.contains(it))
}

/// `routingKey`, `routing-key` and `ROUTING_KEY2` to `routing`, `key`.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for it in name.chars() {
        let begins = was_lower && it.is_ascii_uppercase();
        let is_letter = it.is_alphabetic();
        if (begins || !is_letter) && words.last().is_some_and(|it| !it.is_empty()) {
            words.push(String::new());
        }
        if is_letter && let Some(word) = words.last_mut() {
            word.push(it.to_ascii_lowercase());
        }
        was_lower = it.is_lowercase();
    }
    words.retain(|it| !it.is_empty());
    words
}

/// Returns whether a text stands for a credential that is elsewhere, or is encrypted.
fn is_placeholder(value: &str) -> bool {
    let is_digest = ["sha256:", "sha512:", "sha1:"];
    value.is_empty()
        || value.starts_with(['$', '{', '<', '[', '%', '…'])
        || value.starts_with("ENC[")
        || is_digest.iter().any(|it| value.starts_with(it))
        || value
            .chars()
            .all(|it| matches!(it, '*' | 'x' | 'X' | '.' | '-' | '_'))
}

/// Returns whether a text is made of words and numbers as names are: no part has both.
fn is_ordinary(value: &str) -> bool {
    let is_sign = |it: char| matches!(it, '-' | '_' | '.' | '/' | ':');
    value.split(is_sign).all(|part| {
        part.chars().all(char::is_alphabetic) || part.bytes().all(|it| it.is_ascii_digit())
    })
}

/// 32 hexadecimal digits: the keys of PagerDuty, and of many others; digests are longer.
fn is_key_of_hex(value: &str) -> bool {
    value.len() == 32
        && value.bytes().all(|it| it.is_ascii_hexdigit())
        && value.bytes().any(|it| it.is_ascii_digit())
}

/// Returns whether a word looks random: over 4 bits for each of at least 20 characters, with
/// letters and digits among each other.
fn is_random(value: &str) -> bool {
    const LEAST: usize = 20;
    let class = |it: u8| match it {
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        b'0'..=b'9' => 3,
        _ => 0,
    };
    let bytes = value.as_bytes();
    if bytes.len() < LEAST || !bytes.iter().all(|it| is_path(*it)) {
        return false;
    }
    let has = |wanted| bytes.iter().any(|it| class(*it) == wanted);
    let changes = bytes.windows(2).filter(|it| {
        let (one, other) = (class(it[0]), class(it[1]));
        one != other && one != 0 && other != 0
    });
    has(3) && (has(1) || has(2)) && changes.count() * 5 >= bytes.len() && entropy(bytes) > 4.0
}

/// Shannon's entropy, in bits for each byte.
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for it in bytes {
        counts[usize::from(*it)] += 1;
    }
    let all = bytes.len() as f64;
    let shares = counts.iter().filter(|it| **it > 0);
    shares
        .map(|it| f64::from(*it) / all)
        .map(|it| -it * it.log2())
        .sum()
}

/// Returns whether a name may be that of a credential: its value is not shown.
pub fn is_sensitive(name: &str) -> bool {
    const SHOWN_NOT: &[&str] = &[
        "pass",
        "secret",
        "token",
        "apikey",
        "api_key",
        "credential",
        "webhook",
        "routingkey",
        "dsn",
    ];
    has_any(&name.replace(['-', ' '], "_"), SHOWN_NOT)
}

/// Returns whether a user and a password may end at a byte, before a host: with spaces in them or
/// without a scheme, and thus in no address.
fn may_be_login(text: &[u8], at: usize) -> bool {
    if text[at] != b'@' || text[at + 1..].starts_with(b"sha") {
        return false;
    }
    let host = &text[at + 1..];
    let is_host = |it: &u8| is_dotted(*it) || *it == b':';
    let host = &host[..host.iter().take_while(|it| is_host(it)).count()];
    let before = &text[at.saturating_sub(LONGEST)..at];
    let scheme = before.windows(3).rposition(|it| it == b"://");
    let (user, is_end): (&[u8], fn(&u8) -> bool) = match scheme {
        Some(scheme) => (&before[scheme + 3..], |it| {
            b"/?#\"{}[],<>|\r\n".contains(it)
        }),
        None if host.iter().any(|it| b".:".contains(it)) => {
            let is_end = |it: &u8| it.is_ascii_whitespace() || b"\"'{}[](),<>|".contains(it);
            let start = before.iter().rposition(is_end).map_or(0, |it| it + 1);
            (&before[start..], is_end)
        }
        None => return false,
    };
    let colon = user.iter().position(|it| *it == b':');
    !user.iter().any(is_end) && colon.is_some_and(|it| it > 0 && it + 1 < user.len())
}

/// Returns whether a parameter of an address begins at a byte whose name is that of a credential,
/// however ordinary its value is.
fn may_be_parameter(text: &str, mark: usize) -> bool {
    let bytes = text.as_bytes();
    if !matches!(bytes[mark], b'?' | b'&') {
        return false;
    }
    let name = run(bytes, mark + 1, is_word);
    let value = text[name.end..].strip_prefix('=');
    // Its beginning tells; to its end, a text of such marks would be gone through once for each.
    let is_written = value.is_some_and(|it| {
        let value = it.chars().take(LONGEST);
        let value = value.take_while(|it| !['&', '#', ' ', '"', '\'', '`'].contains(it));
        !is_placeholder(&value.collect::<String>())
    });
    is_written && is_sensitive(&text[name])
}

/// Returns whether a text may have a credential in it, or the rest of one: it is not shown.
pub fn may_be(text: &str) -> bool {
    begins(text).is_some()
}

/// Returns where in a text something begins that may be a credential.
pub fn begins(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let table = &*BY_FIRST;
    let first = (0..bytes.len()).find(|at| {
        let rest = &bytes[*at..];
        table[usize::from(bytes[*at])]
            .iter()
            .any(|it| it.is_telling && it.begins(bytes, *at).is_some())
            || [&b"eyJ"[..], b"AKIA", b"ASIA", b"AIza"]
                .iter()
                .any(|it| rest.starts_with(it))
            || rest.starts_with(b"-----BEGIN")
            || form_at(text, *at, table).is_some()
            || may_be_login(bytes, *at)
            || may_be_parameter(text, *at)
    });
    let mut word_at = 0;
    let mut words =
        text.split_inclusive(|it: char| !it.is_ascii() || !is_path(it as u8) || it == '=');
    let random = words.find_map(|word| {
        let at = word_at;
        word_at += word.len();
        let word = word.trim_end_matches(|it: char| !it.is_ascii_alphanumeric());
        (is_random(word) || is_key_of_hex(word)).then_some(at)
    });
    match (first, random) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
