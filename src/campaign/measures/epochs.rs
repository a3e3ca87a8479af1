//! Who is at which epoch, and how far that is from the hub's.

use std::collections::BTreeMap;

use super::observed::Observed;
use crate::mimi::uri::{ClientUri, RoomUri, UserUri};
use crate::trace::{Digest, Entry, Event, Kind, Member, Phase, Stage};

/// The rooms of a run as they are after some of its entries.
#[derive(Default)]
pub(super) struct Places<'a> {
    hubs: BTreeMap<&'a RoomUri, (u64, &'a [Member])>,
    clients: BTreeMap<(&'a str, &'a RoomUri), (u64, Digest)>,
}

impl<'a> Places<'a> {
    /// Takes note of an entry.
    pub(super) fn note(&mut self, entry: &'a Entry) {
        match &entry.event {
            Event::Shadowed { room, stage: Stage::Committed, epoch, members, .. }
                if entry.node == room.provider().as_str() =>
            {
                self.hubs.insert(room, (*epoch, members));
            }
            Event::Entered { room, epoch, authenticator, .. } => {
                self.clients.insert((&entry.node, room), (*epoch, *authenticator));
            }
            Event::Removed { room, .. } => {
                self.clients.remove(&(&*entry.node, room));
            }
            _ => {}
        }
    }

    /// Epochs that a client is behind, in the room where that is most; none where it is in none.
    pub(super) fn lag(&self, node: &str) -> Option<u64> {
        let own = self.clients.iter().filter(|((name, _), _)| *name == node);
        let behind = |((_, room), (epoch, _)): (&(&str, &RoomUri), &(u64, Digest))| {
            Some(self.hubs.get(room)?.0.saturating_sub(*epoch))
        };
        own.filter_map(behind).max()
    }

    /// How many honest members are not at their hub's epoch.
    fn count_behind(&self, run: &Observed<'_>) -> usize {
        let behind = |(room, (epoch, members)): (&&RoomUri, &(u64, &[Member]))| {
            let is_behind = |(node, client, _): &(&str, &ClientUri, &UserUri)| {
                members.iter().any(|member| member.client == **client)
                    && self.clients.get(&(*node, *room)).is_none_or(|(at, _)| at != epoch)
            };
            run.honest_clients().filter(is_behind).count()
        };
        self.hubs.iter().map(behind).sum()
    }

    /// Whether two honest clients have different states of one epoch; whether all of a room share
    /// one.
    fn forked(&self, run: &Observed<'_>) -> (bool, bool) {
        let mut states: BTreeMap<&RoomUri, BTreeMap<u64, Vec<Digest>>> = BTreeMap::new();
        for ((node, room), (epoch, authenticator)) in &self.clients {
            if run.is_honest(node) {
                let at = states.entry(room).or_default().entry(*epoch).or_default();
                if !at.contains(authenticator) {
                    at.push(*authenticator);
                }
            }
        }
        let split = states.values().flat_map(BTreeMap::values).any(|at| at.len() > 1);
        let one = states.values().all(|epochs| epochs.len() < 2) && !split;
        (split, one)
    }
}

/// Calls `look` at the end of each tick; it says whether to go on.
fn each_tick<'a>(run: &Observed<'a>, mut look: impl FnMut(u64, &Places<'a>) -> bool) {
    let mut places = Places::default();
    let mut entries = run.all().peekable();
    while let Some(entry) = entries.next() {
        places.note(entry);
        let ends = entries.peek().is_none_or(|next| next.at_ms != entry.at_ms);
        if ends && !look(entry.at_ms, &places) {
            return;
        }
    }
}

pub(super) fn convergence_s(run: &Observed<'_>) -> Option<f64> {
    let is_heal = |entry: &&Entry| {
        matches!(entry.event, Event::Healed { .. } | Event::Online | Event::Restarted { .. })
    };
    let healed_ms = run.all().rfind(is_heal)?.at_ms;
    let mut converged = None;
    each_tick(run, |at_ms, places| {
        if at_ms >= healed_ms && places.count_behind(run) == 0 {
            converged = Some((at_ms - healed_ms) as f64 / 1000.0);
        }
        converged.is_none()
    });
    converged
}

pub(super) fn max_lag(run: &Observed<'_>) -> Option<f64> {
    let mut most = None;
    each_tick(run, |_, places| {
        let lags = run.honest_clients().filter_map(|(node, ..)| places.lag(node));
        most = most.max(lags.max());
        true
    });
    most.map(|most| most as f64)
}

pub(super) fn fork_s(run: &Observed<'_>) -> Option<f64> {
    let (mut since, mut until) = (None, None);
    each_tick(run, |at_ms, places| {
        let (split, one) = places.forked(run);
        if split && since.is_none() {
            since = Some(at_ms);
        }
        if since.is_some() && (until.is_none() || split) {
            until = one.then_some(at_ms);
        }
        true
    });
    let end = run.all().next_back()?.at_ms;
    Some((until.unwrap_or(end) - since?) as f64 / 1000.0)
}

/// When two honest clients first have different states of one epoch.
pub(super) fn forked_ms(run: &Observed<'_>) -> Option<u64> {
    let mut since = None;
    each_tick(run, |at_ms, places| {
        since = places.forked(run).0.then_some(at_ms);
        since.is_none()
    });
    since
}

pub(super) fn stuck_clients(run: &Observed<'_>) -> Option<f64> {
    let mut places = Places::default();
    run.all().for_each(|entry| places.note(entry));
    let has_ended = |entry: &Entry| matches!(entry.event, Event::PhaseBegan { phase: Phase::End });
    run.all().any(has_ended).then(|| places.count_behind(run) as f64)
}

/// Whether a hub accepted a commit here.
pub(super) fn is_commit(entry: &Entry) -> bool {
    matches!(entry.event, Event::Accepted { kind: Kind::Commit | Kind::ExternalCommit, .. })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Tape, measured};

    fn lagging() -> Tape {
        let mut tape = Tape::new();
        tape.hub(100, 0, &["A1", "B1"]).enters(100, "A1", 0, "x0").enters(110, "B1", 0, "x0");
        tape.world(200, "partitioned").hub(300, 1, &["A1", "B1"]).enters(300, "A1", 1, "x1");
        tape.hub(400, 2, &["A1", "B1"]).enters(400, "A1", 2, "x2").world(1_000, "healed");
        tape
    }

    #[test]
    fn convergence_is_from_the_heal_until_the_last_member_is_at_the_hubs_epoch() {
        let mut tape = lagging();
        assert_eq!(measured("convergence_s", &tape), None, "B1 is never back");
        tape.enters(1_200, "B1", 1, "x1");
        assert_eq!(measured("convergence_s", &tape), None, "not there yet");
        tape.enters(1_500, "B1", 2, "x2");
        assert_eq!(measured("convergence_s", &tape), Some(0.5));
        assert_eq!(measured("max_lag_epochs", &tape), Some(2.0));
    }

    #[test]
    fn a_member_that_is_behind_at_the_end_is_stuck() {
        let mut tape = lagging();
        assert_eq!(measured("stuck_clients", &tape), None, "the run has no end");
        tape.phase(2_000, "end");
        assert_eq!(measured("stuck_clients", &tape), Some(1.0));
    }

    #[test]
    fn a_fork_lives_from_two_states_of_one_epoch_until_all_share_one() {
        let mut tape = lagging();
        assert_eq!(measured("fork_s", &tape), None);
        tape.enters(1_200, "B1", 2, "y2").world(1_700, "healed");
        assert_eq!(measured("fork_s", &tape), Some(0.5), "to the end");
        tape.enters(2_000, "A1", 3, "x3").enters(2_200, "B1", 3, "x3").world(9_000, "healed");
        assert_eq!(measured("fork_s", &tape), Some(1.0));
    }

    #[test]
    fn times_that_go_back_within_a_trace_are_put_in_order() {
        let mut tape = lagging();
        tape.world(2_000, "partitioned").enters(1_500, "B1", 2, "x2");
        assert_eq!(measured("convergence_s", &tape), Some(0.5));
    }
}
