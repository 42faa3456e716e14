//! The published schemas are those of this build, and what a run leaves keeps to them.

use std::fs;

use gexlab::schema::{Document, reference, schema};
use serde_json::Value;

use crate::support::{gex_ok, root, run_folder};

const DOCUMENTS: [(Document, &str); 3] = [
    (Document::Study, "study"),
    (Document::Findings, "findings"),
    (Document::Manifest, "manifest"),
];

#[test]
fn committed_schemas_are_fresh() {
    for (document, name) in DOCUMENTS {
        let path = root().join(format!("docs/schemas/{name}.schema.json"));
        let committed = fs::read_to_string(path).unwrap();
        assert!(
            committed == schema(document),
            "make it again: gex schema {name} > docs/schemas/{name}.schema.json"
        );
    }
    let page = fs::read_to_string(root().join("docs/study.md")).unwrap();
    assert!(
        page == reference(),
        "make it again: gex schema reference > docs/study.md"
    );
}

/// Fails where a value has a key or a type that its schema does not.
fn keeps_to(schema: &Value, whole: &Value, value: &Value, at: &str) {
    if let Some(path) = schema["$ref"].as_str() {
        let name = path.rsplit('/').next().unwrap();
        return keeps_to(&whole["$defs"][name], whole, value, at);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        if value.is_null() {
            assert!(
                choices.iter().any(|choice| choice["type"] == "null"),
                "{at} is null"
            );
            return;
        }
        let other = choices
            .iter()
            .find(|choice| choice["type"] != "null")
            .unwrap();
        return keeps_to(other, whole, value, at);
    }
    let allowed = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let whole_number = is == "integer" && allowed.contains(&"number");
    assert!(
        allowed.contains(&is) || whole_number,
        "{at} is {is}, not one of {allowed:?}"
    );
    if let Some(items) = value
        .as_array()
        .filter(|_| schema.get("items").is_some_and(Value::is_object))
    {
        for (i, item) in items.iter().enumerate() {
            keeps_to(&schema["items"], whole, item, &format!("{at}[{i}]"));
        }
    }
    let (Some(keys), Some(properties)) = (value.as_object(), schema["properties"].as_object())
    else {
        return;
    };
    for (key, inner) in keys {
        let property = properties.get(key);
        let property = property.unwrap_or_else(|| panic!("{at}.{key} is not in the schema"));
        keeps_to(property, whole, inner, &format!("{at}.{key}"));
    }
    for key in schema["required"].as_array().into_iter().flatten() {
        assert!(keys.contains_key(key.as_str().unwrap()), "{at} lacks {key}");
    }
}

#[test]
fn what_a_run_leaves_keeps_to_the_schemas() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    gex_ok(at, &["demo", "--out", "demo"]);
    let run = run_folder(&at.join("demo"), "demo");
    for (document, name) in &DOCUMENTS[1..] {
        let whole: Value = serde_json::from_str(&schema(*document)).unwrap();
        let text = fs::read_to_string(run.join(format!("{name}.json"))).unwrap();
        keeps_to(&whole, &whole, &serde_json::from_str(&text).unwrap(), name);
    }
    let study: Value = serde_json::from_str(&schema(Document::Study)).unwrap();
    let typed: toml::Table =
        toml::from_str(&fs::read_to_string(run.join("study.toml")).unwrap()).unwrap();
    keeps_to(
        &study,
        &study,
        &serde_json::to_value(typed).unwrap(),
        "study",
    );
}
