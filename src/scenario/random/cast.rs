//! Who is there, where a file leaves it to chance: providers, users with their clients, rooms with
//! their policies, and the network between them.
//!
//! What is drawn comes beside what the file names. Each room's hub gets a user, so that somebody
//! can create it.

use std::collections::BTreeSet;

use super::dice::{Dice, Stream};
use super::{Drawn, can_create};
use crate::mimi::policy::{BANNED, Capability, NO_ROLE, PendingProposalPolicy, Preset};
use crate::mimi::room::{Charter, Whom};
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};
use crate::scenario::rooms::written;
use crate::scenario::time::show;
use crate::script::{Network, Room, Script, User};

/// What a file says of the cast that is drawn. All ranges have both ends included; what has none is
/// as the file has it.
#[derive(Debug, Clone)]
pub(super) struct Draw {
    /// How many providers.
    pub(super) providers: Option<(u64, u64)>,
    /// How many users.
    pub(super) users: Option<(u64, u64)>,
    /// How many clients each of them has from the start.
    pub(super) clients: (u64, u64),
    /// How many it may get later.
    pub(super) new_clients: (u64, u64),
    /// How many of a hundred users have none but those.
    pub(super) clientless: u64,
    /// How many rooms.
    pub(super) rooms: Option<(u64, u64)>,
    /// What policies they may have.
    pub(super) policies: Vec<String>,
    /// In how many of a hundred rooms each further thing of the policy is not as the preset has it.
    pub(super) peculiar: u64,
    /// From which the least and the greatest latency are drawn, in simulated milliseconds.
    pub(super) latency_ms: Option<(u64, u64)>,
}

/// Domains, in the order of use.
const PROVIDERS: &[&str] = &[
    "a.example",
    "b.example",
    "c.example",
    "d.example",
    "e.example",
    "f.example",
    "g.example",
    "h.example",
];
/// Users, whose initials name their clients.
const USERS: &[&str] = &[
    "alice", "bob", "cathy", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "karl",
    "lena", "mallory", "nora", "oscar", "peggy", "quinn", "rupert", "sybil", "trent", "ursula",
    "victor", "walter", "xenia", "yves", "zoe",
];
/// Rooms.
const ROOMS: &[&str] =
    &["clubhouse", "attic", "garden", "hall", "kitchen", "library", "porch", "cellar"];

/// Most of each that can be drawn: there are no more names.
pub(super) const MOST_PROVIDERS: u64 = PROVIDERS.len() as u64;
pub(super) const MOST_USERS: u64 = USERS.len() as u64;
pub(super) const MOST_ROOMS: u64 = ROOMS.len() as u64;

impl Draw {
    /// Adds what is drawn to the script.
    pub(super) fn expand(&self, dice: &Dice, script: &mut Script, drawn: &mut Drawn) {
        self.providers(dice, script, drawn);
        let rooms = self.rooms(dice, script);
        self.users(dice, script, drawn);
        for room in rooms {
            let stream = dice.stream("policy", &room);
            let charter = Policy { draw: self, stream, script }.charter(&room);
            if let Some(it) = script.rooms.get_mut(&room) {
                it.charter = charter;
                drawn.note(&format!("room {room}"), &written(&it.uri, &it.charter));
            }
        }
        self.network(dice, script, drawn);
    }

    fn providers(&self, dice: &Dice, script: &mut Script, drawn: &mut Drawn) {
        let Some(range) = self.providers else { return };
        let count = dice.stream("topology", "providers").within(range);
        let named = PROVIDERS.iter().filter_map(|domain| ProviderName::new(domain).ok());
        let open = named.filter(|domain| !script.providers.contains(domain));
        let new: Vec<_> = open.take(usize::try_from(count).unwrap_or_default()).collect();
        drawn.note("providers", &new.len());
        script.providers.extend(new);
    }

    /// Rooms without a policy yet; gives their names.
    fn rooms(&self, dice: &Dice, script: &mut Script) -> Vec<String> {
        let Some(range) = self.rooms else { return Vec::new() };
        let count = dice.stream("topology", "rooms").within(range);
        // Where no user is drawn, a hub must have one already.
        let at_home = |hub: &ProviderName| {
            self.users.is_some() || script.users.values().any(|user| user.uri.provider() == hub)
        };
        let hubs: Vec<_> = script.providers.iter().filter(|hub| at_home(hub)).cloned().collect();
        let open = ROOMS.iter().filter(|name| !script.rooms.contains_key(**name));
        let names: Vec<&str> =
            open.take(usize::try_from(count).unwrap_or_default()).copied().collect();
        let mut new = Vec::new();
        for name in names {
            let hub = dice.stream("topology", name).pick(&hubs);
            let Some(uri) = hub.and_then(|hub| RoomUri::new(&hub, name).ok()) else { continue };
            script.rooms.insert(name.to_owned(), Room { uri, charter: Charter::default() });
            new.push(name.to_owned());
        }
        new
    }

    fn users(&self, dice: &Dice, script: &mut Script, drawn: &mut Drawn) {
        let Some(range) = self.users else { return };
        let lonely = |room: &&Room| !script.users.values().any(|user| can_create(user, room));
        let hubs = script.rooms.values().filter(lonely).map(|room| room.uri.provider().clone());
        let hubs: BTreeSet<_> = hubs.collect();
        let mut needed: Vec<_> = hubs.into_iter().collect();
        let count = dice.stream("topology", "users").within(range);
        let count = usize::try_from(count).unwrap_or_default().max(needed.len());
        let names: Vec<_> =
            USERS.iter().filter(|name| !script.users.contains_key(**name)).take(count).collect();
        let (mut users, mut clients) = (0, (0, 0));
        for name in names {
            let mut stream = dice.stream("topology", name);
            let founder = needed.pop();
            let may_be_absent = founder.is_none();
            let provider = founder.or_else(|| stream.pick(&script.providers));
            let Some(provider) = provider else { continue };
            let Some(mut user) = self.user(&mut stream, script, &provider, name) else { continue };
            // Nobody knows such a user until it comes with a new client.
            let absent = stream.happens(self.clientless) && may_be_absent;
            if absent && !user.new_clients.is_empty() {
                user.clients.clear();
            }
            clients = (clients.0 + user.clients.len(), clients.1 + user.new_clients.len());
            users += 1;
            script.users.insert((*name).to_owned(), user);
        }
        drawn.note("users", &users);
        drawn.note("clients", &format!("{}, and {} more to come", clients.0, clients.1));
    }

    fn user(
        &self,
        stream: &mut Stream,
        script: &Script,
        provider: &ProviderName,
        name: &str,
    ) -> Option<User> {
        let initial = name.chars().next()?.to_ascii_uppercase();
        let taken = |client: &String| {
            let users = script.users.values();
            let mut all = users.flat_map(|user| user.clients.iter().chain(&user.new_clients));
            all.any(|(name, _)| name == client)
                || script.providers.iter().any(|domain| domain.as_str() == client)
        };
        let open = (1u64..).map(|n| format!("{initial}{n}")).filter(|client| !taken(client));
        let mut named = open.filter_map(|client| {
            let uri = ClientUri::new(provider, &client).ok()?;
            Some((client, uri))
        });
        let mut some =
            |count: u64| named.by_ref().take(usize::try_from(count).unwrap_or_default()).collect();
        let clients = some(stream.within(self.clients));
        let new_clients = some(stream.within(self.new_clients));
        Some(User { uri: UserUri::new(provider, name).ok()?, clients, new_clients })
    }

    fn network(&self, dice: &Dice, script: &mut Script, drawn: &mut Drawn) {
        let Some(range) = self.latency_ms else { return };
        let mut stream = dice.stream("topology", "latency");
        let (one, other) = (stream.within(range), stream.within(range));
        let (latency_min_ms, latency_max_ms) = (one.min(other), one.max(other));
        script.network = Network { latency_min_ms, latency_max_ms };
        drawn.note("latency", &format!("{}..{}", show(latency_min_ms), show(latency_max_ms)));
    }
}

/// Draws what one room is founded with.
struct Policy<'a> {
    draw: &'a Draw,
    stream: Stream,
    script: &'a Script,
}

impl Policy<'_> {
    fn charter(mut self, name: &str) -> Charter {
        let usual = Charter::default();
        let policy = self.stream.pick(&self.draw.policies).unwrap_or(usual.policy.clone());
        let charter = Charter { policy, ..usual };
        let peculiar = self.peculiar(charter.clone(), name);
        // What contradicts itself makes no room, and no file.
        let uri = self.script.rooms.get(name).map(|room| room.uri.clone());
        let creator = uri.as_ref().and_then(|uri| UserUri::new(uri.provider(), "creator").ok());
        let found = uri.zip(creator).map(|(uri, creator)| peculiar.found(uri, name, creator));
        if matches!(found, Some(Ok(_))) { peculiar } else { charter }
    }

    /// Whether something is not as usual; rarer things in half as many rooms.
    fn is(&mut self) -> bool {
        self.stream.happens(self.draw.peculiar)
    }

    fn is_rarely(&mut self) -> bool {
        self.stream.happens(self.draw.peculiar / 2)
    }

    fn peculiar(&mut self, mut charter: Charter, name: &str) -> Charter {
        let users = self.script.users.len() as u64;
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        // In rooms whose strangers may use codes, there mostly is one.
        let codes = matches!(charter.policy.as_str(), "strict" | "moderated");
        if self.stream.happens(if codes { 3 * self.draw.peculiar } else { self.draw.peculiar / 2 })
        {
            charter.join_codes = vec!["sesame".to_owned()];
        }
        charter.lacking = self.lacking(&charter.policy);
        charter.max_users = self.is().then(|| small(self.stream.within((2, users + 1))));
        charter.max_clients = self.is().then(|| small(self.stream.within((3, 3 * users + 1))));
        charter.multi_device = !self.is_rarely();
        charter.franking = !self.is_rarely();
        charter.fixed_membership = self.is_rarely();
        if charter.fixed_membership || self.is_rarely() {
            charter.participants = self.participants(name);
        }
        charter.parent = self.is().then(|| self.parent(name)).flatten();
        charter.preauthorized = self.preauthorized(&charter.policy, name);
        let external_proposals_off = self.is();
        let operational = &mut charter.operational;
        operational.external_commit_allowed = !self.is_rarely();
        operational.external_proposal_allowed = !external_proposals_off;
        if self.is() {
            let messages = &mut operational.app_messages;
            messages.epoch_tolerance = u8::try_from(self.stream.up_to(3)).unwrap_or(3);
        }
        if self.is() {
            let delays = [(0, 0), (200, 800), (2_000, 6_000)];
            let (minimum, maximum) = self.stream.pick(&delays).unwrap_or_default();
            operational.pending_proposals = match maximum {
                0 => PendingProposalPolicy::ImmediateCommit,
                _ => PendingProposalPolicy::RandomDelay { minimum, maximum },
            };
        }
        charter
    }

    /// A role that may do less with messages than in the preset; mostly the one that most users
    /// get.
    fn lacking(&mut self, policy: &str) -> Vec<(String, Capability)> {
        let Some(preset) = Preset::named(policy).filter(|_| self.is()) else { return Vec::new() };
        let about_messages =
            [Capability::SEND_MESSAGE, Capability::RECEIVE_MESSAGE, Capability::REPORT_ABUSE];
        let Some(capability) = self.stream.pick(&about_messages) else { return Vec::new() };
        let roles = preset.roles();
        let usual = roles.get(preset.creator).and_then(|role| role.usual_role(NO_ROLE));
        let usual = usual.filter(|_| self.stream.happens(70));
        let held = roles.roles.iter().filter(|role| role.index > BANNED && role.holds(capability));
        let held = held.filter(|role| usual.is_none_or(|index| role.index == index));
        let held: Vec<_> = held.map(|role| (role.name.clone(), capability)).collect();
        self.stream.pick(&held).into_iter().collect()
    }

    /// Some users of other providers. Those of the hub are left to create the room.
    fn participants(&mut self, name: &str) -> Vec<UserUri> {
        let hub = self.script.rooms.get(name).map(|room| room.uri.provider());
        let users = self.script.users.values().map(|user| &user.uri);
        let users = users.filter(|user| Some(user.provider()) != hub);
        let stream = &mut self.stream;
        users.filter(|_| stream.happens(60)).cloned().collect()
    }

    /// A room of the same hub that comes before this one, so that none is its own ancestor.
    fn parent(&mut self, name: &str) -> Option<RoomUri> {
        let place = |room: &str| ROOMS.iter().position(|known| *known == room);
        let hub = self.script.rooms.get(name)?.uri.provider().clone();
        let earlier =
            |other: &&RoomUri| *other.provider() == hub && place(other.name()) < place(name);
        let rooms = self.script.rooms.values().map(|room| &room.uri);
        let others: Vec<_> = rooms.filter(earlier).cloned().collect();
        self.stream.pick(&others)
    }

    fn preauthorized(&mut self, policy: &str, name: &str) -> Vec<(Whom, String)> {
        let roles = Preset::named(policy).map(|preset| preset.roles().roles).unwrap_or_default();
        // The first role that people have is the least.
        let least = roles.iter().find(|role| role.index > 1).map(|role| role.name.clone());
        let (Some(least), Some(room)) = (least, self.script.rooms.get(name)) else {
            return Vec::new();
        };
        let hub = room.uri.provider().clone();
        let others = self.script.providers.iter().filter(|server| **server != hub);
        let others: Vec<_> = others.cloned().collect();
        let mut entries = Vec::new();
        if let Some(provider) = self.stream.pick(&self.script.providers).filter(|_| self.is()) {
            entries.push((Whom::Provider(provider), least.clone()));
        }
        let enforcer = roles.iter().any(|role| role.name == "policy_enforcer");
        if enforcer && self.is() {
            entries.push((Whom::Server(hub), "policy_enforcer".to_owned()));
        }
        if let Some(follower) = self.stream.pick(&others).filter(|_| self.is()) {
            entries.push((Whom::Server(follower), least));
        }
        entries
    }
}
