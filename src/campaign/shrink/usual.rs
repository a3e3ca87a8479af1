//! Settings as they usually are: whatever stays different is part of why the run fails.
//!
//! All that can be set for a room, the protocol or the network is put back, first all of it, then
//! one after the other.

use super::Shrinking;
use crate::mimi::room::Charter;
use crate::script::{Network, Protocol, Script};

/// Puts each setting to its usual value where the failure stays.
pub(super) fn settings(shrinking: &mut Shrinking) {
    shrinking.try_with(|script| script.network = Network::default());
    shrinking.try_with(|script| script.protocol = Protocol::default());
    for list in IDS {
        let known = list(&mut shrinking.script().protocol.clone()).clone();
        for id in known {
            shrinking.try_with(|script| list(&mut script.protocol).retain(|it| *it != id));
        }
    }
    for put_back in PROTOCOL {
        shrinking.try_with(|script| put_back(&mut script.protocol, Protocol::default()));
    }
    for put_back in ROOM {
        let each = |script: &mut Script| {
            let rooms = script.rooms.values_mut();
            rooms.for_each(|room| put_back(&mut room.charter, Charter::default()));
        };
        shrinking.try_with(each);
        let names: Vec<_> = shrinking.script().rooms.keys().cloned().collect();
        for name in names {
            shrinking.try_with(|script| {
                let room = script.rooms.get_mut(&name);
                room.into_iter().for_each(|room| put_back(&mut room.charter, Charter::default()));
            });
        }
    }
}

/// What the protocol lists by id.
const IDS: &[fn(&mut Protocol) -> &mut Vec<String>] =
    &[|of| &mut of.without, |of| &mut of.hub_without, |of| &mut of.readings];

/// The rest of the protocol.
const PROTOCOL: &[fn(&mut Protocol, Protocol)] = &[
    |of, usual| {
        of.commit_delay_min_ms = usual.commit_delay_min_ms;
        of.commit_delay_max_ms = usual.commit_delay_max_ms;
    },
    |of, usual| of.key_material = usual.key_material,
    |of, usual| of.key_material.explicit_consent = usual.key_material.explicit_consent,
    |of, usual| of.key_material.mask_unknown_users = usual.key_material.mask_unknown_users,
    |of, usual| of.key_material.key_packages = usual.key_material.key_packages,
    |of, usual| of.key_material.lifetime_ms = usual.key_material.lifetime_ms,
    |of, usual| of.key_material.last_resort = usual.key_material.last_resort,
    |of, usual| of.key_material.plain_clients = usual.key_material.plain_clients,
];

/// What a room is founded with.
const ROOM: &[fn(&mut Charter, Charter)] = &[
    |of, usual| *of = usual,
    |of, usual| *of = Charter { parent: of.parent.take(), policy: of.policy.clone(), ..usual },
    |of, usual| of.policy = usual.policy,
    |of, usual| of.participants = usual.participants,
    |of, usual| of.fixed_membership = usual.fixed_membership,
    |of, usual| of.parent = usual.parent,
    |of, usual| of.multi_device = usual.multi_device,
    |of, usual| of.max_users = usual.max_users,
    |of, usual| of.max_clients = usual.max_clients,
    |of, usual| of.lacking = usual.lacking,
    |of, usual| of.granting = usual.granting,
    |of, usual| of.franking = usual.franking,
    |of, usual| of.preauthorized = usual.preauthorized,
    |of, usual| of.join_codes = usual.join_codes,
    |of, usual| of.operational = usual.operational,
];
