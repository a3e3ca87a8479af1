//! Reads the tables `draw`, `workload`, `storm` and `liars`. Every key has a default, an empty table
//! is a good one.

use super::cast::{Draw, MOST_PROVIDERS, MOST_ROOMS, MOST_USERS};
use super::choices::Choices;
use super::liars::Liars;
use super::operations::{OPERATIONS, Operation};
use super::storm::{FAMILIES, Family, Storm};
use super::workload::Workload;
use crate::mimi::policy::PRESETS;
use crate::scenario::fields::{Fields, Text, Value};
use crate::scenario::problem::Complaint;
use crate::scenario::rooms;
use crate::scenario::time::show;
use crate::scenario::topology::Topology;
use crate::script::{FORMS, ids};

pub(in crate::scenario) const DRAW_KEYS: &[&str] = &[
    "providers",
    "users",
    "clients",
    "new_clients",
    "clientless",
    "rooms",
    "policies",
    "peculiar",
    "latency",
    "explicit_consent",
    "protocol",
];
pub(in crate::scenario) const WORKLOAD_KEYS: &[&str] =
    &["duration", "every", "sensible", "swarm", "weights"];
pub(in crate::scenario) const LIARS_KEYS: &[&str] = &["behaviours", "rules", "count", "length"];
pub(in crate::scenario) const STORM_KEYS: &[&str] =
    &["families", "swarm", "faults", "length", "percent", "up_to", "back"];

/// Most clients that a user can draw.
pub(super) const MOST_CLIENTS: u64 = 10;
/// Most that an operation can weigh.
pub(super) const MOST_WEIGHT: u64 = 1_000;
/// Most operations that a workload can come to, and most faults of a storm.
pub(super) const MOST_DRAWN: u64 = 10_000;
/// Least time between operations in milliseconds: a tick.
const LEAST_EVERY_MS: u64 = 10;
/// Least latency in milliseconds, as everywhere.
const LEAST_LATENCY_MS: u64 = crate::scenario::LEAST_LATENCY_MS;

/// What a file has named itself, and need not be drawn.
pub(super) struct Named<'a> {
    pub(super) topology: &'a Topology,
    pub(super) latency: bool,
    pub(super) consent: bool,
    /// Any key of `protocol`.
    pub(super) protocol: bool,
}

/// Reads `draw`, whether or not the file has it: what it does not name is drawn all the same.
pub(super) fn draw(file: &Fields<'_>, named: &Named<'_>) -> Result<(Draw, Choices), Complaint> {
    let table = Table::of(file, "draw", "what is drawn", DRAW_KEYS)?;
    let topology = named.topology;
    let latency = match table.get("latency") {
        None if named.latency => None,
        None => Some((10, 200)),
        Some(value) => Some(value.times(LEAST_LATENCY_MS)?),
    };
    let choices = Choices {
        explicit_consent: table.percent_unless(named.consent, "explicit_consent", 15)?,
        others: table.percent_unless(named.protocol, "protocol", 10)?,
    };
    let draw = Draw {
        providers: table.count(
            "providers",
            MOST_PROVIDERS,
            (2, 4),
            !topology.providers.is_empty(),
        )?,
        users: table.count("users", MOST_USERS, (2, 7), !topology.users.is_empty())?,
        rooms: table.count("rooms", MOST_ROOMS, (1, 3), !topology.rooms.is_empty())?,
        clients: table.numbers("clients", 1..=MOST_CLIENTS, (1, 3))?,
        new_clients: table.numbers("new_clients", 0..=MOST_CLIENTS, (0, 2))?,
        policies: policies(table.get("policies"))?,
        peculiar: table.percent("peculiar", 20)?,
        latency_ms: latency,
        clientless: table.percent("clientless", 8)?,
    };
    Ok((draw, choices))
}

fn policies(value: Option<Value<'_>>) -> Result<Vec<String>, Complaint> {
    let Some(value) = value else {
        return Ok(PRESETS.iter().map(|preset| preset.name.to_owned()).collect());
    };
    let form = "a list of policies such as [\"cooperative\", \"strict\"]";
    let policies: Vec<_> = value.list(form)?.iter().map(rooms::policy).collect::<Result<_, _>>()?;
    match policies.is_empty() {
        true => Err(nothing(&value, form)),
        false => Ok(policies),
    }
}

/// Reads `workload`, where the file has it.
pub(super) fn workload(file: &Fields<'_>) -> Result<Option<Workload>, Complaint> {
    let table = Table::of(file, "workload", "a workload", WORKLOAD_KEYS)?;
    let Some(fields) = &table.fields else { return Ok(None) };
    let duration_ms = table.times("duration", 1, (20_000, 60_000))?;
    let every_ms = table.times("every", LEAST_EVERY_MS, (200, 2_000))?;
    if duration_ms.1 / every_ms.0 > MOST_DRAWN {
        let what = format!(
            "an operation every {} for {} is too much",
            show(every_ms.0),
            show(duration_ms.1)
        );
        let expected = format!("expected at most {MOST_DRAWN} operations");
        return Err(Complaint::new(fields.span(), what, expected));
    }
    Ok(Some(Workload {
        duration_ms,
        every_ms,
        sensible: table.percent("sensible", 75)?,
        swarm: table.percent("swarm", 30)?,
        weights: table.get("weights").map_or_else(|| Ok(usual_weights()), |it| weights(&it))?,
    }))
}

fn usual_weights() -> Vec<(&'static Operation, u64)> {
    OPERATIONS.iter().map(|operation| (operation, operation.weight)).collect()
}

fn weights(value: &Value<'_>) -> Result<Vec<(&'static Operation, u64)>, Complaint> {
    let form = "a table such as { send = 10, kick = 1 }";
    let mut weights = Vec::new();
    for (name, value) in value.named(form)? {
        let found = OPERATIONS.iter().find(|operation| operation.id == name.text);
        let known = OPERATIONS.iter().map(|operation| operation.id);
        let unknown = || Complaint::unknown(&name.span, "operation", name.text, known);
        weights.push((found.ok_or_else(unknown)?, value.number(0..=MOST_WEIGHT)?));
    }
    match weights.iter().all(|(_, weight)| *weight == 0) {
        true => Err(nothing(value, "at least one operation that weighs something")),
        false => Ok(weights),
    }
}

/// Reads `storm`, where the file has it.
pub(super) fn storm(file: &Fields<'_>) -> Result<Option<Storm>, Complaint> {
    let table = Table::of(file, "storm", "a storm", STORM_KEYS)?;
    if table.fields.is_none() {
        return Ok(None);
    }
    Ok(Some(Storm {
        families: families(table.get("families"))?,
        swarm: table.percent("swarm", 30)?,
        faults: table.numbers("faults", 0..=MOST_DRAWN, (0, 10))?,
        length_ms: table.times("length", 1, (200, 9_000))?,
        percent: table.numbers("percent", 1..=100, (5, 80))?,
        up_to_ms: table.times("up_to", 1, (100, 4_000))?,
        back_ms: table.times("back", 1, (200, 12_000))?,
    }))
}

/// Reads `liars`, where the file has it.
pub(super) fn liars(file: &Fields<'_>) -> Result<Option<Liars>, Complaint> {
    let table = Table::of(file, "liars", "liars", LIARS_KEYS)?;
    if table.fields.is_none() {
        return Ok(None);
    }
    let form = "a list of behaviours such as [\"hub.equivocates\"]";
    let behaviours = some_of(table.get("behaviours"), ("behaviour", form), FORMS, |it| it.id)?;
    let form = "a list of rules that a client can break such as [\"valid-mls\"]";
    let kind = "rule that a client can break";
    let rules = some_of(table.get("rules"), (kind, form), ids::LIES, |id| id)?;
    Ok(Some(Liars {
        behaviours,
        rules: rules.into_iter().copied().collect(),
        count: table.numbers("count", 0..=MOST_DRAWN, (1, 3))?,
        length_ms: table.times("length", 1, (1_000, 20_000))?,
    }))
}

fn families(value: Option<Value<'_>>) -> Result<Vec<&'static Family>, Complaint> {
    let form = "a list of families such as [\"crash\", \"hold\"]";
    some_of(value, ("family of faults", form), FAMILIES, |family| family.id)
}

/// Those of a catalogue that a list names; all of them where there is no list.
fn some_of<T>(
    value: Option<Value<'_>>,
    (kind, form): (&str, &str),
    all: &'static [T],
    id: fn(&T) -> &str,
) -> Result<Vec<&'static T>, Complaint> {
    let Some(value) = value else { return Ok(all.iter().collect()) };
    let find = |text: Text<'_>| {
        let found = all.iter().find(|it| id(it) == text.text);
        found.ok_or_else(|| Complaint::unknown(&text.span, kind, text.text, all.iter().map(id)))
    };
    let some: Vec<_> = value.texts(form)?.into_iter().map(find).collect::<Result<_, _>>()?;
    match some.is_empty() {
        true => Err(nothing(&value, form)),
        false => Ok(some),
    }
}

fn nothing(value: &Value<'_>, form: &str) -> Complaint {
    Complaint::new(&value.span(), "there is nothing to draw from", format!("expected {form}"))
}

/// One of the tables, which may not be there.
struct Table<'t> {
    fields: Option<Fields<'t>>,
}

impl<'t> Table<'t> {
    fn of(
        file: &Fields<'t>,
        key: &'static str,
        kind: &'static str,
        keys: &[&str],
    ) -> Result<Self, Complaint> {
        let fields = file.get(key).map(|value| value.fields(kind, keys)).transpose()?;
        Ok(Self { fields })
    }

    fn get(&self, key: &'static str) -> Option<Value<'t>> {
        self.fields.as_ref().and_then(|fields| fields.get(key))
    }

    /// A number of percent.
    fn percent(&self, key: &'static str, usual: u64) -> Result<u64, Complaint> {
        self.get(key).map_or(Ok(usual), |value| value.number(0..=100))
    }

    /// The same; none where the file has `named` what would be drawn, and gives no number.
    fn percent_unless(
        &self,
        named: bool,
        key: &'static str,
        usual: u64,
    ) -> Result<Option<u64>, Complaint> {
        match self.get(key) {
            None if named => Ok(None),
            _ => self.percent(key, usual).map(Some),
        }
    }

    /// A range of numbers.
    fn numbers(
        &self,
        key: &'static str,
        range: std::ops::RangeInclusive<u64>,
        usual: (u64, u64),
    ) -> Result<(u64, u64), Complaint> {
        self.get(key).map_or(Ok(usual), |value| value.numbers(range))
    }

    /// A range of times.
    fn times(
        &self,
        key: &'static str,
        least: u64,
        usual: (u64, u64),
    ) -> Result<(u64, u64), Complaint> {
        self.get(key).map_or(Ok(usual), |value| value.times(least))
    }

    /// How many of something are drawn: none where the file names some and no number is given.
    fn count(
        &self,
        key: &'static str,
        most: u64,
        usual: (u64, u64),
        named: bool,
    ) -> Result<Option<(u64, u64)>, Complaint> {
        match self.get(key) {
            None if named => Ok(None),
            None => Ok(Some(usual)),
            Some(value) => value.numbers(1..=most).map(Some),
        }
    }
}
