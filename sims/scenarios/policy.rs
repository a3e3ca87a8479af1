//! The room policy at work: presets, ways in and out, kinds of room; and who is refused by what.

use std::collections::BTreeSet;

use schism::trace::{Entry, Event, Fate, Taken, Way};

use crate::each_seed;
use crate::played::{Played, enters};

/// These intents came to pass; those were refused, each while the hub refused something by this
/// rule; and nothing else was asked for.
#[track_caller]
fn done_and_refused(played: &Played, done: &[&str], refused: &[(&str, &str)]) {
    for intent in done {
        assert_eq!(played.fate(intent), Some(Fate::Done), "{intent}");
    }
    for (intent, wanted) in refused {
        assert_eq!(played.fate(intent), Some(Fate::Refused), "{intent}");
        let ends = |it: &Entry| matches!(&it.event, Event::IntentEnded { intent: ended, .. } if ended == intent);
        let begins = |it: &Entry| matches!(&it.event, Event::Intent { intent: begun, .. } if begun == intent);
        let (from, to) = (played.first(intent, begins), played.first(intent, ends));
        played.first(wanted, |it| {
            let broken = matches!(&it.event, Event::Refused { rule, .. } if rule == wanted);
            broken && (from..to).contains(&it.n)
        });
    }
    let asked = played.all(|it| {
        matches!(&it.event, Event::Intent { intent, probe: false, .. } if intent.starts_with('s')
            && !intent.ends_with('+'))
    });
    assert_eq!(asked.len(), done.len() + refused.len() + 1, "all but the creation");
}

#[track_caller]
fn comes_in_from_outside(played: &Played, client: &str) {
    played.first(client, |it| it.node == client && enters(it, Way::ExternalCommit));
}

#[test]
fn a_banned_user_is_out_with_all_clients_until_the_ban_is_lifted() {
    each_seed("ban-and-unban", |played| {
        let done = ["s2000-A1", "s4000-A1", "s8000-A1", "s14000-A1", "s16000-B1", "s18000-B1"];
        let refused = [
            ("s6000-C1", "authorised"),
            ("s10000-B1", "group-info-for-participants"),
            ("s12000-C1", "authorised"),
        ];
        done_and_refused(played, &done, &refused);
        assert_eq!(played.all(|it| matches!(it.event, Event::Removed { .. })).len(), 2);
        comes_in_from_outside(played, "B1");
        played.assert_all_at_one_epoch(3);
    });
}

#[test]
fn a_kicked_user_stays_listed_and_comes_back_by_itself() {
    each_seed("kicked-and-back", |played| {
        played.assert_nothing_undone();
        let removed = played.all(|it| matches!(it.event, Event::Removed { .. }));
        let nodes: Vec<_> = removed.iter().map(|place| played.at(*place).node.as_str()).collect();
        assert_eq!(nodes, ["B3", "B2", "B1"]);
        comes_in_from_outside(played, "B1");
        assert_eq!(played.readers("back again"), ["A1"]);
    });
}

#[test]
fn into_a_strict_room_lead_a_code_a_preauthorisation_and_an_invitation() {
    each_seed("strict-room", |played| {
        let done = ["s3000-B1", "s5000-C1", "s11000-A1", "s13000-E1", "s16000-E1"];
        let refused = [("s7000-D1", "group-info-for-participants"), ("s9000-C1", "authorised")];
        done_and_refused(played, &done, &refused);
        for client in ["B1", "C1", "E1"] {
            comes_in_from_outside(played, client);
        }
        assert_eq!(played.readers("who is here?"), ["A1", "B1", "C1"]);
    });
}

#[test]
fn in_a_moderated_room_a_guest_speaks_once_it_is_a_speaker() {
    each_seed("moderated-room", |played| {
        let done = ["s3000-B1", "s5000-G1", "s9000-A1", "s10000-B1", "s13000-A1", "s15000-G1"];
        let refused =
            [("s7000-G1", "may-send"), ("s8000-B1", "authorised"), ("s11000-G2", "authorised")];
        done_and_refused(played, &done, &refused);
        assert_eq!(played.readers("thank you"), ["A1", "B1"]);
    });
}

#[test]
fn admins_of_an_organisation_reach_no_further_than_their_own() {
    each_seed("several-organisations", |played| {
        let done =
            ["s3000-A1", "s5000-A1", "s7000-A1", "s9000-C1", "s11000-B1", "s15000-B1", "s19000-A1"];
        let refused = [("s13000-B1", "authorised"), ("s17000-B1", "authorised")];
        done_and_refused(played, &done, &refused);
    });
}

#[test]
fn of_a_room_of_fixed_membership_only_clients_come_and_go() {
    each_seed("fixed-membership", |played| {
        let done = ["s3000-B1", "s5000-A1", "s13000-B1", "s17000-B1", "s19000-B1"];
        let rule = "fixed-membership";
        let refused = [("s7000-A1", rule), ("s9000-B1", rule), ("s11000-A1", rule)];
        done_and_refused(played, &done, &refused);
        assert_eq!(played.readers("still here"), ["A1", "A2"]);
    });
}

#[test]
fn what_would_go_over_a_limit_of_the_room_is_refused() {
    each_seed("limits-of-a-room", |played| {
        let done = ["s3000-A1", "s5000-A1", "s11000-B1", "s15000-A1", "s19000-A1"];
        let refused = [
            ("s7000-A1", "at-most-max-users"),
            ("s9000-B3", "at-most-max-clients"),
            ("s13000-C1", "authorised"),
            ("s17000-C2", "one-client-per-user"),
        ];
        done_and_refused(played, &done, &refused);
        assert!(played.all(|it| matches!(it.event, Event::Resyncing { .. })).is_empty());
        played.assert_all_at_one_epoch(3);
    });
}

#[test]
fn a_limit_of_users_stands_where_clients_would_fit() {
    each_seed("one-user-too-many", |played| {
        let done = ["s3000-A1", "s9000-B2", "s13000-B2"];
        done_and_refused(played, &done, &[("s5000-A1", "at-most-max-users")]);
        assert_eq!(played.readers("just the two of us"), ["A1", "B1"]);
    });
}

#[test]
fn a_room_inside_a_room_has_some_of_its_participants() {
    each_seed("room-inside-a-room", |played| {
        let done = ["s3000-A1", "s9000-A1", "s11000-A1", "s15000-C1"];
        let refused = [("s7000-A1", "inside-parent"), ("s13000-C1", "inside-parent")];
        for intent in done {
            assert_eq!(played.fate(intent), Some(Fate::Done), "{intent}");
        }
        for (intent, _) in refused {
            assert_eq!(played.fate(intent), Some(Fate::Refused), "{intent}");
        }
        let by_parent = |it: &Entry| matches!(&it.event, Event::Refused { rule, .. } if rule == "inside-parent");
        assert_eq!(played.all(by_parent).len(), 2);
    });
}

#[test]
fn each_part_of_a_policy_changes_by_who_has_the_capability() {
    each_seed("policy-changes", |played| {
        let done = ["s3000-A1", "s5000-A1", "s9000-A1", "s11000-C1", "s17000-A1", "s19000-C1"];
        let refused = [
            ("s7000-B1", "group-info-for-participants"),
            ("s13000-A1", "authorised"),
            ("s15000-C1", "authorised"),
        ];
        done_and_refused(played, &done, &refused);
    });
}

#[test]
fn where_no_external_commits_are_allowed_a_client_is_added_from_inside() {
    each_seed("no-way-in-from-outside", |played| {
        let done = ["s3000-A1", "s9000-B1", "s12000-B2"];
        done_and_refused(played, &done, &[("s6000-B2", "external-commits-allowed")]);
        played.first("B2", |it| it.node == "B2" && enters(it, Way::Welcome));
    });
}

#[test]
fn who_may_receive_nothing_is_sent_nothing_where_its_hub_is_its_own_provider() {
    each_seed("deaf-by-role", |played| {
        assert_eq!(played.readers("for those who may"), ["C1"]);
        assert_eq!(played.readers("for Ben, too"), ["B1", "C1"]);
        let deaf =
            |it: &Entry| matches!(&it.event, Event::Rejected { rule, .. } if rule == "may-receive");
        let by: BTreeSet<_> =
            played.all(deaf).iter().map(|it| played.at(*it).node.as_str()).collect();
        assert_eq!(by, ["B1"].into(), "N1's provider is the hub, and withholds it");
    });
}

#[test]
fn members_follow_the_policy_of_their_room_as_it_changes() {
    each_seed("tolerance-changes", |played| {
        assert_eq!(played.fate("s16000-B1"), Some(Fate::Refused), "membership is fixed by then");
        assert_eq!(played.readers("two"), ["A1"]);
        let probed = played.entries().iter().filter_map(|it| match &it.event {
            Event::Probed { taken: Taken::AtEnd, fed, opened, .. } => Some((*fed, *opened)),
            _ => None,
        });
        let probed: Vec<_> = probed.collect();
        assert!(!probed.is_empty() && probed.iter().all(|(fed, opened)| *fed > 0 && *opened == 0));
    });
}

#[test]
fn without_a_franking_agent_nothing_is_franked() {
    each_seed("without-franking", |played| {
        assert_eq!(played.readers("nobody can prove that I said it"), ["B1"]);
        let franked = |it: &Entry| matches!(it.event, Event::Delivered { frank: Some(_), .. });
        assert!(played.all(franked).is_empty());
        assert_eq!(played.fate("s6000-B1"), Some(Fate::Refused));
    });
}

#[test]
fn who_may_not_report_does_not_until_its_role_lets_it() {
    each_seed("no-right-to-report", |played| {
        assert_eq!(played.fate("s6000-B1"), Some(Fate::Refused));
        assert_eq!(played.fate("s10000-B1"), Some(Fate::Done));
        let reported = |it: &Entry| matches!(it.event, Event::Reported { .. });
        assert_eq!(played.all(reported).len(), 1);
    });
}
