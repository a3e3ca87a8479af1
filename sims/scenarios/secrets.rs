//! What thieves read from copied disks, what servers see, and what restarts find.
//!
//! That the probes themselves can find something is shown in `leaky`.

use schism::trace::{Entry, Event, Taken};

use crate::each_seed;
use crate::played::Played;

/// What copies of this client's disk, taken then, were fed and opened, in order.
fn probed(played: &Played, name: &str, when: Taken) -> Vec<(u64, u64)> {
    let of = |entry: &Entry| match &entry.event {
        Event::Probed { client, taken, fed, opened, .. }
            if client.name() == name && *taken == when =>
        {
            Some((*fed, *opened))
        }
        _ => None,
    };
    played.entries().iter().filter_map(of).collect()
}

#[test]
fn from_a_removed_clients_disk_a_thief_reads_nothing_more() {
    each_seed("removed-client-reads-on", |played| {
        for client in ["B1", "B2"] {
            let copies = probed(played, client, Taken::AtRemoval);
            assert_eq!(copies.len(), 2, "a new copy at each removal");
            assert!(copies.iter().all(|(fed, opened)| *fed > 0 && *opened == 0), "{copies:?}");
            // The first copy is fed what was said while Bob was out, and all that came later.
            assert!(copies[0].0 > copies[1].0, "{copies:?}");
        }
        assert_eq!(played.readers("for all of us"), ["A1", "A2", "B1", "B2"]);
        assert_eq!(played.readers("Bob is out, isn't he?"), ["A1", "A2"]);
        assert_eq!(played.readers("welcome back"), ["A1", "A2", "B1", "B2"]);
        assert_eq!(played.readers("and out again"), ["A1", "C1"]);
        played.assert_nothing_undone();
    });
}

#[test]
fn from_a_late_joiners_disk_a_thief_reads_nothing_of_before() {
    each_seed("late-joiner-reads-back", |played| {
        assert_eq!(probed(played, "C1", Taken::AtJoin), [(2, 0)]);
        assert_eq!(probed(played, "B2", Taken::AtJoin), [(3, 0)]);
        assert_eq!(played.readers("let us talk about Cathy"), ["A1", "A2"]);
        assert_eq!(played.readers("is that your new phone?"), ["A1", "A2", "B1", "B2"]);
        played.assert_nothing_undone();
    });
}

#[test]
fn from_a_members_disk_a_thief_reads_nothing_older_than_the_client_keeps_keys_for() {
    each_seed("keys-of-the-past", |played| {
        for client in ["A1", "A2", "B1"] {
            let copies = probed(played, client, Taken::AtEnd);
            assert!(matches!(copies[..], [(fed, 0)] if fed >= 3), "{client}: {copies:?}");
        }
        assert_eq!(played.readers("I have read it all"), ["A1", "A2"]);
        let read = |it: &Entry| it.node == "B1" && matches!(it.event, Event::Delivered { .. });
        assert!(played.all(read).len() >= 8, "B1 has read the diary");
        played.assert_nothing_undone();
    });
}

#[test]
fn a_client_stopped_at_every_point_restarts_from_one_commit() {
    each_seed("restart-finds-one-commit", |played| {
        let found: Vec<_> = played
            .entries()
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::RestartFound {
                    inside: true, group: Some(group), cursor, unread, ..
                } => Some((group.epoch, *cursor, unread.len())),
                _ => None,
            })
            .collect();
        let epochs: Vec<_> = found.iter().map(|(epoch, ..)| *epoch).collect();
        // Each of B1's commits was lost on this side, however far it had come.
        assert_eq!(epochs, [2, 3, 4, 5, 6], "{found:?}");
        let cursors: Vec<_> = found.iter().map(|(_, cursor, _)| *cursor).collect();
        assert!(cursors.is_sorted(), "{cursors:?}");
        // The fourth time, the commit was in B1's hands, and neither group nor cursor knew it.
        assert_eq!(found[3].2, 1, "{found:?}");
        assert_eq!(played.readers("are you all there?"), ["A2", "B1"]);
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(3);
    });
}

#[test]
fn what_a_client_that_was_set_back_has_kept_is_measured_by_the_epoch_of_its_disk() {
    each_seed("backup-that-stays", |played| {
        let found = |it: &Entry| match &it.event {
            Event::RestartFound { group, .. } => group.as_ref().map(|group| group.epoch),
            _ => None,
        };
        let epochs: Vec<_> = played.entries().iter().filter_map(found).collect();
        assert_eq!(epochs, [1], "the hub is further");
        assert!(played.readers("unread").is_empty() || played.readers("unread") == ["B1"]);
        assert!(probed(played, "B1", Taken::AtEnd).is_empty(), "nothing that it has is too old");
        assert!(!probed(played, "A1", Taken::AtEnd).is_empty());
    });
}
