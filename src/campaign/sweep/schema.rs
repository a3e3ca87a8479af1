//! The JSON Schema of a sweep file, for editors: derived from what the reader itself reads into,
//! with the measures and the kinds of plots by their names.
//!
//! A file that the reader takes fits the schema. The reverse does not hold: that a plot names what
//! the file has, that each `$name` in the scenario has values, that the grid is not too large and
//! that each point is a scenario are for [`Sweep::read`](super::Sweep::read) to say. The scenario
//! in the file is a text to this schema.

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::file::File;
use crate::campaign::measures::MEASURES;

/// The schema of a sweep file.
pub fn schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<File>();
    schema.insert("title".to_owned(), json!("A Schism sweep"));
    schema.into()
}

/// Measures, by their ids.
pub(super) fn measures(_: &mut SchemaGenerator) -> Schema {
    let each: Vec<_> = MEASURES
        .iter()
        .map(|measure| json!({ "const": measure.id, "description": measure.meaning }))
        .collect();
    json_schema!({ "type": "array", "items": { "oneOf": each } })
}

/// A whole number, or the parameter that has it.
pub(super) fn number(_: &mut SchemaGenerator) -> Schema {
    let parameter = json!({ "type": "string", "examples": ["$n"] });
    json_schema!({ "anyOf": [{ "type": "integer", "minimum": 0 }, parameter] })
}

/// A sweep has its scenario in one of two ways.
pub(super) fn base_or_scenario(schema: &mut Schema) {
    let either = json!([{ "required": ["base"] }, { "required": ["scenario"] }]);
    schema.insert("oneOf".to_owned(), either);
}

/// Some kinds of plots have to say what they are drawn over, some what they draw.
pub(super) fn needs_of_kinds(schema: &mut Schema) {
    let needs = |kinds: &[&str], then: Value| {
        let is = json!({ "properties": { "kind": { "enum": kinds } }, "required": ["kind"] });
        json!({ "if": is, "then": then })
    };
    let y = json!({ "required": ["y"], "properties": { "y": { "minItems": 1 } } });
    let all = [
        needs(&["line", "bars"], json!({ "required": ["x"] })),
        needs(&["line", "bars", "cdf"], y),
    ];
    schema.insert("allOf".to_owned(), json!(all));
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Sweep;
    use super::super::file::tests::FILE;
    use super::*;
    use crate::scenario::Validator;

    #[test]
    fn every_sweep_that_is_kept_fits() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
        let (validator, mut held) = (Validator::of(schema()), 0);
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if !path.to_string_lossy().ends_with(".sweep.toml") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            validator.takes(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            held += 1;
        }
        assert!(held >= 9, "{held}");
    }

    #[test]
    fn what_the_reader_refuses_by_its_form_the_schema_refuses_too() {
        let validator = Validator::of(schema());
        let read = |text: &str| Sweep::read("x.sweep.toml", text, |_| Err("none".into()), &[]);
        validator.takes(FILE).unwrap();
        read(FILE).unwrap();
        for (right, wrong) in [
            ("seeds = 2", "seed = 2"),
            ("seeds = 2", "seeds = \"2\""),
            ("seeds = 2", "seeds = 0"),
            ("\"8s\"", "\"8\""),
            ("caption = \"c\"", ""),
            ("measures = [\"rejoins\"]", "measures = [\"rejoin\"]"),
            ("scenario = ", "base = \"x.toml\"\nscenario = "),
            ("values = [0, 2]", "values = []"),
            ("values = [0, 2]", "value = [0, 2]"),
            ("to = \"$n\"", "to = true"),
            ("\"line\"", "\"lines\""),
            ("x = \"n\"", "xs = \"n\""),
            ("x = \"n\"\n", "\n"),
            ("y = [\"rejoins\"]\n", "\n"),
        ] {
            let text = FILE.replacen(right, wrong, 1);
            assert_ne!(text, FILE, "{right}");
            assert!(validator.takes(&text).is_err(), "the schema takes {wrong}");
            assert!(read(&text).is_err(), "the reader takes {wrong}");
        }
    }

    #[test]
    fn each_key_says_what_it_is() {
        let schema = schema();
        let parts = schema["$defs"].as_object().unwrap().values();
        for (name, key) in
            parts.chain([&schema]).filter_map(|part| part["properties"].as_object()).flatten()
        {
            let said = key["description"].is_string() || key["$ref"].is_string();
            assert!(said, "{name}: {key}");
        }
    }
}
