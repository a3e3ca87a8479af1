//! Rooms that some have lost: they are added again, or the room begins anew elsewhere.

use schism::trace::{Event, Fate, Kind, Way};

use crate::each_seed;
use crate::played::{Played, accepted_digest, accepts, enters};

/// Where the hub accepts a commit that takes these clients out and adds them.
fn re_adding(played: &Played, clients: &[&str]) -> u64 {
    let place = played.first("a commit that removes and adds", |it| match &it.event {
        Event::Accepted { kind: Kind::Commit, change, .. } => {
            !change.adds.is_empty() && !change.removes.is_empty()
        }
        _ => false,
    });
    let Event::Accepted { change, .. } = &played.at(place).event else { unreachable!() };
    let mut removed: Vec<_> = change.removes.iter().map(|it| it.name()).collect();
    let mut added: Vec<_> = change.adds.iter().map(|it| it.name()).collect();
    removed.sort_unstable();
    added.sort_unstable();
    assert_eq!((&removed[..], &added[..]), (clients, clients));
    place
}

/// The epochs that `node` enters after a place, with the way of each.
fn entrances(played: &Played, node: &str, after: u64) -> Vec<(Way, u64)> {
    let entered = played.entries().iter().filter(|it| it.n > after && it.node == node);
    let entered = entered.filter_map(|it| match &it.event {
        Event::Entered { way, epoch, .. } => Some((*way, *epoch)),
        _ => None,
    });
    entered.collect()
}

/// The epoch that `node` has come to before a place.
fn epoch_before(played: &Played, node: &str, before: u64) -> u64 {
    let entered = played.entries().iter().filter(|it| it.n < before && it.node == node);
    let mut epochs = entered.filter_map(|it| match it.event {
        Event::Entered { epoch, .. } => Some(epoch),
        _ => None,
    });
    epochs.next_back().unwrap()
}

#[test]
fn lost_clients_that_may_not_come_back_by_themselves_are_added_again() {
    each_seed("repair-by-re-adding", |played| {
        let repair = re_adding(played, &["B1", "B2"]);
        for client in ["B1", "B2"] {
            let lost_at = epoch_before(played, client, repair);
            let (way, epoch) = entrances(played, client, repair)[0];
            assert_eq!(way, Way::Welcome, "{client}");
            assert!(epoch > lost_at, "{client} went from {lost_at} to {epoch}");
        }
        let none = played.all(|it| accepts(it, Kind::ExternalCommit));
        assert_eq!(none, [0; 0], "nobody comes in from outside");
        assert_eq!(played.readers("I am back"), ["A1", "B2", "C1"]);
        assert_eq!(played.readers("so you are"), ["B1", "B2", "C1"]);
    });
}

#[test]
fn who_comes_back_while_it_is_added_again_takes_one_way_and_starts_no_storm() {
    each_seed("repair-from-both-sides", |played| {
        let repair = re_adding(played, &["B1", "B2"]);
        let races = |it: &schism::trace::Entry| {
            it.node == "B2" && matches!(it.event, Event::Resyncing { .. })
        };
        assert_eq!(played.all(races).len(), 1, "B2 has set out by itself");
        assert!(matches!(entrances(played, "B2", repair)[0].0, Way::Welcome | Way::ExternalCommit));
        for client in ["B1", "B2", "M1"] {
            let joins =
                |it: &&schism::trace::Entry| it.node == client && enters(it, Way::ExternalCommit);
            assert!(played.entries().iter().filter(joins).count() <= 1, "{client}");
        }
        assert_eq!(played.readers("so you are"), ["B1", "B2", "C1", "M1"]);
        played.assert_all_at_one_epoch(5);
    });
}

#[test]
fn nothing_is_repaired_toward_a_fork() {
    each_seed("repair-from-a-fork", |played| {
        let from_the_fork = played.first(
            "a refusal",
            |it| matches!(&it.event, Event::Refused { rule, .. } if rule == "valid-mls"),
        );
        assert_eq!(played.fate("s20000-C1"), Some(Fate::Refused));
        let repair = re_adding(played, &["C1"]);
        assert!(from_the_fork < repair);
        let lost_at = epoch_before(played, "C1", repair);
        let (way, epoch) = entrances(played, "C1", repair)[0];
        assert_eq!(way, Way::Welcome);
        assert!(epoch > lost_at, "from {lost_at} to {epoch}");
        let commit = accepted_digest(played.at(repair));
        assert!(played.entrances(commit).iter().any(|(_, node)| *node == "B1"));
        assert_eq!(played.readers("in one room again"), ["A1", "B1"]);
        played.assert_all_at_one_epoch(3);
    });
}

#[test]
fn a_wedged_room_begins_anew_with_its_people_their_roles_and_its_policy() {
    each_seed("repair-by-reboot", |played| {
        assert_eq!(played.fate("s12000-A1"), Some(Fate::Done));
        let begins = played.first("the new room", |it| {
            let annex = |room: &schism::mimi::uri::RoomUri| room.name() == "annex";
            matches!(&it.event, Event::Entered { room, way: Way::Created, .. } if annex(room))
        });
        let Event::Entered { state, .. } = &played.at(begins).event else { unreachable!() };
        let view = state.view.as_ref().unwrap();
        let roles: Vec<_> = view.participants.iter().map(|it| (it.user.name(), it.role)).collect();
        assert_eq!(roles, [("alice", 4), ("bob", 2), ("mallory", 2), ("cathy", 3)]);
        assert_eq!(view.policy.max_users, Some(4));
        assert!(view.policy.no_external_commits);
        // The role is worth something in the new room, too.
        assert_eq!(played.fate("s20000-C1"), Some(Fate::Done));
        assert_eq!(played.readers("here we are"), ["A1", "A2", "B1", "C1"]);
    });
}
