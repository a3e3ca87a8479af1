//! What a hub has decided in one room: its log of accepted things, and its views by epoch.
//!
//! A decision counts from the moment it is recorded, and is gone if the hub crashes before it was
//! durable: nobody was told of it, and the hub may then decide otherwise.
//!
//! Not here: what a dishonest hub's log is worth. An equivocating one writes two logs under one
//! name; the first entry at each place is kept, and whoever asks must not rely on it.

use std::collections::{BTreeMap, BTreeSet};

use crate::mimi::uri::{ClientUri, UserUri};
use crate::trace::{Change, Deed, Digest, Kind, Member};

/// One thing that a hub accepted.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// Place of the entry in the trace.
    pub(super) n: u64,
    /// Place in the hub's log.
    pub(super) index: u64,
    /// What it is.
    pub(super) kind: Kind,
    /// The epoch that it was made in.
    pub(super) epoch: u64,
    /// Hash of the MLS message.
    pub(super) digest: Digest,
    /// Proposals that it consists of, or includes.
    pub(super) proposals: Vec<Digest>,
    /// The client behind it, where known.
    pub(super) client: Option<ClientUri>,
    /// What it changes; see [`HubLog::effect`] for what a commit brings about in all.
    pub(super) change: Change,
    /// Its proposals one by one.
    pub(super) deeds: Vec<Deed>,
}

impl Item {
    /// Whether it begins an epoch after the room's first.
    pub(super) fn is_commit(&self) -> bool {
        is_commit(self.kind)
    }

    /// Whether it puts the user on the participant list.
    pub(super) fn lists(&self, user: &UserUri) -> bool {
        self.change.listed.iter().any(|entry| entry.user == *user)
    }

    /// The epoch that it begins, where it begins one.
    pub(super) fn begins(&self) -> Option<u64> {
        match self.kind {
            Kind::Created => Some(self.epoch),
            Kind::Commit | Kind::ExternalCommit => Some(self.epoch + 1),
            Kind::Proposals | Kind::Message => None,
        }
    }
}

/// Whether what a hub accepted begins an epoch after the room's first.
pub(super) fn is_commit(kind: Kind) -> bool {
    matches!(kind, Kind::Commit | Kind::ExternalCommit)
}

/// A hub's committed view of an epoch.
#[derive(Debug, Clone)]
pub(super) struct Shadow {
    /// Hash of the GroupContext.
    pub(super) context: Digest,
    /// Hash of the confirmation tag.
    pub(super) tag: Digest,
    /// Hash of the decoded room state.
    pub(super) state: Digest,
    /// The members.
    pub(super) members: Vec<Member>,
}

/// A hub's log and views of one room.
#[derive(Debug, Default)]
pub(super) struct HubLog {
    items: BTreeMap<u64, Item>,
    places: BTreeMap<Digest, u64>,
    commits: BTreeMap<u64, u64>,
    epoch: Option<u64>,
    introduced: BTreeSet<ClientUri>,
    shadows: BTreeMap<u64, Shadow>,
    durable: Option<u64>,
}

impl HubLog {
    /// Takes in what the hub accepted.
    pub(super) fn accept(&mut self, item: Item) {
        if self.items.contains_key(&item.index) {
            return;
        }
        self.enrol(&item);
        self.items.insert(item.index, item);
    }

    fn enrol(&mut self, item: &Item) {
        self.places.entry(item.digest).or_insert(item.index);
        if item.kind == Kind::Proposals {
            for proposal in &item.proposals {
                self.places.entry(*proposal).or_insert(item.index);
            }
        }
        if item.is_commit() {
            self.commits.entry(item.epoch).or_insert(item.index);
        }
        self.epoch = self.epoch.max(item.begins());
        self.introduced.extend(item.change.adds.iter().cloned());
        if item.kind == Kind::Created {
            self.introduced.extend(item.client.clone());
        }
    }

    /// All up to `index` is on the hub's disk.
    pub(super) fn durable(&mut self, index: u64) {
        self.durable = self.durable.max(Some(index));
    }

    /// The hub saw this committed view. False where it had seen the epoch before.
    pub(super) fn shadow(&mut self, epoch: u64, shadow: Shadow) -> bool {
        let is_new = !self.shadows.contains_key(&epoch);
        self.shadows.entry(epoch).or_insert(shadow);
        is_new
    }

    /// The hub lost what was not on its disk.
    pub(super) fn crash(&mut self) {
        let keep = self.durable;
        self.items.retain(|index, _| Some(*index) <= keep);
        self.places.clear();
        self.commits.clear();
        self.epoch = None;
        self.introduced.clear();
        let items = std::mem::take(&mut self.items);
        items.values().for_each(|item| self.enrol(item));
        self.items = items;
        let epoch = self.epoch;
        self.shadows.retain(|at, _| Some(*at) <= epoch);
    }

    /// All that counts, in the log's order.
    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    /// Whether something at this place counts.
    pub(super) fn has(&self, index: u64) -> bool {
        self.items.contains_key(&index)
    }

    /// Whether the room exists.
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The item with this MLS message, or with a bundle that this proposal is part of.
    pub(super) fn find(&self, digest: &Digest) -> Option<&Item> {
        self.items.get(self.places.get(digest)?)
    }

    /// The first commit that was accepted in this epoch.
    pub(super) fn commit_in(&self, epoch: u64) -> Option<&Item> {
        self.items.get(self.commits.get(&epoch)?)
    }

    /// The proposals of all bundles that were accepted in this epoch, in the log's order.
    pub(super) fn waiting_in(&self, epoch: u64) -> Vec<Deed> {
        let bundles = self.items.values().filter(|item| item.kind == Kind::Proposals);
        let of_epoch = bundles.filter(|item| item.epoch == epoch);
        of_epoch.flat_map(|item| item.deeds.iter().cloned()).collect()
    }

    /// The hub's epoch.
    pub(super) fn epoch(&self) -> Option<u64> {
        self.epoch
    }

    /// The hub's committed view of an epoch.
    pub(super) fn shadow_at(&self, epoch: u64) -> Option<&Shadow> {
        self.shadows.get(&epoch)
    }

    /// The members in the hub's latest committed view.
    pub(super) fn members(&self) -> &[Member] {
        let latest = self.epoch.and_then(|epoch| self.shadows.range(..=epoch).next_back());
        latest.map_or(&[], |(_, shadow)| &shadow.members)
    }

    /// Whether the user has a client among the members of this epoch, and had none in the one
    /// before.
    pub(super) fn lets_back_in(&self, epoch: u64, user: &UserUri) -> bool {
        let inside = |shadow: &Shadow| shadow.members.iter().any(|member| member.user == *user);
        let before = epoch.checked_sub(1).and_then(|before| self.shadow_at(before));
        self.shadow_at(epoch).is_some_and(inside) && before.is_some_and(|it| !inside(it))
    }

    /// Whether the user was listed, or let back in, after entry `n`.
    pub(super) fn welcomes_since(&self, n: u64, user: &UserUri) -> bool {
        let back = |item: &Item| item.begins().is_some_and(|epoch| self.lets_back_in(epoch, user));
        let mut later = self.items().filter(|item| item.n > n);
        later.any(|item| item.lists(user) || back(item))
    }

    /// Whether an accepted change brought this client in, or it created the room.
    pub(super) fn introduced(&self, client: &ClientUri) -> bool {
        self.introduced.contains(client)
    }

    /// What a commit brings about: its own change with those of the cached bundles it includes.
    pub(super) fn effect(&self, change: &Change, proposals: &[Digest]) -> Change {
        let mut effect = change.clone();
        let places: BTreeSet<_> = proposals.iter().filter_map(|d| self.places.get(d)).collect();
        for bundle in places.into_iter().filter_map(|place| self.items.get(place)) {
            let more = &bundle.change;
            effect.adds.extend(more.adds.iter().cloned());
            effect.removes.extend(more.removes.iter().cloned());
            effect.listed.extend(more.listed.iter().cloned());
            effect.unlisted.extend(more.unlisted.iter().cloned());
            effect.roles.extend(more.roles.iter().cloned());
        }
        effect
    }
}
