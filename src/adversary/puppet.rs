//! A hub's puppet: a client that the hub makes up for one of its own users, and that does nothing
//! but ask. What a provider says of its own users nobody else can check (P06 §1.1), so that its
//! server gives the puppet what any client of a participant gets.
//!
//! Not here: what the hub does with what it has learnt.

use std::rc::Rc;

use bytes::Bytes;

use crate::mimi::local::{Errand, LocalRoute, PublishKeyPackages};
use crate::mimi::rules::Actor;
use crate::mimi::uri::{ClientUri, RoomUri, UserUri};
use crate::mimi::wire::{
    ClientStatus, GroupInfoRequest, GroupInfoResponse, KeyMaterialResponse, Route,
};
use crate::mls::{
    Identity, KeyPackageKind, Library, Meter, MlsFraming, OpenedGroupInfo, open_group_info,
    sign_key_material,
};
use crate::node::{Peer, Service};

/// See the top of this file.
pub struct Puppet {
    actor: Actor,
    identity: Identity,
    room: RoomUri,
    server: Rc<dyn Service>,
    pub(super) library: Library,
}

impl Puppet {
    /// A puppet of this user's; none where there is no such name.
    pub fn of(
        user: &UserUri,
        room: &RoomUri,
        server: Rc<dyn Service>,
        random: [u8; 32],
    ) -> Option<Self> {
        let client = ClientUri::new(user.provider(), "puppet").ok()?;
        let actor = Actor { client, user: user.clone() };
        let identity = Identity::client(&actor, random);
        let library = Library::new(random, Meter::off());
        Some(Self { actor, identity, room: room.clone(), server, library })
    }

    /// The room's GroupInfo, as the hub has it.
    pub async fn group_info(&self) -> Option<OpenedGroupInfo> {
        self.register().await?;
        let (request, key) = GroupInfoRequest::signed(&self.library, &self.identity, None).ok()?;
        let body = self.ask(Errand::GroupInfo(self.room.clone()), request.encode()).await;
        let response = GroupInfoResponse::decode(&body).ok()?;
        open_group_info(&self.library, &self.room, &key, &response).ok()
    }

    /// A KeyPackage of its own that has gone through the hub, so that its Welcome finds its way.
    pub async fn key_package(&self) -> Option<Vec<u8>> {
        self.register().await?;
        let user = &self.actor.user;
        let request = sign_key_material(&self.identity, &self.actor, user, &self.room);
        let body = self.ask(Errand::KeyMaterial(user.clone()), request.encode()).await;
        let response = KeyMaterialResponse::decode(&body, &MlsFraming).ok()?;
        let own = response.clients.into_iter().find(|it| it.client == self.actor.client)?;
        match own.status {
            ClientStatus::Success(package) => Some(package),
            _ => None,
        }
    }

    /// Without a KeyPackage there is no client.
    async fn register(&self) -> Option<()> {
        let kind = KeyPackageKind::default();
        let key_packages = self.library.new_key_packages(&self.identity, 1, kind).ok()?;
        let body = PublishKeyPackages { key_packages }.encode();
        self.ask(Errand::PublishKeyPackages, body).await;
        Some(())
    }

    async fn ask(&self, errand: Errand, body: Vec<u8>) -> Bytes {
        let client = self.actor.client.clone();
        let route = Route::Client(LocalRoute { client: client.clone(), errand });
        let request = request(&self.room, &route, body);
        self.server.handle(Peer::Client(client), request).await.into_body()
    }
}

/// A request that a hub makes to itself.
pub(super) fn request(room: &RoomUri, route: &Route, body: Vec<u8>) -> http::Request<Bytes> {
    let hub = room.provider();
    let request = http::Request::post(route.path())
        .header(http::header::HOST, hub.as_str())
        .header(http::header::FROM, format!("mimi@{hub}"));
    // A path and the name of a provider are good in a request: they come from URIs.
    request.body(body.into()).unwrap_or_default()
}
