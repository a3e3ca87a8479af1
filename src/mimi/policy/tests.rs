//! Each component of the policy: bytes in, the same bytes out; damage is refused or is another
//! value, and never a panic.

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use tls_codec::{DeserializeBytes, Serialize, Size};

use super::*;
use crate::mimi::uri::RoomUri;

/// Reads back, with nothing after it; and of damaged bytes, what decodes at all encodes to them.
fn holds<T>(values: impl Strategy<Value = T>)
where
    T: Debug + PartialEq + Serialize + DeserializeBytes + Size,
{
    let config = Config { cases: 64, rng_seed: RngSeed::Fixed(1), ..Config::default() };
    let config = Config { failure_persistence: None, ..config };
    let canonical = |bytes: &[u8]| {
        if let Ok(value) = T::tls_deserialize_exact_bytes(bytes) {
            prop_assert_eq!(value.tls_serialize_detached().unwrap(), bytes);
        }
        Ok(())
    };
    TestRunner::new(config)
        .run(&(values, any::<[Index; 3]>(), any::<u8>()), |(value, at, byte)| {
            let good = value.tls_serialize_detached().unwrap();
            prop_assert_eq!(value.tls_serialized_len(), good.len());
            prop_assert_eq!(T::tls_deserialize_exact_bytes(&good).unwrap(), value);
            prop_assert!(T::tls_deserialize_exact_bytes(&[&good[..], &[0]].concat()).is_err());
            prop_assert!(T::tls_deserialize_exact_bytes(&good[..at[0].index(good.len())]).is_err());
            let mut changed = good.clone();
            changed[at[1].index(good.len())] = byte;
            canonical(&changed)?;
            let mut shorter = good;
            shorter.remove(at[2].index(shorter.len()));
            canonical(&shorter)
        })
        .unwrap();
}

#[test]
fn an_operational_policy_reads_back_and_bears_damage() {
    holds(samples::operational());
}

#[test]
fn preauthorised_users_read_back_and_bear_damage() {
    holds(samples::preauthorized());
}

#[test]
fn a_base_policy_reads_back_and_bears_damage() {
    holds(samples::base());
}

#[test]
fn join_links_read_back_and_bear_damage() {
    holds(samples::join_link_policy());
    holds(samples::join_links());
    holds(samples::join_links_update());
}

#[test]
fn a_base_policy_lies_on_the_wire_as_the_draft_has_it() {
    let parent = RoomUri::parse("mimi://a.example/r/top").unwrap();
    let base = BaseRoomPolicy {
        fixed_membership: true,
        parent: Some(parent.clone()),
        max_users: Some(3),
        policy_component_ids: vec![0x0025],
        ..BaseRoomPolicy::UNSTATED
    };
    let uri = parent.to_string();
    let mut wire = vec![1, 1, 23, 22];
    wire.extend_from_slice(uri.as_bytes());
    wire.extend_from_slice(&[1, 0, 1, 0, 0, 0, 3, 0, 0, 0, 2, 0x00, 0x25]);
    assert_eq!(base.tls_serialize_detached().unwrap(), wire);
    let unstated = BaseRoomPolicy::UNSTATED.tls_serialize_detached().unwrap();
    assert_eq!(unstated, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn preauthorised_users_lie_on_the_wire_as_the_draft_has_them_with_a_role_index() {
    let id = ClaimId { credential_type: 1, id: b"user".to_vec() };
    let claims = vec![Claim { id, value: b"x".to_vec() }];
    let data = PreAuthData { entries: vec![PreAuthRoleEntry { claims, target_role: 3 }] };
    let claim = [0, 1, 4, b'u', b's', b'e', b'r', 1, b'x'];
    let wire = [&[14, 9][..], &claim, &[0, 0, 0, 3]].concat();
    assert_eq!(data.tls_serialize_detached().unwrap(), wire);
}

#[test]
fn an_operational_policy_lies_on_the_wire_as_the_draft_has_it() {
    let wire = OperationalParameters {
        pending_proposals: PendingProposalPolicy::RandomDelay { minimum: 1, maximum: 2 },
        ..OperationalParameters::UNSTATED
    };
    let wire = wire.tls_serialize_detached().unwrap();
    assert_eq!(wire[..30], [0; 30], "three times ten empty lists");
    let flags_and_delay = [0, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2];
    assert_eq!(wire[30..50], flags_and_delay);
    let messages = [5, 0, 0, 0, 0, 3, 0xe8];
    assert_eq!(wire[74..81], messages);
    assert_eq!(wire.len(), 81 + 3 * 8 + 24 + 4 + 24 + 4);
}

#[test]
fn a_delay_that_ends_before_it_begins_is_refused() {
    let delay = |minimum, maximum| PendingProposalPolicy::RandomDelay { minimum, maximum };
    let read = |delay: PendingProposalPolicy| {
        let bytes = delay.tls_serialize_detached().unwrap();
        PendingProposalPolicy::tls_deserialize_exact_bytes(&bytes)
    };
    assert_eq!(read(delay(5, 5)).unwrap(), delay(5, 5));
    assert!(read(delay(6, 5)).is_err());
}

#[test]
fn a_parent_is_named_where_and_only_where_the_room_depends_on_one() {
    for (dependent, parents) in [(0, &[3, 2, b'a', b'b'][..]), (1, &[0][..])] {
        let mut wire = vec![0, dependent];
        wire.extend_from_slice(parents);
        wire.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0]);
        assert!(BaseRoomPolicy::tls_deserialize_exact_bytes(&wire).is_err());
    }
}
