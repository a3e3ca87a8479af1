//! What users do: the `steps` of a file, repeated ones written out, in order of time.
//!
//! Checked here is what no run could mean: a room that is used before it is created or created
//! twice, or away from its hub (a creation is local to the hub's provider, P06 §3.1), and a new
//! client that acts before its `join`. Whether a step is allowed is for the protocol to say.
//! Consents, queries, assets and the end of an account need no room that is there; those that name
//! none stand under the file's first one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::fields::{Fields, Text, Value};
use super::policy_steps;
use super::problem::{Complaint, Earliest};
use super::time::{LONGEST_MS, show};
use super::topology::Topology;
use crate::mimi::uri::is_name;
use crate::mimi::wire::{ConsentOperation, QueryElement, SearchField};
use crate::script::ids::ACTIONS;
use crate::script::{Action, Step};

/// Actions that are about no room that the client is in.
const AFFAIRS: &[&str] = &[
    "ask-consent",
    "cancel-consent",
    "grant-consent",
    "revoke-consent",
    "delete-account",
    "find-user",
    "upload",
    "download",
];
/// What a user can be found by: the key of a step, and the field of the query (P06 §5.8).
const SEARCHES: [(&str, SearchField); 6] = [
    ("handle", SearchField::Handle),
    ("nick", SearchField::Nick),
    ("email", SearchField::Email),
    ("phone", SearchField::Phone),
    ("partial_name", SearchField::PartialName),
    ("whole_profile", SearchField::WholeProfile),
];
/// Actions that make sense many times in a row.
const REPEATABLE: &[&str] = &["send", "rename", "update"];
/// The keys among them.
const SEARCH_KEYS: [&str; 6] =
    ["handle", "nick", "email", "phone", "partial_name", "whole_profile"];
pub(super) const KEYS: &[&str] = &[
    "at",
    "who",
    "do",
    "room",
    "user",
    "text",
    "name",
    "every",
    "times",
    "code",
    "role",
    "client",
    "of",
    "provider",
    "handle",
    "nick",
    "email",
    "phone",
    "partial_name",
    "whole_profile",
];
pub(super) const MOST_TIMES: u64 = 10_000;

/// What users do, and when each room comes to be.
pub(super) struct Steps {
    pub(super) steps: Vec<Step>,
    /// When each room is created, in simulated milliseconds.
    pub(super) created: BTreeMap<String, u64>,
    /// When a first room is created where no step creates one, in simulated milliseconds.
    pub(super) founded: Option<u64>,
}

/// A step, and where the file says who does it and what.
struct Placed {
    step: Step,
    who: Range<usize>,
    action: Range<usize>,
}

impl Steps {
    /// Reads `steps`, which may be left out where something is left to chance (`random`).
    pub(super) fn read(
        file: &Fields<'_>,
        topology: &Topology,
        random: bool,
    ) -> Result<Self, Complaint> {
        let form = "a list of tables such as { at = \"1s\", who = \"A1\", do = \"update\" }";
        let mut earliest = Earliest::default();
        let mut placed = Vec::new();
        let list = file.need_unless(random, "steps", form)?;
        for value in list.map(|list| list.list(form)).transpose()?.unwrap_or_default() {
            placed.extend(earliest.note(step(&value, topology)).unwrap_or_default());
        }
        let mut placed = earliest.or(placed)?;
        placed.sort_by_key(|placed| placed.step.at_ms);
        let mut earliest = Earliest::default();
        earliest.note(new_clients_join_first(&placed, topology));
        let created = earliest.note(creations(&placed)).unwrap_or_default();
        earliest.or(())?;
        let steps = placed.into_iter().map(|placed| placed.step).collect();
        Ok(Self { steps, created, founded: None })
    }

    /// Complains of something (`what`) that touches `room` before it is there; any room, where
    /// none is given.
    pub(super) fn room_exists(
        &self,
        at: (u64, &Range<usize>),
        what: &str,
        room: Option<&str>,
    ) -> Result<(), Complaint> {
        let (at_ms, span) = at;
        let created = match room {
            Some(room) => self.created.get(room).copied(),
            None => self.created.values().min().copied().or(self.founded),
        };
        let subject = room.map_or("any room".to_owned(), |room| format!("the room `{room}`"));
        match created {
            Some(created) if created <= at_ms => Ok(()),
            Some(created) => {
                let wrong = format!("{what} comes before {subject} is created");
                let expected = format!("expected \"{}\" or later", show(created));
                Err(Complaint::new(span, wrong, expected))
            }
            None => {
                let wrong = format!("{what} comes where {subject} is never created");
                let expected = "expected a step that creates it before this";
                Err(Complaint::new(span, wrong, expected))
            }
        }
    }
}

/// One step of the file as the one or many that it stands for.
fn step(value: &Value<'_>, topology: &Topology) -> Result<Vec<Placed>, Complaint> {
    let fields = value.fields("a step", &[KEYS, policy_steps::KEYS].concat())?;
    let at_ms = fields.need("at", "the time of the step")?.time(0)?;
    let who = fields.need("who", "the client that acts")?.text("the short name of a client")?;
    let client = topology.client(&who)?;
    let form = format!("one of {}", ACTIONS.join(", "));
    let verb = fields.need("do", &form)?.text(&form)?;
    let somewhere = AFFAIRS.contains(&verb.text) && fields.get("room").is_none();
    let (room, of_room) = match topology.rooms.first_key_value().filter(|_| somewhere) {
        Some((room, of_room)) => (room.as_str(), of_room),
        None => topology.room(&fields)?,
    };
    let action = action(&verb, &fields, topology)?;
    let hub = of_room.uri.provider();
    if action.creates() && client.uri.provider() != hub {
        let what = format!("`{}` can't create the room `{room}`", who.text);
        let expected = format!("expected a client of the hub {hub}");
        return Err(Complaint::new(&who.span, what, expected));
    }
    let (every, times) = repetition(&verb, &fields, at_ms)?;
    let nth = |n: u64| Placed {
        step: Step {
            at_ms: at_ms + every * n,
            client: who.text.to_owned(),
            room: room.to_owned(),
            action: if times.is_some() { numbered(&action, n + 1) } else { action.clone() },
        },
        who: who.span.clone(),
        action: verb.span.clone(),
    };
    Ok((0..times.unwrap_or(1)).map(nth).collect())
}

/// What a step of some action says beside `at`, `who` and `do`.
#[derive(Debug)]
pub(super) struct Keys {
    /// What it has to say.
    pub(super) needs: Vec<&'static str>,
    /// What it may say.
    pub(super) may: Vec<&'static str>,
}

impl Keys {
    /// Of the action with this name.
    pub(super) fn of(verb: &str) -> Option<Self> {
        let (needs, may): (&[_], &[_]) = match verb {
            "add" | "remove" | "ban" | "kick" | "re-add" => (&["user"], &[]),
            "reboot" => (&["of"], &[]),
            "invite" | "unban" => (&["user"], &["role"]),
            "change-role" => (&["user", "role"], &[]),
            "change-own-role" => (&["role"], &[]),
            "remove-client" => (&["client"], &[]),
            "join" => (&[], &["code"]),
            "change-policy" => (&[], policy_steps::KEYS),
            "ask-consent" | "cancel-consent" | "grant-consent" | "revoke-consent" => {
                (&["user"], &[])
            }
            "find-user" => (&["provider"], &SEARCH_KEYS),
            "upload" => (&["name"], &[]),
            "download" => (&["user", "name"], &[]),
            "send" => (&["text"], &[]),
            "report-abuse" => (&["user"], &["text"]),
            "rename" => (&["name"], &[]),
            known if ACTIONS.contains(&known) => (&[], &[]),
            _ => return None,
        };
        let nowhere = matches!(verb, "delete-account" | "find-user" | "upload");
        let place: &[_] = if nowhere { &[] } else { &["room"] };
        let repeat: &[_] = if REPEATABLE.contains(&verb) { &["every", "times"] } else { &[] };
        Some(Self { needs: needs.to_vec(), may: [place, may, repeat].concat() })
    }

    /// All that it can say, the place before the rest.
    pub(super) fn all(&self) -> Vec<&'static str> {
        let (place, may): (Vec<_>, Vec<_>) = self.may.iter().partition(|key| **key == "room");
        [vec!["at", "who", "do"], place, self.needs.clone(), may].concat()
    }
}

fn action(verb: &Text<'_>, fields: &Fields<'_>, topology: &Topology) -> Result<Action, Complaint> {
    let Some(keys) = Keys::of(verb.text) else {
        let known = ACTIONS.iter().copied();
        return Err(Complaint::unknown(&verb.span, "action", verb.text, known));
    };
    fields.only(verb.text, &keys.all())?;
    let user = || {
        let user = fields.need("user", "the user that it concerns")?;
        topology.user(&user.text("the short name of a user")?)
    };
    let text = |key, expected| Ok(fields.need(key, expected)?.text(expected)?.text.to_owned());
    let role = || {
        let role = fields.get("role").map(|value| value.text("the name of a role"));
        Ok::<_, Complaint>(role.transpose()?.map(|role| role.text.to_owned()))
    };
    let asset = || {
        let name = fields.need("name", "the asset's name")?.text("the asset's name")?;
        let wrong = || format!("`{}` can't be the name of an asset", name.text);
        let form = "expected letters, digits, `-`, `_` and `.`";
        let complaint = || Complaint::new(&name.span, wrong(), form);
        is_name(name.text).then(|| name.text.to_owned()).ok_or_else(complaint)
    };
    Ok(match verb.text {
        "create" => Action::Create,
        "add" => Action::Add { user: user()? },
        "remove" => Action::Remove { user: user()? },
        "send" => Action::Send { text: text("text", "the text of the message")? },
        "rename" => Action::Rename { name: text("name", "the room's new name")? },
        "update" => Action::Update,
        "leave" => Action::Leave,
        "report-abuse" => Action::ReportAbuse {
            user: user()?,
            text: fields.get("text").map(|_| text("text", "what the report says")).transpose()?,
        },
        "invite" => Action::Invite { user: user()?, role: role()? },
        "ban" => Action::Ban { user: user()? },
        "unban" => Action::Unban { user: user()?, role: role()? },
        "kick" => Action::Kick { user: user()? },
        "change-role" => {
            Action::ChangeRole { user: user()?, role: text("role", "the name of a role")? }
        }
        "change-own-role" => Action::ChangeOwnRole { role: text("role", "the name of a role")? },
        "remove-client" => {
            let client = fields.need("client", "the client that goes")?;
            let client = client.text("the short name of a client")?;
            topology.client(&client)?;
            Action::RemoveClient { client: client.text.to_owned() }
        }
        "self-remove" => Action::SelfRemove,
        "re-add" => Action::ReAdd { user: user()? },
        "reboot" => {
            let of = fields.need("of", "the room that it takes the place of")?;
            let of = of.text("the short name of a room")?;
            Action::Reboot { of: topology.room_named(&of)?.0.to_owned() }
        }
        "change-policy" => Action::ChangePolicy { change: policy_steps::read(fields, topology)? },
        _ if fields.get("code").is_some() => {
            Action::JoinWith { code: text("code", "a code to join with")? }
        }
        "delete-account" => Action::DeleteAccount,
        "find-user" => find_user(fields, topology)?,
        "upload" => Action::Upload { name: asset()? },
        "download" => Action::Download { user: user()?, name: asset()? },
        verb if AFFAIRS.contains(&verb) => Action::Consent {
            operation: match verb {
                "ask-consent" => ConsentOperation::Request,
                "cancel-consent" => ConsentOperation::Cancel,
                "grant-consent" => ConsentOperation::Grant { key_packages: Vec::new() },
                _ => ConsentOperation::Revoke,
            },
            user: user()?,
            here: fields.get("room").is_some(),
        },
        _ => Action::Join,
    })
}

fn find_user(fields: &Fields<'_>, topology: &Topology) -> Result<Action, Complaint> {
    let provider = fields.need("provider", "the provider that is asked")?;
    let provider = topology.provider(&provider.text("the domain of a provider")?)?.clone();
    let mut query = Vec::new();
    for (key, field) in SEARCHES {
        if let Some(value) = fields.get(key) {
            let value = value.text("what the user must match")?.text.to_owned();
            query.push(QueryElement { field, value });
        }
    }
    Ok(Action::FindUser { provider, query })
}

/// The key that a file has for an element of a query.
pub(super) fn query_key(element: &QueryElement) -> &'static str {
    let known = SEARCHES.iter().find(|(_, field)| *field == element.field);
    known.map_or("handle", |(key, _)| key)
}

/// Whether it is about no room that the client is in.
fn is_affair(action: &Action) -> bool {
    matches!(
        action,
        Action::Consent { .. }
            | Action::DeleteAccount
            | Action::FindUser { .. }
            | Action::Upload { .. }
            | Action::Download { .. }
    )
}

/// The action that a file has for an operation of consent.
pub(super) fn consent_verb(operation: &ConsentOperation) -> &'static str {
    match operation {
        ConsentOperation::Request => "ask-consent",
        ConsentOperation::Cancel => "cancel-consent",
        ConsentOperation::Grant { .. } => "grant-consent",
        ConsentOperation::Revoke => "revoke-consent",
    }
}

/// Milliseconds between the repetitions, and how many there are; none where nothing is repeated.
fn repetition(
    verb: &Text<'_>,
    fields: &Fields<'_>,
    at_ms: u64,
) -> Result<(u64, Option<u64>), Complaint> {
    if fields.get("every").is_none() && fields.get("times").is_none() {
        return Ok((0, None));
    }
    let every = fields.need("every", "the time between repetitions")?;
    let every_ms = every.time(1)?;
    let times = fields.need("times", "how often in all")?.number(1..=MOST_TIMES)?;
    if at_ms + every_ms * (times - 1) > LONGEST_MS {
        let what = format!("the last `{}` would come too late", verb.text);
        let expected = format!("expected all of them within {}", show(LONGEST_MS));
        return Err(Complaint::new(&every.span(), what, expected));
    }
    Ok((every_ms, Some(times)))
}

/// The `n`th repetition. Texts and names are numbered, so that no two are the same.
fn numbered(action: &Action, n: u64) -> Action {
    match action {
        Action::Send { text } => Action::Send { text: format!("{text} {n}") },
        Action::Rename { name } => Action::Rename { name: format!("{name} {n}") },
        other => other.clone(),
    }
}

/// When each room is created; complains of a second creation and of a use before the first.
fn creations(placed: &[Placed]) -> Result<BTreeMap<String, u64>, Complaint> {
    let mut created: BTreeMap<String, u64> = BTreeMap::new();
    let mut earliest = Earliest::default();
    for Placed { step, action: action_at, .. } in placed {
        let room = &step.room;
        let first = created.get(room);
        earliest.note(match (&step.action, first) {
            (action, Some(first)) if action.creates() => {
                let what = format!("the room `{room}` is created twice");
                let expected = format!("it was created at {} already", show(*first));
                Err(Complaint::new(action_at, what, expected))
            }
            (Action::Reboot { of }, None) if !created.contains_key(of) => {
                Err(too_early(placed, of, action_at))
            }
            (action, None) if action.creates() => {
                created.insert(room.clone(), step.at_ms);
                Ok(())
            }
            (_, Some(_)) => Ok(()),
            (action, None) if is_affair(action) => Ok(()),
            (_, None) => Err(too_early(placed, room, action_at)),
        });
    }
    earliest.or(created)
}

fn too_early(placed: &[Placed], room: &str, action: &Range<usize>) -> Complaint {
    let creates = |placed: &&Placed| placed.step.room == room && placed.step.action.creates();
    match placed.iter().find(creates) {
        Some(create) => {
            let what = format!("this comes before the room `{room}` is created");
            let at = show(create.step.at_ms);
            Complaint::new(action, what, format!("expected it after the `create` at {at}"))
        }
        None => {
            let what = format!("the room `{room}` is never created");
            let hint = format!("a step with `do = \"create\", room = \"{room}\"` makes it");
            Complaint::new(action, what, "expected only in a room that is there").hint(hint)
        }
    }
}

fn new_clients_join_first(placed: &[Placed], topology: &Topology) -> Result<(), Complaint> {
    let mut seen = BTreeSet::new();
    let mut earliest = Earliest::default();
    for Placed { step, who, .. } in placed {
        let first = seen.insert(step.client.as_str());
        let new = topology.find_client(&step.client).is_some_and(|client| client.new);
        let joins = matches!(step.action, Action::Join | Action::JoinWith { .. });
        if first && new && !joins {
            let what = format!("the new client `{}` acts before it joins", step.client);
            let expected = "expected its first step to be a `join`";
            earliest.note(Err::<(), _>(Complaint::new(who, what, expected)));
        }
    }
    earliest.or(())
}
