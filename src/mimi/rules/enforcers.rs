//! Who holds requests against a rule.
//!
//! A handshake is judged by the hub that accepts it and by each client that follows it (S19); what
//! only the hub can see, it judges alone. Rules about requests belong to whoever answers them.

use std::fmt;

use super::{Check, Rule};

/// Who enforces a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enforcer {
    /// The room's hub.
    Hub,
    /// Each client that is told of it.
    Client,
    /// The provider of the user whose KeyPackages are asked for.
    TargetProvider,
    /// A provider that follows the room.
    Follower,
}

impl fmt::Display for Enforcer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hub => "hub",
            Self::Client => "client",
            Self::TargetProvider => "target provider",
            Self::Follower => "follower",
        })
    }
}

impl Rule {
    /// Who holds requests against it.
    pub fn enforced_by(&self) -> &'static [Enforcer] {
        match self.check {
            // The parent is another room, which clients of this one need not be in; and clients
            // judge commits, not proposals.
            Check::Handshake(_) if matches!(self.id, "inside-parent" | "somebody-can-commit") => {
                &[Enforcer::Hub]
            }
            Check::Handshake(_) => &[Enforcer::Hub, Enforcer::Client],
            Check::Message(_) => &[Enforcer::Hub],
            Check::Request | Check::BuiltIn(_) => self.enforced_at_endpoints_by(),
        }
    }

    fn enforced_at_endpoints_by(&self) -> &'static [Enforcer] {
        match self.id {
            "key-package-once"
            | "key-material-is-signed"
            | "user-is-known"
            | "consent-is-given" => &[Enforcer::TargetProvider],
            "key-material-through-the-hub" | "key-package-not-expired" => {
                &[Enforcer::Hub, Enforcer::TargetProvider]
            }
            "peer-is-who-it-says"
            | "body-at-most-1-mib"
            | "body-is-well-formed"
            | "protocol-is-spoken"
            | "room-is-known"
            | "asset-is-known"
            | "route-is-known" => &[Enforcer::Hub, Enforcer::Follower],
            "group-info-is-the-hubs"
            | "welcome-leads-on"
            | "frank-is-genuine"
            | "franking-tag-fits"
            | "content-names-its-sender" => &[Enforcer::Client],
            "may-receive" => &[Enforcer::Hub, Enforcer::Client],
            _ => &[Enforcer::Hub],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::rules::RULES;

    #[test]
    fn every_rule_has_somebody_who_enforces_it() {
        assert!(RULES.iter().all(|rule| !rule.enforced_by().is_empty()));
        let of = |id| RULES.iter().find(|rule| rule.id == id).unwrap().enforced_by();
        assert_eq!(of("authorised"), [Enforcer::Hub, Enforcer::Client]);
        assert_eq!(of("inside-parent"), [Enforcer::Hub]);
        assert_eq!(of("key-package-once"), [Enforcer::TargetProvider]);
    }
}
