//! The JSON Schema of a scenario file, for editors: they complete what can be named, say what it
//! means, and mark what is not known.
//!
//! It is built from what the reader itself goes by: its lists of keys, the forms of behaviours, and
//! the catalogues. `parts` has the small forms such as times and names, `settings` the tables that
//! say who is there and how they speak, `events` the lists of what happens, and `random`'s own file
//! what is left to chance.
//!
//! A file that the reader takes fits the schema. The reverse does not hold: that a client is there,
//! that a room begins before it is used and the like are for [`read`](super::read) to say.

mod events;
mod parts;
mod settings;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

pub(super) use self::parts::{about, at_least_one, number, numbers, one_of, percent, table, times};
pub(super) use self::settings::broken;

use super::random;

/// Ids with what each means, in the order of their catalogue.
pub type Named<'a> = Vec<(&'a str, &'a str)>;

/// The catalogues that a caller hands in: those whose home is not below this module.
#[derive(Debug, Clone)]
pub struct Meanings<'a> {
    /// What the oracle judges.
    pub invariants: Named<'a>,
    /// How nodes can misbehave.
    pub behaviours: Named<'a>,
    /// What can go wrong around them.
    pub faults: Named<'a>,
}

/// The schema of a scenario file.
pub fn schema(meanings: &Meanings<'_>) -> Value {
    let mut keys = settings::keys(meanings);
    keys.extend(events::keys(meanings));
    keys.extend(random::schema::keys(meanings));
    let drawn: Vec<_> = random::KEYS.iter().map(|key| json!({ "required": [key] })).collect();
    let mut schema = table("A run of a MIMI room.", &["title", "why"], keys);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("A Schism scenario");
    schema["if"] = json!({ "anyOf": drawn });
    schema["then"] = json!(true);
    schema["else"] = json!({ "required": ["providers", "users", "rooms", "steps"] });
    schema
}
