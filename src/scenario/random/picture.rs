//! A rough picture of who is where, for whoever draws the next operation.
//!
//! It looks at each step as it is drawn, asks the rules of `mimi` whether a room would let it
//! happen, and if so takes it to have happened, at once. What faults, races and refusals of the
//! real run do is not seen here: an operation that looks possible may well be refused, and the
//! other way round. It only keeps about that share of the operations sensible that a file asks for.

use std::collections::{BTreeMap, BTreeSet};

use super::plan;
use crate::mimi::policy::Capability;
use crate::mimi::room::RoomState;
use crate::mimi::rules::{Actor, Base, Handshake, Prospect, Readings, RuleSet, founded_inside};
use crate::script::{Action, Script, Step, User};

/// What a well-informed onlooker would believe.
pub(super) struct Picture<'a> {
    /// Who is there.
    pub(super) script: &'a Script,
    rooms: BTreeMap<String, Inside>,
    /// Rooms that somebody has tried to create: it can be tried once.
    tried: BTreeSet<String>,
    /// Users of whom there is a message in a room, by room and user.
    heard: BTreeSet<(String, String)>,
    /// Since when each client exists, in simulated milliseconds.
    born: BTreeMap<String, u64>,
    /// Clients that are offline for good, or nearly.
    lost: BTreeSet<String>,
    /// Users without an account.
    ended: BTreeSet<String>,
    /// Assets that can be had, by their user and name.
    pub(super) assets: BTreeSet<(String, String)>,
}

/// A room that there is.
#[derive(Clone)]
pub(super) struct Inside {
    pub(super) state: RoomState,
    pub(super) members: Vec<Actor>,
}

impl<'a> Picture<'a> {
    /// Before anything has happened. New clients that act in the script's own steps exist from
    /// then on.
    pub(super) fn of(script: &'a Script) -> Self {
        let old = script.users.values().flat_map(|user| &user.clients);
        let mut born: BTreeMap<String, u64> = old.map(|(name, _)| (name.clone(), 0)).collect();
        for step in &script.steps {
            born.entry(step.client.clone()).or_insert(step.at_ms);
        }
        Self {
            script,
            rooms: BTreeMap::new(),
            tried: BTreeSet::new(),
            heard: BTreeSet::new(),
            born,
            lost: BTreeSet::new(),
            ended: BTreeSet::new(),
            assets: BTreeSet::new(),
        }
    }

    /// The rooms that there are.
    pub(super) fn rooms(&self) -> Vec<String> {
        self.rooms.keys().cloned().collect()
    }

    /// The rooms that there could be, and that no step of the script's own creates.
    pub(super) fn rooms_to_found(&self) -> Vec<String> {
        let created = |room: &str| {
            let mut steps = self.script.steps.iter();
            steps.any(|step| step.room == room && step.action.creates())
        };
        let open = |room: &&String| !self.tried.contains(*room) && !created(room);
        self.script.rooms.keys().filter(open).cloned().collect()
    }

    /// The room as it is taken to be.
    pub(super) fn inside(&self, room: &str) -> Option<&Inside> {
        self.rooms.get(room)
    }

    /// All clients that can act then.
    pub(super) fn clients(&self, at_ms: u64) -> Vec<String> {
        let acts = |client: &&String| self.acts(client, at_ms);
        self.born.keys().filter(acts).cloned().collect()
    }

    /// The members of a room that can act then.
    pub(super) fn members(&self, room: &str, at_ms: u64) -> Vec<String> {
        let members = self.rooms.get(room).map_or(&[][..], |inside| inside.members.as_slice());
        let names = members.iter().map(|member| member.client.name().to_owned());
        names.filter(|client| self.acts(client, at_ms)).collect()
    }

    fn acts(&self, client: &str, at_ms: u64) -> bool {
        self.born.get(client).is_some_and(|since| *since <= at_ms) && !self.lost.contains(client)
    }

    /// Clients that have not joined anything yet.
    pub(super) fn unborn(&self) -> Vec<String> {
        let new = self.script.users.values().flat_map(|user| &user.new_clients);
        let names = new.map(|(name, _)| name).filter(|name| !self.born.contains_key(*name));
        names.cloned().collect()
    }

    /// From now on the client does nothing more.
    pub(super) fn lose(&mut self, client: &str) {
        self.lost.insert(client.to_owned());
    }

    /// The client with its user.
    pub(super) fn actor(&self, client: &str) -> Option<Actor> {
        self.script.users.values().find_map(|user| {
            let mut clients = user.clients.iter().chain(&user.new_clients);
            let (_, uri) = clients.find(|(name, _)| name == client)?;
            Some(Actor { client: uri.clone(), user: user.uri.clone() })
        })
    }

    /// The short name of the client's user.
    pub(super) fn owner(&self, client: &str) -> Option<String> {
        self.actor(client).map(|actor| actor.user.name().to_owned())
    }

    /// The user's clients that exist.
    pub(super) fn clients_of(&self, user: &User) -> Vec<Actor> {
        let clients = user.clients.iter().chain(&user.new_clients);
        let born = clients.filter(|(name, _)| self.born.contains_key(name));
        born.map(|(_, uri)| Actor { client: uri.clone(), user: user.uri.clone() }).collect()
    }

    /// Whether the step seems to have a good chance.
    pub(super) fn looks_possible(&self, step: &Step) -> bool {
        let Some(owner) = self.owner(&step.client) else { return false };
        if self.ended.contains(&owner) {
            return false;
        }
        match &step.action {
            Action::Consent { user, .. } => *user != owner,
            Action::FindUser { .. } | Action::Upload { .. } | Action::DeleteAccount => true,
            Action::Download { user, name } => {
                let inside = self.members(&step.room, step.at_ms).contains(&step.client);
                inside && self.assets.contains(&(user.clone(), name.clone()))
            }
            _ => self.after(step).is_some(),
        }
    }

    /// Takes the step to have happened, where it looks possible.
    pub(super) fn see(&mut self, step: &Step) {
        // A new client exists once it has tried.
        self.born.entry(step.client.clone()).or_insert(step.at_ms);
        if step.action == Action::Create {
            self.tried.insert(step.room.clone());
        }
        if !self.looks_possible(step) {
            return;
        }
        let owner = self.owner(&step.client).unwrap_or_default();
        match &step.action {
            Action::Upload { name } => {
                self.assets.insert((owner, name.clone()));
            }
            Action::DeleteAccount => self.end_account(owner),
            Action::Send { .. } => {
                self.heard.insert((step.room.clone(), owner));
            }
            _ => {
                if let Some(inside) = self.after(step) {
                    self.rooms.insert(step.room.clone(), inside);
                }
            }
        }
    }

    fn end_account(&mut self, user: String) {
        for inside in self.rooms.values_mut() {
            inside.members.retain(|member| member.user.name() != user);
        }
        self.ended.insert(user);
    }

    /// The room after the step; none where it would not come to that.
    fn after(&self, step: &Step) -> Option<Inside> {
        let actor = self.actor(&step.client)?;
        if step.action == Action::Create {
            return self.founded(step, actor);
        }
        let inside = self.rooms.get(&step.room)?;
        let is_inside = inside.members.contains(&actor);
        let can = |capability| is_inside && inside.state.can(&actor.user, capability);
        match &step.action {
            Action::Send { .. } => can(Capability::SEND_MESSAGE).then(|| inside.clone()),
            Action::ReportAbuse { user, .. } => {
                let heard = self.heard.contains(&(step.room.clone(), user.clone()));
                let franked = self.script.rooms.get(&step.room)?.charter.franking;
                let genuine = heard && franked && user != actor.user.name();
                (genuine && can(Capability::REPORT_ABUSE)).then(|| inside.clone())
            }
            action => self.judged(inside, &plan::handshake(self, inside, &actor, action)?),
        }
    }

    fn founded(&self, step: &Step, creator: Actor) -> Option<Inside> {
        let room = self.script.rooms.get(&step.room)?;
        if self.rooms.contains_key(&step.room) || creator.client.provider() != room.uri.provider() {
            return None;
        }
        let user = creator.user.clone();
        let state = room.charter.found(room.uri.clone(), room.uri.name(), user).ok()?;
        founded_inside(&state, self.parent(&state)).ok()?;
        // Its creator brings its other clients in (P06 §3.1).
        let members = self.clients_of(self.script.users.get(creator.user.name())?);
        Some(Inside { state, members })
    }

    /// The room that this one depends on.
    fn parent(&self, state: &RoomState) -> Option<&RoomState> {
        let parent = state.base_policy().parent.as_ref()?;
        self.rooms.get(parent.name()).map(|inside| &inside.state)
    }

    /// What the handshake leads to; none where a rule objects.
    fn judged(&self, inside: &Inside, handshake: &Handshake) -> Option<Inside> {
        let base = Base {
            epoch: handshake.epoch,
            committed: &inside.state,
            provisional: &inside.state,
            members: &inside.members,
            cached: &[],
            exiting: &BTreeSet::new(),
            epoch_tolerance: 0,
            parent: self.parent(&inside.state),
            // Plans name a code only where it is one.
            admitted: None,
            readings: &Readings::default(),
        };
        RuleSet::default().judge_handshake(&base, handshake).ok()?;
        let prospect = Prospect::of(&base, handshake);
        let members = prospect.members.into_iter().cloned().collect();
        Some(Inside { state: prospect.after.ok()?, members })
    }
}
