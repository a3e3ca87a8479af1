//! Rooms in which an open text of the drafts is read the other way (`schism list readings`).

use std::collections::BTreeMap;

use schism::mimi::rules::READINGS;
use schism::trace::{Event, Fate, Kind, Way};

use crate::each_seed;
use crate::played::{accepts, enters};
use crate::playing::script;

#[test]
fn each_reading_is_taken_in_the_scenario_that_it_names() {
    for reading in READINGS {
        let taken = script(reading.scenario, None).protocol.readings;
        assert_eq!(taken, [reading.id], "{}", reading.scenario);
    }
}

#[test]
fn a_hub_completes_partial_group_infos_and_clients_join_by_them() {
    each_seed("partial-group-infos", |played| {
        let joined = played.all(|it| enters(it, Way::ExternalCommit));
        assert_eq!(joined.len(), 2);
        assert_eq!(played.readers("we are whole"), ["A1", "B1", "B2"]);
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(4);
    });
}

#[test]
fn two_messages_of_one_millisecond_get_one_stamp_where_the_clock_has_the_word() {
    each_seed("stamps-that-tie", |played| {
        let stamps = played.entries().iter().filter_map(|it| match &it.event {
            Event::Accepted { kind: Kind::Message, stamp, .. } => Some(*stamp),
            _ => None,
        });
        let stamps: Vec<_> = stamps.take(2).collect();
        assert_eq!(stamps[0], stamps[1]);
    });
}

#[test]
fn the_last_user_is_on_its_way_out_for_ever() {
    each_seed("last-user-asks-to-leave", |played| {
        assert_eq!(played.fate("s4000-B1"), Some(Fate::Done));
        assert_eq!(played.fate("s7000-A1"), None);
        assert_eq!(played.fate("s9000-A1"), None, "an exiting user sends nothing");
    });
}

#[test]
fn who_may_leave_a_fixed_room_leaves_and_nobody_else_changes_who_is_in_it() {
    each_seed("fixed-room-that-may-be-left", |played| {
        assert_eq!(played.fate("s6000-B1"), Some(Fate::Done));
        assert_eq!(played.fate("s9000-A1"), Some(Fate::Refused));
        assert_eq!(played.fate("s11000-A1"), Some(Fate::Refused));
    });
}

#[test]
fn a_leave_that_is_not_proposed_again_is_never_committed() {
    each_seed("leave-that-lapses", |played| {
        let proposed = played.all(|it| accepts(it, Kind::Proposals));
        assert_eq!(proposed.len(), 1);
        assert!(played.all(|it| matches!(it.event, Event::Removed { .. })).is_empty());
    });
}

#[test]
fn a_new_client_of_an_exiting_user_voids_its_leave_and_does_not_end_it() {
    each_seed("joining-while-leaving", |played| {
        assert_eq!(played.fate("s6000-B2"), Some(Fate::Done));
        assert_eq!(played.all(|it| accepts(it, Kind::Proposals)).len(), 2, "asked for again");
        assert_eq!(played.fate("s4000-B1"), Some(Fate::Done));
    });
}

#[test]
fn who_is_kicked_off_the_list_has_no_way_back_until_added() {
    each_seed("kick-that-unlists", |played| {
        assert_eq!(played.fate("s4000-A1"), Some(Fate::Done));
        assert_eq!(played.fate("s6000-B1"), Some(Fate::Refused));
        assert_eq!(played.fate("s9000-A1"), Some(Fate::Done));
        played.assert_all_at_one_epoch(2);
    });
}

#[test]
fn the_leave_that_was_accepted_first_gives_way_and_its_user_stays() {
    each_seed("leave-that-gives-way", |played| {
        let exiting = played.all(|it| matches!(it.event, Event::Exiting { .. }));
        assert_eq!(exiting.len(), 2, "the hub takes both leaves");
        assert_eq!(played.fate("s5000-A1"), Some(Fate::Refused));
        assert_eq!(played.fate("s5000-B1"), Some(Fate::Done));
        assert_eq!(played.final_epochs().keys().map(|(_, who)| *who).collect::<Vec<_>>(), ["A1"]);
    });
}

#[test]
fn what_comes_twice_in_different_bodies_takes_effect_once() {
    each_seed("retries-that-carry-more", |played| {
        let mut queued: BTreeMap<_, usize> = BTreeMap::new();
        for entry in played.entries().iter().filter(|it| it.node == "b.example") {
            if let Event::Queued { digest, .. } = &entry.event {
                *queued.entry(*digest).or_default() += 1;
            }
        }
        assert!(queued.values().any(|times| *times > 1), "nothing came twice");
        assert_eq!(played.readers("one"), ["B1"]);
        assert_eq!(played.readers("two"), ["B1"]);
        played.assert_nothing_undone();
    });
}
