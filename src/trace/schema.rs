//! The JSON Schema of a trace's lines: derived from the types that write them.
//!
//! What a field means stands in its doc comment, which becomes its description. Only what is
//! written as a text has its schema here, with the form that the writer gives it: hashes, domains
//! and URIs.
//!
//! Not here: what holds between lines. That ordinals have no gaps is for [`read`](super::read) to
//! say.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::{Digest, Entry, FORMAT, Header};
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};

/// The schema of any line of a trace: the header, or an entry.
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let header = generator.subschema_for::<Header>();
    let entry = generator.subschema_for::<Entry>();
    let mut schema = json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("A line of a Schism trace, format {FORMAT}"),
        "description": "A trace is JSON Lines: the header first, then an entry a line.",
        "oneOf": [header, entry],
    });
    let definitions = Value::Object(generator.take_definitions(true));
    schema.insert("$defs".to_owned(), definitions);
    schema.into()
}

/// A type that is written as a text of this form.
macro_rules! text {
    ($name:ident, $about:literal, $form:literal) => {
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $about, "pattern": $form })
            }
        }
    };
}

text!(Digest, "A SHA-256 hash, in hexadecimal digits.", "^[0-9a-f]{64}$");
text!(ProviderName, "A provider, by its domain.", "^[A-Za-z0-9_.-]{1,128}$");
text!(UserUri, "A user.", "^mimi://[A-Za-z0-9_.-]{1,128}/u/[A-Za-z0-9_.-]{1,128}$");
text!(ClientUri, "A client.", "^mimi://[A-Za-z0-9_.-]{1,128}/d/[A-Za-z0-9_.-]{1,128}$");
text!(RoomUri, "A room.", "^mimi://[A-Za-z0-9_.-]{1,128}/r/[A-Za-z0-9_.-]{1,128}$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_the_format_names_each_event_once() {
        let page = include_str!("mod.rs");
        let schema = schema();
        for event in schema["$defs"]["Entry"]["oneOf"].as_array().unwrap() {
            let name = event["properties"]["event"]["const"].as_str().unwrap();
            assert_eq!(page.matches(&format!("`{name}`")).count(), 1, "{name}");
        }
    }

    #[test]
    fn each_field_of_an_event_says_what_it_is() {
        let schema = schema();
        for event in schema["$defs"]["Entry"]["oneOf"].as_array().unwrap() {
            let fields = event["properties"].as_object().unwrap();
            for (name, field) in fields.iter().filter(|(name, _)| *name != "event") {
                assert!(field["description"].is_string(), "{name} in {event}");
            }
        }
    }
}
