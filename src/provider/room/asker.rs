//! On whose behalf a request comes, and whom that allows it to speak for.

use super::refused;
use crate::mimi::rules::{Actor, Proposer, Refusal};
use crate::mimi::uri::{ProviderName, UserUri};

/// On whose behalf a request comes.
pub enum Asker {
    /// A client of this provider.
    Client(Actor),
    /// Another provider, for one of its clients or in its own name.
    Provider(ProviderName),
}

impl Asker {
    /// A provider speaks for itself and its own clients only, and a client only for itself (R1).
    pub(super) fn speaks_for(&self, proposer: &Proposer) -> Result<(), Refusal> {
        let allowed = match (self, proposer) {
            (Self::Client(own), Proposer::Client(actor)) => own == actor,
            (Self::Client(_), Proposer::Server(_)) => false,
            (Self::Provider(provider), Proposer::Client(actor)) => {
                provider == actor.user.provider()
            }
            (Self::Provider(provider), Proposer::Server(server)) => provider == server,
        };
        let why = || format!("{} is not the sender's own provider or client", self.name());
        if allowed { Ok(()) } else { Err(refused("peer-is-who-it-says", &why())) }
    }

    /// Whether messages may come from here in this user's name (R36).
    pub(in crate::provider) fn may_send_as(&self, user: &UserUri) -> bool {
        match self {
            Self::Client(own) => own.user == *user,
            Self::Provider(provider) => provider == user.provider(),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Client(actor) => actor.client.to_string(),
            Self::Provider(provider) => provider.to_string(),
        }
    }
}
