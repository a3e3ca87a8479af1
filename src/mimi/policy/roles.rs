//! Roles: what each may do, whom it may move where, and how many may hold it (RP03 §3).
//!
//! Not here: who has which role (`room`), and the example roles of the draft (`presets`).

use tls_codec::{TlsDeserializeBytes, TlsSerialize, TlsSize};

use super::{BANNED, Capability};
use crate::mimi::room::text;

/// The roles into which the holder of a role may move somebody who has role `from`
/// (`SingleSourceRoleChangeTargets`, RP03 §3). Role 0 stands for "not in the list".
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct RoleChanges {
    /// The role before.
    pub from: u32,
    /// The roles that it may become.
    pub to: Vec<u32>,
}

/// The definition of a role (RP03 §3). An *active* participant is one with a client in the MLS
/// group.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct Role {
    /// By which participants refer to it. Indices need not be contiguous.
    pub index: u32,
    /// For people, except for "banned" (R49).
    #[tls_codec(with = "text")]
    pub name: String,
    /// For people; may be empty.
    #[tls_codec(with = "text")]
    pub description: String,
    /// What its holders may do.
    pub capabilities: Vec<Capability>,
    /// Fewest participants with this role.
    pub minimum_participants: u32,
    /// Most participants with this role; no limit where there is none.
    pub maximum_participants: Option<u32>,
    /// Fewest active participants with this role.
    pub minimum_active_participants: u32,
    /// Most active participants with this role; 0 where they may have no clients at all.
    pub maximum_active_participants: Option<u32>,
    /// The role changes that its holders may make.
    pub authorized_role_changes: Vec<RoleChanges>,
}

impl Role {
    /// Whether it holds the capability.
    pub fn holds(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }

    /// Whether its holders may move somebody from role `from` to role `to`.
    pub fn may_change(&self, from: u32, to: u32) -> bool {
        let mut changes = self.authorized_role_changes.iter();
        changes.any(|changes| changes.from == from && changes.to.contains(&to))
    }

    /// The role that its holders give to users of role `from` (0 for those whom they add), unless
    /// they say otherwise: the first that they may give, left out role 1, which is for the banned.
    pub fn usual_role(&self, from: u32) -> Option<u32> {
        let mut changes = self.authorized_role_changes.iter().filter(|it| it.from == from);
        changes.find_map(|changes| changes.to.iter().find(|to| **to > BANNED)).copied()
    }
}

/// All roles of a room: the component, and the update that replaces it (RP03 §3).
#[derive(Debug, Clone, Default, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct RoleData {
    /// The roles, in the order of the component.
    pub roles: Vec<Role>,
}

impl RoleData {
    /// The role with this index.
    pub fn get(&self, index: u32) -> Option<&Role> {
        self.roles.iter().find(|role| role.index == index)
    }

    /// The role with this name.
    pub fn named(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name)
    }
}
