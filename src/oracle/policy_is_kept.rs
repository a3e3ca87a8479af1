//! `policy_is_kept` (R36, R41, R51, R55, R56): a hub takes nothing that its room's policy forbids.
//!
//! A message comes from a participant with a client in the group, whose role lets it send, and from
//! an epoch that the room tolerates; a commit or proposal of a client from a participant's. A report
//! by name comes from a role that may report. Where the policy says so, nobody comes in by an
//! external commit, no server proposes anything, and nobody enters or leaves the list.
//!
//! Where proposals wait, a sender has the right if it has it with them or without them. Whom its own
//! provider takes out, or the hub of a room with a parent, leaves a fixed membership all the same.

use super::invariant::{Finding, Invariant, InvariantInfo, Kind as Sort, found};
use super::ledger::Ledger;
use crate::mimi::uri::{RoomUri, UserUri};
use crate::trace::{Author, Deed, DeedKind, Entry, Event, Kind, RoleView, RoomView};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "policy_is_kept",
    meaning: "a hub takes no message, report or handshake that its room's policy forbids",
    source: "R36, R41, R51, R55, R56; P06 §5.4; RP03 §5, §7, §8.3",
    not_checked: "who may change what (verdicts_agree); numbers (limits_hold); parents \
                  (inside_parent); epochs to come, which no member can read; dishonest hubs",
    kind: Sort::Safety,
    begin: || Box::new(PolicyIsKept),
};

/// canSendMessage, RP03 §10.2.
pub(super) const SEND_MESSAGE: u16 = 0x0100;
/// canReportAbuse.
pub(super) const REPORT_ABUSE: u16 = 0x0103;
/// Index of the role that bans, where it has that name (R49).
const BANNED: u32 = 1;

struct PolicyIsKept;

impl Invariant for PolicyIsKept {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let (room, forbidden) = match &entry.event {
            Event::Accepted { room, kind: Kind::Message, epoch, user, .. } => {
                (room, Scene::of(ledger, room).and_then(|scene| scene.message(*epoch, user)))
            }
            Event::Accepted { room, kind, deeds, client, user, .. } => {
                let by = client.as_ref().map(|_| user);
                (room, Scene::of(ledger, room).and_then(|scene| scene.handshake(*kind, by, deeds)))
            }
            Event::Reported { room, reporter: Some(user), .. } => {
                (room, Scene::of(ledger, room).and_then(|scene| scene.report(user)))
            }
            _ => return vec![],
        };
        match forbidden.filter(|_| ledger.speaks_as_hub(&entry.node, room)) {
            Some(why) => found(room, format!("{} takes {why}", entry.node)),
            None => vec![],
        }
    }
}

/// A room as its hub has it.
struct Scene<'a> {
    ledger: &'a Ledger,
    room: &'a RoomUri,
    epoch: u64,
    view: &'a RoomView,
    waiting: Vec<Deed>,
}

impl<'a> Scene<'a> {
    /// None where the trace does not show it.
    fn of(ledger: &'a Ledger, room: &'a RoomUri) -> Option<Self> {
        let log = &ledger.room(room).hub;
        let epoch = log.epoch()?;
        let view = ledger.view_at(room, epoch)?;
        Some(Self { ledger, room, epoch, view, waiting: log.waiting_in(epoch) })
    }

    fn message(&self, epoch: u64, user: &UserUri) -> Option<String> {
        let late = self.epoch.saturating_sub(epoch);
        let members = self.ledger.room(self.room).hub.members();
        let why = if self.is_stranger(user) {
            "who is no participant".to_owned()
        } else if members.iter().all(|member| member.user != *user) {
            "who has no client in the group".to_owned()
        } else if !self.may(user, SEND_MESSAGE) {
            "whose role may not send".to_owned()
        } else if late > u64::from(self.view.policy.epoch_tolerance) {
            format!("{late} epochs late")
        } else {
            return None;
        };
        Some(format!("a message of {user}, {why}"))
    }

    fn report(&self, user: &UserUri) -> Option<String> {
        let mute = !self.is_stranger(user) && !self.may(user, REPORT_ABUSE);
        mute.then(|| format!("a report of {user}, whose role may not report"))
    }

    fn handshake(&self, kind: Kind, by: Option<&UserUri>, deeds: &[Deed]) -> Option<String> {
        let policy = &self.view.policy;
        let inside = matches!(kind, Kind::Commit | Kind::Proposals);
        if let Some(user) = by.filter(|user| inside && self.is_stranger(user)) {
            return Some(format!("a handshake of {user}, who is no participant"));
        }
        let by_server = |deed: &Deed| matches!(deed.by, Author::Server(_));
        if policy.no_external_commits && kind == Kind::ExternalCommit {
            return Some("an external commit, which the room forbids".to_owned());
        }
        if policy.no_external_proposals && deeds.iter().any(by_server) {
            return Some("a server's proposals, which the room forbids".to_owned());
        }
        let moves = |deed: &Deed| self.moved_by(deed, deeds).cloned();
        let moved = deeds.iter().filter(|_| policy.fixed_membership).find_map(moves);
        moved.map(|user| format!("that {user} enters or leaves a room of fixed membership"))
    }

    /// The user who enters or leaves by this deed, one of `deeds`, and has to stay where it is.
    fn moved_by<'b>(&self, deed: &'b Deed, deeds: &[Deed]) -> Option<&'b UserUri> {
        let (target, inside) = match &deed.what {
            DeedKind::List { target, role } | DeedKind::ChangeRole { target, role } => {
                (target, !self.is_ban(*role))
            }
            DeedKind::Unlist { target } => (target, false),
            _ => return None,
        };
        let was_inside = !self.is_stranger(target);
        let itself = matches!(&deed.by, Author::Client { user, .. } if user == target);
        let free = itself && !inside && self.ledger.fixed_rooms_may_be_left;
        (inside != was_inside && !free && !self.is_taken_out(target, deeds)).then_some(target)
    }

    /// Whether a server that may do so in any room takes out a client of the user.
    fn is_taken_out(&self, user: &UserUri, deeds: &[Deed]) -> bool {
        let hubs = self.view.policy.parent.as_ref().map(|_| self.room.provider());
        self.waiting.iter().chain(deeds).any(|deed| match (&deed.by, &deed.what) {
            (Author::Server(server), DeedKind::RemoveClient { of, .. }) => {
                of == user && (server == user.provider() || Some(server) == hubs)
            }
            _ => false,
        })
    }

    /// Whether the user is not listed, or banned.
    fn is_stranger(&self, user: &UserUri) -> bool {
        self.role_of(user).is_none_or(|role| self.is_ban(role))
    }

    fn role_of(&self, user: &UserUri) -> Option<u32> {
        let listed = self.view.participants.iter().find(|listed| listed.user == *user);
        listed.map(|listed| listed.role)
    }

    /// Whether the user's role, as it is or as it will be, has this capability.
    fn may(&self, user: &UserUri, capability: u16) -> bool {
        let given = |deed: &Deed| match &deed.what {
            DeedKind::List { target, role } | DeedKind::ChangeRole { target, role } => {
                (target == user).then_some(*role)
            }
            _ => None,
        };
        let roles = self.role_of(user).into_iter().chain(self.waiting.iter().filter_map(given));
        let has = |role: &RoleView| role.capabilities.contains(&capability);
        roles.into_iter().any(|index| self.role(index).is_some_and(has))
    }

    fn role(&self, index: u32) -> Option<&RoleView> {
        self.view.roles.iter().find(|role| role.index == index)
    }

    fn is_ban(&self, index: u32) -> bool {
        index == BANNED && self.role(index).is_some_and(|role| role.name == "banned")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::uri::ProviderName;
    use crate::oracle::tests_support::{HUB, Story, client, removing, room, user};
    use crate::trace::{Change, PolicyView};

    /// A room of this policy, in which B1's deeds are accepted in this form.
    fn accepts(policy: PolicyView, kind: Kind, wanted: Vec<Deed>) -> Story {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.accepted("B1", kind, 1, "handshake", Change::default());
        story.amend(|event| {
            if let Event::Accepted { deeds, .. } = event {
                *deeds = wanted;
            }
        });
        story.everywhere(|view| view.policy = policy.clone());
        story
    }

    fn by_bob(what: DeedKind) -> Vec<Deed> {
        let by = Author::Client { client: client("B1"), user: user("B1") };
        vec![Deed { by, referenced: false, what }]
    }

    /// No role has this capability any more.
    fn take(story: &mut Story, capability: u16) {
        story.everywhere(|view| {
            let keep = |held: &u16| *held != capability;
            view.roles.iter_mut().for_each(|role| role.capabilities.retain(keep));
        });
    }

    /// Others have their own word to say of such stories.
    #[track_caller]
    fn fires(story: &Story, saying: &str) {
        let said = story.said_by("policy_is_kept");
        assert!(said.len() == 1 && said[0].contains(saying), "{said:?}");
    }

    #[track_caller]
    fn never_fires(story: &Story) {
        assert_eq!(story.said_by("policy_is_kept"), [""; 0]);
    }

    #[test]
    fn a_message_of_whom_its_role_keeps_silent_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.sends("B1", "m1");
        story.is_clean();
        take(&mut story, SEND_MESSAGE);
        fires(&story, "whose role may not send");
    }

    #[test]
    fn a_message_of_a_stranger_or_of_one_without_a_client_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.sends("C1", "m1");
        fires(&story, "a message of mimi://c.example/u/carol, who is no participant");
        let mut story = Story::room_of(&["A1", "B1"]);
        story.accepted("C1", Kind::Proposals, 1, "proposal", Change::default());
        fires(&story, "a handshake of mimi://c.example/u/carol, who is no participant");
        let mut story = Story::room_of(&["A1", "B1"]);
        story.commit("A1", removing(&["B1"], &[]));
        story.sends("B1", "m1");
        fires(&story, "mimi://b.example/u/bob, who has no client in the group");
    }

    #[test]
    fn a_message_may_be_late_as_far_as_the_room_tolerates() {
        let late = |tolerance| {
            let mut story = Story::room_of(&["A1", "B1"]);
            story.submits("B1", "m1");
            story.update("A1");
            story.accepted("B1", Kind::Message, 1, "m1", Change::default());
            story.everywhere(|view| view.policy.epoch_tolerance = tolerance);
            story
        };
        never_fires(&late(1));
        fires(&late(0), "1 epochs late");
    }

    #[test]
    fn a_report_by_name_from_whom_its_role_keeps_from_that_is_found() {
        let reported = |reporter: Option<&str>| {
            let mut story = Story::room_of(&["A1", "B1"]);
            let (reporter, accused) = (reporter.map(user), user("A1"));
            let evidence = vec![];
            story.push(HUB, Event::Reported { room: room(), reporter, accused, evidence });
            story
        };
        reported(Some("B1")).is_clean();
        // Who says no name, or is a stranger, needs no right.
        for (reporter, wrong) in [(None, false), (Some("C1"), false), (Some("B1"), true)] {
            let mut story = reported(reporter);
            take(&mut story, REPORT_ABUSE);
            match wrong {
                true => fires(&story, "a report of mimi://b.example/u/bob"),
                false => never_fires(&story),
            }
        }
    }

    #[test]
    fn what_a_room_allows_nobody_is_found() {
        let closed = PolicyView { no_external_commits: true, ..PolicyView::default() };
        fires(&accepts(closed, Kind::ExternalCommit, by_bob(DeedKind::Join)), "external commit");
        let closed = PolicyView { no_external_proposals: true, ..PolicyView::default() };
        let server = Author::Server(ProviderName::new("b.example").unwrap());
        let what = DeedKind::RemoveClient { client: client("B1"), of: user("B1") };
        let deed = Deed { by: server, referenced: false, what };
        fires(&accepts(closed, Kind::Proposals, vec![deed]), "a server's proposals");
    }

    #[test]
    fn whoever_enters_or_leaves_a_fixed_membership_is_found() {
        let fixed = || PolicyView { fixed_membership: true, ..PolicyView::default() };
        let lists = || by_bob(DeedKind::List { target: user("C1"), role: 2 });
        fires(&accepts(fixed(), Kind::Commit, lists()), "carol enters or leaves");
        let goes = || by_bob(DeedKind::Unlist { target: user("B1") });
        fires(&accepts(fixed(), Kind::Proposals, goes()), "bob enters or leaves");
        let mut free = accepts(fixed(), Kind::Proposals, goes());
        free.header.readings = vec!["fixed-rooms-may-be-left".to_owned()];
        never_fires(&free);
        let server = Author::Server(ProviderName::new("b.example").unwrap());
        let what = DeedKind::RemoveClient { client: client("B1"), of: user("B1") };
        let mut deeds = goes();
        deeds.push(Deed { by: server, referenced: false, what });
        // Its account has ended.
        never_fires(&accepts(fixed(), Kind::Commit, deeds));
    }
}
