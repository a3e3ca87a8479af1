//! `limits_hold` (I12): no commit takes a room past what its policy allows in number.
//!
//! Judges the transition between two committed states as the hub sees them: users and clients in
//! all, clients of one user, holders and active holders of each role. A number that grows is not
//! above its most afterwards, one that shrinks not below its least. A limit that was broken when it
//! was set is not owed: it only keeps things from getting worse.

use std::collections::{BTreeMap, BTreeSet};

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::trace::{Entry, Event, Member, RoomView, Stage};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "limits_hold",
    meaning: "no commit moves a number of users or clients past what the room's policy allows",
    source: "I12; RP03 §3, §5; R50, R55",
    not_checked: "who made the change (verdicts_agree); provisional states; dishonest hubs",
    kind: Kind::Safety,
    begin: || Box::new(LimitsHold),
};

/// Index of the role that bans, where it has that name (R49).
const BANNED: u32 = 1;

struct LimitsHold;

impl Invariant for LimitsHold {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let Event::Shadowed { room, stage: Stage::Committed, epoch, state, members, .. } =
            &entry.event
        else {
            return vec![];
        };
        let Some(last) = epoch.checked_sub(1).filter(|_| ledger.speaks_as_hub(&entry.node, room))
        else {
            return vec![];
        };
        let before = ledger.view_at(room, last).zip(ledger.room(room).hub.shadow_at(last));
        let (Some((before, shadow)), Some(after)) = (before, ledger.view(state)) else {
            return vec![];
        };
        let (was, is) = (counts(before, &shadow.members), counts(after, members));
        let wrong = limits(after).into_iter().find_map(|(what, (least, most))| {
            let number = |counts: &Counts| counts.get(&what).copied().unwrap_or(0);
            let (before, after) = (number(&was), number(&is));
            past(before, after, least, most).map(|bound| (what, after, bound))
        });
        wrong.map_or(vec![], |(what, number, bound)| {
            found(room, format!("epoch {epoch} has {number} {what}, {bound}"))
        })
    }
}

/// How many there are of each thing that can have a limit, by its name.
type Counts = BTreeMap<String, u64>;

fn counts(view: &RoomView, members: &[Member]) -> Counts {
    let mut counts = Counts::new();
    let mut add = |what: String| *counts.entry(what).or_default() += 1;
    let bans = view.roles.iter().any(|role| role.index == BANNED && role.name == "banned");
    let active: BTreeSet<_> = members.iter().map(|member| &member.user).collect();
    for listed in &view.participants {
        if !(bans && listed.role == BANNED) {
            add("users".to_owned());
        }
        add(format!("holders of role {}", listed.role));
        if active.contains(&listed.user) {
            add(format!("active holders of role {}", listed.role));
        }
    }
    for member in members {
        add("clients".to_owned());
        add(format!("clients of {}", member.user));
    }
    counts
}

/// The least and the most of each thing.
fn limits(view: &RoomView) -> BTreeMap<String, (u32, Option<u32>)> {
    let mut limits = BTreeMap::new();
    limits.insert("users".to_owned(), (0, view.policy.max_users));
    limits.insert("clients".to_owned(), (0, view.policy.max_clients));
    if view.policy.single_device {
        for listed in &view.participants {
            limits.insert(format!("clients of {}", listed.user), (0, Some(1)));
        }
    }
    for role in &view.roles {
        let index = role.index;
        limits.insert(format!("holders of role {index}"), (role.minimum, role.maximum));
        let active = (role.minimum_active, role.maximum_active);
        limits.insert(format!("active holders of role {index}"), active);
    }
    limits
}

/// The bound that the number moved past, in words.
fn past(before: u64, after: u64, least: u32, most: Option<u32>) -> Option<String> {
    let most = most.filter(|most| after > before && after > u64::from(*most));
    let least = Some(least).filter(|least| after < before && after < u64::from(*least));
    most.map(|most| format!("at most {most} may be"))
        .or(least.map(|least| format!("at least {least} must be")))
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{Story, adding, removing};
    use crate::trace::{Change, Event, PolicyView, RoleView};

    fn limited(
        story: &mut Story,
        change: Change,
        policy: &PolicyView,
        roles: &[RoleView],
    ) -> String {
        story.commit("A1", change);
        // What the last commit leads to says what the limits are.
        let last = story.entries.iter_mut().rev().find_map(|entry| match &mut entry.event {
            Event::Shadowed { state, .. } => state.view.as_mut(),
            _ => None,
        });
        let view = last.unwrap();
        view.policy = policy.clone();
        view.roles.extend(roles.iter().cloned());
        let found = story.verdict().violations;
        let found = found.iter().find(|it| it.invariant == "limits_hold");
        found.map_or(String::new(), |it| it.why.clone())
    }

    #[test]
    fn a_room_that_grows_past_its_limits_is_found() {
        let adds_bob = || adding(&["B1", "B2"], &["B1"]);
        let told =
            |policy: PolicyView| limited(&mut Story::room_of(&["A1"]), adds_bob(), &policy, &[]);
        let policy = PolicyView { max_users: Some(1), ..PolicyView::default() };
        assert!(told(policy).contains("epoch 2 has 2 users, at most 1 may be"));
        let policy = PolicyView { max_clients: Some(2), ..PolicyView::default() };
        assert!(told(policy).contains("epoch 2 has 3 clients, at most 2 may be"));
        let policy = PolicyView { single_device: true, ..PolicyView::default() };
        assert!(told(policy).contains("2 clients of mimi://b.example/u/bob, at most 1 may be"));
        let policy =
            PolicyView { max_users: Some(2), max_clients: Some(3), ..PolicyView::default() };
        assert_eq!(told(policy), "");
    }

    #[test]
    fn a_role_that_loses_its_last_needed_holder_is_found() {
        let members = RoleView { index: 2, minimum: 2, ..RoleView::default() };
        let mut story = Story::room_of(&["A1", "B1"]);
        let told = limited(
            &mut story,
            removing(&["B1"], &["B1"]),
            &PolicyView::default(),
            std::slice::from_ref(&members),
        );
        assert!(told.contains("1 holders of role 2, at least 2 must be"), "{told}");
    }

    #[test]
    fn a_limit_that_was_broken_before_only_stops_growth() {
        let policy = PolicyView { max_users: Some(1), ..PolicyView::default() };
        let mut story = Story::room_of(&["A1", "B1", "C1"]);
        assert_eq!(limited(&mut story, removing(&["C1"], &["C1"]), &policy, &[]), "");
    }
}
