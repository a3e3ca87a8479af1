//! What needs no file of its own: fan-out, rejoins, messages, and whether a room still works.

use std::collections::BTreeMap;

use super::epochs::is_commit;
use super::observed::Observed;
use crate::mimi::uri::RoomUri;
use crate::trace::{Entry, Event};

pub(super) fn requests_per_item(run: &Observed<'_>) -> Option<f64> {
    let count = |wanted: fn(&Entry) -> bool| run.work().filter(|entry| wanted(entry)).count();
    let items = count(|entry| matches!(entry.event, Event::Accepted { .. }));
    let requests = count(
        |entry| matches!(&entry.event, Event::Request { endpoint, .. } if endpoint == "notify"),
    );
    (items > 0).then(|| requests as f64 / items as f64)
}

pub(super) fn rejoins(run: &Observed<'_>) -> Option<f64> {
    let is_rejoin = |entry: &&Entry| matches!(entry.event, Event::Resyncing { .. });
    Some(run.work().filter(is_rejoin).count() as f64)
}

pub(super) fn messages_delivered(run: &Observed<'_>) -> Option<f64> {
    let is_delivery = |entry: &&Entry| matches!(entry.event, Event::Delivered { .. });
    Some(run.work().filter(is_delivery).count() as f64)
}

/// In the probe, members of each room wish to commit.
pub(super) fn stuck_room(run: &Observed<'_>) -> Option<f64> {
    let honest: Vec<_> = run.honest_clients().map(|(_, client, _)| client).collect();
    let mut works: BTreeMap<&RoomUri, bool> = BTreeMap::new();
    for entry in run.probe() {
        match &entry.event {
            Event::Intent { room, wish, probe: true, .. }
                if wish == "update" && run.is_honest(&entry.node) =>
            {
                works.entry(room).or_default();
            }
            Event::Accepted { room, client: Some(client), .. }
                if is_commit(entry) && honest.contains(&client) =>
            {
                works.insert(room, true);
            }
            _ => {}
        }
    }
    (!works.is_empty()).then(|| f64::from(u8::from(works.values().any(|works| !works))))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Tape, measured};

    #[test]
    fn a_room_is_stuck_where_members_try_and_no_commit_of_theirs_is_accepted() {
        let mut tape = Tape::new();
        tape.hub(100, 0, &["A1"]).phase(200, "probe");
        assert_eq!(measured("stuck_room", &tape), None, "nobody tried");
        tape.probe(210, "A1", "update");
        assert_eq!(measured("stuck_room", &tape), Some(1.0));
        tape.accepted(300, 0, &[], &[]);
        assert_eq!(measured("stuck_room", &tape), Some(0.0));
    }

    #[test]
    fn each_request_of_a_fan_out_counts_also_a_repeated_one() {
        let mut tape = Tape::new();
        tape.accepted(100, 0, &[], &[]);
        for at_ms in [110, 500, 900] {
            tape.request(at_ms, "a.example", "notify", "notify clubhouse 0", 9).to("b.example");
        }
        assert_eq!(measured("requests_per_item", &tape), Some(3.0));
    }

    #[test]
    fn rejoins_and_messages_are_counted() {
        let mut tape = Tape::new();
        tape.resyncs(100, "A1").resyncs(200, "A1").delivers(300, "A1");
        assert_eq!(measured("rejoins", &tape), Some(2.0));
        assert_eq!(measured("messages_delivered", &tape), Some(1.0));
    }
}
