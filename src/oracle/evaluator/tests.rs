//! Each reading of RP03 is held against the other: the rules of `mimi` and the oracle's evaluator
//! must say the same of any handshake. Some cases by hand show that they say no for a reason.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{Moment, evaluate};
use crate::mimi::policy::{
    BaseRoomPolicy, Claim, PreAuthData, PreAuthRoleEntry, RoleData, SUPER_ADMIN,
};
use crate::mimi::room::{
    ChangedRole, ComponentUpdate, Participant, ParticipantListUpdate, RoomMetadata, RoomState,
};
use crate::mimi::rules::{
    Actor, Base, CachedProposal, Handshake, HandshakeKind, Part, Proposer, RULES, Readings,
    RuleSet, What, servers,
};
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};
use crate::node::telling::{deeds, view};
use crate::trace::{Deed, Digest, Kind, Member};

/// The hub, who is the provider of all users too, and another one.
const SERVERS: [&str; 2] = ["a.example", "b.example"];
const USERS: [&str; 5] = ["ann", "ben", "cleo", "dan", "eve"];

fn user(name: &str) -> UserUri {
    UserUri::new(&ProviderName::new("a.example").unwrap(), name).unwrap()
}

fn actor(name: &str, device: u32) -> Actor {
    let provider = ProviderName::new("a.example").unwrap();
    let client = ClientUri::new(&provider, &format!("{name}{device}")).unwrap();
    Actor { client, user: user(name) }
}

fn any_actor() -> impl Strategy<Value = Actor> {
    (select(&USERS[..]), 1..3u32).prop_map(|(name, device)| actor(name, device))
}

/// A cooperative room in which each user has some role, or none.
fn any_state() -> impl Strategy<Value = RoomState> {
    let roles = prop::collection::vec(0..6u32, USERS.len());
    (roles, any_rights(), any::<bool>()).prop_map(|(roles, rights, inside)| {
        let uri = RoomUri::parse("mimi://a.example/r/room").unwrap();
        let mut state = RoomState::cooperative(uri, "Room", user("ann"));
        let listed = USERS.iter().zip(roles).filter(|(_, role)| *role > 0);
        let listed = listed.map(|(name, role)| Participant { user: user(name), role });
        state.participants.participants = listed.collect();
        state.preauthorized = rights;
        if inside {
            state = inside_a_house(state);
        }
        state
    })
}

/// The same room, as one that depends on another.
fn inside_a_house(state: RoomState) -> RoomState {
    let parent = RoomUri::parse("mimi://a.example/r/house").ok();
    let base = Some(BaseRoomPolicy { parent, ..state.base_policy().clone() });
    RoomState { base, ..state }
}

/// What some servers are preauthorised for: nothing, or some role.
fn any_rights() -> impl Strategy<Value = Option<PreAuthData>> {
    let entry = (select(&SERVERS[..]), 2..6u32).prop_map(|(name, target_role)| {
        let claims = vec![Claim::server(&ProviderName::new(name).unwrap())];
        PreAuthRoleEntry { claims, target_role }
    });
    prop::option::of(prop::collection::vec(entry, 0..3).prop_map(|entries| PreAuthData { entries }))
}

fn any_update() -> impl Strategy<Value = ComponentUpdate> {
    let role = || 0..6u32;
    prop_oneof![
        (0..5u32).prop_map(ParticipantListUpdate::remove),
        (0..5u32, role()).prop_map(|(index, role)| ParticipantListUpdate {
            changed_roles: vec![ChangedRole { index, role }],
            ..Default::default()
        }),
        (select(&USERS[..]), role())
            .prop_map(|(name, role)| { ParticipantListUpdate::add(user(name), role) }),
    ]
    .prop_map(ComponentUpdate::Participants)
}

fn any_what() -> impl Strategy<Value = What> {
    let uri = RoomUri::parse("mimi://a.example/r/room").unwrap();
    let metadata = move |subject: bool| {
        let plain = RoomMetadata::named(uri.clone(), "Room");
        let topic = if subject { "topic".to_owned() } else { String::new() };
        let named = RoomMetadata { name: "Hall".to_owned(), ..plain };
        What::Update(ComponentUpdate::Metadata(RoomMetadata { subject: topic, ..named }))
    };
    let policy = prop_oneof![
        Just(ComponentUpdate::Roles(RoleData::cooperative())),
        Just(ComponentUpdate::Preauthorized(Default::default())),
        Just(ComponentUpdate::Base(Default::default())),
        Just(ComponentUpdate::Operational(Default::default())),
        Just(ComponentUpdate::JoinLinkPolicy(Default::default())),
    ];
    prop_oneof![
        4 => any_update().prop_map(What::Update),
        2 => any_actor().prop_map(What::Add),
        3 => any_actor().prop_map(What::Remove),
        1 => any::<bool>().prop_map(metadata),
        1 => policy.prop_map(What::Update),
    ]
}

/// What somebody tries.
#[derive(Debug, Clone)]
struct Attempt {
    by: Proposer,
    external: bool,
    whats: Vec<What>,
}

fn any_attempt() -> impl Strategy<Value = Attempt> {
    let whats = prop::collection::vec(any_what(), 0..3);
    let parts = (any_actor(), prop::bool::weighted(0.2), whats);
    let client = parts.prop_map(|(by, external, whats)| Attempt { by: by.into(), external, whats });
    prop_oneof![3 => client, 1 => any_attempt_of_a_server()]
}

/// A server takes out both clients of a user, or one.
fn any_attempt_of_a_server() -> impl Strategy<Value = Attempt> {
    let parts = (select(&SERVERS[..]), select(&USERS[..]), 1..3u32);
    parts.prop_map(|(server, name, devices)| Attempt {
        by: Proposer::Server(ProviderName::new(server).unwrap()),
        external: false,
        whats: (1..=devices).map(|device| What::Remove(actor(name, device))).collect(),
    })
}

/// The catalogue's one rule with this id, beside those that are built in.
fn only(wanted: &str) -> RuleSet {
    let others = RULES.iter().filter(|rule| rule.built_in().is_none() && rule.id != wanted);
    RuleSet::without(&others.map(|rule| rule.id.to_owned()).collect::<Vec<_>>()).unwrap()
}

struct Room {
    state: RoomState,
    members: Vec<Actor>,
    cached: Vec<CachedProposal>,
    waiting: Vec<Deed>,
}

impl Room {
    fn provisional(&self) -> RoomState {
        let proposed: Vec<_> = self.cached.iter().map(|it| (&it.sender, &it.what)).collect();
        servers::provisional(&self.state, &self.members, &proposed).unwrap()
    }

    fn handshake(&self, kind: HandshakeKind, attempt: &Attempt) -> Handshake {
        let by = attempt.by.clone();
        let own = |what: What| Part { sender: by.clone(), by_reference: None, what };
        let mut parts: Vec<_> = attempt.whats.iter().cloned().map(own).collect();
        match kind {
            HandshakeKind::Commit => parts.extend(self.cached.iter().map(|it| Part {
                sender: it.sender.clone(),
                by_reference: Some(it.reference.clone()),
                what: it.what.clone(),
            })),
            HandshakeKind::ExternalCommit => parts.push(own(What::ExternalInit)),
            HandshakeKind::Proposals => {}
        }
        Handshake { kind, epoch: 1, actor: by, parts }
    }

    /// What rules and evaluator say; none where the handshake leads to no state or no group.
    fn verdicts(&self, handshake: &Handshake) -> Option<(Result<(), String>, Result<(), String>)> {
        let provisional = self.provisional();
        let users = self.state.participants.participants.iter().map(|listed| &listed.user);
        let goes =
            |user: &&UserUri| self.state.is_participant(user) && !provisional.is_participant(user);
        let exiting: BTreeSet<_> = users.filter(goes).cloned().collect();
        let base = Base {
            epoch: 1,
            committed: &self.state,
            provisional: &provisional,
            members: &self.members,
            cached: &self.cached,
            exiting: &exiting,
            epoch_tolerance: 0,
            parent: None,
            admitted: None,
            readings: &Readings::default(),
        };
        for sound in ["client-changes-once", "list-update-applies"] {
            only(sound).judge_handshake(&base, handshake).ok()?;
        }
        let rules = only("authorised").judge_handshake(&base, handshake).map_err(|it| it.why);
        let members: Vec<_> = self.members.iter().zip(0..).map(member).collect();
        let shown = view(&self.state);
        let hub = self.state.metadata.uri.provider();
        let moment = Moment { hub, view: &shown, members: &members, waiting: &self.waiting };
        let kind = match handshake.kind {
            HandshakeKind::Commit => Kind::Commit,
            HandshakeKind::ExternalCommit => Kind::ExternalCommit,
            HandshakeKind::Proposals => Kind::Proposals,
        };
        Some((rules, evaluate(&moment, kind, &deeds(&self.state, handshake))))
    }

    /// Lets the proposals wait for a commit, if the whole catalogue of rights lets them.
    fn propose(&mut self, attempt: &Attempt) {
        let handshake = self.handshake(HandshakeKind::Proposals, attempt);
        if !matches!(self.verdicts(&handshake), Some((Ok(()), _))) {
            return;
        }
        self.waiting.extend(deeds(&self.state, &handshake));
        for part in handshake.parts {
            let reference = vec![self.cached.len() as u8];
            let Part { sender, what, .. } = part;
            self.cached.push(CachedProposal { reference, sender, what });
        }
    }
}

fn member((actor, leaf): (&Actor, u32)) -> Member {
    let Actor { client, user } = actor.clone();
    Member { leaf, key: Digest::of(client.to_string().as_bytes()), client, user }
}

fn any_room() -> impl Strategy<Value = Room> {
    let all: Vec<_> = USERS.iter().flat_map(|name| [actor(name, 1), actor(name, 2)]).collect();
    let count = all.len();
    let waiting = prop::collection::vec(any_attempt(), 0..3);
    (any_state(), subsequence(all, 0..=count), waiting).prop_map(|(state, members, waiting)| {
        let mut room = Room { state, members, cached: Vec::new(), waiting: Vec::new() };
        waiting.iter().for_each(|attempt| room.propose(attempt));
        room
    })
}

impl std::fmt::Debug for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let listed = &self.state.participants.participants;
        write!(f, "{listed:?}, members {:?}, waiting {:?}", self.members, self.waiting)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..<_>::default() })]

    #[test]
    fn rules_and_evaluator_say_the_same(room in any_room(), attempt in any_attempt()) {
        let kinds = match attempt.external {
            true => vec![HandshakeKind::ExternalCommit],
            false => vec![HandshakeKind::Commit, HandshakeKind::Proposals],
        };
        for kind in kinds {
            if attempt.by.client().is_none() && kind != HandshakeKind::Proposals {
                continue;
            }
            let handshake = room.handshake(kind, &attempt);
            if let Some((rules, evaluator)) = room.verdicts(&handshake) {
                prop_assert_eq!(
                    rules.is_ok(), evaluator.is_ok(),
                    "rules: {:?}, evaluator: {:?}, of {:?}", rules, evaluator, handshake
                );
            }
        }
    }
}

/// Ann is super admin, Ben an ordinary user, each with one client.
fn ann_and_ben() -> Room {
    let uri = RoomUri::parse("mimi://a.example/r/room").unwrap();
    let mut state = RoomState::cooperative(uri, "Room", user("ann"));
    state.participants.participants.push(Participant { user: user("ben"), role: 2 });
    let members = vec![actor("ann", 1), actor("ben", 1)];
    Room { state, members, cached: Vec::new(), waiting: Vec::new() }
}

fn says(room: &Room, by: &str, whats: Vec<What>) -> Result<(), String> {
    let attempt = Attempt { by: actor(by, 1).into(), external: false, whats };
    room.verdicts(&room.handshake(HandshakeKind::Commit, &attempt)).unwrap().1
}

#[test]
fn who_lacks_a_right_is_named_with_it() {
    let room = ann_and_ben();
    let update = ParticipantListUpdate::remove(0);
    let remove = vec![What::Update(ComponentUpdate::Participants(update))];
    let why = says(&room, "ben", remove).unwrap_err();
    assert_eq!(
        why,
        "mimi://a.example/u/ben, as ordinary_user, may not take mimi://a.example/u/ann off the list"
    );
}

#[test]
fn an_admin_may_promote_and_nobody_promotes_itself() {
    let room = ann_and_ben();
    let promote = |index| {
        let update = ParticipantListUpdate::change_role(index, SUPER_ADMIN);
        vec![What::Update(ComponentUpdate::Participants(update))]
    };
    assert_eq!(says(&room, "ann", promote(1)), Ok(()));
    assert!(says(&room, "ben", promote(1)).unwrap_err().contains("may not give"));
}

#[test]
fn a_role_that_nobody_may_hold_actively_takes_no_clients() {
    let mut room = ann_and_ben();
    room.state.participants.participants[1].role = 5;
    let why = says(&room, "ann", vec![What::Add(actor("ben", 2))]);
    assert!(why.is_err(), "ann may move nobody to the enforcer's role");
    room.members.pop();
    room.state.roles.roles[4].authorized_role_changes[0].to.push(5);
    let why = says(&room, "ann", vec![What::Add(actor("ben", 2))]).unwrap_err();
    assert_eq!(why, "there would be 1 active holders of policy_enforcer");
}

#[test]
fn a_server_takes_out_its_own_users_and_a_hub_anyone_and_whoever_commits_may_unlist_them() {
    let mut room = ann_and_ben();
    let expel = |server: &str| Attempt {
        by: Proposer::Server(ProviderName::new(server).unwrap()),
        external: false,
        whats: vec![What::Remove(actor("ben", 1))],
    };
    let says = |room: &Room, attempt: &Attempt, kind| {
        room.verdicts(&room.handshake(kind, attempt)).unwrap().1
    };
    let why = says(&room, &expel("b.example"), HandshakeKind::Proposals).unwrap_err();
    assert_eq!(why, "b.example may not take mimi://a.example/d/ben1 out");
    room.propose(&expel("a.example"));
    let unlist = |index| {
        let update = ParticipantListUpdate::remove(index);
        vec![What::Update(ComponentUpdate::Participants(update))]
    };
    room.state.participants.participants.push(Participant { user: user("dan"), role: 2 });
    room.state.roles.roles[2].capabilities.clear();
    let by_dan = |index| {
        let whats = unlist(index);
        Attempt { by: actor("dan", 1).into(), external: false, whats }
    };
    assert_eq!(says(&room, &by_dan(1), HandshakeKind::Commit), Ok(()));
    assert!(says(&room, &by_dan(0), HandshakeKind::Commit).is_err());
}

#[test]
fn a_least_number_keeps_nobody_whom_its_own_provider_takes_out() {
    let ann_goes = Attempt {
        by: Proposer::Server(ProviderName::new("a.example").unwrap()),
        external: false,
        whats: vec![What::Remove(actor("ann", 1))],
    };
    let says = |room: &Room, attempt: &Attempt, kind| {
        room.verdicts(&room.handshake(kind, attempt)).unwrap().1
    };
    let mut room = ann_and_ben();
    room.state.roles.roles[4].minimum_participants = 1;
    let unlists = What::Update(ComponentUpdate::Participants(ParticipantListUpdate::remove(0)));
    let whats = vec![What::Remove(actor("ann", 1)), unlists];
    let leaves = Attempt { by: actor("ann", 1).into(), external: false, whats };
    let why = says(&room, &leaves, HandshakeKind::Proposals).unwrap_err();
    assert_eq!(why, "there would be 0 holders of super_admin");
    assert_eq!(says(&room, &ann_goes, HandshakeKind::Proposals), Ok(()));
    room.propose(&ann_goes);
    let update = ParticipantListUpdate::remove(0);
    let whats = vec![What::Update(ComponentUpdate::Participants(update))];
    let by_ben = Attempt { by: actor("ben", 1).into(), external: false, whats };
    assert_eq!(says(&room, &by_ben, HandshakeKind::Commit), Ok(()));
}
