//! How nodes tell the trace about room state: the translation from MLS and MIMI to its words.
//!
//! A node tells a room state in full only when it differs from the one that it told last
//! ([`Teller`]), so that traces stay small.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::mimi::policy::{Claim, PreAuthRoleEntry, Role};
use crate::mimi::room::{ComponentUpdate, ParticipantListUpdate, RoomMetadata, RoomState};
use crate::mimi::rules::{Handshake, HandshakeKind, Part, Proposer, What};
use crate::mimi::uri::{ProviderName, RoomUri};
use crate::mimi::watch::Alarm;
use crate::mls::RoomSnapshot;
use crate::trace::{
    Author, Change, Deed, DeedKind, Digest, Event, Member, MoveView, Participant, PolicyView,
    PreauthView, RoleView, RoomView, Stage, StateRef, Way,
};

/// The event of an alarm about a room.
pub fn alarmed(room: &RoomUri, alarm: Alarm) -> Event {
    let Alarm { detector, epoch, why, proven } = alarm;
    let detector = detector.id().to_owned();
    Event::Alarmed { room: room.clone(), detector, epoch, why, proven }
}

/// Remembers which room state and which external senders a node told last.
#[derive(Default)]
pub struct Teller {
    last: RefCell<BTreeMap<RoomUri, Digest>>,
    servers: RefCell<BTreeMap<RoomUri, Vec<ProviderName>>>,
}

impl Teller {
    /// The event of a hub's view.
    pub fn shadowed(&self, room: &RoomUri, stage: Stage, snapshot: &RoomSnapshot) -> Event {
        Event::Shadowed {
            room: room.clone(),
            stage,
            epoch: snapshot.epoch,
            context: Digest::of(&snapshot.context),
            tag: Digest::of(&snapshot.tag),
            state: self.state(room, &snapshot.state),
            members: members(snapshot),
        }
    }

    /// The event of a group's external senders, where they are others than those told last; the
    /// hub alone is taken to be told.
    pub fn external_senders(
        &self,
        room: &RoomUri,
        epoch: u64,
        servers: Vec<ProviderName>,
    ) -> Option<Event> {
        let mut told = self.servers.borrow_mut();
        let last = told.entry(room.clone()).or_insert_with(|| vec![room.provider().clone()]);
        if *last == servers {
            return None;
        }
        last.clone_from(&servers);
        Some(Event::ExternalSenders { room: room.clone(), epoch, servers })
    }

    /// The event of a client's coming into an epoch.
    pub fn entered(
        &self,
        room: &RoomUri,
        stay: u64,
        way: Way,
        commit: Option<Digest>,
        snapshot: &RoomSnapshot,
    ) -> Event {
        Event::Entered {
            room: room.clone(),
            epoch: snapshot.epoch,
            stay,
            way,
            authenticator: Digest::of(snapshot.authenticator.as_deref().unwrap_or_default()),
            context: Digest::of(&snapshot.context),
            tag: Digest::of(&snapshot.tag),
            state: self.state(room, &snapshot.state),
            members: members(snapshot),
            commit,
        }
    }

    fn state(&self, room: &RoomUri, state: &RoomState) -> StateRef {
        let hash = Digest(state.hash());
        let known = self.last.borrow_mut().insert(room.clone(), hash) == Some(hash);
        StateRef { hash, view: (!known).then(|| view(state)) }
    }
}

/// A room state in the trace's words.
pub fn view(state: &RoomState) -> RoomView {
    let participants = &state.participants.participants;
    RoomView {
        participants: participants.iter().map(participant).collect(),
        roles: state.roles.roles.iter().map(role).collect(),
        name: state.metadata.name.clone(),
        policy: policy(state),
    }
}

fn policy(state: &RoomState) -> PolicyView {
    let (base, operational) = (state.base_policy(), state.operational_policy());
    let preauthorized = state.preauthorized.iter().flat_map(|data| &data.entries);
    let codes = state.join_links.iter().flat_map(|links| &links.links);
    PolicyView {
        fixed_membership: base.fixed_membership,
        single_device: !base.multi_device,
        parent: base.parent.clone(),
        max_clients: base.max_clients,
        max_users: base.max_users,
        no_external_commits: !operational.external_commit_allowed,
        no_external_proposals: !operational.external_proposal_allowed,
        epoch_tolerance: operational.app_messages.epoch_tolerance,
        preauthorized: preauthorized.map(preauthorization).collect(),
        join_codes: codes.map(|link| Digest::of(&link.code)).collect(),
    }
}

fn preauthorization(entry: &PreAuthRoleEntry) -> PreauthView {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let claim = |claim: &Claim| {
        let basic = claim.id.credential_type == 1;
        let about = if basic { text(&claim.id.id) } else { String::new() };
        (about, text(&claim.value))
    };
    PreauthView { claims: entry.claims.iter().map(claim).collect(), role: entry.target_role }
}

fn role(role: &Role) -> RoleView {
    let moves = role.authorized_role_changes.iter();
    RoleView {
        index: role.index,
        name: role.name.clone(),
        capabilities: role.capabilities.iter().map(|capability| capability.0).collect(),
        minimum: role.minimum_participants,
        maximum: role.maximum_participants,
        minimum_active: role.minimum_active_participants,
        maximum_active: role.maximum_active_participants,
        moves: moves.map(|it| MoveView { from: it.from, to: it.to.clone() }).collect(),
    }
}

fn participant(participant: &crate::mimi::room::Participant) -> Participant {
    Participant { user: participant.user.clone(), role: participant.role }
}

fn members(snapshot: &RoomSnapshot) -> Vec<Member> {
    let member = |leaf: &crate::mls::Leaf| Member {
        leaf: leaf.index,
        client: leaf.actor.client.clone(),
        user: leaf.actor.user.clone(),
        key: Digest::of(&leaf.key),
    };
    snapshot.members.iter().map(member).collect()
}

/// What a handshake changes, in the trace's words. `base` is the committed state that it was made
/// in, which the indices of its list updates refer to.
pub fn change(base: &RoomState, handshake: &Handshake) -> Change {
    let mut change = Change::default();
    if handshake.kind == HandshakeKind::ExternalCommit {
        change.adds.extend(handshake.client().map(|joiner| joiner.client.clone()));
    }
    for part in &handshake.parts {
        match &part.what {
            What::Add(actor) => change.adds.push(actor.client.clone()),
            What::Remove(actor) | What::SelfRemove(actor) => {
                change.removes.push(actor.client.clone());
            }
            What::Update(update) => tell_update(base, update, &mut change),
            What::ExternalInit | What::KeyUpdate | What::Senders(_) | What::Other(_) => {}
        }
    }
    change
}

fn tell_update(base: &RoomState, update: &ComponentUpdate, change: &mut Change) {
    let list = &base.participants.participants;
    let user = |index: u32| list.get(index as usize).map(|listed| listed.user.clone());
    match update {
        ComponentUpdate::Participants(update) => {
            change.listed.extend(update.added.iter().map(participant));
            change.unlisted.extend(update.removed.iter().filter_map(|index| user(*index)));
            let roles = update.changed_roles.iter();
            change.roles.extend(roles.filter_map(|changed| {
                Some(Participant { user: user(changed.index)?, role: changed.role })
            }));
        }
        ComponentUpdate::Metadata(metadata) => change.name = Some(metadata.name.clone()),
        // The policy is in the state that the next Shadowed and Entered carry.
        _ => {}
    }
}

/// A handshake's proposals one by one, in the trace's words. `base` is as for [`change`].
pub fn deeds(base: &RoomState, handshake: &Handshake) -> Vec<Deed> {
    let deeds = |part: &Part| {
        let by = author(&part.sender);
        let referenced = part.by_reference.is_some();
        let deed = move |what| Deed { by: by.clone(), referenced, what };
        deed_kinds(base, &part.what).into_iter().map(deed).collect::<Vec<_>>()
    };
    handshake.parts.iter().flat_map(deeds).collect()
}

fn author(proposer: &Proposer) -> Author {
    match proposer {
        Proposer::Client(actor) => {
            Author::Client { client: actor.client.clone(), user: actor.user.clone() }
        }
        Proposer::Server(server) => Author::Server(server.clone()),
    }
}

fn deed_kinds(base: &RoomState, what: &What) -> Vec<DeedKind> {
    let other = |name: &str| vec![DeedKind::Other { name: name.to_owned() }];
    match what {
        What::Add(actor) => {
            vec![DeedKind::AddClient { client: actor.client.clone(), of: actor.user.clone() }]
        }
        What::Remove(actor) | What::SelfRemove(actor) => {
            vec![DeedKind::RemoveClient { client: actor.client.clone(), of: actor.user.clone() }]
        }
        What::ExternalInit => vec![DeedKind::Join],
        What::KeyUpdate => other("Update"),
        What::Senders(_) => other("external senders"),
        What::Other(name) => other(name),
        What::Update(ComponentUpdate::Participants(update)) => list_deeds(base, update),
        What::Update(ComponentUpdate::Metadata(after)) => {
            vec![DeedKind::ChangeMetadata { fields: changed_fields(&base.metadata, after) }]
        }
        What::Update(update) => policy_deeds(update),
    }
}

fn policy_deeds(update: &ComponentUpdate) -> Vec<DeedKind> {
    let parts: &[&str] = match update {
        ComponentUpdate::Participants(_) | ComponentUpdate::Metadata(_) => &[],
        ComponentUpdate::Roles(_) => &["roles"],
        ComponentUpdate::Preauthorized(_) => &["preauthorized"],
        ComponentUpdate::Base(_) => &["base"],
        ComponentUpdate::Operational(_) => &["operational"],
        ComponentUpdate::FrankingAgent(_) => &["franking_agent"],
        ComponentUpdate::JoinLinkPolicy(_) => &["join_link_policy"],
        ComponentUpdate::JoinLinks(links) if links.removed.is_empty() => &["join_codes_added"],
        ComponentUpdate::JoinLinks(links) if links.added.is_empty() => &["join_codes_removed"],
        ComponentUpdate::JoinLinks(_) => &["join_codes_added", "join_codes_removed"],
    };
    parts.iter().map(|part| DeedKind::ChangePolicy { part: (*part).to_owned() }).collect()
}

/// Indices that name nobody are left out: no rule about rights has anything to say of them.
fn list_deeds(base: &RoomState, update: &ParticipantListUpdate) -> Vec<DeedKind> {
    let list = &base.participants.participants;
    let user = |index: u32| list.get(usize::try_from(index).ok()?).map(|it| it.user.clone());
    let roles = update.changed_roles.iter().filter_map(|changed| {
        Some(DeedKind::ChangeRole { target: user(changed.index)?, role: changed.role })
    });
    let removed = update.removed.iter();
    let removed = removed.filter_map(|index| Some(DeedKind::Unlist { target: user(*index)? }));
    let added = update.added.iter();
    let added = added.map(|it| DeedKind::List { target: it.user.clone(), role: it.role });
    roles.chain(removed).chain(added).collect()
}

fn changed_fields(before: &RoomMetadata, after: &RoomMetadata) -> Vec<String> {
    let fields = [
        (before.uri != after.uri, "uri"),
        (before.name != after.name, "name"),
        (before.descriptions != after.descriptions, "descriptions"),
        (before.avatar != after.avatar, "avatar"),
        (before.subject != after.subject, "subject"),
        (before.mood != after.mood, "mood"),
    ];
    fields.into_iter().filter(|(changed, _)| *changed).map(|(_, name)| name.to_owned()).collect()
}
