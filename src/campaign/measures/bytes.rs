//! How many bytes a change of the room costs, apart by what they are.
//!
//! A trace has the length of each body, and not what is in it. But a commit goes to followers with
//! and without newcomers: what the ones get more is the Welcome. And what the hub was sent for it
//! has the GroupInfo, too.

use super::observed::Observed;
use crate::mimi::uri::{ClientUri, RoomUri};
use crate::trace::{Entry, Event, Kind, Stage};

/// What one accepted commit cost.
struct Cost {
    /// To a provider without a newcomer.
    commit: u64,
    /// What a provider with a newcomer got more; none where nobody was added at a follower.
    welcome: Option<u64>,
    /// What came to the hub beside both.
    rest: u64,
    /// How many members there are after it, as the hub sees it.
    members: usize,
}

pub(super) fn commit(run: &Observed<'_>) -> Option<f64> {
    mean(run, |cost| Some(cost.commit))
}

pub(super) fn welcome(run: &Observed<'_>) -> Option<f64> {
    mean(run, |cost| cost.welcome)
}

pub(super) fn group_info(run: &Observed<'_>) -> Option<f64> {
    mean(run, |cost| Some(cost.rest))
}

pub(super) fn commit_each(run: &Observed<'_>) -> Option<f64> {
    mean_each(run, |cost| Some(cost.commit))
}

pub(super) fn welcome_each(run: &Observed<'_>) -> Option<f64> {
    mean_each(run, |cost| cost.welcome)
}

pub(super) fn group_info_each(run: &Observed<'_>) -> Option<f64> {
    mean_each(run, |cost| Some(cost.rest))
}

fn mean(run: &Observed<'_>, part: fn(&Cost) -> Option<u64>) -> Option<f64> {
    of_all(costs(run).iter().filter_map(part).map(|bytes| bytes as f64))
}

fn mean_each(run: &Observed<'_>, part: fn(&Cost) -> Option<u64>) -> Option<f64> {
    let costs = costs(run);
    let each = |cost: &Cost| Some(part(cost)? as f64 / cost.members as f64);
    of_all(costs.iter().filter(|cost| cost.members > 0).filter_map(each))
}

fn of_all(all: impl Iterator<Item = f64>) -> Option<f64> {
    let all: Vec<f64> = all.collect();
    (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
}

/// The costs of those commits that went to a provider without a newcomer: of others, it can't be
/// told what is what.
fn costs(run: &Observed<'_>) -> Vec<Cost> {
    run.work().filter_map(|entry| cost(run, entry)).collect()
}

fn cost(run: &Observed<'_>, entry: &Entry) -> Option<Cost> {
    let Event::Accepted { room, index, kind: Kind::Commit, change, .. } = &entry.event else {
        return None;
    };
    let sent = notified(run, room, *index);
    let is_newcomers = |to: &str| change.adds.iter().any(|new| provider(new) == to);
    let plain = sent.iter().filter(|(to, _)| !is_newcomers(to)).map(|(_, bytes)| *bytes);
    let commit = plain.min()?;
    let with = sent.iter().filter(|(to, _)| is_newcomers(to)).map(|(_, bytes)| *bytes);
    let welcome = with.max().map(|bytes| bytes.saturating_sub(commit));
    let Event::Request { bytes, .. } = run.at(entry.cause?)?.event else { return None };
    let rest = bytes.saturating_sub(commit + welcome.unwrap_or(0));
    Some(Cost { commit, welcome, rest, members: members(run, room, entry) })
}

/// How many members the hub sees after it has accepted this.
fn members(run: &Observed<'_>, of: &RoomUri, accepted: &Entry) -> usize {
    let after = run.all().filter(|entry| entry.n > accepted.n && entry.node == accepted.node);
    let mut seen = after.filter_map(|entry| match &entry.event {
        Event::Shadowed { room, stage: Stage::Committed, members, .. } if room == of => {
            Some(members.len())
        }
        _ => None,
    });
    seen.next().unwrap_or_default()
}

fn provider(client: &ClientUri) -> &str {
    client.provider().as_str()
}

/// The first requests by which the hub handed on what it accepted at this index.
fn notified<'a>(run: &Observed<'a>, room: &RoomUri, index: u64) -> Vec<(&'a str, u64)> {
    let name = run.header.rooms.iter().find(|(_, uri)| *uri == room).map(|(name, _)| name);
    let wanted = format!("notify {} {index}", name.map_or("", |name| name));
    let sent = |entry: &'a Entry| match &entry.event {
        Event::Request { endpoint, to, about, attempt: 1, bytes, .. }
            if endpoint == "notify" && *about == wanted =>
        {
            Some((&**to, *bytes))
        }
        _ => None,
    };
    run.all().filter_map(sent).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Tape, measured};

    #[test]
    fn what_a_newcomers_provider_gets_more_is_the_welcome_and_the_hubs_rest_the_group_info() {
        let mut tape = Tape::new();
        tape.hub(100, 0, &["A1", "B1"]);
        tape.request(200, "A1", "client/update", "w1 commit", 3_500).accepted(210, 0, &["C1"], &[]);
        tape.request(220, "a.example", "notify", "notify clubhouse 0", 900).to("b.example");
        tape.request(220, "a.example", "notify", "notify clubhouse 0", 3_000).to("c.example");
        assert_eq!(measured("commit_bytes", &tape), Some(900.0));
        assert_eq!(measured("welcome_bytes", &tape), Some(2_100.0));
        assert_eq!(measured("group_info_bytes", &tape), Some(500.0));
        assert_eq!(measured("commit_bytes_each", &tape), None, "the hub shows no members");
        tape.hub(230, 1, &["A1", "B1", "C1"]);
        assert_eq!(measured("commit_bytes_each", &tape), Some(300.0));
        assert_eq!(measured("welcome_bytes_each", &tape), Some(700.0));
        assert_eq!(measured("group_info_bytes_each", &tape), Some(500.0 / 3.0));
    }
}
