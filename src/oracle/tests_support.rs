//! Little traces by hand: a room that keeps itself in order, and ways to spoil it.
//!
//! A [`Story`] knows the hub `a.example` and the room `clubhouse`, with the clients A1 and A2 of
//! alice (a.example), B1 and B2 of bob (b.example), C1 of carol (c.example). Its verbs append what
//! honest nodes would record. [`Story::amend`] spoils the last entry; [`Story::push`] adds any.

use super::policy_is_kept::{REPORT_ABUSE, SEND_MESSAGE};
use super::receivers_may_receive::RECEIVE_MESSAGE;
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};
use crate::trace::{
    Change, Deed, Digest, Entry, Event, FORMAT, Fate, Header, Kind, Member, Node, Participant,
    PolicyView, RoleView, RoomView, Stage, StateRef, Taken, Way,
};
use std::collections::BTreeMap;

mod ending;
mod findings;

pub(super) const HUB: &str = "a.example";

pub(super) fn room() -> RoomUri {
    RoomUri::parse("mimi://a.example/r/clubhouse").unwrap()
}

/// The client of a short name: `B1` is `mimi://b.example/d/B1`.
pub(super) fn client(name: &str) -> ClientUri {
    let provider = format!("{}.example", name[..1].to_lowercase());
    ClientUri::new(&ProviderName::new(&provider).unwrap(), name).unwrap()
}

/// The user of a client's short name: `B1` is bob's.
pub(super) fn user(name: &str) -> UserUri {
    let text = match &name[..1] {
        "A" => "mimi://a.example/u/alice",
        "B" => "mimi://b.example/u/bob",
        _ => "mimi://c.example/u/carol",
    };
    UserUri::parse(text).unwrap()
}

pub(super) fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

pub(super) fn participant(name: &str) -> Participant {
    Participant { user: user(name), role: 2 }
}

/// What adding these clients, and listing these users (by one of their clients), changes.
pub(super) fn adding(clients: &[&str], listed: &[&str]) -> Change {
    Change {
        adds: clients.iter().map(|name| client(name)).collect(),
        listed: listed.iter().map(|name| participant(name)).collect(),
        ..Change::default()
    }
}

/// What removing these clients, and unlisting these users (by one of their clients), changes.
pub(super) fn removing(clients: &[&str], unlisted: &[&str]) -> Change {
    Change {
        removes: clients.iter().map(|name| client(name)).collect(),
        unlisted: unlisted.iter().map(|name| user(name)).collect(),
        ..Change::default()
    }
}

/// The room at one epoch.
#[derive(Clone, Default)]
pub(super) struct Snapshot {
    pub(super) members: Vec<Member>,
    pub(super) participants: Vec<Participant>,
    commit: Option<Digest>,
}

pub(super) struct Story {
    pub(super) header: Header,
    pub(super) entries: Vec<Entry>,
    pub(super) at_ms: u64,
    snapshots: Vec<Snapshot>,
    stays: BTreeMap<String, u64>,
    epochs: BTreeMap<String, u64>,
    index: u64,
    counter: u64,
}

impl Story {
    /// Nothing has happened yet.
    pub(super) fn new() -> Self {
        let mut nodes = BTreeMap::new();
        for domain in ["a.example", "b.example", "c.example"] {
            let provider = ProviderName::new(domain).unwrap();
            nodes.insert(domain.to_owned(), Node::Provider { provider });
        }
        for name in ["A1", "A2", "B1", "B2", "C1"] {
            let node = Node::Client { client: client(name), user: user(name) };
            nodes.insert(name.to_owned(), node);
        }
        let header = Header {
            format: FORMAT,
            scenario: "by hand".into(),
            script: digest("script"),
            seed: 1,
            nodes,
            rooms: BTreeMap::from([("clubhouse".to_owned(), room())]),
            dishonest: vec![],
            expected: vec![],
            without: vec![],
            hub_without: vec![],
            readings: vec![],
            rest_ms: 20_000,
            explicit_consent: false,
            detectors: vec![],
            detection: None,
        };
        Self {
            header,
            entries: vec![],
            at_ms: 0,
            snapshots: vec![],
            stays: BTreeMap::new(),
            epochs: BTreeMap::new(),
            index: 0,
            counter: 0,
        }
    }

    /// The first client has created the room; the others were added, and all are at epoch 1.
    pub(super) fn room_of(clients: &[&str]) -> Self {
        let mut story = Self::new();
        let (creator, others) = clients.split_first().unwrap();
        story.creates(creator);
        let new = |name: &&&str| user(name) != user(creator);
        let mut listed: Vec<_> = others.iter().filter(new).copied().collect();
        listed.dedup_by_key(|name| user(name));
        story.commit(creator, adding(others, &listed));
        story.enters(creator);
        others.iter().for_each(|name| story.joins(name, Way::Welcome));
        story
    }

    /// The hub has had this client taken out and has left its user on the list, as it does with
    /// whom it bans; then A1 has let the client back in. All are at epoch 3.
    pub(super) fn with_somebody_back(name: &str) -> Self {
        let mut story = Self::room_of(&["A1", name]);
        story.accepted("A1", Kind::Proposals, 1, "expulsion", removing(&[name], &[]));
        story.push(HUB, Event::Exiting { room: room(), user: user(name) });
        story.commit_of("A1", Kind::Commit, removing(&[name], &[]), &[digest("expulsion")]);
        story.enters("A1");
        story.removed(name);
        story.commit("A1", adding(&[name], &[]));
        story.enters("A1");
        story.joins(name, Way::Welcome);
        story
    }

    /// Appends any event; returns its place in the trace.
    pub(super) fn push(&mut self, node: &str, event: Event) -> u64 {
        let n = self.entries.len() as u64 + 1;
        self.at_ms += 10;
        self.entries.push(Entry { n, at_ms: self.at_ms, node: node.into(), cause: None, event });
        n
    }

    /// Place of the last entry in the trace.
    pub(super) fn last(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Spoils the last entry.
    pub(super) fn amend(&mut self, change: impl FnOnce(&mut Event)) {
        change(&mut self.entries.last_mut().unwrap().event);
    }

    /// The hub's epoch.
    pub(super) fn epoch(&self) -> u64 {
        self.snapshots.len() as u64 - 1
    }

    pub(super) fn creates(&mut self, by: &str) {
        let member = Member { leaf: 0, client: client(by), user: user(by), key: digest(by) };
        let participants = vec![participant(by)];
        self.snapshots.push(Snapshot { members: vec![member], participants, commit: None });
        self.accepted(by, Kind::Created, 0, "created", Change::default());
        self.shadowed();
        self.durable();
        self.joins(by, Way::Created);
    }

    /// The hub accepts a commit, makes it durable, and moves on.
    pub(super) fn commit(&mut self, by: &str, change: Change) {
        self.commit_of(by, Kind::Commit, change, &[]);
    }

    pub(super) fn commit_of(&mut self, by: &str, kind: Kind, change: Change, cached: &[Digest]) {
        let epoch = self.epoch();
        let name = self.fresh("commit");
        let mut next = self.snapshots.last().unwrap().clone();
        next.members.retain(|member| !change.removes.contains(&member.client));
        for added in &change.adds {
            let (name, key) = (added.name(), digest(&format!("{} {epoch}", added.name())));
            let leaf = (0..).find(|leaf| next.members.iter().all(|m| m.leaf != *leaf)).unwrap();
            let member = Member { leaf, client: added.clone(), user: user(name), key };
            next.members.push(member);
        }
        next.participants.retain(|entry| !change.unlisted.contains(&entry.user));
        next.participants.extend(change.listed.clone());
        next.commit = Some(digest(&name));
        self.accepted(by, kind, epoch, &name, change);
        self.amend(|event| {
            if let Event::Accepted { proposals, .. } = event {
                *proposals = cached.to_vec();
            }
        });
        self.snapshots.push(next);
        self.shadowed();
        self.durable();
    }

    /// A commit that consists of these deeds, none of which changes the room state.
    pub(super) fn commit_with(&mut self, by: &str, wanted: Vec<Deed>) {
        self.update(by);
        let accepted = self.entries.iter_mut().rev().find_map(|entry| match &mut entry.event {
            Event::Accepted { deeds, .. } => Some(deeds),
            _ => None,
        });
        *accepted.unwrap() = wanted;
    }

    /// A commit that changes nothing but keys.
    pub(super) fn update(&mut self, by: &str) {
        self.commit(by, Change::default());
    }

    pub(super) fn accepted(&mut self, by: &str, kind: Kind, epoch: u64, of: &str, change: Change) {
        let index = self.index;
        self.index += 1;
        let event = Event::Accepted {
            room: room(),
            index,
            kind,
            epoch,
            digest: digest(of),
            proposals: vec![],
            client: Some(client(by)),
            user: user(by),
            stamp: 1000 + index,
            change,
            deeds: vec![],
        };
        self.push(HUB, event);
    }

    /// The hub lost what it accepted last, and will use its place in the log again.
    pub(super) fn forget_last_index(&mut self) {
        self.index -= 1;
    }

    pub(super) fn durable(&mut self) {
        self.push(HUB, Event::Durable { room: room(), index: self.index - 1 });
    }

    /// All states so far, of this epoch on, say that no role may receive messages.
    pub(super) fn nobody_may_receive(&mut self, from: u64) {
        self.since_epoch(from, |view| {
            view.roles.iter_mut().for_each(|role| {
                role.capabilities.retain(|held| *held != RECEIVE_MESSAGE);
            });
        });
    }

    /// Changes all states so far.
    pub(super) fn everywhere(&mut self, change: impl Fn(&mut RoomView)) {
        self.since_epoch(0, change);
    }

    fn since_epoch(&mut self, from: u64, change: impl Fn(&mut RoomView)) {
        for entry in &mut self.entries {
            if let Event::Shadowed { state, epoch, .. } | Event::Entered { state, epoch, .. } =
                &mut entry.event
                && *epoch >= from
            {
                change(state.view.as_mut().unwrap());
            }
        }
    }

    /// The hub's committed view of its latest epoch.
    pub(super) fn shadowed(&mut self) {
        let epoch = self.epoch();
        let snapshot = self.snapshots[epoch as usize].clone();
        let event = Event::Shadowed {
            room: room(),
            stage: Stage::Committed,
            epoch,
            context: digest(&format!("context {epoch}")),
            tag: digest(&format!("tag {epoch}")),
            state: state_of(&snapshot),
            members: snapshot.members,
        };
        self.push(HUB, event);
    }

    /// Spoils the last member in the hub's last view, and makes that the last entry.
    pub(super) fn amend_members_of_last_shadow(&mut self, change: impl FnOnce(&mut Member)) {
        let is_view = |entry: &Entry| matches!(entry.event, Event::Shadowed { .. });
        while !self.entries.last().is_some_and(is_view) {
            self.entries.pop();
        }
        self.amend(|event| {
            if let Event::Shadowed { members, .. } = event {
                change(members.last_mut().unwrap());
            }
        });
    }

    /// The client begins a new stay at the hub's epoch.
    pub(super) fn joins(&mut self, name: &str, way: Way) {
        *self.stays.entry(name.to_owned()).or_default() += 1;
        self.entered(name, self.epoch(), way);
    }

    /// The client applies the commit that leads to the hub's epoch.
    pub(super) fn enters(&mut self, name: &str) {
        self.enters_at(name, self.epoch());
    }

    /// These clients apply the commit that leads to the hub's epoch.
    pub(super) fn all_enter(&mut self, names: &[&str]) {
        names.iter().for_each(|name| self.enters(name));
    }

    /// The client applies the commit that leads to this epoch.
    pub(super) fn enters_at(&mut self, name: &str, epoch: u64) {
        self.entered(name, epoch, Way::Commit);
    }

    fn entered(&mut self, name: &str, epoch: u64, way: Way) {
        self.epochs.insert(name.to_owned(), epoch);
        let snapshot = self.snapshots[epoch as usize].clone();
        let event = Event::Entered {
            room: room(),
            epoch,
            stay: self.stays[name],
            way,
            authenticator: digest(&format!("authenticator {epoch}")),
            context: digest(&format!("context {epoch}")),
            tag: digest(&format!("tag {epoch}")),
            state: state_of(&snapshot),
            members: snapshot.members,
            commit: snapshot.commit,
        };
        self.push(name, event);
    }

    /// The client submits a message at the hub's epoch, and the hub accepts it.
    pub(super) fn sends(&mut self, by: &str, message: &str) {
        let epoch = self.epoch();
        self.submits(by, message);
        self.accepted(by, Kind::Message, epoch, message, Change::default());
        self.durable();
        self.told(by, message, "success");
    }

    pub(super) fn submits(&mut self, by: &str, message: &str) {
        let (epoch, content) = (self.epoch(), digest(&format!("content {message}")));
        let (room, digest) = (room(), digest(message));
        let (message, bytes) = (message.into(), 100);
        self.push(by, Event::Submitted { room, message, epoch, digest, content, bytes });
    }

    /// The hub's answer to the MLS message of this name.
    pub(super) fn told(&mut self, by: &str, of: &str, code: &str) {
        let event =
            Event::Told { room: room(), digest: digest(of), code: code.into(), epoch: None };
        self.push(by, event);
    }

    pub(super) fn delivers(&mut self, to: &str, message: &str, sender: &str) {
        let event = Event::Delivered {
            room: room(),
            message: message.into(),
            sender: client(sender),
            epoch: self.epoch(),
            digest: digest(message),
            content: digest(&format!("content {message}")),
            frank: None,
        };
        self.push(to, event);
    }

    /// The world's copy of the client's disk, taken at the hub's epoch, opens a message of an
    /// epoch.
    pub(super) fn opens(&mut self, copied: &str, taken: Taken, epoch: u64, message: &str) {
        let event = Event::Opened {
            room: room(),
            client: client(copied),
            taken,
            at_epoch: self.epoch(),
            digest: digest(message),
            epoch,
        };
        self.push("world", event);
    }

    /// The commit that led to an epoch.
    pub(super) fn commit_to(&self, epoch: u64) -> Option<Digest> {
        self.snapshots[epoch as usize].commit
    }

    pub(super) fn removed(&mut self, name: &str) {
        let epoch = self.epoch() - 1;
        self.push(name, Event::Removed { room: room(), epoch, commit: None });
    }

    /// A wish of the client's user; returns the intent's id.
    pub(super) fn wishes(&mut self, name: &str, wish: &str) -> String {
        let intent = self.fresh("intent");
        let event = Event::Intent {
            intent: intent.clone(),
            room: room(),
            wish: wish.into(),
            object: String::new(),
            probe: false,
        };
        self.push(name, event);
        intent
    }

    pub(super) fn done(&mut self, name: &str, intent: &str) {
        let (intent, why) = (intent.to_owned(), String::new());
        self.push(name, Event::IntentEnded { intent, fate: Fate::Done, why });
    }

    pub(super) fn crashes(&mut self, node: &str, rolled_back: bool) {
        self.push(node, Event::Crashed);
        self.push(node, Event::Restarted { rolled_back });
    }

    fn fresh(&mut self, what: &str) -> String {
        self.counter += 1;
        format!("{what} {}", self.counter)
    }
}

fn state_of(snapshot: &Snapshot) -> StateRef {
    let roles = [(1, "banned"), (2, "member")].map(|(index, name)| RoleView {
        index,
        name: name.into(),
        // canReceiveMessage
        capabilities: vec![SEND_MESSAGE, RECEIVE_MESSAGE, REPORT_ABUSE],
        ..RoleView::default()
    });
    let participants = snapshot.participants.clone();
    let policy = PolicyView { epoch_tolerance: 5, ..PolicyView::default() };
    let name = "Clubhouse".into();
    let view = RoomView { participants, roles: roles.to_vec(), name, policy };
    StateRef { hash: digest(&format!("{view:?}")), view: Some(view) }
}

/// Hash of the room state at an epoch.
pub(super) fn state_hash(story: &Story, epoch: u64) -> Digest {
    state_of(&story.snapshots[epoch as usize]).hash
}
