//! The driver: builds the hosts, and between ticks does what is on the agenda.
//!
//! A run has three parts. First everything that the script says, until the last fault has ended.
//! Then a rest, in which nothing goes wrong any more. Then the probe, and the end. A crash that
//! waits at a point keeps the rest from beginning for a while, and is called off by it.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use tokio::sync::mpsc::unbounded_channel;
use turmoil::Sim;

use super::access;
use super::agenda::{Agenda, Deed};
use super::cast::{Wish, WishKind};
use super::crew::{self, Client, Identity, Props};
use super::life::Trap;
use super::probes::{Members, probes};
use super::server::Server;
use super::time::{EPOCH_S, Now, tick_ms};
use super::watch::Watch;
use super::{PlayError, wire};
use crate::mimi::uri::{ClientUri, ProviderName, UserUri};
use crate::mimi::wire::AssetUrl;
use crate::node::points;
use crate::script::{Action, FaultKind, Link, Point, Script, Step};
use crate::trace::{Event, Journal, Phase};

/// Simulated milliseconds after the last deed for which crashes still wait at their points.
const PATIENCE_MS: u64 = 5_000;
/// Simulated milliseconds from the last probe to the end.
const AFTER_PROBES_MS: u64 = 10_000;

/// A run under way.
pub struct Stage<'s> {
    script: &'s Script,
    props: Rc<Props>,
    sim: Sim<'static>,
    hosts: Vec<String>,
    clients: BTreeMap<String, Client>,
    servers_down: BTreeMap<String, u32>,
    rolled_back: BTreeSet<String>,
    agenda: Agenda,
    world: Journal,
    watch: Watch,
    tick_ms: u64,
    now_ms: u64,
    last_deed_ms: u64,
    phase: Option<Phase>,
}

impl<'s> Stage<'s> {
    /// Builds hosts and nodes; nothing runs yet.
    pub fn new(script: &'s Script, props: Rc<Props>) -> Self {
        let mut sim = simulation(script);
        let mut hosts = Vec::new();
        let mut access = BTreeMap::new();
        for provider in &script.providers {
            add_server(&mut sim, provider, &props);
            let (orders, received) = unbounded_channel();
            sim.client(wire::access_network(provider.as_str()), access::carry(received));
            access.insert(provider.clone(), orders);
            hosts.extend([provider.to_string(), wire::access_network(provider.as_str())]);
        }
        Self {
            script,
            sim,
            hosts,
            clients: crew::clients(script, &access),
            servers_down: BTreeMap::new(),
            rolled_back: BTreeSet::new(),
            agenda: Agenda::of(script),
            world: props.log.journal("world"),
            watch: Watch::new(&props),
            props,
            tick_ms: tick_ms(&script.network),
            now_ms: 0,
            last_deed_ms: 0,
            phase: None,
        }
    }

    /// Plays to the end; returns how many simulated milliseconds it took.
    ///
    /// # Errors
    /// When a host ends with an error.
    pub fn play(&mut self) -> Result<u64, PlayError> {
        let script = self.script;
        for (name, _) in script.users.values().flat_map(|user| &user.clients) {
            self.bear(name);
        }
        loop {
            self.do_what_is_due();
            if self.phase == Some(Phase::End) {
                break;
            }
            let failed = |why: Box<dyn std::error::Error>| PlayError::Host(why.to_string());
            self.sim.step().map_err(failed)?;
            self.now_ms += self.tick_ms;
            Now.set(self.now_ms);
            self.spring_traps();
            self.watch.tick(&self.props);
        }
        Ok(self.now_ms)
    }

    fn do_what_is_due(&mut self) {
        while let Some(deed) = self.agenda.due(self.now_ms) {
            self.last_deed_ms = self.now_ms;
            self.perform(deed);
        }
        let patient = self.props.ambush.waits() && self.now_ms < self.last_deed_ms + PATIENCE_MS;
        if self.phase.is_none() && self.agenda.is_empty() && !patient {
            self.props.ambush.call_off();
            self.begin_phase(Phase::Rest);
            self.agenda.add(self.now_ms.saturating_add(self.script.rest_ms), Deed::Probe);
        }
    }

    fn perform(&mut self, deed: Deed) {
        let script = self.script;
        tracing::info!(?deed);
        match deed {
            Deed::Begin(index) => self.begin(&script.faults[index].kind, index),
            Deed::End(index) => self.end(&script.faults[index].kind),
            Deed::Step(index) => self.step(index),
            Deed::Await => (),
            Deed::Restart(node) => self.restart(&node),
            Deed::Probe => self.probe(),
            Deed::Ask { client, wish } => self.ask(&client, wish),
            Deed::Finish => {
                self.look_for_secrets();
                self.begin_phase(Phase::End);
            }
        }
    }

    fn begin_phase(&mut self, phase: Phase) {
        self.phase = Some(phase);
        self.world.record(Event::PhaseBegan { phase });
    }

    fn step(&mut self, index: usize) {
        let step = &self.script.steps[index];
        let Some(room) = self.script.rooms.get(&step.room) else { return };
        let Some(what) = wish_kind(self.script, step) else { return };
        let intent = intent_id(&self.script.steps, index);
        let wish = Wish { intent, room: room.uri.clone(), what, probe: false };
        self.bear(&step.client);
        self.ask(&step.client, wish);
    }

    fn bear(&mut self, client: &str) {
        if let Some(client) = self.clients.get_mut(client) {
            client.bear(&self.props);
        }
    }

    fn ask(&mut self, client: &str, wish: Wish) {
        if let Some(client) = self.clients.get_mut(client) {
            client.give(wish);
        }
    }

    fn probe(&mut self) {
        self.begin_phase(Phase::Probe);
        let can = |name: &str| self.clients.get(name).is_some_and(Client::can_act);
        let mut last = 0;
        let mut members = Members::default();
        self.props.log.each(|entry| members.note(entry));
        for (after, client, wish) in probes(self.script, &members, can) {
            last = last.max(after);
            self.agenda.add(self.now_ms + after, Deed::Ask { client, wish });
        }
        self.agenda.add(self.now_ms + last + AFTER_PROBES_MS, Deed::Finish);
    }

    fn look_for_secrets(&mut self) {
        let can = |name: &str| self.clients.get(name).is_some_and(Client::can_act);
        for event in self.watch.end(&self.props, can) {
            self.world.record(event);
        }
    }

    // Faults.

    fn begin(&mut self, fault: &FaultKind, index: usize) {
        match fault {
            FaultKind::Partition(link) => {
                self.cut(link);
                self.cut(&back(link));
            }
            FaultKind::PartitionOneWay(link) => self.cut(link),
            FaultKind::Hold(link) => {
                if self.props.links.hold(link) {
                    let Link { from, to } = link.clone();
                    self.world.record(Event::Held { from, to });
                }
            }
            FaultKind::Crash { node, point: None } => self.crash(node),
            FaultKind::Crash { node, point: Some(point) } => {
                let for_ms = self.script.faults[index].for_ms;
                let trap = Trap { node: node.clone(), point: point_name(*point), for_ms };
                self.props.ambush.wait(trap);
            }
            FaultKind::Rollback { node, back_ms } => {
                self.crash(node);
                self.props.cabinet.roll_back(node, *back_ms);
                self.rolled_back.insert(node.clone());
                if self.script.faults[index].for_ms.is_none() {
                    self.agenda.add(self.now_ms + self.tick_ms, Deed::Restart(node.clone()));
                }
            }
            FaultKind::Offline { client } => {
                if self.clients.get(client).is_some_and(|client| client.line.take_down()) {
                    self.record_of(client, Event::Offline);
                }
            }
            FaultKind::SlowDisk { node, up_to_ms } => {
                self.props.cabinet.slow_down(node, *up_to_ms);
            }
            FaultKind::ClockStep { node, .. } | FaultKind::ClockDrift { node, .. } => {
                let off_ms = self.props.clocks.begin(node, fault, self.now_ms);
                self.record_of(node, Event::ClockSet { off_ms });
            }
            _ => self.props.courier.begin(fault),
        }
        self.props.links.settle(&self.sim, &self.hosts);
    }

    fn end(&mut self, fault: &FaultKind) {
        match fault {
            FaultKind::Partition(link) => {
                self.heal(link);
                self.heal(&back(link));
            }
            FaultKind::PartitionOneWay(link) => self.heal(link),
            FaultKind::Hold(link) => {
                if self.props.links.release(link) {
                    let Link { from, to } = link.clone();
                    self.world.record(Event::Healed { from, to });
                }
            }
            FaultKind::Crash { node, .. } | FaultKind::Rollback { node, .. } => self.restart(node),
            FaultKind::Offline { client } => {
                if self.clients.get(client).is_some_and(|client| client.line.put_up()) {
                    self.record_of(client, Event::Online);
                }
            }
            FaultKind::SlowDisk { node, up_to_ms } => self.props.cabinet.speed_up(node, *up_to_ms),
            FaultKind::ClockStep { node, .. } | FaultKind::ClockDrift { node, .. } => {
                let off_ms = self.props.clocks.end(node, fault, self.now_ms);
                self.record_of(node, Event::ClockSet { off_ms });
            }
            _ => self.props.courier.end(fault),
        }
        self.props.links.settle(&self.sim, &self.hosts);
    }

    fn cut(&self, link: &Link) {
        if self.props.links.cut(link) {
            let Link { from, to } = link.clone();
            self.world.record(Event::Partitioned { from, to });
        }
    }

    fn heal(&self, link: &Link) {
        if self.props.links.heal(link) {
            let Link { from, to } = link.clone();
            self.world.record(Event::Healed { from, to });
        }
    }

    /// A power loss: what was on its way from a server is lost with it.
    fn crash(&mut self, node: &str) {
        let was_up = match self.clients.get_mut(node) {
            Some(client) => client.stop(&self.props),
            None => {
                let down = self.servers_down.entry(node.to_owned()).or_default();
                *down += 1;
                *down == 1
            }
        };
        if !was_up {
            return;
        }
        self.props.cabinet.cut_off(node);
        if !self.clients.contains_key(node) {
            self.props.links.darken(node);
            self.props.links.settle(&self.sim, &self.hosts);
            self.sim.crash(node);
        }
        self.record_of(node, Event::Crashed);
    }

    fn restart(&mut self, node: &str) {
        let rolled_back = self.rolled_back.contains(node);
        // Recorded before the node starts, so that its own entries come after.
        let last = match self.clients.get(node) {
            Some(client) => client.stops() == 1,
            None => self.servers_down.get(node) == Some(&1),
        };
        if last {
            self.rolled_back.remove(node);
            self.record_of(node, Event::Restarted { rolled_back });
            for event in self.watch.restart(&self.props, node) {
                self.record_of(node, event);
            }
        }
        if let Some(client) = self.clients.get_mut(node) {
            client.restart(&self.props);
            return;
        }
        if let Some(down) = self.servers_down.get_mut(node) {
            *down = down.saturating_sub(1);
        }
        if last {
            self.props.links.light(node);
            self.props.links.settle(&self.sim, &self.hosts);
            self.sim.bounce(node);
        }
    }

    fn spring_traps(&mut self) {
        for trap in self.props.ambush.sprung() {
            self.crash(&trap.node);
            self.last_deed_ms = self.now_ms;
            if let Some(for_ms) = trap.for_ms {
                self.agenda.add(self.now_ms.saturating_add(for_ms), Deed::Restart(trap.node));
            }
        }
    }

    fn record_of(&self, node: &str, event: Event) {
        self.props.log.journal(node).record(event);
    }
}

/// Latency is constant: the courier adds all jitter, keyed. turmoil draws from a shared stream.
fn simulation(script: &Script) -> Sim<'static> {
    let tick = tick_ms(&script.network);
    let latency = Duration::from_millis(script.network.latency_min_ms / tick * tick);
    turmoil::Builder::new()
        .rng_seed(script.seed)
        .epoch(UNIX_EPOCH + Duration::from_secs(EPOCH_S))
        .tick_duration(Duration::from_millis(tick))
        .simulation_duration(Duration::MAX)
        .min_message_latency(latency)
        .max_message_latency(latency)
        .tcp_capacity(4096)
        .ephemeral_ports(1024..=65535)
        .build()
}

fn add_server(sim: &mut Sim<'static>, provider: &ProviderName, props: &Rc<Props>) {
    let (name, props) = (provider.clone(), props.clone());
    let starts = Cell::new(0);
    sim.host(provider.as_str(), move || {
        let (provider, props) = (name.clone(), props.clone());
        let start = starts.replace(starts.get() + 1);
        async move {
            let identity = Identity::Server(provider.clone());
            let (given, life) = props.hand_out(&identity, start, &Rc::default());
            let work = Box::pin(async move {
                let journal = given.journal.clone();
                let service = props.cast.provider(&provider, given);
                let (providers, courier) = (props.providers.clone(), props.courier.clone());
                Server { provider, providers, service, courier, journal }.run().await
            });
            Ok(life.live(work).await?)
        }
    });
}

fn back(link: &Link) -> Link {
    Link { from: link.to.clone(), to: link.from.clone() }
}

/// `s`, the time and the client, so that a step keeps its id when others are taken out; a number
/// where a client wants several things at one time.
fn intent_id(steps: &[Step], index: usize) -> String {
    let step = &steps[index];
    let same = |other: &&Step| other.at_ms == step.at_ms && other.client == step.client;
    match steps[..index].iter().filter(same).count() {
        0 => format!("s{}-{}", step.at_ms, step.client),
        before => format!("s{}-{}-{}", step.at_ms, step.client, before + 1),
    }
}

/// A client by its short name, and whose it is.
fn owner<'s>(script: &'s Script, client: &str) -> Option<(&'s UserUri, &'s ClientUri)> {
    script.users.values().find_map(|user| {
        let mut clients = user.clients.iter().chain(&user.new_clients);
        clients.find(|(name, _)| name == client).map(|(_, uri)| (&user.uri, uri))
    })
}

fn wish_kind(script: &Script, step: &Step) -> Option<WishKind> {
    let room = script.rooms.get(&step.room);
    let uri = |user: &String| Some(script.users.get(user)?.uri.clone());
    Some(match &step.action {
        Action::Create => WishKind::Create(Box::new(room?.charter.clone())),
        Action::Add { user } => WishKind::Add(uri(user)?),
        Action::Remove { user } => WishKind::Remove(uri(user)?),
        Action::Send { text } => WishKind::Send(text.clone()),
        Action::Rename { name } => WishKind::Rename(name.clone()),
        Action::Update => WishKind::Update,
        Action::Leave => WishKind::Leave,
        Action::Join => WishKind::Join,
        Action::ReportAbuse { user, text } => {
            WishKind::ReportAbuse { user: uri(user)?, claim: text.clone() }
        }
        Action::JoinWith { code } => WishKind::JoinWith(code.clone()),
        Action::Invite { user, role } => WishKind::Invite(uri(user)?, role.clone()),
        Action::Ban { user } => WishKind::Ban(uri(user)?),
        Action::Unban { user, role } => WishKind::Unban(uri(user)?, role.clone()),
        Action::Kick { user } => WishKind::Kick(uri(user)?),
        Action::ChangeRole { user, role } => WishKind::ChangeRole(uri(user)?, role.clone()),
        Action::ChangeOwnRole { role } => {
            WishKind::ChangeRole(owner(script, &step.client)?.0.clone(), role.clone())
        }
        Action::RemoveClient { client } => WishKind::RemoveClient(owner(script, client)?.1.clone()),
        Action::SelfRemove => WishKind::SelfRemove,
        Action::ReAdd { user } => WishKind::ReAdd(uri(user)?),
        Action::Reboot { of } => WishKind::Reboot(script.rooms.get(of)?.uri.clone()),
        Action::ChangePolicy { change } => WishKind::ChangePolicy(change.clone()),
        Action::Consent { operation, user, here } => {
            WishKind::Consent { operation: operation.clone(), user: uri(user)?, here: *here }
        }
        Action::DeleteAccount => WishKind::DeleteAccount,
        Action::FindUser { provider, query } => WishKind::FindUser(provider.clone(), query.clone()),
        Action::Upload { name } => WishKind::Upload(name.clone()),
        Action::Download { user, name } => {
            let host = uri(user)?.provider().clone();
            WishKind::Download(AssetUrl { host, name: name.clone() })
        }
    })
}

fn point_name(point: Point) -> &'static str {
    match point {
        Point::BeforeDurable => points::BEFORE_DURABLE,
        Point::AfterDurable => points::AFTER_DURABLE,
        Point::AfterAnswer => points::AFTER_ANSWER,
        Point::BeforeSend => points::BEFORE_SEND,
        Point::BeforeMerge => points::BEFORE_MERGE,
        Point::AfterMerge => points::AFTER_MERGE,
    }
}
