//! The example rooms of RP03 Appendix A, by name.
//!
//! Each is a set of roles and the role of the room's creator; the appendix says nothing of the
//! other components, so they are left out. The role that an added user gets is not the room's to
//! say but the adder's ([`Role::usual_role`]). Capabilities that the appendix spells otherwise
//! than the registry (`canUnban`) are the registry's.
//!
//! Where the appendix contradicts itself or the text, the file of that room says what was taken.

mod cooperative;
mod moderated;
mod multi_organisation;
mod strict;

pub use cooperative::{GROUP_ADMIN, ORDINARY_USER, POLICY_ENFORCER, SUPER_ADMIN};

use super::{BANNED, Capability, NO_ROLE, Role, RoleChanges, RoleData};

/// A room policy with a name.
#[derive(Debug)]
pub struct Preset {
    /// What scenarios call it.
    pub name: &'static str,
    /// What it is for, in one line.
    pub meaning: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Role of the room's creator.
    pub creator: u32,
    roles: fn() -> RoleData,
}

impl Preset {
    /// The preset of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// Its roles.
    pub fn roles(&self) -> RoleData {
        (self.roles)()
    }
}

/// All presets; the first is what a room has where its scenario names none.
pub static PRESETS: &[Preset] = &[
    Preset {
        name: "cooperative",
        meaning: "everyone adds and removes ordinary users, admins also ban, kick and promote",
        source: "RP03 Appendix A.1; R52",
        creator: SUPER_ADMIN,
        roles: RoleData::cooperative,
    },
    Preset {
        name: "strict",
        meaning: "only admins add users; others come by a join code or preauthorised",
        source: "RP03 Appendix A.2; R52",
        creator: strict::SUPER_ADMIN,
        roles: strict::roles,
    },
    Preset {
        name: "moderated",
        meaning: "guests and attendees listen, speakers speak, moderators decide who is what",
        source: "RP03 Appendix A.3; R52",
        creator: moderated::SUPER_ADMIN,
        roles: moderated::roles,
    },
    Preset {
        name: "multi-organisation",
        meaning: "each of three organisations has users and admins of its own",
        source: "RP03 Appendix A.4; R52",
        creator: multi_organisation::SUPER_ADMIN,
        roles: multi_organisation::roles,
    },
];

/// A role without constraints.
fn role(index: u32, name: &str, holds: &[Capability], changes: &[(u32, &[u32])]) -> Role {
    let changes = changes.iter().map(|(from, to)| RoleChanges { from: *from, to: to.to_vec() });
    Role {
        index,
        name: name.to_owned(),
        description: String::new(),
        capabilities: holds.to_vec(),
        minimum_participants: 0,
        maximum_participants: None,
        minimum_active_participants: 0,
        maximum_active_participants: None,
        authorized_role_changes: changes.collect(),
    }
}

/// Role 0: those who are not in the list.
fn no_role(holds: &[Capability], changes: &[(u32, &[u32])]) -> Role {
    Role { maximum_active_participants: Some(0), ..role(NO_ROLE, "no_role", holds, changes) }
}

/// Role 1: the banned.
fn banned() -> Role {
    Role { maximum_active_participants: Some(0), ..role(BANNED, "banned", &[], &[]) }
}

/// A provider's own hand: at least one of them and at most two, without clients. The same in all
/// examples, but for the roles that there are.
fn enforcer(index: u32, changes: &[(u32, &[u32])]) -> Role {
    Role {
        minimum_participants: 1,
        maximum_participants: Some(2),
        maximum_active_participants: Some(0),
        ..role(index, "policy_enforcer", ENFORCER, changes)
    }
}

const ENFORCER: &[Capability] = &[
    Capability::REMOVE_PARTICIPANT,
    Capability::CHANGE_USER_ROLE,
    Capability::BAN,
    Capability::UNBAN,
    Capability::CHANGE_ROLE_DEFINITIONS,
    Capability::CHANGE_PREAUTHORIZED_USER_LIST,
    Capability::CHANGE_MLS_OPERATIONAL_POLICIES,
    Capability::DESTROY_ROOM,
    Capability::SEND_MLS_REINIT_PROPOSAL,
];

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// A role as people read it: numbers, moves, capabilities without their `can`.
    fn show(role: &Role) -> String {
        let bounds = |least: u32, most: Option<u32>| match most {
            Some(most) => format!("{least} to {most}"),
            None => format!("{least} or more"),
        };
        let changes = role.authorized_role_changes.iter();
        let changes = changes.map(|change| format!("{} to {:?}", change.from, change.to));
        let holds = role.capabilities.iter().map(|held| held.to_string().replacen("can", "", 1));
        let mut text = format!(
            "{} {}: {} users, {} active\n",
            role.index,
            role.name,
            bounds(role.minimum_participants, role.maximum_participants),
            bounds(role.minimum_active_participants, role.maximum_active_participants),
        );
        writeln!(text, "    moves {}", changes.collect::<Vec<_>>().join(", ")).unwrap();
        for line in holds.collect::<Vec<_>>().chunks(5) {
            writeln!(text, "    {}", line.join(" ")).unwrap();
        }
        text
    }

    #[test]
    fn the_presets_have_these_roles() {
        for preset in PRESETS {
            let roles = preset.roles().roles;
            let text: String = roles.iter().map(show).collect();
            insta::assert_snapshot!(preset.name, text);
            assert!(roles.iter().any(|role| role.index == preset.creator));
        }
    }

    #[test]
    fn an_added_user_gets_the_least_role_that_its_adder_may_give() {
        let usual = |preset: &str, role| {
            let roles = Preset::named(preset).unwrap().roles();
            roles.get(role).unwrap().usual_role(NO_ROLE)
        };
        assert_eq!(usual("cooperative", ORDINARY_USER), Some(ORDINARY_USER));
        assert_eq!(usual("cooperative", SUPER_ADMIN), Some(ORDINARY_USER));
        assert_eq!(usual("moderated", 5), Some(2));
        assert_eq!(usual("multi-organisation", 6), Some(3));
        assert_eq!(usual("multi-organisation", 9), None);
    }
}
