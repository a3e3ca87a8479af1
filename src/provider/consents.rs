//! The consents that a provider knows of: who asked, who agreed, who would rather not (P06 §5.7).
//!
//! The last word on a scope counts. A grant or a revocation for any room replaces whatever was
//! said of single rooms before; one for a room makes an exception of that room. (The draft says
//! neither. The other reading, by which an old grant for a room outlives a revocation for all,
//! would surprise the one who revoked.)
//!
//! The provider of a target decides by this; that of a requester only remembers what it was told.
//! Requests arrive twice, and late, and so each errand takes effect once: it is known by its
//! idempotency key, for as long as [`REMEMBERED`] later ones have not come.
//!
//! Not here: whether whoever speaks may speak for the user: see `consent`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::mimi::uri::{RoomUri, UserUri};
use crate::mimi::wire::{ConsentEntry, ConsentOperation, ConsentScope};

/// How many errands are remembered, so that a repeat of one is known.
const REMEMBERED: usize = 1_000;

/// See the top of this file.
#[derive(Clone, Default)]
pub struct Consents {
    asked: BTreeSet<ConsentScope>,
    /// By requester and target.
    said: BTreeMap<(UserUri, UserUri), Word>,
    /// Errands that took effect: by whom, and their idempotency keys.
    done: VecDeque<(String, String)>,
}

/// What a target has said to a requester; none of what it never said.
#[derive(Clone, Default, PartialEq, Eq)]
struct Word {
    /// Of any room.
    anywhere: Option<bool>,
    /// Of single rooms, since then.
    rooms: BTreeMap<RoomUri, bool>,
}

/// Whether a consent covers a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// It does.
    Given,
    /// There is a consent, and it is for other rooms.
    Elsewhere,
    /// There is none.
    None,
}

impl Consents {
    /// Takes note of an entry that came from `who` with this idempotency key, which is empty where
    /// it came with none; tells whether that changed anything. A repeat changes nothing, and so
    /// does a cancellation without its request.
    pub fn note(&mut self, entry: &ConsentEntry, who: &str, key: &str) -> bool {
        if !key.is_empty() {
            let errand = (who.to_owned(), key.to_owned());
            if self.done.contains(&errand) {
                return false;
            }
            self.done.push_back(errand);
        }
        if self.done.len() > REMEMBERED {
            self.done.pop_front();
        }
        match entry.operation {
            ConsentOperation::Request => self.asked.insert(entry.scope.clone()),
            ConsentOperation::Cancel => self.asked.remove(&entry.scope),
            ConsentOperation::Grant { .. } => self.say(&entry.scope, true),
            ConsentOperation::Revoke => self.say(&entry.scope, false),
        }
    }

    /// Whether `requester` may fetch `target`'s KeyPackages for `room`.
    pub fn cover(&self, requester: &UserUri, target: &UserUri, room: &RoomUri) -> Cover {
        let Some(word) = self.said.get(&(requester.clone(), target.clone())) else {
            return Cover::None;
        };
        let anywhere = word.anywhere == Some(true);
        match word.rooms.get(room).copied().unwrap_or(anywhere) {
            true => Cover::Given,
            false if anywhere || word.rooms.values().any(|given| *given) => Cover::Elsewhere,
            false => Cover::None,
        }
    }

    fn say(&mut self, scope: &ConsentScope, given: bool) -> bool {
        let ConsentScope { requester, target, room } = scope;
        // An answer to whatever it covers of what was asked.
        self.asked.retain(|asked| {
            let same = asked.requester == *requester && asked.target == *target;
            !(same && (room.is_none() || asked.room == *room))
        });
        let word = self.said.entry((requester.clone(), target.clone())).or_default();
        let before = word.clone();
        match room {
            None => *word = Word { anywhere: Some(given), rooms: BTreeMap::new() },
            Some(room) => {
                word.rooms.insert(room.clone(), given);
            }
        }
        *word != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::wire::AppDataDictionary;

    fn alice() -> UserUri {
        UserUri::parse("mimi://a.example/u/alice").unwrap()
    }

    fn bob() -> UserUri {
        UserUri::parse("mimi://b.example/u/bob").unwrap()
    }

    fn room(name: &str) -> RoomUri {
        RoomUri::parse(&format!("mimi://a.example/r/{name}")).unwrap()
    }

    fn entry(operation: ConsentOperation, room: Option<RoomUri>) -> ConsentEntry {
        let scope = ConsentScope { requester: alice(), target: bob(), room };
        ConsentEntry { operation, scope, extensions: AppDataDictionary::default() }
    }

    fn grant() -> ConsentOperation {
        ConsentOperation::Grant { key_packages: Vec::new() }
    }

    /// What alice may in the attic and in the cellar, after all this was said.
    fn after(said: &[(ConsentOperation, Option<&str>)]) -> [Cover; 2] {
        let mut consents = Consents::default();
        for (operation, name) in said {
            consents.note(&entry(operation.clone(), name.map(room)), "B1", "");
        }
        assert_eq!(consents.cover(&bob(), &alice(), &room("attic")), Cover::None, "turned round");
        ["attic", "cellar"].map(|name| consents.cover(&alice(), &bob(), &room(name)))
    }

    #[test]
    fn a_grant_covers_its_scope_until_it_is_revoked() {
        use ConsentOperation::{Request, Revoke};
        use Cover::{Elsewhere, Given, None as No};
        assert_eq!(after(&[]), [No, No]);
        assert_eq!(after(&[(Request, None)]), [No, No]);
        assert_eq!(after(&[(grant(), None)]), [Given, Given]);
        assert_eq!(after(&[(grant(), Some("attic"))]), [Given, Elsewhere]);
        assert_eq!(after(&[(grant(), None), (Revoke, Some("attic"))]), [Elsewhere, Given]);
        assert_eq!(after(&[(grant(), Some("attic")), (Revoke, None)]), [No, No]);
        assert_eq!(after(&[(Revoke, None), (grant(), Some("cellar"))]), [Elsewhere, Given]);
        assert_eq!(after(&[(Revoke, Some("attic")), (grant(), None)]), [Given, Given]);
    }

    #[test]
    fn a_cancellation_matches_a_request_of_its_own_scope_only() {
        let mut consents = Consents::default();
        let mut note =
            |operation, at: Option<&str>| consents.note(&entry(operation, at.map(room)), "B1", "");
        assert!(!note(ConsentOperation::Cancel, None), "nothing was asked");
        assert!(note(ConsentOperation::Request, Some("attic")));
        assert!(!note(ConsentOperation::Request, Some("attic")), "asked before");
        assert!(!note(ConsentOperation::Cancel, None), "of another scope");
        assert!(note(ConsentOperation::Cancel, Some("attic")));
        assert!(note(ConsentOperation::Request, Some("attic")));
        assert!(note(grant(), None));
        assert!(!note(ConsentOperation::Cancel, Some("attic")), "answered already");
    }

    #[test]
    fn a_grant_that_arrives_again_after_its_revocation_changes_nothing() {
        let mut consents = Consents::default();
        assert!(consents.note(&entry(grant(), None), "B1", "grant"));
        assert!(consents.note(&entry(ConsentOperation::Revoke, None), "B1", "revoke"));
        assert!(!consents.note(&entry(grant(), None), "B1", "grant"));
        assert_eq!(consents.cover(&alice(), &bob(), &room("attic")), Cover::None);
        assert!(consents.note(&entry(grant(), None), "B2", "grant"));
    }
}
