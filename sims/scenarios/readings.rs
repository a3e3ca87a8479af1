//! Rooms in which an open text of the drafts is read the other way (`schism list readings`).

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
