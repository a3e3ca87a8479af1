//! What happens: steps, faults and misbehaviour, each item with what its kind has to say.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Meanings;
use super::parts::{
    about, at_least_one, domain, flag, list, name, number, offset, one_of, table, text, time, word,
};
use super::settings::{broken, policy, preauthorisation, switch};
use crate::scenario::faults::{self, POINTS, SERVICE_UNAVAILABLE, TOO_MANY_REQUESTS};
use crate::scenario::steps::{Keys, MOST_TIMES};
use crate::scenario::{misbehaviour, policy_steps};
use crate::script::{FORMS, Takes, ids};

/// The keys of the file that are about what happens.
pub fn keys(meanings: &Meanings<'_>) -> Vec<(&'static str, Value)> {
    vec![
        ("steps", about("What users do.", list(step()))),
        ("faults", about("What goes wrong around them.", list(fault(meanings)))),
        ("misbehaviour", about("Who misbehaves, and how.", list(lie(meanings)))),
    ]
}

/// Of each kind of item: what it has to say, and all that it can say.
#[derive(Default)]
struct Kinds(BTreeMap<(Vec<&'static str>, Vec<&'static str>), Vec<&'static str>>);

impl Kinds {
    fn put(&mut self, kind: &'static str, needs: Vec<&'static str>, all: Vec<&'static str>) {
        self.0.entry((needs, all)).or_default().push(kind);
    }

    /// As conditions on the key that names the kind.
    fn under(&self, key: &str) -> Vec<Value> {
        let condition = |((needs, all), kinds): (&(Vec<_>, Vec<_>), &Vec<_>)| {
            when(key, kinds, json!({ "required": needs, "propertyNames": { "enum": all } }))
        };
        self.0.iter().map(condition).collect()
    }
}

/// What holds besides for items of these kinds.
fn when(key: &str, kinds: &[&str], then: Value) -> Value {
    let is = Map::from_iter([(key.to_owned(), json!({ "enum": kinds }))]);
    json!({ "if": { "properties": is, "required": [key] }, "then": then })
}

/// That the value of `key` is among these, or of this form.
fn narrows(key: &str, to: Value) -> Value {
    json!({ "properties": Map::from_iter([(key.to_owned(), to)]) })
}

fn step() -> Value {
    let mut keys = vec![
        ("at", about("When.", time())),
        ("who", about("The client that acts.", name())),
        ("do", about("What it does.", word(ids::ACTIONS.iter().copied()))),
        ("room", about("Where; may be left out where there is only one.", name())),
        ("user", about("Whom it is about.", name())),
        ("text", about("The text of the message, or of the report.", text())),
        ("name", about("The room's new name, or the asset's.", text())),
        ("every", about("The time between repetitions.", time())),
        ("times", about("How often in all.", number(1, MOST_TIMES))),
        ("code", about("A code to join with.", text())),
        ("role", about("The name of a role.", text())),
        ("client", about("The client that goes.", name())),
        ("of", about("The room whose place the new one takes.", name())),
        ("provider", about("The provider that is asked.", domain())),
    ];
    for key in ["handle", "nick", "email", "phone", "partial_name", "whole_profile"] {
        keys.push((key, about("What the user must match.", text())));
    }
    keys.extend(changes());
    let mut kinds = Kinds::default();
    for verb in ids::ACTIONS {
        let Some(keys) = Keys::of(verb) else { continue };
        let all = keys.all();
        kinds.put(verb, keys.needs, all);
    }
    let mut conditions = kinds.under("do");
    let one = policy_steps::KEYS.iter().map(|key| json!({ "required": [key] }));
    conditions.push(when("do", &["change-policy"], json!({ "oneOf": one.collect::<Vec<_>>() })));
    let mut schema = table("A step.", &["at", "who", "do"], keys);
    schema["allOf"] = json!(conditions);
    schema["dependentRequired"] = json!({ "every": ["times"], "times": ["every"] });
    schema
}

/// What a `change-policy` can change.
fn changes() -> Vec<(&'static str, Value)> {
    let most = || number(0, u64::from(u32::MAX));
    let number = || number(1, u64::from(u32::MAX));
    vec![
        ("roles", about("The preset whose roles hold from then on.", policy())),
        ("max_users", about("The most users.", number())),
        ("max_clients", about("The most clients.", number())),
        ("multi_device", about("Whether a user may have several clients.", flag())),
        ("external_commits", about("Whether clients may let themselves in.", flag())),
        ("external_proposals", about("Whether servers may propose.", flag())),
        ("fixed_membership", about("Whether nobody enters or leaves the list.", flag())),
        ("epoch_tolerance", about("By how many epochs a message may lag.", super::number(0, 255))),
        ("max_skip", about("How many generations a message may skip.", most())),
        ("preauthorized", preauthorisation()),
        ("join_code", about("A code that is valid from then on.", text())),
        ("no_join_code", about("A code that is valid no more.", text())),
    ]
}

fn fault(meanings: &Meanings<'_>) -> Value {
    let statuses = [SERVICE_UNAVAILABLE, TOO_MANY_REQUESTS];
    let mut between = at_least_one(end());
    between["minItems"] = json!(2);
    between["maxItems"] = json!(2);
    let keys = vec![
        ("at", about("When it begins.", time())),
        ("for", about("How long it lasts.", time())),
        ("fault", about("What goes wrong.", one_of(meanings.faults.clone()))),
        ("between", about("The ends of a link.", between)),
        ("from", about("The sending end.", end())),
        ("to", about("The receiving end.", end())),
        ("up_to", about("The most extra time.", time())),
        ("percent", json!({ "type": "integer" })),
        ("node", about("The domain of a provider, or the short name of a client.", name())),
        ("point", about("Where the crash strikes.", word(POINTS.iter().map(|(id, _, _)| *id)))),
        ("back", about("How much older the state is.", time())),
        ("status", about("What a busy server answers.", json!({ "enum": statuses }))),
        ("retry_after", about("How long whoever asks is to wait: whole seconds.", time())),
        ("by", about("How far the clock jumps.", offset())),
    ];
    let mut kinds = Kinds::default();
    for kind in ids::FAULTS {
        let Some((needs, may)) = faults::keys(kind) else { continue };
        let end: &[_] = if faults::needs_an_end(kind) { &["for"] } else { &[] };
        kinds.put(kind, [needs, end].concat(), [&["at", "for", "fault"], needs, may].concat());
    }
    let mut conditions = kinds.under("fault");
    let drift = json!({ "type": "integer", "minimum": -50, "maximum": 100, "not": { "const": 0 } });
    let drift = about("How much the clock gains or loses.", drift);
    let of_requests = about("In how many of a hundred requests.", number(1, 100));
    conditions.push(when("fault", &["clock-drift"], narrows("percent", drift)));
    let others: Vec<_> = ids::FAULTS.iter().copied().filter(|id| *id != "clock-drift").collect();
    conditions.push(when("fault", &others, narrows("percent", of_requests)));
    let mut schema = table("A fault.", &["at", "fault"], keys);
    schema["allOf"] = json!(conditions);
    schema
}

/// What a link can end at.
fn end() -> Value {
    about("A provider, or `clients.` and a provider.", domain())
}

fn lie(meanings: &Meanings<'_>) -> Value {
    let keys = vec![
        ("at", about("When it begins.", time())),
        ("for", about("How long it lasts.", time())),
        ("node", about("Who misbehaves: a provider or a client.", name())),
        ("behaviour", about("What it does.", one_of(meanings.behaviours.clone()))),
        ("room", about("Where; may be left out where there is only one.", name())),
        ("side", about("The providers to which it lies.", at_least_one(domain()))),
        ("rule", about("The rule that it breaks, or does not check.", text())),
        ("code", about("What it answers.", text())),
        ("user", about("Whom it is about.", name())),
    ];
    let (mut kinds, mut conditions) = (Kinds::default(), Vec::new());
    for form in FORMS {
        let needs = form.takes.iter().map(|takes| takes.key()).collect();
        kinds.put(form.id, needs, misbehaviour::keys(form));
        conditions.extend(form.takes.iter().filter_map(|takes| {
            let to = match takes {
                Takes::Lie => broken(),
                Takes::Rule => switch(),
                Takes::Code => word(ids::LIED_CODES.iter().copied()),
                Takes::MessageCode => word(ids::LIED_MESSAGE_CODES.iter().copied()),
                Takes::Side | Takes::User | Takes::OwnUser | Takes::End => return None,
            };
            Some(when("behaviour", &[form.id], narrows(takes.key(), to)))
        }));
    }
    let mut schema = table("A misbehaviour.", &["at", "node", "behaviour"], keys);
    schema["allOf"] = Value::Array([kinds.under("behaviour"), conditions].concat());
    schema
}
