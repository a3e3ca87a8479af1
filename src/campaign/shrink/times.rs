//! Shorter times: what is left happens a second apart, or as close as the failure allows.
//!
//! The moments of a run are the times at which its lines begin and end. Moving them keeps their
//! order. The time to come to rest gets shorter, too, unless the failure shows only once it is
//! over: with too little time for it, everything would fail like that.

use std::collections::{BTreeMap, BTreeSet};

use super::Shrinking;
use crate::script::{Script, USUAL_REST_MS};

/// Seconds between two moments that are tried for all at once.
const PACES_S: &[u64] = &[1, 2, 5, 10];

/// The shortest time that is tried between two moments, in simulated milliseconds.
const SECOND_MS: u64 = 1_000;

/// Moves what is left together, and shortens the time to come to rest.
pub(super) fn times(shrinking: &mut Shrinking) {
    let paced = PACES_S.iter().any(|pace| {
        let candidate = at_a_pace(shrinking.script(), pace * SECOND_MS);
        candidate == *shrinking.script() || shrinking.try_out(&candidate)
    });
    if !paced {
        closer(shrinking);
    }
    if !shrinking.target.is_about_time() {
        for rest_ms in [SECOND_MS, 5 * SECOND_MS, USUAL_REST_MS] {
            let shorter = rest_ms < shrinking.script().rest_ms;
            if shorter && shrinking.try_with(|script| script.rest_ms = rest_ms) {
                break;
            }
        }
    }
}

/// All moments so far apart, the first one after as long.
fn at_a_pace(script: &Script, pace_ms: u64) -> Script {
    let moments = moments(script).into_iter();
    let moved = moments.zip(1..).map(|(moment, place)| (moment, place * pace_ms)).collect();
    retimed(script, &moved)
}

/// Each moment, with all after it, as close to the one before as it can be.
fn closer(shrinking: &mut Shrinking) {
    let mut place = 0;
    loop {
        let all: Vec<u64> = moments(shrinking.script()).into_iter().collect();
        let Some(moment) = all.get(place).copied() else { return };
        let before = place.checked_sub(1).map_or(0, |it| all[it]);
        let gap = moment - before;
        let shorter = [SECOND_MS, gap / 2, gap * 3 / 4].into_iter();
        for shorter in shorter.filter(|it| *it < gap && *it >= SECOND_MS) {
            let moved = |it: &u64| (*it, if *it < moment { *it } else { *it - (gap - shorter) });
            let candidate = retimed(shrinking.script(), &all.iter().map(moved).collect());
            if shrinking.try_out(&candidate) {
                break;
            }
        }
        place += 1;
    }
}

/// The times at which lines begin and end.
pub(super) fn moments(script: &Script) -> BTreeSet<u64> {
    let spans = script.faults.iter().map(|it| (it.at_ms, it.for_ms));
    let spans = spans.chain(script.misbehaviour.iter().map(|it| (it.at_ms, it.for_ms)));
    let spans = spans.flat_map(|(at, length)| [Some(at), length.map(|length| at + length)]);
    spans.flatten().chain(script.steps.iter().map(|step| step.at_ms)).collect()
}

/// The script with each moment where it has been moved to.
fn retimed(script: &Script, moved: &BTreeMap<u64, u64>) -> Script {
    let at = |moment: u64| moved.get(&moment).copied().unwrap_or(moment);
    let span = |from: u64, length: Option<u64>| {
        (at(from), length.map(|length| at(from + length).saturating_sub(at(from))))
    };
    let mut script = script.clone();
    for step in &mut script.steps {
        step.at_ms = at(step.at_ms);
    }
    for fault in &mut script.faults {
        (fault.at_ms, fault.for_ms) = span(fault.at_ms, fault.for_ms);
    }
    for one in &mut script.misbehaviour {
        (one.at_ms, one.for_ms) = span(one.at_ms, one.for_ms);
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    #[test]
    fn moments_keep_their_order_and_lines_their_ends() {
        let text = "title = \"t\"\nwhy = \"w\"\nproviders = [\"a.example\"]\n\
                    users.alice = { at = \"a.example\", clients = [\"A1\"] }\n\
                    rooms.hall = { hub = \"a.example\" }\n\
                    steps = [{ at = \"3s\", who = \"A1\", do = \"create\" },\n\
                    { at = \"20s\", who = \"A1\", do = \"update\" }]\n\
                    faults = [{ at = \"9s\", for = \"30s\", fault = \"offline\", node = \"A1\" }]\n";
        let script = scenario::read("t", text, None, &[]).unwrap();
        assert_eq!(
            moments(&script).into_iter().collect::<Vec<_>>(),
            [3_000, 9_000, 20_000, 39_000]
        );
        let paced = at_a_pace(&script, 2_000);
        assert_eq!((paced.steps[0].at_ms, paced.steps[1].at_ms), (2_000, 6_000));
        assert_eq!((paced.faults[0].at_ms, paced.faults[0].for_ms), (4_000, Some(4_000)));
        assert_eq!(at_a_pace(&paced, 2_000), paced);
    }
}
