//! The real nodes, made from what the world gives them.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::UnboundedReceiver;

use super::inside::Inside;
use crate::adversary::{
    Equivocation, Liar, Overreach, Overreaching, RuleBreaking, Spoiling, SpoiltFranks, TwoHubs,
};
use crate::client::{self, Stock};
use crate::mimi::rules::{Actor, Readings, RuleSet, UnknownId};
use crate::mimi::uri::{ClientUri, ProviderName, UserUri};
use crate::mls::{Identity, Meter};
use crate::node::{Network, Service, Task};
use crate::provider::{self, KeyMaterialPolicy, Server, Setup};
use crate::script::{Behaviour, KeyMaterial, Script};
use crate::world::cast::{Cast, Given, Wish};
use crate::world::inspect::Inspector;
use crate::world::time::EPOCH_S;

/// The nodes of one script.
#[derive(Clone)]
pub struct Company {
    rules: RuleSet,
    hub_rules: RuleSet,
    commit_delay_ms: (u64, u64),
    key_material: KeyMaterial,
    plain_clients: BTreeSet<ClientUri>,
    equivocations: BTreeMap<ProviderName, Equivocation>,
    /// By the follower's domain.
    spoilings: BTreeMap<String, Vec<Spoiling>>,
    /// By the follower's domain.
    overreachings: BTreeMap<String, Vec<Overreaching>>,
    lies: BTreeMap<ClientUri, Vec<RuleBreaking>>,
}

impl Company {
    /// The nodes that this script asks for.
    ///
    /// # Errors
    /// When the script names a rule or a reading that there is not.
    pub fn of(script: &Script) -> Result<Self, UnknownId> {
        let mut equivocations = BTreeMap::new();
        let mut spoilings: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut overreachings: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut lies: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for misbehaviour in &script.misbehaviour {
            let from_ms = EPOCH_S * 1_000 + misbehaviour.at_ms;
            let uri = |room: &String| script.rooms.get(room).map(|room| room.uri.clone());
            match &misbehaviour.behaviour {
                Behaviour::HubEquivocates { room, side } => {
                    let Some(room) = uri(room) else { continue };
                    let side = side.iter().cloned().collect::<BTreeSet<_>>();
                    let plan = Equivocation { room: room.clone(), side, from_ms };
                    equivocations.insert(room.provider().clone(), plan);
                }
                Behaviour::FollowerSpoilsFranks { room } => {
                    let Some(room) = uri(room) else { continue };
                    let until_ms = misbehaviour.for_ms.map(|for_ms| from_ms + for_ms);
                    let plan = Spoiling { room, from_ms, until_ms };
                    spoilings.entry(misbehaviour.node.clone()).or_default().push(plan);
                }
                Behaviour::FollowerProposesMore { room, user } => {
                    let user = script.users.get(user).map(|user| user.uri.clone());
                    let (Some(room), Some(user)) = (uri(room), user) else { continue };
                    let plan = Overreaching { room, user, from_ms };
                    overreachings.entry(misbehaviour.node.clone()).or_default().push(plan);
                }
                Behaviour::ClientBreaksRule { room, rule, user } => {
                    let user = script.users.get(user).map(|user| user.uri.clone());
                    let mut all = script
                        .users
                        .values()
                        .flat_map(|user| user.clients.iter().chain(&user.new_clients));
                    let client = all.find(|(name, _)| *name == misbehaviour.node);
                    let (Some(room), Some(victim), Some((_, client))) = (uri(room), user, client)
                    else {
                        continue;
                    };
                    let plan = RuleBreaking { rule: rule.clone(), room, victim, at_ms: from_ms };
                    lies.entry(client.clone()).or_default().push(plan);
                }
            }
        }
        let protocol = &script.protocol;
        let clients =
            script.users.values().flat_map(|user| user.clients.iter().chain(&user.new_clients));
        let plain = &protocol.key_material.plain_clients;
        let plain_clients = clients.filter(|(name, _)| plain.contains(name));
        let readings = Readings::of(&protocol.readings)?;
        let rules = |without: &[String]| {
            RuleSet::without(without).map(|rules| rules.reading(readings.clone()))
        };
        Ok(Self {
            rules: rules(&protocol.without)?,
            hub_rules: rules(&[&protocol.without[..], &protocol.hub_without].concat())?,
            commit_delay_ms: (protocol.commit_delay_min_ms, protocol.commit_delay_max_ms),
            key_material: protocol.key_material.clone(),
            plain_clients: plain_clients.map(|(_, uri)| uri.clone()).collect(),
            equivocations,
            spoilings,
            overreachings,
            lies,
        })
    }

    fn setup(
        &self,
        name: &ProviderName,
        given: &Given,
        network: Rc<dyn Network>,
        disk: &str,
    ) -> Setup {
        Setup {
            name: name.clone(),
            network,
            clock: given.clock.clone(),
            disk: given.disks.disk(disk),
            points: given.points.clone(),
            journal: given.journal.clone(),
            random: given.random,
            meter: meter(given),
            rules: self.hub_rules.clone(),
            key_material: KeyMaterialPolicy {
                explicit_consent: self.key_material.explicit_consent,
                mask_unknown_users: self.key_material.mask_unknown_users,
            },
        }
    }

    /// Liars that the script puts beside a client.
    fn liars_beside(&self, client: &ClientUri, user: &UserUri, given: &Given) -> Vec<Task<()>> {
        let plans = self.lies.get(client).into_iter().flatten();
        let liar = |plan: &RuleBreaking| -> Task<()> {
            let mut hash = Sha256::new();
            hash.update(given.random);
            hash.update(&plan.rule);
            let liar = Liar {
                actor: Actor { client: client.clone(), user: user.clone() },
                network: given.network.clone(),
                clock: given.clock.clone(),
                disk: given.disks.disk("state"),
                told: given.disks.disk("told"),
                journal: given.journal.clone(),
                random: hash.finalize().into(),
            };
            Box::pin(liar.break_rule(plan.clone()))
        };
        plans.map(liar).collect()
    }

    /// An honest server, or two that the script makes of one hub.
    fn hub_or_two(&self, name: &ProviderName, given: Given) -> Rc<dyn Service> {
        let Some(plan) = self.equivocations.get(name) else {
            let network = given.network.clone();
            return Rc::new(Server::start(self.setup(name, &given, network, "state")));
        };
        let (network, clock) = (given.network.clone(), given.clock.clone());
        let journal = given.journal.clone();
        let (name, company) = (name.clone(), self.clone());
        let make = move |network: Rc<dyn Network>, copied: Option<&Server>| match copied {
            None => Server::start(company.setup(&name, &given, network, "state")),
            Some(first) => {
                let setup = company.setup(&name, &given, network, "second state");
                setup.disk.sync(first.stored());
                Server::start(setup)
            }
        };
        Rc::new(TwoHubs::new(plan.clone(), network, clock, journal, Box::new(make)))
    }
}

impl Cast for Company {
    fn provider(&self, name: &ProviderName, given: Given) -> Rc<dyn Service> {
        let server = self.hub_or_two(name, given.clone());
        let plans = self.spoilings.get(name.as_str()).into_iter().flatten();
        let server = plans.fold(server, |server, plan| {
            let (clock, journal) = (given.clock.clone(), given.journal.clone());
            Rc::new(SpoiltFranks::new(plan.clone(), server, clock, journal))
        });
        let plans = self.overreachings.get(name.as_str()).into_iter().flatten();
        plans.fold(server, |server, plan| overreaching(plan, name, server, &given))
    }

    fn client(
        &self,
        client: &ClientUri,
        user: &UserUri,
        given: Given,
        wishes: UnboundedReceiver<Wish>,
    ) -> Task<()> {
        let liars = self.liars_beside(client, user, &given);
        let setup = client::Setup {
            actor: Actor { client: client.clone(), user: user.clone() },
            meter: meter(&given),
            disk: given.disks.disk("state"),
            network: given.network,
            clock: given.clock,
            points: given.points,
            journal: given.journal,
            random: given.random,
            commit_delay_ms: self.commit_delay_ms,
            rules: self.rules.clone(),
            key_packages: Stock {
                // More than a body can hold are never asked for.
                count: usize::try_from(self.key_material.key_packages).unwrap_or(usize::MAX),
                lifetime_ms: self.key_material.lifetime_ms,
                last_resort: self.key_material.last_resort,
                plain: self.plain_clients.contains(client),
            },
        };
        Box::pin(async move {
            for liar in liars {
                tokio::task::spawn_local(liar);
            }
            client::run(setup, wishes).await;
        })
    }

    fn inspector(&self) -> Option<&dyn Inspector> {
        Some(&Inside)
    }
}

/// A server before which a liar stands that proposes in its name.
fn overreaching(
    plan: &Overreaching,
    name: &ProviderName,
    server: Rc<dyn Service>,
    given: &Given,
) -> Rc<dyn Service> {
    let stored: Option<provider::Stored> = given.disks.disk("state").load();
    let identity =
        stored.map_or_else(|| Identity::hub(name, given.random), |stored| stored.identity(name));
    Rc::new(Overreach {
        plan: plan.clone(),
        identity,
        server,
        network: given.network.clone(),
        clock: given.clock.clone(),
        journal: given.journal.clone(),
        random: given.random,
        done: Cell::new(false),
    })
}

fn meter(given: &Given) -> Meter {
    let (watch, sink) = (given.stopwatch.clone(), given.stopwatch.clone());
    Meter::new(Rc::new(move || watch.nanos()), Rc::new(move |nanos| sink.spent(nanos)))
}
