//! What a file leaves to chance, and what a seed makes of it.
//!
//! ```toml
//! title = "Anything may happen"
//! why = "To see whether something breaks."
//!
//! [draw]
//! providers = "2..4"            # of users, rooms, clients and new clients, too
//! policies = ["cooperative", "strict"]
//!
//! [workload]
//! duration = "20s..60s"
//! every = "200ms..2s"
//! weights = { send = 5, kick = 1, duel = 1 }
//!
//! [storm]
//! faults = "0..10"
//! families = ["isolated-hub", "crash-at-point", "repeat"]
//!
//! [liars]
//! behaviours = ["client.breaks-rule"]
//! ```
//!
//! All keys are optional. A file with one of these tables may leave out providers, users and rooms
//! (they are drawn) and steps. What it does name is there, and what is drawn comes beside it. The
//! expansion is a script like any other: it can be written, changed and played.
//!
//! The way of a seed: `cast` draws who is there, `choices` what the drafts leave open, `workload`
//! what they do (`operations` is the list, `acts` and `scenes` its code, `moment` what they draw
//! from, `picture` and `plan` a guess of what is possible then), `storm` what goes wrong, `liars`
//! who lies. `swarm` switches parts of workload and storm off. All chance comes from `dice`.
//! `tables` reads the file.

mod acts;
mod cast;
mod choices;
#[cfg(test)]
mod complaints;
mod dice;
mod liars;
mod moment;
mod operations;
mod picture;
mod plan;
mod scenes;
pub(super) mod schema;
mod storm;
mod swarm;
pub(super) mod tables;
#[cfg(test)]
mod tests;
mod workload;

use std::fmt::Display;

pub use operations::{OPERATIONS, Operation};
pub use storm::{FAMILIES, Family};
pub(super) use workload::FOUNDED_MS;

use self::cast::Draw;
use self::choices::Choices;
use self::dice::Dice;
use self::liars::Liars;
use self::storm::Storm;
use self::tables::Named;
use self::workload::{Worked, Workload};
use super::fields::Fields;
use super::problem::Complaint;
use super::steps::Steps;
use super::time::LONGEST_MS;
use super::topology::Topology;
use crate::script::{Action, Room, Script, User};

/// The tables that leave something to chance.
pub(super) const KEYS: &[&str] = &["draw", "workload", "storm", "liars"];

/// How long after the first creation a storm begins, in simulated milliseconds.
const CALM_MS: u64 = 1_000;

/// All that a file leaves to chance.
#[derive(Debug, Clone)]
pub(super) struct Random {
    draw: Draw,
    choices: Choices,
    workload: Option<Workload>,
    storm: Option<Storm>,
    liars: Option<Liars>,
}

/// The values that were drawn for a seed, in words.
#[derive(Debug, Default)]
struct Drawn(Vec<(String, String)>);

impl Drawn {
    fn note(&mut self, what: &str, value: &impl Display) {
        self.0.push((what.to_owned(), value.to_string()));
    }
}

/// Whether the file leaves something to chance.
pub(super) fn is_random(file: &Fields<'_>) -> bool {
    KEYS.iter().any(|key| file.get(key).is_some())
}

/// Whether the user can create the room: a room begins at its hub, by a client that is there, and
/// its creator can't be listed from the start.
fn can_create(user: &User, room: &Room) -> bool {
    let listed = &room.charter.participants;
    let at_hub = user.uri.provider() == room.uri.provider();
    at_hub && !user.clients.is_empty() && !listed.contains(&user.uri)
}

impl Random {
    /// Reads the tables of a file that has one of them. `named` says whether the file itself names
    /// the latency, and what keys of `protocol`.
    pub(super) fn read(
        file: &Fields<'_>,
        topology: &Topology,
        (latency, consent, protocol): (bool, bool, bool),
    ) -> Result<Self, Complaint> {
        let workload = tables::workload(file)?;
        // Without a workload there is nobody to consent, or to be added.
        let (consent, protocol) = (consent || workload.is_none(), protocol || workload.is_none());
        let named = Named { topology, latency, consent, protocol };
        let (draw, choices) = tables::draw(file, &named)?;
        Ok(Self {
            draw,
            choices,
            workload,
            storm: tables::storm(file)?,
            liars: tables::liars(file)?,
        })
    }

    /// Complains of tables that could come to nothing.
    pub(super) fn check(
        &self,
        file: &Fields<'_>,
        topology: &Topology,
        steps: &Steps,
    ) -> Result<(), Complaint> {
        let founded = !steps.created.is_empty() || self.founds(topology);
        match (file.get("workload"), file.get("storm")) {
            (Some(workload), _) if !founded => {
                let what = "there is no room for this workload";
                let expected = "expected a room whose hub has a user who is not listed in it yet";
                Err(Complaint::new(&workload.span(), what, expected))
            }
            (None, Some(storm)) => {
                steps.room_exists((LONGEST_MS, &storm.span()), "this storm", None)
            }
            (None, None) => match file.get("liars") {
                Some(liars) => steps.room_exists((LONGEST_MS, &liars.span()), "this lying", None),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Whether there is a room that the workload can create.
    pub(super) fn founds(&self, topology: &Topology) -> bool {
        let by_somebody = topology.rooms.values().any(|room| {
            let users = || topology.users.values();
            room.charter.parent.is_none() && users().any(|user| can_create(user, room))
        });
        let rooms_are_drawn = self.draw.rooms.is_some();
        let hubs_get_users = self.draw.users.is_some();
        self.workload.is_some() && (by_somebody || rooms_are_drawn || hubs_get_users)
    }

    /// Adds what the script's seed draws to it; gives the drawn values in words.
    pub(super) fn expand(&self, script: &mut Script) -> Vec<(String, String)> {
        let dice = Dice::new(script.seed);
        let mut drawn = Drawn::default();
        self.draw.expand(&dice, script, &mut drawn);
        self.choices.expand(&dice, script, &mut drawn);
        let worked = match &self.workload {
            Some(workload) => workload.expand(&dice, script, &mut drawn),
            None => Worked::default(),
        };
        script.steps.extend(worked.steps);
        script.steps.sort_by_key(|step| step.at_ms);
        script.faults.extend(worked.faults);
        let created = script.steps.iter().find(|step| step.action == Action::Create);
        if let (Some(storm), Some(created)) = (&self.storm, created) {
            let begin_ms = created.at_ms + CALM_MS;
            let last_ms = script.steps.last().map_or(0, |step| step.at_ms);
            let end_ms = worked.end_ms.max(last_ms).max(begin_ms + storm.length_ms.1);
            script.faults.extend(storm.expand(&dice, script, (begin_ms, end_ms), &mut drawn));
        }
        script.faults.sort_by_key(|fault| fault.at_ms);
        if let Some(liars) = &self.liars {
            let last_ms = script.steps.last().map_or(0, |step| step.at_ms);
            let end_ms = worked.end_ms.max(last_ms);
            script.misbehaviour.extend(liars.expand(&dice, script, end_ms, &mut drawn));
            script.misbehaviour.sort_by_key(|one| one.at_ms);
        }
        drawn.0
    }
}
