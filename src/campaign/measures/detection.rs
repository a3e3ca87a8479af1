//! How soon a lie is noticed.

use super::observed::Observed;
use crate::trace::{Entry, Event};

pub(super) fn detection_s(run: &Observed<'_>) -> Option<f64> {
    let began = |entry: &&Entry| matches!(entry.event, Event::BehaviourBegan { .. });
    let began_ms = run.all().find(began)?.at_ms;
    let is_alarm = |entry: &&Entry| {
        matches!(entry.event, Event::Alarmed { .. })
            && run.is_honest(&entry.node)
            && entry.at_ms >= began_ms
    };
    Some((run.all().find(is_alarm)?.at_ms - began_ms) as f64 / 1000.0)
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
}
