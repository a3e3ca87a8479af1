//! The KeyPackages that a provider stores for its users (P06 §5.2).
//!
//! Each is handed out once (R6) and remembered by its reference, so that the Welcome that uses it
//! finds its client (R8).

use std::collections::{BTreeMap, VecDeque};

use crate::mimi::rules::Actor;
use crate::mimi::uri::{ClientUri, UserUri};

/// KeyPackages of all users of one provider.
#[derive(Clone, Default)]
pub struct Shelf {
    users: BTreeMap<UserUri, BTreeMap<ClientUri, VecDeque<Vec<u8>>>>,
    /// By reference, those that were handed out and not used yet.
    handed_out: BTreeMap<Vec<u8>, ClientUri>,
}

impl Shelf {
    /// Stores a KeyPackage of this client.
    pub fn put(&mut self, owner: &Actor, key_package: Vec<u8>) {
        let clients = self.users.entry(owner.user.clone()).or_default();
        clients.entry(owner.client.clone()).or_default().push_back(key_package);
    }

    /// The clients of a user; none where the user is unknown.
    pub fn clients(&self, user: &UserUri) -> Option<Vec<ClientUri>> {
        self.users.get(user).map(|clients| clients.keys().cloned().collect())
    }

    /// Whose client this is.
    pub fn user_of(&self, client: &ClientUri) -> Option<&UserUri> {
        let mut users = self.users.iter();
        users.find(|(_, clients)| clients.contains_key(client)).map(|(user, _)| user)
    }

    /// Whether the client has any KeyPackage left.
    pub fn has(&self, user: &UserUri, client: &ClientUri) -> bool {
        let packages = self.users.get(user).and_then(|clients| clients.get(client));
        packages.is_some_and(|packages| !packages.is_empty())
    }

    /// Takes the client's first KeyPackage that fits.
    pub fn take(
        &mut self,
        user: &UserUri,
        client: &ClientUri,
        fits: impl Fn(&[u8]) -> bool,
    ) -> Option<Vec<u8>> {
        let packages = self.users.get_mut(user)?.get_mut(client)?;
        let place = packages.iter().position(|package| fits(package))?;
        packages.remove(place)
    }

    /// Remembers whose KeyPackage this reference names.
    pub fn hand_out(&mut self, reference: Vec<u8>, client: ClientUri) {
        self.handed_out.insert(reference, client);
    }

    /// Whose KeyPackage was used; forgets it.
    pub fn used(&mut self, reference: &[u8]) -> Option<ClientUri> {
        self.handed_out.remove(reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_package_is_taken_once_and_found_by_its_reference_once() {
        let client = ClientUri::parse("mimi://b.example/d/B1").unwrap();
        let user = UserUri::parse("mimi://b.example/u/bob").unwrap();
        let owner = Actor { client: client.clone(), user: user.clone() };
        let mut shelf = Shelf::default();
        shelf.put(&owner, b"small".to_vec());
        shelf.put(&owner, b"fitting".to_vec());
        assert_eq!(shelf.take(&user, &client, |bytes| bytes.len() > 5).unwrap(), b"fitting");
        assert_eq!(shelf.take(&user, &client, |bytes| bytes.len() > 5), None);
        assert!(shelf.has(&user, &client));
        assert_eq!(shelf.user_of(&client), Some(&user));
        shelf.hand_out(b"reference".to_vec(), client.clone());
        assert_eq!(shelf.used(b"reference"), Some(client));
        assert_eq!(shelf.used(b"reference"), None);
    }
}
