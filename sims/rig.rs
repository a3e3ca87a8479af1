//! A provider's server with a real room and nothing around it: made-up network, clock and disk.
//!
//! The room is made as clients make it, through the server's own endpoints: alice of the hub
//! creates it and adds bob of `b.example`. Both can then make requests that the server would
//! accept. Not a test target: `bad_requests` declares it as a module.

mod asked;
mod surroundings;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::Bytes;
use schism::mimi::content::Content;
use schism::mimi::frank::{authenticated_data, franking_tag};
use schism::mimi::local::PublishKeyPackages;
use schism::mimi::local::{CreateRoomRequest, Errand, HubKeys, MailboxRequest};
use schism::mimi::policy::Capability;
use schism::mimi::room::{ComponentUpdate, ParticipantListUpdate, RoomState};
use schism::mimi::rules::{Actor, RuleSet};
use schism::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};
use schism::mimi::watch::Watching;
use schism::mimi::wire::{
    AbuseReport, AbusiveMessage, AppDataDictionary, ClientKeyMaterial, ClientStatus, ConsentEntry,
    ConsentOperation, ConsentScope, FanoutExtra, FanoutMessage, Frank, GroupInfoOption,
    GroupInfoRatchetTree, GroupInfoRequest, GroupInfoResponse, IdentifierRequest,
    KeyMaterialResponse, KeyMaterialUserCode, NotifyRequest, QueryElement, RatchetTreeOption,
    Route, SearchField, SubmitMessageRequest, SubmitMessageResponse, UpdateRequest,
};
use schism::mls::{
    CommitPlan, Committed, Identity, KeyPackageKind, Library, Member, Meter, OpenedWelcome,
    open_group_info, sign_key_material, welcome_message,
};
use schism::node::Service;
use schism::provider::{KeyMaterialPolicy, Server, Setup};
use schism::trace::{Event, FORMAT, Header, Log};
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

pub use self::asked::{Answered, Asked};
use self::surroundings::{Elsewhere, Halts, Hands, Sheet};

pub const HUB: &str = "a.example";
const FOLLOWER: &str = "b.example";

/// Somebody with a client.
pub struct Person {
    pub actor: Actor,
    identity: Identity,
    library: Library,
}

impl Person {
    /// Somebody who has met nobody yet.
    pub fn new(at: &str, user: &str, client: &str, seed: u8) -> Self {
        let at = provider(at);
        let user = UserUri::new(&at, user).unwrap();
        let actor = Actor { client: ClientUri::new(&at, client).unwrap(), user };
        let identity = Identity::client(&actor, [seed; 32]);
        Self { actor, identity, library: Library::new([seed; 32], Meter::off()) }
    }

    /// What the client signs with.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// A message with its franking tag; plaintext and ciphertext.
    fn says(&self, text: &str, room: &RoomUri, member: &mut Member) -> (Vec<u8>, Vec<u8>) {
        let said_by = (self.actor.user.clone(), room.clone());
        let content = Content::saying(text, "m1".to_owned(), said_by, [7; 16]).encode();
        let beside = authenticated_data(&franking_tag(&[7; 16], &content));
        let message = member.encrypt_beside(&self.library, &self.identity, &content, beside);
        (content, message.unwrap())
    }

    fn key_packages(&self) -> Vec<Vec<u8>> {
        self.library.new_key_packages(&self.identity, 4, KeyPackageKind::default()).unwrap()
    }
}

/// The server, its room, and two who are in it.
pub struct Rig {
    runtime: Runtime,
    local: LocalSet,
    server: Server,
    log: Rc<Log>,
    answers: Rc<RefCell<Vec<u8>>>,
    notified: Rc<RefCell<Vec<Bytes>>>,
    halts: Rc<Cell<bool>>,
    /// What no role of its rooms holds.
    lacking: Option<Capability>,
    pub room: RoomUri,
    pub alice: Person,
    pub bob: Person,
}

impl Rig {
    /// The room, at epoch 1.
    pub fn new() -> (Self, Member, Member) {
        Self::with(KeyMaterialPolicy::default())
    }

    /// The same, where no role of the room holds this capability.
    pub fn lacking(capability: Capability) -> (Self, Member, Member) {
        Self::made(KeyMaterialPolicy::default(), Some(capability))
    }

    /// The same, at a server with this policy.
    pub fn with(key_material: KeyMaterialPolicy) -> (Self, Member, Member) {
        Self::made(key_material, None)
    }

    fn made(
        key_material: KeyMaterialPolicy,
        lacking: Option<Capability>,
    ) -> (Self, Member, Member) {
        let header = Header {
            format: FORMAT,
            scenario: "bad requests".to_owned(),
            script: schism::trace::Digest::of(b""),
            seed: 0,
            nodes: Default::default(),
            rooms: Default::default(),
            dishonest: Vec::new(),
            expected: Vec::new(),
            without: Vec::new(),
            hub_without: Vec::new(),
            readings: Vec::new(),
            rest_ms: 0,
            explicit_consent: false,
            detectors: Vec::new(),
            detection: None,
        };
        let log = Log::new(header, || 0);
        let (answers, notified) = (Rc::new(RefCell::default()), Rc::new(RefCell::default()));
        let halts = Rc::new(Cell::new(false));
        let setup = Setup {
            name: provider(HUB),
            network: Rc::new(Elsewhere(answers.clone(), notified.clone())),
            clock: Rc::new(Hands(Cell::new(1_000_000))),
            disk: Rc::new(Sheet::default()),
            points: Rc::new(Halts(halts.clone())),
            journal: log.journal(HUB),
            random: [1; 32],
            meter: Meter::off(),
            rules: RuleSet::without(&[]).unwrap(),
            key_material,
            watching: Watching::default(),
        };
        let rig = Self {
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
            local: LocalSet::new(),
            server: Server::start(setup),
            log,
            answers,
            notified,
            halts,
            lacking,
            room: RoomUri::new(&provider(HUB), "clubhouse").unwrap(),
            alice: Person::new(HUB, "alice", "A1", 2),
            bob: Person::new(FOLLOWER, "bob", "B1", 3),
        };
        let (alice, bob) = rig.move_in();
        (rig, alice, bob)
    }

    /// Alice registers, creates the room and adds bob.
    fn move_in(&self) -> (Member, Member) {
        let Self { alice, bob, room, .. } = self;
        let registered = self.ask(&self.publication()).unwrap();
        assert_eq!(registered.status, 201);
        let (mut member, creation) = self.creation(room);
        assert_eq!(self.ask(&creation).unwrap().status, 201);

        let committed = self.adding(&mut member, bob, KeyPackageKind::default());
        let body = update(&committed);
        let added = self.ask(&self.by_alice(Errand::Update(room.clone()), body)).unwrap();
        assert!(added.refusal().is_none() && added.status == 200, "{added:?}");
        member.merge_own(&alice.library).unwrap();
        let welcome = welcome_message(&committed.welcome.unwrap());
        let tree = member.ratchet_tree().unwrap();
        let opened = OpenedWelcome::open(&bob.library, room, &welcome, &tree).unwrap();
        (member, opened.join(&bob.library).unwrap())
    }

    /// Alice's commit that adds somebody, by a KeyPackage of this kind that she fetches first.
    pub fn adding(&self, alices: &mut Member, whom: &Person, kind: KeyPackageKind) -> Committed {
        let Self { alice, room, .. } = self;
        let user = &whom.actor.user;
        let package = whom.library.new_key_packages(&whom.identity, 1, kind).unwrap().remove(0);
        let client = whom.actor.client.clone();
        let response = KeyMaterialResponse {
            user_status: KeyMaterialUserCode::Success,
            user: user.clone(),
            clients: vec![ClientKeyMaterial { client, status: ClientStatus::Success(package) }],
        };
        *self.answers.borrow_mut() = response.encode();
        let wanted = sign_key_material(&alice.identity, &alice.actor, user, room);
        let errand = Errand::KeyMaterial(user.clone());
        let got = self.ask(&self.by_alice(errand, wanted.encode())).unwrap();
        let got = KeyMaterialResponse::decode(&got.body, &schism::mls::MlsFraming).unwrap();
        let ClientStatus::Success(package) = &got.clients[0].status else { panic!("{got:?}") };
        let add = ParticipantListUpdate::add(user.clone(), schism::mimi::policy::ORDINARY_USER);
        let plan = CommitPlan {
            adds: vec![package.clone()],
            updates: vec![ComponentUpdate::Participants(add)],
            removes: Vec::new(),
        };
        alices.commit(&alice.library, &alice.identity, &plan).unwrap()
    }

    /// Alice's commit of this plan, pending and not sent.
    pub fn commit(&self, alices: &mut Member, plan: &CommitPlan) -> Committed {
        alices.commit(&self.alice.library, &self.alice.identity, plan).unwrap()
    }

    /// Lets time pass on the server's clock, which moves when somebody waits for mail. Alice has
    /// read what came so far.
    pub fn pass(&self, ms: u32) {
        let mail = MailboxRequest { cursor: 1_000, wait_ms: ms };
        self.ask(&self.by_alice(Errand::Mailbox, mail.encode())).unwrap();
    }

    /// Sends a request, and leaves it where the hub has decided and written nothing down.
    pub fn ask_and_halt(&self, asked: &Asked) {
        self.halts.set(true);
        self.local.spawn_local(self.server.handle(asked.peer.clone(), asked.request().unwrap()));
        self.give_turns();
        self.halts.set(false);
    }

    /// Sends a request; none where it can't even be written down in HTTP.
    pub fn ask(&self, asked: &Asked) -> Option<Answered> {
        let request = asked.request()?;
        self.log.take();
        let answer = self.server.handle(asked.peer.clone(), request);
        let response = self.local.block_on(&self.runtime, answer);
        let (status, body) = (response.status().as_u16(), response.into_body());
        let events = self.log.take().into_iter().map(|entry| entry.event).collect();
        Some(Answered { status, body, events })
    }

    /// What the hub has sent to the other providers, once its tasks had their turns.
    pub fn notified(&self) -> Vec<Bytes> {
        self.give_turns();
        self.notified.borrow().clone()
    }

    fn give_turns(&self) {
        self.local.block_on(&self.runtime, async {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        });
    }

    /// What the hub gives a joiner: epoch, GroupContext and all, tree and waiting proposals.
    pub fn view(&self) -> GroupInfoRatchetTree {
        let bob = &self.bob;
        let (request, key) = GroupInfoRequest::signed(&bob.library, &bob.identity, None).unwrap();
        let asked = self.by_bob(Route::GroupInfo(self.room.clone()), request.encode());
        let response = GroupInfoResponse::decode(&self.ask(&asked).unwrap().body).unwrap();
        open_group_info(&bob.library, &self.room, &key, &response).unwrap()
    }

    pub fn by_alice(&self, errand: Errand, body: Vec<u8>) -> Asked {
        Asked::by_client(&self.alice.actor.client, errand, body)
    }

    pub fn by_bob(&self, route: Route, body: Vec<u8>) -> Asked {
        Asked::by_provider(FOLLOWER, route, body)
    }

    /// Alice leaves KeyPackages with her provider.
    pub fn publication(&self) -> Asked {
        let key_packages = self.alice.key_packages();
        self.by_alice(Errand::PublishKeyPackages, PublishKeyPackages { key_packages }.encode())
    }

    /// Alice opens a room.
    pub fn creation(&self, room: &RoomUri) -> (Member, Asked) {
        self.founding(room, true)
    }

    /// Alice opens a room that names the hub's franking agent, or does not.
    fn founding(&self, room: &RoomUri, franked: bool) -> (Member, Asked) {
        let Self { alice, .. } = self;
        let hub = self.ask(&self.by_alice(Errand::HubKey, Vec::new())).unwrap();
        let hub = HubKeys::decode(&hub.body).unwrap();
        let mut state = RoomState::cooperative(room.clone(), "A room", alice.actor.user.clone());
        state.franking_agent = Some(hub.franking_agent).filter(|_| franked);
        for role in &mut state.roles.roles {
            role.capabilities.retain(|held| Some(*held) != self.lacking);
        }
        let (member, group_info) =
            Member::create(&alice.library, &alice.identity, room, &state, &hub.external_sender)
                .unwrap();
        let ratchet_tree = RatchetTreeOption::Full(member.ratchet_tree().unwrap());
        let body = CreateRoomRequest { group_info, ratchet_tree }.encode();
        (member, self.by_alice(Errand::CreateRoom(room.clone()), body))
    }

    /// One good request for each thing that can be asked. None was sent.
    pub fn good(&self, alices: &mut Member, bobs: &mut Member) -> Vec<(&'static str, Asked)> {
        let Self { alice, bob, room, .. } = self;
        let by = |it: &Person, member: &mut Member| {
            let sending_user = it.actor.user.clone();
            let (_, message) = it.says("hello", room, member);
            let submit = SubmitMessageRequest { message, sending_user }.encode();
            let plan = CommitPlan::default();
            let committed = member.commit(&it.library, &it.identity, &plan).unwrap();
            member.drop_own(&it.library).unwrap();
            (submit, committed)
        };
        let (alices_message, alices_commit) = by(alice, alices);
        let (bobs_message, bobs_commit) = by(bob, bobs);
        let index = bobs.state().index_of(&bob.actor.user).unwrap();
        let unlist = ComponentUpdate::Participants(ParticipantListUpdate::remove(index));
        let own = std::slice::from_ref(&bob.actor.client);
        let mut leave = bobs.propose(&bob.library, &bob.identity, own, &[unlist]).unwrap();
        let leave = UpdateRequest::Proposals { message: leave.remove(0), more: leave };
        let (group_info, _) = GroupInfoRequest::signed(&bob.library, &bob.identity, None).unwrap();
        let theirs = RoomUri::new(&provider(FOLLOWER), "attic").unwrap();
        let wanted = sign_key_material(&bob.identity, &bob.actor, &alice.actor.user, &theirs);
        let fanned_out = NotifyRequest(vec![FanoutMessage {
            timestamp: 5,
            message: bobs_commit.message.clone(),
            extra: FanoutExtra::Commit { external_proposals: Vec::new() },
        }]);
        let new = RoomUri::new(&provider(HUB), "new").unwrap();
        let mail = MailboxRequest { cursor: 0, wait_ms: 0 };
        vec![
            ("update", self.by_bob(Route::Update(room.clone()), update(&bobs_commit))),
            ("proposals", self.by_bob(Route::Update(room.clone()), leave.encode())),
            ("join", self.by_bob(Route::Update(room.clone()), self.join())),
            ("submitMessage", self.by_bob(Route::SubmitMessage(room.clone()), bobs_message)),
            ("groupInfo", self.by_bob(Route::GroupInfo(room.clone()), group_info.encode())),
            ("keyMaterial", {
                self.by_bob(Route::KeyMaterial(alice.actor.user.clone()), wanted.encode())
            }),
            ("requestConsent", {
                let body = consent(bob.actor.user.clone(), alice.actor.user.clone());
                self.by_bob(Route::RequestConsent(alice.actor.user.clone()), body)
            }),
            ("client/consent", {
                let body = consent(alice.actor.user.clone(), bob.actor.user.clone());
                self.by_alice(Errand::Consent, body)
            }),
            ("notify", self.by_bob(Route::Notify(theirs), fanned_out.encode())),
            ("client/publishKeyPackages", self.publication()),
            ("client/mailbox", self.by_alice(Errand::Mailbox, mail.encode())),
            ("client/createRoom", self.creation(&new).1),
            ("client/update", self.by_alice(Errand::Update(room.clone()), update(&alices_commit))),
            ("client/submitMessage", {
                self.by_alice(Errand::SubmitMessage(room.clone()), alices_message)
            }),
            ("identifierQuery", {
                self.by_bob(Route::IdentifierQuery(provider(HUB)), query(alice.actor.user.name()))
            }),
            ("client/findUser", {
                let errand = Errand::FindUser(provider(HUB));
                self.by_alice(errand, query(alice.actor.user.name()))
            }),
            ("reportAbuse", self.by_bob(Route::ReportAbuse(room.clone()), self.report(alices))),
        ]
    }

    /// The hub's frank of a message with a franking tag, in a new room that names the hub's
    /// franking agent, or does not.
    pub fn frank_in_a_new_room(&self, franked: bool) -> Option<Frank> {
        let Self { alice, .. } = self;
        let room = RoomUri::new(&provider(HUB), "cellar").unwrap();
        let (mut member, creation) = self.founding(&room, franked);
        assert_eq!(self.ask(&creation).unwrap().status, 201);
        let (_, message) = alice.says("hello", &room, &mut member);
        let sending_user = alice.actor.user.clone();
        let body = SubmitMessageRequest { message, sending_user }.encode();
        let answered = self.ask(&self.by_alice(Errand::SubmitMessage(room), body)).unwrap();
        let response = SubmitMessageResponse::decode(&answered.body).unwrap();
        let SubmitMessageResponse::Accepted { frank, .. } = response else {
            panic!("{response:?}")
        };
        let told = |event: &Event| matches!(event, Event::Franked { .. });
        assert_eq!(answered.events.iter().any(told), frank.is_some());
        frank
    }

    /// Bob has a message of alice's, which the hub franked, and would report it.
    fn report(&self, alices: &mut Member) -> Vec<u8> {
        let Self { alice, bob, room, .. } = self;
        let (content, message) = alice.says("stupid", room, alices);
        let sending_user = alice.actor.user.clone();
        let body = SubmitMessageRequest { message, sending_user }.encode();
        let answered = self.ask(&self.by_alice(Errand::SubmitMessage(room.clone()), body)).unwrap();
        let response = SubmitMessageResponse::decode(&answered.body).unwrap();
        let SubmitMessageResponse::Accepted { accepted_at, frank: Some(frank) } = response else {
            panic!("{response:?}")
        };
        AbuseReport {
            reporting_user: Some(bob.actor.user.clone()),
            alleged_abuser: alice.actor.user.clone(),
            reason: 0,
            note: "look".to_owned(),
            messages: vec![AbusiveMessage { content, frank, accepted_at }],
            extensions: Vec::new(),
        }
        .encode()
    }

    /// Another client of bob's would join.
    fn join(&self) -> Vec<u8> {
        let view = self.view();
        let second = Person::new(FOLLOWER, "bob", "B2", 4);
        let RatchetTreeOption::Full(tree) = &view.ratchet_tree else { panic!("no tree") };
        let join = Member::join_externally;
        let (_, committed) =
            join(&second.library, &second.identity, &view.group_info, tree, None).unwrap();
        update(&committed)
    }
}

/// Asks for the user of this name.
fn query(name: &str) -> Vec<u8> {
    let elements = vec![QueryElement { field: SearchField::Nick, value: name.to_owned() }];
    IdentifierRequest { elements, ..IdentifierRequest::default() }.encode()
}

/// One user asks another for its consent.
fn consent(requester: UserUri, target: UserUri) -> Vec<u8> {
    let scope = ConsentScope { requester, target, room: None };
    let (operation, extensions) = (ConsentOperation::Request, AppDataDictionary::default());
    ConsentEntry { operation, scope, extensions }.encode()
}

/// The request that has a commit accepted.
pub fn update(committed: &Committed) -> Vec<u8> {
    UpdateRequest::Commit {
        message: committed.message.clone(),
        welcome: committed.welcome.clone(),
        group_info: GroupInfoOption::Full(committed.group_info.clone()),
        ratchet_tree: RatchetTreeOption::DistributionService,
    }
    .encode()
}

pub fn provider(name: &str) -> ProviderName {
    ProviderName::new(name).unwrap()
}
