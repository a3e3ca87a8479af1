//! What stands for a name in a scenario beside the parameters: lines that are alike but for a
//! number, and a text for each value of a parameter.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::described::Axis;
use super::schema;
use super::template::filled;

/// No table `each` stands for more lines.
const MOST_LINES: u64 = 10_000;

/// Lines that are alike, but for a number.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Each {
    /// Where `$name` stands, the lines stand.
    pub name: String,
    /// The first number.
    from: u64,
    /// The last one, or the parameter that has it.
    #[schemars(schema_with = "schema::number")]
    to: toml::Value,
    /// How far it is from one number to the next, or the parameter that says so; 1 without it.
    #[serde(default)]
    #[schemars(schema_with = "schema::number")]
    step: Option<toml::Value>,
    /// The line; `$i` in it is the number.
    line: String,
}

/// One text or another, by the value of a parameter.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// Where `$name` stands, the text stands.
    pub name: String,
    /// The parameter.
    of: String,
    /// The text for each of its values.
    texts: BTreeMap<String, String>,
}

impl Each {
    pub fn lines(&self, values: &BTreeMap<String, String>) -> Result<String, String> {
        let number = |key: &str, of: &toml::Value| {
            let text = filled(&shown(of), values)?;
            text.parse::<u64>().map_err(|_| {
                format!("`{key}` of `each.{}` must be a whole number, and is `{text}`", self.name)
            })
        };
        let last = number("to", &self.to)?;
        let step = self.step.as_ref().map_or(Ok(1), |step| number("step", step))?;
        if step == 0 {
            return Err(format!("`step` of `each.{}` must be 1 at least, and is 0", self.name));
        }
        if last.saturating_sub(self.from) / step >= MOST_LINES {
            return Err(format!("`each.{}` stands for more than {MOST_LINES} lines", self.name));
        }
        let line = |number| {
            let mut values = values.clone();
            values.insert("i".into(), u64::to_string(&number));
            filled(&self.line, &values)
        };
        let numbers = (self.from..=last).step_by(usize::try_from(step).unwrap_or(usize::MAX));
        Ok(numbers.map(line).collect::<Result<Vec<_>, _>>()?.join("\n"))
    }
}

impl Case {
    /// Whether each text is of a value that its parameter has: another would never be used.
    pub fn check(&self, parameters: &[Axis]) -> Result<(), String> {
        let of = parameters.iter().find(|axis| axis.name == self.of).ok_or_else(|| {
            format!("`cases.{}` is of `{}`, which is none of the parameters", self.name, self.of)
        })?;
        match self.texts.keys().find(|value| !of.values.contains(value)) {
            Some(value) => {
                let Self { name, of, .. } = self;
                Err(format!("`cases.{name}` has a text for `{value}`, no value of `{of}`"))
            }
            None => Ok(()),
        }
    }

    pub fn text(&self, values: &BTreeMap<String, String>) -> Result<String, String> {
        let value = values.get(&self.of).map_or("", String::as_str);
        let text = self.texts.get(value).ok_or_else(|| {
            format!("`cases.{}` has no text for `{value}` of `{}`", self.name, self.of)
        })?;
        filled(text, values)
    }
}

/// A value as it is put into the text of a scenario.
pub(super) fn shown(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
