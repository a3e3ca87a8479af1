//! What users do where it is left to chance.
//!
//! A workload begins with a room: where the file creates none, one is created at
//! [`FOUNDED_MS`], and most users are added to it. Then operations come up at a pace that is drawn
//! for the seed. Which one, and all that it draws, comes from a stream of its own, and one that the
//! swarm has switched off leaves its place empty: so without it the others come up when they did.

use super::Drawn;
use super::dice::Dice;
use super::moment::Moment;
use super::operations::Operation;
use super::picture::Picture;
use super::scenes;
use super::swarm::Swarm;
use crate::mimi::wire::ConsentOperation;
use crate::scenario::time::show;
use crate::script::{Action, Fault, Script, Step};

/// When the first room is created where the file creates none, in simulated milliseconds.
pub(in crate::scenario) const FOUNDED_MS: u64 = 1_000;

/// What a file says of its workload. All ranges have both ends included.
#[derive(Debug, Clone)]
pub(super) struct Workload {
    /// How long it lasts from the first creation on, in simulated milliseconds.
    pub(super) duration_ms: (u64, u64),
    /// How long it takes on average from one operation to the next, in simulated milliseconds.
    pub(super) every_ms: (u64, u64),
    /// In how many of a hundred times an operation has to look possible.
    pub(super) sensible: u64,
    /// In how many of a hundred seeds each operation is off.
    pub(super) swarm: u64,
    /// How often each comes up among the others.
    pub(super) weights: Vec<(&'static Operation, u64)>,
}

/// What a workload comes to.
#[derive(Default)]
pub(super) struct Worked {
    pub(super) steps: Vec<Step>,
    pub(super) faults: Vec<Fault>,
    /// When it ends, in simulated milliseconds.
    pub(super) end_ms: u64,
}

impl Workload {
    /// All that users do beside the script's own steps.
    pub(super) fn expand(&self, dice: &Dice, script: &Script, drawn: &mut Drawn) -> Worked {
        let mut stream = dice.stream("workload", "rates");
        let duration_ms = stream.within(self.duration_ms);
        let pace_ms = stream.within(self.every_ms);
        let ids: Vec<_> = self.weights.iter().map(|(operation, _)| operation.id).collect();
        let swarm = Swarm::of(dice, "operations", &ids, self.swarm);
        drawn.note("workload", &format!("{} from the first room on", show(duration_ms)));
        drawn.note("pace", &format!("an operation every {} on average", show(pace_ms)));
        drawn.note("operations off", &swarm);
        let mut writer = Writer::new(dice, script, duration_ms, self.sensible);
        let first = writer.begin();
        writer.at_ms = first;
        for number in 1.. {
            let about = number.to_string();
            writer.at_ms += dice.stream("pace", &about).up_to(2 * pace_ms);
            if writer.at_ms >= writer.worked.end_ms {
                break;
            }
            let weights = self.weights.iter().map(|(_, weight)| *weight);
            let place = dice.stream("operation", &about).weighted(weights);
            match place.map(|place| self.weights[place].0) {
                Some(operation) if !swarm.is_off(operation.id) => {
                    writer.moment(number, |moment| (operation.act)(moment));
                }
                _ => {}
            }
        }
        writer.worked
    }
}

/// Writes a workload down, one moment after the other.
struct Writer<'a> {
    dice: &'a Dice,
    picture: Picture<'a>,
    sensible: u64,
    /// How many of the script's own steps the picture has seen.
    seen: usize,
    at_ms: u64,
    worked: Worked,
}

impl<'a> Writer<'a> {
    fn new(dice: &'a Dice, script: &'a Script, duration_ms: u64, sensible: u64) -> Self {
        let created = script.steps.iter().find(|step| step.action == Action::Create);
        let at_ms = created.map_or(FOUNDED_MS, |step| step.at_ms);
        let worked = Worked { end_ms: at_ms + duration_ms, ..Worked::default() };
        Self { dice, picture: Picture::of(script), sensible, seen: 0, at_ms, worked }
    }

    /// What comes before all operations; gives the time when they may begin.
    fn begin(&mut self) -> u64 {
        let script = self.picture.script;
        if script.protocol.key_material.explicit_consent {
            self.consents();
        }
        if script.steps.iter().any(|step| step.action == Action::Create) {
            return self.at_ms;
        }
        let independent = |room: &&String| script.rooms[*room].charter.parent.is_none();
        let rooms: Vec<_> = script.rooms.keys().filter(independent).cloned().collect();
        self.moment(0, |moment| {
            moment.sensible = true;
            scenes::found(moment, &rooms, 85)
        });
        self.worked.steps.iter().map(|step| step.at_ms).max().unwrap_or(self.at_ms)
    }

    /// Most users agree to be added by most others, before anything begins.
    fn consents(&mut self) {
        let users = &self.picture.script.users;
        let rooms: Vec<_> = self.picture.script.rooms.keys().collect();
        for (name, user) in users {
            let Some((client, _)) = user.clients.first() else { continue };
            for other in users.keys().filter(|other| *other != name) {
                let mut draw = self.dice.stream("consent", &format!("{name} {other}"));
                let at_ms = draw.up_to(self.at_ms.saturating_sub(1));
                // Some to one room only: what they say to the others stays unsaid.
                let here = draw.happens(20);
                let room = if here { draw.pick(&rooms) } else { rooms.first().copied() };
                if let Some(room) = room.filter(|_| draw.happens(75)) {
                    let operation = ConsentOperation::Grant { key_packages: Vec::new() };
                    let action = Action::Consent { operation, user: other.clone(), here };
                    let (client, room) = (client.clone(), room.clone());
                    self.worked.steps.push(Step { at_ms, client, room, action });
                }
            }
        }
    }

    /// What is drawn for now.
    fn moment(&mut self, number: u64, act: impl FnOnce(&mut Moment<'_, '_>) -> Option<()>) {
        while let Some(step) = self.picture.script.steps.get(self.seen) {
            if step.at_ms > self.at_ms {
                break;
            }
            self.picture.see(step);
            self.seen += 1;
        }
        let mut draw = self.dice.stream("workload", &number.to_string());
        let mut moment = Moment {
            at_ms: self.at_ms,
            until_ms: self.worked.end_ms,
            number,
            sensible: draw.happens(self.sensible),
            draw,
            picture: &mut self.picture,
            steps: Vec::new(),
            faults: Vec::new(),
        };
        // What comes to nothing half-way has begun all the same.
        let _ = act(&mut moment);
        let Moment { steps, faults, .. } = moment;
        self.worked.steps.extend(steps);
        self.worked.faults.extend(faults);
    }
}
