//! Clients for the tests of this module.

use super::{Identity, Library, Meter};
use crate::mimi::rules::Actor;
use crate::mimi::uri::{ClientUri, UserUri};

/// A client, with its key and its library.
pub(super) struct Client {
    pub(super) library: Library,
    pub(super) identity: Identity,
}

/// A client of `a.example`, whose user has the same name.
pub(super) fn client(name: &str, seed: u8) -> Client {
    let client = ClientUri::parse(&format!("mimi://a.example/d/{name}")).unwrap();
    let user = UserUri::parse(&format!("mimi://a.example/u/{name}")).unwrap();
    let identity = Identity::client(&Actor { client, user }, [seed; 32]);
    Client { library: Library::new([seed; 32], Meter::off()), identity }
}
