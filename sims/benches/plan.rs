//! What a run was made of, as MLS operations, read off its trace.
//!
//! A plan has the operations in the order in which they took effect, and counts what came of them
//! on all nodes. It knows what a room without faults is made of: a creation, commits that add,
//! rename or do nothing but renew a path, and messages. A trace with anything else, or with
//! something that was refused and done again, gives no plan: the bare loop would do less than the
//! run.

use std::collections::BTreeMap;
use std::fmt;

use schism::mimi::content::Content;
use schism::mimi::room::{ComponentUpdate, ParticipantListUpdate};
use schism::mimi::uri::{ClientUri, RoomUri, UserUri};
use schism::trace::{Change, Entry, Event, Header, Kind, Node, Stage, Way};

/// One operation of one client; what it means for everybody else follows from it.
pub enum Operation {
    /// A client makes KeyPackages.
    KeyPackages { client: ClientUri, count: usize },
    /// A client creates the group, and the hub begins to follow it.
    Create { client: ClientUri },
    /// A client commits, and the hub and all members follow.
    Commit { client: ClientUri, changing: Changing },
    /// A client encrypts this plaintext, and all other members decrypt it.
    Message { client: ClientUri, content: Vec<u8> },
}

/// What a commit changes beside its path.
#[derive(Clone)]
pub enum Changing {
    /// Clients come in, whose users are new in the list.
    Adds { clients: Vec<ClientUri>, listed: Vec<ComponentUpdate> },
    /// The room gets another name.
    Name(String),
    /// Nothing.
    Path,
}

/// A run's MLS operations.
pub struct Plan {
    /// The room.
    pub room: RoomUri,
    /// Whose each client is.
    pub users: BTreeMap<ClientUri, UserUri>,
    /// In the order in which they took effect.
    pub operations: Vec<Operation>,
    /// What came of them, on all nodes.
    pub counts: Counts,
}

/// How many of each operation there were, on all nodes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub key_packages: usize,
    pub creations: usize,
    pub commits: Commits,
    /// Clients that commits brought in.
    pub added: usize,
    /// States that the hub's public view took over: the first, and each commit's.
    pub shadowed: usize,
    /// Own commits that committers merged.
    pub merged: usize,
    /// Commits of others that members processed and merged.
    pub followed: usize,
    /// Welcomes that brought a client in.
    pub joined: usize,
    pub encrypted: usize,
    pub decrypted: usize,
}

/// How many commits there were, by what they change.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Commits {
    pub adds: usize,
    pub names: usize,
    pub paths: usize,
}

impl Counts {
    /// A client built this commit.
    pub fn commit(&mut self, changing: &Changing) {
        match changing {
            Changing::Adds { clients, .. } => {
                self.commits.adds += 1;
                self.added += clients.len();
            }
            Changing::Name(_) => self.commits.names += 1,
            Changing::Path => self.commits.paths += 1,
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Commits { adds, names, paths } = &self.commits;
        writeln!(f, "{} commits: {adds} add {} clients in all,", adds + names + paths, self.added)?;
        writeln!(f, "  {names} rename, {paths} renew a path; followed {} times", self.followed)?;
        write!(f, "{} messages, decrypted {} times; ", self.encrypted, self.decrypted)?;
        write!(f, "{} KeyPackages made", self.key_packages)
    }
}

impl Plan {
    /// Reads a run's operations off its trace.
    ///
    /// # Errors
    /// When something happened that the bare loop does not do.
    pub fn of(header: &Header, entries: &[Entry]) -> Result<Self, String> {
        let Some(room) = header.rooms.values().next().filter(|_| header.rooms.len() == 1) else {
            return Err("a plan is of one room".to_owned());
        };
        let users = header.nodes.values().filter_map(|node| match node {
            Node::Client { client, user } => Some((client.clone(), user.clone())),
            Node::Provider { .. } => None,
        });
        let mut plan = Self {
            room: room.clone(),
            users: users.collect(),
            operations: Vec::new(),
            counts: Counts::default(),
        };
        let mut texts = BTreeMap::new();
        for entry in entries {
            if let Event::Intent { intent, object, .. } = &entry.event {
                texts.insert(intent.as_str(), object.as_str());
            }
            if let Some(operation) = operation(header, entries, &texts, entry)? {
                plan.operations.push(operation);
            }
            plan.counts.read(&entry.event);
        }
        Ok(plan)
    }
}

impl Counts {
    fn read(&mut self, event: &Event) {
        match event {
            Event::KeyPackagesPublished { references } => self.key_packages += references.len(),
            Event::Accepted { kind: Kind::Commit, change, .. } => self.commit(&changing(change)),
            Event::Shadowed { stage: Stage::Committed, .. } => self.shadowed += 1,
            Event::Entered { way, .. } => match way {
                Way::Created => self.creations += 1,
                Way::OwnCommit => self.merged += 1,
                Way::Commit => self.followed += 1,
                Way::Welcome => self.joined += 1,
                Way::ExternalCommit => {}
            },
            Event::Submitted { .. } => self.encrypted += 1,
            Event::Delivered { .. } => self.decrypted += 1,
            _ => {}
        }
    }
}

/// The operation that an entry stands for, if it is one.
fn operation(
    header: &Header,
    entries: &[Entry],
    texts: &BTreeMap<&str, &str>,
    entry: &Entry,
) -> Result<Option<Operation>, String> {
    let unknown = |what: &str| Err(format!("event {}: the bare loop knows no {what}", entry.n));
    let client =
        || client_behind(header, entries, entry).ok_or(format!("event {} has no client", entry.n));
    Ok(Some(match &entry.event {
        Event::KeyPackagesPublished { references } => {
            Operation::KeyPackages { client: client()?, count: references.len() }
        }
        Event::Accepted { kind: Kind::Created, .. } => Operation::Create { client: client()? },
        Event::Accepted { kind: Kind::Commit, change, client: Some(client), .. } => {
            if !change.removes.is_empty() || !change.unlisted.is_empty() || !change.roles.is_empty()
            {
                return unknown("commit like this");
            }
            Operation::Commit { client: client.clone(), changing: changing(change) }
        }
        Event::Submitted { room, message, bytes, .. } => {
            let intent = message.split(' ').next().unwrap_or_default();
            let text = texts.get(intent).copied().unwrap_or_default();
            let Some(Node::Client { client, user }) = header.nodes.get(&entry.node) else {
                return unknown("message by a server");
            };
            // The same but for the salt, which no trace tells.
            let said_by = (user.clone(), room.clone());
            let content = Content::saying(text, message.clone(), said_by, [0; 16]).encode();
            if content.len() as u64 != *bytes {
                return unknown("plaintext like this");
            }
            Operation::Message { client: client.clone(), content }
        }
        Event::Accepted { kind: Kind::Commit | Kind::ExternalCommit | Kind::Proposals, .. } => {
            return unknown("proposals and external commits");
        }
        Event::Refused { .. } | Event::Rejected { .. } | Event::Unreadable { .. } => {
            return unknown("refusals");
        }
        Event::Resyncing { .. } | Event::Removed { .. } | Event::Crashed => {
            return unknown("trouble");
        }
        _ => return Ok(None),
    }))
}

/// The client that an entry goes back to, along the causes.
fn client_behind(header: &Header, entries: &[Entry], entry: &Entry) -> Option<ClientUri> {
    let mut entry = entry;
    loop {
        if let Some(Node::Client { client, .. }) = header.nodes.get(&entry.node) {
            return Some(client.clone());
        }
        entry = entries.get(usize::try_from(entry.cause?.checked_sub(1)?).ok()?)?;
    }
}

fn changing(change: &Change) -> Changing {
    if !change.adds.is_empty() {
        let list = |listed: &schism::trace::Participant| {
            let update = ParticipantListUpdate::add(listed.user.clone(), listed.role);
            ComponentUpdate::Participants(update)
        };
        let listed = change.listed.iter().map(list).collect();
        return Changing::Adds { clients: change.adds.clone(), listed };
    }
    change.name.clone().map_or(Changing::Path, Changing::Name)
}
