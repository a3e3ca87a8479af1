//! What the tests of the bodies share: made-up MLS objects, bodies by chance, and [`holds`].

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::*;
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};

/// MLS objects as the tests have them: a byte for the kind, a byte for the length, that many more.
pub struct FakeFraming;

fn fake(bytes: &[u8], kind: u8) -> Option<usize> {
    let (&found, &length) = (bytes.first()?, bytes.get(1)?);
    let whole = 2 + usize::from(length);
    (found == kind && whole <= bytes.len()).then_some(whole)
}

impl Framing for FakeFraming {
    fn message(&self, bytes: &[u8]) -> Option<(usize, MessageKind)> {
        let kind = match bytes.first()? {
            b'c' => MessageKind::Commit,
            b'p' => MessageKind::Proposal,
            b'a' => MessageKind::Application,
            b'w' => MessageKind::Welcome,
            b'o' => MessageKind::Other,
            _ => return None,
        };
        Some((fake(bytes, bytes[0])?, kind))
    }

    fn welcome(&self, bytes: &[u8]) -> Option<usize> {
        fake(bytes, b'W')
    }

    fn group_info(&self, bytes: &[u8]) -> Option<usize> {
        fake(bytes, b'G')
    }

    fn key_package(&self, bytes: &[u8]) -> Option<usize> {
        fake(bytes, b'K')
    }
}

/// Few cases, the same in each run, and no files left behind.
pub fn config() -> Config {
    Config {
        cases: 128,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..Config::default()
    }
}

/// Holds a body to what all bodies promise: it reads back, nothing may follow it, and of bytes
/// that are damaged or made up, what decodes at all encodes to these very bytes.
pub fn holds<T: Debug + PartialEq>(
    bodies: impl Strategy<Value = T>,
    encode: impl Fn(&T) -> Vec<u8>,
    decode: impl Fn(&[u8]) -> Result<T, WireError>,
) {
    let canonical = |bytes: &[u8]| match decode(bytes) {
        Ok(body) => {
            prop_assert_eq!(encode(&body), bytes);
            Ok(())
        }
        Err(error) => {
            prop_assert!(!error.to_string().is_empty());
            Ok(())
        }
    };
    let inputs = (bodies, any::<[Index; 4]>(), any_bytes());
    TestRunner::new(config())
        .run(&inputs, |(body, at, garbage)| {
            let good = encode(&body);
            prop_assert_eq!(decode(&good), Ok(body));
            prop_assert!(decode(&[&good[..], &[0]].concat()).is_err());
            canonical(&good[..at[0].index(good.len())])?;
            canonical(&garbage)?;
            canonical(&[&good[..at[1].index(good.len())], &garbage[..]].concat())?;
            let mut flipped = good;
            let place = at[2].index(flipped.len());
            flipped[place] ^= 1 << at[3].index(8);
            canonical(&flipped)
        })
        .unwrap();
}

/// Parts of a body, one after the other.
pub fn bytes(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

pub fn any_provider() -> impl Strategy<Value = ProviderName> {
    "[a-z]{1,8}\\.example".prop_map(|domain| ProviderName::new(&domain).unwrap())
}

pub fn any_user() -> impl Strategy<Value = UserUri> {
    (any_provider(), "[A-Za-z0-9_.-]{1,12}").prop_map(|(at, it)| UserUri::new(&at, &it).unwrap())
}

pub fn any_client() -> impl Strategy<Value = ClientUri> {
    (any_provider(), "[A-Za-z0-9_.-]{1,12}").prop_map(|(at, it)| ClientUri::new(&at, &it).unwrap())
}

pub fn any_room() -> impl Strategy<Value = RoomUri> {
    (any_provider(), "[A-Za-z0-9_.-]{1,12}").prop_map(|(at, it)| RoomUri::new(&at, &it).unwrap())
}

/// Up to a hundred bytes: some lengths need two bytes.
pub fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..100)
}

/// An MLS object of a kind that [`FakeFraming`] knows.
pub fn any_object(kind: u8) -> impl Strategy<Value = Vec<u8>> {
    any_bytes().prop_map(move |inside| bytes(&[&[kind, inside.len() as u8], &inside]))
}

pub fn any_group_info() -> impl Strategy<Value = Vec<u8>> {
    any_object(b'G')
}

pub fn any_proposals() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(any_object(b'p'), 0..4)
}

pub fn any_tree() -> impl Strategy<Value = RatchetTreeOption> {
    let full = any_bytes().prop_map(|nodes| codec::Writer::default().opaque(&nodes).done());
    prop_oneof![
        full.prop_map(RatchetTreeOption::Full),
        Just(RatchetTreeOption::DistributionService),
    ]
}

pub fn any_credential() -> impl Strategy<Value = Credential> {
    any_bytes().prop_map(Credential::basic)
}

pub fn any_dictionary() -> impl Strategy<Value = AppDataDictionary> {
    prop::collection::btree_map(any::<u16>(), any_bytes(), 0..3).prop_map(AppDataDictionary)
}

pub fn any_frank() -> impl Strategy<Value = Option<Frank>> {
    let frank = (any::<[u8; 32]>(), any::<u16>(), any_bytes());
    let frank = frank.prop_map(|(server_frank, cipher_suite, signature)| Frank {
        server_frank,
        cipher_suite,
        signature,
    });
    prop::option::of(frank)
}
