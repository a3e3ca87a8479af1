//! What servers do as external senders: users who go because a server says so.

use std::collections::BTreeSet;

use schism::trace::{Author, DeedKind, Entry, Event, Fate, Kind, Stage};

use crate::each_seed;
use crate::played::{Played, accepted_digest, accepts};

/// Where the hub accepts removals that it proposes itself.
fn expulsions(played: &Played) -> Vec<u64> {
    played.all(|it| accepts(it, Kind::Proposals) && deeds_of_servers(it) > 0)
}

/// How many removals by a server are in what `entry` accepts.
fn deeds_of_servers(entry: &Entry) -> usize {
    let Event::Accepted { deeds, .. } = &entry.event else { return 0 };
    let by_server = deeds.iter().filter(|deed| matches!(deed.by, Author::Server(_)));
    by_server.filter(|deed| matches!(deed.what, DeedKind::RemoveClient { .. })).count()
}

/// The commit that follows on a proposal; it names `removals` of a server and unlists `user`.
#[track_caller]
fn commit_that_unlists(played: &Played, after: u64, removals: usize, user: &str) -> u64 {
    let commit = played.first("a commit", |it| it.n > after && accepts(it, Kind::Commit));
    assert_eq!(deeds_of_servers(played.at(commit)), removals);
    let Event::Accepted { change, .. } = &played.at(commit).event else { unreachable!() };
    let unlisted: Vec<_> = change.unlisted.iter().map(|it| it.name()).collect();
    assert_eq!(unlisted, [user]);
    commit
}

/// These clients end in one epoch. Whoever has no account any more does not learn that it is out.
#[track_caller]
fn assert_at_one_epoch(played: &Played, room: &str, clients: &[&str]) {
    let epochs = played.final_epochs();
    let epochs: BTreeSet<_> = clients.iter().map(|client| epochs.get(&(room, *client))).collect();
    assert!(epochs.len() == 1 && !epochs.contains(&None), "{epochs:?}");
}

#[test]
fn a_deleted_account_is_taken_out_by_the_hub_and_off_the_list_by_the_next_committer() {
    each_seed("deleted-account-is-removed", |played| {
        let deleted =
            played.first("the end", |it| matches!(it.event, Event::AccountDeleted { .. }));
        let proposed = expulsions(played);
        assert_eq!(proposed.len(), 1);
        assert!(deleted < proposed[0]);
        let exiting = played.first("exiting", |it| matches!(it.event, Event::Exiting { .. }));
        let commit = commit_that_unlists(played, exiting, 2, "bob");
        let Event::Accepted { client: Some(by), .. } = &played.at(commit).event else {
            panic!("a commit by nobody")
        };
        assert_eq!(by.name(), "C1");
        assert_eq!(played.readers("who is still here?"), ["A1"]);
        assert_at_one_epoch(played, "hall", &["A1", "C1"]);
    });
}

#[test]
fn what_an_external_commit_voids_of_the_hubs_proposals_comes_with_it_anew() {
    each_seed("hub-proposals-survive-an-external-commit", |played| {
        let [first, second] = expulsions(played)[..] else { panic!("not twice") };
        let join = played
            .first("the external commit", |it| it.n > first && accepts(it, Kind::ExternalCommit));
        assert!(join < second);
        let stapled = accepted_digest(played.at(second));
        let commit = commit_that_unlists(played, second, 2, "bob");
        let Event::Accepted { proposals, .. } = &played.at(commit).event else { unreachable!() };
        assert!(proposals.contains(&stapled));
        // They came with the commit, in no parcel of their own.
        let queued =
            |it: &Entry| matches!(it.event, Event::Queued { digest, .. } if digest == stapled);
        assert_eq!(played.all(queued), Vec::<u64>::new());
        played.assert_nothing_undone();
        assert_at_one_epoch(played, "clubhouse", &["A1", "C1", "C2"]);
    });
}

#[test]
fn a_hub_that_crashed_before_its_proposals_were_durable_makes_them_again() {
    each_seed("deletion-outlives-a-crash", |played| {
        let [first, second] = expulsions(played)[..] else { panic!("not twice") };
        let (crash, restart) = played.crash_and_restart("a.example", first);
        assert!(first < crash && restart < second);
        commit_that_unlists(played, second, 1, "bob");
        assert_at_one_epoch(played, "clubhouse", &["A1", "C1"]);
    });
}

#[test]
fn a_room_that_takes_no_proposals_from_outside_takes_none_from_its_hub() {
    each_seed("no-proposals-by-servers", |played| {
        played.first("the refusal", |it| {
            matches!(&it.event, Event::Refused { rule, .. } if rule == "external-proposals-allowed")
        });
        assert_eq!(expulsions(played), Vec::<u64>::new());
        assert_at_one_epoch(played, "hall", &["A1", "C1"]);
    });
}

#[test]
fn an_enforcing_hub_has_the_next_committer_ban_who_is_reported_and_nobody_upon_made_up_words() {
    each_seed("enforcer-bans", |played| {
        let proposed = expulsions(played);
        assert_eq!(proposed.len(), 1);
        let proven = played.first("a proof", |it| {
            matches!(&it.event, Event::Reported { evidence, .. } if evidence.iter().all(|one| one.genuine))
        });
        assert!(proven < proposed[0]);
        let commit = played.first("a commit", |it| it.n > proposed[0] && accepts(it, Kind::Commit));
        assert_eq!(deeds_of_servers(played.at(commit)), 2);
        let Event::Accepted { change, .. } = &played.at(commit).event else { unreachable!() };
        let banned: Vec<_> = change.roles.iter().map(|it| (it.user.name(), it.role)).collect();
        assert_eq!(banned, [("bob", 1)]);
        let removed = played.all(|it| matches!(it.event, Event::Removed { .. }));
        assert_eq!(removed.len(), 2);
        played.first("the closed door", |it| {
            it.n > commit
                && matches!(&it.event, Event::Refused { rule, .. }
                    if rule == "group-info-for-participants")
        });
        played.assert_all_at_one_epoch(2);
    });
}

#[test]
fn a_followers_certificate_comes_with_its_first_participant_and_goes_with_its_last() {
    each_seed("followers-certificate", |played| {
        let told = played.entries().iter().filter_map(|it| match &it.event {
            Event::ExternalSenders { servers, .. } => {
                Some(servers.iter().map(ToString::to_string).collect::<Vec<_>>())
            }
            _ => None,
        });
        let told: Vec<_> = told.collect();
        assert_eq!(told, [vec!["a.example", "b.example"], vec!["a.example"]]);
        let proposes = |it: &Entry| {
            matches!(&it.event, Event::Accepted { kind: Kind::Proposals, deeds, .. }
                if deeds.iter().any(|deed| matches!(deed.what, DeedKind::Other { .. })))
        };
        let proposed = played.all(proposes);
        assert_eq!(proposed.len(), 3, "once to come, once to go, once anew");
        let join = played.first("C2", |it| accepts(it, Kind::ExternalCommit));
        assert!(proposed[1] < join && join < proposed[2]);
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(3);
    });
}

#[test]
fn in_rough_weather_too_those_whom_the_hub_wants_out_are_out_in_the_end() {
    each_seed("servers-in-rough-weather", |played| {
        let joins = played.all(|it| accepts(it, Kind::ExternalCommit)).len();
        assert!(joins >= 2, "{joins}");
        assert!(expulsions(played).len() >= 2);
        let banned = played.entries().iter().filter_map(|it| match &it.event {
            Event::Accepted { kind: Kind::Commit, change, .. } => Some(&change.roles),
            _ => None,
        });
        let banned: BTreeSet<_> = banned.flatten().map(|it| (it.user.name(), it.role)).collect();
        assert_eq!(banned, [("bob", 1), ("dave", 1)].into());
        assert_at_one_epoch(played, "hall", &["A1", "C1", "C2", "C3"]);
    });
}

/// The committed list of a room at the end, as its hub has it.
fn listed(played: &Played, room: &str) -> BTreeSet<String> {
    let last = played.entries().iter().rev().find_map(|it| match &it.event {
        Event::Shadowed { room: of, stage: Stage::Committed, epoch, .. } if of.name() == room => {
            Some(*epoch)
        }
        _ => None,
    });
    let mut listed = BTreeSet::new();
    for entry in played.entries() {
        if let Event::Accepted { room: of, change, epoch, kind, .. } = &entry.event
            && of.name() == room
            && *kind != Kind::Proposals
            && Some(*epoch) < last
        {
            listed.extend(change.listed.iter().map(|it| it.user.name().to_owned()));
            change.unlisted.iter().for_each(|user| {
                listed.remove(user.name());
            });
        }
    }
    listed
}

#[test]
fn who_leaves_or_is_removed_from_a_room_goes_from_the_rooms_inside_it() {
    each_seed("leaving-the-house-leaves-its-rooms", |played| {
        let proposed = expulsions(played);
        assert_eq!(proposed.len(), 2);
        let bob = commit_that_unlists(played, proposed[0], 2, "bob");
        assert!(bob < proposed[1]);
        commit_that_unlists(played, proposed[1], 1, "cathy");
        assert!(played.readers("alone up here").is_empty());
        played.assert_nothing_undone();
    });
}

#[test]
fn whom_a_minimum_keeps_in_a_room_goes_from_it_all_the_same_when_it_leaves_the_parent() {
    each_seed("last-admin-leaves-the-house", |played| {
        for wanted in ["s13000-B1", "s15000-A1"] {
            assert_eq!(played.fate(wanted), Some(Fate::Refused), "{wanted}");
        }
        let proposed = expulsions(played);
        assert_eq!(proposed.len(), 1);
        commit_that_unlists(played, proposed[0], 2, "bob");
        assert!(played.readers("no admin up here").is_empty());
    });
}

#[test]
fn whom_a_minimum_keeps_in_a_room_goes_from_it_all_the_same_when_its_account_ends() {
    each_seed("last-admin-ends-his-account", |played| {
        assert_eq!(played.fate("s9000-B1"), Some(Fate::Refused));
        let proposed = expulsions(played);
        assert_eq!(proposed.len(), 1);
        commit_that_unlists(played, proposed[0], 1, "bob");
        assert_eq!(played.readers("who is in charge?"), ["A1"]);
    });
}

#[test]
fn after_a_crash_the_hub_knows_who_is_out_of_place() {
    each_seed("cascade-over-a-crash", |played| {
        let restarted = played.first("a restart", |it| {
            it.node == "a.example" && matches!(it.event, Event::Restarted { .. })
        });
        assert!(expulsions(played).iter().any(|proposed| *proposed > restarted));
        assert!(listed(played, "attic").is_empty(), "{:?}", listed(played, "attic"));
    });
}

#[test]
fn accomplices_who_void_the_hubs_proposals_put_off_a_removal_by_a_few_epochs_only() {
    each_seed("accomplices-put-off-an-expulsion", |played| {
        let proposed = expulsions(played);
        let joins = played.all(|it| accepts(it, Kind::ExternalCommit));
        let voiding = joins.iter().filter(|join| **join > proposed[0]);
        let last = *proposed.last().unwrap();
        assert_eq!(voiding.filter(|join| **join < last).count(), proposed.len() - 1);
        assert!((2..=5).contains(&proposed.len()), "{proposed:?}");
        commit_that_unlists(played, last, 1, "bob");
        assert!(joins.iter().any(|join| *join > last), "the accomplice gave up too early");
        played.assert_nothing_undone();
    });
}

#[test]
fn a_hub_does_not_have_the_last_go_who_could_commit_it() {
    each_seed("everybody-leaves-the-house", |played| {
        let proposed = expulsions(played);
        assert_eq!(proposed.len(), 1, "one of the two goes");
        played.first(
            "the other stays",
            |it| matches!(&it.event, Event::Refused { rule, .. } if rule == "somebody-can-commit"),
        );
        played.assert_nothing_undone();
    });
}

#[test]
fn what_the_hub_does_not_want_any_more_is_not_owed() {
    each_seed("back-in-the-house", |played| {
        assert_eq!(expulsions(played).len(), 1, "and never again");
        assert_eq!(played.readers("Bob is still here"), ["A2", "B1"]);
    });
}
