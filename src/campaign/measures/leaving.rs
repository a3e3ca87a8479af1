//! How long it takes until somebody is out who wants to leave, or who is to be out.

use std::collections::{BTreeMap, BTreeSet};

use super::epochs::is_commit;
use super::observed::Observed;
use crate::mimi::uri::{ClientUri, RoomUri, UserUri};
use crate::trace::{Author, Deed, DeedKind, Entry, Event, Kind, Stage};

/// Somebody was to get out of a room.
struct Way {
    /// How long it took, where it came to its end: milliseconds, and commits up to the last.
    took: Option<(u64, u64)>,
}

pub(super) fn leave_s(run: &Observed<'_>) -> Option<f64> {
    slowest(&leaves(run), |(ms, _)| ms as f64 / 1000.0)
}

pub(super) fn leave_epochs(run: &Observed<'_>) -> Option<f64> {
    slowest(&leaves(run), |(_, epochs)| epochs as f64)
}

pub(super) fn leaves_open(run: &Observed<'_>) -> Option<f64> {
    Some(leaves(run).iter().filter(|way| way.took.is_none()).count() as f64)
}

pub(super) fn ban_s(run: &Observed<'_>) -> Option<f64> {
    slowest(&bans(run), |(ms, _)| ms as f64 / 1000.0)
}

pub(super) fn ban_epochs(run: &Observed<'_>) -> Option<f64> {
    slowest(&bans(run), |(_, epochs)| epochs as f64)
}

/// None where there was none, or where one has no end.
fn slowest(ways: &[Way], figure: impl Fn((u64, u64)) -> f64) -> Option<f64> {
    let all = ways.iter().map(|way| way.took.map(&figure)).collect::<Option<Vec<_>>>()?;
    all.into_iter().reduce(f64::max)
}

fn leaves(run: &Observed<'_>) -> Vec<Way> {
    ways(run, |wish, _, by| (wish == "leave").then(|| by.cloned()).flatten())
}

fn bans(run: &Observed<'_>) -> Vec<Way> {
    let is_ban = |wish: &str| ["ban", "kick", "remove"].contains(&wish);
    let wished =
        ways(run, |wish, object, _| is_ban(wish).then(|| UserUri::parse(object).ok()).flatten());
    wished.into_iter().chain(expulsions(run)).collect()
}

/// The users that a hub proposed to take out, each since the first time: it proposes anew what an
/// external commit has voided.
fn expulsions(run: &Observed<'_>) -> Vec<Way> {
    let mut since = BTreeMap::new();
    for entry in run.work() {
        let Event::Accepted { room, kind: Kind::Proposals, deeds, .. } = &entry.event else {
            continue;
        };
        for user in deeds.iter().filter_map(|deed| expelled(room, deed)) {
            since.entry((room, user)).or_insert(entry.at_ms);
        }
    }
    let way = |((room, user), at_ms): ((&RoomUri, &UserUri), u64)| Way {
        took: out(run, room, user, at_ms),
    };
    since.into_iter().map(way).collect()
}

/// The user of the client that goes by this deed, where it is the hub's.
fn expelled<'a>(room: &RoomUri, deed: &'a Deed) -> Option<&'a UserUri> {
    match (&deed.by, &deed.what) {
        (Author::Server(server), DeedKind::RemoveClient { of, .. })
            if server == room.provider() =>
        {
            Some(of)
        }
        _ => None,
    }
}

/// The ways out that were wished for; `who` says of a wish, its object and its user whom it is to
/// get out.
fn ways(
    run: &Observed<'_>,
    who: impl Fn(&str, &str, Option<&UserUri>) -> Option<UserUri>,
) -> Vec<Way> {
    let wished = |entry: &Entry| match &entry.event {
        Event::Intent { room, wish, object, .. } => {
            let user = who(wish, object, run.user_of(&entry.node))?;
            Some(Way { took: out(run, room, &user, entry.at_ms) })
        }
        _ => None,
    };
    run.work().filter_map(wished).collect()
}

/// When the hub's view has no client of the user any more, which it had before.
fn out(run: &Observed<'_>, room: &RoomUri, user: &UserUri, since_ms: u64) -> Option<(u64, u64)> {
    let hub = room.provider();
    let (mut epochs, mut inside) = (0, BTreeSet::<&ClientUri>::new());
    for entry in run.before_probe() {
        let counts = entry.at_ms >= since_ms;
        match &entry.event {
            Event::Accepted { room: of, .. } if of == room && counts && is_commit(entry) => {
                epochs += 1;
            }
            Event::Shadowed { room: of, stage: Stage::Committed, members, .. }
                if of == room && entry.node == hub.as_str() =>
            {
                let was_inside = !inside.is_empty();
                let own = members.iter().filter(|member| member.user == *user);
                inside = own.map(|member| &member.client).collect();
                if counts && was_inside && inside.is_empty() {
                    return Some((entry.at_ms - since_ms, epochs));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Tape, measured};

    #[test]
    fn a_leave_takes_until_the_commit_after_which_the_hub_sees_no_client_of_the_user() {
        let mut tape = Tape::new();
        tape.hub(100, 0, &["A1", "B1"]).wish(1_000, "B1", "leave", "");
        assert_eq!(measured("leave_s", &tape), None, "not out");
        assert_eq!(measured("leaves_open", &tape), Some(1.0));
        tape.accepted(1_200, 0, &[], &[]).hub(1_200, 1, &["A1", "B1"]);
        tape.accepted(3_000, 1, &[], &["B1"]).hub(3_000, 2, &["A1"]);
        assert_eq!(measured("leave_s", &tape), Some(2.0));
        assert_eq!(measured("leave_epochs", &tape), Some(2.0));
        assert_eq!(measured("leaves_open", &tape), Some(0.0));
        assert_eq!(measured("ban_s", &tape), None, "nobody wished that");
    }

    #[test]
    fn a_ban_takes_until_the_other_user_is_out() {
        let mut tape = Tape::new();
        tape.hub(100, 0, &["A1", "B1"]).wish(1_000, "A1", "ban", "mimi://b.example/u/bob");
        tape.accepted(1_500, 0, &[], &["B1"]).hub(1_500, 1, &["A1"]);
        assert_eq!(measured("ban_s", &tape), Some(0.5));
        assert_eq!(measured("ban_epochs", &tape), Some(1.0));
    }

    #[test]
    fn what_the_hub_proposes_counts_from_the_first_time_and_what_was_before_the_warm_up_is_known() {
        let mut tape = Tape::new();
        tape.hub(100, 0, &["A1", "B1"]).expels(1_000, 0, "B1");
        assert_eq!(measured("ban_s", &tape), None, "not out");
        tape.accepted(1_200, 0, &[], &[]).hub(1_200, 1, &["A1", "B1"]).expels(1_200, 1, "B1");
        tape.accepted(1_900, 1, &[], &["B1"]).hub(1_900, 2, &["A1"]);
        assert_eq!(measured("ban_s", &tape), Some(0.9));
        assert_eq!(measured("ban_epochs", &tape), Some(2.0));
        assert_eq!(tape.measured_from("ban_epochs", 500), Some(2.0), "B1 was in before");
    }
}
