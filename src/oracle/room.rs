//! One room: what its hub decided, and where its clients are.
//!
//! The first honest client in an epoch fixes what that epoch is; the others are held against it.
//!
//! Not here: what dishonest clients claim; the ledger does not pass it on.

use std::collections::{BTreeMap, BTreeSet};

use super::hub_log::{HubLog, Item, Shadow};
use crate::mimi::uri::UserUri;
use crate::trace::{Author, Deed, DeedKind, Digest, Kind, Member, Way};

/// What stands in the place of a rule where the MLS library refuses: a client that was set back may
/// lack what a commit needs.
pub(super) const LIBRARY: &str = "mls";

/// What a client believes of an epoch.
#[derive(Debug, Clone)]
pub(super) struct Belief {
    /// The client's node.
    pub(super) node: String,
    /// Hash of the epoch authenticator.
    pub(super) authenticator: Digest,
    /// Hash of the GroupContext.
    pub(super) context: Digest,
    /// Hash of the confirmation tag.
    pub(super) tag: Digest,
    /// Hash of the decoded room state.
    pub(super) state: Digest,
    /// The members.
    pub(super) members: Vec<Member>,
}

/// Where a client is in a room.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Which stay.
    pub(super) stay: u64,
    /// The epoch in which the stay began.
    pub(super) since: u64,
    /// The epoch.
    pub(super) epoch: u64,
    /// Hash of the epoch authenticator.
    pub(super) authenticator: Digest,
    /// The commit that led there, where known.
    pub(super) commit: Option<Digest>,
    /// It learned that it is out of the room.
    pub(super) removed: bool,
    /// It stopped since, and may have lost the last step.
    pub(super) restarted: bool,
}

/// A leave that is owed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leave {
    /// The entry since which it is.
    pub(super) since: u64,
    /// Place in the hub's log of what made it so, where that was the hub's word.
    accepted: Option<u64>,
    /// An external commit came in between, so that its proposals are void (R34).
    voided: bool,
    /// Nobody will propose it again: the leaver gave it up, or runs from a disk that may not know
    /// of it.
    given_up: bool,
}

/// Whether a client that enters an epoch this way was in the one before. The number of a stay
/// alone can't tell: a client that came back from an older disk counts anew.
pub(super) fn continues(way: Way) -> bool {
    matches!(way, Way::Commit | Way::OwnCommit)
}

/// One room: the hub's side and the clients'.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// The hub's side.
    pub(super) hub: HubLog,
    /// The first belief of each epoch.
    pub(super) firsts: BTreeMap<u64, Belief>,
    /// Where each honest client is, by node.
    pub(super) places: BTreeMap<String, Place>,
    /// Nodes that set out to return, and that the room's policy does not let back in.
    /// With the epoch whose policy it was.
    pub(super) barred: BTreeMap<String, u64>,
    /// Nodes that can't apply a commit that the hub accepted, and never were set back: nothing
    /// leads on from where they are (A16).
    pub(super) locked_out: BTreeSet<String>,
    /// Users that are to be out of the room.
    pub(super) leavers: BTreeMap<UserUri, Leave>,
}

impl Room {
    /// The hub accepted this.
    pub(super) fn accept(&mut self, item: Item) {
        // A user that is listed again is welcome again.
        self.leavers.retain(|user, _| !item.lists(user));
        if item.kind == Kind::ExternalCommit {
            self.leavers.values_mut().for_each(|leave| leave.voided = true);
            self.leavers.retain(|_, leave| !leave.is_lost());
        }
        self.hub.accept(item);
    }

    /// The hub saw this committed view.
    pub(super) fn shadow(&mut self, epoch: u64, shadow: Shadow) {
        if self.hub.shadow(epoch, shadow) {
            // So is one that stayed on the list, as a banned user does, and is let back in.
            let hub = &self.hub;
            self.leavers.retain(|user, _| !hub.lets_back_in(epoch, user));
        }
    }

    /// The hub lost what was not on its disk, and with it the leaves that it had accepted.
    pub(super) fn crash(&mut self) {
        self.hub.crash();
        let (hub, leavers) = (&self.hub, &mut self.leavers);
        leavers.retain(|_, leave| leave.accepted.is_none_or(|index| hub.has(index)));
    }

    /// The hub regards the user as exiting, by what it accepted last.
    pub(super) fn exits(&mut self, user: &UserUri, n: u64) {
        let last = self.hub.items().last();
        let accepted = last.map(|item| item.index);
        let removes = |deed: &Deed| {
            let of = matches!(&deed.what, DeedKind::RemoveClient { of, .. } if of == user);
            of && matches!(deed.by, Author::Server(_))
        };
        // What a server wants only the server asks for again.
        let by_server = last.is_some_and(|item| item.deeds.iter().any(removes));
        let known = self.leavers.contains_key(user);
        self.leaves(user, n);
        if let Some(leave) = self.leavers.get_mut(user) {
            leave.accepted = accepted;
            leave.given_up |= by_server && !known;
        }
    }

    /// From entry `n` on, the user is to be out of the room, unless it was welcome again since.
    pub(super) fn leaves(&mut self, user: &UserUri, n: u64) {
        if self.hub.welcomes_since(n, user) {
            return;
        }
        let fresh = Leave { since: n, accepted: None, voided: false, given_up: false };
        self.leavers.entry(user.clone()).or_insert(fresh).voided = false;
    }

    /// The user's client will not ask for the leave again. What the hub has accepted is owed all
    /// the same, until it is void.
    pub(super) fn gives_up_leaving(&mut self, user: &UserUri) {
        if let Some(leave) = self.leavers.get_mut(user) {
            leave.given_up = true;
        }
        self.leavers.retain(|_, leave| !leave.is_lost());
    }

    /// A client is now in this epoch.
    pub(super) fn enters(
        &mut self,
        node: &str,
        (stay, way): (u64, Way),
        epoch: u64,
        authenticator: Digest,
        commit: Option<Digest>,
    ) {
        let same = self.places.get(node).filter(|place| place.stay == stay && continues(way));
        let since = same.map_or(epoch, |place| place.since.min(epoch));
        let (removed, restarted) = (false, false);
        let place = Place { stay, since, epoch, authenticator, commit, removed, restarted };
        self.places.insert(node.to_owned(), place);
        self.barred.remove(node);
        self.locked_out.remove(node);
    }

    /// A client holds this of an epoch.
    pub(super) fn believes(&mut self, epoch: u64, way: Way, belief: Belief) {
        let first = self.firsts.get(&epoch);
        if first.is_none_or(|first| is_another_try(first, way, &belief.node)) {
            self.firsts.insert(epoch, belief);
        }
    }
}

impl Leave {
    fn is_lost(&self) -> bool {
        self.voided && self.given_up
    }
}

/// Whether a client creates a room once more, having lost its first try before any other joined.
pub(super) fn is_another_try(first: &Belief, way: Way, node: &str) -> bool {
    way == Way::Created && first.node == node
}
