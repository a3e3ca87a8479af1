//! Small forms: what a text, a number, a time or a table in a scenario file can be.

use serde_json::{Map, Value, json};

/// The schema with a description.
pub fn about(what: &str, mut schema: Value) -> Value {
    schema["description"] = json!(what);
    schema
}

/// A table: what it is, the keys that it has to have, and all that it can have.
pub fn table(what: &str, needs: &[&str], keys: Vec<(&'static str, Value)>) -> Value {
    let properties: Map<String, Value> =
        keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    json!({
        "type": "object",
        "description": what,
        "properties": properties,
        "required": needs,
        "additionalProperties": false,
    })
}

/// A table whose keys are names that the author chooses.
pub fn named(what: &str, each: Value) -> Value {
    json!({
        "type": "object",
        "description": what,
        "propertyNames": name(),
        "additionalProperties": each,
    })
}

/// A list.
pub fn list(each: Value) -> Value {
    json!({ "type": "array", "items": each })
}

/// A list of different things that has one of them at least.
pub fn at_least_one(each: Value) -> Value {
    json!({ "type": "array", "items": each, "minItems": 1, "uniqueItems": true })
}

/// A text.
pub fn text() -> Value {
    json!({ "type": "string" })
}

/// The short name of a user, a client, a room or an asset.
pub fn name() -> Value {
    json!({ "type": "string", "pattern": "^[A-Za-z0-9_.-]{1,128}$" })
}

/// The domain of a provider.
pub fn domain() -> Value {
    name()
}

/// One of these ids. What each means is where editors for TOML look for it.
pub fn one_of<'a>(ids: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let (ids, meanings): (Vec<_>, Vec<_>) = ids.into_iter().unzip();
    json!({ "enum": ids, "x-taplo": { "docs": { "enumValues": meanings } } })
}

/// One of these words, which say it all.
pub fn word<'a>(words: impl IntoIterator<Item = &'a str>) -> Value {
    json!({ "enum": words.into_iter().collect::<Vec<_>>() })
}

/// A whole number.
pub fn number(least: u64, most: u64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

/// A whole number, or a range of such.
pub fn numbers(least: u64, most: u64) -> Value {
    let range = json!({ "type": "string", "pattern": "^[0-9]+\\.\\.[0-9]+$" });
    json!({ "anyOf": [number(least, most), range], "examples": [format!("{least}..{most}")] })
}

/// How many of a hundred.
pub fn percent() -> Value {
    number(0, 100)
}

/// True or false.
pub fn flag() -> Value {
    json!({ "type": "boolean" })
}

/// A time.
pub fn time() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]+(ms|s|m)$", "examples": ["250ms", "3s", "2m"] })
}

/// A time, or a range of such.
pub fn times() -> Value {
    let form = "^[0-9]+(ms|s|m)(\\.\\.[0-9]+(ms|s|m))?$";
    json!({ "type": "string", "pattern": form, "examples": ["20ms", "20ms..60ms"] })
}

/// A time forward or back.
pub fn offset() -> Value {
    json!({ "type": "string", "pattern": "^[+-]?[0-9]+(ms|s|m)$", "examples": ["+3s", "-30s"] })
}
