//! Who misbehaves, and how: the `misbehaviour` of a file, in order of time.
//!
//! A node misbehaves in one room, which must be there already. What has to be said of a behaviour
//! is for its [`Form`] to say, and what it does for `adversary`.

use std::collections::BTreeMap;
use std::ops::Range;

use super::faults::each;
use super::fields::{Fields, Text, Value};
use super::problem::Complaint;
use super::steps::Steps;
use super::topology::Topology;
use crate::mimi::uri::ProviderName;
use crate::script::{Behaviour, Form, Misbehaviour, Room, Takes, Who, ids};

pub(super) const KEYS: &[&str] =
    &["at", "for", "node", "behaviour", "room", "side", "rule", "code", "user"];

/// Reads `misbehaviour`, which may be left out. `known_rules` are those that a hub can fail to
/// check.
pub(super) fn misbehaviour(
    file: &Fields<'_>,
    topology: &Topology,
    steps: &Steps,
    known_rules: &[&str],
) -> Result<Vec<Misbehaviour>, Complaint> {
    let form = "a list of tables such as { at = \"5s\", node = …, behaviour = … }";
    let read = |value: &Value<'_>| misbehaves(value, topology, steps, known_rules);
    let mut all = each(file.get("misbehaviour"), form, read)?;
    one_second_server(&all)?;
    all.sort_by_key(|(_, one)| one.at_ms);
    Ok(all.into_iter().map(|(_, one)| one).collect())
}

/// A provider has one second server at most: of two liars that need it, one would do nothing.
fn one_second_server(all: &[(Range<usize>, Misbehaviour)]) -> Result<(), Complaint> {
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    for (place, one) in all {
        let id = one.behaviour.id;
        if !Form::of(id).is_some_and(|form| form.takes_a_second_server) {
            continue;
        }
        if let Some(other) = taken.insert(&one.node, id) {
            let what = format!("`{}` can't do `{id}` beside `{other}`", one.node);
            let expected = "expected one of the two: each needs a second server behind that name, \
                            and there is one at most";
            return Err(Complaint::new(place, what, expected));
        }
    }
    Ok(())
}

fn misbehaves(
    value: &Value<'_>,
    topology: &Topology,
    steps: &Steps,
    known_rules: &[&str],
) -> Result<(Range<usize>, Misbehaviour), Complaint> {
    let fields = value.fields("a misbehaviour", KEYS)?;
    let at = fields.need("at", "the time when it begins")?;
    let at_ms = at.time(0)?;
    let for_ms = fields.get("for").map(|value| value.time(1)).transpose()?;
    let node = fields.need("node", "who misbehaves")?.text("a provider or a client")?;
    let known = Form::ids();
    let expected = format!("one of {}", known.join(", "));
    let id = fields.need("behaviour", &expected)?.text(&expected)?;
    let Some(form) = Form::of(id.text) else {
        return Err(Complaint::unknown(&id.span, "behaviour", id.text, known));
    };
    let place = id.span;
    fields.only(form.id, &keys(form))?;
    let (name, room) = topology.room(&fields)?;
    let liar = Liar { node: &node, room: name, of_room: room, topology };
    liar.check(form.who)?;
    let (id, room) = (form.id, name.to_owned());
    let mut behaviour =
        Behaviour { id, room, side: Vec::new(), user: None, rule: None, code: None };
    for takes in form.takes {
        match takes {
            Takes::Side => behaviour.side = liar.side(&fields)?,
            Takes::User => behaviour.user = Some(user(&fields, topology)?.1),
            Takes::OwnUser => behaviour.user = Some(liar.own_user(&fields)?),
            Takes::Lie => {
                let kind = ("the rule that it breaks", "rule that a client can break");
                behaviour.rule = Some(one_of(&fields, *takes, kind, ids::LIES)?);
            }
            Takes::Rule => {
                let kind = ("the rule that it does not check", "rule");
                super::no_switch(&fields.need(takes.key(), kind.0)?.text(kind.0)?)?;
                behaviour.rule = Some(one_of(&fields, *takes, kind, known_rules)?);
            }
            Takes::Code => {
                let kind = ("what it answers", "code that a hub can lie with");
                behaviour.code = Some(one_of(&fields, *takes, kind, ids::LIED_CODES)?);
            }
            Takes::MessageCode => {
                let kind = ("what it answers", "code of a message that a hub can lie with");
                behaviour.code = Some(one_of(&fields, *takes, kind, ids::LIED_MESSAGE_CODES)?);
            }
            Takes::End => fields.need("for", "how long it lasts").map(|_| ())?,
        }
    }
    steps.room_exists((at_ms, &at.span()), "this misbehaviour", Some(name))?;
    Ok((place, Misbehaviour { at_ms, for_ms, node: node.text.to_owned(), behaviour }))
}

/// What a misbehaviour of this form may say.
pub(super) fn keys(form: &Form) -> Vec<&'static str> {
    let mut keys = vec!["at", "node", "behaviour", "room"];
    keys.extend(form.lasts.then_some("for"));
    keys.extend(form.takes.iter().map(|takes| takes.key()));
    keys
}

/// Who misbehaves, and where.
struct Liar<'a, 't> {
    node: &'a Text<'t>,
    room: &'a str,
    of_room: &'a Room,
    topology: &'a Topology,
}

impl Liar<'_, '_> {
    /// Whether the node is what it takes.
    fn check(&self, who: Who) -> Result<(), Complaint> {
        let (node, room) = (self.node, self.room);
        let hub = self.of_room.uri.provider();
        match who {
            Who::Client => self.topology.client(node).map(|_| ()),
            Who::Hub if self.topology.provider(node)? != hub => {
                let what = format!("`{}` is not the hub of the room `{room}`", node.text);
                Err(Complaint::new(&node.span, what, format!("expected {hub}")))
            }
            Who::Follower if self.topology.provider(node)? == hub => {
                let what = format!("`{}` is the hub of the room `{room}`", node.text);
                let expected = "expected another provider: a follower";
                Err(Complaint::new(&node.span, what, expected))
            }
            Who::Hub | Who::Follower => Ok(()),
        }
    }

    fn side(&self, fields: &Fields<'_>) -> Result<Vec<ProviderName>, Complaint> {
        let form = "the providers to which it lies";
        let value = fields.need("side", form)?;
        let mut side = Vec::new();
        for provider in value.texts(form)? {
            side.push(self.topology.provider(&provider)?.clone());
            if provider.text == self.node.text {
                let what = format!("`{}` can't lie to itself", self.node.text);
                return Err(Complaint::new(&provider.span, what, "expected only others"));
            }
        }
        if side.is_empty() {
            let what = "nobody is lied to";
            return Err(Complaint::new(&value.span(), what, format!("expected {form}")));
        }
        Ok(side)
    }

    fn own_user(&self, fields: &Fields<'_>) -> Result<String, Complaint> {
        let (text, name) = user(fields, self.topology)?;
        if self.topology.users[&name].uri.provider().as_str() != self.node.text {
            let what = format!("`{name}` is no user of {}", self.node.text);
            return Err(Complaint::new(&text.span, what, "expected one of its own"));
        }
        Ok(name)
    }
}

fn user<'t>(fields: &Fields<'t>, topology: &Topology) -> Result<(Text<'t>, String), Complaint> {
    let form = "the short name of the user whom it is about";
    let text = fields.need("user", form)?.text(form)?;
    let name = topology.user(&text)?;
    Ok((text, name))
}

/// The id that the behaviour takes, one of `ids`: what it is for it, and its kind.
fn one_of(
    fields: &Fields<'_>,
    takes: Takes,
    (form, kind): (&str, &str),
    ids: &[&str],
) -> Result<String, Complaint> {
    let id = fields.need(takes.key(), form)?.text(form)?;
    if ids.contains(&id.text) {
        return Ok(id.text.to_owned());
    }
    Err(Complaint::unknown(&id.span, kind, id.text, ids.iter().copied()))
}
