//! The KeyPackages that a provider stores for its users (P06 §5.2).
//!
//! Each is handed out once (R6) and remembered by its reference, so that the Welcome that uses it
//! finds its client (R8). One that comes again, because its client heard no answer or the request
//! came twice, is not stored again, even after it was used. A last resort stays on the shelf and
//! goes out when nothing else is left (R10). What has expired is thrown away, and so is all of a
//! user who is gone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::mimi::uri::{ClientUri, UserUri};
use crate::mls::KeyPackageFacts;

/// How long after its end a KeyPackage's client is still known, in milliseconds: a Welcome that a
/// hub released in time may be under way for long.
const GRACE_MS: u64 = 3_600_000;

/// KeyPackages of all users of one provider.
#[derive(Clone, Default)]
pub struct Shelf {
    users: BTreeMap<UserUri, BTreeMap<ClientUri, VecDeque<Shelved>>>,
    /// Users who were here, with the clients that they had.
    gone: BTreeMap<UserUri, BTreeSet<ClientUri>>,
    /// By reference, those that were handed out and may still be used.
    handed_out: BTreeMap<Vec<u8>, HandedOut>,
    /// By reference, all that were ever stored, with their end.
    known: BTreeMap<Vec<u8>, Option<u64>>,
}

/// A KeyPackage on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelved {
    /// The KeyPackage.
    pub bytes: Vec<u8>,
    /// What it says of itself.
    pub facts: KeyPackageFacts,
}

/// Whose a KeyPackage is that was handed out.
#[derive(Clone)]
struct HandedOut {
    client: ClientUri,
    last_resort: bool,
    not_after_ms: Option<u64>,
}

impl Shelf {
    /// Stores a KeyPackage of its client, unless it was stored before.
    pub fn put(&mut self, reference: Vec<u8>, shelved: Shelved) {
        if self.known.insert(reference, shelved.facts.not_after_ms).is_some() {
            return;
        }
        let owner = shelved.facts.owner.clone();
        let clients = self.users.entry(owner.user).or_default();
        clients.entry(owner.client).or_default().push_back(shelved);
    }

    /// The clients of a user; none where the user is unknown.
    pub fn clients(&self, user: &UserUri) -> Option<Vec<ClientUri>> {
        self.users.get(user).map(|clients| clients.keys().cloned().collect())
    }

    /// All KeyPackages that were not handed out.
    pub fn packages(&self) -> impl Iterator<Item = &[u8]> {
        let clients = self.users.values().flat_map(BTreeMap::values);
        clients.flatten().map(|shelved| shelved.bytes.as_slice())
    }

    /// All users.
    pub fn users(&self) -> impl Iterator<Item = &UserUri> {
        self.users.keys()
    }

    /// Whose client this is.
    pub fn user_of(&self, client: &ClientUri) -> Option<&UserUri> {
        let mut users = self.users.iter();
        users.find(|(_, clients)| clients.contains_key(client)).map(|(user, _)| user)
    }

    /// Ends the account of a user, with all that is stored for it.
    pub fn delete(&mut self, user: &UserUri) {
        let clients = self.users.remove(user).unwrap_or_default();
        self.gone.entry(user.clone()).or_default().extend(clients.into_keys());
    }

    /// Whether the user's account was ended.
    pub fn was_deleted(&self, user: &UserUri) -> bool {
        self.gone.contains_key(user)
    }

    /// Whether the client's user is gone.
    pub fn is_orphan(&self, client: &ClientUri) -> bool {
        self.gone.values().any(|clients| clients.contains(client))
    }

    /// Throws away what has expired.
    pub fn clean(&mut self, now_ms: u64) {
        for shelved in self.users.values_mut().flat_map(BTreeMap::values_mut) {
            shelved.retain(|shelved| !shelved.facts.has_expired(now_ms));
        }
        // What has expired is not handed out, however often it comes.
        self.known.retain(|_, end| end.is_none_or(|end| end >= now_ms));
        let over = |end: u64| end.saturating_add(GRACE_MS) < now_ms;
        self.handed_out.retain(|_, out| !out.not_after_ms.is_some_and(over));
    }

    /// One of the client's KeyPackages, to see what it supports.
    pub fn any_of(&self, user: &UserUri, client: &ClientUri) -> Option<&Shelved> {
        self.users.get(user)?.get(client)?.front()
    }

    /// Takes the client's first KeyPackage that fits; a last resort only where there is no other,
    /// and that one stays, as do all where `once` is false.
    pub fn take(
        &mut self,
        (user, client): (&UserUri, &ClientUri),
        once: bool,
        fits: impl Fn(&Shelved) -> bool,
    ) -> Option<Shelved> {
        let shelved = self.users.get_mut(user)?.get_mut(client)?;
        let first = |last_resort: bool| {
            let wanted = |it: &Shelved| it.facts.last_resort == last_resort && fits(it);
            shelved.iter().position(wanted)
        };
        let place = first(false).or_else(|| first(true))?;
        match once && !shelved[place].facts.last_resort {
            true => shelved.remove(place),
            false => shelved.get(place).cloned(),
        }
    }

    /// Remembers whose KeyPackage this reference names.
    pub fn hand_out(&mut self, reference: Vec<u8>, shelved: &Shelved) {
        let KeyPackageFacts { owner, last_resort, not_after_ms, .. } = &shelved.facts;
        let (client, last_resort) = (owner.client.clone(), *last_resort);
        let not_after_ms = *not_after_ms;
        self.handed_out.insert(reference, HandedOut { client, last_resort, not_after_ms });
    }

    /// Whose KeyPackage was used; forgets it, unless it may be used again.
    pub fn used(&mut self, reference: &[u8]) -> Option<ClientUri> {
        let out = self.handed_out.get(reference)?;
        let (client, last_resort) = (out.client.clone(), out.last_resort);
        if !last_resort {
            self.handed_out.remove(reference);
        }
        Some(client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::rules::Actor;
    use crate::mimi::wire::Capabilities;

    fn bob() -> Actor {
        let client = ClientUri::parse("mimi://b.example/d/B1").unwrap();
        Actor { client, user: UserUri::parse("mimi://b.example/u/bob").unwrap() }
    }

    fn shelved(bytes: &[u8], last_resort: bool, not_after_ms: Option<u64>) -> Shelved {
        let capabilities = Capabilities::default();
        let facts =
            KeyPackageFacts { owner: bob(), suite: 1, capabilities, last_resort, not_after_ms };
        Shelved { bytes: bytes.to_vec(), facts }
    }

    fn with(all: &[Shelved]) -> Shelf {
        let mut shelf = Shelf::default();
        all.iter().for_each(|one| shelf.put(one.bytes.clone(), one.clone()));
        shelf
    }

    fn take(shelf: &mut Shelf, fits: impl Fn(&Shelved) -> bool) -> Option<Vec<u8>> {
        let bob = bob();
        shelf.take((&bob.user, &bob.client), true, fits).map(|shelved| shelved.bytes)
    }

    #[test]
    fn a_key_package_is_taken_once_and_found_by_its_reference_once() {
        let mut shelf = with(&[shelved(b"small", false, None), shelved(b"fitting", false, None)]);
        let long = |shelved: &Shelved| shelved.bytes.len() > 5;
        assert_eq!(take(&mut shelf, long).unwrap(), b"fitting");
        assert_eq!(take(&mut shelf, long), None);
        assert!(shelf.any_of(&bob().user, &bob().client).is_some());
        assert_eq!(shelf.user_of(&bob().client), Some(&bob().user));
        shelf.hand_out(b"reference".to_vec(), &shelved(b"fitting", false, None));
        assert_eq!(shelf.used(b"reference"), Some(bob().client));
        assert_eq!(shelf.used(b"reference"), None);
    }

    #[test]
    fn a_key_package_that_comes_again_is_not_stored_again() {
        let one = shelved(b"one", false, Some(9));
        let mut shelf = with(&[one.clone(), one.clone()]);
        assert_eq!(take(&mut shelf, |_| true).unwrap(), b"one");
        assert_eq!(take(&mut shelf, |_| true), None);
        shelf.hand_out(b"one".to_vec(), &one);
        shelf.used(b"one");
        shelf.clean(9);
        shelf.put(b"one".to_vec(), one);
        assert_eq!(take(&mut shelf, |_| true), None);
    }

    #[test]
    fn a_last_resort_goes_out_when_nothing_else_is_left_and_as_often_as_it_is_needed() {
        let mut shelf = with(&[shelved(b"last", true, None), shelved(b"first", false, None)]);
        for expected in [&b"first"[..], b"last", b"last"] {
            assert_eq!(take(&mut shelf, |_| true).unwrap(), expected);
        }
        shelf.hand_out(b"reference".to_vec(), &shelved(b"last", true, None));
        assert_eq!(shelf.used(b"reference"), shelf.used(b"reference"));
    }

    #[test]
    fn what_has_expired_is_thrown_away_and_later_its_reference_too() {
        let mut shelf = with(&[shelved(b"old", false, Some(5)), shelved(b"new", false, Some(9))]);
        shelf.hand_out(b"reference".to_vec(), &shelved(b"old", false, Some(5)));
        shelf.clean(6);
        assert_eq!(take(&mut shelf, |_| true).unwrap(), b"new");
        assert_eq!(take(&mut shelf, |_| true), None);
        shelf.clean(5 + GRACE_MS);
        assert!(shelf.handed_out.contains_key(&b"reference"[..]));
        shelf.clean(6 + GRACE_MS);
        assert_eq!(shelf.used(b"reference"), None);
    }

    #[test]
    fn a_deleted_user_is_remembered_with_its_clients_and_nothing_else() {
        let mut shelf = with(&[shelved(b"one", false, None)]);
        assert!(!shelf.was_deleted(&bob().user) && !shelf.is_orphan(&bob().client));
        shelf.delete(&bob().user);
        assert!(shelf.was_deleted(&bob().user) && shelf.is_orphan(&bob().client));
        assert_eq!(shelf.clients(&bob().user), None);
        assert_eq!(take(&mut shelf, |_| true), None);
    }
}
