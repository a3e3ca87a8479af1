//! Hubs that lie: what becomes of each lie, who notices, and by which rule.

use std::collections::BTreeSet;

use schism::trace::{Entry, Event, Fate, Kind, Way};

use crate::each_seed;
use crate::played::{Played, accepts, enters};

/// The place where the hub begins to lie.
#[track_caller]
pub fn began(played: &Played, behaviour: &str) -> u64 {
    played.first(behaviour, |it| {
        it.node == "a.example"
            && matches!(&it.event, Event::BehaviourBegan { behaviour: it } if it == behaviour)
    })
}

/// The clients that set out to rejoin, or refuse something; each as often as it does.
pub fn alarmed(played: &Played) -> Vec<&str> {
    let alarm = |it: &Entry| {
        matches!(
            it.event,
            Event::Resyncing { .. } | Event::Rejected { .. } | Event::Unreadable { .. }
        )
    };
    played.all(alarm).into_iter().map(|place| played.at(place).node.as_str()).collect()
}

/// Where the client refuses something by this rule.
pub fn rejects(played: &Played, client: &str, wanted: &str) -> Vec<u64> {
    played.all(|it| {
        it.node == client && matches!(&it.event, Event::Rejected { rule, .. } if rule == wanted)
    })
}

#[test]
fn who_was_told_nothing_for_a_while_notices_with_the_next_event_and_comes_back() {
    each_seed("adversaries/hub-withholds", |played| {
        let began = began(played, "hub.withholds");
        let early = played.first("an early event", |it| {
            it.n > began && it.node == "C1" && matches!(it.event, Event::Buffered { .. })
        });
        let back = played.first("the rejoin", |it| {
            it.node == "C1" && matches!(it.event, Event::Resyncing { .. })
        });
        assert!(early < back && played.at(back).at_ms <= played.at(early).at_ms + 16_000);
        assert_eq!(alarmed(played), ["C1"]);
        assert_eq!(played.readers("kept from Cathy"), ["A1"]);
        assert_eq!(played.readers("in step again"), ["A1", "B1"]);
        played.assert_all_at_one_epoch(3);
    });
}

#[test]
fn who_is_told_nothing_any_more_learns_from_refusals_and_stays_deaf() {
    each_seed("adversaries/hub-withholds-for-good", |played| {
        assert!(!played.told("wrongEpoch").is_empty(), "the hub's refusal says it");
        assert_eq!(played.readers("kept from Cathy"), ["A1"]);
        assert_eq!(played.readers("is anybody there?"), ["A1", "B1"]);
        assert_eq!(played.readers("we are all here"), ["B1"]);
    });
}

#[test]
fn messages_that_a_hub_drops_are_missed_by_nobody() {
    each_seed("adversaries/hub-drops-messages", |played| {
        began(played, "hub.drops-messages");
        assert_eq!(played.readers("kept from Cathy"), ["A1"]);
        assert_eq!(played.readers("heard by all again"), ["A1", "C1"]);
        assert!(alarmed(played).is_empty(), "nobody notices");
        played.assert_all_at_one_epoch(3);
    });
}

#[test]
fn events_that_overtake_each_other_are_kept_until_they_can_be_used() {
    each_seed("adversaries/hub-reorders", |played| {
        let began = began(played, "hub.reorders");
        let early = played.all(|it| {
            it.n > began && it.node == "C1" && matches!(it.event, Event::Buffered { .. })
        });
        assert!(!early.is_empty());
        for text in ["overtakes its epoch", "after the leave", "and so on 4"] {
            assert_eq!(played.readers(text), readers(text));
        }
        assert!(alarmed(played).is_empty(), "{:?}", alarmed(played));
        played.assert_all_at_one_epoch(4);
    });
}

/// Everybody but B1, who sends; D1 leaves after the first message.
fn readers(text: &str) -> &'static [&'static str] {
    match text {
        "overtakes its epoch" => &["A1", "C1", "C2", "D1"],
        _ => &["A1", "C1", "C2"],
    }
}

#[test]
fn a_leaver_whose_leave_the_hub_forgot_refuses_the_next_commit_and_stays_a_member() {
    each_seed("adversaries/hub-ignores-leave", |played| {
        let began = began(played, "hub.ignores-leave");
        let told = played.told("success").into_iter().find(|place| *place > began);
        assert_eq!(told.map(|place| played.at(place).node.as_str()), Some("B1"));
        assert!(played.all(|it| accepts(it, Kind::Proposals)).is_empty(), "the hub has nothing");
        assert_eq!(rejects(played, "B1", "cached-proposals-included").len(), 1);
        assert_eq!(played.fate("s10000-B1"), Some(Fate::Refused));
        let last = played.entries().iter().rev().find_map(|it| match &it.event {
            Event::Shadowed { members, .. } => Some(members.len()),
            _ => None,
        });
        assert_eq!(last, Some(3), "B1 is still a member");
    });
}

/// Whether a client is told this code by the hub, or in its name.
pub fn told(played: &Played, client: &str, code: &str) -> usize {
    played.told(code).into_iter().filter(|place| played.at(*place).node == client).count()
}

#[test]
fn who_is_told_success_for_a_commit_that_nobody_gets_is_split_from_the_room_until_the_next() {
    each_seed("adversaries/hub-lies-success", |played| {
        began(played, "hub.lies-code");
        assert_eq!(played.0.verdict.violations.len(), 1, "agreement alone");
        assert!(played.readers("still from nowhere").is_empty(), "the hub took it, to no end");
        let unreadable =
            played.all(|it| it.node == "C1" && matches!(it.event, Event::Unreadable { .. }));
        assert!(!unreadable.is_empty());
        let back = played.first("the rejoin", |it| {
            it.node == "B1" && matches!(it.event, Event::Resyncing { .. })
        });
        assert!(played.at(back).at_ms > 30_000, "not before the next commit");
        assert_eq!(played.readers("back in the room"), ["A1", "C1"]);
        played.assert_all_at_one_epoch(3);
    });
}

#[test]
fn a_member_that_is_always_late_looks_for_a_further_hub_and_finds_none() {
    each_seed("adversaries/hub-starves-a-member", |played| {
        began(played, "hub.lies-code");
        assert!(told(played, "B1", "wrongEpoch") >= 3);
        let searches =
            played.all(|it| it.node == "B1" && matches!(it.event, Event::Resyncing { .. }));
        assert!((3..=6).contains(&searches.len()), "bounded, once each patience");
        assert_eq!(played.fate("s10000-B1"), Some(Fate::Done));
        assert_eq!(played.readers("at last"), ["A1", "C1"]);
        played.assert_all_at_one_epoch(3);
    });
}

#[test]
fn what_a_hub_refuses_against_the_policy_is_refused_by_no_rule() {
    each_seed("adversaries/hub-refuses-what-is-allowed", |played| {
        began(played, "hub.lies-code");
        assert_eq!(told(played, "B1", "notAllowed"), 2);
        assert!(played.all(|it| matches!(it.event, Event::Refused { .. })).is_empty());
        let fates = ["s10000-B1", "s13000-B1", "s22000-B1"].map(|wish| played.fate(wish));
        assert_eq!(fates, [Some(Fate::Refused), Some(Fate::Refused), Some(Fate::Done)]);
        played.assert_all_at_one_epoch(3);
    });
}

/// C1, whose Welcome the hub has misled, hears nothing before it comes in by itself.
fn comes_in_by_itself(played: &Played, behaviour: &str) {
    let began = began(played, behaviour);
    let entered = played
        .first("C1's entrance", |it| it.node == "C1" && matches!(it.event, Event::Entered { .. }));
    assert!(began < entered && enters(played.at(entered), Way::ExternalCommit));
    assert!(!played.readers("welcome, Cathy").contains(&"C1"));
    assert!(played.readers("nobody told me").contains(&"A1"));
    played.assert_all_at_one_epoch(3);
}

#[test]
fn who_gets_no_welcome_comes_in_by_an_external_commit() {
    each_seed("adversaries/hub-withholds-welcome", |played| {
        comes_in_by_itself(played, "hub.withholds-welcome");
    });
}

#[test]
fn a_welcome_at_the_wrong_provider_is_for_nobody_there() {
    each_seed("adversaries/hub-misroutes-welcome", |played| {
        comes_in_by_itself(played, "hub.misroutes-welcome");
        let began = began(played, "hub.misroutes-welcome");
        let for_nobody = |it: &Entry| {
            it.n > began
                && it.node == "b.example"
                && matches!(&it.event, Event::Queued { clients, .. } if clients.is_empty())
        };
        assert_eq!(played.all(for_nobody).len(), 1);
    });
}

#[test]
fn the_welcome_of_a_lost_commit_leads_to_an_epoch_of_its_own_until_the_next_commit() {
    each_seed("adversaries/hub-welcomes-losers", |played| {
        began(played, "hub.welcomes-losers");
        let lost = |it: &Entry| matches!(&it.event, Event::Refused { rule, .. } if rule == "current-epoch");
        assert_eq!(played.all(lost).len(), 1);
        let ways = played.all(|it| it.node == "C1" && enters(it, Way::Welcome));
        let back = played.all(|it| it.node == "C1" && enters(it, Way::ExternalCommit));
        assert_eq!((ways.len(), back.len()), (1, 1));
        assert_eq!(rejects(played, "C1", "mls").len(), 1);
        assert_eq!(played.readers("am I in?"), ["A1", "B1"]);
        played.assert_all_at_one_epoch(3);
    });
}

#[test]
fn a_stale_group_info_keeps_a_joiner_out_for_as_long_as_it_is_served() {
    each_seed("adversaries/hub-serves-stale-group-info", |played| {
        began(played, "hub.serves-stale-group-info");
        // At once, at half a second, one, two and four more: no loop without pause.
        let asked = told(played, "C1", "wrongEpoch");
        assert!((4..=6).contains(&asked), "asked {asked} times in six seconds");
        let back =
            played.first("the way in", |it| it.node == "C1" && enters(it, Way::ExternalCommit));
        assert!(played.at(back).at_ms > 18_000);
        assert_eq!(played.readers("back"), ["A1", "B1"]);
        played.assert_all_at_one_epoch(3);
    });
}

#[test]
fn a_hub_that_is_set_back_begins_an_epoch_a_second_time_and_members_do_not_follow_it_back() {
    each_seed("adversaries/hub-rolls-back", |played| {
        began(played, "hub.rolls-back");
        let commits = played.all(|it| {
            matches!(it.event, Event::Accepted { kind, epoch: 3, .. }
                if matches!(kind, Kind::Commit | Kind::ExternalCommit))
        });
        assert_eq!(commits.len(), 2, "two commits from one epoch");
        assert_eq!(played.fate("s30000-B1"), Some(Fate::Refused));
        let asked = played.told("wrongEpoch").into_iter().filter(|place| {
            let answer = played.at(*place);
            answer.node == "B1" && answer.at_ms < 50_000
        });
        assert_eq!(asked.count(), 21, "it does not ask for ever");
        let epochs = played.final_epochs();
        assert!(epochs[&("hall", "B1")] >= 5, "B1 does not go back");
    });
}

#[test]
fn a_list_that_a_hub_takes_without_looking_is_followed_by_nobody_but_its_maker() {
    each_seed("adversaries/hub-skips-check", |played| {
        began(played, "hub.skips-check");
        for client in ["A1", "C1"] {
            assert_eq!(rejects(played, client, "authorised").len(), 1, "{client}");
        }
        let epochs = played.final_epochs();
        assert!(epochs[&("hall", "B1")] > epochs[&("hall", "C1")]);
        assert_eq!(played.fate("s18000-C1"), Some(Fate::Refused));
    });
}

#[test]
fn a_banned_user_that_a_hub_lets_back_in_is_alone() {
    each_seed("adversaries/hub-resurrects", |played| {
        let began = began(played, "hub.resurrects");
        let back =
            played.first("the way back", |it| it.node == "B1" && enters(it, Way::ExternalCommit));
        assert!(began < back);
        for client in ["A1", "C1"] {
            assert_eq!(rejects(played, client, "sender-is-participant").len(), 1, "{client}");
        }
        let epochs = played.final_epochs();
        assert_eq!(epochs[&("hall", "A1")], 3);
        assert_eq!(epochs[&("hall", "C1")], 3);
    });
}

/// C1 can't make use of the forged GroupInfo, and comes in by the true one.
fn sees_through(played: &Played, behaviour: &str) {
    let began = began(played, behaviour);
    assert_eq!(played.fate("s10000-C1"), Some(Fate::Refused));
    let ended = played.first("the refusal", |it| {
        it.n > began && it.node == "C1" && matches!(it.event, Event::IntentEnded { .. })
    });
    let Event::IntentEnded { why, .. } = &played.at(ended).event else { unreachable!() };
    assert!(why.to_lowercase().contains("signature"), "{why}");
    assert_eq!(played.readers("in by the true one"), ["A1", "B1"]);
    played.assert_all_at_one_epoch(3);
}

#[test]
fn a_group_info_of_another_epoch_lacks_its_signers_signature() {
    each_seed("adversaries/hub-forges-group-info", |played| {
        sees_through(played, "hub.forges-group-info");
    });
}

#[test]
fn a_group_info_with_another_list_lacks_its_signers_signature() {
    each_seed("adversaries/hub-forges-list", |played| sees_through(played, "hub.forges-list"));
}

#[test]
fn a_group_info_signed_by_another_key_than_the_hubs_is_no_way_in() {
    each_seed("adversaries/hub-signs-with-another-key", |played| {
        began(played, "hub.signs-with-another-key");
        for client in ["C1", "C2"] {
            let refused = rejects(played, client, "group-info-is-the-hubs");
            assert_eq!(refused.len(), 1, "{client}");
            assert!(played.at(refused[0]).at_ms < 14_000);
            let fates = ["s10000", "s11000", "s16000", "s17000"]
                .map(|at| played.fate(&format!("{at}-{client}")));
            let fates: Vec<_> = fates.into_iter().flatten().collect();
            assert_eq!(fates, [Fate::Refused, Fate::Done], "{client}");
        }
        assert_eq!(played.readers("in by the true one"), ["A1", "B1", "C2"]);
        played.assert_all_at_one_epoch(4);
    });
}

#[test]
fn a_ghost_that_a_hub_proposes_is_committed_by_nobody_and_voided_by_a_newcomer() {
    each_seed("adversaries/hub-adds-ghost", |played| {
        began(played, "hub.adds-ghost");
        for client in ["A1", "B1", "C1"] {
            assert_eq!(rejects(played, client, "servers-only-remove").len(), 1, "{client}");
        }
        assert_eq!(played.fate("s16000-C1"), Some(Fate::Refused));
        assert_eq!(played.fate("s18000-A1"), Some(Fate::Refused));
        let has_ghost = |it: &Entry| {
            let Event::Entered { members, .. } = &it.event else { return false };
            members.iter().any(|member| member.client.name() == "puppet")
        };
        assert!(played.all(has_ghost).is_empty());
        assert_eq!(played.readers("nobody but us"), ["A1", "B1", "C2"]);
        played.assert_all_at_one_epoch(4);
    });
}

#[test]
fn a_hub_franks_one_message_for_two_times_and_both_are_genuine() {
    each_seed("adversaries/hub-mistimes-frank", |played| {
        began(played, "hub.mistimes-frank");
        let wanted = played.message("at ten o'clock");
        let franks = played.entries().iter().filter_map(|it| match &it.event {
            Event::Delivered { message, frank: Some(frank), .. } if message == wanted => {
                assert!(frank.genuine);
                Some(frank.frank)
            }
            _ => None,
        });
        assert_eq!(franks.collect::<BTreeSet<_>>().len(), 2, "one for each time");
        let holds = |it: &Entry| {
            matches!(&it.event, Event::Reported { evidence, .. }
                if evidence.iter().all(|it| it.genuine))
        };
        assert_eq!(played.all(holds).len(), 2);
    });
}

#[test]
fn a_hub_that_knows_no_201_sends_for_ever_and_harms_its_own_queue_alone() {
    each_seed("adversaries/hub-takes-201-for-a-failure", |played| {
        began(played, "hub.mistakes-201");
        assert!(played.all(|it| matches!(it.event, Event::Repeated { .. })).len() > 10);
        assert_eq!(played.readers("once, I hope"), ["B1"]);
        played.assert_all_at_one_epoch(2);
    });
}

#[test]
fn who_is_added_and_never_welcomed_is_a_member_that_knows_of_nothing() {
    each_seed("adversaries/hub-withholds-welcome-for-good", |played| {
        began(played, "hub.withholds-welcome");
        assert_eq!(played.all(|it| it.node == "C1" && enters(it, Way::Welcome)).len(), 0);
        assert_eq!(played.readers("welcome, Cathy"), ["A1"]);
    });
}
