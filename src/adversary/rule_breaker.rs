//! `client.breaks-rule`: once, beside an honest client, a request that breaks one rule (A31).
//!
//! The liar waits for its time, and for the client to be a member that is in step with its hub;
//! then it takes a copy of the client's disk, makes the lie ([`super::lies`]), and sends it on the
//! client's own connection. A lie that did not get as far as its rule, since the epoch moved or
//! nothing came back, is made anew. What comes of it the trace says in the words of whoever
//! refuses. The liar keeps on a disk of its own what it has told, so that a crash of the client
//! does not make it tell that again.
//!
//! Not here: the client itself. It is as honest as ever, knows nothing, and goes on.

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
    Identity, Library, MlsFraming, OpenedGroupInfo, open_group_info, sign_key_material,
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

/// The lies that were told, by rule and time.
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
}

impl Liar {
    /// Breaks the rule; ends when that is done, or can't be.
    pub async fn break_rule(self, plan: Plan) {
        let Some(rule) = plan.rule.clone() else { return };
        let Some(lie) = Lie::against(&rule) else { return };
        let this = (rule.clone(), plan.from_ms);
        if self.told.load().is_some_and(|told| told.contains(&this)) {
            return;
        }
        self.clock.sleep(plan.from_ms.saturating_sub(self.clock.now_ms())).await;
        let mut begun = false;
        for attempt in 1..=MOST_TRIES {
            if let Some(forged) = self.make(lie, &plan, attempt).await {
                if !std::mem::replace(&mut begun, true) {
                    let behaviour = format!("{} ({rule})", plan.id);
                    self.journal.record(Event::BehaviourBegan { behaviour });
                    // Other liars beside the client have told theirs in the meantime.
                    let mut told = self.told.load().unwrap_or_default();
                    told.insert(this.clone());
                    self.told.sync(told);
                }
                let endpoint = forged.endpoint;
                let reply = self.send(forged, &plan, attempt).await;
                if reply.is_some_and(|reply| is_settled(endpoint, &reply)) {
                    return;
                }
            }
            self.clock.sleep(PAUSE_MS).await;
        }
    }

    /// The lie, as things are now; none where it can't be made yet.
    async fn make(&self, lie: &Lie, plan: &Plan, attempt: u32) -> Option<Forged> {
        let mut random = self.random;
        random[..4].copy_from_slice(&attempt.to_be_bytes());
        let open = || self.disk.load()?.opened(&plan.room, &self.actor, random);
        let (mut library, identity, mut member) = open()?;
        let (mut material, mut group_info) = (Vec::new(), None);
        match lie.needs {
            Needs::Nothing => {}
            Needs::Material => material = self.material(&identity, plan, attempt).await?,
            Needs::GroupInfo => {
                let got = self.group_info(&library, &identity, plan, attempt).await?;
                group_info = Some(got);
            }
            Needs::OldMaterial => {
                material = self.material(&identity, plan, attempt).await?;
                self.clock.sleep(AGEING_MS).await;
                // The room may have moved on.
                (library, _, member) = open()?;
            }
        }
        let victim = plan.user.clone()?;
        let (actor, room) = (self.actor.clone(), plan.room.clone());
        let mut inside =
            Inside { actor, identity, library, member, room, victim, material, group_info };
        let made = (lie.build)(&mut inside);
        if let Err(error) = &made {
            tracing::debug!(rule = lie.rule, %error, "no lie yet");
        }
        made.ok()
    }

    /// KeyPackages of the victim, got in the honest way.
    async fn material(
        &self,
        identity: &Identity,
        plan: &Plan,
        attempt: u32,
    ) -> Option<Vec<Vec<u8>>> {
        let victim = plan.user.as_ref()?;
        let request = sign_key_material(identity, &self.actor, victim, &plan.room);
        let (client, errand) = (self.actor.client.clone(), Errand::KeyMaterial(victim.clone()));
        let route = Route::Client(LocalRoute { client, errand });
        let (path, endpoint) = (route.path(), route.endpoint());
        let reply = self.send(Forged { path, endpoint, body: request.encode() }, plan, attempt);
        let response = KeyMaterialResponse::decode(&reply.await?.body, &MlsFraming).ok()?;
        let package = |status| match status {
            ClientStatus::Success(package) => Some(package),
            _ => None,
        };
        Some(response.clients.into_iter().filter_map(|it| package(it.status)).collect())
    }

    async fn group_info(
        &self,
        library: &Library,
        identity: &Identity,
        plan: &Plan,
        attempt: u32,
    ) -> Option<OpenedGroupInfo> {
        let (request, key) = GroupInfoRequest::signed(library, identity, None).ok()?;
        let (client, errand) = (self.actor.client.clone(), Errand::GroupInfo(plan.room.clone()));
        let route = Route::Client(LocalRoute { client, errand });
        let (path, endpoint) = (route.path(), route.endpoint());
        let reply = self.send(Forged { path, endpoint, body: request.encode() }, plan, attempt);
        let response = GroupInfoResponse::decode(&reply.await?.body).ok()?;
        open_group_info(library, &plan.room, &key, &response).ok()
    }

    async fn send(&self, forged: Forged, plan: &Plan, attempt: u32) -> Option<Reply> {
        let call = Call {
            to: self.actor.client.provider().clone(),
            endpoint: forged.endpoint,
            path: forged.path,
            room: Some(plan.room.clone()),
            about: format!("lie {} {}", rule_of(plan), self.actor.client.name()),
            attempt,
            body: Some(forged.body.into()),
            timeout_ms: PATIENCE_MS,
        };
        self.network.call(call).await.ok()
    }
}

fn rule_of(plan: &Plan) -> &str {
    plan.rule.as_deref().unwrap_or_default()
}

/// Whether the lie got as far as it can: not where the epoch moved, or a gateway heard nothing.
fn is_settled(endpoint: &str, reply: &Reply) -> bool {
    let moved = endpoint == "client/update"
        && UpdateResponse::decode(&reply.body)
            .is_ok_and(|it| matches!(it.outcome, UpdateOutcome::WrongEpoch { .. }));
    reply.status < 500 && !moved
}
