//! Who is there, how they speak, and what the author expects.

use serde_json::{Value, json};

use super::Meanings;
use super::parts::{
    about, at_least_one, domain, flag, list, name, named, number, one_of, table, text, time, times,
    word,
};
use crate::mimi::policy::{PRESETS, REGISTRY};
use crate::mimi::rules::{READINGS, RULES};
use crate::mimi::watch::DETECTORS;
use crate::scenario::key_material::{EXPLICIT, IMPLIED, MOST_KEY_PACKAGES};
use crate::script::ids;

const MOST: u64 = u32::MAX as u64;

/// The keys of the file that are about the setting.
pub fn keys(meanings: &Meanings<'_>) -> Vec<(&'static str, Value)> {
    vec![
        ("title", about("One line that says what this is.", text())),
        ("why", about("Why this scenario exists.", text())),
        ("seed", about("The seed, unless another is given.", number(0, u64::MAX))),
        ("rest", about("How long the room may take to come to rest at the end.", time())),
        ("providers", about("The domains of the providers.", at_least_one(domain()))),
        ("users", named("Users, by their short names.", user())),
        ("rooms", named("Rooms, by their short names.", room())),
        ("network", network()),
        ("protocol", protocol()),
        ("expect", expect(meanings)),
    ]
}

fn user() -> Value {
    let clients = |what| about(what, list_of(name()));
    let keys = vec![
        ("at", about("The user's provider.", domain())),
        ("clients", clients("Clients that are there from the start.")),
        ("new_clients", clients("Clients that the user gets later, by a `join`.")),
    ];
    table("A user and its clients.", &["at", "clients"], keys)
}

fn room() -> Value {
    let most = || number(1, MOST);
    let keys = vec![
        ("hub", about("The provider that makes it.", domain())),
        ("policy", about("The preset that it is founded with.", policy())),
        ("participants", about("Users who are listed from the start.", list(name()))),
        ("fixed_membership", about("Nobody enters or leaves the list.", flag())),
        ("parent", about("The room whose participants this one's are among.", name())),
        ("multi_device", about("Whether a user may have several clients in it.", flag())),
        ("max_users", about("The most users that it may have.", most())),
        ("max_clients", about("The most clients that it may have.", most())),
        ("lacking", about("What roles may not do, other than in the preset.", list(capability()))),
        ("granting", about("What roles may do beside the preset.", list(capability()))),
        ("franking", about("Whether the hub franks messages.", flag())),
        ("preauthorized", about("Who has a right to a role.", list(preauthorisation()))),
        ("join_codes", about("Codes to join with.", list(text()))),
        ("external_commits", about("Whether clients may let themselves in.", flag())),
        ("external_proposals", about("Whether servers may propose.", flag())),
        ("epoch_tolerance", about("By how many epochs a message may lag.", number(0, 255))),
        ("max_skip", about("How many generations a message may skip.", number(0, MOST))),
        ("pending_proposals", pending_proposals()),
    ];
    table("A room: its hub, and the policy that it is founded with.", &["hub"], keys)
}

/// The name of a preset.
pub fn policy() -> Value {
    one_of(PRESETS.iter().map(|preset| (preset.name, preset.meaning)))
}

fn capability() -> Value {
    let keys = vec![
        ("role", about("The name of a role.", text())),
        ("capability", word(REGISTRY.iter().map(|(_, name)| *name))),
    ];
    table("What a role may do.", &["role", "capability"], keys)
}

/// Who has a right to a role: one of three.
pub fn preauthorisation() -> Value {
    let keys = vec![
        ("provider", about("The provider whose users have it.", domain())),
        ("user", about("The user who has it.", name())),
        ("server", about("The server that has it.", domain())),
        ("role", about("The name of the role.", text())),
    ];
    let mut schema = table("Who has a right to a role.", &["role"], keys);
    schema["oneOf"] = json!([
        { "required": ["provider"] }, { "required": ["user"] }, { "required": ["server"] },
    ]);
    schema
}

fn pending_proposals() -> Value {
    let either = json!({ "anyOf": [word(["immediate"]), times()] });
    about("When waiting proposals are committed: at once, or after a time.", either)
}

fn network() -> Value {
    let latency = about("How long what is sent is under way; 10ms at least.", times());
    table("The network between the nodes.", &[], vec![("latency", latency)])
}

/// A rule that can be switched off.
pub fn switch() -> Value {
    let switches = RULES.iter().filter(|rule| rule.built_in().is_none());
    one_of(switches.map(|rule| (rule.id, rule.meaning)))
}

/// A rule that a client can break.
pub fn broken() -> Value {
    let meaning = |id| RULES.iter().find(|rule| rule.id == id).map_or("", |rule| rule.meaning);
    one_of(ids::LIES.iter().map(|id| (*id, meaning(*id))))
}

fn protocol() -> Value {
    let rules = || list_of(switch());
    let readings = READINGS.iter().map(|it| (it.id, it.meaning));
    let keys = vec![
        ("without", about("Rules that nobody checks.", rules())),
        ("hub_without", about("Rules that hubs do not check, and clients do.", rules())),
        ("readings", about("Open texts that are read otherwise.", list_of(one_of(readings)))),
        ("commit_delay", about("When a client commits what waits.", times())),
        ("consent", about("Whether users must agree to be added.", word([IMPLIED, EXPLICIT]))),
        ("mask_unknown_users", about("Nobody learns that a user is unknown.", flag())),
        (
            "key_packages",
            about("How many KeyPackages each client leaves.", number(1, MOST_KEY_PACKAGES)),
        ),
        ("key_package_lifetime", about("How long KeyPackages are good.", time())),
        ("last_resort", about("Clients leave one that can be used again.", flag())),
        ("plain_clients", about("Clients that lack what rooms require.", list_of(name()))),
        ("detectors", about("How a lying hub can be noticed.", list_of(detector()))),
        ("watch_every", about("How often detectors are at work.", time())),
        ("watch_patience", about("How long they wait before they suspect.", time())),
    ];
    table("Which rules hold, and what the drafts leave open.", &[], keys)
}

fn expect(meanings: &Meanings<'_>) -> Value {
    let violated = list_of(one_of(meanings.invariants.clone()));
    let keys = vec![
        ("violates", about("Invariants that break, each of them and no other.", violated)),
        ("detected_by", about("The detector that notices.", detector())),
        ("within", about("How soon after the misbehaviour began.", time())),
    ];
    let mut schema = table("What the author expects of a run.", &[], keys);
    schema["dependentRequired"] = json!({ "within": ["detected_by"] });
    schema
}

fn detector() -> Value {
    one_of(DETECTORS.iter().map(|it| (it.id, it.meaning)))
}

/// A list of different things.
fn list_of(each: Value) -> Value {
    json!({ "type": "array", "items": each, "uniqueItems": true })
}
