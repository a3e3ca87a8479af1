//! Values of each component by chance, for tests.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::mimi::uri::RoomUri;

/// Some text, also text of more than one byte a letter.
pub fn text() -> impl Strategy<Value = String> {
    "[a-zü/]{0,9}"
}

fn numbers() -> impl Strategy<Value = Vec<u16>> {
    vec(any::<u16>(), 0..4)
}

fn capabilities() -> impl Strategy<Value = ExtendedCapabilities> {
    let parameter = (text(), text()).prop_map(|(name, value)| Parameter { name, value });
    let media = (text(), vec(parameter, 0..3))
        .prop_map(|(media_type, parameters)| MediaType { media_type, parameters });
    (vec(numbers(), 8), vec(media, 0..3), vec(any::<u8>(), 0..4)).prop_map(
        |(mut lists, media_types, content_types)| {
            let mut next = || lists.pop().unwrap_or_default();
            ExtendedCapabilities {
                versions: next(),
                cipher_suites: next(),
                extensions: next(),
                proposals: next(),
                credentials: next(),
                wire_formats: next(),
                component_ids: next(),
                safe_aad_types: next(),
                media_types,
                content_types,
            }
        },
    )
}

fn times() -> impl Strategy<Value = MinDefaultMaxTime> {
    any::<(u64, u64, u64)>().prop_map(|(minimum, default, maximum)| MinDefaultMaxTime {
        minimum,
        default,
        maximum,
    })
}

fn pending() -> impl Strategy<Value = PendingProposalPolicy> {
    prop_oneof![
        Just(PendingProposalPolicy::Unspecified),
        Just(PendingProposalPolicy::ImmediateCommit),
        (0..1000u64, 0..1000u64).prop_map(|(minimum, more)| {
            PendingProposalPolicy::RandomDelay { minimum, maximum: minimum + more }
        }),
    ]
}

/// Any operational policy.
pub fn operational() -> impl Strategy<Value = OperationalParameters> {
    let numbers = any::<([u64; 3], [u32; 3], u8, u16, [bool; 2])>();
    (vec(capabilities(), 3), numbers, pending(), vec(times(), 3), self::numbers()).prop_map(
        |(mut capabilities, numbers, pending_proposals, times, handshake_formats)| {
            let (lifetimes, most, epoch_tolerance, pad_to_size, allowed) = numbers;
            let mut next = || capabilities.pop().unwrap_or_default();
            OperationalParameters {
                mandatory_capabilities: next(),
                default_capabilities: next(),
                forbidden_capabilities: next(),
                handshake_formats,
                external_proposal_allowed: allowed[0],
                external_commit_allowed: allowed[1],
                pending_proposals,
                leaf_update_time: times[0],
                app_messages: AppMessagePolicy {
                    epoch_tolerance,
                    pad_to_size,
                    max_generations_skipahead: most[0],
                },
                max_key_package_lifetime: lifetimes[0],
                max_credential_lifetime: lifetimes[1],
                resumption_psk_lifetime: lifetimes[2],
                sender_keys_lifetime: times[1],
                max_key_pairs: most[1],
                buffer_time: times[2],
                max_buffered_messages: most[2],
            }
        },
    )
}

/// Any base policy.
pub fn base() -> impl Strategy<Value = BaseRoomPolicy> {
    let parent = option::of("[a-z]{1,9}").prop_map(|name| {
        name.map(|name| RoomUri::parse(&format!("mimi://a.example/r/{name}")).unwrap())
    });
    let most = (option::of(any::<u32>()), option::of(any::<u32>()));
    (any::<[bool; 5]>(), parent, most, numbers()).prop_map(
        |(flags, parent, (max_clients, max_users), policy_component_ids)| BaseRoomPolicy {
            fixed_membership: flags[0],
            parent,
            multi_device: flags[1],
            max_clients,
            max_users,
            pseudonyms_allowed: flags[2],
            persistent_room: flags[3],
            discoverable: flags[4],
            policy_component_ids,
        },
    )
}

/// Any preauthorised users.
pub fn preauthorized() -> impl Strategy<Value = PreAuthData> {
    let bytes = || vec(any::<u8>(), 0..9);
    let claim = (any::<u16>(), bytes(), bytes()).prop_map(|(credential_type, id, value)| Claim {
        id: ClaimId { credential_type, id },
        value,
    });
    let entry = (vec(claim, 0..3), any::<u32>())
        .prop_map(|(claims, target_role)| PreAuthRoleEntry { claims, target_role });
    vec(entry, 0..4).prop_map(|entries| PreAuthData { entries })
}

/// Any policy of join links.
pub fn join_link_policy() -> impl Strategy<Value = JoinLinkPolicy> {
    (any::<[bool; 2]>(), text(), any::<u32>()).prop_map(|(flags, link_requests, expiration)| {
        JoinLinkPolicy { on_request: flags[0], link_requests, multiuser: flags[1], expiration }
    })
}

fn links() -> impl Strategy<Value = Vec<JoinLink>> {
    vec(vec(any::<u8>(), 0..9).prop_map(|code| JoinLink { code }), 0..4)
}

/// Any join links.
pub fn join_links() -> impl Strategy<Value = JoinLinks> {
    links().prop_map(|links| JoinLinks { links })
}

/// Any change of join links.
pub fn join_links_update() -> impl Strategy<Value = JoinLinksUpdate> {
    (vec(any::<u32>(), 0..4), links())
        .prop_map(|(removed, added)| JoinLinksUpdate { removed, added })
}
