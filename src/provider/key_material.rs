//! KeyPackages: through the room's hub to the target's provider, and back (P06 §5.2).
//!
//! One endpoint, two parts. The *hub* passes a request on and remembers where each KeyPackage came
//! from, so that it can route the Welcome. The *target's* provider hands out one KeyPackage for
//! each of the user's clients, once, and only to the hub of the room that the request names.

use std::rc::Rc;

use bytes::Bytes;

use super::Inner;
use super::answer::{Failure, Try, answer, refused_event};
use super::directory::Errand;
use crate::mimi::rules::{Code, Refusal};
use crate::mimi::uri::{ProviderName, RoomUri, UserUri};
use crate::mimi::wire::{
    ClientKeyMaterial, ClientStatus, KeyMaterialRequest, KeyMaterialResponse, KeyMaterialUserCode,
    Route,
};
use crate::mls::{
    MlsFraming, key_package_facts, key_package_reference, read_identity, verify_key_material,
};
use crate::trace::{Digest, Event};

impl Inner {
    /// Answers `keyMaterial`.
    pub(super) async fn key_material(
        self: Rc<Self>,
        peer: &ProviderName,
        user: &UserUri,
        trying: &Try,
        body: &Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let request =
            KeyMaterialRequest::decode(body).map_err(|error| Failure::malformed(&error))?;
        let room = request.room.clone();
        if request.target_user != *user {
            let why = "the path and the body name different users";
            return Err(Failure::new(400, "body-is-well-formed", why).about(&room));
        }
        if self.is_hub_of(&room) {
            if request.requesting_user.provider() != peer {
                let why = format!("{peer} does not speak for {}", request.requesting_user);
                return Err(Failure::new(403, "peer-is-who-it-says", &why).about(&room));
            }
            return self.pass_on(&request, trying, body).await;
        }
        let through_the_hub = peer == room.provider();
        if self.setup.rules.is_on("key-material-through-the-hub") && !through_the_hub {
            let why = format!("{peer} is not the hub of {room}");
            return Err(Failure::new(403, "key-material-through-the-hub", &why).about(&room));
        }
        let response = self.hand_out(&request);
        Ok(answer(200, response.encode()))
    }

    /// The hub's part.
    pub(super) async fn pass_on(
        self: Rc<Self>,
        request: &KeyMaterialRequest,
        trying: &Try,
        body: &Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let (room, target) = (&request.room, &request.target_user);
        if !self.state.borrow().rooms.contains_key(room) {
            return Err(Failure::unknown_room(room));
        }
        let provider = target.provider().clone();
        let response = if provider == self.setup.name {
            self.hand_out(request)
        } else {
            let errand = Errand {
                to: provider.clone(),
                route: Route::KeyMaterial(target.clone()),
                room: room.clone(),
                about: trying.about.clone(),
                attempt: trying.attempt,
                body: body.clone(),
            };
            let gateway = |why: String| Failure::gateway(room, &why);
            let reply = self.ask(errand).await.map_err(|error| gateway(error.to_string()))?;
            KeyMaterialResponse::decode(&reply.body, &MlsFraming)
                .map_err(|error| gateway(format!("status {}: {error}", reply.status)))?
        };
        self.remember_routes(room, &provider, &response)?;
        Ok(answer(200, response.encode()))
    }

    fn remember_routes(
        &self,
        room: &RoomUri,
        provider: &ProviderName,
        response: &KeyMaterialResponse,
    ) -> Result<(), Failure> {
        for client in &response.clients {
            if let ClientStatus::Success(package) = &client.status {
                let Ok(reference) = key_package_reference(package) else { continue };
                self.with_room(room, |room| {
                    room.record.routes.insert(reference, provider.clone());
                })?;
            }
        }
        self.sync();
        Ok(())
    }

    /// The target provider's part.
    fn hand_out(&self, request: &KeyMaterialRequest) -> KeyMaterialResponse {
        let user = request.target_user.clone();
        let refuse = |user_status: KeyMaterialUserCode, rule: &'static str, why: String| {
            let refusal = Refusal { rule, code: Code::NotAllowed, why };
            let code = user_status.code_name();
            let event = refused_event(&request.room, "keyMaterial", code, &refusal, (None, None));
            self.setup.journal.record(event);
            KeyMaterialResponse { user_status, user: user.clone(), clients: Vec::new() }
        };
        if self.setup.rules.is_on("key-material-is-signed") && !self.is_genuine(request) {
            let why = "the request is not signed by a client of its user".to_owned();
            return refuse(KeyMaterialUserCode::NoConsent, "key-material-is-signed", why);
        }
        let Some(names) = self.state.borrow().shelf.clients(&user) else {
            let why = format!("{user} is not known here");
            return refuse(KeyMaterialUserCode::UserUnknown, "user-is-known", why);
        };
        let clients: Vec<_> = names
            .into_iter()
            .map(|client| {
                let status = self.take(request, &client);
                ClientKeyMaterial { client, status }
            })
            .collect();
        self.sync();
        let served =
            |client: &&ClientKeyMaterial| matches!(client.status, ClientStatus::Success(_));
        let user_status = match clients.iter().filter(served).count() {
            all if all == clients.len() => KeyMaterialUserCode::Success,
            0 => KeyMaterialUserCode::NoCompatibleMaterial,
            _ => KeyMaterialUserCode::PartialSuccess,
        };
        KeyMaterialResponse { user_status, user, clients }
    }

    fn take(
        &self,
        request: &KeyMaterialRequest,
        client: &crate::mimi::uri::ClientUri,
    ) -> ClientStatus {
        let fits = |package: &[u8]| {
            let suites = &request.cipher_suites;
            key_package_facts(&self.library, package, suites, &request.required)
                .is_ok_and(|(_, fits)| fits)
        };
        let mut state = self.state.borrow_mut();
        let user = &request.target_user;
        if !state.shelf.has(user, client) {
            return ClientStatus::KeyMaterialExhausted;
        }
        let Some(package) = state.shelf.take(user, client, fits) else {
            return ClientStatus::NothingCompatible(None);
        };
        let Ok(reference) = key_package_reference(&package) else {
            return ClientStatus::NothingCompatible(None);
        };
        self.setup.journal.record(Event::KeyPackageHandedOut {
            reference: Digest::of(&reference),
            client: client.clone(),
            room: request.room.clone(),
        });
        state.shelf.hand_out(reference, client.clone());
        ClientStatus::Success(package)
    }

    /// Signed by a client of the user who asks (R4).
    fn is_genuine(&self, request: &KeyMaterialRequest) -> bool {
        let actor = read_identity(&request.requester_credential.identity);
        actor.is_some_and(|actor| actor.user == request.requesting_user)
            && verify_key_material(&self.library, request)
    }
}
