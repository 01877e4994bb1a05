//! Names of time zones.

use crate::value::{Wrong, text_type};

text_type!(
    /// A name of the time zone database, by which Alertmanager looks a zone up.
    TimeZone,
    "time-zone",
    "A name of the time zone database: `UTC`, or an area and a place, such as `Europe/Berlin`",
    "a route would be silent at other hours than written, or Alertmanager would refuse its \
     whole configuration",
    ["Europe/Berlin", "UTC"],
    |text| {
        let help = match near(text) {
            Some(near) => format!("write `{near}`"),
            None => "write a name of the time zone database, such as `Europe/Berlin`".to_owned(),
        };
        let wrong = |what: String| Err(Wrong::new(what, help));
        if text == "Local" {
            return wrong("`Local` is the time zone of whichever machine Alertmanager runs on".to_owned());
        }
        let is_offset = text.starts_with(['+', '-']) || text.starts_with("UTC") && text.len() > 3;
        if is_offset {
            return wrong(format!("`{text}` is an offset, which does not change with the season"));
        }
        match text.split_once('/') {
            None if ALONE.contains(&text) => Ok(()),
            Some((area, place)) if AREAS.contains(&area) && place.split('/').all(is_place) => Ok(()),
            None if (2..=5).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_uppercase()) => {
                wrong(format!("`{text}` is an abbreviation, which several time zones have"))
            }
            _ => wrong(format!("`{text}` is not the name of a time zone")),
        }
    }
);

impl TimeZone {
    /// Whether it is the one that Alertmanager reckons in where none is named.
    pub fn is_utc(&self) -> bool {
        self.as_str() == UTC
    }
}

/// The time zone where none is named.
pub const UTC: &str = "UTC";

/// The areas of the database (the files of tzdata 2025b), with those that it keeps for old names.
const AREAS: &[&str] = &[
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Brazil",
    "Canada",
    "Chile",
    "Etc",
    "Europe",
    "Indian",
    "Mexico",
    "Pacific",
    "US",
];

/// The names of the database that have no area.
const ALONE: &[&str] = &[
    UTC,
    "CET",
    "CST6CDT",
    "Cuba",
    "EET",
    "EST",
    "EST5EDT",
    "Egypt",
    "Eire",
    "GB",
    "GMT",
    "Greenwich",
    "HST",
    "Hongkong",
    "Iceland",
    "Iran",
    "Israel",
    "Jamaica",
    "Japan",
    "Kwajalein",
    "Libya",
    "MET",
    "MST",
    "MST7MDT",
    "NZ",
    "Navajo",
    "PRC",
    "PST8PDT",
    "Poland",
    "Portugal",
    "ROC",
    "ROK",
    "Singapore",
    "Turkey",
    "UCT",
    "Universal",
    "WET",
    "Zulu",
];

/// `Berlin`, `Port-au-Prince`, `Isle_of_Man`, `GMT+5`.
fn is_place(text: &str) -> bool {
    text.len() <= 30
        && text.starts_with(|it: char| it.is_ascii_uppercase())
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-' | b'+'))
}

/// The name in the writing of the database.
fn near(written: &str) -> Option<String> {
    let text = written.trim().replace(' ', "_");
    let name = match text.split_once('/') {
        None => ALONE
            .iter()
            .find(|it| it.eq_ignore_ascii_case(&text))?
            .to_string(),
        Some((area, place)) => {
            let area = AREAS.iter().find(|it| it.eq_ignore_ascii_case(area))?;
            let capital = |it: &str| match it.split_at_checked(1) {
                Some((first, rest)) => format!(
                    "{}{}",
                    first.to_ascii_uppercase(),
                    rest.to_ascii_lowercase()
                ),
                None => it.to_owned(),
            };
            let places: Vec<String> = place
                .split('/')
                .map(|it| it.split('_').map(capital).collect::<Vec<_>>().join("_"))
                .collect();
            if !places.iter().all(|it| is_place(it)) {
                return None;
            }
            format!("{area}/{}", places.join("/"))
        }
    };
    (name != written).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_zone_is_a_name_of_the_database() {
        for text in [
            "UTC",
            "Europe/Berlin",
            "America/Argentina/Buenos_Aires",
            "America/Port-au-Prince",
            "Etc/GMT+5",
            "Asia/Ho_Chi_Minh",
            "Japan",
        ] {
            assert!(TimeZone::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "Local",
            "CEST",
            "PST",
            "Berlin",
            "europe/berlin",
            "Europe/",
            "/Berlin",
            "Europe",
            "Mars/Olympus",
            "+01:00",
            "UTC+1",
            "Europe/../etc",
            "Europe/Ber lin",
            "Europe//Berlin",
            "é/é",
        ] {
            assert!(TimeZone::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_zone_that_is_nearly_right_is_corrected() {
        for (text, near) in [
            ("europe/berlin", "`Europe/Berlin`"),
            ("America/New York", "`America/New_York`"),
            ("utc", "`UTC`"),
        ] {
            assert!(
                TimeZone::parse(text).unwrap_err().help.contains(near),
                "{text}"
            );
        }
    }
}
