//! On whose behalf a request comes, and whom that allows it to speak for.

use super::refused;
use crate::mimi::rules::{Actor, Refusal};
use crate::mimi::uri::{ProviderName, UserUri};

/// On whose behalf a request comes.
pub enum Asker {
    /// A client of this provider.
    Client(Actor),
    /// Another provider, for one of its clients.
    Provider(ProviderName),
}

impl Asker {
    /// A provider speaks for its own clients only, and a client only for itself (R1).
    pub(super) fn speaks_for(&self, actor: &Actor) -> Result<(), Refusal> {
        let allowed = match self {
            Self::Client(own) => own == actor,
            Self::Provider(provider) => provider == actor.user.provider(),
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
