//! Who is notified, and by what: each in the form that the channel knows it by.
//!
//! A wrong one is noticed when the first notification is lost, so that each refusal says what would
//! happen then.

use crate::value::text::refuse_forbidden;
use crate::value::{Finding, Wrong, is_digits, text_type, tight};

/// Refuses a destination that would be decided by the alert, or by Alertmanager's environment.
fn refuse_template(text: &str) -> Result<(), Wrong> {
    if !text.contains("{{") && !text.contains("$(") {
        return Ok(());
    }
    Err(Wrong::new(
        format!("the destination `{text}` is a template"),
        "write the destination itself, and choose between receivers with `routes`",
    )
    .of(Finding {
        name: "receivers/templated-destination",
        label: "not a constant",
        note: "whoever can set a label of an alert would choose where its notification goes",
    }))
}

/// Refuses what is nobody that a robot can mention.
fn unknown_mention(text: &str, what: &str, label: &'static str, example: &str) -> Wrong {
    Wrong::new(
        format!("`{text}` is not {what}"),
        format!("write {what}, such as `\"{example}\"`"),
    )
    .of(Finding {
        name: "receivers/unknown-mention",
        label,
        note: "the robot would show it as text, and nobody would be called",
    })
}

text_type!(
    /// One mail address, perhaps with a name.
    MailAddress,
    "mail-address",
    "One mail address: `oncall@example.com` or `Redis alerts <alerts@example.com>`",
    "Alertmanager finds out when it sends the first mail, and sends none",
    ["oncall@example.com", "Redis alerts <alerts@example.com>"],
    |text| {
        refuse_template(text)?;
        if is_address(text) {
            return Ok(());
        }
        let wrong = Wrong::new(
            format!("`{text}` is not a mail address"),
            "write one address, such as `oncall@example.com`",
        )
        .of(Finding {
            name: "receivers/not-an-address",
            label: "not one address",
            note: "Alertmanager finds out when it sends the first mail, and sends none",
        });
        let several: Vec<&str> = text.split([',', ';']).map(str::trim).collect();
        if several.len() > 1 && several.iter().all(|it| is_address(it)) {
            return Err(Wrong {
                help: format!("write each by itself: `[{}]`", several.join(", ")),
                ..wrong
            });
        }
        let near = text.trim().trim_start_matches("mailto:").trim_matches(['<', '>']);
        Err(match near != text && is_address(near) {
            true => wrong.near(near),
            false => wrong,
        })
    }
);

/// `local@host`, or `Name <local@host>` with a name that needs no quotes (RFC 5322, dot-atom).
fn is_address(text: &str) -> bool {
    let address = match text.strip_suffix('>').and_then(|it| it.split_once('<')) {
        Some((name, address))
            if name.ends_with(' ') && name.chars().all(|it| it.is_alphanumeric() || it == ' ') =>
        {
            address
        }
        Some(_) => return false,
        None => text,
    };
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&it);
    let is_atom = |it: &str| !it.is_empty() && it.bytes().all(plain);
    match address.split_once('@') {
        Some((local, host)) => local.len() <= 64 && local.split('.').all(is_atom) && is_host(host),
        None => false,
    }
}

/// A name of the domain name system.
pub(super) fn is_host(text: &str) -> bool {
    let is_label = |it: &str| {
        (1..=63).contains(&it.len())
            && it
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || it == b'-')
            && !it.starts_with('-')
            && !it.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// The number of a port.
pub(super) fn is_port(text: &str) -> bool {
    is_digits(text) && text.parse::<u16>().is_ok_and(|it| it > 0)
}

text_type!(
    /// A mail server with its port.
    MailServer,
    "mail-server",
    "A mail server with its port: `host:port`",
    "Alertmanager sends every mail of the receiver through it",
    ["smtp.example.com:587"],
    |text| {
        refuse_template(text)?;
        let is_address = |it: &str| {
            let inner = it.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
            inner.is_some_and(|it| it.parse::<std::net::Ipv6Addr>().is_ok())
        };
        if text
            .rsplit_once(':')
            .is_some_and(|(host, port)| (is_host(host) || is_address(host)) && is_port(port))
        {
            return Ok(());
        }
        let wrong = Wrong::new(
            format!("`{text}` is not a mail server with its port"),
            "write host and port, such as `smtp.example.com:587`",
        )
        .of(Finding {
            name: "receivers/not-a-smarthost",
            label: "not `host:port`",
            note: "for one that it cannot read, the operator stops to update every configuration",
        });
        let bare = text.trim().trim_end_matches('/');
        let bare = bare.split_once("://").map_or(bare, |(_, it)| it);
        Err(match bare.rsplit_once(':') {
            None if is_host(bare) => wrong.near(&format!("{bare}:587")),
            Some((host, port)) if bare != text && is_host(host) && is_port(port) => wrong.near(bare),
            _ => wrong,
        })
    }
);

text_type!(
    /// The user of a login that is no secret.
    Login,
    "login",
    "The name of a user; a constant",
    "the mail server is given it as it is written",
    ["alerts@example.com"],
    |text| {
        refuse_template(text)?;
        crate::value::text::Line::parse(text).map(|_| ())
    }
);

text_type!(
    /// A channel or a member of Slack.
    SlackChannel,
    "slack-channel",
    "A channel of Slack: `\"#redis-alerts\"` in quotes, `@somebody`, or the ID of a channel or member",
    "Slack would refuse every notification: `channel_not_found`",
    ["#redis-alerts", "C0123ABCD"],
    |text| {
        refuse_template(text)?;
        refuse_forbidden(text, false)?;
        let named = text.strip_prefix(['#', '@']);
        // Slack itself folds and shortens what else is written; a space ends a name.
        let is_name = named.is_some_and(|it| {
            !it.is_empty() && it.chars().count() <= 80 && !it.contains(|it: char| it.is_whitespace() || "#@,".contains(it))
        });
        if is_name || is_slack_id(text) {
            return Ok(());
        }
        // Quotes of a word processor are no quotes.
        let name = text.trim().replace(' ', "-").to_lowercase();
        let name: String = name.chars().filter(|it| it.is_alphanumeric() || matches!(it, '-' | '_')).collect();
        let wrong = Wrong::new(
            format!("`{text}` is not a Slack channel"),
            format!("write `\"#{name}\"`, in quotes: `#` begins a comment"),
        )
        .of(Finding {
            name: "receivers/not-a-slack-channel",
            label: "neither `#channel`, `@member` nor an ID",
            note: "Slack would refuse every notification: `channel_not_found`",
        });
        Err(Wrong {
            instead: (!name.is_empty()).then(|| format!("#{name}")),
            ..wrong
        })
    }
);

/// Channels, private channels, direct messages, members: a letter, then digits and capitals.
fn is_slack_id(text: &str) -> bool {
    text.len() >= 9
        && text.starts_with(['C', 'G', 'D', 'U', 'W'])
        && text
            .bytes()
            .all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
}

text_type!(
    /// The phone number of a member of a DingTalk group.
    PhoneNumber,
    "phone-number",
    "A phone number in quotes: digits, outside of China with the country in front",
    "the robot would show it as text, and nobody would be called",
    ["13800000000", "+852-12345678"],
    |text| {
        let digits = text.strip_prefix('+').unwrap_or(text);
        if (5..=20).contains(&digits.len())
            && digits.starts_with(|it: char| it.is_ascii_digit())
            && digits.bytes().all(|it| it.is_ascii_digit() || it == b'-')
        {
            return Ok(());
        }
        let wrong = unknown_mention(text, "a phone number", "not a phone number", "13800000000");
        let near = tight(text).replace(['(', ')', '.', '/'], "");
        Err(match near != text && PhoneNumber::parse(&near).is_ok() {
            true => wrong.near(&format!("\"{near}\"")),
            false => wrong,
        })
    }
);

text_type!(
    /// The open ID of a member of a Feishu group.
    FeishuMember,
    "feishu-member",
    "The open ID of a member: `ou_` and letters, digits, `_`",
    "the robot would show it as text, and nobody would be called",
    ["ou_18eac8f2"],
    |text| {
        let is_id = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
        if text.len() <= 100 && text.strip_prefix("ou_").is_some_and(is_id) {
            return Ok(());
        }
        Err(unknown_mention(text, "the open ID of a member", "not the open ID of a member", "ou_18eac8f2"))
    }
);

text_type!(
    /// The ID of a member of a company in WeCom.
    WecomMember,
    "wecom-member",
    "The ID of a member: letters, digits, `_`, `-`, `@` and `.`, first a letter or digit",
    "the robot would show it as text, and nobody would be called",
    ["zhangsan"],
    |text| {
        if is_wecom_id(text) {
            return Ok(());
        }
        Err(unknown_mention(text, "the ID of a member", "not the ID of a member", "zhangsan"))
    }
);

fn is_wecom_id(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|it: char| it.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"_-@.".contains(&it))
}

text_type!(
    /// The ID of a company in WeCom.
    CorpId,
    "corp-id",
    "The ID of a company in WeCom: letters, digits, `_` and `-`",
    "WeCom would refuse every notification",
    ["ww0000000000000000"],
    |text| {
        refuse_template(text)?;
        let good = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-');
        match (1..=64).contains(&text.len()) && text.bytes().all(good) {
            true => Ok(()),
            false => Err(Wrong::new(
                format!("`{text}` is not the ID of a company"),
                "write the ID that WeCom shows under My Company, such as `ww0000000000000000`",
            )),
        }
    }
);

text_type!(
    /// The ID of an application in WeCom.
    WechatAgent,
    "wechat-agent",
    "The ID of an application in WeCom: digits, in quotes",
    "WeCom would refuse every notification",
    ["1000002"],
    |text| {
        refuse_template(text)?;
        match text.len() <= 18 && is_digits(text) {
            true => Ok(()),
            false => Err(Wrong::new(
                format!("`{text}` is not the ID of an application"),
                "write its digits in quotes, such as `\"1000002\"`",
            )),
        }
    }
);

text_type!(
    /// Members of a company in WeCom.
    WechatMembers,
    "wechat-members",
    "IDs of members with `|` between them, or `@all`",
    "WeCom would refuse every notification, or reach somebody else",
    ["zhangsan|lisi", "@all"],
    |text| {
        refuse_template(text)?;
        if text == "@all" || text.split('|').all(is_wecom_id) {
            return Ok(());
        }
        let wrong = Wrong::new(
            format!("`{text}` is not a list of members"),
            "write their IDs with `|` between them, such as `zhangsan|lisi`; `\"@all\"` is everyone",
        );
        let near = tight(text).replace([',', ';'], "|");
        Err(match near != text && WechatMembers::parse(&near).is_ok() {
            true => wrong.near(&near),
            false => wrong,
        })
    }
);

text_type!(
    /// Departments or tags of a company in WeCom.
    WechatGroups,
    "wechat-groups",
    "Numbers with `|` between them, in quotes; or `@all`",
    "WeCom would refuse every notification, or reach somebody else",
    ["7", "2|7"],
    |text| {
        refuse_template(text)?;
        if text == "@all" || text.split('|').all(is_digits) {
            return Ok(());
        }
        let wrong = Wrong::new(
            format!("`{text}` is not a list of numbers"),
            "write the numbers that WeCom gives them, with `|` between them, such as `\"2|7\"`",
        );
        let near = tight(text).replace([',', ';'], "|");
        Err(match near != text && WechatGroups::parse(&near).is_ok() {
            true => wrong.near(&format!("\"{near}\"")),
            false => wrong,
        })
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_an_address() {
        for text in ["a@b", "a.b+c@example.com", "Redis alerts <a@example.com>"] {
            assert!(MailAddress::parse(text).is_ok(), "{text}");
        }
        for text in [
            "a",
            "a@",
            "@b",
            "a@b, c@d",
            "a b@c",
            "x, y <a@b>",
            "<a@b> c",
            "a@b>",
            "a..b@c",
            "a@b..c",
            "a@-b",
            ".a@b",
            "a@b_c",
            "x<a@b>",
        ] {
            assert!(MailAddress::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            MailAddress::parse("mailto:a@b").unwrap_err().help,
            "write `a@b`"
        );
    }

    #[test]
    fn a_mail_server_has_a_port() {
        for text in ["smtp.example.com:587", "[::1]:25", "localhost:25"] {
            assert!(MailServer::parse(text).is_ok(), "{text}");
        }
        for text in [
            "smtp.example.com",
            ":25",
            "a:0",
            "a:smtp",
            "::1:25",
            "smtp://a:25",
            "a:+25",
            "a:65536",
            "[x]:25",
            "a_b:25",
            "a:",
        ] {
            assert!(MailServer::parse(text).is_err(), "{text}");
        }
        for (text, near) in [
            ("smtp.example.com", "write `smtp.example.com:587`"),
            ("smtp://mail.example.com:25", "write `mail.example.com:25`"),
        ] {
            assert_eq!(MailServer::parse(text).unwrap_err().help, near);
        }
    }

    #[test]
    fn a_destination_is_a_constant() {
        for wrong in [
            MailAddress::parse("{{ .x }}@b").unwrap_err(),
            MailServer::parse("$(HOST):25").unwrap_err(),
            Login::parse("{{ .x }}").unwrap_err(),
            SlackChannel::parse("#{{ .x }}").unwrap_err(),
            WechatMembers::parse("{{ .x }}").unwrap_err(),
        ] {
            assert_eq!(
                wrong.finding.unwrap().name,
                "receivers/templated-destination"
            );
        }
    }

    #[test]
    fn a_slack_channel_is_one_that_slack_finds() {
        for text in ["#redis-alerts", "@somebody", "C0123ABCD", "#уведомления"] {
            assert!(SlackChannel::parse(text).is_ok(), "{text}");
        }
        for text in ["", "#", "redis-alerts", "#a b", "##a", "C0123", "#a,#b"] {
            assert!(SlackChannel::parse(text).is_err(), "{text}");
        }
        let wrong = SlackChannel::parse("Redis Alerts").unwrap_err();
        assert!(wrong.help.contains("`\"#redis-alerts\"`"), "{}", wrong.help);
    }

    #[test]
    fn a_robot_knows_its_members_in_its_own_way() {
        for text in ["13800000000", "+852-12345678"] {
            assert!(PhoneNumber::parse(text).is_ok(), "{text}");
        }
        for text in ["138", "@all", "", "+", "-12345", "1380000000012345678901"] {
            assert!(PhoneNumber::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            PhoneNumber::parse("+852 1234 5678").unwrap_err().help,
            "write `\"+85212345678\"`"
        );
        assert!(FeishuMember::parse("ou_1").is_ok() && WecomMember::parse("li.si").is_ok());
        for text in ["ou_", "ou_1></at>", "zhangsan", ""] {
            assert!(FeishuMember::parse(text).is_err(), "{text}");
        }
        for text in ["@all", "zhang san", "", &"a".repeat(65)] {
            assert!(WecomMember::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn wecom_counts_its_groups() {
        for text in ["@all", "zhangsan", "zhangsan|li.si"] {
            assert!(WechatMembers::parse(text).is_ok(), "{text}");
        }
        for text in ["", "zhangsan,lisi", "|", "a||b"] {
            assert!(WechatMembers::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            WechatMembers::parse("zhangsan, lisi").unwrap_err().help,
            "write `zhangsan|lisi`"
        );
        assert!(WechatGroups::parse("2|7").is_ok() && WechatGroups::parse("ops").is_err());
        assert!(WechatAgent::parse("1000002").is_ok() && WechatAgent::parse("+1").is_err());
        assert!(CorpId::parse("ww0123456789").is_ok() && CorpId::parse("ww 1").is_err());
    }
}
