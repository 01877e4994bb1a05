//! What comes of small resources.

use serde_json::{Value, json};

use crate::operator::{Strategy, configuration, is_zero};

fn config(namespace: &str, name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "AlertmanagerConfig",
        "metadata": {"namespace": namespace, "name": name},
        "spec": spec,
    })
}

fn routed(route: Value) -> Value {
    let spec = json!({"route": route, "receivers": [{"name": "a"}, {"name": "b"}]});
    config("shop", "redis", spec)
}

#[track_caller]
fn refused(config: Value, why: &str) {
    let refusal = configuration(&[config], Strategy::None).expect_err("a refusal");
    assert!(refusal.contains(why), "{refusal}");
}

#[test]
fn routes_come_below_the_route_of_the_base() {
    let config = config(
        "mynamespace",
        "myamc",
        json!({
            "route": {
                "receiver": "test",
                "groupBy": ["job"],
                "routes": [{
                    "receiver": "test2",
                    "matchers": [{"name": "job", "value": "foo", "matchType": "="}],
                }],
            },
            "receivers": [{"name": "test"}, {"name": "test2"}],
        }),
    );
    let expected = json!({
        "route": {
            "receiver": "null",
            "routes": [{
                "receiver": "mynamespace/myamc/test",
                "group_by": ["job"],
                "matchers": ["namespace=\"mynamespace\""],
                "continue": true,
                "routes": [{
                    "receiver": "mynamespace/myamc/test2",
                    "matchers": ["job=\"foo\""],
                }],
            }],
        },
        "receivers": [
            {"name": "null"},
            {"name": "mynamespace/myamc/test"},
            {"name": "mynamespace/myamc/test2"},
        ],
        "templates": [],
    });
    assert_eq!(
        configuration(&[config], Strategy::OnNamespace),
        Ok(expected)
    );
}

#[test]
fn nothing_selected_leaves_the_base() {
    let base = json!({
        "route": {"receiver": "null"},
        "receivers": [{"name": "null"}],
        "templates": [],
    });
    assert_eq!(configuration(&[], Strategy::OnNamespace), Ok(base));
}

#[test]
fn only_inhibition_works_without_a_route() {
    let rule = json!({
        "sourceMatch": [{"name": "alertname", "value": "A", "matchType": "="}],
        "targetMatch": [{"name": "namespace", "value": "shop", "matchType": "="}],
        "equal": ["instance_name"],
    });
    let spec = json!({"inhibitRules": [rule], "receivers": [{"name": "a"}]});
    let made = configuration(&[config("shop", "redis", spec)], Strategy::OnNamespace);
    let made = made.expect("a configuration");
    assert_eq!(made["receivers"], json!([{"name": "null"}]));
    assert_eq!(
        made["inhibit_rules"],
        json!([{
            "target_matchers": ["namespace=\"shop\""],
            "source_matchers": ["alertname=\"A\"", "namespace=\"shop\""],
            "equal": ["instance_name"],
        }])
    );
}

#[test]
fn resources_come_in_the_order_of_their_keys() {
    let of = |namespace, name| {
        let spec = json!({"route": {"receiver": "a"}, "receivers": [{"name": "a"}]});
        config(namespace, name, spec)
    };
    // As text, `a-b/x` is before `a/x`.
    let configs = [of("b", "x"), of("a", "y"), of("a", "x"), of("a-b", "x")];
    let made = configuration(&configs, Strategy::None).expect("a configuration");
    let routes = made["route"]["routes"].as_array().expect("routes");
    let receivers: Vec<_> = routes.iter().map(|it| &it["receiver"]).collect();
    assert_eq!(receivers, ["a-b/x/a", "a/x/a", "a/y/a", "b/x/a"]);
}

#[test]
fn the_strategy_decides_on_the_matcher_of_the_namespace() {
    let matchers = |strategy| {
        let own = json!([{"name": "namespace", "value": "other", "matchType": "="}]);
        let route = json!({"receiver": "a", "matchers": own});
        let made = configuration(&[routed(route)], strategy).expect("a configuration");
        assert_eq!(made["route"]["routes"][0]["continue"], true);
        made["route"]["routes"][0]["matchers"].clone()
    };
    let both = json!(["namespace=\"other\"", "namespace=\"shop\""]);
    let own = json!(["namespace=\"other\""]);
    assert_eq!(matchers(Strategy::OnNamespace), both);
    assert_eq!(matchers(Strategy::OnNamespaceExcept("monitoring")), both);
    assert_eq!(matchers(Strategy::OnNamespaceExcept("shop")), own);
    assert_eq!(matchers(Strategy::None), own);
}

#[test]
fn matchers_are_escaped() {
    let matchers = json!([
        {"name": "a", "value": "b\\c\"d\ne", "matchType": "=~"},
        {"name": "f", "value": ""},
    ]);
    let route = json!({"receiver": "a", "matchers": matchers});
    let made = configuration(&[routed(route)], Strategy::None).expect("a configuration");
    assert_eq!(
        made["route"]["routes"][0]["matchers"],
        json!(["a=~\"b\\\\c\\\"d\\ne\"", "f=\"\""])
    );
}

#[test]
fn a_wrong_route_is_refused_however_deep() {
    let nested = |route: Value| routed(json!({"receiver": "a", "routes": [{"routes": [route]}]}));
    refused(
        nested(json!({"match": {"a": "b"}})),
        "routes[0].routes[0]: unknown field `match`",
    );
    refused(nested(json!({"continue": "true"})), "wrong type");
    refused(nested(json!({"receiver": "c"})), "no receiver `c`");
    refused(nested(json!({"groupWait": "5 m"})), "no duration: 5 m");
    refused(nested(json!({"groupBy": ["...", "a"]})), "groupBy");
    refused(
        nested(json!({"muteTimeIntervals": ["night"]})),
        "no interval `night`",
    );
    let matcher = json!({"name": "a", "value": 1, "matchType": "="});
    refused(nested(json!({"matchers": [matcher]})), "wrong type");
    let matcher = json!({"name": "a", "value": "b", "matchType": "=="});
    refused(nested(json!({"matchers": [matcher]})), "no matchType");
    refused(routed(json!({"groupWait": "1s"})), "no receiver");
}

#[test]
fn a_duration_of_zero_is_left_out_after_the_first_notification() {
    let route = json!({
        "receiver": "a",
        "groupWait": "0s",
        "groupInterval": "0s",
        "repeatInterval": "1h30m",
    });
    let made = configuration(&[routed(route)], Strategy::None).expect("a configuration");
    assert_eq!(
        made["route"]["routes"][0],
        json!({
            "receiver": "shop/redis/a",
            "continue": true,
            "group_wait": "0s",
            "repeat_interval": "1h30m",
        })
    );
    assert_eq!(is_zero("1d"), Some(false));
    assert_eq!(is_zero("0ms"), Some(true));
    assert_eq!(is_zero("1m500ms"), Some(false));
    for wrong in ["", "5", "m", "1.5m", "1s1m", "5m "] {
        assert_eq!(is_zero(wrong), None, "{wrong}");
    }
}

#[test]
fn receivers_are_written_in_snake_case_with_their_secrets() {
    let secret = json!({"name": "s", "key": "k"});
    let spec = json!({
        "route": {"receiver": "a"},
        "receivers": [{
            "name": "a",
            "webhookConfigs": [
                {"urlSecret": secret, "url": "http://plain", "sendResolved": false},
                {"url": "http://plain", "maxAlerts": 0},
            ],
            "slackConfigs": [{
                "apiURL": secret,
                "channel": "",
                "linkNames": false,
                "actions": [{"type": "button", "text": "a", "confirm": {"text": "b", "okText": "c"}}],
            }],
            "pagerdutyConfigs": [{"routingKey": secret, "details": [{"key": "a", "value": ""}]}],
            "emailConfigs": [{"to": "a@b", "from": "c@d", "smarthost": "e:1", "html": "", "text": ""}],
        }],
    });
    let made = configuration(&[config("shop", "redis", spec)], Strategy::None);
    assert_eq!(
        made.expect("a configuration")["receivers"][1],
        json!({
            "name": "shop/redis/a",
            "pagerduty_configs": [{"routing_key": "value of s/k", "details": {"a": ""}}],
            "slack_configs": [{
                "api_url": "https://example.com/s/k",
                "actions": [{"type": "button", "text": "a", "confirm": {"text": "b", "ok_text": "c"}}],
            }],
            "webhook_configs": [
                {"send_resolved": false, "url": "https://example.com/s/k"},
                {"url": "http://plain"},
            ],
            "email_configs": [{"to": "a@b", "from": "c@d", "smarthost": "e:1", "html": ""}],
        })
    );
}

#[test]
fn a_receiver_that_cannot_work_is_refused() {
    let with = |kind: &str, fields: Value| {
        let receiver = json!({"name": "a", kind: [fields]});
        let spec = json!({"route": {"receiver": "a"}, "receivers": [receiver]});
        config("shop", "redis", spec)
    };
    refused(with("slackConfigs", json!({})), "needs apiURL");
    refused(
        with("slackConfigs", json!({"api_url": "x"})),
        "needs apiURL",
    );
    refused(
        with("slackConfigs", json!({"apiURL": "https://x"})),
        "wrong type",
    );
    refused(
        with("slackConfigs", json!({"apiURL": {"name": "s"}})),
        "no key of a Secret",
    );
    refused(
        with("webhookConfigs", json!({"maxAlerts": 1})),
        "needs url or urlSecret",
    );
    refused(
        with("emailConfigs", json!({"to": "a@b", "from": "c@d"})),
        "needs smarthost",
    );
    refused(
        with("dingtalkConfigs", json!({})),
        "unknown field `dingtalkConfigs`",
    );
    let twice = json!([{"key": "Subject", "value": "a"}, {"key": "subject", "value": "b"}]);
    let mail = json!({"to": "a@b", "from": "c@d", "smarthost": "e:1", "headers": twice});
    refused(with("emailConfigs", mail), "`subject` is there twice");
}

#[test]
fn intervals_are_written_with_their_full_name() {
    let spec = json!({
        "route": {"receiver": "a", "routes": [{"muteTimeIntervals": ["m"], "activeTimeIntervals": ["m"]}]},
        "receivers": [{"name": "a"}],
        "muteTimeIntervals": [{
            "name": "m",
            "timeIntervals": [{
                "times": [{"startTime": "08:00", "endTime": "24:00"}],
                "weekdays": ["saturday", "monday:friday"],
                "daysOfMonth": [{"start": 1, "end": 10}, {"start": -1}],
                "months": ["January:march", "5"],
                "years": ["2030:2050"],
            }],
        }],
    });
    let made = configuration(&[config("shop", "redis", spec)], Strategy::None);
    let made = made.expect("a configuration");
    assert_eq!(
        made["route"]["routes"][0]["routes"],
        json!([{
            "mute_time_intervals": ["shop/redis/m"],
            "active_time_intervals": ["shop/redis/m"],
        }])
    );
    assert_eq!(
        made["mute_time_intervals"],
        json!([{
            "name": "shop/redis/m",
            "time_intervals": [{
                "times": [{"start_time": "08:00", "end_time": "24:00"}],
                "weekdays": ["saturday", "monday:friday"],
                "days_of_month": ["1:10", "-1"],
                "months": ["1:3", "5"],
                "years": ["2030:2050"],
            }],
        }])
    );
}
