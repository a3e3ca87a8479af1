//! Holds texts in TOML against a schema, for tests.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

/// Holds texts against one schema.
pub struct Validator(Schemas, SchemaIndex);

impl Validator {
    /// Of this schema, which has to be one.
    pub fn of(schema: Value) -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("schema.json", schema).unwrap();
        let index = compiler.compile("schema.json", &mut schemas).unwrap();
        Self(schemas, index)
    }

    /// Whether a text fits; why not, where it doesn't.
    pub fn takes(&self, text: &str) -> Result<(), String> {
        let value: Value = toml::from_str(text).map_err(|error| error.to_string())?;
        self.0.validate(&value, self.1).map_err(|error| format!("{error:#}"))
    }
}
