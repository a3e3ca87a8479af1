//! A hub's room: what it decides about handshakes and messages.
//!
//! A plain state machine: a request and the time in, a [`Decision`] out; nothing is sent from
//! here. The hub keeps two states (R19). The *committed* one is that of the GroupContext, in
//! [`View`]. The *provisional* one has every accepted proposal applied, and new requests are judged
//! against it. A commit makes the provisional state the committed one, since it must include all
//! cached proposals (R18); an external commit voids them instead (R34), and the provisional state
//! falls back.
//!
//! The hub proposes too (`own`): it takes out users who have no business in the room any more.
//!
//! Accepting puts a parcel for each provider concerned into the room's queue. The queue is part of
//! the state that the server makes durable before it answers, so a promise is never forgotten.

mod asker;
mod decide;
mod franking;
mod own;

pub use asker::Asker;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::parcel::Parcel;
use crate::mimi::room::RoomState;
use crate::mimi::rules::{
    Actor, Base, CachedProposal, Code, Handshake, HandshakeKind, Reading, Refusal, RuleSet,
    giving_way, servers,
};
use crate::mimi::uri::{ProviderName, RoomUri, UserUri};
use crate::mimi::wire::{
    ExternalSender, FanoutExtra, FanoutMessage, Frank, PendingProposal, UpdateRequest,
};
use crate::mls::{Franker, Identity, Library, MlsError, PeekKind, View, peek};
use crate::node::telling;
use crate::trace::{Change, Deed, Digest, Judged, Kind};

/// What a hub decides with.
pub struct Tools<'a> {
    /// The MLS library.
    pub library: &'a Library,
    /// The rules that it checks.
    pub rules: &'a RuleSet,
    /// The hub's own key, as an external sender of its rooms' groups.
    pub identity: &'a Identity,
}

/// A room that this provider is the hub of.
pub struct HubRoom {
    /// Its URI.
    pub uri: RoomUri,
    /// The committed state.
    pub view: View,
    /// Everything else.
    pub record: Record,
    /// The room that this one depends on, as its hub, which is this one too, has it now (RP03 §5).
    pub parent: Option<RoomState>,
}

/// The part of a hub's room that is not in the MLS library's storage.
#[derive(Clone)]
pub struct Record {
    /// The GroupInfo of the current epoch, from the last committer.
    pub group_info: Vec<u8>,
    /// The committed state with the cached proposals applied.
    pub provisional: RoomState,
    /// Accepted proposals that the next commit must include.
    pub cached: Vec<Cached>,
    /// Users whose removal is accepted and not yet committed.
    pub exiting: BTreeSet<UserUri>,
    /// Users that the hub wants out of the room, until they are: it proposes their removal anew in
    /// each epoch.
    pub unwanted: BTreeSet<UserUri>,
    /// Users of a room that depends on another who are in that one no more, as far as the hub has
    /// looked.
    pub outsiders: BTreeSet<UserUri>,
    /// The certificates of followers that the hub knows.
    pub certificates: BTreeMap<ProviderName, ExternalSender>,
    /// Clients that got the GroupInfo for a valid join code: they may enter (RP03 §8.1.1).
    pub admitted: BTreeSet<Actor>,
    /// Parcels that a provider has not confirmed yet, by place in the log.
    pub queue: BTreeMap<ProviderName, BTreeMap<u64, Rc<Parcel>>>,
    /// Where the KeyPackages that went through this hub came from (R8).
    pub routes: BTreeMap<Vec<u8>, PackageRoute>,
    /// The commit that led to each epoch.
    pub commits: BTreeMap<u64, Digest>,
    last_stamp: u64,
    next_index: u64,
    /// What was accepted, by hash of the message: the same bytes get the same answer.
    accepted: BTreeMap<Digest, u64>,
    /// What was franked, by hash of the message.
    franks: BTreeMap<Digest, Frank>,
}

impl Record {
    /// Shows each message that the hub keeps, as it is kept: what waits for a commit, what is under
    /// way to providers, the GroupInfo and the franks.
    pub fn each(&self, look: &mut impl FnMut(&[u8])) {
        look(&self.group_info);
        self.cached.iter().for_each(|cached| look(&cached.message));
        let parcels = self.queue.values().flat_map(BTreeMap::values);
        parcels.flat_map(|parcel| parcel.events()).for_each(|event| look(&event.encode()));
        self.franks.values().for_each(|frank| look(&frank.encode()));
    }
}

/// Where a KeyPackage came from.
#[derive(Clone)]
pub struct PackageRoute {
    /// The provider that handed it out.
    pub provider: ProviderName,
    /// When it expires, if ever: milliseconds since the UNIX epoch.
    pub not_after_ms: Option<u64>,
}

impl PackageRoute {
    /// Whether no Welcome for it needs a way any more.
    pub fn is_over(&self, now_ms: u64) -> bool {
        self.not_after_ms.is_some_and(|end| end < now_ms)
    }
}

/// An accepted proposal.
#[derive(Clone)]
pub struct Cached {
    /// The proposal, an MLS message.
    pub message: Vec<u8>,
    /// The hub's stamp.
    pub accepted_at: u64,
    proposal: CachedProposal,
}

/// What the hub says to a request.
pub enum Decision {
    /// Accepted now.
    Accepted(Box<Accepted>),
    /// The same bytes were accepted before, at this time.
    Repeated {
        /// The stamp that they got.
        accepted_at: u64,
    },
    /// Not accepted; the room is as it was.
    Refused(Rejection),
}

/// Why something was not accepted.
pub struct Rejection {
    /// The rule's objection.
    pub refusal: Refusal,
    /// The handshake, where it came so far as to be held against the rules.
    pub judged: Option<Judged>,
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, judged: None }
    }
}

/// Something that a hub accepted.
pub struct Accepted {
    /// Place in the room's log.
    pub index: u64,
    /// What it is.
    pub kind: Kind,
    /// The epoch that it was made in.
    pub epoch: u64,
    /// Hash of the message.
    pub digest: Digest,
    /// Hashes of the proposals of a bundle, or of those that a commit includes.
    pub proposals: Vec<Digest>,
    /// The client behind it, where the hub knows.
    pub actor: Option<Actor>,
    /// The user behind it; where a server proposes, the one that it is about.
    pub user: UserUri,
    /// The hub's stamp.
    pub stamp: u64,
    /// What it changes.
    pub change: Change,
    /// Its proposals one by one.
    pub deeds: Vec<Deed>,
    /// Users that are exiting from here on.
    pub newly_exiting: Vec<UserUri>,
    /// References of the KeyPackages that it uses.
    pub used_key_packages: Vec<Vec<u8>>,
    /// What the hub accepted of itself because of it.
    pub along: Vec<Accepted>,
}

impl HubRoom {
    /// Opens a room whose group a client of this provider created.
    ///
    /// # Errors
    /// When GroupInfo and tree don't make a group of this room with one member, who is listed.
    pub fn open(
        library: &Library,
        uri: &RoomUri,
        group_info: Vec<u8>,
        ratchet_tree: &[u8],
        creator: &Actor,
        now_ms: u64,
    ) -> Result<(Self, Accepted), MlsError> {
        let view = View::found(library, uri, &group_info, ratchet_tree)?;
        let members = view.members()?;
        if view.epoch() != 0 || members != [creator.clone()] {
            return Err(MlsError::Refused("a new room has its creator as only member".to_owned()));
        }
        if !view.state().is_participant(&creator.user) {
            return Err(MlsError::Refused("the creator is not in the list".to_owned()));
        }
        let record = Record {
            provisional: view.state().clone(),
            cached: Vec::new(),
            exiting: BTreeSet::new(),
            unwanted: BTreeSet::new(),
            outsiders: BTreeSet::new(),
            certificates: BTreeMap::new(),
            admitted: BTreeSet::new(),
            queue: BTreeMap::new(),
            routes: BTreeMap::new(),
            commits: BTreeMap::new(),
            last_stamp: 0,
            next_index: 0,
            accepted: BTreeMap::new(),
            franks: BTreeMap::new(),
            group_info,
        };
        let mut room = Self { uri: uri.clone(), view, record, parent: None };
        let digest = Digest::of(&room.record.group_info);
        let stamp = room.record.stamp(now_ms, false);
        let accepted = Accepted {
            index: room.record.next_place(digest, stamp),
            kind: Kind::Created,
            epoch: 0,
            digest,
            proposals: Vec::new(),
            actor: Some(creator.clone()),
            user: creator.user.clone(),
            stamp,
            change: Change { adds: vec![creator.client.clone()], ..Change::default() },
            deeds: Vec::new(),
            newly_exiting: Vec::new(),
            used_key_packages: Vec::new(),
            along: Vec::new(),
        };
        Ok((room, accepted))
    }

    /// Decides about a commit or a bundle of proposals from `asker`'s provider.
    pub fn update(
        &mut self,
        tools: &Tools<'_>,
        asker: &Asker,
        request: &UpdateRequest,
        now_ms: u64,
    ) -> Decision {
        let (UpdateRequest::Commit { message, .. } | UpdateRequest::Proposals { message, .. }) =
            request;
        let digest = Digest::of(message);
        if let Some(accepted_at) = self.record.accepted.get(&digest) {
            return Decision::Repeated { accepted_at: *accepted_at };
        }
        let decided = match request {
            UpdateRequest::Commit { message, welcome, group_info, ratchet_tree: _ } => {
                let welcome = welcome.as_deref();
                self.commit(tools, asker, (message, welcome, group_info), now_ms)
            }
            UpdateRequest::Proposals { message, more } => {
                let messages: Vec<&[u8]> =
                    std::iter::once(message).chain(more).map(Vec::as_slice).collect();
                self.proposals(tools, asker, &messages, now_ms)
            }
        };
        decided.map_or_else(Decision::Refused, |accepted| Decision::Accepted(Box::new(accepted)))
    }

    /// Decides about an application message.
    pub fn submit(
        &mut self,
        (rules, franker): (&RuleSet, &Franker),
        user: &UserUri,
        message: &[u8],
        now_ms: u64,
    ) -> Decision {
        let digest = Digest::of(message);
        if let Some(accepted_at) = self.record.accepted.get(&digest) {
            return Decision::Repeated { accepted_at: *accepted_at };
        }
        self.message((rules, franker), user, message, now_ms).map_or_else(
            |refusal| Decision::Refused(refusal.into()),
            |accepted| Decision::Accepted(Box::new(accepted)),
        )
    }

    /// The proposals that a joiner needs to know of (R30).
    pub fn pending(&self) -> Vec<PendingProposal> {
        let pending = |cached: &Cached| PendingProposal {
            proposal: cached.message.clone(),
            accepted_at: cached.accepted_at,
        };
        self.record.cached.iter().map(pending).collect()
    }

    /// The room and the kind that the message names on the outside; returns its epoch.
    fn check_outside(&self, message: &[u8], kinds: &[PeekKind]) -> Result<u64, Refusal> {
        let outside = peek(message).map_err(refusal)?;
        if outside.room != self.uri {
            let why = format!("the message is for {}", outside.room);
            return Err(refused("body-is-well-formed", &why));
        }
        if !kinds.contains(&outside.kind) {
            let why = format!("a {:?} does not belong here", outside.kind);
            return Err(refused("body-is-well-formed", &why));
        }
        Ok(outside.epoch)
    }

    fn judge(&self, rules: &RuleSet, handshake: &Handshake) -> Result<(), Rejection> {
        self.held_against(rules, handshake, |base| rules.judge_handshake(base, handshake))
    }

    /// What gives way to proposals that may be accepted, by reference: nothing, as a rule (Q3).
    fn judge_proposals(
        &self,
        rules: &RuleSet,
        handshake: &Handshake,
    ) -> Result<BTreeSet<Vec<u8>>, Rejection> {
        self.held_against(rules, handshake, |base| giving_way(rules, base, handshake))
    }

    fn held_against<T>(
        &self,
        rules: &RuleSet,
        handshake: &Handshake,
        judge: impl FnOnce(&Base<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Rejection> {
        let members = self.view.members().map_err(refusal)?;
        let cached = self.cached_proposals();
        judge(&self.base(rules, &members, &cached)).map_err(|refusal| Rejection {
            refusal,
            judged: Some(Judged {
                kind: kind_of(handshake),
                epoch: handshake.epoch,
                deeds: telling::deeds(self.view.state(), handshake),
            }),
        })
    }

    fn base<'a>(
        &'a self,
        rules: &'a RuleSet,
        members: &'a [Actor],
        cached: &'a [CachedProposal],
    ) -> Base<'a> {
        Base {
            epoch: self.view.epoch(),
            committed: self.view.state(),
            provisional: &self.record.provisional,
            members,
            cached,
            exiting: &self.record.exiting,
            epoch_tolerance: self.epoch_tolerance(),
            parent: self.parent.as_ref(),
            admitted: Some(&self.record.admitted),
            readings: rules.readings(),
        }
    }

    /// How many epochs back an application message may have been encrypted (RP03 §7).
    fn epoch_tolerance(&self) -> u64 {
        self.view.state().operational_policy().app_messages.epoch_tolerance.into()
    }

    fn cached_proposals(&self) -> Vec<CachedProposal> {
        self.record.cached.iter().map(|cached| cached.proposal.clone()).collect()
    }

    /// The state with what waits and these applied, and what they oblige to.
    fn with_waiting(
        &self,
        waiting: &[Cached],
        handshake: &Handshake,
    ) -> Result<RoomState, Refusal> {
        let cached = waiting.iter().map(|cached| &cached.proposal);
        let cached = cached.map(|cached| (&cached.sender, &cached.what));
        let parts = handshake.parts.iter().map(|part| (&part.sender, &part.what));
        let members = self.view.members().map_err(refusal)?;
        let all: Vec<_> = cached.chain(parts).collect();
        servers::provisional(self.view.state(), &members, &all)
            .map_err(|error| refused("list-update-applies", &error.to_string()))
    }

    /// Stamps something and gives it its place in the log.
    fn accept(&mut self, rules: &RuleSet, mut accepted: Accepted) -> Accepted {
        let may_tie = rules.readings().has(Reading::StampsMayTie);
        accepted.stamp = self.record.stamp(accepted.stamp, may_tie);
        accepted.index = self.record.next_place(accepted.digest, accepted.stamp);
        accepted
    }

    /// Providers of the current members.
    fn providers(&self) -> Result<BTreeSet<ProviderName>, Refusal> {
        let members = self.view.members().map_err(refusal)?;
        Ok(members.iter().map(|member| member.user.provider().clone()).collect())
    }

    /// What is stapled to an external commit travels in its parcel (R34).
    fn send(
        &mut self,
        accepted: &Accepted,
        audience: BTreeSet<ProviderName>,
        message: Vec<u8>,
        extra: FanoutExtra,
    ) {
        let event = FanoutMessage { timestamp: accepted.stamp, message, extra };
        let stapled = accepted.along.iter().filter(|_| accepted.kind == Kind::ExternalCommit);
        let stapled: Vec<_> = stapled.map(|along| along.index).collect();
        for provider in audience {
            self.record.enqueue(provider, accepted.index, event.clone(), &stapled);
        }
    }
}

impl Record {
    /// The hub's stamps only grow, whatever its clock does; where they may tie, they never fall
    /// (Q5, I29).
    fn stamp(&mut self, now_ms: u64, may_tie: bool) -> u64 {
        self.last_stamp = now_ms.max(self.last_stamp + u64::from(!may_tie));
        self.last_stamp
    }

    fn next_place(&mut self, digest: Digest, stamp: u64) -> u64 {
        self.accepted.insert(digest, stamp);
        self.next_index += 1;
        self.next_index - 1
    }

    fn enqueue(
        &mut self,
        provider: ProviderName,
        index: u64,
        event: FanoutMessage,
        stapled: &[u64],
    ) {
        let queue = self.queue.entry(provider).or_default();
        let parcel = Rc::make_mut(queue.entry(index).or_default());
        parcel.push(event);
        parcel.staple(stapled);
    }
}

fn kind_of(handshake: &Handshake) -> Kind {
    match handshake.kind {
        HandshakeKind::Commit => Kind::Commit,
        HandshakeKind::ExternalCommit => Kind::ExternalCommit,
        HandshakeKind::Proposals => Kind::Proposals,
    }
}

fn refused(rule: &'static str, why: &str) -> Refusal {
    Refusal { rule, code: Code::NotAllowed, why: why.to_owned() }
}

fn refusal(error: MlsError) -> Refusal {
    let why = error.to_string();
    match error {
        MlsError::WrongEpoch { .. } => {
            Refusal { rule: "current-epoch", code: Code::WrongEpoch, why }
        }
        MlsError::UnknownProposal => {
            Refusal { rule: "known-references", code: Code::InvalidProposal(Vec::new()), why }
        }
        MlsError::RoomState(_) => refused("list-update-applies", &why),
        MlsError::Malformed(_) => refused("body-is-well-formed", &why),
        MlsError::Refused(_) => refused("valid-mls", &why),
    }
}
