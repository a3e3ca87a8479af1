//! The bytes around a hub's decisions: updates, messages, new rooms, GroupInfo.
//!
//! Each accepted item takes the same way ([`Inner::settle`]): recorded, put into the own clients'
//! mailboxes, made durable, answered, fanned out.

use std::rc::Rc;

use bytes::Bytes;

use super::Inner;
use super::answer::{Failure, answer, refused_event};
use super::room::{Accepted, Asker, Decision, HubRoom, Rejection};
use crate::mimi::local::CreateRoomRequest;
use crate::mimi::room::RoomState;
use crate::mimi::rules::joining::role_to_enter;
use crate::mimi::rules::{Actor, Code, Reading, Refusal, founded_inside};
use crate::mimi::uri::{ProviderName, RoomUri};
use crate::mimi::wire::{
    GroupInfoRatchetTree, GroupInfoRequest, GroupInfoResponse, RatchetTreeOption,
    SubmitMessageRequest, SubmitMessageResponse, UpdateOutcome, UpdateRequest, UpdateResponse,
};
use crate::mls::{MlsError, MlsFraming, read_identity, seal_group_info};
use crate::node::points;
use crate::trace::{Digest, Event, Kind, Stage};

/// A GroupInfo that only who asked can open.
type Sealed = Result<GroupInfoResponse, MlsError>;

impl Inner {
    /// Answers `update` (P06 §5.3).
    pub(super) async fn update(
        self: Rc<Self>,
        asker: &Asker,
        uri: &RoomUri,
        body: &Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let request = UpdateRequest::decode(body, &MlsFraming)
            .map_err(|error| Failure::malformed(&error).about(uri))?;
        let now = self.setup.clock.now_ms();
        let parent = self.parent_of(uri);
        let decision = self.with_room(uri, |room| {
            room.parent = parent;
            room.update(&self.tools(), asker, &request, now)
        })?;
        let (UpdateRequest::Commit { message, .. } | UpdateRequest::Proposals { message, .. }) =
            &request;
        let response = match decision {
            Decision::Accepted(accepted) => {
                let accepted_at = accepted.stamp;
                self.settle(uri, &accepted).await;
                if accepted.kind != Kind::Proposals {
                    self.clear_out_later(uri);
                    self.clear_out_children_later(uri);
                    self.certify_later(uri);
                }
                success(accepted_at)
            }
            Decision::Repeated { accepted_at } => success(accepted_at),
            Decision::Refused(Rejection { refusal, judged }) => {
                let current = self.with_room(uri, |room| room.view.epoch())?;
                let response = not_accepted(&refusal, current);
                let code = response.code_name();
                let what = (Some(Digest::of(message)), judged);
                self.setup.journal.record(refused_event(uri, "update", code, &refusal, what));
                response
            }
        };
        Ok(answer(200, response.encode()))
    }

    /// Answers `submitMessage` (P06 §5.4).
    pub(super) async fn submit_message(
        self: Rc<Self>,
        asker: &Asker,
        uri: &RoomUri,
        body: &Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let request = SubmitMessageRequest::decode(body, &MlsFraming)
            .map_err(|error| Failure::malformed(&error).about(uri))?;
        if !asker.may_send_as(&request.sending_user) {
            let why = format!("{} is not a user that the peer speaks for", request.sending_user);
            return Err(Failure::new(403, "peer-is-who-it-says", &why).about(uri));
        }
        let now = self.setup.clock.now_ms();
        let (user, message) = (&request.sending_user, &request.message);
        let judges = (&self.setup.rules, &self.franker);
        let decision = self.with_room(uri, |room| room.submit(judges, user, message, now))?;
        let frank = self.with_room(uri, |room| room.record.frank_of(&Digest::of(message)))?;
        let response = match decision {
            Decision::Accepted(accepted) => {
                let accepted_at = accepted.stamp;
                self.settle(uri, &accepted).await;
                SubmitMessageResponse::Accepted { accepted_at, frank }
            }
            Decision::Repeated { accepted_at } => {
                SubmitMessageResponse::Accepted { accepted_at, frank }
            }
            Decision::Refused(Rejection { refusal, .. }) => {
                let current = self.with_room(uri, |room| room.view.epoch())?;
                let response = match refusal.code {
                    Code::EpochTooOld => SubmitMessageResponse::EpochTooOld { current },
                    _ => SubmitMessageResponse::NotAllowed,
                };
                let code = response.code_name();
                let what = (Some(Digest::of(message)), None);
                let event = refused_event(uri, "submitMessage", code, &refusal, what);
                self.setup.journal.record(event);
                response
            }
        };
        Ok(answer(200, response.encode()))
    }

    /// Opens a room that an own client created (P06 §3.1: local to the hub).
    pub(super) async fn create_room(
        self: Rc<Self>,
        creator: &Actor,
        uri: &RoomUri,
        body: &Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let request = CreateRoomRequest::decode(body, &MlsFraming)
            .map_err(|error| Failure::malformed(&error).about(uri))?;
        if !self.is_hub_of(uri) {
            return Err(Failure::unknown_room(uri));
        }
        if let Some(room) = self.state.borrow().rooms.get(uri) {
            // The same client again: its first response was lost.
            if room.record.group_info == request.group_info {
                return Ok(answer(201, Bytes::new()));
            }
            if self.setup.rules.is_on("room-is-new") {
                return Err(Failure::new(409, "room-is-new", "the room exists").about(uri));
            }
        }
        let RatchetTreeOption::Full(tree) = &request.ratchet_tree else {
            let why = "a new room comes with its ratchet tree";
            return Err(Failure::new(400, "body-is-well-formed", why).about(uri));
        };
        let now = self.setup.clock.now_ms();
        let (room, accepted) =
            HubRoom::open(&self.library, uri, request.group_info, tree, creator, now)
                .map_err(|error| Failure::new(400, "valid-mls", &error.to_string()).about(uri))?;
        let state = room.view.state();
        let parent = self.parent_named(state);
        if self.setup.rules.is_on("inside-parent")
            && let Err(why) = founded_inside(state, parent.as_ref())
        {
            return Err(Failure::new(403, "inside-parent", &why).about(uri));
        }
        self.state.borrow_mut().rooms.insert(uri.clone(), room);
        self.state.borrow_mut().mail.subscribe(uri, &creator.client);
        self.settle(uri, &accepted).await;
        Ok(answer(201, Bytes::new()))
    }

    /// The parent of a room, with what waits there applied.
    fn parent_of(&self, uri: &RoomUri) -> Option<RoomState> {
        self.parent_named(self.state.borrow().rooms.get(uri)?.view.state())
    }

    fn parent_named(&self, state: &RoomState) -> Option<RoomState> {
        let parent = state.base_policy().parent.as_ref()?;
        Some(self.state.borrow().rooms.get(parent)?.record.provisional.clone())
    }

    /// Answers `groupInfo` (P06 §5.6): for clients of participants, and of users who may enter.
    pub(super) async fn group_info(
        self: Rc<Self>,
        peer: &ProviderName,
        uri: &RoomUri,
        body: &Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let request = GroupInfoRequest::decode(body)
            .map_err(|error| Failure::malformed(&error).about(uri))?;
        let (sealed, admitted) = match self.grant_group_info(peer, uri, &request) {
            Ok(granted) => granted,
            Err(refusal) => {
                let room = uri.clone();
                let response = match refusal.rule {
                    "room-is-known" => GroupInfoResponse::NoSuchRoom { room },
                    _ => GroupInfoResponse::NotAuthorized { room },
                };
                let code = response.code_name();
                let event = refused_event(uri, "groupInfo", code, &refusal, (None, None));
                self.setup.journal.record(event);
                return Ok(answer(200, response.encode()));
            }
        };
        let response = sealed.map_err(|error| {
            Failure::new(400, "body-is-well-formed", &error.to_string()).about(uri)
        })?;
        if let Some(actor) = admitted {
            self.with_room(uri, |room| room.record.admitted.insert(actor))?;
            self.sync().await;
        }
        self.setup.journal.record(Event::Answered {
            room: Some(uri.clone()),
            endpoint: "groupInfo".to_owned(),
            code: response.code_name().to_owned(),
            clients: Default::default(),
        });
        Ok(answer(200, response.encode()))
    }

    /// The GroupInfo, sealed for who asks, and who gets it for a join code; or the refusal.
    fn grant_group_info(
        &self,
        peer: &ProviderName,
        uri: &RoomUri,
        request: &GroupInfoRequest,
    ) -> Result<(Sealed, Option<Actor>), Refusal> {
        let refuse = |rule: &'static str, why: &str| {
            Err(Refusal { rule, code: Code::NotAllowed, why: why.to_owned() })
        };
        let state = self.state.borrow();
        let Some(room) = state.rooms.get(uri) else {
            return refuse("room-is-known", "no such room");
        };
        let rules = &self.setup.rules;
        let signed = !rules.is_on("group-info-is-signed") || request.is_signed(&self.library);
        let actor = read_identity(&request.requester_credential.identity);
        let Some(actor) = actor.filter(|actor| signed && actor.user.provider() == peer) else {
            let why = "the request is not signed by a client of the peer";
            return refuse("group-info-is-signed", why);
        };
        let room_state = room.view.state();
        let committed_counts = rules.readings().has(Reading::CommittedListCounts);
        let list = if committed_counts { room_state } else { &room.record.provisional };
        let listed = list.is_participant(&actor.user);
        let links = room_state.join_links.as_ref();
        let code = request.joining_code.as_ref();
        let has_code = code.is_some_and(|code| links.is_some_and(|links| links.accept(code)));
        let enters = role_to_enter(room_state, &actor, has_code).is_some();
        if rules.is_on("group-info-for-participants") && !listed && !enters {
            let why = format!("{} is not a participant, and there is no way in", actor.user);
            return refuse("group-info-for-participants", &why);
        }
        let sealed = room.view.ratchet_tree().and_then(|tree| {
            let content = GroupInfoRatchetTree {
                group_info: room.record.group_info.clone(),
                ratchet_tree: RatchetTreeOption::Full(tree),
                pending: room.pending(),
            };
            seal_group_info(&self.library, &self.identity, uri, request, &content)
        });
        Ok((sealed, (has_code && !listed).then_some(actor)))
    }

    /// From the decision to the fan-out.
    pub(super) async fn settle(self: &Rc<Self>, uri: &RoomUri, accepted: &Accepted) {
        self.tell(uri, accepted);
        accepted.along.iter().for_each(|along| self.tell(uri, along));
        self.post_own(uri);
        self.setup.points.reached(points::BEFORE_DURABLE).await;
        self.sync().await;
        self.setup.points.reached(points::AFTER_DURABLE).await;
        let (inner, uri) = (self.clone(), uri.clone());
        let later = async move {
            // The answer goes out before this task gets its turn.
            tokio::task::yield_now().await;
            inner.setup.points.reached(points::AFTER_ANSWER).await;
            inner.mail_came.notify_waiters();
            inner.fan_out(&uri);
        };
        tokio::task::spawn_local(self.setup.journal.caused(self.setup.journal.cause(), later));
    }

    fn tell(&self, uri: &RoomUri, accepted: &Accepted) {
        let place = self.setup.journal.record(Event::Accepted {
            room: uri.clone(),
            index: accepted.index,
            kind: accepted.kind,
            epoch: accepted.epoch,
            digest: accepted.digest,
            proposals: accepted.proposals.clone(),
            client: accepted.actor.as_ref().map(|actor| actor.client.clone()),
            user: accepted.user.clone(),
            stamp: accepted.stamp,
            change: accepted.change.clone(),
            deeds: accepted.deeds.clone(),
        });
        if matches!(accepted.kind, Kind::Commit | Kind::ExternalCommit) {
            let (led_to, commit) = (accepted.epoch + 1, accepted.digest);
            let _ = self.with_room(uri, |room| room.record.commits.insert(led_to, commit));
        }
        let (kind, epoch) = (accepted.kind, accepted.epoch);
        tracing::info!(room = %uri, ?kind, epoch, user = %accepted.user, "accepted");
        let used = accepted.used_key_packages.iter().map(|reference| Digest::of(reference));
        self.undurable.borrow_mut().insert((uri.clone(), accepted.index), used.collect());
        // All that follows in this request follows from the decision.
        self.setup.journal.set_cause(Some(place));
        let frank = self.with_room(uri, |room| room.record.frank_of(&accepted.digest));
        if let Ok(Some(frank)) = frank {
            let (room, digest) = (uri.clone(), accepted.digest);
            let frank = Digest::of(&frank.encode());
            self.setup.journal.record(Event::Franked { room, digest, frank });
        }
        for user in &accepted.newly_exiting {
            let event = Event::Exiting { room: uri.clone(), user: user.clone() };
            self.setup.journal.record(event);
        }
        let stage = match accepted.kind {
            Kind::Message => return,
            Kind::Proposals => Stage::Provisional,
            Kind::Created | Kind::Commit | Kind::ExternalCommit => Stage::Committed,
        };
        let snapshot = self.with_room(uri, |room| {
            let mut snapshot = room.view.snapshot()?;
            if stage == Stage::Provisional {
                snapshot.state = room.record.provisional.clone();
            }
            Ok::<_, MlsError>(snapshot)
        });
        if let Ok(Ok(snapshot)) = snapshot {
            let epoch = snapshot.epoch;
            self.setup.journal.record(self.teller.shadowed(uri, stage, &snapshot));
            let servers = self.with_room(uri, |room| room.view.external_senders());
            if let Ok(Ok(servers)) = servers {
                let event = self.teller.external_senders(uri, epoch, servers);
                if let Some(event) = event {
                    self.setup.journal.record(event);
                }
            }
        }
    }

    /// The hub's own clients need no notify: their mailboxes are on the same disk.
    fn post_own(&self, uri: &RoomUri) {
        let own = self.with_room(uri, |room| {
            (room.record.queue.remove(&self.setup.name), room.silenced(&self.setup.rules))
        });
        let Ok((Some(parcels), silenced)) = own else { return };
        for parcel in parcels.values() {
            self.post(uri, parcel.events(), &silenced);
        }
    }

    pub(super) fn with_room<T>(
        &self,
        uri: &RoomUri,
        work: impl FnOnce(&mut HubRoom) -> T,
    ) -> Result<T, Failure> {
        let mut state = self.state.borrow_mut();
        state.rooms.get_mut(uri).map(work).ok_or_else(|| Failure::unknown_room(uri))
    }
}

fn success(accepted_at: u64) -> UpdateResponse {
    UpdateResponse { description: String::new(), outcome: UpdateOutcome::Success { accepted_at } }
}

fn not_accepted(refusal: &Refusal, current: u64) -> UpdateResponse {
    let outcome = match &refusal.code {
        Code::WrongEpoch | Code::EpochTooOld => UpdateOutcome::WrongEpoch { current },
        Code::NotAllowed => UpdateOutcome::NotAllowed,
        Code::InvalidProposal(references) => {
            UpdateOutcome::InvalidProposal { references: references.clone() }
        }
    };
    UpdateResponse { description: format!("{}: {}", refusal.rule, refusal.why), outcome }
}
