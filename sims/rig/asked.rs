//! A request to the rig's server, and what came of it.

use bytes::Bytes;
use http::Method;
use schism::mimi::local::{Errand, LocalRoute};
use schism::mimi::uri::ClientUri;
use schism::mimi::wire::Route;
use schism::node::Peer;
use schism::trace::{Event, Kind};

use super::{HUB, provider};

/// A request, in all that a sender can get wrong.
#[derive(Debug, Clone)]
pub struct Asked {
    pub peer: Peer,
    pub method: Method,
    pub host: String,
    pub from: String,
    pub path: String,
    pub body: Vec<u8>,
}

/// What came of it.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    pub body: Bytes,
    pub events: Vec<Event>,
}

impl Asked {
    pub fn new(peer: Peer, from: &str, path: String, body: Vec<u8>) -> Self {
        let (host, from) = (HUB.to_owned(), format!("mimi@{from}"));
        Self { peer, method: Method::POST, host, from, path, body }
    }

    /// By another provider's server.
    pub fn by_provider(name: &str, route: Route, body: Vec<u8>) -> Self {
        Self::new(Peer::Provider(provider(name)), name, route.path(), body)
    }

    /// In HTTP; none where it can't be written down.
    pub fn request(&self) -> Option<http::Request<Bytes>> {
        let request = http::Request::builder()
            .method(&self.method)
            .uri(&self.path)
            .header(http::header::HOST, &self.host)
            .header(http::header::FROM, &self.from);
        request.body(Bytes::from(self.body.clone())).ok()
    }

    /// By one of the server's own clients.
    pub fn by_client(client: &ClientUri, errand: Errand, body: Vec<u8>) -> Self {
        let route = Route::Client(LocalRoute { client: client.clone(), errand });
        Self::new(Peer::Client(client.clone()), HUB, route.path(), body)
    }
}

impl Answered {
    /// The code and the rule of the only refusal that it left in the trace, if it left one and
    /// nothing else.
    pub fn refusal(&self) -> Option<(&str, &str)> {
        match self.events.as_slice() {
            [Event::Refused { code, rule, .. }] => Some((code, rule)),
            _ => None,
        }
    }

    /// What the hub accepted.
    pub fn accepted(&self) -> Vec<Kind> {
        let kinds = self.events.iter().filter_map(|event| match event {
            Event::Accepted { kind, .. } => Some(*kind),
            _ => None,
        });
        kinds.collect()
    }

    /// Refused: by its status, or by a code that the endpoint's own body carries with 200; with
    /// the same in the trace, and nothing accepted.
    pub fn is_refused(&self) -> bool {
        let Some((code, _)) = self.refusal() else { return false };
        match self.status {
            200 => code != "success" && code.parse::<u16>().is_err(),
            status => [400, 403, 404, 405].contains(&status) && code == status.to_string(),
        }
    }
}
