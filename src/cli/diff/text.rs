//! A comparison for people at a terminal.

use anstyle::{AnsiColor, Style};

use crate::cli::diff::sides::Compared;
use crate::cli::diff::verdict;
use crate::diag::text::{printable, said};
use crate::diff::consequence::{Cause, Caused, Consequence};
use crate::diff::estimates::thousands;
use crate::diff::yaml::{self, Hunks, Sign};
use crate::diff::{Difference, Estimate};
use crate::effect::Class;

/// How it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Columns of a line.
    pub(super) width: usize,
    /// Whether in colours.
    pub(super) is_styled: bool,
    /// Whether the objects are left out.
    pub(super) is_summary: bool,
    /// Whether estimates come with their arithmetic.
    pub(super) is_explained: bool,
}

/// Subjects that are named before the rest is counted.
const NAMED: usize = 6;
/// Fields that are named before the rest is counted.
const FIELDS: usize = 12;
/// Columns that a line has at least.
const NARROWEST: usize = 40;

/// What differs, stack by stack; nothing where nothing does.
pub(super) fn shown(compared: &[Compared], look: Look) -> String {
    let mut paper = Paper {
        text: String::new(),
        width: look.width.max(NARROWEST),
        is_styled: look.is_styled,
    };
    for it in compared.iter().filter(|it| !it.difference.is_empty()) {
        paper.gap();
        headline(it, &mut paper);
        let difference = &it.difference;
        for consequence in &difference.consequences {
            paper.gap();
            tell(consequence, &mut paper);
        }
        estimates(difference, look, &mut paper);
        if !look.is_summary {
            objects(difference, &mut paper);
        }
    }
    paper.text
}

fn headline(compared: &Compared, paper: &mut Paper) {
    let rows = verdict::rows(&compared.difference);
    let mut line = vec![(BOLD, compared.name.clone())];
    if let Some(fate) = verdict::fate(compared) {
        line.push((PLAIN, format!(" ({fate})")));
    }
    for (place, class) in verdict::worst(&rows).into_iter().enumerate() {
        let before = if place == 0 { ": " } else { " and " };
        line.push((PLAIN, before.to_owned()));
        line.push((style(class), class.name().to_owned()));
    }
    let objects = verdict::objects(&compared.difference);
    paper.wrapped(&line, &format!("; {objects}"), 4);
    let places = verdict::places(compared);
    if places != compared.name {
        paper.wrapped(&[(PLAIN, "  ".to_owned())], &places, 4);
    }
    let longest = rows.iter().map(|it| it.class.name().len()).max();
    for row in &rows {
        let class = format!("{:width$}", row.class.name(), width = longest.unwrap_or(0));
        paper.wrapped(
            &[(PLAIN, "  ".to_owned()), (style(row.class), class)],
            &format!("  {}: {}", row.count(), row.class.meaning()),
            4,
        );
    }
    if rows.is_empty() {
        paper.line(&[(PLAIN, format!("  {UNKNOWN}"))]);
    }
}

/// One consequence: the worst effect, and the others below it.
fn tell(consequence: &Consequence, paper: &mut Paper) {
    let subjects = some(&consequence.subjects, NAMED);
    let class = consequence.class();
    paper.wrapped(
        &[(style(class), class.name().to_owned())],
        &format!("  {subjects}"),
        4,
    );
    if consequence.effects.is_empty() {
        paper.line(&[(PLAIN, format!("  {UNKNOWN}"))]);
    }
    for (place, caused) in consequence.effects.iter().enumerate() {
        let what = &caused.effect.what;
        if place == 0 {
            paper.wrapped(&[(PLAIN, "  ".to_owned())], what, 2);
            details(caused, 4, paper);
            continue;
        }
        let class = caused.effect.class;
        let lead = [
            (PLAIN, "  also ".to_owned()),
            (style(class), class.name().to_owned()),
        ];
        paper.wrapped(&lead, &format!(": {what}"), 4);
        details(caused, 6, paper);
    }
}

fn details(caused: &Caused, indentation: usize, paper: &mut Paper) {
    let lead = |word: &str| (DIMMED, format!("{:indentation$}{word}", ""));
    let effect = &caused.effect;
    if !effect.exposed.is_empty() {
        let text = format!(" {}", effect.exposed);
        paper.wrapped(&[lead("exposed:")], &text, indentation + 2);
    }
    if let Some(instead) = &effect.instead {
        paper.wrapped(&[lead("instead:")], &format!(" {instead}"), indentation + 2);
    }
    for cause in caused.by.iter().take(FIELDS) {
        paper.wrapped(&[lead("")], &field(cause), indentation + 2);
    }
    if let Some(more) = caused.by.len().checked_sub(FIELDS).filter(|it| *it > 0) {
        paper.line(&[lead(&format!("and {more} more fields"))]);
    }
}

/// `spec.image: redis:7.2 → redis:7.4`.
pub(super) fn field(cause: &Cause) -> String {
    let name = &cause.field;
    match (&cause.before, &cause.after) {
        (Some(before), Some(after)) => format!("{name}: {before} → {after}"),
        (None, Some(after)) => format!("{name}: {after}, new"),
        (Some(before), None) => format!("{name}: {before}, gone"),
        (None, None) => name.clone(),
    }
}

/// The first few, and how many there are beside them.
pub(super) fn some(names: &[String], most: usize) -> String {
    // A count takes as much room as one more name.
    let shown = match names.len() {
        count if count <= most + 1 => count,
        _ => most,
    };
    let text = names[..shown].join(", ");
    match names.len() - shown {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

fn estimates(difference: &Difference, look: Look, paper: &mut Paper) {
    let mut is_first = true;
    let differ = |it: &&Estimate| it.before != it.after;
    for estimate in difference.estimates.iter().filter(differ) {
        if is_first {
            paper.gap();
        }
        is_first = false;
        let (before, after) = (estimate.before, estimate.after);
        let text = format!(
            " {}: {} → {} ({})",
            estimate.what,
            thousands(before),
            thousands(after),
            verdict::change(before, after),
        );
        paper.wrapped(&[(DIMMED, "estimate".to_owned())], &text, 4);
        if look.is_explained {
            for step in &estimate.arithmetic {
                paper.wrapped(&[(PLAIN, "    ".to_owned())], step, 6);
            }
        }
    }
}

fn objects(difference: &Difference, paper: &mut Paper) {
    for pair in &difference.objects {
        let renamed = pair.renamed.as_deref();
        let fate = fate(&pair.before, &pair.after, renamed);
        whole(&pair.id.to_string(), &fate, &yaml::of_object(pair), paper);
    }
    for page in &difference.pages {
        let fate = fate(&page.before, &page.after, None);
        whole(&page.path, &fate, &yaml::of_page(page), paper);
    }
}

/// What became of an object or a page, in a word.
pub(super) fn fate<T>(before: &Option<T>, after: &Option<T>, renamed: Option<&str>) -> String {
    match (before, after, renamed) {
        (None, _, _) => "new".to_owned(),
        (_, None, _) => "gone".to_owned(),
        (_, _, Some(name)) => format!("was {name}"),
        _ => String::new(),
    }
}

fn whole(name: &str, fate: &str, hunks: &Hunks, paper: &mut Paper) {
    paper.gap();
    let mut head = vec![(BOLD, name.to_owned())];
    if !fate.is_empty() {
        head.push((PLAIN, format!(" ({fate})")));
    }
    paper.line(&head);
    for hunk in &hunks.hunks {
        if !hunk.at.is_empty() {
            paper.line(&[(CYAN, format!("@@ {} @@", hunk.at))]);
        }
        for (sign, line) in &hunk.lines {
            let style = match sign {
                Sign::Same => PLAIN,
                Sign::Gone => RED,
                Sign::New => GREEN,
            };
            paper.line(&[(style, format!("{}{line}", sign.mark()))]);
        }
    }
    if hunks.hunks.is_empty() {
        paper.line(&[(DIMMED, HIDDEN.to_owned())]);
    }
    if hunks.left_out > 0 {
        paper.line(&[(DIMMED, more_lines(hunks.left_out))]);
    }
}

/// What is said where nothing is known.
pub(super) const UNKNOWN: &str = "nothing is known to follow from what differs";

/// What is said where hidden values changed places, and nothing else differs.
pub(super) const HIDDEN: &str = "what differs is hidden";

/// What is said of lines that are left out.
pub(super) fn more_lines(count: usize) -> String {
    match count {
        1 => "and 1 more line".to_owned(),
        count => format!("and {count} more lines"),
    }
}

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const DIMMED: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default();
const GREEN: Style = AnsiColor::Green.on_default();
const CYAN: Style = AnsiColor::Cyan.on_default();

fn style(class: Class) -> Style {
    match class {
        Class::None => DIMMED,
        Class::Hot => GREEN,
        Class::Silent | Class::Rolling => AnsiColor::Yellow.on_default(),
        Class::Failover => AnsiColor::Yellow.on_default().bold(),
        Class::Recreate | Class::DataRisk => RED.bold(),
        Class::MonitoringGap => AnsiColor::Magenta.on_default().bold(),
    }
}

/// Lines, each of pieces in a style.
struct Paper {
    text: String,
    width: usize,
    is_styled: bool,
}

impl Paper {
    /// An empty line between two paragraphs.
    fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn line(&mut self, pieces: &[(Style, String)]) {
        let visible = |text: &str| printable(&text.replace('\n', "\\n"));
        let plain: String = pieces.iter().map(|(_, text)| visible(text)).collect();
        let harmless = said(&plain);
        // What a CI system would obey goes without colours: there are none there.
        if !self.is_styled || harmless != plain {
            self.text.push_str(harmless.trim_end());
        } else {
            for (style, text) in pieces {
                let text = visible(text);
                self.text.push_str(&format!("{style}{text}{style:#}"));
            }
        }
        self.text.push('\n');
    }

    /// A beginning, and words behind it that go on below it, so far to the right.
    fn wrapped(&mut self, lead: &[(Style, String)], text: &str, indentation: usize) {
        let visible = printable(&text.replace('\n', "\\n"));
        let mut column: usize = lead.iter().map(|(_, it)| it.chars().count()).sum();
        let mut pieces = lead.to_vec();
        let mut line = String::new();
        for word in visible.split_inclusive(' ') {
            let length = word.trim_end().chars().count();
            let is_begun = !line.trim().is_empty();
            if is_begun && column + length > self.width {
                pieces.push((PLAIN, std::mem::take(&mut line).trim_end().to_owned()));
                self.line(&std::mem::take(&mut pieces));
                line = " ".repeat(indentation);
                column = indentation;
            }
            line.push_str(word);
            column += word.chars().count();
        }
        pieces.push((PLAIN, line.trim_end().to_owned()));
        self.line(&pieces);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::diff::verdict::tests::{compared, consequence};
    use crate::diff::consequence::Part;
    use crate::diff::side::{Id, Side};

    const LOOK: Look = Look {
        width: 100,
        is_styled: false,
        is_summary: false,
        is_explained: false,
    };

    fn stack() -> Compared {
        let names: Vec<String> = (0..9).map(|it| format!("shop/cart-{it}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut stack = compared(vec![
            consequence(
                Part::Alerts,
                &["RedisMemoryHigh"],
                &[(
                    Class::MonitoringGap,
                    "fires above 95% instead of 85% of maxmemory (looser)",
                )],
            ),
            consequence(
                Part::Redis,
                &names,
                &[
                    (Class::Recreate, "the StatefulSet is deleted and made again"),
                    (Class::Silent, "maxmemory is written"),
                ],
            ),
        ]);
        let effect = &mut stack.difference.consequences[1].effects[0].effect;
        effect.instead = Some("change it by hand first".into());
        let side = |image: &str| {
            let object = serde_json::json!({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "spec": {"image": image},
            });
            Side {
                objects: [(Id::of(&object), object)].into(),
                ..Side::default()
            }
        };
        stack.difference.objects =
            crate::diff::compare(&side("redis:7.2"), &side("redis:7.4")).objects;
        stack.difference.estimates = vec![Estimate {
            part: Part::Metrics,
            what: "series",
            before: 1_200,
            after: 1_450,
            arithmetic: vec!["10 instances × 145 series".to_owned()],
        }];
        stack
    }

    #[test]
    fn consequences_come_first_and_the_worst_of_them() {
        assert_eq!(
            shown(&[stack()], LOOK),
            "\
prod: recreate and monitoring-gap; 1 object differs
  stacks/prod
  monitoring-gap  1 alert: watched less, or later, or by others
  recreate        9 instances: deleted and made again

monitoring-gap  RedisMemoryHigh
  fires above 95% instead of 85% of maxmemory (looser)
    exposed: until the last pod is back
    spec.image: redis:7.2 → redis:7.4

recreate  shop/cart-0, shop/cart-1, shop/cart-2, shop/cart-3, shop/cart-4, shop/cart-5 and 3 more
  the StatefulSet is deleted and made again
    exposed: until the last pod is back
    instead: change it by hand first
    spec.image: redis:7.2 → redis:7.4
  also silent: maxmemory is written
      exposed: until the last pod is back
      spec.image: redis:7.2 → redis:7.4

estimate series: 1,200 → 1,450 (+250)

ConfigMap a
@@ spec.image @@
 metadata:
   name: a
 spec:
-  image: redis:7.2
+  image: redis:7.4
"
        );
    }

    #[test]
    fn what_is_the_same_is_not_shown() {
        assert_eq!(shown(&[compared(Vec::new())], LOOK), "");
    }

    #[test]
    fn a_summary_has_no_objects_and_arithmetic_is_asked_for() {
        let look = Look {
            is_summary: true,
            is_explained: true,
            ..LOOK
        };
        let text = shown(&[stack()], look);
        assert!(!text.contains("@@"), "{text}");
        let arithmetic = "(+250)\n    10 instances × 145 series\n";
        assert!(text.contains(arithmetic), "{text}");
    }

    #[test]
    fn a_line_is_no_wider_than_asked() {
        let look = Look {
            width: 50,
            is_summary: true,
            ..LOOK
        };
        let text = shown(&[stack()], look);
        let longest = text.lines().map(|it| it.chars().count()).max();
        assert!(longest <= Some(50), "{text}");
        assert!(text.contains("\n    shop/cart-3, shop/cart-4"), "{text}");
    }

    #[test]
    fn colours_are_around_the_same_text() {
        let look = Look {
            is_styled: true,
            ..LOOK
        };
        let styled = shown(&[stack()], look);
        assert!(
            styled.contains("\u{1b}[31m-  image: redis:7.2\u{1b}[0m"),
            "{styled}"
        );
        assert!(
            styled.contains("\u{1b}[1m\u{1b}[31mrecreate\u{1b}[0m"),
            "{styled}"
        );
        let bare = anstream::adapter::strip_str(&styled).to_string();
        assert_eq!(bare, shown(&[stack()], LOOK));
    }

    #[test]
    fn nothing_that_a_terminal_or_a_ci_system_obeys_gets_through() {
        let mut stack = compared(vec![consequence(
            Part::Redis,
            &["a\n::set-env name=x::y", "\u{1b}]52;c;\u{7}\u{202e}"],
            &[(Class::Hot, "\n##[error]x ::warning::y")],
        )]);
        stack.difference.pages = vec![crate::diff::Page {
            path: "::error::x".to_owned(),
            before: None,
            after: Some("::stop-commands::x\n\u{200b}".to_owned()),
        }];
        for is_styled in [false, true] {
            let text = shown(
                &[compared(Vec::new()), Compared { ..stack_of(&stack) }],
                Look {
                    is_styled,
                    width: 40,
                    ..LOOK
                },
            );
            let bare = anstream::adapter::strip_str(&text).to_string();
            for line in bare.lines() {
                assert!(!line.trim_start().starts_with("::"), "{bare}");
                assert!(!line.contains("##["), "{bare}");
            }
            let is_unsafe =
                |it: char| it != '\n' && (it.is_control() || "\u{202e}\u{200b}".contains(it));
            assert!(!bare.contains(is_unsafe), "{bare}");
        }
    }

    fn stack_of(stack: &Compared) -> Compared {
        Compared {
            name: stack.name.clone(),
            renamed: None,
            before: stack.before.clone(),
            after: stack.after.clone(),
            difference: stack.difference.clone(),
        }
    }
}
