//! Turns the entries of a trace into the lines of a story: who wants what and how that ended, what
//! hubs accepted and refused, what went wrong and who recovered.
//!
//! Requests, mailboxes and everything that each client does by itself in an ordinary run stay in
//! the trace: a reader who wants them knows the event numbers. Probe wishes of the world's own
//! are left out too; the commits that they lead to are not.

use std::collections::{BTreeMap, BTreeSet};

use super::collapse::Sort;
use super::names::Names;
use super::text::{seconds, shortened};
use crate::mimi::uri::{ClientUri, RoomUri, UserUri};
use crate::trace::{
    Author, Change, Deed, DeedKind, Entry, Event, Evidence, Fate, Header, Kind, Phase, Secret,
};

/// A line of the story.
pub struct Line {
    /// Simulated milliseconds since the start.
    pub at_ms: u64,
    /// The node's name.
    pub node: String,
    /// What happened.
    pub text: String,
    /// What sort of thing that is.
    pub sort: Sort,
}

/// All lines of a run, in the order of its trace.
pub fn tell(header: &Header, entries: &[Entry]) -> Vec<Line> {
    let mut teller = Teller::new(header, entries);
    let mut lines = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        if let Some((sort, text)) = teller.line(index) {
            lines.push(Line { at_ms: entry.at_ms, node: entry.node.clone(), text, sort });
        }
    }
    lines
}

/// For each entry, its line's text, where it has one.
pub fn told(header: &Header, entries: &[Entry]) -> Vec<Option<String>> {
    let mut teller = Teller::new(header, entries);
    (0..entries.len()).map(|index| Some(teller.line(index)?.1)).collect()
}

struct Teller<'a> {
    header: &'a Header,
    entries: &'a [Entry],
    names: Names,
    /// When and how each intent ended, known beforehand: a wish is told together with its fate.
    fates: BTreeMap<&'a str, (u64, Fate, &'a str)>,
    /// Users whose own proposals to go wait for a commit.
    leaving: BTreeSet<(&'a RoomUri, &'a UserUri)>,
}

type Told = Option<(Sort, String)>;

/// What the evidence of a report is worth.
fn weighed(evidence: &[Evidence]) -> String {
    let worth = |it: &Evidence| match it.genuine {
        true => "the message is genuine".to_owned(),
        false => format!("the message is no evidence{}", detail(&it.why)),
    };
    if evidence.is_empty() {
        return "without evidence".to_owned();
    }
    evidence.iter().map(worth).collect::<Vec<_>>().join(", ")
}

fn notable(text: String) -> Told {
    Some((Sort::Notable, text))
}

impl<'a> Teller<'a> {
    fn new(header: &'a Header, entries: &'a [Entry]) -> Self {
        let mut fates = BTreeMap::new();
        for entry in entries {
            if let Event::IntentEnded { intent, fate, why } = &entry.event {
                fates.insert(intent.as_str(), (entry.at_ms, *fate, why.as_str()));
            }
        }
        let names = Names::of(header);
        Self { header, entries, names, fates, leaving: BTreeSet::new() }
    }

    fn line(&mut self, index: usize) -> Told {
        let entries = self.entries;
        let entry = &entries[index];
        match &entry.event {
            Event::PhaseBegan { phase } => notable(self.phase(*phase)),
            Event::Intent { probe: false, .. } => self.wish(entry),
            Event::Accepted { .. } => self.accepted(&entry.event),
            Event::Refused { rule, code, why, .. } => {
                let whom = self.asker(entry);
                let why = detail(why);
                Some((Sort::Refusal, format!("refuses {whom}: {code}, by the rule {rule}{why}")))
            }
            Event::Reported { reporter, accused, evidence, .. } => {
                let by = reporter.as_ref().map_or("somebody", |user| user.name());
                notable(format!(
                    "takes a report by {by} of {}: {}",
                    accused.name(),
                    weighed(evidence)
                ))
            }
            _ => {
                self.recovery(entry).or_else(|| self.affair(entry)).or_else(|| self.weather(index))
            }
        }
    }

    fn phase(&self, phase: Phase) -> String {
        match phase {
            Phase::Rest => format!(
                "all steps are given and no fault is left: the rooms have {} to come to rest",
                seconds(self.header.rest_ms)
            ),
            Phase::Probe => {
                "the rooms should be at rest: members send and commit to show it".into()
            }
            Phase::End => "the run is over".into(),
        }
    }

    fn wish(&self, entry: &Entry) -> Told {
        let Event::Intent { intent, room, wish, object, .. } = &entry.event else { return None };
        let room = self.names.room(room);
        let whom = UserUri::parse(object).map_or(object.clone(), |user| user.name().to_owned());
        let quoted = format!("“{}”", shortened(object, 40));
        let (routine, text) = match wish.as_str() {
            "create" => (Sort::Notable, format!("creates {room}")),
            "add" => (Sort::Notable, format!("adds {whom} to {room}")),
            "remove" => (Sort::Notable, format!("removes {whom} from {room}")),
            "leave" => (Sort::Notable, format!("leaves {room}")),
            "join" => (Sort::Notable, format!("joins {room}")),
            "invite" => (Sort::Notable, format!("lists {whom} in {room}")),
            "ban" => (Sort::Notable, format!("bans {whom} from {room}")),
            "unban" => (Sort::Notable, format!("lifts the ban of {whom} in {room}")),
            "kick" => (Sort::Notable, format!("kicks {whom} out of {room}")),
            "change-role" => (Sort::Notable, format!("changes the role of {whom} in {room}")),
            "remove-client" => (Sort::Notable, format!("removes the client {whom} from {room}")),
            "self-remove" => (Sort::Notable, format!("takes itself out of {room}")),
            "re-add" => (Sort::Notable, format!("takes {whom} out of {room} and adds it again")),
            "reboot" => {
                (Sort::Notable, format!("opens {room} in the place of {}", lost_room(object)))
            }
            "change-policy" => (Sort::Notable, format!("changes the policy of {room}")),
            "send" => (Sort::Message, format!("sends {quoted} to {room}")),
            "rename" => (Sort::Wish, format!("renames {room} to {quoted}")),
            "update" => (Sort::Wish, format!("updates its keys in {room}")),
            "report-abuse" => (Sort::Notable, format!("reports {whom} to the hub of {room}")),
            "ask-consent" => (Sort::Notable, format!("asks {whom} for consent")),
            "cancel-consent" => (Sort::Notable, format!("asks {whom} for consent no more")),
            "grant-consent" => (Sort::Notable, format!("consents to be added by {whom}")),
            "revoke-consent" => (Sort::Notable, format!("denies {whom} its consent")),
            "find-user" => (Sort::Notable, format!("asks who is {object}")),
            "upload" => (Sort::Notable, format!("uploads {object}")),
            "download" => (Sort::Notable, format!("downloads {object} through the hub of {room}")),
            "delete-account" => (Sort::Notable, "deletes its account".to_owned()),
            other => (Sort::Notable, format!("wants {other} {whom} in {room}")),
        };
        let Some((ended, fate, why)) = self.fates.get(intent.as_str()) else {
            return notable(format!("{text} (this never came to an end)"));
        };
        let after = seconds(ended.saturating_sub(entry.at_ms));
        let why = detail(why);
        match fate {
            Fate::Done if routine == Sort::Message => Some((routine, text)),
            Fate::Done => Some((routine, format!("{text} (done in {after})"))),
            Fate::Refused => notable(format!("{text} (refused after {after}{why})")),
            Fate::Abandoned => notable(format!("{text} (abandoned after {after}{why})")),
        }
    }

    fn accepted(&mut self, event: &'a Event) -> Told {
        let Event::Accepted { room, kind, epoch, client, user, change, deeds, .. } = event else {
            return None;
        };
        let who = client.as_ref().map_or(user.name(), |client| self.names.client(client));
        let named = self.names.room(room);
        match kind {
            Kind::Message => None,
            Kind::Created => notable(format!("{named} exists: {who} created it")),
            Kind::Proposals => {
                if let Some(Deed { by: Author::Server(server), .. }) = deeds.first() {
                    let what = self.deeds(room, change, deeds);
                    return notable(format!("the server {server} proposes for {named}: {what}"));
                }
                if change.unlisted.contains(user) {
                    self.leaving.insert((room, user));
                    let clients = self.clients(&change.removes, user);
                    return notable(format!(
                        "{}{clients} asks to be taken out of {named}: the next commit shall do it",
                        user.name()
                    ));
                }
                notable(format!("{who} proposes for {named}: {}", self.deeds(room, change, deeds)))
            }
            Kind::Commit | Kind::ExternalCommit => {
                let deeds = match kind {
                    Kind::ExternalCommit if change.removes.is_empty() => "joined".to_owned(),
                    Kind::ExternalCommit => "came back".to_owned(),
                    _ => self.deeds(room, change, deeds),
                };
                let next = epoch.saturating_add(1);
                let text = format!("{named} is at epoch {next}: {who} {deeds}");
                for user in &change.unlisted {
                    self.leaving.remove(&(room, user));
                }
                let changes_members = !(change.adds.is_empty() && change.removes.is_empty());
                Some((if changes_members { Sort::Notable } else { Sort::Commit }, text))
            }
        }
    }

    /// What a commit or a bundle of proposals does, in the past tense.
    fn deeds(&self, room: &RoomUri, change: &Change, one_by_one: &[Deed]) -> String {
        let mut deeds = Vec::new();
        for participant in &change.listed {
            let user = &participant.user;
            deeds.push(format!("added {}{}", user.name(), self.clients(&change.adds, user)));
        }
        for user in &change.unlisted {
            let clients = self.clients(&change.removes, user);
            let leaves = self.leaving.contains(&(room, user));
            let verb = if leaves { "completed the leave of" } else { "removed" };
            deeds.push(format!("{verb} {}{clients}", user.name()));
        }
        let alone = |clients: &[ClientUri], handled: &dyn Fn(&UserUri) -> bool| {
            let rest =
                clients.iter().filter(|client| !self.names.owner(client).is_some_and(handled));
            let named: Vec<&str> = rest.map(|client| self.names.client(client)).collect();
            (!named.is_empty()).then(|| named.join(", "))
        };
        let listed = |user: &UserUri| change.listed.iter().any(|added| added.user == *user);
        if let Some(clients) = alone(&change.adds, &listed) {
            deeds.push(format!("added the clients {clients}"));
        }
        if let Some(clients) = alone(&change.removes, &|user| change.unlisted.contains(user)) {
            deeds.push(format!("removed the clients {clients}"));
        }
        for participant in &change.roles {
            deeds.push(format!("gave {} role {}", participant.user.name(), participant.role));
        }
        if let Some(name) = &change.name {
            deeds.push(format!("renamed it “{}”", shortened(name, 40)));
        }
        let rules: BTreeSet<_> =
            one_by_one.iter().filter_map(|deed| rules_of(&deed.what)).collect();
        deeds.extend(rules.iter().map(|rules| format!("changed {rules}")));
        if deeds.is_empty() { "updated its keys".to_owned() } else { deeds.join(", ") }
    }

    /// Those of `clients` that are `user`'s: ` (B1, B2)`.
    fn clients(&self, clients: &[ClientUri], user: &UserUri) -> String {
        let own = clients.iter().filter(|client| self.names.owner(client) == Some(user));
        let named: Vec<&str> = own.map(|client| self.names.client(client)).collect();
        if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) }
    }

    /// Who first sent the request that led to `entry`, however often it was passed on.
    fn asker(&self, entry: &Entry) -> &str {
        let mut who = "a request";
        let mut next = entry.cause;
        while let Some(cause) = next.and_then(|n| self.entries.get(n.checked_sub(1)? as usize)) {
            let earlier = cause.cause.is_none_or(|n| n < cause.n);
            if !matches!(cause.event, Event::Request { .. }) || !earlier {
                break;
            }
            who = &cause.node;
            next = cause.cause;
        }
        who
    }

    fn recovery(&self, entry: &Entry) -> Told {
        match &entry.event {
            Event::Rejected { room, rule, why, .. } => {
                let room = self.names.room(room);
                let text =
                    format!("rejects a message of {room}, by the rule {rule}{}", detail(why));
                Some((Sort::Rejection, text))
            }
            Event::Unreadable { room, epoch, why, .. } => {
                let room = self.names.room(room);
                let text =
                    format!("can't read a message of {room} from epoch {epoch}{}", detail(why));
                Some((Sort::Unreadable, text))
            }
            Event::Resyncing { room, why, .. } => {
                let room = self.names.room(room);
                notable(format!(
                    "sets out to return to {room} by an external commit{}",
                    detail(why)
                ))
            }
            Event::Removed { room, epoch, .. } => {
                let room = self.names.room(room);
                Some((Sort::Departure, format!("is out of {room}; its last epoch was {epoch}")))
            }
            _ => None,
        }
    }

    /// Consents, told by the provider whose word counts; ended accounts.
    fn affair(&self, entry: &Entry) -> Told {
        let (requester, target, room, verb) = match &entry.event {
            Event::ConsentAsked { requester, target, room } => {
                (requester, target, room, "is asked to consent")
            }
            Event::ConsentCancelled { requester, target, room } => {
                (requester, target, room, "is no longer asked to consent")
            }
            Event::ConsentGranted { requester, target, room } => {
                (requester, target, room, "consents")
            }
            Event::ConsentRevoked { requester, target, room } => {
                (requester, target, room, "does not consent")
            }
            Event::ExternalSenders { room, servers, .. } => {
                let names: Vec<_> = servers.iter().map(ToString::to_string).collect();
                let (room, names) = (self.names.room(room), names.join(", "));
                return notable(format!("servers that may propose in {room}: {names}"));
            }
            Event::AccountDeleted { user } => {
                return notable(format!("the account of {} is no more", user.name()));
            }
            _ => return None,
        };
        if entry.node != target.provider().as_str() {
            return None;
        }
        let place = room.as_ref().map_or("any room", |room| self.names.room(room));
        let (target, requester) = (target.name(), requester.name());
        notable(format!("{target} {verb} to be added to {place} by {requester}"))
    }

    /// What happens to nodes and links.
    fn weather(&self, index: usize) -> Told {
        let entry = &self.entries[index];
        match &entry.event {
            Event::Crashed => notable("crashes, and loses what was not on its disk".into()),
            Event::Restarted { rolled_back: false } => notable("runs again from its disk".into()),
            Event::Restarted { rolled_back: true } => {
                notable("runs again, from an older state of its disk".into())
            }
            Event::ClockSet { off_ms: 0 } => notable("has its clock put right".into()),
            Event::ClockSet { off_ms } => notable(format!("has its clock off by {off_ms} ms")),
            Event::Offline => notable("is offline".into()),
            Event::Online => notable("is online again".into()),
            Event::BehaviourBegan { behaviour } => {
                notable(format!("begins to misbehave: {behaviour}"))
            }
            Event::Alarmed { room, detector, epoch, why, proven } => {
                let room = self.names.room(room);
                let word = if *proven { "has proof" } else { "is warned" };
                notable(format!("{word} by {detector}: {room}, epoch {epoch}: {why}"))
            }
            Event::BehaviourEnded { behaviour } => {
                notable(format!("ends its misbehaviour: {behaviour}"))
            }
            Event::Opened { room, client, epoch, .. } => {
                let (client, room) = (self.names.client(client), self.names.room(room));
                notable(format!(
                    "opens a message of {room} from epoch {epoch} with a copy of {client}'s disk"
                ))
            }
            Event::Cloned { room } => {
                let room = self.names.room(room);
                notable(format!("has a thief at its disk, who copies what it has of {room}"))
            }
            Event::ShutOut { room, client, epoch, after_ms, .. } => {
                let (client, room) = (self.names.client(client), self.names.room(room));
                let after = seconds(*after_ms);
                notable(format!(
                    "can't follow {room} into epoch {epoch} with the copy of {client}'s disk: it \
                     has healed {after} after the theft"
                ))
            }
            // What a user shows to a hub on purpose is told where the hub takes it.
            Event::Seen { endpoint, .. } if endpoint.ends_with("reportAbuse") => None,
            Event::Seen { secret, message, from, to, .. } => {
                let what = match secret {
                    Secret::Content => "plaintext",
                    Secret::Sender => "sender",
                };
                notable(format!("finds the {what} of message {message} in what {from} sent {to}"))
            }
            Event::Kept { secret, message, server, .. } => {
                let what = match secret {
                    Secret::Content => "plaintext",
                    Secret::Sender => "sender",
                };
                notable(format!("finds the {what} of message {message} on the disk of {server}"))
            }
            _ => self.link(index),
        }
    }

    /// A fault of a link; two opposite ones next to each other are told as one.
    fn link(&self, index: usize) -> Told {
        let (says, from, to) = link_of(&self.entries[index])?;
        let opposite = |other: Option<&Entry>| {
            other.is_some_and(|other| {
                other.at_ms == self.entries[index].at_ms && link_of(other) == Some((says, to, from))
            })
        };
        let before = index.checked_sub(1).and_then(|before| self.entries.get(before));
        if opposite(before) {
            return None;
        }
        let way = if opposite(self.entries.get(index + 1)) {
            format!("between {from} and {to}")
        } else {
            format!("from {from} to {to}")
        };
        notable(format!("{says} {way}"))
    }
}

/// The name of a room that another takes the place of.
fn lost_room(uri: &str) -> String {
    RoomUri::parse(uri).map_or(uri.to_owned(), |uri| uri.name().to_owned())
}

/// What of the room's rules a proposal changes, if anything.
fn rules_of(what: &DeedKind) -> Option<&'static str> {
    match what {
        DeedKind::ChangePolicy { part } => Some(match part.as_str() {
            "roles" => "the roles",
            "preauthorized" => "who is preauthorised",
            "base" => "the base policy",
            "operational" => "the operational policy",
            "franking_agent" => "the franking agent",
            "join_codes_added" | "join_codes_removed" => "the join codes",
            _ => "the policy",
        }),
        DeedKind::Other { name } if name == "external senders" => Some("the external senders"),
        _ => None,
    }
}

fn link_of(entry: &Entry) -> Option<(&'static str, &str, &str)> {
    match &entry.event {
        Event::Partitioned { from, to } => Some(("nothing passes any more", from, to)),
        Event::Held { from, to } => Some(("everything is held back", from, to)),
        Event::Healed { from, to } => Some(("everything flows again", from, to)),
        _ => None,
    }
}

/// `: why`, or nothing where no reason is given.
fn detail(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(": {}", shortened(why, 200)) }
}

#[cfg(test)]
mod tests;
