//! A comparison as a comment on a pull request.
//!
//! Whoever opens a pull request decides what is in it, so all of it is hostile: names and values stand in code,
//! prose is taken word by word, and YAML stands behind fences that it cannot end. The dialect is GitHub's, which
//! GitLab reads too.

use crate::cli::diff::sides::Compared;
use crate::cli::diff::text::{HIDDEN, UNKNOWN, fate, more_lines};
use crate::cli::diff::verdict::{self, Row};
use crate::cli::terminal::plural;
use crate::diag::text::printable;
use crate::diff::consequence::{Cause, Caused, Consequence};
use crate::diff::estimates::thousands;
use crate::diff::yaml::{self, Hunks};
use crate::diff::{Difference, Estimate};

/// The first line, by which the comment is found again.
const MARKER: &str = "<!-- obsgen-diff -->\n";
/// Bytes that a comment has at most. GitHub takes 65,536 characters or more, depending on the place.
const LONGEST: usize = 65_000;
/// Bytes that are kept for what is said of the rest.
const KEPT: usize = 1_000;
/// Things that are named before the rest is counted.
const NAMED: usize = 5;
/// Rows of the table.
const ROWS: usize = 40;
/// Fields that are named before the rest is counted.
const FIELDS: usize = 20;

/// How it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form<'a> {
    /// Whether the objects are left out.
    pub(super) is_summary: bool,
    /// Whether estimates come with their arithmetic.
    pub(super) is_explained: bool,
    /// The command that shows all of it.
    pub(super) command: &'a str,
}

/// A stack in pieces, of which each is there whole or not at all.
struct Section {
    head: String,
    consequences: Vec<String>,
    /// The objects, and the pages behind them.
    objects: Vec<String>,
    pages: usize,
    /// What is said of the objects, folded or not.
    counted: String,
}

/// The comment; also where nothing differs, so that an older one does not stand.
pub(super) fn shown(compared: &[Compared], form: Form<'_>) -> String {
    let differ = compared.iter().filter(|it| !it.difference.is_empty());
    let differ: Vec<(&Compared, Vec<Row>)> = differ
        .map(|it| (it, verdict::rows(&it.difference)))
        .collect();
    if differ.is_empty() {
        return format!("{MARKER}### obsgen: no difference\n\nWhat is delivered is the same.\n");
    }
    let mut head = format!("{MARKER}{}", verdict_of(&differ));
    let mut sections: Vec<Section> = differ.iter().map(|it| section(it.0, form)).collect();
    let mut room = LONGEST - KEPT;
    take(&mut room, &head);
    // What follows for all stacks goes before the objects of the first one.
    let mut left_out = Vec::new();
    let mut missing = 0;
    let mut is_full = false;
    for section in &mut sections {
        is_full |= !take(&mut room, &section.head);
        if is_full {
            missing += section.consequences.len();
            section.head.clear();
            section.consequences.clear();
            continue;
        }
        let shown = fitting(&mut room, &section.consequences);
        missing += section.consequences.len() - shown;
        is_full |= shown < section.consequences.len();
        section.consequences.truncate(shown);
    }
    if missing > 0 {
        left_out.push(plural(missing, "consequence"));
    }
    let (mut objects, mut pages) = (0, 0);
    for section in &mut sections {
        let shown = match is_full {
            true => 0,
            false => fitting(&mut room, &section.objects),
        };
        let missing = section.objects.len() - shown;
        is_full |= missing > 0;
        pages += missing.min(section.pages);
        objects += missing.saturating_sub(section.pages);
        section.objects.truncate(shown);
    }
    for (count, word) in [(objects, "object"), (pages, "page")] {
        if count > 0 {
            left_out.push(plural(count, word));
        }
    }
    for section in sections.iter().filter(|it| !it.head.is_empty()) {
        head.push_str(&section.head);
        head.extend(section.consequences.iter().map(String::as_str));
        head.push_str(&folded(section));
    }
    if !left_out.is_empty() {
        head.push_str(&format!(
            "\n{} left out, as a comment holds no more; {} shows all.\n",
            match left_out.join(", ") {
                text if text.starts_with("1 ") && left_out.len() == 1 => format!("{text} is"),
                text => format!("{text} are"),
            },
            code(&form.command.chars().take(KEPT / 4).collect::<String>())
        ));
    }
    head
}

/// Takes room for a piece, where there is so much.
fn take(room: &mut usize, piece: &str) -> bool {
    match room.checked_sub(piece.len()) {
        Some(rest) => *room = rest,
        None => return false,
    }
    true
}

/// How many of some pieces there is room for.
fn fitting(room: &mut usize, pieces: &[String]) -> usize {
    pieces.iter().take_while(|it| take(room, it)).count()
}

/// The verdict on all stacks, as a table.
fn verdict_of(differ: &[(&Compared, Vec<Row>)]) -> String {
    let worst = differ.iter().flat_map(|(_, rows)| verdict::worst(rows));
    let mut worst: Vec<_> = worst.collect();
    worst.sort_unstable();
    worst.dedup();
    // The worst of what happens, and whether it is watched less.
    let gap = worst
        .iter()
        .position(|it| *it == crate::effect::Class::MonitoringGap)
        .map(|place| worst.remove(place));
    let said: Vec<&str> = worst
        .pop()
        .into_iter()
        .chain(gap)
        .map(|it| it.name())
        .collect();
    let said = match said.is_empty() {
        true => "objects differ".to_owned(),
        false => said.join(" and "),
    };
    let mut text = format!("### obsgen: {said}\n");
    let has_many = differ.len() > 1;
    let stack = |name: &str| match has_many {
        true => format!("{} | ", in_table(name)),
        false => String::new(),
    };
    let mut rows = Vec::new();
    for (compared, of) in differ {
        for row in of {
            rows.push(format!(
                "| {}**{}** | {} | {} | {} |\n",
                stack(&compared.name),
                row.class,
                row.class.meaning(),
                row.count(),
                things(row)
            ));
        }
        if of.is_empty() {
            rows.push(format!("| {}? | {UNKNOWN} | | |\n", stack(&compared.name)));
        }
    }
    let (head, line) = match has_many {
        true => ("stack | ", "---|"),
        false => ("", ""),
    };
    text.push_str(&format!(
        "\n| {head}class | what happens | how many | which |\n|{line}---|---|---|---|\n"
    ));
    text.extend(rows.iter().take(ROWS).map(String::as_str));
    if rows.len() > ROWS {
        text.push_str(&format!("\nand {} more rows\n", rows.len() - ROWS));
    }
    text
}

fn things(row: &Row) -> String {
    let things = row.things();
    let shown = match things.len() {
        count if count <= NAMED + 1 => count,
        _ => NAMED,
    };
    let mut text: Vec<String> = things[..shown].iter().map(|it| in_table(it)).collect();
    if things.len() > shown {
        text.push(format!("and {} more", things.len() - shown));
    }
    text.join(", ").replace(", and ", " and ")
}

fn section(compared: &Compared, form: Form<'_>) -> Section {
    let difference = &compared.difference;
    let mut head = format!("\n#### {}", code(&compared.name));
    if let Some(fate) = verdict::fate(compared) {
        head.push_str(&format!(" ({})", prose(&fate)));
    }
    head.push_str("\n\n");
    let places = verdict::places(compared);
    if places != compared.name {
        head.push_str(&format!("{}\n\n", code(&places)));
    }
    let mut consequences: Vec<String> = difference.consequences.iter().map(item).collect();
    consequences.extend(estimates(difference, form));
    Section {
        head,
        consequences,
        objects: match form.is_summary {
            true => Vec::new(),
            false => objects(difference),
        },
        pages: match form.is_summary {
            true => 0,
            false => difference.pages.len(),
        },
        counted: verdict::objects(difference),
    }
}

/// A consequence as an item of a list, with its details folded.
fn item(consequence: &Consequence) -> String {
    let class = consequence.class();
    let subjects = subjects(&consequence.subjects);
    let Some(first) = consequence.effects.first() else {
        return format!("- **{class}** {subjects}: {UNKNOWN}\n");
    };
    let mut details = Vec::new();
    let mut has = Vec::new();
    detail(first, "  ", &mut details, &mut has);
    for caused in &consequence.effects[1..] {
        let effect = &caused.effect;
        details.push(format!(
            "  - also **{}**: {}\n",
            effect.class,
            prose(&effect.what)
        ));
        detail(caused, "    ", &mut details, &mut Vec::new());
    }
    if details.is_empty() {
        return format!("- **{class}** {subjects}: {}\n", prose(&first.effect.what));
    }
    match consequence.effects.len() - 1 {
        0 => {}
        1 => has.insert(0, "1 more effect".to_owned()),
        more => has.insert(0, format!("{more} more effects")),
    }
    format!(
        "- **{class}** {subjects}: {}\n  <details><summary>{}</summary>\n\n{}\n  </details>\n",
        prose(&first.effect.what),
        has.join(", "),
        details.concat()
    )
}

/// The details of an effect, and what they are.
fn detail(caused: &Caused, indentation: &str, acc: &mut Vec<String>, has: &mut Vec<String>) {
    let effect = &caused.effect;
    let mut push = |word: &str, text: String| {
        acc.push(format!("{indentation}- {word}{text}\n"));
    };
    if !effect.exposed.is_empty() {
        push("exposed: ", prose(&effect.exposed));
        has.push("what is exposed".to_owned());
    }
    if let Some(instead) = &effect.instead {
        push("instead: ", prose(instead));
        has.push("what to do instead".to_owned());
    }
    for cause in caused.by.iter().take(FIELDS) {
        push("", field(cause));
    }
    if caused.by.len() > FIELDS {
        push("", format!("and {} more fields", caused.by.len() - FIELDS));
    }
    if !caused.by.is_empty() {
        has.push(plural(caused.by.len(), "field"));
    }
    if !effect.source.is_empty() {
        push("source: ", code(&effect.source));
        has.push("source".to_owned());
    }
}

fn field(cause: &Cause) -> String {
    let name = code(&cause.field);
    match (&cause.before, &cause.after) {
        (Some(before), Some(after)) => format!("{name}: {} → {}", code(before), code(after)),
        (None, Some(after)) => format!("{name}: {}, new", code(after)),
        (Some(before), None) => format!("{name}: {}, gone", code(before)),
        (None, None) => name,
    }
}

fn subjects(subjects: &[String]) -> String {
    let shown = match subjects.len() {
        count if count <= NAMED + 1 => count,
        _ => NAMED,
    };
    let text: Vec<String> = subjects[..shown].iter().map(|it| code(it)).collect();
    match subjects.len() - shown {
        0 => text.join(", "),
        more => format!("{} and {more} more", text.join(", ")),
    }
}

fn estimates(difference: &Difference, form: Form<'_>) -> Vec<String> {
    let differ = |it: &&Estimate| it.before != it.after;
    let items = difference.estimates.iter().filter(differ).map(|it| {
        let mut text = format!(
            "- estimate, {}: {} → {} ({})\n",
            prose(it.what),
            thousands(it.before),
            thousands(it.after),
            verdict::change(it.before, it.after)
        );
        if form.is_explained {
            for step in &it.arithmetic {
                text.push_str(&format!("  - {}\n", code(step)));
            }
        }
        text
    });
    items.collect()
}

fn objects(difference: &Difference) -> Vec<String> {
    let objects = difference.objects.iter().map(|it| {
        let fate = fate(&it.before, &it.after, it.renamed.as_deref());
        fenced(&it.id.to_string(), &fate, &yaml::of_object(it))
    });
    let pages = difference.pages.iter().map(|it| {
        let fate = fate(&it.before, &it.after, None);
        fenced(&it.path, &fate, &yaml::of_page(it))
    });
    objects.chain(pages).collect()
}

/// What differs in an object, folded.
fn fenced(name: &str, fate: &str, hunks: &Hunks) -> String {
    let mut text = String::new();
    for hunk in &hunks.hunks {
        if !hunk.at.is_empty() {
            text.push_str(&format!("@@ {} @@\n", hunk.at));
        }
        for (sign, line) in &hunk.lines {
            text.push_str(format!("{}{line}", sign.mark()).trim_end());
            text.push('\n');
        }
    }
    if hunks.hunks.is_empty() {
        text.push_str(&format!("{HIDDEN}\n"));
    }
    if hunks.left_out > 0 {
        text.push_str(&format!("{}\n", more_lines(hunks.left_out)));
    }
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    let fate = match fate {
        "" => String::new(),
        fate => format!(" {}", html(fate)),
    };
    format!(
        "<details><summary><code>{}</code>{fate}</summary>\n\n{fence}diff\n{text}{fence}\n\n</details>\n",
        html(name)
    )
}

/// The objects of a stack, folded into one line.
fn folded(section: &Section) -> String {
    match section.objects.is_empty() {
        true => format!("\n{}\n", section.counted),
        false => format!(
            "\n<details><summary>{}</summary>\n\n{}\n</details>\n",
            section.counted,
            section.objects.concat()
        ),
    }
}

/// A text in one line, with all of it visible.
fn visible(text: &str) -> String {
    printable(&text.replace('\r', "").replace('\n', "\\n"))
}

/// A text as code, whatever is in it: nothing in code is markup, a mention or a link.
fn code(text: &str) -> String {
    let text = visible(text);
    if text.is_empty() {
        return "`\"\"`".to_owned();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let is_touching = |it: Option<char>| it.is_some_and(|it| it == '`' || it == ' ');
    match is_touching(text.chars().next()) || is_touching(text.chars().last()) {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// A text as code in a table, whose cells end at a bar even there.
fn in_table(text: &str) -> String {
    code(&text.replace('|', "\\u{7C}"))
}

fn longest_run(text: &str) -> usize {
    text.split(|it| it != '`').map(str::len).max().unwrap_or(0)
}

/// A sentence: words stay words, and whatever may be more than a word is code.
fn prose(text: &str) -> String {
    let text = visible(text);
    let parts: Vec<&str> = text.split('`').collect();
    // With an odd number of marks, one of them quotes nothing.
    if parts.len().is_multiple_of(2) {
        return words(&text);
    }
    let parts = parts.iter().enumerate().map(|(place, part)| {
        let is_quoted = place % 2 == 1;
        match is_quoted && !part.is_empty() {
            true => code(part),
            false => words(part),
        }
    });
    let mut said = String::new();
    for part in parts {
        // Two pieces of code that touch would be one.
        if said.ends_with('`') && part.starts_with('`') {
            said.push(' ');
        }
        said.push_str(&part);
    }
    said
}

fn words(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let core = word.trim_start_matches('(');
        let before = &word[..word.len() - core.len()];
        let core = core.trim_end_matches([',', ';', ':', '.', ')', '?', '!']);
        let after = &word[before.len() + core.len()..];
        match is_word(core) {
            true => word.to_owned(),
            false => format!("{before}{}{after}", code(core)),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether nothing makes more of a word than a word: markup, a link, an address, a mention, a reference to an
/// issue or to a commit.
fn is_word(text: &str) -> bool {
    let text = text.strip_suffix('%').unwrap_or(text);
    let is_harmless = |it: char| it.is_ascii_alphanumeric() || !it.is_ascii() || "-.'".contains(it);
    let lower = text.to_ascii_lowercase();
    let is_issue = lower
        .strip_prefix("gh-")
        .is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit()));
    let is_commit = text.len() >= 7
        && text.bytes().all(|it| it.is_ascii_hexdigit())
        && text.bytes().any(|it| it.is_ascii_digit())
        && text.bytes().any(|it| it.is_ascii_alphabetic());
    let is_marker = !text.is_empty() && text.chars().all(|it| "-.'".contains(it)) && text.len() > 1;
    text.chars().all(is_harmless)
        && !lower.starts_with("www.")
        && !is_issue
        && !is_commit
        && !is_marker
}

/// A text within HTML.
fn html(text: &str) -> String {
    visible(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::diff::verdict::tests::{compared, consequence};
    use crate::diff::Page;
    use crate::diff::consequence::Part;
    use crate::effect::Class;

    const FORM: Form<'_> = Form {
        is_summary: false,
        is_explained: false,
        command: "obsgen diff a b",
    };

    /// What somebody may write into a pull request to be more than text.
    const HOSTILE: &[&str] = &[
        "@everyone",
        "a `@everyone` b",
        "``` @everyone",
        "`` a ` b ```` c",
        "</details></code></summary><img src=x onerror=alert(1)>",
        "<!-- obsgen-diff -->",
        "-->",
        "&lt;b&gt; &#64;everyone",
        "![a](https://evil.example/x.png)",
        "[a](javascript:alert(1))",
        "https://evil.example/ and www.evil.example",
        "mail@evil.example",
        "#1 GH-1 owner/repo#1 owner/repo@0123456789abcdef",
        "0123456789abcdef0123456789abcdef01234567",
        "a | b || c \\| d",
        "**bold** __bold__ ~~gone~~ $x$",
        "a\n# heading\n\n- item\n\r\n| a |\n|---|",
        "\u{202e}evil\u{2066}\u{200b}\u{feff}\u{1b}[31m",
        ":tada: :+1:",
        "/close",
        " padded ",
        "`",
        "\\`",
        "",
    ];

    #[test]
    fn code_holds_whatever_is_in_it() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code("````"), "````` ```` `````");
        assert_eq!(code(""), "`\"\"`");
        assert_eq!(code("a\n\u{202e}"), "`a\\n\\u{202E}`");
        assert_eq!(in_table("a|b"), "`a\\u{7C}b`");
    }

    #[test]
    fn prose_keeps_words_and_nothing_else() {
        for (text, expected) in [
            (
                "fires above 95% instead of 85% of maxmemory (looser)",
                "fires above 95% instead of 85% of maxmemory (looser)",
            ),
            (
                "`maxmemory` is set; it's applied, at once",
                "`maxmemory` is set; it's applied, at once",
            ),
            ("(see shop/cart, a_b)", "(see `shop/cart`, `a_b`)"),
            (
                "@everyone: GH-1 www.a.example #1",
                "`@everyone`: `GH-1` `www.a.example` `#1`",
            ),
            ("an odd ` mark", "an odd `` ` `` mark"),
            ("a`b`", "a`b`"),
            ("`a``b`", "`a` `b`"),
            (
                "at 012345a, 6442450944 or defaced",
                "at `012345a`, 6442450944 or defaced",
            ),
        ] {
            assert_eq!(prose(text), expected);
        }
    }

    /// What is left of a text when all code is taken out, as a reader of CommonMark does it.
    fn outside_of_code(text: &str) -> String {
        let mut rest = text;
        let mut outside = String::new();
        while let Some(start) = rest.find('`') {
            outside.push_str(&rest[..start]);
            let behind = &rest[start..];
            let run = behind.len() - behind.trim_start_matches('`').len();
            let fence = &behind[..run];
            let mut at = run;
            let end = loop {
                let found = behind[at..].find('`').map(|it| it + at);
                let Some(found) = found else { break None };
                let length = behind[found..].len() - behind[found..].trim_start_matches('`').len();
                if length == run {
                    break Some(found + run);
                }
                at = found + length;
            };
            match end {
                Some(end) => rest = &behind[end..],
                None => {
                    outside.push_str(fence);
                    rest = &behind[run..];
                }
            }
        }
        outside + rest
    }

    #[test]
    fn what_is_hostile_is_only_text() {
        for hostile in HOSTILE {
            for text in [code(hostile), prose(hostile), in_table(hostile)] {
                let outside = outside_of_code(&text);
                let is_harmless =
                    |it: char| it.is_ascii_alphanumeric() || " -.,;:()'?!%".contains(it);
                assert!(outside.chars().all(is_harmless), "{hostile:?}: {text}");
                assert!(!text.contains('\n'), "{hostile:?}: {text}");
                assert!(
                    !outside.to_lowercase().contains("www."),
                    "{hostile:?}: {text}"
                );
                assert!(!outside.contains("GH-"), "{hostile:?}: {text}");
            }
            assert!(!in_table(hostile).contains('|'), "{hostile:?}");
            let html = html(hostile);
            assert!(!html.contains(['<', '>', '"', '\n']), "{html}");
        }
    }

    /// The lines of a comment that are not within a fence.
    fn unfenced(text: &str) -> Vec<&str> {
        let mut fence: Option<&str> = None;
        let mut lines = Vec::new();
        for line in text.lines() {
            let run = &line[..line.len() - line.trim_start_matches('`').len()];
            match fence {
                None if run.len() >= 3 && line == format!("{run}diff") => fence = Some(run),
                None => lines.push(line),
                Some(open) if run.len() >= open.len() && line == run => fence = None,
                Some(_) => {}
            }
        }
        assert_eq!(fence, None, "{text}");
        lines
    }

    fn hostile() -> Compared {
        let mut stack = compared(
            HOSTILE
                .iter()
                .map(|it| {
                    consequence(
                        Part::Alerts,
                        &[it],
                        &[(Class::MonitoringGap, it), (Class::Hot, it)],
                    )
                })
                .collect(),
        );
        for (it, hostile) in stack.difference.consequences.iter_mut().zip(HOSTILE) {
            for caused in &mut it.effects {
                caused.effect.exposed = (*hostile).into();
                caused.effect.instead = Some((*hostile).into());
                caused.effect.source = (*hostile).into();
                caused.by[0].field = (*hostile).to_owned();
                caused.by[0].before = Some((*hostile).to_owned());
            }
        }
        stack.name = HOSTILE.concat();
        stack.before = Some(HOSTILE.concat());
        stack.renamed = Some(HOSTILE.concat());
        stack.difference.pages = HOSTILE
            .iter()
            .map(|it| Page {
                path: (*it).to_owned(),
                before: None,
                after: Some(format!("{it}\n```\n````\n</details>\n")),
            })
            .collect();
        stack
    }

    #[test]
    fn a_comment_keeps_its_form_whatever_is_in_it() {
        let text = shown(&[hostile()], FORM);
        assert!(
            text.starts_with("<!-- obsgen-diff -->\n### obsgen: monitoring-gap\n"),
            "{text}"
        );
        assert_eq!(text.matches("\u{202e}").count(), 0);
        let lines = unfenced(&text);
        let count = |part: &str| {
            lines
                .iter()
                .map(|it| it.matches(part).count())
                .sum::<usize>()
        };
        let outside: Vec<String> = lines.iter().map(|it| outside_of_code(it)).collect();
        let outside = outside.join("\n");
        let tags = HOSTILE.len() * 2 + 1;
        assert_eq!(outside.matches("<details>").count(), tags, "{text}");
        assert_eq!(outside.matches("</details>").count(), tags, "{text}");
        assert_eq!(outside.matches("<!--").count(), 1, "{text}");
        assert_eq!(count("<summary><code>"), HOSTILE.len());
        for line in &lines {
            let bare = outside_of_code(line);
            let is_summary = line.starts_with("<details><summary><code>");
            assert!(is_summary || !bare.contains(['@', '[', '\\']), "{line}");
        }
    }

    #[test]
    fn the_verdict_is_at_the_top() {
        let stack = compared(vec![
            consequence(
                Part::Alerts,
                &["RedisDown"],
                &[(Class::MonitoringGap, "is gone")],
            ),
            consequence(
                Part::Redis,
                &[
                    "shop/a", "shop/b", "shop/c", "shop/d", "shop/e", "shop/f", "shop/g",
                ],
                &[
                    (Class::Recreate, "is made again"),
                    (Class::Hot, "`a` is set"),
                ],
            ),
        ]);
        let mut other = compared(vec![consequence(
            Part::Redis,
            &["x/y"],
            &[(Class::Hot, "is set")],
        )]);
        other.name = "staging".to_owned();
        let mut same = compared(Vec::new());
        same.name = "same".to_owned();
        for it in [&other, &stack] {
            assert!(
                it.difference.is_empty(),
                "what differs decides whether it is shown"
            );
        }
        let page = Page {
            path: "runbooks/A.md".to_owned(),
            before: Some("# A\n\na ``` b\n".to_owned()),
            after: Some("# A\n\na ```` b\n".to_owned()),
        };
        let mut stacks = [stack, other, same];
        stacks[0].difference.pages = vec![page.clone()];
        stacks[1].difference.pages = vec![page];
        let text = shown(&stacks, FORM);
        assert_eq!(
            text,
            "\
<!-- obsgen-diff -->
### obsgen: recreate and monitoring-gap

| stack | class | what happens | how many | which |
|---|---|---|---|---|
| `prod` | **monitoring-gap** | watched less, or later, or by others | 1 alert | `RedisDown` |
| `prod` | **recreate** | deleted and made again | 7 instances | `shop/a`, `shop/b`, `shop/c`, `shop/d`, `shop/e` and 2 more |
| `staging` | **hot** | applied while it runs | 1 instance | `x/y` |

#### `prod`

`stacks/prod`

- **monitoring-gap** `RedisDown`: is gone
  <details><summary>what is exposed, 1 field, source</summary>

  - exposed: until the last pod is back
  - `spec.image`: `redis:7.2` → `redis:7.4`
  - source: `k8sutils/statefulset.go patchStatefulSet`

  </details>
- **recreate** `shop/a`, `shop/b`, `shop/c`, `shop/d`, `shop/e` and 2 more: is made again
  <details><summary>1 more effect, what is exposed, 1 field, source</summary>

  - exposed: until the last pod is back
  - `spec.image`: `redis:7.2` → `redis:7.4`
  - source: `k8sutils/statefulset.go patchStatefulSet`
  - also **hot**: `a` is set
    - exposed: until the last pod is back
    - `spec.image`: `redis:7.2` → `redis:7.4`
    - source: `k8sutils/statefulset.go patchStatefulSet`

  </details>

<details><summary>1 page differs</summary>

<details><summary><code>runbooks/A.md</code></summary>

`````diff
@@ A @@
 # A

-a ``` b
+a ```` b
`````

</details>

</details>

#### `staging`

`stacks/prod`

- **hot** `x/y`: is set
  <details><summary>what is exposed, 1 field, source</summary>

  - exposed: until the last pod is back
  - `spec.image`: `redis:7.2` → `redis:7.4`
  - source: `k8sutils/statefulset.go patchStatefulSet`

  </details>

<details><summary>1 page differs</summary>

<details><summary><code>runbooks/A.md</code></summary>

`````diff
@@ A @@
 # A

-a ``` b
+a ```` b
`````

</details>

</details>
"
        );
    }

    #[test]
    fn what_is_the_same_is_said_too() {
        assert_eq!(
            shown(&[compared(Vec::new())], FORM),
            "<!-- obsgen-diff -->\n### obsgen: no difference\n\nWhat is delivered is the same.\n"
        );
    }

    #[test]
    fn a_long_comment_ends_behind_an_object() {
        let page = |it: usize| Page {
            path: format!("{it}.md"),
            before: None,
            after: Some("é`\n".repeat(1_000 + it)),
        };
        let mut stack = compared(Vec::new());
        stack.difference.pages = (0..2_000).map(page).collect();
        let text = shown(&[stack], FORM);
        assert!(
            text.len() <= LONGEST && text.len() > LONGEST - 3 * KEPT,
            "{}",
            text.len()
        );
        let shown_pages = text.matches("<summary><code>").count();
        let tail = format!(
            "\n</details>\n\n{} pages are left out, as a comment holds no more; `obsgen diff a b` shows all.\n",
            2_000 - shown_pages
        );
        assert!(text.ends_with(&tail), "{}", &text[text.len() - 300..]);
        unfenced(&text);
    }

    #[test]
    fn what_follows_goes_before_objects() {
        let name = |it: usize| format!("shop/instance-{it}-{}", "x".repeat(50));
        let many = (0..1_000).map(|it| {
            consequence(
                Part::Redis,
                &[&name(it)],
                &[(Class::Rolling, &format!("restarts {it} times"))],
            )
        });
        let mut stack = compared(many.collect());
        stack.difference.pages = vec![Page {
            path: "a.md".to_owned(),
            before: None,
            after: Some("a\n".to_owned()),
        }];
        let text = shown(&[stack], FORM);
        assert!(text.len() <= LONGEST, "{}", text.len());
        let shown_items = text.matches("\n- **rolling** ").count();
        assert!(shown_items > 100, "{shown_items}");
        let tail = format!(
            "\n{} consequences, 1 page are left out",
            1_000 - shown_items
        );
        assert!(text.contains(&tail), "{}", &text[text.len() - 300..]);
    }
}
