//! What a line of a script names, beside the one who does it.
//!
//! For whoever takes something out of a script, and has to know what rests on it.

use super::{Action, FaultKind, Link};
use crate::mimi::room::{PolicyChange, Whom};

/// In front of a provider's domain: its access network, the link end of its clients.
pub const ACCESS: &str = "clients.";

impl Action {
    /// The short name of the user whom it is about.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Add { user }
            | Self::Remove { user }
            | Self::ReportAbuse { user, .. }
            | Self::Invite { user, .. }
            | Self::Ban { user }
            | Self::Unban { user, .. }
            | Self::Kick { user }
            | Self::ChangeRole { user, .. }
            | Self::Consent { user, .. }
            | Self::Download { user, .. } => Some(user),
            // A user's URI ends with its short name.
            Self::ChangePolicy { change: PolicyChange::Preauthorize(Whom::User(user), _) } => {
                Some(user.name())
            }
            _ => None,
        }
    }

    /// Whether its room begins with it.
    pub fn creates(&self) -> bool {
        matches!(self, Self::Create | Self::Reboot { .. })
    }

    /// Whether it happens in no room in particular, so that the step's room says nothing.
    pub fn is_anywhere(&self) -> bool {
        match self {
            Self::Consent { here, .. } => !here,
            Self::DeleteAccount | Self::FindUser { .. } | Self::Upload { .. } => true,
            _ => false,
        }
    }
}

impl FaultKind {
    /// The nodes that it strikes, or between which it lies: domains of providers and short names of
    /// clients. A provider's access network counts as the provider.
    pub fn nodes(&self) -> Vec<&str> {
        match self {
            Self::Partition(link)
            | Self::PartitionOneWay(link)
            | Self::Hold(link)
            | Self::Delay { link, .. }
            | Self::LoseRequests { link, .. }
            | Self::LoseResponses { link, .. }
            | Self::Repeat { link, .. } => link.providers().to_vec(),
            Self::Crash { node, .. }
            | Self::Rollback { node, .. }
            | Self::Offline { client: node }
            | Self::Busy { node, .. }
            | Self::SlowDisk { node, .. }
            | Self::ClockStep { node, .. }
            | Self::ClockDrift { node, .. } => vec![node],
        }
    }
}

impl Link {
    /// The domains of the providers at, or in front of, its ends.
    fn providers(&self) -> [&str; 2] {
        [&self.from, &self.to].map(|end| end.strip_prefix(ACCESS).unwrap_or(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_the_providers_at_its_ends() {
        let link = Link { from: "clients.a.example".to_owned(), to: "b.example".to_owned() };
        assert_eq!(FaultKind::Hold(link).nodes(), ["a.example", "b.example"]);
    }
}
