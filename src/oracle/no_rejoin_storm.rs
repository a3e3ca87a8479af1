//! `no_rejoin_storm` (L7): who has lost track comes back, without stirring up the room.
//!
//! Each rejoin is a commit that everybody else must process, and that voids what waits. After the
//! last thing that went wrong, a client sets out to rejoin a room at most five times.

use std::collections::BTreeMap;

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::mimi::uri::RoomUri;
use crate::trace::{Entry, Event, Phase};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "no_rejoin_storm",
    meaning: "once nothing goes wrong any more, a client rejoins a room at most five times",
    source: "L7; N-09, N-11",
    not_checked: "that it comes back at all (convergence); rejoins while something is still \
                  going wrong; rooms with a dishonest hub",
    kind: Kind::Liveness,
    begin: || Box::new(NoRejoinStorm::default()),
};

/// How often a client may set out to rejoin when all is well.
const MOST_REJOINS: u32 = 5;

#[derive(Default)]
struct NoRejoinStorm {
    resting: bool,
    rejoins: BTreeMap<(String, RoomUri), u32>,
}

impl Invariant for NoRejoinStorm {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        match &entry.event {
            Event::PhaseBegan { phase } => {
                self.resting |= *phase == Phase::Rest;
                vec![]
            }
            Event::Resyncing { room, why }
                if self.resting && ledger.is_honest(&entry.node) && ledger.hub_is_honest(room) =>
            {
                let key = (entry.node.clone(), room.clone());
                let times = self.rejoins.entry(key).or_default();
                *times += 1;
                let told =
                    format!("{} sets out to rejoin for the {times}th time: {why}", entry.node);
                if *times > MOST_REJOINS { found(room, told) } else { vec![] }
            }
            _ => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{Story, room};
    use crate::trace::{Event, Phase};

    fn rejoining(story: &mut Story, times: u32) {
        for _ in 0..times {
            let why = "lost".to_owned();
            story.push("B1", Event::Resyncing { room: room(), why });
        }
    }

    #[test]
    fn rejoins_in_bad_weather_and_a_few_after_it_are_borne() {
        let mut story = Story::room_of(&["A1", "B1"]);
        rejoining(&mut story, 9);
        story.phase(Phase::Rest);
        rejoining(&mut story, 5);
        story.is_clean();
    }

    #[test]
    fn a_client_that_rejoins_without_end_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.phase(Phase::Rest);
        rejoining(&mut story, 6);
        story.fires_last("no_rejoin_storm", "B1 sets out to rejoin for the 6th time: lost");
    }
}
