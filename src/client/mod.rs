//! A client: its mailbox, its rooms, and what its user wants of them.
//!
//! [`run`] is one loop. It waits for the first of: a wish of its user, an answer, mail, or a
//! time that something was put off to. It lets the room concerned make of it what it can ([`Room`],
//! a plain state machine), makes the result durable, and only then sends what the rooms have to
//! say. A crash anywhere leaves a state from which the same requests are sent again.
//!
//! A client takes no hub's word for it: it holds each commit against the same rules ([`judging`]).

mod affairs;
mod claims;
mod copy;
mod errand;
mod governing;
mod inbox;
mod intents;
mod job;
mod joining;
mod judging;
mod kit;
mod messaging;
mod repair;
mod replies;
mod reporting;
mod room;
mod rounds;
mod sending;
mod steady;
mod stock;
mod watch;
mod welcomed;

use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

use self::affairs::Affairs;
use self::errand::{Answer, Tag};
use self::kit::Kit;
use self::room::{Room, RoomRecord};
use self::steady::Steady;
pub use self::stock::Stock;
use self::watch::Watch;
use crate::mimi::local::MailboxResponse;
use crate::mimi::rules::{Actor, RuleSet};
use crate::mimi::uri::RoomUri;
use crate::mimi::watch::Watching;
use crate::mimi::wire::FanoutMessage;
use crate::mls::{Dialect, Identity, Library, Meter, MlsFraming, Store};
use crate::node::telling::Teller;
use crate::node::wish::{Wish, WishKind};
use crate::node::{self, Clock, Disk, Network, OutOfBand, Points, points};
use crate::trace::Journal;

/// Why a user gets nothing any more.
const CLOSED: &str = "the account is deleted";

/// How long the provider may keep a request for mail that there is none for, in milliseconds.
const MAIL_WAIT_MS: u32 = 10_000;

/// How long to wait after a request for mail got no answer, in milliseconds, unless the provider
/// asks for more.
const MAIL_PAUSE_MS: u64 = 500;

/// What a client is made with.
pub struct Setup {
    /// The client and its user.
    pub actor: Actor,
    /// How it reaches its provider.
    pub network: Rc<dyn Network>,
    /// Its clock.
    pub clock: Rc<dyn Clock>,
    /// Its disk.
    pub disk: Rc<dyn Disk<Stored>>,
    /// Where it can be stopped.
    pub points: Rc<dyn Points>,
    /// Where it records what it does.
    pub journal: Journal,
    /// The seed of its chance; another one after each restart.
    pub random: [u8; 32],
    /// Adds up the time inside the MLS library.
    pub meter: Meter,
    /// How its build reads room states.
    pub dialect: Dialect,
    /// Least and most time between seeing proposals and committing them, in milliseconds.
    pub commit_delay_ms: (u64, u64),
    /// The rules that it holds commits against.
    pub rules: RuleSet,
    /// What it leaves with its provider.
    pub key_packages: Stock,
    /// What it does to notice lying hubs.
    pub watching: Watching,
    /// How its user meets others.
    pub out_of_band: Rc<dyn OutOfBand>,
}

/// Everything that a client keeps on its disk.
#[derive(Clone)]
pub struct Stored {
    secret: [u8; 32],
    mls: Store,
    cursor: u64,
    registered: bool,
    publishing: Option<Bytes>,
    stock_ends_ms: Option<u64>,
    closed: bool,
    affairs: Affairs,
    rooms: BTreeMap<RoomUri, RoomRecord>,
}

/// Runs a client until the future is dropped.
pub async fn run(setup: Setup, mut wishes: UnboundedReceiver<Wish>) {
    let mut client = Client::start(setup);
    loop {
        client.send_what_is_due().await;
        let pause = client.pause_ms();
        let due = client.now() + pause;
        let told = client.setup.out_of_band.told();
        tokio::select! {
            biased;
            Some(answer) = client.under_way.join_next() => match answer {
                Ok(answer) => client.answered(answer).await,
                // A request that was cut off is one that was never answered.
                Err(_) => client.mail_asked = false,
            },
            Some(wish) = wishes.recv() => client.wished(wish).await,
            (from, words) = told => client.told(&from, &words).await,
            () = client.setup.clock.sleep(pause) => client.steady.is_at_least(due),
        }
    }
}

struct Client {
    setup: Setup,
    kit: Kit,
    steady: Steady,
    secret: [u8; 32],
    cursor: u64,
    registered: bool,
    publishing: Option<Bytes>,
    publish_attempt: u32,
    publish_at_ms: u64,
    publish_asked: bool,
    /// When the KeyPackages at the provider expire.
    stock_ends_ms: Option<u64>,
    /// The user's account is over: nothing is sent any more.
    closed: bool,
    affairs: Affairs,
    watch: Watch,
    /// Mail came since this client runs, or it runs for the first time.
    mail_is_read: bool,
    mail_asked: bool,
    mail_at_ms: u64,
    mail_attempt: u32,
    /// Something is not on the disk yet.
    has_changed: bool,
    rooms: BTreeMap<RoomUri, Room>,
    under_way: JoinSet<Answer>,
}

impl Client {
    fn start(setup: Setup) -> Self {
        let stored = setup.disk.load();
        let secret = stored.as_ref().map_or(setup.random, |stored| stored.secret);
        let kit = Kit {
            identity: Identity::client(&setup.actor, secret),
            library: Library::new(setup.random, setup.meter.clone()).with_dialect(setup.dialect),
            actor: setup.actor.clone(),
            journal: setup.journal.clone(),
            teller: Teller::default(),
            commit_delay_ms: setup.commit_delay_ms,
            rules: setup.rules.clone(),
            watching: setup.watching.clone(),
        };
        let mut client = Self {
            steady: Steady::new(setup.clock.clone()),
            kit,
            secret,
            cursor: 0,
            registered: false,
            publishing: None,
            publish_attempt: 0,
            publish_at_ms: 0,
            publish_asked: false,
            stock_ends_ms: None,
            closed: false,
            affairs: Affairs::default(),
            watch: Watch::default(),
            mail_is_read: stored.is_none(),
            mail_asked: false,
            mail_at_ms: 0,
            mail_attempt: 0,
            has_changed: true,
            rooms: BTreeMap::new(),
            under_way: JoinSet::new(),
            setup,
        };
        match stored {
            Some(stored) => client.restore(stored),
            None => client.prepare_stock(),
        }
        client
    }

    fn restore(&mut self, stored: Stored) {
        self.kit.library.adopt(&stored.mls);
        self.cursor = stored.cursor;
        self.registered = stored.registered;
        self.publishing = stored.publishing;
        self.stock_ends_ms = stored.stock_ends_ms;
        self.closed = stored.closed;
        self.affairs = stored.affairs.restored();
        for (uri, record) in stored.rooms {
            let room = Room::restored(&self.kit, uri.clone(), record);
            self.rooms.insert(uri, room);
        }
    }

    /// Makes everything durable that has changed, and gives the user what has come.
    async fn sync(&mut self) {
        if !std::mem::take(&mut self.has_changed) {
            return;
        }
        let rooms = self.rooms.iter();
        self.setup.disk.sync(Stored {
            secret: self.secret,
            mls: self.kit.library.store(),
            cursor: self.cursor,
            registered: self.registered,
            publishing: self.publishing.clone(),
            stock_ends_ms: self.stock_ends_ms,
            closed: self.closed,
            affairs: self.affairs.clone(),
            rooms: rooms.map(|(uri, room)| (uri.clone(), room.record.clone())).collect(),
        });
        self.setup.disk.durable().await;
        for delivered in self.rooms.values_mut().flat_map(|room| room.deliveries.drain(..)) {
            self.setup.journal.record(delivered);
        }
    }

    fn now(&self) -> u64 {
        self.steady.now_ms()
    }

    fn room(&mut self, uri: &RoomUri) -> &mut Room {
        self.rooms.entry(uri.clone()).or_insert_with(|| Room::new(uri.clone()))
    }

    async fn wished(&mut self, wish: Wish) {
        // A wish follows from nothing but the user.
        self.setup.journal.set_cause(None);
        let uri = wish.room.clone();
        if wish.what.is_affair() {
            self.affairs.wished(&self.kit, wish);
        } else {
            let mut room = self.rooms.remove(&uri).unwrap_or_else(|| Room::new(uri.clone()));
            room.is_told &= self.mail_is_read;
            match &wish.what {
                WishKind::Reboot(of) => {
                    let lost = self.rooms.get(of);
                    let estate = lost.and_then(|lost| lost.estate(&self.kit.actor.user));
                    room.reboot(&self.kit, wish, estate);
                }
                _ => room.wished(&self.kit, wish),
            }
            self.rooms.insert(uri, room);
        }
        if self.closed {
            self.close();
        }
        self.has_changed = true;
        self.sync().await;
    }

    /// Nothing that the user wants comes to pass any more.
    fn close(&mut self) {
        (self.closed, self.publishing) = (true, None);
        self.affairs.close(&self.kit);
        self.rooms.values_mut().for_each(|room| room.close(&self.kit));
        self.has_changed = true;
    }

    async fn answered(&mut self, (tag, result): Answer) {
        if result.as_ref().is_ok_and(|reply| reply.status == 410) {
            self.close();
        }
        let pause_ms = node::pause_ms(&result, MAIL_PAUSE_MS);
        match tag {
            Tag::Mailbox => {
                self.mail_asked = false;
                let reply = result.ok().filter(|reply| reply.status == 200);
                match reply.and_then(|reply| MailboxResponse::decode(&reply.body).ok()) {
                    Some(response) => {
                        self.watch.is_in_touch = true;
                        self.read_mail(response).await;
                    }
                    None => self.mail_at_ms = self.now() + pause_ms,
                }
            }
            Tag::Publish => {
                self.publish_asked = false;
                if result.is_ok_and(|reply| reply.status == 201) {
                    (self.registered, self.publishing) = (true, None);
                    self.has_changed = true;
                    self.sync().await;
                } else {
                    self.publish_at_ms = self.now() + pause_ms;
                }
            }
            Tag::Affair => {
                if self.affairs.answered(&self.kit, result, self.now()) {
                    self.close();
                }
                self.has_changed = true;
                self.sync().await;
            }
            Tag::Watch => {
                self.watch_answered(&result);
                self.has_changed = true;
                self.sync().await;
            }
            Tag::Job(tag) => {
                let now = self.now();
                let uri = tag.room.clone();
                if tag.is_commit && result.as_ref().is_ok_and(|reply| reply.status == 200) {
                    self.setup.points.reached(points::BEFORE_MERGE).await;
                }
                let Some(mut room) = self.rooms.remove(&uri) else { return };
                room.answered(&self.kit, &tag, result, now);
                self.has_changed = true;
                self.settle(uri, room).await;
                self.sync().await;
            }
        }
    }

    async fn read_mail(&mut self, response: MailboxResponse) {
        // A provider keeps what comes after the cursor, all of it. If it has less, mail is gone; if
        // it counts back, it has lost what it had, and gives the same numbers to other things.
        if response.first_kept != self.cursor.saturating_add(1) {
            self.cursor = response.first_kept.saturating_sub(1);
            for room in self.rooms.values_mut() {
                room.lost_mail(self.cursor);
            }
            self.has_changed = true;
        }
        self.mail_attempt = 0;
        let now = self.now();
        self.mail_is_read = true;
        self.rooms.values_mut().for_each(|room| (room.is_reader, room.is_told) = (false, true));
        let cursor = self.cursor;
        for uri in response.rooms {
            let room = self.room(&uri);
            (room.is_reader, room.seen) = (true, room.seen.max(cursor));
        }
        for item in response.items {
            if item.sequence <= self.cursor {
                continue;
            }
            let event = FanoutMessage::decode(&item.body, &MlsFraming);
            if event.as_ref().is_ok_and(|event| self.room(&item.room).is_own_commit(event)) {
                self.setup.points.reached(points::BEFORE_MERGE).await;
            }
            let known = self.rooms.remove(&item.room);
            let mut room = known.unwrap_or_else(|| Room::new(item.room.clone()));
            room.seen = item.sequence;
            match event {
                Ok(event) => room.received(&self.kit, event, now),
                Err(error) => room.received_garbage(&self.kit, &item.body, &error),
            }
            self.has_changed = true;
            self.settle(item.room, room).await;
            self.cursor = item.sequence;
        }
        self.sync().await;
    }

    /// Puts a room back, and stops where it has just merged a commit.
    async fn settle(&mut self, uri: RoomUri, mut room: Room) {
        let merged = std::mem::take(&mut room.has_merged);
        let used = std::mem::take(&mut room.used_key_packages);
        self.collect(&uri, &mut room);
        self.rooms.insert(uri, room);
        if merged {
            self.setup.points.reached(points::AFTER_MERGE).await;
        }
        if used > 0 && self.publishing.is_none() {
            self.prepare_key_packages(used, false);
        }
    }

    /// Milliseconds until something that was put off is due; at most a minute.
    fn pause_ms(&self) -> u64 {
        if self.closed {
            return 60_000;
        }
        let mut due: Vec<u64> = self.rooms.values().filter_map(Room::due_ms).collect();
        if self.publishing.is_some() && !self.publish_asked {
            due.push(self.publish_at_ms);
        }
        if self.registered && !self.mail_asked {
            due.push(self.mail_at_ms);
        }
        if self.publishing.is_none() {
            due.extend(self.stock_ends_ms);
        }
        if self.registered {
            due.extend(self.affairs.due_ms());
            due.extend(self.watch.next_ms());
        }
        let pause = due.into_iter().min().map(|at| at.saturating_sub(self.now()));
        pause.unwrap_or(60_000).clamp(1, 60_000)
    }
}
