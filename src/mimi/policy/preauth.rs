//! Preauthorised users: who has a right to a role by what its credential says (RP03 §4).
//!
//! An entry is a set of claims and the role that they lead to; the first entry whose claims all
//! match counts. It is consulted for who is not in the participant list and joins or proposes from
//! outside, and for who changes its own role; a banned user is in the list, so that no entry helps
//! it (R53).
//!
//! Two choices where RP03 is silent or unsound:
//! - its struct puts a whole `Role` into an entry. Here it is the role's index: a second
//!   definition could contradict the one that the room has.
//! - it has no claims for basic credentials. Schism's name a client and its user, or a server
//!   (`mls/identity.rs`), so the ids of [`ClaimId`] are these four texts: `user` and `client`, with
//!   a whole URI; `provider`, with the domain of the user; `server`, with the domain of a server
//!   that proposes from outside. A server matches no claim about users, nor a user one about
//!   servers.
//!
//! An entry without claims matches everyone, as "all of none" does.

use tls_codec::{TlsDeserializeBytes, TlsSerialize, TlsSize};

use crate::mimi::uri::{ClientUri, ProviderName, UserUri};

/// What a claim is about (`ClaimId`, RP03 §4).
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct ClaimId {
    /// The MLS credential type that has such claims; 1 is basic.
    pub credential_type: u16,
    /// Which claim of that type.
    pub id: Vec<u8>,
}

/// A claim and the value that it must have (`Claim`, RP03 §4).
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct Claim {
    /// What it is about.
    pub id: ClaimId,
    /// Its value, compared byte by byte.
    pub value: Vec<u8>,
}

impl Claim {
    /// The credential is of one of this provider's users.
    pub fn provider(provider: &ProviderName) -> Self {
        Self::basic("provider", provider.as_str())
    }

    /// The credential is this user's.
    pub fn user(user: &UserUri) -> Self {
        Self::basic("user", &user.to_string())
    }

    /// The credential is this provider's server's own, as an external sender.
    pub fn server(provider: &ProviderName) -> Self {
        Self::basic("server", provider.as_str())
    }

    fn basic(id: &str, value: &str) -> Self {
        let id = ClaimId { credential_type: 1, id: id.into() };
        Self { id, value: value.into() }
    }

    fn holds_for(&self, claimant: Claimant<'_>) -> bool {
        if self.id.credential_type != 1 {
            return false;
        }
        let value = match (claimant, self.id.id.as_slice()) {
            (Claimant::Client { user, .. }, b"user") => user.to_string(),
            (Claimant::Client { client, .. }, b"client") => client.to_string(),
            (Claimant::Client { user, .. }, b"provider") => user.provider().to_string(),
            (Claimant::Server(server), b"server") => server.to_string(),
            _ => return false,
        };
        value.as_bytes() == self.value
    }
}

/// Whose credential it is that is held against the claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimant<'a> {
    /// A client of a user.
    Client {
        /// The client.
        client: &'a ClientUri,
        /// Its user.
        user: &'a UserUri,
    },
    /// A provider's server, as an external sender.
    Server(&'a ProviderName),
}

/// Claims, and the role that they give (`PreAuthRoleEntry`, RP03 §4).
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct PreAuthRoleEntry {
    /// All must match.
    pub claims: Vec<Claim>,
    /// Index of the role.
    pub target_role: u32,
}

/// All entries of a room: the component, and the update that replaces it (RP03 §4). A room without
/// the component has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct PreAuthData {
    /// In the order in which they are consulted.
    pub entries: Vec<PreAuthRoleEntry>,
}

impl PreAuthData {
    /// The role of the first entry that matches.
    pub fn role_of(&self, claimant: Claimant<'_>) -> Option<u32> {
        let matches =
            |entry: &&PreAuthRoleEntry| entry.claims.iter().all(|it| it.holds_for(claimant));
        self.entries.iter().find(matches).map(|entry| entry.target_role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(name: &str) -> ProviderName {
        ProviderName::new(name).unwrap()
    }

    fn entry(claims: &[Claim], target_role: u32) -> PreAuthRoleEntry {
        PreAuthRoleEntry { claims: claims.to_vec(), target_role }
    }

    #[test]
    fn the_first_entry_whose_claims_all_match_counts() {
        let b = provider("b.example");
        let bob = UserUri::new(&b, "bob").unwrap();
        let claims = [Claim::provider(&b), Claim::user(&bob)];
        let entries = vec![entry(&claims, 3), entry(&claims[..1], 2), entry(&claims[1..], 4)];
        let data = PreAuthData { entries };
        let role = |user: &str, at: &str| {
            let user = UserUri::new(&provider(at), user).unwrap();
            let client = ClientUri::new(&provider(at), "X1").unwrap();
            data.role_of(Claimant::Client { client: &client, user: &user })
        };
        assert_eq!(role("bob", "b.example"), Some(3));
        assert_eq!(role("bea", "b.example"), Some(2));
        assert_eq!(role("bob", "a.example"), None);
    }

    #[test]
    fn a_server_is_not_one_of_its_users() {
        let b = provider("b.example");
        let users = PreAuthData { entries: vec![entry(&[Claim::provider(&b)], 2)] };
        assert_eq!(users.role_of(Claimant::Server(&b)), None);
        let server = PreAuthData { entries: vec![entry(&[Claim::server(&b)], 5)] };
        assert_eq!(server.role_of(Claimant::Server(&b)), Some(5));
        let bob = UserUri::new(&b, "bob").unwrap();
        let client = ClientUri::new(&b, "B1").unwrap();
        assert_eq!(server.role_of(Claimant::Client { client: &client, user: &bob }), None);
    }

    #[test]
    fn a_claim_that_other_credentials_make_matches_no_basic_one() {
        let b = provider("b.example");
        let mut claim = Claim::server(&b);
        claim.id.credential_type = 2;
        let data = PreAuthData { entries: vec![entry(&[claim], 5)] };
        assert_eq!(data.role_of(Claimant::Server(&b)), None);
    }
}
