//! `banned_stay_out` (I13): who is banned is not let in again until the ban is lifted.
//!
//! Judges the transition: no accepted commit takes in a client of a user who is banned in the
//! state that it leads from, unless the same commit gives the user another role.

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::mimi::uri::{ClientUri, UserUri};
use crate::trace::{Author, Deed, DeedKind, Entry, Event, RoomView};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "banned_stay_out",
    meaning: "no commit takes in a client of a user who is banned before and after it",
    source: "I13; R53; RP03 §4",
    not_checked: "that a ban takes the user's clients out (members_inside_participants); \
                  dishonest hubs, whose rooms do not follow them (A13)",
    kind: Kind::Safety,
    begin: || Box::new(BannedStayOut),
};

/// Index of the role that bans, where it has that name (R49).
const BANNED: u32 = 1;

struct BannedStayOut;

impl Invariant for BannedStayOut {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let Event::Accepted { room, epoch, deeds, .. } = &entry.event else { return vec![] };
        if !ledger.speaks_as_hub(&entry.node, room) {
            return vec![];
        }
        let Some(view) = ledger.view_at(room, *epoch) else { return vec![] };
        let let_in = deeds.iter().filter_map(enters).find(|(_, user)| is_banned(view, deeds, user));
        let why = |(client, user): (&ClientUri, &UserUri)| {
            format!("a commit of epoch {epoch} takes in {client}, and {user} is banned")
        };
        let_in.map_or(vec![], |pair| found(room, why(pair)))
    }
}

fn enters(deed: &Deed) -> Option<(&ClientUri, &UserUri)> {
    match (&deed.what, &deed.by) {
        (DeedKind::AddClient { client, of }, _) => Some((client, of)),
        (DeedKind::Join, Author::Client { client, user }) => Some((client, user)),
        _ => None,
    }
}

fn is_banned(view: &RoomView, deeds: &[Deed], user: &UserUri) -> bool {
    let bans = view.roles.iter().any(|role| role.index == BANNED && role.name == "banned");
    let listed = view.participants.iter().find(|listed| listed.user == *user);
    let lifted = deeds.iter().any(|deed| match &deed.what {
        DeedKind::ChangeRole { target, role } => target == user && *role != BANNED,
        _ => false,
    });
    bans && listed.is_some_and(|listed| listed.role == BANNED) && !lifted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::tests_support::{Story, client, participant, user};
    use crate::trace::{Change, Kind, Participant};

    fn by_alice(what: DeedKind) -> Deed {
        let by = Author::Client { client: client("A1"), user: user("A1") };
        Deed { by, referenced: false, what }
    }

    fn adds_bob() -> Deed {
        by_alice(DeedKind::AddClient { client: client("B1"), of: user("B1") })
    }

    /// Bob is on the list with this role; then a commit of these deeds is accepted.
    fn fires(role: u32, wanted: Vec<Deed>) -> bool {
        let mut story = Story::room_of(&["A1"]);
        let listed = vec![Participant { role, ..participant("B1") }];
        story.commit("A1", Change { listed, ..Change::default() });
        story.enters("A1");
        story.accepted("A1", Kind::Commit, 2, "commit", Change::default());
        story.amend(|event| {
            if let Event::Accepted { deeds, .. } = event {
                *deeds = wanted;
            }
        });
        story.verdict().violations.iter().any(|it| it.invariant == "banned_stay_out")
    }

    #[test]
    fn a_client_of_a_banned_user_that_is_let_in_is_found() {
        assert!(fires(1, vec![adds_bob()]));
        let by = Author::Client { client: client("B1"), user: user("B1") };
        assert!(fires(1, vec![Deed { by, referenced: false, what: DeedKind::Join }]));
    }

    #[test]
    fn a_client_of_a_user_that_is_not_banned_any_more_may_come_in() {
        assert!(!fires(2, vec![adds_bob()]));
        let unban = by_alice(DeedKind::ChangeRole { target: user("B1"), role: 2 });
        assert!(!fires(1, vec![unban, adds_bob()]));
    }
}
