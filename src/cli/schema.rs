//! `schism schema`: the JSON Schema of a file format, for editors and other programs.

use super::{Answer, Failure, SchemaArguments, SchemaOf};
use crate::wiring;

/// Does it: the schema goes to stdout.
pub fn schema(arguments: &SchemaArguments) -> Result<Answer, Failure> {
    let schema = match arguments.of {
        SchemaOf::Trace => schism::trace::schema(),
        SchemaOf::Scenario => wiring::scenario_schema(),
        SchemaOf::Sweep => schism::campaign::sweep_schema(),
    };
    let text = serde_json::to_string_pretty(&schema);
    let text = text.map_err(|error| Failure::internal(&error.to_string()))? + "\n";
    Ok(Answer { text, code: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_schema_says_which_draft_it_is_written_in_and_what_it_is_of() {
        for of in [SchemaOf::Trace, SchemaOf::Scenario, SchemaOf::Sweep] {
            let text = schema(&SchemaArguments { of }).unwrap().text;
            let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
            assert!(schema["title"].as_str().unwrap().contains("Schism"));
        }
    }
}
