//! Whether Redis knows the directives that the catalog lists, and takes the values that we take.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use obsgen::catalog::redis_config::{self, Directive, Live, Release, Takes};
use obsgen::value::image::Image;

use crate::lab::Process;
use crate::tools;

/// The line that every file ends with, so that nothing starts.
const LAST_LINE: &str = "port none";

#[test]
fn redis_takes_the_directives_that_we_take() {
    if let Some(program) = tools::tool("redis-server") {
        takes_what_we_take(&program);
    }
}

#[test]
fn the_next_redis_takes_the_directives_that_we_take() {
    if let Some(program) = tools::next_tool("redis-server") {
        takes_what_we_take(&program);
    }
}

fn takes_what_we_take(program: &Path) {
    let mut redis = Redis::start(program);
    let mut wrong = names(&mut redis);
    wrong.extend(defaults_and_changes(&mut redis));
    wrong.extend(words(&mut redis));
    wrong.extend(values(&mut redis));
    assert!(wrong.is_empty(), "Redis {}: {wrong:#?}", redis.release);
}

/// Both have the same names.
fn names(redis: &mut Redis) -> Vec<String> {
    let listed = redis_config::told(redis.release);
    let told = redis.config("*");
    let told: BTreeSet<&str> = told.keys().map(String::as_str).collect();
    assert!(told.len() > 150, "{told:?}");
    let mut wrong: Vec<String> = told
        .difference(&listed)
        .map(|it| format!("{it}: not in the catalog"))
        .collect();
    for name in redis_config::known(None).chain(listed.iter().copied()) {
        // Redis tells some of them only to those who know their name.
        let is_told = told.contains(name) || !redis.config(name).is_empty();
        if is_told != listed.contains(name) {
            wrong.push(format!("{name}: Redis has it: {is_told}"));
        }
    }
    wrong
}

/// A directive has the value that the catalog says, and `CONFIG SET` takes it where the catalog says
/// so.
fn defaults_and_changes(redis: &mut Redis) -> Vec<String> {
    let mut wrong = Vec::new();
    let told = redis.config("*");
    for directive in free(redis.release) {
        let Some(value) = told.get(directive.name) else {
            continue;
        };
        if value != directive.default {
            wrong.push(format!("{}: is `{value}`", directive.name));
        }
        let answer = redis.ask(&["CONFIG", "SET", directive.name, value]);
        let is_set = answer == Answer::Text("OK".to_owned());
        if is_set != matches!(directive.live, Live::Yes | Live::Start) {
            wrong.push(format!("{}: {answer:?}", directive.name));
        }
    }
    wrong
}

/// Redis names the words that the catalog has.
fn words(redis: &mut Redis) -> Vec<String> {
    let mut wrong = Vec::new();
    for directive in free(redis.release) {
        let (Takes::Word(listed) | Takes::Words(listed)) = directive.takes else {
            continue;
        };
        if directive.live == Live::No {
            continue;
        }
        let answer = redis.ask(&["CONFIG", "SET", directive.name, "none"]);
        let Answer::Wrong(answer) = answer else {
            panic!("{} is `none`", directive.name);
        };
        let (_, told) = answer.rsplit_once(": ").expect("Redis names the words");
        let listed: BTreeSet<&str> = listed.split('|').collect();
        if told.split(", ").collect::<BTreeSet<_>>() != listed {
            wrong.push(format!("{}: {answer}", directive.name));
        }
    }
    wrong
}

/// Redis starts with the values that we take, and with no other.
fn values(redis: &mut Redis) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut right = Vec::new();
    for directive in free(redis.release) {
        let name = directive.name;
        for value in probes(directive.takes) {
            let line = format!("{name} {}", if value.is_empty() { "\"\"" } else { &value });
            // The servers here are built without what defragments.
            if name == "activedefrag" && value.eq_ignore_ascii_case("yes") {
                continue;
            }
            if directive.takes.takes(&value) {
                right.push(line);
                continue;
            }
            // A start with each would take long. Of text a start asks more.
            let is_live = matches!(directive.live, Live::Yes | Live::Start);
            let is_taken = if is_live && !matches!(directive.takes, Takes::Text | Takes::Title(_)) {
                let answer = redis.ask(&["CONFIG", "SET", name, &value]);
                !matches!(answer, Answer::Wrong(_))
            } else {
                redis.refused(&line).is_none()
            };
            if is_taken {
                wrong.push(format!("`{line}` is taken"));
            }
        }
    }
    assert!(right.len() > 300, "{right:?}");
    while let Some(line) = redis.refused(&right.join("\n")) {
        right.retain(|it| *it != line);
        wrong.push(format!("`{line}` is not taken"));
    }
    wrong
}

/// The directives of a release that a policy may set.
fn free(release: Release) -> Vec<&'static Directive> {
    redis_config::known(Some(release))
        .flat_map(redis_config::spans)
        .filter(|it| it.is_in(Some(release)))
        .collect()
}

/// Values that a directive takes and does not take: those at its edges, and others.
fn probes(takes: Takes) -> Vec<String> {
    let words = |words: &str| {
        let words = words.split('|').map(str::to_owned);
        let mut probes: Vec<String> = words.collect();
        probes.push(probes[0].to_uppercase());
        probes.push(format!("{}s", probes[0]));
        probes
    };
    let edges = |least: i128, largest: i128| {
        let mut probes = vec![least - 1, least, largest];
        // Where a number has 64 bits without a sign, Redis makes the largest of one over it.
        if largest < i128::from(u64::MAX) {
            probes.push(largest + 1);
        }
        probes.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let (mut probes, more): (_, &[&str]) = match takes {
        Takes::Switch => (words("yes|no"), &["true", "1", ""]),
        Takes::Word(allowed) => (words(allowed), &["", "1"]),
        Takes::Words(allowed) => {
            let first_two: Vec<&str> = allowed.split('|').skip(2).take(2).collect();
            let mut probes = words(allowed);
            probes.push(first_two.join(" "));
            (probes, &["", "save nosave"])
        }
        Takes::Number(least, largest) => (
            edges(least, largest),
            &["", "one", "+1", "01", "1.0", "1kb", "1%"],
        ),
        Takes::Size(least, largest) => (
            edges(least, largest),
            &[
                "1gb", "2Gb", "9m", "3145728B", "2000000k", "1x", "1%", "768Mi", "-1gb", "1 gb",
            ],
        ),
        Takes::SizeOrPercent(_, largest) => (
            vec![largest.to_string()],
            &[
                "0", "1mb", "0%", "100%", "101%", "-1%", "-1", "%", "01%", "one",
            ],
        ),
        Takes::Three(least, largest) => (
            vec![
                format!("{least} 0 {largest}"),
                format!("{} 0 0", least - 1),
                format!("0 0 {}", largest + 1),
            ],
            &["0 0", "0 0 0 0", "", "a b c"],
        ),
        Takes::Letters(allowed) => (
            ('!'..='~')
                .filter(|it| !matches!(it, '"' | '\'' | '\\'))
                .map(String::from)
                .collect(),
            &["", "KEA", allowed],
        ),
        Takes::Percentiles => (
            Vec::new(),
            &["", "0", "100", "50 99 99.9", "100.1", "-1", "99%", "p99"],
        ),
        Takes::Save(_) => (
            Vec::new(),
            &[
                "",
                "1 0",
                "900 1 300 10",
                "900",
                "900 1 300",
                "0 1",
                "900 -1",
                "15m 1",
            ],
        ),
        Takes::OutputBuffers(..) => (
            Vec::new(),
            &[
                "pubsub 32mb 8mb 60",
                "normal 0 0 0 slave 1 1 0",
                "REPLICA 0 0 0",
                "master 0 0 0",
                "all 0 0 0",
                "pubsub 32mb 8mb",
                "pubsub 32mb 8mb 60s",
                "pubsub 32mb 8mb -1",
                "pubsub 32x 8mb 60",
            ],
        ),
        Takes::Title(variables) => {
            let mut probes: Vec<String> =
                variables.split('|').map(|it| format!("{{{it}}}")).collect();
            probes.push(format!("x{}", probes.concat()));
            (
                probes,
                &[
                    "",
                    "a",
                    "{",
                    "{{",
                    "x{host}",
                    "x{title",
                    "x{Title}",
                    "{title}{server-mode}",
                    "a}",
                ],
            )
        }
        Takes::Text => (Vec::new(), &["a", "", "a b"]),
        Takes::Nothing => (Vec::new(), &["1"]),
    };
    probes.extend(more.iter().map(|it| (*it).to_owned()));
    probes
}

/// A server that knows nothing but its own defaults.
struct Redis {
    program: PathBuf,
    release: Release,
    connection: BufReader<UnixStream>,
    // Dropped first to last: nothing writes any more when the folder goes.
    _process: Process,
    folder: tempfile::TempDir,
}

/// What Redis answers.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Text(String),
    List(Vec<String>),
    Wrong(String),
}

impl Redis {
    fn start(program: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("socket");
        let mut command = Command::new(program);
        command
            .args(["--port", "0", "--unixsocket"])
            .arg(&socket)
            .current_dir(folder.path());
        let process = Process::spawn(&mut command);
        let deadline = Instant::now() + Duration::from_secs(30);
        let connection = loop {
            match UnixStream::connect(&socket) {
                Ok(connection) => break connection,
                Err(it) => assert!(Instant::now() < deadline, "no server: {it}"),
            }
            thread::sleep(Duration::from_millis(10));
        };
        let timeout = Some(Duration::from_secs(10));
        connection.set_read_timeout(timeout).expect("a duration");
        let text = Command::new(program).arg("--version").output();
        let text = String::from_utf8(text.expect("it runs").stdout).expect("text");
        let version = text.split(" v=").nth(1).and_then(|it| it.split(' ').next());
        let image = format!("redis:{}", version.expect("it tells its version"));
        let image = Image::parse(&image).expect("an image");
        Self {
            program: program.to_owned(),
            release: Release::of(&image).expect("a release of Redis"),
            connection: BufReader::new(connection),
            _process: process,
            folder,
        }
    }

    fn config(&mut self, pattern: &str) -> BTreeMap<String, String> {
        let Answer::List(list) = self.ask(&["CONFIG", "GET", pattern]) else {
            panic!("Redis does not tell its configuration");
        };
        let pairs = list.chunks_exact(2);
        pairs.map(|it| (it[0].clone(), it[1].clone())).collect()
    }

    fn ask(&mut self, words: &[&str]) -> Answer {
        let mut question = format!("*{}\r\n", words.len());
        for word in words {
            question.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        let stream = self.connection.get_mut();
        stream.write_all(question.as_bytes()).expect("Redis reads");
        self.answer()
    }

    fn answer(&mut self) -> Answer {
        let mut line = String::new();
        self.connection.read_line(&mut line).expect("Redis answers");
        let (kind, rest) = line.trim_end().split_at(1);
        let count = || rest.parse::<usize>().expect("a count");
        match kind {
            "+" | ":" => Answer::Text(rest.to_owned()),
            "-" => Answer::Wrong(rest.to_owned()),
            "$" => {
                let mut text = vec![0; count() + 2];
                self.connection.read_exact(&mut text).expect("all of it");
                text.truncate(count());
                Answer::Text(String::from_utf8(text).expect("text"))
            }
            "*" => Answer::List(
                (0..count())
                    .map(|_| match self.answer() {
                        Answer::Text(text) => text,
                        other => panic!("{other:?}"),
                    })
                    .collect(),
            ),
            _ => panic!("{line}"),
        }
    }

    /// Returns the first of some lines that Redis does not start with.
    fn refused(&self, lines: &str) -> Option<String> {
        let path = self.folder.path().join("redis.conf");
        fs::write(&path, format!("{lines}\n{LAST_LINE}\n")).expect("the folder is ours");
        let output = Command::new(&self.program)
            .arg(&path)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .expect("Redis runs");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        let line = text
            .lines()
            .find_map(|it| it.strip_prefix(">>> '")?.strip_suffix('\''));
        let line = line.expect("Redis refuses the last line");
        (line != LAST_LINE).then(|| line.to_owned())
    }
}
