//! A provider's server: hub of some rooms, follower in others, post office for its own clients.
//!
//! [`Server::handle`] answers one request. What it may do is split over the files: [`room`] decides
//! for rooms that it is the hub of, `hub` moves bytes around those decisions, `fanout` empties the
//! hub's queues, `expulsion` has users go who have no account any more or are banned,
//! `certificates` finds those of followers, `follower` takes what other hubs send, `local` serves
//! the own clients; `key_material`, `consent`, `identifiers` and `assets` are what providers ask
//! each other besides.
//!
//! Accepting is one moment. The decision is made in memory, made durable, answered, and fanned out,
//! in this order; [`Points`] lie between, where a crash can be aimed at. While the disk is busy
//! with one decision others are made, on top of it. So whatever is answered or sent waits until all
//! is durable that it may rest on. A server that starts again takes up its queues where its disk
//! has them.
//!
//! Not here: who may talk to whom at the transport, which hands over a [`Peer`] that it has
//! authenticated.

mod abuse;
mod answer;
mod assets;
mod certificates;
mod consent;
mod consents;
mod directory;
mod expulsion;
mod fanout;
mod follower;
mod hub;
mod identifiers;
mod key_material;
mod local;
mod mail;
mod parcel;
pub mod room;
mod shelf;
mod witness;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use bytes::Bytes;
use tokio::sync::Notify;

use self::answer::{Failure, Try, answer, refuse};
use self::consents::Consents;
use self::mail::Mail;
use self::room::{HubRoom, Record};
use self::shelf::Shelf;
use self::witness::Witness;
use crate::mimi::rules::RuleSet;
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri};
use crate::mimi::watch::Watching;
use crate::mimi::wire::{Directory, Route};
use crate::mls::{Franker, Identity, Library, Meter, Store, View};
use crate::node::telling::Teller;
use crate::node::{Clock, Disk, Network, Peer, Points, Service, Task};
use crate::trace::{Digest, Event, Journal};

/// What a server is made with.
pub struct Setup {
    /// Its domain.
    pub name: ProviderName,
    /// How it reaches other servers.
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
    /// The rules that it checks.
    pub rules: RuleSet,
    /// Whom it gives KeyPackages.
    pub key_material: KeyMaterialPolicy,
    /// What it does to notice lying hubs.
    pub watching: Watching,
}

/// What the draft leaves to a provider about the KeyPackages of its users (P06 §5.2, §8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyMaterialPolicy {
    /// A user must have agreed to be added; where this is false, every user is taken to have.
    pub explicit_consent: bool,
    /// Users that are unknown or gone get the same answer as users who have not agreed (R9).
    pub mask_unknown_users: bool,
}

/// Everything that a server keeps on its disk.
#[derive(Clone)]
pub struct Stored {
    secret: [u8; 32],
    mls: Store,
    rooms: BTreeMap<RoomUri, Record>,
    mail: Mail,
    shelf: Shelf,
    consents: Consents,
    assets: BTreeMap<String, Bytes>,
    witness: BTreeMap<RoomUri, Witness>,
}

impl Stored {
    /// The key with which the server of this name signs, for somebody who stands in its place.
    pub fn identity(&self, name: &ProviderName) -> Identity {
        Identity::hub(name, self.secret)
    }

    /// What the server of this name franks with, for somebody who stands in its place.
    pub fn franker(&self, name: &ProviderName) -> Franker {
        Franker::of(name, &self.secret)
    }

    /// Shows every byte string that the disk holds to somebody who looks for what must not be
    /// there: what others gave to this server, and what it made of that.
    pub fn each(&self, look: &mut impl FnMut(&[u8])) {
        // Its own secret came from nobody; consents are names only, and what it has witnessed hashes.
        let Self { secret: _, mls, rooms, mail, shelf, consents: _, assets, witness: _ } = self;
        mls.values().for_each(&mut *look);
        rooms.values().for_each(|record| record.each(look));
        mail.events().for_each(&mut *look);
        shelf.packages().for_each(&mut *look);
        assets.values().for_each(|asset| look(asset));
    }
}

/// A provider's server.
#[derive(Clone)]
pub struct Server(Rc<Inner>);

struct Inner {
    setup: Setup,
    identity: Identity,
    franker: Franker,
    secret: [u8; 32],
    library: Library,
    teller: Teller,
    state: RefCell<State>,
    directories: RefCell<BTreeMap<ProviderName, Directory>>,
    /// Wakes the requests of clients that wait for mail.
    mail_came: Notify,
    /// Certificates that a task is busy fetching.
    certifying: RefCell<BTreeSet<(RoomUri, ProviderName)>>,
    /// What rooms have accepted, by its place in the log, and nobody has said to be durable yet;
    /// with the KeyPackages that it uses.
    undurable: RefCell<BTreeMap<(RoomUri, u64), Vec<Digest>>>,
    /// Parcels that a task is busy delivering: room, provider, place in the log.
    in_flight: RefCell<BTreeSet<(RoomUri, ProviderName, u64)>>,
}

#[derive(Default)]
struct State {
    rooms: BTreeMap<RoomUri, HubRoom>,
    mail: Mail,
    shelf: Shelf,
    consents: Consents,
    /// Assets that own clients uploaded, by name.
    assets: BTreeMap<String, Bytes>,
    witness: BTreeMap<RoomUri, Witness>,
}

impl Server {
    /// Starts a server from its disk, or anew where the disk is empty.
    pub fn start(setup: Setup) -> Self {
        let stored = setup.disk.load();
        let secret = stored.as_ref().map_or(setup.random, |stored| stored.secret);
        let library = Library::new(setup.random, setup.meter.clone());
        let mut state = State::default();
        if let Some(stored) = stored {
            library.adopt(&stored.mls);
            for (uri, record) in stored.rooms {
                // What this server wrote itself reads back; a room that does not is lost to it.
                if let Ok(view) = View::load(&library, &uri) {
                    state.rooms.insert(uri.clone(), HubRoom { uri, view, record, parent: None });
                }
            }
            (state.mail, state.shelf) = (stored.mail, stored.shelf);
            (state.consents, state.assets) = (stored.consents, stored.assets);
            state.witness = stored.witness;
        }
        let server = Self(Rc::new(Inner {
            identity: Identity::hub(&setup.name, secret),
            franker: Franker::of(&setup.name, &secret),
            secret,
            library,
            teller: Teller::default(),
            state: RefCell::new(state),
            directories: RefCell::default(),
            mail_came: Notify::new(),
            certifying: RefCell::default(),
            undurable: RefCell::default(),
            in_flight: RefCell::default(),
            setup,
        }));
        server.0.fan_out_everything();
        server.0.clear_out_everything();
        server.0.exchange_forever();
        server
    }

    /// All that this server knows, for another one that takes its name.
    pub fn stored(&self) -> Stored {
        self.0.stored()
    }
}

impl Service for Server {
    fn handle(&self, peer: Peer, request: http::Request<Bytes>) -> Task<http::Response<Bytes>> {
        let inner = self.0.clone();
        Box::pin(async move { inner.respond(peer, request).await })
    }
}

impl Inner {
    async fn respond(
        self: Rc<Self>,
        peer: Peer,
        request: http::Request<Bytes>,
    ) -> http::Response<Bytes> {
        let route = Route::parse(request.uri().path());
        let endpoint = route.as_ref().map_or("unknown", Route::endpoint);
        let result = match route {
            None => Err(Failure::new(404, "route-is-known", "there is no such endpoint")),
            Some(route) => match self.admit(&peer, &route, &request) {
                Err(failure) => Err(failure),
                Ok(()) => {
                    let trying = Try::of(&request);
                    self.clone().dispatch(peer, route, &trying, request.into_body()).await
                }
            },
        };
        // What others have changed meanwhile may be in the answer.
        self.setup.disk.durable().await;
        result.unwrap_or_else(|failure| {
            tracing::info!(endpoint, why = failure.why(), "refused");
            if let Some(event) = failure.event(endpoint) {
                self.setup.journal.record(event);
            }
            refuse(&failure)
        })
    }

    /// Who asks is who the transport says (R1), with a method and headers that fit.
    fn admit(
        &self,
        peer: &Peer,
        route: &Route,
        request: &http::Request<Bytes>,
    ) -> Result<(), Failure> {
        let header = |name: http::header::HeaderName| {
            request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
        };
        let stranger = |why: &str| Err(Failure::new(403, "peer-is-who-it-says", why));
        let expected = if route.is_read() { "GET" } else { "POST" };
        if request.method().as_str() != expected {
            return Err(Failure::new(405, "route-is-known", &format!("this takes {expected}")));
        }
        let host = header(http::header::HOST);
        if host.split(':').next() != Some(self.setup.name.as_str()) {
            return stranger(&format!("`Host` names `{host}`, this is {}", self.setup.name));
        }
        match (peer, route) {
            (Peer::Unknown, _) => stranger("the transport knows no name for the peer"),
            (Peer::Client(client), Route::Client(local)) if local.client == *client => Ok(()),
            (Peer::Client(client), _) => stranger(&format!("{client} may not ask for this")),
            (Peer::Provider(_), Route::Client(_)) => stranger("a provider is no client"),
            (Peer::Provider(provider), _) => {
                let from = header(http::header::FROM);
                if !self.setup.rules.is_on("peer-is-who-it-says")
                    || from == format!("mimi@{provider}")
                {
                    return Ok(());
                }
                stranger(&format!("`From` says `{from}`, the peer is {provider}"))
            }
        }
    }

    async fn dispatch(
        self: Rc<Self>,
        peer: Peer,
        route: Route,
        trying: &Try,
        body: Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let from = match (peer, route) {
            (Peer::Client(client), Route::Client(local)) => {
                return self.serve_client(client, local.errand, trying, body).await;
            }
            (Peer::Provider(provider), route) => (provider, route),
            _ => return Err(Failure::new(403, "peer-is-who-it-says", "nobody that is known")),
        };
        match from {
            (_, Route::Directory) => {
                let sender = self.identity.external_sender();
                Ok(answer(200, Directory::of(&self.setup.name).with_sender(&sender).encode()))
            }
            (peer, Route::Notify(room)) => self.notified(&peer, &room, &body).await,
            (peer, Route::Update(room)) => {
                let asker = room::Asker::Provider(peer);
                self.update(&asker, &room, &body).await
            }
            (peer, Route::SubmitMessage(room)) => {
                let asker = room::Asker::Provider(peer);
                self.submit_message(&asker, &room, &body).await
            }
            (peer, Route::GroupInfo(room)) => self.group_info(&peer, &room, &body).await,
            (peer, Route::KeyMaterial(user)) => {
                self.key_material(&peer, &user, trying, &body).await
            }
            (peer, Route::RequestConsent(user)) => {
                self.consent_told(&peer, &user, true, trying, &body).await
            }
            (peer, Route::UpdateConsent(user)) => {
                self.consent_told(&peer, &user, false, trying, &body).await
            }
            (_, Route::IdentifierQuery(domain)) => self.identifier_query(&domain, &body),
            (_, Route::ProxyDownload(url)) => self.proxy_download(&url, trying).await,
            (_, Route::Asset(name)) => self.asset(&name),
            (peer, Route::Receipt(room)) => self.receipt(&peer, &room, &body),
            (peer, Route::Claims(room)) => self.heard_claims(&peer, &room, &body).await,
            (_, Route::Client(_)) => {
                Err(Failure::new(403, "peer-is-who-it-says", "a provider is no client"))
            }
            (peer, Route::ReportAbuse(room)) => {
                self.report_abuse(&room::Asker::Provider(peer), &room, &body).await
            }
        }
    }

    fn stored(&self) -> Stored {
        let state = self.state.borrow();
        let rooms = state.rooms.iter();
        Stored {
            secret: self.secret,
            mls: self.library.store(),
            rooms: rooms.map(|(uri, room)| (uri.clone(), room.record.clone())).collect(),
            mail: state.mail.clone(),
            shelf: state.shelf.clone(),
            consents: state.consents.clone(),
            assets: state.assets.clone(),
            witness: state.witness.clone(),
        }
    }

    /// Makes everything durable: what other requests have decided, too.
    async fn sync(&self) {
        let covered = self.undurable.borrow().clone();
        self.setup.disk.sync(self.stored());
        self.setup.disk.durable().await;
        for (room, index) in covered.into_keys() {
            let undurable = self.undurable.borrow_mut().remove(&(room.clone(), index));
            let Some(used_key_packages) = undurable else { continue };
            self.setup.journal.record(Event::Durable { room: room.clone(), index });
            for reference in used_key_packages {
                let room = room.clone();
                self.setup.journal.record(Event::KeyPackageUsed { reference, room });
            }
        }
    }

    /// Whether this provider is the hub of a room: its URI says so, the room need not exist.
    fn is_hub_of(&self, room: &RoomUri) -> bool {
        *room.provider() == self.setup.name
    }

    /// The client with its user, where the client is one of this provider's that has registered.
    fn own_actor(&self, client: &ClientUri) -> Option<crate::mimi::rules::Actor> {
        let state = self.state.borrow();
        let user = state.shelf.user_of(client)?.clone();
        Some(crate::mimi::rules::Actor { client: client.clone(), user })
    }
}
