//! The real nodes, made from what the world gives them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::UnboundedReceiver;

use super::inside::Inside;
use crate::adversary::{
    AilingDisk, BehaviourInfo, Drafts, ForgedGroupInfo, Ghost, Keep, Liar, Made, Meddling, Other,
    OthersKeys, Overreach, Pair, Part, Plan, Puppet, SecondProgram, SecondServer, Thief, TwoHubs,
};
use crate::client::{self, Stock};
use crate::mimi::rules::{Actor, Readings, RuleSet, UnknownId};
use crate::mimi::uri::{ClientUri, ProviderName, UserUri};
use crate::mimi::watch::Watching;
use crate::mls::{Franker, Identity, Meter, as_written};
use crate::node::{Disk, Network, Service, Task};
use crate::provider::{self, KeyMaterialPolicy, Server, Setup};
use crate::script::{Behaviour, KeyMaterial, Misbehaviour, Script};
use crate::trace::Journal;
use crate::world::cast::{Cast, Given, Wish};
use crate::world::inspect::Inspector;
use crate::world::time::EPOCH_S;

/// The nodes of one script.
#[derive(Clone)]
pub struct Company {
    rules: RuleSet,
    hub_rules: RuleSet,
    /// The rules that a hub does not check even where it is honest.
    hub_without: Vec<String>,
    commit_delay_ms: (u64, u64),
    key_material: KeyMaterial,
    watching: Watching,
    plain_clients: BTreeSet<ClientUri>,
    /// What is not as it should be, by the node's name in the script.
    plans: BTreeMap<String, Vec<Plan>>,
}

impl Company {
    /// The nodes that this script asks for.
    ///
    /// # Errors
    /// When the script names a rule or a reading that there is not.
    pub fn of(script: &Script) -> Result<Self, UnknownId> {
        let mut plans: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for misbehaviour in &script.misbehaviour {
            // A script that was read names only rooms that there are.
            if let Some(plan) = plan(script, misbehaviour) {
                plans.entry(misbehaviour.node.clone()).or_default().push(plan);
            }
        }
        let (protocol, watch) = (&script.protocol, &script.protocol.watch);
        let clients =
            script.users.values().flat_map(|user| user.clients.iter().chain(&user.new_clients));
        let plain = &protocol.key_material.plain_clients;
        let plain_clients = clients.filter(|(name, _)| plain.contains(name));
        let readings = Readings::of(&protocol.readings)?;
        let rules = |without: &[String]| {
            RuleSet::without(without).map(|rules| rules.reading(readings.clone()))
        };
        let hub_without = [&protocol.without[..], &protocol.hub_without].concat();
        Ok(Self {
            rules: rules(&protocol.without)?,
            hub_rules: rules(&hub_without)?,
            hub_without,
            commit_delay_ms: (protocol.commit_delay_min_ms, protocol.commit_delay_max_ms),
            key_material: protocol.key_material.clone(),
            watching: Watching::of(&watch.detectors, watch.every_ms, watch.patience_ms)?,
            plain_clients: plain_clients.map(|(_, uri)| uri.clone()).collect(),
            plans,
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
            disk: self.server_disk(name, given, disk),
            points: given.points.clone(),
            journal: given.journal.clone(),
            random: given.random,
            meter: meter(given),
            rules: self.hub_rules.clone(),
            key_material: KeyMaterialPolicy {
                explicit_consent: self.key_material.explicit_consent,
                mask_unknown_users: self.key_material.mask_unknown_users,
            },
            watching: self.watching.clone(),
        }
    }

    /// A server's disk, as far as the script lets it be one.
    fn server_disk(
        &self,
        name: &ProviderName,
        given: &Given,
        disk: &str,
    ) -> Rc<dyn Disk<provider::Stored>> {
        let ailing = |(made, plan): (Made, &Plan)| match made {
            Made::ServerDisk(keep) => Some((plan.clone(), keep)),
            _ => None,
        };
        let ailing = self.plans(name.as_str()).filter_map(ailing);
        ailing.fold(given.disks.disk(disk), |disk, plan| behind(disk, plan, given))
    }

    /// A client's disk, likewise.
    fn client_disk(&self, client: &ClientUri, given: &Given) -> Rc<dyn Disk<client::Stored>> {
        let ailing = |(made, plan): (Made, &Plan)| match made {
            Made::ClientDisk(keep) => Some((plan.clone(), keep)),
            _ => None,
        };
        let ailing = self.plans(client.name()).filter_map(ailing);
        let disk = ailing.fold(given.disks.disk("state"), |disk, plan| behind(disk, plan, given));
        self.plans(client.name()).fold(disk, |disk, (made, plan)| {
            let other = plan.clients.iter().find(|other| *other != client);
            let Some(other) = other.filter(|_| matches!(made, Made::OthersKeys)) else {
                return disk;
            };
            let other = given.disks.beside(other.name()).disk("state");
            let (clock, journal) = (given.clock.clone(), given.journal.clone());
            OthersKeys::before(disk, other, plan.clone(), clock, journal)
        })
    }

    /// What a client is made with; `program` tells several of one life apart.
    fn client_setup(
        &self,
        client: &ClientUri,
        user: &UserUri,
        given: &Given,
        program: u8,
    ) -> client::Setup {
        let meddling = self.meddling(client.name(), given);
        client::Setup {
            actor: Actor { client: client.clone(), user: user.clone() },
            meter: meter(given),
            dialect: as_written,
            disk: self.client_disk(client, given),
            network: through(&meddling, given.network.clone()),
            clock: given.clock.clone(),
            points: given.points.clone(),
            journal: given.journal.clone(),
            random: chance_of(given.random, program),
            commit_delay_ms: self.commit_delay_ms,
            rules: self.rules.clone(),
            key_packages: Stock {
                // More than a body can hold are never asked for.
                count: usize::try_from(self.key_material.key_packages).unwrap_or(usize::MAX),
                lifetime_ms: self.key_material.lifetime_ms,
                last_resort: self.key_material.last_resort,
                plain: self.plain_clients.contains(client),
            },
            watching: self.watching.clone(),
            out_of_band: given.out_of_band.clone(),
        }
    }

    /// The client, or where the script has another program on its disk, both of them.
    fn program_or_two(
        &self,
        client: &ClientUri,
        user: &UserUri,
        given: Given,
        wishes: UnboundedReceiver<Wish>,
    ) -> Task<()> {
        let second = |(made, plan)| match made {
            Made::SecondProgram(other) => Some((other, plan)),
            _ => None,
        };
        let Some((other, plan)) = self.plans(client.name()).find_map(second) else {
            let setup = self.client_setup(client, user, &given, 0);
            return Box::pin(client::run(setup, wishes));
        };
        let (plan, clock, journal) = (plan.clone(), given.clock.clone(), given.journal.clone());
        let (company, client, user) = (self.clone(), client.clone(), user.clone());
        let make = Box::new(move |journal, program| {
            let given = Given { journal, ..given.clone() };
            let setup = company.client_setup(&client, &user, &given, program);
            match other {
                Other::Build(dialect) if program == 1 => client::Setup { dialect, ..setup },
                _ => setup,
            }
        });
        Box::pin(SecondProgram { plan, other, clock, journal, make }.run(wishes))
    }

    /// What this user's wishes pass before the client hears them.
    fn drafts(&self, client: &ClientUri, given: &Given) -> Vec<Drafts> {
        let drafts = |(made, plan): (Made, &Plan)| {
            matches!(made, Made::Drafts).then(|| Drafts {
                plan: plan.clone(),
                client: client.clone(),
                network: given.network.clone(),
                clock: given.clock.clone(),
                journal: given.journal.clone(),
            })
        };
        self.plans(client.name()).filter_map(drafts).collect()
    }

    /// What this node is to do, with what makes it.
    fn plans(&self, node: &str) -> impl Iterator<Item = (Made, &Plan)> {
        let plans = self.plans.get(node).into_iter().flatten();
        plans.filter_map(|plan| Some((BehaviourInfo::of(plan.id)?.made, plan)))
    }

    /// The liars between this node and its network.
    fn meddling(&self, node: &str, given: &Given) -> Vec<Rc<Meddling>> {
        let meddling = |(made, plan): (Made, &Plan)| {
            let meddler = match made {
                Made::Meddler(make) => make(plan),
                Made::FrankMeddler(make) => make(plan, keys(plan.room.provider(), given).1),
                _ => return None,
            };
            let (clock, journal) = (given.clock.clone(), given.journal.clone());
            Some(Meddling::new(plan.clone(), meddler, clock, journal))
        };
        self.plans(node).filter_map(meddling).collect()
    }

    /// Thieves who come to a client's disk.
    fn thieves(&self, client: &ClientUri, given: &Given) -> Vec<Task<()>> {
        let thief = |(made, plan): (Made, &Plan)| -> Option<Task<()>> {
            let Made::Thief = made else { return None };
            let thief = Thief {
                plan: plan.clone(),
                disk: given.disks.disk("state"),
                told: given.disks.disk("told"),
                clock: given.clock.clone(),
                journal: given.journal.clone(),
            };
            Some(Box::pin(thief.come()))
        };
        self.plans(client.name()).filter_map(thief).collect()
    }

    /// Liars that the script puts beside a client.
    fn liars_beside(&self, client: &ClientUri, user: &UserUri, given: &Given) -> Vec<Task<()>> {
        let liar = |(made, plan): (Made, &Plan)| -> Option<Task<()>> {
            let Made::Liar = made else { return None };
            let mut hash = Sha256::new();
            hash.update(given.random);
            hash.update(plan.rule.as_deref().unwrap_or(plan.id));
            let liar = Liar {
                actor: Actor { client: client.clone(), user: user.clone() },
                network: given.network.clone(),
                clock: given.clock.clone(),
                disk: given.disks.disk("state"),
                told: given.disks.disk("told"),
                journal: given.journal.clone(),
                random: hash.finalize().into(),
                copy: RefCell::default(),
            };
            Some(Box::pin(liar.tell(plan.clone())))
        };
        self.plans(client.name()).filter_map(liar).collect()
    }

    /// An honest server, or two that the script makes of one hub.
    fn hub_or_two(&self, name: &ProviderName, given: Given) -> Rc<dyn Service> {
        let (network, clock) = (given.network.clone(), given.clock.clone());
        let journal = given.journal.clone();
        // A script that was read has one such plan for a hub at most.
        for (made, plan) in self.plans(name.as_str()) {
            let pair = |unchecked: &[String], heard: Journal| {
                self.pair(name, given.clone(), unchecked, heard)
            };
            let part = match made {
                Made::TwoHubs(begins) => {
                    let come = given.disks.disk("lie");
                    let (plan, pair) = ((plan.clone(), begins), pair(&[], journal.clone()));
                    return Rc::new(TwoHubs::new(plan, network, (clock, come), journal, pair));
                }
                Made::SecondServer(part) => part,
                Made::Ghost => Part::BlindToGhosts,
                _ => continue,
            };
            // What it decides beside the first is not the hub's decision: who asked was refused.
            let is_heard = part != Part::Welcoming;
            let heard = if is_heard { journal.clone() } else { journal.unread() };
            let pair = pair(&part.unchecked(plan), heard);
            let plan = (plan.clone(), part);
            return Rc::new(SecondServer::new(plan, network, clock, journal, pair));
        }
        Rc::new(Server::start(self.setup(name, &given, network, "state")))
    }

    /// Two servers, of which the second does not check these rules, and has this journal.
    fn pair(
        &self,
        name: &ProviderName,
        given: Given,
        unchecked: &[String],
        journal: Journal,
    ) -> Box<Servers> {
        let off = [&self.hub_without[..], unchecked].concat();
        // A script that was read names only rules that there are.
        let rules = RuleSet::without(&off).unwrap_or_else(|_| self.hub_rules.clone());
        let rules = rules.reading(self.hub_rules.readings().clone());
        Box::new(Servers { company: self.clone(), name: name.clone(), given, rules, journal })
    }
}

/// Makes the two servers that stand behind one name.
struct Servers {
    company: Company,
    name: ProviderName,
    given: Given,
    /// What the second one checks.
    rules: RuleSet,
    /// Where the second one records.
    journal: Journal,
}

impl Servers {
    fn second_setup(&self, network: Rc<dyn Network>) -> Setup {
        let setup = self.company.setup(&self.name, &self.given, network, "second state");
        Setup { rules: self.rules.clone(), journal: self.journal.clone(), ..setup }
    }
}

impl Pair<Server> for Servers {
    fn first(&self, network: Rc<dyn Network>) -> Server {
        Server::start(self.company.setup(&self.name, &self.given, network, "state"))
    }

    fn second(&self, network: Rc<dyn Network>, first: &Server) -> Server {
        let setup = self.second_setup(network);
        setup.disk.sync(first.stored());
        Server::start(setup)
    }

    fn second_again(&self, network: Rc<dyn Network>) -> Option<Server> {
        let setup = self.second_setup(network);
        setup.disk.load().map(|_| Server::start(setup))
    }
}

impl Cast for Company {
    fn provider(&self, name: &ProviderName, given: Given) -> Rc<dyn Service> {
        let meddling = self.meddling(name.as_str(), &given);
        let network = through(&meddling, given.network.clone());
        let server = self.hub_or_two(name, Given { network, ..given.clone() });
        let server = meddling.iter().fold(server, |server, it| it.before_server(server));
        self.plans(name.as_str())
            .fold(server, |server, (made, plan)| before(made, plan, name, server, &given))
    }

    fn client(
        &self,
        client: &ClientUri,
        user: &UserUri,
        given: Given,
        wishes: UnboundedReceiver<Wish>,
    ) -> Task<()> {
        let mut beside = self.liars_beside(client, user, &given);
        beside.extend(self.thieves(client, &given));
        let drafts = self.drafts(client, &given);
        let (company, client, user) = (self.clone(), client.clone(), user.clone());
        Box::pin(async move {
            for somebody in beside {
                tokio::task::spawn_local(somebody);
            }
            let wishes = drafts.into_iter().fold(wishes, |wishes, it| it.before(wishes));
            company.program_or_two(&client, &user, given, wishes).await;
        })
    }

    fn inspector(&self) -> Option<&dyn Inspector> {
        Some(&Inside)
    }
}

/// What a misbehaviour of the script is to do; none where it names what there is not.
fn plan(script: &Script, misbehaviour: &Misbehaviour) -> Option<Plan> {
    let Behaviour { id, room, side, user, rule, code } = &misbehaviour.behaviour;
    let from_ms = EPOCH_S * 1_000 + misbehaviour.at_ms;
    let user = match user {
        Some(name) => Some(script.users.get(name)?),
        None => None,
    };
    let clients = user.iter().flat_map(|user| &user.clients);
    Some(Plan {
        id,
        room: script.rooms.get(room)?.uri.clone(),
        side: side.iter().cloned().collect(),
        user: user.map(|user| user.uri.clone()),
        clients: clients.map(|(_, uri)| uri.clone()).collect(),
        rule: rule.clone(),
        code: code.clone(),
        from_ms,
        until_ms: misbehaviour.for_ms.map(|for_ms| from_ms + for_ms),
    })
}

/// A disk that keeps less than it says.
fn behind<S: 'static>(
    disk: Rc<dyn Disk<S>>,
    (plan, keep): (Plan, Keep<S>),
    given: &Given,
) -> Rc<dyn Disk<S>> {
    AilingDisk::before(disk, (plan, keep), given.clock.clone(), given.journal.clone())
}

/// The network behind all who meddle; the first of them is the nearest to it.
fn through(meddling: &[Rc<Meddling>], network: Rc<dyn Network>) -> Rc<dyn Network> {
    meddling.iter().fold(network, |network, it| it.before_network(network))
}

/// A server with the liar before it, where this is one that stands there.
fn before(
    made: Made,
    plan: &Plan,
    name: &ProviderName,
    server: Rc<dyn Service>,
    given: &Given,
) -> Rc<dyn Service> {
    let (plan, identity) = (plan.clone(), keys(name, given).0);
    let (clock, journal) = (given.clock.clone(), given.journal.clone());
    let user = plan.user.as_ref();
    let puppet = || Puppet::of(user?, &plan.room, server.clone(), given.random).map(Rc::new);
    match made {
        Made::Overreach => Rc::new(Overreach {
            plan,
            identity,
            server,
            network: given.network.clone(),
            clock,
            journal,
            random: given.random,
            done: given.disks.disk("done"),
        }),
        Made::ForgedGroupInfo(forgery) => {
            let Some(puppet) = puppet() else { return server };
            let told = Rc::default();
            Rc::new(ForgedGroupInfo {
                plan,
                forgery,
                identity,
                puppet,
                server,
                clock,
                journal,
                told,
            })
        }
        Made::Ghost => {
            let Some(puppet) = puppet() else { return server };
            Rc::new(Ghost { plan, identity, puppet, server, clock, done: given.disks.disk("done") })
        }
        _ => server,
    }
}

/// What the server signs and franks with.
fn keys(name: &ProviderName, given: &Given) -> (Identity, Franker) {
    let stored: Option<provider::Stored> = given.disks.disk("state").load();
    stored.map_or_else(
        || (Identity::hub(name, given.random), Franker::of(name, &given.random)),
        |stored| (stored.identity(name), stored.franker(name)),
    )
}

/// The chance of one program of a node's life; that of the first is the life's own.
fn chance_of(life: [u8; 32], program: u8) -> [u8; 32] {
    if program == 0 {
        return life;
    }
    let mut hash = Sha256::new();
    hash.update(life);
    hash.update([program]);
    hash.finalize().into()
}

fn meter(given: &Given) -> Meter {
    let (watch, sink) = (given.stopwatch.clone(), given.stopwatch.clone());
    Meter::new(Rc::new(move || watch.nanos()), Rc::new(move |nanos| sink.spent(nanos)))
}
