//! KeyPackages: through the room's hub to the target's provider, and back (P06 §5.2).
//!
//! One endpoint, two parts. The *hub* passes a request on and remembers where each KeyPackage came
//! from, so that it can route the Welcome. The *target's* provider hands out one KeyPackage for
//! each of the user's clients, once, and only to the hub of the room that the request names.
//!
//! Where consent is explicit, the target's user must have agreed ([`consents`](super::consents));
//! its own clients need nobody's leave. A provider that masks answers *unknown* and *deleted* with
//! `noConsent`, byte for byte as if the user were there and had not agreed (R9).

use std::rc::Rc;

use bytes::Bytes;

use super::Inner;
use super::answer::{Failure, Try, answer, passed_on, refused_event};
use super::consents::Cover;
use super::directory::Errand;
use super::room::PackageRoute;
use super::shelf::Shelved;
use crate::mimi::rules::{Code, Refusal};
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};
use crate::mimi::wire::{
    ClientKeyMaterial, ClientStatus, KeyMaterialRequest, KeyMaterialResponse, KeyMaterialUserCode,
    Route, WireError,
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
        let request = match KeyMaterialRequest::decode(body) {
            Err(error @ WireError::UnknownProtocol { .. }) => {
                return Ok(self.incompatible(user, &error));
            }
            decoded => decoded.map_err(|error| Failure::malformed(&error))?,
        };
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
        let response = self.hand_out(&request).await;
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
            self.hand_out(request).await
        } else {
            let errand = Errand {
                to: provider.clone(),
                route: Route::KeyMaterial(target.clone()),
                room: Some(room.clone()),
                about: trying.about.clone(),
                attempt: trying.attempt,
                body: Some(body.clone()),
            };
            let gateway = |why: String| Failure::gateway(Some(room), &why);
            let reply = self.ask(errand).await.map_err(|error| gateway(error.to_string()))?;
            if reply.is_busy() {
                return Ok(passed_on(reply));
            }
            KeyMaterialResponse::decode(&reply.body, &MlsFraming)
                .map_err(|error| gateway(format!("status {}: {error}", reply.status)))?
        };
        self.remember_routes(room, &provider, &response).await?;
        Ok(answer(200, response.encode()))
    }

    /// Of a protocol that this provider does not speak: the one refusal that needs no more than
    /// the first byte of a request.
    pub(super) fn incompatible(&self, user: &UserUri, error: &WireError) -> http::Response<Bytes> {
        let user_status = KeyMaterialUserCode::IncompatibleProtocol;
        self.setup.journal.record(Event::Refused {
            room: None,
            endpoint: "keyMaterial".to_owned(),
            rule: "protocol-is-spoken".to_owned(),
            code: user_status.code_name().to_owned(),
            why: error.to_string(),
            digest: None,
            judged: None,
        });
        let response = KeyMaterialResponse { user_status, user: user.clone(), clients: Vec::new() };
        answer(200, response.encode())
    }

    async fn remember_routes(
        &self,
        room: &RoomUri,
        provider: &ProviderName,
        response: &KeyMaterialResponse,
    ) -> Result<(), Failure> {
        let now = self.setup.clock.now_ms();
        self.with_room(room, |room| room.record.routes.retain(|_, route| !route.is_over(now)))?;
        for client in &response.clients {
            if let ClientStatus::Success(package) = &client.status {
                let Ok(reference) = key_package_reference(package) else { continue };
                let facts = key_package_facts(&self.library, package).ok();
                let not_after_ms = facts.and_then(|facts| facts.not_after_ms);
                let route = PackageRoute { provider: provider.clone(), not_after_ms };
                self.with_room(room, |room| room.record.routes.insert(reference, route))?;
            }
        }
        self.sync().await;
        Ok(())
    }

    /// The target provider's part.
    async fn hand_out(&self, request: &KeyMaterialRequest) -> KeyMaterialResponse {
        let user = request.target_user.clone();
        if let Err((user_status, rule, why)) = self.may_have(request) {
            let refusal = Refusal { rule, code: Code::NotAllowed, why };
            let code = user_status.code_name();
            let event = refused_event(&request.room, "keyMaterial", code, &refusal, (None, None));
            self.setup.journal.record(event);
            return KeyMaterialResponse { user_status, user, clients: Vec::new() };
        }
        if self.setup.rules.is_on("key-package-not-expired") {
            let now = self.setup.clock.now_ms();
            self.state.borrow_mut().shelf.clean(now);
        }
        let names = self.state.borrow().shelf.clients(&user).unwrap_or_default();
        let mut handed_out = Vec::new();
        let clients: Vec<_> = names
            .into_iter()
            .map(|client| {
                let status = self.take(request, &client, &mut handed_out);
                ClientKeyMaterial { client, status }
            })
            .collect();
        self.sync().await;
        // Not before: what a crash undoes was not handed out.
        for event in handed_out {
            self.setup.journal.record(event);
        }
        let served =
            |client: &&ClientKeyMaterial| matches!(client.status, ClientStatus::Success(_));
        let user_status = match clients.iter().filter(served).count() {
            all if all == clients.len() => KeyMaterialUserCode::Success,
            0 => KeyMaterialUserCode::NoCompatibleMaterial,
            _ => KeyMaterialUserCode::PartialSuccess,
        };
        let told = |it: &ClientKeyMaterial| (it.client.clone(), it.status.code_name().to_owned());
        self.setup.journal.record(Event::Answered {
            room: Some(request.room.clone()),
            endpoint: "keyMaterial".to_owned(),
            code: user_status.code_name().to_owned(),
            clients: clients.iter().map(told).collect(),
        });
        KeyMaterialResponse { user_status, user, clients }
    }

    /// Why the requester gets no KeyPackage of the user whatever is on the shelf, if it does not:
    /// the answer's code, the rule, and in words.
    fn may_have(
        &self,
        request: &KeyMaterialRequest,
    ) -> Result<(), (KeyMaterialUserCode, &'static str, String)> {
        use KeyMaterialUserCode::{NoConsent, NoConsentForThisRoom, UserDeleted, UserUnknown};
        let (requester, user) = (&request.requesting_user, &request.target_user);
        let (rules, options) = (&self.setup.rules, &self.setup.key_material);
        let masked = |code| if options.mask_unknown_users { NoConsent } else { code };
        let state = self.state.borrow();
        if rules.is_on("key-material-is-signed") && !self.is_genuine(request) {
            let why = "the request is not signed by a client of its user".to_owned();
            return Err((NoConsent, "key-material-is-signed", why));
        }
        if state.shelf.was_deleted(user) {
            return Err((masked(UserDeleted), "user-is-known", format!("{user} is gone")));
        }
        if state.shelf.clients(user).is_none() {
            return Err((
                masked(UserUnknown),
                "user-is-known",
                format!("{user} is not known here"),
            ));
        }
        if !options.explicit_consent || requester == user || !rules.is_on("consent-is-given") {
            return Ok(());
        }
        let why = |place: &str| format!("{user} has not agreed to be added by {requester}{place}");
        match state.consents.cover(requester, user, &request.room) {
            Cover::Given => Ok(()),
            Cover::Elsewhere => {
                Err((NoConsentForThisRoom, "consent-is-given", why(" to this room")))
            }
            Cover::None => Err((NoConsent, "consent-is-given", why(""))),
        }
    }

    /// Takes a KeyPackage of the client off the shelf, and adds the trace's record of it.
    fn take(
        &self,
        request: &KeyMaterialRequest,
        client: &ClientUri,
        handed_out: &mut Vec<Event>,
    ) -> ClientStatus {
        let user = &request.target_user;
        let mut state = self.state.borrow_mut();
        let Some(any) = state.shelf.any_of(user, client) else {
            return ClientStatus::KeyMaterialExhausted;
        };
        let capabilities = any.facts.capabilities.clone();
        let fits = |it: &Shelved| it.facts.fits(&request.cipher_suites, &request.required);
        let once = self.setup.rules.is_on("key-package-once");
        let taken = state.shelf.take((user, client), once, fits);
        let reference = |it: &Shelved| key_package_reference(&it.bytes).ok();
        let Some((reference, shelved)) = taken.and_then(|it| Some((reference(&it)?, it))) else {
            return ClientStatus::NothingCompatible(Some(capabilities));
        };
        handed_out.push(Event::KeyPackageHandedOut {
            reference: Digest::of(&reference),
            client: client.clone(),
            room: request.room.clone(),
            requester: Some(request.requesting_user.clone()),
            last_resort: shelved.facts.last_resort,
        });
        state.shelf.hand_out(reference, &shelved);
        ClientStatus::Success(shelved.bytes)
    }

    /// Signed by a client of the user who asks (R4).
    fn is_genuine(&self, request: &KeyMaterialRequest) -> bool {
        let actor = read_identity(&request.requester_credential.identity);
        actor.is_some_and(|actor| actor.user == request.requesting_user)
            && verify_key_material(&self.library, request)
    }
}
