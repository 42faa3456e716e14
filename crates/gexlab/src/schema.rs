//! JSON Schemas of what people write and what a run leaves, and the study reference made from one of them.

use gex_analysis::findings::Findings;
use serde_json::{Map, Value};

use crate::run_folder::Manifest;
use crate::study_file::StudyFile;

/// What a schema is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// The study file; TOML of the same shape.
    Study,
    /// `findings.json`.
    Findings,
    /// `manifest.json`.
    Manifest,
}

/// The schema of a document, as indented JSON with a line end.
///
/// ```
/// use gexlab::schema::{Document, schema};
/// assert!(schema(Document::Study).contains("\"smallest-effect\""));
/// ```
pub fn schema(document: Document) -> String {
    let mut text = serde_json::to_string_pretty(&value(document)).unwrap_or_default();
    text.push('\n');
    text
}

fn value(document: Document) -> Value {
    match document {
        Document::Study => schemars::schema_for!(StudyFile).to_value(),
        Document::Findings => schemars::schema_for!(Findings).to_value(),
        Document::Manifest => schemars::schema_for!(Manifest).to_value(),
    }
}

/// Every table and key of the study file, as a page of Markdown.
pub fn reference() -> String {
    let whole = value(Document::Study);
    let mut page = String::from(
        "# Every key of the study file\n\nMade from the schema by `gex schema reference`. A key that is \
         needed is marked; every other has a default. What the words of `kind`, `scale` and the like mean \
         stands in [What a study can ask](statistics.md), [Units and scales](units.md) and \
         [Signs](signs.md); [the demo](tutorial-demo.md) has a whole study.\n",
    );
    let none = Map::new();
    let definitions = whole["$defs"].as_object().unwrap_or(&none);
    for table in TABLES {
        let Some(schema) = definitions.get(table.name) else {
            continue;
        };
        page.push_str(&section(table.heading, schema));
    }
    page
}

/// A table of the study file and its heading.
struct TableName {
    name: &'static str,
    heading: &'static str,
}

const fn table(name: &'static str, heading: &'static str) -> TableName {
    TableName { name, heading }
}

const TABLES: [TableName; 15] = [
    table("StudyTable", "[study]"),
    table("DataTable", "[data], or [[data]]"),
    table("PricingTable", "[pricing]"),
    table("FlipTable", "[flip]"),
    table("PositioningTable", "[positioning]"),
    table("FractionsTable", "[positioning.fractions]"),
    table("OutputTable", "[output]"),
    table("HypothesisTable", "[[hypothesis]]"),
    table("SignalTable", "signal = { … }"),
    table("RegimeTable", "regime = { … }"),
    table("OutcomeTable", "outcome = { … }"),
    table("GridTable", "[grid]"),
    table("PanelTable", "[panel]"),
    table("EventTable", "[[event]]"),
    table("StrategyTable", "[[strategy]]"),
];

fn section(heading: &str, schema: &Value) -> String {
    let mut text = format!("\n## `{heading}`\n\n");
    let none = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&none);
    let needed = |key: &str| {
        let required = schema["required"].as_array();
        required.is_some_and(|keys| keys.iter().any(|other| other == key))
    };
    text.push_str("| key | | is | meaning |\n|---|---|---|---|\n");
    for (key, property) in properties {
        let mark = if needed(key) { "needed" } else { "" };
        let meaning = property["description"].as_str().unwrap_or_default();
        let meaning = meaning.replace('\n', " ").replace('|', "\\|");
        let cells = [format!("`{key}`"), mark.to_owned(), kind(property), meaning];
        text.push_str("| ");
        text.push_str(&cells.join(" | ").replace("|  |", "| |"));
        text.push_str(" |\n");
    }
    text
}

/// The type of a value in a word or two.
fn kind(property: &Value) -> String {
    if let Some(path) = property["$ref"].as_str() {
        return table_of(path);
    }
    if let Some(choices) = property["anyOf"].as_array() {
        let first = choices.iter().find(|choice| choice["type"] != "null");
        return first.map_or_else(String::new, kind);
    }
    let named = |name: &str| match name {
        "string" => "text".to_owned(),
        "integer" => "whole number".to_owned(),
        "array" => format!("list of {}", kind(&property["items"])),
        "object" => "table".to_owned(),
        other => other.to_owned(),
    };
    match &property["type"] {
        Value::String(name) => named(name),
        Value::Array(names) => {
            let names = names.iter().filter_map(Value::as_str);
            { names }
                .find(|name| *name != "null")
                .map_or_else(String::new, named)
        }
        _ => "any".to_owned(),
    }
}

fn table_of(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let known = TABLES.iter().find(|table| table.name == name);
    known.map_or_else(
        || "table".to_owned(),
        |table| format!("`{}`", table.heading),
    )
}
