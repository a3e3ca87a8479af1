//! Nodes that leak, and probes that are led astray: each probe of the world can find something.
//!
//! The parts that misbehave are made here, around the real ones. No scenario can ask for them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use bytes::Bytes;
use schism::campaign::{Company, Inside};
use schism::mimi::rules::RULES;
use schism::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};
use schism::mimi::wire::{FanoutExtra, Frank, NotifyRequest};
use schism::mls::MlsFraming;
use schism::node::{Call, Network, Peer, Reply, Service, Task, Unanswered};
use schism::oracle::judge;
use schism::scenario;
use schism::script::Script;
use schism::trace::{Entry, Event, Header, Secret};
use schism::world::inspect::{Found, Inspector, Kept, Letter, MailedCommit, Stolen};
use schism::world::{Cast, Disks, Given, Options, Wish, play};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::playing::script;

/// A room in which A2 stops for good, with the keys of an early epoch, while one client is removed,
/// one comes in, and much is said.
const A2_STAYS_BEHIND: &str = r#"
title = "A2 stays behind"
why = "Its disk still opens what the others' must not."
providers = ["a.example", "b.example"]
users.alice = { at = "a.example", clients = ["A1", "A2"] }
users.bob = { at = "b.example", clients = ["B1"], new_clients = ["B2"] }
users.bella = { at = "b.example", clients = ["B3"] }
rooms.hall = { hub = "a.example" }
steps = [
    { at = "1s", who = "A1", do = "create" },
    { at = "2s", who = "A1", do = "add", user = "bob" },
    { at = "4s", who = "A1", do = "add", user = "bella" },
    { at = "8s", who = "B1", do = "send", text = "before B2" },
    { at = "10s", who = "B2", do = "join" },
    { at = "14s", who = "A1", do = "remove", user = "bella" },
    { at = "16s", who = "B1", do = "send", text = "without Bella" },
    { at = "18s", who = "A1", do = "update", every = "1s", times = 7 },
]
faults = [{ at = "6s", fault = "crash", node = "A2" }]
"#;

/// What is wrong with the nodes, or with who looks at them.
#[derive(Clone, Copy, PartialEq)]
enum Leak {
    /// Every thief gets A2's disk.
    Disk,
    /// Clients say a second time what they send, in the clear.
    Plaintext,
    /// Clients say a second time what they send, without its id.
    Text,
    /// Servers answer mailboxes with what a user wanted to say.
    Answer,
    /// Disks of servers hold what a user wanted to say.
    Archive,
    /// The hub tells its followers who sent a message.
    Sender,
    /// The mailbox's cursor is on another disk, and comes back empty.
    Cursor,
}

/// The real nodes, and a leak.
struct Leaky {
    company: Company,
    probe: Probe,
    leak: Leak,
}

struct Probe {
    leak: Leak,
    disks_of_a2: RefCell<Option<Disks>>,
}

impl Cast for Leaky {
    fn provider(&self, name: &ProviderName, mut given: Given) -> Rc<dyn Service> {
        if self.leak == Leak::Sender {
            given.network = Rc::new(Gossip(given.network));
        }
        let server = self.company.provider(name, given);
        if self.leak == Leak::Answer { Rc::new(Telltale(server)) } else { server }
    }

    fn client(
        &self,
        client: &ClientUri,
        user: &UserUri,
        mut given: Given,
        wishes: UnboundedReceiver<Wish>,
    ) -> Task<()> {
        if client.name() == "A2" {
            self.probe.disks_of_a2.replace(Some(given.disks.clone()));
        }
        if matches!(self.leak, Leak::Plaintext | Leak::Text) {
            let by = (self.leak == Leak::Plaintext).then(|| client.name().to_owned());
            given.network = Rc::new(Chatter { by, network: given.network });
        }
        self.company.client(client, user, given, wishes)
    }

    fn inspector(&self) -> Option<&dyn Inspector> {
        Some(&self.probe)
    }
}

/// A network on which a hub names a message's sender, as far as the members it knows go.
struct Gossip(Rc<dyn Network>);

impl Network for Gossip {
    fn call(&self, mut call: Call) -> Task<Result<Reply, Unanswered>> {
        let body = call.body.clone().filter(|_| call.endpoint == "notify").unwrap_or_default();
        if let Ok(mut notify) = NotifyRequest::decode(&body, &MlsFraming) {
            for event in &mut notify.0 {
                if let FanoutExtra::Application { frank } = &mut event.extra {
                    let signature = b"mimi://a.example/u/alice mimi://b.example/u/bob".to_vec();
                    *frank = Some(Frank { server_frank: [0; 32], cipher_suite: 1, signature });
                }
            }
            call.body = Some(notify.encode().into());
        }
        self.0.call(call)
    }
}

/// What somebody says in `late-joiner-reads-back`.
const SAID: &str = "am I alone?";

/// A server that adds to each mailbox what was said in the room.
struct Telltale(Rc<dyn Service>);

impl Service for Telltale {
    fn handle(&self, peer: Peer, request: http::Request<Bytes>) -> Task<http::Response<Bytes>> {
        let is_mailbox = request.uri().path().ends_with("/mailbox");
        let answer = self.0.handle(peer, request);
        Box::pin(async move {
            let add = |body: Bytes| Bytes::from([&body, SAID.as_bytes()].concat());
            if is_mailbox { answer.await.map(add) } else { answer.await }
        })
    }
}

/// A network on which a client says a second time what it sends, by its id or its text.
struct Chatter {
    by: Option<String>,
    network: Rc<dyn Network>,
}

impl Network for Chatter {
    fn call(&self, call: Call) -> Task<Result<Reply, Unanswered>> {
        if let Some(intent) = call.about.strip_suffix(" submit") {
            let said = self.by.as_ref().map(|client| format!("{intent} by {client}"));
            let clear = format!("{}: to be backed up", said.as_deref().unwrap_or(SAID));
            let call = Call { body: Some(Bytes::from(clear)), ..call.clone() };
            tokio::task::spawn_local(self.network.call(call));
        }
        self.network.call(call)
    }
}

impl Inspector for Probe {
    fn steal(&self, disks: &Disks, room: &RoomUri) -> Option<Box<dyn Stolen>> {
        let own = Inside.steal(disks, room)?;
        let of_a2 = self.disks_of_a2.borrow();
        let other = of_a2.as_ref().filter(|_| self.leak == Leak::Disk);
        let Some(other) = other.and_then(|disks| Inside.steal(disks, room)) else {
            return Some(own);
        };
        Some(Box::new(Exchanged { first_epoch: own.first_epoch(), other }))
    }

    fn found(&self, disks: &Disks) -> Vec<Found> {
        let torn =
            |found| if self.leak == Leak::Cursor { Found { cursor: 0, ..found } } else { found };
        Inside.found(disks).into_iter().map(torn).collect()
    }

    fn kept(&self, disks: &Disks) -> Vec<Kept> {
        let mut kept = Inside.kept(disks);
        if self.leak == Leak::Archive {
            kept.push(Kept { bytes: SAID.into(), letters: vec![] });
        }
        kept
    }

    fn letters(&self, endpoint: &str, body: &[u8]) -> Vec<Letter> {
        Inside.letters(endpoint, body)
    }

    fn mailed_commits(&self, endpoint: &str, body: &[u8]) -> Vec<MailedCommit> {
        Inside.mailed_commits(endpoint, body)
    }
}

/// A disk that is taken for another one.
struct Exchanged {
    first_epoch: u64,
    other: Box<dyn Stolen>,
}

impl Stolen for Exchanged {
    fn first_epoch(&self) -> u64 {
        self.first_epoch
    }

    fn epoch(&mut self) -> u64 {
        self.other.epoch()
    }

    fn has_pending_commit(&mut self) -> bool {
        self.other.has_pending_commit()
    }

    fn past_epochs(&mut self) -> u64 {
        self.other.past_epochs()
    }

    fn follow(&mut self, handshake: &[u8]) {
        self.other.follow(handshake);
    }

    fn opens(&mut self, message: &[u8]) -> bool {
        self.other.opens(message)
    }
}

/// The safety invariants that break.
fn broken(script: &Script, leak: Leak) -> Vec<String> {
    let (header, entries) = played(script, leak);
    let violations = judge(&header, &entries).violations;
    let ids: BTreeSet<_> = violations.into_iter().map(|it| it.invariant).collect();
    ids.into_iter().collect()
}

fn played(script: &Script, leak: Leak) -> (Header, Vec<Entry>) {
    let company = Company::of(script).unwrap();
    let leaky = || -> Box<dyn Cast> {
        let probe = Probe { leak, disks_of_a2: RefCell::default() };
        Box::new(Leaky { company: company.clone(), probe, leak })
    };
    let run = play(script, "text", leaky, &Options::default()).unwrap();
    (run.header, run.entries)
}

#[test]
fn a_disk_that_still_has_the_keys_opens_what_thieves_must_not_read() {
    let rules: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    let mut script = scenario::read("a2-stays-behind", A2_STAYS_BEHIND, None, &rules)
        .unwrap_or_else(|problem| panic!("{}", scenario::render(&problem)));
    // For good: no file can say so.
    script.faults[0].for_ms = None;
    assert_eq!(
        broken(&script, Leak::Disk),
        ["joiner_cannot_read_before", "old_keys_deleted", "removed_cannot_read"]
    );
}

#[test]
fn a_client_that_says_in_the_clear_what_it_sends_is_found() {
    let script = script("late-joiner-reads-back", None);
    assert_eq!(broken(&script, Leak::Plaintext), ["servers_see_no_content"]);
}

#[test]
fn a_text_in_the_clear_is_found_in_requests_in_answers_and_on_disks() {
    let script = script("late-joiner-reads-back", None);
    assert_eq!(broken(&script, Leak::Text), ["servers_see_no_content"]);
    assert_eq!(broken(&script, Leak::Archive), ["servers_see_no_content"]);
    // Clients that can't read what they are answered get nowhere; what matters here is what is
    // found.
    assert!(broken(&script, Leak::Answer).contains(&"servers_see_no_content".to_owned()));
}

#[test]
fn a_hub_that_names_senders_to_its_followers_is_found() {
    let script = script("late-joiner-reads-back", None);
    // The name travels in the place of a frank, which is none then.
    assert_eq!(broken(&script, Leak::Sender), ["frank_sound", "servers_see_no_content"]);
    // And they keep it.
    let (_, entries) = played(&script, Leak::Sender);
    let keeps = |entry: &Entry| match &entry.event {
        Event::Kept { secret: Secret::Sender, server, .. } => Some(server.clone()),
        _ => None,
    };
    let keepers: BTreeSet<_> = entries.iter().filter_map(keeps).collect();
    assert_eq!(Vec::from_iter(keepers), ["b.example", "c.example"]);
}

#[test]
fn a_cursor_that_is_not_of_the_groups_commit_is_found() {
    let script = script("restart-finds-one-commit", None);
    assert_eq!(broken(&script, Leak::Cursor), ["restart_is_whole"]);
}
