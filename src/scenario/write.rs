//! A script as a scenario file again.
//!
//! Nothing is left to a default or to chance: the seed is pinned, repeated steps stay written out,
//! and the file reads to the same script. It takes its order from the story: why, who is there,
//! what happens, what is expected.
//!
//! Not kept are comments, and URIs of another form than [`read`](super::read) gives them, which
//! no script that came from a file has.

use toml::Value;

use super::faults::POINTS;
use super::key_material::EXPLICIT;
use super::policy_steps;
use super::rooms::written;
use super::steps::{consent_verb, query_key};
use super::time::show;
use crate::script::{
    Action, Behaviour, Expect, Fault, FaultKind, KeyMaterial, Link, Misbehaviour, Point, Script,
    Step, User, Watch,
};

/// The text of a scenario file that reads to this script, given no other seed.
pub fn write(script: &Script) -> String {
    let network = &script.network;
    let protocol = &script.protocol;
    let mut file = format!(
        "title = {}\nwhy = {}\nseed = {}\nrest = {}\n\nproviders = {}\n",
        text(&script.title),
        text(&script.why),
        script.seed,
        time(script.rest_ms),
        texts(script.providers.iter().map(|provider| provider.as_str())),
    );
    file += &table("users", script.users.iter().map(|(name, of)| (name.as_str(), user(of))));
    let rooms = script.rooms.iter();
    let rooms = rooms.map(|(name, room)| (name.as_str(), written(&room.uri, &room.charter)));
    file += &table("rooms", rooms);
    let latency = range(network.latency_min_ms, network.latency_max_ms);
    file += &format!("network.latency = {latency}\n");
    let listed = [
        ("without", &protocol.without),
        ("hub_without", &protocol.hub_without),
        ("readings", &protocol.readings),
    ];
    for (key, ids) in listed {
        if !ids.is_empty() {
            file += &format!("protocol.{key} = {}\n", texts(names(ids)));
        }
    }
    let delay = range(protocol.commit_delay_min_ms, protocol.commit_delay_max_ms);
    file += &format!("protocol.commit_delay = {delay}\n");
    file += &key_material(&protocol.key_material);
    file += &watch(&protocol.watch);
    let only_room = script.rooms.len() == 1;
    file += &list("steps", script.steps.iter().map(|of| step(of, only_room)), true);
    file += &list("faults", script.faults.iter().map(fault), false);
    file += &list("misbehaviour", script.misbehaviour.iter().map(misbehaviour), false);
    file + &expect(&script.expect)
}

fn expect(of: &Expect) -> String {
    let violates = (!of.violates.is_empty()).then(|| texts(names(&of.violates)));
    let lines = [
        ("violates", violates),
        ("detected_by", of.detected_by.as_deref().map(text)),
        ("within", of.within_ms.map(time)),
    ];
    let line = |(key, value): (&str, Option<String>)| Some(format!("{key} = {}\n", value?));
    let lines: String = lines.into_iter().filter_map(line).collect();
    if lines.is_empty() { lines } else { format!("\n[expect]\n{lines}") }
}

/// A line for each choice that is not the default.
fn watch(of: &Watch) -> String {
    let usual = Watch::default();
    let lines = [
        ("detectors", (!of.detectors.is_empty()).then(|| texts(names(&of.detectors)))),
        ("watch_every", (of.every_ms != usual.every_ms).then(|| time(of.every_ms))),
        ("watch_patience", (of.patience_ms != usual.patience_ms).then(|| time(of.patience_ms))),
    ];
    let line =
        |(key, value): (&str, Option<String>)| Some(format!("protocol.{key} = {}\n", value?));
    lines.into_iter().filter_map(line).collect()
}

/// A line for each choice that is not the default.
fn key_material(of: &KeyMaterial) -> String {
    let defaults = KeyMaterial::default();
    let count = (of.key_packages != defaults.key_packages).then(|| of.key_packages.to_string());
    let plain = (!of.plain_clients.is_empty()).then(|| texts(names(&of.plain_clients)));
    let flag = |on: bool| on.then(|| "true".to_owned());
    let lines = [
        ("consent", of.explicit_consent.then(|| text(EXPLICIT))),
        ("mask_unknown_users", flag(of.mask_unknown_users)),
        ("key_packages", count),
        ("key_package_lifetime", of.lifetime_ms.map(time)),
        ("last_resort", flag(of.last_resort)),
        ("plain_clients", plain),
    ];
    let line =
        |(key, value): (&str, Option<String>)| Some(format!("protocol.{key} = {}\n", value?));
    lines.into_iter().filter_map(line).collect()
}

fn user(user: &User) -> String {
    let short = |clients: &[(String, _)]| -> Vec<String> {
        clients.iter().map(|(name, _)| name.clone()).collect()
    };
    let at = text(user.uri.provider().as_str());
    let clients = texts(names(&short(&user.clients)));
    let new = short(&user.new_clients);
    let new = if new.is_empty() {
        String::new()
    } else {
        format!(", new_clients = {}", texts(names(&new)))
    };
    format!("{{ at = {at}, clients = {clients}{new} }}")
}

fn step(step: &Step, only_room: bool) -> String {
    let (verb, own) = match &step.action {
        Action::Create => ("create", String::new()),
        Action::Add { user } => ("add", format!(", user = {}", text(user))),
        Action::Remove { user } => ("remove", format!(", user = {}", text(user))),
        Action::Send { text: words } => ("send", format!(", text = {}", text(words))),
        Action::Rename { name } => ("rename", format!(", name = {}", text(name))),
        Action::Update => ("update", String::new()),
        Action::Leave => ("leave", String::new()),
        Action::Join => ("join", String::new()),
        Action::ReportAbuse { user, text: claim } => {
            let claim = claim.as_ref().map(|claim| format!(", text = {}", text(claim)));
            ("report-abuse", format!(", user = {}{}", text(user), claim.unwrap_or_default()))
        }
        Action::JoinWith { code } => ("join", format!(", code = {}", text(code))),
        Action::Invite { user, role } => ("invite", with_role(user, role.as_ref())),
        Action::Ban { user } => ("ban", format!(", user = {}", text(user))),
        Action::Unban { user, role } => ("unban", with_role(user, role.as_ref())),
        Action::Kick { user } => ("kick", format!(", user = {}", text(user))),
        Action::ChangeRole { user, role } => ("change-role", with_role(user, Some(role))),
        Action::ChangeOwnRole { role } => ("change-own-role", format!(", role = {}", text(role))),
        Action::RemoveClient { client } => {
            ("remove-client", format!(", client = {}", text(client)))
        }
        Action::SelfRemove => ("self-remove", String::new()),
        Action::ReAdd { user } => ("re-add", format!(", user = {}", text(user))),
        Action::Reboot { of } => ("reboot", format!(", of = {}", text(of))),
        Action::ChangePolicy { change } => {
            ("change-policy", format!(", {}", policy_steps::written(change)))
        }
        Action::Consent { operation, user, .. } => {
            (consent_verb(operation), format!(", user = {}", text(user)))
        }
        Action::DeleteAccount => ("delete-account", String::new()),
        Action::FindUser { provider, query } => {
            let query = query.iter().map(|it| format!(", {} = {}", query_key(it), text(&it.value)));
            let provider = format!(", provider = {}", text(provider.as_str()));
            ("find-user", provider + &query.collect::<String>())
        }
        Action::Upload { name } => ("upload", format!(", name = {}", text(name))),
        Action::Download { user, name } => {
            ("download", format!(", user = {}, name = {}", text(user), text(name)))
        }
    };
    // Consent with a room is for that room, and without one for any.
    let must_say = step.action.creates() || matches!(step.action, Action::Consent { .. });
    let is_clear = only_room && !must_say;
    let room = if is_clear || step.action.is_anywhere() {
        String::new()
    } else {
        format!(", room = {}", text(&step.room))
    };
    let (at, who) = (time(step.at_ms), text(&step.client));
    format!("at = {at}, who = {who}, do = \"{verb}\"{room}{own}")
}

fn with_role(user: &str, role: Option<&String>) -> String {
    let role = role.map_or(String::new(), |role| format!(", role = {}", text(role)));
    format!(", user = {}{role}", text(user))
}

fn fault(fault: &Fault) -> String {
    let (name, own) = match &fault.kind {
        FaultKind::Partition(link) => ("partition", between(link)),
        FaultKind::PartitionOneWay(link) => {
            ("partition-one-way", format!("from = {}, to = {}", text(&link.from), text(&link.to)))
        }
        FaultKind::Hold(link) => ("hold", between(link)),
        FaultKind::Delay { link, up_to_ms } => {
            ("delay", format!("{}, up_to = {}", between(link), time(*up_to_ms)))
        }
        FaultKind::LoseRequests { link, percent } => ("lose-requests", share(link, *percent)),
        FaultKind::LoseResponses { link, percent } => ("lose-responses", share(link, *percent)),
        FaultKind::Repeat { link, percent } => ("repeat", share(link, *percent)),
        FaultKind::Crash { node, point } => ("crash", crash(node, *point)),
        FaultKind::Rollback { node, back_ms } => {
            ("rollback", format!("node = {}, back = {}", text(node), time(*back_ms)))
        }
        FaultKind::Offline { client } => ("offline", format!("node = {}", text(client))),
        FaultKind::ClockStep { node, by_ms } => {
            let sign = if *by_ms < 0 { '-' } else { '+' };
            let by = text(&format!("{sign}{}", show(by_ms.unsigned_abs())));
            ("clock-step", format!("node = {}, by = {by}", text(node)))
        }
        FaultKind::ClockDrift { node, percent } => {
            ("clock-drift", format!("node = {}, percent = {percent}", text(node)))
        }
        FaultKind::SlowDisk { node, up_to_ms } => {
            ("slow-disk", format!("node = {}, up_to = {}", text(node), time(*up_to_ms)))
        }
        FaultKind::Busy { node, percent, status, retry_after_s } => {
            let (node, wait) = (text(node), time(retry_after_s * 1000));
            let own = format!("node = {node}, percent = {percent}, status = {status}");
            ("busy", format!("{own}, retry_after = {wait}"))
        }
    };
    format!("{}, fault = \"{name}\", {own}", span(fault.at_ms, fault.for_ms))
}

fn between(link: &Link) -> String {
    format!("between = [{}, {}]", text(&link.from), text(&link.to))
}

fn share(link: &Link, percent: u8) -> String {
    format!("{}, percent = {percent}", between(link))
}

fn crash(node: &str, point: Option<Point>) -> String {
    let named = POINTS.iter().find(|(_, known, _)| Some(*known) == point);
    let point = named.map_or(String::new(), |(name, _, _)| format!(", point = \"{name}\""));
    format!("node = {}{point}", text(node))
}

fn misbehaviour(one: &Misbehaviour) -> String {
    let Behaviour { id, room, side, user, rule, code } = &one.behaviour;
    let (span, node) = (span(one.at_ms, one.for_ms), text(&one.node));
    let mut line = format!("{span}, node = {node}, behaviour = \"{id}\", room = {}", text(room));
    if !side.is_empty() {
        line += &format!(", side = {}", texts(side.iter().map(|provider| provider.as_str())));
    }
    for (key, value) in [("rule", rule), ("code", code), ("user", user)] {
        line += &value.as_ref().map_or(String::new(), |it| format!(", {key} = {}", text(it)));
    }
    line
}

fn span(at_ms: u64, for_ms: Option<u64>) -> String {
    let length = for_ms.map_or(String::new(), |ms| format!(", for = {}", time(ms)));
    format!("at = {}{length}", time(at_ms))
}

fn names(names: &[String]) -> impl Iterator<Item = &str> {
    names.iter().map(String::as_str)
}

/// A list of tables, one a line; nothing at all where it is empty and need not be there.
fn list(key: &str, items: impl Iterator<Item = String>, needed: bool) -> String {
    let lines: String = items.map(|item| format!("    {{ {item} }},\n")).collect();
    if lines.is_empty() && !needed {
        return String::new();
    }
    format!("\n{key} = [\n{lines}]\n")
}

/// A table whose keys are names, one a line.
fn table<'n>(key: &str, entries: impl Iterator<Item = (&'n str, String)>) -> String {
    let bare = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let line = |(name, value): (&str, String)| {
        let name = if bare(name) { name.to_owned() } else { text(name) };
        format!("{key}.{name} = {value}\n")
    };
    let lines: String = entries.map(line).collect();
    if lines.is_empty() { format!("{key} = {{}}\n") } else { lines }
}

pub(super) fn texts<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.map(text).collect();
    format!("[{}]", names.join(", "))
}

pub(super) fn text(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

fn time(ms: u64) -> String {
    text(&show(ms))
}

pub(super) fn range(min_ms: u64, max_ms: u64) -> String {
    if min_ms == max_ms {
        return time(min_ms);
    }
    text(&format!("{}..{}", show(min_ms), show(max_ms)))
}
