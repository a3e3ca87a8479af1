//! The part of a file's JSON Schema that is about what is left to chance.

use serde_json::{Map, Value, json};

use super::cast::{MOST_PROVIDERS, MOST_ROOMS, MOST_USERS};
use super::operations::OPERATIONS;
use super::storm::FAMILIES;
use super::tables::{MOST_CLIENTS, MOST_DRAWN, MOST_WEIGHT};
use crate::mimi::policy::PRESETS;
use crate::scenario::schema::{
    Meanings, about, at_least_one, broken, number, numbers, one_of, percent, table, times,
};
use crate::script::ids;

/// The keys of the file that leave something to chance.
pub fn keys(meanings: &Meanings<'_>) -> Vec<(&'static str, Value)> {
    vec![("draw", draw()), ("workload", workload()), ("storm", storm()), ("liars", liars(meanings))]
}

fn draw() -> Value {
    let presets = PRESETS.iter().map(|preset| (preset.name, preset.meaning));
    let keys = vec![
        ("providers", about("How many providers.", numbers(1, MOST_PROVIDERS))),
        ("users", about("How many users.", numbers(1, MOST_USERS))),
        ("clients", about("How many clients each user has.", numbers(1, MOST_CLIENTS))),
        ("new_clients", about("How many it may get later.", numbers(0, MOST_CLIENTS))),
        ("clientless", about("How many of a hundred users have only those.", percent())),
        ("rooms", about("How many rooms.", numbers(1, MOST_ROOMS))),
        ("policies", about("What policies they may have.", at_least_one(one_of(presets)))),
        ("peculiar", about("How often a thing of the policy is unusual, in percent.", percent())),
        ("latency", about("The range that the latency is drawn from.", times())),
        ("explicit_consent", about("In how many of a hundred seeds consent counts.", percent())),
        ("protocol", about("How often another choice is unusual, in percent.", percent())),
    ];
    table("Who is there, drawn.", &[], keys)
}

fn workload() -> Value {
    let weight = |id: &&str| {
        let meaning = OPERATIONS.iter().find(|it| it.id == *id).map_or("", |it| it.meaning);
        ((*id).to_owned(), about(meaning, number(0, MOST_WEIGHT)))
    };
    let weights = json!({
        "type": "object",
        "description": "How often each operation comes up among the others.",
        "properties": ids::OPERATIONS.iter().map(weight).collect::<Map<_, _>>(),
        "additionalProperties": false,
        "minProperties": 1,
    });
    let keys = vec![
        ("duration", about("How long users act.", times())),
        ("every", about("The time between operations.", times())),
        ("sensible", about("How many of a hundred operations look possible.", percent())),
        ("swarm", about("In how many of a hundred seeds each operation is off.", percent())),
        ("weights", weights),
    ];
    table("What users do, drawn.", &[], keys)
}

fn storm() -> Value {
    let families = FAMILIES.iter().map(|family| (family.id, family.meaning));
    let keys = vec![
        ("families", about("Which families of faults there are.", at_least_one(one_of(families)))),
        ("swarm", about("In how many of a hundred seeds each family is off.", percent())),
        ("faults", about("How many strike.", numbers(0, MOST_DRAWN))),
        ("length", about("How long each lasts.", times())),
        ("percent", about("How many of a hundred requests are met.", numbers(1, 100))),
        ("up_to", about("The most extra time of delayed requests.", times())),
        ("back", about("How much older the state is after a rollback.", times())),
    ];
    table("What goes wrong, drawn.", &[], keys)
}

fn liars(meanings: &Meanings<'_>) -> Value {
    let behaviours = at_least_one(one_of(meanings.behaviours.clone()));
    let keys = vec![
        ("behaviours", about("How they may misbehave.", behaviours)),
        ("rules", about("The rules that clients may break.", at_least_one(broken()))),
        ("count", about("How many lies.", numbers(0, MOST_DRAWN))),
        ("length", about("How long each lasts.", times())),
    ];
    table("Who misbehaves, drawn.", &[], keys)
}
