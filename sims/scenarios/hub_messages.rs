//! Hubs that lie about messages: who said one, and what became of it.

use schism::trace::{Event, Fate};

use crate::each_seed;
use crate::hubs::{alarmed, began, rejects, told};

#[test]
fn a_message_that_a_hub_franks_in_anothers_name_is_refused_and_nobody_is_reported_for_it() {
    each_seed("adversaries/hub-misattributes", |played| {
        began(played, "hub.misattributes");
        assert_eq!(rejects(played, "C1", "frank-is-genuine").len(), 1);
        assert_eq!(played.readers("in the name of Alice"), ["A1"]);
        assert_eq!(played.fate("s15000-C1"), Some(Fate::Refused));
        assert_eq!(played.fate("s16000-A1"), Some(Fate::Done));
        assert_eq!(played.readers("in my own name"), ["A1", "C1"]);
    });
}

#[test]
fn messages_that_a_hub_takes_to_no_end_are_missed_by_nobody() {
    each_seed("adversaries/hub-takes-messages-to-no-end", |played| {
        began(played, "hub.lies-message-code");
        assert_eq!(played.fate("s10000-B1"), Some(Fate::Done));
        assert!(played.readers("to nobody").is_empty());
        assert!(alarmed(played).is_empty(), "nobody notices");
        assert_eq!(played.readers("at last"), ["A1", "C1"]);
    });
}

#[test]
fn messages_that_a_hub_finds_too_old_come_through_once_it_is_honest() {
    each_seed("adversaries/hub-finds-messages-too-old", |played| {
        began(played, "hub.lies-message-code");
        assert!((1..=4).contains(&told(played, "B1", "epochTooOld")), "it is not asked for ever");
        for wish in ["s10000-B1", "s14000-B1", "s45000-B1"] {
            assert_eq!(played.fate(wish), Some(Fate::Done));
        }
        assert_eq!(played.readers("at last"), ["A1", "C1"]);
        played.assert_all_at_one_epoch(3);
    });
}

#[test]
fn messages_that_a_hub_refuses_against_the_policy_are_refused_by_no_rule() {
    each_seed("adversaries/hub-refuses-messages", |played| {
        began(played, "hub.lies-message-code");
        assert_eq!(told(played, "B1", "notAllowed"), 2);
        assert!(played.all(|it| matches!(it.event, Event::Refused { .. })).is_empty());
        assert_eq!(played.readers("at last"), ["A1", "C1"]);
    });
}
