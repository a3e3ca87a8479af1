//! The catalogue's promises. Each rule has at least one case that it lets pass and one that it
//! refuses; a case that is refused passes again once the rule is off, where no other rule has the
//! same reason.

mod authorisation;
mod group;
mod joining;
mod kind;
mod messages;
mod proposals;
mod senders;
mod servers;
mod walkthrough;

use std::collections::BTreeSet;

use super::*;
use crate::mimi::policy::{GROUP_ADMIN, ORDINARY_USER};
use crate::mimi::room::{ComponentUpdate, Participant, ParticipantListUpdate, RoomState};
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};

/// A client by its name: the first letter gives user and provider, `B2` is Bob's second.
fn client(name: &str) -> Actor {
    let (provider, user) = match &name[..1] {
        "A" => ("a.example", "alice"),
        "B" => ("b.example", "bob"),
        "C" => ("c.example", "cathy"),
        "D" => ("d.example", "dave"),
        other => panic!("nobody's name begins with {other}"),
    };
    let provider = ProviderName::new(provider).unwrap();
    Actor {
        client: ClientUri::new(&provider, name).unwrap(),
        user: UserUri::new(&provider, user).unwrap(),
    }
}

fn user(name: &str) -> UserUri {
    client(name).user
}

/// A hub's view of one room.
struct Room {
    epoch: u64,
    committed: RoomState,
    provisional: RoomState,
    members: Vec<Actor>,
    cached: Vec<CachedProposal>,
    exiting: BTreeSet<UserUri>,
    parent: Option<RoomState>,
    admitted: BTreeSet<Actor>,
    readings: Readings,
}

impl Room {
    /// Alice alone, with one client, in epoch 7.
    fn new() -> Self {
        let uri = RoomUri::parse("mimi://a.example/r/clubhouse").unwrap();
        let state = RoomState::cooperative(uri, "Clubhouse", user("A1"));
        Self {
            epoch: 7,
            provisional: state.clone(),
            committed: state,
            members: vec![client("A1")],
            cached: Vec::new(),
            exiting: BTreeSet::new(),
            parent: None,
            admitted: BTreeSet::new(),
            readings: Readings::default(),
        }
    }

    /// Alice (super admin, place 0) with A1; Bob (ordinary user, 1) with B1 and B2; Cathy (group
    /// admin, 2) with C1.
    fn clubhouse() -> Self {
        let mut room = Self::new();
        let listed = [("B1", ORDINARY_USER), ("C1", GROUP_ADMIN)];
        let listed = listed.map(|(name, role)| Participant { user: user(name), role });
        room.committed.participants.participants.extend(listed);
        room.provisional = room.committed.clone();
        room.members = ["A1", "B1", "B2", "C1"].map(client).to_vec();
        room
    }

    /// The clubhouse once Bob's leave waits for the next commit.
    fn while_bob_leaves() -> Self {
        let mut room = Self::clubhouse();
        let leave = room.leave_of_bob();
        assert_eq!(room.play(&leave), Ok(()));
        room
    }

    /// Changes both states.
    fn change(&mut self, change: impl Fn(&mut RoomState)) {
        change(&mut self.committed);
        change(&mut self.provisional);
    }

    /// An external commit of a user who is not listed, and lists itself.
    fn enter(&self, actor: &str, role: u32) -> Handshake {
        let whats = vec![What::ExternalInit, enlist(actor, role)];
        self.handshake(HandshakeKind::ExternalCommit, actor, whats)
    }

    fn base(&self) -> Base<'_> {
        Base {
            epoch: self.epoch,
            committed: &self.committed,
            provisional: &self.provisional,
            members: &self.members,
            cached: &self.cached,
            exiting: &self.exiting,
            epoch_tolerance: 2,
            parent: self.parent.as_ref(),
            admitted: Some(&self.admitted),
            readings: &self.readings,
        }
    }

    fn handshake(&self, kind: HandshakeKind, actor: &str, whats: Vec<What>) -> Handshake {
        let actor = client(actor);
        let actor = Proposer::Client(actor);
        let part = |what| Part { sender: actor.clone(), by_reference: None, what };
        let parts = whats.into_iter().map(part).collect();
        Handshake { kind, epoch: self.epoch, actor: actor.clone(), parts }
    }

    fn proposals(&self, actor: &str, whats: Vec<What>) -> Handshake {
        self.handshake(HandshakeKind::Proposals, actor, whats)
    }

    /// A commit that refers to all cached proposals, and carries `whats` beside them.
    fn commit(&self, actor: &str, whats: Vec<What>) -> Handshake {
        let mut commit = self.handshake(HandshakeKind::Commit, actor, whats);
        let part = |cached: &CachedProposal| Part {
            sender: cached.sender.clone(),
            by_reference: Some(cached.reference.clone()),
            what: cached.what.clone(),
        };
        commit.parts.splice(0..0, self.cached.iter().map(part));
        commit
    }

    fn join(&self, actor: &str) -> Handshake {
        self.handshake(HandshakeKind::ExternalCommit, actor, vec![What::ExternalInit])
    }

    fn leave_of_bob(&self) -> Handshake {
        self.proposals("B1", vec![remove("B1"), remove("B2"), self.unlist("B1")])
    }

    fn unlist(&self, name: &str) -> What {
        list(ParticipantListUpdate::remove(self.place(name)))
    }

    fn change_role(&self, name: &str, role: u32) -> What {
        list(ParticipantListUpdate::change_role(self.place(name), role))
    }

    fn place(&self, name: &str) -> u32 {
        self.committed.index_of(&user(name)).unwrap()
    }

    /// The metadata with one field changed.
    fn metadata(&self, change: impl FnOnce(&mut crate::mimi::room::RoomMetadata)) -> What {
        let mut metadata = self.committed.metadata.clone();
        change(&mut metadata);
        What::Update(ComponentUpdate::Metadata(metadata))
    }

    fn judge(&self, handshake: &Handshake) -> Result<(), Refusal> {
        RuleSet::default().judge_handshake(&self.base(), handshake)
    }

    /// Judges it, and where it is accepted does what a hub would do.
    fn play(&mut self, handshake: &Handshake) -> Result<(), Refusal> {
        self.judge(handshake)?;
        let prospect = Prospect::of(&self.base(), handshake);
        let after = prospect.after.clone().unwrap();
        let members = prospect.members.iter().map(|member| (*member).clone()).collect();
        self.provisional = after.clone();
        if handshake.kind == HandshakeKind::Proposals {
            for part in &handshake.parts {
                let reference = vec![u8::try_from(self.cached.len()).unwrap()];
                let (sender, what) = (part.sender.clone(), part.what.clone());
                self.cached.push(CachedProposal { reference, sender, what });
            }
            let listed = self.committed.participants.participants.iter();
            let leave = listed.filter(|listed| !after.is_participant(&listed.user));
            self.exiting = leave.map(|listed| listed.user.clone()).collect();
        } else {
            self.epoch += 1;
            self.members = members;
            self.committed = after;
            self.cached.clear();
            self.exiting.clear();
        }
        Ok(())
    }

    #[track_caller]
    fn passes(&self, handshake: &Handshake) {
        assert_eq!(self.judge(handshake), Ok(()));
    }

    /// `rule` refuses it, and is the only one to.
    #[track_caller]
    fn refused_only_by(&self, rule: &str, handshake: &Handshake) {
        self.refused_by(rule, handshake);
        let rules = RuleSet::without(&[rule.to_owned()]).unwrap();
        assert_eq!(rules.judge_handshake(&self.base(), handshake), Ok(()));
    }

    /// `rule` refuses it, and is the first to.
    #[track_caller]
    fn refused_by(&self, rule: &str, handshake: &Handshake) -> Code {
        let refusal = self.judge(handshake).unwrap_err();
        assert_eq!(refusal.rule, rule, "{refusal}");
        refusal.code
    }
}

fn list(update: ParticipantListUpdate) -> What {
    What::Update(ComponentUpdate::Participants(update))
}

fn enlist(name: &str, role: u32) -> What {
    list(ParticipantListUpdate::add(user(name), role))
}

fn add(name: &str) -> What {
    What::Add(client(name))
}

fn remove(name: &str) -> What {
    What::Remove(client(name))
}

#[test]
fn every_rule_has_its_own_id_in_kebab_case_and_says_what_and_whence() {
    let mut ids = BTreeSet::new();
    for rule in RULES {
        assert!(ids.insert(rule.id), "{} is there twice", rule.id);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(rule.id.chars().all(plain), "{}", rule.id);
        assert!(!rule.meaning.is_empty() && !rule.source.is_empty(), "{}", rule.id);
    }
}

#[test]
fn a_rule_set_knows_what_is_off_and_refuses_ids_that_are_no_rules() {
    let rules = RuleSet::without(&["authorised".to_owned()]).unwrap();
    assert!(!rules.is_on("authorised"));
    assert!(rules.is_on("current-epoch"));
    let unknown = RuleSet::without(&["authorized".to_owned()]).unwrap_err().to_string();
    assert!(
        unknown.starts_with(
            "`authorized` is no rule that can be off: expected one of current-epoch, "
        )
    );
}

#[test]
fn the_first_objection_in_the_order_of_the_catalogue_wins() {
    let room = Room::clubhouse();
    let mut wrong_in_all = room.commit("D1", vec![What::Other("psk"), remove("D1")]);
    wrong_in_all.epoch = 6;
    assert_eq!(room.refused_by("current-epoch", &wrong_in_all), Code::WrongEpoch);
    wrong_in_all.epoch = 7;
    assert_eq!(room.refused_by("sender-is-member", &wrong_in_all), Code::NotAllowed);
}
