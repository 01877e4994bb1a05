//! What Kibana's import would not say, or say too late: fields that no log has, references to
//! nothing, queries that nobody can read.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::kibana_policy::{POLICY, delivered, imported};
use crate::stacks::{compile_text, root};

/// The fields of a log line, with their types in Elasticsearch.
const FIELDS: &[(&str, &str)] = &[
    ("@timestamp", "date"),
    ("message", "text"),
    ("level", "keyword"),
    ("role", "keyword"),
    ("pid", "long"),
    ("stack", "keyword"),
    ("cluster", "keyword"),
    ("namespace", "keyword"),
    ("pod", "keyword"),
    ("container", "keyword"),
    ("node", "keyword"),
    ("instance_name", "keyword"),
    ("topology", "keyword"),
    ("team", "keyword"),
    ("tier", "keyword"),
    ("component", "keyword"),
    ("logger", "keyword"),
    ("controller", "keyword"),
];

/// Values that a field has, where there are only so many.
const VALUES: &[(&str, &[&str])] = &[
    (
        "level",
        &["notice", "warning", "verbose", "debug", "info", "error"],
    ),
    ("role", &["master", "replica", "child", "sentinel"]),
    ("component", &["redis", "sentinel", "operator"]),
];

fn objects(policy: &str) -> Vec<Value> {
    let text = imported(policy);
    text.lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect()
}

/// JSON inside JSON.
fn inner(text: &Value) -> Value {
    serde_json::from_str(text.as_str().unwrap()).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn of_type<'a>(objects: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    objects.iter().filter(move |it| it["type"] == kind)
}

/// The panels of all dashboards.
fn panels(objects: &[Value]) -> Vec<Value> {
    of_type(objects, "dashboard")
        .flat_map(|it| {
            inner(&it["attributes"]["panelsJSON"])
                .as_array()
                .unwrap()
                .clone()
        })
        .collect()
}

/// The columns of all charts.
fn columns(objects: &[Value]) -> Vec<Value> {
    panels(objects)
        .iter()
        .filter(|it| it["type"] == "lens")
        .flat_map(|it| {
            let state = &it["embeddableConfig"]["attributes"]["state"];
            let layers = state["datasourceStates"]["formBased"]["layers"]
                .as_object()
                .unwrap()
                .clone();
            layers
                .values()
                .flat_map(|it| it["columns"].as_object().unwrap().values().cloned())
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Every query, wherever it is.
fn queries(objects: &[Value]) -> BTreeSet<String> {
    fn collect(value: &Value, acc: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                if let (Some(Value::String(query)), Some(language)) =
                    (fields.get("query"), fields.get("language"))
                {
                    assert_eq!(language, "kuery");
                    acc.insert(query.clone());
                }
                for (key, value) in fields {
                    if key.ends_with("JSON") {
                        collect(&inner(value), acc);
                    } else {
                        collect(value, acc);
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|it| collect(it, acc)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = BTreeSet::new();
    objects.iter().for_each(|it| collect(it, &mut found));
    found.remove("");
    found
}

#[test]
fn every_dashboard_is_imported() {
    let files = std::fs::read_dir(root().join("src/plan/kibana/dashboards"))
        .unwrap()
        .filter_map(Result::ok)
        .filter(|it| it.file_name() != "mod.rs")
        .count();
    let objects = objects(POLICY);
    assert_eq!(of_type(&objects, "dashboard").count(), files);
    let titles: BTreeSet<String> = objects
        .iter()
        .map(|it| format!("{} {}", it["type"], it["attributes"]["title"]))
        .collect();
    assert_eq!(titles.len(), objects.len(), "{titles:#?}");
}

/// `redis-logs-prod*` would be the logs of a stack `prod-eu` too.
#[test]
fn the_data_view_is_of_one_stack() {
    let objects = objects(POLICY);
    let views: Vec<&Value> = of_type(&objects, "index-pattern").collect();
    assert_eq!(views.len(), 1);
    assert_eq!(views[0]["attributes"]["title"], "redis-logs-prod");
    assert_eq!(views[0]["attributes"]["timeFieldName"], "@timestamp");
}

#[test]
fn every_reference_resolves_and_is_used() {
    let objects = objects(POLICY);
    let known: BTreeSet<(String, String)> = objects
        .iter()
        .map(|it| (text(&it["type"]), text(&it["id"])))
        .collect();
    for object in &objects {
        let mut references = BTreeMap::new();
        for reference in object["references"].as_array().unwrap() {
            let target = (text(&reference["type"]), text(&reference["id"]));
            assert!(known.contains(&target), "{reference} of {}", object["id"]);
            let before = references.insert(text(&reference["name"]), target.0);
            assert!(before.is_none(), "{reference} twice");
        }
        let mut used = BTreeMap::new();
        let attributes = &object["attributes"];
        match object["type"].as_str().unwrap() {
            "index-pattern" => {}
            "search" => {
                let source = inner(&attributes["kibanaSavedObjectMeta"]["searchSourceJSON"]);
                used.insert(text(&source["indexRefName"]), "index-pattern".to_owned());
            }
            "dashboard" => {
                for panel in panels(std::slice::from_ref(object)) {
                    let id = text(&panel["panelIndex"]);
                    if panel["type"] == "search" {
                        let name = format!("{id}:{}", text(&panel["panelRefName"]));
                        used.insert(name, "search".to_owned());
                        continue;
                    }
                    let chart = &panel["embeddableConfig"]["attributes"];
                    for reference in chart["references"].as_array().unwrap() {
                        let name = format!("{id}:{}", text(&reference["name"]));
                        used.insert(name, text(&reference["type"]));
                    }
                    let layers = &chart["state"]["datasourceStates"]["formBased"]["layers"];
                    for layer in layers.as_object().unwrap().keys() {
                        let name = format!("{id}:indexpattern-datasource-layer-{layer}");
                        assert!(used.contains_key(&name), "{name}");
                    }
                }
                let controls = inner(&attributes["controlGroupInput"]["panelsJSON"]);
                for id in controls.as_object().unwrap().keys() {
                    let name = format!("controlGroup_{id}:optionsListDataView");
                    used.insert(name, "index-pattern".to_owned());
                }
            }
            other => panic!("a {other}"),
        }
        assert_eq!(references, used, "{}", object["id"]);
    }
}

#[test]
fn ids_are_unique_and_stay() {
    let all = |objects: &[Value]| -> Vec<String> {
        let own = objects.iter().map(|it| text(&it["id"]));
        let panels = panels(objects);
        own.chain(panels.iter().map(|it| text(&it["panelIndex"])))
            .collect()
    };
    let prod = all(&objects(POLICY));
    let unique: BTreeSet<&String> = prod.iter().collect();
    assert_eq!(unique.len(), prod.len());
    for id in &prod {
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
    }
    // Another id would leave the objects that were imported before beside the new ones.
    assert_eq!(prod[0], "1d1fb052-263f-8e67-9b0e-e2df4da12a3e");
    let other = all(&objects(&POLICY.replace("{name: prod}", "{name: prod-eu}")));
    assert!(other.iter().all(|it| !prod.contains(it)));
}

#[test]
fn every_field_is_one_that_logs_have() {
    let types: BTreeMap<&str, &str> = FIELDS.iter().copied().collect();
    let objects = objects(POLICY);
    for column in columns(&objects) {
        let field = column["sourceField"].as_str();
        match column["operationType"].as_str().unwrap() {
            "count" => assert_eq!(field, Some("___records___")),
            "filters" => assert_eq!(field, None),
            "date_histogram" => assert_eq!(types[field.unwrap()], "date"),
            "terms" => assert_eq!(types[field.unwrap()], "keyword", "{column}"),
            other => panic!("what does {other} need?"),
        }
    }
    for dashboard in of_type(&objects, "dashboard") {
        let controls = inner(&dashboard["attributes"]["controlGroupInput"]["panelsJSON"]);
        for control in controls.as_object().unwrap().values() {
            let field = control["explicitInput"]["fieldName"].as_str().unwrap();
            assert_eq!(types[field], "keyword", "{control}");
        }
    }
    for search in of_type(&objects, "search") {
        for column in search["attributes"]["columns"].as_array().unwrap() {
            assert!(types.contains_key(column.as_str().unwrap()), "{column}");
        }
        assert_eq!(search["attributes"]["sort"][0][0], "@timestamp");
    }
}

#[test]
fn a_table_or_chart_is_ordered_by_a_column_of_its_own() {
    for panel in panels(&objects(POLICY)) {
        let layers = &panel["embeddableConfig"]["attributes"]["state"]["datasourceStates"]["formBased"]
            ["layers"];
        for layer in layers.as_object().into_iter().flat_map(|it| it.values()) {
            let columns = layer["columns"].as_object().unwrap();
            let order: Vec<&str> = layer["columnOrder"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it.as_str().unwrap())
                .collect();
            assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), columns.len());
            let buckets: Vec<bool> = order
                .iter()
                .map(|it| columns[*it]["isBucketed"] == true)
                .collect();
            assert!(buckets.is_sorted_by(|a, b| a >= b), "groups come first");
            for column in columns.values() {
                if let Some(by) = column["params"]["orderBy"]["columnId"].as_str() {
                    assert!(columns.contains_key(by), "{column}");
                }
            }
        }
    }
}

#[test]
fn every_query_can_be_read() {
    let queries = queries(&objects(POLICY));
    assert!(queries.len() > 20, "{queries:#?}");
    for query in queries {
        kql::check(&query).unwrap_or_else(|why| panic!("{query}: {why}"));
    }
}

#[test]
fn the_reader_of_queries_refuses_what_kibana_refuses() {
    for good in [
        "level: error",
        "level: (warning or error) and not role: child",
        "(message: \"a (b\" or message: \"c \\\" d\") and component: redis",
    ] {
        assert_eq!(kql::check(good), Ok(()), "{good}");
    }
    for bad in [
        "level: ",
        "level: (warning or error",
        "level: warning) and role: child",
        "level: warning error",
        "level: loud",
        "severity: error",
        "message: \"open",
        "level: error or",
        "and level: error",
        "message: a(b",
        "namespace: \"a\" \"b\"",
    ] {
        assert!(kql::check(bad).is_err(), "{bad}");
    }
}

#[test]
fn nothing_in_a_dashboard_is_markup() {
    let objects = objects(POLICY);
    for panel in panels(&objects) {
        assert!(matches!(panel["type"].as_str(), Some("lens" | "search")));
        assert!(!panel.to_string().contains(['<', '>']), "{panel}");
    }
    for object in &objects {
        let title = text(&object["attributes"]["title"]);
        assert!(title.len() <= 200, "{title}");
    }
}

#[test]
fn panels_fill_the_grid_without_overlap() {
    for dashboard in of_type(&objects(POLICY), "dashboard") {
        let mut taken = BTreeSet::new();
        let mut height = 0;
        for panel in panels(std::slice::from_ref(dashboard)) {
            let at = |key: &str| panel["gridData"][key].as_u64().unwrap();
            height = height.max(at("y") + at("h"));
            for x in at("x")..at("x") + at("w") {
                for y in at("y")..at("y") + at("h") {
                    assert!(x < 48 && taken.insert((x, y)), "{panel}");
                }
            }
        }
        assert_eq!(taken.len() as u64, 48 * height);
    }
}

#[test]
fn the_job_runs_again_for_what_is_new_and_only_then() {
    let name = |policy: &str| text(&delivered(policy).1["metadata"]["name"]);
    let before = name(POLICY);
    assert!(before.starts_with("prod-kibana-import-"), "{before}");
    assert_eq!(name(&POLICY.replace("256Mi", "512Mi")), before);
    assert_ne!(name(&POLICY.replace("logs-kb-http", "kibana")), before);
    assert_ne!(name(&POLICY.replace("es-writer", "es-reader")), before);
    let curl = POLICY.replace(
        "    kibana: {url",
        "    images: {curl: curlimages/curl:8.16.0}\n    kibana: {url",
    );
    assert_ne!(name(&curl), before);
}

#[test]
fn the_job_gets_credentials_by_reference_and_has_no_rights() {
    let (config_map, job) = delivered(POLICY);
    assert_eq!(config_map["metadata"]["namespace"], "logging");
    assert_eq!(job["metadata"]["namespace"], "logging");
    let pod = &job["spec"]["template"]["spec"];
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    let container = &pod["containers"][0];
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    assert_eq!(
        container["securityContext"]["allowPrivilegeEscalation"],
        false
    );
    let variables: BTreeMap<String, &Value> = container["env"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (text(&it["name"]), it))
        .collect();
    for (variable, key) in [("USERNAME", "username"), ("PASSWORD", "password")] {
        let reference = &variables[variable]["valueFrom"]["secretKeyRef"];
        assert_eq!(reference["name"], "es-writer");
        assert_eq!(reference["key"], key);
    }
    assert_eq!(variables["CA_FILE"]["value"], "/etc/kibana-ca/ca.crt");
    assert_eq!(
        pod["volumes"][1]["secret"]["secretName"],
        "logs-es-http-certs-public"
    );
}

#[test]
fn a_kibana_with_an_authority_of_its_own_is_checked_with_that() {
    let policy = POLICY.replace(
        "kibana: {url: https://logs-kb-http.logging.svc:5601}",
        "kibana: {url: https://logs-kb-http.logging.svc:5601, \
         ca: {secretRef: {name: logs-kb-http-certs-public, key: tls.crt}}}",
    );
    let (_, job) = delivered(&policy);
    let secret = &job["spec"]["template"]["spec"]["volumes"][1]["secret"];
    assert_eq!(secret["secretName"], "logs-kb-http-certs-public");
    assert_eq!(secret["items"][0]["key"], "tls.crt");

    let findings = compile_text(&policy.replace("https://logs-kb", "http://logs-kb")).findings;
    let refused = findings.iter().find(|it| it.is_error()).unwrap();
    assert!(refused.headline.contains("ca"), "{}", refused.headline);
}

#[test]
fn a_kibana_without_tls_and_login_gets_neither() {
    let start = POLICY.find("      ca: ").unwrap();
    let end = POLICY.find("    kibana: ").unwrap();
    let mut policy = POLICY.to_owned();
    policy.replace_range(start..end, "");
    let policy = policy.replace("https://logs-kb-http", "http://logs-kb-http");
    let (_, job) = delivered(&policy);
    let pod = &job["spec"]["template"]["spec"];
    let names: Vec<&Value> = pod["containers"][0]["env"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["name"])
        .collect();
    assert_eq!(names, ["KIBANA_URL", "OBJECTS"]);
    assert_eq!(pod["volumes"].as_array().unwrap().len(), 1);
}

#[test]
fn a_kibana_that_is_too_old_is_refused() {
    let policy = POLICY.replace("version: \"9.1\"", "version: \"8.7\"");
    let compilation = compile_text(&policy);
    assert!(compilation.output.is_none());
    let names: Vec<&str> = compilation.findings.iter().map(|it| it.name).collect();
    assert_eq!(names, ["policy/version-too-old"]);
    delivered(&POLICY.replace("version: \"9.1\"", "version: \"8.8\""));
}

/// Reads as much of KQL as the dashboards use: `field: value`, values in quotes or of one word, lists
/// of them, `and`, `or`, `not`, parentheses.
mod kql {
    use super::{FIELDS, VALUES};

    #[derive(Debug, Clone, PartialEq)]
    enum Token {
        Open,
        Close,
        Colon,
        Quoted(String),
        Word(String),
    }

    pub(super) fn check(query: &str) -> Result<(), String> {
        let mut reader = Reader {
            tokens: tokens(query)?,
            at: 0,
        };
        reader.any(&mut Reader::condition)?;
        match reader.next() {
            None => Ok(()),
            Some(rest) => Err(format!("{rest:?} follows")),
        }
    }

    fn tokens(query: &str) -> Result<Vec<Token>, String> {
        let mut tokens = Vec::new();
        let mut rest = query.chars().peekable();
        while let Some(it) = rest.next() {
            tokens.push(match it {
                ' ' => continue,
                '(' => Token::Open,
                ')' => Token::Close,
                ':' => Token::Colon,
                '"' => {
                    let mut text = String::new();
                    loop {
                        match rest.next().ok_or("a quote is not closed")? {
                            '"' => break,
                            '\\' => text.push(rest.next().ok_or("a quote is not closed")?),
                            it => text.push(it),
                        }
                    }
                    Token::Quoted(text)
                }
                it if word(it) => {
                    let mut text = String::from(it);
                    while let Some(it) = rest.next_if(|it| word(*it)) {
                        text.push(it);
                    }
                    Token::Word(text)
                }
                it => return Err(format!("`{it}` needs quotes")),
            });
        }
        Ok(tokens)
    }

    fn word(it: char) -> bool {
        it.is_ascii_alphanumeric() || matches!(it, '_' | '@' | '.' | '-')
    }

    struct Reader {
        tokens: Vec<Token>,
        at: usize,
    }

    impl Reader {
        fn next(&mut self) -> Option<Token> {
            let token = self.tokens.get(self.at).cloned();
            self.at += 1;
            token
        }

        fn takes(&mut self, token: &Token) -> bool {
            let is_next = self.tokens.get(self.at) == Some(token);
            self.at += usize::from(is_next);
            is_next
        }

        /// One thing, or several between `and` and `or`.
        fn any(
            &mut self,
            one: &mut dyn FnMut(&mut Self) -> Result<(), String>,
        ) -> Result<(), String> {
            loop {
                while self.takes(&Token::Word("not".to_owned())) {}
                one(self)?;
                let joined = ["and", "or"]
                    .iter()
                    .any(|it| self.takes(&Token::Word((*it).to_owned())));
                if !joined {
                    return Ok(());
                }
            }
        }

        fn condition(&mut self) -> Result<(), String> {
            match self.next() {
                Some(Token::Open) => {
                    self.any(&mut Self::condition)?;
                    self.close()
                }
                Some(Token::Word(field)) => {
                    if !FIELDS.iter().any(|(it, _)| *it == field) {
                        return Err(format!("no log has the field `{field}`"));
                    }
                    if !self.takes(&Token::Colon) {
                        return Err(format!("`{field}` has no value"));
                    }
                    if self.takes(&Token::Open) {
                        self.any(&mut |it: &mut Self| it.value(&field))?;
                        return self.close();
                    }
                    self.value(&field)
                }
                other => Err(format!("{other:?} is no condition")),
            }
        }

        fn value(&mut self, field: &str) -> Result<(), String> {
            match self.next() {
                Some(Token::Quoted(value)) if !value.trim().is_empty() => known(field, &value),
                Some(Token::Word(value)) if !matches!(value.as_str(), "and" | "or" | "not") => {
                    known(field, &value)
                }
                other => Err(format!("{other:?} is no value of `{field}`")),
            }
        }

        fn close(&mut self) -> Result<(), String> {
            match self.takes(&Token::Close) {
                true => Ok(()),
                false => Err("a parenthesis is not closed".to_owned()),
            }
        }
    }

    fn known(field: &str, value: &str) -> Result<(), String> {
        match VALUES.iter().find(|(it, _)| *it == field) {
            Some((_, values)) if !values.contains(&value) => {
                Err(format!("`{field}` is never `{value}`"))
            }
            _ => Ok(()),
        }
    }
}
