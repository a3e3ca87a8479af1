//! What people call the nodes, users and rooms of a run: the header's short names for the URIs
//! that events carry.

use std::collections::BTreeMap;

use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};
use crate::trace::{Header, Node};

/// Short names by URI. What the header does not know goes by the last part of its URI.
pub struct Names {
    clients: BTreeMap<ClientUri, (String, UserUri)>,
    rooms: BTreeMap<RoomUri, String>,
    providers: Vec<ProviderName>,
}

impl Names {
    /// The names that a trace's header gives.
    pub fn of(header: &Header) -> Self {
        let mut clients = BTreeMap::new();
        let mut providers = Vec::new();
        for (name, node) in &header.nodes {
            match node {
                Node::Provider { provider } => providers.push(provider.clone()),
                Node::Client { client, user } => {
                    clients.insert(client.clone(), (name.clone(), user.clone()));
                }
            }
        }
        let rooms = header.rooms.iter().map(|(name, uri)| (uri.clone(), name.clone())).collect();
        Self { clients, rooms, providers }
    }

    /// A client: `A1`.
    pub fn client<'a>(&'a self, client: &'a ClientUri) -> &'a str {
        self.clients.get(client).map_or(client.name(), |(name, _)| name)
    }

    /// A room: `clubhouse`.
    pub fn room<'a>(&'a self, room: &'a RoomUri) -> &'a str {
        self.rooms.get(room).map_or(room.name(), String::as_str)
    }

    /// Whose a client is, if the header knows it.
    pub fn owner(&self, client: &ClientUri) -> Option<&UserUri> {
        self.clients.get(client).map(|(_, user)| user)
    }

    /// All providers: `a.example, b.example`.
    pub fn providers(&self) -> String {
        let names: Vec<&str> = self.providers.iter().map(ProviderName::as_str).collect();
        names.join(", ")
    }

    /// All users with their clients: `alice (A1, A2), bob (B1)`.
    pub fn users(&self) -> String {
        let mut users: BTreeMap<&UserUri, Vec<&str>> = BTreeMap::new();
        for (name, user) in self.clients.values() {
            users.entry(user).or_default().push(name);
        }
        let shown = users.iter().map(|(user, has)| format!("{} ({})", user.name(), has.join(", ")));
        shown.collect::<Vec<_>>().join(", ")
    }

    /// All rooms with their hubs: `clubhouse at a.example`.
    pub fn rooms(&self) -> String {
        let shown = self.rooms.iter().map(|(uri, name)| format!("{name} at {}", uri.provider()));
        shown.collect::<Vec<_>>().join(", ")
    }
}
