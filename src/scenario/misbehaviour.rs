//! Who misbehaves, and how: the `misbehaviour` of a file, in order of time.
//!
//! A node misbehaves in one room, which must be there already. What it then does is for
//! `adversary` to say.

use super::faults::each;
use super::fields::{Fields, Text, Value};
use super::problem::Complaint;
use super::steps::Steps;
use super::topology::Topology;
use crate::script::{Behaviour, Misbehaviour, ids};

const KEYS: &[&str] = &["at", "for", "node", "behaviour", "room", "side", "rule", "user"];

/// Reads `misbehaviour`, which may be left out.
pub(super) fn misbehaviour(
    file: &Fields<'_>,
    topology: &Topology,
    steps: &Steps,
) -> Result<Vec<Misbehaviour>, Complaint> {
    let form = "a list of tables such as { at = \"5s\", node = …, behaviour = … }";
    let read = |value: &Value<'_>| misbehaves(value, topology, steps);
    let mut all = each(file.get("misbehaviour"), form, read)?;
    all.sort_by_key(|one| one.at_ms);
    Ok(all)
}

fn misbehaves(
    value: &Value<'_>,
    topology: &Topology,
    steps: &Steps,
) -> Result<Misbehaviour, Complaint> {
    let fields = value.fields("a misbehaviour", KEYS)?;
    let at = fields.need("at", "the time when it begins")?;
    let at_ms = at.time(0)?;
    let for_ms = fields.get("for").map(|value| value.time(1)).transpose()?;
    let node = fields.need("node", "who misbehaves")?.text("a provider or a client")?;
    let form = format!("one of {}", ids::BEHAVIOURS.join(", "));
    let behaviour = fields.need("behaviour", &form)?.text(&form)?;
    let (room, behaviour) = match behaviour.text {
        "hub.equivocates" => equivocates(&fields, &node, topology)?,
        "follower.spoils-franks" => {
            let keys = ["at", "for", "node", "behaviour", "room"];
            let room = of_a_follower(&fields, &node, topology, (behaviour.text, &keys))?;
            (room.clone(), Behaviour::FollowerSpoilsFranks { room })
        }
        "follower.proposes-more" => {
            let keys = ["at", "node", "behaviour", "room", "user"];
            let room = of_a_follower(&fields, &node, topology, (behaviour.text, &keys))?;
            let user = fields.need("user", "the user whose client it makes up")?;
            let user = user.text("the short name of a user")?;
            let name = topology.user(&user)?;
            if topology.users[&name].uri.provider().as_str() != node.text {
                let what = format!("`{name}` is no user of {}", node.text);
                return Err(Complaint::new(&user.span, what, "expected one of its own"));
            }
            (room.clone(), Behaviour::FollowerProposesMore { room, user: name })
        }
        "client.breaks-rule" => breaks_rule(&fields, &node, topology)?,
        unknown => {
            let known = ids::BEHAVIOURS.iter().copied();
            return Err(Complaint::unknown(&behaviour.span, "behaviour", unknown, known));
        }
    };
    steps.room_exists((at_ms, &at.span()), "this misbehaviour", Some(&room))?;
    Ok(Misbehaviour { at_ms, for_ms, node: node.text.to_owned(), behaviour })
}

fn equivocates(
    fields: &Fields<'_>,
    node: &Text<'_>,
    topology: &Topology,
) -> Result<(String, Behaviour), Complaint> {
    let (room, of_room) = topology.room(fields)?;
    let hub = topology.provider(node)?;
    if of_room.uri.provider() != hub {
        let what = format!("`{hub}` is not the hub of the room `{room}`");
        let expected = format!("expected {}", of_room.uri.provider());
        return Err(Complaint::new(&node.span, what, expected));
    }
    let form = "the providers that see the second hub";
    let value = fields.need("side", form)?;
    let mut side = Vec::new();
    for provider in value.texts(form)? {
        side.push(topology.provider(&provider)?.clone());
        if provider.text == hub.as_str() {
            let what = format!("`{hub}` can't be on the second side: it is the hub");
            return Err(Complaint::new(&provider.span, what, "expected only followers"));
        }
    }
    if side.is_empty() {
        let what = "nobody is on the second side";
        return Err(Complaint::new(&value.span(), what, format!("expected {form}")));
    }
    let behaviour = Behaviour::HubEquivocates { room: room.to_owned(), side };
    Ok((room.to_owned(), behaviour))
}

/// The room in which a follower misbehaves.
fn of_a_follower(
    fields: &Fields<'_>,
    node: &Text<'_>,
    topology: &Topology,
    (behaviour, keys): (&str, &[&str]),
) -> Result<String, Complaint> {
    fields.only(behaviour, keys)?;
    let (room, of_room) = topology.room(fields)?;
    if topology.provider(node)? == of_room.uri.provider() {
        let what = format!("`{}` is the hub of the room `{room}`", node.text);
        return Err(Complaint::new(&node.span, what, "expected another provider: a follower"));
    }
    Ok(room.to_owned())
}

fn breaks_rule(
    fields: &Fields<'_>,
    node: &Text<'_>,
    topology: &Topology,
) -> Result<(String, Behaviour), Complaint> {
    fields.only("client.breaks-rule", &["at", "node", "behaviour", "room", "rule", "user"])?;
    topology.client(node)?;
    let (room, _) = topology.room(fields)?;
    let form = "the rule that it breaks";
    let rule = fields.need("rule", form)?.text(form)?;
    if !ids::LIES.contains(&rule.text) {
        let known = ids::LIES.iter().copied();
        return Err(Complaint::unknown(
            &rule.span,
            "rule that a client can break",
            rule.text,
            known,
        ));
    }
    let form = "the user whom it is about";
    let user = topology.user(&fields.need("user", form)?.text(form)?)?;
    let (room, rule) = (room.to_owned(), rule.text.to_owned());
    let behaviour = Behaviour::ClientBreaksRule { room: room.clone(), rule, user };
    Ok((room, behaviour))
}
