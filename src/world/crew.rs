//! The nodes of a run: what each is, whether it runs, and what is put into its hands.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::access::Order;
use super::cast::{Cast, Given, Wish};
use super::chance::Chance;
use super::clocks::{Clocks, NodeClock};
use super::courier::Courier;
use super::dialer::{Dialer, Line};
use super::disk::Cabinet;
use super::life::{Ambush, Life, LifePoints};
use super::links::Links;
use super::meetings::{Meetings, Nobody};
use super::stopwatch::WallStopwatch;
use super::tap::Tap;
use super::time::Now;
use super::wire;
use crate::mimi::uri::{ClientUri, ProviderName, UserUri};
use crate::script::Script;
use crate::trace::Log;

/// What all nodes of a run share.
pub struct Props {
    /// Makes the nodes.
    pub cast: Rc<dyn Cast>,
    /// The run's record.
    pub log: Rc<Log>,
    /// The run's dice.
    pub chance: Chance,
    /// Decides over requests.
    pub courier: Rc<Courier>,
    /// What reaches what.
    pub links: Rc<Links>,
    /// What nodes' clocks show.
    pub clocks: Rc<Clocks>,
    /// Crashes that wait at points.
    pub ambush: Rc<Ambush>,
    /// What was sent.
    pub tap: Rc<Tap>,
    /// What survives crashes.
    pub cabinet: Rc<Cabinet>,
    /// Wall time, for figures.
    pub stopwatch: Rc<WallStopwatch>,
    /// Where users meet.
    pub meetings: Rc<Meetings>,
    /// All providers.
    pub providers: Rc<[ProviderName]>,
}

impl Props {
    /// Everything for one life of a node, `start` being how often it was started before.
    pub fn hand_out(&self, node: &Identity, start: u64, line: &Rc<Line>) -> (Given, Rc<Life>) {
        let life = Life::new(node.name());
        let journal = self.log.journal(node.name());
        let network = Dialer {
            provider: node.provider().clone(),
            client: node.client().cloned(),
            host: node.host(),
            journal: journal.clone(),
            line: line.clone(),
            courier: self.courier.clone(),
            links: self.links.clone(),
            tap: self.tap.clone(),
        };
        let given = Given {
            network: Rc::new(network),
            clock: Rc::new(NodeClock { node: node.name().into(), clocks: self.clocks.clone() }),
            points: Rc::new(LifePoints { life: life.clone(), ambush: self.ambush.clone() }),
            journal,
            random: self.chance.bytes("node", &[node.name(), &start.to_string()]),
            disks: self.cabinet.of(node.name()),
            stopwatch: self.stopwatch.clone(),
            out_of_band: node
                .client()
                .map_or_else(|| Rc::new(Nobody) as Rc<_>, |client| self.meetings.attend(client)),
        };
        (given, life)
    }
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// A provider's server.
    Server(ProviderName),
    /// A client.
    Client {
        /// Its short name.
        name: String,
        /// Its URI.
        uri: ClientUri,
        /// Whose it is.
        user: UserUri,
    },
}

impl Identity {
    /// The name in the trace.
    pub fn name(&self) -> &str {
        match self {
            Self::Server(provider) => provider.as_str(),
            Self::Client { name, .. } => name,
        }
    }

    /// The provider that runs or serves it.
    pub fn provider(&self) -> &ProviderName {
        match self {
            Self::Server(provider) => provider,
            Self::Client { uri, .. } => uri.provider(),
        }
    }

    /// The host that it runs on.
    pub fn host(&self) -> String {
        match self {
            Self::Server(provider) => provider.to_string(),
            Self::Client { uri, .. } => wire::access_network(uri.provider().as_str()),
        }
    }

    fn client(&self) -> Option<&ClientUri> {
        match self {
            Self::Server(_) => None,
            Self::Client { uri, .. } => Some(uri),
        }
    }
}

impl Running {
    fn give(&mut self, wish: Wish) {
        if self.unseen.0 != Now.ms() {
            self.unseen = (Now.ms(), Vec::new());
        }
        self.unseen.1.push(wish.clone());
        // A client that ended by itself wants nothing any more.
        drop(self.wishes.send(wish));
    }
}

/// A client as the driver sees it.
pub struct Client {
    identity: Identity,
    /// Its line to its provider.
    pub line: Rc<Line>,
    access: UnboundedSender<Order>,
    born: bool,
    starts: Cell<u64>,
    down: u32,
    waiting: VecDeque<Wish>,
    running: Option<Running>,
}

/// A life of a client that has not ended.
struct Running {
    life: Rc<Life>,
    wishes: UnboundedSender<Wish>,
    /// Wishes given since the last tick, which it can't have seen, and when that was.
    unseen: (u64, Vec<Wish>),
}

impl Client {
    fn new(identity: Identity, access: UnboundedSender<Order>) -> Self {
        Self {
            identity,
            line: Rc::default(),
            access,
            born: false,
            starts: Cell::new(0),
            down: 0,
            waiting: VecDeque::new(),
            running: None,
        }
    }

    /// Whether it runs and has a line.
    pub fn can_act(&self) -> bool {
        self.running.is_some() && !self.line.is_down()
    }

    /// It exists from here on.
    pub fn bear(&mut self, props: &Rc<Props>) {
        if !self.born {
            self.born = true;
            self.start(props);
        }
    }

    /// Gives it a wish, now or as soon as it runs.
    pub fn give(&mut self, wish: Wish) {
        match &mut self.running {
            Some(running) => running.give(wish),
            None => self.waiting.push_back(wish),
        }
    }

    /// A fault stops it; tells whether it was up.
    pub fn stop(&mut self, props: &Props) -> bool {
        self.down += 1;
        if let Some(client) = self.identity.client() {
            props.meetings.leave(client);
        }
        if let Some(running) = self.running.take() {
            // Its task ends within the next tick, in which it might have run once more.
            running.life.freeze();
            if running.unseen.0 == Now.ms() {
                self.waiting.extend(running.unseen.1);
            }
            // The access network lives as long as the run.
            drop(self.access.send(Order::Stop(self.identity.name().to_owned())));
        }
        self.down == 1
    }

    /// How many faults keep it down.
    pub fn stops(&self) -> u32 {
        self.down
    }

    /// A fault ends; it runs again if that was the last.
    pub fn restart(&mut self, props: &Rc<Props>) {
        self.down = self.down.saturating_sub(1);
        if self.born {
            self.start(props);
        }
    }

    fn start(&mut self, props: &Rc<Props>) {
        if self.down > 0 || self.running.is_some() {
            return;
        }
        let Identity::Client { name, uri, user } = self.identity.clone() else { return };
        let start = self.starts.replace(self.starts.get() + 1);
        let (given, life) = props.hand_out(&self.identity, start, &self.line);
        let (sender, wishes) = unbounded_channel();
        for wish in self.waiting.drain(..) {
            // The receiver is two lines above.
            drop(sender.send(wish));
        }
        self.running =
            Some(Running { life: life.clone(), wishes: sender, unseen: (0, Vec::new()) });
        let cast = props.cast.clone();
        let work = Box::pin(async move { cast.client(&uri, &user, given, wishes).await });
        let body = Box::pin(life.live(work));
        drop(self.access.send(Order::Start(name, body)));
    }
}

/// All clients of a script by short name, none of them born.
pub fn clients(
    script: &Script,
    access: &BTreeMap<ProviderName, UnboundedSender<Order>>,
) -> BTreeMap<String, Client> {
    let mut found = BTreeMap::new();
    for user in script.users.values() {
        for (name, uri) in user.clients.iter().chain(&user.new_clients) {
            let Some(access) = access.get(uri.provider()) else { continue };
            let (uri, user) = (uri.clone(), user.uri.clone());
            let identity = Identity::Client { name: name.clone(), uri, user };
            found.insert(name.clone(), Client::new(identity, access.clone()));
        }
    }
    found
}
