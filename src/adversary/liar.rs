//! A liar beside an honest client: once, a request that breaks a rule (A31); or something of worse
//! consequence, once or again and again.
//!
//! The liar waits for its time, and for the client to be a member that is in step with its hub;
//! then it takes a copy of the client's disk, makes the lie ([`super::lies`]), and sends it on the
//! client's own connection. A lie that did not get as far as its rule, since the epoch moved or
//! nothing came back, is made anew. What comes of it the trace says in the words of whoever
//! refuses. The liar keeps on a disk of its own what it has told, so that a crash of the client
//! does not make it tell that again. One that goes on for a time keeps the last copy in which the
//! client was a member: its own deeds may put the client out.
//!
//! Not here: the client itself. It is as honest as ever, knows nothing, and goes on.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::Plan;
use super::lies::{Forged, Inside, Lie, Needs};
use crate::client::Stored;
use crate::mimi::local::{Errand, LocalRoute};
use crate::mimi::rules::Actor;
use crate::mimi::wire::{
    ClientStatus, GroupInfoRequest, GroupInfoResponse, KeyMaterialResponse, Route, UpdateOutcome,
    UpdateResponse,
};
use crate::mls::{
    Identity, Library, Member, MlsFraming, OpenedGroupInfo, open_group_info, sign_key_material,
};
use crate::node::{Call, Clock, Disk, Network, Reply};
use crate::trace::{Event, Journal};

/// How long the liar waits before it tries again, in milliseconds.
const PAUSE_MS: u64 = 500;

/// How often it tries.
const MOST_TRIES: u32 = 40;

/// How long it keeps KeyPackages that are to be over when it uses them, in milliseconds. A scenario
/// gives them less.
const AGEING_MS: u64 = 6_000;

/// How long it waits for an answer, in milliseconds.
const PATIENCE_MS: u64 = 8_000;

/// The lies that were told, by what they are and time.
pub type Told = BTreeSet<(String, u64)>;

/// What the liar has of the client.
pub struct Liar {
    /// The client and its user.
    pub actor: Actor,
    /// Its connection.
    pub network: Rc<dyn Network>,
    /// Its clock.
    pub clock: Rc<dyn Clock>,
    /// Its disk, which the liar only reads.
    pub disk: Rc<dyn Disk<Stored>>,
    /// What was told in an earlier life of the client, and in this one.
    pub told: Rc<dyn Disk<Told>>,
    /// Where it says what it does.
    pub journal: Journal,
    /// The liar's own chance.
    pub random: [u8; 32],
    /// The last copy of the disk in which the client was a member.
    pub copy: RefCell<Option<Stored>>,
}

impl Liar {
    /// Tells the lie of the plan; ends when that is done, or can't be.
    pub async fn tell(self, plan: Plan) {
        let rule = plan.rule.as_deref();
        let Some(lie) = rule.map_or_else(|| Lie::of(plan.id), Lie::against) else { return };
        let this = (lie.id.to_owned(), plan.from_ms);
        if !lie.repeats && self.told.load().is_some_and(|told| told.contains(&this)) {
            return;
        }
        self.clock.sleep(plan.from_ms.saturating_sub(self.clock.now_ms())).await;
        let (mut begun, mut attempt) = (false, 0);
        while plan.is_on(self.clock.now_ms()) && (lie.repeats || attempt < MOST_TRIES) {
            attempt += 1;
            if let Some(forged) = self.make(lie, &plan, attempt).await {
                if !std::mem::replace(&mut begun, true) {
                    self.begin(&plan, &this);
                }
                let endpoint = forged.endpoint;
                let reply = self.send(forged, lie, &plan, attempt).await;
                if !lie.repeats && reply.is_some_and(|reply| is_settled(endpoint, &reply)) {
                    return;
                }
            }
            self.clock.sleep(PAUSE_MS).await;
        }
    }

    /// From now on the client is a liar, and knows that it has told this.
    fn begin(&self, plan: &Plan, this: &(String, u64)) {
        let rule = plan.rule.as_ref().map(|rule| format!(" ({rule})")).unwrap_or_default();
        let behaviour = format!("{}{rule}", plan.id);
        self.journal.record(Event::BehaviourBegan { behaviour });
        // Other liars beside the client have told theirs in the meantime.
        let mut told = self.told.load().unwrap_or_default();
        told.insert(this.clone());
        self.told.sync(told);
    }

    /// What the client has of the room, or had when it was last a member.
    fn open(&self, plan: &Plan, random: [u8; 32]) -> Option<(Library, Identity, Member)> {
        let opened = |stored: &Stored| stored.opened(&plan.room, &self.actor, random);
        let stored = self.disk.load()?;
        if let Some(opened) = opened(&stored) {
            self.copy.replace(Some(stored));
            return Some(opened);
        }
        self.copy.borrow().as_ref().and_then(opened)
    }

    /// The lie, as things are now; none where it can't be made yet.
    async fn make(&self, lie: &Lie, plan: &Plan, attempt: u32) -> Option<Forged> {
        let mut random = self.random;
        random[..4].copy_from_slice(&attempt.to_be_bytes());
        let (mut library, identity, mut member) = self.open(plan, random)?;
        let (mut material, mut group_info) = (Vec::new(), None);
        match lie.needs {
            Needs::Nothing => {}
            Needs::Material => material = self.material(&identity, lie, plan, attempt).await?,
            Needs::GroupInfo => {
                let got = self.group_info((&library, &identity), lie, plan, attempt).await?;
                group_info = Some(got);
            }
            Needs::OldMaterial => {
                material = self.material(&identity, lie, plan, attempt).await?;
                self.clock.sleep(AGEING_MS).await;
                // The room may have moved on.
                (library, _, member) = self.open(plan, random)?;
            }
        }
        let (actor, room) = (self.actor.clone(), plan.room.clone());
        let victim = plan.user.clone().unwrap_or_else(|| actor.user.clone());
        let mut inside = Inside {
            actor,
            identity,
            library,
            member,
            room,
            victim,
            material,
            group_info,
            attempt,
        };
        let made = (lie.build)(&mut inside);
        if let Err(error) = &made {
            tracing::debug!(lie = lie.id, %error, "no lie yet");
        }
        made.ok()
    }

    /// KeyPackages of the victim, got in the honest way.
    async fn material(
        &self,
        identity: &Identity,
        lie: &Lie,
        plan: &Plan,
        attempt: u32,
    ) -> Option<Vec<Vec<u8>>> {
        let victim = plan.user.as_ref()?;
        let request = sign_key_material(identity, &self.actor, victim, &plan.room);
        let (client, errand) = (self.actor.client.clone(), Errand::KeyMaterial(victim.clone()));
        let route = Route::Client(LocalRoute { client, errand });
        let (path, endpoint) = (route.path(), route.endpoint());
        let reply =
            self.send(Forged { path, endpoint, body: request.encode() }, lie, plan, attempt);
        let response = KeyMaterialResponse::decode(&reply.await?.body, &MlsFraming).ok()?;
        let package = |status| match status {
            ClientStatus::Success(package) => Some(package),
            _ => None,
        };
        Some(response.clients.into_iter().filter_map(|it| package(it.status)).collect())
    }

    async fn group_info(
        &self,
        (library, identity): (&Library, &Identity),
        lie: &Lie,
        plan: &Plan,
        attempt: u32,
    ) -> Option<OpenedGroupInfo> {
        let (request, key) = GroupInfoRequest::signed(library, identity, None).ok()?;
        let (client, errand) = (self.actor.client.clone(), Errand::GroupInfo(plan.room.clone()));
        let route = Route::Client(LocalRoute { client, errand });
        let (path, endpoint) = (route.path(), route.endpoint());
        let reply =
            self.send(Forged { path, endpoint, body: request.encode() }, lie, plan, attempt);
        let response = GroupInfoResponse::decode(&reply.await?.body).ok()?;
        open_group_info(library, &plan.room, &key, &response).ok()
    }

    async fn send(&self, forged: Forged, lie: &Lie, plan: &Plan, attempt: u32) -> Option<Reply> {
        let call = Call {
            to: self.actor.client.provider().clone(),
            endpoint: forged.endpoint,
            path: forged.path,
            room: Some(plan.room.clone()),
            about: format!("lie {} {}", lie.id, self.actor.client.name()),
            attempt,
            body: Some(forged.body.into()),
            timeout_ms: PATIENCE_MS,
        };
        self.network.call(call).await.ok()
    }
}

/// Whether the lie got as far as it can: not where the epoch moved, or a gateway heard nothing.
fn is_settled(endpoint: &str, reply: &Reply) -> bool {
    let moved = endpoint == "client/update"
        && UpdateResponse::decode(&reply.body)
            .is_ok_and(|it| matches!(it.outcome, UpdateOutcome::WrongEpoch { .. }));
    reply.status < 500 && !moved
}
