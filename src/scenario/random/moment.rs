//! One moment of a workload: what its operation can draw from, and where it puts its steps.
//!
//! An operation draws candidates until one looks possible; where it is not asked to make sense, the
//! first will do, whatever comes of it.

use std::collections::BTreeSet;

use super::dice::Stream;
use super::picture::Picture;
use crate::script::{Action, Fault, Step};

/// How many candidates are looked at before an operation is given up as impossible now.
const TRIES: usize = 24;

/// The moment when an operation comes up.
pub(super) struct Moment<'a, 's> {
    /// Simulated milliseconds.
    pub(super) at_ms: u64,
    /// The end of the workload: nothing is drawn for later.
    pub(super) until_ms: u64,
    /// Which operation of the run it is.
    pub(super) number: u64,
    /// Whether it is to look possible.
    pub(super) sensible: bool,
    pub(super) draw: Stream,
    pub(super) picture: &'a mut Picture<'s>,
    pub(super) steps: Vec<Step>,
    pub(super) faults: Vec<Fault>,
}

impl Moment<'_, '_> {
    /// A room that there is.
    pub(super) fn room(&mut self) -> Option<String> {
        self.draw.pick(&self.picture.rooms())
    }

    /// A client to act in the room: a member; or any, where sense is not asked for.
    pub(super) fn member(&mut self, room: &str) -> Option<String> {
        match self.sensible {
            true => self.draw.pick(&self.picture.members(room, self.at_ms)),
            false => self.anyone(),
        }
    }

    /// Any client that can act now.
    pub(super) fn anyone(&mut self) -> Option<String> {
        self.draw.pick(&self.picture.clients(self.at_ms))
    }

    /// Any user.
    pub(super) fn user(&mut self) -> Option<String> {
        let users: Vec<&String> = self.picture.script.users.keys().collect();
        self.draw.pick(&users).cloned()
    }

    /// A user with a client in the room; or any, where sense is not asked for.
    pub(super) fn user_inside(&mut self, room: &str) -> Option<String> {
        if !self.sensible {
            return self.user();
        }
        let members = &self.picture.inside(room)?.members;
        let users: BTreeSet<&str> = members.iter().map(|member| member.user.name()).collect();
        let users: Vec<&str> = users.into_iter().collect();
        self.draw.pick(&users).map(str::to_owned)
    }

    /// The name of a role of the room that participants can have; of the banned, too, where sense
    /// is not asked for.
    pub(super) fn role(&mut self, room: &str) -> Option<String> {
        let least = if self.sensible { 2 } else { 1 };
        let roles = &self.picture.inside(room)?.state.roles.roles;
        let names = roles.iter().filter(|role| role.index >= least).map(|role| &role.name);
        let names: Vec<&String> = names.collect();
        self.draw.pick(&names).cloned()
    }

    /// Sometimes a role, sometimes what is usual.
    pub(super) fn role_or_usual(&mut self, room: &str) -> Option<String> {
        if self.draw.happens(50) { self.role(room) } else { None }
    }

    /// A step of this moment.
    pub(super) fn step(&self, client: String, room: String, action: Action) -> Step {
        Step { at_ms: self.at_ms, client, room, action }
    }

    /// A step about no room in particular: it stands under the first.
    pub(super) fn affair(&self, client: String, action: Action) -> Option<Step> {
        let room = self.picture.script.rooms.keys().next()?.clone();
        Some(self.step(client, room, action))
    }

    /// Takes the first candidate that will do, if there is one within reach.
    pub(super) fn give(&mut self, candidate: impl Fn(&mut Self) -> Option<Step>) -> Option<Step> {
        for _ in 0..TRIES {
            let Some(step) = candidate(self) else { continue };
            if !self.sensible || self.picture.looks_possible(&step) {
                self.put(step.clone());
                return Some(step);
            }
        }
        None
    }

    /// Takes a step, so much later and whatever it looks like.
    pub(super) fn put_later(&mut self, after_ms: u64, step: Step) {
        let at_ms = step.at_ms.saturating_add(after_ms).min(self.until_ms);
        self.put(Step { at_ms, ..step });
    }

    /// Takes a step.
    pub(super) fn put(&mut self, step: Step) {
        self.picture.see(&step);
        self.steps.push(step);
    }
}
