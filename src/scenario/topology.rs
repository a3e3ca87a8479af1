//! Who is there: providers, users with their clients, rooms; and the names by which the rest of
//! the file calls them.
//!
//! A URI is made of the short name and the provider: the user `alice` at `a.example` is
//! `mimi://a.example/u/alice`. Nodes (providers and clients) share one space of names, because a
//! trace names a node by nothing else.

use std::collections::BTreeMap;

use super::fields::{Fields, Text, Value};
use super::problem::Complaint;
use super::rooms;
use crate::mimi::room::Charter;
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri, is_name};
use crate::script::{ACCESS, Room, User};

pub(super) const USER_KEYS: &[&str] = &["at", "clients", "new_clients"];
const PROVIDERS_FORM: &str = "a list of domains such as [\"a.example\", \"b.example\"]";
const CLIENTS_FORM: &str = "a list of short names such as [\"A1\", \"A2\"]";

/// Who is there.
pub(super) struct Topology {
    pub(super) providers: Vec<ProviderName>,
    pub(super) users: BTreeMap<String, User>,
    pub(super) rooms: BTreeMap<String, Room>,
}

/// A client, found by its short name.
pub(super) struct Client<'a> {
    pub(super) uri: &'a ClientUri,
    /// Whether it exists only from a `join` on.
    pub(super) new: bool,
}

impl Topology {
    /// Reads `providers`, `users` and `rooms`, which may be left out where something is left to
    /// chance (`random`).
    pub(super) fn read(file: &Fields<'_>, random: bool) -> Result<Self, Complaint> {
        let named = file.need_unless(random, "providers", PROVIDERS_FORM)?;
        let providers = named.map_or_else(|| Ok(Vec::new()), |value| providers(&value))?;
        let mut topology = Self { providers, users: BTreeMap::new(), rooms: BTreeMap::new() };
        let form = "a table such as { alice = { at = \"a.example\", clients = [\"A1\"] } }";
        let named = file.need_unless(random, "users", form)?.map(|value| value.named(form));
        for (name, value) in named.transpose()?.unwrap_or_default() {
            let user = topology.read_user(&name, &value)?;
            topology.users.insert(name.text.to_owned(), user);
        }
        let form = "a table such as { clubhouse = { hub = \"a.example\" } }";
        let mut rooms = Vec::new();
        let named = file.need_unless(random, "rooms", form)?.map(|value| value.named(form));
        for (name, value) in named.transpose()?.unwrap_or_default() {
            let (fields, hub) = rooms::fields(&value, &topology)?;
            let uri = RoomUri::new(&hub, checked(&name)?).map_err(|error| not_uri(&name, error))?;
            let charter = Charter::default();
            topology.rooms.insert(name.text.to_owned(), Room { uri: uri.clone(), charter });
            rooms.push((name.text.to_owned(), uri, fields));
        }
        for (name, uri, fields) in rooms {
            let charter = rooms::charter(&fields, &uri, &topology)?;
            topology.rooms.insert(name, Room { uri, charter });
        }
        Ok(topology)
    }

    fn read_user(&self, name: &Text<'_>, value: &Value<'_>) -> Result<User, Complaint> {
        let fields = value.fields("a user", USER_KEYS)?;
        let at = fields.need("at", "the user's provider")?.text("the domain of a provider")?;
        let provider = self.provider(&at)?;
        let uri = UserUri::new(provider, checked(name)?).map_err(|error| not_uri(name, error))?;
        let clients = fields.need("clients", CLIENTS_FORM)?;
        let mut user = User { uri, clients: Vec::new(), new_clients: Vec::new() };
        for client in clients.texts(CLIENTS_FORM)? {
            user.clients.push(self.read_client(provider, &client)?);
        }
        let new_clients = fields.get("new_clients").map(|value| value.texts(CLIENTS_FORM));
        for client in new_clients.transpose()?.unwrap_or_default() {
            let new = self.read_client(provider, &client)?;
            if user.clients.contains(&new) {
                return Err(twice(&client, name.text));
            }
            user.new_clients.push(new);
        }
        if user.clients.is_empty() && user.new_clients.is_empty() {
            let what = format!("the user `{}` has no clients", name.text);
            return Err(Complaint::new(&clients.span(), what, "expected at least one short name"));
        }
        Ok(user)
    }

    fn read_client(
        &self,
        provider: &ProviderName,
        name: &Text<'_>,
    ) -> Result<(String, ClientUri), Complaint> {
        let uri = ClientUri::new(provider, checked(name)?).map_err(|error| not_uri(name, error))?;
        if self.providers.iter().any(|provider| provider.as_str() == name.text) {
            let what = format!("a client can't be named `{}` like a provider", name.text);
            return Err(Complaint::new(&name.span, what, "expected a name that no node has yet"));
        }
        let owner = self.users.iter().find(|(_, user)| has_client(user, name.text));
        owner.map_or(Ok((name.text.to_owned(), uri)), |(owner, _)| Err(twice(name, owner)))
    }

    /// The provider with this domain.
    pub(super) fn provider(&self, name: &Text<'_>) -> Result<&ProviderName, Complaint> {
        self.providers.iter().find(|provider| provider.as_str() == name.text).ok_or_else(|| {
            let known = self.providers.iter().map(ProviderName::as_str);
            Complaint::unknown(&name.span, "provider", name.text, known)
        })
    }

    /// The client with this short name.
    pub(super) fn client(&self, name: &Text<'_>) -> Result<Client<'_>, Complaint> {
        self.find_client(name.text)
            .ok_or_else(|| Complaint::unknown(&name.span, "client", name.text, self.client_names()))
    }

    /// The client with this short name, if there is one.
    pub(super) fn find_client(&self, name: &str) -> Option<Client<'_>> {
        self.clients().find(|(known, _)| *known == name).map(|(_, client)| client)
    }

    /// The short names of all clients.
    pub(super) fn client_names(&self) -> impl Iterator<Item = &str> {
        self.clients().map(|(name, _)| name)
    }

    fn clients(&self) -> impl Iterator<Item = (&str, Client<'_>)> {
        self.users.values().flat_map(|user| {
            let old = user.clients.iter().map(|client| (client, false));
            let new = user.new_clients.iter().map(|client| (client, true));
            old.chain(new).map(|((name, uri), new)| (name.as_str(), Client { uri, new }))
        })
    }

    /// The user with this short name.
    pub(super) fn user(&self, name: &Text<'_>) -> Result<String, Complaint> {
        if self.users.contains_key(name.text) {
            return Ok(name.text.to_owned());
        }
        let known = self.users.keys().map(String::as_str);
        Err(Complaint::unknown(&name.span, "user", name.text, known))
    }

    /// The room with this short name.
    pub(super) fn room_named(&self, name: &Text<'_>) -> Result<(&str, &Room), Complaint> {
        let known = || self.rooms.keys().map(String::as_str);
        let found = self.rooms.get_key_value(name.text);
        found
            .map(|(name, room)| (name.as_str(), room))
            .ok_or_else(|| Complaint::unknown(&name.span, "room", name.text, known()))
    }

    /// The room that `fields` names under `room`, which may be left out where there is only one.
    pub(super) fn room(&self, fields: &Fields<'_>) -> Result<(&str, &Room), Complaint> {
        let known = || self.rooms.keys().map(String::as_str);
        let named = fields.get("room").map(|value| value.text("the short name of a room"));
        if let Some(name) = named.transpose()? {
            return self.room_named(&name);
        }
        let only = self.rooms.first_key_value().filter(|_| self.rooms.len() == 1);
        only.map(|(name, room)| (name.as_str(), room)).ok_or_else(|| no_room(fields, known()))
    }
}

fn no_room<'a>(fields: &Fields<'_>, known: impl Iterator<Item = &'a str>) -> Complaint {
    let known: Vec<&str> = known.collect();
    if known.is_empty() {
        let what = "there is no room in this file";
        return Complaint::new(fields.span(), what, "expected a room under `rooms`");
    }
    let expected = format!("expected `room = …`, one of {}", known.join(", "));
    Complaint::new(fields.span(), "which room is meant?", expected)
}

fn has_client(user: &User, name: &str) -> bool {
    user.clients.iter().chain(&user.new_clients).any(|(known, _)| known == name)
}

fn twice(name: &Text<'_>, owner: &str) -> Complaint {
    let what = format!("there are two clients named `{}`", name.text);
    Complaint::new(&name.span, what, format!("`{owner}` has one of this name already"))
}

/// A name that can stand in a URI.
fn checked<'t>(name: &Text<'t>) -> Result<&'t str, Complaint> {
    if is_name(name.text) {
        return Ok(name.text);
    }
    let what = format!("`{}` can't be a name", name.text);
    let expected = "expected 1 to 128 letters, digits, `-`, `_` and `.`";
    Err(Complaint::new(&name.span, what, expected))
}

fn not_uri(name: &Text<'_>, error: crate::mimi::uri::UriError) -> Complaint {
    Complaint::new(&name.span, error.to_string(), "expected another name")
}

fn providers(value: &Value<'_>) -> Result<Vec<ProviderName>, Complaint> {
    let mut providers = Vec::new();
    for domain in value.texts(PROVIDERS_FORM)? {
        let provider = ProviderName::new(checked(&domain)?);
        providers.push(provider.map_err(|error| not_uri(&domain, error))?);
        if domain.text.starts_with(ACCESS) {
            let what = format!("a provider's domain can't begin with `{ACCESS}`");
            let expected = "expected another domain: this is how access networks are named";
            return Err(Complaint::new(&domain.span, what, expected));
        }
    }
    if providers.is_empty() {
        let expected = format!("expected {PROVIDERS_FORM}");
        return Err(Complaint::new(&value.span(), "there are no providers", expected));
    }
    Ok(providers)
}
