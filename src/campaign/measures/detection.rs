//! How soon a lie is noticed.

use super::epochs::forked_ms;
use super::observed::Observed;
use crate::trace::{Entry, Event};

pub(super) fn detection_s(run: &Observed<'_>) -> Option<f64> {
    let began = |entry: &&Entry| matches!(entry.event, Event::BehaviourBegan { .. });
    let began_ms = run.all().find(began)?.at_ms;
    Some((alarmed_ms(run, began_ms)? - began_ms) as f64 / 1000.0)
}

pub(super) fn fork_unnoticed_s(run: &Observed<'_>) -> Option<f64> {
    let began = |entry: &&Entry| matches!(entry.event, Event::BehaviourBegan { .. });
    let forked_ms = forked_ms(run)?;
    let began_ms = run.all().find(began).map_or(forked_ms, |entry| entry.at_ms);
    Some(alarmed_ms(run, began_ms)?.saturating_sub(forked_ms) as f64 / 1000.0)
}

/// The first alarm of an honest node from then on.
fn alarmed_ms(run: &Observed<'_>, since_ms: u64) -> Option<u64> {
    let is_alarm = |entry: &&Entry| {
        matches!(entry.event, Event::Alarmed { .. })
            && run.is_honest(&entry.node)
            && entry.at_ms >= since_ms
    };
    run.all().find(is_alarm).map(|entry| entry.at_ms)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Tape, measured};

    #[test]
    fn the_first_alarm_after_the_first_misbehaviour_counts() {
        let mut tape = Tape::new();
        tape.begins(1_000, "a.example").begins(2_000, "a.example");
        assert_eq!(measured("detection_s", &tape), None);
        tape.alarm(3_500, "B1").alarm(4_000, "A1");
        assert_eq!(measured("detection_s", &tape), Some(2.5));
    }

    #[test]
    fn a_fork_is_unnoticed_from_two_states_of_one_epoch_until_the_first_alarm() {
        let mut tape = Tape::new();
        tape.begins(1_000, "a.example").enters(1_100, "A1", 1, "x1").enters(2_000, "B1", 1, "y1");
        assert_eq!(measured("fork_unnoticed_s", &tape), None, "nobody notices");
        tape.alarm(3_500, "B1");
        assert_eq!(measured("fork_unnoticed_s", &tape), Some(1.5));
        assert_eq!(measured("detection_s", &tape), Some(2.5));
    }
}
