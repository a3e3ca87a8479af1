//! The scenario file: what a person writes, checked, as a [`Script`]; and back.
//!
//! ```toml
//! title = "A message between two providers"
//! why = "The smallest room that has a follower."
//!
//! providers = ["a.example", "b.example"]
//! users.alice = { at = "a.example", clients = ["A1", "A2"] }
//! users.bob = { at = "b.example", clients = ["B1"], new_clients = ["B2"] }
//! rooms.clubhouse = { hub = "a.example" }
//!
//! steps = [
//!     { at = "1s", who = "A1", do = "create", room = "clubhouse" },
//!     { at = "2s", who = "A1", do = "add", user = "bob" },
//!     { at = "5s", who = "B1", do = "send", text = "hello", every = "200ms", times = 20 },
//!     { at = "6s", who = "B2", do = "join" },
//! ]
//!
//! faults = [
//!     { at = "5s", for = "10s", fault = "partition", between = ["a.example", "b.example"] },
//!     { at = "20s", fault = "crash", node = "a.example", point = "after_durable" },
//! ]
//! ```
//!
//! Further keys, all optional: of a room, what `rooms` lists; `seed`; `rest` (`"20s"`);
//! `network.latency` (`"20ms..60ms"`); `protocol.without`, `protocol.hub_without`,
//! `protocol.readings`, `protocol.commit_delay` (`"300ms..1500ms"`), and what `key_material` names;
//! those that `watch` names; `misbehaviour`; `expect.violates`. `room` may be left out of a step
//! where there is only one room. A step with `every` and `times` stands for many, whose texts and
//! names are numbered.
//! With `draw`, `workload`, `storm` or `liars`, some of it is left to chance: see `random`.
//!
//! Reading goes from the names to their use: `topology` and `rooms` say who is there, `steps`,
//! `faults` and `misbehaviour` say what happens to them. `fields` and `time` know the form, and
//! `problem` how to say what is wrong.
//!
//! Not here: what any of it means in a run (`world`, `adversary`, `oracle`), and the rules
//! (`mimi`), whose ids a caller hands in.

mod faults;
mod fields;
mod key_material;
mod list;
mod misbehaviour;
mod policy_steps;
mod problem;
mod random;
mod rooms;
mod schema;
mod steps;
mod time;
mod topology;
mod watch;
mod write;

#[cfg(test)]
mod messages;
#[cfg(test)]
mod roundtrip;

use toml::de::DeTable;

pub use self::list::{Listed, Said, Unreadable, list};
pub use self::problem::{Problem, render};
pub use self::random::{FAMILIES, Family, OPERATIONS, Operation};
#[cfg(test)]
pub(crate) use self::schema::testing::Validator;
pub use self::schema::{Meanings, schema};
pub use self::write::write;

pub(crate) use self::problem::nearest;

use self::fields::{Fields, Text, Value};
use self::problem::{Complaint, both};
use self::random::Random;
use self::steps::Steps;
use self::topology::Topology;
use crate::mimi::rules::{READINGS, RULES, Rule};
use crate::script::{Network, Protocol, Script, USUAL_REST_MS};

const KEYS: &[&str] = &[
    "title",
    "why",
    "seed",
    "rest",
    "providers",
    "users",
    "rooms",
    "network",
    "protocol",
    "steps",
    "faults",
    "misbehaviour",
    "expect",
];
/// The keys of the `protocol` table that are read here.
const PROTOCOL_KEYS: &[&str] = &["without", "hub_without", "readings", "commit_delay"];
/// How long a room may take to come to rest where something is left to chance: anything may have
/// to heal.
const RANDOM_REST_MS: u64 = 90_000;
/// One tick of the simulation.
const LEAST_LATENCY_MS: u64 = 10;

/// A scenario file, checked: what it says, and what it leaves to chance.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What the file says itself; its seed is the pinned one, or 0.
    fixed: Script,
    random: Option<Random>,
}

/// What a seed makes of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expanded {
    /// The run, with nothing left to chance.
    pub script: Script,
    /// Each value that was drawn, with what it is: for the top of a run. None where the file leaves
    /// nothing to chance.
    pub drawn: Vec<(String, String)>,
}

impl Scenario {
    /// Reads the scenario file `name` with this `text`. `known_rules` are the ids that
    /// `protocol.without` may name.
    ///
    /// # Errors
    /// The first thing in the file that is wrong. Who is there is checked before what happens.
    pub fn read(name: &str, text: &str, known_rules: &[&str]) -> Result<Self, Box<Problem>> {
        scenario(text, known_rules).map_err(|complaint| complaint.in_file(name, text))
    }

    /// The seed of a run: the one given wins over the file's; with neither, it is 0.
    pub fn seed(&self, given: Option<u64>) -> u64 {
        given.unwrap_or(self.fixed.seed)
    }

    /// What the seed makes of it: every user action and every fault gets its time. Equal seeds give
    /// equal scripts.
    pub fn expand(&self, seed: u64) -> Expanded {
        let mut script = Script { seed, ..self.fixed.clone() };
        let drawn = self.random.as_ref().map(|random| random.expand(&mut script));
        Expanded { script, drawn: drawn.unwrap_or_default() }
    }
}

/// Reads a scenario file and expands it: see [`Scenario`].
///
/// # Errors
/// The first thing in the file that is wrong.
pub fn read(
    name: &str,
    text: &str,
    seed: Option<u64>,
    known_rules: &[&str],
) -> Result<Script, Box<Problem>> {
    let scenario = Scenario::read(name, text, known_rules)?;
    Ok(scenario.expand(scenario.seed(seed)).script)
}

fn scenario(text: &str, known_rules: &[&str]) -> Result<Scenario, Complaint> {
    let document = DeTable::parse(text).map_err(|error| not_toml(&error, text))?;
    // What is missing from the file as a whole is missing at its end.
    let end = text.trim_end().len();
    let keys = [KEYS, random::KEYS].concat();
    let file = Fields::new(document.get_ref(), end..end, "the file", &keys)?;
    let is_random = random::is_random(&file);
    // What is off can't be expected to notice anything; an error in it is the protocol's.
    let watched = protocol_table(&file).and_then(|fields| watch::watch(fields.as_ref()));
    let expect = watch::expect(&file, &watched.unwrap_or_default());
    let settings =
        both(both(head(&file), network(&file)), both(protocol(&file, known_rules), expect));
    let topology = Topology::read(&file, is_random);
    let (((head, network), (protocol, expect)), topology) = both(settings, topology)?;
    let fields = protocol_table(&file)?;
    let protocol = Protocol {
        key_material: key_material::key_material(fields.as_ref(), &topology)?,
        ..protocol
    };
    let says_consent = fields.as_ref().is_some_and(|fields| fields.get("consent").is_some());
    let named = (file.get("network").is_some(), says_consent, fields.is_some());
    let random = is_random.then(|| Random::read(&file, &topology, named)).transpose()?;
    let steps = steps(&file, &topology, random.as_ref())?;
    let (faults, misbehaviour) = both(
        faults::faults(&file, &topology, &steps),
        misbehaviour::misbehaviour(&file, &topology, &steps, known_rules),
    )?;
    let Topology { providers, users, rooms } = topology;
    let fixed = Script {
        title: head.title,
        why: head.why,
        seed: head.seed.unwrap_or(0),
        providers,
        users,
        rooms,
        network,
        protocol,
        steps: steps.steps,
        faults,
        misbehaviour,
        expect,
        rest_ms: head.rest_ms,
    };
    Ok(Scenario { fixed, random })
}

/// What users do by the file itself, checked together with what is left to chance.
fn steps(
    file: &Fields<'_>,
    topology: &Topology,
    random: Option<&Random>,
) -> Result<Steps, Complaint> {
    let mut steps = Steps::read(file, topology, random.is_some())?;
    if let Some(random) = random {
        random.check(file, topology, &steps)?;
        steps.founded = random.founds(topology).then_some(random::FOUNDED_MS);
    }
    Ok(steps)
}

/// What stands at the top of a file.
struct Head {
    title: String,
    why: String,
    seed: Option<u64>,
    rest_ms: u64,
}

fn head(file: &Fields<'_>) -> Result<Head, Complaint> {
    let form = "one line that says what this is";
    let title = file.need("title", form)?.text(form)?;
    if title.text.trim().is_empty() || title.text.contains(['\n', '\r']) {
        let what = "the title is not one line";
        return Err(Complaint::new(&title.span, what, format!("expected {form}")));
    }
    let form = "why this scenario exists";
    let why = file.need("why", form)?.text(form)?;
    let seed = file.get("seed").map(|value| value.number(0..=u64::MAX)).transpose()?;
    let rest = file.get("rest").map(|value| value.time(1)).transpose()?;
    let usual_rest_ms = if random::is_random(file) { RANDOM_REST_MS } else { USUAL_REST_MS };
    Ok(Head {
        title: title.text.to_owned(),
        why: why.text.to_owned(),
        seed,
        rest_ms: rest.unwrap_or(usual_rest_ms),
    })
}

fn network(file: &Fields<'_>) -> Result<Network, Complaint> {
    let fields = file.get("network").map(|value| value.fields("the network", &["latency"]));
    let latency = fields.transpose()?.and_then(|fields| fields.get("latency"));
    let latency = latency.map(|value| value.times(LEAST_LATENCY_MS)).transpose()?;
    let given = |(latency_min_ms, latency_max_ms)| Network { latency_min_ms, latency_max_ms };
    Ok(latency.map_or_else(Network::default, given))
}

fn protocol(file: &Fields<'_>, known_rules: &[&str]) -> Result<Protocol, Complaint> {
    let fields = protocol_table(file)?;
    let get = |key| fields.as_ref().and_then(|fields| fields.get(key));
    let usual = Protocol::default();
    let delay = get("commit_delay").map(|value| value.times(0)).transpose()?;
    let (commit_delay_min_ms, commit_delay_max_ms) =
        delay.unwrap_or((usual.commit_delay_min_ms, usual.commit_delay_max_ms));
    let rules = |key| get(key).map(|value| switched_off(&value, known_rules)).transpose();
    let without = rules("without")?.unwrap_or_default();
    let hub_without = rules("hub_without")?.unwrap_or_default();
    let ids: Vec<_> = READINGS.iter().map(|reading| reading.id).collect();
    let readings = get("readings").map(|value| known(&value, "reading", &ids)).transpose()?;
    Ok(Protocol {
        without,
        hub_without,
        readings: readings.unwrap_or_default(),
        commit_delay_min_ms,
        commit_delay_max_ms,
        watch: watch::watch(fields.as_ref())?,
        ..usual
    })
}

fn protocol_table<'t>(file: &Fields<'t>) -> Result<Option<Fields<'t>>, Complaint> {
    let keys = [PROTOCOL_KEYS, key_material::KEYS, watch::KEYS].concat();
    file.get("protocol").map(|value| value.fields("the protocol", &keys)).transpose()
}

/// A list of rules that are to be off.
fn switched_off(value: &Value<'_>, known_rules: &[&str]) -> Result<Vec<String>, Complaint> {
    for id in value.texts("a list of ids, each a known rule")? {
        no_switch(&id)?;
    }
    known(value, "rule", known_rules)
}

/// Complains of a rule that nothing switches off.
fn no_switch(id: &Text<'_>) -> Result<(), Complaint> {
    let rule = RULES.iter().find(|rule| rule.id == id.text);
    match rule.and_then(Rule::built_in) {
        Some(why) => {
            let what = format!("the rule `{}` can't be switched off", id.text);
            Err(Complaint::new(&id.span, what, why))
        }
        None => Ok(()),
    }
}

/// A list of ids, each a `kind` and one of `ids`.
fn known(value: &Value<'_>, kind: &str, ids: &[&str]) -> Result<Vec<String>, Complaint> {
    let id = |text: Text<'_>| match ids.contains(&text.text) {
        true => Ok(text.text.to_owned()),
        false => Err(Complaint::unknown(&text.span, kind, text.text, ids.iter().copied())),
    };
    value.texts(&format!("a list of ids, each a known {kind}"))?.into_iter().map(id).collect()
}

fn not_toml(error: &toml::de::Error, text: &str) -> Complaint {
    let end = text.len();
    let span = error.span().filter(|span| span.end <= end).unwrap_or(end..end);
    Complaint::new(&span, format!("not TOML: {}", error.message()), "here")
}
