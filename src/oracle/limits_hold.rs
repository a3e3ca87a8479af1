//! `limits_hold` (I12): no commit takes a room past what its policy allows in number.
//!
//! Judges the transition between two committed states as the hub sees them: users and clients in
//! all, clients of one user, holders and active holders of each role. A number that grows is not
//! above its most afterwards, one that shrinks not below its least. A limit that was broken when it
//! was set is not owed: it only keeps things from getting worse.
//!
//! Who is gone from the parent room is removed from those that depend on it "automatically" (RP03
//! §5), whatever role it holds: no least number is owed for whom the hub's own proposals take out
//! of such a room. Nor for whom its own provider takes out of any: that account is over.

use std::collections::{BTreeMap, BTreeSet};

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::mimi::uri::{RoomUri, UserUri};
use crate::trace::{
    Author, Deed, DeedKind, Entry, Event, Kind as Accepted, Member, RoomView, Stage,
};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "limits_hold",
    meaning: "no commit moves a number of users or clients past what the room's policy allows",
    source: "I12; RP03 §3, §5; R50, R55",
    not_checked: "who made the change (verdicts_agree); provisional states; dishonest hubs",
    kind: Kind::Safety,
    begin: || Box::new(LimitsHold::default()),
};

/// Index of the role that bans, where it has that name (R49).
const BANNED: u32 = 1;

#[derive(Default)]
struct LimitsHold {
    /// Whom proposals of the hub, or of the user's own provider, take out by the last commit that the
    /// hub accepted, in each room; with whether it is the user's own.
    expelled: BTreeMap<RoomUri, BTreeSet<(UserUri, bool)>>,
}

impl Invariant for LimitsHold {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        match &entry.event {
            Event::Accepted { room, deeds, kind: Accepted::Commit, .. }
                if ledger.speaks_as_hub(&entry.node, room) =>
            {
                let expelled = deeds.iter().filter_map(|deed| expelled(room, deed));
                self.expelled.insert(room.clone(), expelled.collect());
                vec![]
            }
            Event::Shadowed { room, stage: Stage::Committed, epoch, state, members, .. }
                if ledger.speaks_as_hub(&entry.node, room) =>
            {
                let expelled = self.expelled.remove(room).unwrap_or_default();
                let after = ledger.view(state);
                after.map_or(vec![], |after| {
                    judge(ledger, room, *epoch, (after, members), &expelled)
                })
            }
            _ => vec![],
        }
    }
}

/// The user whose client goes by this deed, where it is the hub's or that of the user's own
/// provider; and whether it is the latter.
fn expelled(room: &RoomUri, deed: &Deed) -> Option<(UserUri, bool)> {
    match (&deed.by, &deed.what) {
        (Author::Server(server), DeedKind::RemoveClient { of, .. }) => {
            let own = server == of.provider();
            (own || server == room.provider()).then(|| (of.clone(), own))
        }
        _ => None,
    }
}

/// Holds the commit into this epoch against the limits.
fn judge(
    ledger: &Ledger,
    room: &RoomUri,
    epoch: u64,
    (after, members): (&RoomView, &[Member]),
    expelled: &BTreeSet<(UserUri, bool)>,
) -> Vec<Finding> {
    let last = epoch.checked_sub(1);
    let before = last.and_then(|last| {
        Some((ledger.view_at(room, last)?, ledger.room(room).hub.shadow_at(last)?))
    });
    let Some((before, shadow)) = before else { return vec![] };
    let stays_not = |user: &&UserUri| members.iter().all(|member| member.user != **user);
    let depends = after.policy.parent.is_some();
    let gone = expelled.iter().filter(|(_, own)| *own || depends).map(|(user, _)| user);
    let gone: BTreeSet<_> = gone.filter(stays_not).collect();
    let nobody = BTreeSet::new();
    let was = counts(before, &shadow.members, &nobody);
    let (kept, is) = (counts(before, &shadow.members, &gone), counts(after, members, &nobody));
    let wrong = limits(after).into_iter().find_map(|(what, (least, most))| {
        let number = |counts: &Counts| counts.get(&what).copied().unwrap_or(0);
        let after = number(&is);
        past((number(&was), number(&kept)), after, least, most).map(|bound| (what, after, bound))
    });
    wrong.map_or(vec![], |(what, number, bound)| {
        found(room, format!("epoch {epoch} has {number} {what}, {bound}"))
    })
}

/// How many there are of each thing that can have a limit, by its name.
type Counts = BTreeMap<String, u64>;

/// Without those who are `gone`.
fn counts(view: &RoomView, members: &[Member], gone: &BTreeSet<&UserUri>) -> Counts {
    let mut counts = Counts::new();
    let mut add = |what: String| *counts.entry(what).or_default() += 1;
    let bans = view.roles.iter().any(|role| role.index == BANNED && role.name == "banned");
    let active: BTreeSet<_> = members.iter().map(|member| &member.user).collect();
    for listed in view.participants.iter().filter(|listed| !gone.contains(&listed.user)) {
        if !(bans && listed.role == BANNED) {
            add("users".to_owned());
        }
        add(format!("holders of role {}", listed.role));
        if active.contains(&listed.user) {
            add(format!("active holders of role {}", listed.role));
        }
    }
    for member in members.iter().filter(|member| !gone.contains(&member.user)) {
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

/// The bound that the number moved past, in words. `before` are all, and those who had not to go.
fn past((before, kept): (u64, u64), after: u64, least: u32, most: Option<u32>) -> Option<String> {
    let most = most.filter(|most| after > before && after > u64::from(*most));
    let least = Some(least).filter(|least| after < kept && after < u64::from(*least));
    most.map(|most| format!("at most {most} may be"))
        .or(least.map(|least| format!("at least {least} must be")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::tests_support::{Story, adding, client, removing, room, user};
    use crate::trace::{Change, PolicyView, RoleView};

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
    fn whom_the_hub_takes_out_of_a_room_inside_another_no_least_number_keeps() {
        let needed = [RoleView { index: 2, minimum: 2, ..RoleView::default() }];
        let parent = RoomUri::parse("mimi://a.example/r/house").ok();
        let inside = PolicyView { parent, ..PolicyView::default() };
        let told = |by: Author, policy: &PolicyView| {
            let mut story = Story::room_of(&["A1", "B1"]);
            limited(&mut story, removing(&["B1"], &["B1"]), policy, &needed);
            let what = DeedKind::RemoveClient { client: client("B1"), of: user("B1") };
            let accepted =
                story.entries.iter_mut().rev().find_map(|entry| match &mut entry.event {
                    Event::Accepted { deeds, .. } => Some(deeds),
                    _ => None,
                });
            *accepted.unwrap() = vec![Deed { by, what, referenced: true }];
            let found = story.verdict().violations;
            found.iter().any(|it| it.invariant == "limits_hold")
        };
        let hub = || Author::Server(room().provider().clone());
        let member = Author::Client { client: client("A1"), user: user("A1") };
        assert!(!told(hub(), &inside));
        assert!(told(member, &inside), "a member takes its chance to remove him");
        assert!(told(hub(), &PolicyView::default()), "he is gone from no parent");
    }

    #[test]
    fn a_limit_that_was_broken_before_only_stops_growth() {
        let policy = PolicyView { max_users: Some(1), ..PolicyView::default() };
        let mut story = Story::room_of(&["A1", "B1", "C1"]);
        assert_eq!(limited(&mut story, removing(&["C1"], &["C1"]), &policy, &[]), "");
    }
}
