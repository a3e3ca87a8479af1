//! What a script must be for the world to play it: every name in it stands for something.
//!
//! A scenario file has been checked before, with better messages; this guards the simulation,
//! which would panic, against scripts from elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::time::LEAST_TICK_MS;
use super::{PlayError, courier, wire};
use crate::script::{ACCESS, Action, FaultKind, Link, Script, Step};

/// # Errors
/// [`PlayError::Script`] with the first thing that can't be played.
pub fn check(script: &Script) -> Result<(), PlayError> {
    names(script)?;
    let network = &script.network;
    demand(network.latency_min_ms >= LEAST_TICK_MS, || {
        format!(
            "network: the least latency is {} ms, below a tick of {LEAST_TICK_MS} ms",
            network.latency_min_ms
        )
    })?;
    demand(network.latency_min_ms <= network.latency_max_ms, || {
        "network: the least latency is above the most".to_owned()
    })?;
    let clients = clients(script);
    for (index, step) in script.steps.iter().enumerate() {
        check_step(script, step, &clients).map_err(|why| at(format!("step {index}"), why))?;
    }
    for (index, fault) in script.faults.iter().enumerate() {
        let place = || format!("fault {index}");
        check_fault(script, &fault.kind, &clients).map_err(|why| at(place(), why))?;
    }
    Ok(())
}

fn at(place: String, why: String) -> PlayError {
    PlayError::Script(format!("{place}: {why}"))
}

fn demand(holds: bool, why: impl FnOnce() -> String) -> Result<(), PlayError> {
    if holds { Ok(()) } else { Err(PlayError::Script(why())) }
}

/// The users' short names by their clients'.
fn clients(script: &Script) -> BTreeMap<&str, &str> {
    let mut found = BTreeMap::new();
    for (short, user) in &script.users {
        for (client, _) in user.clients.iter().chain(&user.new_clients) {
            found.insert(client.as_str(), short.as_str());
        }
    }
    found
}

fn names(script: &Script) -> Result<(), PlayError> {
    let mut hosts = BTreeSet::new();
    for provider in &script.providers {
        let domain = provider.as_str();
        demand(domain.parse::<IpAddr>().is_err(), || {
            format!("provider `{domain}`: expected a name, not an address")
        })?;
        let both = hosts.insert(domain.to_owned()) && hosts.insert(wire::access_network(domain));
        demand(both, || format!("provider `{domain}`: the name is taken"))?;
    }
    let mut nodes = hosts;
    nodes.insert("world".to_owned());
    for (short, uri) in
        script.users.values().flat_map(|user| user.clients.iter().chain(&user.new_clients))
    {
        demand(script.providers.contains(uri.provider()), || {
            format!("client `{short}`: its provider `{}` is not in the script", uri.provider())
        })?;
        demand(nodes.insert(short.clone()), || format!("client `{short}`: the name is taken"))?;
    }
    Ok(())
}

fn check_step(script: &Script, step: &Step, clients: &BTreeMap<&str, &str>) -> Result<(), String> {
    known(clients.contains_key(step.client.as_str()), "client", &step.client)?;
    known(script.rooms.contains_key(&step.room), "room", &step.room)?;
    match &step.action {
        Action::Add { user }
        | Action::Remove { user }
        | Action::Consent { user, .. }
        | Action::Download { user, .. }
        | Action::Invite { user, .. }
        | Action::Ban { user }
        | Action::Unban { user, .. }
        | Action::Kick { user }
        | Action::ReAdd { user }
        | Action::ChangeRole { user, .. } => known(script.users.contains_key(user), "user", user),
        Action::FindUser { provider, .. } => {
            known(script.providers.contains(provider), "provider", provider.as_str())
        }
        Action::RemoveClient { client } => {
            known(clients.contains_key(client.as_str()), "client", client)
        }
        Action::Reboot { of } => known(script.rooms.contains_key(of), "room", of),
        _ => Ok(()),
    }
}

fn check_fault(
    script: &Script,
    kind: &FaultKind,
    clients: &BTreeMap<&str, &str>,
) -> Result<(), String> {
    let is_client = |name: &str| clients.contains_key(name);
    let is_provider = |name: &str| script.providers.iter().any(|known| known.as_str() == name);
    match kind {
        FaultKind::Partition(link) | FaultKind::PartitionOneWay(link) | FaultKind::Hold(link) => {
            check_link(link, is_provider)
        }
        FaultKind::Crash { node, .. }
        | FaultKind::SlowDisk { node, .. }
        | FaultKind::ClockStep { node, .. }
        | FaultKind::ClockDrift { node, .. } => {
            known(is_client(node) || is_provider(node), "provider or client", node)
        }
        FaultKind::Rollback { node, .. } => known(is_client(node), "client", node),
        FaultKind::Offline { client } => known(is_client(client), "client", client),
        FaultKind::Busy { node, .. } => known(is_provider(node), "provider", node),
        FaultKind::Delay { .. }
        | FaultKind::LoseRequests { .. }
        | FaultKind::LoseResponses { .. }
        | FaultKind::Repeat { .. } => {
            courier::link_of(kind).map_or(Ok(()), |link| check_link(link, is_provider))
        }
    }
}

fn check_link(link: &Link, is_provider: impl Fn(&str) -> bool) -> Result<(), String> {
    for end in [&link.from, &link.to] {
        let domain = end.strip_prefix(ACCESS).unwrap_or(end);
        known(is_provider(end) || is_provider(domain), "end of a link", end)?;
    }
    if link.from == link.to {
        return Err(format!("both ends of the link are `{}`", link.from));
    }
    Ok(())
}

fn known(is: bool, what: &str, name: &str) -> Result<(), String> {
    if is { Ok(()) } else { Err(format!("there is no {what} `{name}`")) }
}
