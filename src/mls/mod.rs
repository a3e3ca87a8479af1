//! The MLS-shaped hole, and what fills it: OpenMLS with a seeded provider.
//!
//! [`Library`] is OpenMLS with one node's chance and storage. A client holds a [`Member`] for each
//! room; a hub follows each of its rooms with a [`View`], which knows public state only and holds
//! no member's key. Both hand out what a handshake message does as
//! [`rules::Handshake`](crate::mimi::rules::Handshake), so that the rules never see MLS.
//!
//! Not here: deciding anything. Whether a commit is accepted is up to the caller, between staging
//! and merging.

mod dialect;
mod facts;
mod framing;
mod frank;
mod group_info;
mod identity;
mod key_material;
mod key_package;
mod label;
mod library;
mod member;
mod outside;
mod partial;
mod passed_on;
mod poison;
mod seeded;
mod seeded_hpke;
mod store;
#[cfg(test)]
mod testing;
mod view;

pub use dialect::{Dialect, as_written};
pub use facts::{Leaf, RoomSnapshot, state_in};
pub use framing::{MlsFraming, Peek, PeekKind, peek, welcome_message, welcome_references};
pub use frank::{Franker, franking_tag_of, judge_frank};
pub use group_info::{OpenedGroupInfo, RequestKey, judge_hub, open_group_info, seal_group_info};
pub use identity::{Identity, read_identity};
pub use key_material::{sign_key_material, verify_key_material};
pub use key_package::{
    KeyPackageFacts, KeyPackageKind, key_package_facts, key_package_reference,
    required_capabilities,
};
pub use label::{is_receipt_signed, sign_receipt, sign_with_label, verify_with_label};
pub use library::{Library, Meter, MlsError};
pub use member::{CommitPlan, Committed, Incoming, Member, OpenedWelcome, StagedByMember};
pub use outside::propose_add_from_outside;
pub use partial::partial_group_info;
pub use poison::{Poison, with_other_context, with_other_external_pub};
pub use seeded::SeededProvider;
pub use store::{NodeStorage, Store, StoreError};
pub use view::{Staged, View};

use openmls::prelude::Ciphersuite;

/// The one cipher suite of the testbed: RFC 9420's mandatory one.
pub const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;

/// Its number in the registry.
pub const SUITE_NUMBER: u16 = 1;
