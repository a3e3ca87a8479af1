//! Bugs that random scenarios found; each scenario shows the one that it guards against.

use schism::trace::{Entry, Event, Fate, Kind, Phase, Way};

use crate::each_seed;
use crate::played::{accepted_digest, accepts, enters};

#[test]
fn a_welcome_waits_for_the_external_commit_that_is_under_way() {
    each_seed("two-ways-in", |played| {
        let mine = |it: &Entry| it.node == "C2";
        played.first("the Welcome put off", |it| {
            mine(it) && matches!(&it.event, Event::Buffered { why, .. } if why.contains("joined"))
        });
        played.first("C2's external commit", |it| mine(it) && enters(it, Way::ExternalCommit));
        assert!(played.all(|it| matches!(it.event, Event::Removed { .. })).is_empty());
        assert_eq!(played.readers("come in"), ["C1", "C2"]);
        assert_eq!(played.readers("I am in"), ["A1", "C1"]);
        played.assert_all_at_one_epoch(3);
    });
}

#[test]
fn who_says_that_it_is_out_when_it_is_in_again_stays_in() {
    each_seed("goodbye-overtaken", |played| {
        let goodbye = |it: &Entry| matches!(&it.event, Event::Request { endpoint, .. } if endpoint == "client/unsubscribe");
        let said = played.all(|it| it.node == "B1" && goodbye(it));
        let added = played.all(|it| accepts(it, Kind::Commit))[2];
        assert!(said.len() > 1 && said[0] < added && added < said[1], "{said:?}, {added}");
        assert_eq!(played.readers("Did you get this?"), ["B1"]);
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(2);
    });
}

#[test]
fn who_forgot_the_room_while_its_user_was_leaving_is_back_once_the_leave_comes_to_nothing() {
    each_seed("leaver-from-backup", |played| {
        assert_eq!(played.fate("s7500-B1"), Some(Fate::Refused), "Bob is on his way out");
        let voided = played.first("A2's commit", |it| accepts(it, Kind::ExternalCommit));
        let back =
            played.first("B1's", |it| accepts(it, Kind::ExternalCommit) && it.at_ms > 20_000);
        assert!(voided < back, "{voided}, {back}");
        played.assert_all_at_one_epoch(3);
    });
}

#[test]
fn a_welcome_to_a_stay_that_is_over_leads_nowhere() {
    each_seed("welcome-overtaken", |played| {
        let removed = played
            .first("B1 is out", |it| it.node == "B1" && matches!(it.event, Event::Removed { .. }));
        let over = |it: &Entry| matches!(&it.event, Event::Passed { why, .. } if why == "of a stay that is over");
        let passed = played.first("the Welcome", |it| it.node == "B1" && over(it));
        assert!(removed < passed, "{removed}, {passed}");
        played.assert_nothing_undone();
    });
}

#[test]
fn a_leaver_follows_the_commit_that_takes_it_out_before_it_heard_that_it_was_to_come() {
    each_seed("leave-overtaken", |played| {
        let queued = |kind: Kind| {
            let taken = played.first("accepted", |it| accepts(it, kind) && it.at_ms > 4_000);
            let Event::Accepted { digest: taken, .. } = played.at(taken).event else { return None };
            let at_b = |it: &Entry| it.node == "b.example";
            Some(played.first("queued", |it| {
                at_b(it) && matches!(it.event, Event::Queued { digest, .. } if digest == taken)
            }))
        };
        assert!(queued(Kind::Commit) < queued(Kind::Proposals));
        assert_eq!(played.fate("s4000-B1"), Some(Fate::Done));
        played.assert_nothing_undone();
    });
}

#[test]
fn who_is_not_let_back_in_gives_up_until_it_is_added_anew() {
    each_seed("no-way-back", |played| {
        let tries = |it: &Entry| matches!(it.event, Event::Resyncing { .. });
        assert_eq!(played.all(tries).len(), 1);
        assert_eq!(played.fate("s9000-B1"), Some(Fate::Abandoned));
        assert_eq!(played.readers("Welcome back"), ["B1"]);
        played.assert_all_at_one_epoch(2);
    });
}

#[test]
fn a_refused_proposal_takes_nobody_elses_with_it() {
    each_seed("refused-beside-a-leave", |played| {
        assert_eq!(played.fate("s5120-G1"), Some(Fate::Refused));
        assert_eq!(played.fate("s5000-B1"), Some(Fate::Done));
        assert!(played.all(|it| matches!(it.event, Event::Resyncing { .. })).is_empty());
        played.assert_all_at_one_epoch(2);
    });
}

#[test]
fn a_client_that_goes_by_itself_does_not_block_its_users_leave() {
    each_seed("self-removal-beside-a-leave", |played| {
        assert_eq!(played.fate("s5000-B2"), Some(Fate::Done));
        assert_eq!(played.fate("s5050-B1"), Some(Fate::Done));
        played.assert_nothing_undone();
    });
}

#[test]
fn a_wish_that_cannot_be_committed_takes_no_accepted_proposal_with_it() {
    each_seed("wish-that-cannot-be-committed", |played| {
        assert_eq!(played.fate("s6000-B1"), Some(Fate::Refused));
        let waiting = played.first("proposals", |it| accepts(it, Kind::Proposals));
        let refused = played.first(
            "the refusal",
            |it| matches!(&it.event, Event::IntentEnded { intent, .. } if intent == "s6000-B1"),
        );
        assert!(waiting < refused && refused < played.commit_of("B1", refused));
        assert_eq!(played.final_epochs().len(), 1);
    });
}

#[test]
fn proposals_that_were_not_accepted_when_an_account_ended_are_not_held_against_a_commit() {
    each_seed("account-ends-in-the-middle-of-a-leave", |played| {
        let commit = played.commit_of("B1", 0);
        assert_eq!(played.fate("s7000-B2"), Some(Fate::Refused));
        let ended = played.first(
            "the end of the leave",
            |it| matches!(&it.event, Event::IntentEnded { intent, .. } if intent == "s7000-B2"),
        );
        assert!(played.all(|it| accepts(it, Kind::Proposals)).is_empty(), "nobody accepted it");
        let entered = played.entrances(accepted_digest(played.at(commit)));
        let b2 = entered.iter().find(|(_, client)| *client == "B2");
        assert!(b2.is_some_and(|(place, _)| commit < ended && ended < *place), "{entered:?}");
    });
}

#[test]
fn a_room_goes_on_without_founders_who_have_forgotten_it() {
    each_seed("founders-forget-the-room", |played| {
        let denied = played.told("notAllowed");
        let denied: Vec<_> = denied.iter().map(|place| played.at(*place).node.as_str()).collect();
        assert!(denied.contains(&"A1") && denied.contains(&"A2"), "{denied:?}");
        let begins = |it: &Entry| it.event == Event::PhaseBegan { phase: Phase::Probe };
        let shown = played.commit_of("B1", played.first("the probe", begins));
        assert_eq!(played.entrances(accepted_digest(played.at(shown))).len(), 1);
        assert_eq!(played.final_epochs()[&("hall", "B1")], 3);
    });
}

#[test]
fn a_leave_has_not_come_to_pass_while_its_user_is_there_with_another_client() {
    each_seed("one-client-is-out-before-its-user", |played| {
        let removed = played
            .first("B1 is out", |it| it.node == "B1" && matches!(it.event, Event::Removed { .. }));
        let refused = played.told("wrongEpoch")[0];
        assert!(removed < refused && played.at(refused).node == "B1", "{removed}, {refused}");
        assert_eq!(played.fate("s6050-B1"), Some(Fate::Abandoned));
        assert_eq!(played.readers("is anybody there?"), ["B2"]);
        played.assert_all_at_one_epoch(2);
    });
}

#[test]
fn who_is_on_its_way_back_is_not_put_out_by_what_happened_before() {
    each_seed("removal-heard-on-the-way-back", |played| {
        let accepted = played.first("B1's return", |it| accepts(it, Kind::ExternalCommit));
        let told =
            played.first("the answer", |it| it.node == "B1" && enters(it, Way::ExternalCommit));
        let removal = accepted_digest(played.at(played.first(
            "B1 is taken out",
            |it| matches!(&it.event, Event::Accepted { change, .. } if !change.removes.is_empty()),
        )));
        let heard = played.first("the removal put off", |it| {
            it.node == "B1"
                && matches!(it.event, Event::Buffered { digest, .. } if digest == removal)
        });
        assert!(accepted < told && heard < told, "{accepted}, {heard}, {told}");
        assert_eq!(played.readers("welcome back"), ["B1", "B2"]);
        played.assert_all_at_one_epoch(3);
    });
}
