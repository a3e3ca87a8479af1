//! What a provider does for its own clients: see [`crate::mimi::local`].
//!
//! Requests for a room go to the room's hub. Where that is this provider, they take the same way
//! as those of other providers; else they are passed on, and so is the answer: that of a busy hub,
//! too, with the time that it asks for. A gateway that gets no answer says so (504). It never tries
//! again: only the client knows whether it still wants it.

use std::rc::Rc;

use bytes::Bytes;

use super::Inner;
use super::answer::{Failure, Try, answer};
use super::directory::Errand as Passed;
use super::room::Asker;
use super::shelf::Shelved;
use crate::mimi::local::{Errand, HubKeys, MailboxRequest, PublishKeyPackages, UnsubscribeRequest};
use crate::mimi::rules::Actor;
use crate::mimi::uri::{ClientUri, RoomUri, UserUri};
use crate::mimi::wire::{
    GroupInfoRequest, GroupInfoResponse, KeyMaterialRequest, Route, WireError,
};
use crate::mls::{key_package_facts, key_package_reference, read_identity};
use crate::trace::{Digest, Event};

impl Inner {
    pub(super) async fn serve_client(
        self: Rc<Self>,
        client: ClientUri,
        errand: Errand,
        trying: &Try,
        body: Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        if self.state.borrow().shelf.is_orphan(&client) {
            let why = format!("the account of {client} was deleted");
            return Err(Failure::new(410, "user-is-known", &why));
        }
        if errand == Errand::PublishKeyPackages {
            return self.publish(&client, &body).await;
        }
        if errand == Errand::Mailbox {
            return self.mailbox(&client, &body).await;
        }
        let unregistered = || {
            let why = format!("{client} has not published any KeyPackage yet");
            Failure::new(403, "peer-is-who-it-says", &why)
        };
        let actor = self.own_actor(&client).ok_or_else(unregistered)?;
        match errand {
            Errand::HubKey => {
                let external_sender = self.identity.external_sender();
                let franking_agent = self.franker.agent();
                Ok(answer(200, HubKeys { external_sender, franking_agent }.encode()))
            }
            Errand::CreateRoom(room) => self.create_room(&actor, &room, &body).await,
            Errand::KeyMaterial(user) => self.ask_key_material(&actor, &user, trying, body).await,
            Errand::Update(room) if self.is_hub_of(&room) => {
                self.update(&Asker::Client(actor), &room, &body).await
            }
            Errand::SubmitMessage(room) if self.is_hub_of(&room) => {
                self.submit_message(&Asker::Client(actor), &room, &body).await
            }
            Errand::GroupInfo(room) => self.ask_group_info(&client, &room, trying, body).await,
            Errand::Update(room) => {
                self.pass(trying, Route::Update(room.clone()), &room, body).await
            }
            Errand::SubmitMessage(room) => {
                self.pass(trying, Route::SubmitMessage(room.clone()), &room, body).await
            }
            Errand::Unsubscribe(room) => {
                let request = UnsubscribeRequest::decode(&body)
                    .map_err(|error| Failure::malformed(&error).about(&room))?;
                self.state.borrow_mut().mail.unsubscribe(&room, &client, request.seen);
                self.sync().await;
                Ok(answer(201, Bytes::new()))
            }
            Errand::ReportAbuse(room) if self.is_hub_of(&room) => {
                self.report_abuse(&Asker::Client(actor), &room, &body).await
            }
            Errand::ReportAbuse(room) => {
                self.pass(trying, Route::ReportAbuse(room.clone()), &room, body).await
            }
            Errand::Consent => self.client_consents(&actor, trying, body).await,
            Errand::DeleteAccount => Ok(self.delete_account(&actor.user).await),
            Errand::FindUser(provider) => self.find_user(&provider, trying, body).await,
            Errand::Upload(name) => self.upload(&name, body).await,
            Errand::Download(hub, url) => self.download(&hub, &url, trying).await,
            Errand::Receipt(room) => self.ask_receipt(&room, trying, body).await,
            Errand::Peers(room) => self.learn_peers(&room, &body).await,
            Errand::PublishKeyPackages | Errand::Mailbox => Ok(answer(200, Bytes::new())),
        }
    }

    async fn publish(
        &self,
        client: &ClientUri,
        body: &Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let request =
            PublishKeyPackages::decode(body).map_err(|error| Failure::malformed(&error))?;
        let mut references = Vec::new();
        let mut checked = Vec::new();
        for package in request.key_packages {
            let bad = |why: &str| Failure::new(400, "valid-mls", why);
            let facts = key_package_facts(&self.library, &package)
                .map_err(|error| bad(&error.to_string()))?;
            if facts.owner.client != *client || facts.owner.user.provider() != &self.setup.name {
                return Err(bad("a KeyPackage is not this client's"));
            }
            let reference =
                key_package_reference(&package).map_err(|error| bad(&error.to_string()))?;
            references.push(Digest::of(&reference));
            checked.push((reference, Shelved { bytes: package, facts }));
        }
        for (reference, shelved) in checked {
            self.state.borrow_mut().shelf.put(reference, shelved);
        }
        self.sync().await;
        self.setup.journal.record(Event::KeyPackagesPublished { references });
        Ok(answer(201, Bytes::new()))
    }

    /// Ends a user's account: nobody gets its KeyPackages any more, and its clients get nothing.
    /// From the rooms that this provider is the hub of, the user is taken out.
    async fn delete_account(self: &Rc<Self>, user: &UserUri) -> http::Response<Bytes> {
        self.state.borrow_mut().shelf.delete(user);
        self.sync().await;
        self.setup.journal.record(Event::AccountDeleted { user: user.clone() });
        self.clear_out_everything();
        answer(201, Bytes::new())
    }

    /// Answers at once where there is mail, else as soon as some comes or the time is over.
    async fn mailbox(
        &self,
        client: &ClientUri,
        body: &Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let request = MailboxRequest::decode(body).map_err(|error| Failure::malformed(&error))?;
        // By the wait and not by the clock, which may be put back meanwhile.
        let mut wait = self.setup.clock.sleep(request.wait_ms.into());
        let mut is_over = request.wait_ms == 0;
        loop {
            // Asked for before looking, so that mail that comes between is not missed.
            let came = self.mail_came.notified();
            let response = self.state.borrow_mut().mail.read(client, request.cursor);
            // Also where the client has more than was ever here: it must learn of that at once.
            let fits = response.first_kept == request.cursor.saturating_add(1);
            if !response.items.is_empty() || !fits || is_over {
                return Ok(answer(200, response.encode()));
            }
            tokio::select! {
                biased;
                () = came => {}
                () = &mut wait => is_over = true,
            }
        }
    }

    /// Whoever wants to join wants to hear what happens from the GroupInfo on: the client becomes
    /// a reader before the hub is asked, and is none any more if the hub refuses, unless a Welcome
    /// came for it in the meantime. Who was a reader before stays one: it may be a member that was
    /// set back, of a user whose leave comes to nothing (Q10).
    async fn ask_group_info(
        self: Rc<Self>,
        client: &ClientUri,
        room: &RoomUri,
        trying: &Try,
        body: Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let request = GroupInfoRequest::decode(&body)
            .map_err(|error| Failure::malformed(&error).about(room))?;
        // A hub knows a follower's clients by what their provider lets through.
        let named = read_identity(&request.requester_credential.identity);
        if named.is_none_or(|named| named.client != *client) {
            let why = "the request is in the name of another client";
            return Err(Failure::new(403, "peer-is-who-it-says", why).about(room));
        }
        let begun = self.state.borrow_mut().mail.subscribe(room, client);
        let response = if self.is_hub_of(room) {
            self.clone().group_info(&self.setup.name.clone(), room, &body).await
        } else {
            self.pass(trying, Route::GroupInfo(room.clone()), room, body).await
        };
        let refused = response.as_ref().is_ok_and(|response| {
            let answer = GroupInfoResponse::decode(response.body());
            !matches!(answer, Ok(GroupInfoResponse::Success { .. }))
        });
        if let (true, Some(since)) = (refused, begun) {
            self.state.borrow_mut().mail.unsubscribe(room, client, since);
        }
        self.sync().await;
        response
    }

    async fn ask_key_material(
        self: Rc<Self>,
        actor: &Actor,
        user: &UserUri,
        trying: &Try,
        body: Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let request = match KeyMaterialRequest::decode(&body) {
            Err(error @ WireError::UnknownProtocol { .. }) => {
                return Ok(self.incompatible(user, &error));
            }
            decoded => decoded.map_err(|error| Failure::malformed(&error))?,
        };
        if request.requesting_user != actor.user || request.target_user != *user {
            let why = "the request names another user than the client's own or the path's";
            return Err(Failure::new(403, "peer-is-who-it-says", why).about(&request.room));
        }
        if self.is_hub_of(&request.room) {
            return self.pass_on(&request, trying, &body).await;
        }
        self.pass(trying, Route::KeyMaterial(user.clone()), &request.room, body).await
    }

    pub(super) async fn pass(
        &self,
        trying: &Try,
        route: Route,
        room: &RoomUri,
        body: Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        self.relay(Passed {
            to: room.provider().clone(),
            route,
            room: Some(room.clone()),
            about: trying.about.clone(),
            attempt: trying.attempt,
            body: Some(body),
        })
        .await
    }
}
