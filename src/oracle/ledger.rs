//! What several invariants need to remember of a trace.
//!
//! The ledger takes note of each entry after the invariants have seen it, and judges nothing. What
//! dishonest clients claim to believe is not written down, so that it never becomes the value that
//! honest ones are held against.
//!
//! Not here: what one invariant alone needs (it keeps that itself), and the state that a client
//! restarts with: until it enters an epoch again, it counts as being where it last was.

use std::collections::{BTreeMap, BTreeSet};

use super::audience::Audiences;
use super::health::Health;
use super::hub_log::{Item, Shadow};
use super::mail::Mail;
use super::room::{Belief, LIBRARY, Room};
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};
use crate::trace::{
    Author, Deed, DeedKind, Digest, Entry, Event, Fate, Header, Judged, Kind, Member, Node, Phase,
};
use crate::trace::{RoomView, Stage, StateRef};

/// A wish that was given to a client.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    /// The client's node.
    pub(super) node: String,
    /// The room.
    pub(super) room: RoomUri,
    /// The verb.
    pub(super) verb: String,
    /// Made by the world, not by the scenario.
    pub(super) probe: bool,
    /// Place of the entry in the trace.
    pub(super) n: u64,
}

/// Who is behind a client's node.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// The client.
    pub(super) client: ClientUri,
    /// Its user.
    pub(super) user: UserUri,
}

/// See the top of this file.
#[derive(Debug)]
pub(super) struct Ledger {
    persons: BTreeMap<String, Person>,
    names: BTreeMap<ClientUri, String>,
    dishonest: BTreeSet<String>,
    /// Nodes that came back from an older disk.
    set_back: BTreeSet<String>,
    room_names: BTreeMap<RoomUri, String>,
    nowhere: Room,
    rooms: BTreeMap<RoomUri, Room>,
    views: BTreeMap<Digest, RoomView>,
    /// KeyPackages are handed out only where their user has agreed.
    pub(super) explicit_consent: bool,
    /// Users may leave rooms of fixed membership by themselves (Q8).
    pub(super) fixed_rooms_may_be_left: bool,
    /// Hubs check whatever clients do.
    pub(super) hubs_check_all: bool,
    /// Users whose provider ended their account: nothing is owed to them.
    gone: BTreeSet<UserUri>,
    /// Wishes that have not come to their end, by intent.
    pub(super) wishes: BTreeMap<String, Wish>,
    /// Open faults.
    pub(super) health: Health,
    /// Application messages.
    pub(super) mail: Mail,
    /// For whom they were encrypted.
    pub(super) audiences: Audiences,
}

impl Ledger {
    /// A ledger of a run of which nothing is known but its header.
    pub(super) fn new(header: &Header) -> Self {
        let mut persons = BTreeMap::new();
        let mut names = BTreeMap::new();
        for (name, node) in &header.nodes {
            if let Node::Client { client, user } = node {
                names.insert(client.clone(), name.clone());
                persons.insert(name.clone(), Person { client: client.clone(), user: user.clone() });
            }
        }
        let room_names = header.rooms.iter().map(|(name, uri)| (uri.clone(), name.clone()));
        Self {
            persons,
            names,
            dishonest: header.dishonest.iter().cloned().collect(),
            set_back: BTreeSet::new(),
            room_names: room_names.collect(),
            nowhere: Room::default(),
            rooms: BTreeMap::new(),
            views: BTreeMap::new(),
            explicit_consent: header.explicit_consent,
            fixed_rooms_may_be_left: header
                .readings
                .iter()
                .any(|it| it == "fixed-rooms-may-be-left"),
            hubs_check_all: header.hub_without.is_empty(),
            gone: BTreeSet::new(),
            wishes: BTreeMap::new(),
            health: Health::default(),
            mail: Mail::default(),
            audiences: Audiences::default(),
        }
    }

    /// Who is behind a client's node.
    pub(super) fn person(&self, node: &str) -> Option<&Person> {
        self.persons.get(node)
    }

    /// The node of a client.
    pub(super) fn node_of(&self, client: &ClientUri) -> Option<&str> {
        self.names.get(client).map(String::as_str)
    }

    /// For people: a client's short name, or its URI where the header does not have it.
    pub(super) fn name_of(&self, client: &ClientUri) -> String {
        self.node_of(client).map_or_else(|| client.to_string(), str::to_owned)
    }

    /// For people: a room's short name, or its URI where the header does not have it.
    pub(super) fn room_name(&self, room: &RoomUri) -> String {
        self.room_names.get(room).cloned().unwrap_or_else(|| room.to_string())
    }

    /// Whether the script leaves the node honest.
    pub(super) fn is_honest(&self, node: &str) -> bool {
        !self.dishonest.contains(node)
    }

    /// Whether the room's hub is honest.
    pub(super) fn hub_is_honest(&self, room: &RoomUri) -> bool {
        self.is_honest(hub_of(room))
    }

    /// Whether `node` is the room's hub, and honest: then its word counts.
    pub(super) fn speaks_as_hub(&self, node: &str, room: &RoomUri) -> bool {
        node == hub_of(room) && self.is_honest(node)
    }

    /// The room; an empty one where nothing has happened in it.
    pub(super) fn room(&self, room: &RoomUri) -> &Room {
        self.rooms.get(room).unwrap_or(&self.nowhere)
    }

    /// Rooms that exist and whose hub is honest: those that liveness is owed to.
    pub(super) fn owed_rooms(&self) -> impl Iterator<Item = (&RoomUri, &Room)> {
        self.rooms.iter().filter(|(uri, room)| !room.hub.is_empty() && self.hub_is_honest(uri))
    }

    /// Whether a hub has accepted anything at all.
    pub(super) fn anything_accepted(&self) -> bool {
        self.rooms.values().any(|room| !room.hub.is_empty())
    }

    /// The decoded state behind a reference, if the trace has it.
    pub(super) fn view<'a>(&'a self, state: &'a StateRef) -> Option<&'a RoomView> {
        state.view.as_ref().or_else(|| self.views.get(&state.hash))
    }

    /// The decoded state of an epoch, as the hub sees it, or else the first member.
    pub(super) fn view_at(&self, room: &RoomUri, epoch: u64) -> Option<&RoomView> {
        let room = self.room(room);
        let shadow = room.hub.shadow_at(epoch).map(|shadow| shadow.state);
        let hash = shadow.or_else(|| room.firsts.get(&epoch).map(|belief| belief.state))?;
        self.views.get(&hash)
    }

    /// Whether the client runs, is online, has an account, and nothing cuts it off from the room's
    /// hub.
    pub(super) fn in_touch(&self, node: &str, room: &RoomUri) -> bool {
        let person = self.person(node).filter(|person| !self.gone.contains(&person.user));
        let provider: Option<&ProviderName> = person.map(|p| p.client.provider());
        provider.is_some_and(|own| self.health.in_touch(node, own, hub_of(room)))
    }

    /// Nodes of the honest clients that are members in the hub's latest committed view, whose
    /// user is not on its way out, and that are in touch with the hub.
    pub(super) fn active(&self, uri: &RoomUri) -> Vec<&str> {
        let room = self.room(uri);
        let staying = |member: &&Member| !room.leavers.contains_key(&member.user);
        let members = room.hub.members().iter().filter(staying);
        members
            .filter_map(|member| self.node_of(&member.client))
            .filter(|node| self.is_honest(node) && self.in_touch(node, uri))
            .filter(|node| !self.is_barred(uri, node))
            .collect()
    }

    /// Takes note of an entry.
    pub(super) fn note(&mut self, entry: &Entry) {
        self.health.note(entry);
        self.mail.note(entry);
        self.note_wish(entry);
        self.note_stop(entry);
        self.note_end(entry);
        self.note_hub(entry);
        if self.is_honest(&entry.node) {
            self.note_client(entry);
            self.audiences.note(entry);
        }
    }

    fn note_wish(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Intent { intent, room, wish, probe, .. } => {
                let (node, room, verb) = (entry.node.clone(), room.clone(), wish.clone());
                let wish = Wish { node, room, verb, probe: *probe, n: entry.n };
                self.wishes.insert(intent.clone(), wish);
            }
            Event::IntentEnded { intent, fate, .. } => {
                let Some(wish) = self.wishes.remove(intent) else { return };
                let user = self.person(&wish.node).map(|person| person.user.clone());
                let Some(user) = user.filter(|_| wish.verb == "leave") else { return };
                let room = self.rooms.entry(wish.room).or_default();
                match fate {
                    Fate::Done => room.leaves(&user, wish.n),
                    Fate::Refused | Fate::Abandoned => room.gives_up_leaving(&user),
                }
            }
            _ => {}
        }
    }

    fn note_end(&mut self, entry: &Entry) {
        if let Event::AccountDeleted { user } = &entry.event
            && entry.node == user.provider().as_str()
        {
            self.gone.insert(user.clone());
        }
    }

    fn note_stop(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Crashed => {
                let own = self.rooms.iter_mut().filter(|(uri, _)| hub_of(uri) == entry.node);
                own.for_each(|(_, room)| room.crash());
                self.stopped(&entry.node);
            }
            Event::Restarted { rolled_back } => {
                self.stopped(&entry.node);
                if *rolled_back {
                    self.set_back.insert(entry.node.clone());
                    self.forget_wishes(&entry.node);
                }
            }
            _ => {}
        }
    }

    /// An older disk may not know of the node's wishes any more.
    fn forget_wishes(&mut self, node: &str) {
        let user = self.person(node).map(|person| person.user.clone());
        for wish in self.wishes.values().filter(|wish| wish.node == node && wish.verb == "leave") {
            if let (Some(user), Some(room)) = (&user, self.rooms.get_mut(&wish.room)) {
                room.gives_up_leaving(user);
            }
        }
        self.wishes.retain(|_, wish| wish.node != node);
    }

    fn stopped(&mut self, node: &str) {
        for room in self.rooms.values_mut() {
            if let Some(place) = room.places.get_mut(node) {
                place.restarted = true;
            }
        }
    }

    fn note_hub(&mut self, entry: &Entry) {
        let n = entry.n;
        match &entry.event {
            Event::Accepted {
                room,
                index,
                kind,
                epoch,
                digest,
                proposals,
                client,
                change,
                deeds,
                ..
            } if entry.node == hub_of(room) => {
                let (index, kind, epoch, digest) = (*index, *kind, *epoch, *digest);
                let (proposals, client) = (proposals.clone(), client.clone());
                let (change, deeds) = (change.clone(), deeds.clone());
                let item = Item { n, index, kind, epoch, digest, proposals, client, change, deeds };
                self.rooms.entry(room.clone()).or_default().accept(item);
            }
            Event::Durable { room, index } if entry.node == hub_of(room) => {
                self.rooms.entry(room.clone()).or_default().hub.durable(*index);
            }
            Event::Shadowed { room, stage, epoch, context, tag, state, members }
                if entry.node == hub_of(room) =>
            {
                self.learn(&entry.node, state);
                if *stage == Stage::Committed {
                    let (context, tag, state) = (*context, *tag, state.hash);
                    let shadow = Shadow { context, tag, state, members: members.clone() };
                    self.rooms.entry(room.clone()).or_default().shadow(*epoch, shadow);
                }
            }
            Event::Refused { room: Some(room), rule, judged: Some(judged), .. }
                if self.speaks_as_hub(&entry.node, room) && judged.kind == Kind::ExternalCommit =>
            {
                self.note_barred(room, rule, judged);
            }
            Event::Exiting { room, user } if entry.node == hub_of(room) => {
                self.rooms.entry(room.clone()).or_default().exits(user, n);
            }
            _ => {}
        }
    }

    /// An external commit was refused: was it for the room's policy?
    fn note_barred(&mut self, room: &RoomUri, rule: &str, judged: &Judged) {
        let view = self.view_at(room, judged.epoch);
        let bars = match rule {
            // That this is refused only where the policy says so is `verdicts_agree`'s.
            "authorised" => true,
            "external-commits-allowed" => view.is_some_and(|it| it.policy.no_external_commits),
            _ => false,
        };
        let returns = |deed: &Deed| match (&deed.by, &deed.what) {
            (Author::Client { .. }, DeedKind::Join) => true,
            (Author::Client { user, .. }, DeedKind::RemoveClient { of, .. }) => user == of,
            _ => false,
        };
        let author = judged.deeds.first().map(|deed| &deed.by);
        let only_returns = judged.deeds.iter().all(returns);
        let Some(Author::Client { client, .. }) = author.filter(|_| bars && only_returns) else {
            return;
        };
        if let Some(node) = self.names.get(client).cloned() {
            let room = self.rooms.entry(room.clone()).or_default();
            room.barred.insert(node, judged.epoch);
        }
    }

    /// Whether the room's policy does not let the node back in, as far as it is still what it was
    /// when the node tried. That is in order where the node lost its way by itself, and not where
    /// others left it no way on.
    pub(super) fn is_barred(&self, uri: &RoomUri, node: &str) -> bool {
        let room = self.room(uri);
        if room.locked_out.contains(node) {
            return false;
        }
        let Some(person) = self.person(node) else { return false };
        let terms = |epoch: u64| {
            let view = self.view_at(uri, epoch)?;
            let listed = view.participants.iter().find(|listed| listed.user == person.user);
            let role = listed.map(|listed| listed.role);
            let role = view.roles.iter().find(|it| Some(it.index) == role);
            Some((view.policy.no_external_commits, role.map(|it| &it.capabilities)))
        };
        let then = room.barred.get(node);
        then.is_some_and(|then| terms(*then) == room.hub.epoch().and_then(terms))
    }

    fn note_client(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Entered {
                room,
                epoch,
                stay,
                way,
                authenticator,
                context,
                tag,
                state,
                members,
                commit,
            } => {
                self.learn(&entry.node, state);
                let room = self.rooms.entry(room.clone()).or_default();
                let (authenticator, commit) = (*authenticator, *commit);
                room.enters(&entry.node, (*stay, *way), *epoch, authenticator, commit);
                let belief = Belief {
                    node: entry.node.clone(),
                    authenticator,
                    context: *context,
                    tag: *tag,
                    state: state.hash,
                    members: members.clone(),
                };
                room.believes(*epoch, *way, belief);
            }
            Event::Removed { room, .. } => {
                let room = self.rooms.entry(room.clone()).or_default();
                if let Some(place) = room.places.get_mut(&entry.node) {
                    place.removed = true;
                }
            }
            Event::Rejected { room, digest, rule, .. }
                if rule == LIBRARY && !self.set_back.contains(&entry.node) =>
            {
                let Some(room) = self.rooms.get_mut(room) else { return };
                if room.hub.find(digest).is_some_and(Item::is_commit) {
                    room.locked_out.insert(entry.node.clone());
                }
            }
            _ => {}
        }
    }

    fn learn(&mut self, node: &str, state: &StateRef) {
        if let Some(view) = &state.view
            && self.is_honest(node)
        {
            self.views.entry(state.hash).or_insert_with(|| view.clone());
        }
    }
}

/// The node that is a room's hub.
pub(super) fn hub_of(room: &RoomUri) -> &str {
    room.provider().as_str()
}

/// Whether the entry begins this phase.
pub(super) fn begins(entry: &Entry, wanted: Phase) -> bool {
    matches!(entry.event, Event::PhaseBegan { phase } if phase == wanted)
}
