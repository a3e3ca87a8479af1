//! Whom a provider can compare with: its own clients tell it, since a follower sees no list.

use std::collections::BTreeSet;

use crate::mimi::uri::{ProviderName, UriError};
use crate::mimi::wire::WireError;
use crate::mimi::wire::codec::{Reader, Writer};

/// The providers of a room's participants, as one of its clients knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peers(pub BTreeSet<ProviderName>);

impl Peers {
    /// The body: their domains in order.
    pub fn encode(&self) -> Vec<u8> {
        let peers: Vec<_> = self.0.iter().collect();
        Writer::default().list(&peers, |writer, it| writer.opaque(it.as_str().as_bytes())).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole("Peers", bytes, |reader| {
            let peers = reader.list("a list of providers", |reader| {
                let name = reader.string("the domain of a provider")?;
                let refused = |error: UriError| reader.refuse("a domain", error.to_string());
                ProviderName::new(&name).map_err(refused)
            })?;
            if !peers.is_sorted_by(|one, next| one < next) {
                return Err(reader.refuse("each provider once, in order", "others".to_owned()));
            }
            Ok(Self(peers.into_iter().collect()))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mimi::wire::testing::*;

    #[test]
    fn providers_read_back_and_damage_does_no_harm() {
        let peers = proptest::collection::btree_set(any_provider(), 0..5).prop_map(Peers);
        holds(peers, Peers::encode, Peers::decode);
    }
}
